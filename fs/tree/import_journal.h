/*
 * import_journal.h - every import on disk before its first request, so that a kill loses nothing: SQLite, synchronous.
 *
 * One file an account. Batches of finished requests are emptied; what was rejected is kept for the report. Locks itself
 * (a mutex of its own, taken by nobody who holds the monitor); waits for the disk.
 *
 * An import's state        means
 *   running                requests go out, or will as soon as somebody takes it up
 *   waiting                paused; `echo resume` takes it up again
 *   done, cancelled        the end
 * A batch's state: new, sending (a request may have left), unknown (it did, and nobody saw the answer), stopped (not wholly
 * taken: credits), done, refused. All but the last two are sent on resume.
 */
#pragma once

#include "fs/tree/import_answer.h"
#include "fs/tree/import_parse.h"

enum { IMPORT_BATCH_ROWS = 400, IMPORT_BATCH_BYTES = 8 << 20 };

struct journal;

struct batch {
	int64_t import;
	int64_t number;
	bool again; /* an earlier request with it may have had an effect */
	char *campaign;
	struct buf body;
};
void batch_release(struct batch *b);
#define _cleanup_batch_ __attribute__((cleanup(batch_release)))

/* state_dir NULL: in a temporary file that goes away with the process. NULL: `why` is set. */
struct journal *journal_open(const char *state_dir, const char *url, struct refusal *why);
void journal_close(struct journal *j); /* accepts NULL */

/* Keeps an import, running; on disk when this returns. `notes`: for the report. */
int journal_add(struct journal *j, const char *campaign, const struct import_rows *rows, const bool flags[IMPORT_FLAGS],
	const char *notes, int64_t *ret_id, struct refusal *why);

/*
 * Only one daemon works on an import: a lock that ends with the process. -EBUSY: another one has it. Of one process, the
 * caller sees to it. What was being sent when its last owner ended is unknown from then on.
 */
int journal_claim(struct journal *j, int64_t id, struct refusal *why);
void journal_release(struct journal *j, int64_t id);

/* The next batch to be sent, for any of the owner's threads; it is noted as being sent when this returns. 1; 0: there is none, or the import is not running. */
int journal_next(struct journal *j, int64_t id, struct batch *out, struct refusal *why);

/* The request had an answer (`v`), or not (NULL). */
int journal_answered(struct journal *j, const struct batch *b, const char *state, const struct import_verdict *v,
	struct refusal *why);

/* Changes a state; `from` NULL: whatever it was. 1, or 0: it was not in `from`. */
int journal_set_state(struct journal *j, int64_t id, const char *from, const char *to, const char *message, struct refusal *why);

/* The state of an import ("" when there is none), and whether batches are still to be sent. */
int journal_state(struct journal *j, int64_t id, char state[16], bool *ret_open, struct refusal *why);

/* At the start: what ran when the last mount ended goes on, unless it is older than `age_ms`. */
int journal_settle(struct journal *j, int64_t age_ms, struct refusal *why);

/* The smallest id above `after` (-1: any) of that state (NULL: any). 0: none. */
int64_t journal_next_id(struct journal *j, int64_t after, const char *state);

/* Appends the report as JSON; -ENOENT. */
int journal_report(struct journal *j, int64_t id, struct buf *out, struct refusal *why);

/* Appends the rejected rows as CSV with a column IMPORT_REASON; -ENOENT. */
int journal_rejected(struct journal *j, int64_t id, struct buf *out, struct refusal *why);

/* import-settings.json of a campaign, as it was kept; appends nothing when none was. */
int journal_settings(struct journal *j, const char *campaign, struct buf *out, struct refusal *why);
int journal_keep_settings(struct journal *j, const char *campaign, struct slice text, struct refusal *why);

/* How many rows of it were not taken. */
int64_t journal_rejects(struct journal *j, int64_t id);
