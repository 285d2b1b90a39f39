/* need.c - from a row and a path to the answers it is made of. */
#include "fs/tree/resource.h"

#include <errno.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/tree/state.h"

void answers_release(struct answers *a)
{
	for (int i = 0; i < NEEDS_MAX; i++) {
		answer_unref(a->v[i]);
		a->v[i] = NULL;
	}
}

/* The key of one need; *ret_needed = false when this file can do without. */
static int need_key(const struct resource *r, const struct ids *at, const struct answers *so_far, struct buf *key,
	bool *ret_needed, struct refusal *why)
{
	*ret_needed = true;
	buf_clear(key);
	buf_add_str(key, r->name);
	if (r->key) {
		int rc = r->key(at, so_far, key, ret_needed, why);
		if (rc < 0)
			return rc;
	}
	for (int i = 0; !r->key && i < r->ids; i++) {
		buf_add_char(key, '/');
		buf_add_str(key, at->v[i] ? at->v[i] : "");
	}
	return buf_failed(key) ? refuse_memory(why) : 0;
}

int need_get(struct tree *tree, const struct route *route, const struct ids *at, struct caller *caller, struct answers *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	*out = (struct answers){{NULL}};
	for (int i = 0; i < NEEDS_MAX && route->needs[i] != NOTHING; i++) {
		bool needed;
		int rc = need_key(resource(route->needs[i]), at, out, &key, &needed, why);
		if (rc == 0 && needed)
			rc = cache_get(tree_cache(tree), key.data, caller, &out->v[i], why);
		if (rc < 0) {
			answers_release(out);
			return rc;
		}
	}
	return 0;
}

void need_renew(struct tree *tree, const struct route *route, const struct ids *at, enum resource_id id, int64_t age_max_ms)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	struct answers none = {{NULL}};
	bool needed = false;
	int64_t fresh_ms;
	for (int i = 0; i < NEEDS_MAX && !needed; i++)
		needed = route->needs[i] == id;
	if (!needed || need_key(resource(id), at, &none, &key, &needed, NULL) < 0 || !needed)
		return;
	_cleanup_answer_ struct answer *a = cache_peek(tree_cache(tree), key.data, true, &fresh_ms);
	if (a && a->fetched_ms < clock_ms() - age_max_ms)
		cache_forget(tree_cache(tree), key.data);
}

bool need_peek(struct tree *tree, const struct route *route, const struct ids *at, bool any_age, struct answers *out,
	int64_t *ret_fresh_ms)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	int64_t least = tree->conf.ttl_ms;
	*out = (struct answers){{NULL}};
	for (int i = 0; i < NEEDS_MAX && route->needs[i] != NOTHING; i++) {
		bool needed;
		int64_t fresh_ms = 0;
		if (need_key(resource(route->needs[i]), at, out, &key, &needed, NULL) < 0) {
			answers_release(out);
			return false;
		}
		if (!needed)
			continue;
		out->v[i] = cache_peek(tree_cache(tree), key.data, any_age, &fresh_ms);
		if (!out->v[i]) {
			answers_release(out);
			return false;
		}
		least = fresh_ms < least ? fresh_ms : least;
	}
	*ret_fresh_ms = least;
	return true;
}
