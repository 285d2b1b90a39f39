/* test_client.c - the API layer against a scripted server on loopback: retries, refusals, time-outs, bounds, the key. */
#include "client_rig.h"

#include <unistd.h>

#include "fs/base/clock.h"
#include "fs/base/secret.h"

/* Good answers. */

static void gets_a_list(void **state)
{
	static const struct fake_answer script[] = {{.body = "[{\"id\":1}]"}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 1);
	ask(&rig, EP_SEQUENCES, NULL);
	check_body(&rig, "[{\"id\":1}]");
	assert_int_equal(rig.reply.status, 200);
	assert_string_equal(LINE(&rig, 0), "GET /api/v1/campaigns/7/sequences?api_key=k3y%2Fwith%2Bsigns");
	assert_int_equal(rig.events, 1);
	tear_down(&rig);
}

static void sends_a_body_of_the_dialect(void **state)
{
	static const struct fake_answer script[] = {{.body = "{\"ok\":true}"}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 1);
	ask(&rig, EP_CAMPAIGN_STATUS, "{\"status\":\"ACTIVE\"}");
	check_body(&rig, "{\"ok\":true}");
	assert_string_equal(fake_body(rig.server, 0), "{\"status\":\"START\"}");
	assert_true(strncmp(LINE(&rig, 0), "POST /api/v1/campaigns/7/status?", 32) == 0);
	tear_down(&rig);
}

static void refuses_at_once(void **state)
{
	static const struct fake_answer script[] = {{.body = "[]"}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 1);
	check_int("column", ask(&rig, EP_WEBHOOKS, NULL), -EOPNOTSUPP);
	check_int("body", ask(&rig, EP_CAMPAIGN_STATUS, "{\"status\""), -EINVAL);
	check_int("argument", ask_request(&rig, &(struct request){.endpoint = EP_CAMPAIGN, .args = {".."}}), -EINVAL);
	assert_int_equal(ARRIVALS(&rig), 0);
	tear_down(&rig);
}

/* Passing failures. */

static void check_repaired(const struct fake_answer *script, size_t len)
{
	struct rig rig;
	set_up(&rig, script, len);
	ask(&rig, EP_SEQUENCES, NULL);
	check_body(&rig, "[1]");
	check_int("arrivals", ARRIVALS(&rig), (int64_t)len);
	tear_down(&rig);
}

static void repairs_what_passes(void **state)
{
	static const struct fake_answer bad[] = {
		{.status = 500, .body = "{\"error\":\"oops\"}"},
		{.status = 502, .body = "<html>bad gateway</html>"},
		{.then = FAKE_RESET},
		{.body = "[{\"id\":1", .then = FAKE_CUT},
		{.body = "<html>junk</html>"},
		{.body = "[{\"id\":"},
		{.body = ""},
		{.bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1,2", .then = FAKE_CLOSE},
		{.bytes = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\njunk", .then = FAKE_CLOSE},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct fake_answer script[] = {bad[i], {.body = "[1]"}};
		check_repaired(script, 2);
	}
}

static void gives_up_after_four_tries(void **state)
{
	static const struct fake_answer script[] = {{.status = 503, .body = "<h1>Service Unavailable</h1>"}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 1);
	int64_t start_ms = clock_ms();
	ask(&rig, EP_SEQUENCES, NULL);
	check_why("503", rig.rc, &rig.why, EIO, "Service Unavailable (HTTP 503)");
	assert_int_equal(ARRIVALS(&rig), 4);
	assert_int_equal(rig.events, 4);
	assert_in_range(clock_ms() - start_ms, 1000, 4000);
	tear_down(&rig);
}

static void an_empty_object_does_not_exist(void **state)
{
	static const struct fake_answer script[] = {{.body = ""}};
	static const struct fake_answer braces[] = {{.body = "{}"}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 1);
	check_int("empty", ask(&rig, EP_CAMPAIGN, NULL), -ENOENT);
	assert_int_equal(ARRIVALS(&rig), 2);
	tear_down(&rig);
	set_up(&rig, braces, 1);
	check_int("{}", ask(&rig, EP_LEAD_BY_EMAIL, NULL), -ENOENT);
	assert_int_equal(ARRIVALS(&rig), 1);
	tear_down(&rig);
}

static void refused_is_refused(void **state)
{
	static const struct {
		const char *name;
		struct fake_answer answer;
		int want;
		const char *words;
	} cases[] = {
		{"400", {.status = 400, .body = "{\"error\":\"Invalid timezone - X\"}"}, EINVAL, "Invalid timezone - X"},
		{"422", {.status = 422, .body = "{\"message\":\"no\"}"}, EINVAL, "no"},
		{"401", {.status = 401, .body = "{\"message\":\"Invalid API Key\"}"}, EACCES, "Invalid API Key"},
		{"404", {.status = 404, .body = "{\"error\":\"Campaign not found\"}"}, ENOENT, "Campaign not found"},
		{"active", {.status = 400, .body = "{\"error\":\"Campaign is ACTIVE\"}"}, EBUSY, "ACTIVE"},
		{"3xx", {.status = 302, .headers = "Location: http://127.0.0.1:1/\r\n"}, EIO, "redirect"},
		{"final 500", {.status = 500, .body = "{\"error\":\"You cannot resume this lead.\"}"}, EINVAL, "cannot"},
		{"ok:false", {.body = "{\"ok\":false,\"message\":\"not today\"}"}, EINVAL, "not today"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct rig rig;
		set_up(&rig, &cases[i].answer, 1);
		ask(&rig, EP_CAMPAIGN_SCHEDULE, "{\"timezone\":\"X\"}");
		check_why(cases[i].name, rig.rc, &rig.why, cases[i].want, cases[i].words);
		check_int(cases[i].name, ARRIVALS(&rig), 1);
		assert_false(rig.reply.unknown);
		tear_down(&rig);
	}
}

/* Changes that must not repeat. */

static void a_lost_reply_is_not_repeated(void **state)
{
	static const struct fake_answer bad[] = {
		{.then = FAKE_RESET},
		{.then = FAKE_CLOSE, .bytes = ""},
		{.status = 502, .body = "<html></html>"},
		{.status = 524, .body = "error code: 524"},
		{.body = "{\"ok\"", .then = FAKE_CUT},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		/* First a GET, so that a kept connection is there to be misused. */
		struct fake_answer script[] = {{.body = "[1]"}, bad[i], {.body = "{\"ok\":true}"}};
		struct rig rig;
		set_up(&rig, script, COUNT(script));
		ask(&rig, EP_SEQUENCES, NULL);
		ask(&rig, EP_REPLY, "{\"email_body\":\"x\"}");
		check_why("reply", rig.rc, &rig.why, EIO, "outcome is unknown");
		assert_true(rig.reply.unknown);
		check_int("arrivals", ARRIVALS(&rig), 2);
		tear_down(&rig);
	}
}

static void a_dead_kept_connection_is_no_harm(void **state)
{
	/* The server closes each connection after its answer without saying so. */
	static const struct fake_answer script[] = {{.body = "[1]", .then = FAKE_CLOSE}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(&rig, EP_SEQUENCES, NULL), 0);
	assert_int_equal(ask(&rig, EP_REPLY, "{\"email_body\":\"x\"}"), 0);
	assert_int_equal(ARRIVALS(&rig), 6);
	tear_down(&rig);
}

static void a_repeatable_change_is_repeated(void **state)
{
	static const struct fake_answer script[] = {{.then = FAKE_RESET}, {.body = "{\"ok\":true}"}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 2);
	assert_int_equal(ask(&rig, EP_CAMPAIGN_STATUS, "{\"status\":\"PAUSED\"}"), 0);
	assert_int_equal(ARRIVALS(&rig), 2);
	tear_down(&rig);
}

/* Time and size. */

static void silence_ends(void **state)
{
	static const struct fake_answer bad[] = {{.then = FAKE_HANG}, {.then = FAKE_DRIP, .body = "["}};
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct rig rig;
		set_up_hasty(&rig, &bad[i], 1);
		int64_t start_ms = clock_ms();
		ask(&rig, EP_SEQUENCES, NULL);
		check_why("silence", rig.rc, &rig.why, ETIMEDOUT, "no answer in time");
		assert_in_range(clock_ms() - start_ms, TIMEOUT_MS - 1, 3 * TIMEOUT_MS);
		assert_int_equal(ARRIVALS(&rig), 1);
		tear_down(&rig);
	}
}

static void silence_after_a_change_is_unknown(void **state)
{
	static const struct fake_answer script[] = {{.then = FAKE_HANG}};
	struct rig rig;
	(void)state;
	set_up_hasty(&rig, script, 1);
	ask(&rig, EP_CAMPAIGN_CREATE, "{\"name\":\"x\"}");
	check_why("create", rig.rc, &rig.why, ETIMEDOUT, "outcome is unknown");
	assert_true(rig.reply.unknown);
	tear_down(&rig);
}

static void nobody_listens(void **state)
{
	struct rig rig = {0};
	(void)state;
	set_up_url(&rig, "http://127.0.0.1:1/api/v1", (struct api_conf){.dialect = DIALECT_FIX_LIVE, .timeout_ms = 4000});
	ask(&rig, EP_CAMPAIGN_CREATE, "{\"name\":\"x\"}");
	check_why("refused", rig.rc, &rig.why, EHOSTUNREACH, "out of reach");
	assert_false(rig.reply.unknown);
	tear_down(&rig);
}

static void an_endless_body_is_too_big(void **state)
{
	static const struct fake_answer script[] = {{.then = FAKE_FLOOD, .body = "["}};
	static const struct fake_answer error[] = {{.status = 400, .then = FAKE_FLOOD, .body = "sorry"}};
	struct rig rig;
	(void)state;
	set_up(&rig, script, 1);
	check_int("2xx", ask(&rig, EP_SEQUENCES, NULL), -EFBIG);
	tear_down(&rig);
	set_up(&rig, error, 1);
	check_int("400", ask(&rig, EP_SEQUENCES, NULL), -EINVAL);
	tear_down(&rig);
}

int main(void)
{
	secret_set(KEY);
	const struct CMUnitTest tests[] = {
		UNIT_TEST(gets_a_list),
		UNIT_TEST(sends_a_body_of_the_dialect),
		UNIT_TEST(refuses_at_once),
		UNIT_TEST(repairs_what_passes),
		UNIT_TEST(gives_up_after_four_tries),
		UNIT_TEST(an_empty_object_does_not_exist),
		UNIT_TEST(refused_is_refused),
		UNIT_TEST(a_lost_reply_is_not_repeated),
		UNIT_TEST(a_dead_kept_connection_is_no_harm),
		UNIT_TEST(a_repeatable_change_is_repeated),
		UNIT_TEST(silence_ends),
		UNIT_TEST(silence_after_a_change_is_unknown),
		UNIT_TEST(nobody_listens),
		UNIT_TEST(an_endless_body_is_too_big),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
