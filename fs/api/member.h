/*
 * member.h - copying JSON objects member by member, with new names and words. Pure; what body.c is made of.
 */
#pragma once

#include <stdbool.h>

#include "fs/base/buf.h"
#include "fs/base/slice.h"

struct word {
	const char *from, *to;
};

/* What becomes of one member. A list of these ends with a row whose `name` is NULL. */
struct member {
	const char *name;
	const char *as;           /* new name; NULL: the same */
	const struct word *words; /* a string, or the strings of an array, are replaced; ends with a NULL row */
	enum { KEEP, DROP, DROP_NULL } what;
};

/* What becomes of members that are not in the list. */
enum others { OTHERS_STAY, OTHERS_GO, OTHERS_STAY_UNLESS_NULL };

/* Appends the members of `object` (no braces), translated. */
void members_copy(struct slice object, const struct member *list, enum others others, struct buf *out, bool *first);

/* The same as a whole object. */
void object_copy(struct slice object, const struct member *list, enum others others, struct buf *out);

/* Appends a string value translated by `words`; anything else as it is. */
void word_copy(struct slice value, const struct word *words, struct buf *out);

/* Does the raw quoted key of a json_walk equal `name`? */
bool key_is(struct slice key, const char *name);
