/* The handlers behind the rows of routes.c. Each runs under the lock, after its query and body were checked. */
#ifndef HANDLERS_H
#define HANDLERS_H

#include "sandbox.h"

/* campaigns.c */
void campaigns_list(struct req *r);
void campaign_get(struct req *r);
void campaign_create(struct req *r);
void campaign_status_ref(struct req *r);
void campaign_status_live(struct req *r);
void campaign_schedule(struct req *r);
void campaign_settings(struct req *r);
void campaign_delete(struct req *r);
void lead_campaigns(struct req *r);
void clients_list(struct req *r);

/* sequences.c */
void sequences_get(struct req *r);
void sequences_save(struct req *r);

/* accounts.c */
void accounts_list(struct req *r);
void account_get(struct req *r);
void account_save(struct req *r);
void account_update(struct req *r);
void account_warmup(struct req *r);
void account_warmup_stats(struct req *r);
void campaign_accounts_get(struct req *r);
void campaign_accounts_add(struct req *r);
void campaign_accounts_remove(struct req *r);

/* leads.c */
void leads_list(struct req *r);
void lead_by_email(struct req *r);
void lead_by_id(struct req *r);
void categories_list(struct req *r);
void lead_update(struct req *r);
void lead_pause(struct req *r);
void lead_resume(struct req *r);
void lead_delete(struct req *r);
void lead_unsubscribe(struct req *r);
void lead_unsubscribe_everywhere(struct req *r);
void lead_category(struct req *r);
void lead_store(int64_t lead, const char *json);

/* import.c, export.c */
void leads_add(struct req *r);
bool custom_fields_ok(struct req *r, const cJSON *lead, const char *where);
void leads_export(struct req *r);

/* blocks.c */
void block_add_ref(struct req *r);
void block_add_live(struct req *r);
void block_list(struct req *r);
void block_delete(struct req *r);

/* threads.c */
void message_history(struct req *r);
void message_histories(struct req *r);
void reply_ref(struct req *r);
void reply_live(struct req *r);

/* stats.c */
void statistics(struct req *r);
void analytics(struct req *r);
void analytics_span(struct req *r);
void analytics_by_date_ref(struct req *r);
void analytics_by_date_live(struct req *r);
void day_wise(struct req *r);
void overall_stats(struct req *r);
void overview(struct req *r);

/* webhooks.c */
void webhooks_list(struct req *r);
void webhook_create(struct req *r);
void webhook_update(struct req *r);
void webhook_delete(struct req *r);
void campaign_webhooks_list(struct req *r);
void campaign_webhook_save(struct req *r);
void campaign_webhook_delete(struct req *r);

#endif
