#include "fs/tree/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/tree/objects.h"
#include "fs/tree/secrets.h"

static void release_args(char *args[REQUEST_ARGS])
{
	for (int i = 0; i < REQUEST_ARGS; i++)
		free(args[i]);
}

void plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		release_args(p->steps[i].args);
		buf_release(&p->steps[i].body);
	}
	for (size_t i = 0; i < p->effect_count; i++) {
		release_args(p->effects[i].args);
		free(p->effects[i].key);
	}
	free(p->steps);
	free(p->effects);
	buf_release(&p->check.expected);
	*p = (struct plan)PLAN_INIT;
}

static void copy_args(struct plan *p, char *to[REQUEST_ARGS], const char *const from[])
{
	for (int i = 0; from && i < REQUEST_ARGS && from[i]; i++) {
		to[i] = strdup(from[i]);
		p->failed |= !to[i];
	}
}

void plan_add(struct plan *p, enum endpoint_id endpoint, const char *const args[], struct slice body)
{
	struct plan_step *grown = realloc(p->steps, (p->count + 1) * sizeof *grown);
	if (!grown) {
		p->failed = true;
		return;
	}
	p->steps = grown;
	struct plan_step *step = &p->steps[p->count++];
	*step = (struct plan_step){.endpoint = endpoint, .body = BUF_INIT};
	copy_args(p, step->args, args);
	buf_add_slice(&step->body, body);
	p->failed |= buf_failed(&step->body);
}

void plan_was_so(struct plan *p)
{
	if (p->count)
		p->steps[p->count - 1].was_so = true;
}

void plan_edit(struct plan *p, enum resource_id resource, const char *key, edit_fn *edit, const char *const args[])
{
	struct plan_effect *grown = realloc(p->effects, (p->effect_count + 1) * sizeof *grown);
	if (!grown) {
		p->failed = true;
		return;
	}
	p->effects = grown;
	struct plan_effect *effect = &p->effects[p->effect_count++];
	*effect = (struct plan_effect){.resource = resource, .key = strdup(key), .edit = edit};
	p->failed |= !effect->key;
	copy_args(p, effect->args, args);
}

void plan_stale(struct plan *p, enum resource_id resource, const char *key)
{
	plan_edit(p, resource, key, NULL, NULL);
}

void plan_check(struct plan *p, enum resource_id resource, check_fn *check, struct slice expected)
{
	p->check.resource = resource;
	p->check.check = check;
	buf_clear(&p->check.expected);
	buf_add_slice(&p->check.expected, expected);
	p->failed |= buf_failed(&p->check.expected);
}

void plan_for_client(struct plan *p, const char *client_id)
{
	for (size_t i = 0; i < p->count; i++) {
		struct buf *body = &p->steps[i].body;
		if (p->steps[i].endpoint != EP_CAMPAIGN_CREATE || !body->len)
			continue;
		buf_truncate(body, body->len - 1);
		buf_printf(body, ",\"client_id\":%s}", client_id);
		p->failed |= buf_failed(body);
	}
}

void plan_remember(struct plan *p, const char *key, const char *value)
{
	plan_edit(p, NOTHING, key, NULL, (const char *const[]){value, NULL});
}

void plan_print(const struct plan *p, struct buf *out)
{
	for (size_t i = 0; i < p->count; i++) {
		buf_add_str(out, endpoint(p->steps[i].endpoint)->name);
		for (int a = 0; a < REQUEST_ARGS && p->steps[i].args[a]; a++)
			buf_printf(out, " %s", p->steps[i].args[a]);
		if (p->steps[i].body.len) {
			buf_add_char(out, ' ');
			secrets_hide(buf_slice(&p->steps[i].body), out);
		}
		buf_add_char(out, '\n');
	}
}

void object_merge(struct slice object, struct slice changes, struct buf *out)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	bool first = true;
	struct slice value, ignored;
	buf_add_char(out, '{');
	for (struct json_walk w = json_walk(object); json_next(&w);) {
		buf_clear(&name);
		json_text(w.key, &name);
		json_pair(out, &first, w.key, json_member(changes, buf_text(&name), &value) ? value : w.value);
	}
	for (struct json_walk w = json_walk(changes); json_next(&w);) {
		buf_clear(&name);
		json_text(w.key, &name);
		if (!json_member(object, buf_text(&name), &ignored))
			json_pair(out, &first, w.key, w.value);
	}
	buf_add_char(out, '}');
}

void object_with_id(const char *id, struct slice fields, struct buf *out)
{
	_cleanup_buf_ struct buf first = BUF_INIT;
	buf_printf(&first, "{\"id\":%s}", id);
	object_merge(buf_slice(&first), fields, out);
	out->failed |= buf_failed(&first);
}

/* The answer over a text that was built; NULL: out of memory. */
static struct answer *answer_of(struct buf *text)
{
	if (buf_failed(text)) {
		buf_release(text);
		return NULL;
	}
	struct blob *body = blob_from_buf(text);
	return body ? answer_new(body, NULL, NULL, 0) : NULL;
}

/* The list again, with the one object changed (or left out, when `changes` is empty). */
static struct answer *rewrite_object(const struct answer *old, const char *id, struct slice changes)
{
	const struct objects *all = old->model;
	const struct object *hit = all ? objects_find(all, id) : NULL;
	struct buf text = BUF_INIT;
	bool first = true;
	if (!hit)
		return NULL;
	buf_add_char(&text, '[');
	for (size_t i = 0; i < all->count; i++) {
		if (&all->items[i] == hit && changes.len == 0)
			continue;
		buf_add_str(&text, first ? "" : ",");
		first = false;
		if (&all->items[i] == hit)
			object_merge(hit->json, changes, &text);
		else
			buf_add_slice(&text, all->items[i].json);
	}
	buf_add_char(&text, ']');
	return answer_of(&text);
}

struct answer *edit_nothing(const struct answer *old)
{
	return answer_ref((struct answer *)(uintptr_t)old);
}

struct answer *edit_members(const struct answer *old, char *const args[REQUEST_ARGS])
{
	struct buf text = BUF_INIT;
	if (!old->body || json_kind(blob_slice(old->body)) != JSON_OBJECT)
		return NULL;
	object_merge(blob_slice(old->body), slice_of(args[0]), &text);
	return answer_of(&text);
}

struct answer *edit_object(const struct answer *old, char *const args[REQUEST_ARGS])
{
	return rewrite_object(old, args[0], slice_of(args[1]));
}

struct answer *edit_remove_object(const struct answer *old, char *const args[REQUEST_ARGS])
{
	return rewrite_object(old, args[0], (struct slice){0});
}

struct answer *edit_add_object(const struct answer *old, char *const args[REQUEST_ARGS])
{
	const struct objects *all = old->model;
	struct buf text = BUF_INIT;
	if (!all)
		return NULL;
	buf_add_char(&text, '[');
	for (size_t i = 0; i < all->count; i++) {
		buf_add_slice(&text, all->items[i].json);
		buf_add_char(&text, ',');
	}
	buf_add_str(&text, args[0]);
	buf_add_char(&text, ']');
	return answer_of(&text);
}
