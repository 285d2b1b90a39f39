/*
 * blob.h - bytes that no longer change, shared by reference count; and the spool they are collected in.
 *
 * A spool keeps what arrives in memory up to SPILL_BYTES, then in an unlinked temporary file, and becomes a blob. A
 * blob of a file is mapped, so it costs page cache, not memory of ours.
 *
 * A spool belongs to one thread. A blob may be read by all threads at once; blob_ref() and blob_unref() are atomic.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>

#include "fs/base/buf.h"
#include "fs/base/refusal.h"

struct blob {
	atomic_int refs;
	const char *data; /* never NULL */
	size_t len;
	size_t mapped; /* bytes mapped from a file; 0: on the heap */
};

/* Takes the bytes of `b`, which is empty afterwards; spills them when they are many. NULL: out of memory or disk. */
struct blob *blob_from_buf(struct buf *b);

struct blob *blob_ref(struct blob *blob);
void blob_unref(struct blob *blob); /* accepts NULL */
void blob_cleanup(struct blob **blob);
#define _cleanup_blob_ __attribute__((cleanup(blob_cleanup)))

static inline struct slice blob_slice(const struct blob *blob)
{
	return (struct slice){blob->data, blob->len};
}

struct spool {
	struct buf head;  /* all of it, until it spills */
	int fd;           /* -1: in memory */
	size_t len;       /* bytes taken in so far */
	size_t len_max;   /* more is refused with EFBIG */
};

void spool_init(struct spool *s, size_t len_max);
void spool_release(struct spool *s);

/* 0, -EFBIG over len_max, -ENOMEM, or -ENOSPC and its like from the temporary file. */
int spool_add(struct spool *s, const void *bytes, size_t len, struct refusal *why);

/* Turns what was collected into a blob (to be unref'd by the caller) and empties the spool. NULL: `why` is set. */
struct blob *spool_finish(struct spool *s, struct refusal *why);
