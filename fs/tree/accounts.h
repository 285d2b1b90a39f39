/* accounts.h - the field lists of an e-mail account, for what shows it and what saves it. */
#pragma once

#include <stddef.h>

#include "fs/base/buf.h"

struct field;
struct object;
struct objects;

const struct field *account_fields(size_t *ret_count);
const struct field *warmup_fields(size_t *ret_count);

/* "456-*", where a shell had no such file to match it with: the account of that id, or NULL. */
const struct object *account_by_pattern(const struct objects *all, const char *name);

/* Under which key remembered.h has the account's daily_rampup. */
void warmup_key(const char *id, struct buf *out);
