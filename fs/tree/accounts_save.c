/*
 * accounts_save.c - what a save in email-accounts/ becomes: account.json, warmup.json, signature.html, a new account; and
 * what ln -s and rm in a campaign's email-accounts/ become.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/format/names.h"
#include "fs/tree/accounts.h"
#include "fs/tree/fields.h"
#include "fs/tree/plan.h"
#include "fs/tree/subjects.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* What the service logs in with. It takes them by another call than the rest (api-facts.md 3.3), which takes the rest too. */
static bool is_credential(struct slice key)
{
	static const char *const names[] = {"from_email", "username", "password", "smtp_host", "smtp_port", "smtp_port_type",
		"imap_host", "imap_port", "imap_username", "imap_password"};
	for (size_t i = 0; i < COUNT(names); i++)
		if (json_is(key, names[i]))
			return true;
	return false;
}

static bool has_credentials(struct slice changed)
{
	for (struct json_walk w = json_walk(changed); json_next(&w);)
		if (is_credential(w.key))
			return true;
	return false;
}

static void plan_credentials(const char *id, struct slice changed, struct plan *out)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	struct slice address;
	object_with_id(id, changed, &body);
	plan_add(out, EP_ACCOUNT_CREDENTIALS, (const char *const[]){id, NULL}, buf_slice(&body));
	/* Whether it can log in now, and by which type of port, the service tells. */
	plan_stale(out, ACCOUNTS, "");
	if (json_member(changed, "from_email", &address))
		plan_stale(out, CAMPAIGN_ACCOUNTS, PLAN_ALL);
	out->failed |= buf_failed(&body);
}

static void plan_update(const char *id, struct slice changed, struct plan *out)
{
	_cleanup_buf_ struct buf shown = BUF_INIT;
	size_t count;
	const struct field *fields = account_fields(&count);
	fields_as_read(fields, count, changed, &shown);
	plan_add(out, EP_ACCOUNT_UPDATE, (const char *const[]){id, NULL}, changed);
	plan_edit(out, ACCOUNTS, "", edit_object, (const char *const[]){id, buf_text(&shown), NULL});
	out->failed |= buf_failed(&shown);
}

int account_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out, struct refusal *why)
{
	_cleanup_buf_ struct buf now = BUF_INIT, changed = BUF_INIT;
	size_t count;
	const struct field *fields = account_fields(&count);
	int rc = document_changes(account_render, at, base, fields, count, text, &now, &changed, why);
	if (rc < 0 || changed.len == 0)
		return rc;
	if (has_credentials(buf_slice(&changed)))
		plan_credentials(at->v[0], buf_slice(&changed), out);
	else
		plan_update(at->v[0], buf_slice(&changed), out);
	return 0;
}

int signature_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf now = BUF_INIT, changed = BUF_INIT;
	const struct object *o;
	int rc = object_at(at, base, &o, why);
	if (rc < 0)
		return rc;
	if (text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	if (!utf8_valid(text) || (text.len && memchr(text.ptr, '\0', text.len)))
		return refuse(why, EINVAL, "a signature is UTF-8 without NUL bytes");
	field_text(o->json, "signature", &now);
	if (slice_equal(buf_slice(&now), text))
		return buf_failed(&now) ? refuse_memory(why) : 0;
	buf_add_str(&changed, "{\"signature\":");
	json_quote(text, &changed);
	buf_add_char(&changed, '}');
	plan_update(at->v[0], buf_slice(&changed), out);
	return buf_failed(&changed) ? refuse_memory(why) : 0;
}

/* ---- warm-up ---- */

/* What warmup_details looks like after the call, beside all else that stands in it. */
static void warmup_as_shown(struct slice account, struct slice body, struct buf *out)
{
	_cleanup_buf_ struct buf changes = BUF_INIT;
	struct slice details, value;
	bool on = false;
	if (json_member(body, "warmup_enabled", &value))
		json_bool(value, &on);
	buf_printf(&changes, "{\"status\":\"%s\"", on ? "ACTIVE" : "INACTIVE");
	if (json_member(body, "total_warmup_per_day", &value))
		buf_printf(&changes, ",\"max_email_per_day\":%.*s,\"warmup_max_count\":%.*s", (int)value.len, value.ptr, (int)value.len,
			value.ptr);
	if (json_member(body, "reply_rate_percentage", &value))
		buf_printf(&changes, ",\"reply_rate\":%.*s", (int)value.len, value.ptr);
	buf_add_char(&changes, '}');
	bool known = json_member(account, "warmup_details", &details) && json_kind(details) == JSON_OBJECT;
	object_merge(known ? details : SLICE_LITERAL("{}"), buf_slice(&changes), out);
	out->failed |= buf_failed(&changes);
}

static void plan_warmup(const char *id, struct slice account, struct slice body, struct plan *out)
{
	_cleanup_buf_ struct buf shown = BUF_INIT, key = BUF_INIT, stats = BUF_INIT;
	struct slice rampup;
	buf_add_str(&shown, "{\"warmup_details\":");
	warmup_as_shown(account, body, &shown);
	if (json_member(body, "daily_rampup", &rampup)) {
		_cleanup_buf_ struct buf value = BUF_INIT;
		buf_add_slice(&value, rampup);
		buf_printf(&shown, ",\"daily_rampup\":%s", buf_text(&value));
		warmup_key(id, &key);
		plan_remember(out, buf_text(&key), buf_text(&value));
		out->failed |= buf_failed(&value);
	}
	buf_add_char(&shown, '}');
	buf_printf(&stats, "/%s", id);
	plan_add(out, EP_WARMUP, (const char *const[]){id, NULL}, body);
	plan_edit(out, ACCOUNTS, "", edit_object, (const char *const[]){id, buf_text(&shown), NULL});
	plan_stale(out, WARMUP_STATS, buf_text(&stats));
	out->failed |= buf_failed(&shown) || buf_failed(&key) || buf_failed(&stats);
}

int warmup_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out, struct refusal *why)
{
	_cleanup_buf_ struct buf now = BUF_INIT, changed = BUF_INIT, body = BUF_INIT;
	const struct object *o;
	size_t count;
	const struct field *fields = warmup_fields(&count);
	int rc = object_at(at, base, &o, why);
	if (rc == 0)
		rc = document_changes(warmup_render, at, base, fields, count, text, &now, &changed, why);
	if (rc < 0 || changed.len == 0)
		return rc;
	/* The four belong together: what was not changed goes along, as far as it is known. */
	rc = fields_known(fields, count, buf_slice(&now), buf_slice(&changed), &body, why);
	if (rc == 0)
		plan_warmup(at->v[0], o->json, buf_slice(&body), out);
	return rc;
}

/* ---- a new account ---- */

int account_new_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	(void)dir, (void)from, (void)want, (void)out, (void)why;
	return 0;
}

/* One service wants the type of the port said; the other takes it from the port (api-facts.md 3.2). */
static int add_port_type(struct buf *body, struct refusal *why)
{
	struct slice value;
	int64_t port;
	if (json_member(buf_slice(body), "smtp_port_type", &value))
		return 0;
	if (!json_member(buf_slice(body), "smtp_port", &value) || !json_int(value, &port) || (port != 465 && port != 587))
		return refuse(why, EINVAL, "\"smtp_port_type\" is needed, \"TLS\" or \"SSL\": the port does not tell it");
	buf_truncate(body, body->len - 1);
	buf_printf(body, ",\"smtp_port_type\":\"%s\"}", port == 465 ? "SSL" : "TLS");
	return buf_failed(body) ? refuse_memory(why) : 0;
}

int account_add(const struct ids *dir, const struct answers *base, const char *name, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf empty = BUF_INIT, body = BUF_INIT;
	size_t count;
	const struct field *fields = account_fields(&count);
	(void)dir, (void)base, (void)name;
	fields_render(fields, count, SLICE_LITERAL("{}"), &empty);
	int rc = buf_failed(&empty) ? refuse_memory(why) : fields_new(fields, count, buf_slice(&empty), text, &body, why);
	if (rc == 0)
		rc = add_port_type(&body, why);
	if (rc < 0)
		return rc;
	plan_add(out, EP_ACCOUNT_SAVE, NULL, buf_slice(&body));
	plan_stale(out, ACCOUNTS, "");
	return 0;
}

/* ---- the accounts of a campaign ---- */

/* An edit: one campaign more (args[1] "1") or less ("-1") has the account args[0]. */
static struct answer *edit_campaign_count(const struct answer *old, char *const args[REQUEST_ARGS])
{
	const struct object *o = old->model ? objects_find(old->model, args[0]) : NULL;
	struct buf changes = BUF_INIT;
	struct slice value;
	int64_t count;
	if (!o)
		return NULL;
	if (!json_member(o->json, "campaign_count", &value) || !json_int(value, &count))
		return edit_object(old, (char *[REQUEST_ARGS]){args[0], "{}"});
	count += args[1][0] == '-' ? -1 : 1;
	buf_printf(&changes, "{\"campaign_count\":%lld,\"is_connected_to_campaign\":%s}", (long long)count, count > 0 ? "true" : "false");
	char *merge[REQUEST_ARGS] = {args[0], changes.data};
	struct answer *edited = buf_failed(&changes) ? NULL : edit_object(old, merge);
	buf_release(&changes);
	return edited;
}

static void plan_sender(enum endpoint_id endpoint, const char *campaign, const char *account, const char *more, struct plan *out)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	buf_printf(&body, "{\"email_account_ids\":[%s]}", account);
	plan_add(out, endpoint, (const char *const[]){campaign, NULL}, buf_slice(&body));
	plan_edit(out, ACCOUNTS, "", edit_campaign_count, (const char *const[]){account, more, NULL});
	out->failed |= buf_failed(&body);
}

/* Is it one of the names that email-accounts/ has for the account? */
static bool is_name_of(const struct object *o, const char *name)
{
	struct slice address;
	return strcmp(name, o->name) == 0 || strcmp(name, id_text(o->id).text) == 0 ||
		(json_member(o->json, "from_email", &address) && json_is(address, name));
}

/* The one account that a link's target names: the last part of ".../email-accounts/<name>". */
static const struct object *by_target(const struct objects *all, struct slice target)
{
	static const char directory[] = "email-accounts";
	_cleanup_free_ char *path = strndup(target.ptr, target.len);
	char *slash = path ? strrchr(path, '/') : NULL;
	if (!slash || !all)
		return NULL;
	*slash = '\0';
	const char *name = slash + 1, *parent = strrchr(path, '/');
	if (strcmp(parent ? parent + 1 : path, directory) != 0)
		return NULL;
	/* An address can be in two accounts; ids are not. */
	const struct object *hit = NULL;
	if (account_by_pattern(all, name))
		return account_by_pattern(all, name);
	for (size_t i = 0; i < all->count; i++) {
		if (is_name_of(&all->items[i], name) && hit)
			return NULL;
		if (is_name_of(&all->items[i], name))
			hit = &all->items[i];
	}
	return hit;
}

int sender_add(const struct ids *dir, const struct answers *base, const char *name, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf key = BUF_INIT, element = BUF_INIT;
	const struct objects *senders = answer_objects(base, 1);
	while (text.len > 1 && text.ptr[text.len - 1] == '/')
		text.len--;
	const struct objects *all = answer_objects(base, 0);
	const struct object *o = by_target(all, text);
	if (!o)
		return refuse(why, EINVAL, "%.*s does not name one account; a link here leads to ../../../email-accounts/<id>-<address>",
			(int)(text.len < 200 ? text.len : 200), text.ptr);
	if (!is_name_of(o, name) && account_by_pattern(all, name) != o)
		return refuse(why, EINVAL, "the link must have the account's name: %s", o->name);
	if (senders && objects_find_id(senders, o->id))
		return refuse(why, EEXIST, "%s sends for this campaign already", o->name);
	plan_sender(EP_CAMPAIGN_ACCOUNT_ADD, dir->v[0], id_text(o->id).text, "1", out);
	buf_printf(&key, "/%s", dir->v[0]);
	buf_add_slice(&element, o->json);
	plan_edit(out, CAMPAIGN_ACCOUNTS, buf_text(&key), edit_add_object, (const char *const[]){buf_text(&element), NULL});
	return buf_failed(&key) || buf_failed(&element) ? refuse_memory(why) : 0;
}

int sender_drop(const struct ids *at, const struct answers *base, struct plan *out, struct refusal *why)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	const struct objects *senders = answer_objects(base, 0);
	if (!senders || !objects_find(senders, at->v[1]))
		return refuse(why, ENOENT, "the account no longer sends for this campaign");
	plan_sender(EP_CAMPAIGN_ACCOUNT_REMOVE, at->v[0], at->v[1], "-1", out);
	buf_printf(&key, "/%s", at->v[0]);
	plan_edit(out, CAMPAIGN_ACCOUNTS, buf_text(&key), edit_remove_object, (const char *const[]){at->v[1], NULL});
	return buf_failed(&key) ? refuse_memory(why) : 0;
}
