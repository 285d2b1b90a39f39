/*
 * walk.h - the table of paths, compiled: one function lists a directory and looks a name up in it. Pure after creation.
 */
#pragma once

#include "fs/tree/tree.h"

struct walk;

/* Checks the rows against each other (parents exist, siblings are unique, functions fit the mode). NULL: `why` is set. */
struct walk *walk_create(const struct route *rows, size_t count, struct refusal *why);
void walk_destroy(struct walk *w); /* accepts NULL */

/* The tree whose state rows with a live_list show; without one they have no names. */
void walk_use_tree(struct walk *w, struct tree *tree);

const struct route *walk_root(const struct walk *w);

/*
 * The children of `dir` out of its answers: all that are listed (`want` NULL), or the one of that name, by-name ones
 * included. -ENOMEM, or what a row's list function refused with. Entries are added to `out`.
 */
int walk_children(const struct walk *w, const struct place *dir, const struct answers *from, const char *want,
	struct tree_listing *out, struct refusal *why);

/* Does the directory have children whose names come from answers? */
bool walk_is_dynamic(const struct walk *w, const struct route *dir);

/* Does it have children whose names come from this process (live_list)? */
bool walk_is_live(const struct walk *w, const struct route *dir);

/* The same, for a name that needs no answers (a fixed one). NULL: none. */
const struct route *walk_fixed_child(const struct walk *w, const struct route *dir, const char *name);

/* The resource that a bare id in `dir` can be asked of, when a fresh listing lacks it; NOTHING: none. */
enum resource_id walk_probe(const struct walk *w, const struct route *dir);

/* The child of `dir` whose listing shows what is in the cache (ROUTE_KNOWN), or NULL. */
const struct route *walk_known_child(const struct walk *w, const struct route *dir);

/* The pattern of `dir` by which a new `name` (NULL: any) of that type (S_IFDIR, S_IFREG, S_IFLNK) is really made; NULL: none. */
const struct route *walk_adder(const struct walk *w, const struct route *dir, const char *name, mode_t type);
