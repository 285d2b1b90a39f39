/* campaigns_save.c - what a write in campaigns/<campaign>/ becomes: status, name, schedule.json, settings.json, mkdir, rmdir. */
#include <errno.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/format/names.h"
#include "fs/tree/fields.h"
#include "fs/tree/plan.h"
#include "fs/tree/subjects.h"

enum { NAME_MAX_BYTES = 1000 };

static void quoted_member(struct buf *out, const char *name, struct slice value)
{
	buf_printf(out, "{\"%s\":", name);
	json_quote(value, out);
	buf_add_char(out, '}');
}

/* All that one campaign's answers hold, when it is gone. */
static void plan_forget_campaign(struct plan *p, const char *id)
{
	static const enum resource_id kept[] = {SEQUENCES, CAMPAIGN_ACCOUNTS, LEADS, LEAD_PAGES, ANALYTICS, CAMPAIGN_WEBHOOKS};
	_cleanup_buf_ struct buf key = BUF_INIT;
	const char *args[] = {id, NULL};
	buf_printf(&key, "/%s", id);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		plan_stale(p, kept[i], buf_text(&key));
	plan_edit(p, CAMPAIGNS, "", edit_remove_object, args);
}

static bool is_active(const struct object *o)
{
	struct slice status;
	return json_member(o->json, "status", &status) && json_is(status, "ACTIVE");
}

static int delete_campaign(const struct ids *at, const struct object *o, struct plan *out, struct refusal *why)
{
	const char *args[] = {at->v[0], NULL};
	if (is_active(o))
		return refuse(why, EBUSY, "the campaign is ACTIVE; pause it first: echo PAUSED > status");
	plan_add(out, EP_CAMPAIGN_DELETE, args, (struct slice){0});
	plan_forget_campaign(out, at->v[0]);
	out->removes = true;
	return 0;
}

int campaign_status_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out,
	struct refusal *why)
{
	static const struct {
		const char *word, *shown;
		bool by_state;
	} words[] = {{"START", "ACTIVE", false}, {"ACTIVE", "ACTIVE", true}, {"PAUSED", "PAUSED", false}, {"STOPPED", "STOPPED", false}};
	const struct object *o;
	text = slice_trim(text);
	int rc = object_at(at, base, &o, why);
	if (rc < 0)
		return rc;
	if (slice_is(text, "DELETE"))
		return delete_campaign(at, o, out, why);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		_cleanup_buf_ struct buf body = BUF_INIT, shown = BUF_INIT;
		const char *args[] = {at->v[0], NULL};
		if (!slice_is(text, words[i].word))
			continue;
		quoted_member(&body, "status", text);
		quoted_member(&shown, "status", slice_of(words[i].shown));
		plan_add(out, EP_CAMPAIGN_STATUS, args, buf_slice(&body));
		plan_edit(out, CAMPAIGNS, "", edit_object, (const char *const[]){at->v[0], buf_text(&shown), NULL});
		out->starts_by_state = words[i].by_state;
		return buf_failed(&body) || buf_failed(&shown) ? refuse_memory(why) : 0;
	}
	return refuse(why, EINVAL, "\"%.*s\" is no status to write; ACTIVE or START, PAUSED, STOPPED, DELETE are", (int)(text.len < 40 ? text.len : 40), text.ptr);
}

static int check_name(struct slice text, struct refusal *why)
{
	if (text.len == 0 || text.len > NAME_MAX_BYTES || !utf8_valid(text) || memchr(text.ptr, '\n', text.len))
		return refuse(why, EINVAL, "a name is one line of 1 to %d bytes of UTF-8", NAME_MAX_BYTES);
	return 0;
}

int campaign_name_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	const char *args[] = {at->v[0], NULL};
	const struct object *o;
	text = slice_trim(text);
	int rc = object_at(at, base, &o, why);
	if (rc == 0)
		rc = check_name(text, why);
	if (rc < 0)
		return rc;
	quoted_member(&body, "name", text);
	plan_add(out, EP_CAMPAIGN_SETTINGS, args, buf_slice(&body));
	plan_edit(out, CAMPAIGNS, "", edit_object, (const char *const[]){at->v[0], buf_text(&body), NULL});
	return buf_failed(&body) ? refuse_memory(why) : 0;
}

/* mv <id>-Old <id>-New, or mv <id>-Old New. */
int campaign_rename(const struct ids *at, const struct answers *base, struct slice text, struct plan *out,
	struct refusal *why)
{
	int64_t id;
	struct slice rest;
	if (name_id(text, &id, &rest) && rest.len) {
		_cleanup_buf_ struct buf own = BUF_INIT;
		buf_add_int(&own, id);
		if (slice_is(buf_slice(&own), at->v[0]))
			text = rest;
	}
	return campaign_name_commit(at, base, text, out, why);
}

int document_changes(render_fn *render, const struct ids *at, const struct answers *base, const struct field *fields, size_t count,
	struct slice text, struct buf *now, struct buf *changed, struct refusal *why)
{
	struct content shown = {.text = BUF_INIT};
	int rc = render(at, base, &shown, why);
	if (rc == 0)
		rc = fields_check(fields, count, buf_slice(&shown.text), text, changed, why);
	*now = shown.text;
	return rc;
}

int campaign_schedule_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf now = BUF_INIT, changed = BUF_INIT, body = BUF_INIT, shown = BUF_INIT;
	size_t count;
	const struct field *fields = campaign_schedule_fields(&count);
	int rc = document_changes(campaign_schedule_render, at, base, fields, count, text, &now, &changed, why);
	if (rc < 0 || changed.len == 0)
		return rc;
	/* There is no partial update: what was not changed goes along. */
	rc = fields_complete(fields, count, buf_slice(&now), buf_slice(&changed), &body, why);
	if (rc < 0)
		return rc;
	schedule_as_shown(buf_slice(&body), &shown);
	plan_add(out, EP_CAMPAIGN_SCHEDULE, (const char *const[]){at->v[0], NULL}, buf_slice(&body));
	plan_edit(out, CAMPAIGNS, "", edit_object, (const char *const[]){at->v[0], buf_text(&shown), NULL});
	out->failed |= buf_failed(&shown);
	return 0;
}

/* Are the changed fields what was saved? */
static int check_settings(const struct ids *at, const struct answers *now, struct slice changed, struct refusal *why)
{
	struct content shown = {.text = BUF_INIT};
	int rc = campaign_settings_render(at, now, &shown, why);
	struct slice value;
	for (struct json_walk w = json_walk(changed); rc == 0 && json_next(&w);) {
		_cleanup_buf_ struct buf name = BUF_INIT;
		json_text(w.key, &name);
		/* null: the service does not show it at all. */
		if (json_member(buf_slice(&shown.text), buf_text(&name), &value) && json_kind(value) != JSON_NULL &&
			!json_equal(value, w.value))
			rc = refuse(why, EIO, "the service took the save, but %s is %.*s there now", buf_text(&name),
				(int)(value.len < 100 ? value.len : 100), value.ptr);
	}
	buf_release(&shown.text);
	return rc;
}

int campaign_settings_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf now = BUF_INIT, changed = BUF_INIT;
	size_t count;
	const struct field *fields = campaign_settings_fields(&count);
	int rc = document_changes(campaign_settings_render, at, base, fields, count, text, &now, &changed, why);
	if (rc < 0 || changed.len == 0)
		return rc;
	plan_add(out, EP_CAMPAIGN_SETTINGS, (const char *const[]){at->v[0], NULL}, buf_slice(&changed));
	/* The wrong words may be ignored in silence: it is read back. */
	plan_stale(out, CAMPAIGNS, "");
	plan_check(out, CAMPAIGNS, check_settings, buf_slice(&changed));
	return 0;
}

/* Does the name lead to this campaign: by its id, its name, or its name as file names have it? */
static bool is_called(const struct object *o, const char *name)
{
	struct slice value;
	const char *safe = strchr(o->name, '-');
	return strcmp(o->name, name) == 0 || strcmp(id_text(o->id).text, name) == 0 || (safe && strcmp(safe + 1, name) == 0) ||
		(json_member(o->json, "name", &value) && json_is(value, name));
}

int campaign_add(const struct ids *dir, const struct answers *base, const char *name, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	const struct objects *all = answer_objects(base, 0);
	struct slice whole = slice_of(name);
	(void)dir, (void)text;
	/* A second one of a name could not be told from the first, and would have no path at once. */
	for (size_t i = 0; all && i < all->count; i++)
		if (is_called(&all->items[i], name))
			return refuse(why, EEXIST, "there is such a campaign: %s", all->items[i].name);
	int rc = check_name(whole, why);
	if (rc < 0)
		return rc;
	if (slice_trim(whole).len != whole.len)
		return refuse(why, EINVAL, "a name neither begins nor ends with white space");
	quoted_member(&body, "name", whole);
	plan_add(out, EP_CAMPAIGN_CREATE, NULL, buf_slice(&body));
	plan_stale(out, CAMPAIGNS, "");
	return buf_failed(&body) ? refuse_memory(why) : 0;
}

/* "first-lead": whether a campaign holds any, by one row. An active one is not deleted anyway, so nothing is asked. */

int first_lead_key(const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed, struct refusal *why)
{
	const struct object *o;
	int rc = object_at(at, so_far, &o, why);
	*ret_needed = rc == 0 && !is_active(o);
	buf_printf(key, "/%s", at->v[0]);
	return rc;
}

bool first_lead_next(struct fetch *f)
{
	f->request.args[1] = "0";
	f->request.args[2] = "1";
	return f->step == 0;
}

static bool holds_leads(struct slice page)
{
	struct slice rows, value;
	int64_t total = 0;
	if (!answer_list(page, &rows))
		return true;
	struct json_walk w = json_walk(rows);
	if (json_member(page, "total_leads", &value) && !json_int(value, &total))
		return true;
	return total != 0 || json_next(&w);
}

int campaign_drop(const struct ids *at, const struct answers *base, struct plan *out, struct refusal *why)
{
	const struct object *o;
	int rc = object_at(at, base, &o, why);
	if (rc < 0)
		return rc;
	if (!is_active(o) && (!base->v[1] || holds_leads(blob_slice(base->v[1]->body))))
		return refuse(why, ENOTEMPTY, "the campaign holds leads; to delete it with all it holds: echo DELETE > status");
	return delete_campaign(at, o, out, why);
}
