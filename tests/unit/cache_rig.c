#include "tests/unit/cache_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/base/clock.h"

struct monitor monitor;
struct fake_fetch fake;
struct cache *cache;
int64_t now_ms;
int changes;
bool changed_had_old, changed_has_now;

static void on_changed(void *arg, const char *key, struct answer *old, struct answer *now)
{
	(void)arg;
	(void)key;
	changes++;
	changed_had_old = old != NULL;
	changed_has_now = now != NULL;
}

static void fetch(void *arg, const char *key, enum priority priority, struct flight *flight)
{
	fake_fetch(arg, key, priority, flight);
}

int64_t real_ms(void)
{
	clock_set_for_test(-1);
	int64_t ms = clock_ms();
	clock_set_for_test(now_ms);
	return ms;
}

void set_clock(int64_t ms)
{
	now_ms = ms;
	clock_set_for_test(ms);
}

int rig_set_up(void **state)
{
	(void)state;
	monitor_init(&monitor, WAITING_MAX);
	fake_init(&fake);
	changes = 0;
	/* Well behind, yet never negative on a machine that has just started. */
	set_clock(0);
	int64_t real = real_ms();
	set_clock(real > 1000000 ? real - 1000000 : real / 10);
	struct cache_conf conf = {
		.monitor = &monitor,
		.ttl_ms = TTL_MS,
		.size_bytes = SIZE_BYTES,
		.negative_ms = NEGATIVE_MS,
		.stale_wait_ms = STALE_WAIT_MS,
		.retry_ms = RETRY_MS,
		.fetch = fetch,
		.arg = &fake,
		.changed = on_changed,
	};
	cache = cache_create(&conf);
	return cache ? 0 : -1;
}

int rig_tear_down(void **state)
{
	(void)state;
	cache_destroy(cache);
	monitor_release(&monitor);
	clock_set_for_test(-1);
	return 0;
}

/* --- readers ----------------------------------------------------------------------------------------------------- */

void get(struct reader *r, const char *key)
{
	r->key = key;
	r->answer = NULL;
	r->rc = cache_get(cache, key, &r->caller, &r->answer, &r->why);
}

static void *get_in_thread(void *arg)
{
	struct reader *r = arg;
	get(r, r->key);
	return NULL;
}

int waiting(void)
{
	monitor_lock(&monitor);
	int n = monitor.waiting;
	monitor_unlock(&monitor);
	return n;
}

/* Starts a reader, and returns once `total` of them wait. */
void start(struct reader *r, const char *key, int64_t deadline_ms, int total)
{
	caller_init(&r->caller, PRIORITY_READ, 4711, deadline_ms);
	r->key = key;
	assert_int_equal(pthread_create(&r->thread, NULL, get_in_thread, r), 0);
	for (int i = 0; waiting() != total && i < 5000; i++)
		usleep(1000);
	assert_int_equal(waiting(), total);
}

void expect(struct reader *r, const char *want)
{
	assert_int_equal(r->rc, 0);
	assert_string_equal(r->answer->body->data, want);
	answer_unref(r->answer);
	caller_release(&r->caller);
}

void expect_refused(struct reader *r, int err)
{
	assert_int_equal(r->rc, -err);
	assert_int_equal(r->why.err, err);
	assert_true(r->why.text[0]);
	caller_release(&r->caller);
}

void join(struct reader *r, const char *want)
{
	pthread_join(r->thread, NULL);
	expect(r, want);
}

void join_refused(struct reader *r, int err)
{
	pthread_join(r->thread, NULL);
	expect_refused(r, err);
}

void read_now(const char *key, const char *want)
{
	struct reader r;
	caller_init(&r.caller, PRIORITY_READ, 0, INT64_MAX);
	get(&r, key);
	expect(&r, want);
}

void read_refused(const char *key, int err)
{
	struct reader r;
	caller_init(&r.caller, PRIORITY_READ, 0, INT64_MAX);
	get(&r, key);
	expect_refused(&r, err);
}

void script(const char *text, int err)
{
	fake.text = text;
	fake.err = err;
}

/* Holds "old", stale since a while; the clock shows real time, so that stale_wait_ms is that long indeed. */
void make_stale(const char *key)
{
	int64_t real = real_ms();
	set_clock(real > TTL_MS + 1 ? real - TTL_MS - 1 : 0);
	script("old", 0);
	read_now(key, "old");
	script(NULL, 0);
	set_clock(now_ms + TTL_MS + 1);
}
