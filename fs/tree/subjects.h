/*
 * subjects.h - the functions that the rows of routes.c name, by the file they stand in. Their shapes, and that they are
 * pure, is said in route.h.
 */
#pragma once

#include "fs/tree/objects.h"
#include "fs/tree/resource.h"
#include "fs/tree/route.h"

struct field;

/* campaigns.c; object_… serve every list of objects with ids */
list_fn object_list, campaigns_alias_list;
render_fn campaign_render, campaign_name_render, campaign_status_render, campaign_schedule_render,
	campaign_settings_render, object_alias_render, campaigns_csv_render;

const struct field *campaign_schedule_fields(size_t *ret_count);
const struct field *campaign_settings_fields(size_t *ret_count);
void schedule_as_shown(struct slice body, struct buf *out);

/* campaigns_save.c */
commit_fn campaign_status_commit, campaign_name_commit, campaign_schedule_commit, campaign_settings_commit, campaign_rename;
add_fn campaign_add;
drop_fn campaign_drop;
key_fn first_lead_key;
bool first_lead_next(struct fetch *f);

/* views.c */
list_fn views_status_list, views_tag_list, views_client_list;
list_fn views_status_campaigns_list, views_tag_campaigns_list, views_client_campaigns_list;
render_fn views_campaign_render;

/* sequences.c */
list_fn sequences_list;
render_fn sequence_render, sequences_json_render;

bool sequences_next(struct fetch *f);

/* sequences_save.c, sequences_json_save.c */
commit_fn sequences_json_commit;
commit_fn sequence_commit;
add_fn sequence_add;
drop_fn sequence_drop;

/* accounts.c */
list_fn accounts_alias_list, sender_alias_list, warmup_stats_list;
render_fn campaign_account_render, account_render, accounts_csv_render, warmup_render, signature_render;

render_fn warmup_stats_csv_render, warmup_stats_json_render, sender_alias_render;
struct answer *accounts_finish(struct fetch *f, struct refusal *why);

/* accounts_save.c */
list_fn account_new_list;
commit_fn account_commit, warmup_commit, signature_commit;
add_fn account_add, sender_add;
drop_fn sender_drop;

/* leads.c */
list_fn leads_list, thread_list, lead_campaigns_list, global_lead_list;
render_fn leads_csv_render, lead_render, lead_status_render, lead_category_render, lead_campaign_render, global_lead_render,
	global_unsubscribed_render, global_lead_campaign_render;
size_t leads_count(const struct answer *leads);
bool lead_replied(const struct ids *at, const struct answers *from);

/* leads_save.c */
commit_fn lead_commit, lead_status_commit, lead_category_commit, global_unsubscribed_commit;
drop_fn lead_drop;

/* threads.c */
render_fn thread_mbox_render, thread_json_render;

/* reply.c */
commit_fn reply_commit;

/* analytics.c */
render_fn analytics_render, overview_render, categories_render;
key_fn overview_key;
bool overview_next(struct fetch *f);

/* days.c */
list_fn days_csv_list, days_json_list, days_last_list;
render_fn days_csv_render, days_json_render;
key_fn days_key;
bool days_next(struct fetch *f);
int days_take(struct fetch *f, struct reply *reply, struct refusal *why);
struct answer *days_finish(struct fetch *f, struct refusal *why);
void days_free(void *state);
/* Appends "/<from>/<to>" of the last `count` days, which end today (UTC). */
void last_days_key(int64_t count, struct buf *key);

/* statistics.c */
list_fn statistics_list;
render_fn statistics_render;
key_fn statistics_key;
bool statistics_next(struct fetch *f);
int statistics_take(struct fetch *f, struct reply *reply, struct refusal *why);
struct answer *statistics_finish(struct fetch *f, struct refusal *why);
void statistics_free(void *state);

/* webhooks.c */
list_fn webhooks_list;
render_fn webhook_render, campaign_webhook_render;

/* webhooks_save.c */
commit_fn webhook_commit, campaign_webhook_commit;
add_fn webhook_add, campaign_webhook_add;
drop_fn webhook_drop, campaign_webhook_drop;

/* blocklist.c */
render_fn blocklist_render;
bool blocklist_next(struct fetch *f);
int blocklist_take(struct fetch *f, struct reply *reply, struct refusal *why);
struct answer *blocklist_finish(struct fetch *f, struct refusal *why);
void blocklist_free(void *state);

/* history.c */
live_fn history_live, rejected_live;
live_list_fn history_list, rejected_list;

/* blocklist_save.c */
commit_fn blocklist_append, blocklist_commit;
struct answer *blocklist_remove_ids(const struct answer *old, char *const args[REQUEST_ARGS]);

/* import_settings.c */
live_fn import_settings_live;
keep_fn import_settings_keep;

/* import_rewrite.c */
rows_fn leads_save;

/* control.c */
control_fn refresh_control;
live_fn stats_live;

/* import_files.c */
live_fn import_live, import_rejected_live;
live_list_fn imports_list, imports_rejected_list, imports_control_list;
control_fn import_control;
render_fn readme_render;

/* Helpers that subjects share (campaigns.c). */

/*
 * A saved document of fields (campaigns_save.c): what it shows of `base`, and the changed fields as fields_check() gives them (nothing:
 * none). `now` and `changed` are the caller's to release, whatever comes of it.
 */
int document_changes(render_fn *render, const struct ids *at, const struct answers *base, const struct field *fields, size_t count,
	struct slice text, struct buf *now, struct buf *changed, struct refusal *why);

/* The index in the first answer; NULL when there is none. */
const struct objects *answer_objects(const struct answers *from, int which);

/* The object that v[0] names, in the first answer; -ENOENT. */
int object_at(const struct ids *at, const struct answers *from, const struct object **ret_object, struct refusal *why);

/* The time a member holds, in wall-clock ms; 0 when there is none. */
int64_t member_time(struct slice object, const char *member);

/* A CSV file with one row an object: where each column stands in the object, or the function that makes its text. */
struct column {
	const char *name;
	const char *read; /* as in fields.h */
	void (*render)(struct slice object, struct buf *out);
};
void table_render(const struct column *columns, size_t count, const struct objects *rows, struct buf *out);
