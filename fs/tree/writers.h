/*
 * writers.h - which process changed which campaign lately: one that did may not start it by the word ACTIVE, so that
 * cp -r, rsync and tar never start a campaign (contract, section 6). Locks itself.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct writers;

struct writers *writers_create(void);
void writers_destroy(struct writers *w); /* accepts NULL */

/* `tgid` 0 (another pid namespace) counts as one process. */
void writers_note(struct writers *w, pid_t tgid, const char *campaign);
bool writers_has(struct writers *w, pid_t tgid, const char *campaign);
