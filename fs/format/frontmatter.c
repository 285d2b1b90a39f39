#include "fs/format/frontmatter.h"

#include <errno.h>

#include "fs/format/json.h"
#include "fs/format/utf8.h"

void email_text_release(struct email_text *e)
{
	buf_release(&e->subject);
	buf_release(&e->body);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct slice trim(struct slice text)
{
	while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
		text.len--;
	while (text.len > 0 && is_blank(text.ptr[0]))
		text = slice_skip(text, 1);
	return text;
}

static bool is_plain(struct slice subject)
{
	if (trim(subject).len != subject.len || slice_starts(subject, "\""))
		return false;
	for (size_t i = 0; i < subject.len; i++)
		if ((unsigned char)subject.ptr[i] < ' ' || subject.ptr[i] == 0x7F)
			return false;
	return true;
}

void frontmatter_print(struct slice subject, int delay_in_days, struct slice body, struct buf *out)
{
	buf_add_str(out, "---\nsubject: ");
	if (is_plain(subject))
		buf_add_slice(out, subject);
	else
		json_quote(subject, out);
	if (delay_in_days >= 0)
		buf_printf(out, "\ndelay_in_days: %d", delay_in_days);
	buf_add_str(out, "\n---\n");
	buf_add_slice(out, body);
	buf_add_char(out, '\n');
}

/* The lines of the front matter under way. */
struct reader {
	struct slice rest;
	size_t line;
	bool has_subject;
	struct email_text email;
	struct refusal *why;
};

static int wrong(struct reader *r, const char *what)
{
	return refuse(r->why, EINVAL, "line %zu: %s", r->line, what);
}

/* Cuts the next line from the front, without its end. False: the text is over. */
static bool take_line(struct reader *r, struct slice *ret_line)
{
	if (r->rest.len == 0)
		return false;
	const char *newline = memchr(r->rest.ptr, '\n', r->rest.len);
	size_t len = newline ? (size_t)(newline - r->rest.ptr) : r->rest.len;
	struct slice line = {r->rest.ptr, len};
	if (newline && len > 0 && line.ptr[len - 1] == '\r')
		line.len--;
	r->rest = slice_skip(r->rest, len + 1);
	r->line++;
	*ret_line = line;
	return true;
}

static int take_subject(struct reader *r, struct slice value)
{
	if (r->has_subject)
		return wrong(r, "subject stands here a second time");
	r->has_subject = true;
	if (!slice_starts(value, "\"")) {
		buf_add_slice(&r->email.subject, value);
		return 0;
	}
	struct refusal detail;
	int rc = json_check(value, &detail);
	if (rc)
		return refuse(r->why, EINVAL, "line %zu: a subject that begins with a quote is a JSON string: %s",
			r->line, detail.text);
	json_text(value, &r->email.subject);
	return 0;
}

static int take_delay(struct reader *r, struct slice value)
{
	int64_t days;
	if (r->email.delay_in_days >= 0)
		return wrong(r, "delay_in_days stands here a second time");
	bool number = json_check(value, NULL) == 0 && json_kind(value) == JSON_NUMBER;
	if (!number || !json_int(value, &days) || days < 0 || days > DELAY_DAYS_MAX)
		return refuse(r->why, EINVAL, "line %zu: delay_in_days is a whole number from 0 to %d", r->line,
			DELAY_DAYS_MAX);
	r->email.delay_in_days = (int)days;
	return 0;
}

static int take_field(struct reader *r, struct slice line)
{
	const char *colon = memchr(line.ptr, ':', line.len);
	if (!colon)
		return trim(line).len == 0 ? 0
					   : wrong(r, "not of the form \"name: value\" (--- ends the front matter)");
	size_t len = (size_t)(colon - line.ptr);
	struct slice key = trim((struct slice){line.ptr, len}), value = trim(slice_skip(line, len + 1));
	if (slice_is(key, "subject"))
		return take_subject(r, value);
	if (slice_is(key, "delay_in_days"))
		return take_delay(r, value);
	return refuse(r->why, EINVAL, "line %zu: no field \"%.*s\" here, only subject and delay_in_days", r->line,
		(int)(key.len < 80 ? key.len : 80), key.ptr);
}

static int check_text(struct reader *r, struct slice text)
{
	while (text.len > 0) {
		const char *newline = memchr(text.ptr, '\n', text.len);
		size_t len = newline ? (size_t)(newline - text.ptr) + 1 : text.len;
		struct slice line = {text.ptr, len};
		r->line++;
		if (memchr(line.ptr, '\0', line.len))
			return wrong(r, "a NUL byte");
		if (!utf8_valid(line))
			return wrong(r, "not valid UTF-8");
		text = slice_skip(text, len);
	}
	r->line = 0;
	return 0;
}

static int take_front(struct reader *r)
{
	struct slice line;
	if (slice_starts(r->rest, "\xEF\xBB\xBF"))
		r->rest = slice_skip(r->rest, 3);
	if (!take_line(r, &line) || !slice_is(trim(line), "---")) {
		r->line = 1;
		return wrong(r, "the file begins with ---, then subject: and delay_in_days:, then --- and the text");
	}
	while (take_line(r, &line)) {
		if (slice_is(trim(line), "---"))
			return 0;
		int rc = take_field(r, line);
		if (rc)
			return rc;
	}
	return wrong(r, "the front matter is not closed: --- is missing before the text");
}

int frontmatter_parse(struct slice text, struct email_text *out, struct refusal *why)
{
	struct reader r = {.rest = text, .email = {BUF_INIT, -1, BUF_INIT}, .why = why};
	int rc = check_text(&r, text);
	if (!rc)
		rc = take_front(&r);
	if (!rc) {
		r.rest.len -= r.rest.len > 0 && r.rest.ptr[r.rest.len - 1] == '\n';
		buf_add_slice(&r.email.body, r.rest);
		if (buf_failed(&r.email.subject) || buf_failed(&r.email.body))
			rc = refuse_memory(why);
	}
	if (rc)
		email_text_release(&r.email);
	else
		*out = r.email;
	return rc;
}
