/* Campaigns: everything but their sequences. */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *word(const struct req *r, const char *name)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(r->body, name);

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

void campaigns_list(struct req *r)
{
	struct buf b = {0};

	db_rows(&b,
		/* The reference's list has no activity logs. */
		r->live ? "SELECT json_insert(iif(?1,json_insert(j,'$.tags',json(j_tags)),j),'$.campaign_activity_logs',"
			  "json(j_logs)) FROM v_campaign WHERE ?2<0 OR client_id=?2 ORDER BY id DESC"
			: "SELECT iif(?1,json_insert(j,'$.tags',json(j_tags)),j) FROM v_campaign WHERE ?2<0 OR client_id=?2 "
			  "ORDER BY id DESC",
		"ii", (int64_t)query_true(r, "include_tags"), query_int(r, "client_id", -1));
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

void campaign_get(struct req *r)
{
	struct buf b = {0};

	if (db_row(&b, "SELECT iif(?1,json_insert(j,'$.tags',json(j_tags)),j) FROM v_campaign WHERE id=?2", "ii",
		    (int64_t)query_true(r, "include_tags"), r->id[0]))
		answer(r, 200, "%s", b.p);
	else if (r->live) /* a missing campaign is 200 with nothing in it */
		answer(r, 200, "%s", "");
	else
		campaign_found(r, r->id[0]);
	buf_free(&b);
}

static bool client_known(struct req *r)
{
	const cJSON *c = cJSON_GetObjectItemCaseSensitive(r->body, "client_id");

	if (!cJSON_IsNumber(c) || db_int("SELECT 1 FROM clients WHERE id=?", "i", (int64_t)c->valuedouble) == 1)
		return true;
	bad_value(r, "Client not found - Invalid client_id.");
	return false;
}

void campaign_create(struct req *r)
{
	const char *name = word(r, "name");
	struct buf b = {0};

	if (!client_known(r))
		return;
	int64_t id = next_id("campaign");
	db_run("INSERT INTO campaigns(id,name,created_at,updated_at,client_id) VALUES(?,?,now(),now(),"
	       "json_extract(?,'$.client_id'))",
		"iss", id, name && *name ? name : "Untitled Campaign", r->raw.n ? r->raw.p : "{}");
	db_row(&b,
		"SELECT json_object('ok',json('true'),'id',id,'name',name,'created_at',created_at) FROM campaigns"
		" WHERE id=?",
		"i", id);
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

/* ---- status ---- */

static bool may_start(struct req *r, int64_t id)
{
	static const struct {
		const char *sql, *message;
	} needs[] = {
		{"SELECT cron IS NOT NULL FROM campaigns WHERE id=?", "Campaign can't be started: no schedule is set."},
		{"SELECT count(*)>0 FROM steps WHERE campaign_id=?", "Campaign can't be started: it has no sequences."},
		{"SELECT count(*)>0 FROM links WHERE campaign_id=?",
			"Campaign can't be started: it has no email accounts."},
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (db_int(needs[i].sql, "i", id) != 1) {
			fail(r, 400, "%s", needs[i].message);
			return false;
		}
	if (!sb.stopped_final || db_int("SELECT status='STOPPED' FROM campaigns WHERE id=?", "i", id) == 0)
		return true;
	fail(r, 400, "Campaign was stopped and can't be started again.");
	return false;
}

static void set_status(struct req *r, const char *status)
{
	if (strcmp(status, "ACTIVE") == 0 && !may_start(r, r->id[0]))
		return;
	db_run("UPDATE campaigns SET status=? WHERE id=?", "si", status, r->id[0]);
	answer_ok(r);
}

void campaign_status_ref(struct req *r)
{
	if (campaign_found(r, r->id[0]))
		set_status(r, word(r, "status"));
}

void campaign_status_live(struct req *r)
{
	const char *w = word(r, "status");

	if (!campaign_found(r, r->id[0]))
		return;
	if (word_in("START|STOPPED|PAUSED", w))
		set_status(r, strcmp(w, "START") == 0 ? "ACTIVE" : w);
	else
		fail(r, 400, "Allowed values are - START,STOPPED,PAUSED");
}

/* ---- schedule ---- */

static bool hour_ok(const char *s)
{
	int h, m, n = 0;

	return sscanf(s, "%2d:%2d%n", &h, &m, &n) == 2 && n == 5 && !s[n] && h >= 0 && h < 24 && m >= 0 && m < 60;
}

static bool timezone_ok(const char *tz)
{
	if (!*tz || strstr(tz, "..") || tz[0] == '/' ||
		strspn(tz, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			   "0123456789_+-/") != strlen(tz))
		return false;
	if (access("/usr/share/zoneinfo/UTC", F_OK) != 0)
		return strchr(tz, '/') || strcmp(tz, "UTC") == 0;
	char *file = text("/usr/share/zoneinfo/%s", tz);
	bool ok = access(file, F_OK) == 0;
	free(file);
	return ok;
}

static bool schedule_ok(struct req *r)
{
	const char *tz = word(r, "timezone"), *start = word(r, "start_hour"), *end = word(r, "end_hour");
	const cJSON *day;

	if (!timezone_ok(tz))
		bad_value(r, "Invalid timezone - %s", tz);
	else if (!hour_ok(start))
		bad_value(r, "Invalid start_hour - %s", start);
	else if (!hour_ok(end))
		bad_value(r, "Invalid end_hour - %s", end);
	else if (strcmp(start, end) > 0)
		bad_value(r, "startHour cannot be greater that endHour");
	if (r->status)
		return false;
	cJSON_ArrayForEach(
		day, cJSON_GetObjectItem(r->body, "days_of_the_week")) if (day->valuedouble < 0 ||
									   day->valuedouble > 6) return refuse(r,
		"body", "days_of_the_week", "\"days_of_the_week\" must hold numbers from 0 to 6");
	return true;
}

void campaign_schedule(struct req *r)
{
	if (!campaign_found(r, r->id[0]) || !schedule_ok(r))
		return;
	db_run("UPDATE campaigns SET cron=json_object('tz',?1->>'timezone','days',json(?1->'days_of_the_week'),"
	       "'startHour',?1->>'start_hour','endHour',?1->>'end_hour'), min_time=?1->>'min_time_btw_emails',"
	       "max_leads=coalesce(?1->>'max_leads_per_day',?1->>'max_new_leads_per_day'),"
	       "schedule_start=?1->>'schedule_start_time' WHERE id=?2",
		"si", r->raw.p, r->id[0]);
	answer_ok(r);
}

/* ---- settings ---- */

/* Live writes other words than it reads; the reference writes what it reads. */
static bool track_words(struct req *r, struct buf *out)
{
	const char *known = r->live ? "DONT_TRACK_EMAIL_OPEN|DONT_TRACK_LINK_CLICK|DONT_TRACK_REPLY_TO_AN_EMAIL"
				    : "DONT_EMAIL_OPEN|DONT_LINK_CLICK";
	const cJSON *v;

	buf_str(out, "[");
	cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(r->body, "track_settings"))
	{
		const char *w = v->valuestring;

		if (!word_in(known, w)) {
			if (r->live && sb.ignore_words)
				continue;
			bad_value(r, "Invalid track_settings value - %s", w);
			return false;
		}
		buf_printf(out, "%s\"DONT_%s\"", out->n > 1 ? "," : "", w + (r->live ? 11 : 5));
	}
	buf_str(out, "]");
	return true;
}

static const char *stop_word(struct req *r)
{
	const char *w = word(r, "stop_lead_settings");

	if (!w || (r->live && word_in("REPLY_TO_AN_EMAIL|CLICK_ON_A_LINK|OPEN_AN_EMAIL", w)))
		return w;
	if (!r->live)
		return strcmp(w, "OPENED_EMAIL") == 0   ? "OPEN_AN_EMAIL"
		       : strcmp(w, "CLICKED_LINK") == 0 ? "CLICK_ON_A_LINK"
							: w;
	if (!sb.ignore_words)
		bad_value(r, "Invalid stop_lead_settings value - %s", w);
	return NULL;
}

static bool bounce_threshold_ok(struct req *r)
{
	if (!word(r, "bounce_autopause_threshold") ||
		db_int("SELECT status IN ('ACTIVE','PAUSED') FROM campaigns WHERE id=?", "i", r->id[0]) == 0)
		return true;
	fail(r, 400, "bounce_autopause_threshold can't be changed while the campaign is active or paused.");
	return false;
}

void campaign_settings(struct req *r)
{
	struct buf track = {0};
	const char *body = r->raw.n ? r->raw.p : "{}";

	if (campaign_found(r, r->id[0]) && client_known(r) && bounce_threshold_ok(r) && track_words(r, &track)) {
		const char *stop = stop_word(r);
		bool has_track = cJSON_HasObjectItem(r->body, "track_settings") &&
				 !(sb.ignore_words && strcmp(track.p, "[]") == 0);

		if (!r->status) {
			db_run("UPDATE campaigns SET name=coalesce(?1->>'name',name), "
			       "track_settings=coalesce(?2,track_settings),"
			       "stop_lead=coalesce(?3,stop_lead), unsubscribe_text=coalesce(?1->>'unsubscribe_text',"
			       "unsubscribe_text), plain=coalesce(?1->>'send_as_plain_text',plain),"
			       "follow_up=coalesce(?1->>'follow_up_percentage',follow_up),"
			       "esp=coalesce(?1->>'enable_ai_esp_matching',esp), "
			       "client_id=iif(json_type(?1,'$.client_id')"
			       " IS NULL,client_id,?1->>'client_id'), extras=json_patch(extras,?1) WHERE id=?4",
				"sssi", body, has_track ? track.p : NULL, stop, r->id[0]);
			answer_ok(r);
		}
	}
	buf_free(&track);
}

/* ---- the rest ---- */

void campaign_delete(struct req *r)
{
	static const char *const all[] = {
		"DELETE FROM variants WHERE step_id IN (SELECT id FROM steps WHERE campaign_id=?)",
		"DELETE FROM steps WHERE campaign_id=?",
		"DELETE FROM links WHERE campaign_id=?",
		"DELETE FROM maps WHERE campaign_id=?",
		"DELETE FROM sends WHERE campaign_id=?",
		"DELETE FROM messages WHERE campaign_id=?",
		"DELETE FROM webhooks WHERE campaign_id=?",
		"DELETE FROM campaign_tags WHERE campaign_id=?",
		"DELETE FROM campaigns WHERE id=?",
	};

	if (!campaign_found(r, r->id[0]))
		return;
	if (db_int("SELECT status='ACTIVE' FROM campaigns WHERE id=?", "i", r->id[0]) == 1) {
		fail(r, 400, "An active campaign can't be deleted. Pause it first.");
		return;
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		db_run(all[i], "i", r->id[0]);
	answer_ok(r);
}

void lead_campaigns(struct req *r)
{
	struct buf b = {0};

	if (db_int("SELECT 1 FROM leads WHERE id=?", "i", r->id[0]) != 1) {
		fail(r, 404, "Lead not found - Invalid lead_id.");
		return;
	}
	db_rows(&b,
		"SELECT json_object('id',c.id,'status',c.status,'name',c.name) FROM maps m JOIN campaigns c"
		" ON c.id=m.campaign_id WHERE m.lead_id=? AND m.visible_at<=now_ms() ORDER BY c.id DESC",
		"i", r->id[0]);
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

void clients_list(struct req *r)
{
	struct buf b = {0};

	db_rows(&b,
		"SELECT json_object('id',id,'name',name,'email',email,'company_name',company) FROM clients ORDER BY id",
		"");
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}
