/*
 * config.h - the config file, $XDG_CONFIG_HOME/smartleadfs/config: an INI file with one [section] a profile. And where
 * the user's other directories are. Not thread-safe.
 */
#pragma once

#include <stdbool.h>

#include "fs/base/buf.h"
#include "fs/base/refusal.h"

/* $VARIABLE/smartleadfs, or below the home directory ("XDG_STATE_HOME", ".local/state"). 0, -ENOENT without a home. */
int config_dir(struct buf *out, const char *variable, const char *below_home, struct refusal *why);

/* The path of the config file. */
int config_path(struct buf *out, struct refusal *why);

/* Called for each line of a section. Returns 0, or -errno with `why` to stop; file and line are put before it. */
typedef int config_line_fn(void *arg, const char *name, const char *value, struct refusal *why);

/*
 * Reads the section `profile` of the file. 0, also when there is no file; -ENOENT when there is no such section and
 * `must_exist`; -EACCES when it holds an api_key and others may read it; what `line` returned.
 */
int config_read(const char *path, const char *profile, bool must_exist, config_line_fn *line, void *arg,
	struct refusal *why);

/* Sets names to values in section `profile` and keeps all else, comments too. Pure. NULL value: leave as it is. */
struct config_change {
	const char *name, *value;
};
void config_edit(struct slice text, const char *profile, const struct config_change *changes, int count,
	struct buf *out);

/* Reads, edits and replaces the file atomically, mode 0600; makes its directory. A symlink is followed. */
int config_save(const char *path, const char *profile, const struct config_change *changes, int count,
	struct refusal *why);
