/* entry.c - names of a directory, each with the place it means. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/tree/tree.h"

int tree_entry_init(struct tree_entry *e, const char *name, const struct route *route, const struct ids *ids)
{
	*e = (struct tree_entry){.name = strdup(name)};
	if (e->name && place_init(&e->place, route, ids) == 0)
		return 0;
	free(e->name);
	*e = (struct tree_entry){0};
	return -ENOMEM;
}

void tree_entry_release(struct tree_entry *e)
{
	place_release(&e->place);
	free(e->name);
	*e = (struct tree_entry){0};
}

int tree_listing_add(struct tree_listing *l, struct tree_entry *e)
{
	if (l->count == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 16;
		struct tree_entry *grown = realloc(l->entries, cap * sizeof *grown);
		if (!grown)
			return -ENOMEM;
		l->entries = grown;
		l->cap = cap;
	}
	l->entries[l->count++] = *e;
	*e = (struct tree_entry){0};
	return 0;
}

void tree_listing_release(struct tree_listing *l)
{
	for (size_t i = 0; i < l->count; i++)
		tree_entry_release(&l->entries[i]);
	free(l->entries);
	*l = (struct tree_listing){0};
}
