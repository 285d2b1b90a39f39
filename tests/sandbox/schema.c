/*
 * The account's tables, and the views that turn rows into the JSON of the API. A view's columns j… hold JSON text;
 * SQLite writes integers digit for digit, which a double could not. Where the dialects differ, is_live() decides.
 */
#include "sandbox.h"

/* clang-format off */
const char schema_sql[] =
	"CREATE TABLE IF NOT EXISTS counters(kind TEXT PRIMARY KEY, n INTEGER);"
	"CREATE TABLE IF NOT EXISTS clients(id INTEGER PRIMARY KEY, name TEXT, email TEXT, company TEXT);"
	"CREATE TABLE IF NOT EXISTS tags(id INTEGER PRIMARY KEY, name TEXT, color TEXT);"
	"CREATE TABLE IF NOT EXISTS categories(id INTEGER PRIMARY KEY, created_at TEXT, name TEXT, sentiment TEXT);"
	"CREATE TABLE IF NOT EXISTS campaigns(id INTEGER PRIMARY KEY, user_id INTEGER DEFAULT 5120, created_at TEXT,"
	" updated_at TEXT, status TEXT DEFAULT 'DRAFTED', name TEXT, track_settings TEXT DEFAULT '[]', cron TEXT,"
	" min_time INTEGER DEFAULT 10, max_leads INTEGER DEFAULT 20, stop_lead TEXT DEFAULT 'REPLY_TO_AN_EMAIL',"
	" schedule_start TEXT, esp INTEGER DEFAULT 0, plain INTEGER DEFAULT 0, follow_up INTEGER DEFAULT 100,"
	" unsubscribe_text TEXT, parent_id INTEGER, client_id INTEGER, logs TEXT DEFAULT '[]', extras TEXT DEFAULT '{}');"
	"CREATE TABLE IF NOT EXISTS campaign_tags(campaign_id INTEGER, tag_id INTEGER);"
	"CREATE TABLE IF NOT EXISTS steps(id INTEGER PRIMARY KEY, campaign_id INTEGER, seq_number INTEGER,"
	" delay INTEGER DEFAULT 0, subject TEXT DEFAULT '', email_body TEXT DEFAULT '', distribution TEXT,"
	" null_variants INTEGER DEFAULT 0, created_at TEXT, updated_at TEXT, extras TEXT DEFAULT '{}');"
	"CREATE INDEX IF NOT EXISTS steps_of ON steps(campaign_id);"
	"CREATE TABLE IF NOT EXISTS variants(id INTEGER PRIMARY KEY, step_id INTEGER, label TEXT, subject TEXT,"
	" email_body TEXT, percentage, is_deleted INTEGER DEFAULT 0, created_at TEXT, updated_at TEXT);"
	"CREATE INDEX IF NOT EXISTS variants_of ON variants(step_id);"
	"CREATE TABLE IF NOT EXISTS accounts(id INTEGER PRIMARY KEY, created_at TEXT, updated_at TEXT,"
	" user_id INTEGER DEFAULT 5120, from_name TEXT, from_email TEXT, username TEXT, password TEXT, smtp_host TEXT,"
	" smtp_port INTEGER, smtp_port_type TEXT, message_per_day INTEGER, reply_to TEXT, imap_differs INTEGER DEFAULT 0,"
	" imap_username TEXT, imap_password TEXT, imap_host TEXT, imap_port INTEGER, signature TEXT, tracking TEXT,"
	" bcc TEXT, smtp_ok INTEGER DEFAULT 1, imap_ok INTEGER DEFAULT 1, failure TEXT, type TEXT DEFAULT 'SMTP',"
	" daily_sent INTEGER DEFAULT 0, client_id INTEGER, wait_mins INTEGER DEFAULT 10, suspended INTEGER DEFAULT 0,"
	" warmup TEXT, warmup_sent INTEGER DEFAULT 0, warmup_spam INTEGER DEFAULT 0, reputation INTEGER DEFAULT 100,"
	" warmup_key TEXT, warmup_created TEXT, reply_rate INTEGER DEFAULT 30, warmup_max INTEGER DEFAULT 20,"
	" rampup INTEGER DEFAULT 5);"
	"CREATE TABLE IF NOT EXISTS links(id INTEGER PRIMARY KEY, campaign_id INTEGER, account_id INTEGER, updated_at TEXT,"
	" UNIQUE(campaign_id, account_id));"
	"CREATE TABLE IF NOT EXISTS leads(id INTEGER PRIMARY KEY, created_at TEXT, email TEXT UNIQUE, first_name TEXT,"
	" last_name TEXT, phone_number, company_name TEXT, website TEXT, location TEXT, custom_fields TEXT DEFAULT '{}',"
	" linkedin_profile TEXT, company_url TEXT, is_unsubscribed INTEGER DEFAULT 0);"
	"CREATE TABLE IF NOT EXISTS maps(id INTEGER PRIMARY KEY, campaign_id INTEGER, lead_id INTEGER,"
	" status TEXT DEFAULT 'STARTED', category_id INTEGER, created_at TEXT, unsubscribed INTEGER DEFAULT 0,"
	" step INTEGER DEFAULT 0, opens INTEGER DEFAULT 0, clicks INTEGER DEFAULT 0, replies INTEGER DEFAULT 0,"
	" visible_at INTEGER DEFAULT 0, UNIQUE(campaign_id, lead_id));"
	"CREATE INDEX IF NOT EXISTS maps_page ON maps(campaign_id, id);"
	"CREATE INDEX IF NOT EXISTS maps_lead ON maps(lead_id);"
	"CREATE TABLE IF NOT EXISTS sends(id INTEGER PRIMARY KEY, stats_id TEXT, campaign_id INTEGER, lead_id INTEGER,"
	" step_id INTEGER, variant_id INTEGER, seq_number INTEGER, account_id INTEGER, sent_time TEXT, open_time TEXT,"
	" click_time TEXT, reply_time TEXT, opens INTEGER DEFAULT 0, clicks INTEGER DEFAULT 0,"
	" is_unsubscribed INTEGER DEFAULT 0, is_bounced INTEGER DEFAULT 0);"
	"CREATE INDEX IF NOT EXISTS sends_of ON sends(campaign_id, id);"
	"CREATE INDEX IF NOT EXISTS sends_lead ON sends(lead_id);"
	"CREATE INDEX IF NOT EXISTS sends_stats ON sends(stats_id);"
	"CREATE TABLE IF NOT EXISTS messages(id INTEGER PRIMARY KEY, stats_id TEXT, campaign_id INTEGER, lead_id INTEGER,"
	" type TEXT, message_id TEXT, time TEXT, sender TEXT, recipient TEXT, cc TEXT DEFAULT '[]', subject TEXT, body TEXT,"
	" visible_at INTEGER DEFAULT 0);"
	"CREATE INDEX IF NOT EXISTS messages_of ON messages(lead_id);"
	"CREATE TABLE IF NOT EXISTS blocks(id INTEGER PRIMARY KEY, entry TEXT UNIQUE, created_at TEXT,"
	" source TEXT DEFAULT 'manual', client_id INTEGER);"
	"CREATE TABLE IF NOT EXISTS bounced(email TEXT PRIMARY KEY);" /* the community's bounce list */
	"CREATE TABLE IF NOT EXISTS webhooks(id INTEGER PRIMARY KEY, campaign_id INTEGER, name TEXT, webhook_url TEXT,"
	" event_types TEXT, categories TEXT, created_at TEXT, updated_at TEXT);";

#define BOOL(x) "json(iif(" x ",'true','false'))"
#define TEXT(x) "CAST(" x " AS TEXT)"

#define CAMPAIGNS                                                                                                      \
	"CREATE TEMP VIEW v_campaign AS SELECT id, client_id, json_object('id',id,'user_id',user_id,"                  \
	"'created_at',created_at,'updated_at',updated_at,'status',status,'name',name,"                                 \
	"'track_settings',json(track_settings),'scheduler_cron_value',json(cron),'min_time_btwn_emails',min_time,"     \
	"'max_leads_per_day',max_leads,'stop_lead_settings',CASE iif(is_live(),'',stop_lead)"                          \
	" WHEN 'OPEN_AN_EMAIL' THEN 'OPENED_EMAIL' WHEN 'CLICK_ON_A_LINK' THEN 'CLICKED_LINK' ELSE stop_lead END,"     \
	"'schedule_start_time',schedule_start,'enable_ai_esp_matching'," BOOL("esp") ",'send_as_plain_text',"          \
	BOOL("plain") ",'follow_up_percentage',follow_up,'unsubscribe_text',unsubscribe_text,"                         \
	"'parent_campaign_id',parent_id,'client_id',client_id) AS j, (SELECT json_group_array(json_object("            \
	"'tag_id',t.id,'tag_name',t.name,'tag_color',t.color)) FROM campaign_tags ct JOIN tags t ON t.id=ct.tag_id"    \
	" WHERE ct.campaign_id=c.id) AS j_tags, logs AS j_logs FROM campaigns c;"

#define STEPS                                                                                                          \
	"CREATE TEMP VIEW v_variant AS SELECT step_id, id, json_object('id',id,'created_at',created_at,"               \
	"'updated_at',updated_at,'is_deleted'," BOOL("is_deleted") ",'subject',subject,'email_body',email_body,"       \
	"'email_campaign_seq_id',step_id,'variant_label',label,'variant_distribution_percentage',percentage) AS j"     \
	" FROM variants;"                                                                                              \
	"CREATE TEMP VIEW v_step AS SELECT campaign_id, seq_number, id, json_object('id',id,'created_at',created_at,"  \
	"'updated_at',updated_at,'email_campaign_id',campaign_id,'seq_number',seq_number,'subject',subject,"           \
	"'email_body',email_body,'seq_delay_details',json_object(iif(is_live(),'delayInDays','delay_in_days'),delay)," \
	"iif(is_live(),'sequence_variants','variants'),iif(null_variants,NULL,json((SELECT json_group_array(json(j))"  \
	" FROM (SELECT j FROM v_variant v WHERE v.step_id=s.id ORDER BY v.id))))) AS j FROM steps s;"

/* The list has passwords in base64, the others in clear text: so the service is. */
#define ACCOUNT(secret)                                                                                                \
	"'id',id,'created_at',created_at,'updated_at',updated_at,'user_id',user_id,'from_name',from_name,"             \
	"'from_email',from_email,'username',username,'password'," secret("password") ",'smtp_host',smtp_host,"         \
	"'smtp_port',smtp_port,'smtp_port_type',smtp_port_type,'message_per_day',message_per_day,"                     \
	"'different_reply_to_address',reply_to,'is_different_imap_account'," BOOL("imap_differs") ","                  \
	"'imap_username',imap_username,'imap_password'," secret("imap_password") ",'imap_host',imap_host,"             \
	"'imap_port',imap_port,'imap_port_type',iif(imap_host IS NULL,NULL,'SSL'),'signature',signature,"              \
	"'custom_tracking_domain',tracking,'bcc_email',bcc,'is_smtp_success'," BOOL("smtp_ok") ",'is_imap_success',"   \
	BOOL("imap_ok") ",'smtp_failure_error',iif(smtp_ok,NULL,failure),'imap_failure_error',"                        \
	"iif(imap_ok,NULL,failure),'type',type,'daily_sent_count',daily_sent,'client_id',client_id"

#define WARMUP(reputation)                                                                                             \
	"'status',warmup,'total_sent_count',warmup_sent,'total_spam_count',warmup_spam,'warmup_reputation',"           \
	reputation ",'warmup_key_id',warmup_key,'warmup_created_at',warmup_created,'reply_rate',reply_rate,"           \
	"'blocked_reason',NULL,'warmup_min_count',10,'warmup_max_count',warmup_max,'max_email_per_day',warmup_max"

#define CODED(x) "base64(" x ")"
#define CLEAR(x) x

#define ACCOUNTS                                                                                                       \
	"CREATE TEMP VIEW v_account AS SELECT id, from_email, client_id, json_object(" ACCOUNT(CODED)                  \
	",'warmup_details',iif(warmup IS NULL,NULL,json_object(" WARMUP("reputation||'%'") ")),'expires_at',NULL,"     \
	"'minTimeToWaitInMins',wait_mins,'campaign_count',(SELECT count(*) FROM links l WHERE l.account_id=a.id),"     \
	"'is_connected_to_campaign'," BOOL("EXISTS(SELECT 1 FROM links l WHERE l.account_id=a.id)") ","                \
	"'tags',json('[]')) AS j_list, json_object(" ACCOUNT(CLEAR) ",'is_suspended'," BOOL("suspended") ","           \
	"'use_whitelabel_credentials',json('false'),'warmup_details',iif(warmup IS NULL,NULL,json_object("             \
	"'id',id+9000,'created_at',created_at," WARMUP("reputation") ",'is_warmup_blocked',json('false')))) AS j_one," \
	"json_object(" ACCOUNT(CLEAR) ") AS j_campaign FROM accounts a;"

#define LEAD                                                                                                           \
	"'first_name',l.first_name,'last_name',l.last_name,'email',l.email,'phone_number',l.phone_number,"             \
	"'company_name',l.company_name,'website',l.website,'location',l.location,"                                     \
	"'custom_fields',json(l.custom_fields),'linkedin_profile',l.linkedin_profile,'company_url',l.company_url,"     \
	"'is_unsubscribed'," BOOL("l.is_unsubscribed")

#define LEADS                                                                                                          \
	"CREATE TEMP VIEW v_map AS SELECT m.*, l.email AS email, json_object('campaign_lead_map_id',m.id,"             \
	"'lead_category_id',m.category_id,'status',m.status,'created_at',m.created_at,'lead',json_object('id',l.id,"   \
	LEAD ",'unsubscribed_client_id_map',iif(m.unsubscribed,json_object('0',json('true')),NULL))) AS j_live"        \
	" FROM maps m JOIN leads l ON l.id=m.lead_id WHERE m.visible_at<=now_ms();"                                    \
	"CREATE TEMP VIEW v_lead AS SELECT id, email, json_object('id',iif(is_live()," TEXT("id") ",id)," LEAD ","     \
	"'created_at',created_at,'unsubscribed_client_id_map',json('{}'),'lead_campaign_data',json((SELECT"            \
	" json_group_array(json_object('campaign_lead_map_id',iif(is_live()," TEXT("m.id") ",m.id),"                   \
	"'campaign_id',c.id,'campaign_name',c.name,'client_id',c.client_id,'client_email',(SELECT email FROM clients k"\
	" WHERE k.id=c.client_id),'lead_category_id',m.category_id)) FROM maps m JOIN campaigns c"                     \
	" ON c.id=m.campaign_id WHERE m.lead_id=l.id AND m.visible_at<=now_ms()))) AS j, json_object('id',id," LEAD    \
	",'created_at',created_at) AS j_plain FROM leads l;"

/* What was sent is rendered from the sequence as it is now; merge tags are filled in for the name alone. */
#define SENDS                                                                                                          \
	"CREATE TEMP VIEW v_send AS SELECT x.*, l.email AS email, l.first_name||' '||l.last_name AS lead_name,"        \
	"replace(coalesce(v.subject,s.subject,''),'{{first_name}}',coalesce(l.first_name,'')) AS subject,"             \
	"replace(coalesce(v.email_body,s.email_body,''),'{{first_name}}',coalesce(l.first_name,'')) AS body,"          \
	"'<s'||x.id||'@'||substr(a.from_email,instr(a.from_email,'@')+1)||'>' AS message_id, a.from_email AS sender"   \
	" FROM sends x JOIN leads l ON l.id=x.lead_id LEFT JOIN steps s ON s.id=x.step_id"                             \
	" LEFT JOIN variants v ON v.id=x.variant_id LEFT JOIN accounts a ON a.id=x.account_id;"                        \
	"CREATE TEMP VIEW v_stat AS SELECT x.*, json_object('lead_name',lead_name,'lead_email',email,'lead_category'," \
	"(SELECT k.name FROM maps m JOIN categories k ON k.id=m.category_id WHERE m.campaign_id=x.campaign_id AND"     \
	" m.lead_id=x.lead_id),'sequence_number',seq_number,'stats_id',stats_id,'email_campaign_seq_id',step_id,"      \
	"'seq_variant_id',variant_id,'email_subject',subject,'email_message',body,'sent_time',sent_time,"              \
	"'open_time',open_time,'click_time',click_time,'reply_time',reply_time,'open_count',opens,"                    \
	"'click_count',clicks,'is_unsubscribed'," BOOL("is_unsubscribed") ",'is_bounced'," BOOL("is_bounced")          \
	") AS j FROM v_send x;"

#define MESSAGES                                                                                                       \
	"CREATE TEMP VIEW v_message AS SELECT campaign_id, lead_id, sent_time AS time, sender, email AS recipient,"    \
	"stats_id, message_id, json_object('stats_id',stats_id,'type','SENT','message_id',message_id,'time',sent_time,"\
	"'from',sender,'to',email,'cc',json('[]'),'bcc',json('[]'),'subject',subject,'email_body',body,"               \
	"'email_seq_number'," TEXT("seq_number") ",'open_count',opens,'click_count',clicks,'click_details',json('{}'))"\
	" AS j FROM v_send UNION ALL SELECT campaign_id, lead_id, time, sender, recipient, stats_id, message_id,"      \
	" iif(subject IS NULL, json_object('stats_id',stats_id,'type',type,'message_id',message_id,'time',time,"       \
	"'from',sender,'to',recipient,'cc',json(cc),'email_body',body,'attachments',json('[]')), json_object("         \
	"'stats_id',stats_id,'type',type,'message_id',message_id,'time',time,'from',sender,'to',recipient,'cc',"       \
	"json(cc),'subject',subject,'email_body',body,'attachments',json('[]'))) AS j FROM messages"                   \
	" WHERE visible_at<=now_ms();"

const char views_sql[] = CAMPAIGNS STEPS ACCOUNTS LEADS SENDS MESSAGES
	"CREATE TEMP TRIGGER touched AFTER UPDATE ON campaigns WHEN NEW.updated_at IS OLD.updated_at BEGIN"
	" UPDATE campaigns SET updated_at=now() WHERE id=NEW.id; END;"
	"CREATE TEMP TRIGGER touched_account AFTER UPDATE ON accounts WHEN NEW.updated_at IS OLD.updated_at BEGIN"
	" UPDATE accounts SET updated_at=now() WHERE id=NEW.id; END;";
/* clang-format on */

/* The n-th id of a kind. Some lead and map ids are odd numbers above 2^53: no double holds them. */
int64_t nth_id(const char *kind, int64_t n)
{
	switch (kind[0]) {
	case 'c':
		return 700000 + n;
	case 'l':
		return n % 4 == 1 ? 9007199254740991 + 2 * n : 3001000000 + n;
	case 'm':
		return n % 4 == 1 ? 9107199254740991 + 2 * n : 2511000000 + n;
	case 's':
		return 81000 + n;
	case 'v':
		return 90000 + n;
	case 'a':
		return 400 + n;
	case 'w':
		return 4400 + n;
	case 'b':
		return 228500000 + n;
	default:
		return n;
	}
}

/* Kinds: campaign, lead, map, step, variant, account, webhook, block */
int64_t next_id(const char *kind)
{
	db_run("INSERT INTO counters VALUES(?,1) ON CONFLICT(kind) DO UPDATE SET n=n+1", "s", kind);
	return nth_id(kind, db_int("SELECT n FROM counters WHERE kind=?", "s", kind));
}
