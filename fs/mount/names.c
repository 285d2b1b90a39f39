#include "fs/mount/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/mount/open_file.h"
#include "fs/mount/removal.h"
#include "fs/tree/save.h"

int names_entry(const char *name, const struct place *place, struct tree_entry *ret_entry)
{
	struct ids ids = place_ids(place);
	return tree_entry_init(ret_entry, name, place->route, &ids);
}

int names_lookup(struct mount *m, const struct node *dir, const char *name, struct tree_entry *ret_entry)
{
	struct draft *d = draft_by_name(m->drafts, dir->inode, name);
	if (d) {
		int rc = names_entry(name, &d->place, ret_entry);
		draft_put(m->drafts, d);
		return rc;
	}
	return removals_hide(m->removals, dir->inode, name) ? -ENOENT : 1;
}

bool names_changed(struct mount *m, const struct node *dir)
{
	return drafts_names(m->drafts, dir->inode, NULL, NULL) || removals_in(m->removals, dir->inode);
}

static void hide_removed(struct mount *m, const struct node *dir, struct tree_listing *l)
{
	size_t kept = 0;
	for (size_t i = 0; i < l->count; i++) {
		if (removals_hide(m->removals, dir->inode, l->entries[i].name)) {
			tree_entry_release(&l->entries[i]);
		} else {
			l->entries[kept++] = l->entries[i];
		}
	}
	l->count = kept;
}

static bool add_name(void *arg, const char *name, const struct place *place)
{
	struct tree_entry e;
	if (names_entry(name, place, &e) < 0)
		return false;
	bool added = tree_listing_add(arg, &e) == 0;
	tree_entry_release(&e);
	return added;
}

void names_overlay(struct mount *m, const struct node *dir, struct tree_listing *listing)
{
	if (removals_in(m->removals, dir->inode))
		hide_removed(m, dir, listing);
	drafts_names(m->drafts, dir->inode, add_name, listing);
}

/* Is `path` the pattern of something in the directory of pattern `dir`? */
static bool is_child(const char *path, const char *dir)
{
	size_t len = strlen(dir);
	if (len && (strncmp(path, dir, len) != 0 || path[len] != '/'))
		return false;
	return !strchr(path + (len ? len + 1 : 0), '/');
}

bool names_take_scratch(struct tree *t, const struct place *dir)
{
	size_t count;
	const struct route *rows = routes(&count);
	for (size_t i = 0; i < count; i++)
		if (is_document(&rows[i]) && is_child(rows[i].path, dir->route->path))
			return true;
	return tree_can_add(t, dir, NULL, S_IFREG);
}
