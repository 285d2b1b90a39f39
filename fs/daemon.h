/*
 * daemon.h - into the background, but only once the mount can be used: the parent waits for one word from the child.
 *
 * Call order: daemon_harden(), daemon_start(), then threads, mount, daemon_ready(). Before threads exist, so no locks.
 */
#pragma once

#include <stdbool.h>

#include "fs/base/refusal.h"

/* No core dumps, no ptrace by others of the same user, SIGPIPE ignored. */
void daemon_harden(void);

/*
 * Forks, unless `foreground`. Returns 0 in the child (or in the foreground) with *ret_pipe, to be given to one of the
 * two calls below; -errno when it can't. In the parent it never returns: that exits with status 0 once the child is
 * ready, or with 1, after the child's one line on stderr, also when the child dies without a word.
 */
int daemon_start(bool foreground, int *ret_pipe, struct refusal *why);

/* The mount answers: lets the parent go; leaves terminal, session and directory. Does nothing in the foreground. */
void daemon_ready(int *pipe);

/* Has the parent print "smartleadfs: TEXT" and fail; prints it here when there is no parent. The caller exits. */
void daemon_failed(int *pipe, const struct refusal *why);
