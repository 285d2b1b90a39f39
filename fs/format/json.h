/*
 * json.h - JSON as bytes: checked, walked, shown and compared without a tree, so that each number keeps its digits
 * (ids are above 2^53) and a large answer costs no memory. What is sent is built with the writer at the end. No cJSON:
 * our own scanner is needed anyway, for numbers and for error positions, and one scanner is better than two.
 *
 * Pure. Slices point into the text they were cut from. All walking functions expect text that json_check() accepted;
 * on other text they find nothing, but stay inside the slice.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/buf.h"
#include "fs/base/refusal.h"
#include "fs/base/slice.h"

enum json_kind { JSON_NONE, JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/*
 * Is `text` one JSON value (RFC 8259, surrounding white space allowed, valid UTF-8, depth at most JSON_DEPTH_MAX)?
 * 0, or -EINVAL with "line L, column C: …" (columns count characters). A byte order mark is refused.
 */
int json_check(struct slice text, struct refusal *why);

/* The kind of the value at the start of `value` (leading white space is skipped). JSON_NONE: nothing there. */
enum json_kind json_kind(struct slice value);

/* The value of member `name` of an object (the last one, if it occurs twice), trimmed. False: no object, or none. */
bool json_member(struct slice object, const char *name, struct slice *ret_value);

/* Follows several names, "a.b.c"; `ret_value` is written only on success, as everywhere here. */
bool json_path(struct slice object, const char *path, struct slice *ret_value);

/*
 * Walks an array or object: `struct json_walk w = json_walk(value); while (json_next(&w)) use(w.key, w.value);`
 * key is the raw quoted text of the member's name, empty in an array.
 */
struct json_walk {
	struct slice rest;
	struct slice key;
	struct slice value;
	bool object;
};
struct json_walk json_walk(struct slice value);
bool json_next(struct json_walk *w);

/*
 * Decodes a string value (escapes, surrogate pairs; a lone surrogate and \u0000 become U+FFFD) and appends it to `out`.
 * A number, true or false is appended as its text; null appends nothing and is true. False when it was not a scalar.
 */
bool json_text(struct slice value, struct buf *out);

/* Is the string value exactly `text`? Needs no memory for strings without escapes. */
bool json_is(struct slice value, const char *text);

/* An integer: a number, or a string that holds one ("12"). False: neither ("1.0", "012"), or it does not fit. */
bool json_int(struct slice value, int64_t *ret_number);

/* true/false, or the strings "true"/"false". */
bool json_bool(struct slice value, bool *ret_bool);

/* Re-indents the value's own bytes (2 blanks a level, keys in their order, numbers digit for digit), no newline at the
 * end. Empty containers stay {} and []. */
void json_pretty(struct slice value, struct buf *out);

/* The same bytes without white space outside of strings. */
void json_compact(struct slice value, struct buf *out);

/*
 * Do the two values mean the same? Key order does not count, escapes and white space do not count, numbers are compared
 * by value of their text (1.0 equals 1, 1e2 equals 100; no loss above 2^53); of a name that occurs twice the last
 * member counts. False as well when memory is out: "not known to be equal".
 */
bool json_equal(struct slice a, struct slice b);

/* Appends `text` as a JSON string, quoted; invalid UTF-8 becomes U+FFFD. */
void json_quote(struct slice text, struct buf *out);

/* Writes an object or array: json_key() takes care of commas. `*first` starts as true. */
void json_key(struct buf *out, bool *first, const char *name); /* ,"name": */
void json_pair(struct buf *out, bool *first, struct slice key, struct slice value); /* ,key:value as they stand in a document */

/*
 * Three-way merge of objects, member by member: what `mine` changed against `base` is put over `theirs`. Appends the
 * merged object. -EBUSY naming the member when both changed it, and differently.
 */
int json_merge(struct slice base, struct slice mine, struct slice theirs, struct buf *out, struct refusal *why);
