#include "fs/tree/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/hash.h"
#include "fs/format/json.h"
#include "fs/tree/history.h"
#include "fs/tree/resource.h"
#include "fs/tree/run.h"
#include "fs/tree/state.h"
#include "fs/tree/writers.h"

/* What a sequence is saved from; see renew_base(). */
enum { SEQUENCE_AGE_MAX_MS = 1000 };

/* Plans of one campaign (or account, or lead) run one after another. */
static const char *lock_of(const struct ids *at)
{
	return at->v[0] ? at->v[0] : "account";
}

static bool is_in_campaign(const struct route *r)
{
	return strncmp(r->path, "campaigns/<campaign>/", strlen("campaigns/<campaign>/")) == 0;
}

void tree_note_writer(struct tree *t, const struct place *place, const struct writer *writer)
{
	struct ids at = place_ids(place);
	if (at.v[0] && is_in_campaign(place->route))
		writers_note(t->writers, writer->tgid, at.v[0]);
}

static int refuse_restore(struct refusal *why)
{
	return refuse(why, EPERM, "this process has changed the campaign, so ACTIVE is taken for a copy or a restore, which "
		"never starts one; to start it, write START");
}

static struct route with_save_needs(const struct route *route)
{
	struct route row = *route;
	if (route->save_needs[0] != NOTHING)
		memcpy(row.needs, route->save_needs, sizeof row.needs);
	return row;
}

/*
 * A save of a part of these sends all of it, and would take back what was changed elsewhere since it was fetched; what is left out
 * of a sequence is even deleted. So they are asked for anew, unless that was a moment ago.
 */
static void renew_base(struct tree *t, const struct route *route, const struct ids *at)
{
	int64_t tenth = t->conf.ttl_ms / 10;
	struct route row = with_save_needs(route);
	need_renew(t, &row, at, SEQUENCES, tenth < SEQUENCE_AGE_MAX_MS ? tenth : SEQUENCE_AGE_MAX_MS);
	need_renew(t, &row, at, CAMPAIGNS, tenth);
}

/* The answers that checking and planning need. */
static int save_needs(struct tree *t, const struct route *route, const struct ids *at, struct caller *caller,
	struct answers *out, struct refusal *why)
{
	struct route row = with_save_needs(route);
	return need_get(t, &row, at, caller, out, why);
}

/* Fills a plan by one of a row's functions, and runs it. */
struct intent {
	const struct place *place;
	const struct writer *writer;
	const char *name; /* add only */
	struct slice text;
	enum { INTENT_COMMIT, INTENT_ADD, INTENT_DROP } kind;
	const struct route *row; /* whose function it is */
};

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
	static const struct route none;
	struct route needs = none;
	int rc = 0;
	needs.needs[0] = check->resource;
	for (int look = 0; look < 2; look++) {
		struct answers now;
		/* It was saved: that it can't be read now is no reason to say it was not. */
		if (need_get(t, &needs, at, caller, &now, NULL) < 0)
			return 0;
		rc = check->check(at, &now, buf_slice(&check->expected), why);
		answers_release(&now);
		if (rc == 0 || look)
			break;
		_cleanup_buf_ struct buf key = BUF_INIT;
		buf_add_str(&key, resource(check->resource)->name);
		for (int i = 0; i < resource(check->resource)->ids; i++)
			buf_printf(&key, "/%s", at->v[i]);
		if (!buf_failed(&key))
			cache_forget(t->cache, key.data);
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

/* With the lock of the campaign (account, lead). */
static int carry_out_locked(struct tree *t, const struct intent *i, struct caller *caller, struct refusal *why)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct ids at = place_ids(i->place);
	struct answers base;
	int rc = save_needs(t, i->row, &at, caller, &base, why);
	if (rc < 0)
		return rc;
	rc = fill(i, &at, &base, &plan, why);
	if (rc == 0 && plan.count && !t->conf.dry_run && (plan.removes || !(i->row->flags & ROUTE_CONTROL)))
		rc = history_keep(t, i->row, &at, &base, why);
	answers_release(&base);
	if (rc == 0)
		rc = check_sends(i->row, &plan, why);
	if (rc < 0)
		return rc;
	if (plan.starts_by_state && writers_has(t->writers, i->writer->tgid, lock_of(&at)))
		return refuse_restore(why);
	if (!(i->row->flags & ROUTE_CONTROL))
		tree_note_writer(t, i->place, i->writer);
	return execute(t, &at, &plan, caller, why);
}

/* The lock, before anything is read that the plan is made from; and none of that is old. */
static int begin(struct tree *t, const struct place *place, const struct route *row, struct caller *caller, struct refusal *why)
{
	struct ids at = place_ids(place);
	if (t->conf.read_only)
		return refuse(why, EROFS, "the mount is read-only");
	int rc = plan_lock_take(t, lock_of(&at), caller, why);
	if (rc == 0 && !(row->flags & ROUTE_CONTROL))
		renew_base(t, row, &at);
	return rc;
}

static void end(struct tree *t, const struct place *place)
{
	struct ids at = place_ids(place);
	plan_lock_give(t, lock_of(&at));
}

static int carry_out(struct tree *t, const struct intent *i, struct caller *caller, struct refusal *why)
{
	int rc = begin(t, i->place, i->row, caller, why);
	if (rc < 0)
		return rc;
	rc = carry_out_locked(t, i, caller, why);
	end(t, i->place);
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
	if (!(file->route->flags & ROUTE_CONTROL))
		return refuse(why, EACCES, "this file can't be written");
	struct intent i = {.place = file, .writer = writer, .text = text, .kind = INTENT_COMMIT, .row = file->route};
	return carry_out(t, &i, caller, why);
}

bool tree_removable(const struct route *route)
{
	return route->drop != NULL;
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

int tree_save(struct tree *t, const struct place *file, struct slice text, const struct blob *seen,
	const struct writer *writer, struct caller *caller, struct refusal *why)
{
	_cleanup_buf_ struct buf merged = BUF_INIT;
	struct slice final;
	if (!file->route->commit)
		return refuse(why, EACCES, "this file can't be written");
	int rc = begin(t, file, file->route, caller, why);
	if (rc == 0) {
		rc = merge(t, file, text, seen, caller, &merged, &final, why);
		struct intent i = {.place = file, .writer = writer, .text = final, .kind = INTENT_COMMIT, .row = file->route};
		if (rc == 0)
			rc = carry_out_locked(t, &i, caller, why);
		end(t, file);
	}
	if (rc < 0)
		history_reject(t, file->route, file, NULL, text, why);
	return rc;
}

bool tree_can_add(struct tree *t, const struct place *dir, const char *name, mode_t type)
{
	return walk_adder(t->walk, dir->route, name, type) != NULL;
}

int tree_add(struct tree *t, const struct place *dir, const char *name, mode_t type, struct slice text,
	const struct writer *writer, struct caller *caller, struct refusal *why)
{
	const struct route *row = walk_adder(t->walk, dir->route, name, type);
	if (!row)
		return refuse(why, EPERM, "nothing of that kind can be made here");
	struct route as_directory = *row;
	memcpy(as_directory.needs, dir->route->needs, sizeof as_directory.needs);
	/* Something new replaces nothing, but where it is a part of one whole. */
	if (!row->before)
		as_directory.history = NULL;
	struct intent i = {.place = dir, .writer = writer, .name = name, .text = text, .kind = INTENT_ADD, .row = &as_directory};
	int rc = carry_out(t, &i, caller, why);
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

int tree_rename(struct tree *t, const struct place *place, const char *new_name, const struct writer *writer,
	struct caller *caller, struct refusal *why)
{
	if (!place->route->rename)
		return refuse(why, EPERM, "it can't be renamed");
	struct route row = *place->route;
	row.commit = place->route->rename;
	row.history = NULL;
	struct intent i = {.place = place, .writer = writer, .text = slice_of(new_name), .kind = INTENT_COMMIT, .row = &row};
	return carry_out(t, &i, caller, why);
}
