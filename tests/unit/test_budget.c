/* test_budget.c - the budget with a clock turned by hand, and two daemons that share one. */
#include "check.h"

#include <unistd.h>

#include "fs/api/budget.h"
#include "fs/api/shared_budget.h"
#include "fs/base/clock.h"

static const struct rate_headers silent = {-1, -1, -1, -1};

static void set_up(struct budget *b, int requests, int seconds)
{
	budget_init(b);
	assert_true(budget_add_window(b, requests, seconds));
}

static bool start(struct budget *b, int64_t now_ms)
{
	int place = budget_admit(b, now_ms);
	if (place >= 0)
		budget_left(b, place, now_ms);
	return place >= 0;
}

static void a_window_fills_and_slides(void **state)
{
	struct budget b;
	(void)state;
	set_up(&b, 3, 2);
	assert_true(start(&b, 1000));
	assert_true(start(&b, 1500));
	check_int("left", budget_window_left(&b, 0, 1500), 1);
	assert_true(start(&b, 1600));
	assert_false(start(&b, 1600));
	check_int("ready", budget_ready_ms(&b, 1600), 1000 + 2030);
	check_int("left", budget_window_left(&b, 0, 1600), 0);
	assert_false(start(&b, 3029));
	assert_true(start(&b, 3030));
	assert_false(start(&b, 3030));
	check_int("ready", budget_ready_ms(&b, 3030), 1500 + 2030);
	check_int("left, much later", budget_window_left(&b, 0, 99999), 3);
}

static void what_is_leaving_counts(void **state)
{
	struct budget b;
	(void)state;
	set_up(&b, 2, 1);
	int first = budget_admit(&b, 1000), second = budget_admit(&b, 1000);
	assert_true(first >= 0 && second >= 0);
	check_int("full", budget_admit(&b, 5000), -1);
	check_int("ready", budget_ready_ms(&b, 5000), INT64_MAX);
	budget_cancel(&b, second);
	budget_left(&b, first, 5000);
	assert_true(start(&b, 5000));
	assert_false(start(&b, 6019));
	assert_true(start(&b, 6020));
	/* The place of a process that died is free after a while. */
	set_up(&b, 1, 1);
	assert_true(budget_admit(&b, 1000) >= 0);
	assert_false(start(&b, 1000 + BUDGET_LEAVING_MS - 1));
	assert_true(start(&b, 1000 + BUDGET_LEAVING_MS));
}

static void windows_are_checked(void **state)
{
	struct budget b;
	(void)state;
	budget_init(&b);
	assert_false(budget_add_window(&b, 0, 1));
	assert_false(budget_add_window(&b, 1, 0));
	assert_false(budget_add_window(&b, BUDGET_STARTS_MAX + 1, 1));
	for (int i = 0; i < BUDGET_WINDOWS_MAX; i++)
		assert_true(budget_add_window(&b, BUDGET_STARTS_MAX, 1));
	assert_false(budget_add_window(&b, 1, 1));
}

/* Never more than N starts in any S seconds, whatever the order of admissions, departures and failures. */
static void check_windows(const int64_t *at, int n, const struct budget *b)
{
	for (int w = 0; w < b->window_count; w++) {
		int most = b->windows[w].requests;
		for (int i = most; i < n; i++)
			if (at[i] - at[i - most] < b->windows[w].seconds * 1000)
				fail_msg("window %d/%d: starts %d and %d are %lld ms apart", most, b->windows[w].seconds,
					i - most, i, (long long)(at[i] - at[i - most]));
	}
}

static void no_window_is_ever_over(void **state)
{
	enum { STEPS = 200000, STARTS = 100000 };
	static const int windows[][4] = {{10, 2, 0, 0}, {10, 1, 60, 60}, {1, 1, 0, 0}, {7, 3, 20, 10}};
	int64_t *at = calloc(STARTS, sizeof *at);
	assert_non_null(at);
	(void)state;
	for (size_t w = 0; w < COUNT(windows); w++) {
		struct budget b;
		int leaving[BUDGET_LEAVING_MAX], leaving_count = 0, n = 0;
		int64_t now_ms = 1;
		set_up(&b, windows[w][0], windows[w][1]);
		if (windows[w][2])
			budget_add_window(&b, windows[w][2], windows[w][3]);
		srandom((unsigned)w + 1);
		for (int step = 0; step < STEPS && n < STARTS; step++) {
			now_ms += random() % 3 ? random() % 20 : random() % 400;
			int place = random() % 2 ? budget_admit(&b, now_ms) : -1;
			if (place >= 0)
				leaving[leaving_count++] = place;
			if (leaving_count > 0 && random() % 2) {
				int i = (int)random() % leaving_count;
				place = leaving[i];
				leaving[i] = leaving[--leaving_count];
				if (random() % 10 == 0) {
					budget_cancel(&b, place);
				} else {
					budget_left(&b, place, now_ms);
					at[n++] = now_ms;
				}
			}
		}
		assert_true(n > 1000);
		check_windows(at, n, &b);
	}
	free(at);
}

static void the_budget_is_used_up(void **state)
{
	struct budget b;
	int n = 0;
	(void)state;
	set_up(&b, 10, 2);
	for (int64_t now_ms = 1; now_ms < 60000; now_ms++)
		n += start(&b, now_ms);
	assert_in_range(n, 290, 300);
}

/* Bans. */

static void bans_grow(void **state)
{
	struct budget b;
	struct rate_headers minute = {-1, -1, -1, 60000};
	(void)state;
	set_up(&b, 100, 1);
	budget_ban(&b, 1000, &silent, 1000, 0);
	check_int("first", b.state.banned_until_ms, 3000);
	assert_false(start(&b, 2999));
	/* What was under way when it came is not the next one. */
	budget_ban(&b, 900, &silent, 1100, 0);
	check_int("the same", b.state.banned_until_ms, 3000);
	budget_ban(&b, 3000, &silent, 3000, 0);
	check_int("second", b.state.banned_until_ms, 7000);
	budget_ban(&b, 7000, &minute, 7000, 0);
	check_int("told", b.state.banned_until_ms, 7000 + 240000);
	budget_ban(&b, 300000, &minute, 300000, 0);
	check_int("most", b.state.banned_until_ms, 300000 + 480000);
	for (int64_t at = 1000000; at < 9000000; at += 1000000)
		budget_ban(&b, at, &minute, at, 0);
	check_int("cap", b.state.banned_until_ms, 8000000 + BUDGET_BAN_MS_MAX);
	budget_forgive(&b, 100);
	assert_true(b.state.strikes > 0);
	budget_forgive(&b, 9000000);
	check_int("forgiven", b.state.strikes, 0);
}

static void one_at_a_time_after_a_ban(void **state)
{
	struct budget b;
	(void)state;
	set_up(&b, 100, 1);
	budget_ban(&b, 1000, &silent, 1000, 0);
	int place = budget_admit(&b, 3000);
	assert_true(place >= 0);
	check_int("second", budget_admit(&b, 3000), -1);
	budget_left(&b, place, 3000);
	budget_forgive(&b, 3000);
	assert_true(start(&b, 3001) && start(&b, 3001));
}

static void the_server_tightens(void **state)
{
	static const struct {
		const char *name;
		int64_t reset;
	} cases[] = {{"seconds from now", 5}, {"seconds since 1970", 1700000005}, {"milliseconds", 1700000005000}};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct budget b;
		struct rate_headers h = {60, 2, cases[i].reset, -1};
		set_up(&b, 100, 1);
		int place = budget_admit(&b, 1000);
		uint64_t first = budget_left(&b, place, 1000);
		budget_heard(&b, first, &h, 1000, 1700000000000);
		assert_true(start(&b, 1000) && start(&b, 1000));
		assert_false(start(&b, 1000));
		check_int(cases[i].name, budget_ready_ms(&b, 1000), 6000);
		/* An older answer with a larger number changes nothing. */
		h.remaining = 50;
		budget_heard(&b, first, &h, 1000, 1700000000000);
		assert_false(start(&b, 5999));
		assert_true(start(&b, 6000));
		check_int("limit", b.state.server_limit, 60);
	}
}

static void headers_may_be_junk(void **state)
{
	static const struct rate_headers cases[] = {
		{-1, 0, -1, -1}, {5, -1, 5, -1}, {-1, 0, 0, -1}, {-1, 0, 999999, -1}, {INT64_MAX, 0, INT64_MAX, -1},
		{-1, INT64_MAX, 5, -1}};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct budget b;
		set_up(&b, 100, 1);
		budget_heard(&b, 1, &cases[i], 1000, 1700000000000);
		if (!start(&b, 1000))
			fail_msg("case %zu", i);
	}
}

/* Turns. */

static void turns_go_by_priority_and_age(void **state)
{
	struct budget b;
	int taken[PRIORITIES] = {0}, since_import = 0;
	const int all[PRIORITIES] = {9, 9, 9, 9, 9}, few[PRIORITIES] = {0, 0, 0, 1, 1}, none[PRIORITIES] = {0};
	(void)state;
	set_up(&b, 1, 1);
	assert_int_equal(budget_turn(&b, none), PRIORITIES);
	assert_int_equal(budget_turn(&b, few), PRIORITY_REFRESH);
	for (int i = 0; i < 1000; i++) {
		enum priority turn = budget_turn(&b, all);
		budget_turn_taken(&b, all, turn);
		taken[turn]++;
		since_import = turn == PRIORITY_IMPORT ? 0 : since_import + 1;
		assert_true(since_import < 10);
	}
	assert_true(taken[PRIORITY_WRITE] > 600 && taken[PRIORITY_IMPORT] >= 99);
	assert_true(taken[PRIORITY_READ] > taken[PRIORITY_IMPORT] && taken[PRIORITY_AHEAD] > 0);
}

/* Sharing. */

static void two_daemons_share(void **state)
{
	char dir[] = "/tmp/test-budget-XXXXXX", command[64];
	(void)state;
	assert_non_null(mkdtemp(dir));
	struct shared_budget *a = shared_budget_create(dir, "http://x"), *b = shared_budget_create(dir, "http://x");
	struct shared_budget *other = shared_budget_create(dir, "http://y");
	assert_true(a && b && other);
	struct budget budget;
	set_up(&budget, 2, 1);
	int64_t now_ms = clock_ms();
	int starts = 0;
	for (int i = 0; i < 6; i++) {
		struct shared_budget *one = i % 2 ? a : b;
		struct budget_state *shared = shared_budget_lock(one);
		assert_non_null(shared);
		budget.state = *shared;
		starts += start(&budget, now_ms);
		*shared_budget_state(one) = budget.state;
		shared_budget_unlock(one);
		assert_null(shared_budget_state(one));
	}
	assert_int_equal(starts, 2);
	assert_int_equal(shared_budget_lock(other)->started, 0);
	shared_budget_unlock(other);
	/* Somebody holds the lock for ever: go on alone. */
	assert_non_null(shared_budget_lock(a));
	assert_null(shared_budget_lock(b));
	shared_budget_unlock(b);
	shared_budget_unlock(a);
	/* Junk in the file is no state. */
	snprintf(command, sizeof command, "for f in %s/*; do echo junk > $f; done", dir);
	assert_int_equal(system(command), 0);
	assert_int_equal(shared_budget_lock(a)->started, 0);
	shared_budget_unlock(a);
	shared_budget_destroy(a);
	shared_budget_destroy(b);
	shared_budget_destroy(other);
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	assert_null(shared_budget_create("/nonexistent", "http://x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(a_window_fills_and_slides),
		UNIT_TEST(what_is_leaving_counts),
		UNIT_TEST(windows_are_checked),
		UNIT_TEST(no_window_is_ever_over),
		UNIT_TEST(the_budget_is_used_up),
		UNIT_TEST(bans_grow),
		UNIT_TEST(one_at_a_time_after_a_ban),
		UNIT_TEST(the_server_tightens),
		UNIT_TEST(headers_may_be_junk),
		UNIT_TEST(turns_go_by_priority_and_age),
		UNIT_TEST(two_daemons_share),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
