#include "fs/format/json_scan.h"

#include "fs/format/utf8.h"

const char *json_skip_string(const char *p, const char *end)
{
	p++;
	for (;;) {
		while (end - p >= SCAN_WORD) {
			uint64_t word = scan_load(p);
			uint64_t hits = scan_byte(word, '"') | scan_byte(word, '\\');
			if (hits) {
				p += scan_first(hits);
				break;
			}
			p += SCAN_WORD;
		}
		while (p < end && *p != '"' && *p != '\\')
			p++;
		if (p == end)
			return NULL;
		if (*p == '"')
			return p + 1;
		if (end - p < 2)
			return NULL;
		p += 2;
	}
}

static const char *skip_container(const char *p, const char *end)
{
	size_t depth = 0;
	while (p < end) {
		switch (*p) {
		case '"':
			p = json_skip_string(p, end);
			if (!p)
				return NULL;
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return p + 1;
			break;
		}
		p++;
	}
	return NULL;
}

static bool ends_scalar(char c)
{
	switch (c) {
	case '\0':
	case ' ':
	case '\n':
	case '\r':
	case '\t':
	case ',':
	case ':':
	case '"':
	case '{':
	case '}':
	case '[':
	case ']':
		return true;
	default:
		return false;
	}
}

const char *json_skip_value(const char *p, const char *end)
{
	if (p == end)
		return NULL;
	if (*p == '"')
		return json_skip_string(p, end);
	if (*p == '{' || *p == '[')
		return skip_container(p, end);
	const char *start = p;
	while (p < end && !ends_scalar(*p))
		p++;
	return p > start ? p : NULL;
}

struct slice json_first(struct slice text)
{
	if (text.len == 0)
		return SLICE_LITERAL("");
	const char *end = text.ptr + text.len, *p = json_skip_space(text.ptr, end);
	const char *behind = json_skip_value(p, end);
	return (struct slice){p, behind ? (size_t)(behind - p) : 0};
}

bool json_raw_string(struct slice value, struct slice *ret_raw)
{
	struct slice text = json_first(value);
	if (text.len < 2 || text.ptr[0] != '"')
		return false;
	*ret_raw = (struct slice){text.ptr + 1, text.len - 2};
	return true;
}

/* The number of \uXXXX at the start of raw. */
static bool read_hex(struct slice raw, uint32_t *ret_code)
{
	if (raw.len < 6 || raw.ptr[0] != '\\' || raw.ptr[1] != 'u')
		return false;
	uint32_t code = 0;
	for (int i = 2; i < 6; i++) {
		char c = raw.ptr[i];
		if (c >= '0' && c <= '9')
			code = code << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			code = code << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*ret_code = code;
	return true;
}

static size_t unescape_unicode(struct slice raw, char out[4], size_t *ret_len)
{
	uint32_t code, low;
	size_t taken = 6;
	if (!read_hex(raw, &code)) {
		code = UTF8_BAD;
		taken = 2;
	} else if (code >> 10 == 0xD800 >> 10 && read_hex(slice_skip(raw, 6), &low) && low >> 10 == 0xDC00 >> 10) {
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
		taken = 12;
	}
	*ret_len = utf8_encode(code ? code : UTF8_BAD, out);
	return taken;
}

size_t json_unescape(struct slice raw, char out[4], size_t *ret_len)
{
	static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	*ret_len = 1;
	out[0] = raw.ptr[0];
	if (raw.ptr[0] != '\\')
		return 1;
	const char *hit = raw.len > 1 && raw.ptr[1] ? strchr(escapes, raw.ptr[1]) : NULL;
	if (hit) {
		out[0] = meanings[hit - escapes];
		return 2;
	}
	if (raw.len > 1 && raw.ptr[1] == 'u')
		return unescape_unicode(raw, out, ret_len);
	*ret_len = utf8_encode(UTF8_BAD, out);
	return 1;
}

/* Gives the decoded bytes of a raw text one at a time. */
struct cursor {
	struct slice raw;
	char unit[4];
	size_t at, len;
};

/* The next byte, or -1 at the end. */
static int cursor_next(struct cursor *c)
{
	if (c->at == c->len) {
		if (c->raw.len == 0)
			return -1;
		c->raw = slice_skip(c->raw, json_unescape(c->raw, c->unit, &c->len));
		c->at = 0;
	}
	return (unsigned char)c->unit[c->at++];
}

int json_raw_compare(struct slice a, struct slice b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	if (!memchr(a.ptr, '\\', a.len) && !memchr(b.ptr, '\\', b.len)) {
		int order = memcmp(a.ptr, b.ptr, common);
		return order ? order : (a.len > b.len) - (a.len < b.len);
	}
	struct cursor left = {.raw = a}, right = {.raw = b};
	int x, y;
	do {
		x = cursor_next(&left);
		y = cursor_next(&right);
	} while (x == y && x >= 0);
	return x - y;
}
