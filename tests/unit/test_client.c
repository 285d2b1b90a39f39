/* test_client.c - the API layer against a scripted server on loopback: retries, time-outs, bounds, dialects, the key. */
#include "check.h"

#include <pthread.h>
#include <unistd.h>

#include "fake_http.h"
#include "fs/api/api.h"
#include "fs/base/clock.h"
#include "fs/base/secret.h"
#include "fs/format/json.h"

#define KEY "k3y/with+signs"

enum { TIMEOUT_MS = 400 };

struct rig {
	struct monitor monitor;
	struct fake_http *server;
	struct api *api;
	struct reply reply;
	struct refusal why;
	int rc;
	pthread_mutex_t mutex;
	int events;
	bool key_seen; /* in an event or a refusal */
};

static void on_event(void *arg, const struct api_event *event)
{
	struct rig *rig = arg;
	pthread_mutex_lock(&rig->mutex);
	rig->events++;
	rig->key_seen |= strstr(event->path, "k3y") || (event->error && strstr(event->error, "k3y"));
	pthread_mutex_unlock(&rig->mutex);
}

static void set_up_url(struct rig *rig, const char *url, struct api_conf conf)
{
	monitor_init(&rig->monitor, 100);
	pthread_mutex_init(&rig->mutex, NULL);
	conf.monitor = &rig->monitor;
	conf.url = url;
	if (conf.rate_windows == 0) {
		conf.rate[0] = (struct rate_window){100, 1};
		conf.rate_windows = 1;
	}
	if (conf.timeout_ms == 0)
		conf.timeout_ms = TIMEOUT_MS;
	conf.on_event = on_event;
	conf.on_event_arg = rig;
	rig->api = api_create(&conf, &rig->why);
	assert_non_null(rig->api);
	assert_int_equal(api_start(rig->api, &rig->why), 0);
}

static void set_up_with(struct rig *rig, const struct fake_answer *script, size_t len, struct api_conf conf)
{
	*rig = (struct rig){.server = fake_start(script, (int)len)};
	set_up_url(rig, fake_url(rig->server), conf);
}

static void set_up(struct rig *rig, const struct fake_answer *script, size_t len)
{
	set_up_with(rig, script, len, (struct api_conf){.dialect = DIALECT_FIX_LIVE, .timeout_ms = 4000});
}

static void set_up_hasty(struct rig *rig, const struct fake_answer *script, size_t len)
{
	set_up_with(rig, script, len, (struct api_conf){.dialect = DIALECT_FIX_LIVE});
}

static void tear_down(struct rig *rig)
{
	assert_false(rig->key_seen);
	assert_null(strstr(rig->why.text, "k3y"));
	reply_release(&rig->reply);
	api_stop(rig->api);
	api_destroy(rig->api);
	if (rig->server)
		fake_stop(rig->server);
	monitor_release(&rig->monitor);
	pthread_mutex_destroy(&rig->mutex);
}

static int ask_request(struct rig *rig, const struct request *request)
{
	struct caller caller;
	caller_init(&caller, PRIORITY_READ, 0, INT64_MAX);
	reply_release(&rig->reply);
	rig->why.err = 0;
	rig->rc = api_call(rig->api, request, &caller, &rig->reply, &rig->why);
	caller_release(&caller);
	return rig->rc;
}

static int ask(struct rig *rig, enum endpoint_id id, const char *body)
{
	struct request request = {.endpoint = id, .args = {"7", "8", "9"}, .body = slice_of(body)};
	request.body.ptr = body ? body : "";
	return ask_request(rig, &request);
}

static void check_body(struct rig *rig, const char *want)
{
	assert_int_equal(rig->rc, 0);
	check_text("body", blob_slice(rig->reply.body), slice_of(want));
}

#define LINE(rig, i) fake_line((rig)->server, i)
#define ARRIVALS(rig) fake_count((rig)->server)

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
		assert_true(fake_time_ms(rig.server, i + 4) - fake_time_ms(rig.server, i) >= 1000);
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
	struct sink sink = {pan_take, pan_restart, &pan};
	struct request request = {.endpoint = EP_LEADS_EXPORT, .args = {"7"}, .sink = &sink};
	(void)state;
	set_up(&rig, script, COUNT(script));
	assert_int_equal(ask_request(&rig, &request), 0);
	check_text("sink", buf_slice(&pan.bytes), slice_of("id,email\n1,c@d\n"));
	assert_int_equal(pan.restarts, 1);
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
		UNIT_TEST(waits_out_a_ban),
		UNIT_TEST(a_long_ban_is_told_at_once),
		UNIT_TEST(keeps_the_rate),
		UNIT_TEST(waits_for_the_budget_only_so_long),
		UNIT_TEST(listens_to_the_rate_headers),
		UNIT_TEST(an_interrupt_ends_the_wait),
		UNIT_TEST(what_had_not_left_is_withdrawn),
		UNIT_TEST(stopping_ends_everything),
		UNIT_TEST(a_sink_sees_only_the_good_answer),
		UNIT_TEST(learns_a_route),
		UNIT_TEST(learns_a_field),
		UNIT_TEST(does_not_switch_for_nothing),
		UNIT_TEST(fixed_dialects_never_switch),
		UNIT_TEST(totals_in_place_of_days_switch),
		UNIT_TEST(remembers_between_mounts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
