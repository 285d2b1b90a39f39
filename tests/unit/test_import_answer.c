#include "fs/tree/import_answer.h"

#include "tests/unit/check.h"

#define SENT "{\"lead_list\":[{\"email\":\"a@b.c\"},{\"email\":\"d@e.f\"},{\"email\":\"G@h.i\"}],\"settings\":{}}"

static const struct {
	const char *name, *answer;
	bool again;
	const char *want; /* the fates that are not 0, then the rejected rows */
} cases[] = {
	{"all taken", "{\"ok\":true,\"upload_count\":3,\"total_leads\":3}", false, "accepted 3 "},
	{"no counts at all", "{\"ok\":true}", false, "accepted 3 "},
	{"no JSON", "success", false, "accepted 3 "},
	{"the documents' other words", "{\"success\":true,\"added_count\":2,\"skipped_count\":1}", false, "accepted 2 unaccounted 1 "},
	{"already there", "{\"total_leads\":1,\"already_added_to_campaign\":2}", false, "accepted 1 already_in_campaign 2 "},
	{"already there, asked again", "{\"total_leads\":1,\"already_added_to_campaign\":2}", true, "accepted 1 confirmed 2 "},
	{"total_leads counts all", "{\"upload_count\":3,\"total_leads\":3,\"block_count\":1}", false, "accepted 2 blocked 1 "},
	{"more than were sent", "{\"total_leads\":9,\"block_count\":7}", false, "blocked 3 "},
	{"one is missing", "{\"total_leads\":2}", false, "accepted 2 unaccounted 1 "},
	{"unsubscribed as an array", "{\"total_leads\":2,\"unsubscribed_leads\":[\"a@b.c\"]}", false, "accepted 2 unsubscribed 1 "},
	{"invalid, named", "{\"total_leads\":2,\"invalid_email_count\":1,\"invalid_emails\":[\"g@h.i\"]}", false,
		"accepted 2 invalid 1 | {\"email\":\"G@h.i\"}: the service says that the address is invalid"},
	{"blocked, found by the map",
		"{\"total_leads\":2,\"block_count\":1,\"emailToLeadIdMap\":{\"newlyAddedLeads\":{\"a@b.c\":\"1\",\"g@h.i\":\"2\"}}}", false,
		"accepted 2 blocked 1 | {\"email\":\"d@e.f\"}: on the block list"},
	{"two reasons", "{\"total_leads\":1,\"block_count\":1,\"bounce_count\":1,\"emailToLeadIdMap\":{\"newlyAddedLeads\":{\"a@b.c\":1}}}", false,
		"accepted 1 blocked 1 bounced 1 | {\"email\":\"d@e.f\"}: on the block list, or bounced before | {\"email\":\"G@h.i\"}: on the block "
		"list, or bounced before"},
	{"credits", "{\"ok\":false,\"is_lead_limit_exhausted\":true,\"lead_import_stopped_count\":2,\"total_leads\":1}", false,
		"accepted 1 over_limit 2 LIMIT "},
	{"credits without counts", "{\"ok\":false,\"is_lead_limit_exhausted\":true}", false, "over_limit 3 LIMIT "},
};

static void judges(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_verdict_ struct import_verdict v = {0};
		_cleanup_buf_ struct buf got = BUF_INIT;
		int64_t sum = 0;
		assert_int_equal(import_judge(SLICE_LITERAL(SENT), slice_of(cases[i].answer), cases[i].again, &v, NULL), 0);
		for (int f = 0; f < FATES; f++) {
			if (v.fates[f])
				buf_printf(&got, "%s %lld ", import_fate_names[f], (long long)v.fates[f]);
			sum += v.fates[f];
		}
		if (v.over_limit)
			buf_add_str(&got, "LIMIT ");
		for (size_t k = 0; k < v.count; k++)
			buf_printf(&got, "%s| %.*s: %s", k ? " " : "", (int)v.rejects[k].lead.len, v.rejects[k].lead.ptr, v.rejects[k].reason);
		check_text(cases[i].name, buf_slice(&got), slice_of(cases[i].want));
		check_int(cases[i].name, sum, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {UNIT_TEST(judges)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
