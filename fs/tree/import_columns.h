/*
 * import_columns.h - what the columns of a text of leads mean: the header line in the styles of other tools. Pure.
 *
 * To teach it another tool's name for a column: a row in import_columns.c.
 */
#pragma once

#include "fs/tree/leads.h"

/* What else than a lead_column a column may be. */
enum {
	COLUMN_CUSTOM = LEAD_COLUMNS, /* a custom field */
	COLUMN_CUSTOM_JSON,           /* custom_fields of the service's own export: an object in a cell */
	COLUMN_REASON,                /* why a row was rejected: of our own report, not for the service */
	COLUMN_EMPTY,                 /* without a name: good as long as nothing is in it */
};

struct import_column {
	int what;           /* a lead_column or one of these */
	struct slice name;  /* as it stands in the header, for words */
	struct slice field; /* COLUMN_CUSTOM: the field's name */
};

struct import_columns {
	struct import_column *v;
	size_t count;
	bool header;     /* a line named them */
	struct buf text; /* what the slices point into */
};

#define IMPORT_REASON "rejected_reason"

void import_columns_release(struct import_columns *c);

/* Does this line name columns: is one of its cells, normalised, the e-mail address, and none an address? */
bool import_is_header(const struct slice *cells, size_t count);

/*
 * Reads a header line. `known` (NULL: none): the columns of the file as it was shown; what stands in there has its meaning.
 * -EINVAL "line L, column NAME: …" for two columns of one name.
 */
int import_columns_read(struct import_columns *out, const struct slice *cells, size_t count, size_t line,
	const struct import_columns *known, struct refusal *why);

/* The columns of a text without a header: the standard ones, in their order. */
int import_columns_standard(struct import_columns *out, struct refusal *why);

/* Does a custom field of that name need no "custom:" in front: is it neither a column's name nor another tool's for one? */
bool import_is_plain(struct slice name);

/* Does leads.csv itself give that name a meaning, so that a custom field of it must have "custom:" in front? */
bool import_is_taken(struct slice name);

/* Exactly as leads.csv names them, for its own bytes. */
int import_columns_shown(struct import_columns *out, const struct slice *cells, size_t count, struct refusal *why);
