/* fields_check.c - the other direction of a field list: what a user saved → what is to be sent. Pure. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/tree/fields.h"

static const struct field *find_field(const struct field *fields, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

static int check_number(const struct field *f, struct slice value, struct refusal *why)
{
	int64_t n;
	if (json_kind(value) != JSON_NUMBER || !json_int(value, &n))
		return refuse(why, EINVAL, "\"%s\" must be a whole number", f->name);
	if ((f->min || f->max) && (n < f->min || n > f->max))
		return refuse(why, EINVAL, "\"%s\" must be from %lld to %lld", f->name, (long long)f->min, (long long)f->max);
	return 0;
}

static bool is_word(const char *words, struct slice text)
{
	for (const char *w = words; w && *w;) {
		size_t len = strcspn(w, " ");
		if (slice_equal((struct slice){w, len}, text))
			return true;
		w += len + (w[len] == ' ');
	}
	return !words;
}

static int check_word(const struct field *f, struct slice value, struct refusal *why)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	if (json_kind(value) != JSON_STRING)
		return refuse(why, EINVAL, "\"%s\" must be a word in quotes", f->name);
	json_text(value, &text);
	if (!is_word(f->words, buf_slice(&text)))
		return refuse(why, EINVAL, "\"%s\" must be one of: %s", f->name, f->words);
	return 0;
}

static int check_hour(const struct field *f, struct slice value, struct refusal *why)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	if (json_kind(value) == JSON_STRING)
		json_text(value, &text);
	const char *t = buf_text(&text);
	bool good = text.len == 5 && isdigit((unsigned char)t[0]) && isdigit((unsigned char)t[1]) && t[2] == ':' &&
		isdigit((unsigned char)t[3]) && isdigit((unsigned char)t[4]);
	int hour = good ? (t[0] - '0') * 10 + t[1] - '0' : 99;
	if (!good || hour > 24 || t[3] > '5' || (hour == 24 && strcmp(t + 3, "00") != 0))
		return refuse(why, EINVAL, "\"%s\" must be a time like \"09:30\"", f->name);
	return 0;
}

static int check_list(const struct field *f, struct slice value, struct refusal *why)
{
	if (json_kind(value) != JSON_ARRAY)
		return refuse(why, EINVAL, "\"%s\" must be a list: [ … ]", f->name);
	for (struct json_walk w = json_walk(value); json_next(&w);) {
		int rc = f->type == FIELD_INTS ? check_number(f, w.value, why) : check_word(f, w.value, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_value(const struct field *f, struct slice value, struct refusal *why)
{
	enum json_kind kind = json_kind(value);
	if (kind == JSON_NULL && f->nullable)
		return 0;
	switch (f->type) {
	case FIELD_BOOL:
		return kind == JSON_BOOL ? 0 : refuse(why, EINVAL, "\"%s\" must be true or false", f->name);
	case FIELD_INT:
		return check_number(f, value, why);
	case FIELD_STRING:
	case FIELD_SECRET:
		return kind == JSON_STRING ? 0 : refuse(why, EINVAL, "\"%s\" must be a text in quotes", f->name);
	case FIELD_HOUR:
		return check_hour(f, value, why);
	case FIELD_INTS:
	case FIELD_WORDS:
		return check_list(f, value, why);
	case FIELD_WORD:
		return check_word(f, value, why);
	case FIELD_OBJECT:
		return kind == JSON_OBJECT ? 0 : refuse(why, EINVAL, "\"%s\" must be an object: { … }", f->name);
	default:
		return 0;
	}
}

/* One member of the saved document: unchanged, changed and good, or refused. */
static int check_member(const struct field *fields, size_t count, struct slice now, const struct json_walk *w,
	struct buf *changed, bool *first, struct refusal *why)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	struct slice current;
	json_text(w->key, &name);
	if (buf_failed(&name))
		return refuse_memory(why);
	const struct field *f = find_field(fields, count, buf_text(&name));
	bool shown = json_member(now, buf_text(&name), &current);
	if (shown && json_equal(current, w->value))
		return 0;
	if (!f && !shown)
		return refuse(why, EINVAL, "there is no field \"%s\"", buf_text(&name));
	if (!f || !f->writable)
		return refuse(why, EINVAL, "\"%s\" is read-only", buf_text(&name));
	if (f->type == FIELD_SECRET && json_is(w->value, "***"))
		return 0;
	int rc = check_value(f, w->value, why);
	if (rc < 0)
		return rc;
	buf_add_str(changed, *first ? "{" : ",");
	*first = false;
	json_quote(buf_slice(&name), changed);
	buf_add_char(changed, ':');
	json_compact(w->value, changed);
	return 0;
}

static int refuse_repeated(struct slice document, struct refusal *why)
{
	for (struct json_walk a = json_walk(document); json_next(&a);)
		for (struct json_walk b = a; json_next(&b);)
			if (slice_equal(a.key, b.key))
				return refuse(why, EINVAL, "%.*s stands twice", (int)a.key.len, a.key.ptr);
	return 0;
}

int fields_check(const struct field *fields, size_t count, struct slice now, struct slice text, struct buf *changed,
	struct refusal *why)
{
	bool first = true;
	int rc = json_check(text, why);
	if (rc < 0)
		return rc;
	if (json_kind(text) != JSON_OBJECT)
		return refuse(why, EINVAL, "the document must be one object: { … }");
	rc = refuse_repeated(text, why);
	for (struct json_walk w = json_walk(text); rc == 0 && json_next(&w);)
		rc = check_member(fields, count, now, &w, changed, &first, why);
	if (rc == 0 && !first)
		buf_add_char(changed, '}');
	return rc == 0 && buf_failed(changed) ? refuse_memory(why) : rc;
}

/* All writable fields, changed ones or as they are now; those without a value left out, or refused. */
static int fill_in(const struct field *fields, size_t count, struct slice now, struct slice changed, bool leave_out,
	struct buf *out, struct refusal *why)
{
	bool first = true;
	buf_add_char(out, '{');
	for (size_t i = 0; i < count; i++) {
		struct slice value;
		if (!fields[i].writable)
			continue;
		if (!json_member(changed, fields[i].name, &value) && !json_member(now, fields[i].name, &value))
			value = SLICE_LITERAL("null");
		if (json_kind(value) == JSON_NULL && leave_out)
			continue;
		if (json_kind(value) == JSON_NULL && !fields[i].nullable)
			return refuse(why, EINVAL, "\"%s\" is needed: the service has no value for it yet", fields[i].name);
		json_key(out, &first, fields[i].name);
		json_compact(value, out);
	}
	buf_add_char(out, '}');
	return buf_failed(out) ? refuse_memory(why) : 0;
}

int fields_complete(const struct field *fields, size_t count, struct slice now, struct slice changed, struct buf *out,
	struct refusal *why)
{
	return fill_in(fields, count, now, changed, false, out, why);
}

int fields_known(const struct field *fields, size_t count, struct slice now, struct slice changed, struct buf *out,
	struct refusal *why)
{
	return fill_in(fields, count, now, changed, true, out, why);
}

/* A text or list with nothing in it is no value for a field that is needed. */
static bool says_nothing(struct slice value)
{
	struct json_walk w = json_walk(value);
	return json_is(value, "") || (json_kind(value) == JSON_ARRAY && !json_next(&w));
}

static int check_new(const struct field *f, struct slice text, struct slice body, struct refusal *why)
{
	struct slice value;
	if (f->type == FIELD_SECRET && json_member(text, f->name, &value) && json_is(value, "***"))
		return refuse(why, EINVAL, "\"%s\": *** keeps what is there, and here nothing is yet", f->name);
	if (f->needed && (!json_member(body, f->name, &value) || says_nothing(value)))
		return refuse(why, EINVAL, "\"%s\" is needed", f->name);
	return 0;
}

int fields_new(const struct field *fields, size_t count, struct slice now, struct slice text, struct buf *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf changed = BUF_INIT;
	size_t start = out->len;
	int rc = fields_check(fields, count, now, text, &changed, why);
	if (rc == 0)
		rc = fields_known(fields, count, now, buf_slice(&changed), out, why);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = check_new(&fields[i], text, slice_skip(buf_slice(out), start), why);
	return rc;
}

void fields_as_read(const struct field *fields, size_t count, struct slice changed, struct buf *out)
{
	bool first = true;
	buf_add_char(out, '{');
	for (size_t i = 0; i < count; i++) {
		char name[64];
		struct slice value;
		size_t len = fields[i].read ? strcspn(fields[i].read, "|") : 0;
		if (len == 0 || len >= sizeof name || memchr(fields[i].read, '.', len) || !json_member(changed, fields[i].name, &value))
			continue;
		memcpy(name, fields[i].read, len);
		name[len] = '\0';
		json_key(out, &first, name);
		buf_add_slice(out, value);
	}
	buf_add_char(out, '}');
}
