#include "fs/base/clock.h"
#include "fs/format/dates.h"
#include "fs/tree/days.h"
#include "fs/tree/subjects.h"
#include "tests/unit/check.h"
#include "tests/unit/tree_rig.h"

static void read_days(void **state)
{
	static const struct {
		const char *name, *body,
			*want;   /* want: the cells of the days from 2026-02-27 to 2026-03-01, one line a day */
		const char *why; /* or what it is refused with */
	} cases[] = {
		{"the reference's array",
			"[{\"date\":\"2026-02-27\",\"sent_count\":5,\"open_count\":4,\"click_count\":3,\"reply_count\":"
			"2,"
			"\"bounce_count\":1,\"unsubscribed_count\":0},{\"date\":\"2026-02-28\",\"sent_count\":\"7\"},"
			"{\"date\":\"2026-03-01\",\"sent_count\":8,\"open_count\":null}]",
			"5,4,3,2,1,0\n7,,,,,\n8,,,,,\n", NULL},
		{"wrapped, other names, a time behind the date",
			"{\"data\":[{\"date\":\"2026-02-28T00:00:00.000Z\",\"sent\":1,\"opened\":2,\"clicked\":3,"
			"\"replied\":4,"
			"\"bounced\":5,\"unsubscribed\":6}]}",
			",,,,,\n1,2,3,4,5,6\n,,,,,\n", NULL},
		{"live: a display text, no clicks, days left out, in any order",
			"{\"success\":true,\"data\":{\"day_wise_stats\":[{\"date\":\"1 "
			"Mar\",\"email_engagement_metrics\":{\"sent\":9,"
			"\"opened\":1,\"replied\":0,\"bounced\":0,\"unsubscribed\":0}},{\"date\":\"27 "
			"Feb\",\"day_name\":\"Friday\","
			"\"email_engagement_metrics\":{\"sent\":3,\"opened\":0,\"replied\":0,\"bounced\":0,"
			"\"unsubscribed\":0}}]}}",
			"3,0,,0,0,0\n,,,,,\n9,1,,0,0,0\n", NULL},
		{"live: flat rows with ISO dates",
			"{\"ok\":true,\"data\":{\"day_wise_stats\":[{\"date\":\"2026-02-28\",\"sent\":3}]}}",
			",,,,,\n3,,,,,\n,,,,,\n", NULL},
		{"a list of all days without dates: by place",
			"[{\"sent\":1},{\"sent\":2},{\"date\":\"?\",\"sent\":3}]", "1,,,,,\n2,,,,,\n3,,,,,\n", NULL},
		{"days of other spans are left out",
			"[{\"date\":\"2026-03-02\",\"sent\":1},{\"date\":\"2025-02-28\",\"sent\":1}]",
			",,,,,\n,,,,,\n,,,,,\n", NULL},
		{"none", "[]", ",,,,,\n,,,,,\n,,,,,\n", NULL},
		{"not numbers",
			"[{\"date\":\"2026-02-28\",\"sent\":-1,\"opened\":\"1,2\\n\",\"replied\":[],\"bounced\":4}]",
			",,,,,\n,,,,4,\n,,,,,\n", NULL},
		{"fewer days without dates", "[{\"sent\":1},{\"sent\":2}]", NULL, "which days"},
		{"a display text of another span", "[{\"date\":\"5 Jun\",\"sent\":1}]", NULL, "which days"},
		{"totals for the span", "{\"id\":1,\"sent_count\":\"180\"}", NULL, "something else"},
		{"no counts", "[{\"date\":\"2026-02-28\"}]", NULL, "without counts"},
		{"texts", "[\"a\",\"b\",\"c\"]", NULL, "without counts"},
	};
	int64_t first, last;
	(void)state;
	assert_true(date_parse(SLICE_LITERAL("2026-02-27"), &first));
	assert_true(date_parse(SLICE_LITERAL("2026-03-01"), &last));
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct day_counts days[3];
		struct refusal why = {0};
		_cleanup_buf_ struct buf out = BUF_INIT, want = BUF_INIT;
		days_clear(days, 3);
		int rc = days_read(slice_of(cases[i].body), first, last, days, &why);
		check_why(cases[i].name, rc, &why, cases[i].why ? EIO : 0, cases[i].why);
		if (cases[i].why)
			continue;
		days_print(first, days, 3, &out);
		buf_add_str(&want, "date,sent,opened,clicked,replied,bounced,unsubscribed\n");
		const char *line = cases[i].want ? cases[i].want : "";
		for (int day = 0; day < 3; day++) {
			date_print(first + day, &want);
			size_t len = strcspn(line, "\n");
			buf_add_char(&want, ',');
			buf_add(&want, line, len);
			buf_add_char(&want, '\n');
			line += len + (line[len] == '\n');
		}
		check_text(cases[i].name, buf_slice(&out), buf_slice(&want));
	}
}

static void json(void **state)
{
	struct ids at = {{"1", "2026-02-28", "2026-03-01"}};
	struct answer *a = rig_answer(DAYS, "date,sent,opened,clicked,replied,bounced,unsubscribed\n2026-02-28,7,,,,,\n"
					    "2026-03-01,5,4,3,2,1,0\n");
	_cleanup_buf_ struct buf out = BUF_INIT;
	(void)state;
	assert_int_equal(rig_render(days_json_render, &at, a, &out, NULL), 0);
	check_text("JSON", buf_slice(&out),
		SLICE_LITERAL("[\n  {\n    \"date\": \"2026-02-28\",\n    \"sent\": 7,\n"
			      "    \"opened\": null,\n    \"clicked\": null,\n    \"replied\": null,\n    \"bounced\": "
			      "null,\n"
			      "    \"unsubscribed\": null\n  },\n  {\n    \"date\": \"2026-03-01\",\n    \"sent\": "
			      "5,\n    \"opened\": 4,\n"
			      "    \"clicked\": 3,\n    \"replied\": 2,\n    \"bounced\": 1,\n    \"unsubscribed\": "
			      "0\n  }\n]\n"));
	answer_unref(a);
}

static void names(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{"2026-01-01_2026-01-31.csv", "2026-01-01_2026-01-31.csv 7 2026-01-01 2026-01-31\n"},
		{"2026-01-01_2026-01-01.json", "2026-01-01_2026-01-01.json 7 2026-01-01 2026-01-01\n"},
		{"last-7-days.csv", "last-7-days.csv 7 7\n"},
		{"last-30-days.csv", "last-30-days.csv 7 30\n"},
		{"last-31-days.csv", ""},
		{"last-7-days.json", ""},
		{"2026-02-01_2026-02-30.csv", ""},
		{"2026-02-02_2026-02-01.csv", ""},
		{"2026-2-01_2026-02-03.csv", ""},
		{"2016-01-01_2026-01-07.csv", "2016-01-01_2026-01-07.csv 7 2016-01-01 2026-01-07\n"},
		{"2016-01-01_2026-01-10.csv", ""},
		{"2026-01-01_2026-01-31.csv~", ""},
		{"2026-01-01_2026-01-31", ""},
		{"2026-01-01-2026-01-31.csv", ""},
		{".csv", ""},
	};
	struct ids at = {{"7"}};
	_cleanup_buf_ struct buf all = BUF_INIT;
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		rig_list("campaigns/<campaign>/analytics", &at, NULL, cases[i].name, &out);
		check_text(cases[i].name, buf_slice(&out), slice_of(cases[i].want));
	}
	rig_list("campaigns/<campaign>/analytics", &at, NULL, NULL, &all);
	check_text("listing", buf_slice(&all), SLICE_LITERAL("last-7-days.csv\nlast-30-days.csv\n"));
}

static void keys(void **state)
{
	static const struct {
		const char *name;
		struct ids at;
		const char *want;
	} cases[] = {
		{"span", {{"7", "2026-01-01", "2026-01-31"}}, "/7/2026-01-01/2026-01-31"},
		{"week", {{"7", "7"}}, "/7/2026-02-23/2026-03-01"},
		{"month", {{"7", "30"}}, "/7/2026-01-31/2026-03-01"},
	};
	(void)state;
	clock_set_for_test(INT64_C(1772409599000)); /* 2026-03-01T23:59:59Z */
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf key = BUF_INIT;
		bool needed = true;
		assert_int_equal(days_key(&cases[i].at, NULL, &key, &needed, NULL), 0);
		check_text(cases[i].name, buf_slice(&key), slice_of(cases[i].want));
	}
	clock_set_for_test(-1);
}

/* Which spans a fetch asks for. */
static void pieces(void **state)
{
	struct fetch f = {.ids = {"7", "2025-11-25", "2026-11-24"}};
	_cleanup_buf_ struct buf asked = BUF_INIT;
	struct reply reply = {0};
	struct buf text = BUF_INIT;
	(void)state;
	buf_add_str(&text, "[]");
	reply.body = blob_from_buf(&text);
	for (; days_next(&f); f.step++) {
		if (f.step < 2 || f.step > 11)
			buf_printf(&asked, "%s %s\n", f.request.args[1], f.request.args[2]);
		assert_int_equal(days_take(&f, &reply, NULL), 0);
	}
	assert_int_equal(f.step, 13);
	check_text("spans", buf_slice(&asked),
		SLICE_LITERAL("2025-11-25 2025-12-24\n2025-12-25 2026-01-23\n"
			      "2026-11-20 2026-11-24\n"));
	struct answer *a = days_finish(&f, NULL);
	size_t lines = 0;
	for (size_t i = 0; i < a->body->len; i++)
		lines += a->body->data[i] == '\n';
	assert_int_equal(lines, 366);
	answer_unref(a);
	reply_release(&reply);
	days_free(f.state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST(read_days),
		UNIT_TEST(json),
		UNIT_TEST(names),
		UNIT_TEST(keys),
		UNIT_TEST(pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
