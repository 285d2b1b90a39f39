/*
 * names.h - hostile text becomes a safe file name, and a file name becomes ids again. Pure.
 *
 * Contract section 2: '/', NUL and control characters never reach a name, white space becomes '-', invalid UTF-8 is
 * replaced (U+FFFD), at most NAME_BYTES_MAX bytes, cut on a character boundary, "." and ".." cannot occur.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/buf.h"
#include "fs/base/slice.h"

/*
 * Appends `text` made safe. Each run of white space (Unicode white space too) becomes one '-'; leading and trailing white space is dropped; control characters,
 * bidi controls, line and paragraph separators and zero-width characters are dropped; '/' becomes '-'. An empty result
 * becomes "unnamed"; "." and ".." become "-" and "--".
 */
void name_safe(struct slice text, struct buf *out);

/* Appends "<id>-<name made safe>". */
void name_with_id(int64_t id, struct slice text, struct buf *out);

/* Reads the id of "<id>-…" or of a bare "<id>" (canonical decimal: no sign, no leading zero). *ret_rest: what follows the '-' (empty
 * for a bare id). False when the name does not begin with an id that ends there or before a '-'. */
bool name_id(struct slice name, int64_t *ret_id, struct slice *ret_rest);

/* Valid UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). */
bool utf8_valid(struct slice text);

/* Appends text with invalid UTF-8 replaced by U+FFFD. */
void utf8_repair(struct slice text, struct buf *out);

/* Is `text` a plausible e-mail address for a path and a request: one '@', no white space, no control characters, no
 * '/', 3 to 254 bytes? */
bool address_valid(struct slice text);

/* Appends the address in lower case (ASCII). */
void address_fold(struct slice text, struct buf *out);

/* A date YYYY-MM-DD that exists; *ret_day = days since 1970-01-01. */
bool date_parse(struct slice text, int64_t *ret_day);
void date_print(int64_t day, struct buf *out);

/*
 * ISO 8601 as the API writes it ("2025-11-25T10:43:46.826Z", "2022-05-26T03:47:31.448094+00:00", also with a blank in
 * place of T); *ret_ms = milliseconds since 1970 UTC.
 */
bool time_parse(struct slice text, int64_t *ret_ms);
