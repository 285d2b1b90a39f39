/*
 * cache.h - key → answer: TTL, single flight, negative entries, LRU within a byte budget, stale-if-error.
 *
 * It knows neither FUSE nor HTTP: keys are texts, answers are immutable counted objects, and fetching is a function
 * handed in at creation. Locks itself (the monitor, for microseconds); cache_get() is the one place where a caller
 * waits. The fetch function is called without the lock and must not block: it starts the work and returns.
 *
 *  entry state     | answer | flight | what cache_get() does
 *  ----------------+--------+--------+------------------------------------------------------------------------------
 *  empty           | no     | no     | starts a flight and waits for it
 *  in flight       | no     | yes    | waits for it
 *  fresh           | yes    | no/yes | answers at once
 *  stale           | yes    | no     | starts a flight and waits; when it fails in an outage, or has been under
 *                  |        |        | way for stale_wait_ms, the stale answer is given
 *  stale, flying   | yes    | yes    | waits likewise (the stale answer at once, when stale_wait_ms are over)
 *  stale, troubled | yes    | no     | the last flight failed in an outage less than retry_ms ago: the stale
 *                  |        |        | answer at once
 *  stale, demanded | yes    | no/yes | forgotten by the user: waits, as long as it takes; when it fails in an outage,
 *                  |        |        | the stale answer is given
 *  missing         | no     | no     | the last flight said ENOENT less than negative_ms ago: refuses at once
 *
 * An outage is EIO, ETIMEDOUT, EBUSY, or the network's EHOSTUNREACH and its like: the service is silent or busy, it
 * does not refuse. Another refusal (EACCES …) is handed on even where a stale answer is there.
 *
 * What a flight brings is fresh for all who waited for it, whatever the TTL. A refusal goes to those who waited and is
 * not kept, save ENOENT for negative_ms. cache_written() and cache_forget() supersede the flight under way: it lands
 * for those who waited already and is not kept; who comes later gets a flight of its own.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fs/base/blob.h"
#include "fs/base/buf.h"
#include "fs/base/monitor.h"

/* What was fetched, with what its owner made of it. Never changes once delivered (save the count). */
struct answer {
	atomic_int refs;
	uint64_t serial;          /* unique in this process and growing: says which version this is */
	int64_t fetched_ms;       /* clock_ms() when its flight began; set by cache_deliver() */
	int64_t fetched_wall_ms;
	struct blob *body;        /* may be NULL */
	void *model;              /* the owner's index over the body, may be NULL */
	void (*model_free)(void *model);
	size_t model_bytes;       /* memory of the model, for the budget */
};

/* Takes body and model. NULL (and both released): out of memory. One reference, the caller's. */
struct answer *answer_new(struct blob *body, void *model, void (*model_free)(void *), size_t model_bytes);
struct answer *answer_ref(struct answer *a);
void answer_unref(struct answer *a); /* accepts NULL */
void answer_cleanup(struct answer **a);
#define _cleanup_answer_ __attribute__((cleanup(answer_cleanup)))

struct flight;
struct cache;

struct cache_conf {
	struct monitor *monitor;
	int64_t ttl_ms;
	size_t size_bytes;        /* of all entries in memory; mapped bodies have a bound of their own (limits.h) */
	int64_t negative_ms;
	int64_t stale_wait_ms;
	int64_t retry_ms;
	/*
	 * Starts fetching `key` for `flight` and returns; later exactly one of cache_deliver() and cache_fail() is
	 * called, from any thread (also from within this call). Nothing is locked.
	 */
	void (*fetch)(void *arg, const char *key, enum priority priority, struct flight *flight);
	void *arg;
	/*
	 * An answer was replaced by another one, or refreshed the entry; nothing is locked, readers may have seen it
	 * already. `old` NULL: none was there. `now` NULL: the service says it is gone. Both are borrowed. May be NULL.
	 */
	void (*changed)(void *arg, const char *key, struct answer *old, struct answer *now);
};

struct cache *cache_create(const struct cache_conf *conf);
void cache_destroy(struct cache *c); /* no flight may be under way; accepts NULL */

/*
 * The answer of `key`, waiting for it where needed. 0 and *ret_answer (a reference for the caller), or -errno with
 * `why`: what the fetch refused with, -EINTR, -ETIMEDOUT (caller's deadline), -EBUSY (too many wait), -ENOMEM.
 * An interrupted or timed-out caller leaves the flight running for the next one. One that would have to wait, but is
 * interrupted already or finds too many waiting, starts nothing. A flight keeps the priority it began with.
 */
int cache_get(struct cache *c, const char *key, struct caller *caller, struct answer **ret_answer, struct refusal *why);

/*
 * The answer that is there, without waiting or fetching: NULL when there is none. *ret_fresh_ms: how long it is still
 * fresh, 0 when it is stale. With `any_age` false a stale one is not given.
 */
struct answer *cache_peek(struct cache *c, const char *key, bool any_age, int64_t *ret_fresh_ms);

/*
 * Fetch side; both end the flight. cache_deliver() takes the reference; NULL is out of memory, so that the value of
 * answer_new() can be handed on as it is. cache_fail() copies `why`.
 */
void cache_deliver(struct flight *flight, struct answer *answer);
void cache_fail(struct flight *flight, const struct refusal *why);

/*
 * The user wants `prefix` anew: every entry whose key begins with it is stale from now on, and what was missing may be
 * there. The next cache_get() fetches, also when a flight that began before is under way. "" means all. Returns how
 * many entries there were. Takes time in proportion to the size of the cache.
 */
int cache_forget(struct cache *c, const char *prefix);

/*
 * A changing request succeeded (or may have): begins a new generation of `key`. With `edited` (a reference is taken
 * over) the entry holds that answer from now on, fresh for the TTL: read your writes. With NULL it is forgotten wholly.
 */
void cache_written(struct cache *c, const char *key, struct answer *edited);

/* Appends a JSON object: entries, bytes, counts of outcomes, each flight with its age and its waiters' thread ids. */
void cache_stats(struct cache *c, struct buf *out);

/* Age of the oldest answer whose last flight failed in an outage, so that it is or would be served stale; 0: none. */
int64_t cache_oldest_stale_ms(struct cache *c);

/* Appends the keys that begin with `prefix` and have an answer, each with its NUL. */
void cache_keys(struct cache *c, const char *prefix, struct buf *out);
