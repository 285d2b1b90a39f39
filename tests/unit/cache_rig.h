/*
 * cache_rig.h - a cache over a fake fetch, with a clock turned by hand and readers in threads, for each test anew.
 */
#pragma once

#include "cache/cache.h"
#include "tests/unit/fake_fetch.h"

enum { TTL_MS = 60000, NEGATIVE_MS = 5000, STALE_WAIT_MS = 40, RETRY_MS = 10000, WAITING_MAX = 4, SIZE_BYTES = 100000 };

extern struct monitor monitor;
extern struct fake_fetch fake;
extern struct cache *cache;
extern int64_t now_ms; /* the hand of the clock; it starts well behind the real one, which time-outs go by */
extern int changes;    /* calls of cache_conf.changed, and what the last one had */
extern bool changed_had_old, changed_has_now;

int rig_set_up(void **state);
int rig_tear_down(void **state);

#define CASE(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

void set_clock(int64_t ms);
int64_t real_ms(void);

/* What the fetch does from now on: answers, refuses, or (NULL, 0) holds. */
void script(const char *text, int err);

/* Holds "old", stale since a while; the clock shows real time, so that stale_wait_ms is that long indeed. */
void make_stale(const char *key);

/* Reads in this thread, and checks what came. */
void read_now(const char *key, const char *want);
void read_refused(const char *key, int err);

/* One cache_get() in a thread of its own. */
struct reader {
	pthread_t thread;
	struct caller caller;
	const char *key;
	int rc;
	struct answer *answer;
	struct refusal why;
};

int waiting(void);

/* Starts a reader, and returns once `total` of them wait. */
void start(struct reader *r, const char *key, int64_t deadline_ms, int total);

/* Waits for the thread, checks what came, and releases it. */
void join(struct reader *r, const char *want);
void join_refused(struct reader *r, int err);

/* The same in pieces and in this thread, for a caller made by hand. */
void get(struct reader *r, const char *key);
void expect(struct reader *r, const char *want);
void expect_refused(struct reader *r, int err);
