/*
 * kept.h - texts that are kept on this machine: of saves that were refused (rejected/), and what saves and removals
 * replaced (history/<kind>/<id>/<document>/). One file a text, named by its UTC time, so that names sort by age.
 *
 * Needs no lock: a name is made once, and files never change. Only the files of an account's own directory are touched.
 */
#pragma once

#include "fs/base/buf.h"
#include "fs/base/refusal.h"

enum { KEPT_MAX = 50 }; /* texts a directory; older ones go */

struct kept;

/*
 * state_dir NULL: in a temporary directory that goes away with kept_close(). The directory is named after the account
 * (secret_account()). NULL: `why` is set.
 */
struct kept *kept_open(const char *state_dir, const char *url, struct refusal *why);
void kept_close(struct kept *k); /* accepts NULL */

/*
 * Keeps a text as dir/<UTC time><ending>. `dir` is made if need be; it and `ending` hold nothing that the account could
 * choose but safe names. Appends the name to ret_name (NULL: not asked for). Waits for the disk.
 */
int kept_add(struct kept *k, const char *dir, const char *ending, struct slice text, struct buf *ret_name, struct refusal *why);

/* Calls back for each name in a directory, oldest first; `only`: for that one. A directory that is not there has none. */
typedef void kept_fn(void *arg, const char *name);
int kept_names(struct kept *k, const char *dir, const char *only, kept_fn *fn, void *arg, struct refusal *why);

/* Appends the bytes of dir/name. */
int kept_read(struct kept *k, const char *dir, const char *name, struct buf *out, struct refusal *why);
