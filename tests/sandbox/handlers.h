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

#endif
