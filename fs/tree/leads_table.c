/*
 * leads_table.c - leads.csv as it is kept: rows found by the file name of their lead, read, and changed one at a time.
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
#include "fs/tree/plan.h"

uint32_t lead_hash(struct slice name)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.ptr[i]) * 16777619u;
	return hash;
}

void leads_add_row(const bool has[LEAD_COLUMNS], const struct slice cells[LEAD_COLUMNS], const struct slice *custom,
	size_t custom_count, struct buf *out)
{
	bool first = true;
	for (int c = 0; c < LEAD_STANDARD; c++)
		csv_add(out, &first, cells[c]);
	for (size_t i = 0; i < custom_count; i++)
		csv_add(out, &first, custom[i]);
	for (int c = LEAD_STANDARD; c < LEAD_COLUMNS; c++)
		if (has[c])
			csv_add(out, &first, cells[c]);
	buf_add_char(out, '\n');
}

int leads_index(struct leads *leads)
{
	leads->slot_count = 16;
	while (leads->slot_count < leads->count * 2)
		leads->slot_count *= 2;
	leads->slots = malloc(leads->slot_count * sizeof *leads->slots);
	if (!leads->slots)
		return -ENOMEM;
	memset(leads->slots, 0xFF, leads->slot_count * sizeof *leads->slots);
	for (size_t i = 0; i < leads->count; i++) {
		size_t slot = leads->rows[i].hash & (leads->slot_count - 1);
		leads->rows[i].twin = false;
		for (; leads->slots[slot] != UINT32_MAX; slot = (slot + 1) & (leads->slot_count - 1))
			leads->rows[i].twin |= leads->rows[leads->slots[slot]].hash == leads->rows[i].hash;
		leads->slots[slot] = (uint32_t)i;
	}
	return 0;
}

struct answer *leads_answer(struct blob *body, struct leads *leads)
{
	size_t bytes = sizeof *leads + leads->count * sizeof *leads->rows + leads->slot_count * sizeof *leads->slots;
	return answer_new(body, leads, leads_free, bytes);
}

void leads_free(void *model)
{
	struct leads *leads = model;
	if (!leads)
		return;
	free(leads->rows);
	free(leads->slots);
	buf_release(&leads->custom);
	free(leads);
}

/* Reading what was made. */

static bool is_safe_name(struct slice email, size_t start, const struct buf *out)
{
	return slice_equal(slice_skip(buf_slice(out), start), email);
}

void lead_file_name(struct slice email, struct slice id, struct buf *out)
{
	size_t start = out->len;
	int64_t number;
	name_safe(email, out);
	if (is_safe_name(email, start, out) || !json_int(id, &number))
		return;
	buf_truncate(out, start);
	name_with_id(number, email, out);
}

void lead_release(struct lead *lead)
{
	free(lead->custom);
	buf_release(&lead->text);
	*lead = (struct lead){.text = BUF_INIT};
}

struct reading {
	const struct leads *leads;
	struct lead *out;
};

/* The cells belong to the reader: they are copied into one text first, and cut from it then. */
static int copy_cells(void *arg, const struct slice *cells, size_t count, size_t line, struct refusal *why)
{
	struct reading *r = arg;
	size_t width = LEAD_STANDARD + r->leads->custom_count, i = 0, at = 0;
	(void)line;
	for (i = 0; i < count; i++)
		buf_add_slice(&r->out->text, cells[i]);
	r->out->custom = calloc(r->leads->custom_count + 1, sizeof *r->out->custom);
	if (buf_failed(&r->out->text) || !r->out->custom)
		return refuse_memory(why);
	int column = 0;
	for (i = 0; i < count; i++) {
		struct slice cell = {buf_text(&r->out->text) + at, cells[i].len};
		at += cells[i].len;
		if (i >= LEAD_STANDARD && i < width) {
			r->out->custom[i - LEAD_STANDARD] = cell;
			continue;
		}
		while (column < LEAD_COLUMNS && column >= LEAD_STANDARD && !r->leads->has[column])
			column++;
		if (column < LEAD_COLUMNS)
			r->out->cell[column++] = cell;
	}
	return 0;
}

int leads_read(const struct leads *leads, const struct answer *from, size_t i, struct lead *out, struct refusal *why)
{
	struct reading r = {leads, out};
	struct csv_reader reader;
	const struct lead_row *row = &leads->rows[i];
	*out = (struct lead){.text = BUF_INIT};
	csv_reader_init(&reader, copy_cells, &r);
	int rc = csv_feed(&reader, from->body->data + row->offset, row->len, why);
	if (rc == 0)
		rc = csv_end(&reader, why);
	csv_reader_release(&reader);
	if (rc < 0)
		lead_release(out);
	return rc;
}

/* The address is the first cell; nearly always it is the name, and no cell needs decoding. */
bool leads_name(const struct leads *leads, const struct answer *from, size_t i, struct buf *out)
{
	const struct lead_row *row = &leads->rows[i];
	const char *text = from->body->data + row->offset, *comma = memchr(text, ',', row->len);
	struct slice email = {text, comma ? (size_t)(comma - text) : 0};
	size_t start = out->len;
	if (*text != '"') {
		name_safe(email, out);
		if (is_safe_name(email, start, out))
			return !buf_failed(out);
		buf_truncate(out, start);
	}
	_cleanup_lead_ struct lead lead = {.text = BUF_INIT};
	if (leads_read(leads, from, i, &lead, NULL) < 0)
		return false;
	lead_file_name(lead.cell[LEAD_EMAIL], lead.cell[LEAD_ID], out);
	return !buf_failed(out);
}

static bool is_named(const struct leads *leads, const struct answer *from, size_t i, const char *name)
{
	_cleanup_buf_ struct buf own = BUF_INIT;
	return leads_name(leads, from, i, &own) && slice_is(buf_slice(&own), name);
}

ptrdiff_t leads_find(const struct leads *leads, const struct answer *from, const char *name)
{
	uint32_t hash = lead_hash(slice_of(name));
	size_t slot = hash & (leads->slot_count - 1);
	for (; leads->slots[slot] != UINT32_MAX; slot = (slot + 1) & (leads->slot_count - 1)) {
		uint32_t i = leads->slots[slot];
		if (leads->rows[i].hash == hash && is_named(leads, from, i, name))
			return (ptrdiff_t)i;
	}
	return -1;
}

/* Changing one row. */

/* The table without row `i`, or with `line` in its place (`line` empty: without). NULL: out of memory or disk. */
static struct answer *replace_row(const struct answer *old, size_t i, struct slice line)
{
	const struct leads *was = old->model;
	const struct lead_row *row = &was->rows[i];
	struct leads *leads = calloc(1, sizeof *leads);
	struct spool csv;
	struct blob *body = NULL;
	size_t kept = was->count - i - 1, gone = line.len ? 0 : 1;
	uint64_t end = row->offset + row->len;
	struct answer *a = NULL;
	if (!leads)
		return NULL;
	*leads = (struct leads){.count = was->count - gone, .custom = BUF_INIT, .custom_count = was->custom_count};
	memcpy(leads->has, was->has, sizeof leads->has);
	buf_add_slice(&leads->custom, buf_slice(&was->custom));
	leads->rows = malloc((was->count + 1) * sizeof *leads->rows);
	if (leads->rows) {
		memcpy(leads->rows, was->rows, i * sizeof *leads->rows);
		leads->rows[i] = *row;
		leads->rows[i].len = (uint32_t)line.len;
		memcpy(leads->rows + i + 1 - gone, was->rows + i + 1, kept * sizeof *leads->rows);
		for (size_t k = i + 1 - gone; k < leads->count; k++)
			leads->rows[k].offset = leads->rows[k].offset - row->len + line.len;
	}
	spool_init(&csv, EXPORT_BYTES_MAX);
	if (leads->rows && !buf_failed(&leads->custom) && leads_index(leads) == 0 &&
		spool_add(&csv, old->body->data, row->offset, NULL) == 0 && spool_add(&csv, line.ptr, line.len, NULL) == 0 &&
		spool_add(&csv, old->body->data + end, old->body->len - end, NULL) == 0)
		body = spool_finish(&csv, NULL);
	spool_release(&csv);
	if (body)
		a = leads_answer(body, leads);
	else
		leads_free(leads);
	return a;
}

/* A changed cell's text, kept in `text` for as long as the row is written. */
struct new_cell {
	struct slice *at;
	size_t start, len;
};

static ptrdiff_t custom_column(const struct leads *leads, struct slice key)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	const char *at = buf_text(&leads->custom);
	json_text(key, &name);
	for (size_t i = 0; i < leads->custom_count; i++, at += strlen(at) + 1)
		if (slice_is(buf_slice(&name), at))
			return (ptrdiff_t)i;
	return -1;
}

/* Which cell a member of the changes is; NULL: the table has none. */
static struct slice *cell_of(const struct leads *leads, struct lead *lead, struct slice key, bool custom)
{
	if (custom) {
		ptrdiff_t i = custom_column(leads, key);
		return i < 0 ? NULL : &lead->custom[i];
	}
	for (int c = 0; c < LEAD_COLUMNS; c++)
		if (json_is(key, lead_columns[c]))
			return c < LEAD_STANDARD || leads->has[c] ? &lead->cell[c] : NULL;
	return NULL;
}

enum { CELLS_MAX = 600 };

/* False: a new custom field, which is a new column in every row. */
static bool collect(const struct leads *leads, struct lead *lead, struct slice changes, bool custom, struct new_cell *cells,
	size_t *count, struct buf *text)
{
	for (struct json_walk w = json_walk(changes); json_next(&w);) {
		if (!custom && json_is(w.key, "custom_fields")) {
			if (!collect(leads, lead, w.value, true, cells, count, text))
				return false;
			continue;
		}
		struct slice *cell = cell_of(leads, lead, w.key, custom);
		size_t start = text->len;
		json_text(w.value, text);
		if (!cell && custom && text->len > start)
			return false;
		if (cell && *count == CELLS_MAX)
			return false;
		if (cell)
			cells[(*count)++] = (struct new_cell){cell, start, text->len - start};
	}
	return true;
}

struct answer *leads_edit_row(const struct answer *old, char *const args[REQUEST_ARGS])
{
	const struct leads *leads = old->model;
	ptrdiff_t row = leads ? leads_find(leads, old, args[0]) : -1;
	_cleanup_lead_ struct lead lead = {.text = BUF_INIT};
	_cleanup_buf_ struct buf text = BUF_INIT, line = BUF_INIT;
	_cleanup_free_ struct new_cell *cells = calloc(CELLS_MAX, sizeof *cells);
	size_t count = 0;
	if (row < 0)
		return edit_nothing(old);
	if (!cells || leads_read(leads, old, (size_t)row, &lead, NULL) < 0 ||
		!collect(leads, &lead, slice_of(args[1]), false, cells, &count, &text))
		return NULL;
	for (size_t i = 0; i < count; i++)
		*cells[i].at = (struct slice){buf_text(&text) + cells[i].start, cells[i].len};
	leads_add_row(leads->has, lead.cell, lead.custom, leads->custom_count, &line);
	return buf_failed(&text) || buf_failed(&line) ? NULL : replace_row(old, (size_t)row, buf_slice(&line));
}

struct answer *leads_remove_row(const struct answer *old, char *const args[REQUEST_ARGS])
{
	ptrdiff_t row = old->model ? leads_find(old->model, old, args[0]) : -1;
	return row < 0 ? edit_nothing(old) : replace_row(old, (size_t)row, (struct slice){0});
}
