#include "fs/tree/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/json.h"
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

/* The answers that checking and planning need: the newest. */
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

/* docs/endpoints.md is made of the rows: what they do not name is not sent. */
static int check_sends(const struct route *row, const struct plan *plan, struct refusal *why)
{
	for (size_t i = 0; i < plan->count; i++)
		if (!route_sending(row, plan->steps[i].endpoint))
			return refuse(why, EIO, "a bug: the row of %s does not name the call %s, so it was not made", row->path,
				endpoint(plan->steps[i].endpoint)->name);
	return 0;
}

static int carry_out(struct tree *t, const struct intent *i, struct caller *caller, struct refusal *why)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct ids at = place_ids(i->place);
	struct answers base;
	if (t->conf.read_only)
		return refuse(why, EROFS, "the mount is read-only");
	int rc = save_needs(t, i->row, &at, caller, &base, why);
	if (rc < 0)
		return rc;
	rc = fill(i, &at, &base, &plan, why);
	answers_release(&base);
	if (rc == 0)
		rc = check_sends(i->row, &plan, why);
	if (rc < 0)
		return rc;
	if (plan.starts_by_state && writers_has(t->writers, i->writer->tgid, lock_of(&at)))
		return refuse_restore(why);
	if (!(i->row->flags & ROUTE_CONTROL))
		tree_note_writer(t, i->place, i->writer);
	return plan_run(t, lock_of(&at), &plan, caller, why);
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
	int rc = merge(t, file, text, seen, caller, &merged, &final, why);
	if (rc < 0)
		return rc;
	struct intent i = {.place = file, .writer = writer, .text = final, .kind = INTENT_COMMIT, .row = file->route};
	return carry_out(t, &i, caller, why);
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
	struct intent i = {.place = dir, .writer = writer, .name = name, .text = text, .kind = INTENT_ADD, .row = &as_directory};
	return carry_out(t, &i, caller, why);
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
	struct intent i = {.place = place, .writer = writer, .text = slice_of(new_name), .kind = INTENT_COMMIT, .row = &row};
	return carry_out(t, &i, caller, why);
}
