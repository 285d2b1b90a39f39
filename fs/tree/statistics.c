/* statistics.c - statistics.csv and statistics/: pages of e-mails sent, rewritten to CSV as they come. */
#include "fs/tree/statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/base/limits.h"
#include "fs/format/csv.h"
#include "fs/format/json.h"
#include "fs/tree/subjects.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { STATISTICS_PAGE = 1000, STEP_MAX = 20 };

/* All but email_message, which is ten times the rest together; thread.mbox has it. */
static const char *const columns[] = {"lead_email", "lead_name", "lead_category", "sequence_number", "stats_id",
	"email_campaign_seq_id", "seq_variant_id", "email_subject", "sent_time", "open_time", "click_time",
	"reply_time", "open_count", "click_count", "is_unsubscribed", "is_bounced"};

enum { LEAD_EMAIL = 0, STATS_ID = 4 };

void statistics_header(struct buf *out)
{
	bool first = true;
	for (size_t c = 0; c < COUNT(columns); c++)
		csv_add(out, &first, slice_of(columns[c]));
	buf_add_char(out, '\n');
}

/* One walk over the row, since the long e-mail in it makes each look-up of a member dear. */
static void find_cells(struct slice row, struct slice cells[COUNT(columns)])
{
	memset(cells, 0, sizeof *cells * COUNT(columns));
	if (json_kind(row) != JSON_OBJECT)
		return;
	for (struct json_walk w = json_walk(row); json_next(&w);)
		for (size_t c = 0; c < COUNT(columns); c++)
			if (json_is(w.key, columns[c])) {
				cells[c] = w.value;
				break;
			}
}

static bool has_text(struct slice value)
{
	return value.len && json_kind(value) != JSON_NULL && !json_is(value, "");
}

static void add_row(const struct slice cells[COUNT(columns)], struct buf *cell, struct buf *out)
{
	bool first = true;
	for (size_t c = 0; c < COUNT(columns); c++) {
		enum json_kind kind = cells[c].len ? json_kind(cells[c]) : JSON_NONE;
		buf_clear(cell);
		if (kind == JSON_ARRAY || kind == JSON_OBJECT)
			json_compact(cells[c], cell);
		else if (kind != JSON_NONE)
			json_text(cells[c], cell);
		csv_add(out, &first, buf_slice(cell));
		out->failed |= cell->failed;
	}
	buf_add_char(out, '\n');
}

int statistics_rows(
	struct slice body, struct seen *seen, struct buf *out, struct statistics_page *ret_page, struct refusal *why)
{
	_cleanup_buf_ struct buf cell = BUF_INIT;
	struct slice list, total, cells[COUNT(columns)];
	*ret_page = (struct statistics_page){.total = -1};
	if (!answer_list(body, &list))
		return refuse(why, EIO, "the service answered with something else than a list of e-mails");
	if (!json_member(body, "total_stats", &total) || !json_int(total, &ret_page->total))
		ret_page->total = -1;
	seen_page(seen);
	for (struct json_walk w = json_walk(list); json_next(&w);) {
		find_cells(w.value, cells);
		if (!has_text(cells[STATS_ID]) && !has_text(cells[LEAD_EMAIL]))
			return refuse(
				why, EIO, "the service sent totals, or something else that is no list of e-mails");
		ret_page->rows++;
		if (has_text(cells[STATS_ID]) && seen_before(seen, cells[STATS_ID]))
			continue;
		ret_page->fresh++;
		add_row(cells, &cell, out);
	}
	return buf_failed(out) ? refuse_memory(why) : 0;
}

bool statistics_filter(const char *filter, char step[8], const char **ret_step, const char **ret_status)
{
	static const char *const words[] = {"opened", "clicked", "replied", "unsubscribed", "bounced"};
	*ret_step = *ret_status = NULL;
	if (strcmp(filter, "all") == 0)
		return true;
	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(filter, words[i]) == 0) {
			*ret_status = words[i];
			return true;
		}
	for (int n = 1; n <= STEP_MAX; n++) {
		char name[16];
		snprintf(name, sizeof name, "step-%d", n);
		if (strcmp(filter, name) == 0) {
			snprintf(step, 8, "%d", n);
			*ret_step = step;
			return true;
		}
	}
	return false;
}

int statistics_list(
	const struct ids *dir, const struct answers *from, const char *want, struct names *out, struct refusal *why)
{
	char filter[24], step[8];
	const char *by_step, *by_status;
	size_t len = want ? strlen(want) : 0;
	(void)dir, (void)from, (void)why;
	if (len <= 4 || len - 4 >= sizeof filter || strcmp(want + len - 4, ".csv") != 0)
		return 0;
	memcpy(filter, want, len - 4);
	filter[len - 4] = '\0';
	/* "all" has a file of its own. */
	if (statistics_filter(filter, step, &by_step, &by_status) && (by_step || by_status))
		names_add(out, want, filter, NULL, 0);
	return 0;
}

int statistics_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	(void)at, (void)why;
	out->blob = blob_ref(from->v[0]->body);
	return 0;
}

/* The resource: "statistics/<campaign>/<filter>", the CSV file. */

int statistics_key(
	const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed, struct refusal *why)
{
	(void)so_far, (void)ret_needed, (void)why;
	buf_printf(key, "/%s/%s", at->v[0], at->v[1] ? at->v[1] : "all");
	return 0;
}

struct statistics {
	struct spool csv;
	struct seen seen;
	int64_t rows; /* so far, with those that came twice: the next offset */
	bool more;
};

void statistics_free(void *state)
{
	struct statistics *s = state;
	spool_release(&s->csv);
	seen_release(&s->seen);
	free(s);
}

static struct statistics *statistics_new(void)
{
	struct statistics *s = calloc(1, sizeof *s);
	if (s) {
		spool_init(&s->csv, EXPORT_BYTES_MAX);
		s->more = true;
	}
	return s;
}

bool statistics_next(struct fetch *f)
{
	const char *by_step, *by_status;
	if (!f->state)
		f->state = statistics_new();
	struct statistics *s = f->state;
	if (!s || !s->more || !f->ids[1] || !statistics_filter(f->ids[1], f->args[3], &by_step, &by_status))
		return false;
	snprintf(f->args[1], sizeof f->args[1], "%lld", (long long)s->rows);
	snprintf(f->args[2], sizeof f->args[2], "%d", STATISTICS_PAGE);
	f->request.args[1] = f->args[1];
	f->request.args[2] = f->args[2];
	f->request.args[3] = by_step;
	f->request.args[4] = by_status;
	return true;
}

int statistics_take(struct fetch *f, struct reply *reply, struct refusal *why)
{
	struct statistics *s = f->state;
	struct statistics_page page;
	/* One write to the spool a page: it may be a write(2). */
	_cleanup_buf_ struct buf text = BUF_INIT;
	if (f->step == 0)
		statistics_header(&text);
	int rc = statistics_rows(blob_slice(reply->body), &s->seen, &text, &page, why);
	if (rc == 0 && page.rows > 0 && page.fresh == 0)
		rc = refuse(why, EIO, "the service sends the same page again and again");
	if (rc == 0)
		rc = spool_add(&s->csv, buf_text(&text), text.len, why);
	s->rows += page.rows;
	s->more = page.rows >= STATISTICS_PAGE || (page.total >= 0 ? page.rows > 0 && page.total > s->rows
								   : page_may_go_on(page.rows, STATISTICS_PAGE));
	return rc;
}

struct answer *statistics_finish(struct fetch *f, struct refusal *why)
{
	struct statistics *s = f->state;
	if (!s) {
		refuse_memory(why);
		return NULL;
	}
	struct blob *body = spool_finish(&s->csv, why);
	struct answer *a = body ? answer_new(body, NULL, NULL, 0) : NULL;
	if (body && !a)
		refuse_memory(why);
	return a;
}
