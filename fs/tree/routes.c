/*
 * routes.c - THE table of the mount: every path is one row, in the contract's order (mount-contract.md, section 2).
 *
 * To add a file: a row here and a render function in its subject's file (declared in subjects.h). What it is made of is a
 * row of resources.c; what that asks the API is a row of fs/api/endpoints.c; what a change sends, its row names (SENDS).
 * `meson test routes` says what is missing, and docs/files.md and the mount's README.txt are printed from here.
 *
 * In a directory fixed files come first, `status` last of them, then directories, then what the account has.
 */
#include "fs/tree/route.h"

#include "fs/tree/subjects.h"

#define NEEDS(...) {__VA_ARGS__}
#define SENDS(...) {__VA_ARGS__} /* of {call, action}: see struct sending */

#define DIR(path_, mode_, needs_, help_, ...)                                                                          \
	{.path = path_, .mode = S_IFDIR | (mode_), .needs = needs_, .help = help_, __VA_ARGS__}
#define FILE(path_, mode_, needs_, render_, help_, ...)                                                                \
	{.path = path_, .mode = S_IFREG | (mode_), .needs = needs_, .render = render_, .help = help_, __VA_ARGS__}
#define LINK(path_, needs_, list_, render_, help_, ...)                                                                \
	{.path = path_, .mode = S_IFLNK | 0777, .needs = needs_, .list = list_, .render = render_, .help = help_,    \
		__VA_ARGS__}
/* A control file: the write() itself acts. */
#define CTL(path_, mode_, needs_, render_, commit_, help_, ...)                                                        \
	{.path = path_, .mode = S_IFREG | (mode_), .needs = needs_, .render = render_, .commit = commit_,            \
		.flags = ROUTE_CONTROL, .help = help_, __VA_ARGS__}
/* A document: saved once, whole, at its last close. */
#define DOC(path_, mode_, needs_, render_, commit_, help_, ...)                                                        \
	{.path = path_, .mode = S_IFREG | (mode_), .needs = needs_, .render = render_, .commit = commit_,            \
		.help = help_, __VA_ARGS__}

/* clang-format off */
static const struct route table[] = {
	DIR ("",                                                0755, NEEDS(NOTHING), "the mount"),
	FILE("README.txt",                                      0444, NEEDS(NOTHING), readme_render, "how to use the tree, one page"),
	FILE("campaigns.csv",                                   0444, NEEDS(CAMPAIGNS), campaigns_csv_render, "all campaigns, one row each"),
	FILE("email-accounts.csv",                              0444, NEEDS(ACCOUNTS), accounts_csv_render, "all e-mail accounts, one row each"),
	DOC ("blocklist",                                       0644, NEEDS(BLOCK_LIST), blocklist_render, blocklist_commit, "blocked addresses and domains, one a line; what is appended is blocked, a line taken out is unblocked", .append = blocklist_append, .history = "blocklist", .sends = SENDS({EP_BLOCK_ADD, "append lines"}, {EP_BLOCK_REMOVE, "save without a line"}), .flags = ROUTE_LIVE_ONLY),

	DIR ("campaigns",                                       0755, NEEDS(CAMPAIGNS), "one directory a campaign"),
	DIR ("campaigns/<campaign>",                            0755, NEEDS(CAMPAIGNS), "one campaign, <id>-<name>; mkdir makes one, rmdir deletes it when it has no leads", .list = object_list, .add = campaign_add, .drop = campaign_drop, .rename = campaign_rename, .save_needs = NEEDS(CAMPAIGNS, FIRST_LEAD), .flags = ROUTE_AT_ONCE, .history = "campaign", .before = campaign_render, .sends = SENDS({EP_CAMPAIGN_CREATE, "mkdir"}, {EP_CAMPAIGN_DELETE, "rmdir"}, {EP_CAMPAIGN_SETTINGS, "mv"})),
	LINK("campaigns/<alias>",                               NEEDS(CAMPAIGNS), campaigns_alias_list, object_alias_render, "by bare id or exact name: a link to the campaign", .flags = ROUTE_BY_NAME, .probe = CAMPAIGN),
	FILE("campaigns/<campaign>/campaign.json",              0444, NEEDS(CAMPAIGNS), campaign_render, "the campaign as the API gives it"),
	CTL ("campaigns/<campaign>/name",                       0644, NEEDS(CAMPAIGNS), campaign_name_render, campaign_name_commit, "its name; writing renames the campaign", .sends = SENDS({EP_CAMPAIGN_SETTINGS, "write a name"})),
	DOC ("campaigns/<campaign>/schedule.json",              0644, NEEDS(CAMPAIGNS), campaign_schedule_render, campaign_schedule_commit, "when e-mails go out", .history = "schedule", .base_age_ms = 6000, .sends = SENDS({EP_CAMPAIGN_SCHEDULE, "save"})),
	DOC ("campaigns/<campaign>/settings.json",              0644, NEEDS(CAMPAIGNS), campaign_settings_render, campaign_settings_commit, "tracking, stop condition, unsubscribe text, client", .history = "settings", .sends = SENDS({EP_CAMPAIGN_SETTINGS, "save"})),
	DOC ("campaigns/<campaign>/sequences.json",             0644, NEEDS(SEQUENCES), sequences_json_render, sequences_json_commit, "the whole sequence as the API has it", .history = "sequences", .sends = SENDS({EP_SEQUENCES_SAVE, "save"}), .base_age_ms = 500),
	FILE("campaigns/<campaign>/import-settings.json",       0644, NEEDS(NOTHING), NULL, "the four settings of the add-leads call; kept on this machine", .live = import_settings_live, .keep = import_settings_keep, .flags = ROUTE_LIVE),
	FILE("campaigns/<campaign>/analytics.json",             0444, NEEDS(ANALYTICS), analytics_render, "totals"),
	FILE("campaigns/<campaign>/statistics.csv",             0444, NEEDS(STATISTICS), statistics_render, "one row per e-mail sent"),
	CTL ("campaigns/<campaign>/status",                     0644, NEEDS(CAMPAIGNS), campaign_status_render, campaign_status_commit, "write ACTIVE (or START), PAUSED, STOPPED or DELETE", .history = "campaign", .before = campaign_render, .sends = SENDS({EP_CAMPAIGN_STATUS, "write ACTIVE, START, PAUSED or STOPPED"}, {EP_CAMPAIGN_DELETE, "write DELETE"})),
	DIR ("campaigns/<campaign>/sequences",                  0755, NEEDS(SEQUENCES), "one e-mail a file"),
	DOC ("campaigns/<campaign>/sequences/<step>-<variant>.html", 0644, NEEDS(SEQUENCES), sequence_render, sequence_commit, "one e-mail: front matter with subject and delay, then its HTML", .list = sequences_list, .add = sequence_add, .drop = sequence_drop, .history = "sequences", .before = sequences_json_render, .sends = SENDS({EP_SEQUENCES_SAVE, "save, a new file, rm"}), .base_age_ms = 500),
	FILE("campaigns/<campaign>/leads.csv",                  0644, NEEDS(LEADS), leads_csv_render, "all leads, one row each; append rows to import them", .rows = leads_save, .history = "leads", .sends = SENDS({EP_LEADS_ADD, "append rows, or save with new ones"}, {EP_LEAD_UPDATE, "save with changed rows"}, {EP_LEAD_DELETE, "save without rows that were read"})),
	DIR ("campaigns/<campaign>/leads",                      0755, NEEDS(LEADS), "one directory a lead"),
	DIR ("campaigns/<campaign>/leads/<email>",              0755, NEEDS(LEADS), "one lead; rmdir takes it out of the campaign", .list = leads_list, .drop = lead_drop, .history = "lead-<email>", .before = lead_render, .sends = SENDS({EP_LEAD_DELETE, "rmdir"})),
	DOC ("campaigns/<campaign>/leads/<email>/lead.json",    0644, NEEDS(LEADS), lead_render, lead_commit, "the lead's fields; saving changes them in every campaign that holds it", .history = "lead-<email>", .sends = SENDS({EP_LEAD_UPDATE, "save"})),
	CTL ("campaigns/<campaign>/leads/<email>/category",     0644, NEEDS(LEADS, LEAD_PAGES, CATEGORIES), lead_category_render, lead_category_commit, "its category by name, empty for none", .save_needs = NEEDS(CATEGORIES, LEADS), .sends = SENDS({EP_LEAD_CATEGORY, "write a name, or an empty line"})),
	FILE("campaigns/<campaign>/leads/<email>/thread.mbox",  0444, NEEDS(LEADS, THREAD), thread_mbox_render, "the conversation, for mutt -f; listed where there is a reply", .list = thread_list),
	FILE("campaigns/<campaign>/leads/<email>/thread.json",  0444, NEEDS(LEADS, THREAD), thread_json_render, "the conversation as the API gives it", .list = thread_list),
	DOC ("campaigns/<campaign>/leads/<email>/reply.html",   0200, NEEDS(LEADS), NULL, reply_commit, "what is written is sent as a reply to the newest message", .save_needs = NEEDS(LEADS, THREAD), .sends = SENDS({EP_REPLY, "save"})),
	FILE("campaigns/<campaign>/leads/<email>/status",       0644, NEEDS(LEADS), lead_status_render, "reads STARTED, INPROGRESS, COMPLETED, PAUSED, STOPPED or BLOCKED; write PAUSED, RESUMED, RESUMED <days> or UNSUBSCRIBED", .commit = lead_status_commit, .flags = ROUTE_CONTROL, .sends = SENDS({EP_LEAD_PAUSE, "write PAUSED"}, {EP_LEAD_RESUME, "write RESUMED"}, {EP_LEAD_UNSUBSCRIBE, "write UNSUBSCRIBED"})),
	DIR ("campaigns/<campaign>/leads/<email>/campaigns",    0755, NEEDS(LEADS, LEAD_CAMPAIGNS), "every campaign that holds this lead", .flags = ROUTE_BY_NAME),
	LINK("campaigns/<campaign>/leads/<email>/campaigns/<other>", NEEDS(LEADS, LEAD_CAMPAIGNS), lead_campaigns_list, lead_campaign_render, "a link to the campaign"),
	DIR ("campaigns/<campaign>/email-accounts",             0755, NEEDS(CAMPAIGN_ACCOUNTS), "the accounts that send for the campaign; ln -s adds one"),
	LINK("campaigns/<campaign>/email-accounts/<account>",   NEEDS(CAMPAIGN_ACCOUNTS), object_list, campaign_account_render, "a link to the account; rm takes the account off the campaign", .add = sender_add, .add_needs = NEEDS(ACCOUNTS, CAMPAIGN_ACCOUNTS), .drop = sender_drop, .sends = SENDS({EP_CAMPAIGN_ACCOUNT_ADD, "ln -s"}, {EP_CAMPAIGN_ACCOUNT_REMOVE, "rm"})),
	LINK("campaigns/<campaign>/email-accounts/<alias>",     NEEDS(CAMPAIGN_ACCOUNTS), sender_alias_list, sender_alias_render, "by bare id or address: a link to that link", .flags = ROUTE_BY_NAME),
	DIR ("campaigns/<campaign>/analytics",                  0755, NEEDS(NOTHING), "counts per day; any two dates can be named, <from>_<to>.csv or .json"),
	FILE("campaigns/<campaign>/analytics/last-<days>-days.csv", 0444, NEEDS(DAYS), days_csv_render, "the last days, with today (UTC)", .list = days_last_list),
	FILE("campaigns/<campaign>/analytics/<from>_<to>.csv",  0444, NEEDS(DAYS), days_csv_render, "counts per day; an empty cell is unknown", .list = days_csv_list, .flags = ROUTE_BY_NAME),
	FILE("campaigns/<campaign>/analytics/<from>_<to>.json", 0444, NEEDS(DAYS), days_json_render, "the same as JSON; null is unknown", .list = days_json_list, .flags = ROUTE_BY_NAME),
	DIR ("campaigns/<campaign>/statistics",                 0755, NEEDS(NOTHING), "statistics.csv filtered, by name"),
	FILE("campaigns/<campaign>/statistics/<filter>.csv",    0444, NEEDS(STATISTICS), statistics_render, "opened, clicked, replied, unsubscribed, bounced, or step-<n>", .list = statistics_list, .flags = ROUTE_BY_NAME),
	DIR ("campaigns/<campaign>/webhooks",                   0755, NEEDS(CAMPAIGN_WEBHOOKS), "the campaign's webhooks; empty where the service keeps them by account"),
	DOC ("campaigns/<campaign>/webhooks/<webhook>.json",    0644, NEEDS(CAMPAIGN_WEBHOOKS), campaign_webhook_render, campaign_webhook_commit, "one webhook, <id>-<name>.json; a new file makes one", .list = webhooks_list, .add = campaign_webhook_add, .add_needs = NEEDS(CATEGORIES), .drop = campaign_webhook_drop, .history = "webhook-<webhook>", .sends = SENDS({EP_CAMPAIGN_WEBHOOK_SAVE, "a new file, save"}, {EP_CAMPAIGN_WEBHOOK_DELETE, "rm"})),

	DIR ("email-accounts",                                  0755, NEEDS(ACCOUNTS), "one directory an e-mail account"),
	DIR ("email-accounts/<account>",                        0755, NEEDS(ACCOUNTS), "one e-mail account, <id>-<from_email>", .list = object_list),
	LINK("email-accounts/<alias>",                          NEEDS(ACCOUNTS), accounts_alias_list, object_alias_render, "by bare id or address: a link to the account", .flags = ROUTE_BY_NAME, .probe = ACCOUNT),
	FILE("email-accounts/<new>.json",                       0200, NEEDS(NOTHING), NULL, "saving a new file, with what the account needs, makes an account", .list = account_new_list, .add = account_add, .flags = ROUTE_BY_NAME, .sends = SENDS({EP_ACCOUNT_SAVE, "a new file"})),
	DOC ("email-accounts/<account>/account.json",           0600, NEEDS(ACCOUNTS), account_render, account_commit, "the account; passwords read as ***, and *** keeps them", .history = "account", .sends = SENDS({EP_ACCOUNT_UPDATE, "save"}, {EP_ACCOUNT_CREDENTIALS, "save credentials"})),
	DOC ("email-accounts/<account>/warmup.json",            0644, NEEDS(ACCOUNTS), warmup_render, warmup_commit, "warm-up settings; daily_rampup is what was saved here last", .history = "warmup", .sends = SENDS({EP_WARMUP, "save"})),
	FILE("email-accounts/<account>/warmup-stats.csv",       0444, NEEDS(WARMUP_STATS), warmup_stats_csv_render, "warm-up of the last 7 days, where it was ever on", .list = warmup_stats_list),
	FILE("email-accounts/<account>/warmup-stats.json",      0444, NEEDS(WARMUP_STATS), warmup_stats_json_render, "the same as the API gives it", .list = warmup_stats_list),
	DOC ("email-accounts/<account>/signature.html",         0644, NEEDS(ACCOUNTS), signature_render, signature_commit, "its signature", .history = "signature", .sends = SENDS({EP_ACCOUNT_UPDATE, "save"})),

	DIR ("leads",                                           0755, NEEDS(NOTHING), "any lead by its address; listed are those looked up", .flags = ROUTE_LIVE),
	FILE("leads/categories.json",                           0444, NEEDS(CATEGORIES), categories_render, "the categories a lead can have"),
	DIR ("leads/<email>",                                   0755, NEEDS(LEAD_BY_EMAIL), "one lead", .list = global_lead_list, .flags = ROUTE_BY_NAME | ROUTE_VERIFY | ROUTE_KNOWN),
	FILE("leads/<email>/lead.json",                         0444, NEEDS(LEAD_BY_EMAIL), global_lead_render, "the lead as the API gives it"),
	FILE("leads/<email>/unsubscribed",                      0644, NEEDS(LEAD_BY_EMAIL), global_unsubscribed_render, "yes or no; writing yes unsubscribes the lead everywhere, for good", .commit = global_unsubscribed_commit, .flags = ROUTE_CONTROL, .sends = SENDS({EP_LEAD_UNSUBSCRIBE_ALL, "write yes"})),
	DIR ("leads/<email>/campaigns",                         0755, NEEDS(LEAD_BY_EMAIL, LEAD_CAMPAIGNS), "every campaign that holds this lead"),
	LINK("leads/<email>/campaigns/<campaign>",              NEEDS(LEAD_BY_EMAIL, LEAD_CAMPAIGNS), lead_campaigns_list, global_lead_campaign_render, "a link to the campaign"),

	DIR ("analytics",                                       0755, NEEDS(NOTHING), "the whole account"),
	FILE("analytics/overview.json",                         0444, NEEDS(OVERVIEW), overview_render, "all campaigns together; where the service wants dates, the last 30 days"),

	DIR ("webhooks",                                        0755, NEEDS(WEBHOOKS), "the account's webhooks; empty where the service keeps them by campaign"),
	DOC ("webhooks/<webhook>.json",                         0644, NEEDS(WEBHOOKS), webhook_render, webhook_commit, "one webhook, <id>-<name>.json; a new file makes one", .list = webhooks_list, .add = webhook_add, .drop = webhook_drop, .history = "webhook", .sends = SENDS({EP_WEBHOOK_CREATE, "a new file"}, {EP_WEBHOOK_UPDATE, "save"}, {EP_WEBHOOK_DELETE, "rm"})),

	DIR ("views",                                           0755, NEEDS(NOTHING), "campaigns sorted by what they are"),
	DIR ("views/status",                                    0755, NEEDS(CAMPAIGNS), "by status"),
	DIR ("views/status/<status>",                           0755, NEEDS(CAMPAIGNS), "the campaigns of that status", .list = views_status_list),
	LINK("views/status/<status>/<campaign>",                NEEDS(CAMPAIGNS), views_status_campaigns_list, views_campaign_render, "a link to the campaign"),
	DIR ("views/tag",                                       0755, NEEDS(CAMPAIGNS), "by tag"),
	DIR ("views/tag/<tag>",                                 0755, NEEDS(CAMPAIGNS), "the campaigns with that tag", .list = views_tag_list),
	LINK("views/tag/<tag>/<campaign>",                      NEEDS(CAMPAIGNS), views_tag_campaigns_list, views_campaign_render, "a link to the campaign"),
	DIR ("views/client",                                    0755, NEEDS(CAMPAIGNS), "by client"),
	DIR ("views/client/<client>",                           0755, NEEDS(CAMPAIGNS), "the campaigns of that client", .list = views_client_list),
	LINK("views/client/<client>/<campaign>",                NEEDS(CAMPAIGNS), views_client_campaigns_list, views_campaign_render, "a link to the campaign"),

	DIR (".smartlead",                                      0755, NEEDS(NOTHING), "the mount itself"),
	FILE(".smartlead/errors",                               0444, NEEDS(NOTHING), NULL, "refusals, newest last: time, path, errno, what the API or the checker said", .flags = ROUTE_LOG),
	FILE(".smartlead/requests",                             0444, NEEDS(NOTHING), NULL, "requests, newest last: time, method, path, status, ms, attempt", .flags = ROUTE_LOG),
	FILE(".smartlead/stats.json",                           0444, NEEDS(NOTHING), NULL, "cache, requests, budget, who waits for what", .live = stats_live, .flags = ROUTE_LIVE),
	FILE(".smartlead/refresh",                              0200, NEEDS(NOTHING), NULL, "write a path, or all: the next read fetches anew", .control = refresh_control),
	DIR (".smartlead/imports",                              0755, NEEDS(NOTHING), "imports of leads", .flags = ROUTE_LIVE),
	FILE(".smartlead/imports/<n>.json",                     0444, NEEDS(NOTHING), NULL, "one import: total, sent, accepted, duplicates, invalid, state", .live = import_live, .live_list = imports_list, .flags = ROUTE_LIVE),
	FILE(".smartlead/imports/<n>-rejected.csv",             0444, NEEDS(NOTHING), NULL, "rows that were not taken and why, ready to be mended and appended again", .live = import_rejected_live, .live_list = imports_rejected_list, .flags = ROUTE_LIVE),
	FILE(".smartlead/imports/<n>-control",                  0200, NEEDS(NOTHING), NULL, "write cancel or resume", .live_list = imports_control_list, .control = import_control, .sends = SENDS({EP_LEADS_ADD, "write resume"})),
	DIR (".smartlead/rejected",                             0755, NEEDS(NOTHING), "the text of every save that was refused, by time and path", .flags = ROUTE_LIVE),
	FILE(".smartlead/rejected/<text>",                      0400, NEEDS(NOTHING), NULL, "one such text, passwords hidden", .live = rejected_live, .live_list = rejected_list, .flags = ROUTE_LIVE),
	DIR (".smartlead/history",                              0755, NEEDS(NOTHING), "what saves and removals replaced, kept on this machine", .flags = ROUTE_LIVE),
	DIR (".smartlead/history/<kind>",                       0755, NEEDS(NOTHING), "campaigns, email-accounts, webhooks", .live_list = history_list, .flags = ROUTE_LIVE),
	DIR (".smartlead/history/<kind>/<id>",                  0755, NEEDS(NOTHING), "one of them", .live_list = history_list, .flags = ROUTE_LIVE),
	DIR (".smartlead/history/<kind>/<id>/<document>",       0755, NEEDS(NOTHING), "one document", .live_list = history_list, .flags = ROUTE_LIVE),
	FILE(".smartlead/history/<kind>/<id>/<document>/<text>", 0400, NEEDS(NOTHING), NULL, "its text before one save, by UTC time, ready to be copied back", .live = history_live, .live_list = history_list, .flags = ROUTE_LIVE),
};
/* clang-format on */

const struct route *routes(size_t *ret_count)
{
	*ret_count = sizeof table / sizeof *table;
	return table;
}

const struct sending *route_sending(const struct route *r, enum endpoint_id id)
{
	for (int i = 0; i < SENDS_MAX; i++)
		if (r->sends[i].endpoint == id)
			return &r->sends[i];
	return NULL;
}
