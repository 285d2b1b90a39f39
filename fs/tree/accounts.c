/* accounts.c - email-accounts/, email-accounts.csv and a campaign's email-accounts/: views of the list of accounts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/csv.h"
#include "fs/format/json.h"
#include "fs/format/names.h"
#include "fs/tree/accounts.h"
#include "fs/tree/fields.h"
#include "fs/tree/plan.h"
#include "fs/tree/secrets.h"
#include "fs/tree/state.h"
#include "fs/tree/subjects.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The contract's names, in the order of its section 2; the API reads under other ones (api-facts.md 3.3). */
static const struct field account_table[] = {
	{"id", "id", FIELD_INT, .writable = false},
	{"from_name", "from_name", FIELD_STRING, .writable = true, .needed = true},
	{"from_email", "from_email", FIELD_STRING, .writable = true, .needed = true},
	{"username", "username|user_name", FIELD_STRING, .writable = true, .needed = true},
	{"password", "password", FIELD_SECRET, .writable = true, .needed = true},
	{"smtp_host", "smtp_host", FIELD_STRING, .writable = true, .needed = true},
	{"smtp_port", "smtp_port", FIELD_INT, 1, 65535, .writable = true, .needed = true},
	{"smtp_port_type", "smtp_port_type", FIELD_WORD, .words = "TLS SSL", .writable = true},
	{"imap_host", "imap_host", FIELD_STRING, .writable = true, .needed = true},
	{"imap_port", "imap_port", FIELD_INT, 1, 65535, .writable = true, .needed = true},
	{"imap_username", "imap_username|imap_user_name", FIELD_STRING, .writable = true},
	{"imap_password", "imap_password", FIELD_SECRET, .writable = true},
	{"max_email_per_day", "message_per_day|max_email_per_day", FIELD_INT, 0, 100000, .writable = true},
	{"custom_tracking_url", "custom_tracking_domain|custom_tracking_url", FIELD_STRING, .writable = true, .nullable = true},
	{"bcc", "bcc_email|bcc", FIELD_STRING, .writable = true, .nullable = true},
	{"signature", "signature", FIELD_STRING, .writable = true, .nullable = true},
	{"client_id", "client_id", FIELD_INT, .writable = true, .nullable = true},
	{"time_to_wait_in_mins", "minTimeToWaitInMins|time_to_wait_in_mins", FIELD_INT, 0, 100000, .writable = true, .nullable = true},
	{"different_reply_to_address", "different_reply_to_address", FIELD_STRING, .writable = true, .nullable = true},
};

/* The API's names of what account_table (or warmup.json) shows under the contract's. */
static const char *const shown_elsewhere[] = {"user_name", "imap_user_name", "message_per_day", "custom_tracking_domain",
	"bcc_email", "minTimeToWaitInMins", "daily_rampup"};

const struct field *account_fields(size_t *ret_count)
{
	*ret_count = COUNT(account_table);
	return account_table;
}

static const struct object *by_alias(const struct objects *all, const char *want)
{
	const struct object *hit = objects_find(all, want);
	for (size_t i = 0; !hit && i < all->count; i++) {
		struct slice value;
		if (json_member(all->items[i].json, "from_email", &value) && json_is(value, want))
			hit = &all->items[i];
	}
	return hit;
}

int accounts_alias_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	const struct objects *all = answer_objects(from, 0);
	(void)dir, (void)why;
	const struct object *hit = all && want ? by_alias(all, want) : NULL;
	if (hit)
		names_add(out, want, id_text(hit->id).text, NULL, 0);
	return 0;
}

const struct object *account_by_pattern(const struct objects *all, const char *name)
{
	int64_t id;
	struct slice rest;
	return name_id(slice_of(name), &id, &rest) && slice_is(rest, "*") ? objects_find_id(all, id) : NULL;
}

/* What ln -s was told to call the account; ls shows its full name. */
int sender_alias_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	const struct objects *all = answer_objects(from, 0);
	const struct object *hit = all && want ? account_by_pattern(all, want) : NULL;
	if (!hit)
		return accounts_alias_list(dir, from, want, out, why);
	names_add(out, want, id_text(hit->id).text, NULL, 0);
	return 0;
}

/* By bare id or address: a link to the link beside it. */
int sender_alias_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	struct ids account = {{at->v[1]}};
	return object_alias_render(&account, from, out, why);
}

int campaign_account_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	struct ids account = {{at->v[1]}};
	const struct object *o;
	int rc = object_at(&account, from, &o, why);
	if (rc == 0)
		buf_printf(&out->text, "../../../email-accounts/%s", o->name);
	return rc;
}

static bool is_shown(struct slice key)
{
	for (size_t i = 0; i < COUNT(account_table); i++)
		if (json_is(key, account_table[i].name))
			return true;
	for (size_t i = 0; i < COUNT(shown_elsewhere); i++)
		if (json_is(key, shown_elsewhere[i]))
			return true;
	return false;
}

int account_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	const struct object *o;
	bool first = true;
	_cleanup_buf_ struct buf all = BUF_INIT;
	int rc = object_at(at, from, &o, why);
	if (rc < 0)
		return rc;
	buf_add_str(&all, "{");
	fields_render_members(account_table, COUNT(account_table), o->json, &first, &all);
	for (struct json_walk w = json_walk(o->json); json_next(&w);) {
		if (is_shown(w.key))
			continue;
		buf_add_str(&all, ",");
		buf_add_slice(&all, w.key);
		buf_add_str(&all, ":");
		secrets_hide_member(w.key, w.value, &all);
	}
	buf_add_str(&all, "}");
	json_pretty(buf_slice(&all), &out->text);
	buf_add_char(&out->text, '\n');
	out->text.failed |= all.failed;
	out->mtime_ms = member_time(o->json, "updated_at");
	return 0;
}

static const struct field warmup_table[] = {
	{"warmup_enabled", NULL, FIELD_BOOL, .writable = true},
	{"total_warmup_per_day", "warmup_details.max_email_per_day|warmup_details.warmup_max_count", FIELD_INT, 1, 1000,
		.writable = true},
	{"daily_rampup", "daily_rampup", FIELD_INT, 0, 1000, .writable = true}, /* put there by accounts_finish() */
	{"reply_rate_percentage", "warmup_details.reply_rate", FIELD_INT, 0, 100, .writable = true},
};

const struct field *warmup_fields(size_t *ret_count)
{
	*ret_count = COUNT(warmup_table);
	return warmup_table;
}

int warmup_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	const struct object *o;
	_cleanup_buf_ struct buf status = BUF_INIT;
	bool first = false;
	int rc = object_at(at, from, &o, why);
	if (rc < 0)
		return rc;
	field_text(o->json, "warmup_details.status", &status);
	buf_printf(&out->text, "{\n  \"warmup_enabled\": %s", slice_is(buf_slice(&status), "ACTIVE") ? "true" : "false");
	fields_render_members(warmup_table + 1, COUNT(warmup_table) - 1, o->json, &first, &out->text);
	buf_add_str(&out->text, "\n}\n");
	return 0;
}

int signature_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	const struct object *o;
	int rc = object_at(at, from, &o, why);
	if (rc < 0)
		return rc;
	field_text(o->json, "signature", &out->text);
	buf_add_char(&out->text, '\n');
	out->mtime_ms = member_time(o->json, "updated_at");
	return 0;
}

/* An account whose warm-up was never on has no statistics: the service says 404, so they are not listed. */
int warmup_stats_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	const struct object *o;
	struct slice details;
	(void)want;
	if (object_at(dir, from, &o, why) == 0 && json_member(o->json, "warmup_details", &details) &&
		json_kind(details) == JSON_OBJECT)
		names_add_leaf(out);
	return 0;
}

int warmup_stats_json_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	(void)at, (void)why;
	json_pretty(blob_slice(from->v[0]->body), &out->text);
	buf_add_char(&out->text, '\n');
	return 0;
}

/* The documents differ in what a day tells; what is not told stays empty. */
int warmup_stats_csv_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	static const char *const columns[] = {"date", "sent_count", "reply_count", "save_from_spam_count", "inbox_count",
		"spam_count"};
	struct slice days, value;
	_cleanup_buf_ struct buf cell = BUF_INIT;
	bool first = true;
	(void)at, (void)why;
	for (size_t c = 0; c < COUNT(columns); c++)
		csv_add(&out->text, &first, slice_of(columns[c]));
	buf_add_char(&out->text, '\n');
	if (!json_member(blob_slice(from->v[0]->body), "stats_by_date", &days))
		return 0;
	for (struct json_walk w = json_walk(days); json_next(&w);) {
		first = true;
		for (size_t c = 0; c < COUNT(columns); c++) {
			buf_clear(&cell);
			if (json_member(w.value, columns[c], &value))
				json_text(value, &cell);
			csv_add(&out->text, &first, buf_slice(&cell));
		}
		buf_add_char(&out->text, '\n');
	}
	return 0;
}

void warmup_key(const char *id, struct buf *out)
{
	buf_printf(out, "daily_rampup/%s", id);
}

/* The list again, each account with the daily_rampup that was saved here last. NULL: none has one, or memory is out. */
static struct blob *with_remembered(struct remembered *remembered, const struct objects *all)
{
	struct buf text = BUF_INIT;
	_cleanup_buf_ struct buf key = BUF_INIT, member = BUF_INIT;
	bool any = false;
	for (size_t i = 0; i < all->count; i++) {
		buf_add_char(&text, i ? ',' : '[');
		buf_clear(&key);
		buf_clear(&member);
		warmup_key(id_text(all->items[i].id).text, &key);
		buf_add_str(&member, "{\"daily_rampup\":");
		bool has = remembered_get(remembered, buf_text(&key), &member);
		buf_add_char(&member, '}');
		if (has && json_check(buf_slice(&member), NULL) == 0)
			object_merge(all->items[i].json, buf_slice(&member), &text);
		else
			buf_add_slice(&text, all->items[i].json);
		any |= has;
	}
	buf_add_char(&text, ']');
	if (any && !buf_failed(&text))
		return blob_from_buf(&text);
	buf_release(&text);
	return NULL;
}

struct answer *accounts_finish(struct fetch *f, struct refusal *why)
{
	struct remembered *remembered = f->tree->remembered;
	struct answer *a = pages_finish(f, why);
	void *model = NULL;
	size_t bytes = 0;
	struct blob *body = a && remembered && !remembered_is_empty(remembered) ? with_remembered(remembered, a->model) : NULL;
	if (!body)
		return a;
	answer_unref(a);
	if (f->resource->index(blob_slice(body), &model, &bytes, why) < 0) {
		blob_unref(body);
		return NULL;
	}
	a = answer_new(body, model, f->resource->model_free, bytes);
	if (!a)
		refuse_memory(why);
	return a;
}

int accounts_csv_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	static const struct column columns[] = {
		{.name = "id", .read = "id"},
		{.name = "from_name", .read = "from_name"},
		{.name = "from_email", .read = "from_email"},
		{.name = "type", .read = "type"},
		{.name = "smtp_host", .read = "smtp_host"},
		{.name = "imap_host", .read = "imap_host"},
		{.name = "max_email_per_day", .read = "message_per_day|max_email_per_day"},
		{.name = "daily_sent_count", .read = "daily_sent_count"},
		{.name = "is_smtp_success", .read = "is_smtp_success"},
		{.name = "is_imap_success", .read = "is_imap_success"},
		{.name = "warmup_status", .read = "warmup_details.status"},
		{.name = "warmup_reputation", .read = "warmup_details.warmup_reputation"},
		{.name = "campaign_count", .read = "campaign_count"},
		{.name = "client_id", .read = "client_id"},
		{.name = "created_at", .read = "created_at"},
		{.name = "updated_at", .read = "updated_at"},
	};
	(void)at, (void)why;
	table_render(columns, COUNT(columns), answer_objects(from, 0), &out->text);
	return 0;
}
