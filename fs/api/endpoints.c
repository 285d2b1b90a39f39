/* endpoints.c - see endpoints.h. Facts are from smartlead-api-reference.txt and api-facts.md (section 9). */
#include "fs/api/endpoints.h"

#include <assert.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/api/body.h"

#define ONCE false
#define AGAIN true

#define EACH(reference, live)                                                                                          \
	{                                                                                                              \
		[DIALECT_REFERENCE] = reference, [DIALECT_LIVE] = live                                                 \
	}
#define SAME(way)                                                                                                      \
	{                                                                                                              \
		[DIALECT_REFERENCE] = way, [DIALECT_LIVE] = way                                                        \
	}
#define AS(...) {__VA_ARGS__}
#define ABSENT {NULL, NULL, NULL, NULL, NULL, NULL}

#define ROW(endpoint, word, document, ways, form, again, slow)                                                         \
	[endpoint] = {.id = endpoint, .name = word, .section = document, .wire = ways, .shape = form,                  \
		.repeatable = again, .patience = slow}

/* clang-format off */
#define GET(path, query)           AS("GET", path, query, NULL, NULL, NULL)
#define GET_IF(path, query, fits)  AS("GET", path, query, NULL, fits, NULL)
#define POST(path, body)           AS("POST", path, NULL, body, NULL, NULL)
#define POST_EACH(path, body, list) AS("POST", path, NULL, body, NULL, list)
#define PATCH(path, body)          AS("PATCH", path, NULL, body, NULL, NULL)
#define DELETE(path, query, body)  AS("DELETE", path, query, body, NULL, NULL)

/*
 * To add an endpoint: see endpoints.h. AGAIN is only for what does no harm when it arrives twice; an addition of leads
 * would not, but its counts would tell another story the second time, so whoever imports decides that.
 */
static const struct endpoint rows[ENDPOINTS] = {
/*  id                          name                       section of the document                      the two ways to ask                                                     shape         again  patience */
ROW(EP_CAMPAIGNS,               "campaigns",               "GET /campaigns/",
	EACH(GET_IF("campaigns/", "client_id={0}&include_tags=true", fits_reference_campaigns),
	     GET("campaigns/", "client_id={0}&include_tags=true")),                                             SHAPE_LIST,   AGAIN, 1),
ROW(EP_CAMPAIGN,                "campaign",                "GET /campaigns/{campaign_id}",
	SAME(GET("campaigns/{0}", "include_tags=true")),                                                        SHAPE_OBJECT, AGAIN, 1),
ROW(EP_CAMPAIGN_CREATE,         "campaign-create",         "POST /campaigns/create",
	EACH(POST("campaigns/create", NULL),
	     POST("campaigns/create", body_without_nulls)),                                                     SHAPE_DONE,   ONCE,  1),
ROW(EP_CAMPAIGN_STATUS,         "campaign-status",         "PATCH /campaigns/{campaign_id}/status",
	EACH(PATCH("campaigns/{0}/status", body_status_reference),
	     POST("campaigns/{0}/status", body_status_live)),                                                   SHAPE_DONE,   AGAIN, 1),
ROW(EP_CAMPAIGN_SCHEDULE,       "campaign-schedule",       "POST /campaigns/{campaign_id}/schedule",
	EACH(POST("campaigns/{0}/schedule", body_schedule_reference),
	     POST("campaigns/{0}/schedule", body_schedule_live)),                                               SHAPE_DONE,   AGAIN, 1),
ROW(EP_CAMPAIGN_SETTINGS,       "campaign-settings",       "POST /campaigns/{campaign_id}/settings",
	EACH(POST("campaigns/{0}/settings", body_settings_reference),
	     POST("campaigns/{0}/settings", body_settings_live)),                                               SHAPE_DONE,   AGAIN, 1),
ROW(EP_SEQUENCES,               "sequences",               "GET /campaigns/{campaign_id}/sequences",
	EACH(GET_IF("campaigns/{0}/sequences", NULL, fits_reference_sequences),
	     GET_IF("campaigns/{0}/sequences", NULL, fits_live_sequences)),                                     SHAPE_LIST,   AGAIN, 1),
ROW(EP_SEQUENCES_SAVE,          "sequences-save",          "POST /campaigns/{campaign_id}/sequences",
	EACH(POST("campaigns/{0}/sequences", body_sequences_reference),
	     POST("campaigns/{0}/sequences", body_sequences_live)),                                             SHAPE_DONE,   ONCE,  1),
ROW(EP_CAMPAIGN_DELETE,         "campaign-delete",         "DELETE /campaigns/{campaign_id}",
	SAME(DELETE("campaigns/{0}", NULL, NULL)),                                                              SHAPE_DONE,   ONCE,  3),
ROW(EP_CAMPAIGN_ACCOUNTS,       "campaign-accounts",       "GET /campaigns/{campaign_id}/email-accounts",
	SAME(GET("campaigns/{0}/email-accounts", NULL)),                                                        SHAPE_LIST,   AGAIN, 1),
ROW(EP_CAMPAIGN_ACCOUNT_ADD,    "campaign-account-add",    "POST /campaigns/{campaign_id}/email-accounts",
	EACH(POST("campaigns/{0}/email-accounts", body_account_id_reference),
	     POST("campaigns/{0}/email-accounts", NULL)),                                                       SHAPE_DONE,   ONCE,  1),
ROW(EP_CAMPAIGN_ACCOUNT_REMOVE, "campaign-account-remove", "DELETE /campaigns/{campaign_id}/email-accounts",
	EACH(DELETE("campaigns/{0}/email-accounts", NULL, body_account_id_reference),
	     DELETE("campaigns/{0}/email-accounts", NULL, NULL)),                                               SHAPE_DONE,   ONCE,  1),
ROW(EP_LEAD_CAMPAIGNS,          "lead-campaigns",          "GET /leads/{lead_id}/campaigns",
	SAME(GET("leads/{0}/campaigns", NULL)),                                                                 SHAPE_LIST,   AGAIN, 1),

ROW(EP_ACCOUNTS,                "accounts",                "GET /email-accounts/",
	SAME(GET("email-accounts/", "offset={0}&limit={1}")),                                                   SHAPE_LIST,   AGAIN, 1),
ROW(EP_ACCOUNT_SAVE,            "account-save",            "POST /email-accounts/save",
	EACH(POST("email-accounts/save", body_account_reference),
	     POST("email-accounts/save", body_account_save_live)),                                              SHAPE_DONE,   ONCE,  1),
ROW(EP_ACCOUNT_UPDATE,          "account-update",          "POST /email-accounts/{email_account_id}",
	EACH(POST("email-accounts/{0}", body_account_reference),
	     POST("email-accounts/{0}", body_account_update_live)),                                             SHAPE_DONE,   AGAIN, 1),
ROW(EP_ACCOUNT_CREDENTIALS,     "account-credentials",     NULL,
	EACH(POST("email-accounts/{0}", body_account_credentials_reference),
	     POST("email-accounts/save", body_account_save_live)),                                              SHAPE_DONE,   AGAIN, 1),
ROW(EP_ACCOUNT,                 "account",                 "GET /email-accounts/{email_account_id}/",
	SAME(GET("email-accounts/{0}/", NULL)),                                                                 SHAPE_OBJECT, AGAIN, 1),
ROW(EP_WARMUP,                  "warmup",                  "POST /email-accounts/{email_account_id}/warmup",
	EACH(POST("email-accounts/{0}/warmup", body_warmup_reference),
	     POST("email-accounts/{0}/warmup", NULL)),                                                          SHAPE_DONE,   AGAIN, 1),
ROW(EP_WARMUP_STATS,            "warmup-stats",            "GET /email-accounts/{email_account_id}/warmup-stats",
	SAME(GET("email-accounts/{0}/warmup-stats", NULL)),                                                     SHAPE_OBJECT, AGAIN, 1),

ROW(EP_LEADS,                   "leads",                   "GET /campaigns/{campaign_id}/leads",
	SAME(GET("campaigns/{0}/leads", "offset={1}&limit={2}")),                                               SHAPE_LIST,   AGAIN, 1),
ROW(EP_LEAD_BY_EMAIL,           "lead-by-email",           "GET /leads/",
	SAME(GET("leads/", "email={0}")),                                                                       SHAPE_OBJECT, AGAIN, 1),
ROW(EP_CATEGORIES,              "categories",              "GET /leads/fetch-categories",
	SAME(GET("leads/fetch-categories", NULL)),                                                              SHAPE_LIST,   AGAIN, 1),
ROW(EP_LEADS_ADD,               "leads-add",               "POST /campaigns/{campaign_id}/leads",
	EACH(POST("campaigns/{0}/leads", body_leads_reference),
	     POST("campaigns/{0}/leads", NULL)),                                                                SHAPE_DONE,   ONCE,  2),
ROW(EP_LEAD_UPDATE,             "lead-update",             "POST /campaigns/{campaign_id}/leads/{lead_id}",
	SAME(POST("campaigns/{0}/leads/{1}", NULL)),                                                            SHAPE_DONE,   AGAIN, 1),
ROW(EP_LEAD_PAUSE,              "lead-pause",              "POST /campaigns/{campaign_id}/leads/{lead_id}/pause",
	SAME(POST("campaigns/{0}/leads/{1}/pause", NULL)),                                                      SHAPE_DONE,   AGAIN, 1),
ROW(EP_LEAD_RESUME,             "lead-resume",             "POST /campaigns/{campaign_id}/leads/{lead_id}/resume",
	SAME(POST("campaigns/{0}/leads/{1}/resume", NULL)),                                                     SHAPE_DONE,   ONCE,  1),
ROW(EP_LEAD_DELETE,             "lead-delete",             "DELETE /campaigns/{campaign_id}/leads/{lead_id}",
	SAME(DELETE("campaigns/{0}/leads/{1}", NULL, NULL)),                                                    SHAPE_DONE,   ONCE,  1),
ROW(EP_LEAD_UNSUBSCRIBE,        "lead-unsubscribe",        "POST /campaigns/{campaign_id}/leads/{lead_id}/unsubscribe",
	SAME(POST("campaigns/{0}/leads/{1}/unsubscribe", NULL)),                                                SHAPE_DONE,   AGAIN, 1),
ROW(EP_LEAD_UNSUBSCRIBE_ALL,    "lead-unsubscribe-all",    "POST /leads/{lead_id}/unsubscribe",
	SAME(POST("leads/{0}/unsubscribe", NULL)),                                                              SHAPE_DONE,   AGAIN, 1),
ROW(EP_LEAD_CATEGORY,           "lead-category",           NULL,
	EACH(ABSENT, POST("campaigns/{0}/leads/{1}/category", NULL)),                                           SHAPE_DONE,   AGAIN, 1),
ROW(EP_BLOCK_ADD,               "block-add",               "POST /leads/add-domain-block-list",
	EACH(POST_EACH("leads/add-domain-block-list", body_block_reference, "entries"),
	     POST("leads/add-domain-block-list", body_block_live)),                                             SHAPE_DONE,   AGAIN, 1),
ROW(EP_BLOCK_LIST,              "block-list",              NULL,
	EACH(ABSENT, GET("leads/get-domain-block-list", "offset={0}&limit={1}")),                               SHAPE_LIST,   AGAIN, 1),
ROW(EP_BLOCK_REMOVE,            "block-remove",            NULL,
	EACH(ABSENT, DELETE("leads/delete-domain-block-list", "id={0}", NULL)),                                 SHAPE_DONE,   ONCE,  1),
ROW(EP_THREAD,                  "thread",                  "GET /campaigns/{campaign_id}/leads/{lead_id}/message-history",
	SAME(GET("campaigns/{0}/leads/{1}/message-history", NULL)),                                             SHAPE_HISTORY, AGAIN, 1),
ROW(EP_REPLY,                   "reply",                   "POST /campaigns/{campaign_id}/reply-email-thread",
	EACH(POST("campaigns/{0}/reply-email-thread", body_reply_reference),
	     POST("campaigns/{0}/reply-email-thread", body_reply_live)),                                        SHAPE_DONE,   ONCE,  1),
ROW(EP_LEADS_EXPORT,            "leads-export",            "GET /campaigns/{campaign_id}/leads-export",
	SAME(GET("campaigns/{0}/leads-export", NULL)),                                                          SHAPE_CSV,    AGAIN, 4),

ROW(EP_STATISTICS,              "statistics",              "GET /campaigns/{campaign_id}/statistics",
	SAME(GET("campaigns/{0}/statistics",
		"offset={1}&limit={2}&email_sequence_number={3}&email_status={4}")),                            SHAPE_LIST,   AGAIN, 2),
ROW(EP_DAYS,                    "days",                    "GET /campaigns/{campaign_id}/analytics-by-date",
	EACH(GET_IF("campaigns/{0}/analytics-by-date", "start_date={1}&end_date={2}", fits_days),
	     GET_IF("analytics/day-wise-overall-stats",
		"start_date={1}&end_date={2}&campaign_ids={0}", fits_days)),                                    SHAPE_LIST,   AGAIN, 1),
ROW(EP_ANALYTICS,               "analytics",               "GET /campaigns/{campaign_id}/analytics",
	SAME(GET("campaigns/{0}/analytics", NULL)),                                                             SHAPE_OBJECT, AGAIN, 1),
ROW(EP_OVERVIEW,                "overview",                "GET /analytics/overview",
	EACH(GET("analytics/overview", NULL),
	     GET("analytics/overall-stats-v2", "start_date={0}&end_date={1}&timezone={2}")),                    SHAPE_OBJECT, AGAIN, 1),

ROW(EP_WEBHOOKS,                "webhooks",                "GET /webhooks",
	EACH(GET("webhooks", NULL), ABSENT),                                                                    SHAPE_LIST,   AGAIN, 1),
ROW(EP_WEBHOOK_CREATE,          "webhook-create",          "POST /webhooks",
	EACH(POST("webhooks", NULL), ABSENT),                                                                   SHAPE_DONE,   ONCE,  1),
ROW(EP_WEBHOOK_UPDATE,          "webhook-update",          "PATCH /webhooks/{webhook_id}",
	EACH(PATCH("webhooks/{0}", NULL), ABSENT),                                                              SHAPE_DONE,   AGAIN, 1),
ROW(EP_WEBHOOK_DELETE,          "webhook-delete",          "DELETE /webhooks/{webhook_id}",
	EACH(DELETE("webhooks/{0}", NULL, NULL), ABSENT),                                                       SHAPE_DONE,   ONCE,  1),
ROW(EP_CAMPAIGN_WEBHOOKS,       "campaign-webhooks",       NULL,
	EACH(ABSENT, GET("campaigns/{0}/webhooks", NULL)),                                                      SHAPE_LIST,   AGAIN, 1),
ROW(EP_CAMPAIGN_WEBHOOK_SAVE,   "campaign-webhook-save",   NULL,
	EACH(ABSENT, POST("campaigns/{0}/webhooks", NULL)),                                                     SHAPE_DONE,   ONCE,  1),
ROW(EP_CAMPAIGN_WEBHOOK_DELETE, "campaign-webhook-delete", NULL,
	EACH(ABSENT, DELETE("campaigns/{0}/webhooks", NULL, NULL)),                                             SHAPE_DONE,   ONCE,  1),
};
/* clang-format on */

const struct endpoint *endpoint(enum endpoint_id id)
{
	assert(id > EP_NONE && id < ENDPOINTS);
	return &rows[id];
}
