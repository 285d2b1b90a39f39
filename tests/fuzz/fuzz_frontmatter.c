/* parse(print(x)) == x for every text that JSON can carry, and printing what was parsed loses nothing. */
#include "fs/format/frontmatter.h"

#include "fs/format/utf8.h"
#include "tests/fuzz/fuzz.h"

static void check_round_trip(struct slice subject, int delay_in_days, struct slice body)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct email_text e;
	struct refusal why;
	frontmatter_print(subject, delay_in_days, body, &out);
	MUST(frontmatter_parse(buf_slice(&out), &e, &why) == 0);
	MUST(slice_equal(buf_slice(&e.subject), subject));
	MUST(slice_equal(buf_slice(&e.body), body));
	MUST(e.delay_in_days == delay_in_days);
	email_text_release(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *copy = fuzz_copy((struct slice){(const char *)data, size});
	struct slice text = {copy, size};
	struct email_text e;
	struct refusal why = {0};
	int rc = frontmatter_parse(text, &e, &why);
	MUST(rc == 0 || (rc == -why.err && why.text[0]));
	if (rc == 0) {
		check_round_trip(buf_slice(&e.subject), e.delay_in_days, buf_slice(&e.body));
		email_text_release(&e);
	}
	/* The bytes as subject and body, cut at the first byte's place. */
	if (size > 2 && utf8_valid(text) && !memchr(text.ptr, '\0', text.len)) {
		size_t cut = 1 + data[0] % (size - 1);
		struct slice subject = {text.ptr, cut}, body = slice_skip(text, cut);
		if (utf8_valid(subject) && utf8_valid(body))
			check_round_trip(subject, (int)(data[1] % 367) - 1, body);
	}
	return 0;
}
