/* import_rewrite.c - leads.csv was written anew: what is new is imported, what changed or is missing becomes a plan. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/tree/history.h"
#include "fs/tree/import.h"
#include "fs/tree/resource.h"
#include "fs/tree/run.h"
#include "fs/tree/state.h"
#include "fs/tree/subjects.h"

static void plan_changes(const char *campaign, const struct import_changes *c, struct plan *plan)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	buf_printf(&key, "/%s", campaign);
	for (size_t i = 0; i < c->changed.count; i++) {
		const char *args[] = {campaign, c->changed.v[i].id, NULL};
		plan_add(plan, EP_LEAD_UPDATE, args, buf_slice(&c->changed.v[i].body));
	}
	for (size_t i = 0; i < c->missing.count; i++) {
		const char *args[] = {campaign, c->missing.v[i].id, NULL};
		plan_add(plan, EP_LEAD_DELETE, args, (struct slice){0});
	}
	plan_stale(plan, LEADS, buf_text(&key));
	plan_stale(plan, LEAD_PAGES, buf_text(&key));
	plan->failed |= key.failed;
}

/* leads.csv as the service has it now: the answer is its bytes. */
static int present_leads(struct tree *t, const struct ids *at, struct caller *caller, struct answers *out, struct refusal *why)
{
	static const struct route needs = {.needs = {LEADS}};
	return need_get(t, &needs, at, caller, out, why);
}

/*
 * A process that saves twice is compared with what it saved first, where the leads that it added have no id yet.
 */
static int find_ids(struct tree *t, const struct ids *at, struct import_changes *c, struct caller *caller, struct refusal *why)
{
	struct answers now;
	if (!import_lacks_ids(c))
		return 0;
	int rc = present_leads(t, at, caller, &now, why);
	if (rc < 0)
		return rc;
	rc = import_find_ids(blob_slice(now.v[0]->body), c, why);
	answers_release(&now);
	return rc;
}

static int send_changes(struct tree *t, const struct ids *at, struct import_changes *c, struct rows *rows, struct caller *caller,
	struct refusal *why)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_buf_ struct buf notes = BUF_INIT;
	int rc = 0;
	buf_printf(&notes, "a rewrite of leads.csv: %zu leads new, %zu changed, %zu removed", c->added.count, c->changed.count,
		c->missing.count);
	if (c->left_alone)
		buf_printf(&notes, ", %zu missing rows left alone, because the file was not read before", c->left_alone);
	if (c->added.count || c->left_alone)
		rc = import_rows(t, at->v[0], &c->added, buf_text(&notes), caller, &rows->taken, why);
	if (rc < 0 || c->changed.count + c->missing.count == 0)
		return rc;
	rows->taken = false;
	plan_changes(at->v[0], c, &plan);
	return plan_run(t, at->v[0], &plan, caller, why);
}

int import_rewrite(struct tree *t, const struct ids *at, struct rows *rows, const struct compare_limits *limits,
	struct caller *caller, struct refusal *why)
{
	_cleanup_changes_ struct import_changes changes;
	int rc = import_compare(rows->base, rows->text, limits, &changes, why);
	if (rc == 0)
		rc = find_ids(t, at, &changes, caller, why);
	if (rc == 0 && rows->row && !t->conf.dry_run)
		rc = history_keep_text(t, rows->row, at, buf_slice(&changes.replaced), why);
	if (rc == 0)
		rc = send_changes(t, at, &changes, rows, caller, why);
	return rc;
}

static int rewrite(struct tree *t, const struct ids *at, struct rows *rows, struct caller *caller, struct refusal *why)
{
	struct compare_limits limits = {.max_updates = t->conf.max_updates, .max_deletes = t->conf.max_deletes,
		.may_delete = !rows->unread};
	struct answers now;
	if (rows->unread || import_is_shown(rows->base))
		return import_rewrite(t, at, rows, &limits, caller, why);
	/* What this process saved last is a table in another tool's words: it says nothing of what it has seen. */
	int rc = present_leads(t, at, caller, &now, why);
	if (rc < 0)
		return rc;
	limits.may_delete = false;
	rows->base = blob_slice(now.v[0]->body);
	rc = import_rewrite(t, at, rows, &limits, caller, why);
	answers_release(&now);
	return rc;
}

int leads_save(struct tree *t, const struct ids *at, struct rows *rows, struct caller *caller, struct refusal *why)
{
	return rows->appended ? import_append(t, at, rows->text, caller, &rows->taken, why) : rewrite(t, at, rows, caller, why);
}
