#include "fs/format/mbox.h"

#include "tests/unit/check.h"

static const struct mbox_message plain = {
	.from = SLICE_LITERAL("luz@horno.example"),
	.to = SLICE_LITERAL("ana@x.example"),
	.subject = SLICE_LITERAL("Flour, Luz?"),
	.message_id = SLICE_LITERAL("<m2@horno.example>"),
	.in_reply_to = SLICE_LITERAL("m1@x.example"),
	.fallback_id = SLICE_LITERAL("s-1"),
	.html = SLICE_LITERAL("<p>Yes</p>"),
	.time_ms = 1770890520000,
};

static void check_message(const char *name, const struct mbox_message *m, const char *want)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	mbox_add(&out, m);
	if (!strstr(buf_text(&out), want))
		fail_msg("%s: got \"%s\", want \"%s\" in it", name, out.data, want);
}

static void whole(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf out = BUF_INIT;
	mbox_add(&out, &plain);
	check_text("whole", buf_slice(&out),
		slice_of("From luz@horno.example Thu Feb 12 10:02:00 2026\n"
			 "Date: Thu, 12 Feb 2026 10:02:00 +0000\n"
			 "From: luz@horno.example\n"
			 "To: ana@x.example\n"
			 "Subject: Flour, Luz?\n"
			 "Message-ID: <m2@horno.example>\n"
			 "In-Reply-To: <m1@x.example>\n"
			 "References: <m1@x.example>\n"
			 "MIME-Version: 1.0\n"
			 "Content-Type: text/html; charset=utf-8\n"
			 "Content-Transfer-Encoding: 7bit\n"
			 "\n"
			 "<p>Yes</p>\n"
			 "\n"));
}

static void subjects(void **state)
{
	static const struct {
		const char *name;
		struct slice in;
		const char *want;
	} cases[] = {
		{"injection", T("a\r\nBcc: x@y\n\nFrom b"), "\nSubject: a Bcc: x@y From b\n"},
		{"controls and blanks",
			T("  a \t\x01 b\0c\xe2\x80\xa8"
			  "d "),
			"\nSubject: a b c d\n"},
		{"letters", T("Größe? A=B_c"), "\nSubject: =?UTF-8?Q?Gr=C3=B6=C3=9Fe=3F_A=3DB=5Fc?=\n"},
		{"what reads as an encoded word", T("=?UTF-8?Q?a?="),
			"\nSubject: =?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fa=3F=3D?=\n"},
		{"invalid UTF-8", T("a\xff"), "\nSubject: =?UTF-8?Q?a=EF=BF=BD?=\n"},
		{"folded", T("one two three four five six seven eight nine ten eleven twelve thirteen fourteen"),
			"\nSubject: one two three four five six seven eight nine ten eleven twelve\n thirteen "
			"fourteen\n"},
		{"folded encoded words", T("ééééééééééééééé"),
			"\nSubject: =?UTF-8?Q?=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9?=\n"
			" =?UTF-8?Q?=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9=C3=A9?=\n"},
		{"none", T(" "), "\nTo: ana@x.example\nMessage-ID: "},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mbox_message m = plain;
		m.subject = cases[i].in;
		check_message(cases[i].name, &m, cases[i].want);
	}
}

static void addresses(void **state)
{
	static const struct {
		const char *name;
		struct slice in;
		const char *want;
	} cases[] = {
		{"plain", T("\"Petit, Ann\" <ann@x.example>"), "\nFrom: \"Petit, Ann\" <ann@x.example>\n"},
		{"From_ line", T("Ann Petit <ann@x.example>"), "From ann@x.example Thu"},
		{"From_ line without letters beyond ASCII", T("\u00fc@x.example"), "From - Thu"},
		{"injection", T("a@x.example\r\nBcc: b@x.example"), "\nFrom: a@x.example Bcc: b@x.example\n"},
		{"name", T("J\u00f6rg M. <j@x.example>"), "\nFrom: =?UTF-8?Q?J=C3=B6rg_M=2E?= <j@x.example>\n"},
		{"name in quotes", T("\"B\u00f6, \\\"Z\" <z@x.example>"), "\nFrom: =?UTF-8?Q?B=C3=B6=2C_=22Z?= <z@x.example>\n"},
		{"list", T("\u00fc@x.example, \"a, b\" <b@x.example>, \u00e9 <c@x.example>"),
			"\nFrom: \u00fc@x.example, \"a, b\" <b@x.example>, =?UTF-8?Q?=C3=A9?= <c@x.example>\n"},
		{"name alone", T("\u00e9 x"), "\nFrom: =?UTF-8?Q?=C3=A9_x?=\n"},
		{"never closed", T("\"\u00e9 <c@x.example>, \\"), "\nFrom: =?UTF-8?Q?=C3=A9_=3Cc=40x=2Eexample=3E=2C_=5C?=\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mbox_message m = plain;
		m.from = cases[i].in;
		check_message(cases[i].name, &m, cases[i].want);
	}
}

static void bodies(void **state)
{
	static const struct {
		const char *name;
		struct slice in;
		const char *want;
	} cases[] = {
		{"From_ lines", T("From a\n>From b\nFromage\n x From c\n>>From d"),
			": 7bit\n\n>From a\n>>From b\nFromage\n x From c\n>>>From d\n\n"},
		{"empty", T(""), ": 7bit\n\n\n"},
		{"ends in a newline", T("a\n"), ": 7bit\n\na\n\n"},
		{"CRLF", T("a\r\nb\r\n"), ": 7bit\n\na\nb\n\n"},
		{"letters", T("é"), ": 8bit\n\né\n\n"},
		{"invalid UTF-8", T("a\xff"), ": 8bit\n\na\ufffd\n\n"},
		{"bare CR", T("a\rb =\nFrom c \n"), ": quoted-printable\n\na=0Db =3D\n=46rom c=20\n\n"},
		{"NUL", T("\0>From"), ": quoted-printable\n\n=00>From\n\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mbox_message m = plain;
		m.html = cases[i].in;
		check_message(cases[i].name, &m, cases[i].want);
	}
}

static void long_lines(void **state)
{
	(void)state;
	char text[3000];
	memset(text, 'x', sizeof text);
	struct mbox_message m = plain;
	m.html = (struct slice){text, 997};
	check_message("997", &m, ": 7bit\n");
	m.html.len = 999;
	check_message("999", &m, ": quoted-printable\n");
	/* A soft line break must not make a From_ line. */
	memcpy(text + 75, "From ", 5);
	check_message("soft break", &m, "x=\n=46rom x");
	m.from = m.to = m.subject = m.message_id = m.in_reply_to = m.html = (struct slice){text, sizeof text};
	_cleanup_buf_ struct buf out = BUF_INIT;
	mbox_add(&out, &m);
	for (const char *p = out.data; *p; p += strcspn(p, "\n") + 1)
		assert_true(strcspn(p, "\n") <= 998);
}

static void dates_and_ids(void **state)
{
	(void)state;
	struct mbox_message m = plain;
	m.time_ms = -1;
	check_message("before 1970", &m, " Wed Dec 31 23:59:59 1969\n");
	m.time_ms = INT64_MIN;
	check_message("far past", &m, "Date: Mon, 01 Jan 0001 ");
	m.time_ms = INT64_MAX;
	check_message("far future", &m, "Date: Fri, 31 Dec 9999 ");
	m.message_id = m.in_reply_to = SLICE_LITERAL("");
	check_message("made id", &m, "\nMessage-ID: <s-1@smartleadfs.invalid>\nMIME");
	m.message_id = SLICE_LITERAL("<a\n>b<c d>");
	check_message("hostile id", &m, "\nMessage-ID: <abcd>\nMIME");
	m.from = SLICE_LITERAL("");
	check_message("no sender", &m, "From - Fri");
	m.from = SLICE_LITERAL("a@b\nFrom c");
	check_message("hostile sender", &m, "\nFrom: a@b From c\n");
	m.cc = SLICE_LITERAL("aaaaaaaaaaaaaaaaaaaa@b.example, bbbbbbbbbbbbbbbbbbbbbbbb@b.example, c@d.example");
	check_message("folded", &m,
		"\nCc: aaaaaaaaaaaaaaaaaaaa@b.example, bbbbbbbbbbbbbbbbbbbbbbbb@b.example,\n c@d.example\n");
}

static void check_seed(const char *name, struct slice text, bool should_fail)
{
	struct mbox_message m = {.from = text, .to = text, .subject = text, .message_id = text, .html = text};
	_cleanup_buf_ struct buf out = BUF_INIT;
	(void)should_fail;
	mbox_add(&out, &m);
	if (buf_failed(&out) || strstr(out.data, "\nFrom "))
		fail_msg("%s: %s", name, out.data);
}

static void seeds(void **state)
{
	(void)state;
	check_files("mbox", check_seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(whole),
		UNIT_TEST(subjects),
		UNIT_TEST(addresses),
		UNIT_TEST(bodies),
		UNIT_TEST(long_lines),
		UNIT_TEST(dates_and_ids),
		UNIT_TEST(seeds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
