/*
 * handle.h - what the kernel holds of us by a descriptor: an open file or directory (fi->fh).
 *
 * They are kept in a list, since an unmount does not wait for the RELEASE of what was closed a moment before: what that
 * left behind is freed with the mount. Locks the monitor itself.
 */
#pragma once

#include <stddef.h>

struct mount;

struct handle {
	struct handle *prev, *next; /* guarded by the monitor */
	void (*release)(struct handle *h); /* gives back what it owns; its memory is handle_free()'s business */
};

/* A zeroed object of `size` bytes that begins with a handle. NULL: out of memory. */
void *handle_new(struct mount *m, size_t size, void (*release)(struct handle *h));

/* Accepts NULL. */
void handle_free(struct mount *m, struct handle *h);

/* At the end of the mount, when no request is under way any more. */
void handles_free(struct mount *m);
