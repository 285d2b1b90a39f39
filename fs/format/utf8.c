#include "fs/format/utf8.h"

#include "fs/format/scan.h"

size_t utf8_next(struct slice text, uint32_t *ret_code)
{
	const unsigned char *s = (const unsigned char *)text.ptr;
	unsigned char first = s[0];
	*ret_code = first < 0x80 ? first : UTF8_BAD;
	if (first < 0xC2 || first > 0xF4)
		return 1;
	size_t more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
	/* The range of the second byte keeps out overlong forms, surrogates and what is above U+10FFFF. */
	unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
	unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
	uint32_t code = first & (0x3Fu >> more);
	for (size_t i = 1; i <= more; i++) {
		if (i >= text.len || s[i] < low || s[i] > high)
			return i;
		code = code << 6 | (s[i] & 0x3Fu);
		low = 0x80;
		high = 0xBF;
	}
	*ret_code = code;
	return more + 1;
}

size_t utf8_encode(uint32_t code, char out[4])
{
	size_t n = 0;
	if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		code = UTF8_REPLACEMENT;
	if (code < 0x80) {
		out[n++] = (char)code;
		return n;
	}
	if (code < 0x800) {
		out[n++] = (char)(0xC0 | code >> 6);
	} else if (code < 0x10000) {
		out[n++] = (char)(0xE0 | code >> 12);
		out[n++] = (char)(0x80 | (code >> 6 & 0x3F));
	} else {
		out[n++] = (char)(0xF0 | code >> 18);
		out[n++] = (char)(0x80 | (code >> 12 & 0x3F));
		out[n++] = (char)(0x80 | (code >> 6 & 0x3F));
	}
	out[n++] = (char)(0x80 | (code & 0x3F));
	return n;
}

void utf8_add(struct buf *out, uint32_t code)
{
	char bytes[4];
	buf_add(out, bytes, utf8_encode(code, bytes));
}

/* How many bytes at the start are valid. */
static size_t valid_len(struct slice text)
{
	size_t i = 0;
	while (i < text.len) {
		if (text.len - i >= SCAN_WORD && !scan_not_ascii(scan_load(text.ptr + i))) {
			i += SCAN_WORD;
			continue;
		}
		uint32_t code;
		size_t n = utf8_next(slice_skip(text, i), &code);
		if (code == UTF8_BAD)
			break;
		i += n;
	}
	return i;
}

bool utf8_valid(struct slice text)
{
	return valid_len(text) == text.len;
}

void utf8_repair(struct slice text, struct buf *out)
{
	while (text.len > 0) {
		size_t n = valid_len(text);
		buf_add(out, text.ptr, n);
		text = slice_skip(text, n);
		if (text.len == 0)
			return;
		uint32_t code;
		n = utf8_next(text, &code);
		utf8_add(out, UTF8_REPLACEMENT);
		text = slice_skip(text, n);
	}
}
