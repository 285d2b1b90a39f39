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
#include "fs/format/dates.h"
#include "fs/format/utf8.h"

/*
 * Appends `text` made safe. Each run of white space (Unicode white space too) becomes one '-'; leading and trailing
 * white space is dropped; control characters, bidi controls, line and paragraph separators and zero-width characters
 * are dropped; '/' becomes '-'. An empty result becomes "unnamed"; "." and ".." become "-" and "--".
 */
void name_safe(struct slice text, struct buf *out);

/* Appends "<id>-<name made safe>". */
void name_with_id(int64_t id, struct slice text, struct buf *out);

/*
 * Reads the id of "<id>-…" or of a bare "<id>" (canonical decimal: no sign, no leading zero). *ret_rest: what follows
 * the '-' (empty for a bare id). False when the name does not begin with an id that ends there or before a '-'.
 */
bool name_id(struct slice name, int64_t *ret_id, struct slice *ret_rest);

/*
 * Is `text` a plausible e-mail address for a path and a request: valid UTF-8, one '@' with something on both sides, no
 * white space, nothing that name_safe() would drop, no '/', 3 to 254 bytes? (As one name of a path, 255 bytes is the
 * kernel's bound.)
 */
bool address_valid(struct slice text);

/* Appends the address in lower case (ASCII). */
void address_fold(struct slice text, struct buf *out);
