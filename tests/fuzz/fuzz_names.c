/* No text becomes a name that leaves its directory or cannot be shown; what is printed is read back. */
#include "fs/format/names.h"

#include "fs/base/limits.h"
#include "tests/fuzz/fuzz.h"

static void check_name(struct slice name)
{
	MUST(name.len > 0 && name.len <= NAME_BYTES_MAX);
	MUST(!slice_is(name, ".") && !slice_is(name, ".."));
	MUST(utf8_valid(name));
	for (size_t i = 0; i < name.len; i++)
		MUST((unsigned char)name.ptr[i] > ' ' && name.ptr[i] != 0x7F && name.ptr[i] != '/');
	/* What is safe stays as it is. */
	_cleanup_buf_ struct buf again = BUF_INIT;
	name_safe(name, &again);
	MUST(slice_equal(buf_slice(&again), name));
}

static void check_id(struct slice text)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	int64_t id;
	struct slice rest;
	if (name_id(text, &id, &rest)) {
		MUST(id >= 0);
		buf_add_int(&out, id);
		MUST(text.len >= out.len && memcmp(text.ptr, out.data, out.len) == 0);
	}
	buf_clear(&out);
	name_with_id(4711, text, &out);
	MUST(name_id(buf_slice(&out), &id, &rest) && id == 4711);
	check_name(rest);
}

static void check_dates(struct slice text)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	int64_t day, ms;
	if (date_parse(text, &day)) {
		date_print(day, &out);
		MUST(slice_equal(buf_slice(&out), text));
	}
	if (time_parse(text, &ms)) {
		MUST(text.len >= 19);
		MUST(ms > -63000000000000 && ms < 254000000000000);
	}
	buf_clear(&out);
	if (text.len >= sizeof day) {
		memcpy(&day, text.ptr, sizeof day);
		date_print(day, &out);
		MUST(date_parse(buf_slice(&out), &day));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *copy = fuzz_copy((struct slice){(const char *)data, size});
	struct slice text = {copy, size};
	_cleanup_buf_ struct buf out = BUF_INIT;
	name_safe(text, &out);
	check_name(buf_slice(&out));
	check_id(text);
	check_dates(text);
	buf_clear(&out);
	utf8_repair(text, &out);
	MUST(utf8_valid(buf_slice(&out)));
	MUST(utf8_valid(text) == slice_equal(text, buf_slice(&out)));
	if (address_valid(text)) {
		MUST(utf8_valid(text) && !memchr(text.ptr, '/', text.len) && !memchr(text.ptr, '\0', text.len));
		buf_clear(&out);
		address_fold(text, &out);
		MUST(address_valid(buf_slice(&out)));
	}
	return 0;
}
