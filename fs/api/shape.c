#include "fs/api/shape.h"

#include "fs/api/answer.h"
#include "fs/format/json.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice shape_trim(struct slice body)
{
	if (slice_starts(body, "\xEF\xBB\xBF"))
		body = slice_skip(body, 3);
	while (body.len > 0 && is_blank(*body.ptr))
		body = slice_skip(body, 1);
	while (body.len > 0 && is_blank(body.ptr[body.len - 1]))
		body.len--;
	return body;
}

bool answer_begins_well(enum answer_shape shape, struct slice beginning)
{
	struct slice body = shape_trim(beginning);
	bool structured = slice_starts(body, "{") || slice_starts(body, "[");
	if (body.len == 0 || shape == SHAPE_DONE)
		return true;
	return shape == SHAPE_CSV ? !structured && !slice_starts(body, "<") : structured;
}

static bool is_empty(struct slice value)
{
	struct json_walk w = json_walk(value);
	return !json_next(&w);
}

bool shape_is_nothing(struct slice body)
{
	enum json_kind kind = json_kind(body);
	return kind == JSON_NULL || (kind == JSON_OBJECT && is_empty(body)) || json_is(body, "");
}

bool shape_says_something(struct slice body)
{
	return json_check(body, NULL) == 0 && !shape_is_nothing(body) && !answer_says_no(body);
}

static bool list_member(struct slice object, struct slice *ret_array)
{
	static const char *const names[] = {"data", "campaigns", "email_accounts", "sequences", "webhooks", "leads",
		"history", "messages", "day_wise_stats", "categories", "domain_block_list", "result"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct slice value;
		if (json_member(object, names[i], &value) && json_kind(value) == JSON_ARRAY) {
			*ret_array = value;
			return true;
		}
	}
	return false;
}

bool answer_list(struct slice body, struct slice *ret_array)
{
	struct slice data;
	if (json_kind(body) == JSON_ARRAY) {
		*ret_array = shape_trim(body);
		return true;
	}
	return list_member(body, ret_array) || (json_member(body, "data", &data) && list_member(data, ret_array));
}

bool answer_object(struct slice body, struct slice *ret_object)
{
	struct slice data, said;
	if (json_kind(body) != JSON_OBJECT)
		return false;
	bool wrapped = (json_member(body, "success", &said) || json_member(body, "ok", &said)) &&
		json_member(body, "data", &data) && json_kind(data) == JSON_OBJECT;
	*ret_object = wrapped ? data : shape_trim(body);
	return true;
}

/* Does any row of the list have this member? */
static bool rows_have(struct slice body, const char *name)
{
	struct slice list, value;
	if (!answer_list(body, &list))
		return false;
	for (struct json_walk w = json_walk(list); json_next(&w);)
		if (json_member(w.value, name, &value))
			return true;
	return false;
}

/* campaign_activity_logs is only in live lists (api-facts.md 2.1); that it is missing says nothing. */
bool fits_reference_campaigns(struct slice body)
{
	return !rows_have(body, "campaign_activity_logs");
}

bool fits_reference_sequences(struct slice body)
{
	return !rows_have(body, "sequence_variants");
}

bool fits_live_sequences(struct slice body)
{
	return rows_have(body, "sequence_variants") || !rows_have(body, "variants");
}

/* Days, not one object with totals for the span. */
bool fits_days(struct slice body)
{
	struct slice list;
	return answer_list(body, &list);
}
