/*
 * objects.h - an index over a JSON array of objects with ids: the model of most answers. Pure.
 *
 * The slices point into the answer's body. Two objects of one id: the first is found, both are listed.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "fs/base/refusal.h"
#include "fs/base/slice.h"

struct object {
	int64_t id;
	struct slice json;
	const char *name; /* the file name, "<id>-<safe name>"; owned by the index */
};

/* An id as text, as paths have it. */
struct id_text {
	char text[24];
};

struct objects {
	struct object *items; /* in the API's order */
	size_t count;
	size_t *by_id;        /* positions, by id */
	char *names;          /* all names, one after another */
};

/*
 * Indexes `list`: a JSON array, what answer_list() finds one in, or one object. `name_members`: the
 * members whose text makes the name, the first that is there counts ("name", or "from_email|username"); NULL: no names. Elements without an id
 * are left out. 0, -ENOMEM, or -EIO for something that is no list.
 */
int objects_index(struct slice list, const char *name_members, void **ret_objects, size_t *ret_bytes,
	struct refusal *why);
void objects_free(void *objects);

struct id_text id_text(int64_t id);

/* The object of that id, or NULL. `id` as text, as ids in paths are. */
const struct object *objects_find(const struct objects *o, const char *id);
const struct object *objects_find_id(const struct objects *o, int64_t id);
