#include "fs/format/json.h"

#include "fs/base/limits.h"
#include "fs/format/json_scan.h"
#include "fs/format/utf8.h"

/* A line break and the blanks of a level. Text that was not checked may nest deeper; it is not shown deeper. */
static void add_line(struct buf *out, size_t depth)
{
	static const char line[] = "\n                                                                "
				   "                                                                ";
	_Static_assert(sizeof line == 1 + 2 * JSON_DEPTH_MAX + 1, "two blanks a level");
	buf_add(out, line, 1 + 2 * (depth < JSON_DEPTH_MAX ? depth : JSON_DEPTH_MAX));
}

/* Behind the run of bytes at `p` that stays as it is: a string, or a number or word. */
static const char *take_run(const char *p, const char *end)
{
	const char *behind = json_skip_value(p, end);
	return behind ? behind : end;
}

void json_pretty(struct slice value, struct buf *out)
{
	struct slice text = json_first(value);
	const char *p = text.ptr, *end = p + text.len;
	size_t depth = 0;
	buf_reserve(out, text.len + text.len / 4);
	while ((p = json_skip_space(p, end)) < end) {
		char c = *p;
		if (c == '{' || c == '[') {
			const char *inner = json_skip_space(p + 1, end);
			buf_add_char(out, c);
			p = inner;
			if (inner < end && *inner == (c == '{' ? '}' : ']'))
				buf_add_char(out, *p++);
			else
				add_line(out, ++depth);
		} else if (c == '}' || c == ']') {
			add_line(out, depth ? --depth : 0);
			buf_add_char(out, c);
			p++;
		} else if (c == ',') {
			buf_add_char(out, c);
			add_line(out, depth);
			p++;
		} else if (c == ':') {
			buf_add(out, ": ", 2);
			p++;
		} else {
			const char *behind = take_run(p, end);
			buf_add(out, p, (size_t)(behind - p));
			p = behind;
		}
	}
}

void json_compact(struct slice value, struct buf *out)
{
	struct slice text = json_first(value);
	const char *p = text.ptr, *end = p + text.len;
	buf_reserve(out, text.len);
	while ((p = json_skip_space(p, end)) < end) {
		const char *behind = strchr("{}[],:", *p) ? p + 1 : take_run(p, end);
		buf_add(out, p, (size_t)(behind - p));
		p = behind;
	}
}

static void add_escape(struct buf *out, char c)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *hit = c ? strchr(plain, c) : NULL;
	if (hit)
		buf_add(out, (char[]){'\\', letters[hit - plain]}, 2);
	else
		buf_printf(out, "\\u%04x", (unsigned char)c);
}

void json_quote(struct slice text, struct buf *out)
{
	buf_add_char(out, '"');
	while (text.len > 0) {
		size_t n = (size_t)(json_skip_plain(text.ptr, text.ptr + text.len) - text.ptr);
		buf_add(out, text.ptr, n);
		text = slice_skip(text, n);
		if (text.len == 0)
			break;
		uint32_t code = (unsigned char)text.ptr[0];
		n = 1;
		if (code < 0x80) {
			add_escape(out, text.ptr[0]);
		} else {
			n = utf8_next(text, &code);
			utf8_add(out, code);
		}
		text = slice_skip(text, n);
	}
	buf_add_char(out, '"');
}

void json_key(struct buf *out, bool *first, const char *name)
{
	if (!*first)
		buf_add_char(out, ',');
	*first = false;
	json_quote(slice_of(name), out);
	buf_add_char(out, ':');
}

void json_pair(struct buf *out, bool *first, struct slice key, struct slice value)
{
	if (!*first)
		buf_add_char(out, ',');
	*first = false;
	buf_add_slice(out, key);
	buf_add_char(out, ':');
	buf_add_slice(out, value);
}
