/* What both accounts are made of. All is a function of the numbers, so that every start gives the same account. */
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

void seed_common(void)
{
	/* clang-format off */
	static const char *const all[] = {
		"INSERT INTO clients VALUES(31,'Oven Partners','ops@ovenpartners.example','Oven Partners Ltd'),"
		"(32,'Mühle & Söhne','kontakt@muehle.example','Mühle GmbH')",
		"INSERT INTO tags VALUES(9,'spring','#88AA00'),(10,'north/south','#FF5733'),(11,'très \"important\"','#0033AA')",
		"INSERT INTO categories SELECT key+1,'2024-01-01T00:00:00.000Z',value->>0,value->>1 FROM json_each('["
		"[\"Interested\",\"positive\"],[\"Meeting Request\",\"positive\"],[\"Not Interested\",\"negative\"],"
		"[\"Do Not Contact\",\"negative\"],[\"Information Request\",\"positive\"],[\"Out Of Office\",null],"
		"[\"Wrong Person\",\"negative\"]]')",
		"INSERT INTO categories VALUES(91044,'2025-08-01T09:00:00.000Z','Call back in May',NULL)",
		"INSERT INTO blocks SELECT 228500000+key+1,value->>0,'2026-01-02T03:04:05.678Z',value->>1,NULL FROM json_each('["
		"[\"blocked.example\",\"manual\"],[\"never@mills.example\",\"manual\"],"
		"[\"gone@ovens.example\",\"Bounce detection\"]]')",
		"INSERT INTO counters VALUES('block',3)",
		"INSERT INTO bounced VALUES('bounces@mills.example'),('old@ovens.example')",
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		db_run(all[i], "");
}

int64_t seed_campaign(const char *name, const char *status, bool scheduled)
{
	int64_t id = next_id("campaign");

	db_run("INSERT INTO "
	       "campaigns(id,name,status,created_at,updated_at,track_settings,cron,min_time,max_leads,follow_up)"
	       " VALUES(?1,?2,?3,strftime('%Y-%m-%dT%H:%M:%S.118Z','2026-01-07 09:14:02','+'||(?1%100)||' hours'),"
	       "strftime(iif(?1%2,'%Y-%m-%dT%H:%M:%S.902Z','%Y-%m-%dT%H:%M:%S.902114+00:00'),'2026-02-03 16:40:11',"
	       "'+'||(?1%100)||' minutes'),"
	       "iif(?1%3=1,'[\"DONT_EMAIL_OPEN\"]','[]'),?4,10+?1%5,20+?1%7*5,60+?1%4*10)",
		"isss", id, name, status,
		scheduled ? "{\"tz\":\"Europe/Madrid\",\"days\":[1,2,3],\"startHour\":\"08:30\",\"endHour\":\"17:00\"}"
			  : NULL);
	return id;
}

int64_t seed_step(int64_t campaign, int64_t number, const char *subject, const char *body)
{
	int64_t id = next_id("step");

	db_run("INSERT INTO steps(id,campaign_id,seq_number,delay,subject,email_body,created_at,updated_at) SELECT "
	       "?1,?2,?3,"
	       "(?3-1)*3,?4,?5,created_at,created_at FROM campaigns WHERE id=?2",
		"iiiss", id, campaign, number, subject, body);
	return id;
}

int64_t seed_variant(int64_t step, const char *label, const char *subject, const char *body)
{
	int64_t id = next_id("variant");

	db_run("INSERT INTO variants(id,step_id,label,subject,email_body,created_at,updated_at) SELECT ?1,?2,?3,?4,?5,"
	       "created_at,created_at FROM steps WHERE id=?2",
		"iisss", id, step, label, subject, body);
	return id;
}

void seed_link(int64_t campaign, int64_t account)
{
	db_run("INSERT INTO links(campaign_id,account_id,updated_at) VALUES(?,?,'2026-01-08T10:05:00.000Z')", "ii",
		campaign, account);
}

/* An account of Google or Microsoft logs in by a token: it has no hosts and no password. */
void seed_account(int64_t n, const char *type)
{
	static const char *const first[] = {"Ana", "Bruno", "Chloé", "Dörte", "Emi", "Farid", "Gwen", "Hugo"};
	static const char *const mailbox[] = {"ana", "bruno", "chloe", "doerte", "emi", "farid", "gwen", "hugo"};
	bool smtp = strcmp(type, "SMTP") == 0;
	int64_t id = next_id("account");
	char *email = text("%s.ruiz%ld@try%s.example", mailbox[n % 8], n, n % 3 ? "bakers" : "ovens");
	char *name = text("%s Ruiz", first[n % 8]);

	db_run("INSERT INTO "
	       "accounts(id,created_at,updated_at,from_name,from_email,username,message_per_day,tracking,bcc,"
	       "daily_sent,type,warmup,warmup_sent,warmup_spam,warmup_key,warmup_created,warmup_max,reputation)"
	       " VALUES(?1,'2025-11-02T08:00:00.000Z','2026-02-01T08:00:00.000Z',?2,?3,?3,30+?1%4*10,'','',?1%9,?4,?5,"
	       "iif(?5 IS NULL,0,300+?1),iif(?5 IS NULL,0,?1%5),iif(?5 IS NULL,NULL,'plum-lamp-'||?1),"
	       "iif(?5 IS NULL,NULL,'2025-11-02'),25,100-?1%3)",
		"issss", id, name, email, type,
		n % 4 == 3   ? NULL
		: n % 4 == 2 ? "INACTIVE"
			     : "ACTIVE");
	if (smtp)
		db_run("UPDATE accounts SET password='s3cret-'||id, imap_username=username, "
		       "imap_password='s3cret-'||id,"
		       "smtp_host='smtp.trybakers.example', smtp_port=587, smtp_port_type='TLS',"
		       "imap_host='imap.trybakers.example', imap_port=993, client_id=iif(id%5=0,31,NULL),"
		       "updated_at='2026-02-01T08:00:00.000Z' WHERE id=?",
			"i", id);
	free(email);
	free(name);
}

/* ---- leads ---- */

static const char *custom_fields(int64_t n)
{
	static const char *const all[] = {
		"{}",
		"{\"city_type\":\"small\",\"job_title\":\"Baker\"}",
		"{\"note\":\"says \\\"fresh\\\", daily\",\"status\":\"hot\"}",
		"{\"note\":\"line one\\nline two\",\"email address\":\"other@post.example\"}",
		"{\"job_title\":\"Owner, founder\",\"Größe\":\"12\",\"Opening-Hours now\":\"6–14\"}",
	};

	return all[n % 5];
}

static const char *status_of(int64_t n)
{
	static const char *const all[] = {"INPROGRESS", "STARTED", "COMPLETED", "INPROGRESS", "INPROGRESS", "PAUSED",
		"COMPLETED", "STOPPED", "INPROGRESS", "COMPLETED", "BLOCKED"};

	return all[n % 11];
}

static int64_t step_of(int64_t n, int64_t steps)
{
	const char *s = status_of(n);

	return strcmp(s, "STARTED") == 0 ? 0 : strcmp(s, "COMPLETED") == 0 || !steps ? steps : 1 + n / 11 % steps;
}

static void bind_text(sqlite3_stmt *st, int at, char *s)
{
	sqlite3_bind_text(st, at, s, -1, free);
}

static void add_lead(sqlite3_stmt *st, int64_t n, bool varied)
{
	static const char *const first[] = {"Luz", "José", "Zoë", "Ann", "Paul", "李", "O'Neil", "Mia"};
	static const char *const last[] = {"Vega", "Muñoz", "Smith", "Ångström", "van der Berg", "Petit", "Rossi"};

	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, nth_id("lead", n));
	bind_text(st, 2, text("lead%ld@%s%ld.example", n, n % 2 ? "horno" : "mill", n % 97));
	sqlite3_bind_text(st, 3, first[n % 8], -1, SQLITE_STATIC);
	if (varied && n % 23 == 7)
		sqlite3_bind_null(st, 4);
	else
		sqlite3_bind_text(st, 4, last[n % 7], -1, SQLITE_STATIC);
	bind_text(st, 5, text("+34600%06ld", n));
	bind_text(st, 6, text(varied && n % 13 == 2 ? "\"Horno\", No. %ld" : "Horno %ld", n % 97));
	bind_text(st, 7, text("%s%ld.example", n % 2 ? "horno" : "mill", n % 97));
	sqlite3_bind_text(st, 8,
		varied && n % 31 == 6 ? "Plaza Mayor 1\nÁvila"
		: n % 3               ? "Burgos"
				      : "Ávila, España",
		-1, SQLITE_STATIC);
	sqlite3_bind_text(st, 9, custom_fields(varied ? n : 1), -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 10, varied && n % 71 == 5);
	sqlite3_step(st);
}

static void add_map(sqlite3_stmt *st, int64_t id, int64_t campaign, int64_t n, int64_t steps)
{
	int64_t step = step_of(n, steps);

	sqlite3_reset(st);
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_int64(st, 2, campaign);
	sqlite3_bind_int64(st, 3, nth_id("lead", n));
	sqlite3_bind_text(st, 4, status_of(n), -1, SQLITE_STATIC);
	if (n % 9 == 4)
		sqlite3_bind_int64(st, 5, n % 5 ? 1 + n % 7 : 91044);
	else
		sqlite3_bind_null(st, 5);
	sqlite3_bind_int64(st, 6, step);
	sqlite3_bind_int64(st, 7, step && n % 9 == 4);
	sqlite3_bind_int64(st, 8, n % 53 == 9);
	sqlite3_step(st);
}

/* Leads first … first+count-1; those that another campaign has already are shared. */
void seed_leads(int64_t campaign, int64_t first, int64_t count, int64_t steps, bool varied)
{
	sqlite3_stmt *lead = db_prepare(
		"INSERT OR IGNORE INTO leads(id,created_at,email,first_name,last_name,phone_number,"
		"company_name,website,location,custom_fields,is_unsubscribed,linkedin_profile,company_url) VALUES(?1,"
		"'2026-01-10T08:00:00.000Z',?2,?3,?4,?5,?6,?7,?8,?9,?10,'',?7)");
	sqlite3_stmt *map =
		db_prepare("INSERT INTO maps(id,campaign_id,lead_id,status,category_id,step,replies,unsubscribed,"
			   "created_at) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,iif(?1%2,'2026-01-10T08:00:00.000Z',"
			   "'2026-01-10T08:00:00.123456+00:00'))");

	int64_t maps = db_int("SELECT coalesce(max(n),0) FROM counters WHERE kind='map'", "");
	for (int64_t n = first; n < first + count; n++) {
		add_lead(lead, n, varied);
		add_map(map, nth_id("map", ++maps), campaign, n, steps);
	}
	db_run("INSERT INTO counters VALUES('map',?1) ON CONFLICT(kind) DO UPDATE SET n=?1", "i", maps);
	sqlite3_finalize(lead);
	sqlite3_finalize(map);
	db_run("INSERT INTO counters VALUES('lead',?1) ON CONFLICT(kind) DO UPDATE SET n=max(n,?1)", "i",
		first + count - 1);
}

/* ---- what was sent to them ---- */

/* age: days ago, today included; ago: minutes before now, but not before midnight, so that the day holds. */
/* clang-format off */
static const char sends_sql[] =
	"INSERT INTO sends(stats_id,campaign_id,lead_id,step_id,variant_id,seq_number,account_id,sent_time,opens,clicks,"
	"is_bounced,is_unsubscribed,reply_time) SELECT printf('%08x-5f0c-4a00-8%03x-%012x',h,seq_number,id%281474976710655),"
	"campaign_id,lead_id,step_id,variants->>(h%max(1,json_array_length(variants))),seq_number,"
	"accounts->>(h%max(1,json_array_length(accounts))), strftime('%Y-%m-%dT%H:%M:%S.',"
	"'now','-'||age||' days','-'||ago||' minutes')||iif(h%3,'417Z','417028+00:00'),iif(h/61%10<4,1+h%3,0),iif(h/61%10<1,1,0),"
	"status='BLOCKED' AND seq_number=step, unsubscribed AND seq_number=step, iif(replies AND seq_number=step,"
	"strftime('%Y-%m-%dT%H:%M:%S.000Z','now','-'||age||' days','-'||(ago*9/10)||' minutes'),NULL)"
	" FROM (SELECT *,max(h%60-3*(seq_number-1),0) AS age, h/7%midnight AS ago FROM (SELECT m.id,m.campaign_id,m.lead_id,"
	"m.status,m.step,m.replies,m.unsubscribed,s.id AS step_id,s.seq_number,(m.lead_id%1000003*7919+m.lead_id/11)"
	"%1000003 AS h,(SELECT json_group_array(id) FROM variants v WHERE v.step_id=s.id AND NOT is_deleted) AS variants,"
	"(SELECT json_group_array(account_id) FROM links k WHERE k.campaign_id=m.campaign_id) AS accounts,"
	"max(1,CAST(strftime('%s','now') AS INTEGER)%86400/60) AS midnight FROM maps m JOIN steps s"
	" ON s.campaign_id=m.campaign_id AND s.seq_number<=m.step WHERE m.campaign_id=?1)) x ORDER BY id, seq_number";

static const char replies_sql[] =
	"INSERT INTO messages(stats_id,campaign_id,lead_id,type,message_id,time,sender,recipient,cc,subject,body)"
	" SELECT stats_id,campaign_id,lead_id,'REPLY','<r'||id||'@mail.example>',reply_time,email,sender,"
	"iif(id%5=0,'[\"boss@mills.example\"]','[]'),iif(id%4=0,'Re: '||subject,NULL),CASE id%3"
	" WHEN 0 THEN '<div>Yes, please call.</div><blockquote>'||body||'</blockquote>'"
	" WHEN 1 THEN '<div>Grüße aus Köln — 好的 🥐</div>' ELSE '<p>Hello,' || char(10) || 'From Monday on we are closed.'"
	" || char(10) || '>From here on quoted' || char(10) || '</p>' END FROM v_send WHERE campaign_id=?1"
	" AND reply_time IS NOT NULL";
/* clang-format on */

void seed_sends(int64_t campaign)
{
	db_run(sends_sql, "i", campaign);
	db_run("UPDATE sends SET open_time=iif(opens,sent_time,NULL), click_time=iif(clicks,sent_time,NULL)"
	       " WHERE campaign_id=?",
		"i", campaign);
	db_run(replies_sql, "i", campaign);
	db_run("UPDATE maps SET opens=t.o, clicks=t.c FROM (SELECT lead_id,sum(opens) AS o,sum(clicks) AS c FROM sends"
	       " WHERE campaign_id=?1 GROUP BY lead_id) t WHERE maps.lead_id=t.lead_id AND campaign_id=?1",
		"i", campaign);
}
