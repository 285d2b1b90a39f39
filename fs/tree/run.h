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
