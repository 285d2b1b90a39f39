/* test_answer.c - what an answer means: words, shapes, errno, retries. */
#include "check.h"

#include "fs/api/answer.h"

static void words_are_found(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{"{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"\\\"x\\\" is not allowed\"}", "\"x\" is not allowed"},
		{"{\"message\":\"long\",\"error\":\"E\",\"validation\":{}}", "long"},
		{"{\"error\":\"Campaign not found\"}", "Campaign not found"},
		{"{\"error\":{\"code\":\"C\",\"message\":\"slow down\"},\"message\":\"no\"}", "slow down"},
		{"{\"ok\":false,\"message\":\"M\",\"errorCode\":\"X\"}", "M"},
		{"\"text\"", "text"},
		{"{\"a\":1}", ""},
		{"", ""},
		{"  plain\n words ", "plain words"},
		{"<html><body><pre>Cannot PATCH /api</pre></body></html>", "Cannot PATCH /api"},
		{"error code: 524", "error code: 524"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		answer_message(slice_of(cases[i].in), &out);
		check_text(cases[i].in, buf_slice(&out), slice_of(cases[i].want));
	}
	/* Cut between characters. */
	_cleanup_buf_ struct buf in = BUF_INIT, out = BUF_INIT;
	buf_add_str(&in, "{\"error\":\"x");
	for (int i = 0; i < 200; i++)
		buf_add_str(&in, "é");
	buf_add_str(&in, "\"}");
	answer_message(buf_slice(&in), &out);
	assert_int_equal(out.len, 199);
}

static void lists_are_found(void **state)
{
	static const struct {
		const char *in, *want; /* NULL: none */
	} cases[] = {
		{"[1]", "[1]"}, {" [] ", "[]"}, {"{\"data\":[1]}", "[1]"}, {"{\"leads\":[2],\"total\":1}", "[2]"},
		{"{\"success\":true,\"data\":{\"day_wise_stats\":[3]}}", "[3]"}, {"{\"history\":[]}", "[]"},
		{"{\"data\":{}}", NULL}, {"{}", NULL}, {"1", NULL}, {"{\"sent_count\":\"1\"}", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice list = {"", 0};
		bool found = answer_list(slice_of(cases[i].in), &list);
		check_int(cases[i].in, found, cases[i].want != NULL);
		check_text(cases[i].in, list, cases[i].want ? slice_of(cases[i].want) : SLICE_LITERAL(""));
	}
	struct slice object;
	assert_true(answer_object(SLICE_LITERAL("{\"success\":true,\"data\":{\"id\":1}}"), &object));
	check_text("wrapped", object, SLICE_LITERAL("{\"id\":1}"));
	assert_true(answer_object(SLICE_LITERAL("{\"data\":{\"id\":1}}"), &object));
	check_text("plain", object, SLICE_LITERAL("{\"data\":{\"id\":1}}"));
	assert_false(answer_object(SLICE_LITERAL("[]"), &object));
}

static void shapes_tell_the_dialect(void **state)
{
	(void)state;
	struct slice live = SLICE_LITERAL("[{\"id\":1,\"sequence_variants\":null}]");
	struct slice reference = SLICE_LITERAL("[{\"id\":1,\"variants\":[]}]");
	assert_true(fits_live_sequences(live) && !fits_reference_sequences(live));
	assert_true(fits_reference_sequences(reference) && !fits_live_sequences(reference));
	assert_true(fits_live_sequences(SLICE_LITERAL("[]")) && fits_reference_sequences(SLICE_LITERAL("[]")));
	assert_true(fits_reference_campaigns(SLICE_LITERAL("[{\"id\":1}]")));
	assert_false(fits_reference_campaigns(SLICE_LITERAL("[{\"id\":1,\"campaign_activity_logs\":[]}]")));
	assert_true(fits_days(SLICE_LITERAL("[]")) && !fits_days(SLICE_LITERAL("{\"sent_count\":\"1\"}")));
}

static const struct {
	const char *name;
	enum endpoint_id id;
	enum arrival arrival;
	int status;
	const char *body;
	enum verdict_kind kind;
	int err;
	bool unknown, unharmed;
} cases[] = {
	{"list", EP_LEADS, ARRIVED, 200, "{\"data\":[]}", VERDICT_GOOD, 0, false, false},
	{"list, empty", EP_LEADS, ARRIVED, 200, "", VERDICT_AGAIN, EIO, false, false},
	{"list, {}", EP_LEADS, ARRIVED, 200, "{}", VERDICT_REFUSED, ENOENT, false, false},
	{"list, junk", EP_LEADS, ARRIVED, 200, "<html>", VERDICT_AGAIN, EIO, false, false},
	{"list, half", EP_LEADS, ARRIVED_HALF, 200, "[1", VERDICT_AGAIN, EIO, false, false},
	{"list, other object", EP_LEADS, ARRIVED, 200, "{\"a\":1}", VERDICT_AGAIN, EIO, false, false},
	{"list, says no", EP_LEADS, ARRIVED, 200, "{\"ok\":false}", VERDICT_REFUSED, EIO, false, false},
	{"object, empty", EP_CAMPAIGN, ARRIVED, 200, " ", VERDICT_AGAIN_ONCE, ENOENT, false, false},
	{"object, null", EP_CAMPAIGN, ARRIVED, 200, "null", VERDICT_REFUSED, ENOENT, false, false},
	{"object, status ACTIVE", EP_CAMPAIGN, ARRIVED, 200, "{\"status\":\"ACTIVE\"}", VERDICT_GOOD, 0, false, false},
	{"csv", EP_LEADS_EXPORT, ARRIVED, 200, "id,email\n", VERDICT_GOOD, 0, false, false},
	{"csv, json", EP_LEADS_EXPORT, ARRIVED, 200, "{\"error\":\"x\"}", VERDICT_AGAIN, EIO, false, false},
	{"csv, a list", EP_LEADS_EXPORT, ARRIVED, 200, "[1,2]", VERDICT_AGAIN, EIO, false, false},
	{"csv, empty", EP_LEADS_EXPORT, ARRIVED, 200, "", VERDICT_AGAIN, EIO, false, false},
	{"done, text", EP_LEAD_DELETE, ARRIVED, 200, "success", VERDICT_GOOD, 0, false, false},
	{"done, nothing", EP_LEAD_DELETE, ARRIVED, 204, "", VERDICT_GOOD, 0, false, false},
	{"done, page", EP_REPLY, ARRIVED, 200, "<html>", VERDICT_REFUSED, EIO, true, false},
	{"done, half", EP_REPLY, ARRIVED, 200, "{\"ok\":tr", VERDICT_REFUSED, EIO, true, false},
	{"done, says no", EP_LEADS_ADD, ARRIVED, 200, "{\"ok\":false,\"error\":\"limit\"}", VERDICT_REFUSED, EINVAL, false, false},
	{"400", EP_REPLY, ARRIVED, 400, "{\"error\":\"bad\"}", VERDICT_REFUSED, EINVAL, false, true},
	{"active", EP_SEQUENCES_SAVE, ARRIVED, 400, "{\"error\":\"Campaign is active\"}", VERDICT_REFUSED, EBUSY, false, true},
	{"ACTIVE as a word", EP_CAMPAIGN_STATUS, ARRIVED, 400, "{\"error\":\"must be one of ACTIVE, PAUSED\"}", VERDICT_REFUSED,
		EINVAL, false, true},
	{"inactive", EP_WARMUP, ARRIVED, 400, "{\"error\":\"account is inactive\"}", VERDICT_REFUSED, EINVAL, false, true},
	{"403", EP_LEADS, ARRIVED, 403, "error code: 1010", VERDICT_REFUSED, EACCES, false, false},
	{"404", EP_CAMPAIGN, ARRIVED, 404, "{\"error\":\"Campaign not found\"}", VERDICT_REFUSED, ENOENT, false, true},
	{"405", EP_CAMPAIGN, ARRIVED, 405, "", VERDICT_REFUSED, EOPNOTSUPP, false, true},
	{"413", EP_LEADS_ADD, ARRIVED, 413, "", VERDICT_REFUSED, EFBIG, false, false},
	{"429", EP_REPLY, ARRIVED, 429, "slow", VERDICT_BANNED, EBUSY, false, true},
	{"302", EP_LEADS, ARRIVED, 302, "", VERDICT_REFUSED, EIO, false, false},
	{"GET 500", EP_LEADS, ARRIVED, 500, "{\"error\":\"x\"}", VERDICT_AGAIN, EIO, false, false},
	{"POST 500 of the application", EP_REPLY, ARRIVED, 500, "{\"error\":\"x\"}", VERDICT_REFUSED, EIO, false, false},
	{"POST 500, a user error", EP_LEAD_RESUME, ARRIVED, 500, "{\"error\":\"Invalid lead id\"}", VERDICT_REFUSED, EINVAL, false, false},
	{"POST 502", EP_REPLY, ARRIVED, 502, "<html>", VERDICT_REFUSED, EIO, true, false},
	{"repeatable POST 502", EP_LEAD_PAUSE, ARRIVED, 502, "<html>", VERDICT_AGAIN, EIO, true, false},
	{"GET broken", EP_LEADS, BROKEN, 0, "", VERDICT_AGAIN, EIO, false, false},
	{"POST broken", EP_REPLY, BROKEN, 0, "", VERDICT_REFUSED, EIO, true, false},
	{"GET silent", EP_LEADS, SILENT, 0, "", VERDICT_REFUSED, ETIMEDOUT, false, false},
	{"PAUSE silent", EP_LEAD_PAUSE, SILENT, 0, "", VERDICT_REFUSED, ETIMEDOUT, true, false},
	{"not sent", EP_REPLY, NOT_SENT, 0, "", VERDICT_AGAIN, EHOSTUNREACH, false, true},
	{"not trusted", EP_LEADS, NOT_TRUSTED, 0, "", VERDICT_REFUSED, EHOSTUNREACH, false, true},
	{"too big", EP_LEADS, TOO_BIG, 200, "", VERDICT_REFUSED, EFBIG, false, false},
	{"a long error", EP_LEADS, TOO_BIG, 404, "{", VERDICT_REFUSED, ENOENT, false, true},
};

static void answers_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct endpoint *e = endpoint(cases[i].id);
		struct outcome o = {cases[i].arrival, cases[i].status, slice_of(cases[i].body), false, "words"};
		struct verdict v = answer_judge(e, e->wire[DIALECT_LIVE].method, &o);
		check_int(cases[i].name, v.kind, cases[i].kind);
		check_int(cases[i].name, v.why.err, cases[i].err);
		check_int(cases[i].name, v.unknown, cases[i].unknown);
		check_int(cases[i].name, v.unharmed, cases[i].unharmed);
		if (cases[i].err && !v.why.text[0])
			fail_msg("%s: no words", cases[i].name);
	}
}

static void routes_and_things_are_told_apart(void **state)
{
	static const struct {
		const char *body;
		bool route, either;
	} bodies[] = {
		{"<!DOCTYPE html><pre>Cannot GET /x</pre>", true, false}, {"Cannot GET /x", true, false},
		{"{\"error\":\"Not found\"}", false, true}, {"{\"message\":\"Not Found\"}", false, true}, {"", false, true},
		{"{\"error\":\"Lead not found - Invalid lead_id.\"}", false, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		struct outcome o = {ARRIVED, 404, slice_of(bodies[i].body), false, ""};
		struct verdict v = answer_judge(endpoint(EP_LEADS), "GET", &o);
		check_int(bodies[i].body, v.route_unknown, bodies[i].route);
		check_int(bodies[i].body, v.route_or_thing, bodies[i].either);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(words_are_found),
		UNIT_TEST(lists_are_found),
		UNIT_TEST(shapes_tell_the_dialect),
		UNIT_TEST(answers_are_judged),
		UNIT_TEST(routes_and_things_are_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
