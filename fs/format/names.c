#include "fs/format/names.h"

#include "fs/base/limits.h"

enum { ADDRESS_BYTES_MIN = 3, ADDRESS_BYTES_MAX = 254 };

struct range {
	uint32_t first, last;
};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

/* Unicode's White_Space, without the line and paragraph separators, which are dropped. */
static bool is_space(uint32_t code)
{
	static const struct range spaces[] = {
		{0x09, 0x0D},
		{0x20, 0x20},
		{0x85, 0x85},
		{0xA0, 0xA0},
		{0x1680, 0x1680},
		{0x2000, 0x200A},
		{0x202F, 0x202F},
		{0x205F, 0x205F},
		{0x3000, 0x3000},
	};
	return in_ranges(code, spaces, sizeof spaces / sizeof *spaces);
}

/* What moves a terminal's cursor, turns the direction of writing, or cannot be seen at all. */
static bool is_dropped(uint32_t code)
{
	static const struct range dropped[] = {
		{0x00, 0x1F}, {0x7F, 0x9F}, {0xAD, 0xAD}, /* C0, DEL, C1, soft hyphen */
		{0x034F, 0x034F}, {0x061C, 0x061C},       /* grapheme joiner, Arabic letter mark */
		{0x180E, 0x180E}, {0x200B, 0x200F},       /* zero-width, direction marks */
		{0x2028, 0x202E}, {0x2060, 0x206F},       /* separators, bidi embeddings and isolates, invisibles */
		{0xFEFF, 0xFEFF}, {0xFFF9, 0xFFFB},       /* byte order mark, interlinear marks */
		{0xE0000, 0xE0FFF},                       /* tags */
	};
	return in_ranges(code, dropped, sizeof dropped / sizeof *dropped);
}

/* How many bytes at the start stay as they are: nearly always all of an address or an id. */
static size_t plain_bytes(struct slice text)
{
	size_t n = 0;
	while (n < text.len && text.ptr[n] > ' ' && text.ptr[n] <= '~' && text.ptr[n] != '/')
		n++;
	return n;
}

/* Appends the characters that stay, at most NAME_BYTES_MAX bytes. */
static void add_safe(struct slice text, struct buf *out)
{
	size_t start = out->len, plain = plain_bytes(text);
	bool gap = false;
	if (plain > NAME_BYTES_MAX)
		plain = NAME_BYTES_MAX;
	if (plain > 0) {
		buf_add(out, text.ptr, plain);
		text = slice_skip(text, plain);
	}
	while (text.len > 0) {
		uint32_t code;
		size_t n = utf8_next(text, &code);
		text = slice_skip(text, n);
		if (is_space(code)) {
			gap = out->len > start;
			continue;
		}
		if (is_dropped(code))
			continue;
		size_t before = out->len;
		if (gap)
			buf_add_char(out, '-');
		utf8_add(out, code == '/' ? '-' : code);
		gap = false;
		if (out->len - start > NAME_BYTES_MAX) {
			buf_truncate(out, before);
			return;
		}
	}
}

void name_safe(struct slice text, struct buf *out)
{
	size_t start = out->len;
	add_safe(text, out);
	struct slice name = slice_skip(buf_slice(out), start);
	if (name.len == 0)
		buf_add_str(out, "unnamed");
	else if (slice_is(name, ".") || slice_is(name, ".."))
		memset(out->data + start, '-', name.len);
}

void name_with_id(int64_t id, struct slice text, struct buf *out)
{
	buf_add_int(out, id);
	buf_add_char(out, '-');
	name_safe(text, out);
}

bool name_id(struct slice name, int64_t *ret_id, struct slice *ret_rest)
{
	int64_t id = 0;
	size_t i = 0;
	for (; i < name.len && name.ptr[i] >= '0' && name.ptr[i] <= '9'; i++)
		if (__builtin_mul_overflow(id, 10, &id) || __builtin_add_overflow(id, name.ptr[i] - '0', &id))
			return false;
	if (i == 0 || (name.ptr[0] == '0' && i > 1) || (i < name.len && name.ptr[i] != '-'))
		return false;
	*ret_id = id;
	*ret_rest = slice_skip(name, i + 1);
	return true;
}

bool address_valid(struct slice text)
{
	if (text.len < ADDRESS_BYTES_MIN || text.len > ADDRESS_BYTES_MAX)
		return false;
	if (text.ptr[0] == '@' || text.ptr[text.len - 1] == '@')
		return false;
	int ats = 0;
	while (text.len > 0) {
		uint32_t code;
		size_t n = utf8_next(text, &code);
		if (code == UTF8_BAD || code == '/' || is_space(code) || is_dropped(code))
			return false;
		ats += code == '@';
		text = slice_skip(text, n);
	}
	return ats == 1;
}

void address_fold(struct slice text, struct buf *out)
{
	size_t start = out->len;
	buf_add_slice(out, text);
	for (size_t i = start; i < out->len; i++)
		if (out->data[i] >= 'A' && out->data[i] <= 'Z')
			out->data[i] = (char)(out->data[i] + ('a' - 'A'));
}
