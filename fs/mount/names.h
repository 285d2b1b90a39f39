/*
 * names.h - what this mount lays over the tree's names: scratch names, and names that were removed a moment ago.
 */
#pragma once

#include "fs/mount/inside.h"

/* Fills an entry for a scratch name (0), says that the name is out of sight (-ENOENT), or has nothing to say (1). -ENOMEM. */
int names_lookup(struct mount *m, const struct node *dir, const char *name, struct tree_entry *ret_entry);

/* Is there any such name in the directory? Then the kernel must not keep its listing. */
bool names_changed(struct mount *m, const struct node *dir);

/* Takes out of a listing what was removed, and adds the scratch names. */
void names_overlay(struct mount *m, const struct node *dir, struct tree_listing *listing);

/* The entry of a name with that place. -ENOMEM. */
int names_entry(const char *name, const struct place *place, struct tree_entry *ret_entry);

/* May scratch files be made here: has the directory documents, or do new files in it become something? */
bool names_take_scratch(struct tree *t, const struct place *dir);
