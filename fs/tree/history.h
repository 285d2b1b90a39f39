/*
 * history.h - which texts are kept (kept.h), and .smartlead/rejected/ and .smartlead/history/ as files.
 */
#pragma once

#include "fs/tree/plan.h"
#include "fs/tree/tree.h"

/*
 * Keeps what the row shows of `base` before it is replaced or removed. A row without `history` keeps nothing. Not being able to
 * keep it is a reason not to go on. Waits for the disk.
 */
int history_keep(struct tree *t, const struct route *row, const struct ids *at, const struct answers *base, struct refusal *why);

/* The same with a text that is at hand. An empty one is not kept. */
int history_keep_text(struct tree *t, const struct route *row, const struct ids *at, struct slice text, struct refusal *why);

/* Keeps a text that was refused, and says so in `why`. `row`: whose file it would be; passwords are hidden in the JSON of a private one
 * (0600, 0200); a reply is kept as it is. */
void history_reject(struct tree *t, const struct route *row, const struct place *place, const char *name, struct slice text,
	struct refusal *why);
