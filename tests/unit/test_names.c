#include "fs/format/names.h"

#include "fs/base/limits.h"
#include "tests/unit/check.h"

static void safe_names(void **state)
{
	static const struct {
		const char *name;
		struct slice in;
		const char *want;
	} cases[] = {
		{"plain", T("Spring"), "Spring"},
		{"white space is one dash", T("Spring  \t\n Bakers"), "Spring-Bakers"},
		{"surrounding white space goes", T("  a \r\n"), "a"},
		{"no-break and ideographic space", T("a\u00A0b\u3000c"), "a-b-c"},
		{"slash", T("a/b//c"), "a-b--c"},
		{"path", T("../../etc/passwd"), "..-..-etc-passwd"},
		{"NUL", T("a\0b"), "ab"},
		{"controls", T("a\x1b[31mb\x7f\x01"), "a[31mb"},
		{"C1 controls",
			T("a\xc2\x9b"
			  "b"),
			"ab"},
		{"bidi", T("a\u202e\u2066gnp.exe\u200f"), "agnp.exe"},
		{"separators and zero-width", T("a\u2028\u2029\u200b\ufeff\u2060z"), "az"},
		{"invalid UTF-8", T("a\xff\xc3z"), "a\ufffd\ufffdz"},
		{"overlong slash", T("a\xc0\xafz"), "a\ufffd\ufffdz"},
		{"surrogate", T("\xed\xa0\x80"), "\ufffd\ufffd\ufffd"},
		{"cut at the end", T("a\xe2\x82"), "a\ufffd"},
		{"letters of all kinds stay", T("Größe 大 😀"), "Größe-大-😀"},
		{"empty", T(""), "unnamed"},
		{"nothing left", T(" \x01\u200b "), "unnamed"},
		{"dot", T("."), "-"},
		{"dot dot", T(" .. "), "--"},
		{"dot dot by dropping", T(".\u200b."), "--"},
		{"three dots", T("..."), "..."},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		name_safe(cases[i].in, &out);
		check_text(cases[i].name, buf_slice(&out), slice_of(cases[i].want));
	}
}

static void long_names(void **state)
{
	(void)state;
	char text[300];
	_cleanup_buf_ struct buf out = BUF_INIT;
	memset(text, 'x', sizeof text);
	name_safe((struct slice){text, sizeof text}, &out);
	assert_int_equal(out.len, NAME_BYTES_MAX);
	/* A character of two bytes over the bound is left out whole. */
	text[NAME_BYTES_MAX - 1] = '\xc3';
	text[NAME_BYTES_MAX] = '\xa9';
	buf_clear(&out);
	name_with_id(12, (struct slice){text, sizeof text}, &out);
	assert_int_equal(out.len, 3 + NAME_BYTES_MAX - 1);
	/* No dash of white space is left at the cut. */
	memset(text, 'x', sizeof text);
	text[NAME_BYTES_MAX - 1] = ' ';
	buf_clear(&out);
	name_safe((struct slice){text, sizeof text}, &out);
	assert_int_equal(out.len, NAME_BYTES_MAX - 1);
}

static void ids(void **state)
{
	static const struct {
		const char *in;
		bool want;
		int64_t id;
		const char *rest;
	} cases[] = {
		{"12-Spring", true, 12, "Spring"},
		{"12", true, 12, ""},
		{"12-", true, 12, ""},
		{"0-a", true, 0, "a"},
		{"9223372036854775807-a", true, INT64_MAX, "a"},
		{"9223372036854775808-a", false, 0, ""},
		{"12--3", true, 12, "-3"},
		{"012-a", false, 0, ""},
		{"-12", false, 0, ""},
		{"+12", false, 0, ""},
		{"12a", false, 0, ""},
		{"", false, 0, ""},
		{"a", false, 0, ""},
		{"1 -a", false, 0, ""},
		{"0x1-a", false, 0, ""},
		{"99999999999999999999999999", false, 0, ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t id = 0;
		struct slice rest = SLICE_LITERAL("");
		check_int(cases[i].in, name_id(slice_of(cases[i].in), &id, &rest), cases[i].want);
		check_int(cases[i].in, id, cases[i].id);
		check_text(cases[i].in, rest, slice_of(cases[i].rest));
	}
}

static void addresses(void **state)
{
	static const struct {
		const char *name;
		struct slice in;
		bool want;
	} cases[] = {
		{"plain", T("ana.b+c@x.example"), true},
		{"shortest", T("a@b"), true},
		{"letters", T("jörg@müller.example"), true},
		{"no at", T("ana"), false},
		{"two ats", T("a@b@c"), false},
		{"nothing before", T("@ab"), false},
		{"nothing behind", T("ab@"), false},
		{"blank", T("a b@c"), false},
		{"newline", T("a@b\n"), false},
		{"NUL", T("a@b\0c"), false},
		{"slash", T("../a@b"), false},
		{"bidi", T("a\u202e@b"), false},
		{"no-break space", T("a\u00a0@b"), false},
		{"invalid UTF-8", T("a\xff@b"), false},
		{"empty", T(""), false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].name, address_valid(cases[i].in), cases[i].want);
	char text[256] = "a@";
	memset(text + 2, 'b', 253);
	assert_true(address_valid((struct slice){text, 254}));
	assert_false(address_valid((struct slice){text, 255}));
	_cleanup_buf_ struct buf out = BUF_INIT;
	address_fold(slice_of("Ana@X.Example-ÄZ"), &out);
	check_text("fold", buf_slice(&out), slice_of("ana@x.example-Äz"));
}

static void utf8(void **state)
{
	static const struct {
		struct slice in;
		bool want;
		const char *repaired;
	} cases[] = {
		{T(""), true, ""},
		{T("plain ASCII text"), true, "plain ASCII text"},
		{T("12345678é"), true, "12345678é"},
		{T("\xf4\x8f\xbf\xbf"), true, "\xf4\x8f\xbf\xbf"},
		{T("\xf4\x90\x80\x80"), false, "\ufffd\ufffd\ufffd\ufffd"},
		{T("1234567\x80"), false, "1234567\ufffd"},
		{T("\xf0\x9f\x98"), false, "\ufffd"},
		{T("\xf0\x9f\x98z"), false, "\ufffdz"},
		{T("\xe0\x80\x80"), false, "\ufffd\ufffd\ufffd"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		check_int(cases[i].repaired, utf8_valid(cases[i].in), cases[i].want);
		utf8_repair(cases[i].in, &out);
		check_text(cases[i].repaired, buf_slice(&out), slice_of(cases[i].repaired));
	}
}

static void dates(void **state)
{
	static const struct {
		const char *in;
		bool want;
		int64_t day;
	} cases[] = {
		{"1970-01-01", true, 0},
		{"2024-02-29", true, 19782},
		{"2000-03-01", true, 11017},
		{"1969-12-31", true, -1},
		{"0001-01-01", true, -719162},
		{"9999-12-31", true, 2932896},
		{"2023-02-29", false, 0},
		{"1900-02-29", false, 0},
		{"2024-13-01", false, 0},
		{"2024-00-01", false, 0},
		{"2024-01-00", false, 0},
		{"2024-04-31", false, 0},
		{"0000-01-01", false, 0},
		{"2024-1-01", false, 0},
		{"2024-01-011", false, 0},
		{"2024/01/01", false, 0},
		{"", false, 0},
		{"2024-01", false, 0},
		{"+024-01-01", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t day = 0;
		check_int(cases[i].in, date_parse(slice_of(cases[i].in), &day), cases[i].want);
		check_int(cases[i].in, day, cases[i].day);
		_cleanup_buf_ struct buf out = BUF_INIT;
		date_print(day, &out);
		if (cases[i].want)
			check_text("print", buf_slice(&out), slice_of(cases[i].in));
	}
	for (int64_t day = -719162; day <= 2932896; day++)
		if (date_to_day(date_from_day(day)) != day)
			fail_msg("day %lld", (long long)day);
	_cleanup_buf_ struct buf out = BUF_INIT;
	date_print(INT64_MIN, &out);
	date_print(INT64_MAX, &out);
	check_text("far off", buf_slice(&out), slice_of("0001-01-019999-12-31"));
}

static void times(void **state)
{
	static const struct {
		const char *in;
		bool want;
		int64_t ms;
	} cases[] = {
		{"1970-01-01T00:00:00Z", true, 0},
		{"2025-11-25T10:43:46.826Z", true, 1764067426826},
		{"2022-05-26T03:47:31.448094+00:00", true, 1653536851448},
		{"2022-05-26 03:47:31", true, 1653536851000},
		{"2022-05-26T03:47:31+05:30", true, 1653517051000},
		{"2022-05-26T03:47:31-0700", true, 1653562051000},
		{"2022-05-26T03:47:31+02", true, 1653529651000},
		{"1970-01-01T00:00:00.5Z", true, 500},
		{"1969-12-31T23:59:59.999Z", true, -1},
		{"2022-05-26T24:00:00Z", false, 0},
		{"2022-05-26T00:60:00Z", false, 0},
		{"2022-05-26", false, 0},
		{"2022-05-26T03:47", false, 0},
		{"2022-05-26T03:47:31.Z", false, 0},
		{"2022-05-26T03:47:31Zx", false, 0},
		{"2022-05-26T03:47:31+", false, 0},
		{"2022-05-26T03:47:31+1", false, 0},
		{"2022-05-26T03:47:31+01:", false, 0},
		{"2022-02-30T03:47:31Z", false, 0},
		{"", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ms = 0;
		check_int(cases[i].in, time_parse(slice_of(cases[i].in), &ms), cases[i].want);
		check_int(cases[i].in, ms, cases[i].ms);
	}
}

static void check_seed(const char *name, struct slice text, bool should_fail)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	name_safe(text, &out);
	if (memchr(out.data, '/', out.len) || out.len == 0 || out.len > NAME_BYTES_MAX)
		fail_msg("%s: %s", name, out.data);
	/* In tests/data/names, what should fail is an address. */
	check_int(name, address_valid(text), !should_fail && memchr(text.ptr, '@', text.len));
}

static void seeds(void **state)
{
	(void)state;
	check_files("names", check_seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(safe_names),
		UNIT_TEST(long_names),
		UNIT_TEST(ids),
		UNIT_TEST(addresses),
		UNIT_TEST(utf8),
		UNIT_TEST(dates),
		UNIT_TEST(times),
		UNIT_TEST(seeds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
