/* days.c - campaigns/<campaign>/analytics/: counts a day, of any span, asked for in pieces. */
#include "fs/tree/days.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/format/dates.h"
#include "fs/format/json.h"
#include "fs/tree/fields.h"
#include "fs/tree/subjects.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { DAY_MS = 86400000 };

/* The column's name, and what the two services and their documents call it. */
static const struct {
	const char *name, *read;
} columns[DAY_COUNTS] = {
	{"sent", "sent_count|sent|email_engagement_metrics.sent"},
	{"opened", "open_count|opened|opened_count|email_engagement_metrics.opened"},
	{"clicked", "click_count|clicked|clicked_count|email_engagement_metrics.clicked"},
	{"replied", "reply_count|replied|replied_count|email_engagement_metrics.replied"},
	{"bounced", "bounce_count|bounced|bounced_count|email_engagement_metrics.bounced"},
	{"unsubscribed", "unsubscribed_count|unsubscribed|unsubscribe_count|email_engagement_metrics.unsubscribed"},
};

void days_clear(struct day_counts *days, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (int c = 0; c < DAY_COUNTS; c++)
			days[i].v[c] = -1;
}

/* "1 Feb", "01 February": the day of the span that it is; the year is not told, but a span has each day once. */
static bool display_day(const char *text, int64_t first, int64_t last, int64_t *ret_day)
{
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	char *rest;
	long number = isdigit((unsigned char)*text) ? strtol(text, &rest, 10) : 0;
	if (number < 1 || number > 31 || *rest != ' ')
		return false;
	for (int64_t day = first; day <= last; day++) {
		struct date d = date_from_day(day);
		if (d.day == number && strncasecmp(rest + 1, months[d.month - 1], 3) == 0) {
			*ret_day = day;
			return true;
		}
	}
	return false;
}

enum row_day { DAY_TOLD, DAY_UNTOLD, DAY_OUTSIDE };

/* Which day is this row of? DAY_UNTOLD: it has no date that can be read, so its place in the list must tell. */
static enum row_day day_of(struct slice row, int64_t first, int64_t last, int64_t *ret_day)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	field_text(row, "date|day|stat_date", &text);
	struct slice iso = buf_slice(&text);
	/* A time may follow the date. */
	iso.len = iso.len > 10 && (iso.ptr[10] == 'T' || iso.ptr[10] == ' ') ? 10 : iso.len;
	if (date_parse(iso, ret_day))
		return *ret_day >= first && *ret_day <= last ? DAY_TOLD : DAY_OUTSIDE;
	return display_day(buf_text(&text), first, last, ret_day) ? DAY_TOLD : DAY_UNTOLD;
}

static bool read_counts(struct slice row, struct day_counts *counts)
{
	_cleanup_buf_ struct buf scratch = BUF_INIT;
	bool any = false;
	for (int c = 0; c < DAY_COUNTS; c++) {
		struct slice value;
		int64_t number;
		if (!field_find(row, columns[c].read, &scratch, &value) || !json_int(value, &number) || number < 0)
			continue;
		counts->v[c] = number;
		any = true;
	}
	return any;
}

static int64_t count_elements(struct slice list)
{
	int64_t n = 0;
	for (struct json_walk w = json_walk(list); json_next(&w);)
		n++;
	return n;
}

int days_read(struct slice body, int64_t first, int64_t last, struct day_counts *days, struct refusal *why)
{
	struct slice list;
	int64_t place = 0;
	if (!answer_list(body, &list))
		return refuse(why, EIO, "the service answered with something else than days");
	/* A place in the list tells the day only where the list has all of them. */
	bool whole = count_elements(list) == last - first + 1;
	for (struct json_walk w = json_walk(list); json_next(&w); place++) {
		int64_t day;
		enum row_day told = day_of(w.value, first, last, &day);
		if (told == DAY_OUTSIDE)
			continue;
		if (told == DAY_UNTOLD && !whole)
			return refuse(why, EIO, "the service does not say which days its counts are of");
		if (!read_counts(w.value, &days[told == DAY_TOLD ? day - first : place]))
			return refuse(why, EIO, "the service sent days without counts");
	}
	return 0;
}

void days_print(int64_t first, const struct day_counts *days, size_t count, struct buf *out)
{
	buf_add_str(out, "date");
	for (int c = 0; c < DAY_COUNTS; c++)
		buf_printf(out, ",%s", columns[c].name);
	buf_add_char(out, '\n');
	/*
	 * A day that the service says nothing of has empty cells too: nobody promises that it leaves out only days
	 * without e-mails, and a 0 would be a claim.
	 */
	for (size_t i = 0; i < count; i++) {
		date_print(first + (int64_t)i, out);
		for (int c = 0; c < DAY_COUNTS; c++) {
			buf_add_char(out, ',');
			if (days[i].v[c] >= 0)
				buf_add_int(out, days[i].v[c]);
		}
		buf_add_char(out, '\n');
	}
}

/* Cuts the text before `end` (or all) off the front. */
static struct slice cut(struct slice *text, char end)
{
	const char *at = memchr(text->ptr, end, text->len);
	struct slice piece = {text->ptr, at ? (size_t)(at - text->ptr) : text->len};
	*text = slice_skip(*text, piece.len + 1);
	return piece;
}

void days_json(struct slice csv, struct buf *out)
{
	_cleanup_buf_ struct buf raw = BUF_INIT;
	bool first = true;
	cut(&csv, '\n');
	buf_add_char(&raw, '[');
	while (csv.len) {
		struct slice line = cut(&csv, '\n'), date = cut(&line, ',');
		buf_printf(&raw, "%s{\"date\":\"%.*s\"", first ? "" : ",", (int)date.len, date.ptr);
		first = false;
		for (int c = 0; c < DAY_COUNTS; c++) {
			struct slice cell = cut(&line, ',');
			buf_printf(&raw, ",\"%s\":", columns[c].name);
			buf_add_slice(&raw, cell.len ? cell : SLICE_LITERAL("null"));
		}
		buf_add_char(&raw, '}');
	}
	buf_add_char(&raw, ']');
	json_pretty(buf_slice(&raw), out);
	buf_add_char(out, '\n');
	out->failed |= raw.failed;
}

/* Names. */

bool days_name(const char *name, const char *suffix, char from[11], char to[11])
{
	int64_t first, last;
	if (strlen(name) != 21 + strlen(suffix) || name[10] != '_' || strcmp(name + 21, suffix) != 0)
		return false;
	if (!date_parse((struct slice){name, 10}, &first) || !date_parse((struct slice){name + 11, 10}, &last))
		return false;
	if (first > last || last - first >= DAYS_SPAN_MAX)
		return false;
	snprintf(from, 11, "%.10s", name);
	snprintf(to, 11, "%.10s", name + 11);
	return true;
}

static void list_span(const char *want, const char *suffix, struct names *out)
{
	char from[11], to[11];
	if (want && days_name(want, suffix, from, to))
		names_add(out, want, from, to, 0);
}

int days_csv_list(
	const struct ids *dir, const struct answers *from, const char *want, struct names *out, struct refusal *why)
{
	(void)dir, (void)from, (void)why;
	list_span(want, ".csv", out);
	return 0;
}

int days_json_list(
	const struct ids *dir, const struct answers *from, const char *want, struct names *out, struct refusal *why)
{
	(void)dir, (void)from, (void)why;
	list_span(want, ".json", out);
	return 0;
}

int days_last_list(
	const struct ids *dir, const struct answers *from, const char *want, struct names *out, struct refusal *why)
{
	(void)dir, (void)from, (void)want, (void)why;
	names_add(out, "last-7-days.csv", "7", NULL, 0);
	names_add(out, "last-30-days.csv", "30", NULL, 0);
	return 0;
}

/* Files. */

int days_csv_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	(void)at, (void)why;
	out->blob = blob_ref(from->v[0]->body);
	return 0;
}

int days_json_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	(void)at, (void)why;
	days_json(blob_slice(from->v[0]->body), &out->text);
	return 0;
}

/* The resource: "days/<campaign>/<from>/<to>", the CSV file. */

void last_days_key(int64_t count, struct buf *key)
{
	int64_t today = clock_wall_ms() / DAY_MS;
	buf_add_char(key, '/');
	date_print(today - count + 1, key);
	buf_add_char(key, '/');
	date_print(today, key);
}

int days_key(const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed, struct refusal *why)
{
	(void)so_far, (void)ret_needed, (void)why;
	buf_printf(key, "/%s", at->v[0]);
	if (at->v[2])
		buf_printf(key, "/%s/%s", at->v[1], at->v[2]);
	else
		last_days_key(atoi(at->v[1]), key);
	return 0;
}

struct span {
	int64_t first, last, asked_from, asked_to;
	struct day_counts *days;
};

static struct span *span_new(const struct fetch *f)
{
	struct span *s = calloc(1, sizeof *s);
	if (!s || !f->ids[2] || !date_parse(slice_of(f->ids[1]), &s->first) ||
		!date_parse(slice_of(f->ids[2]), &s->last)) {
		free(s);
		return NULL;
	}
	size_t count = (size_t)(s->last - s->first + 1);
	s->days = calloc(count, sizeof *s->days);
	if (!s->days) {
		free(s);
		return NULL;
	}
	days_clear(s->days, count);
	return s;
}

void days_free(void *state)
{
	struct span *s = state;
	free(s->days);
	free(s);
}

/* One piece after another, so that an error ends it at once, and others get their turn in between. */
bool days_next(struct fetch *f)
{
	if (!f->state)
		f->state = span_new(f);
	struct span *s = f->state;
	if (!s || s->first + (int64_t)f->step * DAYS_PIECE > s->last)
		return false;
	s->asked_from = s->first + (int64_t)f->step * DAYS_PIECE;
	s->asked_to = s->asked_from + DAYS_PIECE - 1 < s->last ? s->asked_from + DAYS_PIECE - 1 : s->last;
	struct buf text = BUF_INIT;
	date_print(s->asked_from, &text);
	snprintf(f->args[1], sizeof f->args[1], "%s", buf_text(&text));
	buf_clear(&text);
	date_print(s->asked_to, &text);
	snprintf(f->args[2], sizeof f->args[2], "%s", buf_text(&text));
	buf_release(&text);
	f->request.args[1] = f->args[1];
	f->request.args[2] = f->args[2];
	return true;
}

int days_take(struct fetch *f, struct reply *reply, struct refusal *why)
{
	struct span *s = f->state;
	return days_read(
		blob_slice(reply->body), s->asked_from, s->asked_to, s->days + (s->asked_from - s->first), why);
}

struct answer *days_finish(struct fetch *f, struct refusal *why)
{
	struct span *s = f->state;
	_cleanup_buf_ struct buf text = BUF_INIT;
	if (s)
		days_print(s->first, s->days, (size_t)(s->last - s->first + 1), &text);
	struct blob *body = s && !buf_failed(&text) ? blob_from_buf(&text) : NULL;
	struct answer *a = body ? answer_new(body, NULL, NULL, 0) : NULL;
	if (!a)
		refuse_memory(why);
	return a;
}
