#include "fs/tree/import_compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/csv.h"
#include "fs/format/json.h"
#include "fs/tree/address_set.h"

/* The shown file: its cells one after another, with their lengths in front. */
struct base {
	struct import_columns columns;
	int column_of[LEAD_COLUMNS]; /* -1: it has none */
	struct buf cells;
	size_t *rows; /* where each begins in cells */
	bool *seen;
	size_t count, cap;
	struct address_set addresses; /* their numbers are the rows' */
};

struct comparing {
	struct base base;
	struct import_changes *out;
	struct address_set added;
	struct slice *row; /* cells of the base row under way */
	size_t lines;
};

static void base_release(struct base *b)
{
	import_columns_release(&b->columns);
	buf_release(&b->cells);
	address_set_release(&b->addresses);
	free(b->rows);
	free(b->seen);
}

static void change_release(struct lead_change *c)
{
	free(c->id);
	free(c->email);
	buf_release(&c->body);
}

static void changes_release(struct lead_changes *c)
{
	for (size_t i = 0; i < c->count; i++)
		change_release(&c->v[i]);
	free(c->v);
	*c = (struct lead_changes){0};
}

void import_changes_release(struct import_changes *c)
{
	import_rows_release(&c->added);
	changes_release(&c->changed);
	changes_release(&c->missing);
	buf_release(&c->replaced);
}

static struct lead_change *changes_add(struct lead_changes *c, struct slice id, struct slice email)
{
	if (c->count == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 16;
		struct lead_change *v = reallocarray(c->v, cap, sizeof *v);
		if (!v)
			return NULL;
		c->v = v;
		c->cap = cap;
	}
	struct lead_change *change = &c->v[c->count];
	*change = (struct lead_change){strndup(id.ptr, id.len), strndup(email.ptr, email.len), BUF_INIT};
	if (!change->id || !change->email) {
		free(change->id);
		free(change->email);
		return NULL;
	}
	c->count++;
	return change;
}

/* The base. */

static int base_grow(struct base *b)
{
	size_t cap = b->cap ? 2 * b->cap : 64;
	size_t *rows = reallocarray(b->rows, cap, sizeof *rows);
	if (rows)
		b->rows = rows;
	bool *seen = rows ? reallocarray(b->seen, cap, sizeof *seen) : NULL;
	if (!seen)
		return -ENOMEM;
	b->seen = seen;
	b->cap = cap;
	return 0;
}

static int base_row(void *arg, const struct slice *cells, size_t count, size_t line, struct refusal *why)
{
	struct base *b = arg;
	bool is_new;
	(void)line;
	if (!b->columns.v) {
		int rc = import_columns_shown(&b->columns, cells, count, why);
		for (int k = 0; k < LEAD_COLUMNS; k++)
			b->column_of[k] = -1;
		for (size_t i = 0; rc == 0 && i < count; i++)
			if (b->columns.v[i].what < LEAD_COLUMNS)
				b->column_of[b->columns.v[i].what] = (int)i;
		if (rc == 0 && b->column_of[LEAD_EMAIL] < 0)
			return refuse(why, EIO, "the version that was read has no column email");
		return rc;
	}
	if (count != b->columns.count)
		return refuse(why, EIO, "the version that was read is no table");
	if (b->count == b->cap && base_grow(b) < 0)
		return refuse_memory(why);
	if (address_set_add(&b->addresses, cells[b->column_of[LEAD_EMAIL]], &is_new) < 0)
		return refuse_memory(why);
	if (!is_new)
		return 0;
	b->rows[b->count] = b->cells.len;
	b->seen[b->count++] = false;
	for (size_t i = 0; i < count; i++) {
		uint32_t len = (uint32_t)cells[i].len;
		buf_add(&b->cells, &len, sizeof len);
		buf_add_slice(&b->cells, cells[i]);
	}
	return buf_failed(&b->cells) ? refuse_memory(why) : 0;
}

static void base_cells(const struct base *b, size_t row, struct slice *out)
{
	const char *at = b->cells.data + b->rows[row];
	for (size_t i = 0; i < b->columns.count; i++) {
		uint32_t len;
		memcpy(&len, at, sizeof len);
		out[i] = (struct slice){at + sizeof len, len};
		at += sizeof len + len;
	}
}

static int read_base(struct slice bytes, struct base *b, struct refusal *why)
{
	struct csv_reader r;
	csv_reader_init(&r, base_row, b);
	int rc = csv_feed(&r, bytes.ptr, bytes.len, why);
	if (rc == 0)
		rc = csv_end(&r, why);
	csv_reader_release(&r);
	if (rc == 0 && !b->columns.v)
		rc = refuse(why, EIO, "the version that was read is empty");
	return rc == -EINVAL ? -EIO : rc;
}

static struct slice base_id(const struct base *b, const struct slice *row)
{
	return b->column_of[LEAD_ID] < 0 ? SLICE_LITERAL("") : row[b->column_of[LEAD_ID]];
}

/* One line against its row. */

/* The cell of the row that a column of the new text stands for; empty when it has none. */
static struct slice was(const struct comparing *c, const struct import_column *column)
{
	const struct base *b = &c->base;
	if (column->what < LEAD_COLUMNS)
		return b->column_of[column->what] < 0 ? SLICE_LITERAL("") : c->row[b->column_of[column->what]];
	for (size_t i = 0; column->what == COLUMN_CUSTOM && i < b->columns.count; i++)
		if (b->columns.v[i].what == COLUMN_CUSTOM && slice_equal(b->columns.v[i].field, column->field))
			return c->row[i];
	return SLICE_LITERAL("");
}

static bool is_writable(const struct import_column *column)
{
	return column->what < LEAD_STANDARD ? column->what != LEAD_EMAIL : column->what == COLUMN_CUSTOM;
}

/* Which cells differ? Those must be fit to be sent; what is unchanged may look as it likes. 1: some do. */
static int find_differences(const struct comparing *c, const struct import_line *l, struct refusal *why)
{
	int changed = 0;
	for (size_t i = 0; i < l->columns->count; i++) {
		const struct import_column *column = &l->columns->v[i];
		struct slice old = was(c, column);
		if (column->what == LEAD_EMAIL || column->what == COLUMN_REASON || slice_equal(l->cells[i], old))
			continue;
		if (column->what == COLUMN_EMPTY && l->cells[i].len == 0)
			continue;
		if (!is_writable(column))
			return import_refuse(l, i, why, "this column is read-only; it was \"%.*s\"",
				(int)(old.len < 60 ? old.len : 60), old.ptr);
		struct slice cells = l->cells[i];
		struct import_columns one = {.v = (struct import_column *)column, .count = 1, .header = true};
		struct import_line cell = {&one, &cells, l->email, l->line, l->separator};
		int rc = import_check_line(&cell, why);
		if (rc < 0)
			return rc;
		changed = 1;
	}
	return changed;
}

/* All standard fields, as the service wants them, and the custom ones that changed; it merges those. */
static void update_body(const struct comparing *c, const struct import_line *l, struct slice email, struct buf *out)
{
	bool first = true, first_custom = true;
	buf_add_char(out, '{');
	for (int k = 0; k < LEAD_STANDARD; k++) {
		struct import_column column = {.what = k};
		struct slice value = k == LEAD_EMAIL ? email : was(c, &column);
		for (size_t i = 0; k != LEAD_EMAIL && i < l->columns->count; i++)
			if (l->columns->v[i].what == k)
				value = l->cells[i];
		json_key(out, &first, lead_columns[k]);
		json_quote(value, out);
	}
	for (size_t i = 0; i < l->columns->count; i++) {
		const struct import_column *column = &l->columns->v[i];
		if (column->what != COLUMN_CUSTOM || slice_equal(l->cells[i], was(c, column)))
			continue;
		if (first_custom)
			buf_add_str(out, ",\"custom_fields\":{");
		json_quote(column->field, out);
		buf_add_char(out, ':');
		json_quote(l->cells[i], out);
		buf_add_char(out, ',');
		first_custom = false;
	}
	if (!first_custom && !buf_failed(out))
		out->data[out->len - 1] = '}'; /* in place of the last comma */
	buf_add_char(out, '}');
}

/* The row of the base as it was; its address and what may be written, so that it can be saved again. */
static void keep_replaced(struct comparing *c)
{
	const struct import_columns *columns = &c->base.columns;
	struct buf *out = &c->out->replaced;
	for (int header = out->len == 0; header >= 0; header--) {
		bool first = true;
		for (size_t i = 0; i < columns->count; i++)
			if (columns->v[i].what == LEAD_EMAIL || is_writable(&columns->v[i]))
				csv_add(out, &first, header ? columns->v[i].name : c->row[i]);
		buf_add_char(out, '\n');
	}
}

static int compare_known(struct comparing *c, const struct import_line *l, size_t row, struct refusal *why)
{
	struct base *b = &c->base;
	if (b->seen[row]) {
		c->out->added.duplicates++;
		return 0;
	}
	b->seen[row] = true;
	base_cells(b, row, c->row);
	int rc = find_differences(c, l, why);
	if (rc <= 0)
		return rc;
	struct slice email = c->row[b->column_of[LEAD_EMAIL]];
	struct lead_change *change = changes_add(&c->out->changed, base_id(b, c->row), email);
	if (!change)
		return refuse_memory(why);
	update_body(c, l, email, &change->body);
	keep_replaced(c);
	return buf_failed(&change->body) || buf_failed(&c->out->replaced) ? refuse_memory(why) : 0;
}

static int compare_line(void *arg, const struct import_line *l, struct refusal *why)
{
	struct comparing *c = arg;
	bool is_new;
	ptrdiff_t row = address_set_find(&c->base.addresses, l->email);
	c->lines++;
	if (row >= 0)
		return compare_known(c, l, (size_t)row, why);
	int rc = import_check_line(l, why);
	if (rc < 0)
		return rc;
	if (address_set_add(&c->added, l->email, &is_new) < 0)
		return refuse_memory(why);
	if (is_new)
		return import_rows_add(&c->out->added, l, why);
	c->out->added.duplicates++;
	return 0;
}

static int find_missing(struct comparing *c, bool may_delete, struct refusal *why)
{
	struct base *b = &c->base;
	for (size_t row = 0; row < b->count; row++) {
		if (b->seen[row])
			continue;
		if (!may_delete) {
			c->out->left_alone++;
			continue;
		}
		base_cells(b, row, c->row);
		if (!changes_add(&c->out->missing, base_id(b, c->row), c->row[b->column_of[LEAD_EMAIL]]))
			return refuse_memory(why);
		keep_replaced(c);
	}
	return buf_failed(&c->out->replaced) ? refuse_memory(why) : 0;
}

static int check_guards(const struct import_changes *c, const struct compare_limits *limits, struct refusal *why)
{
	if (c->changed.count > limits->max_updates)
		return refuse(why, EPERM, "%zu leads would be changed; max_updates allows %zu at once. Nothing was sent",
			c->changed.count, limits->max_updates);
	if (c->missing.count > limits->max_deletes)
		return refuse(why, EPERM, "%zu leads are missing and would be deleted; max_deletes allows %zu at once. Nothing was sent",
			c->missing.count, limits->max_deletes);
	return 0;
}

int import_compare(struct slice base, struct slice text, const struct compare_limits *limits, struct import_changes *out,
	struct refusal *why)
{
	struct comparing c = {.base = {.columns = {.text = BUF_INIT}}, .out = out};
	*out = (struct import_changes){.added = {.json = BUF_INIT, .notes = BUF_INIT}, .replaced = BUF_INIT};
	int rc = read_base(base, &c.base, why);
	if (rc == 0) {
		c.row = calloc(c.base.columns.count + 1, sizeof *c.row);
		rc = c.row ? import_read(text, &c.base.columns, compare_line, &c, why) : refuse_memory(why);
	}
	/* A file that is empty, or only a header, is no wish to delete all. */
	if (rc == 0 && c.lines)
		rc = find_missing(&c, limits->may_delete, why);
	if (rc == 0)
		rc = check_guards(out, limits, why);
	base_release(&c.base);
	address_set_release(&c.added);
	free(c.row);
	return rc;
}

/* Ids that the base did not have. */

bool import_is_shown(struct slice text)
{
	struct base b = {.columns = {.text = BUF_INIT}};
	bool shown = read_base(text, &b, NULL) == 0;
	base_release(&b);
	return shown;
}

static bool lacks_ids(const struct lead_changes *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (!*c->v[i].id)
			return true;
	return false;
}

bool import_lacks_ids(const struct import_changes *c)
{
	return lacks_ids(&c->changed) || lacks_ids(&c->missing);
}

static int fill_ids(const struct base *b, struct slice *row, struct lead_changes *c, struct refusal *why)
{
	for (size_t i = 0; i < c->count; i++) {
		struct lead_change *change = &c->v[i];
		ptrdiff_t at = *change->id ? -1 : address_set_find(&b->addresses, slice_of(change->email));
		if (at < 0)
			continue;
		base_cells(b, (size_t)at, row);
		char *id = strndup(base_id(b, row).ptr, base_id(b, row).len);
		if (!id)
			return refuse_memory(why);
		free(change->id);
		change->id = id;
	}
	return 0;
}

static void drop_without_id(struct lead_changes *c)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->count; i++)
		if (*c->v[i].id)
			c->v[kept++] = c->v[i];
		else
			change_release(&c->v[i]);
	c->count = kept;
}

int import_find_ids(struct slice now, struct import_changes *c, struct refusal *why)
{
	struct base b = {.columns = {.text = BUF_INIT}};
	struct slice *row = NULL;
	int rc = read_base(now, &b, why);
	if (rc == 0 && !(row = calloc(b.columns.count + 1, sizeof *row)))
		rc = refuse_memory(why);
	if (rc == 0)
		rc = fill_ids(&b, row, &c->changed, why);
	if (rc == 0)
		rc = fill_ids(&b, row, &c->missing, why);
	if (rc == 0)
		drop_without_id(&c->missing);
	if (rc == 0 && lacks_ids(&c->changed))
		rc = refuse(why, EBUSY, "a lead that was changed is not in the campaign (any more); read the file again");
	base_release(&b);
	free(row);
	return rc;
}
