#include "fs/api/answer.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <strings.h>

#include "fs/api/shape.h"
#include "fs/base/cleanup.h"
#include "fs/format/json.h"

enum { MESSAGE_BYTES_MAX = 200 };

/* Words. */

static bool is_json(struct slice body)
{
	return json_check(body, NULL) == 0;
}

static void strip_tags(struct slice body, struct buf *out)
{
	bool tag = false, blank = true;
	for (size_t i = 0; i < body.len && out->len < MESSAGE_BYTES_MAX; i++) {
		unsigned char c = (unsigned char)body.ptr[i];
		if (c == '<')
			tag = true;
		if (!tag && !(blank && isspace(c)))
			buf_add_char(out, isspace(c) ? ' ' : (char)c);
		if (!tag)
			blank = isspace(c);
		if (c == '>' && tag) {
			tag = false;
			if (!blank)
				buf_add_char(out, ' ');
			blank = true;
		}
	}
	while (out->len > 0 && out->data[out->len - 1] == ' ')
		buf_truncate(out, out->len - 1);
}

static bool text_member(struct slice object, const char *path, struct buf *out)
{
	struct slice value;
	if (!json_path(object, path, &value) || json_kind(value) != JSON_STRING)
		return false;
	return json_text(value, out) && out->len > 0;
}

void answer_message(struct slice body, struct buf *out)
{
	struct slice value;
	_cleanup_buf_ struct buf text = BUF_INIT;
	if (!is_json(body)) {
		strip_tags(body, &text);
	} else {
		bool joi = json_member(body, "validation", &value) ||
			(json_member(body, "error", &value) && json_is(value, "Bad Request"));
		if (!(joi && text_member(body, "message", &text)) && !text_member(body, "error", &text) &&
			!text_member(body, "error.message", &text) && !text_member(body, "message", &text) &&
			json_kind(body) == JSON_STRING)
			json_text(body, &text);
	}
	size_t len = text.len < MESSAGE_BYTES_MAX ? text.len : MESSAGE_BYTES_MAX;
	while (len > 0 && len < text.len && ((unsigned char)text.data[len] & 0xC0) == 0x80)
		len--;
	buf_add(out, buf_text(&text), len);
}

bool answer_says_no(struct slice body)
{
	struct slice value;
	bool said;
	if (json_kind(body) != JSON_OBJECT)
		return false;
	if (json_member(body, "ok", &value) && json_bool(value, &said) && !said)
		return true;
	if (json_member(body, "success", &value) && json_bool(value, &said) && !said)
		return true;
	return json_member(body, "status", &value) && json_is(value, "error");
}

/* Verdicts. */

static struct verdict good(void)
{
	return (struct verdict){.kind = VERDICT_GOOD};
}

/* The answer's own words, or these instead when it has none. */
static struct verdict with_message(enum verdict_kind kind, int err, const struct outcome *o, const char *instead)
{
	struct verdict v = {.kind = kind};
	_cleanup_buf_ struct buf text = BUF_INIT;
	answer_message(o->body, &text);
	refuse(&v.why, err, "%s (HTTP %d)", text.len > 0 ? buf_text(&text) : instead, o->status);
	return v;
}

static struct verdict plain(enum verdict_kind kind, int err, const char *text)
{
	struct verdict v = {.kind = kind};
	refuse(&v.why, err, "%s", text);
	return v;
}

static bool is_get(const char *method)
{
	return strcmp(method, "GET") == 0;
}

static const char outcome_unknown[] = "the outcome is unknown, and the request was not sent again";

/* The request left and nothing certain came back. */
static struct verdict lost(const struct endpoint *endpoint, const char *method, int err, const char *words)
{
	struct verdict v = {.kind = endpoint->repeatable && err != ETIMEDOUT ? VERDICT_AGAIN : VERDICT_REFUSED};
	v.unknown = !is_get(method);
	if (v.unknown && !endpoint->repeatable)
		refuse(&v.why, err, "%s; %s", words, outcome_unknown);
	else
		refuse(&v.why, err, "%s", words);
	return v;
}

static struct verdict judge_transport(const struct endpoint *endpoint, const char *method, const struct outcome *o)
{
	struct verdict v;
	switch (o->arrival) {
	case NOT_SENT:
	case NOT_TRUSTED:
		v = plain(o->arrival == NOT_SENT ? VERDICT_AGAIN : VERDICT_REFUSED, EHOSTUNREACH, o->words);
		v.unharmed = true;
		return v;
	case SILENT:
		return lost(endpoint, method, ETIMEDOUT, o->words);
	case TOO_BIG:
		v = plain(VERDICT_REFUSED, EFBIG, o->words);
		v.unknown = !is_get(method);
		return v;
	case STOPPED:
		v = plain(VERDICT_REFUSED, EIO, o->words);
		v.unknown = !is_get(method);
		return v;
	default:
		return lost(endpoint, method, EIO, o->words);
	}
}

/* "Cannot edit sequences while the campaign is ACTIVE", but not a list of allowed words that has ACTIVE in it. */
static bool says_active(const char *message)
{
	if (strcasestr(message, "must be") || strcasestr(message, "allowed") || strcasestr(message, "invalid"))
		return false;
	for (const char *at = message; (at = strcasestr(at, "active")); at += 6) {
		bool starts = at == message || !isalpha((unsigned char)at[-1]);
		if (starts && !isalpha((unsigned char)at[6]))
			return true;
	}
	return false;
}

static struct verdict judge_bad_request(const struct outcome *o)
{
	struct verdict v = with_message(VERDICT_REFUSED, EINVAL, o, "the service refused the request");
	if (says_active(v.why.text))
		v.why.err = EBUSY;
	v.unharmed = true;
	return v;
}

static struct verdict judge_denied(const struct outcome *o)
{
	struct slice body = shape_trim(o->body);
	struct verdict v = with_message(VERDICT_REFUSED, EACCES, o, "the service refuses the API key");
	if (o->status == 403 && (slice_starts(body, "<") || slice_starts(body, "error code:")))
		refusal_prefix(&v.why, "refused in front of the service, not by it: ");
	return v;
}

static struct verdict judge_missing(const struct outcome *o)
{
	struct slice body = shape_trim(o->body), value;
	struct verdict v = with_message(VERDICT_REFUSED, ENOENT, o, "not found");
	bool page = slice_starts(body, "<") || slice_starts(body, "Cannot ");
	v.unharmed = true;
	v.route_unknown = page || o->status == 405;
	v.route_or_thing = !v.route_unknown && (body.len == 0 || !is_json(body) ||
		(json_member(body, "error", &value) && (json_is(value, "Not found") || json_is(value, "Not Found"))) ||
		(json_member(body, "message", &value) && (json_is(value, "Not found") || json_is(value, "Not Found"))));
	if (v.route_unknown)
		refusal_prefix(&v.why, "not on this service: ");
	if (v.route_unknown)
		v.why.err = EOPNOTSUPP;
	return v;
}

/*
 * 500 with words of the application is final for a change (the service answers user errors that way); what comes from
 * the machines in front of it is passing, and leaves open what a change did.
 */
static struct verdict judge_server_error(const struct endpoint *endpoint, const char *method, const struct outcome *o)
{
	struct verdict v = with_message(VERDICT_AGAIN, EIO, o, "the service failed");
	bool by_application = o->status == 500 && is_json(o->body) && json_kind(o->body) == JSON_OBJECT;
	if (is_get(method))
		return v;
	if (by_application) {
		v.kind = VERDICT_REFUSED;
		if (strcasestr(v.why.text, "invalid ") || strcasestr(v.why.text, "cannot "))
			v.why.err = EINVAL;
		return v;
	}
	return lost(endpoint, method, EIO, v.why.text);
}

/* The one way from HTTP to errno. */
static struct verdict judge_status(const struct endpoint *endpoint, const char *method, const struct outcome *o)
{
	switch (o->status) {
	case 401:
	case 403:
		return judge_denied(o);
	case 404:
	case 405:
	case 410:
		return judge_missing(o);
	case 408:
		return lost(endpoint, method, ETIMEDOUT, "the service waited too long for the request (HTTP 408)");
	case 413:
		return with_message(VERDICT_REFUSED, EFBIG, o, "the request is too big for the service");
	case 429: {
		struct verdict v = with_message(VERDICT_BANNED, EBUSY, o, "too many requests");
		v.unharmed = true;
		return v;
	}
	default:
		if (o->status >= 500)
			return judge_server_error(endpoint, method, o);
		if (o->status >= 400)
			return judge_bad_request(o);
		return with_message(VERDICT_REFUSED, EIO, o, "unexpected answer; redirects are not followed");
	}
}

/* A 2xx answer to a change: done, unless it says otherwise. */
static struct verdict judge_done(const struct endpoint *endpoint, const char *method, const struct outcome *o)
{
	struct slice body = shape_trim(o->body);
	if (slice_starts(body, "{") || slice_starts(body, "[")) {
		if (!is_json(body))
			return lost(endpoint, method, EIO, "the service sent half an answer");
		if (answer_says_no(body)) {
			struct verdict v = with_message(VERDICT_REFUSED, EINVAL, o, "the service says that it did not");
			if (says_active(v.why.text))
				v.why.err = EBUSY;
			return v;
		}
	}
	if (slice_starts(body, "<!") || slice_starts(body, "<html"))
		return lost(endpoint, method, EIO, "the service sent a web page");
	return good();
}

static bool is_list(enum answer_shape shape)
{
	return shape == SHAPE_LIST || shape == SHAPE_HISTORY;
}

static struct verdict judge_json(enum answer_shape shape, const struct outcome *o)
{
	struct refusal why;
	struct slice body = shape_trim(o->body);
	if (body.len == 0)
		return is_list(shape) ? plain(VERDICT_AGAIN, EIO, "the service sent an empty answer")
					   : plain(VERDICT_AGAIN_ONCE, ENOENT, "the service knows no such thing");
	if (json_check(body, &why) < 0) {
		struct verdict v = {.kind = VERDICT_AGAIN};
		refuse(&v.why, EIO, "the service sent something else than JSON: %s", why.text);
		return v;
	}
	if (answer_says_no(body))
		return with_message(VERDICT_REFUSED, EIO, o, "the service says that it failed");
	if (shape_is_nothing(body) && shape == SHAPE_HISTORY)
		return good();
	if (shape_is_nothing(body))
		return plain(VERDICT_REFUSED, ENOENT, "the service knows no such thing");
	struct slice part;
	if (is_list(shape) ? !answer_list(body, &part) : !answer_object(body, &part))
		return with_message(VERDICT_AGAIN, EIO, o, "the answer has an unexpected shape");
	return good();
}

static struct verdict judge_csv(const struct outcome *o)
{
	struct slice body = shape_trim(o->body);
	if (body.len == 0)
		return plain(VERDICT_AGAIN, EIO, "the service sent an empty answer");
	if (!answer_begins_well(SHAPE_CSV, body))
		return with_message(VERDICT_AGAIN, EIO, o, "the service sent something else than CSV");
	return good();
}

static struct verdict judge_body(const struct endpoint *endpoint, const char *method, const struct outcome *o)
{
	/* What goes to a sink was looked at when its first bytes came. */
	if (o->to_sink)
		return good();
	switch (endpoint->shape) {
	case SHAPE_CSV:
		return judge_csv(o);
	case SHAPE_DONE:
		return judge_done(endpoint, method, o);
	default:
		return judge_json(endpoint->shape, o);
	}
}

struct verdict answer_judge(const struct endpoint *endpoint, const char *method, const struct outcome *outcome)
{
	if (outcome->arrival == ARRIVED || (outcome->status >= 400 && outcome->arrival != STOPPED))
		return outcome->status >= 200 && outcome->status < 300 ? judge_body(endpoint, method, outcome)
								      : judge_status(endpoint, method, outcome);
	return judge_transport(endpoint, method, outcome);
}
