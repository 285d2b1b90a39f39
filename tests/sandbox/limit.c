/*
 * At most N requests in any window of S seconds. A refused request does not fill the window, so a client that
 * hammers is let in again as soon as its admitted requests have aged; with ban_outlives it is refused for
 * three times what Retry-After said. stats count every arrival, admitted or not.
 */
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

struct limit_switches limit_set = {.retry_after = true, .headers = true};

struct window {
	int64_t *t;
	size_t n, cap;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t allowed = 10, span_ms = 2000, ban_until;
static struct window admitted, arrived;
static int64_t requests, refused, max_in_window;

bool limit_parse(const char *s)
{
	double n = 0, seconds = 2;

	if (sscanf(s, "%lf/%lf", &n, &seconds) < 1 || n < 0 || seconds <= 0)
		return false;
	pthread_mutex_lock(&lock);
	allowed = (int64_t)n;
	span_ms = (int64_t)(seconds * 1000);
	ban_until = 0;
	pthread_mutex_unlock(&lock);
	return true;
}

static void age(struct window *w, int64_t t)
{
	size_t old = 0;

	while (old < w->n && w->t[old] <= t - span_ms)
		old++;
	w->n -= old;
	if (old)
		memmove(w->t, w->t + old, w->n * sizeof(*w->t));
}

static void push(struct window *w, int64_t t)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 64;
		w->t = need(realloc(w->t, w->cap * sizeof(*w->t)));
	}
	w->t[w->n++] = t;
}

void limit_arrive(struct req *r)
{
	pthread_mutex_lock(&lock);
	int64_t t = mono_ms() + 1;

	age(&arrived, t);
	age(&admitted, t);
	push(&arrived, t);
	requests++;
	if ((int64_t)arrived.n > max_in_window)
		max_in_window = (int64_t)arrived.n;
	int64_t free_at = admitted.n ? admitted.t[0] + span_ms : t + span_ms;
	if (allowed && (t < ban_until || (int64_t)admitted.n >= allowed)) {
		r->retry_after = (free_at - t + 999) / 1000;
		if (r->retry_after < 1)
			r->retry_after = 1;
		if (limit_set.ban_outlives && t >= ban_until)
			ban_until = t + 3000 * r->retry_after;
		refused++;
	} else {
		push(&admitted, t);
	}
	r->left = allowed - (int64_t)admitted.n;
	r->reset = (now_ms() + free_at - t + 999) / 1000;
	if (!allowed)
		r->left = -1;
	pthread_mutex_unlock(&lock);
}

void limit_stats(struct buf *out)
{
	pthread_mutex_lock(&lock);
	buf_printf(out, "\"requests\":%lld,\"status_429\":%lld,\"max_in_window\":%lld,\"rate\":\"%lld/%g\"",
		(long long)requests, (long long)refused, (long long)max_in_window, (long long)allowed,
		(double)span_ms / 1000);
	pthread_mutex_unlock(&lock);
}

void limit_reset(void)
{
	pthread_mutex_lock(&lock);
	requests = refused = max_in_window = ban_until = 0;
	arrived.n = admitted.n = 0;
	pthread_mutex_unlock(&lock);
}

void limit_header(struct buf *out)
{
	buf_printf(out, "%lld", (long long)allowed);
}
