/* Each row of the state table in cache.h, and the rules below it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache/cache.h"
#include "fs/base/clock.h"
#include "fs/base/limits.h"
#include "tests/unit/fake_fetch.h"

enum { TTL_MS = 60000, NEGATIVE_MS = 5000, STALE_WAIT_MS = 40, RETRY_MS = 10000, WAITING_MAX = 4, SIZE_BYTES = 100000 };

static struct monitor monitor;
static struct fake_fetch fake;
static struct cache *cache;
static int64_t now_ms; /* the hand of the clock; it starts well behind the real one, which time-outs go by */
static int changes;
static bool changed_had_old, changed_has_now;

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

static int64_t real_ms(void)
{
	clock_set_for_test(-1);
	int64_t ms = clock_ms();
	clock_set_for_test(now_ms);
	return ms;
}

static void set_clock(int64_t ms)
{
	now_ms = ms;
	clock_set_for_test(ms);
}

static int set_up_sized(size_t size_bytes)
{
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
		.size_bytes = size_bytes,
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

static int set_up(void **state)
{
	(void)state;
	return set_up_sized(SIZE_BYTES);
}

static int tear_down(void **state)
{
	(void)state;
	cache_destroy(cache);
	monitor_release(&monitor);
	clock_set_for_test(-1);
	return 0;
}

/* --- readers ----------------------------------------------------------------------------------------------------- */

struct reader {
	pthread_t thread;
	struct caller caller;
	const char *key;
	int rc;
	struct answer *answer;
	struct refusal why;
};

static void get(struct reader *r, const char *key)
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

static int waiting(void)
{
	monitor_lock(&monitor);
	int n = monitor.waiting;
	monitor_unlock(&monitor);
	return n;
}

/* Starts a reader, and returns once `total` of them wait. */
static void start(struct reader *r, const char *key, int64_t deadline_ms, int total)
{
	caller_init(&r->caller, PRIORITY_READ, 4711, deadline_ms);
	r->key = key;
	assert_int_equal(pthread_create(&r->thread, NULL, get_in_thread, r), 0);
	for (int i = 0; waiting() != total && i < 5000; i++)
		usleep(1000);
	assert_int_equal(waiting(), total);
}

static void expect(struct reader *r, const char *want)
{
	assert_int_equal(r->rc, 0);
	assert_string_equal(r->answer->body->data, want);
	answer_unref(r->answer);
	caller_release(&r->caller);
}

static void expect_refused(struct reader *r, int err)
{
	assert_int_equal(r->rc, -err);
	assert_int_equal(r->why.err, err);
	assert_true(r->why.text[0]);
	caller_release(&r->caller);
}

static void join(struct reader *r, const char *want)
{
	pthread_join(r->thread, NULL);
	expect(r, want);
}

static void join_refused(struct reader *r, int err)
{
	pthread_join(r->thread, NULL);
	expect_refused(r, err);
}

static void read_now(const char *key, const char *want)
{
	struct reader r;
	caller_init(&r.caller, PRIORITY_READ, 0, INT64_MAX);
	get(&r, key);
	expect(&r, want);
}

static void read_refused(const char *key, int err)
{
	struct reader r;
	caller_init(&r.caller, PRIORITY_READ, 0, INT64_MAX);
	get(&r, key);
	expect_refused(&r, err);
}

static void script(const char *text, int err)
{
	fake.text = text;
	fake.err = err;
}

/* Holds "old", stale since a while; the clock shows real time, so that stale_wait_ms is that long indeed. */
static void make_stale(const char *key)
{
	int64_t real = real_ms();
	set_clock(real > TTL_MS + 1 ? real - TTL_MS - 1 : 0);
	script("old", 0);
	read_now(key, "old");
	script(NULL, 0);
	set_clock(now_ms + TTL_MS + 1);
}

/* --- the rows of the table --------------------------------------------------------------------------------------- */

static void empty_fetches_and_waits(void **state)
{
	(void)state;
	struct reader r;
	start(&r, "k", INT64_MAX, 1);
	assert_int_equal(fake.calls, 1);
	assert_string_equal(fake.last_key, "k");
	assert_int_equal(fake.last_priority, PRIORITY_READ);
	fake_land(&fake, 0, "one");
	join(&r, "one");
	assert_int_equal(changes, 1);
	assert_false(changed_had_old);
}

static void in_flight_is_shared(void **state)
{
	(void)state;
	struct reader r[3];
	for (int i = 0; i < 3; i++)
		start(&r[i], "k", INT64_MAX, i + 1);
	assert_int_equal(fake.calls, 1);
	fake_land(&fake, 0, "one");
	for (int i = 0; i < 3; i++)
		join(&r[i], "one");
}

static void a_refusal_goes_to_all_who_wait_and_is_not_kept(void **state)
{
	(void)state;
	struct reader r[2];
	start(&r[0], "k", INT64_MAX, 1);
	start(&r[1], "k", INT64_MAX, 2);
	fake_refuse(&fake, 0, EACCES);
	join_refused(&r[0], EACCES);
	join_refused(&r[1], EACCES);
	script("one", 0);
	read_now("k", "one");
	assert_int_equal(fake.calls, 2);
}

static void fresh_answers_at_once(void **state)
{
	(void)state;
	script("one", 0);
	read_now("k", "one");
	set_clock(now_ms + TTL_MS - 1);
	read_now("k", "one");
	assert_int_equal(fake.calls, 1);
	set_clock(now_ms + 1);
	script("two", 0);
	read_now("k", "two");
	assert_int_equal(fake.calls, 2);
	assert_int_equal(changes, 2);
	assert_true(changed_had_old);
}

static void a_ttl_shorter_than_the_latency_fetches_once(void **state)
{
	(void)state;
	struct reader r;
	start(&r, "k", INT64_MAX, 1);
	set_clock(now_ms + 10 * TTL_MS);
	fake_land(&fake, 0, "one");
	join(&r, "one");
	assert_int_equal(fake.calls, 1);
}

static void stale_waits_for_the_new_one(void **state)
{
	(void)state;
	script("one", 0);
	read_now("k", "one");
	set_clock(real_ms() + 100000); /* stale_wait_ms ends long after this test */
	script(NULL, 0);
	struct reader r[2];
	start(&r[0], "k", INT64_MAX, 1);
	start(&r[1], "k", INT64_MAX, 2);
	fake_land(&fake, 1, "two");
	join(&r[0], "two");
	join(&r[1], "two");
	assert_int_equal(fake.calls, 2);
}

static void stale_is_given_when_the_flight_dawdles(void **state)
{
	(void)state;
	make_stale("k");
	read_now("k", "old"); /* waits STALE_WAIT_MS */
	assert_int_equal(fake.calls, 2);
	set_clock(now_ms + STALE_WAIT_MS);
	read_now("k", "old"); /* the same flight; does not wait again */
	assert_int_equal(fake.calls, 2);
	fake_land(&fake, 1, "new");
	read_now("k", "new");
}

static void stale_is_given_in_an_outage(void **state)
{
	(void)state;
	static const int outages[] = {EIO, ETIMEDOUT, EHOSTUNREACH, EBUSY};
	for (size_t i = 0; i < sizeof outages / sizeof *outages; i++) {
		char key[8];
		snprintf(key, sizeof key, "k%zu", i);
		make_stale(key);
		script(NULL, outages[i]);
		read_now(key, "old");
		int calls = fake.calls;
		read_now(key, "old"); /* troubled: at once */
		assert_int_equal(fake.calls, calls);
		assert_true(cache_oldest_stale_ms(cache) > TTL_MS);
		set_clock(now_ms + RETRY_MS);
		script("new", 0);
		read_now(key, "new");
		assert_int_equal(fake.calls, calls + 1);
		assert_int_equal(cache_oldest_stale_ms(cache), 0);
	}
}

static void stale_is_not_given_when_the_service_refuses(void **state)
{
	(void)state;
	make_stale("k");
	script(NULL, EACCES);
	read_refused("k", EACCES);
	script(NULL, EIO);
	read_now("k", "old");
}

static void missing_is_remembered_for_a_while(void **state)
{
	(void)state;
	script(NULL, ENOENT);
	assert_false(cache_known_missing(cache, "k"));
	read_refused("k", ENOENT);
	assert_true(cache_known_missing(cache, "k"));
	read_refused("k", ENOENT);
	assert_int_equal(fake.calls, 1);
	set_clock(now_ms + NEGATIVE_MS);
	assert_false(cache_known_missing(cache, "k"));
	script("one", 0);
	read_now("k", "one");
}

static void missing_drops_the_stale_answer(void **state)
{
	(void)state;
	make_stale("k");
	script(NULL, ENOENT);
	read_refused("k", ENOENT);
	assert_true(changed_had_old);
	assert_false(changed_has_now);
	assert_null(cache_peek(cache, "k", true, NULL));
}

/* --- forget and write -------------------------------------------------------------------------------------------- */

static void forget_takes_a_prefix(void **state)
{
	(void)state;
	script("one", 0);
	read_now("campaigns", "one");
	read_now("campaign/1", "one");
	read_now("campaign/12", "one");
	assert_int_equal(cache_forget(cache, "campaign/"), 2);
	script("two", 0);
	read_now("campaigns", "one");
	read_now("campaign/12", "two");
	assert_int_equal(cache_forget(cache, ""), 3);
	assert_int_equal(cache_forget(cache, "nothing"), 0);
}

static void forgotten_is_waited_for_and_kept_for_an_outage(void **state)
{
	(void)state;
	make_stale("k");
	cache_forget(cache, "");
	struct reader r;
	start(&r, "k", INT64_MAX, 1);
	usleep((STALE_WAIT_MS + 20) * 1000);
	assert_int_equal(waiting(), 1); /* longer than stale_wait_ms: the user asked for it */
	fake_refuse(&fake, 1, EIO);
	join(&r, "old");
	read_now("k", "old");
	assert_int_equal(fake.calls, 2);
}

static void forget_clears_missing(void **state)
{
	(void)state;
	script(NULL, ENOENT);
	read_refused("k", ENOENT);
	cache_forget(cache, "k");
	script("one", 0);
	read_now("k", "one");
}

static void who_comes_after_a_forget_gets_a_flight_of_its_own(void **state)
{
	(void)state;
	struct reader early, late, later;
	start(&early, "k", INT64_MAX, 1);
	assert_int_equal(cache_forget(cache, "k"), 1);
	start(&late, "k", INT64_MAX, 2);
	start(&later, "k", INT64_MAX, 3);
	assert_int_equal(fake.calls, 2);
	fake_land(&fake, 1, "new");
	join(&late, "new");
	join(&later, "new");
	fake_land(&fake, 0, "old");
	join(&early, "old");
	read_now("k", "new"); /* the older flight landed last, and is not kept */
	assert_int_equal(fake.calls, 2);
}

static void a_flight_begun_before_a_write_is_not_kept(void **state)
{
	(void)state;
	struct reader early, late;
	start(&early, "k", INT64_MAX, 1);
	cache_written(cache, "k", NULL);
	fake_land(&fake, 0, "old");
	join(&early, "old");
	assert_null(cache_peek(cache, "k", true, NULL));
	start(&late, "k", INT64_MAX, 1);
	assert_int_equal(fake.calls, 2);
	fake_land(&fake, 1, "new");
	join(&late, "new");
}

static void a_late_enoent_of_an_older_flight_is_not_kept(void **state)
{
	(void)state;
	struct reader early;
	start(&early, "k", INT64_MAX, 1);
	cache_written(cache, "k", fake_answer("mine"));
	fake_refuse(&fake, 0, ENOENT);
	join_refused(&early, ENOENT);
	assert_false(cache_known_missing(cache, "k"));
	read_now("k", "mine");
}

static void written_is_read_back(void **state)
{
	(void)state;
	cache_written(cache, "k", fake_answer("mine"));
	assert_int_equal(changes, 1);
	read_now("k", "mine");
	assert_int_equal(fake.calls, 0);
	int64_t fresh_ms;
	struct answer *a = cache_peek(cache, "k", false, &fresh_ms);
	assert_non_null(a);
	assert_int_equal(fresh_ms, TTL_MS);
	answer_unref(a);
	cache_written(cache, "k", NULL);
	script(NULL, EIO);
	read_refused("k", EIO); /* forgotten wholly: nothing to fall back on */
	cache_written(cache, "unknown", NULL);
}

/* --- bounds ------------------------------------------------------------------------------------------------------ */

static void the_least_recently_used_goes_first(void **state)
{
	(void)state;
	char text[10000];
	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	script(text, 0);
	char key[16];
	for (int i = 0; i < 9; i++) {
		snprintf(key, sizeof key, "k%d", i);
		read_now(key, text);
	}
	read_now("k0", text);
	struct answer *held = cache_peek(cache, "k2", true, NULL);
	read_now("k1", text);
	assert_int_equal(fake.calls, 9);
	read_now("more", text);
	read_now("and more", text);
	assert_int_equal(fake.calls, 11);
	assert_null(cache_peek(cache, "k3", true, NULL));
	read_now("k0", text);
	read_now("k1", text);
	read_now("k2", text);
	assert_int_equal(fake.calls, 11);
	cache_written(cache, "k2", NULL);
	assert_string_equal(held->body->data, text); /* a reader's reference outlives the entry */
	answer_unref(held);
}

static void one_that_is_too_big_is_kept_alone(void **state)
{
	(void)state;
	size_t len = 2 * SIZE_BYTES;
	char *text = calloc(1, len + 1);
	memset(text, 'x', len);
	script("small", 0);
	read_now("small", "small");
	script(text, 0);
	read_now("big", text);
	read_now("big", text);
	assert_int_equal(fake.calls, 2);
	assert_null(cache_peek(cache, "small", true, NULL));
	free(text);
}

static void renderings_and_models_count(void **state)
{
	(void)state;
	struct buf b = BUF_INIT;
	buf_add_str(&b, "rendered");
	struct blob *blob = blob_from_buf(&b);
	struct answer *a = answer_new(NULL, malloc(1), free, SIZE_BYTES);
	assert_ptr_equal(answer_keep_rendered(a, blob), blob);
	buf_add_str(&b, "again");
	struct blob *second = blob_from_buf(&b);
	assert_ptr_equal(answer_keep_rendered(a, second), blob);
	blob_unref(blob);
	blob_unref(second);
	cache_written(cache, "small", fake_answer("small"));
	cache_written(cache, "k", a);
	assert_null(cache_peek(cache, "small", true, NULL));
}

static void missing_ones_are_bounded_too(void **state)
{
	(void)state;
	script(NULL, ENOENT);
	char key[32];
	for (int i = 0; i < 2000; i++) {
		snprintf(key, sizeof key, "no-such-key-%d", i);
		read_refused(key, ENOENT);
	}
	assert_false(cache_known_missing(cache, "no-such-key-0"));
	assert_true(cache_known_missing(cache, "no-such-key-1999"));
}

static void flights_are_not_evicted(void **state)
{
	(void)state;
	struct reader r;
	start(&r, "k", INT64_MAX, 1);
	char *text = calloc(1, SIZE_BYTES + 1);
	memset(text, 'x', SIZE_BYTES);
	for (int i = 0; i < 3; i++)
		cache_written(cache, i % 2 ? "a" : "b", fake_answer(text));
	free(text);
	fake_land(&fake, 0, "one");
	join(&r, "one");
	read_now("k", "one");
	assert_int_equal(fake.calls, 1);
}

/* --- waiting ----------------------------------------------------------------------------------------------------- */

static void an_interrupt_ends_the_wait_and_leaves_the_flight(void **state)
{
	(void)state;
	struct reader r;
	start(&r, "k", INT64_MAX, 1);
	caller_interrupt(&monitor, &r.caller);
	join_refused(&r, EINTR);
	fake_land(&fake, 0, "one");
	read_now("k", "one");
	assert_int_equal(fake.calls, 1);
}

static void who_was_interrupted_before_starts_nothing(void **state)
{
	(void)state;
	struct reader r;
	caller_init(&r.caller, PRIORITY_READ, 0, INT64_MAX);
	caller_interrupt(&monitor, &r.caller);
	get(&r, "k");
	expect_refused(&r, EINTR);
	assert_int_equal(fake.calls, 0);
}

static void a_deadline_ends_the_wait_and_leaves_the_flight(void **state)
{
	(void)state;
	struct reader r;
	caller_init(&r.caller, PRIORITY_READ, 0, real_ms() + 30);
	get(&r, "k");
	expect_refused(&r, ETIMEDOUT);
	fake_land(&fake, 0, "one");
	read_now("k", "one");
	assert_int_equal(fake.calls, 1);
}

static void too_many_waiting_are_refused(void **state)
{
	(void)state;
	script("cached", 0);
	read_now("cached", "cached");
	cache_written(cache, "stale", fake_answer("stale"));
	script(NULL, 0);
	struct reader r[WAITING_MAX];
	for (int i = 0; i < WAITING_MAX; i++)
		start(&r[i], "k", INT64_MAX, i + 1);
	read_refused("k", EBUSY);
	read_refused("other", EBUSY);
	read_now("cached", "cached"); /* what does not wait is served */
	cache_forget(cache, "stale");
	read_now("stale", "stale");
	assert_int_equal(fake.calls, 2);
	fake_land(&fake, 1, "one");
	for (int i = 0; i < WAITING_MAX; i++)
		join(&r[i], "one");
}

static void out_of_memory_is_a_refusal(void **state)
{
	(void)state;
	struct reader r;
	start(&r, "k", INT64_MAX, 1);
	cache_deliver(fake.held[0], NULL);
	join_refused(&r, ENOMEM);
}

static void stats_name_each_flight(void **state)
{
	(void)state;
	struct reader r;
	start(&r, "odd\"key", INT64_MAX, 1);
	struct buf out = BUF_INIT;
	cache_stats(cache, &out);
	assert_non_null(strstr(out.data, "\"key\":\"odd\\\"key\",\"age_ms\":0,\"superseded\":false,\"waiters\":[4711]"));
	assert_non_null(strstr(out.data, "\"misses\":1"));
	buf_release(&out);
	fake_land(&fake, 0, "one");
	join(&r, "one");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(empty_fetches_and_waits),
		CASE(in_flight_is_shared),
		CASE(a_refusal_goes_to_all_who_wait_and_is_not_kept),
		CASE(fresh_answers_at_once),
		CASE(a_ttl_shorter_than_the_latency_fetches_once),
		CASE(stale_waits_for_the_new_one),
		CASE(stale_is_given_when_the_flight_dawdles),
		CASE(stale_is_given_in_an_outage),
		CASE(stale_is_not_given_when_the_service_refuses),
		CASE(missing_is_remembered_for_a_while),
		CASE(missing_drops_the_stale_answer),
		CASE(forget_takes_a_prefix),
		CASE(forgotten_is_waited_for_and_kept_for_an_outage),
		CASE(forget_clears_missing),
		CASE(who_comes_after_a_forget_gets_a_flight_of_its_own),
		CASE(a_flight_begun_before_a_write_is_not_kept),
		CASE(a_late_enoent_of_an_older_flight_is_not_kept),
		CASE(written_is_read_back),
		CASE(the_least_recently_used_goes_first),
		CASE(one_that_is_too_big_is_kept_alone),
		CASE(renderings_and_models_count),
		CASE(missing_ones_are_bounded_too),
		CASE(flights_are_not_evicted),
		CASE(an_interrupt_ends_the_wait_and_leaves_the_flight),
		CASE(who_was_interrupted_before_starts_nothing),
		CASE(a_deadline_ends_the_wait_and_leaves_the_flight),
		CASE(too_many_waiting_are_refused),
		CASE(out_of_memory_is_a_refusal),
		CASE(stats_name_each_flight),
	};
	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
