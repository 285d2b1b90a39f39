#include "fs/tree/history.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/log.h"
#include "fs/format/names.h"
#include "fs/tree/secrets.h"
#include "fs/tree/state.h"
#include "fs/tree/subjects.h"

void tree_keep(struct tree *t, const char *state_dir, const char *url)
{
	t->kept = kept_open(state_dir, url, &t->not_kept);
	if (!t->kept)
		log_warning("what saves replace can't be kept: %s", t->not_kept.text);
	t->remembered = remembered_open(state_dir, url);
}

static const char *last_id(const struct ids *at)
{
	const char *last = "";
	for (int i = 0; i < IDS_MAX && at->v[i]; i++)
		last = at->v[i];
	return last;
}

/* history/<kind>/<id>/<document> */
static void add_directory(const struct route *row, const struct ids *at, struct buf *out)
{
	size_t kind = strcspn(row->path, "/"), plain = strcspn(row->history, "<");
	buf_add_str(out, "history/");
	buf_add_slice(out, (struct slice){row->path, kind});
	buf_add_char(out, '/');
	name_safe(slice_of(at->v[0] ? at->v[0] : "account"), out);
	buf_add_char(out, '/');
	buf_add_slice(out, (struct slice){row->history, plain});
	if (row->history[plain])
		name_safe(slice_of(last_id(at)), out);
}

static const char *ending_of(const struct route *row)
{
	const char *dot = strrchr(row->path, '.');
	return row->before ? ".json" : !dot || strchr(dot, '/') ? ".txt" : dot;
}

int history_keep_text(struct tree *t, const struct route *row, const struct ids *at, struct slice text, struct refusal *why)
{
	_cleanup_buf_ struct buf dir = BUF_INIT;
	if (!row->history || text.len == 0)
		return 0;
	if (!t->kept)
		return refuse(why, t->not_kept.err ? t->not_kept.err : EIO, "what this replaces can't be kept: %s", t->not_kept.text);
	add_directory(row, at, &dir);
	int rc = buf_failed(&dir) ? refuse_memory(why) : kept_add(t->kept, buf_text(&dir), ending_of(row), text, NULL, why);
	if (rc < 0)
		refusal_prefix(why, "what this replaces can't be kept: ");
	return rc;
}

int history_keep(struct tree *t, const struct route *row, const struct ids *at, const struct answers *base, struct refusal *why)
{
	render_fn *show = row->before ? row->before : row->render;
	struct content now = {.text = BUF_INIT};
	if (!row->history || !show || (!at->v[0] && strchr(row->path, '<')))
		return 0;
	int rc = show(at, base, &now, why);
	/* What is not there is not replaced. */
	if (rc == -ENOENT)
		rc = 0;
	else if (rc == 0)
		rc = buf_failed(&now.text) ? refuse_memory(why) :
			history_keep_text(t, row, at, now.blob ? blob_slice(now.blob) : buf_slice(&now.text), why);
	blob_unref(now.blob);
	buf_release(&now.text);
	return rc;
}

/* "-campaigns-700001-schedule.json": the path with its ids, of characters that need no quoting. */
static void add_path(const struct place *place, const char *name, struct buf *out)
{
	struct ids at = place_ids(place);
	int id = 0;
	buf_add_char(out, '-');
	for (const char *p = place->route->path; *p; p++) {
		if (*p == '<' && strchr(p, '>')) {
			name_safe(slice_of(id < IDS_MAX && at.v[id] ? at.v[id] : ""), out);
			id++;
			p = strchr(p, '>');
		} else {
			buf_add_char(out, *p == '/' ? '-' : *p);
		}
	}
	if (name) {
		buf_add_char(out, '-');
		name_safe(slice_of(name), out);
	}
}

static bool ending_is(const char *path, const char *ending)
{
	size_t len = strlen(path), end = strlen(ending);
	return len >= end && strcmp(path + len - end, ending) == 0;
}

enum { REJECTED_NAME_MAX = 200 };

void history_reject(struct tree *t, const struct route *row, const struct place *place, const char *name, struct slice text,
	struct refusal *why)
{
	_cleanup_buf_ struct buf ending = BUF_INIT, hidden = BUF_INIT, kept = BUF_INIT;
	struct refusal ignored;
	if (!t->kept || text.len == 0)
		return;
	add_path(place, name, &ending);
	buf_truncate(&ending, REJECTED_NAME_MAX);
	if (!(row->mode & 0077) && ending_is(row->path, ".json")) {
		secrets_hide_in_text(text, &hidden);
		text = buf_slice(&hidden);
	}
	if (buf_failed(&ending) || buf_failed(&hidden) ||
		kept_add(t->kept, "rejected", buf_text(&ending), text, &kept, &ignored) < 0 || buf_failed(&kept))
		return;
	size_t len = strlen(why->text);
	snprintf(why->text + len, sizeof why->text - len, " (your text: .smartlead/rejected/%s)", buf_text(&kept));
}

/* The files. */

static void list_one(void *arg, const char *name)
{
	names_add(arg, name, name, NULL, 0);
}

static int list(struct tree *t, const char *dir, const char *want, struct names *out, struct refusal *why)
{
	return t->kept ? kept_names(t->kept, dir, want, list_one, out, why) : 0;
}

/* history/<id>/<id>… of the ids given. */
static int add_levels(const struct ids *at, int levels, struct buf *out, struct refusal *why)
{
	buf_add_str(out, "history");
	for (int i = 0; i < levels && at->v[i]; i++)
		buf_printf(out, "/%s", at->v[i]);
	return buf_failed(out) ? refuse_memory(why) : 0;
}

int history_list(struct tree *t, const struct ids *dir, const char *want, struct names *out, struct refusal *why)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	int rc = add_levels(dir, IDS_MAX, &path, why);
	return rc < 0 ? rc : list(t, buf_text(&path), want, out, why);
}

int history_live(struct tree *t, const struct ids *at, struct buf *out, struct refusal *why)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	int rc = add_levels(at, IDS_MAX - 1, &path, why);
	if (rc == 0 && !t->kept)
		rc = refuse(why, ENOENT, "no such text");
	return rc < 0 ? rc : kept_read(t->kept, buf_text(&path), at->v[IDS_MAX - 1], out, why);
}

int rejected_list(struct tree *t, const struct ids *dir, const char *want, struct names *out, struct refusal *why)
{
	(void)dir;
	return list(t, "rejected", want, out, why);
}

int rejected_live(struct tree *t, const struct ids *at, struct buf *out, struct refusal *why)
{
	return t->kept ? kept_read(t->kept, "rejected", at->v[0], out, why) : refuse(why, ENOENT, "no such text");
}
