#include "fs/base/blob.h"
#include "fs/base/limits.h"
#include "fs/base/secret.h"
#include "tests/unit/check.h"

static void buf_grows(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	assert_string_equal(buf_text(&b), "");
	for (int i = 0; i < 1000; i++)
		buf_add_int(&b, i);
	assert_int_equal(b.len, 2890);
	assert_true(b.len < b.cap);
	assert_int_equal(b.data[b.len], '\0');
	buf_truncate(&b, 3);
	buf_truncate(&b, 100);
	buf_printf(&b, "-%s-%d", "x", -5);
	assert_string_equal(buf_text(&b), "012-x--5");
	buf_clear(&b);
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, 3);
	char *bytes = buf_steal(&b);
	assert_memory_equal(bytes, "a\0b", 4);
	assert_null(buf_steal(&b));
	free(bytes);
}

static void buf_remembers_failure(void **state)
{
	(void)state;
	_cleanup_buf_ struct buf b = BUF_INIT;
	buf_add_str(&b, "kept");
	assert_false(buf_reserve(&b, SIZE_MAX - 2));
	buf_add_str(&b, " and no more");
	assert_true(buf_failed(&b));
	assert_string_equal(buf_text(&b), "kept");
	buf_clear(&b);
	buf_add_str(&b, "again");
	assert_false(buf_failed(&b));
	assert_string_equal(buf_text(&b), "again");
}

static void refusals(void **state)
{
	static const struct {
		const char *name, *in, *want;
	} cases[] = {
		{"plain", "no such lead", "no such lead"},
		{"controls become blanks", "a\nb\x1b[2J\x7f", "a b [2J "},
		{"characters stay", "Größe", "Größe"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct refusal why = {0};
		assert_int_equal(refuse(&why, EPERM, "%s", cases[i].in), -EPERM);
		assert_int_equal(why.err, EPERM);
		check_text(cases[i].name, slice_of(why.text), slice_of(cases[i].want));
	}
	struct refusal why = {0};
	char text[2 * REFUSAL_TEXT_MAX + 2] = "x";
	for (int i = 0; i < REFUSAL_TEXT_MAX; i++)
		memcpy(text + 1 + 2 * i, "é", 3);
	refuse(&why, EINVAL, "%s", text);
	assert_int_equal(strlen(why.text) % 2, 1);
	refuse(&why, EINVAL, "bad");
	refusal_prefix(&why, "line %d: ", 3);
	assert_string_equal(why.text, "line 3: bad");
	assert_int_equal(refuse(NULL, EIO, "nobody listens"), -EIO);
	assert_int_equal(refuse_memory(&why), -ENOMEM);
	refusal_prefix(NULL, "x");
}

/* Below and above SPILL_BYTES: the same bytes come out. */
static void spools(void **state)
{
	static const size_t sizes[] = {0, 1, SPILL_BYTES, SPILL_BYTES + 1, 3 * SPILL_BYTES};
	(void)state;
	_cleanup_buf_ struct buf text = BUF_INIT;
	while (text.len < 3 * SPILL_BYTES)
		buf_add_int(&text, (int64_t)text.len);
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct spool s;
		struct refusal why = {0};
		spool_init(&s, sizes[i]);
		for (size_t at = 0; at < sizes[i]; at += 10000) {
			size_t rest = sizes[i] - at;
			assert_int_equal(spool_add(&s, text.data + at, rest < 10000 ? rest : 10000, &why), 0);
		}
		assert_int_equal(spool_add(&s, "x", 1, &why), -EFBIG);
		_cleanup_blob_ struct blob *blob = spool_finish(&s, &why);
		assert_non_null(blob);
		assert_true(slice_equal(blob_slice(blob), (struct slice){text.data, sizes[i]}));
		assert_int_equal(blob->mapped > 0, sizes[i] > SPILL_BYTES);
		spool_release(&s);
	}
}

static void blobs(void **state)
{
	(void)state;
	struct buf b = BUF_INIT;
	buf_add_str(&b, "text");
	struct blob *blob = blob_from_buf(&b);
	assert_non_null(blob);
	assert_null(b.data);
	struct blob *again = blob_ref(blob);
	blob_unref(blob);
	assert_true(slice_is(blob_slice(again), "text"));
	blob_unref(again);
	blob_unref(NULL);
	blob = blob_from_buf(&b);
	assert_int_equal(blob->len, 0);
	blob_unref(blob);
}

static void secrets(void **state)
{
	(void)state;
	char text[] = "GET /x?api_key=a+b/c-1 a%2Bb%2Fc-1 a+b";
	secret_scrub(text, sizeof text - 1);
	assert_string_equal(text, "GET /x?api_key=a+b/c-1 a%2Bb%2Fc-1 a+b");
	assert_int_equal(secret_set(""), -EINVAL);
	assert_int_equal(secret_set("a b"), -EINVAL);
	assert_int_equal(secret_set("a\nb"), -EINVAL);
	assert_int_equal(secret_set("a+b/c-1"), 0);
	assert_string_equal(secret_get(), "a+b/c-1");
	secret_scrub(text, sizeof text - 1);
	assert_string_equal(text, "GET /x?api_key=******* *********** a+b");
	secret_wipe();
	assert_string_equal(secret_get(), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(buf_grows),
		UNIT_TEST(buf_remembers_failure),
		UNIT_TEST(refusals),
		UNIT_TEST(spools),
		UNIT_TEST(blobs),
		UNIT_TEST(secrets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
