#include "fs/tree/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"

/* One row, with where it hangs. Fixed children come before patterns in each list, both in the table's order. */
struct walk_row {
	const struct route *route;
	const char *leaf;       /* last segment of the path */
	bool pattern;           /* the leaf holds a <…> */
	size_t parent;
	size_t *children;
	size_t count;
};

struct walk {
	struct walk_row *rows;
	size_t count;
	struct tree *tree; /* NULL: none */
};

struct names {
	struct tree_listing *out;
	const struct route *route;
	const char *leaf;
	const struct ids *dir;
	const char *want;
	bool failed;
};

static bool is_directory(const struct route *r)
{
	return S_ISDIR(r->mode);
}

/* The row of the directory that a path hangs in; count when there is none. */
static size_t find_parent(const struct walk *w, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	for (size_t i = 0; i < w->count; i++) {
		const char *other = w->rows[i].route->path;
		if (is_directory(w->rows[i].route) && strlen(other) == len && memcmp(other, path, len) == 0 &&
			*path != '\0')
			return i;
	}
	return w->count;
}

static int check_row(const struct walk_row *row, struct refusal *why)
{
	const struct route *r = row->route;
	bool link = S_ISLNK(r->mode), file = S_ISREG(r->mode);
	if (!r->help || !*r->help)
		return refuse(why, EINVAL, "%s: no help", r->path);
	if ((file && (r->mode & 0444) && !(r->flags & (ROUTE_LOG | ROUTE_LIVE)) && !r->render) || (link && !r->render))
		return refuse(why, EINVAL, "%s: readable, but nothing renders it", r->path);
	if (file && !(r->mode & 0222) != !(r->control || route_saves(r) || r->add))
		return refuse(why, EINVAL, "%s: its mode does not fit its functions", r->path);
	if (file && r->flags & ROUTE_LIVE && !r->live)
		return refuse(why, EINVAL, "%s: nothing makes it", r->path);
	if (row->pattern && !r->list && !r->live_list)
		return refuse(why, EINVAL, "%s: nothing gives its names", r->path);
	return 0;
}

static int hang(struct walk *w, size_t i, struct refusal *why)
{
	struct walk_row *row = &w->rows[i];
	if (*row->route->path == '\0')
		return 0;
	row->parent = find_parent(w, row->route->path);
	if (row->parent == w->count)
		return refuse(why, EINVAL, "%s: no row for its directory", row->route->path);
	struct walk_row *dir = &w->rows[row->parent];
	for (size_t k = 0; k < dir->count; k++)
		if (strcmp(w->rows[dir->children[k]].leaf, row->leaf) == 0)
			return refuse(why, EINVAL, "%s: twice in the table", row->route->path);
	size_t *grown = realloc(dir->children, (dir->count + 1) * sizeof *grown);
	if (!grown)
		return refuse_memory(why);
	dir->children = grown;
	dir->children[dir->count++] = i;
	return 0;
}

struct walk *walk_create(const struct route *rows, size_t count, struct refusal *why)
{
	struct walk *w = calloc(1, sizeof *w);
	if (w)
		w->rows = calloc(count, sizeof *w->rows);
	if (!w || !w->rows) {
		walk_destroy(w);
		refuse_memory(why);
		return NULL;
	}
	w->count = count;
	for (size_t i = 0; i < count; i++) {
		const char *slash = strrchr(rows[i].path, '/');
		w->rows[i].route = &rows[i];
		w->rows[i].leaf = slash ? slash + 1 : rows[i].path;
		w->rows[i].pattern = strchr(w->rows[i].leaf, '<') != NULL;
	}
	int rc = 0;
	for (int patterns = 0; patterns < 2 && rc == 0; patterns++)
		for (size_t i = 0; i < count && rc == 0; i++)
			if (w->rows[i].pattern == (patterns == 1)) {
				rc = check_row(&w->rows[i], why);
				if (rc == 0)
					rc = hang(w, i, why);
			}
	if (rc < 0) {
		walk_destroy(w);
		return NULL;
	}
	return w;
}

void walk_destroy(struct walk *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++)
		free(w->rows[i].children);
	free(w->rows);
	free(w);
}

void walk_use_tree(struct walk *w, struct tree *tree)
{
	w->tree = tree;
}

const struct route *walk_root(const struct walk *w)
{
	return w->rows[0].route;
}

static const struct walk_row *row_of(const struct walk *w, const struct route *r)
{
	return &w->rows[r - w->rows[0].route];
}

bool walk_is_dynamic(const struct walk *w, const struct route *dir)
{
	const struct walk_row *row = row_of(w, dir);
	return row->count > 0 && w->rows[row->children[row->count - 1]].pattern;
}

bool walk_is_live(const struct walk *w, const struct route *dir)
{
	const struct walk_row *row = row_of(w, dir);
	return row->count > 0 && w->rows[row->children[row->count - 1]].route->live_list;
}

const struct route *walk_fixed_child(const struct walk *w, const struct route *dir, const char *name)
{
	const struct walk_row *row = row_of(w, dir);
	for (size_t i = 0; i < row->count; i++) {
		const struct walk_row *child = &w->rows[row->children[i]];
		if (!child->pattern && strcmp(child->leaf, name) == 0)
			return child->route;
	}
	return NULL;
}

/* Does a name end as the pattern does ("<id>-<name>.json": .json)? */
static bool fits_ending(const char *leaf, const char *name)
{
	const char *end = strrchr(leaf, '>');
	size_t len = end ? strlen(end + 1) : 0, name_len = strlen(name);
	return name_len > len && strcmp(name + name_len - len, end + 1) == 0;
}

const struct route *walk_adder(const struct walk *w, const struct route *dir, const char *name, mode_t type)
{
	const struct walk_row *row = row_of(w, dir);
	for (size_t i = 0; i < row->count; i++) {
		const struct walk_row *child = &w->rows[row->children[i]];
		if (child->pattern && child->route->add && (child->route->mode & S_IFMT) == (type & S_IFMT) &&
			(!name || (name[0] != '.' && fits_ending(child->leaf, name))))
			return child->route;
	}
	return NULL;
}

enum resource_id walk_probe(const struct walk *w, const struct route *dir)
{
	const struct walk_row *row = row_of(w, dir);
	for (size_t i = 0; i < row->count; i++)
		if (w->rows[row->children[i]].route->probe != NOTHING)
			return w->rows[row->children[i]].route->probe;
	return NOTHING;
}

const struct route *walk_known_child(const struct walk *w, const struct route *dir)
{
	const struct walk_row *row = row_of(w, dir);
	for (size_t i = 0; i < row->count; i++)
		if (w->rows[row->children[i]].route->flags & ROUTE_KNOWN)
			return w->rows[row->children[i]].route;
	return NULL;
}

void names_add(struct names *out, const char *name, const char *id, const char *id2, int64_t mtime_ms)
{
	if (out->want && strcmp(out->want, name) != 0)
		return;
	struct ids ids = {{NULL}};
	int n = 0;
	for (; n < IDS_MAX && out->dir->v[n]; n++)
		ids.v[n] = out->dir->v[n];
	if (id && n < IDS_MAX)
		ids.v[n++] = id;
	if (id && id2 && n < IDS_MAX)
		ids.v[n++] = id2;
	struct tree_entry e;
	if (tree_entry_init(&e, name, out->route, &ids) < 0) {
		out->failed = true;
		return;
	}
	e.mtime_ms = mtime_ms;
	if (tree_listing_add(out->out, &e) < 0) {
		tree_entry_release(&e);
		out->failed = true;
	}
}

void names_add_leaf(struct names *out)
{
	names_add(out, out->leaf, NULL, NULL, 0);
}

int walk_children(const struct walk *w, const struct place *dir, const struct answers *from, const char *want,
	struct tree_listing *out, struct refusal *why)
{
	const struct walk_row *row = row_of(w, dir->route);
	struct ids ids = place_ids(dir);
	for (size_t i = 0; i < row->count; i++) {
		const struct walk_row *child = &w->rows[row->children[i]];
		struct names names = {out, child->route, child->leaf, &ids, want, false};
		int rc = 0;
		if (!want && (child->route->flags & ROUTE_BY_NAME))
			continue;
		if (child->route->live_list)
			rc = w->tree ? child->route->live_list(w->tree, &ids, want, &names, why) : 0;
		else if (child->pattern || (child->route->list && !want))
			rc = child->route->list(&ids, from, want, &names, why);
		else
			names_add_leaf(&names);
		if (rc < 0)
			return rc;
		if (names.failed)
			return refuse_memory(why);
		if (want && out->count)
			return 0;
	}
	return 0;
}
