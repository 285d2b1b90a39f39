#include "fs/tree/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/format/json.h"
#include "fs/tree/resource.h"
#include "fs/tree/state.h"

/* A lock that is held, and who waits for it. */
struct plan_lock {
	char *name;
	struct caller *waiting;
	struct plan_lock *next;
};

static struct plan_lock *find_lock(struct tree *t, const char *name)
{
	struct plan_lock *l = t->locks;
	while (l && strcmp(l->name, name) != 0)
		l = l->next;
	return l;
}

static void leave_queue(struct plan_lock *l, struct caller *caller)
{
	for (struct caller **at = &l->waiting; *at; at = &(*at)->next)
		if (*at == caller) {
			*at = caller->next;
			return;
		}
}

int plan_lock_take(struct tree *t, const char *name, struct caller *caller, struct refusal *why)
{
	struct plan_lock *mine = calloc(1, sizeof *mine), *l;
	int rc = 0;
	if (mine)
		mine->name = strdup(name);
	if (!mine || !mine->name) {
		free(mine);
		return refuse_memory(why);
	}
	monitor_lock(t->conf.monitor);
	while (rc == 0 && (l = find_lock(t, name))) {
		caller->next = l->waiting;
		l->waiting = caller;
		rc = caller_wait(t->conf.monitor, caller);
		if ((l = find_lock(t, name)))
			leave_queue(l, caller);
	}
	if (rc == 0) {
		mine->next = t->locks;
		t->locks = mine;
		mine = NULL;
	}
	monitor_unlock(t->conf.monitor);
	if (mine)
		free(mine->name);
	free(mine);
	return rc < 0 ? refuse(why, -rc, "an earlier change of %s is not done yet", name) : 0;
}

void plan_lock_give(struct tree *t, const char *name)
{
	monitor_lock(t->conf.monitor);
	struct plan_lock **at = &t->locks;
	while (strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	struct plan_lock *l = *at;
	*at = l->next;
	while (l->waiting) {
		struct caller *c = l->waiting;
		l->waiting = c->next;
		caller_wake(c);
	}
	monitor_unlock(t->conf.monitor);
	free(l->name);
	free(l);
}

void run_note(struct tree *t, const char *verdict, const char *what)
{
	_cleanup_buf_ struct buf line = BUF_INIT;
	textlog_time(&line, clock_wall_ms());
	buf_printf(&line, "\t%s\t%s", verdict, what);
	if (!buf_failed(&line))
		textlog_add(&t->requests, line.data);
}

static void note_dry_plan(struct tree *t, const struct plan *plan)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	plan_print(plan, &text);
	for (char *at = text.data, *end; at && (end = strchr(at, '\n')); at = end + 1) {
		*end = '\0';
		run_note(t, "DRY RUN", at);
	}
}

void run_wrote(struct tree *t, enum resource_id id, const char *key, struct answer *edited)
{
	_cleanup_buf_ struct buf whole = BUF_INIT;
	buf_printf(&whole, "%s%s", resource(id)->name, key);
	if (buf_failed(&whole))
		answer_unref(edited);
	else
		cache_written(t->cache, whole.data, edited);
	if (t->listener.changed)
		t->listener.changed(t->listener.arg, id);
}

/* Edits make bodies; the index over them is the resource's. */
static struct answer *index_edited(const struct resource *r, struct answer *edited)
{
	if (!edited || !r->index || edited->model)
		return edited;
	if (r->index(blob_slice(edited->body), &edited->model, &edited->model_bytes, NULL) < 0) {
		answer_unref(edited);
		return NULL;
	}
	edited->model_free = r->model_free;
	return edited;
}

/* An edit makes what it changes fresh: of an old answer that would be too much said, so that one is forgotten. */
static void apply_to(struct tree *t, const struct plan_effect *e, const char *key, bool edit)
{
	_cleanup_buf_ struct buf whole = BUF_INIT;
	const struct resource *r = resource(e->resource);
	int64_t fresh_ms = 0;
	buf_printf(&whole, "%s%s", r->name, key);
	if (buf_failed(&whole))
		return;
	struct answer *old = e->edit ? cache_peek(t->cache, whole.data, true, &fresh_ms) : NULL;
	struct answer *edited = old ? e->edit(old, e->args) : NULL;
	bool nothing = old && edited == old;
	/* Another campaign's plan may have edited it meanwhile: then neither edit is all of it. */
	struct answer *still = edited && !nothing ? cache_peek(t->cache, whole.data, true, &fresh_ms) : NULL;
	bool alone = still == old;
	answer_unref(still);
	answer_unref(old);
	if (nothing || !alone || !edit || fresh_ms <= 0) {
		answer_unref(edited);
		edited = NULL;
	}
	if (!nothing)
		run_wrote(t, e->resource, key, index_edited(r, edited));
}

static void forget_all(struct tree *t, enum resource_id id)
{
	_cleanup_buf_ struct buf prefix = BUF_INIT;
	buf_printf(&prefix, "%s/", resource(id)->name);
	if (!buf_failed(&prefix))
		cache_forget(t->cache, prefix.data);
	if (t->listener.changed)
		t->listener.changed(t->listener.arg, id);
}

/* Each that is in the cache. */
static void edit_all(struct tree *t, const struct plan_effect *e, bool edit)
{
	_cleanup_buf_ struct buf prefix = BUF_INIT, keys = BUF_INIT;
	size_t len = strlen(resource(e->resource)->name);
	buf_printf(&prefix, "%s/", resource(e->resource)->name);
	cache_keys(t->cache, buf_text(&prefix), &keys);
	for (const char *key = keys.data; key && key < keys.data + keys.len; key += strlen(key) + 1)
		apply_to(t, e, key + len, edit);
}

static void apply(struct tree *t, const struct plan_effect *e, bool edit)
{
	if (e->resource == NOTHING) {
		if (edit && t->remembered)
			remembered_set(t->remembered, e->key, e->args[0]);
	} else if (strcmp(e->key, PLAN_ALL) != 0) {
		apply_to(t, e, e->key, edit);
	} else if (e->edit) {
		edit_all(t, e, edit);
	} else {
		forget_all(t, e->resource);
	}
}

static int send_one(struct tree *t, const struct plan_step *step, struct slice body, struct caller *caller, bool *ret_unknown,
	struct refusal *why)
{
	struct request request = {.endpoint = step->endpoint, .body = body};
	struct reply reply = {0};
	for (int a = 0; a < REQUEST_ARGS; a++)
		request.args[a] = step->args[a];
	int rc = api_call(t->api, &request, caller, &reply, why);
	*ret_unknown = reply.unknown || rc == -EINTR;
	if (rc < 0 && step->was_so && !*ret_unknown && reply.status / 100 == 2)
		rc = 0;
	reply_release(&reply);
	return rc;
}

/* A step whose list has to go out one element a request. What went before a refusal may have taken effect. */
static int send_each(struct tree *t, const struct plan_step *step, const char *member, struct slice list, struct caller *caller,
	bool *ret_unknown, struct refusal *why)
{
	size_t done = 0;
	for (struct json_walk w = json_walk(list); json_next(&w); done++) {
		_cleanup_buf_ struct buf body = BUF_INIT;
		buf_printf(&body, "{\"%s\":[", member);
		buf_add_slice(&body, w.value);
		buf_add_str(&body, "]}");
		int rc = buf_failed(&body) ? refuse_memory(why) : send_one(t, step, buf_slice(&body), caller, ret_unknown, why);
		if (rc < 0) {
			if (done)
				refusal_prefix(why, "%zu of them done; then %.*s: ", done, (int)w.value.len, w.value.ptr);
			*ret_unknown |= done > 0;
			return rc;
		}
	}
	return 0;
}

static int send_steps(struct tree *t, const struct plan *plan, struct caller *caller, size_t *ret_done, bool *ret_unknown,
	struct refusal *why)
{
	for (*ret_done = 0; *ret_done < plan->count; ++*ret_done) {
		const struct plan_step *step = &plan->steps[*ret_done];
		const char *member = endpoint(step->endpoint)->wire[api_dialect(t->api, step->endpoint)].single;
		struct slice body = buf_slice(&step->body), list;
		int rc = member && json_member(body, member, &list)
			? send_each(t, step, member, list, caller, ret_unknown, why)
			: send_one(t, step, body, caller, ret_unknown, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int plan_send(struct tree *t, const struct plan *plan, struct caller *caller, struct refusal *why)
{
	size_t done = 0;
	bool unknown = false;
	if (plan->failed)
		return refuse_memory(why);
	if (plan->count == 0)
		return 0;
	if (t->conf.dry_run) {
		note_dry_plan(t, plan);
		return 0;
	}
	int rc = send_steps(t, plan, caller, &done, &unknown, why);
	for (size_t i = 0; i < plan->effect_count && (rc == 0 || done || unknown); i++)
		apply(t, &plan->effects[i], rc == 0);
	return rc;
}

int plan_run(struct tree *t, const char *lock, const struct plan *plan, struct caller *caller, struct refusal *why)
{
	int rc = plan_lock_take(t, lock, caller, why);
	if (rc < 0)
		return rc;
	rc = plan_send(t, plan, caller, why);
	plan_lock_give(t, lock);
	return rc;
}
