/*
 * paging.h - lists that come in pages while the account goes on changing: where they end, and what comes twice. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/slice.h"

/*
 * Can there be more behind a page of `got` elements where `limit` were asked for? A full page, and one as full as a
 * service makes it that lowers the limit by itself (100, 200, 500) instead of refusing it: believing that such a page
 * is the last one would show half a list.
 */
bool page_may_go_on(int64_t got, int64_t limit);

/* What the page before this one held: rows that move over the border between two requests come twice. */
struct seen {
	uint64_t *before, *now; /* hashes; `before` is sorted */
	size_t before_count, now_count, now_cap;
};
void seen_release(struct seen *s);

/* Begins the next page. */
void seen_page(struct seen *s);

/* Remembers the element; was it on the page before? When memory is out nothing is remembered, and all are new. */
bool seen_before(struct seen *s, struct slice id);
