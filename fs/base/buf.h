/*
 * buf.h - bytes that grow.
 *
 * Invariants: data[len] == '\0' whenever data is not NULL, so that text can be handed to libc; len < cap.
 * A failed allocation is remembered, not reported at each call: build first, then ask buf_failed() once. A failed buf
 * holds what it held before the failure and takes nothing more.
 *
 * Pure: no I/O, no globals. Not thread-safe; a buf belongs to one thread. Talks only to libc.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/base/slice.h"

struct buf {
	char *data;
	size_t len;
	size_t cap;
	bool failed;
};

#define BUF_INIT {NULL, 0, 0, false}

/* Frees the bytes; the buf can be used again. Accepts a buf that holds nothing. */
void buf_release(struct buf *b);

/* Empties the buf and forgets a failure; keeps the memory. */
void buf_clear(struct buf *b);

/* Makes room for `extra` more bytes. False when memory is out. */
bool buf_reserve(struct buf *b, size_t extra);

void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_add_slice(struct buf *b, struct slice text);
void buf_add_str(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_add_int(struct buf *b, int64_t number);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Drops everything behind `len` bytes (no effect when there is less). */
void buf_truncate(struct buf *b, size_t len);

static inline struct slice buf_slice(const struct buf *b)
{
	return (struct slice){b->data ? b->data : "", b->len};
}

/* The text, never NULL. */
static inline const char *buf_text(const struct buf *b)
{
	return b->data ? b->data : "";
}

static inline bool buf_failed(const struct buf *b)
{
	return b->failed;
}

/* Hands the bytes over to the caller (who frees them); the buf is empty after it. NULL when nothing was added. */
char *buf_steal(struct buf *b);
