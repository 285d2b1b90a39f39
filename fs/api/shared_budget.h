/*
 * shared_budget.h - the budget of one key on one machine, shared by all daemons that use it, through a small file.
 *
 * The file holds a struct budget_state behind a header; it is locked (flock) for microseconds, read, changed and
 * written whole. The monotonic clock is common to all processes; after a boot (boot id) and after a change of layout
 * the file begins anew. Network thread only. All functions accept NULL, "alone"; whatever fails ends in that.
 */
#pragma once

#include "fs/api/budget.h"

struct shared_budget;

/* Opens state_dir/budget-<hash of url and key>, mode 0600. NULL: it cannot be used. */
struct shared_budget *shared_budget_create(const char *state_dir, const char *url);
void shared_budget_destroy(struct shared_budget *s);

/* Locks and reads. The state as the last daemon left it, or NULL: go on alone. */
struct budget_state *shared_budget_lock(struct shared_budget *s);

/* The state between lock and unlock; NULL when the lock was not had. */
struct budget_state *shared_budget_state(struct shared_budget *s);

/* Writes and unlocks. */
void shared_budget_unlock(struct shared_budget *s);
