#include "cache/parts.h"

#include <stdlib.h>
#include <string.h>

#include "fs/base/clock.h"
#include "fs/base/limits.h"

void litter_release(struct litter *litter)
{
	struct entry *e, *next;
	LL_FOREACH_SAFE (litter->entries, e, next) {
		answer_unref(e->answer);
		free(e);
	}
	answer_unref(litter->replaced);
}

struct entry *entry_find(struct cache *c, const char *key)
{
	struct entry *e;
	HASH_FIND_STR(c->table, key, e);
	return e;
}

/* A rendering may have been added to an answer since it was counted. */
static void charge(struct cache *c, struct entry *e)
{
	size_t spilled;
	size_t bytes = sizeof *e + e->hh.keylen + 1 + answer_memory(e->answer, &spilled);
	c->bytes += bytes - e->bytes;
	c->spilled += spilled - e->spilled;
	e->bytes = bytes;
	e->spilled = spilled;
}

struct entry *entry_create(struct cache *c, const char *key)
{
	size_t len = strlen(key);
	struct entry *e = calloc(1, sizeof *e + len + 1);
	if (!e)
		return NULL;
	memcpy(e->key, key, len);
	HASH_ADD_KEYPTR(hh, c->table, e->key, len, e);
	if (!e->hh.tbl) {
		free(e);
		return NULL;
	}
	DL_PREPEND(c->used, e);
	charge(c, e);
	return e;
}

void entry_touch(struct cache *c, struct entry *e)
{
	if (c->used != e) {
		DL_DELETE(c->used, e);
		DL_PREPEND(c->used, e);
	}
	charge(c, e);
}

bool entry_fresh(const struct cache *c, const struct entry *e, int64_t now_ms)
{
	return e->answer && !e->expired && now_ms - e->answer->fetched_ms < c->conf.ttl_ms;
}

static void drop(struct cache *c, struct entry *e, struct litter *litter)
{
	HASH_DEL(c->table, e);
	DL_DELETE(c->used, e);
	c->bytes -= e->bytes;
	c->spilled -= e->spilled;
	LL_PREPEND(litter->entries, e);
}

void entry_keep(struct cache *c, struct entry *e, struct answer *answer, struct litter *litter)
{
	litter->replaced = e->answer;
	e->answer = answer;
	e->missing_until_ms = 0;
	e->trouble_until_ms = 0;
	e->expired = false;
	e->demanded = false;
	charge(c, e);
}

void entry_settle(struct cache *c, struct entry *e, struct litter *litter)
{
	if (!e->answer && !e->flight && e->missing_until_ms == 0)
		drop(c, e, litter);
}

static bool too_much(const struct cache *c)
{
	return c->bytes > c->conf.size_bytes || c->spilled > CACHE_SPILLED_BYTES_MAX ||
		HASH_COUNT(c->table) > CACHE_ENTRIES_MAX;
}

void table_trim(struct cache *c, struct litter *litter)
{
	struct entry *e = c->used ? c->used->prev : NULL;
	/* What was used last stays, also when it alone is too big: else every read of it would be a fetch. */
	while (e && e != c->used && too_much(c)) {
		struct entry *newer = e->prev;
		if (!e->flight) {
			c->counts.evicted++;
			drop(c, e, litter);
		}
		e = newer;
	}
}
