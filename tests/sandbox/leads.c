/* Leads of a campaign, one by one. */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

/* ?1 campaign, then the filters of the live service; an absent one is NULL and lets all through. */
/* clang-format off */
#define FILTERS                                                                                                        \
	" FROM v_map m WHERE campaign_id=?1 AND (?2 IS NULL OR status=?2) AND (?3 IS NULL OR category_id=?3)"          \
	" AND (?4 IS NULL OR created_at>replace(?4,' ','T')) AND (?5 IS NULL OR EXISTS(SELECT 1 FROM sends s WHERE"    \
	" s.lead_id=m.lead_id AND s.campaign_id=?1 AND s.sent_time>replace(?5,' ','T'))) AND CASE ?6"                  \
	" WHEN 'is_opened' THEN opens>0 WHEN 'is_clicked' THEN clicks>0 WHEN 'is_replied' THEN replies>0"              \
	" WHEN 'not_replied' THEN replies=0 WHEN 'is_bounced' THEN status='BLOCKED'"                                   \
	" WHEN 'is_unsubscribed' THEN unsubscribed ELSE ?6 IS NULL END"
/* clang-format on */

static const char *sent_after(const struct req *r)
{
	const char *t = query(r, "last_sent_time_gt");

	return t ? t : query(r, "event_time_gt");
}

void leads_list(struct req *r)
{
	struct buf b = {0};
	const char *status = query(r, "status"), *category = query(r, "lead_category_id"),
		   *born = query(r, "created_at_gt"), *email_status = query(r, "emailStatus");
	int64_t offset = query_int(r, "offset", 0), limit = query_int(r, "limit", 100);

	if (!campaign_found(r, r->id[0]))
		return;
	int64_t total = db_int(
		"SELECT count(*)" FILTERS, "isssss", r->id[0], status, category, born, sent_after(r), email_status);
	db_rows(&b,
		"SELECT iif(is_live(),j_live,json_insert(j_live,'$.open_count',opens,'$.click_count',clicks,"
		"'$.reply_count',replies))" FILTERS " ORDER BY id LIMIT ?7 OFFSET ?8",
		"isssssii", r->id[0], status, category, born, sent_after(r), email_status, limit, offset);
	answer(r, 200,
		r->live ? "{\"total_leads\":\"%lld\",\"offset\":%lld,\"limit\":%lld,\"data\":%s}"
			: "{\"total_leads\":%lld,\"offset\":%lld,\"limit\":%lld,\"data\":%s}",
		(long long)total, (long long)offset, (long long)limit, b.p);
	buf_free(&b);
}

/* Unknown address: 404 in the reference, 200 {} on the live service. */
void lead_by_email(struct req *r)
{
	struct buf b = {0};

	if (db_row(&b, "SELECT j FROM v_lead WHERE email=lower(?)", "s", query(r, "email")))
		answer(r, 200, "%s", b.p);
	else if (r->live)
		answer(r, 200, "{}");
	else
		fail(r, 404, "Lead not found - Invalid email.");
	buf_free(&b);
}

void lead_by_id(struct req *r)
{
	struct buf b = {0};

	if (db_row(&b, "SELECT j_plain FROM v_lead WHERE id=?", "i", r->id[0]))
		answer(r, 200, "%s", b.p);
	else
		fail(r, 404, "Lead not found - Invalid lead_id.");
	buf_free(&b);
}

void categories_list(struct req *r)
{
	struct buf b = {0};

	db_rows(&b,
		"SELECT json_object('id',id,'created_at',created_at,'name',name,'sentiment_type',sentiment)"
		" FROM categories ORDER BY id",
		"");
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

/* ---- changes ---- */

/* The keys of one lead object over a lead: what is absent stays, custom fields are merged. In every campaign. */
void lead_store(int64_t lead, const char *json)
{
	db_run("UPDATE leads SET first_name=iif(json_type(?1,'$.first_name') IS NULL,first_name,?1->>'first_name'),"
	       "last_name=iif(json_type(?1,'$.last_name') IS NULL,last_name,?1->>'last_name'),"
	       "phone_number=iif(json_type(?1,'$.phone_number') IS NULL,phone_number,?1->>'phone_number'),"
	       "company_name=iif(json_type(?1,'$.company_name') IS NULL,company_name,?1->>'company_name'),"
	       "website=iif(json_type(?1,'$.website') IS NULL,website,?1->>'website'),"
	       "location=iif(json_type(?1,'$.location') IS NULL,location,?1->>'location'),"
	       "linkedin_profile=iif(json_type(?1,'$.linkedin_profile') IS "
	       "NULL,linkedin_profile,?1->>'linkedin_profile'),"
	       "company_url=iif(json_type(?1,'$.company_url') IS NULL,company_url,?1->>'company_url'),"
	       "custom_fields=json_patch(custom_fields,coalesce(?1->'custom_fields','{}')) WHERE id=?2",
		"si", json, lead);
}

static bool lead_here(struct req *r)
{
	if (!campaign_found(r, r->id[0]))
		return false;
	if (db_int("SELECT 1 FROM maps WHERE campaign_id=? AND lead_id=?", "ii", r->id[0], r->id[1]) == 1)
		return true;
	if (r->live)
		answer(r, 404, "{\"ok\":false,\"error\":\"Invalid request!\"}");
	else
		fail(r, 404, "Lead not found - Invalid lead_id.");
	return false;
}

void lead_update(struct req *r)
{
	const cJSON *email = cJSON_GetObjectItemCaseSensitive(r->body, "email");

	if (!lead_here(r) || !custom_fields_ok(r, r->body, ""))
		return;
	if (email && !email_ok(email->valuestring)) {
		refuse(r, "body", "email", "\"email\" must be a valid email");
		return;
	}
	if (email &&
		db_int("SELECT 1 FROM leads WHERE email=lower(?) AND id<>?", "si", email->valuestring, r->id[1]) == 1) {
		fail(r, 400, "A lead with this email exists already.");
		return;
	}
	if (email)
		db_run("UPDATE leads SET email=lower(?) WHERE id=?", "si", email->valuestring, r->id[1]);
	if (r->raw.n)
		lead_store(r->id[1], r->raw.p);
	answer_ok(r);
}

void lead_pause(struct req *r)
{
	if (!lead_found(r, r->id[0], r->id[1]))
		return;
	db_run("UPDATE maps SET status='PAUSED' WHERE campaign_id=? AND lead_id=?", "ii", r->id[0], r->id[1]);
	answer(r, 200, "{\"ok\":true,\"data\":\"success\"}");
}

void lead_resume(struct req *r)
{
	if (!lead_found(r, r->id[0], r->id[1]))
		return;
	if (db_int("SELECT step>0 AND step>=(SELECT count(*) FROM steps s WHERE s.campaign_id=m.campaign_id) "
		   "FROM maps m WHERE campaign_id=? AND lead_id=?",
		    "ii", r->id[0], r->id[1]) == 1) {
		fail(r, 500, "This is the last sequence. You cannot resume this lead.");
		return;
	}
	db_run("UPDATE maps SET status='INPROGRESS' WHERE campaign_id=? AND lead_id=?", "ii", r->id[0], r->id[1]);
	answer(r, 200, "{\"ok\":true,\"data\":\"success\"}");
}

/* The reference: gone from this campaign only. Live: a lead of no other campaign is gone altogether. */
void lead_delete(struct req *r)
{
	static const char *const here[] = {"DELETE FROM maps WHERE campaign_id=? AND lead_id=?",
		"DELETE FROM sends WHERE campaign_id=? AND lead_id=?",
		"DELETE FROM messages WHERE campaign_id=? AND lead_id=?"};

	if (!lead_found(r, r->id[0], r->id[1]))
		return;
	for (size_t i = 0; i < sizeof(here) / sizeof(*here); i++)
		db_run(here[i], "ii", r->id[0], r->id[1]);
	if (r->live)
		db_run("DELETE FROM leads WHERE id=?1 AND NOT EXISTS(SELECT 1 FROM maps WHERE lead_id=?1)", "i",
			r->id[1]);
	if (r->live)
		answer_text(r, "text/html; charset=utf-8", "success");
	else
		answer_ok(r);
}

void lead_unsubscribe(struct req *r)
{
	if (!lead_found(r, r->id[0], r->id[1]))
		return;
	db_run("UPDATE maps SET unsubscribed=1 WHERE campaign_id=? AND lead_id=?", "ii", r->id[0], r->id[1]);
	db_run("UPDATE sends SET is_unsubscribed=1 WHERE id=(SELECT max(id) FROM sends WHERE campaign_id=? AND "
	       "lead_id=?)",
		"ii", r->id[0], r->id[1]);
	answer_ok(r);
}

void lead_unsubscribe_everywhere(struct req *r)
{
	int64_t was = db_int("SELECT is_unsubscribed FROM leads WHERE id=?", "i", r->id[0]);

	if (was < 0) {
		fail(r, 404, "Lead not found - Invalid lead_id.");
		return;
	}
	db_run("UPDATE leads SET is_unsubscribed=1 WHERE id=?", "i", r->id[0]);
	answer(r, 200, r->live && was ? "{\"ok\":false}" : "{\"ok\":true}");
}

void lead_category(struct req *r)
{
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(r->body, "category_id");

	if (!lead_found(r, r->id[0], r->id[1]))
		return;
	if (!cJSON_IsNull(id) && db_int("SELECT 1 FROM categories WHERE id=?", "i", (int64_t)id->valuedouble) != 1) {
		bad_value(r, "Invalid category_id");
		return;
	}
	db_run("UPDATE maps SET category_id=?1->>'category_id', status=iif(?1->>'pause_lead',"
	       "'PAUSED',status) WHERE campaign_id=?2 AND lead_id=?3",
		"sii", r->raw.p, r->id[0], r->id[1]);
	answer_ok(r);
}
