/* draft_names.c - the names of scratch files. */
#include "fs/mount/draft_inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"

struct draft *draft_by_name(struct drafts *ds, uint64_t dir, const char *name)
{
	struct draft *d, *next, *found = NULL;
	if (atomic_load(&ds->count) == 0)
		return NULL;
	monitor_lock(ds->monitor);
	HASH_ITER(hh, ds->by_inode, d, next)
		if (!found && d->name && d->dir == dir && strcmp(d->name, name) == 0)
			found = d;
	if (found)
		found->refs++;
	monitor_unlock(ds->monitor);
	return found;
}

int draft_rename(struct drafts *ds, struct draft *d, const char *name, bool adds)
{
	char *copy = strdup(name), *old = NULL;
	if (!copy)
		return -ENOMEM;
	monitor_lock(ds->monitor);
	if (d->name) {
		old = d->name;
		d->name = STEAL(copy);
		d->adds = adds;
		d->uncommitted = d->uncommitted && adds;
	}
	monitor_unlock(ds->monitor);
	free(copy);
	free(old);
	return old ? 0 : -ENOENT;
}

char *draft_name(struct drafts *ds, struct draft *d)
{
	monitor_lock(ds->monitor);
	char *name = d->name ? strdup(d->name) : NULL;
	monitor_unlock(ds->monitor);
	return name;
}

bool drafts_names(struct drafts *ds, uint64_t dir, draft_name_fn *fn, void *arg)
{
	struct draft *d, *next, **found = NULL;
	size_t count = 0;
	if (atomic_load(&ds->count) == 0)
		return false;
	monitor_lock(ds->monitor);
	if (fn)
		found = calloc(ds->names + 1, sizeof(struct draft *));
	HASH_ITER(hh, ds->by_inode, d, next)
		if (d->name && d->dir == dir) {
			if (found) {
				found[count] = d;
				d->refs++;
			}
			count++;
		}
	monitor_unlock(ds->monitor);
	for (size_t i = 0; found && i < count; i++) {
		monitor_lock(ds->monitor);
		_cleanup_free_ char *name = found[i]->name ? strdup(found[i]->name) : NULL;
		monitor_unlock(ds->monitor);
		if (name)
			fn(arg, name, &found[i]->place);
		draft_put(ds, found[i]);
	}
	free(found);
	return count > 0;
}
