#include "fs/format/json.h"

#include "fs/format/json_scan.h"

static bool begins(const char *p, const char *end, const char *word)
{
	size_t len = strlen(word);
	return (size_t)(end - p) >= len && memcmp(p, word, len) == 0;
}

enum json_kind json_kind(struct slice value)
{
	if (value.len == 0)
		return JSON_NONE;
	const char *end = value.ptr + value.len, *p = json_skip_space(value.ptr, end);
	if (p == end)
		return JSON_NONE;
	switch (*p) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case '-':
	case '0' ... '9':
		return JSON_NUMBER;
	case 'n':
		return begins(p, end, "null") ? JSON_NULL : JSON_NONE;
	default:
		return begins(p, end, "true") || begins(p, end, "false") ? JSON_BOOL : JSON_NONE;
	}
}

struct json_walk json_walk(struct slice value)
{
	struct json_walk w = {.rest = SLICE_LITERAL(""), .key = SLICE_LITERAL(""), .value = SLICE_LITERAL("")};
	enum json_kind kind = json_kind(value);
	if (kind != JSON_OBJECT && kind != JSON_ARRAY)
		return w;
	const char *end = value.ptr + value.len, *p = json_skip_space(value.ptr, end);
	w.object = kind == JSON_OBJECT;
	w.rest = (struct slice){p + 1, (size_t)(end - p - 1)};
	return w;
}

/* Takes the key and its colon. NULL: there is none. */
static const char *take_key(struct json_walk *w, const char *p, const char *end)
{
	const char *behind = p < end && *p == '"' ? json_skip_string(p, end) : NULL;
	if (!behind)
		return NULL;
	w->key = (struct slice){p, (size_t)(behind - p)};
	p = json_skip_space(behind, end);
	return p < end && *p == ':' ? json_skip_space(p + 1, end) : NULL;
}

bool json_next(struct json_walk *w)
{
	const char *end = w->rest.ptr + w->rest.len, *p = json_skip_space(w->rest.ptr, end);
	if (p < end && *p == ',')
		p = json_skip_space(p + 1, end);
	if (w->object)
		p = take_key(w, p, end);
	const char *behind = p ? json_skip_value(p, end) : NULL;
	if (!behind) {
		w->rest = SLICE_LITERAL("");
		return false;
	}
	w->value = (struct slice){p, (size_t)(behind - p)};
	w->rest = (struct slice){behind, (size_t)(end - behind)};
	return true;
}

static bool raw_is(struct slice raw, struct slice text)
{
	/* Equal bytes mean the same where no backslash is; a backslash in raw makes it differ from what it means. */
	if (!memchr(raw.ptr, '\\', raw.len))
		return slice_equal(raw, text);
	while (raw.len > 0) {
		char unit[4];
		size_t len, taken = json_unescape(raw, unit, &len);
		if (text.len < len || memcmp(text.ptr, unit, len) != 0)
			return false;
		raw = slice_skip(raw, taken);
		text = slice_skip(text, len);
	}
	return text.len == 0;
}

static bool find_member(struct slice object, struct slice name, struct slice *ret_value)
{
	struct json_walk w = json_walk(object);
	bool found = false;
	if (!w.object)
		return false;
	while (json_next(&w)) {
		struct slice raw = {w.key.ptr + 1, w.key.len - 2};
		if (raw_is(raw, name)) {
			*ret_value = w.value;
			found = true;
		}
	}
	return found;
}

bool json_member(struct slice object, const char *name, struct slice *ret_value)
{
	return find_member(object, slice_of(name), ret_value);
}

bool json_path(struct slice object, const char *path, struct slice *ret_value)
{
	struct slice value = object;
	for (;;) {
		size_t len = strcspn(path, ".");
		if (!find_member(value, (struct slice){path, len}, &value))
			return false;
		if (!path[len])
			break;
		path += len + 1;
	}
	*ret_value = value;
	return true;
}

static void add_decoded(struct slice raw, struct buf *out)
{
	while (raw.len > 0) {
		const char *hit = memchr(raw.ptr, '\\', raw.len);
		size_t plain = hit ? (size_t)(hit - raw.ptr) : raw.len;
		buf_add(out, raw.ptr, plain);
		raw = slice_skip(raw, plain);
		if (raw.len == 0)
			return;
		char unit[4];
		size_t len, taken = json_unescape(raw, unit, &len);
		buf_add(out, unit, len);
		raw = slice_skip(raw, taken);
	}
}

bool json_text(struct slice value, struct buf *out)
{
	struct slice raw;
	switch (json_kind(value)) {
	case JSON_STRING:
		if (!json_raw_string(value, &raw))
			return false;
		add_decoded(raw, out);
		return true;
	case JSON_NUMBER:
	case JSON_BOOL:
		buf_add_slice(out, json_first(value));
		return true;
	case JSON_NULL:
		return true;
	default:
		return false;
	}
}

bool json_is(struct slice value, const char *text)
{
	struct slice raw;
	return json_raw_string(value, &raw) && raw_is(raw, slice_of(text));
}

/* The text of a scalar without its quotes. */
static struct slice bare(struct slice value)
{
	struct slice raw;
	return json_raw_string(value, &raw) ? raw : json_first(value);
}

bool json_int(struct slice value, int64_t *ret_number)
{
	struct slice text = bare(value);
	bool negative = text.len > 0 && text.ptr[0] == '-';
	if (negative)
		text = slice_skip(text, 1);
	if (text.len == 0 || (text.ptr[0] == '0' && text.len > 1))
		return false;
	int64_t number = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		int digit = text.ptr[i] - '0';
		if (__builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, negative ? -digit : digit, &number))
			return false;
	}
	*ret_number = number;
	return true;
}

bool json_bool(struct slice value, bool *ret_bool)
{
	struct slice text = bare(value);
	bool yes = slice_is(text, "true");
	if (!yes && !slice_is(text, "false"))
		return false;
	*ret_bool = yes;
	return true;
}
