/*
 * leads.h - the leads of one campaign, out of one request: the export, rewritten to the contract's columns as it
 * arrives. Never a tree of the whole in memory: the rows are text (spilled when they are many), the index is some
 * twenty bytes a lead.
 */
#pragma once

#include "fs/tree/resource.h"

/* The columns of leads.csv that are not custom fields, in their order; the first LEAD_STANDARD may be written. */
enum lead_column {
	LEAD_EMAIL,
	LEAD_FIRST_NAME,
	LEAD_LAST_NAME,
	LEAD_COMPANY_NAME,
	LEAD_PHONE_NUMBER,
	LEAD_WEBSITE,
	LEAD_LOCATION,
	LEAD_LINKEDIN_PROFILE,
	LEAD_COMPANY_URL,
	LEAD_STANDARD,
	LEAD_ID = LEAD_STANDARD,
	LEAD_MAP_ID,
	LEAD_STATUS,
	LEAD_CATEGORY,
	LEAD_IS_INTERESTED,
	LEAD_CREATED_AT,
	LEAD_IS_UNSUBSCRIBED,
	LEAD_UNSUBSCRIBED_CLIENTS,
	LEAD_LAST_SEQUENCE,
	LEAD_OPENS,
	LEAD_CLICKS,
	LEAD_REPLIES,
	LEAD_COLUMNS
};

extern const char *const lead_columns[LEAD_COLUMNS];

/* One lead's row in the body (leads.csv). */
struct lead_row {
	uint64_t offset;  /* of its line */
	uint32_t len;     /* with its newline */
	uint32_t hash;    /* of its file name */
	bool replied;
	bool twin;        /* an earlier row has the same hash, perhaps the same name */
};

/* The model of a LEADS answer; its body is leads.csv. */
struct leads {
	struct lead_row *rows;
	size_t count, cap;
	uint32_t *slots;            /* open addressing over the file names; UINT32_MAX: free */
	size_t slot_count;          /* a power of two */
	bool has[LEAD_COLUMNS];     /* which columns the export has */
	struct buf custom;          /* names of the custom fields, each with its NUL, in the columns' order */
	size_t custom_count;
};

void leads_free(void *leads);

/* A lead's cells, decoded. `cell[c]` for a column the export does not have is empty. */
struct lead {
	struct slice cell[LEAD_COLUMNS];
	struct slice *custom;       /* leads->custom_count of them */
	struct buf text;            /* what the cells point into */
};
void lead_release(struct lead *lead);
#define _cleanup_lead_ __attribute__((cleanup(lead_release)))

/* Decodes row `i`. 0 or -errno. */
int leads_read(const struct leads *leads, const struct answer *from, size_t i, struct lead *out, struct refusal *why);

/* The row of the lead with that file name; -1: none. */
ptrdiff_t leads_find(const struct leads *leads, const struct answer *from, const char *name);

/* Appends the file name of a lead: its address; where that is no safe name, made safe and with the id in front. */
void lead_file_name(struct slice email, struct slice id, struct buf *out);

/* Appends the file name of row `i`. False: no memory for it. */
bool leads_name(const struct leads *leads, const struct answer *from, size_t i, struct buf *out);

/* Writes one row, and what makes a table of rows (leads->rows are there): its index, and the answer over a body (takes both). */
void leads_add_row(const bool has[LEAD_COLUMNS], const struct slice cells[LEAD_COLUMNS], const struct slice *custom,
	size_t custom_count, struct buf *out);
int leads_index(struct leads *leads);
struct answer *leads_answer(struct blob *body, struct leads *leads);
uint32_t lead_hash(struct slice name);

/*
 * Edits (plan.h) of the row of the lead with the file name args[0]: sets cells out of args[1], an object by column with
 * "custom_fields" in it; or removes the row. A custom field that no lead had can't be set: the export is asked for anew.
 */
struct answer *leads_edit_row(const struct answer *old, char *const args[REQUEST_ARGS]);
struct answer *leads_remove_row(const struct answer *old, char *const args[REQUEST_ARGS]);

/* The lead that v[1] names, out of the export in from->v[0]; -ENOENT. ret_row may be NULL. */
int lead_at(const struct ids *at, const struct answers *from, struct lead *out, size_t *ret_row, struct refusal *why);

/* The id of the lead that v[1] names. -EIO: the export gives it none. */
int lead_id(const struct ids *at, const struct lead *lead, int64_t *ret_id, struct refusal *why);

/* The streaming side, for resources.c: LEADS. */
bool leads_next(struct fetch *f);
int leads_take(struct fetch *f, struct reply *reply, struct refusal *why);
struct answer *leads_finish(struct fetch *f, struct refusal *why);
void leads_state_free(void *state);

/* LEAD_PAGES: what an export lacks, from the paged list; the model is a sorted table of (lead, category). */
int lead_pages_key(const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed,
	struct refusal *why);
bool lead_pages_next(struct fetch *f);
int lead_pages_index(struct slice body, void **ret_model, size_t *ret_bytes, struct refusal *why);
void lead_pages_free(void *model);
/* An edit: the lead args[0] has the category args[1] (JSON). */
struct answer *lead_pages_edit(const struct answer *old, char *const args[REQUEST_ARGS]);
int categories_key(const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed,
	struct refusal *why);

/* Keys that hold a lead's id: THREAD ("/campaign/lead") and LEAD_CAMPAIGNS ("/lead"), after LEADS or LEAD_BY_EMAIL. */
int thread_key(const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed, struct refusal *why);
int lead_campaigns_key(const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed,
	struct refusal *why);
