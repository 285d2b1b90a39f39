/*
 * cli.h - the commands beside mounting. Each returns the exit status and has printed what there is to say. They run in
 * a process of their own: single-threaded.
 */
#pragma once

#include "fs/base/buf.h"
#include "fs/base/refusal.h"
#include "fs/options.h"

/*
 * `smartleadfs init [-o url=…,profile=…]`: asks for the key (terminal without echo, else one line of stdin), has
 * `check` try it (secret_get() holds it), and writes it into the config file. The key is never printed. `o` is
 * loaded already.
 */
int cli_init(const struct options *o, int (*check)(const struct options *o, struct refusal *why));

/* `smartleadfs status MOUNTPOINT [--json]`; argv[0] is "status". */
int cli_status(int argc, char *const argv[]);

/* `smartleadfs why PATH`; argv[0] is "why". */
int cli_why(int argc, char *const argv[]);

/* `smartleadfs imports MOUNTPOINT`: shows imports until none is running; argv[0] is "imports". */
int cli_imports(int argc, char *const argv[]);

/* One line of .smartlead/errors: TIME, PATH, ERRNO and TEXT between tabs. */
struct error_line {
	struct slice time, path, err, text;
};

/* Cuts a line into its fields. False when it has not all four. Pure. */
bool error_line_parse(struct slice line, struct error_line *out);

/*
 * The last refusal of `path` (as in the log: from the mount's root, without a slash in front); for a directory that has
 * none itself, the last one below it. False: there is none. Pure; `out` points into `errors`.
 */
bool error_find(struct slice errors, const char *path, struct error_line *out);

/* What the user can do about an errno by its name. Never NULL. Pure. */
const char *error_advice(struct slice errno_name);

/* Appends "12 s", "3 min", "2 h", "5 d". Pure. */
void add_age(struct buf *out, int64_t ms);

/* Appends "512 B", "1.5 MiB". Pure. */
void add_size(struct buf *out, int64_t bytes);

/* Reads a file of at most some MB. 0 or -errno, without words. */
int cli_read_file(const char *path, struct buf *out);
