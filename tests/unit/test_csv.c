#include "fs/format/csv.h"

#include "tests/unit/check.h"

/* What a text holds, for comparing: each cell in <>, each row with the line it began in. */
static int collect(void *arg, const struct slice *cells, size_t count, size_t line, struct refusal *why)
{
	struct buf *out = arg;
	(void)why;
	buf_printf(out, "%zu", line);
	for (size_t i = 0; i < count; i++) {
		buf_add_char(out, '<');
		buf_add_slice(out, cells[i]);
		buf_add_char(out, '>');
	}
	buf_add_char(out, ';');
	return 0;
}

static int read_csv(struct slice text, size_t step, bool lenient, char separator, struct buf *out, struct refusal *why)
{
	struct csv_reader r;
	int rc = 0;
	csv_reader_init(&r, collect, out);
	r.lenient = lenient;
	r.separator = separator;
	for (size_t at = 0; !rc && at < text.len; at += step)
		rc = csv_feed(&r, text.ptr + at, step < text.len - at ? step : text.len - at, why);
	if (!rc)
		rc = csv_end(&r, why);
	csv_reader_release(&r);
	return rc;
}

struct reading {
	const char *name;
	struct slice in;
	const char *want; /* the rows, or a part of the refusal */
	int want_errno;
};

static void check_reading(const struct reading *c, bool lenient, char separator)
{
	static const size_t steps[] = {1, 2, 3, 7, 1000};
	for (size_t i = 0; i < COUNT(steps); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		struct refusal why = {0};
		int rc = read_csv(c->in, steps[i], lenient, separator, &out, &why);
		check_why(c->name, rc, &why, c->want_errno, c->want);
		if (!c->want_errno)
			check_text(c->name, buf_slice(&out), slice_of(c->want));
	}
}

static void reads(void **state)
{
	static const struct reading cases[] = {
		{"plain", T("a,b\n1,2\n"), "1<a><b>;2<1><2>;", 0},
		{"no line end at the end", T("a,b\n1,2"), "1<a><b>;2<1><2>;", 0},
		{"CRLF", T("a,b\r\n1,2\r\n"), "1<a><b>;2<1><2>;", 0},
		{"CR", T("a,b\r1,2\r"), "1<a><b>;2<1><2>;", 0},
		{"byte order mark",
			T("\xef\xbb\xbf"
			  "a,b\n"),
			"1<a><b>;", 0},
		{"byte order mark and a quote", T("\xef\xbb\xbf\"a\",b\n"), "1<a><b>;", 0},
		{"only a byte order mark", T("\xef\xbb\xbf"), "", 0},
		{"half a byte order mark", T("\xef\xbb"), "1<\xef\xbb>;", 0},
		{"byte order mark in the middle",
			T("a\n\xef\xbb\xbf"
			  "b"),
			"1<a>;2<\xef\xbb\xbf"
			"b>;",
			0},
		{"nearly a byte order mark", T("\xef\xef\xbb\xbf,b"), "1<\xef\xef\xbb\xbf><b>;", 0},
		{"empty", T(""), "", 0},
		{"empty lines", T("\n\na\r\n\r\n\nb\n\n"), "3<a>;6<b>;", 0},
		{"empty cells", T(",\n,a,\n"), "1<><>;2<><a><>;", 0},
		{"a quoted empty cell is a row", T("\"\"\n"), "1<>;", 0},
		{"quoted", T("\"a,b\",\"c\"\"d\",\"\"\"\"\n"), "1<a,b><c\"d><\">;", 0},
		{"quoted line breaks", T("\"a\nb\r\nc\rd\",x\ny"), "1<a\nb\r\nc\rd><x>;5<y>;", 0},
		{"blanks stay", T(" a ,\tb\n"), "1< a ><\tb>;", 0},
		{"long cells", T("abcdefghijklmnopqrstuvwxyz,\"abcdefghijklmnop\"\"qrstuvwxyz\",é\n"),
			"1<abcdefghijklmnopqrstuvwxyz><abcdefghijklmnop\"qrstuvwxyz><é>;", 0},
		{"quote in a cell", T("a\nb,c\"d\n"), "line 2, column 4: a quote in the middle", EINVAL},
		{"text behind a quote", T("\"a\"b\n"), "line 1, column 4: text behind", EINVAL},
		{"blank behind a quote", T("\"a\" ,b\n"), "line 1, column 4: text behind", EINVAL},
		{"unclosed", T("a,b\n1,\"2\n3\n"), "line 2, column 3: this quote is never closed", EINVAL},
		{"only a quote", T("\""), "line 1, column 1: this quote", EINVAL},
		{"NUL", T("a,b\n1\0,2\n"), "line 2, column 2: a NUL byte", EINVAL},
		{"NUL in quotes", T("\"a\n\0\""), "line 2, column 1: a NUL byte", EINVAL},
		{"NUL behind a quote", T("\"a\"\0"), "line 1, column 4: a NUL byte", EINVAL},
		{"CRLF counts once", T("a\r\n\r\nb\"\r\n"), "line 3, column 2", EINVAL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_reading(&cases[i], false, ',');
}

static void reads_leniently(void **state)
{
	static const struct reading cases[] = {
		{"quote in a cell", T("5\" pipe,b\n"), "1<5\" pipe><b>;", 0},
		{"quote behind a quote", T("\"he said \"hi\" there\",b\n"), "1<he said \"hi\" there><b>;", 0},
		{"proper quotes", T("\"a\"\"b\"\n"), "1<a\"b>;", 0},
		{"unclosed all the same", T("a,\"b\n"), "never closed", EINVAL},
		{"NUL all the same", T("a\0"), "a NUL byte", EINVAL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_reading(&cases[i], true, ',');
	static const struct reading semicolons = {"semicolons", T("a;b,c;\"d;e\"\n"), "1<a><b,c><d;e>;", 0};
	static const struct reading tabs = {"tabs", T("a\tb,c\t\"d\te\"\n"), "1<a><b,c><d\te>;", 0};
	check_reading(&semicolons, false, ';');
	check_reading(&tabs, false, '\t');
}

static void bounds(void **state)
{
	(void)state;
	struct refusal why = {0};
	_cleanup_buf_ struct buf text = BUF_INIT, out = BUF_INIT;
	for (int i = 1; i < CSV_COLUMNS_MAX; i++)
		buf_add_char(&text, ',');
	assert_int_equal(read_csv(buf_slice(&text), 100, false, ',', &out, &why), 0);
	buf_add_char(&text, ',');
	assert_int_equal(read_csv(buf_slice(&text), 100, false, ',', &out, &why), -EINVAL);
	assert_non_null(strstr(why.text, "too many cells"));
	buf_clear(&text);
	assert_true(buf_reserve(&text, CSV_ROW_BYTES_MAX + 1));
	memset(text.data, 'x', CSV_ROW_BYTES_MAX + 1);
	text.len = CSV_ROW_BYTES_MAX;
	assert_int_equal(read_csv(buf_slice(&text), 1 << 20, false, ',', &out, &why), 0);
	text.len++;
	assert_int_equal(read_csv(buf_slice(&text), 1 << 20, false, ',', &out, &why), -EINVAL);
	assert_non_null(strstr(why.text, "too long"));
}

static int refuse_second(void *arg, const struct slice *cells, size_t count, size_t line, struct refusal *why)
{
	(void)cells;
	(void)count;
	++*(int *)arg;
	return line == 2 ? refuse(why, EPERM, "no") : 0;
}

static void the_callback_refuses(void **state)
{
	(void)state;
	struct csv_reader r;
	struct refusal why = {0};
	int calls = 0;
	csv_reader_init(&r, refuse_second, &calls);
	assert_int_equal(csv_feed(&r, "a\nb\nc\n", 6, &why), -EPERM);
	assert_int_equal(csv_feed(&r, "d\n", 2, &why), -EINVAL);
	assert_int_equal(csv_end(&r, &why), -EINVAL);
	assert_int_equal(calls, 2);
	csv_reader_release(&r);
}

static void writes(void **state)
{
	static const struct {
		struct slice in;
		const char *want;
	} cases[] = {
		{T("plain"), "plain"},
		{T(""), ""},
		{T("a,b"), "\"a,b\""},
		{T("a\"b"), "\"a\"\"b\""},
		{T("\""), "\"\"\"\""},
		{T("a\nb"), "\"a\nb\""},
		{T("a\rb"), "\"a\rb\""},
		{T(" a"), "\" a\""},
		{T("a\t"), "\"a\t\""},
		{T("a b"), "a b"},
		{T("a text of more than eight bytes"), "a text of more than eight bytes"},
		{T("a text of more than eight bytes,"), "\"a text of more than eight bytes,\""},
		{T("a;b=é"), "a;b=é"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		csv_cell(&out, cases[i].in);
		check_text(cases[i].want, buf_slice(&out), slice_of(cases[i].want));
	}
	_cleanup_buf_ struct buf out = BUF_INIT;
	bool first = true;
	csv_add(&out, &first, slice_of(""));
	csv_add(&out, &first, slice_of(""));
	csv_add(&out, &first, slice_of("a,b"));
	check_text("add", buf_slice(&out), slice_of("\"\",,\"a,b\""));
	buf_clear(&out);
	first = true;
	csv_add(&out, &first, slice_of("\xef\xbb\xbf"));
	check_text("byte order mark", buf_slice(&out), slice_of("\"\xef\xbb\xbf\""));
}

static void check_seed(const char *name, struct slice text, bool should_fail)
{
	struct reading c = {name, text, "line ", should_fail ? EINVAL : 0};
	_cleanup_buf_ struct buf whole = BUF_INIT, bytes = BUF_INIT;
	struct refusal why = {0};
	check_why(name, read_csv(text, SIZE_MAX, false, ',', &whole, &why), &why, c.want_errno, c.want);
	read_csv(text, 1, false, ',', &bytes, &why);
	check_text(name, buf_slice(&bytes), buf_slice(&whole));
}

static void seeds(void **state)
{
	(void)state;
	check_files("csv", check_seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(reads),
		UNIT_TEST(reads_leniently),
		UNIT_TEST(bounds),
		UNIT_TEST(the_callback_refuses),
		UNIT_TEST(writes),
		UNIT_TEST(seeds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
