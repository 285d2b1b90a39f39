/*
 * leads_export.c - the export as it arrives: CSV in the service's columns → rows in ours, custom fields collected; at
 * the end one pass writes leads.csv, now that all custom columns are known.
 *
 * Between the passes a row is kept as cells with their lengths in front, so that it is parsed once only.
 */
#include "fs/tree/leads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/limits.h"
#include "fs/format/csv.h"
#include "fs/format/json.h"
#include "fs/format/names.h"
#include "fs/tree/import_columns.h"

enum { CHUNK = 256 * 1024, CUSTOM_MAX = 500, CUSTOM_SLOTS = 2048, NO_COLUMN = -1 };

/* Custom field names by hash, so that a row of twenty fields is twenty look-ups. */
struct custom_names {
	struct buf names;            /* each with its NUL */
	size_t offsets[CUSTOM_MAX];
	size_t count;
	uint16_t slots[CUSTOM_SLOTS]; /* number + 1; 0: free */
};

struct export {
	struct csv_reader reader;
	struct sink sink;
	bool header_seen;
	signed char column_of[CSV_COLUMNS_MAX]; /* of each cell: a lead_column, LEAD_COLUMNS for custom_fields, NO_COLUMN */
	size_t width;
	bool has[LEAD_COLUMNS];
	struct custom_names custom;
	struct buf chunk;            /* rows on their way to the spool */
	struct spool rows;
	struct buf cells;            /* scratch of the row under way */
	size_t count;
};

static uint32_t hash_text(const char *text, size_t len)
{
	return lead_hash((struct slice){text, len});
}

/* The number of a custom field, made if it is new; -1 when there are too many. */
static int custom_number(struct custom_names *c, struct slice name)
{
	uint32_t slot = hash_text(name.ptr, name.len) % CUSTOM_SLOTS;
	for (; c->slots[slot]; slot = (slot + 1) % CUSTOM_SLOTS)
		if (slice_is(name, c->names.data + c->offsets[c->slots[slot] - 1]))
			return c->slots[slot] - 1;
	if (c->count == CUSTOM_MAX || memchr(name.ptr, '\0', name.len))
		return -1;
	c->offsets[c->count] = c->names.len;
	buf_add_slice(&c->names, name);
	buf_add_char(&c->names, '\0');
	c->slots[slot] = (uint16_t)++c->count;
	return (int)c->count - 1;
}

static int read_header(struct export *x, const struct slice *cells, size_t count, struct refusal *why)
{
	x->width = count;
	for (size_t i = 0; i < count; i++) {
		x->column_of[i] = NO_COLUMN;
		if (slice_is(cells[i], "custom_fields"))
			x->column_of[i] = LEAD_COLUMNS;
		for (int c = 0; c < LEAD_COLUMNS; c++)
			if (slice_is(cells[i], lead_columns[c]) && !x->has[c]) {
				x->column_of[i] = (signed char)c;
				x->has[c] = true;
			}
	}
	if (!x->has[LEAD_EMAIL])
		return refuse(why, EIO, "the leads export has no column \"email\"");
	return 0;
}

static void add_cell(struct buf *out, struct slice cell)
{
	uint32_t len = (uint32_t)cell.len;
	buf_add(out, &len, sizeof len);
	buf_add_slice(out, cell);
}

/* The custom fields of one row: number and value, one after another. */
static int add_custom(struct export *x, struct slice json, struct refusal *why)
{
	_cleanup_buf_ struct buf name = BUF_INIT, value = BUF_INIT;
	uint32_t pairs = 0;
	size_t at = x->chunk.len;
	buf_add(&x->chunk, &pairs, sizeof pairs);
	if (json_kind(json) == JSON_OBJECT && json_check(json, NULL) == 0)
		for (struct json_walk w = json_walk(json); json_next(&w);) {
			buf_clear(&name);
			buf_clear(&value);
			json_text(w.key, &name);
			if (!json_text(w.value, &value))
				json_compact(w.value, &value);
			int number = custom_number(&x->custom, buf_slice(&name));
			if (number < 0)
				return refuse(why, EFBIG, "more than %d custom fields", CUSTOM_MAX);
			uint32_t n = (uint32_t)number;
			buf_add(&x->chunk, &n, sizeof n);
			add_cell(&x->chunk, buf_slice(&value));
			pairs++;
		}
	if (!buf_failed(&x->chunk))
		memcpy(x->chunk.data + at, &pairs, sizeof pairs);
	return 0;
}

static int flush_chunk(struct export *x, size_t least, struct refusal *why)
{
	if (buf_failed(&x->chunk) || buf_failed(&x->custom.names))
		return refuse_memory(why);
	if (x->chunk.len < least)
		return 0;
	int rc = spool_add(&x->rows, x->chunk.data, x->chunk.len, why);
	buf_clear(&x->chunk);
	return rc;
}

static int on_row(void *arg, const struct slice *cells, size_t count, size_t line, struct refusal *why)
{
	struct export *x = arg;
	struct slice ours[LEAD_COLUMNS + 1] = {{0}};
	(void)line;
	if (!x->header_seen) {
		x->header_seen = true;
		return read_header(x, cells, count, why);
	}
	/* A line of another width is a cut one, or not of this table. */
	if (count != x->width)
		return refuse(why, EIO, "line %zu of the leads export has %zu cells, not %zu", line, count, x->width);
	for (size_t i = 0; i < count; i++)
		if (x->column_of[i] != NO_COLUMN)
			ours[(int)x->column_of[i]] = cells[i];
	if (ours[LEAD_EMAIL].len == 0)
		return 0;
	for (int c = 0; c < LEAD_COLUMNS; c++)
		add_cell(&x->chunk, ours[c]);
	x->count++;
	int rc = add_custom(x, ours[LEAD_COLUMNS], why);
	return rc < 0 ? rc : flush_chunk(x, CHUNK, why);
}

static int on_bytes(void *arg, const void *bytes, size_t len, struct refusal *why)
{
	struct export *x = arg;
	int rc = csv_feed(&x->reader, bytes, len, why);
	if (rc == -EINVAL && why)
		why->err = EIO; /* their CSV, not the user's */
	return rc == -EINVAL ? -EIO : rc;
}

static int on_end(void *arg, struct refusal *why)
{
	struct export *x = arg;
	if (csv_end(&x->reader, why) < 0)
		return refuse(why, EIO, "the leads export is cut short");
	if (!x->header_seen)
		return refuse(why, EIO, "the leads export is empty");
	return flush_chunk(x, 1, why);
}

static void export_init(struct export *x)
{
	memset(x, 0, sizeof *x);
	csv_reader_init(&x->reader, on_row, x);
	x->reader.lenient = true;
	spool_init(&x->rows, EXPORT_BYTES_MAX);
}

static void export_release(struct export *x)
{
	csv_reader_release(&x->reader);
	buf_release(&x->custom.names);
	buf_release(&x->chunk);
	buf_release(&x->cells);
	spool_release(&x->rows);
}

static void on_restart(void *arg)
{
	struct export *x = arg;
	struct sink sink = x->sink;
	export_release(x);
	export_init(x);
	x->sink = sink;
}

void leads_state_free(void *state)
{
	export_release(state);
	free(state);
}

bool leads_next(struct fetch *f)
{
	if (f->step > 0)
		return false;
	struct export *x = malloc(sizeof *x);
	if (x) {
		export_init(x);
		x->sink = (struct sink){on_bytes, on_end, on_restart, x};
		f->state = x;
		f->request.sink = &x->sink;
	}
	return true; /* without a state leads_take() says that memory is out */
}

int leads_take(struct fetch *f, struct reply *reply, struct refusal *why)
{
	struct export *x = f->state;
	(void)reply;
	if (!x)
		return refuse_memory(why);
	/* on_end() has said yes, or not a byte came. */
	return x->header_seen ? 0 : refuse(why, EIO, "the leads export is empty");
}

/* Second pass: leads.csv. */

struct cursor {
	const char *at;
};

static uint32_t next_number(struct cursor *c)
{
	uint32_t n;
	memcpy(&n, c->at, sizeof n);
	c->at += sizeof n;
	return n;
}

static struct slice next_cell(struct cursor *c)
{
	struct slice cell = {.len = next_number(c)};
	cell.ptr = c->at;
	c->at += cell.len;
	return cell;
}

static void write_header(const struct export *x, struct buf *out)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	bool first = true;
	for (int c = 0; c < LEAD_STANDARD; c++)
		csv_add(out, &first, slice_of(lead_columns[c]));
	for (size_t i = 0; i < x->custom.count; i++) {
		struct slice text = slice_of(x->custom.names.data + x->custom.offsets[i]);
		buf_clear(&name);
		if (import_is_taken(text))
			buf_add_str(&name, "custom:");
		buf_add_slice(&name, text);
		csv_add(out, &first, buf_slice(&name));
	}
	for (int c = LEAD_STANDARD; c < LEAD_COLUMNS; c++)
		if (x->has[c])
			csv_add(out, &first, slice_of(lead_columns[c]));
	buf_add_char(out, '\n');
}

/* Writes one row; its file name's hash and whether it was answered go into `row`. */
static void write_row(const struct export *x, struct cursor *from, struct slice *custom, struct buf *out,
	struct lead_row *row)
{
	struct slice cells[LEAD_COLUMNS];
	struct buf name = BUF_INIT;
	for (int c = 0; c < LEAD_COLUMNS; c++)
		cells[c] = next_cell(from);
	memset(custom, 0, (x->custom.count + 1) * sizeof *custom);
	for (uint32_t pairs = next_number(from); pairs; pairs--) {
		uint32_t number = next_number(from);
		custom[number] = next_cell(from);
	}
	leads_add_row(x->has, cells, custom, x->custom.count, out);
	lead_file_name(cells[LEAD_EMAIL], cells[LEAD_ID], &name);
	row->hash = hash_text(buf_text(&name), name.len);
	row->replied = cells[LEAD_REPLIES].len && !slice_is(cells[LEAD_REPLIES], "0");
	out->failed |= name.failed;
	buf_release(&name);
}

/* Turns the kept rows into leads.csv and fills the index. */
static int rewrite(const struct export *x, const struct blob *rows, struct leads *leads, struct spool *csv, struct refusal *why)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_free_ struct slice *custom = calloc(x->custom.count + 1, sizeof *custom);
	struct cursor from = {rows->data};
	leads->rows = malloc((x->count + 1) * sizeof *leads->rows);
	if (!custom || !leads->rows)
		return refuse_memory(why);
	write_header(x, &out);
	for (; leads->count < x->count; leads->count++) {
		struct lead_row *row = &leads->rows[leads->count];
		size_t start = out.len;
		row->offset = csv->len + start;
		write_row(x, &from, custom, &out, row);
		row->len = (uint32_t)(out.len - start);
		if (buf_failed(&out))
			return refuse_memory(why);
		if (out.len >= CHUNK) {
			int rc = spool_add(csv, out.data, out.len, why);
			if (rc < 0)
				return rc;
			buf_clear(&out);
		}
	}
	memcpy(leads->has, x->has, sizeof leads->has);
	buf_add(&leads->custom, buf_text(&x->custom.names), x->custom.names.len);
	leads->custom_count = x->custom.count;
	if (buf_failed(&leads->custom) || leads_index(leads) < 0)
		return refuse_memory(why);
	return spool_add(csv, out.data, out.len, why);
}

struct answer *leads_finish(struct fetch *f, struct refusal *why)
{
	struct export *x = f->state;
	struct leads *leads = calloc(1, sizeof *leads);
	struct spool csv;
	struct blob *body = NULL;
	_cleanup_blob_ struct blob *rows = spool_finish(&x->rows, why);
	spool_init(&csv, EXPORT_BYTES_MAX);
	if (rows && !leads)
		refuse_memory(why);
	if (rows && leads && rewrite(x, rows, leads, &csv, why) == 0)
		body = spool_finish(&csv, why);
	spool_release(&csv);
	if (!body) {
		leads_free(leads);
		return NULL;
	}
	struct answer *a = leads_answer(body, leads);
	if (!a)
		refuse_memory(why);
	return a;
}
