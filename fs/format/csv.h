/*
 * csv.h - RFC 4180 both ways, byte-exact. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fs/base/buf.h"
#include "fs/base/refusal.h"
#include "fs/base/slice.h"

enum { CSV_COLUMNS_MAX = 1000, CSV_ROW_BYTES_MAX = 16 << 20 };

/*
 * A streaming reader: feed it pieces of any size, it calls `row` for each complete row with the cells decoded (quotes
 * undone). Cells point into the reader and live until the callback returns; `line` is where the row begins. Accepts: a
 * BOM at the start, LF, CRLF and CR ends, quoted line breaks, a missing last line end. Empty lines are skipped. Refuses
 * with -EINVAL and "line L, column C: …" (in bytes): a quote in the middle of an unquoted cell, text after a closing
 * quote, an unclosed quote at the end, NUL, more than CSV_COLUMNS_MAX cells, a row over CSV_ROW_BYTES_MAX. `lenient`
 * (for the server's own exports) takes stray quotes literally instead: a quote closes a cell only where the cell ends.
 */
typedef int csv_row_fn(void *arg, const struct slice *cells, size_t count, size_t line, struct refusal *why);

struct csv_reader {
	csv_row_fn *row;
	void *arg;
	bool lenient;
	char separator; /* ',' unless changed before the first feed */
	/* Below: the reader's own state. */
	struct buf text;     /* decoded cells of the row under way, one after another */
	struct slice *cells; /* their lengths; where they are is known once the row is complete */
	size_t count, cap;
	size_t cell;                     /* where the cell under way begins in text */
	size_t line, column;             /* of the next byte, from 1 */
	size_t row_line;                 /* where the row under way began */
	size_t quote_line, quote_column; /* where the quoted cell under way began */
	int state;
	int bom;   /* bytes of a BOM seen, -1: past it */
	char last; /* the byte before the next one, so that CR LF counts once */
};

void csv_reader_init(struct csv_reader *r, csv_row_fn *row, void *arg);
void csv_reader_release(struct csv_reader *r);

/* 0, or what `row` refused with, or -EINVAL / -ENOMEM. After a refusal the reader takes nothing more. */
int csv_feed(struct csv_reader *r, const void *bytes, size_t len, struct refusal *why);

/* The end of the text. */
int csv_end(struct csv_reader *r, struct refusal *why);

/*
 * Appends one cell, quoted only where RFC 4180 asks for it (comma, quote, CR, LF) or where it begins or ends with a
 * blank.
 */
void csv_cell(struct buf *out, struct slice text);

/*
 * Appends the cell with a comma in front unless *first. Line ends ("\n") are the caller's. A first cell that is empty
 * is quoted, so that a row is never an empty line; so is one that begins with a BOM.
 */
void csv_add(struct buf *out, bool *first, struct slice text);
