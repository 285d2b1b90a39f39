#include "fs/tree/import.h"
#include "fs/tree/state.h"
#include "fs/tree/subjects.h"
#include "tests/unit/check.h"
#include "tests/unit/tree_rig.h"

static const struct ids nowhere = {{NULL}};

static void files(void **state)
{
	static const struct {
		const char *name;
		render_fn *render;
		enum resource_id id;
		struct ids at;
		const char *body, *want;
		int want_errno;
	} cases[] = {
		{"totals", analytics_render, ANALYTICS, {{"7"}}, "{\"id\":7,\"sent_count\":\"2\"}",
			"{\n  \"id\": 7,\n  \"sent_count\": \"2\"\n}\n", 0},
		{"overview, wrapped", overview_render, OVERVIEW, {{NULL}},
			"{\"success\":true,\"message\":\"x\",\"data\":{\"overall_stats\":{\"sent\":1}}}",
			"{\n  \"overall_stats\": {\n    \"sent\": 1\n  }\n}\n", 0},
		{"overview, bare", overview_render, OVERVIEW, {{NULL}}, "{\"sent_count\":1}",
			"{\n  \"sent_count\": 1\n}\n", 0},
		{"categories", categories_render, CATEGORIES, {{NULL}}, "[{\"id\":1}]",
			"[\n  {\n    \"id\": 1\n  }\n]\n", 0},
		{"categories, wrapped", categories_render, CATEGORIES, {{NULL}}, "{\"data\":[]}", "[]\n", 0},
		{"no categories", categories_render, CATEGORIES, {{NULL}}, "{\"id\":1}", NULL, EIO},
		{"webhook", webhook_render, WEBHOOKS, {{"4410"}},
			"[{\"id\":4410,\"name\":\"crm\",\"signing_secret\":\"x\",\"headers\":[{\"authToken\":\"y\","
			"\"n\":1}]}]",
			"{\n  \"id\": 4410,\n  \"name\": \"crm\",\n  \"signing_secret\": \"***\",\n  \"headers\": [\n  "
			"  {\n"
			"      \"authToken\": \"***\",\n      \"n\": 1\n    }\n  ]\n}\n",
			0},
		{"webhook of a campaign", campaign_webhook_render, CAMPAIGN_WEBHOOKS, {{"7", "4410"}},
			"{\"data\":[{\"id\":4410}]}", "{\n  \"id\": 4410\n}\n", 0},
		{"webhook that is gone", webhook_render, WEBHOOKS, {{"1"}}, "[{\"id\":4410}]", NULL, ENOENT},
		{"block list", blocklist_render, BLOCK_LIST, {{NULL}}, "12 a.example\n- b@c.d\n", "a.example\nb@c.d\n",
			0},
		{"empty block list", blocklist_render, BLOCK_LIST, {{NULL}}, "", "", 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		struct refusal why = {0};
		struct answer *a = rig_answer(cases[i].id, cases[i].body);
		check_why(cases[i].name, rig_render(cases[i].render, &cases[i].at, a, &out, &why), &why,
			cases[i].want_errno, "");
		if (cases[i].want)
			check_text(cases[i].name, buf_slice(&out), slice_of(cases[i].want));
		answer_unref(a);
	}
}

static void settings(void **state)
{
	static const struct {
		const char *name, *text;
		int want_errno;
		const char *why;
		const char *flags;
	} saves[] = {
		{"nothing", "{}", 0, "", "0000"},
		{"one", "{\"ignore_unsubscribe_list\": true}", 0, "", "0100"},
		{"another", "{\"ignore_duplicate_leads_in_other_campaign\": true}", 0, "", "0101"},
		{"no bool", "{\"ignore_global_block_list\": 1}", EINVAL, "\"ignore_global_block_list\" must be true or false", "0101"},
		{"unknown", "{\"ignore_all\": true}", EINVAL, "there is no field \"ignore_all\"", "0101"},
		{"half", "{\"ignore_unsubscribe_list\": fal", EINVAL, "line 1", "0101"},
		{"off", "{\"ignore_unsubscribe_list\": false, \"ignore_duplicate_leads_in_other_campaign\": false}", 0, "", "0000"},
	};
	struct monitor monitor;
	struct tree t = {.conf = {.monitor = &monitor}};
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct ids at = {{"7"}};
	(void)state;
	monitor_init(&monitor, 1);
	check_int("no journal", import_settings_keep(&t, &at, SLICE_LITERAL("{}"), NULL), -EIO);
	assert_int_equal(import_settings_live(&t, &at, &out, NULL), 0);
	check_text("all false", buf_slice(&out),
		SLICE_LITERAL("{\n  \"ignore_global_block_list\": false,\n"
			      "  \"ignore_unsubscribe_list\": false,\n  \"ignore_community_bounce_list\": false,\n"
			      "  \"ignore_duplicate_leads_in_other_campaign\": false\n}\n"));
	imports_start(&t, NULL, "http://localhost");
	for (size_t i = 0; i < COUNT(saves); i++) {
		struct refusal why = {0};
		bool flags[IMPORT_FLAGS];
		char got[IMPORT_FLAGS + 1] = "";
		check_why(saves[i].name, import_settings_keep(&t, &at, slice_of(saves[i].text), &why), &why, saves[i].want_errno,
			saves[i].why);
		check_int(saves[i].name, import_settings(&t, "7", flags, &why), 0);
		for (int f = 0; f < IMPORT_FLAGS; f++)
			got[f] = flags[f] ? '1' : '0';
		assert_string_equal(got, saves[i].flags);
	}
	imports_destroy(t.imports);
	monitor_release(&monitor);
}

static void webhook_names(void **state)
{
	struct answer *a = rig_answer(
		WEBHOOKS, "[{\"id\":1,\"name\":\"a/b \\u0001c\"},{\"id\":2,\"name\":\"\"},{\"name\":\"no id\"}]");
	_cleanup_buf_ struct buf all = BUF_INIT, one = BUF_INIT, none = BUF_INIT;
	struct ids campaign = {{"7"}};
	(void)state;
	rig_list("webhooks", &nowhere, a, NULL, &all);
	check_text("listing", buf_slice(&all), SLICE_LITERAL("1-a-b-c.json\n2-unnamed.json\n"));
	rig_list("campaigns/<campaign>/webhooks", &campaign, a, "2-unnamed.json", &one);
	check_text("one", buf_slice(&one), SLICE_LITERAL("2-unnamed.json 7 2\n"));
	rig_list("webhooks", &nowhere, a, "2-other.json", &none);
	check_text("another name", buf_slice(&none), SLICE_LITERAL(""));
	answer_unref(a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST(files),
		UNIT_TEST(settings),
		UNIT_TEST(webhook_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
