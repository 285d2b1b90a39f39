/* Fed byte by byte, in pieces or whole: the same rows. Written again: the same cells. */
#include "fs/format/csv.h"

#include "tests/fuzz/fuzz.h"

/* The rows twice: with lengths, so that no two readings look alike, and as CSV. */
struct rows {
	struct buf cells, csv;
};

static int add_row(void *arg, const struct slice *cells, size_t count, size_t line, struct refusal *why)
{
	struct rows *rows = arg;
	bool first = true;
	(void)why;
	MUST(count > 0 && count <= CSV_COLUMNS_MAX && line > 0);
	for (size_t i = 0; i < count; i++) {
		buf_printf(&rows->cells, "%zu:", cells[i].len);
		buf_add_slice(&rows->cells, cells[i]);
		csv_add(&rows->csv, &first, cells[i]);
	}
	buf_add_char(&rows->cells, ';');
	buf_add_char(&rows->csv, '\n');
	return 0;
}

static int read_csv(struct slice text, size_t step, bool lenient, struct rows *rows, struct refusal *why)
{
	struct csv_reader r;
	int rc = 0;
	*rows = (struct rows){BUF_INIT, BUF_INIT};
	csv_reader_init(&r, add_row, rows);
	r.lenient = lenient;
	for (size_t at = 0; !rc && at < text.len; at += step) {
		struct slice piece = {text.ptr + at, step < text.len - at ? step : text.len - at};
		_cleanup_free_ char *copy = fuzz_copy(piece);
		rc = csv_feed(&r, copy, piece.len, why);
	}
	if (!rc)
		rc = csv_end(&r, why);
	MUST(rc == 0 || rc == -why->err);
	csv_reader_release(&r);
	return rc;
}

static void release(struct rows *rows)
{
	buf_release(&rows->cells);
	buf_release(&rows->csv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct slice text = {(const char *)data + 1, size - 1};
	bool lenient = data[0] & 1;
	size_t step = 2 + data[0] / 2;
	struct rows whole, bytes, pieces, again;
	struct refusal why = {0}, why_bytes = {0}, why_pieces = {0};
	int rc = read_csv(text, SIZE_MAX, lenient, &whole, &why);
	MUST(read_csv(text, 1, lenient, &bytes, &why_bytes) == rc);
	MUST(read_csv(text, step, lenient, &pieces, &why_pieces) == rc);
	MUST(slice_equal(buf_slice(&bytes.cells), buf_slice(&whole.cells)));
	MUST(slice_equal(buf_slice(&pieces.cells), buf_slice(&whole.cells)));
	MUST(strcmp(why.text, why_bytes.text) == 0 && strcmp(why.text, why_pieces.text) == 0);
	MUST(read_csv(buf_slice(&whole.csv), SIZE_MAX, false, &again, &why) == 0);
	MUST(slice_equal(buf_slice(&again.cells), buf_slice(&whole.cells)));
	MUST(slice_equal(buf_slice(&again.csv), buf_slice(&whole.csv)));
	release(&whole);
	release(&bytes);
	release(&pieces);
	release(&again);
	return 0;
}
