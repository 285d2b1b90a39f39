/*
 * plan_rig.h - calls the functions of routes.c's rows that fill plans, with literal answers, and shows the plan as text:
 * a request a line, or "refused: <errno> <why>".
 */
#pragma once

#include "fs/tree/plan.h"
#include "tests/unit/tree_rig.h"

/* A LEADS answer out of the service's CSV. */
struct answer *rig_leads(const char *csv);

/*
 * `of[i]`, `bodies[i]`: the answers of the row's needs, NULL-terminated; a body of "" is an answer that was not needed. That of
 * LEADS is CSV as the service exports it.
 */
struct rig_base {
	enum resource_id of[NEEDS_MAX];
	const char *bodies[NEEDS_MAX];
};

void rig_commit(commit_fn *commit, const struct ids *at, const struct rig_base *base, const char *text, struct buf *out);
void rig_add(add_fn *add, const struct ids *dir, const struct rig_base *base, const char *name, const char *text, struct buf *out);
void rig_drop(drop_fn *drop, const struct ids *at, const struct rig_base *base, struct buf *out);
