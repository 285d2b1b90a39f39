/*
 * place.h - one path of the mount: its row and its ids, as a value that can be kept and compared. Pure.
 */
#pragma once

#include "fs/tree/route.h"

struct place {
	const struct route *route;
	char *packed;       /* the ids, each with its NUL, one after another; NULL when there are none */
	size_t packed_len;
};

/* `ids` are copied; `extra` texts of a child follow those of its directory. -ENOMEM. */
int place_init(struct place *p, const struct route *route, const struct ids *ids);
void place_release(struct place *p);
void place_cleanup(struct place *p);
#define _cleanup_place_ __attribute__((cleanup(place_cleanup)))

/* The ids as borrowed texts. */
struct ids place_ids(const struct place *p);

/* A number that is the same in every mount of the same account: made from the pattern and the ids; large and odd. */
uint64_t place_inode(const struct place *p);
