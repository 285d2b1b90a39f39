#include "fs/tree/objects.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/buf.h"
#include "fs/format/json.h"
#include "fs/format/names.h"

/* Appends the NUL-terminated file name of an element; its place in `names`. */
static size_t add_name(struct slice element, int64_t id, const char *members, struct buf *names)
{
	struct buf text = BUF_INIT;
	char member[64];
	for (const char *m = members; m && *m && text.len == 0;) {
		size_t len = strcspn(m, "|");
		struct slice value;
		if (len < sizeof member) {
			memcpy(member, m, len);
			member[len] = '\0';
			if (json_member(element, member, &value))
				json_text(value, &text);
		}
		m += len + (m[len] == '|');
	}
	size_t at = names->len;
	name_with_id(id, buf_slice(&text), names);
	buf_add_char(names, '\0');
	names->failed |= text.failed;
	buf_release(&text);
	return at;
}

static int compare_ids(const void *a, const void *b, void *items)
{
	size_t i = *(const size_t *)a, k = *(const size_t *)b;
	int64_t x = ((const struct object *)items)[i].id, y = ((const struct object *)items)[k].id;
	return x != y ? (x < y ? -1 : 1) : (i < k ? -1 : i > k);
}

static size_t count_elements(struct slice list)
{
	size_t n = 0;
	for (struct json_walk w = json_walk(list); json_next(&w);)
		n++;
	return n;
}

static void add(struct objects *o, struct slice element, const char *name_members, struct buf *names)
{
	struct slice id;
	struct object *item = &o->items[o->count];
	if (!json_member(element, "id", &id) || !json_int(id, &item->id) || item->id < 0)
		return;
	item->json = element;
	/* The buffer moves while it grows: keep the place for now. */
	item->name = (const char *)(name_members ? add_name(element, item->id, name_members, names) : 0);
	o->by_id[o->count] = o->count;
	o->count++;
}

int objects_index(struct slice body, const char *name_members, void **ret_objects, size_t *ret_bytes,
	struct refusal *why)
{
	struct slice list, id;
	struct buf names = BUF_INIT;
	bool single = false;
	if (!answer_list(body, &list)) {
		if (!json_member(body, "id", &id))
			return refuse(why, EIO, "the API answered with something that is no list");
		list = body;
		single = true;
	}
	size_t n = single ? 1 : count_elements(list);
	struct objects *o = calloc(1, sizeof *o);
	if (!o)
		return refuse_memory(why);
	o->items = calloc(n + 1, sizeof *o->items);
	o->by_id = calloc(n + 1, sizeof *o->by_id);
	if (!o->items || !o->by_id) {
		objects_free(o);
		return refuse_memory(why);
	}
	if (single)
		add(o, list, name_members, &names);
	else
		for (struct json_walk w = json_walk(list); json_next(&w);)
			add(o, w.value, name_members, &names);
	if (buf_failed(&names)) {
		buf_release(&names);
		objects_free(o);
		return refuse_memory(why);
	}
	*ret_bytes = sizeof *o + n * (sizeof *o->items + sizeof *o->by_id) + names.len;
	o->names = buf_steal(&names);
	for (size_t i = 0; i < o->count; i++)
		o->items[i].name = o->names ? o->names + (uintptr_t)o->items[i].name : NULL;
	qsort_r(o->by_id, o->count, sizeof *o->by_id, compare_ids, o->items);
	*ret_objects = o;
	return 0;
}

struct id_text id_text(int64_t id)
{
	struct id_text t;
	snprintf(t.text, sizeof t.text, "%lld", (long long)id);
	return t;
}

void objects_free(void *objects)
{
	struct objects *o = objects;
	if (!o)
		return;
	free(o->items);
	free(o->by_id);
	free(o->names);
	free(o);
}

const struct object *objects_find_id(const struct objects *o, int64_t id)
{
	size_t low = 0, high = o->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (o->items[o->by_id[middle]].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < o->count && o->items[o->by_id[low]].id == id ? &o->items[o->by_id[low]] : NULL;
}

const struct object *objects_find(const struct objects *o, const char *id)
{
	struct slice rest;
	int64_t number;
	if (!id || !name_id(slice_of(id), &number, &rest) || rest.len)
		return NULL;
	return objects_find_id(o, number);
}
