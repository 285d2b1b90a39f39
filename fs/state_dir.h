/* state_dir.h - where this machine keeps what must outlive a mount: $XDG_STATE_HOME/smartleadfs (0700). */
#pragma once

#include "fs/base/buf.h"
#include "fs/base/refusal.h"

/* Appends its path, made if need be. -errno with a sentence. */
int state_dir_make(struct buf *out, struct refusal *why);
