/* import_report.c - what the journal knows of an import, for .smartlead/imports/. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/csv.h"
#include "fs/format/json.h"
#include "fs/tree/import_journal_inside.h"
#include "fs/tree/logs.h"

static void add_text(struct buf *out, const char *name, const unsigned char *text)
{
	buf_printf(out, ",\"%s\":", name);
	if (text && *text)
		json_quote(slice_of((const char *)text), out);
	else
		buf_add_str(out, "null");
}

static void add_time(struct buf *out, const char *name, int64_t ms)
{
	buf_printf(out, ",\"%s\":\"", name);
	textlog_time(out, ms);
	buf_add_char(out, '"');
}

/* Columns 0…5: the import; 6…10: sums over its batches; from 11: the fates. */
static void report_row(sqlite3_stmt *st, int64_t id, struct buf *out)
{
	int64_t duplicates = sqlite3_column_int64(st, 5);
	buf_printf(out, "{\"id\":%lld,\"campaign\":", (long long)id);
	json_quote(slice_of((const char *)sqlite3_column_text(st, 0)), out);
	add_text(out, "state", sqlite3_column_text(st, 1));
	add_text(out, "message", sqlite3_column_text(st, 2));
	add_text(out, "notes", sqlite3_column_text(st, 12 + FATES));
	add_time(out, "started_at", sqlite3_column_int64(st, 3));
	add_time(out, "updated_at", sqlite3_column_int64(st, 4));
	buf_printf(out, ",\"total\":%lld,\"sent\":%lld,\"requests\":%lld", (long long)(sqlite3_column_int64(st, 6) + duplicates),
		(long long)sqlite3_column_int64(st, 7), (long long)sqlite3_column_int64(st, 8));
	for (int f = 0; f < FATES; f++)
		buf_printf(out, ",\"%s\":%lld", import_fate_names[f],
			(long long)(sqlite3_column_int64(st, 11 + f) + (f == FATE_DUPLICATE ? duplicates : 0)));
	buf_printf(out, ",\"outcome_unknown\":%lld,\"unsent\":%lld,\"rejected_rows\":%lld}", (long long)sqlite3_column_int64(st, 9),
		(long long)sqlite3_column_int64(st, 10), (long long)sqlite3_column_int64(st, 11 + FATES));
}

int journal_report(struct journal *j, int64_t id, struct buf *out, struct refusal *why)
{
	_cleanup_buf_ struct buf raw = BUF_INIT;
	pthread_mutex_lock(&j->mutex);
	sqlite3_stmt *st = journal_query(j,
		"SELECT campaign, i.state, message, started_ms, updated_ms, duplicates, ifnull(sum(rows),0),"
		" ifnull(sum(rows*(b.state NOT IN('new','sending','unknown'))),0), ifnull(sum(requests),0),"
		" ifnull(sum(rows*(b.state IN('sending','unknown'))),0), ifnull(sum(rows*(b.state='new')),0),"
		" sum(f0),sum(f1),sum(f2),sum(f3),sum(f4),sum(f5),sum(f6),sum(f7),sum(f8),sum(f9),sum(f10),"
		" (SELECT count(*) FROM rejects r WHERE r.import=i.id), notes"
		" FROM imports i LEFT JOIN batches b ON b.import=i.id WHERE i.id=? GROUP BY i.id", "i", id);
	int got = st ? sqlite3_step(st) : SQLITE_ERROR, rc = 0;
	if (got == SQLITE_ROW)
		report_row(st, id, &raw);
	else
		rc = got == SQLITE_DONE ? refuse(why, ENOENT, "no such import") : journal_failed(j, why);
	sqlite3_finalize(st);
	pthread_mutex_unlock(&j->mutex);
	if (rc == 0) {
		json_pretty(buf_slice(&raw), out);
		buf_add_char(out, '\n');
	}
	return buf_failed(&raw) ? refuse_memory(why) : rc;
}

/* The rejected rows. */

static void cell(const struct slice object, const char *name, struct buf *text)
{
	struct slice value;
	buf_clear(text);
	if (json_member(object, name, &value))
		json_text(value, text);
}

/* One row; `fields`: the names of the custom fields, each with its NUL. */
static void add_row(struct slice lead, const char *reason, const struct buf *fields, struct buf *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct slice custom = SLICE_LITERAL("{}");
	bool first = true;
	json_member(lead, "custom_fields", &custom);
	for (int c = 0; c < LEAD_STANDARD; c++) {
		cell(lead, lead_columns[c], &text);
		csv_add(out, &first, buf_slice(&text));
	}
	for (const char *f = fields->data; f && f < fields->data + fields->len; f += strlen(f) + 1) {
		cell(custom, f, &text);
		csv_add(out, &first, buf_slice(&text));
	}
	csv_add(out, &first, slice_of(reason));
	buf_add_char(out, '\n');
	out->failed |= text.failed;
}

/* Each name is written so that an append gives it back. */
static void add_header(const struct buf *fields, struct buf *out)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	bool first = true;
	for (int c = 0; c < LEAD_STANDARD; c++)
		csv_add(out, &first, slice_of(lead_columns[c]));
	for (const char *f = fields->data; f && f < fields->data + fields->len; f += strlen(f) + 1) {
		buf_clear(&name);
		if (!import_is_plain(slice_of(f)))
			buf_add_str(&name, "custom:");
		buf_add_str(&name, f);
		csv_add(out, &first, buf_slice(&name));
	}
	csv_add(out, &first, slice_of(IMPORT_REASON));
	buf_add_char(out, '\n');
	out->failed |= name.failed;
}

int journal_rejected(struct journal *j, int64_t id, struct buf *out, struct refusal *why)
{
	_cleanup_buf_ struct buf fields = BUF_INIT;
	char state[16];
	bool open;
	int rc = journal_state(j, id, state, &open, why);
	if (rc < 0 || !*state)
		return rc < 0 ? rc : refuse(why, ENOENT, "no such import");
	pthread_mutex_lock(&j->mutex);
	sqlite3_stmt *st = journal_query(j,
		"SELECT DISTINCT key FROM rejects, json_each(lead,'$.custom_fields') WHERE import=? ORDER BY key", "i", id);
	while (st && sqlite3_step(st) == SQLITE_ROW)
		buf_add(&fields, sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0) + 1);
	sqlite3_finalize(st);
	add_header(&fields, out);
	st = journal_query(j, "SELECT lead, reason FROM rejects WHERE import=? ORDER BY batch, rowid", "i", id);
	while (st && sqlite3_step(st) == SQLITE_ROW)
		add_row(slice_of((const char *)sqlite3_column_text(st, 0)), (const char *)sqlite3_column_text(st, 1), &fields, out);
	rc = st ? 0 : journal_failed(j, why);
	sqlite3_finalize(st);
	pthread_mutex_unlock(&j->mutex);
	return buf_failed(&fields) ? refuse_memory(why) : rc;
}
