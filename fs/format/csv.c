#include "fs/format/csv.h"

#include <errno.h>
#include <stdlib.h>

#include "fs/format/scan.h"

/*
 * state     what came last                        next
 * ROW       nothing of this row                   a cell; line ends are skipped
 * CELL      a separator                           a cell, perhaps empty
 * PLAIN     a character of an unquoted cell       more of it, or its end
 * QUOTED    a character of a quoted cell          more of it, or a quote
 * QUOTE     a quote in a quoted cell              a second quote, or the cell's end
 * REFUSED   something that was refused            nothing
 */
enum state { ROW, CELL, PLAIN, QUOTED, QUOTE, REFUSED };

/* Pieces are cut this small, so that room for a whole piece can be made before it, and still fits the CPU's cache. */
enum { PIECE_BYTES = 32 << 10, BOM_BYTES = 3 };
static const char bom[] = "\xEF\xBB\xBF";

/* The piece under way. column of the reader belongs to `line`, which moves on with each line end. */
struct piece {
	struct csv_reader *r;
	const char *start, *p, *end;
	const char *line;
	struct refusal *why;
};

void csv_reader_init(struct csv_reader *r, csv_row_fn *row, void *arg)
{
	*r = (struct csv_reader){
		.row = row, .arg = arg, .separator = ',', .text = BUF_INIT, .line = 1, .column = 1, .state = ROW};
}

void csv_reader_release(struct csv_reader *r)
{
	buf_release(&r->text);
	free(r->cells);
	r->cells = NULL;
	r->cap = 0;
	r->state = REFUSED;
}

static size_t column(const struct piece *f)
{
	return f->r->column + (size_t)(f->p - f->line);
}

static int refuse_here(const struct piece *f, const char *wrong)
{
	return refuse(f->why, EINVAL, "line %zu, column %zu: %s", f->r->line, column(f), wrong);
}

static bool grow_cells(struct csv_reader *r)
{
	size_t cap = r->cap ? 2 * r->cap : 32;
	struct slice *cells = reallocarray(r->cells, cap, sizeof *cells);
	if (!cells)
		return false;
	r->cells = cells;
	r->cap = cap;
	return true;
}

static int end_cell(struct piece *f)
{
	struct csv_reader *r = f->r;
	if (r->count == r->cap) {
		if (r->count >= CSV_COLUMNS_MAX)
			return refuse_here(f, "too many cells in this row");
		if (!grow_cells(r))
			return refuse_memory(f->why);
	}
	r->cells[r->count++].len = r->text.len - r->cell;
	r->cell = r->text.len;
	return 0;
}

static int end_row(struct piece *f)
{
	struct csv_reader *r = f->r;
	int rc = end_cell(f);
	if (rc)
		return rc;
	if (r->count > CSV_COLUMNS_MAX)
		return refuse_here(f, "too many cells in this row");
	if (r->text.len > CSV_ROW_BYTES_MAX)
		return refuse_here(f, "this row is too long");
	const char *at = buf_text(&r->text);
	for (size_t i = 0; i < r->count; i++) {
		r->cells[i].ptr = at;
		at += r->cells[i].len;
	}
	rc = r->row(r->arg, r->cells, r->count, r->row_line, f->why);
	r->count = r->cell = r->text.len = 0;
	r->state = ROW;
	return rc;
}

/* Takes a CR or LF as the end of a line of the text, which need not be the end of a row. */
static void take_line_end(struct piece *f)
{
	struct csv_reader *r = f->r;
	char before = f->p > f->start ? f->p[-1] : r->last;
	if (*f->p != '\n' || before != '\r')
		r->line++;
	f->p++;
	r->column = 1;
	f->line = f->p;
}

static void put(struct csv_reader *r, char c)
{
	r->text.data[r->text.len++] = c;
}

/* Copies up to the next byte that may mean something. A tab or another control character is one, to save a test. */
static inline void copy_run(struct piece *f, char separator)
{
	const char *p = f->p;
	char *out = f->r->text.data + f->r->text.len, *start = out;
	for (; f->end - p >= SCAN_WORD; p += SCAN_WORD, out += SCAN_WORD) {
		uint64_t word = scan_load(p);
		uint64_t hits = scan_byte(word, separator) | scan_byte(word, '"') | scan_below(word, '\r' + 1);
		memcpy(out, p, SCAN_WORD);
		if (hits) {
			size_t n = scan_first(hits);
			p += n;
			out += n;
			goto done;
		}
	}
	while (p < f->end && *p != separator && *p != '"' && (unsigned char)*p > '\r')
		*out++ = *p++;
done:
	f->r->text.len += (size_t)(out - start);
	f->p = p;
}

/* The byte behind a cell: a separator or a line end. *ret_ends tells whether it was one. */
static inline int take_end(struct piece *f, bool *ret_ends)
{
	struct csv_reader *r = f->r;
	char c = *f->p;
	*ret_ends = true;
	if (c == r->separator) {
		r->state = CELL;
		int rc = end_cell(f);
		f->p++;
		return rc;
	}
	if (c == '\n' || c == '\r') {
		int rc = end_row(f);
		take_line_end(f);
		return rc;
	}
	*ret_ends = false;
	return c ? 0 : refuse_here(f, "a NUL byte");
}

static int take_plain(struct piece *f)
{
	struct csv_reader *r = f->r;
	copy_run(f, r->separator);
	if (f->p == f->end)
		return 0;
	bool ends;
	int rc = take_end(f, &ends);
	if (rc || ends)
		return rc;
	if (*f->p == '"' && !r->lenient)
		return refuse_here(f, "a quote in the middle of a cell (put the cell in quotes and double this one)");
	put(r, *f->p++);
	return 0;
}

static int take_quoted(struct piece *f)
{
	struct csv_reader *r = f->r;
	copy_run(f, '"');
	if (f->p == f->end)
		return 0;
	char c = *f->p;
	if (c == '\0')
		return refuse_here(f, "a NUL byte");
	if (c == '"') {
		r->state = QUOTE;
		f->p++;
		return 0;
	}
	put(r, c);
	if (c == '\n' || c == '\r')
		take_line_end(f);
	else
		f->p++;
	return 0;
}

static int take_after_quote(struct piece *f)
{
	struct csv_reader *r = f->r;
	if (*f->p == '"') {
		put(r, *f->p++);
		r->state = QUOTED;
		return 0;
	}
	bool ends;
	int rc = take_end(f, &ends);
	if (rc || ends)
		return rc;
	if (!r->lenient)
		return refuse_here(f, "text behind a closing quote (a quote inside of quotes is doubled)");
	put(r, '"');
	r->state = QUOTED;
	return 0;
}

static int take_start(struct piece *f)
{
	struct csv_reader *r = f->r;
	if (r->state == ROW) {
		if (*f->p == '\n' || *f->p == '\r') {
			take_line_end(f);
			return 0;
		}
		r->row_line = r->line;
	}
	r->state = *f->p == '"' ? QUOTED : PLAIN;
	if (r->state == QUOTED) {
		r->quote_line = r->line;
		r->quote_column = column(f);
		f->p++;
	}
	return 0;
}

static int take_piece(struct csv_reader *r, const char *bytes, size_t len, struct refusal *why)
{
	struct piece f = {r, bytes, bytes, bytes + len, bytes, why};
	int rc = 0;
	/* A word is copied before it is looked at, and a lenient quote may come from the piece before. */
	if (!buf_reserve(&r->text, len + 2 * SCAN_WORD))
		rc = refuse_memory(why);
	while (!rc && f.p < f.end) {
		if (r->state == PLAIN)
			rc = take_plain(&f);
		else if (r->state == QUOTED)
			rc = take_quoted(&f);
		else if (r->state == QUOTE)
			rc = take_after_quote(&f);
		else
			rc = take_start(&f);
	}
	if (!rc && r->text.len > CSV_ROW_BYTES_MAX)
		rc = refuse_here(&f, "this row is too long");
	r->column = column(&f);
	r->last = len ? bytes[len - 1] : r->last;
	if (rc)
		r->state = REFUSED;
	return rc;
}

/* Holds back the first bytes as long as they may be a BOM; returns how many of `bytes` it took. */
static size_t take_bom(struct csv_reader *r, const char *bytes, size_t len, int *ret_rc, struct refusal *why)
{
	size_t i = 0;
	*ret_rc = 0;
	while (r->bom >= 0 && i < len) {
		if (bytes[i] == bom[r->bom]) {
			i++;
			r->bom = r->bom + 1 == BOM_BYTES ? -1 : r->bom + 1;
			continue;
		}
		size_t held = (size_t)r->bom;
		r->bom = -1;
		*ret_rc = take_piece(r, bom, held, why);
	}
	return i;
}

int csv_feed(struct csv_reader *r, const void *bytes, size_t len, struct refusal *why)
{
	const char *p = bytes;
	int rc = 0;
	if (r->state == REFUSED)
		return refuse(why, EINVAL, "the text was refused already");
	if (r->bom >= 0) {
		size_t taken = take_bom(r, p, len, &rc, why);
		p += taken;
		len -= taken;
	}
	while (!rc && len > 0) {
		size_t n = len < PIECE_BYTES ? len : PIECE_BYTES;
		rc = take_piece(r, p, n, why);
		p += n;
		len -= n;
	}
	return rc;
}

int csv_end(struct csv_reader *r, struct refusal *why)
{
	struct piece f = {.r = r, .start = bom, .p = bom, .end = bom, .line = bom, .why = why};
	int rc = 0;
	if (r->bom > 0) {
		size_t held = (size_t)r->bom;
		r->bom = -1;
		rc = take_piece(r, bom, held, why);
	}
	if (rc)
		return rc;
	if (r->state == REFUSED)
		return refuse(why, EINVAL, "the text was refused already");
	if (r->state == QUOTED)
		rc = refuse(why, EINVAL, "line %zu, column %zu: this quote is never closed", r->quote_line,
			r->quote_column);
	else if (r->state != ROW)
		rc = end_row(&f);
	r->state = REFUSED;
	return rc;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool needs_quotes(struct slice text)
{
	if (text.len == 0)
		return false;
	const char *p = text.ptr, *end = p + text.len;
	if (is_blank(*p) || is_blank(end[-1]))
		return true;
	for (; end - p >= SCAN_WORD; p += SCAN_WORD) {
		uint64_t word = scan_load(p);
		if (scan_byte(word, ',') | scan_byte(word, '"') | scan_byte(word, '\n') | scan_byte(word, '\r'))
			return true;
	}
	while (p < end && *p != ',' && *p != '"' && *p != '\n' && *p != '\r')
		p++;
	return p < end;
}

static void add_quoted(struct buf *out, struct slice text)
{
	buf_add_char(out, '"');
	for (;;) {
		const char *hit = text.len ? memchr(text.ptr, '"', text.len) : NULL;
		if (!hit)
			break;
		size_t n = (size_t)(hit - text.ptr) + 1;
		buf_add(out, text.ptr, n);
		buf_add_char(out, '"');
		text = slice_skip(text, n);
	}
	buf_add_slice(out, text);
	buf_add_char(out, '"');
}

void csv_cell(struct buf *out, struct slice text)
{
	if (needs_quotes(text))
		add_quoted(out, text);
	else
		buf_add_slice(out, text);
}

void csv_add(struct buf *out, bool *first, struct slice text)
{
	if (!*first)
		buf_add_char(out, ',');
	if (*first && (text.len == 0 || slice_starts(text, bom)))
		add_quoted(out, text);
	else
		csv_cell(out, text);
	*first = false;
}
