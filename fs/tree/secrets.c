#include "fs/tree/secrets.h"

#include <stdbool.h>
#include <string.h>

#include "fs/format/json.h"

/* Does a member's name sound like something that opens a door? */
static bool is_secret(struct slice key)
{
	static const char *const words[] = {"password", "secret", "token", "credential"};
	char name[128];
	size_t len = key.len < sizeof name - 1 ? key.len : sizeof name - 1;
	memcpy(name, key.ptr, len);
	name[len] = '\0';
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(name, words[i]))
			return true;
	return false;
}

void secrets_hide_member(struct slice key, struct slice value, struct buf *out)
{
	if (is_secret(key) && json_kind(value) == JSON_STRING)
		buf_add_str(out, "\"***\"");
	else
		secrets_hide(value, out);
}

void secrets_hide(struct slice value, struct buf *out)
{
	enum json_kind kind = json_kind(value);
	bool first = true;
	if (kind != JSON_OBJECT && kind != JSON_ARRAY) {
		buf_add_slice(out, value);
		return;
	}
	buf_add_char(out, kind == JSON_OBJECT ? '{' : '[');
	for (struct json_walk w = json_walk(value); json_next(&w); first = false) {
		buf_add_str(out, first ? "" : ",");
		if (kind == JSON_ARRAY) {
			secrets_hide(w.value, out);
			continue;
		}
		buf_add_slice(out, w.key);
		buf_add_char(out, ':');
		secrets_hide_member(w.key, w.value, out);
	}
	buf_add_char(out, kind == JSON_OBJECT ? '}' : ']');
}

/* The end of the value that begins at `at`: of a quoted text, else of the line or of what a comma or brace ends. */
static size_t value_end(struct slice text, size_t at)
{
	size_t i = at;
	if (i < text.len && text.ptr[i] == '"') {
		for (i++; i < text.len && text.ptr[i] != '"' && text.ptr[i] != '\n'; i++)
			i += text.ptr[i] == '\\' && i + 1 < text.len;
		return i < text.len && text.ptr[i] == '"' ? i + 1 : i < text.len ? i : text.len;
	}
	while (i < text.len && !memchr(",}\n", text.ptr[i], 3))
		i++;
	return i;
}

void secrets_hide_in_text(struct slice text, struct buf *out)
{
	size_t copied = 0, line = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\n' || text.ptr[i] == ',' || text.ptr[i] == '{')
			line = i + 1;
		if (text.ptr[i] != ':' || !is_secret((struct slice){text.ptr + line, i - line}))
			continue;
		size_t from = i + 1;
		while (from < text.len && strchr(" \t\r\n", text.ptr[from]) && text.ptr[from])
			from++;
		size_t end = value_end(text, from);
		if (end == from)
			continue;
		buf_add_slice(out, (struct slice){text.ptr + copied, from - copied});
		buf_add_str(out, "\"***\"");
		copied = end;
		i = end - 1;
		line = end;
	}
	buf_add_slice(out, (struct slice){text.ptr + copied, text.len - copied});
}
