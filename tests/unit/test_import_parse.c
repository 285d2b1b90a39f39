#include "fs/tree/import_parse.h"

#include "tests/unit/check.h"

struct parsing {
	const char *name;
	struct slice in;
	const char *want; /* the leads, one a line; or a part of the refusal */
	int want_errno;
};

static void show(const struct import_rows *rows, struct buf *out)
{
	for (size_t i = 0; i < rows->count; i++) {
		buf_add_slice(out, import_row(rows, i));
		buf_add_char(out, '\n');
	}
	if (rows->duplicates)
		buf_printf(out, "duplicates %zu\n", rows->duplicates);
}

static void check_parsing(const struct parsing *c)
{
	struct import_rows rows;
	struct refusal why = {0};
	_cleanup_buf_ struct buf got = BUF_INIT;
	int rc = import_parse(c->in, &rows, &why);
	check_why(c->name, rc, &why, c->want_errno, c->want);
	if (!c->want_errno) {
		show(&rows, &got);
		check_text(c->name, buf_slice(&got), slice_of(c->want));
	}
	import_rows_release(&rows);
}

#define LUZ "{\"email\":\"luz@horno.example\"}\n"

static void reads(void **state)
{
	static const struct parsing cases[] = {
		{"nothing", T(""), "", 0},
		{"only a header", T("email,first_name\n"), "", 0},
		{"only blank lines", T("\n,,\n \n"), "", 0},
		{"no header, one column", T("luz@horno.example\n"), LUZ, 0},
		{"no header, nine columns", T("a@b.c,A,B,C,0049,w,l,li,cu\n"),
			"{\"email\":\"a@b.c\",\"first_name\":\"A\",\"last_name\":\"B\",\"company_name\":\"C\",\"phone_number\":\"0049\","
			"\"website\":\"w\",\"location\":\"l\",\"linkedin_profile\":\"li\",\"company_url\":\"cu\"}\n", 0},
		{"a subset in any order", T("last_name,email\nVega,luz@horno.example"),
			"{\"email\":\"luz@horno.example\",\"last_name\":\"Vega\"}\n", 0},
		{"blanks around the address", T("email\n  luz@horno.example \n"), LUZ, 0},
		{"empty cells are left out", T("email,first_name,city_type\nluz@horno.example,,\n"), LUZ, 0},
		{"custom fields", T("email,city_type,Job Title\na@b.c,small,CEO\n"),
			"{\"email\":\"a@b.c\",\"custom_fields\":{\"city_type\":\"small\",\"Job Title\":\"CEO\"}}\n", 0},
		{"custom: in front", T("email,custom:status\na@b.c,hot\n"),
			"{\"email\":\"a@b.c\",\"custom_fields\":{\"status\":\"hot\"}}\n", 0},
		{"read-only columns", T("email,id,status,open_count\nluz@horno.example,12,STARTED,4\n"), LUZ, 0},
		{"the reason of a rejected row", T("email,rejected_reason\nluz@horno.example,invalid\n"), LUZ, 0},
		{"custom_fields as an object", T("email,custom_fields\na@b.c,\"{\"\"x\"\":1,\"\"y\"\":\"\"z\"\",\"\"n\"\":null}\"\n"),
			"{\"email\":\"a@b.c\",\"custom_fields\":{\"x\":\"1\",\"y\":\"z\"}}\n", 0},
		{"duplicates", T("email\nluz@horno.example\nLUZ@horno.example\nluz@horno.example\n"), LUZ "duplicates 2\n", 0},
		{"the header again", T("email,x\na@b.c,1\nemail,x\nd@e.f,2\n"),
			"{\"email\":\"a@b.c\",\"custom_fields\":{\"x\":\"1\"}}\n{\"email\":\"d@e.f\",\"custom_fields\":{\"x\":\"2\"}}\n", 0},
		{"semicolons", T("E-Mail;Vorname;First Name\na@b.c;x;Luz\n"),
			"{\"email\":\"a@b.c\",\"first_name\":\"Luz\",\"custom_fields\":{\"Vorname\":\"x\"}}\n", 0},
		{"tabs", T("Email\tCompany\na@b.c\tHorno, Vega\n"), "{\"email\":\"a@b.c\",\"company_name\":\"Horno, Vega\"}\n", 0},
		{"BOM and CRLF", T("\xEF\xBB\xBF" "Email,City\r\na@b.c,Burgos\r\n"), "{\"email\":\"a@b.c\",\"location\":\"Burgos\"}\n", 0},
		{"line break in a cell", T("email,note\na@b.c,\"x\ny\"\n"), "{\"email\":\"a@b.c\",\"custom_fields\":{\"note\":\"x\\ny\"}}\n", 0},
		{"columns without a name, empty", T("email,,\nluz@horno.example,,\n"), LUZ, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_parsing(&cases[i]);
}

/* Header lines as other tools write them: what each column became. */
static void understands_other_tools(void **state)
{
	static const struct {
		const char *header, *want;
	} cases[] = {
		{"First Name,Last Name,Title,Company,Company Name for Emails,Email,Email Status,Work Direct Phone,Mobile Phone,"
		 "Person Linkedin Url,Website,Company Linkedin Url,City,State,Company Phone", /* Apollo */
			"first_name last_name +Title company_name +Company Name for Emails email +Email Status +Work Direct Phone "
			"phone_number linkedin_profile website +Company Linkedin Url location +State +Company Phone "},
		{"firstName,lastName,emailAddress,companyName,phone", "first_name last_name email company_name phone_number "},
		{"FIRST_NAME,LAST_NAME,E-MAIL,ORGANIZATION,MOBILE", "first_name last_name email company_name phone_number "},
		{"First name,Surname,Work email,Organisation,Telephone,Location,City",
			"first_name last_name email company_name phone_number location +City "},
		{"Given Name,Family Name,E-mail 1 - Value,Organization Name,Phone 1 - Value", /* Google Contacts */
			"first_name last_name email company_name phone_number "},
		{"email,Email", "email +Email "},
		{"LinkedIn,Email Address,Company URL,url", "linkedin_profile email company_url website "},
		{"Record ID,First Name,Last Name,Email,Phone Number,Company name,Status", /* HubSpot */
			"+Record ID first_name last_name email phone_number company_name +Status "},
		{"email,id,status,custom:First Name", "email id status +First Name "},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice cells[40];
		size_t n = 0;
		_cleanup_buf_ struct buf got = BUF_INIT;
		struct import_columns columns;
		struct refusal why = {0};
		for (const char *p = cases[i].header; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
			cells[n++] = (struct slice){p, strcspn(p, ",")};
		assert_true(import_is_header(cells, n));
		check_why(cases[i].header, import_columns_read(&columns, cells, n, 1, NULL, &why), &why, 0, NULL);
		for (size_t k = 0; k < n; k++) {
			if (columns.v[k].what == COLUMN_CUSTOM) {
				buf_add_char(&got, '+');
				buf_add_slice(&got, columns.v[k].field);
			} else {
				buf_add_str(&got, lead_columns[columns.v[k].what]);
			}
			buf_add_char(&got, ' ');
		}
		check_text(cases[i].header, buf_slice(&got), slice_of(cases[i].want));
		import_columns_release(&columns);
	}
}

static void refuses(void **state)
{
	static const struct parsing cases[] = {
		{"no address", T("email,x\na@b.c,1\nnobody,2\n"), "line 3, column email: \"nobody\" is no e-mail address", EINVAL},
		{"address missing", T("First Name,E-mail\nLuz,\n"), "line 2, column E-mail: the e-mail address is missing", EINVAL},
		{"a header without it", T("name,company\n"), "line 1, column email: \"name\" is no e-mail address; a first line that", EINVAL},
		{"twice", T("email,Email Address,first_name,first_name\n"), "line 1, column first_name: the header has this column twice",
			EINVAL},
		{"custom field twice", T("email,x,custom:x\n"), "line 1, column custom:x: the header has this column twice", EINVAL},
		{"too short", T("email,x,y\na@b.c,1\n"), "line 2, column 3: the row has 2 cells, the header 3", EINVAL},
		{"too long", T("email,x\na@b.c,1,2\n"), "line 2, column 3: the row has 3 cells, the header 2", EINVAL},
		{"too long without a header", T("a@b.c,,,,,,,,,10\n"), "line 1, column 10: 10 cells, but without a header", EINVAL},
		{"not UTF-8", T("email,name\na@b.c,Jos\xE9\n"), "line 2, column name: the text is not UTF-8", EINVAL},
		{"control character", T("email,name\na@b.c,x\x01y\n"), "line 2, column name: a control character (0x01)", EINVAL},
		{"NUL", T("email,name\na@b.c,x\0y\n"), "line 2, column 8: ", EINVAL},
		{"UTF-16", T("\xFF\xFE" "e\0m\0"), "line 1, column 1: this is UTF-16", EINVAL},
		{"UTF-16 without a mark", T("e\0m\0a\0"), "line 1, column 1: this is UTF-16", EINVAL},
		{"a column without a name", T("email,\na@b.c,x\n"), "line 2, column 2: the column has no name in the header", EINVAL},
		{"semicolons without a header", T("a@b.c;Luz;Vega\n"), "line 1, column email: the cells are not separated by commas", EINVAL},
		{"custom_fields broken", T("email,custom_fields\na@b.c,x\n"), "line 2, column custom_fields: it is not a JSON object", EINVAL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_parsing(&cases[i]);
}

/*
 * tests/data/import: a file that should fail says where by its name: should-fail-L3-email-no-at.csv is refused with
 * "line 3, column email", should-fail-L3-C5-x.csv with "line 3, column 5".
 */
static void check_file(const char *name, struct slice text, bool should_fail)
{
	struct import_rows rows;
	struct refusal why = {0};
	int rc = import_parse(text, &rows, &why);
	size_t count = rows.count;
	import_rows_release(&rows);
	if (!should_fail) {
		check_why(name, rc, &why, 0, NULL);
		check_int(name, (int64_t)count, atoi(name + strlen("ok-")));
		return;
	}
	char want[100], column[60] = "";
	int line = 0, end = 0;
	assert_int_equal(sscanf(name, "should-fail-L%d-%n", &line, &end), 1);
	snprintf(column, sizeof column, "%.*s", (int)strcspn(name + end, "-."), name + end);
	snprintf(want, sizeof want, "line %d, column %s: ", line, column[0] == 'C' ? column + 1 : column);
	check_why(name, rc, &why, EINVAL, want);
}

static void corpus(void **state)
{
	(void)state;
	check_files("import", check_file);
}

static void makes_bodies(void **state)
{
	struct import_rows rows;
	_cleanup_buf_ struct buf body = BUF_INIT;
	(void)state;
	assert_int_equal(import_parse(SLICE_LITERAL("a@b.c\nd@e.f\ng@h.i\n"), &rows, NULL), 0);
	import_body(&rows, 1, 2, (const bool[IMPORT_FLAGS]){false, true, false, false}, &body);
	check_text("body", buf_slice(&body), slice_of(
		"{\"lead_list\":[{\"email\":\"d@e.f\"},{\"email\":\"g@h.i\"}],\"settings\":{\"ignore_global_block_list\":false,"
		"\"ignore_unsubscribe_list\":true,\"ignore_community_bounce_list\":false,"
		"\"ignore_duplicate_leads_in_other_campaign\":false,\"return_lead_ids\":true}}"));
	import_rows_release(&rows);
}

static void bounds(void **state)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct import_rows rows;
	struct refusal why = {0};
	(void)state;
	buf_add_str(&text, "email,big\na@b.c,");
	for (int i = 0; i <= IMPORT_CELL_BYTES_MAX; i++)
		buf_add_char(&text, 'x');
	check_why("cell", import_parse(buf_slice(&text), &rows, &why), &why, EINVAL, "line 2, column big: a cell of 65537 bytes");
	import_rows_release(&rows);
	buf_clear(&text);
	buf_add_str(&text, "email");
	for (int i = 0; i <= IMPORT_CUSTOM_MAX; i++)
		buf_printf(&text, ",f%d", i);
	buf_add_str(&text, "\na@b.c");
	for (int i = 0; i <= IMPORT_CUSTOM_MAX; i++)
		buf_add_str(&text, ",v");
	check_why("fields", import_parse(buf_slice(&text), &rows, &why), &why, EINVAL, "line 2, column f200: more than 200 custom fields");
	import_rows_release(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(reads),
		UNIT_TEST(understands_other_tools),
		UNIT_TEST(refuses),
		UNIT_TEST(corpus),
		UNIT_TEST(makes_bodies),
		UNIT_TEST(bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
