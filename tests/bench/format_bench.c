/*
 * format_bench - speed of the formats: MB (10^6) of text a second of processor time, so that other work of the machine
 * counts little; the best of several rounds.
 *
 *   leads  a leads export as it arrives, in pieces of 64 KiB, to leads.csv and its index: all that the network thread does
 *   csv    csv_feed() of the same export, each cell written again with csv_add()
 *   json   json_check() of the same leads as a JSON array
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/base/cleanup.h"
#include "fs/format/csv.h"
#include "fs/format/json.h"
#include "fs/tree/leads.h"

enum { LEADS_COUNT = 100000, PIECE = 64 * 1024, ROUNDS = 5 };

static double now(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Rows as the API's leads export has them: plain cells, quoted ones, JSON in a cell. */
static void make_csv(struct buf *out)
{
	buf_add_str(out, "id,campaign_lead_map_id,status,created_at,first_name,last_name,email,phone_number,company_name,website,"
			 "location,custom_fields,linkedin_profile,is_unsubscribed,open_count,click_count,reply_count\n");
	for (int i = 0; i < LEADS_COUNT; i++)
		buf_printf(out,
			"%d,%d,COMPLETED,2024-03-%02dT10:20:30.000Z,First%d,\"O'Last, %d\",user%d@company%d.example,+1555%07d,"
			"\"Company %d, Inc.\",https://company%d.example,\"Valencia, Spain\","
			"\"{\"\"job_title\"\":\"\"VP of Sales\"\",\"\"icebreaker\"\":\"\"Saw your post number %d about growth\"\"}\","
			"https://linkedin.com/in/user%d,false,%d,,%d\n",
			i, i + 7, i % 28 + 1, i, i, i, i % 997, i, i % 997, i % 997, i, i, i % 5, i % 3);
}

static void make_json(struct buf *out)
{
	buf_add_char(out, '[');
	for (int i = 0; i < LEADS_COUNT; i++)
		buf_printf(out,
			"%s{\"id\":%d,\"status\":\"COMPLETED\",\"created_at\":\"2024-03-%02dT10:20:30.000Z\",\"lead\":{\"first_name\":"
			"\"First%d\",\"last_name\":\"O'Last, %d\",\"email\":\"user%d@company%d.example\",\"phone_number\":null,"
			"\"company_name\":\"Company %d, Inc.\",\"location\":\"Valencia, Espa\\u00f1a\",\"custom_fields\":{\"job_title\":"
			"\"VP of Sales\",\"icebreaker\":\"Saw your post number %d about \\\"growth\\\"\"},\"is_unsubscribed\":false}}",
			i ? "," : "", i, i % 28 + 1, i, i, i, i % 997, i % 997, i);
	buf_add_char(out, ']');
}

static int make_leads(struct slice export)
{
	struct refusal why;
	struct fetch f = {.resource = resource(LEADS)};
	struct reply reply = {0};
	struct answer *leads = NULL;
	int rc = leads_next(&f) && f.request.sink ? 0 : -1;
	for (size_t at = 0; rc == 0 && at < export.len; at += PIECE)
		rc = f.request.sink->take(f.request.sink->arg, export.ptr + at, export.len - at < PIECE ? export.len - at : PIECE, &why);
	if (rc == 0)
		rc = f.request.sink->end(f.request.sink->arg, &why);
	if (rc == 0 && leads_take(&f, &reply, &why) == 0)
		leads = leads_finish(&f, &why);
	if (f.state)
		leads_state_free(f.state);
	rc = leads && ((const struct leads *)leads->model)->count == LEADS_COUNT ? 0 : -1;
	answer_unref(leads);
	return rc;
}

static int rewrite_row(void *arg, const struct slice *cells, size_t count, size_t line, struct refusal *why)
{
	struct buf *out = arg;
	bool first = true;
	(void)line, (void)why;
	if (out->len > PIECE) /* what a file's spool would have taken */
		buf_clear(out);
	for (size_t i = 0; i < count; i++)
		csv_add(out, &first, cells[i]);
	buf_add_char(out, '\n');
	return 0;
}

static int rewrite_csv(struct slice text)
{
	struct refusal why;
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct csv_reader r;
	int rc = 0;
	csv_reader_init(&r, rewrite_row, &out);
	for (size_t at = 0; rc == 0 && at < text.len; at += PIECE)
		rc = csv_feed(&r, text.ptr + at, text.len - at < PIECE ? text.len - at : PIECE, &why);
	if (rc == 0)
		rc = csv_end(&r, &why);
	csv_reader_release(&r);
	return rc;
}

static int check_json(struct slice text)
{
	return json_check(text, NULL);
}

/* False: slower than `least` MB/s, or the text was refused. */
static bool measure(const char *name, void (*make)(struct buf *out), int (*work)(struct slice text), double least)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	double best = 0;
	make(&text);
	for (int i = 0; i < ROUNDS; i++) {
		double start = now();
		if (buf_failed(&text) || work(buf_slice(&text)) != 0)
			return false;
		double speed = (double)text.len / 1e6 / (now() - start);
		best = speed > best ? speed : best;
	}
	printf("| %s | %.0f MB/s | >= %.0f MB/s | %s |\n", name, best, least, best >= least ? "met" : "**missed**");
	return best >= least;
}

int main(void)
{
	bool leads = measure("leads export rewritten to leads.csv and its index", make_csv, make_leads, 150);
	bool csv = measure("leads export read and written again", make_csv, rewrite_csv, 150);
	bool json = measure("JSON checked", make_json, check_json, 150);
	return leads && csv && json ? 0 : 1;
}
