/* However hostile its fields, a message is one message: one From_ line, each header once, lines of a legal length. */
#include "fs/format/mbox.h"

#include "fs/format/utf8.h"
#include "tests/fuzz/fuzz.h"

/* Takes the field that ends at the next byte 0xFE, which is in no valid text. */
static struct slice take_field(struct slice *text)
{
	const char *end = text->len ? memchr(text->ptr, 0xFE, text->len) : NULL;
	struct slice field = {text->ptr, end ? (size_t)(end - text->ptr) : text->len};
	*text = slice_skip(*text, field.len + 1);
	return field;
}

static bool is_header(struct slice line)
{
	static const char *const names[] = {"Date: ", "From: ", "To: ", "Cc: ", "Bcc: ", "Subject: ", "Message-ID: <",
		"In-Reply-To: <", "References: <", "MIME-Version: 1.0", "Content-Type: text/html; charset=utf-8",
		"Content-Transfer-Encoding: "};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_starts(line, names[i]))
			return true;
	return false;
}

static void check_message(struct slice text)
{
	bool in_body = false;
	int headers = 0;
	MUST(utf8_valid(text) && slice_starts(text, "From ") && text.ptr[text.len - 1] == '\n');
	for (size_t line_number = 0; text.len > 0; line_number++) {
		const char *end = memchr(text.ptr, '\n', text.len);
		MUST(end);
		struct slice line = {text.ptr, (size_t)(end - text.ptr)};
		text = slice_skip(text, line.len + 1);
		MUST(line.len <= 998);
		MUST(!memchr(line.ptr, '\0', line.len) && !memchr(line.ptr, '\r', line.len));
		MUST(slice_starts(line, "From ") == (line_number == 0));
		if (in_body || line_number == 0)
			continue;
		if (line.len == 0)
			in_body = true;
		else if (line.ptr[0] != ' ')
			MUST(is_header(line) && ++headers <= 12);
		else
			MUST(line.len > 1 && line.ptr[1] != ' ');
	}
	MUST(in_body && headers >= 5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *copy = fuzz_copy((struct slice){(const char *)data, size});
	struct slice text = {copy, size};
	struct mbox_message m = {0};
	_cleanup_buf_ struct buf out = BUF_INIT;
	if (size >= sizeof m.time_ms)
		memcpy(&m.time_ms, data, sizeof m.time_ms);
	m.html = take_field(&text);
	m.subject = take_field(&text);
	m.from = take_field(&text);
	m.to = take_field(&text);
	m.cc = take_field(&text);
	m.bcc = take_field(&text);
	m.message_id = take_field(&text);
	m.in_reply_to = take_field(&text);
	m.fallback_id = take_field(&text);
	mbox_add(&out, &m);
	MUST(!buf_failed(&out));
	check_message(buf_slice(&out));
	return 0;
}
