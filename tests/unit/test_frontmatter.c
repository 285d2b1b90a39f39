#include "fs/format/frontmatter.h"

#include "tests/unit/check.h"

static void parses(void **state)
{
	static const struct {
		const char *name;
		struct slice in;
		const char *want; /* subject|delay|body, or a part of the refusal */
		int want_errno;
	} cases[] = {
		{"plain", T("---\nsubject: Hi, {{first_name}}\ndelay_in_days: 3\n---\n<p>Hi</p>\n"),
			"Hi, {{first_name}}|3|<p>Hi</p>", 0},
		{"other order", T("---\ndelay_in_days: 0\nsubject:Hi\n---\nx"), "Hi|0|x", 0},
		{"no delay", T("---\nsubject: a: b\n---\n\nx\n\n"), "a: b|-1|\nx\n", 0},
		{"no subject", T("---\ndelay_in_days: 365\n---\n"), "|365|", 0},
		{"empty subject", T("---\nsubject:\n---"), "|-1|", 0},
		{"only the fences", T("---\n---\n\n"), "|-1|", 0},
		{"CRLF", T("---\r\nsubject: Hi\r\ndelay_in_days: 3\r\n---\r\na\r\n"), "Hi|3|a\r", 0},
		{"blanks and blank lines", T("--- \n\n subject :\t Hi \n---\t\nx\n"), "Hi|-1|x", 0},
		{"byte order mark", T("\xef\xbb\xbf---\nsubject: Hi\n---\nx\n"), "Hi|-1|x", 0},
		{"JSON subject", T("---\nsubject: \"a\\n\\u00e9 \\\"\"\n---\nx\n"), "a\né \"|-1|x", 0},
		{"a quote inside", T("---\nsubject: say \"hi\"\n---\nx\n"), "say \"hi\"|-1|x", 0},
		{"fences in the body", T("---\nsubject: a\n---\n---\nx: y\n---\n"), "a|-1|---\nx: y\n---", 0},
		{"empty", T(""), "line 1: the file begins with ---", EINVAL},
		{"no front matter", T("<p>Hi</p>\n"), "line 1: the file begins with ---", EINVAL},
		{"not closed", T("---\nsubject: a\n"), "line 2: the front matter is not closed", EINVAL},
		{"body in the front matter", T("---\nsubject: a\n<p>x</p>\n---\n"), "line 3: not of the form", EINVAL},
		{"unknown key", T("---\nsubjekt: a\n---\n"), "line 2: no field \"subjekt\"", EINVAL},
		{"subject twice", T("---\nsubject: a\nsubject: b\n---\n"), "line 3: subject stands", EINVAL},
		{"empty subject twice", T("---\nsubject:\nsubject:\n---\n"), "line 3: subject stands", EINVAL},
		{"delay twice", T("---\ndelay_in_days: 1\ndelay_in_days: 1\n---\n"), "line 3: delay_in_days stands",
			EINVAL},
		{"delay is no number", T("---\ndelay_in_days: soon\n---\n"), "line 2: delay_in_days is a whole number",
			EINVAL},
		{"delay is empty", T("---\ndelay_in_days:\n---\n"), "a whole number", EINVAL},
		{"delay below 0", T("---\ndelay_in_days: -1\n---\n"), "a whole number", EINVAL},
		{"delay over a year", T("---\ndelay_in_days: 366\n---\n"), "a whole number", EINVAL},
		{"delay with more", T("---\ndelay_in_days: 3 4\n---\n"), "a whole number", EINVAL},
		{"delay in quotes", T("---\ndelay_in_days: \"3\"\n---\n"), "a whole number", EINVAL},
		{"delay with a fraction", T("---\ndelay_in_days: 1.5\n---\n"), "a whole number", EINVAL},
		{"open quote", T("---\nsubject: \"Hi\" all\n---\n"), "line 2: a subject that begins with a quote",
			EINVAL},
		{"NUL", T("---\nsubject: a\n---\nx\0\n"), "line 4: a NUL byte", EINVAL},
		{"invalid UTF-8", T("---\nsubject: \xff\n---\n"), "line 2: not valid UTF-8", EINVAL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct email_text e = {BUF_INIT, 7, BUF_INIT};
		struct refusal why = {0};
		int rc = frontmatter_parse(cases[i].in, &e, &why);
		check_why(cases[i].name, rc, &why, cases[i].want_errno, cases[i].want);
		if (rc) {
			assert_int_equal(e.delay_in_days, 7);
			continue;
		}
		_cleanup_buf_ struct buf out = BUF_INIT;
		buf_printf(&out, "%s|%d|", buf_text(&e.subject), e.delay_in_days);
		buf_add_slice(&out, buf_slice(&e.body));
		check_text(cases[i].name, buf_slice(&out), slice_of(cases[i].want));
		email_text_release(&e);
	}
}

static void prints(void **state)
{
	static const struct {
		const char *subject;
		int delay;
		const char *body, *want;
	} cases[] = {
		{"Hi, {{first_name}}", 3, "<p>Hi</p>",
			"---\nsubject: Hi, {{first_name}}\ndelay_in_days: 3\n---\n<p>Hi</p>\n"},
		{"", -1, "", "---\nsubject: \n---\n\n"},
		{" a", 0, "x\n", "---\nsubject: \" a\"\ndelay_in_days: 0\n---\nx\n\n"},
		{"a\nsubject: b", -1, "x", "---\nsubject: \"a\\nsubject: b\"\n---\nx\n"},
		{"\"quoted\"", -1, "x", "---\nsubject: \"\\\"quoted\\\"\"\n---\nx\n"},
		{"a\r", -1, "x\r", "---\nsubject: \"a\\r\"\n---\nx\r\n"},
		{"---", -1, "---", "---\nsubject: ---\n---\n---\n"},
		{"a\x1b\x7f", -1, "", "---\nsubject: \"a\\u001b\x7f\"\n---\n\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		frontmatter_print(slice_of(cases[i].subject), cases[i].delay, slice_of(cases[i].body), &out);
		check_text("print", buf_slice(&out), slice_of(cases[i].want));
		struct email_text e = {BUF_INIT, -1, BUF_INIT};
		assert_int_equal(frontmatter_parse(buf_slice(&out), &e, NULL), 0);
		check_text("subject", buf_slice(&e.subject), slice_of(cases[i].subject));
		check_text("body", buf_slice(&e.body), slice_of(cases[i].body));
		check_int("delay", e.delay_in_days, cases[i].delay);
		email_text_release(&e);
	}
}

static void check_seed(const char *name, struct slice text, bool should_fail)
{
	struct email_text e = {BUF_INIT, -1, BUF_INIT};
	struct refusal why = {0};
	check_why(name, frontmatter_parse(text, &e, &why), &why, should_fail ? EINVAL : 0, "line ");
	email_text_release(&e);
}

static void seeds(void **state)
{
	(void)state;
	check_files("frontmatter", check_seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT_TEST(parses), UNIT_TEST(prints), UNIT_TEST(seeds)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
