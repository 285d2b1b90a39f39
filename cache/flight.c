#include "cache/parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/clock.h"

bool is_outage(int err)
{
	switch (err) {
	case EIO:
	case ETIMEDOUT:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case ECONNREFUSED:
	case ECONNRESET:
	case EBUSY:
		return true;
	default:
		return false;
	}
}

struct flight *flight_begin(struct cache *c, struct entry *e)
{
	size_t len = strlen(e->key);
	struct flight *f = calloc(1, sizeof *f + len + 1);
	if (!f)
		return NULL;
	f->cache = c;
	f->began_ms = clock_ms();
	f->began_wall_ms = clock_wall_ms();
	memcpy(f->key, e->key, len);
	f->entry = e;
	e->flight = f;
	e->missing_until_ms = 0;
	DL_APPEND(c->flights, f);
	return f;
}

void flight_join(struct flight *f, struct waiter *w)
{
	w->flight = f;
	DL_APPEND(f->waiters, w);
}

void flight_leave(struct waiter *w)
{
	DL_DELETE(w->flight->waiters, w);
	w->flight = NULL;
}

void flight_supersede(struct entry *e)
{
	if (!e->flight)
		return;
	e->flight->entry = NULL;
	e->flight = NULL;
}

/* Hands the outcome to everyone who waits for it, and takes the flight out of the cache. */
static void land(struct flight *f, struct answer *answer, const struct refusal *why)
{
	struct waiter *w, *next;
	DL_FOREACH_SAFE (f->waiters, w, next) {
		flight_leave(w);
		if (answer)
			w->answer = answer_ref(answer);
		else
			w->why = *why;
		w->done = true;
		caller_wake(w->caller);
	}
	if (f->entry)
		f->entry->flight = NULL;
	DL_DELETE(f->cache->flights, f);
}

void cache_deliver(struct flight *f, struct answer *answer)
{
	if (!answer) {
		struct refusal why;
		refuse_memory(&why);
		cache_fail(f, &why);
		return;
	}
	struct cache *c = f->cache;
	struct litter litter = {0};
	answer->fetched_ms = f->began_ms;
	answer->fetched_wall_ms = f->began_wall_ms;
	monitor_lock(c->conf.monitor);
	struct entry *e = f->entry;
	land(f, answer, NULL);
	if (e) {
		entry_keep(c, e, answer_ref(answer), &litter);
		entry_touch(c, e);
		table_trim(c, &litter);
	}
	monitor_unlock(c->conf.monitor);
	if (e && c->conf.changed)
		c->conf.changed(c->conf.arg, f->key, litter.replaced, answer);
	answer_unref(answer);
	litter_release(&litter);
	free(f);
}

/* The entry's flight failed: what is known about it now. */
static void note_failure(struct cache *c, struct entry *e, int err, struct litter *litter)
{
	if (err == ENOENT) {
		entry_keep(c, e, NULL, litter);
		if (c->conf.negative_ms > 0)
			e->missing_until_ms = clock_ms() + c->conf.negative_ms;
	} else if (is_outage(err)) {
		e->trouble_until_ms = clock_ms() + c->conf.retry_ms;
		e->demanded = false;
	}
	entry_settle(c, e, litter);
	table_trim(c, litter);
}

void cache_fail(struct flight *f, const struct refusal *why)
{
	struct cache *c = f->cache;
	struct litter litter = {0};
	monitor_lock(c->conf.monitor);
	struct entry *e = f->entry;
	c->counts.failed++;
	land(f, NULL, why);
	if (e)
		note_failure(c, e, why->err, &litter);
	monitor_unlock(c->conf.monitor);
	if (litter.replaced && c->conf.changed)
		c->conf.changed(c->conf.arg, f->key, litter.replaced, NULL);
	litter_release(&litter);
	free(f);
}
