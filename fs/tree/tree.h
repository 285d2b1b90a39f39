/*
 * tree.h - what the mount means: paths → places → answers → bytes. The front door of fs/tree for fs/mount.
 *
 * Functions that take a `struct caller` may wait for the API (or answer from the cache at once); the others never do.
 * All may be called from any thread; nothing is locked while rendering.
 */
#pragma once

#include "cache/cache.h"
#include "fs/api/api.h"
#include "fs/tree/place.h"

struct tree_conf {
	struct monitor *monitor;
	int64_t ttl_ms;
	size_t cache_bytes;
	const char *client_id;  /* NULL: all */
	size_t max_updates, max_deletes; /* by one save */
	bool read_only, dry_run;
};

/* What the tree tells the mount above it, and asks of it. */
struct tree_listener {
	/* What this resource shows was made stale before its time (refresh, a save). Nothing locked. */
	void (*changed)(void *arg, enum resource_id id);
	/* Appends members (",\"nodes\":7") to the "mount" object of stats.json. */
	void (*stats)(void *arg, struct buf *out);
	void *arg;
};

struct tree *tree_create(const struct tree_conf *conf, struct refusal *why);
void tree_destroy(struct tree *t); /* after api_stop(); accepts NULL */

void tree_listen(struct tree *t, const struct tree_listener *listener);

/* The tree's listener for api_conf.on_event (feeds .smartlead/requests), and the api it uses from then on. */
void tree_on_event(void *tree, const struct api_event *event);
void tree_use_api(struct tree *t, struct api *api);

/*
 * Where refused and replaced texts are kept (kept.h); before the mount serves. state_dir NULL: for as long as the process lives.
 * When it fails, documents that would replace something are refused with what went wrong.
 */
void tree_keep(struct tree *t, const char *state_dir, const char *url);

/* Is the account there? Fetches the list of campaigns, which the first look at the mount is served from. */
int tree_check(struct tree *t, struct caller *caller, struct refusal *why);

struct tree_entry {
	struct place place;
	char *name;
	int64_t mtime_ms;
};

/* A copy of the name, and the place of that row and ids. -ENOMEM; then there is nothing to release. */
int tree_entry_init(struct tree_entry *e, const char *name, const struct route *route, const struct ids *ids);
void tree_entry_release(struct tree_entry *e); /* accepts an empty one, and leaves one */

struct tree_listing {
	struct tree_entry *entries;
	size_t count, cap;
};
void tree_listing_release(struct tree_listing *l);

/* Takes the entry over, and leaves an empty one. -ENOMEM: it is still the caller's. */
int tree_listing_add(struct tree_listing *l, struct tree_entry *e);

/* The root directory. */
int tree_root(struct tree *t, struct place *ret_place);

/*
 * What `name` means in `dir`. Answers from memory, whatever its age, where the directory was listed before; asks the
 * API when it never was, or when a stale listing does not have the name. -ENOENT: no such name. *ret_fresh_ms: how long this may be believed.
 */
int tree_lookup(struct tree *t, const struct place *dir, const char *name, struct caller *caller, struct tree_entry *ret_entry,
	int64_t *ret_fresh_ms, struct refusal *why);

/* Type and permissions. On a service that can't show a file it is not readable (ROUTE_LIVE_ONLY). */
mode_t tree_mode(struct tree *t, const struct place *place);

/* Which version of a file or of a directory's names this is: the serials of its answers. */
struct version {
	struct answers answers; /* references, owned */
	uint64_t serials[NEEDS_MAX];
	int64_t fresh_ms;       /* how long it may be believed */
	int64_t fetched_wall_ms;
};
void version_release(struct version *v);
struct version version_ref(const struct version *v); /* the same, with references of its own */

/* The answers a file or a listing needs, fresh (waits). What the other service does not have is empty for a directory. */
int tree_version(struct tree *t, const struct place *file, struct caller *caller, struct version *ret_version,
	struct refusal *why);

/* The same from memory, of any age: false when something is not there. Never waits. */
bool tree_version_peek(struct tree *t, const struct place *file, struct version *ret_version);

/* The bytes of that version. *ret_mtime_ms: wall clock. */
int tree_render(struct tree *t, const struct place *file, const struct version *version, struct blob **ret_bytes,
	int64_t *ret_mtime_ms, struct refusal *why);

/* The bytes of a file or link as they are now: its version and its rendering in one (waits). */
int tree_read(struct tree *t, const struct place *file, struct caller *caller, struct blob **ret_bytes, struct refusal *why);

/* All names of a directory, out of that version. */
int tree_list(struct tree *t, const struct place *dir, const struct version *version, struct tree_listing *ret_listing,
	struct refusal *why);

/*
 * Under which name does `dir` list that place? Out of memory, of any age, without waiting. `likely`: looked for first.
 * 1 and *ret_name (malloc'ed); 0: under none; -errno: not known.
 */
int tree_name_of(struct tree *t, const struct place *dir, const struct place *place, const char *likely, char **ret_name);

/* Is the name still in the directory? Asks the API when what is known is old. 0, or -ENOENT and the others. */
int tree_exists(struct tree *t, const struct place *dir, const char *name, struct caller *caller, struct refusal *why);

/* Reports a refusal: one line in .smartlead/errors. `path` as the user knows it, from the mount's root. */
void tree_report(struct tree *t, const char *path, const struct refusal *why);

/* A log's bytes from `offset`, for files with ROUTE_LOG. */
size_t tree_log_size(struct tree *t, const struct place *file);
void tree_log_read(struct tree *t, const struct place *file, size_t offset, size_t len, struct buf *out);


/* For the functions of rows. */
struct cache *tree_cache(struct tree *t);
struct api *tree_api(struct tree *t);
