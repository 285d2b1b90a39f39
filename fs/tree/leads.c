/* leads.c - campaigns/<campaign>/leads.csv and leads/, views of the export; leads/<email>/, one lead by its address. */
#include "fs/tree/leads.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/format/names.h"
#include "fs/tree/fields.h"
#include "fs/tree/plan.h"
#include "fs/tree/subjects.h"

static const struct leads *leads_of(const struct answers *from)
{
	return from->v[0] ? from->v[0]->model : NULL;
}

int lead_at(const struct ids *at, const struct answers *from, struct lead *out, size_t *ret_row, struct refusal *why)
{
	const struct leads *leads = leads_of(from);
	ptrdiff_t row = leads ? leads_find(leads, from->v[0], at->v[1]) : -1;
	if (row < 0)
		return refuse(why, ENOENT, "%s is not in the campaign", at->v[1]);
	if (ret_row)
		*ret_row = (size_t)row;
	return leads_read(leads, from->v[0], (size_t)row, out, why);
}

int leads_csv_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	(void)at, (void)why;
	out->blob = blob_ref(from->v[0]->body);
	return 0;
}

static void add_lead(const struct leads *leads, const struct answer *from, size_t i, struct buf *name, struct names *out)
{
	buf_clear(name);
	if (!leads_name(leads, from, i, name))
		return;
	/* An address that the export has twice is one lead. */
	if (leads->rows[i].twin && leads_find(leads, from, name->data) != (ptrdiff_t)i)
		return;
	names_add(out, name->data, name->data, NULL, 0);
}

int leads_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out, struct refusal *why)
{
	const struct leads *leads = leads_of(from);
	_cleanup_buf_ struct buf name = BUF_INIT;
	(void)dir, (void)why;
	if (!leads)
		return 0;
	if (want) {
		if (leads_find(leads, from->v[0], want) >= 0)
			names_add(out, want, want, NULL, 0);
		return 0;
	}
	for (size_t i = 0; i < leads->count; i++)
		add_lead(leads, from->v[0], i, &name, out);
	return 0;
}

static void add_member(struct buf *out, bool *first, const char *name, struct slice value, bool bare)
{
	buf_printf(out, "%s  ", *first ? "" : ",\n");
	*first = false;
	json_quote(slice_of(name), out);
	buf_add_str(out, ": ");
	if (bare && value.len == 0)
		buf_add_str(out, "null");
	else if (bare && json_check(value, NULL) == 0)
		buf_add_slice(out, value);
	else
		json_quote(value, out);
}

/* Numbers and truths are written bare in the export: so they are in the document. */
static bool is_bare(int column)
{
	switch (column) {
	case LEAD_ID:
	case LEAD_MAP_ID:
	case LEAD_IS_INTERESTED:
	case LEAD_IS_UNSUBSCRIBED:
	case LEAD_LAST_SEQUENCE:
	case LEAD_OPENS:
	case LEAD_CLICKS:
	case LEAD_REPLIES:
		return true;
	default:
		return false;
	}
}

int lead_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	_cleanup_lead_ struct lead lead = {.text = BUF_INIT};
	const struct leads *leads = leads_of(from);
	struct buf *text = &out->text;
	bool first = true, first_field = true;
	int rc = lead_at(at, from, &lead, NULL, why);
	if (rc < 0)
		return rc;
	buf_add_str(text, "{\n");
	for (int c = 0; c < LEAD_STANDARD; c++)
		add_member(text, &first, lead_columns[c], lead.cell[c], false);
	buf_add_str(text, ",\n  \"custom_fields\": {");
	const char *name = buf_text(&leads->custom);
	for (size_t i = 0; i < leads->custom_count; i++, name += strlen(name) + 1) {
		/* The export cannot tell an empty field from a missing one; a lead has only what it uses. */
		if (lead.custom[i].len == 0)
			continue;
		buf_add_str(text, first_field ? "\n    " : ",\n    ");
		first_field = false;
		json_quote(slice_of(name), text);
		buf_add_str(text, ": ");
		json_quote(lead.custom[i], text);
	}
	buf_add_str(text, first_field ? "}" : "\n  }");
	for (int c = LEAD_STANDARD; c < LEAD_COLUMNS; c++)
		if (leads->has[c])
			add_member(text, &first, lead_columns[c], lead.cell[c], is_bare(c));
	buf_add_str(text, "\n}\n");
	return 0;
}

int lead_status_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	_cleanup_lead_ struct lead lead = {.text = BUF_INIT};
	int rc = lead_at(at, from, &lead, NULL, why);
	if (rc == 0) {
		buf_add_slice(&out->text, lead.cell[LEAD_STATUS]);
		buf_add_char(&out->text, '\n');
	}
	return rc;
}

size_t leads_count(const struct answer *leads)
{
	return ((const struct leads *)leads->model)->count;
}

bool lead_replied(const struct ids *at, const struct answers *from)
{
	const struct leads *leads = leads_of(from);
	ptrdiff_t row = leads ? leads_find(leads, from->v[0], at->v[1]) : -1;
	return row >= 0 && leads->rows[row].replied;
}

/* thread.mbox and thread.json stand in a listing where there is a reply. */
int thread_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out, struct refusal *why)
{
	(void)want, (void)why;
	if (lead_replied(dir, from))
		names_add_leaf(out);
	return 0;
}

/* What the export lacks: the category, from the paged list. */

struct lead_category {
	int64_t lead_id;
	int64_t category_id; /* 0: none */
};

struct lead_categories {
	size_t count;
	struct lead_category rows[];
};

static bool export_has_category(const struct answers *so_far)
{
	const struct leads *leads = leads_of(so_far);
	return leads && leads->has[LEAD_CATEGORY];
}

int lead_pages_key(const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed, struct refusal *why)
{
	(void)why;
	*ret_needed = !export_has_category(so_far);
	buf_printf(key, "/%s", at->v[0]);
	return 0;
}

int categories_key(const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed, struct refusal *why)
{
	(void)at, (void)key, (void)why;
	*ret_needed = !export_has_category(so_far);
	return 0;
}

bool lead_pages_next(struct fetch *f)
{
	return pages_next(f, 1);
}

static int by_lead(const void *a, const void *b)
{
	int64_t x = ((const struct lead_category *)a)->lead_id, y = ((const struct lead_category *)b)->lead_id;
	return (x > y) - (x < y);
}

int lead_pages_index(struct slice body, void **ret_model, size_t *ret_bytes, struct refusal *why)
{
	size_t n = 0;
	for (struct json_walk w = json_walk(body); json_next(&w);)
		n++;
	struct lead_categories *model = calloc(1, sizeof *model + n * sizeof model->rows[0]);
	if (!model)
		return refuse_memory(why);
	for (struct json_walk w = json_walk(body); json_next(&w);) {
		struct lead_category *row = &model->rows[model->count];
		struct slice value;
		if (!json_path(w.value, "lead.id", &value) || !json_int(value, &row->lead_id))
			continue;
		if (json_member(w.value, "lead_category_id", &value))
			json_int(value, &row->category_id);
		model->count++;
	}
	qsort(model->rows, model->count, sizeof model->rows[0], by_lead);
	*ret_model = model;
	*ret_bytes = sizeof *model + n * sizeof model->rows[0];
	return 0;
}

void lead_pages_free(void *model)
{
	free(model);
}

struct answer *lead_pages_edit(const struct answer *old, char *const args[REQUEST_ARGS])
{
	struct buf text = BUF_INIT;
	struct slice id, map_id;
	bool found = false;
	buf_add_char(&text, '[');
	for (struct json_walk w = json_walk(blob_slice(old->body)); json_next(&w);) {
		bool hit = json_path(w.value, "lead.id", &id) && slice_is(id, args[0]);
		buf_add_str(&text, text.len > 1 ? "," : "");
		if (hit && json_member(w.value, "campaign_lead_map_id", &map_id))
			buf_printf(&text, "{\"campaign_lead_map_id\":%.*s,\"lead_category_id\":%s,\"lead\":{\"id\":%s}}",
				(int)map_id.len, map_id.ptr, args[1], args[0]);
		else
			buf_add_slice(&text, w.value);
		found |= hit;
	}
	buf_add_char(&text, ']');
	struct blob *body = found && !buf_failed(&text) ? blob_from_buf(&text) : NULL;
	buf_release(&text);
	return body ? answer_new(body, NULL, NULL, 0) : found ? NULL : edit_nothing(old);
}

/* What is unknown is refused: an empty file would say that there is none. */
static int category_from_pages(struct slice lead_id, const struct answers *from, struct buf *out, struct refusal *why)
{
	const struct lead_categories *all = from->v[1] ? from->v[1]->model : NULL;
	struct lead_category key = {0};
	struct slice list, id, name;
	int64_t number;
	if (!all || !from->v[2] || !json_int(lead_id, &key.lead_id) || !answer_list(blob_slice(from->v[2]->body), &list))
		return refuse(why, EIO, "the API does not tell the lead's category");
	const struct lead_category *hit = bsearch(&key, all->rows, all->count, sizeof key, by_lead);
	if (!hit)
		return refuse(why, EIO, "the API's list of leads lacks this one; it may have changed meanwhile");
	for (struct json_walk w = json_walk(list); hit->category_id && json_next(&w);)
		if (json_member(w.value, "id", &id) && json_int(id, &number) && number == hit->category_id &&
			json_member(w.value, "name", &name) && json_text(name, out))
			return 0;
	return hit->category_id ? refuse(why, EIO, "the API has no name for category %lld", (long long)hit->category_id) : 0;
}

int lead_category_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	_cleanup_lead_ struct lead lead = {.text = BUF_INIT};
	int rc = lead_at(at, from, &lead, NULL, why);
	if (rc < 0)
		return rc;
	if (export_has_category(from))
		buf_add_slice(&out->text, lead.cell[LEAD_CATEGORY]);
	else
		rc = category_from_pages(lead.cell[LEAD_ID], from, &out->text, why);
	buf_add_char(&out->text, '\n');
	return rc;
}

/* Keys that hold a lead's id. */

int lead_id(const struct ids *at, const struct lead *lead, int64_t *ret_id, struct refusal *why)
{
	return json_int(lead->cell[LEAD_ID], ret_id) ? 0 : refuse(why, EIO, "the leads export gives %s no id", at->v[1]);
}

static int add_lead_id(const struct ids *at, const struct answers *so_far, struct buf *key, struct refusal *why)
{
	_cleanup_lead_ struct lead lead = {.text = BUF_INIT};
	int64_t id;
	int rc = lead_at(at, so_far, &lead, NULL, why);
	if (rc == 0)
		rc = lead_id(at, &lead, &id, why);
	if (rc < 0)
		return rc;
	buf_printf(key, "/%lld", (long long)id);
	return 0;
}

int thread_key(const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed, struct refusal *why)
{
	(void)ret_needed;
	buf_printf(key, "/%s", at->v[0]);
	return add_lead_id(at, so_far, key, why);
}

int lead_campaigns_key(const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed,
	struct refusal *why)
{
	struct slice value;
	int64_t id;
	(void)ret_needed;
	if (leads_of(so_far))
		return add_lead_id(at, so_far, key, why);
	if (!so_far->v[0] || !json_member(blob_slice(so_far->v[0]->body), "id", &value) || !json_int(value, &id))
		return refuse(why, EIO, "the API gives %s no id", at->v[0]);
	buf_printf(key, "/%lld", (long long)id);
	return 0;
}

/* The campaigns of a lead, from the last answer of the row. */
int lead_campaigns_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	struct answers campaigns = {{from->v[1]}};
	return object_list(dir, &campaigns, want, out, why);
}

static int campaign_target(const char *up, const char *id, const struct answers *from, struct content *out, struct refusal *why)
{
	struct ids campaign = {{id}};
	struct answers campaigns = {{from->v[1]}};
	const struct object *o;
	int rc = object_at(&campaign, &campaigns, &o, why);
	if (rc == 0)
		buf_printf(&out->text, "%s%s", up, o->name);
	return rc;
}

int lead_campaign_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	return campaign_target("../../../../", at->v[2], from, out, why);
}

/* leads/<email>/: by name only. */

int global_lead_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	(void)dir, (void)from, (void)why;
	_cleanup_buf_ struct buf folded = BUF_INIT;
	if (!want || !address_valid(slice_of(want)))
		return 0;
	/* One spelling, one lead: the service keeps addresses in lower case. */
	address_fold(slice_of(want), &folded);
	if (!buf_failed(&folded))
		names_add(out, want, folded.data, NULL, 0);
	return 0;
}

int global_lead_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	(void)at, (void)why;
	json_pretty(blob_slice(from->v[0]->body), &out->text);
	buf_add_char(&out->text, '\n');
	return 0;
}

int global_unsubscribed_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	struct slice value;
	bool yes = false;
	(void)at, (void)why;
	if (json_member(blob_slice(from->v[0]->body), "is_unsubscribed", &value))
		json_bool(value, &yes);
	buf_add_str(&out->text, yes ? "yes\n" : "no\n");
	return 0;
}

int global_lead_campaign_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	return campaign_target("../../../campaigns/", at->v[1], from, out, why);
}
