#include "fs/tree/import_columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/names.h"

enum { FIELD_BYTES_MAX = 200, NO_RANK = 1000 };

/*
 * Names of other tools, without case, blanks and punctuation ("First Name", "firstName" and "FIRST_NAME" are "firstname").
 * Where a file has several of one column, the one that stands first here is it, and the others are custom fields.
 */
static const struct {
	enum lead_column column;
	const char *name;
} synonyms[] = {
	{LEAD_EMAIL, "email"},
	{LEAD_EMAIL, "emailaddress"},
	{LEAD_EMAIL, "emailid"},
	{LEAD_EMAIL, "workemail"},
	{LEAD_EMAIL, "workemailaddress"},
	{LEAD_EMAIL, "businessemail"},
	{LEAD_EMAIL, "primaryemail"},
	{LEAD_EMAIL, "contactemail"},
	{LEAD_EMAIL, "leademail"},
	{LEAD_EMAIL, "personemail"},
	{LEAD_EMAIL, "mail"},
	{LEAD_EMAIL, "mailaddress"},
	{LEAD_EMAIL, "email1"},
	{LEAD_EMAIL, "email1value"}, /* Google Contacts */
	{LEAD_FIRST_NAME, "firstname"},
	{LEAD_FIRST_NAME, "givenname"},
	{LEAD_FIRST_NAME, "forename"},
	{LEAD_FIRST_NAME, "fname"},
	{LEAD_FIRST_NAME, "first"},
	{LEAD_LAST_NAME, "lastname"},
	{LEAD_LAST_NAME, "familyname"},
	{LEAD_LAST_NAME, "surname"},
	{LEAD_LAST_NAME, "lname"},
	{LEAD_LAST_NAME, "last"},
	{LEAD_COMPANY_NAME, "companyname"},
	{LEAD_COMPANY_NAME, "company"},
	{LEAD_COMPANY_NAME, "organizationname"},
	{LEAD_COMPANY_NAME, "organisationname"},
	{LEAD_COMPANY_NAME, "organization"},
	{LEAD_COMPANY_NAME, "organisation"},
	{LEAD_COMPANY_NAME, "companynameforemails"}, /* Apollo */
	{LEAD_COMPANY_NAME, "accountname"},
	{LEAD_COMPANY_NAME, "employer"},
	{LEAD_PHONE_NUMBER, "phonenumber"},
	{LEAD_PHONE_NUMBER, "phone"},
	{LEAD_PHONE_NUMBER, "mobilephone"},
	{LEAD_PHONE_NUMBER, "mobile"},
	{LEAD_PHONE_NUMBER, "mobilenumber"},
	{LEAD_PHONE_NUMBER, "cellphone"},
	{LEAD_PHONE_NUMBER, "telephone"},
	{LEAD_PHONE_NUMBER, "tel"},
	{LEAD_PHONE_NUMBER, "workphone"},
	{LEAD_PHONE_NUMBER, "workdirectphone"},
	{LEAD_PHONE_NUMBER, "directphone"},
	{LEAD_PHONE_NUMBER, "phone1value"},
	{LEAD_PHONE_NUMBER, "corporatephone"},
	{LEAD_WEBSITE, "website"},
	{LEAD_WEBSITE, "websiteurl"},
	{LEAD_WEBSITE, "web"},
	{LEAD_WEBSITE, "homepage"},
	{LEAD_WEBSITE, "url"},
	{LEAD_WEBSITE, "site"},
	{LEAD_LOCATION, "location"},
	{LEAD_LOCATION, "personlocation"},
	{LEAD_LOCATION, "contactlocation"},
	{LEAD_LOCATION, "city"},
	{LEAD_LOCATION, "personcity"},
	{LEAD_LINKEDIN_PROFILE, "linkedinprofile"},
	{LEAD_LINKEDIN_PROFILE, "linkedinprofileurl"},
	{LEAD_LINKEDIN_PROFILE, "personlinkedinurl"},
	{LEAD_LINKEDIN_PROFILE, "personlinkedin"},
	{LEAD_LINKEDIN_PROFILE, "contactlinkedin"},
	{LEAD_LINKEDIN_PROFILE, "linkedinurl"},
	{LEAD_LINKEDIN_PROFILE, "linkedin"},
	{LEAD_COMPANY_URL, "companyurl"},
	{LEAD_COMPANY_URL, "companywebsite"},
	{LEAD_COMPANY_URL, "companydomain"},
	{LEAD_COMPANY_URL, "organizationwebsite"},
	{LEAD_COMPANY_URL, "domain"},
};

void import_columns_release(struct import_columns *c)
{
	free(c->v);
	buf_release(&c->text);
	*c = (struct import_columns){.text = BUF_INIT};
}

static struct slice trimmed(struct slice text)
{
	while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
		text = slice_skip(text, 1);
	while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
		text.len--;
	return text;
}

/* The place in the table; NO_RANK: not a name we know. A cell with a separator in it is several cells of another kind of file. */
static int rank_of(struct slice name)
{
	char plain[64];
	size_t n = 0;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.ptr[i];
		bool upper = c >= 'A' && c <= 'Z';
		if (n == sizeof plain || c == ';' || c == '\t' || c == ',' || c == '@')
			return NO_RANK;
		if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80)
			plain[n++] = (char)(upper ? c + 32 : c);
	}
	for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
		if (slice_is((struct slice){plain, n}, synonyms[i].name))
			return (int)i;
	return NO_RANK;
}

bool import_is_header(const struct slice *cells, size_t count)
{
	bool email = false;
	for (size_t i = 0; i < count; i++) {
		int rank = rank_of(cells[i]);
		if (address_valid(trimmed(cells[i])))
			return false;
		email = email || (rank != NO_RANK && synonyms[rank].column == LEAD_EMAIL);
	}
	return email;
}

/* Takes the cells over as names. */
static int keep_names(struct import_columns *out, const struct slice *cells, size_t count, struct refusal *why)
{
	*out = (struct import_columns){.v = calloc(count + 1, sizeof *out->v), .count = count, .header = true, .text = BUF_INIT};
	for (size_t i = 0; i < count; i++)
		buf_add_slice(&out->text, cells[i]);
	if (!out->v || buf_failed(&out->text))
		return refuse_memory(why);
	const char *at = buf_text(&out->text);
	for (size_t i = 0; i < count; i++) {
		out->v[i].name = trimmed((struct slice){at, cells[i].len});
		at += cells[i].len;
	}
	return 0;
}

static void as_custom(struct import_column *c)
{
	c->what = COLUMN_CUSTOM;
	c->field = slice_starts(c->name, "custom:") ? slice_skip(c->name, strlen("custom:")) : c->name;
}

/* What a name of leads.csv itself means. False: it has no such. */
static bool as_shown(struct import_column *c)
{
	for (int k = 0; k < LEAD_COLUMNS; k++)
		if (slice_is(c->name, lead_columns[k])) {
			c->what = k;
			return true;
		}
	if (slice_is(c->name, "custom_fields"))
		c->what = COLUMN_CUSTOM_JSON;
	else if (slice_is(c->name, IMPORT_REASON))
		c->what = COLUMN_REASON;
	else if (c->name.len == 0)
		c->what = COLUMN_EMPTY;
	else if (slice_starts(c->name, "custom:"))
		as_custom(c);
	else
		return false;
	return true;
}

static bool as_known(struct import_column *c, const struct import_columns *known)
{
	for (size_t i = 0; known && i < known->count; i++)
		if (slice_equal(known->v[i].name, c->name)) {
			c->what = known->v[i].what;
			if (c->what == COLUMN_CUSTOM)
				as_custom(c);
			return true;
		}
	return false;
}

static int refuse_column(const struct import_column *c, size_t line, struct refusal *why, const char *reason)
{
	return refuse(why, EINVAL, "line %zu, column %.*s: %s", line, (int)(c->name.len < 80 ? c->name.len : 80),
		c->name.ptr, reason);
}

static bool same_column(const struct import_column *a, const struct import_column *b)
{
	if (a->what != b->what || a->what == COLUMN_EMPTY || a->what == COLUMN_REASON)
		return false;
	return a->what != COLUMN_CUSTOM || slice_equal(a->field, b->field);
}

static int check_columns(const struct import_columns *c, size_t line, struct refusal *why)
{
	bool email = false;
	for (size_t i = 0; i < c->count; i++) {
		const struct import_column *column = &c->v[i];
		email = email || column->what == LEAD_EMAIL;
		for (size_t k = 0; k < i; k++)
			if (same_column(column, &c->v[k]))
				return refuse_column(column, line, why, "the header has this column twice");
		if (column->what != COLUMN_CUSTOM)
			continue;
		if (column->field.len == 0 || column->field.len > FIELD_BYTES_MAX)
			return refuse_column(column, line, why, "a custom field's name has 1 to 200 bytes");
		if (!utf8_valid(column->field))
			return refuse_column(column, line, why, "the name is not UTF-8; save the file as UTF-8");
		for (size_t k = 0; k < column->field.len; k++)
			if ((unsigned char)column->field.ptr[k] < 0x20)
				return refuse_column(column, line, why, "a line break or control character in the name");
	}
	return email ? 0 : refuse(why, EINVAL, "line %zu, column 1: no column of the header is the e-mail address", line);
}

int import_columns_read(struct import_columns *out, const struct slice *cells, size_t count, size_t line,
	const struct import_columns *known, struct refusal *why)
{
	int best[LEAD_STANDARD];
	for (int k = 0; k < LEAD_STANDARD; k++)
		best[k] = NO_RANK;
	int rc = keep_names(out, cells, count, why);
	if (rc < 0)
		return rc;
	/* What leads.csv itself calls so comes first; then, of each column, the best of the other tools' names. */
	for (size_t i = 0; i < count; i++)
		if ((as_known(&out->v[i], known) || as_shown(&out->v[i])) && out->v[i].what < LEAD_STANDARD)
			best[out->v[i].what] = -1;
	for (size_t i = 0; i < count; i++) {
		int rank = rank_of(out->v[i].name);
		if (rank != NO_RANK && rank < best[synonyms[rank].column])
			best[synonyms[rank].column] = rank;
	}
	for (size_t i = 0; i < count; i++) {
		struct import_column *c = &out->v[i];
		int rank = rank_of(c->name);
		if (as_known(c, known) || as_shown(c))
			continue;
		if (rank != NO_RANK && best[synonyms[rank].column] == rank)
			c->what = (int)synonyms[rank].column;
		else
			as_custom(c);
	}
	return check_columns(out, line, why);
}

int import_columns_standard(struct import_columns *out, struct refusal *why)
{
	struct slice names[LEAD_STANDARD];
	for (int k = 0; k < LEAD_STANDARD; k++)
		names[k] = slice_of(lead_columns[k]);
	int rc = keep_names(out, names, LEAD_STANDARD, why);
	out->header = false;
	for (int k = 0; rc == 0 && k < LEAD_STANDARD; k++)
		out->v[k].what = k;
	return rc;
}

bool import_is_plain(struct slice name)
{
	struct import_column column = {.name = name};
	return !as_shown(&column) && rank_of(name) == NO_RANK;
}

bool import_is_taken(struct slice name)
{
	struct import_column column = {.name = name};
	return as_shown(&column);
}

int import_columns_shown(struct import_columns *out, const struct slice *cells, size_t count, struct refusal *why)
{
	int rc = keep_names(out, cells, count, why);
	for (size_t i = 0; rc == 0 && i < count; i++)
		if (!as_shown(&out->v[i]))
			as_custom(&out->v[i]);
	return rc;
}
