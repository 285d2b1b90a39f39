/*
 * webhooks_save.c - what a save, a new file and rm in a webhooks/ directory become. One service keeps them by account and takes
 * what changed (reference), the other by campaign and takes the whole object (live; api-facts.md 6).
 */
#include <errno.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/tree/fields.h"
#include "fs/tree/plan.h"
#include "fs/tree/subjects.h"

/* The account's have no categories: they stand last. */
static const struct field webhook_table[] = {
	{"name", "name", FIELD_STRING, .writable = true},
	{"webhook_url", "webhook_url", FIELD_STRING, .writable = true, .needed = true},
	{"event_types", "event_types", FIELD_WORDS, .writable = true, .needed = true},
	{"categories", "categories", FIELD_WORDS, .writable = true},
};

enum { OF_CAMPAIGN = sizeof webhook_table / sizeof *webhook_table, OF_ACCOUNT = OF_CAMPAIGN - 1 };

int webhook_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out, struct refusal *why)
{
	_cleanup_buf_ struct buf now = BUF_INIT, changed = BUF_INIT;
	int rc = document_changes(webhook_render, at, base, webhook_table, OF_ACCOUNT, text, &now, &changed, why);
	if (rc < 0 || changed.len == 0)
		return rc;
	plan_add(out, EP_WEBHOOK_UPDATE, (const char *const[]){at->v[0], NULL}, buf_slice(&changed));
	plan_edit(out, WEBHOOKS, "", edit_object, (const char *const[]){at->v[0], buf_text(&changed), NULL});
	return 0;
}

/* The categories whose events are sent must be named; who names none means all of them. */
static void add_all_categories(struct slice answer, struct buf *body)
{
	struct slice list, name, given;
	bool first = true;
	if (json_member(buf_slice(body), "categories", &given) || !answer_list(answer, &list))
		return;
	buf_truncate(body, body->len - 1);
	buf_add_str(body, ",\"categories\":[");
	for (struct json_walk w = json_walk(list); json_next(&w);) {
		if (!json_member(w.value, "name", &name))
			continue;
		buf_add_str(body, first ? "" : ",");
		first = false;
		buf_add_slice(body, name);
	}
	buf_add_str(body, "]}");
}

static void plan_campaign_webhook(const char *campaign, const char *id, struct slice fields, struct plan *out)
{
	_cleanup_buf_ struct buf body = BUF_INIT, key = BUF_INIT;
	object_with_id(id, fields, &body);
	buf_printf(&key, "/%s", campaign);
	plan_add(out, EP_CAMPAIGN_WEBHOOK_SAVE, (const char *const[]){campaign, NULL}, buf_slice(&body));
	if (strcmp(id, "null") == 0)
		plan_stale(out, CAMPAIGN_WEBHOOKS, buf_text(&key));
	else
		plan_edit(out, CAMPAIGN_WEBHOOKS, buf_text(&key), edit_object, (const char *const[]){id, buf_text(&body), NULL});
	out->failed |= buf_failed(&body) || buf_failed(&key);
}

int campaign_webhook_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf now = BUF_INIT, changed = BUF_INIT, body = BUF_INIT;
	struct ids webhook = {{at->v[1]}};
	int rc = document_changes(webhook_render, &webhook, base, webhook_table, OF_CAMPAIGN, text, &now, &changed, why);
	if (rc < 0 || changed.len == 0)
		return rc;
	rc = fields_known(webhook_table, OF_CAMPAIGN, buf_slice(&now), buf_slice(&changed), &body, why);
	if (rc == 0)
		plan_campaign_webhook(at->v[0], at->v[1], buf_slice(&body), out);
	return rc;
}

/*
 * What a new document is compared with: no values but the file's name; and who it was, when it is a copy of another webhook, or of
 * one in history/.
 */
static int template(const char *name, size_t fields, struct slice text, struct buf *out, struct refusal *why)
{
	static const char *const former[] = {"id", "created_at", "updated_at", "email_campaign_id", "user_id"};
	_cleanup_buf_ struct buf named = BUF_INIT, blank = BUF_INIT, identity = BUF_INIT;
	struct slice value;
	bool first = true;
	int rc = json_check(text, why);
	if (rc < 0)
		return rc;
	buf_add_str(&named, "{\"name\":");
	json_quote((struct slice){name, strlen(name) - strlen(".json")}, &named);
	buf_add_char(&named, '}');
	fields_render(webhook_table, fields, buf_slice(&named), &blank);
	buf_add_char(&identity, '{');
	for (size_t i = 0; i < sizeof former / sizeof *former; i++) {
		if (!json_member(text, former[i], &value))
			continue;
		json_key(&identity, &first, former[i]);
		buf_add_slice(&identity, value);
	}
	buf_add_char(&identity, '}');
	object_merge(buf_slice(&blank), buf_slice(&identity), out);
	return buf_failed(&named) || buf_failed(&blank) || buf_failed(&identity) || buf_failed(out) ? refuse_memory(why) : 0;
}

static int new_fields(const char *name, size_t fields, struct slice text, struct buf *out, struct refusal *why)
{
	_cleanup_buf_ struct buf now = BUF_INIT;
	int rc = template(name, fields, text, &now, why);
	return rc < 0 ? rc : fields_new(webhook_table, fields, buf_slice(&now), text, out, why);
}

int webhook_add(const struct ids *dir, const struct answers *base, const char *name, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	(void)dir, (void)base;
	int rc = new_fields(name, OF_ACCOUNT, text, &body, why);
	if (rc < 0)
		return rc;
	plan_add(out, EP_WEBHOOK_CREATE, NULL, buf_slice(&body));
	plan_stale(out, WEBHOOKS, "");
	return 0;
}

int campaign_webhook_add(const struct ids *dir, const struct answers *base, const char *name, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	int rc = new_fields(name, OF_CAMPAIGN, text, &body, why);
	if (rc < 0)
		return rc;
	if (base->v[0] && base->v[0]->body)
		add_all_categories(blob_slice(base->v[0]->body), &body);
	plan_campaign_webhook(dir->v[0], "null", buf_slice(&body), out);
	return buf_failed(&body) ? refuse_memory(why) : 0;
}

int webhook_drop(const struct ids *at, const struct answers *base, struct plan *out, struct refusal *why)
{
	const struct object *o;
	int rc = object_at(at, base, &o, why);
	if (rc < 0)
		return rc;
	plan_add(out, EP_WEBHOOK_DELETE, (const char *const[]){at->v[0], NULL}, (struct slice){0});
	plan_edit(out, WEBHOOKS, "", edit_remove_object, (const char *const[]){at->v[0], NULL});
	return 0;
}

int campaign_webhook_drop(const struct ids *at, const struct answers *base, struct plan *out, struct refusal *why)
{
	_cleanup_buf_ struct buf body = BUF_INIT, key = BUF_INIT;
	const struct object *o;
	int rc = object_at(&(struct ids){{at->v[1]}}, base, &o, why);
	if (rc < 0)
		return rc;
	object_with_id(at->v[1], SLICE_LITERAL("{}"), &body);
	buf_printf(&key, "/%s", at->v[0]);
	plan_add(out, EP_CAMPAIGN_WEBHOOK_DELETE, (const char *const[]){at->v[0], NULL}, buf_slice(&body));
	plan_edit(out, CAMPAIGN_WEBHOOKS, buf_text(&key), edit_remove_object, (const char *const[]){at->v[1], NULL});
	return buf_failed(&body) || buf_failed(&key) ? refuse_memory(why) : 0;
}
