#include "fs/tree/fields.h"

#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/json.h"

/* Follows "a.b.c" (len bytes), decoding strings that hold JSON on the way. */
static bool follow(struct slice object, const char *path, size_t len, struct buf *scratch, struct slice *ret_value)
{
	struct slice value = object;
	char name[64];
	while (len) {
		const char *dot = memchr(path, '.', len);
		size_t part = dot ? (size_t)(dot - path) : len;
		if (json_kind(value) == JSON_STRING) {
			buf_clear(scratch);
			json_text(value, scratch);
			value = buf_slice(scratch);
			if (json_check(value, NULL) < 0)
				return false;
		}
		if (part >= sizeof name)
			return false;
		memcpy(name, path, part);
		name[part] = '\0';
		if (!json_member(value, name, &value))
			return false;
		path += part + (part < len);
		len -= part + (part < len);
	}
	*ret_value = value;
	return true;
}

bool field_find(struct slice object, const char *read, struct buf *scratch, struct slice *ret_value)
{
	while (read && *read) {
		size_t len = strcspn(read, "|");
		if (follow(object, read, len, scratch, ret_value) && json_kind(*ret_value) != JSON_NULL)
			return true;
		read += len + (read[len] == '|');
	}
	return false;
}

static bool is_list(struct slice value)
{
	return json_kind(value) == JSON_ARRAY || json_kind(value) == JSON_OBJECT;
}

static void render_value(const struct field *f, struct slice value, struct buf *out)
{
	_cleanup_buf_ struct buf decoded = BUF_INIT;
	bool list = f->type == FIELD_INTS || f->type == FIELD_WORDS || f->type == FIELD_OBJECT;
	if (list && json_kind(value) == JSON_STRING) {
		json_text(value, &decoded);
		if (json_check(buf_slice(&decoded), NULL) == 0 && is_list(buf_slice(&decoded)))
			value = buf_slice(&decoded);
	}
	if (f->type == FIELD_SECRET) {
		buf_add_str(out, "\"***\"");
		return;
	}
	/* Nested values are indented from the left margin; documents of fields are flat but for lists. */
	if (is_list(value))
		json_compact(value, out);
	else
		buf_add_slice(out, value);
}

void fields_render_members(const struct field *fields, size_t count, struct slice object, bool *first, struct buf *out)
{
	_cleanup_buf_ struct buf scratch = BUF_INIT;
	for (size_t i = 0; i < count; i++) {
		struct slice value;
		buf_printf(out, "%s  \"%s\": ", *first ? "" : ",\n", fields[i].name);
		*first = false;
		if (field_find(object, fields[i].read, &scratch, &value))
			render_value(&fields[i], value, out);
		else
			buf_add_str(out, "null");
	}
}

void fields_render(const struct field *fields, size_t count, struct slice object, struct buf *out)
{
	bool first = true;
	buf_add_str(out, "{\n");
	fields_render_members(fields, count, object, &first, out);
	buf_add_str(out, "\n}\n");
}

void field_text(struct slice object, const char *read, struct buf *out)
{
	_cleanup_buf_ struct buf scratch = BUF_INIT;
	struct slice value;
	if (!field_find(object, read, &scratch, &value))
		return;
	if (is_list(value))
		json_compact(value, out);
	else
		json_text(value, out);
}
