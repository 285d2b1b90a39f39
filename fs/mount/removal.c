#include "fs/mount/removal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"

enum { JUDGE_MS = 2000, LOOK_MS = 5 };

struct item {
	struct item *next;
	uint64_t dir;
	char *name, *path;
	bool real;           /* to be removed; else only out of sight */
	struct place place;
	bool sending;
	bool made_anew;      /* while the rest of its action is sent, the name means something new */
	int64_t until_ms;    /* of what is only out of sight */
	pid_t tgid;
};

struct action {
	struct action *next;
	pid_t tgid;
	int64_t last_ms;
	bool refused;
	size_t count;        /* all of them, also those that were taken back or sent at once */
};

struct removals {
	struct removals_conf conf;
	atomic_uint count;   /* of items; read without the lock */
	struct item *items;
	struct action *actions;
	pthread_cond_t wake;
	pthread_t thread;
	bool started, stop;
	pthread_mutex_t judging; /* one judge at a time; taken before the monitor */
};

struct removals *removals_create(const struct removals_conf *conf)
{
	pthread_condattr_t attr;
	struct removals *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	r->conf = *conf;
	pthread_mutex_init(&r->judging, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->wake, &attr);
	pthread_condattr_destroy(&attr);
	return r;
}

static void free_items(struct item *i)
{
	while (i) {
		struct item *next = i->next;
		place_release(&i->place);
		free(i->name);
		free(i->path);
		free(i);
		i = next;
	}
}

void removals_destroy(struct removals *r)
{
	if (!r)
		return;
	if (r->started) {
		monitor_lock(r->conf.monitor);
		r->stop = true;
		pthread_cond_signal(&r->wake);
		monitor_unlock(r->conf.monitor);
		pthread_join(r->thread, NULL);
	}
	free_items(r->items);
	while (r->actions) {
		struct action *next = r->actions->next;
		free(r->actions);
		r->actions = next;
	}
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->judging);
	free(r);
}

/* Monitor locked; all of these. */

static struct action *action_of(struct removals *r, pid_t tgid)
{
	struct action *a = r->actions;
	while (a && a->tgid != tgid)
		a = a->next;
	if (!a && (a = calloc(1, sizeof *a))) {
		a->tgid = tgid;
		a->next = r->actions;
		r->actions = a;
	}
	if (a)
		a->last_ms = clock_ms();
	pthread_cond_signal(&r->wake);
	return a;
}

static struct item **find(struct removals *r, uint64_t dir, const char *name)
{
	struct item **at = &r->items;
	while (*at && ((*at)->dir != dir || strcmp((*at)->name, name) != 0))
		at = &(*at)->next;
	return at;
}

static struct item *unlink_item(struct removals *r, struct item **at)
{
	struct item *i = *at;
	*at = i->next;
	i->next = NULL;
	atomic_fetch_sub(&r->count, 1);
	return i;
}

/* Takes out what is only hidden and whose time is over. */
static struct item *collect_shown(struct removals *r, int64_t now)
{
	struct item *shown = NULL;
	for (struct item **at = &r->items; *at;) {
		if (!(*at)->real && (*at)->until_ms <= now) {
			struct item *i = unlink_item(r, at);
			i->next = shown;
			shown = i;
		} else {
			at = &(*at)->next;
		}
	}
	return shown;
}

/* Takes out an action that is due, marks its items; NULL: none is. *ret_next_ms: when to look again. */
static struct action *take_action(struct removals *r, int64_t now, int64_t *ret_next_ms)
{
	*ret_next_ms = INT64_MAX;
	for (struct action **at = &r->actions; *at; at = &(*at)->next) {
		struct action *a = *at;
		if (a->last_ms + JUDGE_MS <= now) {
			*at = a->next;
			for (struct item *i = r->items; i; i = i->next)
				if (i->real && i->tgid == a->tgid)
					i->sending = true;
			return a;
		}
		if (a->last_ms + JUDGE_MS < *ret_next_ms)
			*ret_next_ms = a->last_ms + JUDGE_MS;
	}
	for (struct item *i = r->items; i; i = i->next)
		if (!i->real && i->until_ms < *ret_next_ms)
			*ret_next_ms = i->until_ms;
	return NULL;
}

/* The items of the action under judgement, in the order they were removed; they stay in the list. */
static size_t items_of(struct removals *r, pid_t tgid, struct item ***ret)
{
	size_t count = 0, n = 0;
	for (struct item *i = r->items; i; i = i->next)
		count += i->sending && i->tgid == tgid;
	*ret = calloc(count + 1, sizeof(struct item *));
	for (struct item *i = r->items; i && *ret; i = i->next)
		if (i->sending && i->tgid == tgid)
			(*ret)[count - ++n] = i;
	return *ret ? count : 0;
}

/* Unlocked from here. */

static int send_items(struct removals *r, struct item *const *items, size_t count, pid_t tgid, size_t *ret_done,
	struct refusal *why)
{
	_cleanup_free_ const struct place **places = calloc(count, sizeof *places);
	if (!places)
		return refuse_memory(why);
	for (size_t i = 0; i < count; i++)
		places[i] = &items[i]->place;
	return r->conf.send(r->conf.arg, places, count, tgid, ret_done, why);
}

static int judge(struct removals *r, const struct action *a, struct item *const *items, size_t count, size_t *ret_done,
	struct refusal *why)
{
	if (a->refused)
		return refuse(why, EPERM, "not removed, and %zu more with it: the same process was refused a removal "
			"(files that can't be removed), so it was cleaning up or deleting a tree", count - 1);
	if ((int64_t)a->count > r->conf.max_deletes)
		return refuse(why, EPERM, "not removed: %zu removals at once, and max_deletes is %lld; none of them was sent",
			a->count, (long long)r->conf.max_deletes);
	return send_items(r, items, count, a->tgid, ret_done, why);
}

static void carry_out(struct removals *r, struct action *a)
{
	_cleanup_free_ struct item **items = NULL;
	struct refusal why = {0};
	size_t done = 0;
	monitor_lock(r->conf.monitor);
	size_t count = items_of(r, a->tgid, &items);
	monitor_unlock(r->conf.monitor);
	if (count && judge(r, a, items, count, &done, &why) < 0)
		r->conf.report(r->conf.arg, items[done < count ? done : 0]->path, &why);
	struct item *gone = NULL;
	monitor_lock(r->conf.monitor);
	for (struct item **at = &r->items; *at;) {
		if ((*at)->sending && (*at)->tgid == a->tgid) {
			struct item *i = unlink_item(r, at);
			i->next = gone;
			gone = i;
		} else {
			at = &(*at)->next;
		}
	}
	monitor_unlock(r->conf.monitor);
	free_items(gone);
}

static int64_t run_due(struct removals *r, int64_t now)
{
	int64_t next_ms;
	struct action *a;
	pthread_mutex_lock(&r->judging);
	do {
		monitor_lock(r->conf.monitor);
		struct item *shown = collect_shown(r, now);
		a = take_action(r, now, &next_ms);
		monitor_unlock(r->conf.monitor);
		free_items(shown);
		if (a)
			carry_out(r, a);
		free(a);
	} while (a);
	pthread_mutex_unlock(&r->judging);
	return next_ms;
}

void removals_due(struct removals *r)
{
	run_due(r, clock_ms());
}

void removals_flush(struct removals *r)
{
	run_due(r, INT64_MAX - 1);
}

int removals_hurry(struct removals *r, uint64_t dir, struct caller *caller)
{
	monitor_lock(r->conf.monitor);
	for (struct action *a = r->actions; a; a = a->next)
		a->last_ms = 0;
	for (struct item *i = r->items; i; i = i->next)
		i->until_ms = 0;
	pthread_cond_signal(&r->wake);
	monitor_unlock(r->conf.monitor);
	while (removals_in(r, dir)) {
		if (caller_is_interrupted(r->conf.monitor, caller))
			return -EINTR;
		nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
	}
	return 0;
}

static void *timer(void *arg)
{
	struct removals *r = arg;
	for (;;) {
		int64_t next_ms = run_due(r, clock_ms());
		monitor_lock(r->conf.monitor);
		bool stop = r->stop;
		if (!stop && next_ms == INT64_MAX && !r->actions && !r->items) {
			pthread_cond_wait(&r->wake, &r->conf.monitor->mutex);
		} else if (!stop) {
			/* What came while the judging went on is looked at soon. */
			struct timespec until = clock_timespec(next_ms == INT64_MAX ? clock_ms() + 50 : next_ms);
			pthread_cond_timedwait(&r->wake, &r->conf.monitor->mutex, &until);
		}
		monitor_unlock(r->conf.monitor);
		if (stop)
			return NULL;
	}
}

int removals_start(struct removals *r)
{
	r->started = pthread_create(&r->thread, NULL, timer, r) == 0;
	return r->started ? 0 : -EAGAIN;
}

int removals_add(struct removals *r, uint64_t dir, const char *name, const struct place *place, const char *path, pid_t tgid)
{
	struct item *i = calloc(1, sizeof *i);
	struct ids ids = place ? place_ids(place) : (struct ids){{NULL}};
	if (i) {
		i->name = strdup(name);
		i->path = strdup(path);
	}
	if (!i || !i->name || !i->path || (place && place_init(&i->place, place->route, &ids) < 0)) {
		free_items(i);
		return -ENOMEM;
	}
	i->dir = dir;
	i->tgid = tgid;
	i->real = place != NULL;
	i->until_ms = clock_ms() + JUDGE_MS;
	monitor_lock(r->conf.monitor);
	struct action *a = i->real ? action_of(r, tgid) : NULL;
	if (a)
		a->count++;
	i->next = r->items;
	r->items = i;
	atomic_fetch_add(&r->count, 1);
	pthread_cond_signal(&r->wake);
	monitor_unlock(r->conf.monitor);
	return 0;
}

void removals_refused(struct removals *r, pid_t tgid)
{
	monitor_lock(r->conf.monitor);
	struct action *a = action_of(r, tgid);
	if (a)
		a->refused = true;
	monitor_unlock(r->conf.monitor);
}

int removals_at_once(struct removals *r, pid_t tgid, struct refusal *why)
{
	monitor_lock(r->conf.monitor);
	struct action *a = action_of(r, tgid);
	bool refused = !a || a->refused, many = a && (int64_t)++a->count > r->conf.max_deletes;
	monitor_unlock(r->conf.monitor);
	if (refused)
		return refuse(why, EPERM, "the same process was refused a removal just now, so it removes nothing");
	if (many)
		return refuse(why, EPERM, "more removals at once than max_deletes (%lld)", (long long)r->conf.max_deletes);
	return 0;
}

bool removals_hide(struct removals *r, uint64_t dir, const char *name)
{
	if (atomic_load(&r->count) == 0)
		return false;
	monitor_lock(r->conf.monitor);
	const struct item *i = *find(r, dir, name);
	bool hide = i && !i->made_anew && (i->real || i->until_ms > clock_ms());
	monitor_unlock(r->conf.monitor);
	return hide;
}

bool removals_in(struct removals *r, uint64_t dir)
{
	if (atomic_load(&r->count) == 0)
		return false;
	monitor_lock(r->conf.monitor);
	const struct item *i = r->items;
	while (i && i->dir != dir)
		i = i->next;
	monitor_unlock(r->conf.monitor);
	return i != NULL;
}

int removals_take_back(struct removals *r, uint64_t dir, const char *name)
{
	struct item *i = NULL;
	int rc = -ENOENT;
	if (atomic_load(&r->count) == 0)
		return rc;
	monitor_lock(r->conf.monitor);
	struct item **at = find(r, dir, name);
	if (*at) {
		rc = (*at)->sending ? -EBUSY : 0;
		if (rc == 0)
			i = unlink_item(r, at);
		/* It was not removed, so it does not count. */
		for (struct action *a = r->actions; a && i && i->real; a = a->next)
			if (a->tgid == i->tgid && a->count)
				a->count--;
	}
	monitor_unlock(r->conf.monitor);
	free_items(i);
	return rc;
}

void removals_made_anew(struct removals *r, uint64_t dir, const char *name)
{
	struct item *i = NULL;
	if (atomic_load(&r->count) == 0)
		return;
	monitor_lock(r->conf.monitor);
	struct item **at = find(r, dir, name);
	if (*at && (*at)->sending)
		(*at)->made_anew = true;
	else if (*at)
		i = unlink_item(r, at);
	monitor_unlock(r->conf.monitor);
	free_items(i);
}
