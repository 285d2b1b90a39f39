/*
 * import_parse.h - the text that was appended to leads.csv becomes leads ready to be sent, or is refused whole with line,
 * column and reason. Pure.
 */
#pragma once

#include "fs/tree/import_columns.h"

enum {
	IMPORT_CELL_BYTES_MAX = 64 << 10,
	IMPORT_CUSTOM_MAX = 200,       /* custom fields of one lead (api-facts.md, 4.4) */
	IMPORT_TEXT_BYTES_MAX = 1 << 30,
};

/* One line of the text. Borrowed, for the time of the call. */
struct import_line {
	const struct import_columns *columns;
	const struct slice *cells; /* columns->count of them */
	struct slice email;        /* without blanks around it */
	size_t line;
	char separator;
};

typedef int import_line_fn(void *arg, const struct import_line *line, struct refusal *why);

/*
 * Reads the lines that hold something. The first line is the header when it names columns, one of them the e-mail
 * address; a repeated header is skipped. Semicolons or tabs between cells are understood when the header shows them.
 * `known`: see import_columns_read(). -EINVAL for what is no table of leads.
 */
int import_read(struct slice text, const struct import_columns *known, import_line_fn *on_line, void *arg, struct refusal *why);

/* May the line be sent: address, UTF-8, sizes, control characters, number of fields? */
int import_check_line(const struct import_line *line, struct refusal *why);

/* -EINVAL "line L, column NAME: …". */
int import_refuse(const struct import_line *line, size_t column, struct refusal *why, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Appends the lead as the API takes it; empty cells are left out. -EINVAL: custom_fields is no object of texts. */
int import_lead_json(const struct import_line *line, struct buf *out, struct refusal *why);

/* Leads, each a JSON object, in the order of the text. */
struct import_rows {
	struct buf json;
	size_t *ends;      /* where each ends in json; the next begins there */
	size_t count, cap;
	size_t duplicates; /* rows left out: their address stands further up */
	struct buf notes;  /* a sentence for the report; empty: nothing to say */
};

void import_rows_release(struct import_rows *r);
#define _cleanup_rows_ __attribute__((cleanup(import_rows_release)))

struct slice import_row(const struct import_rows *r, size_t i);
int import_rows_add(struct import_rows *r, const struct import_line *line, struct refusal *why);

/* The whole of it, for an append. `out` needs no preparation and is released by the caller in any case. */
int import_parse(struct slice text, struct import_rows *out, struct refusal *why);

/* Appends the body of one request: `count` leads from row `first`. flags: the four of contract 2, import-settings.json. */
enum { IMPORT_FLAGS = 4 };
void import_body(const struct import_rows *r, size_t first, size_t count, const bool flags[IMPORT_FLAGS], struct buf *out);
