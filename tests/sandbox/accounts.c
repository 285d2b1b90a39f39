/* E-mail accounts, their warmup, and the campaigns they are attached to. */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

static bool account_found(struct req *r, int64_t id)
{
	if (db_int("SELECT 1 FROM accounts WHERE id=?", "i", id) == 1)
		return true;
	fail(r, 404, "Email account not found");
	return false;
}

void accounts_list(struct req *r)
{
	struct buf b = {0};
	int64_t limit = query_int(r, "limit", 100);

	if (limit > 100 && !sb.accounts_empty) {
		refuse(r, "query", "limit", "\"limit\" must be less than or equal to 100");
		return;
	}
	db_rows(&b,
		"SELECT v.j_list FROM v_account v JOIN accounts a ON a.id=v.id"
		" WHERE (?1 IS NULL OR iif(EXISTS(SELECT 1 FROM links WHERE account_id=a.id),'true','false')=?1)"
		" AND (?2 IS NULL OR a.warmup=?2) AND (?3 IS NULL OR iif(a.smtp_ok,'true','false')=?3)"
		" AND (?4 IS NULL OR ?4='false') AND (?5 IS NULL OR a.type=upper(?5))"
		" AND (?6 IS NULL OR a.username LIKE '%'||?6||'%') AND (?7<0 OR a.client_id=?7)"
		" ORDER BY v.id DESC LIMIT ?8 OFFSET ?9",
		"ssssssiii", query(r, "isInUse"), query(r, "emailWarmupStatus"), query(r, "isSmtpSuccess"),
		query(r, "isWarmupBlocked"), query(r, "esp"), query(r, "username"), query_int(r, "client_id", -1),
		limit > 100 ? 0 : limit, query_int(r, "offset", 0));
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

void account_get(struct req *r)
{
	struct buf b = {0};

	if (account_found(r, r->id[0])) {
		db_row(&b,
			"SELECT iif(?1,json_insert(j_one,'$.campaign_ids',json((SELECT json_group_array(campaign_id)"
			" FROM links WHERE account_id=v.id))),j_one) FROM v_account v WHERE id=?2",
			"ii", (int64_t)query_true(r, "fetch_campaigns"), r->id[0]);
		answer(r, 200, "%s", b.p);
	}
	buf_free(&b);
}

/* ---- writes: the keys of a body, and the columns they go to; absent keys change nothing ---- */

/* clang-format off */
static const struct {
	const char *key, *column;
} columns[] = {
	{"from_name", "from_name"}, {"from_email", "from_email"}, {"username", "username"}, {"user_name", "username"},
	{"password", "password"}, {"smtp_host", "smtp_host"}, {"smtp_port", "smtp_port"},
	{"smtp_port_type", "smtp_port_type"}, {"imap_host", "imap_host"}, {"imap_port", "imap_port"},
	{"imap_user_name", "imap_username"}, {"imap_password", "imap_password"},
	{"max_email_per_day", "message_per_day"}, {"custom_tracking_url", "tracking"}, {"bcc", "bcc"},
	{"signature", "signature"}, {"client_id", "client_id"}, {"time_to_wait_in_mins", "wait_mins"},
	{"different_reply_to_address", "reply_to"}, {"is_suspended", "suspended"}, {"type", "type"},
	{"total_warmup_per_day", "warmup_max"}, {"daily_rampup", "rampup"}, {"reply_rate_percentage", "reply_rate"},
	{"warmup_key_id", "warmup_key"},
};
/* clang-format on */

static void store(const struct req *r, int64_t id)
{
	const cJSON *on = cJSON_GetObjectItemCaseSensitive(r->body, "warmup_enabled");

	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		if (!cJSON_HasObjectItem(r->body, columns[i].key))
			continue;
		char *sql = text("UPDATE accounts SET %s=?1->>'%s' WHERE id=?2", columns[i].column, columns[i].key);
		db_run(sql, "si", r->raw.p, id);
		free(sql);
	}
	if (on && (cJSON_IsTrue(on) || db_int("SELECT warmup IS NOT NULL FROM accounts WHERE id=?", "i", id) == 1))
		db_run("UPDATE accounts SET warmup=?1, warmup_created=coalesce(warmup_created,substr(now(),1,10)),"
		       "warmup_key=coalesce(warmup_key,'plum-lamp-'||id) WHERE id=?2",
			"si", cJSON_IsTrue(on) ? "ACTIVE" : "INACTIVE", id);
	db_run("UPDATE accounts SET updated_at=now() WHERE id=?", "i", id);
}

static void answer_account(struct req *r, const char *message, int64_t id)
{
	struct buf key = {0};

	db_row(&key, "SELECT json_quote(coalesce(warmup_key,'plum-lamp-'||id)) FROM accounts WHERE id=?", "i", id);
	answer(r, 200, "{\"ok\":true,\"message\":\"%s\",\"emailAccountId\":%lld,\"warmupKey\":%s}", message,
		(long long)id, key.p);
	buf_free(&key);
}

static bool complete(struct req *r)
{
	static const char *const needed[] = {
		"from_name", "from_email", "user_name", "password", "smtp_host", "smtp_port", "imap_host", "imap_port"};

	for (size_t i = 0; r->live && i < sizeof(needed) / sizeof(*needed); i++)
		if (!cJSON_HasObjectItem(r->body, needed[i]))
			return refuse(r, "body", needed[i], "\"%s\" is required", needed[i]);
	return true;
}

static int64_t create(struct req *r)
{
	const char *email = cJSON_GetObjectItem(r->body, "from_email")->valuestring;
	int64_t other = db_int("SELECT id FROM accounts WHERE from_email=?", "s", email);

	if (!email_ok(email)) {
		refuse(r, "body", "from_email", "\"from_email\" must be a valid email");
		return -1;
	}
	if (other > 0) {
		answer(r, 400,
			"{\"ok\":false,\"message\":\"Email account already exists\","
			"\"errorCode\":\"ACCOUNT_ALREADY_EXIST\",\"emailAccountId\":%lld}",
			(long long)other);
		return -1;
	}
	int64_t id = next_id("account");
	db_run("INSERT INTO accounts(id,created_at,updated_at,message_per_day,tracking,bcc) "
	       "VALUES(?,now(),now(),50,'','')",
		"i", id);
	return id;
}

/* A host named *.invalid is one that the service can't log in to. */
static bool verified(struct req *r)
{
	const cJSON *host = cJSON_GetObjectItem(r->body, "smtp_host");

	if (!cJSON_IsString(host) || !strstr(host->valuestring, ".invalid"))
		return true;
	answer(r, 400,
		"{\"ok\":false,\"message\":\"Email account could not be verified\","
		"\"errorCode\":\"ACCOUNT_VERIFICATION_FAILED\",\"error\":\"getaddrinfo ENOTFOUND\"}");
	return false;
}

void account_save(struct req *r)
{
	const cJSON *given = cJSON_GetObjectItemCaseSensitive(r->body, "id");
	int64_t id = cJSON_IsNumber(given) ? (int64_t)given->valuedouble : 0;

	if (id && db_int("SELECT 1 FROM accounts WHERE id=?", "i", id) != 1) {
		answer(r, 404,
			"{\"ok\":false,\"message\":\"Email account not found\",\"errorCode\":\"ACCOUNT_NOT_FOUND\"}");
		return;
	}
	if ((!id && !complete(r)) || !verified(r))
		return;
	bool fresh = !id;
	if (fresh && (id = create(r)) < 0)
		return;
	store(r, id);
	if (fresh)
		db_run("UPDATE accounts SET smtp_port_type=coalesce(smtp_port_type,iif(smtp_port=465,'SSL','TLS')),"
		       "imap_username=coalesce(imap_username,username), imap_password=coalesce(imap_password,password)"
		       " WHERE id=?",
			"i", id);
	answer_account(r, "Email account added/updated successfully!", id);
}

void account_update(struct req *r)
{
	if (!account_found(r, r->id[0]))
		return;
	if (r->raw.n)
		store(r, r->id[0]);
	answer(r, 200,
		"{\"ok\":true,\"message\":\"Email account details updated successfully!\",\"emailAccountId\":%lld}",
		(long long)r->id[0]);
}

void account_warmup(struct req *r)
{
	if (!account_found(r, r->id[0]))
		return;
	store(r, r->id[0]);
	answer_account(r, "Email warmup details updated successfully!", r->id[0]);
}

/* Seven days up to yesterday. Root counters are strings, those of a day numbers. */
void account_warmup_stats(struct req *r)
{
	struct buf days = {0}, b = {0};

	if (!account_found(r, r->id[0]))
		return;
	if (db_int("SELECT warmup IS NOT NULL FROM accounts WHERE id=?", "i", r->id[0]) != 1) {
		fail(r, 404, "Warmup is not enabled for this email account");
		return;
	}
	db_rows(&days,
		"WITH RECURSIVE d(n) AS (SELECT 7 UNION ALL SELECT n-1 FROM d WHERE n>1) SELECT json_object("
		"'id',8-n,'date',date('now','-'||n||' days'),'sent_count',(?1+n*5)%13,'reply_count',(?1+n*5)%13*3/10,"
		"'save_from_spam_count',(?1+n)%3/2) FROM d",
		"i", r->id[0]);
	db_row(&b,
		"SELECT json_object('id',?1,'sent_count',CAST(sum(j.value->>'sent_count') AS TEXT),'spam_count',"
		"CAST(sum(j.value->>'save_from_spam_count') AS TEXT),'inbox_count',CAST(sum(j.value->>'sent_count')-"
		"sum(j.value->>'save_from_spam_count') AS TEXT),'warmup_email_received_count',"
		"CAST(sum(j.value->>'sent_count')+4 AS TEXT),'stats_by_date',json(?2)) FROM json_each(?2) j",
		"is", r->id[0], days.p);
	answer(r, 200, "%s", b.p);
	buf_free(&days);
	buf_free(&b);
}

/* ---- in a campaign ---- */

void campaign_accounts_get(struct req *r)
{
	struct buf b = {0};

	if (!campaign_found(r, r->id[0]))
		return;
	db_rows(&b,
		"SELECT a.j_campaign FROM links l JOIN v_account a ON a.id=l.account_id WHERE l.campaign_id=?"
		" ORDER BY l.id",
		"i", r->id[0]);
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

/* The ids of either dialect as one JSON array */
static char *ids(const struct req *r)
{
	return db_text("SELECT coalesce(?1->'email_account_ids',json_array(?1->>'email_account_id'))", "s", r->raw.p);
}

static bool ids_known(struct req *r, const char *list)
{
	int64_t id = db_int("SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM accounts)", "s", list);

	if (id == -1)
		return true;
	fail(r, 400, "Email account id - %lld not allowed. Permission Error.", (long long)id);
	return false;
}

void campaign_accounts_add(struct req *r)
{
	struct buf b = {0};
	char *list = ids(r);

	if (campaign_found(r, r->id[0]) && ids_known(r, list)) {
		db_run("INSERT INTO links(campaign_id,account_id,updated_at) SELECT ?1,value,now() FROM json_each(?2) "
		       "WHERE 1"
		       " ON CONFLICT DO UPDATE SET updated_at=now()",
			"is", r->id[0], list);
		db_run("UPDATE campaigns SET updated_at=now() WHERE id=?", "i", r->id[0]);
		db_rows(&b,
			"SELECT json_object('id',id,'email_campaign_id',campaign_id,'email_account_id',account_id,"
			"'updated_at',updated_at) FROM links WHERE campaign_id=? AND account_id IN"
			" (SELECT value FROM json_each(?))",
			"is", r->id[0], list);
		answer(r, 200, "{\"ok\":true,\"result\":%s}", b.p);
	}
	free(list);
	buf_free(&b);
}

void campaign_accounts_remove(struct req *r)
{
	char *list = ids(r);

	if (campaign_found(r, r->id[0]) && ids_known(r, list)) {
		bool active = db_int("SELECT status='ACTIVE' FROM campaigns WHERE id=?", "i", r->id[0]) == 1;
		bool any = db_int("SELECT count(*)>0 FROM links WHERE campaign_id=?1 AND account_id NOT IN"
				  " (SELECT value FROM json_each(?2))",
				   "is", r->id[0], list) == 1;

		if (active && !any) {
			fail(r, 400, "The last email account of an active campaign can't be removed.");
		} else {
			db_run("DELETE FROM links WHERE campaign_id=? AND account_id IN (SELECT value FROM "
			       "json_each(?))",
				"is", r->id[0], list);
			answer(r, 200, "{\"ok\":true,\"result\":%d}", sqlite3_changes(sb.db));
			db_run("UPDATE campaigns SET updated_at=now() WHERE id=?", "i", r->id[0]);
		}
	}
	free(list);
}
