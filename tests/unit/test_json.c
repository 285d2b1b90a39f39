#include "fs/format/json.h"

#include "fs/base/limits.h"
#include "tests/unit/check.h"

static void checked(void **state)
{
	static const struct {
		const char *name;
		struct slice in;
		const char *want;
		int want_errno;
	} cases[] = {
		{"object", T("{\"a\":1,\"b\":[true,false,null]}"), NULL, 0},
		{"scalars", T(" -0.5e+10 "), NULL, 0},
		{"empty containers", T("[{ } , [ ]]"), NULL, 0},
		{"all escapes", T("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\""), NULL, 0},
		{"a lone surrogate", T("\"\\ud800\""), NULL, 0},
		{"UTF-8", T("\"Größe 大 😀 and some more text\""), NULL, 0},
		{"empty", T(""), "the text is empty", EINVAL},
		{"blank", T(" \n "), "line 2, column 2: the text ends", EINVAL},
		{"comma behind the last", T("[1,]"), "column 4: a value is missing", EINVAL},
		{"comma behind the last member", T("{\"a\":1,}"), "column 8: a name in double quotes", EINVAL},
		{"no comma", T("{\"a\":1\n \"b\":2}"), "line 2, column 2: a ',' or '}' is missing", EINVAL},
		{"no comma in an array", T("[1 2]"), "a ',' or ']' is missing", EINVAL},
		{"no colon", T("{\"a\" 1}"), "a ':' is missing", EINVAL},
		{"single quotes", T("{'a':1}"), "a name in double quotes", EINVAL},
		{"bare word", T("[paused]"), "needs double quotes", EINVAL},
		{"wrong bracket", T("[1}"), "a ',' or ']' is missing", EINVAL},
		{"not closed", T("[[1]"), "a ',' or ']' is missing", EINVAL},
		{"string not closed", T("[\"abcdefghijkl"), "column 2: this string is not closed", EINVAL},
		{"string ends in a backslash", T("\"\\"), "not closed", EINVAL},
		{"columns are characters", T("[\"éé\" x]"), "column 7", EINVAL},
		{"escape", T("\"\\x41\""), "no such escape", EINVAL},
		{"NUL escape", T("\"\\\0\""), "no such escape", EINVAL},
		{"short \\u", T("\"\\u12\""), "four hexadecimal", EINVAL},
		{"bad \\u", T("\"\\u12g4\""), "four hexadecimal", EINVAL},
		{"newline in a string", T("\"a\nb\""), "a line break in a string", EINVAL},
		{"control in a string", T("\"a\x01\""), "a control character", EINVAL},
		{"NUL in a string", T("\"a\0\""), "a control character", EINVAL},
		{"NUL", T("1\0"), "something follows", EINVAL},
		{"leading zero", T("012"), "must not begin with 0", EINVAL},
		{"point", T("1."), "behind the point", EINVAL},
		{"no digits", T("-"), "a digit is missing", EINVAL},
		{"exponent", T("1e"), "in the exponent", EINVAL},
		{"plus", T("+1"), "a value is missing", EINVAL},
		{"two values", T("{} {}"), "something follows", EINVAL},
		{"truncated word", T("tru"), "a value is missing", EINVAL},
		{"invalid UTF-8", T("\"a\xff\""), "column 3: not valid UTF-8", EINVAL},
		{"encoded surrogate", T("\"\xed\xa0\x80\""), "not valid UTF-8", EINVAL},
		{"byte order mark", T("\xef\xbb\xbf{}"), "column 1: a value is missing", EINVAL},
		{"a page of HTML", T("<html>"), "a value is missing", EINVAL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct refusal why = {0};
		int rc = json_check(cases[i].in, &why);
		check_why(cases[i].name, rc, &why, cases[i].want_errno, cases[i].want);
	}
}

static void depth(void **state)
{
	(void)state;
	char text[2 * JSON_DEPTH_MAX + 2];
	struct refusal why = {0};
	memset(text, '[', JSON_DEPTH_MAX + 1);
	memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
	assert_int_equal(json_check((struct slice){text + 1, 2 * JSON_DEPTH_MAX}, &why), 0);
	assert_int_equal(json_check((struct slice){text, sizeof text}, &why), -EINVAL);
	assert_non_null(strstr(why.text, "nested too deep"));
	/* Walking and printing do not rely on the check. */
	size_t len = 1 << 20;
	_cleanup_buf_ struct buf deep = BUF_INIT, out = BUF_INIT;
	assert_true(buf_reserve(&deep, len));
	memset(deep.data, '[', len);
	deep.len = len;
	struct json_walk w = json_walk(buf_slice(&deep));
	assert_false(json_next(&w));
	json_pretty(buf_slice(&deep), &out);
	assert_false(json_equal(buf_slice(&deep), buf_slice(&deep)));
}

static const char sample[] =
	" {\"id\" : 9007199254740993, \"n\\u0061me\":\"A \\\"b\\\"\", \"o\":{\"p\":[1, {\"q\":\"x\"}]},"
	"\"id\":12 , \"s\":\"34\",\"t\":\"true\", \"f\":false,\"z\":null,\"d\":1.50}\n";

static void members(void **state)
{
	static const struct {
		const char *path;
		const char *want;
	} cases[] = {
		{"id", "12"},
		{"name", "\"A \\\"b\\\"\""},
		{"o", "{\"p\":[1, {\"q\":\"x\"}]}"},
		{"o.p", "[1, {\"q\":\"x\"}]"},
		{"d", "1.50"},
		{"o.p.q", NULL},
		{"missing", NULL},
		{"", NULL},
		{"o.", NULL},
		{"id.x", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice value = SLICE_LITERAL("unchanged");
		bool found = json_path(slice_of(sample), cases[i].path, &value);
		check_int(cases[i].path, found, cases[i].want != NULL);
		check_text(cases[i].path, value, slice_of(found ? cases[i].want : "unchanged"));
	}
	struct slice value;
	assert_false(json_member(slice_of("[1]"), "a", &value));
	assert_false(json_member(slice_of(""), "a", &value));
}

static void walks(void **state)
{
	static const struct {
		const char *in;
		const char *want; /* key=value; of all */
	} cases[] = {
		{"[1, \"]\" ,{\"a\":[]} ]", "=1;=\"]\";={\"a\":[]};"},
		{"{\"a\":1,\"b\\\"\": {}}", "\"a\"=1;\"b\\\"\"={};"},
		{"[]", ""},
		{"{}", ""},
		{" 1", ""},
		{"", ""},
		{"[", ""},
		{"[1", "=1;"},
		{"[\"a", ""},
		{"{\"a\"", ""},
		{"{\"a\":", ""},
		{"{1:2}", ""},
		{"{\"a\":{\"b\":1}", "\"a\"={\"b\":1};"},
		{"[[1]", "=[1];"},
		{"[\"\\", ""},
		{"{\"a\\\":1}", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		for (struct json_walk w = json_walk(slice_of(cases[i].in)); json_next(&w);) {
			buf_add_slice(&out, w.key);
			buf_add_char(&out, '=');
			buf_add_slice(&out, w.value);
			buf_add_char(&out, ';');
		}
		check_text(cases[i].in, buf_slice(&out), slice_of(cases[i].want));
	}
}

static void texts(void **state)
{
	static const struct {
		const char *in;
		bool want;
		const char *text;
	} cases[] = {
		{"\"plain\"", true, "plain"},
		{" \"a\\nb\\/\" ", true, "a\nb/"},
		{"\"\\ud83d\\ude00é\"", true, "😀é"},
		{"\"\\ud83d\"", true, "\ufffd"},
		{"\"\\ude00x\"", true, "\ufffdx"},
		{"\"\\ud83d\\u0041\"", true, "\ufffdA"},
		{"\"a\\u0000b\"", true, "a\ufffdb"},
		{"12.50", true, "12.50"},
		{"true", true, "true"},
		{"null", true, ""},
		{"\"\"", true, ""},
		{"{}", false, ""},
		{"[\"a\"]", false, ""},
		{"", false, ""},
		{"\"a", false, ""},
		{"x", false, ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		check_int(cases[i].in, json_text(slice_of(cases[i].in), &out), cases[i].want);
		check_text(cases[i].in, buf_slice(&out), slice_of(cases[i].text));
	}
	assert_true(json_is(slice_of("\"ACTIVE\""), "ACTIVE"));
	assert_true(json_is(slice_of("\"\\u0041CTIVE\""), "ACTIVE"));
	assert_false(json_is(slice_of("\"ACTIVE \""), "ACTIVE"));
	assert_false(json_is(slice_of("\"ACTIV\""), "ACTIVE"));
	assert_false(json_is(slice_of("\"\\n\""), "\\n"));
	assert_false(json_is(slice_of("1"), "1"));
}

static void numbers(void **state)
{
	static const struct {
		const char *in;
		bool want;
		int64_t number;
	} cases[] = {
		{"12", true, 12},
		{" \"12\" ", true, 12},
		{"-3", true, -3},
		{"0", true, 0},
		{"9007199254740993", true, 9007199254740993},
		{"9223372036854775807", true, INT64_MAX},
		{"-9223372036854775808", true, INT64_MIN},
		{"9223372036854775808", false, 0},
		{"-9223372036854775809", false, 0},
		{"1.0", false, 0},
		{"1e2", false, 0},
		{"\"012\"", false, 0},
		{"\"\"", false, 0},
		{"\"-\"", false, 0},
		{"\"1 \"", false, 0},
		{"null", false, 0},
		{"[1]", false, 0},
		{"", false, 0},
		{"true", false, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t number = 0;
		check_int(cases[i].in, json_int(slice_of(cases[i].in), &number), cases[i].want);
		check_int(cases[i].in, number, cases[i].number);
	}
	bool yes = false;
	assert_true(json_bool(slice_of("true"), &yes) && yes);
	assert_true(json_bool(slice_of("\"false\""), &yes) && !yes);
	assert_false(json_bool(slice_of("1"), &yes));
	assert_false(json_bool(slice_of(""), &yes));
	assert_false(json_bool(slice_of("\"yes\""), &yes));
}

static void printed(void **state)
{
	static const struct {
		const char *in;
		const char *pretty;
		const char *compact;
	} cases[] = {
		{" {\"a\" : 9007199254740993,\"b\":[1.10,{ }],\"c\":[ ]} ",
			"{\n  \"a\": 9007199254740993,\n  \"b\": [\n    1.10,\n    {}\n  ],\n  \"c\": []\n}",
			"{\"a\":9007199254740993,\"b\":[1.10,{}],\"c\":[]}"},
		{"[\" {\\\"[ \", true ]", "[\n  \" {\\\"[ \",\n  true\n]", "[\" {\\\"[ \",true]"},
		{"12", "12", "12"},
		{"{}", "{}", "{}"},
		{"[\n]", "[]", "[]"},
		{"", "", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		json_pretty(slice_of(cases[i].in), &out);
		check_text("pretty", buf_slice(&out), slice_of(cases[i].pretty));
		buf_clear(&out);
		json_compact(slice_of(cases[i].in), &out);
		check_text("compact", buf_slice(&out), slice_of(cases[i].compact));
	}
}

static void compared(void **state)
{
	static const struct {
		const char *a, *b;
		bool want;
	} cases[] = {
		{"{\"a\":1,\"b\":2}", "{ \"b\":2, \"a\":1 }", true},
		{"{\"a\":1}", "{\"a\":1,\"b\":2}", false},
		{"{\"a\":1,\"b\":2}", "{\"a\":1,\"c\":2}", false},
		{"{\"a\":1,\"a\":2}", "{\"\\u0061\":2}", true},
		{"{\"a\":{\"b\":[1,{\"c\":\"x\"}]}}", "{\"a\":{\"b\":[1.0,{\"c\":\"\\u0078\"}]}}", true},
		{"[1,2]", "[2,1]", false},
		{"[1,2]", "[1,2,3]", false},
		{"[]", "{}", false},
		{"[]", "[ ]", true},
		{"1.0", "1", true},
		{"1e2", "100", true},
		{"0.10e1", "1", true},
		{"-0", "0.00", true},
		{"0e99", "0", true},
		{"1.50", "1.5", true},
		{"120", "12", false},
		{"12.0", "1.2e1", true},
		{"1", "-1", false},
		{"1001", "1.001E3", true},
		{"100.5", "1005e-1", true},
		{"9007199254740993", "9007199254740992", false},
		{"10", "1", false},
		{"1e99999999999999999999", "1e99999999999999999999", true},
		{"1e99999999999999999999", "1e99999999999999999998", false},
		{"\"a\\/b\"", "\"a/b\"", true},
		{"\"a\"", "\"ab\"", false},
		{"\"1\"", "1", false},
		{"null", "null", true},
		{"true", "false", false},
		{"\"\\ud83d\\ude00\"", "\"😀\"", true},
		{"", "", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		check_int(cases[i].a, json_equal(slice_of(cases[i].a), slice_of(cases[i].b)), cases[i].want);
		check_int(cases[i].b, json_equal(slice_of(cases[i].b), slice_of(cases[i].a)), cases[i].want);
	}
}

static void written(void **state)
{
	static const struct {
		struct slice in;
		const char *want;
	} cases[] = {
		{T(""), "\"\""},
		{T("plain text, long enough"), "\"plain text, long enough\""},
		{T("a\"b\\c\n\t\x01\x7f"), "\"a\\\"b\\\\c\\n\\t\\u0001\x7f\""},
		{T("é😀"), "\"é😀\""},
		{T("a\xff\xe2\x82z"), "\"a\ufffd\ufffdz\""},
		{T("a\0b"), "\"a\\u0000b\""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		json_quote(cases[i].in, &out);
		check_text("quote", buf_slice(&out), slice_of(cases[i].want));
	}
	_cleanup_buf_ struct buf out = BUF_INIT;
	bool first = true;
	buf_add_char(&out, '{');
	json_key(&out, &first, "a");
	buf_add_int(&out, 1);
	json_key(&out, &first, "b\"");
	buf_add_str(&out, "[]}");
	check_text("key", buf_slice(&out), slice_of("{\"a\":1,\"b\\\"\":[]}"));
}

/* A member each, so that nothing quadratic hides. */
static void many_members(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf a = BUF_INIT, b = BUF_INIT;
	enum { MANY = 100000 };
	for (int i = 0; i < MANY; i++) {
		buf_printf(&a, "%c\"k%d\":%d", i ? ',' : '{', i, i);
		buf_printf(&b, "%c\"k%d\":%d.0", i ? ',' : '{', MANY - 1 - i, MANY - 1 - i);
	}
	buf_add_char(&a, '}');
	buf_add_char(&b, '}');
	assert_true(json_equal(buf_slice(&a), buf_slice(&b)));
}

static void check_seed(const char *name, struct slice text, bool should_fail)
{
	struct refusal why = {0};
	check_why(name, json_check(text, &why), &why, should_fail ? EINVAL : 0, "line ");
}

static void seeds(void **state)
{
	(void)state;
	check_files("json", check_seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(checked),
		UNIT_TEST(depth),
		UNIT_TEST(members),
		UNIT_TEST(walks),
		UNIT_TEST(texts),
		UNIT_TEST(numbers),
		UNIT_TEST(printed),
		UNIT_TEST(compared),
		UNIT_TEST(written),
		UNIT_TEST(many_members),
		UNIT_TEST(seeds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
