#include "fs/api/member.h"

#include "fs/format/json.h"

bool key_is(struct slice key, const char *name)
{
	return json_is(key, name);
}

static const struct member *find(const struct member *list, struct slice key)
{
	for (; list && list->name; list++)
		if (key_is(key, list->name))
			return list;
	return NULL;
}

void word_copy(struct slice value, const struct word *words, struct buf *out)
{
	for (; words && words->from; words++) {
		if (json_is(value, words->from)) {
			json_quote(slice_of(words->to), out);
			return;
		}
	}
	buf_add_slice(out, value);
}

static void words_copy(struct slice value, const struct word *words, struct buf *out)
{
	if (!words || json_kind(value) != JSON_ARRAY) {
		word_copy(value, words, out);
		return;
	}
	const char *comma = "";
	buf_add_char(out, '[');
	for (struct json_walk w = json_walk(value); json_next(&w); comma = ",") {
		buf_add_str(out, comma);
		word_copy(w.value, words, out);
	}
	buf_add_char(out, ']');
}

static bool is_dropped(const struct member *member, enum others others, struct slice value)
{
	bool null = json_kind(value) == JSON_NULL;
	if (member)
		return member->what == DROP || (member->what == DROP_NULL && null);
	return others == OTHERS_GO || (others == OTHERS_STAY_UNLESS_NULL && null);
}

void members_copy(struct slice object, const struct member *list, enum others others, struct buf *out, bool *first)
{
	for (struct json_walk w = json_walk(object); json_next(&w);) {
		const struct member *member = find(list, w.key);
		if (is_dropped(member, others, w.value))
			continue;
		if (member && member->as) {
			json_key(out, first, member->as);
		} else {
			buf_add_str(out, *first ? "" : ",");
			*first = false;
			buf_add_slice(out, w.key);
			buf_add_char(out, ':');
		}
		words_copy(w.value, member ? member->words : NULL, out);
	}
}

void object_copy(struct slice object, const struct member *list, enum others others, struct buf *out)
{
	bool first = true;
	buf_add_char(out, '{');
	members_copy(object, list, others, out, &first);
	buf_add_char(out, '}');
}
