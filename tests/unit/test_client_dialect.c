/* test_client_dialect.c - sinks, and how the client learns which way to ask, against a scripted server. */
#include "client_rig.h"

#include <unistd.h>

#include "fs/base/secret.h"

/* Sinks. */

struct pan {
	struct buf bytes;
	int restarts;
};

static int pan_take(void *arg, const void *bytes, size_t len, struct refusal *why)
{
	struct pan *pan = arg;
	(void)why;
	buf_add(&pan->bytes, bytes, len);
	return 0;
}

static void pan_restart(void *arg)
{
	struct pan *pan = arg;
	buf_clear(&pan->bytes);
	pan->restarts++;
}

static void a_sink_sees_only_the_good_answer(void **state)
{
	static const struct fake_answer script[] = {
		{.body = "<html>junk</html>"}, {.body = "id,email\n1,a@b", .then = FAKE_CUT}, {.body = "id,email\n1,c@d\n"}};
	struct rig rig;
	struct pan pan = {0};
	struct sink sink = {pan_take, NULL, pan_restart, &pan};
	struct request request = {.endpoint = EP_LEADS_EXPORT, .args = {"7"}, .sink = &sink};
	(void)state;
	set_up(&rig, script, COUNT(script));
	assert_int_equal(ask_request(&rig, &request), 0);
	check_text("sink", buf_slice(&pan.bytes), slice_of("id,email\n1,c@d\n"));
	assert_int_equal(pan.restarts, 1);
	buf_release(&pan.bytes);
	tear_down(&rig);
}

/* Whole for HTTP, but its taker knows better. */
static int pan_end(void *arg, struct refusal *why)
{
	struct pan *pan = arg;
	return pan->bytes.len > 10 ? 0 : refuse(why, EIO, "half of it");
}

static int pan_take_lines(void *arg, const void *bytes, size_t len, struct refusal *why)
{
	pan_take(arg, bytes, len, why);
	return memchr(bytes, '?', len) ? refuse(why, EIO, "not a line of this table") : 0;
}

static void what_a_sink_refuses_is_asked_for_again(void **state)
{
	static const struct fake_answer script[] = {
		{.body = "id,e"}, {.body = "id,email\n???????????\n"}, {.body = "id,email\n1,c@d\n"}};
	struct rig rig;
	struct pan pan = {0};
	struct sink sink = {pan_take_lines, pan_end, pan_restart, &pan};
	struct request request = {.endpoint = EP_LEADS_EXPORT, .args = {"7"}, .sink = &sink};
	(void)state;
	set_up(&rig, script, COUNT(script));
	assert_int_equal(ask_request(&rig, &request), 0);
	check_text("sink", buf_slice(&pan.bytes), slice_of("id,email\n1,c@d\n"));
	assert_int_equal(pan.restarts, 2);
	buf_release(&pan.bytes);
	tear_down(&rig);
}

/* Dialects. */

#define NO_ROUTE {.status = 404, .body = "<!DOCTYPE html><pre>Cannot PATCH /api/v1/campaigns/7/status</pre>"}

static void learns_a_route(void **state)
{
	static const struct fake_answer script[] = {NO_ROUTE, {.body = "{\"ok\":true}"}};
	struct rig rig;
	(void)state;
	set_up_with(&rig, script, 2, (struct api_conf){.dialect = DIALECT_AUTO, .timeout_ms = 4000});
	assert_int_equal(api_dialect(rig.api, EP_CAMPAIGN_STATUS), DIALECT_REFERENCE);
	assert_int_equal(ask(&rig, EP_CAMPAIGN_STATUS, "{\"status\":\"START\"}"), 0);
	assert_int_equal(rig.reply.dialect, DIALECT_LIVE);
	assert_string_equal(fake_body(rig.server, 0), "{\"status\":\"ACTIVE\"}");
	assert_string_equal(fake_body(rig.server, 1), "{\"status\":\"START\"}");
	/* The others begin with it, too. */
	assert_int_equal(api_dialect(rig.api, EP_SEQUENCES_SAVE), DIALECT_LIVE);
	assert_int_equal(ask(&rig, EP_SEQUENCES_SAVE, "{\"sequences\":[{\"id\":1,\"subject\":\"\"}]}"), 0);
	assert_int_equal(ARRIVALS(&rig), 3);
	tear_down(&rig);
}

static void learns_a_field(void **state)
{
	static const struct fake_answer script[] = {
		{.status = 400, .body = "{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"\\\"max_leads_per_day\\\" is not "
			"allowed\",\"validation\":{}}"},
		{.body = "{\"ok\":true}"}};
	struct rig rig;
	(void)state;
	set_up_with(&rig, script, 2, (struct api_conf){.dialect = DIALECT_AUTO, .timeout_ms = 4000});
	assert_int_equal(ask(&rig, EP_CAMPAIGN_SCHEDULE, "{\"timezone\":\"Z\",\"max_leads_per_day\":5}"), 0);
	assert_string_equal(fake_body(rig.server, 1), "{\"timezone\":\"Z\",\"max_new_leads_per_day\":5}");
	tear_down(&rig);
}

static void does_not_switch_for_nothing(void **state)
{
	static const struct fake_answer bad[] = {
		{.status = 400, .body = "{\"error\":\"Bad Request\",\"message\":\"\\\"timezone\\\" is required\"}"},
		{.status = 404, .body = "{\"error\":\"Campaign not found - Invalid campaign_id.\"}"},
		{.status = 401, .body = "{\"message\":\"Invalid API Key\"}"},
		{.status = 500, .body = "{\"error\":\"oops\"}"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct rig rig;
		set_up_with(&rig, &bad[i], 1, (struct api_conf){.dialect = DIALECT_AUTO, .timeout_ms = 4000});
		ask(&rig, EP_CAMPAIGN_SCHEDULE, "{\"max_leads_per_day\":5}");
		check_int("arrivals", ARRIVALS(&rig), 1);
		assert_int_equal(api_dialect(rig.api, EP_CAMPAIGN_SCHEDULE), DIALECT_REFERENCE);
		tear_down(&rig);
	}
}

static void a_call_of_the_other_service_is_not_there(void **state)
{
	static const struct fake_answer script[] = {{.status = 404, .body = "{\"error\":\"Not found\"}"}};
	struct rig rig;
	(void)state;
	set_up_with(&rig, script, 1, (struct api_conf){.dialect = DIALECT_AUTO, .timeout_ms = 4000});
	check_int("first", ask(&rig, EP_BLOCK_LIST, NULL), -EOPNOTSUPP);
	check_int("second", ask(&rig, EP_BLOCK_LIST, NULL), -EOPNOTSUPP);
	assert_int_equal(ARRIVALS(&rig), 1);
	tear_down(&rig);
}

struct two {
	struct rig *rig;
	int done;
	int errs[2];
};

static void note_err(void *arg, const struct refusal *why, struct reply *reply)
{
	struct two *two = arg;
	(void)reply;
	monitor_lock(&two->rig->monitor);
	two->errs[two->done++] = why ? why->err : 0;
	monitor_unlock(&two->rig->monitor);
}

/* Both are on their way when the first learns that the service has no such call: the second says the same. */
static void two_at_once_learn_the_same(void **state)
{
	static const struct fake_answer script[] = {{.status = 404, .body = "{\"error\":\"Not found\"}", .delay_ms = 100}};
	struct rig rig;
	struct two two = {.rig = &rig};
	struct request request = {.endpoint = EP_CAMPAIGN_WEBHOOKS, .args = {"7"}};
	int done = 0;
	(void)state;
	set_up_with(&rig, script, 1, (struct api_conf){.dialect = DIALECT_AUTO, .timeout_ms = 4000});
	for (int i = 0; i < 2; i++)
		assert_int_equal(api_submit(rig.api, &request, PRIORITY_READ, note_err, &two, NULL), 0);
	for (int i = 0; i < 400 && done < 2; i++) {
		usleep(10000);
		monitor_lock(&rig.monitor);
		done = two.done;
		monitor_unlock(&rig.monitor);
	}
	assert_int_equal(done, 2);
	assert_int_equal(ARRIVALS(&rig), 2);
	assert_int_equal(two.errs[0], EOPNOTSUPP);
	assert_int_equal(two.errs[1], EOPNOTSUPP);
	tear_down(&rig);
}

static void fixed_dialects_never_switch(void **state)
{
	static const struct fake_answer script[] = {NO_ROUTE};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 1);
	ask(&rig, EP_CAMPAIGN_STATUS, "{\"status\":\"START\"}");
	check_why("fixed", rig.rc, &rig.why, EOPNOTSUPP, "Cannot PATCH");
	assert_int_equal(ARRIVALS(&rig), 1);
	tear_down(&rig);
}

static void totals_in_place_of_days_switch(void **state)
{
	static const struct fake_answer script[] = {{.body = "{\"id\":7,\"sent_count\":\"3\"}"},
		{.body = "{\"success\":true,\"data\":{\"day_wise_stats\":[{\"date\":\"1 Feb\"}]}}"}};
	struct rig rig;
	(void)state;
	set_up_with(&rig, script, 2, (struct api_conf){.dialect = DIALECT_AUTO, .timeout_ms = 4000});
	assert_int_equal(ask(&rig, EP_DAYS, NULL), 0);
	assert_int_equal(rig.reply.dialect, DIALECT_LIVE);
	assert_true(strncmp(LINE(&rig, 1), "GET /api/v1/analytics/day-wise-overall-stats?start_date=8&end_date=9&"
		"campaign_ids=7&", 80) == 0);
	tear_down(&rig);
}

static void remembers_between_mounts(void **state)
{
	static const struct fake_answer script[] = {NO_ROUTE, {.body = "{\"ok\":true}"}};
	char dir[] = "/tmp/test-client-XXXXXX", command[64];
	struct rig rig;
	(void)state;
	assert_non_null(mkdtemp(dir));
	struct api_conf conf = {.dialect = DIALECT_AUTO, .timeout_ms = 4000, .state_dir = dir};
	set_up_with(&rig, script, 2, conf);
	assert_int_equal(ask(&rig, EP_CAMPAIGN_STATUS, "{\"status\":\"START\"}"), 0);
	api_stop(rig.api);
	api_destroy(rig.api);
	set_up_url(&rig, fake_url(rig.server), conf);
	assert_int_equal(api_dialect(rig.api, EP_CAMPAIGN_STATUS), DIALECT_LIVE);
	assert_int_equal(api_dialect(rig.api, EP_CAMPAIGN_SCHEDULE), DIALECT_LIVE);
	tear_down(&rig);
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	secret_set(KEY);
	const struct CMUnitTest tests[] = {
		UNIT_TEST(a_sink_sees_only_the_good_answer),
		UNIT_TEST(what_a_sink_refuses_is_asked_for_again),
		UNIT_TEST(learns_a_route),
		UNIT_TEST(learns_a_field),
		UNIT_TEST(does_not_switch_for_nothing),
		UNIT_TEST(a_call_of_the_other_service_is_not_there),
		UNIT_TEST(two_at_once_learn_the_same),
		UNIT_TEST(fixed_dialects_never_switch),
		UNIT_TEST(totals_in_place_of_days_switch),
		UNIT_TEST(remembers_between_mounts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
