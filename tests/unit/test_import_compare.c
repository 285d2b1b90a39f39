#include "fs/tree/import_compare.h"

#include "tests/unit/check.h"

#define HEADER "email,first_name,last_name,company_name,phone_number,website,location,linkedin_profile,company_url,City,custom:status," \
	"id,campaign_lead_map_id,status,created_at,open_count\n"
#define LUZ "luz@horno.example,Luz,Vega,Horno,,,,,,Burgos,hot,3001000001,2511000001,STARTED,2026-01-01,3\n"
#define ANA "ana@pan.example,Ana,\"May, Dr\",Pan,49,w,l,li,cu,,,3001000002,2511000002,PAUSED,2026-01-02,0\n"
#define BASE HEADER LUZ ANA

struct comparing {
	const char *name;
	struct slice in;
	const char *want;
	int want_errno;
	bool may_delete;
};

static void show(const struct import_changes *c, struct buf *out)
{
	for (size_t i = 0; i < c->added.count; i++) {
		buf_add_str(out, "+");
		buf_add_slice(out, import_row(&c->added, i));
		buf_add_char(out, '\n');
	}
	for (size_t i = 0; i < c->changed.count; i++)
		buf_printf(out, "~%s %s\n", c->changed.v[i].id, buf_text(&c->changed.v[i].body));
	for (size_t i = 0; i < c->missing.count; i++)
		buf_printf(out, "-%s %s\n", c->missing.v[i].id, c->missing.v[i].email);
	if (c->replaced.len)
		buf_printf(out, "was %s", buf_text(&c->replaced));
	if (c->left_alone)
		buf_printf(out, "left %zu\n", c->left_alone);
	if (c->added.duplicates)
		buf_printf(out, "duplicates %zu\n", c->added.duplicates);
}

#define ANA_FIELDS "\"last_name\":\"May, Dr\",\"company_name\":\"Pan\",\"phone_number\":\"49\",\"website\":\"w\",\"location\":\"l\"," \
	"\"linkedin_profile\":\"li\",\"company_url\":\"cu\""

/* What is kept of them. */
#define WAS "was email,first_name,last_name,company_name,phone_number,website,location,linkedin_profile,company_url,City,custom:status\n"
#define LUZ_WAS "luz@horno.example,Luz,Vega,Horno,,,,,,Burgos,hot\n"
#define ANA_WAS "ana@pan.example,Ana,\"May, Dr\",Pan,49,w,l,li,cu,,\n"

static const struct comparing cases[] = {
	{"the same", T(BASE), "", 0, true},
	{"empty", T(""), "", 0, true},
	{"only the header", T(HEADER), "", 0, true},
	{"a row added", T(BASE "new@x.example,N,,,,,,,,,,,,,,\n"), "+{\"email\":\"new@x.example\",\"first_name\":\"N\"}\n", 0, true},
	{"a copied line with its id", T(BASE "new@x.example,N,,,,,,,,,warm,3001000001,2511000001,STARTED,2026-01-01,3\n"),
		"+{\"email\":\"new@x.example\",\"first_name\":\"N\",\"custom_fields\":{\"status\":\"warm\"}}\n", 0, true},
	{"a field changed", T("email,first_name\nana@pan.example,Anna\nluz@horno.example,Luz\n"),
		"~3001000002 {\"email\":\"ana@pan.example\",\"first_name\":\"Anna\"," ANA_FIELDS "}\n" WAS ANA_WAS, 0, true},
	{"custom fields changed", T("email,City,custom:status,new\nANA@pan.example,Leon,,x\nluz@horno.example,Burgos,hot,\n"),
		"~3001000002 {\"email\":\"ana@pan.example\",\"first_name\":\"Ana\"," ANA_FIELDS
		",\"custom_fields\":{\"City\":\"Leon\",\"new\":\"x\"}}\n" WAS ANA_WAS, 0, true},
	{"a field emptied", T("email,first_name,City\nluz@horno.example,,\nana@pan.example,Ana,\n"),
		"~3001000001 {\"email\":\"luz@horno.example\",\"first_name\":\"\",\"last_name\":\"Vega\",\"company_name\":\"Horno\","
		"\"phone_number\":\"\",\"website\":\"\",\"location\":\"\",\"linkedin_profile\":\"\",\"company_url\":\"\","
		"\"custom_fields\":{\"City\":\"\"}}\n" WAS LUZ_WAS, 0, true},
	{"a row missing", T(HEADER LUZ), "-3001000002 ana@pan.example\n" WAS ANA_WAS, 0, true},
	{"a row missing in a file never read", T(HEADER LUZ), "left 1\n", 0, false},
	{"another order, CRLF", T("first_name,email\r\nAna,ana@pan.example\r\nLuz,luz@horno.example\r\n"), "", 0, true},
	{"a row twice", T(HEADER LUZ LUZ ANA), "duplicates 1\n", 0, true},
	{"read-only", T("email,status\nana@pan.example,STARTED\n"), "line 2, column status: this column is read-only; it was \"PAUSED\"",
		EINVAL, true},
	{"read-only emptied", T("email,id\nana@pan.example,\n"), "line 2, column id: this column is read-only", EINVAL, true},
	{"a new address is none", T("email\nluz@horno.example\nana@pan.example\nnobody\n"), "line 4, column email", EINVAL, true},
	{"a changed cell is not UTF-8", T("email,City\nana@pan.example,\xE9\n"), "line 2, column City: the text is not UTF-8", EINVAL, true},
	{"too many deletions", T("email\nnew@x.example\n"), "2 leads are missing and would be deleted; max_deletes allows 1", EPERM, true},
	{"too many updates", T("email,City\nana@pan.example,1\nluz@horno.example,2\n"), "2 leads would be changed; max_updates allows 1", EPERM,
		true},
	{"the header was deleted", T(LUZ ANA), "line 1, column 10: 16 cells, but without a header", EINVAL, true},
};

static void compares(void **state)
{
	struct compare_limits limits = {.max_updates = 1, .max_deletes = 1};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct comparing *c = &cases[i];
		struct import_changes changes;
		struct refusal why = {0};
		_cleanup_buf_ struct buf got = BUF_INIT;
		limits.may_delete = c->may_delete;
		int rc = import_compare(SLICE_LITERAL(BASE), c->in, &limits, &changes, &why);
		check_why(c->name, rc, &why, c->want_errno, c->want);
		if (!c->want_errno) {
			show(&changes, &got);
			check_text(c->name, buf_slice(&got), slice_of(c->want));
		}
		import_changes_release(&changes);
	}
}

/* What the account holds may look as it likes, as long as nobody touches it. */
static void leaves_odd_texts_alone(void **state)
{
	static const char odd[] = "email,first_name,id\nno address,\x01\xE9,1\na@b.c,x,2\n";
	static const char new[] = "email,first_name,id\nno address,\x01\xE9,1\na@b.c,y,2\n";
	struct compare_limits limits = {10, 10, true};
	struct import_changes changes;
	struct refusal why = {0};
	(void)state;
	check_why("odd", import_compare(slice_of(odd), slice_of(new), &limits, &changes, &why), &why, 0, NULL);
	check_int("changed", (int64_t)changes.changed.count, 1);
	import_changes_release(&changes);
}

/* A process that saves twice is compared with its own text, where what it added has no id. */
static void finds_ids_of_what_was_added(void **state)
{
	static const char first[] = "email,first_name,id\nluz@horno.example,Luz,3001000001\nana@pan.example,Ana,\nnow@gone.example,N,\n";
	static const char now[] = "email,first_name,id\nluz@horno.example,Luz,3001000001\nANA@pan.example,Ana,3001000002\n";
	static const struct {
		const char *name, *text, *want;
		int want_errno;
	} saves[] = {
		{"unchanged", first, "", 0},
		{"changed", "email,first_name\nluz@horno.example,Luz\nana@pan.example,Anna\nnow@gone.example,N\n", "~3001000002", 0},
		{"missing, and gone by itself", "email\nluz@horno.example\n", "-3001000002 ana@pan.example\n", 0},
		{"changed what is gone", "email,first_name\nluz@horno.example,Luz\nana@pan.example,Ana\nnow@gone.example,O\n",
			"read the file again", EBUSY},
	};
	struct compare_limits limits = {10, 10, true};
	(void)state;
	for (size_t i = 0; i < COUNT(saves); i++) {
		struct import_changes changes;
		struct refusal why = {0};
		_cleanup_buf_ struct buf got = BUF_INIT;
		check_int(saves[i].name, import_compare(slice_of(first), slice_of(saves[i].text), &limits, &changes, &why), 0);
		check_int(saves[i].name, import_lacks_ids(&changes), i > 0);
		check_why(saves[i].name, import_find_ids(slice_of(now), &changes, &why), &why, saves[i].want_errno, saves[i].want);
		show(&changes, &got);
		if (!saves[i].want_errno)
			check_int(saves[i].name, strncmp(buf_text(&got), saves[i].want, strlen(saves[i].want)), 0);
		import_changes_release(&changes);
	}
}

static void knows_its_own_form(void **state)
{
	(void)state;
	assert_true(import_is_shown(SLICE_LITERAL(BASE)));
	assert_true(import_is_shown(SLICE_LITERAL("email\na@b.c\n")));
	assert_false(import_is_shown(SLICE_LITERAL("Email,First Name\na@b.c,A\n")));
	assert_false(import_is_shown(SLICE_LITERAL("email;first_name\na@b.c;A\n")));
	assert_false(import_is_shown(SLICE_LITERAL("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(compares),
		UNIT_TEST(leaves_odd_texts_alone),
		UNIT_TEST(finds_ids_of_what_was_added),
		UNIT_TEST(knows_its_own_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
