#include "fs/tree/subjects.h"
#include "tests/unit/check.h"
#include "tests/unit/plan_rig.h"

#define LIST                                                                                                           \
	"[{\"id\":7,\"name\":\"Old name\",\"status\":\"PAUSED\"},{\"id\":8,\"name\":\"Busy\",\"status\":\"ACTIVE\"},"  \
	"{\"id\":9,\"name\":\"Twin\",\"status\":\"DRAFTED\"},{\"id\":10,\"name\":\"Twin\",\"status\":\"DRAFTED\"}]"

static const struct rig_base campaigns = {{CAMPAIGNS}, {LIST}};

static void make(void **state)
{
	static const struct {
		const char *name, *want;
	} cases[] = {
		{"New \"one\"", "campaign-create {\"name\":\"New \\\"one\\\"\"}\n"},
		{"7-New", "campaign-create {\"name\":\"7-New\"}\n"},
		{"Old name", "refused: EEXIST there is such a campaign: 7-Old-name\n"},
		{"Old-name", "refused: EEXIST there is such a campaign: 7-Old-name\n"},
		{"7-Old-name", "refused: EEXIST there is such a campaign: 7-Old-name\n"},
		{"8", "refused: EEXIST there is such a campaign: 8-Busy\n"},
		{"Twin", "refused: EEXIST there is such a campaign: 9-Twin\n"},
		{" x", "refused: EINVAL a name neither begins nor ends with white space\n"},
		{"x\t", "refused: EINVAL a name neither begins nor ends with white space\n"},
		{"a\nb", "refused: EINVAL a name is one line of 1 to 1000 bytes of UTF-8\n"},
		{"\xFF", "refused: EINVAL a name is one line of 1 to 1000 bytes of UTF-8\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		rig_add(campaign_add, &(struct ids){{NULL}}, &campaigns, cases[i].name, "", &out);
		check_text(cases[i].name, buf_slice(&out), slice_of(cases[i].want));
	}
}

static void rename_it(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"New", "campaign-settings 7 {\"name\":\"New\"}\n"},
		{"7-New", "campaign-settings 7 {\"name\":\"New\"}\n"},
		{"8-New", "campaign-settings 7 {\"name\":\"8-New\"}\n"},
		{"7", "campaign-settings 7 {\"name\":\"7\"}\n"},
		{"7-", "campaign-settings 7 {\"name\":\"7-\"}\n"},
		{" ", "refused: EINVAL a name is one line of 1 to 1000 bytes of UTF-8\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		rig_commit(campaign_rename, &(struct ids){{"7"}}, &campaigns, cases[i].text, &out);
		check_text(cases[i].text, buf_slice(&out), slice_of(cases[i].want));
	}
}

static void drop(void **state)
{
	static const char not_empty[] =
		"refused: ENOTEMPTY the campaign holds leads; to delete it with all it holds: echo DELETE > status\n";
	static const struct {
		const char *name, *id, *page, *want;
	} cases[] = {
		{"empty, live", "7", "{\"total_leads\":\"0\",\"offset\":0,\"limit\":1,\"data\":[]}", "campaign-delete 7\n"},
		{"empty, reference", "7", "{\"total_leads\":0,\"data\":[]}", "campaign-delete 7\n"},
		{"empty, bare", "7", "[]", "campaign-delete 7\n"},
		{"one", "7", "{\"total_leads\":\"1\",\"data\":[{\"campaign_lead_map_id\":1}]}", not_empty},
		{"no row on this page, but a count", "7", "{\"total_leads\":\"2\",\"data\":[]}", not_empty},
		{"a row and no count", "7", "{\"data\":[{}]}", not_empty},
		{"a count that is none", "7", "{\"total_leads\":\"many\",\"data\":[]}", not_empty},
		{"no list", "7", "{\"message\":\"hello\"}", not_empty},
		{"never asked", "7", "", not_empty},
		{"active", "8", "", "refused: EBUSY the campaign is ACTIVE; pause it first: echo PAUSED > status\n"},
		{"gone", "6", "", "refused: ENOENT 6 is no longer in the account\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		struct rig_base base = {{CAMPAIGNS, FIRST_LEAD}, {LIST, cases[i].page}};
		rig_drop(campaign_drop, &(struct ids){{cases[i].id}}, &base, &out);
		check_text(cases[i].name, buf_slice(&out), slice_of(cases[i].want));
	}
}

static void question(void **state)
{
	struct answer *list = rig_answer(CAMPAIGNS, LIST);
	struct answers from = {{list}};
	static const struct {
		const char *id;
		bool needed;
	} cases[] = {{"7", true}, {"8", false}, {"9", true}};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf key = BUF_INIT;
		bool needed;
		check_int(cases[i].id, first_lead_key(&(struct ids){{cases[i].id}}, &from, &key, &needed, NULL), 0);
		check_int(cases[i].id, needed, cases[i].needed);
	}
	answer_unref(list);
}

static void words(void **state)
{
	static const struct {
		const char *id, *text, *want;
	} cases[] = {
		{"7", "DELETE", "campaign-delete 7\n"},
		{"8", "DELETE", "refused: EBUSY the campaign is ACTIVE; pause it first: echo PAUSED > status\n"},
		{"8", " PAUSED\n", "campaign-status 8 {\"status\":\"PAUSED\"}\n"},
		{"7", "START", "campaign-status 7 {\"status\":\"START\"}\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		rig_commit(campaign_status_commit, &(struct ids){{cases[i].id}}, &campaigns, cases[i].text, &out);
		check_text(cases[i].text, buf_slice(&out), slice_of(cases[i].want));
	}
}

static void of_a_client(void **state)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_buf_ struct buf out = BUF_INIT;
	(void)state;
	plan_add(&plan, EP_CAMPAIGN_CREATE, NULL, SLICE_LITERAL("{\"name\":\"x\"}"));
	plan_add(&plan, EP_CAMPAIGN_SETTINGS, (const char *const[]){"7", NULL}, SLICE_LITERAL("{\"name\":\"x\"}"));
	plan_for_client(&plan, "31");
	plan_print(&plan, &out);
	check_text("plan", buf_slice(&out),
		SLICE_LITERAL("campaign-create {\"name\":\"x\",\"client_id\":31}\ncampaign-settings 7 {\"name\":\"x\"}\n"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST(make),
		UNIT_TEST(rename_it),
		UNIT_TEST(drop),
		UNIT_TEST(question),
		UNIT_TEST(words),
		UNIT_TEST(of_a_client),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
