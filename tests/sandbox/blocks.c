/* The block list: addresses and domains in one. */
#include "handlers.h"

#include <string.h>

/* Leads it covers become BLOCKED. */
static bool block(const char *entry, int64_t client)
{
	int64_t id;

	if (db_int("SELECT 1 FROM blocks WHERE entry=lower(?)", "s", entry) == 1)
		return false;
	id = next_id("block");
	db_run("INSERT INTO blocks(id,entry,created_at,client_id) VALUES(?,lower(?),now(),nullif(?,-1))", "isi", id,
		entry, client);
	db_run("UPDATE maps SET status='BLOCKED' WHERE lead_id IN (SELECT id FROM leads WHERE email=lower(?1) OR"
	       " substr(email,instr(email,'@')+1)=lower(?1))",
		"s", entry);
	return true;
}

void block_add_ref(struct req *r)
{
	const cJSON *email = cJSON_GetObjectItemCaseSensitive(r->body, "email");
	const cJSON *domain = cJSON_GetObjectItemCaseSensitive(r->body, "domain");

	if (!email == !domain) {
		refuse(r, "body", "email", "one of \"email\" and \"domain\" is required");
	} else if (email && !email_ok(email->valuestring)) {
		refuse(r, "body", "email", "\"email\" must be a valid email");
	} else if (domain && (!strchr(domain->valuestring, '.') || strpbrk(domain->valuestring, "@ /"))) {
		refuse(r, "body", "domain", "\"domain\" must be a domain name");
	} else {
		block(email ? email->valuestring : domain->valuestring, -1);
		answer(r, 200, "{\"success\":true,\"message\":\"Added to the block list\"}");
	}
}

void block_add_live(struct req *r)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(r->body, "domain_block_list"), *entry;
	const cJSON *client = cJSON_GetObjectItemCaseSensitive(r->body, "client_id");
	int added = 0;

	cJSON_ArrayForEach(entry, list) added +=
		block(entry->valuestring, cJSON_IsNumber(client) ? (int64_t)client->valuedouble : -1);
	answer(r, 200, "{\"uploadCount\":%d,\"totalDomainAdded\":%d}", cJSON_GetArraySize(list), added);
}

void block_list(struct req *r)
{
	struct buf b = {0};

	db_rows(&b,
		"SELECT "
		"json_object('id',id,'email_or_domain',entry,'created_at',created_at,'source',source,'client_id',"
		"client_id) FROM blocks WHERE (?1 IS NULL OR entry LIKE '%'||?1||'%') AND (?2<0 OR client_id=?2)"
		" ORDER BY id DESC LIMIT ?3 OFFSET ?4",
		"siii", query(r, "filter_email_or_domain"), query_int(r, "filter_client_id", -1),
		query_int(r, "limit", 100), query_int(r, "offset", 0));
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

void block_delete(struct req *r)
{
	db_run("DELETE FROM blocks WHERE id=?", "i", query_int(r, "id", -1));
	if (sqlite3_changes(sb.db))
		answer_ok(r);
	else
		fail(r, 404, "Block list entry not found");
}
