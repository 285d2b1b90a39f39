/* Each row of the state table in cache.h, forgetting and writing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/cache_rig.h"

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
	read_refused("k", ENOENT);
	read_refused("k", ENOENT);
	assert_int_equal(fake.calls, 1);
	set_clock(now_ms + NEGATIVE_MS);
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
	};
	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
