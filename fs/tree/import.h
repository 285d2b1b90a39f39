/*
 * import.h - sends leads that were appended to leads.csv, and what a rewrite of it changes.
 *
 * An import is kept on disk (import_journal.h), then sent batch after batch in the thread that asked; one thread of our own
 * goes on with those that a kill cut short and with those that are resumed. An outcome that is unknown is resolved by sending the
 * batch again: the service adds no lead twice to a campaign, and says which were there (api-facts.md, 4.4).
 */
#pragma once

#include "fs/tree/import_compare.h"
#include "fs/tree/tree.h"

struct imports;

enum { IMPORT_AGE_MS = 3600 * 1000 }; /* what was cut short longer ago waits for `resume` */

/*
 * Opens the journal and starts the thread. After the fork, when the mount is there. state_dir NULL: nothing outlives this
 * process. Failing is no reason not to mount: imports are refused with what went wrong then.
 */
void imports_start(struct tree *t, const char *state_dir, const char *url);

/* Sends no further batch. Before api_stop(). */
void imports_stop(struct tree *t);

/* Waits for the thread. After api_stop(), before whoever listens to the tree goes. */
void imports_join(struct tree *t);

/* After imports_join(); accepts NULL. */
void imports_destroy(struct imports *m);

/*
 * Appends leads to a campaign (at->v[0]): checks all, then sends all. 0: done (rows that the service did not take are in the report);
 * -EINVAL: not a single one was sent. -EINTR: interrupted, the rest waits for `resume`. *ret_taken: all are on disk.
 */
int import_append(struct tree *t, const struct ids *at, struct slice text, struct caller *caller, bool *ret_taken,
	struct refusal *why);

/*
 * leads.csv was written anew. base: the bytes that this process read last (or, when it never did, the present ones, and
 * limits->may_delete is false). Additions are sent as an import, then changes and removals as a plan.
 */
int import_rewrite(struct tree *t, const struct ids *at, struct rows *rows, const struct compare_limits *limits,
	struct caller *caller, struct refusal *why);

/* The four settings of the add-leads call for a campaign, in the order of import_body(). */
int import_settings(struct tree *t, const char *campaign, bool flags[IMPORT_FLAGS], struct refusal *why);

/* Keeps the rows as an import and sends them; for import_rewrite.c. */
int import_rows(struct tree *t, const char *campaign, const struct import_rows *rows, const char *notes, struct caller *caller,
	bool *ret_taken, struct refusal *why);

/* For the files of .smartlead/imports/ and the settings. */
int imports_need_journal(struct tree *t, struct refusal *why);
struct journal *imports_journal(struct tree *t);                /* NULL: it could not be opened */
int imports_resume(struct tree *t, int64_t id, struct refusal *why);
int imports_cancel(struct tree *t, int64_t id, struct refusal *why);
