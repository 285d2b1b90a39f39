#include "fs/tree/blocklist.h"
#include "fs/tree/paging.h"
#include "fs/tree/statistics.h"
#include "tests/unit/check.h"

static void statistics(void **state)
{
	static const struct {
		const char *name, *body, *want;
		int64_t rows, total;
		const char *why;
	} cases[] = {
		{"a row, without the e-mail",
			"{\"total_stats\":\"2\",\"data\":[{\"lead_name\":\"Luz, "
			"\\\"Vega\\\"\",\"lead_email\":\"luz@horno.example\","
			"\"lead_category\":null,\"sequence_number\":1,\"stats_id\":\"5f\",\"email_campaign_seq_id\":"
			"81001,"
			"\"seq_variant_id\":12345678901234567890,\"email_subject\":\"a\\nb\",\"email_message\":\"<div>"
			"never</div>\","
			"\"sent_time\":\"2026-02-11T08:31:00.000Z\",\"open_count\":0,\"is_bounced\":false,\"ignore_"
			"reply\":1}]}",
			"luz@horno.example,\"Luz, "
			"\"\"Vega\"\"\",,1,5f,81001,12345678901234567890,\"a\nb\",2026-02-11T08:31:00.000Z,,,,0,,,"
			"false\n",
			1, 2, NULL},
		{"known by its address alone", "[{\"lead_email\":\"a@b.c\"}]", "a@b.c,,,,,,,,,,,,,,,\n", 1, -1, NULL},
		{"known by its id alone", "[{\"stats_id\":\"x\",\"lead_category\":{\"id\": 1}}]",
			"\"\",,\"{\"\"id\"\":1}\",,x,,,,,,,,,,,\n", 1, -1, NULL},
		{"none", "{\"data\":[],\"total_stats\":0}", "", 0, 0, NULL},
		{"totals of each step", "{\"ok\":true,\"data\":[{\"sequence_number\":1,\"sent\":4}]}", NULL, 0, 0,
			"totals"},
		{"nothing to know it by", "[{\"stats_id\":\"\",\"lead_email\":null}]", NULL, 0, 0, "totals"},
		{"texts", "[\"stats_id\"]", NULL, 0, 0, "totals"},
		{"an object", "{\"sent\":4}", NULL, 0, 0, "something else"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		struct statistics_page page;
		struct seen seen = {0};
		struct refusal why = {0};
		int rc = statistics_rows(slice_of(cases[i].body), &seen, &out, &page, &why);
		seen_release(&seen);
		check_why(cases[i].name, rc, &why, cases[i].why ? EIO : 0, cases[i].why);
		if (cases[i].why)
			continue;
		check_text(cases[i].name, buf_slice(&out), slice_of(cases[i].want));
		check_int(cases[i].name, page.rows, cases[i].rows);
		check_int(cases[i].name, page.total, cases[i].total);
	}
}

static void rows_that_move(void **state)
{
	static const char first[] = "[{\"stats_id\":\"a\"},{\"stats_id\":\"b\"}]",
			  second[] = "[{\"stats_id\":\"b\"},{\"stats_id\":\"c\"}]";
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct statistics_page page;
	struct seen seen = {0};
	(void)state;
	assert_int_equal(statistics_rows(slice_of(first), &seen, &out, &page, NULL), 0);
	assert_int_equal(page.fresh, 2);
	buf_clear(&out);
	assert_int_equal(statistics_rows(slice_of(second), &seen, &out, &page, NULL), 0);
	assert_int_equal(page.rows, 2);
	assert_int_equal(page.fresh, 1);
	check_text("the second page", buf_slice(&out), SLICE_LITERAL("\"\",,,,c,,,,,,,,,,,\n"));
	assert_int_equal(statistics_rows(slice_of(second), &seen, &out, &page, NULL), 0);
	assert_int_equal(page.fresh, 0);
	seen_release(&seen);
}

static void filters(void **state)
{
	static const struct {
		const char *filter;
		bool want;
		const char *step, *status;
	} cases[] = {
		{"all", true, NULL, NULL},
		{"opened", true, NULL, "opened"},
		{"bounced", true, NULL, "bounced"},
		{"step-1", true, "1", NULL},
		{"step-20", true, "20", NULL},
		{"step-0", false, NULL, NULL},
		{"step-21", false, NULL, NULL},
		{"step-01", false, NULL, NULL},
		{"step-", false, NULL, NULL},
		{"Opened", false, NULL, NULL},
		{"", false, NULL, NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char room[8];
		const char *step, *status;
		check_int(cases[i].filter, statistics_filter(cases[i].filter, room, &step, &status), cases[i].want);
		check_text(cases[i].filter, slice_of(step ? step : "-"), slice_of(cases[i].step ? cases[i].step : "-"));
		check_text(cases[i].filter, slice_of(status ? status : "-"),
			slice_of(cases[i].status ? cases[i].status : "-"));
	}
}

static void last_pages(void **state)
{
	static const struct {
		int64_t got;
		bool want;
	} cases[] = {{0, false}, {1, false}, {99, false}, {100, true}, {250, false}, {500, true}, {999, false},
		{1000, true}, {1001, true}};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int("page", page_may_go_on(cases[i].got, 1000), cases[i].want);
}

static void blocks(void **state)
{
	static const struct {
		const char *name, *body, *want;
		const char *why;
	} cases[] = {
		{"two",
			"[{\"id\":228500001,\"email_or_domain\":\"horno.example\"},{\"id\":\"7\",\"email_or_domain\":"
			"\"a@b.c\"}]",
			"228500001 horno.example\n7 a@b.c\n", NULL},
		{"wrapped, bare texts", "{\"data\":[\"a.example\"]}", "- a.example\n", NULL},
		{"no line is forged", "[{\"id\":1,\"email_or_domain\":\"a\\nb c\"}]", "1 a\ufffdb\ufffdc\n", NULL},
		{"none", "[]", "", NULL},
		{"an entry without text", "[{\"id\":1,\"email_or_domain\":null}]", NULL, "without address"},
		{"no list", "{\"id\":1}", NULL, "something else"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		struct seen seen = {0};
		struct refusal why = {0};
		int64_t rows, fresh;
		int rc = blocklist_rows(slice_of(cases[i].body), &seen, &out, &rows, &fresh, &why);
		seen_release(&seen);
		check_why(cases[i].name, rc, &why, cases[i].why ? EIO : 0, cases[i].why);
		if (!cases[i].why)
			check_text(cases[i].name, buf_slice(&out), slice_of(cases[i].want));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST(statistics),
		UNIT_TEST(rows_that_move),
		UNIT_TEST(filters),
		UNIT_TEST(last_pages),
		UNIT_TEST(blocks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
