#include "fs/tree/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/format/names.h"
#include "fs/tree/import.h"
#include "fs/tree/objects.h"
#include "fs/tree/resource.h"
#include "fs/tree/state.h"
#include "fs/tree/writers.h"

enum { NEGATIVE_MS = 5000, STALE_WAIT_MS = 5000, RETRY_MS = 5000 };

static void on_changed(void *arg, const char *key, struct answer *old, struct answer *now)
{
	struct tree *t = arg;
	(void)old;
	if (now && now->model && strcmp(key, resource(CAMPAIGNS)->name) == 0)
		shown_add(t->shown, now->model);
}

struct tree *tree_create(const struct tree_conf *conf, struct refusal *why)
{
	struct tree *t = calloc(1, sizeof *t);
	if (!t) {
		refuse_memory(why);
		return NULL;
	}
	t->conf = *conf;
	textlog_init(&t->requests);
	textlog_init(&t->errors);
	t->start_wall_ms = clock_wall_ms();
	size_t count;
	const struct route *rows = routes(&count);
	t->walk = walk_create(rows, count, why);
	t->shown = shown_create();
	if (t->walk)
		walk_use_tree(t->walk, t);
	t->client_id = conf->client_id ? strdup(conf->client_id) : NULL;
	t->conf.client_id = t->client_id;
	t->writers = writers_create();
	t->cache = cache_create(&(struct cache_conf){
		.monitor = conf->monitor,
		.ttl_ms = conf->ttl_ms,
		.size_bytes = conf->cache_bytes,
		.negative_ms = NEGATIVE_MS < conf->ttl_ms ? NEGATIVE_MS : conf->ttl_ms,
		.stale_wait_ms = STALE_WAIT_MS,
		.retry_ms = RETRY_MS,
		.fetch = fetch_start,
		.changed = on_changed,
		.arg = t,
	});
	if (!t->walk || !t->cache || !t->shown || !t->writers || (conf->client_id && !t->client_id)) {
		if (t->walk)
			refuse_memory(why);
		tree_destroy(t);
		return NULL;
	}
	return t;
}

void tree_destroy(struct tree *t)
{
	if (!t)
		return;
	imports_destroy(t->imports);
	kept_close(t->kept);
	remembered_close(t->remembered);
	cache_destroy(t->cache);
	walk_destroy(t->walk);
	shown_destroy(t->shown);
	writers_destroy(t->writers);
	textlog_release(&t->requests);
	textlog_release(&t->errors);
	free(t->client_id);
	free(t);
}

void tree_use_api(struct tree *t, struct api *api)
{
	t->api = api;
}

void tree_listen(struct tree *t, const struct tree_listener *listener)
{
	t->listener = *listener;
}

struct cache *tree_cache(struct tree *t)
{
	return t->cache;
}

struct api *tree_api(struct tree *t)
{
	return t->api;
}

int tree_check(struct tree *t, struct caller *caller, struct refusal *why)
{
	const struct route *campaigns = walk_fixed_child(t->walk, walk_root(t->walk), "campaigns");
	struct ids none = {{NULL}};
	struct answers answers;
	int rc = need_get(t, campaigns, &none, caller, &answers, why);
	if (rc == 0)
		answers_release(&answers);
	return rc;
}

int tree_root(struct tree *t, struct place *ret_place)
{
	return place_init(ret_place, walk_root(t->walk), NULL);
}

/* The one child of that name, out of these answers; -ENOENT when it is not there. */
static int pick(struct tree *t, const struct place *dir, const struct answers *from, const char *name,
	struct tree_entry *ret_entry, struct refusal *why)
{
	struct tree_listing found = {0};
	int rc = walk_children(t->walk, dir, from, name, &found, why);
	if (rc == 0 && found.count == 0)
		rc = refuse(why, ENOENT, "no such name");
	if (rc == 0) {
		*ret_entry = found.entries[0];
		found.entries[0] = (struct tree_entry){0};
	}
	tree_listing_release(&found);
	return rc;
}

/* Some names are only names: whether the thing exists is asked of the child's own answers. */
static int verify(struct tree *t, struct tree_entry *e, struct caller *caller, struct refusal *why)
{
	if (!(e->place.route->flags & ROUTE_VERIFY))
		return 0;
	struct answers answers;
	int64_t fresh_ms;
	struct ids ids = place_ids(&e->place);
	int rc = 0;
	if (!need_peek(t, e->place.route, &ids, true, &answers, &fresh_ms))
		rc = need_get(t, e->place.route, &ids, caller, &answers, why);
	if (rc == 0)
		answers_release(&answers);
	return rc;
}

/* Looks in the listing, fetched if need be. */
static int pick_fresh(struct tree *t, const struct place *dir, const char *name, struct caller *caller,
	struct tree_entry *ret_entry, struct refusal *why)
{
	struct answers from;
	struct ids ids = place_ids(dir);
	int rc = need_get(t, dir->route, &ids, caller, &from, why);
	if (rc == -EOPNOTSUPP)
		return refuse(why, ENOENT, "no such name");
	if (rc < 0)
		return rc;
	rc = pick(t, dir, &from, name, ret_entry, why);
	answers_release(&from);
	return rc;
}

/*
 * A bare id that a fresh listing lacks may be newer than the listing: one request for the thing itself tells. When it is
 * there, the listing is old. -ENOENT when it is not.
 */
static int probe(struct tree *t, const struct place *dir, const char *name, struct caller *caller, struct refusal *why)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	enum resource_id id = walk_probe(t->walk, dir->route);
	struct answer *answer = NULL;
	struct slice rest;
	int64_t number;
	if (id == NOTHING || !name_id(slice_of(name), &number, &rest) || rest.len || strchr(name, '-'))
		return refuse(why, ENOENT, "no such name");
	buf_printf(&key, "%s/%s", resource(id)->name, name);
	if (buf_failed(&key))
		return refuse_memory(why);
	int rc = cache_get(t->cache, key.data, caller, &answer, why);
	if (rc < 0)
		return rc;
	int64_t fresh_ms;
	const char *listing = resource(dir->route->needs[0])->name;
	struct answer *list = cache_peek(t->cache, listing, true, &fresh_ms);
	/* A listing that is newer than the thing leaves it out on purpose (-o client_id). */
	if (list && list->fetched_ms >= answer->fetched_ms)
		rc = refuse(why, ENOENT, "no such name");
	else
		cache_forget(t->cache, listing);
	answer_unref(list);
	answer_unref(answer);
	return rc;
}

/* A campaign's name of before leads where its bare id leads. */
static int pick_shown(struct tree *t, const struct place *dir, const char *name, struct tree_entry *ret_entry, struct refusal *why)
{
	struct answers from;
	struct slice rest;
	int64_t id, fresh_ms;
	struct ids ids = place_ids(dir);
	if (walk_probe(t->walk, dir->route) != CAMPAIGN || !shown_has(t->shown, name) || !name_id(slice_of(name), &id, &rest) ||
		!need_peek(t, dir->route, &ids, true, &from, &fresh_ms))
		return refuse(why, ENOENT, "no such name");
	int rc = pick(t, dir, &from, id_text(id).text, ret_entry, why);
	answers_release(&from);
	if (rc < 0)
		return rc;
	free(ret_entry->name);
	ret_entry->name = strdup(name);
	if (ret_entry->name)
		return 0;
	tree_entry_release(ret_entry);
	return refuse_memory(why);
}

int tree_lookup(struct tree *t, const struct place *dir, const char *name, struct caller *caller, struct tree_entry *ret_entry,
	int64_t *ret_fresh_ms, struct refusal *why)
{
	const struct route *fixed = walk_fixed_child(t->walk, dir->route, name);
	struct ids ids = place_ids(dir);
	struct answers from = {{NULL}};
	*ret_fresh_ms = t->conf.ttl_ms;
	if (fixed)
		return tree_entry_init(ret_entry, name, fixed, &ids) < 0 ? refuse_memory(why) : 0;
	if (!walk_is_dynamic(t->walk, dir->route))
		return refuse(why, ENOENT, "no such name");
	int rc = -ENOENT;
	bool known = need_peek(t, dir->route, &ids, true, &from, ret_fresh_ms);
	if (known)
		rc = pick(t, dir, &from, name, ret_entry, why);
	answers_release(&from);
	if (rc == -ENOENT && walk_is_live(t->walk, dir->route)) {
		*ret_fresh_ms = 0; /* it may be there the next moment */
		return rc;
	}
	/* Not in what is old, or never listed: ask. */
	if (rc == -ENOENT && (!known || *ret_fresh_ms <= 0)) {
		rc = pick_fresh(t, dir, name, caller, ret_entry, why);
		*ret_fresh_ms = t->conf.ttl_ms;
	}
	if (rc == -ENOENT && (rc = probe(t, dir, name, caller, why)) == 0)
		rc = pick_fresh(t, dir, name, caller, ret_entry, why);
	if (rc == -ENOENT)
		rc = pick_shown(t, dir, name, ret_entry, why);
	if (rc == 0) {
		rc = verify(t, ret_entry, caller, why);
		if (rc < 0)
			tree_entry_release(ret_entry);
	}
	return rc;
}

/* Adds the by-name children that were looked up and are still in the cache: the last part of a key is the name. */
static int list_known(struct tree *t, const struct place *dir, struct tree_listing *out, struct refusal *why)
{
	_cleanup_buf_ struct buf prefix = BUF_INIT, keys = BUF_INIT;
	const struct route *known = walk_known_child(t->walk, dir->route);
	if (!known)
		return 0;
	buf_printf(&prefix, "%s/", resource(known->needs[0])->name);
	cache_keys(t->cache, buf_text(&prefix), &keys);
	int rc = buf_failed(&keys) ? refuse_memory(why) : 0;
	for (const char *key = keys.data; rc == 0 && key && key < keys.data + keys.len; key += strlen(key) + 1) {
		struct tree_listing one = {0};
		rc = walk_children(t->walk, dir, &(struct answers){{NULL}}, key + prefix.len, &one, why);
		if (rc == 0 && one.count)
			rc = tree_listing_add(out, &one.entries[0]) < 0 ? refuse_memory(why) : 0;
		tree_listing_release(&one);
	}
	return rc;
}

int tree_list(struct tree *t, const struct place *dir, const struct version *version, struct tree_listing *ret_listing,
	struct refusal *why)
{
	*ret_listing = (struct tree_listing){0};
	int rc = walk_children(t->walk, dir, &version->answers, NULL, ret_listing, why);
	if (rc == 0 && dir->route->flags & ROUTE_LIVE)
		rc = list_known(t, dir, ret_listing, why);
	if (rc < 0)
		tree_listing_release(ret_listing);
	return rc;
}

int tree_exists(struct tree *t, const struct place *dir, const char *name, struct caller *caller, struct refusal *why)
{
	struct answers from;
	struct tree_entry entry;
	struct ids ids = place_ids(dir);
	if (walk_fixed_child(t->walk, dir->route, name))
		return 0;
	int rc = need_get(t, dir->route, &ids, caller, &from, why);
	if (rc < 0)
		return rc;
	rc = pick(t, dir, &from, name, &entry, why);
	answers_release(&from);
	if (rc == 0) {
		rc = verify(t, &entry, caller, why);
		tree_entry_release(&entry);
	}
	return rc;
}

static char *find_name(const struct tree_listing *l, uint64_t inode)
{
	for (size_t i = 0; i < l->count; i++)
		if (place_inode(&l->entries[i].place) == inode)
			return strdup(l->entries[i].name);
	return NULL;
}

int tree_name_of(struct tree *t, const struct place *dir, const struct place *place, const char *likely, char **ret_name)
{
	struct answers from;
	struct ids ids = place_ids(dir);
	int64_t fresh_ms;
	int rc = -ENOENT;
	*ret_name = NULL;
	if (!need_peek(t, dir->route, &ids, true, &from, &fresh_ms))
		return rc;
	for (const char *want = likely; !*ret_name; want = NULL) {
		struct tree_listing found = {0};
		rc = walk_children(t->walk, dir, &from, want, &found, NULL);
		if (rc == 0)
			*ret_name = find_name(&found, place_inode(place));
		tree_listing_release(&found);
		if (rc < 0 || !want)
			break;
	}
	answers_release(&from);
	return *ret_name ? 1 : rc;
}

mode_t tree_mode(struct tree *t, const struct place *place)
{
	const struct route *r = place->route;
	if (!(r->flags & ROUTE_LIVE_ONLY) || !t->api)
		return r->mode;
	enum endpoint_id id = resource(r->needs[0])->endpoint;
	return endpoint(id)->wire[api_dialect(t->api, id)].method ? r->mode : (r->mode & ~(mode_t)0777) | 0200;
}

void version_release(struct version *v)
{
	answers_release(&v->answers);
}

struct version version_ref(const struct version *v)
{
	struct version copy = *v;
	for (int i = 0; i < NEEDS_MAX; i++)
		copy.answers.v[i] = v->answers.v[i] ? answer_ref(v->answers.v[i]) : NULL;
	return copy;
}

static void fill_serials(struct version *v)
{
	v->fetched_wall_ms = 0;
	for (int i = 0; i < NEEDS_MAX; i++) {
		const struct answer *a = v->answers.v[i];
		v->serials[i] = a ? a->serial : 0;
		if (a && a->fetched_wall_ms > v->fetched_wall_ms)
			v->fetched_wall_ms = a->fetched_wall_ms;
	}
}

int tree_version(struct tree *t, const struct place *file, struct caller *caller, struct version *ret_version,
	struct refusal *why)
{
	struct ids ids = place_ids(file);
	int rc = need_get(t, file->route, &ids, caller, &ret_version->answers, why);
	/* The other service has no such thing: nothing to list, and no error for find and tar. */
	if (rc < 0 && !(rc == -EOPNOTSUPP && S_ISDIR(file->route->mode)))
		return rc;
	fill_serials(ret_version);
	struct answers again;
	ret_version->fresh_ms = rc < 0 ? t->conf.ttl_ms : 0;
	if (need_peek(t, file->route, &ids, true, &again, &ret_version->fresh_ms))
		answers_release(&again);
	return 0;
}

bool tree_version_peek(struct tree *t, const struct place *file, struct version *ret_version)
{
	struct ids ids = place_ids(file);
	if (!need_peek(t, file->route, &ids, true, &ret_version->answers, &ret_version->fresh_ms))
		return false;
	fill_serials(ret_version);
	return true;
}

int tree_render(struct tree *t, const struct place *file, const struct version *version, struct blob **ret_bytes,
	int64_t *ret_mtime_ms, struct refusal *why)
{
	struct content content = {.text = BUF_INIT};
	struct ids ids = place_ids(file);
	int rc = 0;
	if (file->route->flags & ROUTE_LIVE)
		rc = file->route->live(t, &ids, &content.text, why);
	else if (file->route->render)
		rc = file->route->render(&ids, &version->answers, &content, why);
	if (rc == 0 && buf_failed(&content.text))
		rc = refuse_memory(why);
	if (rc == 0) {
		*ret_mtime_ms = content.mtime_ms ? content.mtime_ms : version->fetched_wall_ms;
		if (*ret_mtime_ms == 0)
			*ret_mtime_ms = t->start_wall_ms;
		*ret_bytes = content.blob ? STEAL(content.blob) : blob_from_buf(&content.text);
		if (!*ret_bytes)
			rc = refuse_memory(why);
	}
	blob_unref(content.blob);
	buf_release(&content.text);
	return rc;
}

int tree_read(struct tree *t, const struct place *file, struct caller *caller, struct blob **ret_bytes, struct refusal *why)
{
	struct version version;
	int64_t mtime_ms;
	int rc = tree_version(t, file, caller, &version, why);
	if (rc < 0)
		return rc;
	rc = tree_render(t, file, &version, ret_bytes, &mtime_ms, why);
	version_release(&version);
	return rc;
}
