/* The routes: one row for each call of the API, with what its query and its body may hold. # in a path is a number. */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define PAGE(max) {"offset", F_INT, 0, 0, 0, NULL}, {"limit", F_INT, 0, 1, max, NULL}
#define END {NULL, F_ANY, 0, 0, 0, NULL}
typedef const struct field fields[];

/* ---- campaigns ---- */

static fields q_campaigns = {{"client_id", F_NUM, 0, 0, 0, NULL}, {"include_tags", F_BOOL, 0, 0, 0, NULL}, END};
static fields q_campaign = {{"include_tags", F_BOOL, 0, 0, 0, NULL}, END};
static fields none = {END};

static fields b_create = {{"name", F_STR, 0, 0, 0, NULL}, {"client_id", F_NUM, NULLABLE, 0, 0, NULL}, END};
static fields b_status_ref = {{"status", F_STR, NEEDED, 0, 0, "ACTIVE|PAUSED|STOPPED"}, END};
static fields b_status_live = {{"status", F_STR, NEEDED, 0, 0, NULL}, END};

#define SCHEDULE                                                                                                       \
	{"timezone", F_STR, NEEDED, 0, 0, NULL}, {"days_of_the_week", F_INTS, NEEDED, 0, 7, NULL},                     \
		{"start_hour", F_STR, NEEDED, 0, 0, NULL}, {"end_hour", F_STR, NEEDED, 0, 0, NULL},                    \
		{"min_time_btw_emails", F_INT, NEEDED, 3, 0, NULL}

static fields b_schedule_ref = {SCHEDULE, {"max_leads_per_day", F_INT, NEEDED, 1, 0, NULL}, END};
static fields b_schedule_live = {SCHEDULE, {"max_new_leads_per_day", F_INT, NEEDED, 1, 0, NULL},
	{"schedule_start_time", F_TIME, NULLABLE, 0, 0, NULL}, END};

static fields b_settings_ref = {
	{"track_settings", F_STRS, 0, 0, 0, NULL},
	{"stop_lead_settings", F_STR, 0, 0, 0, "REPLY_TO_AN_EMAIL|OPENED_EMAIL|CLICKED_LINK|NEVER"},
	{"unsubscribe_text", F_STR, 0, 0, 0, NULL},
	{"send_as_plain_text", F_BOOL, 0, 0, 0, NULL},
	{"follow_up_percentage", F_NUM, 0, 0, 100, NULL},
	{"enable_ai_esp_matching", F_BOOL, 0, 0, 0, NULL},
	{"client_id", F_NUM, NULLABLE, 0, 0, NULL},
	END};
static fields b_settings_live = {
	{"name", F_STR, FILLED, 0, 0, NULL},
	{"track_settings", F_STRS, 0, 0, 0, NULL},
	{"stop_lead_settings", F_STR, 0, 0, 0, NULL},
	{"unsubscribe_text", F_STR, 0, 0, 0, NULL},
	{"send_as_plain_text", F_BOOL, 0, 0, 0, NULL},
	{"force_plain_text", F_BOOL, 0, 0, 0, NULL},
	{"follow_up_percentage", F_INT, 0, 0, 100, NULL},
	{"client_id", F_NUM, 0, 0, 0, NULL},
	{"enable_ai_esp_matching", F_BOOL, 0, 0, 0, NULL},
	{"auto_pause_domain_leads_on_reply", F_BOOL, 0, 0, 0, NULL},
	{"ignore_ss_mailbox_sending_limit", F_BOOL, 0, 0, 0, NULL},
	{"add_unsubscribe_tag", F_BOOL, 0, 0, 0, NULL},
	{"bounce_autopause_threshold", F_STR, 0, 0, 0, NULL},
	{"domain_level_rate_limit", F_ANY, 0, 0, 0, NULL},
	{"out_of_office_detection_settings", F_OBJ, 0, 0, 0, NULL},
	{"ai_categorisation_options", F_INTS, 0, 0, 0, NULL},
	END};

static fields b_account_ref = {{"email_account_id", F_INT, NEEDED, 0, 0, NULL}, END};
static fields b_account_live = {{"email_account_ids", F_INTS, NEEDED | FILLED, 0, 0, NULL}, END};

/* ---- e-mail accounts ---- */

static fields q_accounts_ref = {PAGE(0), END};
static fields q_accounts_live = {PAGE(0), {"isInUse", F_BOOL, 0, 0, 0, NULL},
	{"emailWarmupStatus", F_STR, 0, 0, 0, "ACTIVE|INACTIVE|PAUSED"}, {"isSmtpSuccess", F_BOOL, 0, 0, 0, NULL},
	{"isWarmupBlocked", F_BOOL, 0, 0, 0, NULL}, {"esp", F_STR, 0, 0, 0, NULL}, {"username", F_STR, 0, 0, 0, NULL},
	{"client_id", F_NUM, 0, 0, 0, NULL}, {"fetch_campaigns", F_BOOL, 0, 0, 0, NULL}, END};
static fields q_account_live = {{"fetch_campaigns", F_BOOL, 0, 0, 0, NULL}, END};

#define ACCOUNT_EXTRAS                                                                                                 \
	{"max_email_per_day", F_INT, 0, 0, 0, NULL}, {"custom_tracking_url", F_STR, NULLABLE, 0, 0, NULL},             \
		{"bcc", F_STR, NULLABLE, 0, 0, NULL}, {"signature", F_STR, NULLABLE, 0, 0, NULL}

#define ACCOUNT_REF(need)                                                                                              \
	{"from_name", F_STR, need, 0, 0, NULL}, {"from_email", F_STR, need, 0, 0, NULL},                               \
		{"username", F_STR, need, 0, 0, NULL}, {"password", F_STR, need, 0, 0, NULL},                          \
		{"smtp_host", F_STR, need, 0, 0, NULL}, {"smtp_port", F_INT, need, 1, 65535, NULL},                    \
		{"smtp_port_type", F_STR, need, 0, 0, "TLS|SSL"}, {"imap_host", F_STR, need, 0, 0, NULL},              \
		{"imap_port", F_INT, need, 1, 65535, NULL}, ACCOUNT_EXTRAS

#define ACCOUNT_LIVE                                                                                                   \
	{"client_id", F_NUM, 0, 0, 0, NULL}, {"time_to_wait_in_mins", F_INT, 0, 0, 0, NULL},                           \
		{"different_reply_to_address", F_STR, NULLABLE, 0, 0, NULL}, {"is_suspended", F_BOOL, 0, 0, 0, NULL},  \
		ACCOUNT_EXTRAS

static fields b_save_ref = {ACCOUNT_REF(NEEDED | FILLED), END};
static fields b_update_ref = {ACCOUNT_REF(FILLED), END};
/* What only a new account needs, the handler checks: with an id this call updates. */
static fields b_save_live = {{"id", F_INT, NULLABLE, 0, 0, NULL}, {"from_name", F_STR, FILLED, 0, 0, NULL},
	{"from_email", F_STR, FILLED, 0, 0, NULL}, {"user_name", F_STR, FILLED, 0, 0, NULL},
	{"password", F_STR, FILLED, 0, 0, NULL}, {"smtp_host", F_STR, FILLED, 0, 0, NULL},
	{"smtp_port", F_INT, 0, 1, 65535, NULL}, {"imap_host", F_STR, FILLED, 0, 0, NULL},
	{"imap_port", F_INT, 0, 1, 65535, NULL}, {"imap_user_name", F_STR, FILLED, 0, 0, NULL},
	{"imap_password", F_STR, FILLED, 0, 0, NULL}, {"warmup_enabled", F_BOOL, 0, 0, 0, NULL},
	{"total_warmup_per_day", F_INT, 0, 0, 0, NULL}, {"daily_rampup", F_INT, 0, 0, 0, NULL},
	{"reply_rate_percentage", F_INT, 0, 0, 100, NULL}, {"type", F_STR, 0, 0, 0, "SMTP|GMAIL|OUTLOOK|ZOHO"},
	ACCOUNT_LIVE, END};
static fields b_update_live = {{"from_name", F_STR, FILLED, 0, 0, NULL}, ACCOUNT_LIVE, END};
static fields b_warmup_ref = {{"warmup_enabled", F_BOOL, NEEDED, 0, 0, NULL},
	{"total_warmup_per_day", F_NUM, NEEDED, 0, 0, NULL}, {"daily_rampup", F_NUM, NEEDED, 0, 0, NULL},
	{"reply_rate_percentage", F_NUM, NEEDED, 0, 100, NULL}, END};
static fields b_warmup_live = {{"warmup_enabled", F_BOOL, NEEDED, 0, 0, NULL},
	{"total_warmup_per_day", F_INT, 0, 1, 50, NULL}, {"daily_rampup", F_INT, 0, 5, 20, NULL},
	{"reply_rate_percentage", F_INT, 0, 20, 100, NULL}, {"warmup_key_id", F_STR, 0, 0, 0, NULL},
	{"auto_adjust_warmup", F_BOOL, 0, 0, 0, NULL}, {"is_rampup_enabled", F_BOOL, 0, 0, 0, NULL}, END};

/* ---- leads ---- */

static fields q_page = {PAGE(100), END};
static fields q_leads_live = {PAGE(100), {"created_at_gt", F_TIME, 0, 0, 0, NULL},
	{"last_sent_time_gt", F_TIME, 0, 0, 0, NULL}, {"event_time_gt", F_TIME, 0, 0, 0, NULL},
	{"status", F_STR, 0, 0, 0, "STARTED|INPROGRESS|COMPLETED|PAUSED|STOPPED"},
	{"lead_category_id", F_INT, 0, 0, 0, NULL},
	{"emailStatus", F_STR, 0, 0, 0, "is_opened|is_clicked|is_replied|is_bounced|is_unsubscribed|is_spam|is_accepted|"
		"not_replied|is_sender_bounced"}, END};
static fields q_email = {{"email", F_STR, NEEDED, 0, 0, NULL}, END};
static fields b_add = {{"lead_list", F_ARR, NEEDED | FILLED, 0, 400, NULL}, {"settings", F_OBJ, 0, 0, 0, NULL}, END};

#define LEAD(more)                                                                                                     \
	{"first_name", F_STR, more, 0, 0, NULL}, {"last_name", F_STR, more, 0, 0, NULL},                               \
		{"company_name", F_STR, more, 0, 0, NULL}, {"website", F_STR, more, 0, 0, NULL},                       \
		{"location", F_STR, more, 0, 0, NULL}, {"linkedin_profile", F_STR, more, 0, 0, NULL},                  \
		{"company_url", F_STR, more, 0, 0, NULL}, {"custom_fields", F_OBJ, 0, 0, 0, NULL}

static fields b_lead_ref = {{"email", F_STR, FILLED, 0, 0, NULL}, {"phone_number", F_STR, 0, 0, 0, NULL}, LEAD(0), END};
static fields b_lead_live = {{"email", F_STR, NEEDED | FILLED, 0, 0, NULL},
	{"phone_number", F_STR, NULLABLE | OR_NUMBER, 0, 0, NULL}, LEAD(NULLABLE), END};
static fields b_resume = {{"resume_lead_with_delay_days", F_INT, NULLABLE, 0, 0, NULL}, END};
static fields b_category = {{"category_id", F_INT, NEEDED | NULLABLE, 0, 0, NULL}, {"pause_lead", F_BOOL, 0, 0, 0, NULL},
	END};
static fields b_block_ref = {{"email", F_STR, FILLED, 0, 0, NULL}, {"domain", F_STR, FILLED, 0, 0, NULL}, END};
static fields b_block_live = {{"domain_block_list", F_STRS, NEEDED | FILLED, 0, 0, NULL},
	{"client_id", F_NUM, NULLABLE, 0, 0, NULL}, END};
static fields q_blocks = {PAGE(1000), {"filter_client_id", F_NUM, 0, 0, 0, NULL},
	{"filter_email_or_domain", F_STR, 0, 0, 0, NULL}, {"filter_email_with_domain", F_STR, 0, 0, 0, NULL}, END};
static fields q_block = {{"id", F_INT, NEEDED, 0, 0, NULL}, END};
static fields q_history = {{"event_time_gt", F_TIME, 0, 0, 0, NULL}, {"show_plain_text_response", F_BOOL, 0, 0, 0, NULL},
	END};
static fields b_histories = {{"lead_ids", F_INTS, NEEDED | NULLABLE, 0, 0, NULL}, END};
static fields b_reply_ref = {{"lead_id", F_INT, NEEDED, 0, 0, NULL}, {"email_body", F_STR, NEEDED | FILLED, 0, 0, NULL},
	{"reply_message_id", F_STR, NEEDED | FILLED, 0, 0, NULL}, {"reply_email_time", F_TIME, NEEDED, 0, 0, NULL}, END};
static fields b_reply_live = {{"email_stats_id", F_STR, NEEDED | FILLED, 0, 0, NULL},
	{"email_body", F_STR, NEEDED | FILLED, 0, 0, NULL}, {"reply_message_id", F_STR, NEEDED | FILLED, 0, 0, NULL},
	{"reply_email_time", F_TIME, NEEDED, 0, 0, NULL}, {"reply_email_body", F_STR, NEEDED, 0, 0, NULL},
	{"cc", F_STR, 0, 0, 0, NULL}, {"bcc", F_STR, 0, 0, 0, NULL}, {"add_signature", F_BOOL, 0, 0, 0, NULL},
	{"to_email", F_STR, FILLED, 0, 0, NULL}, {"to_first_name", F_STR, 0, 0, 0, NULL},
	{"to_last_name", F_STR, 0, 0, 0, NULL}, {"scheduled_time", F_TIME, 0, 0, 0, NULL},
	{"schedule_condition", F_STR, 0, 0, 0, NULL}, {"seq_type", F_STR, 0, 0, 0, NULL},
	{"attachments", F_ARR, 0, 0, 0, NULL}, END};

/* ---- statistics, webhooks ---- */

#define STATISTICS                                                                                                     \
	PAGE(1000), {"email_sequence_number", F_INT, 0, 1, 20, NULL},                                                  \
		{"email_status", F_STR, 0, 0, 0, "opened|clicked|replied|unsubscribed|bounced"}
#define DATES {"start_date", F_DATE, NEEDED, 0, 0, NULL}, {"end_date", F_DATE, NEEDED, 0, 0, NULL}

static fields q_stats_ref = {STATISTICS, END};
static fields q_stats_live = {STATISTICS, {"sent_time_start_date", F_TIME, 0, 0, 0, NULL},
	{"sent_time_end_date", F_TIME, 0, 0, 0, NULL}, END};
static fields q_dates_ref = {DATES, END};
static fields q_dates_live = {DATES, {"time_zone", F_STR, 0, 0, 0, NULL}, END};
static fields q_overall = {DATES, {"timezone", F_STR, 0, 0, 0, NULL}, {"client_ids", F_STR, 0, 0, 0, NULL},
	{"campaign_ids", F_STR, 0, 0, 0, NULL}, {"is_agency", F_STR, 0, 0, 0, NULL}, {"full_data", F_STR, 0, 0, 0, NULL}, END};

#define WEBHOOK(need)                                                                                                  \
	{"webhook_url", F_STR, (need) | FILLED, 0, 0, NULL}, {"event_types", F_STRS, (need) | FILLED, 0, 0, NULL}
static fields b_webhook_create = {{"name", F_STR, 0, 0, 0, NULL}, WEBHOOK(NEEDED), END};
static fields b_webhook_update = {{"name", F_STR, 0, 0, 0, NULL}, WEBHOOK(0), END};
static fields b_webhook_live = {{"id", F_INT, NULLABLE, 0, 0, NULL}, {"name", F_STR, NEEDED | FILLED, 0, 0, NULL},
	WEBHOOK(NEEDED), {"categories", F_STRS, NEEDED | FILLED, 0, 0, NULL}, END};
static fields b_webhook_id = {{"id", F_INT, NEEDED, 0, 0, NULL}, END};

/* ---- the table ---- */

static const struct route routes[] = {
	/* method, path, dialects, handler, query, body, slow */
	{"GET", "/campaigns", BOTH, campaigns_list, q_campaigns, NULL, 0},
	{"POST", "/campaigns/create", BOTH, campaign_create, NULL, b_create, 0},
	{"GET", "/campaigns/#", BOTH, campaign_get, q_campaign, NULL, 0},
	{"DELETE", "/campaigns/#", BOTH, campaign_delete, NULL, none, 20},
	{"PATCH", "/campaigns/#/status", REF, campaign_status_ref, NULL, b_status_ref, 0},
	{"POST", "/campaigns/#/status", LIVE, campaign_status_live, NULL, b_status_live, 0},
	{"POST", "/campaigns/#/schedule", REF, campaign_schedule, NULL, b_schedule_ref, 0},
	{"POST", "/campaigns/#/schedule", LIVE, campaign_schedule, NULL, b_schedule_live, 0},
	{"POST", "/campaigns/#/settings", REF, campaign_settings, NULL, b_settings_ref, 0},
	{"POST", "/campaigns/#/settings", LIVE, campaign_settings, NULL, b_settings_live, 0},
	{"GET", "/campaigns/#/sequences", BOTH, sequences_get, NULL, NULL, 0},
	{"POST", "/campaigns/#/sequences", BOTH, sequences_save, NULL, NULL, 0},
	{"GET", "/campaigns/#/email-accounts", BOTH, campaign_accounts_get, NULL, NULL, 0},
	{"POST", "/campaigns/#/email-accounts", REF, campaign_accounts_add, NULL, b_account_ref, 0},
	{"POST", "/campaigns/#/email-accounts", LIVE, campaign_accounts_add, NULL, b_account_live, 0},
	{"DELETE", "/campaigns/#/email-accounts", REF, campaign_accounts_remove, NULL, b_account_ref, 0},
	{"DELETE", "/campaigns/#/email-accounts", LIVE, campaign_accounts_remove, NULL, b_account_live, 0},
	{"GET", "/leads/#/campaigns", BOTH, lead_campaigns, NULL, NULL, 0},
	{"GET", "/client", LIVE, clients_list, NULL, NULL, 0},

	{"GET", "/email-accounts", REF, accounts_list, q_accounts_ref, NULL, 0},
	{"GET", "/email-accounts", LIVE, accounts_list, q_accounts_live, NULL, 0},
	{"POST", "/email-accounts/save", REF, account_save, NULL, b_save_ref, 5},
	{"POST", "/email-accounts/save", LIVE, account_save, NULL, b_save_live, 5},
	{"GET", "/email-accounts/#", REF, account_get, NULL, NULL, 0},
	{"GET", "/email-accounts/#", LIVE, account_get, q_account_live, NULL, 0},
	{"POST", "/email-accounts/#", REF, account_update, NULL, b_update_ref, 0},
	{"POST", "/email-accounts/#", LIVE, account_update, NULL, b_update_live, 0},
	{"POST", "/email-accounts/#/warmup", REF, account_warmup, NULL, b_warmup_ref, 0},
	{"POST", "/email-accounts/#/warmup", LIVE, account_warmup, NULL, b_warmup_live, 0},
	{"GET", "/email-accounts/#/warmup-stats", BOTH, account_warmup_stats, NULL, NULL, 0},

	{"GET", "/campaigns/#/leads", REF, leads_list, q_page, NULL, 0},
	{"GET", "/campaigns/#/leads", LIVE, leads_list, q_leads_live, NULL, 0},
	{"POST", "/campaigns/#/leads", BOTH, leads_add, NULL, b_add, 0},
	{"POST", "/campaigns/#/leads/#", REF, lead_update, NULL, b_lead_ref, 0},
	{"POST", "/campaigns/#/leads/#", LIVE, lead_update, NULL, b_lead_live, 0},
	{"DELETE", "/campaigns/#/leads/#", BOTH, lead_delete, NULL, none, 0},
	{"POST", "/campaigns/#/leads/#/pause", BOTH, lead_pause, NULL, none, 0},
	{"POST", "/campaigns/#/leads/#/resume", BOTH, lead_resume, NULL, b_resume, 0},
	{"POST", "/campaigns/#/leads/#/unsubscribe", BOTH, lead_unsubscribe, NULL, none, 0},
	{"POST", "/campaigns/#/leads/#/category", LIVE, lead_category, NULL, b_category, 0},
	{"GET", "/campaigns/#/leads/#/message-history", REF, message_history, NULL, NULL, 0},
	{"GET", "/campaigns/#/leads/#/message-history", LIVE, message_history, q_history, NULL, 0},
	{"POST", "/campaigns/#/message-history-for-leads/bbfbdsFGHlBr76ruhjvh6fhHL", LIVE, message_histories, NULL,
		b_histories, 0},
	{"POST", "/campaigns/#/reply-email-thread", REF, reply_ref, NULL, b_reply_ref, 0},
	{"POST", "/campaigns/#/reply-email-thread", LIVE, reply_live, NULL, b_reply_live, 0},
	{"GET", "/campaigns/#/leads-export", BOTH, leads_export, NULL, NULL, 30},
	{"GET", "/leads", BOTH, lead_by_email, q_email, NULL, 0},
	{"GET", "/leads/fetch-categories", BOTH, categories_list, NULL, NULL, 0},
	{"GET", "/leads/get-domain-block-list", LIVE, block_list, q_blocks, NULL, 0},
	{"DELETE", "/leads/delete-domain-block-list", LIVE, block_delete, q_block, none, 0},
	{"POST", "/leads/add-domain-block-list", REF, block_add_ref, NULL, b_block_ref, 0},
	{"POST", "/leads/add-domain-block-list", LIVE, block_add_live, NULL, b_block_live, 0},
	{"GET", "/leads/#", LIVE, lead_by_id, NULL, NULL, 0},
	{"POST", "/leads/#/unsubscribe", BOTH, lead_unsubscribe_everywhere, NULL, none, 0},

	{"GET", "/campaigns/#/statistics", REF, statistics, q_stats_ref, NULL, 0},
	{"GET", "/campaigns/#/statistics", LIVE, statistics, q_stats_live, NULL, 0},
	{"GET", "/campaigns/#/analytics", BOTH, analytics, NULL, NULL, 0},
	{"GET", "/campaigns/#/analytics-by-date", REF, analytics_by_date_ref, q_dates_ref, NULL, 0},
	{"GET", "/campaigns/#/analytics-by-date", LIVE, analytics_by_date_live, q_dates_live, NULL, 0},
	{"GET", "/campaigns/#/top-level-analytics-by-date", LIVE, analytics_span, q_dates_live, NULL, 0},
	{"GET", "/analytics/overview", REF, overview, NULL, NULL, 0},
	{"GET", "/analytics/overall-stats-v2", LIVE, overall_stats, q_overall, NULL, 0},
	{"GET", "/analytics/day-wise-overall-stats", LIVE, day_wise, q_overall, NULL, 0},

	{"GET", "/webhooks", REF, webhooks_list, NULL, NULL, 0},
	{"POST", "/webhooks", REF, webhook_create, NULL, b_webhook_create, 0},
	{"PATCH", "/webhooks/#", REF, webhook_update, NULL, b_webhook_update, 0},
	{"DELETE", "/webhooks/#", REF, webhook_delete, NULL, none, 0},
	{"GET", "/campaigns/#/webhooks", LIVE, campaign_webhooks_list, NULL, NULL, 0},
	{"POST", "/campaigns/#/webhooks", LIVE, campaign_webhook_save, NULL, b_webhook_live, 0},
	{"DELETE", "/campaigns/#/webhooks", LIVE, campaign_webhook_delete, NULL, b_webhook_id, 0},
};
/* clang-format on */

/* A word where a row has # still matches, as in Express: then the number is missing, and bad tells which one. */
static bool matches(const char *pattern, const char *path, int64_t id[3], int *bad)
{
	int n = 0;

	*bad = -1;
	while (*pattern && *path) {
		if (*pattern != '#') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		char word[64];
		size_t len = strcspn(path, "/");

		if (!len || len >= sizeof(word))
			return false;
		memcpy(word, path, len);
		word[len] = '\0';
		if (!parse_int(word, &id[n]) && *bad < 0)
			*bad = n;
		n++;
		pattern++;
		path += len;
	}
	return !*pattern && !*path;
}

/* "campaign_id", "lead_id", … from the word before the number */
static const char *id_name(const char *pattern, int n)
{
	for (; n > 0; n--)
		pattern = strchr(pattern, '#') + 1;
	if (strncmp(pattern, "/campaigns", 10) == 0)
		return "campaign_id";
	return strncmp(pattern, "/leads", 6) == 0   ? "lead_id"
	       : strncmp(pattern, "/email", 6) == 0 ? "email_account_id"
						    : "id";
}

const struct route *route_find(struct req *r)
{
	const struct route *loose = NULL;
	int bad, loose_bad = 0;

	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		const struct route *at = &routes[i];

		if (!(at->in & (r->live ? LIVE : REF)) || strcmp(at->method, r->method) ||
			!matches(at->path, r->route_path, r->id, &bad))
			continue;
		if (bad < 0)
			return at;
		if (!loose) {
			loose = at;
			loose_bad = bad;
		}
	}
	if (loose) {
		const char *name = id_name(loose->path, loose_bad);

		refuse(r, "params", name, "\"%s\" must be a number", name);
	} else {
		not_a_route(r);
	}
	return NULL;
}
