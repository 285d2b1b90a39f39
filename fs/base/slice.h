/*
 * slice.h - a view of bytes that somebody else owns.
 *
 * Pure. A slice is valid as long as the bytes it was cut from; it is not NUL-terminated and may hold NULs.
 */
#pragma once

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *ptr;
	size_t len;
};

#define SLICE_LITERAL(text) ((struct slice){(text), sizeof(text) - 1})

static inline struct slice slice_of(const char *text)
{
	return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
	return slice_equal(a, slice_of(text));
}

static inline bool slice_starts(struct slice a, const char *prefix)
{
	size_t n = strlen(prefix);
	return a.len >= n && memcmp(a.ptr, prefix, n) == 0;
}

/* Cuts `n` bytes from the front (at most all). */
static inline struct slice slice_skip(struct slice a, size_t n)
{
	n = n < a.len ? n : a.len;
	return (struct slice){a.ptr + n, a.len - n};
}

/* Without the white space at both ends. */
static inline struct slice slice_trim(struct slice a)
{
	while (a.len && isspace((unsigned char)a.ptr[a.len - 1]))
		a.len--;
	while (a.len && isspace((unsigned char)a.ptr[0]))
		a = slice_skip(a, 1);
	return a;
}
