/*
 * options.h - what the user asked for: one table drives the command line, the -o names, the config file and --help.
 *
 * Precedence: command line, then the section of the config file, then the defaults of the table. The API key is not
 * here but in fs/base/secret.h; key.h finds it. Not thread-safe; used before threads exist, read-only afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "fs/api/api.h"
#include "fs/base/buf.h"
#include "fs/base/refusal.h"
#include "fs/mount/size_mode.h"

/* Texts are the options' own, NULL where not given. Whole numbers are int64_t, for the table. */
struct options {
	bool help, version, foreground, debug;
	bool read_only, dry_run, insecure;
	int64_t ttl_s, timeout_s;
	int64_t cache_size_bytes;
	int64_t client_id; /* 0: all clients */
	int64_t max_deletes, max_updates;
	int sizes;         /* enum size_mode */
	int dialect;       /* enum dialect_choice */
	struct rate_window rate[RATE_WINDOWS_MAX];
	int rate_windows;
	char *url;         /* without a slash at the end */
	char *key_file;
	char *profile;     /* never NULL after options_load() */
	bool sandbox;
	char *sandbox_dir; /* absolute */
	char *source;      /* what `mount` puts in front of the mount point, or NULL */
	char *mountpoint;  /* absolute, not resolved */
	struct buf fuse;   /* options for FUSE, comma between them, with fsname= and subtype= */
	char *config_key;  /* api_key of the config file, until key_load() took it */
	uint64_t given;    /* bit n: row n of the table was given on the command line or in the config file */
	bool key_file_by_config;
};

void options_init(struct options *o);
void options_release(struct options *o);

enum options_need { OPTIONS_MOUNTPOINT, OPTIONS_NO_MOUNTPOINT };

/*
 * Reads the command line (argv[0] is skipped) and the config file, and checks them against each other. -EINVAL and its
 * like with one sentence. With -h or -V only `help` or `version` is set, and nothing is checked.
 */
int options_load(struct options *o, int argc, char *const argv[], enum options_need need, struct refusal *why);

/* Is there a directory to mount on? Apart from options_load(), since it looks at the disk. */
int options_check_mountpoint(const struct options *o, struct refusal *why);

/* Was this option given (by command line or config file), or is it the default? */
bool options_given(const struct options *o, const char *name);

void options_print_help(FILE *out);
