/* What bounds the cache: bytes, entries, waiters, deadlines, interrupts. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/cache_rig.h"

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

static void models_count(void **state)
{
	(void)state;
	cache_written(cache, "small", fake_answer("small"));
	cache_written(cache, "k", answer_new(NULL, malloc(1), free, SIZE_BYTES));
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
	int calls = fake.calls;
	read_refused("no-such-key-1999", ENOENT);
	assert_int_equal(fake.calls, calls);
	read_refused("no-such-key-0", ENOENT);
	assert_int_equal(fake.calls, calls + 1);
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
	assert_non_null(strstr(out.data, "{\"key\":\"odd\\\"key\",\"age_ms\":0,\"superseded\":false,"));
	assert_non_null(strstr(out.data, "\"waiters\":[4711]"));
	assert_non_null(strstr(out.data, "\"misses\":1"));
	buf_release(&out);
	fake_land(&fake, 0, "one");
	join(&r, "one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_least_recently_used_goes_first),
		CASE(one_that_is_too_big_is_kept_alone),
		CASE(models_count),
		CASE(missing_ones_are_bounded_too),
		CASE(flights_are_not_evicted),
		CASE(an_interrupt_ends_the_wait_and_leaves_the_flight),
		CASE(who_was_interrupted_before_starts_nothing),
		CASE(a_deadline_ends_the_wait_and_leaves_the_flight),
		CASE(too_many_waiting_are_refused),
		CASE(out_of_memory_is_a_refusal),
		CASE(stats_name_each_flight),
	};
	return cmocka_run_group_tests_name("cache_limits", tests, NULL, NULL);
}
