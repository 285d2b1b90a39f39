#include "fs/tree/leads.h"
#include "fs/tree/subjects.h"
#include "tests/unit/check.h"
#include "tests/unit/plan_rig.h"

#define HEADER                                                                                                         \
	"id,campaign_lead_map_id,status,category,is_interested,first_name,last_name,email,phone_number,company_name,"   \
	"website,location,custom_fields,linkedin_profile,company_url,is_unsubscribed,reply_count\n"
#define LUZ                                                                                                            \
	"9007199254740993,11,STARTED,,false,Luz,Vega,luz@horno.example,5,\"Horno, \"\"V\"\"\",h.example,Burgos,"        \
	"\"{\"\"city type\"\":\"\"small\"\",\"\"size\"\":3}\",,,false,0\n"
#define BO "12,13,PAUSED,Interested,true,Bo,,bo@x.example,,,,,\"{\"\"size\"\":\"\"9\"\"}\",,,false,1\n"
#define EXPORT HEADER LUZ BO
#define CATEGORIES_LIST                                                                                                \
	"[{\"id\":1,\"name\":\"Interested\",\"sentiment_type\":\"positive\"},{\"id\":3,\"name\":\"Not \\\"so\\\"\","    \
	"\"sentiment_type\":\"negative\"},{\"id\":70001,\"name\":\"Own\"},{\"name\":\"No id\"}]"
#define UPDATE "lead-update 7 9007199254740993 {\"email\":\"luz@horno.example\","

static const struct ids luz = {{"7", "luz@horno.example"}}, nobody = {{"7", "no@x.example"}};
static const struct rig_base base = {{LEADS}, {EXPORT}};

struct plan_case {
	const char *text, *want;
};

static void check_cases(commit_fn *commit, const struct ids *at, const struct rig_base *from, const struct plan_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		rig_commit(commit, at, from, cases[i].text, &out);
		check_text(cases[i].text, buf_slice(&out), slice_of(cases[i].want));
	}
}

static void status(void **state)
{
	static const char days[] = "refused: EINVAL behind RESUMED stands a number of days, from 0 to 9999\n";
	static const struct plan_case cases[] = {
		{"PAUSED", "lead-pause 7 9007199254740993\n"},
		{" PAUSED\r\n", "lead-pause 7 9007199254740993\n"},
		{"UNSUBSCRIBED", "lead-unsubscribe 7 9007199254740993\n"},
		{"RESUMED", "lead-resume 7 9007199254740993 {}\n"},
		{"RESUMED  ", "lead-resume 7 9007199254740993 {}\n"},
		{"RESUMED 0", "lead-resume 7 9007199254740993 {\"resume_lead_with_delay_days\":0}\n"},
		{"RESUMED\t14", "lead-resume 7 9007199254740993 {\"resume_lead_with_delay_days\":14}\n"},
		{"RESUMED -1", days},
		{"RESUMED 1.5", days},
		{"RESUMED \"3\"", days},
		{"RESUMED 3 4", days},
		{"RESUMED 10000", days},
		{"RESUMEDX",
			"refused: EINVAL \"RESUMEDX\" is no status to write; PAUSED, RESUMED, RESUMED <days>, UNSUBSCRIBED are\n"},
		{"", "refused: EINVAL \"\" is no status to write; PAUSED, RESUMED, RESUMED <days>, UNSUBSCRIBED are\n"},
	};
	static const struct plan_case gone[] = {{"PAUSED", "refused: ENOENT no@x.example is not in the campaign\n"}};
	(void)state;
	check_cases(lead_status_commit, &luz, &base, cases, COUNT(cases));
	check_cases(lead_status_commit, &nobody, &base, gone, COUNT(gone));
}

static void category(void **state)
{
	static const struct rig_base both = {{CATEGORIES, LEADS}, {CATEGORIES_LIST, EXPORT}};
	static const struct plan_case cases[] = {
		{"Interested", "lead-category 7 9007199254740993 {\"category_id\":1,\"pause_lead\":false}\n"},
		{"Not \"so\"\n", "lead-category 7 9007199254740993 {\"category_id\":3,\"pause_lead\":false}\n"},
		{"Own", "lead-category 7 9007199254740993 {\"category_id\":70001,\"pause_lead\":false}\n"},
		{"", "lead-category 7 9007199254740993 {\"category_id\":null,\"pause_lead\":false}\n"},
		{"interested", "refused: EINVAL there is no category \"interested\"; there are: Interested, Not \"so\", Own, No id, "
			       "or an empty line for none\n"},
		{"No id", "refused: EIO the service gives that category no id\n"},
	};
	(void)state;
	check_cases(lead_category_commit, &luz, &both, cases, COUNT(cases));
}

#define NAMES "\"first_name\":\"Luz\",\"last_name\":\"Vega\",\"company_name\":\"Horno, \\\"V\\\"\","
#define PLACES "\"website\":\"h.example\",\"location\":\"Burgos\",\"linkedin_profile\":\"\",\"company_url\":\"\""

static void document(void **state)
{
	static const struct plan_case cases[] = {
		{"{}", ""},
		{"{\"first_name\":\"Luz\",\"id\":9007199254740993,\"status\":\"STARTED\"}", ""},
		{"{\"first_name\":\"\"}",
			UPDATE "\"first_name\":\"\",\"last_name\":\"Vega\",\"company_name\":\"Horno, \\\"V\\\"\","
			       "\"phone_number\":\"5\"," PLACES "}\n"},
		{"{\"phone_number\":\"+34 6\"}", UPDATE NAMES "\"phone_number\":\"+34 6\"," PLACES "}\n"},
		/* Numbers of the service read as texts; the same number again is no change, an absent field is left alone. */
		{"{\"custom_fields\":{\"size\":3}}", ""},
		{"{\"custom_fields\":{}}", ""},
		{"{\"custom_fields\":{\"size\":4,\"city type\":\"small\",\"new\":\"a\\nb\"}}",
			UPDATE NAMES "\"phone_number\":\"5\"," PLACES ",\"custom_fields\":{\"size\":4,\"new\":\"a\\nb\"}}\n"},
		{"{\"custom_fields\":{\"size\":\"\"}}",
			UPDATE NAMES "\"phone_number\":\"5\"," PLACES ",\"custom_fields\":{\"size\":\"\"}}\n"},
		{"{\"custom_fields\":{\"size\":[1]}}",
			"refused: EINVAL \"custom_fields\": \"size\" must be a text in quotes (empty: \"\")\n"},
		{"{\"custom_fields\":{\"a\":\"1\",\"a\":\"1\"}}", "refused: EINVAL \"a\" stands twice in \"custom_fields\"\n"},
		{"{\"custom_fields\":{\"\":\"1\"}}", "refused: EINVAL \"custom_fields\" has a field without a name\n"},
		{"{\"custom_fields\":null}", "refused: EINVAL \"custom_fields\" must be an object: { … }\n"},
		{"{\"email\":\"other@x.example\"}", "refused: EINVAL \"email\" is read-only\n"},
		{"{\"id\":9007199254740992}", "refused: EINVAL \"id\" is read-only\n"},
		{"{\"reply_count\":1}", "refused: EINVAL \"reply_count\" is read-only\n"},
		{"{\"firstname\":\"x\"}", "refused: EINVAL there is no field \"firstname\"\n"},
		{"{\"first_name\":null}", "refused: EINVAL \"first_name\" must be a text in quotes\n"},
		{"[]", "refused: EINVAL the document must be one object: { … }\n"},
	};
	(void)state;
	check_cases(lead_commit, &luz, &base, cases, COUNT(cases));
}

static void drop(void **state)
{
	_cleanup_buf_ struct buf out = BUF_INIT, none = BUF_INIT;
	(void)state;
	rig_drop(lead_drop, &luz, &base, &out);
	check_text("there", buf_slice(&out), SLICE_LITERAL("lead-delete 7 9007199254740993\n"));
	rig_drop(lead_drop, &nobody, &base, &none);
	check_text("gone", buf_slice(&none), SLICE_LITERAL("refused: ENOENT no@x.example is not in the campaign\n"));
}

static void unsubscribed(void **state)
{
	static const struct ids at = {{"luz@horno.example"}};
	static const struct rig_base text = {{LEAD_BY_EMAIL}, {"{\"id\":\"9007199254740993\",\"is_unsubscribed\":true}"}},
				     none = {{LEAD_BY_EMAIL}, {"{\"email\":\"luz@horno.example\"}"}};
	static const struct plan_case cases[] = {
		{"yes\n", "lead-unsubscribe-all 9007199254740993\n"},
		{"no", "refused: EINVAL there is no way back: the service can't subscribe a lead again\n"},
		{"true", "refused: EINVAL only the word yes can be written; it unsubscribes the lead everywhere, for good\n"},
		{"", "refused: EINVAL only the word yes can be written; it unsubscribes the lead everywhere, for good\n"},
	};
	static const struct plan_case no_id[] = {{"yes", "refused: EIO the API gives luz@horno.example no id\n"}};
	(void)state;
	check_cases(global_unsubscribed_commit, &at, &text, cases, COUNT(cases));
	check_cases(global_unsubscribed_commit, &at, &none, no_id, COUNT(no_id));
}

/* Edits: what the table shows after a change, without another export. */

#define SHOWN                                                                                                          \
	"email,first_name,last_name,company_name,phone_number,website,location,linkedin_profile,company_url,city type,size," \
	"id,campaign_lead_map_id,status,category,is_interested,is_unsubscribed,reply_count\n"
#define SHOWN_BO "bo@x.example,Bo,,,,,,,,,9,12,13,PAUSED,Interested,true,false,1\n"
#define SHOWN_LUZ                                                                                                      \
	"luz@horno.example,Luz,Vega,\"Horno, \"\"V\"\"\",5,h.example,Burgos,,,small,3,9007199254740993,11,STARTED,,false,false,0\n"

static void edits(void **state)
{
	static const struct {
		const char *name, *changes, *want; /* want NULL: the export is to be asked for anew */
	} cases[] = {
		{"luz@horno.example", "{\"status\":\"PAUSED\"}",
			SHOWN "luz@horno.example,Luz,Vega,\"Horno, \"\"V\"\"\",5,h.example,Burgos,,,small,3,9007199254740993,11,PAUSED,,"
			      "false,false,0\n" SHOWN_BO},
		{"bo@x.example",
			"{\"first_name\":\"B\\\"o\",\"company_url\":\"a,b\",\"custom_fields\":{\"size\":10,\"city type\":\"\"}}",
			SHOWN SHOWN_LUZ "bo@x.example,\"B\"\"o\",,,,,,,\"a,b\",,10,12,13,PAUSED,Interested,true,false,1\n"},
		/* A column that the export does not have shows nothing. */
		{"bo@x.example", "{\"unsubscribed_client_id_map\":\"x\",\"custom_fields\":{\"none\":\"\"}}", SHOWN SHOWN_LUZ SHOWN_BO},
		{"bo@x.example", "{\"custom_fields\":{\"new\":\"x\"}}", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct answer *old = rig_leads(EXPORT);
		char name[64], changes[256], *args[REQUEST_ARGS] = {name, changes};
		snprintf(name, sizeof name, "%s", cases[i].name);
		snprintf(changes, sizeof changes, "%s", cases[i].changes);
		struct answer *now = leads_edit_row(old, args);
		if (!cases[i].want) {
			assert_null(now);
		} else {
			check_text(cases[i].changes, blob_slice(now->body), slice_of(cases[i].want));
			check_int("both are found", leads_find(now->model, now, "luz@horno.example"), 0);
			check_int("both are found", leads_find(now->model, now, "bo@x.example"), 1);
			check_text("the old one stays", blob_slice(old->body), SLICE_LITERAL(SHOWN SHOWN_LUZ SHOWN_BO));
			/* And once more, on what the first edit made. */
			char *gone[REQUEST_ARGS] = {name};
			struct answer *less = leads_remove_row(now, gone);
			check_int("gone", leads_find(less->model, less, cases[i].name), -1);
			check_int("one is left", (int64_t)leads_count(less), 1);
			answer_unref(less);
		}
		answer_unref(now);
		answer_unref(old);
	}
}

static void removals(void **state)
{
	struct answer *old = rig_leads(EXPORT);
	char name[] = "luz@horno.example", other[] = "no@x.example";
	char *args[REQUEST_ARGS] = {name}, *none[REQUEST_ARGS] = {other};
	struct lead lead = {.text = BUF_INIT};
	(void)state;
	struct answer *now = leads_remove_row(old, args);
	check_text("the rest", blob_slice(now->body), SLICE_LITERAL(SHOWN SHOWN_BO));
	check_int("found", leads_find(now->model, now, "bo@x.example"), 0);
	check_int("read", leads_read(now->model, now, 0, &lead, NULL), 0);
	check_text("its last cell", lead.cell[LEAD_REPLIES], SLICE_LITERAL("1"));
	assert_true(((const struct leads *)now->model)->rows[0].replied);
	lead_release(&lead);
	struct answer *same = leads_remove_row(now, args), *same2 = leads_remove_row(now, none), *same3 = leads_edit_row(now, args);
	assert_ptr_equal(same, now);
	assert_ptr_equal(same2, now);
	assert_ptr_equal(same3, now);
	answer_unref(same);
	answer_unref(same2);
	answer_unref(same3);
	answer_unref(now);
	answer_unref(old);
}

static void pages(void **state)
{
	struct answer *old = rig_answer(LEAD_PAGES,
		"[{\"campaign_lead_map_id\":11,\"lead_category_id\":null,\"lead\":{\"id\":9007199254740993}},"
		"{\"campaign_lead_map_id\":13,\"lead_category_id\":1,\"lead\":{\"id\":12}}]");
	char id[] = "9007199254740993", category_id[] = "3", none[] = "99";
	char *args[REQUEST_ARGS] = {id, category_id}, *other[REQUEST_ARGS] = {none, category_id};
	(void)state;
	struct answer *now = lead_pages_edit(old, args);
	check_text("pages", blob_slice(now->body),
		SLICE_LITERAL("[{\"campaign_lead_map_id\":11,\"lead_category_id\":3,\"lead\":{\"id\":9007199254740993}},"
			      "{\"campaign_lead_map_id\":13,\"lead_category_id\":1,\"lead\":{\"id\":12}}]"));
	struct answer *same = lead_pages_edit(old, other);
	assert_ptr_equal(same, old);
	answer_unref(same);
	answer_unref(now);
	answer_unref(old);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST(status),
		UNIT_TEST(category),
		UNIT_TEST(document),
		UNIT_TEST(drop),
		UNIT_TEST(unsubscribed),
		UNIT_TEST(edits),
		UNIT_TEST(removals),
		UNIT_TEST(pages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
