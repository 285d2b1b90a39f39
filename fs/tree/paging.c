#include "fs/tree/paging.h"

#include <stdlib.h>

#include "fs/base/hash.h"

bool page_may_go_on(int64_t got, int64_t limit)
{
	return got > 0 && (got >= limit || got % 100 == 0);
}

void seen_release(struct seen *s)
{
	free(s->before);
	free(s->now);
	*s = (struct seen){0};
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

void seen_page(struct seen *s)
{
	free(s->before);
	s->before = s->now;
	s->before_count = s->now_count;
	if (s->before)
		qsort(s->before, s->before_count, sizeof *s->before, compare);
	s->now = NULL;
	s->now_count = s->now_cap = 0;
}

bool seen_before(struct seen *s, struct slice id)
{
	/* Two ids of one hash among two pages: not in the life of an account. */
	uint64_t h = hash_more(HASH_START, id.ptr, id.len);
	if (s->now_count == s->now_cap) {
		size_t cap = s->now_cap ? s->now_cap * 2 : 128;
		uint64_t *grown = realloc(s->now, cap * sizeof *grown);
		if (!grown)
			return false;
		s->now = grown;
		s->now_cap = cap;
	}
	s->now[s->now_count++] = h;
	return s->before && bsearch(&h, s->before, s->before_count, sizeof h, compare);
}
