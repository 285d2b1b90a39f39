#include "fs/tree/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/hash.h"
#include "fs/base/limits.h"
#include "fs/format/json.h"
#include "fs/tree/blocklist.h"
#include "fs/tree/history.h"
#include "fs/tree/resource.h"
#include "fs/tree/run.h"
#include "fs/tree/state.h"
#include "fs/tree/writers.h"

/* Plans of one campaign (or account, or lead) run one after another. */
static const char *lock_of(const struct ids *at)
{
	return at->v[0] ? at->v[0] : "account";
}

static bool is_in_campaign(const struct route *r)
{
	static const char campaign[] = "campaigns/<campaign>";
	size_t len = strlen(campaign);
	return strncmp(r->path, campaign, len) == 0 && (r->path[len] == '/' || r->path[len] == '\0');
}

void tree_note_writer(struct tree *t, const struct place *place, const struct writer *writer)
{
	struct ids at = place_ids(place);
	if (at.v[0] && is_in_campaign(place->route))
		writers_note(t->writers, writer->tgid, at.v[0]);
}

static int refuse_restore(struct refusal *why)
{
	return refuse(why, EPERM, "ACTIVE is taken for a copy or a restore, which never starts a campaign: the program copies, or has "
		"changed something else in the campaign; to start it, write START");
}

/* The answers that checking and planning need. */
static int save_needs(struct tree *t, const struct route *route, const struct ids *at, struct caller *caller,
	struct answers *out, struct refusal *why)
{
	struct route needs = *route;
	if (route->save_needs[0] != NOTHING)
		memcpy(needs.needs, route->save_needs, sizeof needs.needs);
	return need_get(t, &needs, at, caller, out, why);
}

/* Fills a plan by one of a row's functions, and runs it. */
struct intent {
	const struct place *place;
	const struct writer *writer;
	const char *name; /* add only */
	struct slice text;
	const struct blob *seen; /* commit only: what the text was made from, or NULL */
	enum { INTENT_COMMIT, INTENT_ADD, INTENT_DROP } kind;
	const struct route *row; /* whose function it is */
};

/* A list: only what was read can be missing. */
static int merge_lines(struct tree *t, const struct place *file, struct slice text, const struct blob *seen, struct caller *caller,
	struct buf *merged, struct slice *ret_text, struct refusal *why)
{
	_cleanup_blob_ struct blob *now = NULL;
	size_t left_alone;
	int rc = tree_read(t, file, caller, &now, why);
	if (rc == 0)
		rc = blocklist_merge(seen ? blob_slice(seen) : (struct slice){"", 0}, text, blob_slice(now), merged, &left_alone, why);
	if (rc < 0)
		return rc;
	*ret_text = buf_slice(merged);
	if (left_alone) {
		_cleanup_buf_ struct buf note = BUF_INIT;
		buf_printf(&note, "%s: %zu lines are not in the text, and whoever saved it had not read them", file->route->path, left_alone);
		run_note(t, "LEFT ALONE", buf_text(&note));
	}
	return 0;
}

/*
 * Has the service moved on since `seen`? Then a document of fields takes over only what was changed, and others refuse
 * when the same e-mail changed. 0: go on with *ret_text (in `merged` when it had to be made).
 */
static int merge(struct tree *t, const struct place *file, struct slice text, const struct blob *seen, struct caller *caller,
	struct buf *merged, struct slice *ret_text, struct refusal *why)
{
	struct blob *now = NULL;
	*ret_text = text;
	if (file->route->append)
		return merge_lines(t, file, text, seen, caller, merged, ret_text, why);
	if (!seen)
		return 0;
	int rc = tree_read(t, file, caller, &now, why);
	if (rc < 0)
		return rc;
	bool same = slice_equal(blob_slice(now), blob_slice(seen));
	if (!same && (json_check(text, NULL) < 0 || json_kind(text) != JSON_OBJECT))
		rc = refuse(why, EBUSY, "it was changed on the service since it was read; read it again and repeat the change");
	else if (!same)
		rc = json_merge(blob_slice(seen), text, blob_slice(now), merged, why);
	if (rc == 0 && !same)
		*ret_text = buf_slice(merged);
	blob_unref(now);
	return rc;
}

static int fill(const struct intent *i, const struct ids *at, const struct answers *base, struct plan *plan, struct refusal *why)
{
	switch (i->kind) {
	case INTENT_COMMIT:
		return i->row->commit(at, base, i->text, plan, why);
	case INTENT_ADD:
		return i->row->add(at, base, i->name, i->text, plan, why);
	default:
		return i->row->drop(at, base, plan, why);
	}
}

/* The answer that shows what was saved; asked for once more when it does not, since services show changes late. */
static int read_back(struct tree *t, const struct plan_check *check, const struct ids *at, struct caller *caller, struct refusal *why)
{
	struct route needs = {.path = "", .needs = {check->resource}};
	int rc = 0;
	for (int look = 0; look < 2; look++) {
		struct answers now;
		/* It was saved: that it can't be read now is no reason to say it was not. */
		if (need_get(t, &needs, at, caller, &now, NULL) < 0)
			return 0;
		rc = check->check(at, &now, buf_slice(&check->expected), why);
		answers_release(&now);
		if (rc == 0 || look)
			break;
		need_forget(t, &needs, at);
	}
	return rc;
}

/* Is this very plan under way, or was it carried out? Then that is said in .smartlead/requests, since the save itself succeeds. */
static bool claim_once(struct tree *t, uint64_t plan)
{
	bool found = false;
	monitor_lock(t->conf.monitor);
	for (size_t i = 0; i < SENT_ONCE_MAX && !found; i++)
		found = t->once.sent[i] == plan;
	if (!found) {
		t->once.sent[t->once.next] = plan;
		t->once.next = (t->once.next + 1) % SENT_ONCE_MAX;
	}
	monitor_unlock(t->conf.monitor);
	if (found)
		run_note(t, "NOT SENT AGAIN", "the same text was sent before");
	return !found;
}

/* It failed, or may have: whether it is tried again is the user's decision. */
static void unclaim_once(struct tree *t, uint64_t plan)
{
	monitor_lock(t->conf.monitor);
	for (size_t i = 0; i < SENT_ONCE_MAX; i++)
		if (t->once.sent[i] == plan)
			t->once.sent[i] = 0;
	monitor_unlock(t->conf.monitor);
}

static uint64_t hash_of(const struct plan *plan)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	plan_print(plan, &text);
	return hash_more(HASH_START, buf_text(&text), text.len);
}

static int execute(struct tree *t, const struct ids *at, const struct plan *plan, struct caller *caller, struct refusal *why)
{
	uint64_t hash = plan->once && !t->conf.dry_run ? hash_of(plan) : 0;
	if (hash && !claim_once(t, hash))
		return 0;
	int rc = plan_send(t, plan, caller, why);
	if (hash && rc < 0)
		unclaim_once(t, hash);
	if (rc == 0 && !t->conf.dry_run && plan->check.resource != NOTHING)
		rc = read_back(t, &plan->check, at, caller, why);
	return rc;
}

/* docs/endpoints.md is made of the rows: what they do not name is not sent. */
static int check_sends(const struct route *row, const struct plan *plan, struct refusal *why)
{
	for (size_t i = 0; i < plan->count; i++)
		if (!route_sending(row, plan->steps[i].endpoint))
			return refuse(why, EIO, "a bug: the row of %s does not name the call %s, so it was not made", row->path,
				endpoint(plan->steps[i].endpoint)->name);
	return 0;
}

static int check_plan(struct tree *t, const struct route *row, const struct plan *plan, struct refusal *why)
{
	if (plan->deletions > t->conf.max_deletes)
		return refuse(why, EPERM, "this would remove %zu at once, and max_deletes is %zu; nothing was sent", plan->deletions,
			t->conf.max_deletes);
	return check_sends(row, plan, why);
}

/* From what is known to a plan. */
static int prepare(struct tree *t, const struct intent *i, const struct ids *at, struct caller *caller, struct answers *base,
	struct plan *plan, struct refusal *why)
{
	_cleanup_buf_ struct buf merged = BUF_INIT;
	struct intent final = *i;
	bool is_document = i->kind == INTENT_COMMIT && !(i->row->flags & ROUTE_CONTROL);
	int rc = is_document ? merge(t, i->place, i->text, i->seen, caller, &merged, &final.text, why) : 0;
	if (rc == 0)
		rc = save_needs(t, i->row, at, caller, base, why);
	if (rc == 0)
		rc = fill(&final, at, base, plan, why);
	return rc < 0 ? rc : check_plan(t, i->row, plan, why);
}

enum { REMOVAL_BASE_AGE_MS = 6000 };

/*
 * A save of the whole is made from what the service has at this moment, and so is the deletion of a campaign, which may have been
 * started meanwhile: asked anew, unless it came just now.
 */
static bool is_too_old(const struct tree *t, const struct intent *i, const struct plan *plan, const struct answers *base)
{
	int64_t tenth = t->conf.ttl_ms / 10, most = plan->removes ? REMOVAL_BASE_AGE_MS : i->row->base_age_ms;
	return plan->count && most && clock_ms() - base->v[0]->fetched_ms >= (most < tenth ? most : tenth);
}

/* With the lock of the campaign (account, lead). */
static int carry_out_locked(struct tree *t, const struct intent *i, struct caller *caller, struct refusal *why)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct ids at = place_ids(i->place);
	struct answers base = {{NULL}};
	int rc = prepare(t, i, &at, caller, &base, &plan, why);
	if (rc == 0 && is_too_old(t, i, &plan, &base)) {
		plan_release(&plan);
		answers_release(&base);
		need_forget(t, i->row, &at);
		rc = prepare(t, i, &at, caller, &base, &plan, why);
	}
	if (rc == 0 && plan.starts_by_state && (i->writer->copies || writers_has(t->writers, i->writer->tgid, lock_of(&at))))
		rc = refuse_restore(why);
	if (rc == 0 && plan.count && !t->conf.dry_run && (plan.removes || !(i->row->flags & ROUTE_CONTROL)))
		rc = history_keep(t, i->row, &at, &base, why);
	answers_release(&base);
	if (rc < 0)
		return rc;
	if (t->conf.client_id)
		plan_for_client(&plan, t->conf.client_id);
	/* The word that starts it is no change of its own. */
	if (!route_sending(i->row, EP_CAMPAIGN_STATUS))
		tree_note_writer(t, i->place, i->writer);
	return execute(t, &at, &plan, caller, why);
}

/* Where the service has none of the calls that a change needs, nothing has to be fetched to say so. */
static int check_service(struct tree *t, const struct route *row, struct refusal *why)
{
	if (row->sends[0].endpoint == EP_NONE)
		return 0;
	for (int i = 0; i < SENDS_MAX && row->sends[i].endpoint != EP_NONE; i++)
		if (endpoint(row->sends[i].endpoint)->wire[api_dialect(t->api, row->sends[i].endpoint)].method)
			return 0;
	return refuse(why, EOPNOTSUPP, "this service has no call \"%s\"", endpoint(row->sends[0].endpoint)->name);
}

/* The lock is taken before the base is read: no plan is made from what another one is about to change. */
static int carry_out(struct tree *t, const struct intent *i, struct caller *caller, struct refusal *why)
{
	struct ids at = place_ids(i->place);
	int rc = t->conf.read_only ? refuse(why, EROFS, "the mount is read-only") : check_service(t, i->row, why);
	if (rc == 0 && i->text.len > DOCUMENT_BYTES_MAX)
		rc = refuse(why, EFBIG, "the document is too big (%d MiB are allowed)", DOCUMENT_BYTES_MAX >> 20);
	if (rc < 0)
		return rc;
	rc = plan_lock_take(t, lock_of(&at), caller, why);
	if (rc < 0)
		return rc;
	rc = carry_out_locked(t, i, caller, why);
	plan_lock_give(t, lock_of(&at));
	return rc;
}

int tree_control(struct tree *t, const struct place *file, struct slice text, const struct writer *writer,
	struct caller *caller, struct refusal *why)
{
	struct ids at = place_ids(file);
	while (text.len && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
		text.len--;
	if (file->route->control)
		return file->route->control(t, &at, text, caller, why);
	struct route lines = *file->route;
	if (lines.append) {
		lines.commit = lines.append;
		lines.flags |= ROUTE_CONTROL;
		memset(lines.needs, 0, sizeof lines.needs);
		memset(lines.save_needs, 0, sizeof lines.save_needs);
	}
	if (!(lines.flags & ROUTE_CONTROL))
		return refuse(why, EACCES, "this file can't be written");
	struct intent i = {.place = file, .writer = writer, .text = text, .kind = INTENT_COMMIT, .row = &lines};
	return carry_out(t, &i, caller, why);
}

bool tree_removable(const struct route *route)
{
	return route->drop != NULL;
}

/* Of these a text is nothing to be merged, but rows that are compared one by one. */
static int save_rows(struct tree *t, const struct place *file, struct rows *rows, const struct blob *seen, struct caller *caller,
	struct refusal *why)
{
	_cleanup_blob_ struct blob *now = NULL;
	struct ids at = place_ids(file);
	int rc = seen || rows->appended ? 0 : tree_read(t, file, caller, &now, why);
	if (rc < 0)
		return rc;
	rows->unread = !seen;
	if (!rows->appended)
		rows->base = blob_slice(seen ? seen : now);
	return file->route->rows(t, &at, rows, caller, why);
}

/* What is no plan of requests: rows of leads, and what this machine keeps. */
static int save_by_row(struct tree *t, const struct place *file, struct rows *rows, const struct blob *seen,
	const struct writer *writer, struct caller *caller, struct refusal *why)
{
	struct ids at = place_ids(file);
	if (t->conf.read_only)
		return refuse(why, EROFS, "the mount is read-only");
	tree_note_writer(t, file, writer);
	int rc = file->route->rows ? save_rows(t, file, rows, seen, caller, why) : file->route->keep(t, &at, rows->text, why);
	if (rc < 0 && !rows->taken)
		history_reject(t, file->route, file, NULL, rows->text, why);
	return rc;
}

int tree_append(struct tree *t, const struct place *file, struct slice text, const struct writer *writer, struct caller *caller,
	struct refusal *why)
{
	struct rows rows = {.row = file->route, .text = text, .appended = true};
	return save_by_row(t, file, &rows, NULL, writer, caller, why);
}

int tree_save(struct tree *t, const struct place *file, struct slice text, const struct blob *seen,
	const struct writer *writer, struct caller *caller, struct refusal *why)
{
	struct intent i = {.place = file, .writer = writer, .text = text, .seen = seen, .kind = INTENT_COMMIT, .row = file->route};
	struct rows rows = {.row = file->route, .text = text};
	if (file->route->rows || file->route->keep)
		return save_by_row(t, file, &rows, seen, writer, caller, why);
	if (!file->route->commit)
		return refuse(why, EACCES, "this file can't be written");
	int rc = carry_out(t, &i, caller, why);
	if (rc < 0)
		history_reject(t, file->route, file, NULL, text, why);
	return rc;
}

bool tree_can_add(struct tree *t, const struct place *dir, const char *name, mode_t type)
{
	return walk_adder(t->walk, dir->route, name, type) != NULL;
}

int tree_check_add(struct tree *t, const struct place *dir, struct caller *caller, struct refusal *why)
{
	struct ids at = place_ids(dir);
	struct answers listing;
	int rc = need_get(t, dir->route, &at, caller, &listing, why);
	if (rc == 0)
		answers_release(&listing);
	return rc;
}

int tree_add(struct tree *t, const struct place *dir, const char *name, mode_t type, struct slice text,
	const struct writer *writer, struct caller *caller, struct refusal *why)
{
	const struct route *row = walk_adder(t->walk, dir->route, name, type);
	if (!row)
		return refuse(why, EPERM, "nothing of that kind can be made here");
	int rc = tree_check_add(t, dir, caller, why);
	struct route as_directory = *row;
	memcpy(as_directory.needs, row->add_needs[0] != NOTHING ? row->add_needs : dir->route->needs, sizeof as_directory.needs);
	memset(as_directory.save_needs, 0, sizeof as_directory.save_needs);
	/* Something new replaces nothing, but where it is a part of one whole. */
	if (!row->before)
		as_directory.history = NULL;
	struct intent i = {.place = dir, .writer = writer, .name = name, .text = text, .kind = INTENT_ADD, .row = &as_directory};
	if (rc == 0)
		rc = carry_out(t, &i, caller, why);
	if (rc < 0 && S_ISREG(type))
		history_reject(t, row, dir, name, text, why);
	return rc;
}

int tree_remove(struct tree *t, const struct place *const places[], size_t count, const struct writer *writer,
	struct caller *caller, size_t *ret_done, struct refusal *why)
{
	for (*ret_done = 0; *ret_done < count; ++*ret_done) {
		const struct place *p = places[*ret_done];
		if (!p->route->drop)
			return refuse(why, EPERM, "it can't be removed");
		struct intent i = {.place = p, .writer = writer, .kind = INTENT_DROP, .row = p->route};
		int rc = carry_out(t, &i, caller, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int tree_rename(struct tree *t, const struct place *place, const char *old_name, const char *new_name, const struct writer *writer,
	struct caller *caller, struct refusal *why)
{
	if (!place->route->rename)
		return refuse(why, EPERM, "it can't be renamed");
	struct route row = *place->route;
	row.commit = place->route->rename;
	row.history = NULL;
	memset(row.save_needs, 0, sizeof row.save_needs);
	struct intent i = {.place = place, .writer = writer, .text = slice_of(new_name), .kind = INTENT_COMMIT, .row = &row};
	int rc = carry_out(t, &i, caller, why);
	/* Who moved it looks for nothing under its old name; moving it back must find that name free. */
	if (rc == 0 && !t->conf.dry_run)
		shown_forget(t->shown, old_name);
	return rc;
}
