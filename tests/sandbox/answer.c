/* Answers and refusals, each in the way of the dialect. */
#include "sandbox.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void answer(struct req *r, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *s = vtext(fmt, ap);
	va_end(ap);
	r->status = status;
	r->type = "application/json";
	r->out.n = 0;
	buf_str(&r->out, s);
	free(s);
}

void answer_ok(struct req *r)
{
	answer(r, 200, "{\"ok\":true}");
}

void answer_text(struct req *r, const char *type, const char *body)
{
	r->status = r->status ? r->status : 200;
	r->type = type;
	r->out.n = 0;
	buf_str(&r->out, body);
}

static void answer_error(struct req *r, int status, const char *message)
{
	struct buf b = {0};

	buf_json(&b, message);
	answer(r, status, "{\"error\":%s}", b.p);
	buf_free(&b);
}

void fail(struct req *r, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *s = vtext(fmt, ap);
	va_end(ap);
	answer_error(r, status, s);
	free(s);
}

void bad_value(struct req *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *s = vtext(fmt, ap);
	va_end(ap);
	answer_error(r, r->live ? 400 : 422, s);
	free(s);
}

/* Live: Joi by way of celebrate. The reference names no body for its 422; the field is named in both. */
bool refuse(struct req *r, const char *source, const char *key, const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	char *s = vtext(fmt, ap);
	va_end(ap);
	if (r->live) {
		buf_str(&b, "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":");
		buf_json(&b, s);
		buf_printf(&b, ",\"validation\":{\"source\":\"%s\",\"keys\":[", source);
		buf_json(&b, key);
		buf_str(&b, "]}}");
	} else {
		buf_str(&b, "{\"error\":");
		buf_json(&b, s);
		buf_str(&b, ",\"field\":");
		buf_json(&b, key);
		buf_str(&b, "}");
	}
	answer(r, r->live ? 400 : 422, "%s", b.p);
	buf_free(&b);
	free(s);
	return false;
}

static void add_html(struct buf *b, const char *s)
{
	for (; *s; s++) {
		if (*s == '<')
			buf_str(b, "&lt;");
		else if (*s == '&')
			buf_str(b, "&amp;");
		else
			buf_add(b, s, 1);
	}
}

void not_a_route(struct req *r)
{
	struct buf b = {0};

	r->status = 404;
	if (!r->live) {
		fail(r, 404, "Not found");
		return;
	}
	buf_printf(&b,
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n"
		"</head>\n<body>\n<pre>Cannot %s /api/v1",
		r->method);
	add_html(&b, r->path);
	buf_str(&b, "</pre>\n</body>\n</html>\n");
	answer_text(r, "text/html; charset=utf-8", b.p);
	buf_free(&b);
}

bool campaign_found(struct req *r, int64_t id)
{
	if (db_int("SELECT 1 FROM campaigns WHERE id=?", "i", id) == 1)
		return true;
	fail(r, 404, "Campaign not found - Invalid campaign_id.");
	return false;
}

bool lead_found(struct req *r, int64_t campaign, int64_t lead)
{
	if (!campaign_found(r, campaign))
		return false;
	if (db_int("SELECT 1 FROM maps WHERE campaign_id=? AND lead_id=?", "ii", campaign, lead) == 1)
		return true;
	fail(r, 404, "Lead not found - Invalid lead_id.");
	return false;
}
