/* leads-export: CSV in the columns of either dialect, 500 rows at a time, so that no size of campaign fills memory. */
#include "handlers.h"

#include <stdlib.h>

/* clang-format off */
#define COMMON                                                                                                         \
	"csv(l.first_name)||','||csv(l.last_name)||','||csv(l.email)||','||csv(l.phone_number)||','||"                 \
	"csv(l.company_name)||','||csv(l.website)||','||csv(l.location)||','||csv(l.custom_fields)||','||"             \
	"csv(l.linkedin_profile)||','||csv(l.company_url)||','||iif(l.is_unsubscribed,'true','false')||','||"
#define NAMES "first_name,last_name,email,phone_number,company_name,website,location,custom_fields,linkedin_profile,company_url,"
#define INTERESTED "iif(coalesce(k.sentiment,'')='positive','true','false')||','||"
#define FROM                                                                                                           \
	" FROM maps m JOIN leads l ON l.id=m.lead_id LEFT JOIN categories k ON k.id=m.category_id WHERE m.campaign_id=?"\
	" AND m.id>? AND m.visible_at<=now_ms() ORDER BY m.id LIMIT 500"

static const char header_ref[] = "id,campaign_lead_map_id,status,created_at," NAMES
	"is_unsubscribed,last_email_sequence_sent,is_interested,open_count,click_count,reply_count\n";
static const char header_live[] = "id,campaign_lead_map_id,status,category,is_interested,created_at," NAMES
	"is_unsubscribed,unsubscribed_client_id_map,last_email_sequence_sent,open_count,click_count,reply_count\n";

static const char rows_ref[] = "SELECT m.id, l.id||','||m.id||','||m.status||','||m.created_at||','||" COMMON
	"m.step||','||" INTERESTED "m.opens||','||m.clicks||','||m.replies" FROM;
static const char rows_live[] = "SELECT m.id, l.id||','||m.id||','||m.status||','||csv(k.name)||','||" INTERESTED
	"m.created_at||','||" COMMON "csv(iif(m.unsubscribed,'{\"0\":true}',''))||','||m.step||','||m.opens||','||m.clicks"
	"||','||m.replies" FROM;
/* clang-format on */

static bool more_rows(struct req *r, struct buf *out)
{
	int n = 0;

	pthread_mutex_lock(&sb.lock);
	sqlite3_stmt *st = db_prepare(r->flag ? rows_live : rows_ref);
	sqlite3_bind_int64(st, 1, r->id[0]);
	sqlite3_bind_int64(st, 2, r->cursor);
	for (; sqlite3_step(st) == SQLITE_ROW; n++) {
		r->cursor = sqlite3_column_int64(st, 0);
		buf_str(out, (const char *)sqlite3_column_text(st, 1));
		buf_str(out, "\n");
	}
	sqlite3_finalize(st);
	pthread_mutex_unlock(&sb.lock);
	return n == 500;
}

void leads_export(struct req *r)
{
	if (!campaign_found(r, r->id[0]))
		return;
	r->flag = sb.export_live;
	answer_text(r, "text/csv", r->flag ? header_live : header_ref);
	r->disposition = text("attachment; filename=\"sl_campaign_%lld_leads.csv\"", (long long)r->id[0]);
	r->more = more_rows;
}
