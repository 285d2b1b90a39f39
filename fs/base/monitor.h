/*
 * monitor.h - one lock, one wait.
 *
 * All state of the daemon that threads share (nodes, cache, drafts, budget) is guarded by the one mutex of the monitor,
 * held for microseconds. A public function of a module with state takes it and gives it back before it returns; none
 * calls a function of another such module while it holds it; so there is no lock order to remember. Nothing slow, no
 * reply, no notification and no callback happens under it.
 *
 * A caller is one kernel request (or one background job) that may have to wait. It lives on its thread's stack. The
 * only function that waits is caller_wait(): it gives the mutex up and comes back woken, interrupted or timed out.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct monitor {
	pthread_mutex_t mutex;
	int waiting;     /* callers inside caller_wait() */
	int waiting_max; /* more are refused with -EBUSY: what does not wait must find a thread (limits.h) */
	void (*on_wait)(void); /* a thread is about to wait; called by it, unlocked; may be NULL */
};

/* Who waits is served first in this order (design.md, "The budget"). */
enum priority { PRIORITY_WRITE, PRIORITY_READ, PRIORITY_IMPORT, PRIORITY_REFRESH, PRIORITY_AHEAD, PRIORITIES };

struct caller {
	pthread_cond_t wake;
	bool woken;
	bool interrupted;
	int64_t deadline_ms; /* of clock_ms(); INT64_MAX: none */
	enum priority priority;
	pid_t pid; /* the thread that asked, 0 when unknown; shown in stats.json */
	struct caller *next; /* in the list of what it waits for; that list's owner's business */
};

void monitor_init(struct monitor *m, int waiting_max);
void monitor_release(struct monitor *m);
void monitor_lock(struct monitor *m);
void monitor_unlock(struct monitor *m);

void caller_init(struct caller *c, enum priority priority, pid_t pid, int64_t deadline_ms);
void caller_release(struct caller *c);

/*
 * Waits until caller_wake(), an interrupt or the deadline. The monitor is locked before and after, not in between.
 * Returns 0, -EINTR, -ETIMEDOUT, or -EBUSY at once when too many wait already. An interrupt that came earlier counts.
 * The caller must look at its condition again: the wake may be of an earlier event.
 */
int caller_wait(struct monitor *m, struct caller *c);

/* Monitor locked. */
void caller_wake(struct caller *c);

/* Was it interrupted? Locks the monitor itself. */
bool caller_is_interrupted(struct monitor *m, const struct caller *c);

/* Locks the monitor itself. Called from any thread, also when the caller is not waiting (yet). */
void caller_interrupt(struct monitor *m, struct caller *c);
