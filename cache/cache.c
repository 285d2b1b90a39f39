#include "cache/cache.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cache/parts.h"
#include "fs/base/clock.h"

struct cache *cache_create(const struct cache_conf *conf)
{
	struct cache *c = calloc(1, sizeof *c);
	if (c)
		c->conf = *conf;
	return c;
}

void cache_destroy(struct cache *c)
{
	if (!c)
		return;
	assert(!c->flights);
	struct litter litter = {.entries = c->used};
	HASH_CLEAR(hh, c->table);
	litter_release(&litter);
	free(c);
}

/* --- reading ------------------------------------------------------------------------------------------------- */

static void finish_with(struct waiter *w, struct answer *answer)
{
	w->answer = answer_ref(answer);
	w->done = true;
}

static void finish_refused(struct waiter *w, int err)
{
	const char *text = err == ENOENT ? "the service does not have it (asked a moment ago)"
		: err == EINTR           ? "interrupted"
		: err == ETIMEDOUT       ? "no answer within the time-out"
		: err == EBUSY           ? "too many requests wait for the service already"
					 : strerror(err);
	refuse(&w->why, err, "%s", text);
	w->done = true;
}

/* What needs no waiting: an answer that will do, or a refusal that is known. */
static void finish_from_entry(struct cache *c, struct entry *e, struct waiter *w)
{
	int64_t now = clock_ms();
	entry_touch(c, e);
	if (entry_fresh(c, e, now)) {
		c->counts.hits++;
		finish_with(w, e->answer);
	} else if (e->answer && now < e->trouble_until_ms) {
		c->counts.stale++;
		finish_with(w, e->answer);
	} else if (now < e->missing_until_ms) {
		c->counts.missing++;
		finish_refused(w, ENOENT);
	} else if (e->answer) {
		w->stale = answer_ref(e->answer);
	}
}

/* Joins the flight of `key`; begins one where none is under way, which the caller has to start. */
static struct flight *board(struct cache *c, const char *key, struct entry *e, struct waiter *w)
{
	struct flight *begun = NULL;
	if (!e)
		e = entry_create(c, key);
	if (e && !e->flight)
		begun = flight_begin(c, e);
	if (!e || !e->flight) {
		finish_refused(w, ENOMEM);
		return NULL;
	}
	if (begun)
		c->counts.misses++;
	else
		c->counts.joined++;
	bool settles_for_stale = w->stale && !e->demanded;
	w->patience_ms = settles_for_stale ? e->flight->began_ms + c->conf.stale_wait_ms : INT64_MAX;
	flight_join(e->flight, w);
	return begun;
}

/* Answers at once, or joins a flight; returns the one that is to be started, if any. */
static struct flight *consult(struct cache *c, const char *key, struct waiter *w, struct litter *litter)
{
	struct entry *e = entry_find(c, key);
	if (e)
		finish_from_entry(c, e, w);
	struct flight *begun = NULL;
	if (w->done)
		;
	else if (w->caller->interrupted)
		finish_refused(w, EINTR);
	else if (c->conf.monitor->waiting >= c->conf.monitor->waiting_max)
		finish_refused(w, EBUSY); /* nor is anything fetched: the service has enough to do */
	else
		begun = board(c, key, e, w);
	table_trim(c, litter);
	return begun;
}

static void wait_for_landing(struct monitor *m, struct waiter *w)
{
	struct caller *caller = w->caller;
	int64_t deadline_ms = caller->deadline_ms;
	if (w->patience_ms < deadline_ms)
		caller->deadline_ms = w->patience_ms;
	int rc = 0;
	while (!w->done && rc == 0)
		rc = caller_wait(m, caller);
	caller->deadline_ms = deadline_ms;
	caller->woken = false;
	if (!w->done) {
		flight_leave(w);
		finish_refused(w, -rc);
	}
}

int cache_get(struct cache *c, const char *key, struct caller *caller, struct answer **ret_answer, struct refusal *why)
{
	struct monitor *m = c->conf.monitor;
	struct litter litter = {0};
	struct waiter w = {.caller = caller};
	monitor_lock(m);
	struct flight *begun = consult(c, key, &w, &litter);
	if (begun) {
		monitor_unlock(m);
		c->conf.fetch(c->conf.arg, key, caller->priority, begun);
		monitor_lock(m);
	}
	wait_for_landing(m, &w);
	if (!w.answer && w.stale && is_outage(w.why.err)) {
		w.answer = answer_ref(w.stale);
		c->counts.stale++;
	}
	monitor_unlock(m);
	answer_unref(w.stale);
	litter_release(&litter);
	if (!w.answer)
		return refuse(why, w.why.err, "%s", w.why.text);
	*ret_answer = w.answer;
	return 0;
}

struct answer *cache_peek(struct cache *c, const char *key, bool any_age, int64_t *ret_fresh_ms)
{
	struct answer *found = NULL;
	int64_t fresh_ms = 0;
	monitor_lock(c->conf.monitor);
	struct entry *e = entry_find(c, key);
	int64_t now = clock_ms();
	if (e && entry_fresh(c, e, now))
		fresh_ms = e->answer->fetched_ms + c->conf.ttl_ms - now;
	if (e && e->answer && (any_age || fresh_ms > 0)) {
		entry_touch(c, e);
		found = answer_ref(e->answer);
	}
	monitor_unlock(c->conf.monitor);
	if (ret_fresh_ms)
		*ret_fresh_ms = fresh_ms;
	return found;
}

/* --- making stale -------------------------------------------------------------------------------------------- */

int cache_forget(struct cache *c, const char *prefix)
{
	int count = 0;
	size_t len = strlen(prefix);
	struct litter litter = {0};
	struct entry *e, *next;
	monitor_lock(c->conf.monitor);
	DL_FOREACH_SAFE (c->used, e, next) {
		if (strncmp(e->key, prefix, len) != 0)
			continue;
		flight_supersede(e);
		e->missing_until_ms = 0;
		e->trouble_until_ms = 0;
		e->expired = true;
		e->demanded = true;
		entry_settle(c, e, &litter);
		count++;
	}
	monitor_unlock(c->conf.monitor);
	litter_release(&litter);
	return count;
}

void cache_written(struct cache *c, const char *key, struct answer *edited)
{
	struct litter litter = {0};
	if (edited) {
		edited->fetched_ms = clock_ms();
		edited->fetched_wall_ms = clock_wall_ms();
		answer_ref(edited); /* for `changed`, which sees it after the entry may have let it go */
	}
	monitor_lock(c->conf.monitor);
	struct entry *e = entry_find(c, key);
	if (!e && edited)
		e = entry_create(c, key);
	bool kept = e && edited;
	if (e) {
		flight_supersede(e);
		entry_keep(c, e, edited, &litter);
		entry_touch(c, e);
		entry_settle(c, e, &litter);
		table_trim(c, &litter);
	}
	monitor_unlock(c->conf.monitor);
	if (kept && c->conf.changed)
		c->conf.changed(c->conf.arg, key, litter.replaced, edited);
	if (edited && !kept)
		answer_unref(edited);
	answer_unref(edited);
	litter_release(&litter);
}

void cache_keys(struct cache *c, const char *prefix, struct buf *out)
{
	struct entry *e, *next;
	size_t len = strlen(prefix);
	monitor_lock(c->conf.monitor);
	HASH_ITER (hh, c->table, e, next) {
		if (e->answer && strncmp(e->key, prefix, len) == 0)
			buf_add(out, e->key, strlen(e->key) + 1);
	}
	monitor_unlock(c->conf.monitor);
}
