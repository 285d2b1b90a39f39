/* test_dialect.c - what makes the client ask the other way, and what it remembers. */
#include "check.h"

#include "fs/api/dialect.h"

static void the_host_is_the_start(void **state)
{
	static const struct {
		const char *url;
		enum dialect want;
	} cases[] = {
		{"https://server.smartlead.ai/api/v1", DIALECT_LIVE},
		{"https://SERVER.smartlead.ai:443/api/v1", DIALECT_LIVE},
		{"https://server.smartlead.ai.example/api/v1", DIALECT_REFERENCE},
		{"http://127.0.0.1:80/server.smartlead.ai/", DIALECT_REFERENCE},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dialects d;
		dialects_guess(&d, cases[i].url);
		check_int(cases[i].url, d.start, cases[i].want);
	}
}

static void blame_is_read_from_the_words(void **state)
{
	static const struct {
		const char *name, *message, *ours, *theirs;
		bool want;
	} cases[] = {
		{"a field of ours", "\"max_leads_per_day\" is not allowed", "POST x\n{\"max_leads_per_day\":1}",
			"POST x\n{\"max_new_leads_per_day\":1}", true},
		{"a field of theirs", "\"max_new_leads_per_day\" is required", "POST x\n{\"max_leads_per_day\":1}",
			"POST x\n{\"max_new_leads_per_day\":1}", true},
		{"a field of both", "\"min_time\" must be larger than 3", "POST x\n{\"min_time\":1,\"a_b\":1}",
			"POST x\n{\"min_time\":1,\"a_c\":1}", false},
		{"a word of theirs", "Allowed values are - START,STOPPED", "PATCH s\n{\"status\":\"ACTIVE\"}",
			"POST s\n{\"status\":\"START\"}", true},
		{"the body", "\"value\" must be of type object", "POST s\n[]", "POST s\n{\"sequences\":[]}", true},
		{"part of a word", "lead", "POST x\n{\"lead_id\":1}", "POST x\n{}", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].name,
			dialect_blamed(cases[i].message, slice_of(cases[i].ours), slice_of(cases[i].theirs)),
			cases[i].want);
}

static struct verdict refused(int err, const char *text)
{
	struct verdict v = {.kind = VERDICT_REFUSED, .unharmed = true};
	refuse(&v.why, err, "%s", text);
	return v;
}

static void switching_needs_a_reason(void **state)
{
	const struct endpoint *e = endpoint(EP_CAMPAIGN_STATUS);
	struct slice ours = SLICE_LITERAL("PATCH s\n{\"status\":\"ACTIVE\"}"), theirs = SLICE_LITERAL("POST s\n{\"status\":\"START\"}");
	struct dialects d;
	(void)state;
	dialects_guess(&d, "http://localhost");
	struct verdict route = refused(EOPNOTSUPP, "Cannot PATCH"), either = refused(ENOENT, "Not found");
	struct verdict field = refused(EINVAL, "Allowed values are - START"), harm = field;
	route.route_unknown = true;
	either.route_or_thing = true;
	harm.unharmed = false;
	assert_true(dialects_may_switch(&d, e, DIALECT_REFERENCE, &route, ours, theirs));
	assert_true(dialects_may_switch(&d, e, DIALECT_REFERENCE, &either, ours, theirs));
	assert_true(dialects_may_switch(&d, e, DIALECT_REFERENCE, &field, ours, theirs));
	assert_false(dialects_may_switch(&d, e, DIALECT_REFERENCE, &harm, ours, theirs));
	assert_false(dialects_may_switch(&d, e, DIALECT_REFERENCE, &field, ours, ours));
	/* What is known is believed, but for a route that is gone. */
	dialects_worked(&d, e, DIALECT_REFERENCE, false);
	assert_true(dialects_may_switch(&d, e, DIALECT_REFERENCE, &route, ours, theirs));
	assert_false(dialects_may_switch(&d, e, DIALECT_REFERENCE, &either, ours, theirs));
	assert_false(dialects_may_switch(&d, e, DIALECT_REFERENCE, &field, ours, theirs));
	dialects_fix(&d, DIALECT_REFERENCE);
	assert_false(dialects_may_switch(&d, e, DIALECT_REFERENCE, &route, ours, theirs));
}

static void what_worked_is_known(void **state)
{
	struct dialects d;
	(void)state;
	dialects_guess(&d, "http://localhost");
	/* Where both ask the same way, nothing is learned. */
	dialects_worked(&d, endpoint(EP_CAMPAIGN), DIALECT_REFERENCE, false);
	assert_false(d.changed);
	dialects_worked(&d, endpoint(EP_OVERVIEW), DIALECT_REFERENCE, false);
	assert_true(d.changed);
	dialects_worked(&d, endpoint(EP_CAMPAIGN_STATUS), DIALECT_LIVE, true);
	assert_int_equal(dialects_column(&d, EP_OVERVIEW), DIALECT_REFERENCE);
	assert_int_equal(dialects_column(&d, EP_CAMPAIGN_SCHEDULE), DIALECT_LIVE);
	/* What only the other one has is tried there, until it is known not to be. */
	assert_int_equal(dialects_column(&d, EP_WEBHOOKS), DIALECT_REFERENCE);
	dialects_absent(&d, endpoint(EP_WEBHOOKS), DIALECT_REFERENCE);
	assert_int_equal(dialects_column(&d, EP_WEBHOOKS), DIALECT_LIVE);
}

static void the_file_keeps_it(void **state)
{
	char dir[] = "/tmp/test-dialect-XXXXXX", command[96];
	struct dialects d, e;
	(void)state;
	assert_non_null(mkdtemp(dir));
	dialects_guess(&d, "http://a");
	dialects_worked(&d, endpoint(EP_CAMPAIGN_STATUS), DIALECT_LIVE, true);
	dialects_worked(&d, endpoint(EP_OVERVIEW), DIALECT_REFERENCE, false);
	dialects_absent(&d, endpoint(EP_WEBHOOKS), DIALECT_REFERENCE);
	dialects_save(&d, dir, "http://a");
	dialects_guess(&e, "http://a");
	dialects_load(&e, dir, "http://a");
	assert_int_equal(e.start, DIALECT_LIVE);
	assert_int_equal(e.known[EP_OVERVIEW], DIALECT_REFERENCE);
	assert_int_equal(e.known[EP_CAMPAIGN_STATUS], DIALECT_LIVE);
	assert_int_equal(e.known[EP_WEBHOOKS], -1);
	dialects_guess(&e, "http://b");
	dialects_load(&e, dir, "http://b");
	assert_int_equal(e.start, DIALECT_REFERENCE);
	snprintf(command, sizeof command, "for f in %s/*; do head -c 999 /dev/urandom > $f; done", dir);
	assert_int_equal(system(command), 0);
	dialects_load(&e, dir, "http://a");
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	dialects_save(&d, "/nonexistent", "http://a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(the_host_is_the_start),
		UNIT_TEST(blame_is_read_from_the_words),
		UNIT_TEST(switching_needs_a_reason),
		UNIT_TEST(what_worked_is_known),
		UNIT_TEST(the_file_keeps_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
