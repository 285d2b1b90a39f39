/* Adding leads: 200 although rows were dropped; only the counts tell. */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define END {NULL, F_ANY, 0, 0, 0, NULL}
#define LEAD_MAX_FIELDS 200

static const struct field lead_fields_ref[] = {
	{"email", F_STR, NEEDED, 0, 0, NULL}, {"first_name", F_STR, 0, 0, 0, NULL}, {"last_name", F_STR, 0, 0, 0, NULL},
	{"company_name", F_STR, 0, 0, 0, NULL}, {"phone_number", F_STR, 0, 0, 0, NULL}, {"website", F_STR, 0, 0, 0, NULL},
	{"location", F_STR, 0, 0, 0, NULL}, {"linkedin_profile", F_STR, 0, 0, 0, NULL},
	{"company_url", F_STR, 0, 0, 0, NULL}, {"custom_fields", F_OBJ, 0, 0, 0, NULL}, END};
static const struct field lead_fields_live[] = {
	{"email", F_STR, NEEDED, 0, 0, NULL}, {"first_name", F_STR, NULLABLE, 0, 0, NULL},
	{"last_name", F_STR, NULLABLE, 0, 0, NULL}, {"company_name", F_STR, NULLABLE, 0, 0, NULL},
	{"phone_number", F_STR, NULLABLE | OR_NUMBER, 0, 0, NULL}, {"website", F_STR, NULLABLE, 0, 0, NULL},
	{"location", F_STR, NULLABLE, 0, 0, NULL}, {"linkedin_profile", F_STR, NULLABLE, 0, 0, NULL},
	{"company_url", F_STR, NULLABLE, 0, 0, NULL}, {"custom_fields", F_OBJ, 0, 0, 0, NULL}, END};

#define IGNORE                                                                                                         \
	{"ignore_global_block_list", F_BOOL, 0, 0, 0, NULL}, {"ignore_unsubscribe_list", F_BOOL, 0, 0, 0, NULL},       \
		{"ignore_community_bounce_list", F_BOOL, 0, 0, 0, NULL},                                               \
		{"ignore_duplicate_leads_in_other_campaign", F_BOOL, 0, 0, 0, NULL}
static const struct field settings_ref[] = {IGNORE, END};
static const struct field settings_live[] = {IGNORE, {"return_lead_ids", F_BOOL, 0, 0, 0, NULL}, END};
/* clang-format on */

enum fate { ADDED, ALREADY, BLOCKED, DUPLICATE, INVALID, UNSUBSCRIBED, BOUNCED, STOPPED, FATES };
enum place { NEW, HERE, ELSEWHERE, PLACES };

struct import {
	struct req *r;
	int64_t counts[FATES];
	struct buf invalid, ids[PLACES]; /* members of JSON arrays and objects */
	cJSON *seen;
};

bool custom_fields_ok(struct req *r, const cJSON *lead, const char *where)
{
	const cJSON *f = cJSON_GetObjectItemCaseSensitive(lead, "custom_fields"), *v;
	bool ok = true;

	if (cJSON_GetArraySize(f) > LEAD_MAX_FIELDS)
		return refuse(r, "body", "custom_fields", "\"custom_fields\" must have less than or equal to 200 keys");
	cJSON_ArrayForEach(v, f)
	{
		if (ok && (cJSON_IsObject(v) || cJSON_IsArray(v))) {
			char *label = text("%s%scustom_fields.%s", where, *where ? "." : "", v->string);
			ok = refuse(r, "body", label, "\"%s\" must be a string", label);
			free(label);
		}
	}
	return ok;
}

static bool form_ok(struct req *r)
{
	const cJSON *settings = cJSON_GetObjectItemCaseSensitive(r->body, "settings"), *lead;
	int n = 0;
	bool ok = !settings || check_object(r, settings, r->live ? settings_live : settings_ref, "settings");

	cJSON_ArrayForEach(lead, cJSON_GetObjectItemCaseSensitive(r->body, "lead_list"))
	{
		if (!ok)
			break;
		char *where = text("lead_list[%d]", n++);
		ok = check_object(r, lead, r->live ? lead_fields_live : lead_fields_ref, where) &&
		     custom_fields_ok(r, lead, where);
		free(where);
	}
	return ok;
}

static bool set(const struct req *r, const char *name)
{
	return cJSON_IsTrue(
		cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(r->body, "settings"), name));
}

static void note_id(struct import *m, enum place where, const char *email, int64_t id)
{
	struct buf *b = &m->ids[where];

	buf_str(b, b->n ? "," : "");
	buf_json(b, email);
	buf_printf(b, ":\"%lld\"", (long long)id);
}

/* In the reference the flag lets such leads in; on the live service it keeps them out. */
static bool duplicates_stay_out(const struct req *r)
{
	return set(r, "ignore_duplicate_leads_in_other_campaign") == r->live;
}

static void add(const struct req *r, int64_t lead)
{
	db_run("INSERT INTO maps(id,campaign_id,lead_id,created_at,visible_at) VALUES(?,?,?,now(),?)", "iiii",
		next_id("map"), r->id[0], lead, sb.visible_ms ? now_ms() + sb.visible_ms : 0);
}

static int64_t create(const char *email, const char *json)
{
	int64_t id = next_id("lead");

	db_run("INSERT INTO leads(id,email,created_at) VALUES(?,?,now())", "is", id, email);
	lead_store(id, json);
	return id;
}

static bool listed(const struct req *r, const char *flag, const char *sql, const char *email)
{
	return !set(r, flag) && db_int(sql, "s", email) == 1;
}

static enum fate judge(struct import *m, const char *email, const char *json)
{
	struct req *r = m->r;

	if (!email_ok(email)) {
		buf_str(&m->invalid, m->invalid.n ? "," : "");
		buf_json(&m->invalid, email);
		return INVALID;
	}
	if (cJSON_HasObjectItem(m->seen, email))
		return DUPLICATE;
	cJSON_AddTrueToObject(m->seen, email);
	if (listed(r, "ignore_global_block_list",
		    "SELECT 1 FROM blocks WHERE entry=?1 OR entry=substr(?1,instr(?1,'@')+1)", email))
		return BLOCKED;
	if (listed(r, "ignore_community_bounce_list", "SELECT 1 FROM bounced WHERE email=?", email))
		return BOUNCED;
	if (listed(r, "ignore_unsubscribe_list", "SELECT is_unsubscribed FROM leads WHERE email=?", email))
		return UNSUBSCRIBED;
	int64_t lead = db_int("SELECT id FROM leads WHERE email=?", "s", email);
	if (lead > 0 && db_int("SELECT 1 FROM maps WHERE campaign_id=? AND lead_id=?", "ii", r->id[0], lead) == 1) {
		lead_store(lead, json);
		note_id(m, HERE, email, lead);
		return ALREADY;
	}
	bool elsewhere = lead > 0 && db_int("SELECT 1 FROM maps WHERE lead_id=?", "i", lead) == 1;
	if (elsewhere && duplicates_stay_out(r)) {
		note_id(m, ELSEWHERE, email, lead);
		return DUPLICATE;
	}
	if (sb.credits == 0)
		return STOPPED;
	if (sb.credits > 0)
		sb.credits--;
	if (lead < 0)
		lead = create(email, json);
	else
		lead_store(lead, json);
	add(r, lead);
	note_id(m, elsewhere ? ELSEWHERE : NEW, email, lead);
	return ADDED;
}

static void report(struct import *m)
{
	const int64_t *n = m->counts;
	struct buf b = {0};
	int64_t all = 0;

	for (int i = 0; i < FATES; i++)
		all += n[i];
	buf_printf(&b,
		"{\"ok\":%s,\"upload_count\":%lld,\"total_leads\":%lld,\"already_added_to_campaign\":%lld,"
		"\"block_count\":%lld,\"duplicate_count\":%lld,\"invalid_email_count\":%lld,\"invalid_emails\":[%s],"
		"\"unsubscribed_leads\":%lld,\"bounce_count\":%lld,\"is_lead_limit_exhausted\":%s,"
		"\"lead_import_stopped_count\":%lld",
		n[STOPPED] ? "false" : "true", (long long)all, (long long)n[ADDED], (long long)n[ALREADY],
		(long long)n[BLOCKED], (long long)n[DUPLICATE], (long long)n[INVALID], m->invalid.n ? m->invalid.p : "",
		(long long)n[UNSUBSCRIBED], (long long)n[BOUNCED], n[STOPPED] ? "true" : "false",
		(long long)n[STOPPED]);
	if (n[STOPPED])
		buf_str(&b, ",\"error\":\"The lead credit limit of this account is used up.\"");
	if (set(m->r, "return_lead_ids"))
		buf_printf(&b,
			",\"emailToLeadIdMap\":{\"newlyAddedLeads\":{%s},\"existingLeads\":{%s},"
			"\"existingLeadsInOtherCampaigns\":{%s}}",
			m->ids[NEW].n ? m->ids[NEW].p : "", m->ids[HERE].n ? m->ids[HERE].p : "",
			m->ids[ELSEWHERE].n ? m->ids[ELSEWHERE].p : "");
	answer(m->r, 200, "%s}", b.p);
	buf_free(&b);
}

void leads_add(struct req *r)
{
	struct import m = {.r = r};

	if (!form_ok(r) || !campaign_found(r, r->id[0]))
		return;
	m.seen = need(cJSON_CreateObject());
	/* json_each gives each lead's own text, in which numbers keep their digits */
	sqlite3_stmt *st = db_prepare("SELECT value, lower(trim(value->>'email')) FROM json_each(?,'$.lead_list')");
	sqlite3_bind_text(st, 1, r->raw.p, -1, SQLITE_STATIC);
	while (sqlite3_step(st) == SQLITE_ROW)
		m.counts[judge(
			&m, (const char *)sqlite3_column_text(st, 1), (const char *)sqlite3_column_text(st, 0))]++;
	sqlite3_finalize(st);
	report(&m);
	cJSON_Delete(m.seen);
	buf_free(&m.invalid);
	for (int i = 0; i < PLACES; i++)
		buf_free(&m.ids[i]);
}
