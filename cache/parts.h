/*
 * parts.h - what cache.c, table.c, flight.c and stats.c share. Private to cache/.
 *
 * The monitor is locked in every function declared here, unless it says otherwise.
 *
 * Invariants: an entry is in the table and in the list of use, or in neither (litter). An entry has at most one flight,
 * the one that began last; a flight whose entry is NULL was superseded by a forget or a write and lands for its waiters
 * only. So "which generation is this flight of" is the question whether its entry still points to it. An entry that
 * has a flight is never dropped. An entry without answer, flight and missing_until_ms is dropped at once.
 */
#pragma once

#include "cache/cache.h"

/* Running out of memory must not end the process: hh.tbl stays NULL then. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

struct entry {
	UT_hash_handle hh;
	struct entry *prev, *next; /* list of use, or litter */
	struct answer *answer;
	struct flight *flight;
	int64_t missing_until_ms;  /* 0: not known to be missing */
	int64_t trouble_until_ms;  /* 0: the last flight did not fail for want of the service */
	bool expired;              /* forgotten: not fresh, whatever the TTL */
	bool demanded;             /* forgotten: the next flight is waited for, however long it takes */
	size_t bytes, spilled;     /* what it was charged for last */
	char key[];
};

/* One caller inside cache_get(), on its stack. */
struct waiter {
	struct waiter *prev, *next;
	struct caller *caller;
	struct flight *flight;    /* what it waits for, NULL when `done` */
	struct answer *stale;     /* what the entry held when it came, or NULL */
	int64_t patience_ms;      /* clock_ms() at which `stale` will do */
	bool done;                /* `answer` or `why` is there */
	struct answer *answer;
	struct refusal why;
};

struct flight {
	struct flight *prev, *next;
	struct cache *cache;
	struct entry *entry; /* NULL: superseded */
	struct waiter *waiters;
	int64_t began_ms, began_wall_ms;
	char key[];
};

struct cache_counts {
	unsigned long long hits, misses, stale, missing, joined, failed, evicted;
};

struct cache {
	struct cache_conf conf;
	struct entry *table;
	struct entry *used; /* most recently used first */
	struct flight *flights;
	size_t bytes, spilled;
	struct cache_counts counts;
};

/* What is to be freed once the monitor is unlocked: freeing may unmap, and calls the owner's model_free. */
struct litter {
	struct entry *entries;
	struct answer *replaced;
};

/* Not locked. */
void litter_release(struct litter *litter);

/* answer.c: bytes in memory, and in mapped files. Needs no lock. */
size_t answer_memory(const struct answer *a, size_t *ret_spilled);

/* table.c */
struct entry *entry_find(struct cache *c, const char *key);
struct entry *entry_create(struct cache *c, const char *key); /* NULL: out of memory */
void entry_touch(struct cache *c, struct entry *e);           /* was used just now; counts its bytes anew */
bool entry_fresh(const struct cache *c, const struct entry *e, int64_t now_ms);
/* Takes `answer`, the one the entry holds from now on; NULL: none. */
void entry_keep(struct cache *c, struct entry *e, struct answer *answer, struct litter *litter);
void entry_settle(struct cache *c, struct entry *e, struct litter *litter); /* drops it if it holds nothing */
void table_trim(struct cache *c, struct litter *litter);      /* drops the least recently used above the bounds */

/* flight.c */
bool is_outage(int err); /* see cache.h; needs no lock */
struct flight *flight_begin(struct cache *c, struct entry *e); /* NULL: out of memory */
void flight_join(struct flight *f, struct waiter *w);
void flight_leave(struct waiter *w);
void flight_supersede(struct entry *e); /* the entry's flight, if any, lands for its waiters only */
