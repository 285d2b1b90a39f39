/* views.c - views/status, views/tag, views/client: campaigns again, sorted by what they are. */
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/format/names.h"
#include "fs/tree/subjects.h"

/* Calls names_add() unless `name` was added before: views are small, so a linear search will do. */
static void add_once(struct names *out, struct slice text, struct buf *seen)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	name_safe(text, &name);
	buf_add_char(&name, '\0');
	if (buf_failed(&name))
		return;
	for (const char *p = seen->data, *end = seen->data + seen->len; p && p < end; p += strlen(p) + 1)
		if (strcmp(p, name.data) == 0)
			return;
	buf_add(seen, name.data, name.len);
	names_add(out, name.data, name.data, NULL, 0);
}

/* Is `label`, made safe, the word that the view is called by? */
static bool is_view(struct slice label, const char *view)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	name_safe(label, &name);
	return slice_is(buf_slice(&name), view);
}

/* What a campaign is sorted by: calls `use` for each label it has. */
typedef void label_fn(void *arg, struct slice label);

static void status_labels(struct slice campaign, label_fn *use, void *arg)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct slice value;
	if (json_member(campaign, "status", &value) && json_text(value, &text) && text.len)
		use(arg, buf_slice(&text));
}

static void client_labels(struct slice campaign, label_fn *use, void *arg)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct slice value;
	if (json_member(campaign, "client_id", &value) && json_text(value, &text) && text.len)
		use(arg, buf_slice(&text));
}

static void tag_labels(struct slice campaign, label_fn *use, void *arg)
{
	struct slice tags, name;
	if (!json_member(campaign, "tags", &tags))
		return;
	for (struct json_walk w = json_walk(tags); json_next(&w);) {
		_cleanup_buf_ struct buf text = BUF_INIT;
		if ((json_member(w.value, "tag_name", &name) || json_member(w.value, "name", &name)) &&
			json_text(name, &text))
			use(arg, buf_slice(&text));
	}
}

typedef void labels_fn(struct slice campaign, label_fn *use, void *arg);

struct collect {
	struct names *out;
	struct buf seen;
};

static void collect_label(void *arg, struct slice label)
{
	struct collect *c = arg;
	add_once(c->out, label, &c->seen);
}

static int list_labels(const struct answers *from, labels_fn *labels, struct names *out)
{
	const struct objects *all = answer_objects(from, 0);
	struct collect c = {out, BUF_INIT};
	for (size_t i = 0; all && i < all->count; i++)
		labels(all->items[i].json, collect_label, &c);
	buf_release(&c.seen);
	return 0;
}

struct match {
	const char *view;
	bool found;
};

static void match_label(void *arg, struct slice label)
{
	struct match *m = arg;
	m->found |= is_view(label, m->view);
}

static int list_campaigns(const struct ids *dir, const struct answers *from, labels_fn *labels, struct names *out)
{
	const struct objects *all = answer_objects(from, 0);
	for (size_t i = 0; all && i < all->count; i++) {
		struct match m = {dir->v[0], false};
		labels(all->items[i].json, match_label, &m);
		if (!m.found)
			continue;
		names_add(out, all->items[i].name, id_text(all->items[i].id).text, NULL, 0);
	}
	return 0;
}

int views_status_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	(void)dir, (void)want, (void)why;
	return list_labels(from, status_labels, out);
}

int views_status_campaigns_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	(void)want, (void)why;
	return list_campaigns(dir, from, status_labels, out);
}

int views_tag_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	(void)dir, (void)want, (void)why;
	return list_labels(from, tag_labels, out);
}

int views_tag_campaigns_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	(void)want, (void)why;
	return list_campaigns(dir, from, tag_labels, out);
}

int views_client_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	(void)dir, (void)want, (void)why;
	return list_labels(from, client_labels, out);
}

int views_client_campaigns_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	(void)want, (void)why;
	return list_campaigns(dir, from, client_labels, out);
}

int views_campaign_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	struct ids campaign = {{at->v[1]}};
	const struct object *o;
	int rc = object_at(&campaign, from, &o, why);
	if (rc == 0)
		buf_printf(&out->text, "../../../campaigns/%s", o->name);
	return rc;
}
