/* Webhooks: of the account in the reference, of a campaign on the live service. */
#include "handlers.h"

#include <string.h>

/* clang-format off */
#define WORDS                                                                                                          \
	"EMAIL_SENT|FIRST_EMAIL_SENT|EMAIL_OPEN|EMAIL_LINK_CLICK|EMAIL_REPLY|EMAIL_BOUNCE|LEAD_UNSUBSCRIBED|"          \
	"LEAD_CATEGORY_UPDATED|CAMPAIGN_STATUS_CHANGED|UNTRACKED_REPLIES|MANUAL_STEP_REACHED"
/* clang-format on */

static bool form_ok(struct req *r)
{
	const cJSON *url = cJSON_GetObjectItemCaseSensitive(r->body, "webhook_url"), *v;

	if (url && strncmp(url->valuestring, "http://", 7) && strncmp(url->valuestring, "https://", 8)) {
		bad_value(r, "Invalid webhook_url - %s", url->valuestring);
		return false;
	}
	if (!r->live) /* the reference names no words */
		return true;
	cJSON_ArrayForEach(
		v, cJSON_GetObjectItemCaseSensitive(r->body, "event_types")) if (!word_in(WORDS, v->valuestring))
	{
		bad_value(r, "Invalid event_types - %s", v->valuestring);
		return false;
	}
	cJSON_ArrayForEach(
		v, cJSON_GetObjectItemCaseSensitive(r->body,
			   "categories")) if (db_int("SELECT 1 FROM categories WHERE name=?", "s", v->valuestring) != 1)
	{
		bad_value(r, "Invalid category - %s", v->valuestring);
		return false;
	}
	return true;
}

static void store(int64_t id, const char *json)
{
	db_run("UPDATE webhooks SET name=coalesce(?1->>'name',name,''), "
	       "webhook_url=coalesce(?1->>'webhook_url',webhook_url),"
	       "event_types=coalesce(?1->'event_types',event_types), categories=coalesce(?1->'categories',categories),"
	       "updated_at=now() WHERE id=?2",
		"si", json, id);
}

static int64_t create(int64_t campaign)
{
	int64_t id = next_id("webhook");

	db_run("INSERT INTO webhooks(id,campaign_id,created_at) VALUES(?,nullif(?,0),now())", "ii", id, campaign);
	return id;
}

static bool webhook_found(struct req *r, int64_t id, int64_t campaign)
{
	if (db_int("SELECT 1 FROM webhooks WHERE id=?1 AND (?2=0 OR campaign_id=?2)", "ii", id, campaign) == 1)
		return true;
	fail(r, 404, "Webhook not found");
	return false;
}

/* ---- the account's ---- */

void webhooks_list(struct req *r)
{
	struct buf b = {0};

	db_rows(&b,
		"SELECT json_object('id',id,'name',name,'webhook_url',webhook_url,'event_types',json(event_types),"
		"'created_at',created_at,'updated_at',updated_at) FROM webhooks ORDER BY id",
		"");
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

void webhook_create(struct req *r)
{
	if (!form_ok(r))
		return;
	int64_t id = create(0);
	store(id, r->raw.p);
	answer(r, 200, "{\"ok\":true,\"id\":%lld}", (long long)id);
}

void webhook_update(struct req *r)
{
	if (!webhook_found(r, r->id[0], 0) || !form_ok(r))
		return;
	if (r->raw.n)
		store(r->id[0], r->raw.p);
	answer_ok(r);
}

void webhook_delete(struct req *r)
{
	if (!webhook_found(r, r->id[0], 0))
		return;
	db_run("DELETE FROM webhooks WHERE id=?", "i", r->id[0]);
	answer_ok(r);
}

/* ---- a campaign's ---- */

void campaign_webhooks_list(struct req *r)
{
	struct buf b = {0};

	if (!campaign_found(r, r->id[0]))
		return;
	db_rows(&b,
		"SELECT json_object('id',id,'name',name,'created_at',created_at,'updated_at',updated_at,'webhook_url',"
		"webhook_url,'email_campaign_id',campaign_id,'event_types',json(event_types),'categories',json("
		"categories))"
		" FROM webhooks WHERE campaign_id=? ORDER BY id",
		"i", r->id[0]);
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

void campaign_webhook_save(struct req *r)
{
	struct buf b = {0};
	int64_t id = db_int("SELECT ?->>'id'", "s", r->raw.p);

	if (!campaign_found(r, r->id[0]) || (id >= 0 && !webhook_found(r, id, r->id[0])) || !form_ok(r))
		return;
	if (id < 0)
		id = create(r->id[0]);
	store(id, r->raw.p);
	db_row(&b,
		"SELECT "
		"json_object('ok',json('true'),'id',id,'name',name,'created_at',created_at,'updated_at',updated_at,"
		"'webhook_url',webhook_url,'email_campaign_id',campaign_id,'event_types',json(event_types),'categories'"
		","
		"json(categories)) FROM webhooks WHERE id=?",
		"i", id);
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

void campaign_webhook_delete(struct req *r)
{
	int64_t id = db_int("SELECT ?->>'id'", "s", r->raw.p);

	if (!campaign_found(r, r->id[0]) || !webhook_found(r, id, r->id[0]))
		return;
	db_run("DELETE FROM webhooks WHERE id=?", "i", id);
	answer_ok(r);
}
