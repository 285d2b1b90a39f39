/*
 * removal.h - names that were removed, and what becomes of them (contract, section 7).
 *
 * One action is all removals of one process until JUDGE_MS after its last. Then it is sent whole (callback), or dropped whole
 * and its names come back: when the process was refused any removal meanwhile, or when there are more than max_deletes. A
 * document that can't be removed is only out of sight for as long. A name that is made anew is taken back before it is
 * judged. Locks the monitor itself; callbacks are called unlocked, by the timer's thread or removals_flush().
 */
#pragma once

#include <sys/types.h>

#include "fs/base/monitor.h"
#include "fs/base/refusal.h"
#include "fs/tree/place.h"

struct removals;

struct removals_conf {
	struct monitor *monitor;
	int64_t max_deletes;
	/* Sends them; *ret_done: how many went. */
	int (*send)(void *arg, const struct place *const places[], size_t count, pid_t tgid, size_t *ret_done, struct refusal *why);
	/* `path` was not removed, or an action was dropped. */
	void (*report)(void *arg, const char *path, const struct refusal *why);
	void *arg;
};

struct removals *removals_create(const struct removals_conf *conf);
void removals_destroy(struct removals *r); /* accepts NULL; what is pending is forgotten */

/* The timer. */
int removals_start(struct removals *r);

/* Judges what is due. */
void removals_due(struct removals *r);

/* Ends every wait: judges all, now, in this thread. */
void removals_flush(struct removals *r);

/* The same, but the timer's thread does it, and what it sends may take its time: -EINTR when the caller does not want to wait. */
int removals_hurry(struct removals *r, uint64_t dir, struct caller *caller);

/* A name is gone from sight: a real removal of `place`, or (place NULL) only for a while. `path`: for reports. */
int removals_add(struct removals *r, uint64_t dir, const char *name, const struct place *place, const char *path, pid_t tgid);

/* This process was refused a removal: nothing of its action is removed. */
void removals_refused(struct removals *r, pid_t tgid);

/* May the process remove one thing at once (a campaign)? Counts it in its action. -EPERM. */
int removals_at_once(struct removals *r, pid_t tgid, struct refusal *why);

bool removals_hide(struct removals *r, uint64_t dir, const char *name);
bool removals_in(struct removals *r, uint64_t dir);

/* The service has no such name any more, and it is given to something new: that one is not hidden. */
void removals_made_anew(struct removals *r, uint64_t dir, const char *name);

/* The name is made anew. -ENOENT: it was not removed; -EBUSY: it is being removed right now. */
int removals_take_back(struct removals *r, uint64_t dir, const char *name);
