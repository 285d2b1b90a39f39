/* address_set.h - e-mail addresses, folded, each with a number; for duplicates and for finding rows. Pure. */
#pragma once

#include <stdint.h>

#include "fs/base/buf.h"

struct address_set {
	struct buf text;     /* the addresses, each with its NUL */
	size_t *at;          /* where each begins, by number */
	uint32_t *slots;     /* number + 1; 0: free */
	size_t count, cap, slot_count;
};

void address_set_release(struct address_set *s);

/* The number of the address (the first has 0), added if it is new; *ret_new says so. -1: out of memory. */
ptrdiff_t address_set_add(struct address_set *s, struct slice address, bool *ret_new);

/* Its number, -1: it is not there. */
ptrdiff_t address_set_find(const struct address_set *s, struct slice address);
