/* accounts.h - the field lists of an e-mail account, for what shows it and what saves it. */
#pragma once

#include <stddef.h>

#include "fs/base/buf.h"

struct field;

const struct field *account_fields(size_t *ret_count);
const struct field *warmup_fields(size_t *ret_count);

/* Under which key remembered.h has the account's daily_rampup. */
void warmup_key(const char *id, struct buf *out);
