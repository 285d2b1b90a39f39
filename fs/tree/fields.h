/*
 * fields.h - editable JSON documents as lists of fields: one list gives what is shown, what is checked, what is sent.
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/buf.h"
#include "fs/base/refusal.h"
#include "fs/base/slice.h"

enum field_type {
	FIELD_ANY,
	FIELD_BOOL,
	FIELD_INT,
	FIELD_STRING,
	FIELD_HOUR,      /* "HH:MM" */
	FIELD_INTS,      /* an array of whole numbers */
	FIELD_WORDS,     /* an array of words */
	FIELD_WORD,      /* one word */
	FIELD_SECRET,    /* a string that is shown as "***" */
	FIELD_OBJECT,    /* an object of texts (custom fields) */
};

struct field {
	const char *name;    /* as the contract and the user call it */
	const char *read;    /* where the API's object has it: "a.b", alternatives split by '|'; NULL: no answer gives it */
	enum field_type type;
	int64_t min, max;    /* of a number or of each of its numbers; both 0: any */
	const char *words;   /* allowed words, split by blanks; NULL: any */
	bool writable;
	bool nullable;       /* null is a value that may be saved */
	bool needed;         /* a new document must give it */
};

/*
 * Finds a value in the API's object. Where an object is expected and a string that holds JSON stands (old answers), the string
 * is decoded into `scratch`, which must live as long as the value. False: not there.
 */
bool field_find(struct slice object, const char *read, struct buf *scratch, struct slice *ret_value);

/* Appends the document: the fields in their order, null where the API has nothing, and a newline. */
void fields_render(const struct field *fields, size_t count, struct slice object, struct buf *out);

/* Appends the members of one document without the braces, for documents that show more than their fields. */
void fields_render_members(const struct field *fields, size_t count, struct slice object, bool *first, struct buf *out);

/* The scalar text of a value ("" for null or none), for CSV cells. */
void field_text(struct slice object, const char *read, struct buf *out);

/*
 * Checks a saved document against the list and against `now` (the document as it would be shown). Appends an object of
 * the changed fields under the contract's names, nothing when none changed. A field left out is left alone. -EINVAL naming the field: no such
 * field, read-only, wrong type, out of range, twice; or "line L, column C" for bad JSON.
 */
int fields_check(const struct field *fields, size_t count, struct slice now, struct slice text, struct buf *changed,
	struct refusal *why);

/* Appends an object of all writable fields, changed ones first, the others as they are now. -EINVAL when one that may not be null has no value. */
int fields_complete(const struct field *fields, size_t count, struct slice now, struct slice changed, struct buf *out,
	struct refusal *why);

/* The same, but what has no value is left out. */
int fields_known(const struct field *fields, size_t count, struct slice now, struct slice changed, struct buf *out,
	struct refusal *why);

/*
 * A document that makes something new. `now`: what it is a copy of, or the fields without values. Appends an object of all writable
 * fields that have a value. -EINVAL as fields_check(), or naming what is needed; a secret's "***" stands for nothing here.
 */
int fields_new(const struct field *fields, size_t count, struct slice now, struct slice text, struct buf *out,
	struct refusal *why);

/* Appends an object of `changed` under the names that the API's answers have (the first of each). Flat fields only. */
void fields_as_read(const struct field *fields, size_t count, struct slice changed, struct buf *out);
