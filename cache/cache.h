/*
 * cache.h - key → answer: TTL, single flight, negative entries, LRU within a byte budget, stale-if-error, generations.
 *
 * It knows neither FUSE nor HTTP: keys are texts, answers are immutable counted objects, and fetching is a function
 * handed in at creation. Locks itself (the monitor, for microseconds); cache_get() is the one place where a caller
 * waits. The fetch function is called without the lock and must not block: it starts the work and returns.
 *
 *  entry state     | answer | flight | what cache_get() does
 *  ----------------+--------+--------+------------------------------------------------------------------
 *  empty           | no     | no     | starts a flight and waits for it
 *  in flight       | no     | yes    | waits for it
 *  fresh           | yes    | no/yes | answers at once
 *  stale           | yes    | no     | starts a flight and waits; when it fails for want of the service (see below), or takes longer than
 *                  |        |        | stale_wait_ms, the stale answer is given
 *  stale, flying   | yes    | yes    | waits likewise
 *  stale, troubled | yes    | no     | the last flight failed less than retry_ms ago: the stale answer at once
 *  missing         | no     | no     | the last flight said ENOENT less than negative_ms ago: refuses at once
 *
 * An answer whose flight began after the caller came is fresh for that caller, whatever the TTL. A refusal goes to
 * those who waited and is not kept, save ENOENT for negative_ms. A write on a key begins a new generation: an answer of
 * a flight that began before it is given to its waiters, but not kept.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fs/base/blob.h"
#include "fs/base/buf.h"
#include "fs/base/monitor.h"

/* What was fetched, with what its owner made of it. Never changes once delivered (save the atomic fields). */
struct answer {
	atomic_int refs;
	uint64_t serial;          /* unique in this process and growing: says which version this is */
	int64_t fetched_ms;       /* clock_ms() when its flight began; set by cache_deliver() */
	int64_t fetched_wall_ms;
	struct blob *body;        /* may be NULL */
	void *model;              /* the owner's index over the body, may be NULL */
	void (*model_free)(void *model);
	size_t model_bytes;       /* memory of the model, for the budget */
	_Atomic(struct blob *) rendered; /* an expensive rendering kept with it, or NULL; see answer_keep_rendered() */
};

/* Takes body and model. NULL (and both released): out of memory. One reference, the caller's. */
struct answer *answer_new(struct blob *body, void *model, void (*model_free)(void *), size_t model_bytes);
struct answer *answer_ref(struct answer *a);
void answer_unref(struct answer *a); /* accepts NULL */
void answer_cleanup(struct answer **a);
#define _cleanup_answer_ __attribute__((cleanup(answer_cleanup)))

/* Keeps `blob` (a reference is taken) as the answer's rendering unless there is one already; returns the one kept, borrowed. */
struct blob *answer_keep_rendered(struct answer *a, struct blob *blob);

struct flight;
struct cache;

struct cache_conf {
	struct monitor *monitor;
	int64_t ttl_ms;
	size_t size_bytes;        /* of answers in memory; mapped bodies do not count */
	int64_t negative_ms;
	int64_t stale_wait_ms;
	int64_t retry_ms;
	/*
	 * Starts fetching `key` for `flight` and returns; later exactly one of cache_deliver() and cache_fail() is called,
	 * from any thread (also from within this call). Nothing is locked.
	 */
	void (*fetch)(void *arg, const char *key, enum priority priority, struct flight *flight);
	void *arg;
	/* An answer was replaced by another one, or refreshed the entry; nothing is locked. May be NULL. `old` may be NULL. */
	void (*changed)(void *arg, const char *key, struct answer *old, struct answer *now);
};

struct cache *cache_create(const struct cache_conf *conf);
void cache_destroy(struct cache *c); /* no flight may be under way; accepts NULL */

/*
 * The answer of `key`, waiting for it where needed. 0 and *ret_answer (a reference for the caller), or -errno with
 * `why`: what the fetch refused with, -EINTR, -ETIMEDOUT (caller's deadline), -EBUSY (too many wait), -ENOMEM.
 * An interrupted or timed-out caller leaves the flight running for the next one.
 */
int cache_get(struct cache *c, const char *key, struct caller *caller, struct answer **ret_answer, struct refusal *why);

/*
 * The answer that is there, without waiting or fetching: NULL when there is none. *ret_fresh_ms: how long it is still
 * fresh, 0 when it is stale. With `any_age` false a stale one is not given.
 */
struct answer *cache_peek(struct cache *c, const char *key, bool any_age, int64_t *ret_fresh_ms);

/* Was it looked for and missing, less than negative_ms ago? */
bool cache_known_missing(struct cache *c, const char *key);

/* Fetch side. cache_deliver() takes the reference. cache_fail() copies `why`. Both end the flight. */
void cache_deliver(struct flight *flight, struct answer *answer);
void cache_fail(struct flight *flight, const struct refusal *why);

/*
 * Makes every entry whose key begins with `prefix` stale (kept for stale-if-error only, and for as long as the service is
 * silent): the next cache_get() fetches anew, also when a flight that began before is under way. "" means all. Returns how many there were.
 */
int cache_forget(struct cache *c, const char *prefix);

/*
 * A changing request succeeded (or may have): begins a new generation of `key`. With `edited` (a reference is taken
 * over) the entry holds that answer from now on, fresh for the TTL: read your writes. With NULL it is forgotten wholly.
 */
void cache_written(struct cache *c, const char *key, struct answer *edited);

/* Appends a JSON object: entries, bytes, spilled bytes, hits, misses, stale served, oldest age, and each flight with its age and waiters (thread ids). */
void cache_stats(struct cache *c, struct buf *out);

/* Visits each entry's key and age (ms since fetched) of stale answers being served. For status. */
int64_t cache_oldest_stale_ms(struct cache *c);
