/* Conversations, and replies to them. */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

/* In the order of time, whatever its form; within one instant what was sent comes before its answer. */
static void add_history(struct buf *b, int64_t campaign, int64_t lead, const char *after)
{
	db_rows(b,
		"SELECT j FROM v_message WHERE campaign_id=? AND lead_id=? AND (?3 IS NULL OR time>replace(?3,' ','T'))"
		" ORDER BY julianday(time), substr(message_id,1,2) DESC, length(message_id), message_id",
		"iis", campaign, lead, after);
}

void message_history(struct req *r)
{
	struct buf b = {0}, ends = {0};

	if (!lead_found(r, r->id[0], r->id[1]))
		return;
	add_history(&b, r->id[0], r->id[1], query(r, "event_time_gt"));
	db_row(&ends,
		"SELECT '\"from\":'||json_quote(sender)||',\"to\":'||json_quote(email) FROM v_send WHERE campaign_id=?"
		" AND lead_id=? ORDER BY sent_time LIMIT 1",
		"ii", r->id[0], r->id[1]);
	if (r->live && strcmp(b.p, "[]") == 0)
		answer(r, 200, "{}");
	else
		answer(r, 200, "{\"history\":%s%s%s}", b.p, ends.n ? "," : "", ends.n ? ends.p : "");
	buf_free(&b);
	buf_free(&ends);
}

/* lead_ids null: all leads of the campaign */
void message_histories(struct req *r)
{
	struct buf b = {0};

	if (!campaign_found(r, r->id[0]))
		return;
	sqlite3_stmt *st =
		db_prepare("SELECT lead_id FROM maps WHERE campaign_id=?1 AND (json_type(?2,'$.lead_ids')='null'"
			   " OR lead_id IN (SELECT value FROM json_each(?2,'$.lead_ids')))");
	sqlite3_bind_int64(st, 1, r->id[0]);
	sqlite3_bind_text(st, 2, r->raw.p, -1, SQLITE_STATIC);
	while (sqlite3_step(st) == SQLITE_ROW) {
		buf_printf(&b, "%s\"%s\":{\"history\":", b.n ? "," : "{", (const char *)sqlite3_column_text(st, 0));
		add_history(&b, r->id[0], sqlite3_column_int64(st, 0), NULL);
		buf_str(&b, "}");
	}
	sqlite3_finalize(st);
	answer(r, 200, "%s}", b.n ? b.p : "{");
	buf_free(&b);
}

/* ---- replies: queued, and seen in the history only after visible_ms ---- */

static void queue(struct req *r, int64_t lead, const char *stats_id)
{
	int64_t id = db_int("SELECT coalesce(max(id),0)+1 FROM messages", "");

	db_run("INSERT INTO "
	       "messages(id,stats_id,campaign_id,lead_id,type,message_id,time,sender,recipient,cc,subject,body,"
	       "visible_at) SELECT ?1,stats_id,campaign_id,lead_id,'SENT','<q'||?1||'@smartlead.example>',now(),sender,"
	       "coalesce(?2->>'to_email',email),iif(?2->>'cc' IS NULL,'[]',json_array(?2->>'cc')),'Re: '||subject,"
	       "?2->>'email_body',?3 FROM v_send WHERE campaign_id=?4 AND lead_id=?5 AND (?6 IS NULL OR stats_id=?6)"
	       " ORDER BY sent_time DESC LIMIT 1",
		"isiiis", id, r->raw.p, sb.visible_ms ? now_ms() + sb.visible_ms : 0, r->id[0], lead, stats_id);
}

static bool message_known(struct req *r, int64_t lead)
{
	if (db_int("SELECT 1 FROM v_message WHERE campaign_id=? AND lead_id=? AND message_id=?3->>'reply_message_id'",
		    "iis", r->id[0], lead, r->raw.p) == 1)
		return true;
	bad_value(r, "Invalid reply_message_id");
	return false;
}

void reply_ref(struct req *r)
{
	int64_t lead = db_int("SELECT ?->>'lead_id'", "s", r->raw.p); /* by way of SQL: all its digits */

	if (!lead_found(r, r->id[0], lead) || !message_known(r, lead))
		return;
	queue(r, lead, NULL);
	answer_ok(r);
}

void reply_live(struct req *r)
{
	const char *stats_id = cJSON_GetObjectItem(r->body, "email_stats_id")->valuestring;

	if (!campaign_found(r, r->id[0]))
		return;
	int64_t lead = db_int("SELECT lead_id FROM sends WHERE stats_id=? AND campaign_id=?", "si", stats_id, r->id[0]);
	if (lead < 0) {
		fail(r, 400, "Invalid email_stats_id or campaign_id");
		return;
	}
	if (!message_known(r, lead))
		return;
	queue(r, lead, stats_id);
	answer_text(r, "text/html; charset=utf-8", "Email added to the queue, it will be sent soon.");
}
