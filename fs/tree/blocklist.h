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
