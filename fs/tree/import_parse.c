#include "fs/tree/import_parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/csv.h"
#include "fs/format/json.h"
#include "fs/format/names.h"
#include "fs/tree/address_set.h"

struct parser {
	const struct import_columns *known;
	import_line_fn *on_line;
	void *arg;
	struct import_columns columns;
	struct slice *cells; /* of one line, as many as there are columns */
	bool started;
	char separator;
};

int import_refuse(const struct import_line *line, size_t column, struct refusal *why, const char *format, ...)
{
	struct refusal reason;
	struct slice name = line->columns->v[column].name;
	_cleanup_buf_ struct buf text = BUF_INIT;
	va_list args;
	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	refuse(&reason, EINVAL, "%s", buf_text(&text));
	if (name.len == 0)
		return refuse(why, EINVAL, "line %zu, column %zu: %s", line->line, column + 1, reason.text);
	return refuse(why, EINVAL, "line %zu, column %.*s: %s", line->line, (int)(name.len < 80 ? name.len : 80), name.ptr,
		reason.text);
}

static struct slice trimmed(struct slice text)
{
	static const char blank[] = " \t\r\n";
	while (text.len && text.ptr[0] && strchr(blank, text.ptr[0]))
		text = slice_skip(text, 1);
	while (text.len && text.ptr[text.len - 1] && strchr(blank, text.ptr[text.len - 1]))
		text.len--;
	return text;
}

static bool is_blank(const struct slice *cells, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (trimmed(cells[i]).len)
			return false;
	return true;
}

static bool is_the_header(const struct parser *p, const struct slice *cells, size_t count)
{
	if (!p->columns.header || count != p->columns.count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!slice_equal(trimmed(cells[i]), p->columns.v[i].name))
			return false;
	return true;
}

static int start(struct parser *p, const struct slice *cells, size_t count, size_t line, struct refusal *why)
{
	bool header = import_is_header(cells, count);
	p->started = true;
	int rc = header ? import_columns_read(&p->columns, cells, count, line, p->known, why)
			: import_columns_standard(&p->columns, why);
	if (rc < 0)
		return rc;
	p->cells = calloc(p->columns.count + 1, sizeof *p->cells);
	return p->cells ? header : refuse_memory(why);
}

/* A table has a width; only without a header trailing columns may be missing. */
static int check_width(const struct parser *p, size_t count, size_t line, struct refusal *why)
{
	size_t width = p->columns.count;
	if (count == width || (!p->columns.header && count < width))
		return 0;
	if (!p->columns.header)
		return refuse(why, EINVAL,
			"line %zu, column %zu: %zu cells, but without a header a row has the nine standard columns; put a line that "
			"names the columns (one of them email) in front", line, width + 1, count);
	return refuse(why, EINVAL, "line %zu, column %zu: the row has %zu cells, the header %zu", line,
		(count < width ? count : width) + 1, count, width);
}

static int on_row(void *arg, const struct slice *cells, size_t count, size_t line, struct refusal *why)
{
	struct parser *p = arg;
	if (is_blank(cells, count))
		return 0;
	int rc = p->started ? 0 : start(p, cells, count, line, why);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	if (is_the_header(p, cells, count))
		return 0;
	rc = check_width(p, count, line, why);
	if (rc < 0)
		return rc;
	struct import_line l = {.columns = &p->columns, .cells = p->cells, .line = line, .separator = p->separator};
	for (size_t i = 0; i < p->columns.count; i++) {
		p->cells[i] = i < count ? cells[i] : SLICE_LITERAL("");
		if (p->columns.v[i].what == LEAD_EMAIL)
			l.email = trimmed(p->cells[i]);
	}
	return p->on_line(p->arg, &l, why);
}

static int check_encoding(struct slice text, struct refusal *why)
{
	const char *b = text.ptr;
	bool marked = text.len >= 2 && ((b[0] == '\xFF' && b[1] == '\xFE') || (b[0] == '\xFE' && b[1] == '\xFF'));
	bool wide = text.len >= 4 && ((!b[0] && b[1] && !b[2] && b[3]) || (b[0] && !b[1] && b[2] && !b[3]));
	if (marked || wide)
		return refuse(why, EINVAL, "line 1, column 1: this is UTF-16; save the file as UTF-8");
	return 0;
}

struct probe {
	bool seen, header;
};

static int probe_row(void *arg, const struct slice *cells, size_t count, size_t line, struct refusal *why)
{
	struct probe *p = arg;
	(void)line;
	if (is_blank(cells, count))
		return 0;
	p->header = import_is_header(cells, count);
	p->seen = true;
	return refuse(why, ECANCELED, "seen");
}

static bool header_with(struct slice text, char separator)
{
	struct csv_reader r;
	struct probe p = {false, false};
	csv_reader_init(&r, probe_row, &p);
	r.separator = separator;
	if (csv_feed(&r, text.ptr, text.len, NULL) == 0)
		csv_end(&r, NULL);
	csv_reader_release(&r);
	return p.header;
}

/* What stands between the cells: a comma, unless the header makes sense only with another one. */
static char separator_of(struct slice text)
{
	static const char others[] = ";\t";
	struct slice beginning = {text.ptr, text.len < 65536 ? text.len : 65536};
	if (!header_with(beginning, ','))
		for (const char *s = others; *s; s++)
			if (header_with(beginning, *s))
				return *s;
	return ',';
}

int import_read(struct slice text, const struct import_columns *known, import_line_fn *on_line, void *arg, struct refusal *why)
{
	struct parser p = {.known = known, .on_line = on_line, .arg = arg, .columns = {.text = BUF_INIT}};
	struct csv_reader r;
	if (text.len > IMPORT_TEXT_BYTES_MAX)
		return refuse(why, EFBIG, "more than %d MiB of leads at once", IMPORT_TEXT_BYTES_MAX >> 20);
	int rc = check_encoding(text, why);
	if (rc < 0)
		return rc;
	csv_reader_init(&r, on_row, &p);
	r.separator = p.separator = separator_of(text);
	rc = csv_feed(&r, text.ptr, text.len, why);
	if (rc == 0)
		rc = csv_end(&r, why);
	csv_reader_release(&r);
	import_columns_release(&p.columns);
	free(p.cells);
	return rc;
}

/* Checks. */

/* Characters that stand in an address only between quotes (RFC 5322), which nobody's address has: a list, a name in front, mailto:. */
static bool has_specials(struct slice address)
{
	for (size_t i = 0; i < address.len; i++)
		if (address.ptr[i] && strchr("\"(),:;<>[]\\", address.ptr[i]))
			return true;
	return false;
}

static int check_address(const struct import_line *l, size_t column, struct refusal *why)
{
	struct slice cell = l->email;
	bool no_header = !l->columns->header;
	if (cell.len == 0)
		return import_refuse(l, column, why, "the e-mail address is missing");
	if (no_header && l->separator == ',' && (memchr(cell.ptr, ';', cell.len) || memchr(cell.ptr, '\t', cell.len)))
		return import_refuse(l, column, why,
			"the cells are not separated by commas; put a line that names the columns in front, or save the file with "
			"commas");
	if (!address_valid(cell) || has_specials(cell))
		return import_refuse(l, column, why, "\"%.*s\" is no e-mail address%s", (int)(cell.len < 60 ? cell.len : 60),
			cell.ptr,
			no_header && l->line == 1 ? "; a first line that names the columns must have one called email" : "");
	return 0;
}

static int check_cell(const struct import_line *l, size_t column, struct refusal *why)
{
	struct slice cell = l->cells[column];
	int what = l->columns->v[column].what;
	if (what == COLUMN_EMPTY && trimmed(cell).len)
		return import_refuse(l, column, why, "the column has no name in the header");
	if (what == COLUMN_EMPTY || what == COLUMN_REASON || (what >= LEAD_STANDARD && what < LEAD_COLUMNS))
		return 0; /* not sent */
	if (cell.len > IMPORT_CELL_BYTES_MAX)
		return import_refuse(l, column, why, "a cell of %zu bytes; %d are the most", cell.len, IMPORT_CELL_BYTES_MAX);
	if (!utf8_valid(cell))
		return import_refuse(l, column, why, "the text is not UTF-8; save the file as UTF-8");
	for (size_t i = 0; i < cell.len; i++) {
		unsigned char c = (unsigned char)cell.ptr[i];
		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
			return import_refuse(l, column, why, "a control character (0x%02x)", c);
	}
	return 0;
}

int import_check_line(const struct import_line *l, struct refusal *why)
{
	size_t custom = 0;
	for (size_t i = 0; i < l->columns->count; i++) {
		int what = l->columns->v[i].what;
		int rc = what == LEAD_EMAIL ? check_address(l, i, why) : check_cell(l, i, why);
		if (rc < 0)
			return rc;
		if (what == COLUMN_CUSTOM && l->cells[i].len && ++custom > IMPORT_CUSTOM_MAX)
			return import_refuse(l, i, why, "more than %d custom fields in one row", IMPORT_CUSTOM_MAX);
	}
	return 0;
}

/* Leads as the API takes them. */

static void add_custom(struct buf *out, bool *first, struct slice name, struct slice value)
{
	buf_add_str(out, *first ? "" : ",");
	*first = false;
	json_quote(name, out);
	buf_add_char(out, ':');
	json_quote(value, out);
}

/* The custom fields of the service's own export: an object in one cell. */
static int add_custom_object(const struct import_line *l, size_t column, struct buf *out, bool *first, struct refusal *why)
{
	_cleanup_buf_ struct buf name = BUF_INIT, value = BUF_INIT;
	struct slice json = trimmed(l->cells[column]);
	int fields = 0;
	if (json.len == 0)
		return 0;
	if (json_check(json, NULL) < 0 || json_kind(json) != JSON_OBJECT)
		return import_refuse(l, column, why, "it is not a JSON object");
	for (struct json_walk w = json_walk(json); json_next(&w);) {
		buf_clear(&name);
		buf_clear(&value);
		json_text(w.key, &name);
		if (!json_text(w.value, &value))
			return import_refuse(l, column, why, "the field \"%.60s\" is neither a text nor a number", buf_text(&name));
		if (++fields > IMPORT_CUSTOM_MAX)
			return import_refuse(l, column, why, "more than %d custom fields in one row", IMPORT_CUSTOM_MAX);
		if (value.len)
			add_custom(out, first, buf_slice(&name), buf_slice(&value));
		out->failed |= name.failed || value.failed;
	}
	return 0;
}

int import_lead_json(const struct import_line *l, struct buf *out, struct refusal *why)
{
	_cleanup_buf_ struct buf custom = BUF_INIT;
	bool first = true, first_custom = true;
	buf_add_char(out, '{');
	json_key(out, &first, lead_columns[LEAD_EMAIL]);
	json_quote(l->email, out);
	for (size_t i = 0; i < l->columns->count; i++) {
		const struct import_column *c = &l->columns->v[i];
		if (c->what == COLUMN_CUSTOM_JSON) {
			int rc = add_custom_object(l, i, &custom, &first_custom, why);
			if (rc < 0)
				return rc;
		} else if (c->what == COLUMN_CUSTOM && l->cells[i].len) {
			add_custom(&custom, &first_custom, c->field, l->cells[i]);
		} else if (c->what < LEAD_STANDARD && c->what != LEAD_EMAIL && l->cells[i].len) {
			json_key(out, &first, lead_columns[c->what]);
			json_quote(l->cells[i], out);
		}
	}
	if (custom.len) {
		json_key(out, &first, "custom_fields");
		buf_add_char(out, '{');
		buf_add_slice(out, buf_slice(&custom));
		buf_add_char(out, '}');
	}
	buf_add_char(out, '}');
	return buf_failed(out) || buf_failed(&custom) ? refuse_memory(why) : 0;
}

/* Rows. */

void import_rows_release(struct import_rows *r)
{
	buf_release(&r->json);
	buf_release(&r->notes);
	free(r->ends);
	*r = (struct import_rows){.json = BUF_INIT, .notes = BUF_INIT};
}

struct slice import_row(const struct import_rows *r, size_t i)
{
	size_t start = i ? r->ends[i - 1] : 0;
	return (struct slice){r->json.data + start, r->ends[i] - start};
}

int import_rows_add(struct import_rows *r, const struct import_line *line, struct refusal *why)
{
	if (r->count == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 64;
		size_t *ends = reallocarray(r->ends, cap, sizeof *ends);
		if (!ends)
			return refuse_memory(why);
		r->ends = ends;
		r->cap = cap;
	}
	int rc = import_lead_json(line, &r->json, why);
	if (rc == 0)
		r->ends[r->count++] = r->json.len;
	return rc;
}

struct append {
	struct import_rows *rows;
	struct address_set seen;
};

/* Columns of an export of ours that can't be given to a lead. */
static void note_ignored(const struct import_columns *c, struct buf *out)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->v[i].what >= LEAD_STANDARD && c->v[i].what < LEAD_COLUMNS) {
			buf_add_str(out, out->len ? ", " : "read-only columns are not imported: ");
			buf_add_slice(out, c->v[i].name);
		}
}

static int append_line(void *arg, const struct import_line *line, struct refusal *why)
{
	struct append *a = arg;
	bool is_new;
	int rc = import_check_line(line, why);
	if (rc < 0)
		return rc;
	if (a->seen.count == 0)
		note_ignored(line->columns, &a->rows->notes);
	if (address_set_add(&a->seen, line->email, &is_new) < 0)
		return refuse_memory(why);
	if (!is_new) {
		a->rows->duplicates++;
		return 0;
	}
	return import_rows_add(a->rows, line, why);
}

int import_parse(struct slice text, struct import_rows *out, struct refusal *why)
{
	struct append a = {out, {.text = BUF_INIT}};
	*out = (struct import_rows){.json = BUF_INIT, .notes = BUF_INIT};
	int rc = import_read(text, NULL, append_line, &a, why);
	address_set_release(&a.seen);
	return rc;
}

void import_body(const struct import_rows *r, size_t first, size_t count, const bool flags[IMPORT_FLAGS], struct buf *out)
{
	static const char *const names[IMPORT_FLAGS] = {"ignore_global_block_list", "ignore_unsubscribe_list",
		"ignore_community_bounce_list", "ignore_duplicate_leads_in_other_campaign"};
	buf_add_str(out, "{\"lead_list\":[");
	for (size_t i = 0; i < count; i++) {
		buf_add_str(out, i ? "," : "");
		buf_add_slice(out, import_row(r, first + i));
	}
	buf_add_str(out, "],\"settings\":{");
	for (int i = 0; i < IMPORT_FLAGS; i++)
		buf_printf(out, "\"%s\":%s,", names[i], flags[i] ? "true" : "false");
	buf_add_str(out, "\"return_lead_ids\":true}}");
}
