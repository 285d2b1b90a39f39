/* A text of leads: refused with its line, or rows that are whole JSON; and what was parsed means the same when it is written as a body. */
#include "fs/format/json.h"
#include "fs/tree/import_compare.h"

#include "tests/fuzz/fuzz.h"

static const char base[] = "email,first_name,x,id,status\na@b.c,A,1,10,STARTED\nd@e.f,D,2,11,PAUSED\n";

static void check_rows(const struct import_rows *rows)
{
	static const bool flags[IMPORT_FLAGS];
	_cleanup_buf_ struct buf body = BUF_INIT;
	struct slice email;
	for (size_t i = 0; i < rows->count; i++) {
		MUST(json_check(import_row(rows, i), NULL) == 0);
		MUST(json_member(import_row(rows, i), "email", &email) && json_kind(email) == JSON_STRING);
	}
	import_body(rows, 0, rows->count, flags, &body);
	MUST(json_check(buf_slice(&body), NULL) == 0);
}

static void check_compare(struct slice text)
{
	struct compare_limits limits = {5, 5, true};
	struct import_changes changes;
	struct refusal why = {0};
	int rc = import_compare(slice_of(base), text, &limits, &changes, &why);
	MUST(rc == 0 || (rc == -why.err && why.text[0]));
	if (rc == 0)
		check_rows(&changes.added);
	for (size_t i = 0; rc == 0 && i < changes.changed.count; i++)
		MUST(json_check(buf_slice(&changes.changed.v[i].body), NULL) == 0);
	MUST(changes.changed.count + changes.missing.count <= 2);
	import_changes_release(&changes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	_cleanup_free_ char *copy = fuzz_copy(text);
	struct import_rows rows;
	struct refusal why = {0};
	text.ptr = copy;
	int rc = import_parse(text, &rows, &why);
	MUST(rc == 0 || (rc == -why.err && strncmp(why.text, "line ", 5) == 0));
	if (rc == 0)
		check_rows(&rows);
	import_rows_release(&rows);
	check_compare(text);
	return 0;
}
