/* run.h - sends a plan, one a key at a time, and changes the cache as it says. */
#pragma once

#include "fs/tree/plan.h"
#include "fs/tree/tree.h"

/*
 * Runs the steps in order and stops at the first refusal; effects follow when all went well, and answers are forgotten
 * when it is not known how far it came. `lock`: plans of one lock run one after another (a campaign's id). dry_run: nothing is
 * sent, the plan is written to .smartlead/requests. 0 or -errno.
 */
int plan_run(struct tree *t, const char *lock, const struct plan *plan, struct caller *caller, struct refusal *why);

/*
 * For who plans from what the service has: the lock is taken before that is read, so that no plan is made from what another
 * one is about to change. plan_send() is plan_run() with the lock held.
 */
int plan_lock_take(struct tree *t, const char *lock, struct caller *caller, struct refusal *why);
void plan_lock_give(struct tree *t, const char *lock);
int plan_send(struct tree *t, const struct plan *plan, struct caller *caller, struct refusal *why);

/* A line in .smartlead/requests about what was not sent: "DRY RUN" and what it would have been. */
void run_note(struct tree *t, const char *verdict, const char *what);

/*
 * A change of `resource` succeeded, or may have: the cache holds `edited` from now on (takes it over), or with NULL
 * forgets the answer; and the mount hears of it. `key`: as behind the resource's name, "/700001".
 */
void run_wrote(struct tree *t, enum resource_id id, const char *key, struct answer *edited);
