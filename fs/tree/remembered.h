/*
 * remembered.h - what was saved and no answer gives back (warm-up's daily_rampup): short values by key, remembered on this machine,
 * in a file named after the account. Locks itself (a mutex of its own: it calls nobody).
 */
#pragma once

#include <stdbool.h>

#include "fs/base/buf.h"

struct remembered;

/* state_dir NULL: remembered as long as the mount. NULL: out of memory. */
struct remembered *remembered_open(const char *state_dir, const char *url);
void remembered_close(struct remembered *k); /* accepts NULL */

/* Appends the value of a key. False: none. Keys hold no blanks, values are one line. */
bool remembered_get(struct remembered *k, const char *key, struct buf *out);
bool remembered_is_empty(struct remembered *k);

/* A value that can't be written to disk is remembered as long as the mount. */
void remembered_set(struct remembered *k, const char *key, const char *value);
