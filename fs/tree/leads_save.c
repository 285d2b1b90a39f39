/* leads_save.c - what a write in leads/<email>/ becomes, in a campaign and of the whole account. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/format/names.h"
#include "fs/tree/fields.h"
#include "fs/tree/leads.h"
#include "fs/tree/plan.h"
#include "fs/tree/subjects.h"

enum { RESUME_DAYS_MAX = 9999 };

/* A lead of a campaign, and the texts that requests and effects are made with. */
struct subject {
	struct lead lead;
	struct buf id, campaign_key, email_key;
};

static void subject_release(struct subject *s)
{
	lead_release(&s->lead);
	buf_release(&s->id);
	buf_release(&s->campaign_key);
	buf_release(&s->email_key);
}
#define _cleanup_subject_ __attribute__((cleanup(subject_release)))
#define SUBJECT_INIT {{.text = BUF_INIT}, BUF_INIT, BUF_INIT, BUF_INIT}

static int find_subject(const struct ids *at, const struct answers *base, struct subject *s, struct refusal *why)
{
	int64_t id;
	int rc = lead_at(at, base, &s->lead, NULL, why);
	if (rc == 0)
		rc = lead_id(at, &s->lead, &id, why);
	if (rc < 0)
		return rc;
	buf_add_int(&s->id, id);
	buf_printf(&s->campaign_key, "/%s", at->v[0]);
	buf_add_char(&s->email_key, '/');
	address_fold(s->lead.cell[LEAD_EMAIL], &s->email_key);
	return buf_failed(&s->id) || buf_failed(&s->campaign_key) || buf_failed(&s->email_key) ? refuse_memory(why) : 0;
}

static void plan_lead(struct plan *out, enum endpoint_id endpoint, const struct ids *at, const struct subject *s, struct slice body)
{
	plan_add(out, endpoint, (const char *const[]){at->v[0], buf_text(&s->id), NULL}, body);
}

/* The campaign's table shows these cells from now on. */
static void plan_cells(struct plan *out, const struct ids *at, const struct subject *s, const char *changes)
{
	plan_edit(out, LEADS, buf_text(&s->campaign_key), leads_edit_row, (const char *const[]){at->v[1], changes, NULL});
}

/* status. */

/* "RESUMED", or "RESUMED 3": the body of the call. */
static int resume_body(struct slice days, struct buf *body, struct refusal *why)
{
	int64_t n;
	days = slice_trim(days);
	if (days.len == 0) {
		buf_add_str(body, "{}");
		return 0;
	}
	if (json_check(days, NULL) < 0 || json_kind(days) != JSON_NUMBER || !json_int(days, &n) || n < 0 || n > RESUME_DAYS_MAX)
		return refuse(why, EINVAL, "behind RESUMED stands a number of days, from 0 to %d", RESUME_DAYS_MAX);
	buf_printf(body, "{\"resume_lead_with_delay_days\":%lld}", (long long)n);
	return 0;
}

static int plan_resume(const struct ids *at, const struct subject *s, struct slice days, struct plan *out, struct refusal *why)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	int rc = resume_body(days, &body, why);
	if (rc < 0)
		return rc;
	plan_lead(out, EP_LEAD_RESUME, at, s, buf_slice(&body));
	plan_cells(out, at, s, "{\"status\":\"INPROGRESS\"}");
	return buf_failed(&body) ? refuse_memory(why) : 0;
}

int lead_status_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out, struct refusal *why)
{
	_cleanup_subject_ struct subject s = SUBJECT_INIT;
	static const char resumed[] = "RESUMED";
	size_t len = sizeof resumed - 1;
	text = slice_trim(text);
	int rc = find_subject(at, base, &s, why);
	if (rc < 0)
		return rc;
	if (slice_is(text, "PAUSED")) {
		plan_lead(out, EP_LEAD_PAUSE, at, &s, (struct slice){0});
		plan_cells(out, at, &s, "{\"status\":\"PAUSED\"}");
		return 0;
	}
	if (slice_is(text, "UNSUBSCRIBED")) {
		plan_lead(out, EP_LEAD_UNSUBSCRIBE, at, &s, (struct slice){0});
		/* How the export shows it, and whether it does, is the service's: it is asked. */
		plan_stale(out, LEADS, buf_text(&s.campaign_key));
		plan_stale(out, LEAD_BY_EMAIL, buf_text(&s.email_key));
		return 0;
	}
	if (text.len >= len && memcmp(text.ptr, resumed, len) == 0 && (text.len == len || isspace((unsigned char)text.ptr[len])))
		return plan_resume(at, &s, slice_skip(text, len), out, why);
	return refuse(why, EINVAL, "\"%.*s\" is no status to write; PAUSED, RESUMED, RESUMED <days>, UNSUBSCRIBED are",
		(int)(text.len < 40 ? text.len : 40), text.ptr);
}

/* category. */

static bool find_category(struct slice list, struct slice name, struct slice *ret_category)
{
	for (struct json_walk w = json_walk(list); json_next(&w);) {
		_cleanup_buf_ struct buf text = BUF_INIT;
		struct slice value;
		if (!json_member(w.value, "name", &value) || !json_text(value, &text) || !slice_equal(slice_trim(buf_slice(&text)), name))
			continue;
		*ret_category = w.value;
		return true;
	}
	return false;
}

static int refuse_category(struct slice list, struct slice name, struct refusal *why)
{
	_cleanup_buf_ struct buf names = BUF_INIT;
	struct slice value;
	for (struct json_walk w = json_walk(list); json_next(&w);)
		if (json_member(w.value, "name", &value)) {
			buf_add_str(&names, names.len ? ", " : "");
			json_text(value, &names);
		}
	return refuse(why, EINVAL, "there is no category \"%.*s\"; there are: %s, or an empty line for none",
		(int)(name.len < 40 ? name.len : 40), name.ptr, buf_text(&names));
}

/* What the export will show of it: the name, and (where the service tells what it thinks of the category) is_interested. */
static void category_cells(struct slice category, struct buf *out)
{
	struct slice name, mood;
	buf_add_str(out, "{\"category\":");
	buf_add_slice(out, category.len && json_member(category, "name", &name) ? name : SLICE_LITERAL("\"\""));
	if (category.len == 0)
		buf_add_str(out, ",\"is_interested\":\"false\"");
	else if (json_member(category, "sentiment_type", &mood) && json_kind(mood) == JSON_STRING)
		buf_printf(out, ",\"is_interested\":\"%s\"", json_is(mood, "positive") ? "true" : "false");
	buf_add_char(out, '}');
}

/* base: CATEGORIES, LEADS. */
int lead_category_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out, struct refusal *why)
{
	_cleanup_subject_ struct subject s = SUBJECT_INIT;
	_cleanup_buf_ struct buf body = BUF_INIT, id = BUF_INIT, cells = BUF_INIT;
	struct answers leads = {{base->v[1]}};
	struct slice list, category = {0}, value;
	int64_t number;
	text = slice_trim(text);
	int rc = find_subject(at, &leads, &s, why);
	if (rc < 0)
		return rc;
	if (!base->v[0] || !answer_list(blob_slice(base->v[0]->body), &list))
		return refuse(why, EIO, "the service sent something else than its categories");
	if (text.len && !find_category(list, text, &category))
		return refuse_category(list, text, why);
	if (text.len && (!json_member(category, "id", &value) || !json_int(value, &number)))
		return refuse(why, EIO, "the service gives that category no id");
	if (text.len)
		buf_add_int(&id, number);
	else
		buf_add_str(&id, "null");
	buf_printf(&body, "{\"category_id\":%s,\"pause_lead\":false}", buf_text(&id));
	category_cells(category, &cells);
	plan_lead(out, EP_LEAD_CATEGORY, at, &s, buf_slice(&body));
	plan_cells(out, at, &s, buf_text(&cells));
	plan_edit(out, LEAD_PAGES, buf_text(&s.campaign_key), lead_pages_edit, (const char *const[]){buf_text(&s.id), buf_text(&id), NULL});
	plan_stale(out, LEAD_BY_EMAIL, buf_text(&s.email_key));
	return buf_failed(&body) || buf_failed(&id) || buf_failed(&cells) ? refuse_memory(why) : 0;
}

/* lead.json. */

static const struct field lead_fields[] = {
	{.name = "email", .type = FIELD_STRING},
	{.name = "first_name", .type = FIELD_STRING, .writable = true},
	{.name = "last_name", .type = FIELD_STRING, .writable = true},
	{.name = "company_name", .type = FIELD_STRING, .writable = true},
	{.name = "phone_number", .type = FIELD_STRING, .writable = true},
	{.name = "website", .type = FIELD_STRING, .writable = true},
	{.name = "location", .type = FIELD_STRING, .writable = true},
	{.name = "linkedin_profile", .type = FIELD_STRING, .writable = true},
	{.name = "company_url", .type = FIELD_STRING, .writable = true},
	{.name = "custom_fields", .type = FIELD_OBJECT, .writable = true},
};

static bool same_text(struct slice a, struct slice b)
{
	_cleanup_buf_ struct buf x = BUF_INIT, y = BUF_INIT;
	return json_text(a, &x) && json_text(b, &y) && slice_equal(buf_slice(&x), buf_slice(&y)) && !buf_failed(&x) && !buf_failed(&y);
}

/* Appends an object of the custom fields that differ, nothing when none does. One that is left out is left alone. */
static int changed_custom(struct slice now, struct slice custom, struct buf *out, struct refusal *why)
{
	struct slice was = SLICE_LITERAL("{}"), old;
	json_member(now, "custom_fields", &was);
	for (struct json_walk w = json_walk(custom); json_next(&w);) {
		_cleanup_buf_ struct buf name = BUF_INIT;
		enum json_kind kind = json_kind(w.value);
		struct json_walk again = w;
		json_text(w.key, &name);
		if (name.len == 0)
			return refuse(why, EINVAL, "\"custom_fields\" has a field without a name");
		while (json_next(&again))
			if (slice_equal(again.key, w.key))
				return refuse(why, EINVAL, "%.*s stands twice in \"custom_fields\"", (int)w.key.len, w.key.ptr);
		if (kind == JSON_OBJECT || kind == JSON_ARRAY || kind == JSON_NULL)
			return refuse(why, EINVAL, "\"custom_fields\": \"%s\" must be a text in quotes (empty: \"\")", buf_text(&name));
		if (json_member(was, buf_text(&name), &old) && same_text(old, w.value))
			continue;
		buf_add_str(out, out->len ? "," : "{");
		buf_add_slice(out, w.key);
		buf_add_char(out, ':');
		json_compact(w.value, out);
	}
	if (out->len)
		buf_add_char(out, '}');
	return buf_failed(out) ? refuse_memory(why) : 0;
}

/* All standard fields, since the service may empty what is left out; of the custom ones, which it merges, those that changed. */
static void update_body(struct slice now, struct slice changed, struct slice custom, struct buf *body, struct buf *cells)
{
	bool first = true, first_cell = true;
	buf_add_char(body, '{');
	buf_add_char(cells, '{');
	for (int c = 0; c < LEAD_STANDARD; c++) {
		struct slice value = SLICE_LITERAL("\"\"");
		bool is_new = json_member(changed, lead_columns[c], &value);
		if (!is_new)
			json_member(now, lead_columns[c], &value);
		json_key(body, &first, lead_columns[c]);
		buf_add_slice(body, value);
		if (is_new) {
			json_key(cells, &first_cell, lead_columns[c]);
			buf_add_slice(cells, value);
		}
	}
	if (custom.len) {
		json_key(body, &first, "custom_fields");
		buf_add_slice(body, custom);
		json_key(cells, &first_cell, "custom_fields");
		buf_add_slice(cells, custom);
	}
	buf_add_char(body, '}');
	buf_add_char(cells, '}');
}

int lead_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out, struct refusal *why)
{
	_cleanup_subject_ struct subject s = SUBJECT_INIT;
	_cleanup_buf_ struct buf now = BUF_INIT, changed = BUF_INIT, custom = BUF_INIT, body = BUF_INIT, cells = BUF_INIT;
	struct slice value;
	size_t count = sizeof lead_fields / sizeof *lead_fields;
	int rc = find_subject(at, base, &s, why);
	if (rc == 0)
		rc = document_changes(lead_render, at, base, lead_fields, count, text, &now, &changed, why);
	if (rc == 0 && json_member(buf_slice(&changed), "custom_fields", &value))
		rc = changed_custom(buf_slice(&now), value, &custom, why);
	if (rc == 0 && changed.len)
		update_body(buf_slice(&now), buf_slice(&changed), buf_slice(&custom), &body, &cells);
	if (rc == 0 && cells.len > strlen("{}")) {
		plan_lead(out, EP_LEAD_UPDATE, at, &s, buf_slice(&body));
		/* It changes the lead in every campaign. */
		plan_edit(out, LEADS, PLAN_ALL, leads_edit_row, (const char *const[]){at->v[1], buf_text(&cells), NULL});
		plan_stale(out, LEAD_BY_EMAIL, buf_text(&s.email_key));
	}
	return rc == 0 && (buf_failed(&body) || buf_failed(&cells)) ? refuse_memory(why) : rc;
}

/* rmdir. */

int lead_drop(const struct ids *at, const struct answers *base, struct plan *out, struct refusal *why)
{
	_cleanup_subject_ struct subject s = SUBJECT_INIT;
	_cleanup_buf_ struct buf id_key = BUF_INIT;
	int rc = find_subject(at, base, &s, why);
	if (rc < 0)
		return rc;
	buf_printf(&id_key, "/%s", buf_text(&s.id));
	plan_lead(out, EP_LEAD_DELETE, at, &s, (struct slice){0});
	plan_edit(out, LEADS, buf_text(&s.campaign_key), leads_remove_row, (const char *const[]){at->v[1], NULL});
	plan_stale(out, LEAD_BY_EMAIL, buf_text(&s.email_key));
	plan_stale(out, LEAD_CAMPAIGNS, buf_text(&id_key));
	plan_stale(out, ANALYTICS, buf_text(&s.campaign_key));
	return buf_failed(&id_key) ? refuse_memory(why) : 0;
}

/* leads/<email>/unsubscribed. */

int global_unsubscribed_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf key = BUF_INIT, id = BUF_INIT, name = BUF_INIT;
	struct slice value, lead = blob_slice(base->v[0]->body);
	int64_t number;
	bool was = false;
	text = slice_trim(text);
	if (slice_is(text, "no"))
		return refuse(why, EINVAL, "there is no way back: the service can't subscribe a lead again");
	if (!slice_is(text, "yes"))
		return refuse(why, EINVAL, "only the word yes can be written; it unsubscribes the lead everywhere, for good");
	if (!json_member(lead, "id", &value) || !json_int(value, &number))
		return refuse(why, EIO, "the API gives %s no id", at->v[0]);
	buf_add_int(&id, number);
	buf_printf(&key, "/%s", at->v[0]);
	lead_file_name(slice_of(at->v[0]), buf_slice(&id), &name);
	if (buf_failed(&id) || buf_failed(&key) || buf_failed(&name))
		return refuse_memory(why);
	plan_add(out, EP_LEAD_UNSUBSCRIBE_ALL, (const char *const[]){buf_text(&id), NULL}, (struct slice){0});
	if (json_member(lead, "is_unsubscribed", &value) && json_bool(value, &was) && was)
		plan_was_so(out);
	plan_edit(out, LEAD_BY_EMAIL, buf_text(&key), edit_members, (const char *const[]){"{\"is_unsubscribed\":true}", NULL});
	plan_edit(out, LEADS, PLAN_ALL, leads_edit_row,
		(const char *const[]){buf_text(&name), "{\"is_unsubscribed\":\"true\"}", NULL});
	return 0;
}
