/*
 * blocklist.h - the block list's answers and the lines that are kept of them, "<id> <entry>": reading shows the
 * entries, and unblocking needs the ids. Pure.
 */
#pragma once

#include "fs/base/buf.h"
#include "fs/base/refusal.h"
#include "fs/base/slice.h"
#include "fs/tree/paging.h"

/*
 * Appends the lines of one page ("-" for an id that is missing); how many elements it had, and how many the one before
 * it had not.
 */
int blocklist_rows(struct slice body, struct seen *seen, struct buf *out, int64_t *ret_rows, int64_t *ret_fresh,
	struct refusal *why);

/* Is it an e-mail address or a domain? */
bool blocklist_entry_valid(struct slice text);

/*
 * The list was written anew, by who read `seen` (empty: never did): appends what the list shall be, with `now` as the service has
 * it. Lines that were not read are left alone; *ret_left_alone of them stand in `now` and not in the text.
 */
int blocklist_merge(struct slice seen, struct slice text, struct slice now, struct buf *out, size_t *ret_left_alone,
	struct refusal *why);
