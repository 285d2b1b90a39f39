/*
 * sandbox.h - the practice account: starts the bundled simulator (tests/sandbox) and says where it listens.
 *
 * It ends when its stdin, which we hold, is closed; so it never outlives us, however we end. After the fork, before
 * threads.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "fs/base/refusal.h"

struct sandbox {
	pid_t pid;       /* 0: not started */
	int stdin_fd;
	char url[128];   /* API base */
	char control[128]; /* base of its own control requests, for tests */
	char key[64];    /* made anew at each start */
};

#define SANDBOX_INIT {0, -1, "", "", ""}

/*
 * Starts it and waits until it listens. `state_dir`: where the account is kept between mounts, or NULL. `live`: the
 * dialect it speaks. `quiet`: its messages go to /dev/null. -ENOENT when the program is not found, -ETIMEDOUT, -EIO when
 * it ends or says something odd.
 */
int sandbox_start(struct sandbox *s, const char *state_dir, bool live, bool quiet, struct refusal *why);

/* Ends it and waits for it. Accepts one that was not started. */
void sandbox_stop(struct sandbox *s);
