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
