/* campaigns.c - campaigns/<campaign>/ and campaigns.csv, all views of one answer: the list of campaigns. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/csv.h"
#include "fs/format/json.h"
#include "fs/format/names.h"
#include "fs/tree/fields.h"
#include "fs/tree/subjects.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct field schedule_fields[] = {
	{"timezone", "scheduler_cron_value.tz|scheduler_cron_value.timezone", FIELD_STRING, .writable = true},
	{"days_of_the_week", "scheduler_cron_value.days", FIELD_INTS, 0, 6, .writable = true},
	{"start_hour", "scheduler_cron_value.startHour", FIELD_HOUR, .writable = true},
	{"end_hour", "scheduler_cron_value.endHour", FIELD_HOUR, .writable = true},
	{"min_time_btw_emails", "min_time_btwn_emails|min_time_btw_emails", FIELD_INT, 1, 100000, .writable = true},
	{"max_leads_per_day", "max_leads_per_day|max_new_leads_per_day", FIELD_INT, 1, 10000000, .writable = true},
};

static const struct field settings_fields[] = {
	{"track_settings", "track_settings", FIELD_WORDS, .writable = true},
	{"stop_lead_settings", "stop_lead_settings", FIELD_WORD, .writable = true},
	{"unsubscribe_text", "unsubscribe_text", FIELD_STRING, .writable = true},
	{"send_as_plain_text", "send_as_plain_text", FIELD_BOOL, .writable = true},
	{"follow_up_percentage", "follow_up_percentage", FIELD_INT, 0, 100, .writable = true},
	{"enable_ai_esp_matching", "enable_ai_esp_matching", FIELD_BOOL, .writable = true},
	{"client_id", "client_id", FIELD_INT, .writable = true, .nullable = true},
};

const struct field *campaign_schedule_fields(size_t *ret_count)
{
	*ret_count = COUNT(schedule_fields);
	return schedule_fields;
}

const struct field *campaign_settings_fields(size_t *ret_count)
{
	*ret_count = COUNT(settings_fields);
	return settings_fields;
}

/* The schedule under the names that the list of campaigns has it by. */
void schedule_as_shown(struct slice body, struct buf *out)
{
	static const struct {
		const char *ours, *theirs, *before, *after;
	} names[] = {
		{"timezone", "tz", "{\"scheduler_cron_value\":{", ""},
		{"days_of_the_week", "days", ",", ""},
		{"start_hour", "startHour", ",", ""},
		{"end_hour", "endHour", ",", "}"},
		{"min_time_btw_emails", "min_time_btwn_emails", ",", ""},
		{"max_leads_per_day", "max_leads_per_day", ",", "}"},
	};
	for (size_t i = 0; i < COUNT(names); i++) {
		struct slice value = SLICE_LITERAL("null");
		json_member(body, names[i].ours, &value);
		buf_printf(out, "%s\"%s\":", names[i].before, names[i].theirs);
		buf_add_slice(out, value);
		buf_add_str(out, names[i].after);
	}
}

const struct objects *answer_objects(const struct answers *from, int which)
{
	return from->v[which] ? from->v[which]->model : NULL;
}

int object_at(const struct ids *at, const struct answers *from, const struct object **ret_object, struct refusal *why)
{
	const struct objects *all = answer_objects(from, 0);
	*ret_object = all ? objects_find(all, at->v[0]) : NULL;
	return *ret_object ? 0 : refuse(why, ENOENT, "%s is no longer in the account", at->v[0]);
}

int64_t member_time(struct slice object, const char *member)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct slice value;
	int64_t ms;
	if (!json_member(object, member, &value) || !json_text(value, &text))
		return 0;
	return time_parse(buf_slice(&text), &ms) ? ms : 0;
}

int object_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	const struct objects *all = answer_objects(from, 0);
	int64_t id;
	struct slice rest;
	(void)dir;
	(void)why;
	if (!all)
		return 0;
	const struct object *one = NULL;
	if (want) {
		one = name_id(slice_of(want), &id, &rest) ? objects_find_id(all, id) : NULL;
		if (!one)
			return 0;
	}
	for (size_t i = 0; i < (one ? 1 : all->count); i++) {
		const struct object *o = one ? one : &all->items[i];
		names_add(out, o->name, id_text(o->id).text, NULL, member_time(o->json, "updated_at"));
	}
	return 0;
}

/* The one campaign of that exact name (as the account has it, or made safe as a file name); NULL when there are more. */
static const struct object *by_exact_name(const struct objects *all, const char *want)
{
	const struct object *hit = NULL;
	for (size_t i = 0; i < all->count; i++) {
		struct slice value;
		const char *safe = strchr(all->items[i].name, '-');
		bool same = (json_member(all->items[i].json, "name", &value) && json_is(value, want)) ||
			(safe && strcmp(safe + 1, want) == 0);
		if (same && hit)
			return NULL;
		if (same)
			hit = &all->items[i];
	}
	return hit;
}

int campaigns_alias_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	const struct objects *all = answer_objects(from, 0);
	(void)dir;
	(void)why;
	if (!all || !want)
		return 0;
	const struct object *hit = objects_find(all, want);
	if (!hit)
		hit = by_exact_name(all, want);
	if (!hit)
		return 0;
	names_add(out, want, id_text(hit->id).text, NULL, 0);
	return 0;
}

int object_alias_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	const struct object *o;
	int rc = object_at(at, from, &o, why);
	if (rc == 0)
		buf_add_str(&out->text, o->name);
	return rc;
}

int campaign_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	const struct object *o;
	int rc = object_at(at, from, &o, why);
	if (rc < 0)
		return rc;
	json_pretty(o->json, &out->text);
	buf_add_char(&out->text, '\n');
	out->mtime_ms = member_time(o->json, "updated_at");
	return 0;
}

/* One member as one line. */
static int line_render(const struct ids *at, const struct answers *from, const char *member, struct content *out,
	struct refusal *why)
{
	const struct object *o;
	int rc = object_at(at, from, &o, why);
	if (rc < 0)
		return rc;
	field_text(o->json, member, &out->text);
	for (size_t i = 0; i < out->text.len; i++)
		if ((unsigned char)out->text.data[i] < ' ')
			out->text.data[i] = ' ';
	buf_add_char(&out->text, '\n');
	out->mtime_ms = member_time(o->json, "updated_at");
	return 0;
}

int campaign_name_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	return line_render(at, from, "name", out, why);
}

int campaign_status_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	return line_render(at, from, "status", out, why);
}

static int document_render(const struct ids *at, const struct answers *from, const struct field *fields, size_t count,
	struct content *out, struct refusal *why)
{
	const struct object *o;
	int rc = object_at(at, from, &o, why);
	if (rc < 0)
		return rc;
	fields_render(fields, count, o->json, &out->text);
	out->mtime_ms = member_time(o->json, "updated_at");
	return 0;
}

int campaign_schedule_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	return document_render(at, from, schedule_fields, COUNT(schedule_fields), out, why);
}

int campaign_settings_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	return document_render(at, from, settings_fields, COUNT(settings_fields), out, why);
}

/* "spring;summer" out of the tags of a campaign. */
static void tag_names(struct slice campaign, struct buf *out)
{
	struct slice tags, name;
	if (!json_member(campaign, "tags", &tags))
		return;
	for (struct json_walk w = json_walk(tags); json_next(&w);) {
		if (!json_member(w.value, "tag_name", &name) && !json_member(w.value, "name", &name))
			continue;
		if (out->len)
			buf_add_char(out, ';');
		json_text(name, out);
	}
}

void table_render(const struct column *columns, size_t count, const struct objects *rows, struct buf *out)
{
	_cleanup_buf_ struct buf cell = BUF_INIT;
	bool first = true;
	for (size_t c = 0; c < count; c++)
		csv_add(out, &first, slice_of(columns[c].name));
	buf_add_char(out, '\n');
	for (size_t i = 0; rows && i < rows->count; i++) {
		first = true;
		for (size_t c = 0; c < count; c++) {
			buf_clear(&cell);
			if (columns[c].render)
				columns[c].render(rows->items[i].json, &cell);
			else
				field_text(rows->items[i].json, columns[c].read, &cell);
			csv_add(out, &first, buf_slice(&cell));
		}
		buf_add_char(out, '\n');
	}
}

int campaigns_csv_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	static const struct column columns[] = {
		{.name = "id", .read = "id"},
		{.name = "name", .read = "name"},
		{.name = "status", .read = "status"},
		{.name = "created_at", .read = "created_at"},
		{.name = "updated_at", .read = "updated_at"},
		{.name = "timezone", .read = "scheduler_cron_value.tz"},
		{.name = "days_of_the_week", .read = "scheduler_cron_value.days"},
		{.name = "start_hour", .read = "scheduler_cron_value.startHour"},
		{.name = "end_hour", .read = "scheduler_cron_value.endHour"},
		{.name = "min_time_btw_emails", .read = "min_time_btwn_emails"},
		{.name = "max_leads_per_day", .read = "max_leads_per_day"},
		{.name = "client_id", .read = "client_id"},
		{.name = "parent_campaign_id", .read = "parent_campaign_id"},
		{.name = "tags", .render = tag_names},
	};
	(void)at, (void)why;
	table_render(columns, COUNT(columns), answer_objects(from, 0), &out->text);
	return 0;
}
