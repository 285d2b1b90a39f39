/* test_body.c - the contract's form of each body in both dialects, and the paths. */
#include "check.h"

#include "fs/api/body.h"
#include "fs/api/path.h"
#include "fs/format/json.h"

static const struct {
	const char *name;
	enum endpoint_id id;
	const char *contract;
	const char *reference; /* NULL: refused with EINVAL */
	const char *live;
} bodies[] = {
	{"start", EP_CAMPAIGN_STATUS, "{\"status\":\"START\"}", "{\"status\":\"ACTIVE\"}", "{\"status\":\"START\"}"},
	{"active", EP_CAMPAIGN_STATUS, "{\"status\":\"ACTIVE\"}", "{\"status\":\"ACTIVE\"}", "{\"status\":\"START\"}"},
	{"paused", EP_CAMPAIGN_STATUS, "{\"status\":\"PAUSED\"}", "{\"status\":\"PAUSED\"}", "{\"status\":\"PAUSED\"}"},
	{"schedule", EP_CAMPAIGN_SCHEDULE, "{\"timezone\":\"Z\",\"days_of_the_week\":[1,2],\"max_leads_per_day\":9}",
		"{\"timezone\":\"Z\",\"days_of_the_week\":[1,2],\"max_leads_per_day\":9}",
		"{\"timezone\":\"Z\",\"days_of_the_week\":[1,2],\"max_new_leads_per_day\":9}"},
	{"track words", EP_CAMPAIGN_SETTINGS, "{\"track_settings\":[\"DONT_EMAIL_OPEN\",\"DONT_TRACK_LINK_CLICK\"]}",
		"{\"track_settings\":[\"DONT_EMAIL_OPEN\",\"DONT_LINK_CLICK\"]}",
		"{\"track_settings\":[\"DONT_TRACK_EMAIL_OPEN\",\"DONT_TRACK_LINK_CLICK\"]}"},
	{"stop words", EP_CAMPAIGN_SETTINGS, "{\"stop_lead_settings\":\"OPENED_EMAIL\",\"client_id\":null}",
		"{\"stop_lead_settings\":\"OPENED_EMAIL\",\"client_id\":null}",
		"{\"stop_lead_settings\":\"OPEN_AN_EMAIL\"}"},
	{"stop words, live", EP_CAMPAIGN_SETTINGS, "{\"stop_lead_settings\":\"CLICK_ON_A_LINK\"}",
		"{\"stop_lead_settings\":\"CLICKED_LINK\"}", "{\"stop_lead_settings\":\"CLICK_ON_A_LINK\"}"},
	{"a flat step", EP_SEQUENCES_SAVE,
		"{\"sequences\":[{\"id\":81002,\"seq_number\":2,\"seq_delay_details\":{\"delay_in_days\":3},"
		"\"subject\":\"\",\"email_body\":\"<p>\"}]}",
		"[{\"id\":81002,\"seq_number\":2,\"seq_delay_details\":{\"delay_in_days\":3},"
		"\"variant_distribution_type\":\"MANUALLY_EQUAL\","
		"\"variants\":[{\"subject\":\"\",\"email_body\":\"<p>\",\"variant_label\":\"A\"}]}]",
		"{\"sequences\":[{\"id\":81002,\"seq_number\":2,\"seq_delay_details\":{\"delay_in_days\":3},"
		"\"subject\":\"\",\"email_body\":\"<p>\"}]}"},
	{"a new step with one variant", EP_SEQUENCES_SAVE,
		"{\"sequences\":[{\"seq_number\":1,\"seq_delay_details\":{\"delayInDays\":0},"
		"\"variants\":[{\"id\":null,\"subject\":\"S\",\"email_body\":\"B\",\"variant_label\":\"A\"}]}]}",
		"[{\"seq_number\":1,\"seq_delay_details\":{\"delay_in_days\":0},"
		"\"variant_distribution_type\":\"MANUALLY_EQUAL\","
		"\"variants\":[{\"subject\":\"S\",\"email_body\":\"B\",\"variant_label\":\"A\"}]}]",
		"{\"sequences\":[{\"id\":null,\"seq_number\":1,\"seq_delay_details\":{\"delay_in_days\":0},"
		"\"subject\":\"S\",\"email_body\":\"B\"}]}"},
	{"one variant with an id", EP_SEQUENCES_SAVE,
		"{\"sequences\":[{\"id\":1,\"seq_number\":1,\"subject\":\"\",\"email_body\":\"\","
		"\"variants\":[{\"id\":90001,\"subject\":\"S\"}]}]}",
		"[{\"id\":1,\"seq_number\":1,\"seq_delay_details\":{\"delay_in_days\":0},"
		"\"variant_distribution_type\":\"MANUALLY_EQUAL\",\"variants\":[{\"id\":90001,\"subject\":\"S\"}]}]",
		"{\"sequences\":[{\"id\":1,\"seq_number\":1,\"seq_delay_details\":{\"delay_in_days\":0},"
		"\"seq_variants\":[{\"id\":90001,\"subject\":\"S\"}]}]}"},
	{"two variants, an extra", EP_SEQUENCES_SAVE,
		"{\"sequences\":[{\"id\":1,\"seq_number\":1,\"seq_type\":\"EMAIL\",\"variant_distribution_type\":\"AI_EQUAL\","
		"\"variants\":[{\"id\":9007199254740993,\"subject\":\"S\"},{\"subject\":\"T\"}]}]}",
		"[{\"id\":1,\"seq_number\":1,\"seq_type\":\"EMAIL\",\"seq_delay_details\":{\"delay_in_days\":0},"
		"\"variant_distribution_type\":\"AI_EQUAL\","
		"\"variants\":[{\"id\":9007199254740993,\"subject\":\"S\"},{\"subject\":\"T\"}]}]",
		"{\"sequences\":[{\"id\":1,\"seq_number\":1,\"seq_type\":\"EMAIL\",\"seq_delay_details\":{\"delay_in_days\":0},"
		"\"variant_distribution_type\":\"AI_EQUAL\","
		"\"seq_variants\":[{\"id\":9007199254740993,\"subject\":\"S\"},{\"subject\":\"T\"}]}]}"},
	{"no step", EP_SEQUENCES_SAVE, "{\"sequences\":[]}", NULL, NULL},
	{"no steps", EP_SEQUENCES_SAVE, "[]", NULL, NULL},
	{"attach", EP_CAMPAIGN_ACCOUNT_ADD, "{\"email_account_ids\":[456]}", "{\"email_account_id\":456}",
		"{\"email_account_ids\":[456]}"},
	{"attach two", EP_CAMPAIGN_ACCOUNT_ADD, "{\"email_account_ids\":[4,5]}", NULL, "{\"email_account_ids\":[4,5]}"},
	{"detach", EP_CAMPAIGN_ACCOUNT_REMOVE, "{\"email_account_ids\":[456]}", "{\"email_account_id\":456}",
		"{\"email_account_ids\":[456]}"},
	{"new account", EP_ACCOUNT_SAVE,
		"{\"username\":\"u\",\"imap_username\":\"i\",\"smtp_port_type\":\"TLS\",\"bcc\":null}",
		"{\"username\":\"u\",\"imap_username\":\"i\",\"smtp_port_type\":\"TLS\",\"bcc\":null}",
		"{\"user_name\":\"u\",\"imap_user_name\":\"i\"}"},
	{"changed account", EP_ACCOUNT_UPDATE, "{\"max_email_per_day\":5,\"bcc\":null}",
		"{\"max_email_per_day\":5,\"bcc\":null}", "{\"max_email_per_day\":5,\"bcc\":null}"},
	{"no client any more", EP_ACCOUNT_UPDATE, "{\"client_id\":null}", "{\"client_id\":null}", "{\"client_id\":null}"},
	{"credentials", EP_ACCOUNT_CREDENTIALS,
		"{\"id\":4,\"username\":\"u\",\"smtp_port\":465,\"smtp_port_type\":\"SSL\",\"bcc\":null}",
		"{\"username\":\"u\",\"smtp_port\":465,\"smtp_port_type\":\"SSL\",\"bcc\":null}",
		"{\"id\":4,\"user_name\":\"u\",\"smtp_port\":465,\"bcc\":null}"},
	{"the type alone", EP_ACCOUNT_CREDENTIALS, "{\"id\":4,\"smtp_port_type\":\"SSL\"}", "{\"smtp_port_type\":\"SSL\"}", NULL},
	{"warm-up", EP_WARMUP,
		"{\"warmup_enabled\":true,\"total_warmup_per_day\":9,\"daily_rampup\":5,\"reply_rate_percentage\":30}",
		"{\"warmup_enabled\":true,\"total_warmup_per_day\":9,\"daily_rampup\":5,\"reply_rate_percentage\":30}",
		"{\"warmup_enabled\":true,\"total_warmup_per_day\":9,\"daily_rampup\":5,\"reply_rate_percentage\":30}"},
	{"half a warm-up", EP_WARMUP, "{\"warmup_enabled\":true}", NULL, "{\"warmup_enabled\":true}"},
	{"leads", EP_LEADS_ADD, "{\"lead_list\":[{\"email\":\"a@b\"}],\"settings\":{\"x\":false,\"return_lead_ids\":true}}",
		"{\"lead_list\":[{\"email\":\"a@b\"}],\"settings\":{\"x\":false}}",
		"{\"lead_list\":[{\"email\":\"a@b\"}],\"settings\":{\"x\":false,\"return_lead_ids\":true}}"},
	{"block a domain", EP_BLOCK_ADD, "{\"entries\":[\"b.example\"]}", "{\"domain\":\"b.example\"}",
		"{\"domain_block_list\":[\"b.example\"]}"},
	{"block an address", EP_BLOCK_ADD, "{\"entries\":[\"a@b\"]}", "{\"email\":\"a@b\"}",
		"{\"domain_block_list\":[\"a@b\"]}"},
	{"block two", EP_BLOCK_ADD, "{\"entries\":[\"a\",\"b\"]}", NULL, "{\"domain_block_list\":[\"a\",\"b\"]}"},
	{"reply", EP_REPLY, "{\"lead_id\":3,\"email_stats_id\":\"s\",\"email_body\":\"b\",\"reply_message_id\":\"m\","
		"\"reply_email_time\":\"t\",\"cc\":null}",
		"{\"lead_id\":3,\"email_body\":\"b\",\"reply_message_id\":\"m\",\"reply_email_time\":\"t\"}",
		"{\"email_stats_id\":\"s\",\"email_body\":\"b\",\"reply_message_id\":\"m\",\"reply_email_time\":\"t\"}"},
	{"as it is", EP_LEAD_UPDATE, "{\"email\":\"a@b\"}", "{\"email\":\"a@b\"}", "{\"email\":\"a@b\"}"},
};

static void check_translation(const char *name, body_fn *body, const char *contract, const char *want)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct refusal why;
	int rc = body ? body(slice_of(contract), &out, &why) : 0;
	if (!body)
		buf_add_str(&out, contract);
	check_int(name, rc, want ? 0 : -EINVAL);
	if (!want)
		return;
	assert_int_equal(json_check(buf_slice(&out), NULL), 0);
	check_text(name, buf_slice(&out), slice_of(want));
}

static void bodies_are_translated(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		const struct endpoint *e = endpoint(bodies[i].id);
		check_translation(bodies[i].name, e->wire[DIALECT_REFERENCE].body, bodies[i].contract, bodies[i].reference);
		check_translation(bodies[i].name, e->wire[DIALECT_LIVE].body, bodies[i].contract, bodies[i].live);
	}
}

static const struct {
	const char *name;
	enum endpoint_id id;
	const char *args[5];
	const char *reference, *live; /* NULL: refused, or no such call */
} paths[] = {
	{"no client", EP_CAMPAIGNS, {NULL}, "campaigns/?include_tags=true", "campaigns/?include_tags=true"},
	{"client", EP_CAMPAIGNS, {"5"}, "campaigns/?client_id=5&include_tags=true", "campaigns/?client_id=5&include_tags=true"},
	{"address", EP_LEAD_BY_EMAIL, {"a+b@c.d"}, "leads/?email=a%2Bb%40c.d", "leads/?email=a%2Bb%40c.d"},
	{"page", EP_LEADS, {"7", "0", "100"}, "campaigns/7/leads?offset=0&limit=100", "campaigns/7/leads?offset=0&limit=100"},
	{"statistics by step", EP_STATISTICS, {"7", "0", "100", "2"},
		"campaigns/7/statistics?offset=0&limit=100&email_sequence_number=2",
		"campaigns/7/statistics?offset=0&limit=100&email_sequence_number=2"},
	{"statistics by status", EP_STATISTICS, {"7", "0", "100", NULL, "opened"},
		"campaigns/7/statistics?offset=0&limit=100&email_status=opened",
		"campaigns/7/statistics?offset=0&limit=100&email_status=opened"},
	{"days", EP_DAYS, {"7", "2026-01-01", "2026-01-30"},
		"campaigns/7/analytics-by-date?start_date=2026-01-01&end_date=2026-01-30",
		"analytics/day-wise-overall-stats?start_date=2026-01-01&end_date=2026-01-30&campaign_ids=7"},
	{"overview", EP_OVERVIEW, {"2026-01-01", "2026-01-30", "Europe/Madrid"}, "analytics/overview",
		"analytics/overall-stats-v2?start_date=2026-01-01&end_date=2026-01-30&timezone=Europe%2FMadrid"},
	{"account", EP_ACCOUNT, {"4"}, "email-accounts/4/", "email-accounts/4/"},
	{"a slash in an argument", EP_CAMPAIGN, {"7/status"}, "campaigns/7%2Fstatus?include_tags=true",
		"campaigns/7%2Fstatus?include_tags=true"},
	{"dots", EP_CAMPAIGN_DELETE, {".."}, NULL, NULL},
	{"empty", EP_LEAD_DELETE, {"7", ""}, NULL, NULL},
	{"missing", EP_LEAD_DELETE, {"7"}, NULL, NULL},
	{"reference only", EP_WEBHOOKS, {NULL}, "webhooks", NULL},
};

static void check_path(const char *name, const struct wire *wire, const char *const *args, const char *want)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct refusal why;
	int rc = wire->method ? path_build(wire, args, 5, &out, &why) : -EINVAL;
	check_int(name, rc, want ? 0 : -EINVAL);
	if (want)
		check_text(name, buf_slice(&out), slice_of(want));
}

static void paths_are_built(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		const struct endpoint *e = endpoint(paths[i].id);
		check_path(paths[i].name, &e->wire[DIALECT_REFERENCE], paths[i].args, paths[i].reference);
		check_path(paths[i].name, &e->wire[DIALECT_LIVE], paths[i].args, paths[i].live);
	}
}

/* The table against itself. */
static void the_table_is_whole(void **state)
{
	int sections = 0;
	(void)state;
	for (int id = EP_NONE + 1; id < ENDPOINTS; id++) {
		const struct endpoint *e = endpoint((enum endpoint_id)id);
		const struct wire *reference = &e->wire[DIALECT_REFERENCE], *live = &e->wire[DIALECT_LIVE];
		if ((int)e->id != id || !e->name || e->patience < 1 || !(reference->method || live->method))
			fail_msg("row %d is not whole", id);
		sections += e->section != NULL;
		/* What the document names is there on the document's service, by the document's method. */
		if (e->section && (!reference->method || strncmp(e->section, reference->method, strlen(reference->method)) != 0))
			fail_msg("%s: not %s", e->name, e->section);
		bool get = strncmp(reference->method ? reference->method : live->method, "GET", 3) == 0;
		if (get != (e->shape != SHAPE_DONE) || (get && !e->repeatable))
			fail_msg("%s: shape or repeatable is wrong", e->name);
		for (int other = EP_NONE + 1; other < id; other++)
			assert_string_not_equal(e->name, endpoint((enum endpoint_id)other)->name);
	}
	assert_int_equal(sections, 41);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(bodies_are_translated),
		UNIT_TEST(paths_are_built),
		UNIT_TEST(the_table_is_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
