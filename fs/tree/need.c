/* need.c - from a row and a path to the answers it is made of. */
#include "fs/tree/resource.h"

#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
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
		if (rc == 0 && needed && resource(route->needs[i])->asked_anew)
			cache_forget(tree_cache(tree), key.data);
		if (rc == 0 && needed)
			rc = cache_get(tree_cache(tree), key.data, caller, &out->v[i], why);
		if (rc < 0) {
			answers_release(out);
			return rc;
		}
	}
	return 0;
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

/* Does the path say all that the row's key functions may ask for? */
static bool is_whole(const struct route *route, const struct ids *at)
{
	int n = 0;
	for (const char *p = route->path; (p = strchr(p, '<')); p++)
		n++;
	return n <= IDS_MAX && (n == 0 || at->v[n - 1]);
}

void need_forget(struct tree *tree, const struct route *route, const struct ids *at)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	struct answers so_far = {{NULL}};
	bool whole = is_whole(route, at), needed;
	for (int i = 0; i < NEEDS_MAX && route->needs[i] != NOTHING; i++) {
		const struct resource *r = resource(route->needs[i]);
		int64_t fresh_ms;
		if (whole && need_key(r, at, &so_far, &key, &needed, NULL) == 0) {
			so_far.v[i] = needed ? cache_peek(tree_cache(tree), key.data, true, &fresh_ms) : NULL;
		} else {
			buf_clear(&key);
			buf_add_str(&key, r->name);
			for (int k = 0; k < r->ids && at->v[k]; k++)
				buf_printf(&key, "/%s", at->v[k]);
			needed = !buf_failed(&key);
		}
		if (needed)
			cache_forget(tree_cache(tree), key.data);
	}
	answers_release(&so_far);
}
