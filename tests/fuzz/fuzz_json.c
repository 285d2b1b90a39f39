/* Accepted text means the same after pretty and compact; refused text is walked without leaving it. */
#include "fs/format/json.h"

#include "fs/format/utf8.h"
#include "tests/fuzz/fuzz.h"

static void walk(struct slice value, int depth)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct slice found;
	int64_t number;
	bool yes;
	json_text(value, &out);
	json_int(value, &number);
	json_bool(value, &yes);
	json_is(value, "a\"b");
	json_path(value, "a.b", &found);
	for (struct json_walk w = json_walk(value); depth < 8 && json_next(&w);) {
		MUST(w.value.len > 0 && w.value.ptr >= value.ptr && w.value.ptr + w.value.len <= value.ptr + value.len);
		json_text(w.key, &out);
		walk(w.value, depth + 1);
	}
}

static void check_accepted(struct slice text)
{
	_cleanup_buf_ struct buf pretty = BUF_INIT, compact = BUF_INIT, again = BUF_INIT;
	json_pretty(text, &pretty);
	MUST(json_check(buf_slice(&pretty), NULL) == 0);
	MUST(json_equal(text, buf_slice(&pretty)));
	json_compact(text, &compact);
	MUST(json_check(buf_slice(&compact), NULL) == 0);
	MUST(json_equal(buf_slice(&compact), text));
	MUST(compact.len <= text.len);
	json_compact(buf_slice(&pretty), &again);
	MUST(slice_equal(buf_slice(&again), buf_slice(&compact)));
	MUST(json_kind(text) != JSON_NONE);
	/* What a string means survives being quoted again. */
	_cleanup_buf_ struct buf plain = BUF_INIT, quoted = BUF_INIT;
	if (json_kind(text) == JSON_STRING) {
		MUST(json_text(text, &plain));
		MUST(utf8_valid(buf_slice(&plain)));
		json_quote(buf_slice(&plain), &quoted);
		MUST(json_equal(buf_slice(&quoted), text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *copy = fuzz_copy((struct slice){(const char *)data, size});
	struct slice text = {copy, size};
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct refusal why = {0};
	int rc = json_check(text, &why);
	MUST(rc == 0 || (rc == -why.err && why.text[0]));
	if (rc == 0)
		check_accepted(text);
	walk(text, 0);
	json_pretty(text, &out);
	json_compact(text, &out);
	json_equal(text, text);
	/* Any bytes can be quoted. */
	buf_clear(&out);
	json_quote(text, &out);
	MUST(json_check(buf_slice(&out), NULL) == 0);
	return 0;
}
