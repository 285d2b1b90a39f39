/* Statistics (a row for each e-mail sent) and analytics (counts of the same rows). */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define FILTERS                                                                                                        \
	" FROM v_stat s WHERE campaign_id=?1 AND (?2<0 OR seq_number=?2) AND (?3 IS NULL OR CASE ?3"                   \
	" WHEN 'opened' THEN opens>0 WHEN 'clicked' THEN clicks>0 WHEN 'replied' THEN reply_time IS NOT NULL"          \
	" WHEN 'unsubscribed' THEN is_unsubscribed WHEN 'bounced' THEN is_bounced END)"                                \
	" AND (?4 IS NULL OR sent_time>=replace(?4,' ','T')) AND (?5 IS NULL OR sent_time<=replace(?5,' ','T'))"
/* clang-format on */

void statistics(struct req *r)
{
	struct buf b = {0};
	const char *status = query(r, "email_status"), *from = query(r, "sent_time_start_date"),
		   *to = query(r, "sent_time_end_date");
	int64_t seq = query_int(r, "email_sequence_number", -1), offset = query_int(r, "offset", 0),
		limit = query_int(r, "limit", 100);

	if (!campaign_found(r, r->id[0]))
		return;
	int64_t total = db_int("SELECT count(*)" FILTERS, "iisss", r->id[0], seq, status, from, to);
	db_rows(&b, "SELECT j" FILTERS " ORDER BY id LIMIT ?6 OFFSET ?7", "iisssii", r->id[0], seq, status, from, to,
		limit, offset);
	const char *quote = r->live ? "\"" : "";
	answer(r, 200, "{\"total_stats\":%s%lld%s,\"data\":%s,\"offset\":%lld,\"limit\":%lld}", quote, (long long)total,
		quote, b.p, (long long)offset, (long long)limit);
	buf_free(&b);
}

/* ---- totals: counters are strings ---- */

/* clang-format off */
#define COUNT(x) "CAST(coalesce(" x ",0) AS TEXT)"
#define CAMPAIGN "'id',c.id,'user_id',c.user_id,'created_at',c.created_at,'status',c.status,'name',c.name,"
#define TOTALS                                                                                                         \
	"'sent_count'," COUNT("count(s.id)") ",'unique_sent_count'," COUNT("count(DISTINCT s.lead_id)") ","            \
	"'open_count'," COUNT("sum(s.opens)") ",'unique_open_count',"                                                  \
	COUNT("count(DISTINCT iif(s.opens>0,s.lead_id,NULL))") ",'click_count'," COUNT("sum(s.clicks)") ","            \
	"'unique_click_count'," COUNT("count(DISTINCT iif(s.clicks>0,s.lead_id,NULL))") ",'reply_count',"              \
	COUNT("count(s.reply_time)") ",'block_count','0','total_count'," COUNT("count(s.id)") ",'drafted_count','0',"  \
	"'bounce_count'," COUNT("sum(s.is_bounced)") ",'unsubscribed_count'," COUNT("sum(s.is_unsubscribed)")
#define LEAD_STATS                                                                                                     \
	"json((SELECT json_object('total',count(*),'interested',coalesce(sum(category_id=1),0),'notStarted',"          \
	"coalesce(sum(status='STARTED'),0),'inprogress',coalesce(sum(status='INPROGRESS'),0),'completed',"             \
	"coalesce(sum(status='COMPLETED'),0),'blocked',coalesce(sum(status='BLOCKED'),0),'stopped',"                   \
	"coalesce(sum(status='STOPPED'),0),'paused',coalesce(sum(status='PAUSED'),0),'revenue',0) FROM maps m"         \
	" WHERE m.campaign_id=c.id))"
#define SPAN                                                                                                           \
	" FROM campaigns c LEFT JOIN sends s ON s.campaign_id=c.id AND (?2 IS NULL OR substr(s.sent_time,1,10)"        \
	" BETWEEN ?2 AND ?3) WHERE c.id=?1 GROUP BY c.id"
#define WHOLE                                                                                                          \
	"SELECT json_object(" CAMPAIGN TOTALS ",'sequence_count',CAST((SELECT count(*) FROM steps WHERE campaign_id"   \
	"=c.id) AS TEXT),'parent_campaign_id',c.parent_id,'send_as_plain_text',json(iif(c.plain,'true','false')),"     \
	"'client_id',c.client_id,'client_name',(SELECT name FROM clients k WHERE k.id=c.client_id),'client_email',"    \
	"(SELECT email FROM clients k WHERE k.id=c.client_id),'client_company_name',(SELECT company FROM clients k"    \
	" WHERE k.id=c.client_id),'tags',json((SELECT json_group_array(json_object('id',t.id,'name',t.name,'color',"   \
	"t.color)) FROM campaign_tags ct JOIN tags t ON t.id=ct.tag_id WHERE ct.campaign_id=c.id)),"                   \
	"'campaign_lead_stats'," LEAD_STATS ")" SPAN
/* clang-format on */

static void answer_row(struct req *r, const char *sql, const char *from, const char *to)
{
	struct buf b = {0};

	if (!campaign_found(r, r->id[0]))
		return;
	db_row(&b, sql, "iss", r->id[0], from, to);
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

void analytics(struct req *r)
{
	answer_row(r, WHOLE, NULL, NULL);
}

void analytics_span(struct req *r)
{
	answer_row(r, WHOLE, query(r, "start_date"), query(r, "end_date"));
}

static bool span_ok(struct req *r)
{
	int64_t days = day_number(query(r, "end_date")) - day_number(query(r, "start_date"));

	if (days >= 0 && days <= 30)
		return true;
	bad_value(r, "Invalid start_date & end_date range. Date difference should be max of 30days.");
	return false;
}

/* Live: one object of totals for the span, whatever its name promises. */
void analytics_by_date_live(struct req *r)
{
	if (span_ok(r))
		answer_row(r, "SELECT json_object(" CAMPAIGN "'start_date',?2,'end_date',?3," TOTALS ")" SPAN,
			query(r, "start_date"), query(r, "end_date"));
}

/* ?1, ?2: first and last day; one row for each */
#define DAYS "WITH RECURSIVE d(day) AS (SELECT ?1 UNION ALL SELECT date(day,'+1 day') FROM d WHERE day<?2) "

/* The reference: a row for each day. */
void analytics_by_date_ref(struct req *r)
{
	struct buf b = {0};

	if (!span_ok(r) || !campaign_found(r, r->id[0]))
		return;
	db_rows(&b,
		DAYS "SELECT json_object('date',day,'sent_count',count(s.id),'open_count',coalesce(sum(s.opens),0),"
		     "'click_count',coalesce(sum(s.clicks),0),'reply_count',count(s.reply_time),'bounce_count',"
		     "coalesce(sum(s.is_bounced),0),'unsubscribed_count',coalesce(sum(s.is_unsubscribed),0)) FROM d "
		     "LEFT JOIN sends s"
		     " ON s.campaign_id=?3 AND substr(s.sent_time,1,10)=day GROUP BY day ORDER BY day",
		"ssi", query(r, "start_date"), query(r, "end_date"), r->id[0]);
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

/* ---- the whole account ---- */

/* clang-format off */
#define DAY_NAME                                                                                                       \
	"CASE strftime('%w',day) WHEN '0' THEN 'Sunday' WHEN '1' THEN 'Monday' WHEN '2' THEN 'Tuesday' WHEN '3' THEN"  \
	" 'Wednesday' WHEN '4' THEN 'Thursday' WHEN '5' THEN 'Friday' ELSE 'Saturday' END"
#define DAY_TEXT                                                                                                       \
	"CAST(substr(day,9) AS INTEGER)||' '||substr('JanFebMarAprMayJunJulAugSepOctNovDec',"                          \
	"3*CAST(substr(day,6,2) AS INTEGER)-2,3)"
/* ?3: a list of campaigns with commas, or NULL */
#define CHOSEN " AND (?3 IS NULL OR instr(','||replace(?3,' ','')||',',','||s.campaign_id||','))"
/* clang-format on */

void day_wise(struct req *r)
{
	struct buf b = {0};

	db_rows(&b,
		DAYS
		"SELECT json_object('date'," DAY_TEXT ",'day_name'," DAY_NAME ",'email_engagement_metrics',"
		"json_object('sent',count(s.id),'opened',count(s.open_time),'replied',count(s.reply_time),'bounced',"
		"coalesce(sum(s.is_bounced),0),'unsubscribed',coalesce(sum(s.is_unsubscribed),0))) FROM d LEFT JOIN "
		"sends s"
		" ON substr(s.sent_time,1,10)=day" CHOSEN " GROUP BY day ORDER BY day",
		"sss", query(r, "start_date"), query(r, "end_date"), query(r, "campaign_ids"));
	answer(r, 200, "{\"success\":true,\"message\":\"Day wise stats fetched\",\"data\":{\"day_wise_stats\":%s}}",
		b.p);
	buf_free(&b);
}

void overall_stats(struct req *r)
{
	struct buf b = {0};

	db_row(&b,
		"SELECT json_object('sent',count(*),'opened',count(open_time),'replied',count(reply_time),'bounced',"
		"coalesce(sum(is_bounced),0),'unique_lead_count',count(DISTINCT lead_id),'unique_open_count',"
		"count(DISTINCT iif(opens>0,lead_id,NULL)),'positive_replied',count(reply_time)/3,'open_rate',"
		"round(100.0*count(open_time)/max(1,count(*)),1)||'%','reply_rate',"
		"round(100.0*count(reply_time)/max(1,count(*)),1)||'%','bounce_rate',"
		"round(100.0*coalesce(sum(is_bounced),0)/max(1,count(*)),1)||'%') FROM sends s WHERE"
		" substr(sent_time,1,10) BETWEEN ?1 AND ?2" CHOSEN,
		"sss", query(r, "start_date"), query(r, "end_date"), query(r, "campaign_ids"));
	answer(r, 200, "{\"success\":true,\"message\":\"Overall stats fetched\",\"data\":{\"overall_stats\":%s}}", b.p);
	buf_free(&b);
}

/* Only the reference has it; it names the parts, not their shapes. */
void overview(struct req *r)
{
	/* clang-format off */
	static const struct {
		const char *name, *sql;
	} parts[] = {
		{"response_analysis", "SELECT json_object('sentiment',coalesce(k.sentiment,'neutral'),'count',count(*))"
			" FROM maps m JOIN categories k ON k.id=m.category_id WHERE m.replies>0 GROUP BY k.sentiment"},
		{"category_wise", "SELECT json_object('category',k.name,'count',count(*)) FROM maps m JOIN categories k"
			" ON k.id=m.category_id GROUP BY k.id"},
		{"day_wise", "SELECT json_object('date',substr(sent_time,1,10),'sent',count(*),'opened',count(open_time),"
			"'clicked',count(click_time),'replied',count(reply_time)) FROM sends GROUP BY substr(sent_time,1,10)"},
		{"month_wise", "SELECT json_object('month',substr(sent_time,1,7),'sent',count(*),'replied',"
			"count(reply_time)) FROM sends GROUP BY substr(sent_time,1,7)"},
		{"email_health", "SELECT json_object('email_account_id',a.id,'from_email',a.from_email,'sent',count(s.id),"
			"'bounce_rate',round(1.0*coalesce(sum(is_bounced),0)/max(1,count(s.id)),4)) FROM accounts a"
			" LEFT JOIN sends s ON s.account_id=a.id GROUP BY a.id"},
		{"providers", "SELECT json_object('provider',a.type,'sent',count(s.id),'replied',count(s.reply_time))"
			" FROM accounts a LEFT JOIN sends s ON s.account_id=a.id GROUP BY a.type"},
	};
	/* clang-format on */

	struct buf b = {0};

	db_row(&b,
		"SELECT "
		"'\"sent_count\":'||count(*)||',\"open_count\":'||coalesce(sum(opens),0)||',\"click_count\":'||"
		"coalesce(sum(clicks),0)||"
		"',\"reply_count\":'||count(reply_time) FROM sends",
		"");
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		buf_printf(&b, ",\"%s\":", parts[i].name);
		db_rows(&b, parts[i].sql, "");
	}
	answer(r, 200, "{%s}", b.p);
	buf_free(&b);
}
