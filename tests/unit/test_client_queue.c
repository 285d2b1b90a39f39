/* test_client_queue.c - waiting: bans, the budget, interrupts and the end, against a scripted server. */
#include "client_rig.h"

#include <stdlib.h>
#include <unistd.h>

#include "fs/base/clock.h"
#include "fs/base/secret.h"
#include "fs/format/json.h"

/* The budget. */

static void waits_out_a_ban(void **state)
{
	static const struct fake_answer script[] = {
		{.status = 429, .headers = "Retry-After: 1\r\n", .body = "{}"}, {.body = "[1]"}};
	static const struct fake_answer mute[] = {{.status = 429}, {.body = "{\"ok\":true}"}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 2);
	int64_t start_ms = clock_ms();
	assert_int_equal(ask(&rig, EP_SEQUENCES, NULL), 0);
	assert_in_range(clock_ms() - start_ms, 1000, 2000);
	tear_down(&rig);
	/* A change as well: 429 means that nothing happened. */
	set_up(&rig, mute, 2);
	start_ms = clock_ms();
	assert_int_equal(ask(&rig, EP_REPLY, "{\"email_body\":\"x\"}"), 0);
	assert_in_range(clock_ms() - start_ms, 2000, 3500);
	assert_int_equal(ARRIVALS(&rig), 2);
	tear_down(&rig);
}

static void a_long_ban_is_told_at_once(void **state)
{
	static const struct fake_answer script[] = {{.status = 429, .headers = "Retry-After: 60\r\n"}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 1);
	int64_t start_ms = clock_ms();
	check_int("first", ask(&rig, EP_SEQUENCES, NULL), -EBUSY);
	check_int("second", ask(&rig, EP_SEQUENCES, NULL), -EBUSY);
	assert_in_range(clock_ms() - start_ms, 0, 500);
	assert_int_equal(ARRIVALS(&rig), 1);
	tear_down(&rig);
}

struct crowd {
	struct rig *rig;
	int done, good;
};

static void crowd_done(void *arg, const struct refusal *why, struct reply *reply)
{
	struct crowd *crowd = arg;
	(void)reply;
	monitor_lock(&crowd->rig->monitor);
	crowd->done++;
	crowd->good += why == NULL;
	monitor_unlock(&crowd->rig->monitor);
}

static int crowd_wait(struct crowd *crowd, int want)
{
	for (int i = 0; i < 1000; i++) {
		monitor_lock(&crowd->rig->monitor);
		int done = crowd->done;
		monitor_unlock(&crowd->rig->monitor);
		if (done >= want)
			break;
		usleep(10000);
	}
	return crowd->good;
}

static void crowd_submit(struct crowd *crowd, int n)
{
	struct request request = {.endpoint = EP_SEQUENCES, .args = {"7"}};
	for (int i = 0; i < n; i++)
		assert_int_equal(api_submit(crowd->rig->api, &request, PRIORITY_READ, crowd_done, crowd, NULL), 0);
}

/*
 * How late the server's own thread may note an arrival. 0, so that the limit is exact, but for valgrind (tests/run.sh),
 * which runs one thread at a time: the first arrivals are then noted late, and the next ones look too close.
 */
static int64_t noted_late_ms(void)
{
	const char *text = getenv("TEST_NOTED_LATE_MS");
	return text ? atoi(text) : 0;
}

static void keeps_the_rate(void **state)
{
	static const struct fake_answer script[] = {{.body = "[1]"}};
	struct rig rig;
	struct crowd crowd = {.rig = &rig};
	(void)state;
	set_up_with(&rig, script, 1, (struct api_conf){.dialect = DIALECT_FIX_LIVE, .timeout_ms = 9000,
		.rate = {{4, 1}}, .rate_windows = 1});
	crowd_submit(&crowd, 10);
	_cleanup_buf_ struct buf stats = BUF_INIT;
	api_stats(rig.api, &stats);
	assert_int_equal(json_check(buf_slice(&stats), NULL), 0);
	assert_non_null(strstr(buf_text(&stats), "\"endpoint\":\"sequences\",\"path\":\"campaigns/7/sequences\""));
	assert_int_equal(crowd_wait(&crowd, 10), 10);
	for (int i = 0; i + 4 < 10; i++)
		assert_true(fake_time_ms(rig.server, i + 4) - fake_time_ms(rig.server, i) >= 1000 - noted_late_ms());
	tear_down(&rig);
}

static void waits_for_the_budget_only_so_long(void **state)
{
	static const struct fake_answer script[] = {{.body = "[1]"}};
	struct rig rig;
	(void)state;
	set_up_with(&rig, script, 1, (struct api_conf){.dialect = DIALECT_FIX_LIVE, .rate = {{1, 60}}, .rate_windows = 1});
	assert_int_equal(ask(&rig, EP_SEQUENCES, NULL), 0);
	ask(&rig, EP_SEQUENCES, NULL);
	check_why("budget", rig.rc, &rig.why, EBUSY, "over the budget for waiting");
	tear_down(&rig);
}

/* It was answered before: that answer is what there is to say, not that the next try found no room in time. */
static void a_retry_without_room_tells_the_answer(void **state)
{
	static const struct fake_answer script[] = {{.status = 500, .body = "{\"error\":\"The oven is cold\"}"}};
	struct rig rig;
	(void)state;
	set_up_with(&rig, script, 1,
		(struct api_conf){.dialect = DIALECT_FIX_LIVE, .timeout_ms = 1500, .rate = {{1, 60}}, .rate_windows = 1});
	ask(&rig, EP_SEQUENCES, NULL);
	check_why("answer", rig.rc, &rig.why, EIO, "The oven is cold");
	assert_int_equal(ARRIVALS(&rig), 1);
	tear_down(&rig);
}

static void listens_to_the_rate_headers(void **state)
{
	static const struct fake_answer script[] = {
		{.body = "[1]", .headers = "X-RateLimit-Limit: 1\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1\r\n"},
		{.body = "[1]"}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 2);
	assert_int_equal(ask(&rig, EP_SEQUENCES, NULL), 0);
	int64_t start_ms = clock_ms();
	assert_int_equal(ask(&rig, EP_SEQUENCES, NULL), 0);
	assert_in_range(clock_ms() - start_ms, 900, 2000);
	tear_down(&rig);
}

/* Interrupts. */

struct interruption {
	struct rig *rig;
	struct caller *caller;
};

static void *interrupt_soon(void *arg)
{
	struct interruption *i = arg;
	usleep(100000);
	caller_interrupt(&i->rig->monitor, i->caller);
	return NULL;
}

static int ask_interrupted(struct rig *rig, enum endpoint_id id, const char *body)
{
	struct caller caller;
	struct interruption i = {rig, &caller};
	struct request request = {.endpoint = id, .args = {"7"}, .body = slice_of(body)};
	pthread_t thread;
	caller_init(&caller, PRIORITY_WRITE, 0, INT64_MAX);
	reply_release(&rig->reply);
	pthread_create(&thread, NULL, interrupt_soon, &i);
	rig->rc = api_call(rig->api, &request, &caller, &rig->reply, &rig->why);
	pthread_join(thread, NULL);
	caller_release(&caller);
	return rig->rc;
}

static void an_interrupt_ends_the_wait(void **state)
{
	static const struct fake_answer script[] = {{.body = "{\"ok\":true}", .delay_ms = 300}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 1);
	check_int("rc", ask_interrupted(&rig, EP_REPLY, "{\"email_body\":\"x\"}"), -EINTR);
	assert_true(rig.reply.unknown);
	usleep(500000);
	assert_int_equal(ARRIVALS(&rig), 1);
	tear_down(&rig);
}

static void what_had_not_left_is_withdrawn(void **state)
{
	static const struct fake_answer script[] = {{.body = "[1]"}};
	struct rig rig;
	(void)state;
	set_up_with(&rig, script, 1, (struct api_conf){.dialect = DIALECT_FIX_LIVE, .timeout_ms = 4000,
		.rate = {{1, 1}}, .rate_windows = 1});
	assert_int_equal(ask(&rig, EP_SEQUENCES, NULL), 0);
	check_int("rc", ask_interrupted(&rig, EP_REPLY, "{\"email_body\":\"x\"}"), -EINTR);
	assert_false(rig.reply.unknown);
	usleep(1300000);
	assert_int_equal(ARRIVALS(&rig), 1);
	tear_down(&rig);
}

static void stopping_ends_everything(void **state)
{
	static const struct fake_answer script[] = {{.then = FAKE_HANG}};
	struct rig rig;
	struct crowd crowd = {.rig = &rig};
	(void)state;
	set_up_with(&rig, script, 1, (struct api_conf){.dialect = DIALECT_FIX_LIVE, .timeout_ms = 9000,
		.rate = {{3, 60}}, .rate_windows = 1});
	crowd_submit(&crowd, 8);
	usleep(100000);
	api_stop(rig.api);
	assert_int_equal(crowd.done, 8);
	assert_int_equal(crowd.good, 0);
	tear_down(&rig);
}

int main(void)
{
	secret_set(KEY);
	const struct CMUnitTest tests[] = {
		UNIT_TEST(waits_out_a_ban),
		UNIT_TEST(a_long_ban_is_told_at_once),
		UNIT_TEST(keeps_the_rate),
		UNIT_TEST(waits_for_the_budget_only_so_long),
		UNIT_TEST(a_retry_without_room_tells_the_answer),
		UNIT_TEST(listens_to_the_rate_headers),
		UNIT_TEST(an_interrupt_ends_the_wait),
		UNIT_TEST(what_had_not_left_is_withdrawn),
		UNIT_TEST(stopping_ends_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
