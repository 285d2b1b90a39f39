#include "fs/api/budget.h"

#include <string.h>

void budget_init(struct budget *b)
{
	memset(b, 0, sizeof *b);
}

bool budget_add_window(struct budget *b, int requests, int seconds)
{
	if (requests < 1 || requests > BUDGET_STARTS_MAX || seconds < 1 || b->window_count == BUDGET_WINDOWS_MAX)
		return false;
	b->windows[b->window_count++] = (struct budget_window){
		.requests = requests,
		.seconds = seconds,
		.length_ms = (int64_t)seconds * 1010 + 10,
	};
	return true;
}

/* Leaving. */

static bool is_leaving(const struct budget *b, int place, int64_t now_ms)
{
	int64_t since = b->state.leaving[place];
	return since != 0 && now_ms - since < BUDGET_LEAVING_MS;
}

static int leaving_count(const struct budget *b, int64_t now_ms)
{
	int n = 0;
	for (int i = 0; i < BUDGET_LEAVING_MAX; i++)
		n += is_leaving(b, i, now_ms);
	return n;
}

/* Windows. */

/* The time of the n-th newest start, n from 1; INT64_MIN: there were not so many. */
static int64_t nth_start(const struct budget *b, int n)
{
	if ((uint64_t)n > b->state.started)
		return INT64_MIN;
	return b->state.starts[(b->state.started - (uint64_t)n) % BUDGET_STARTS_MAX];
}

static int64_t window_ready_ms(const struct budget *b, const struct budget_window *w, int leaving)
{
	int free_for_starts = w->requests - leaving;
	if (free_for_starts <= 0)
		return INT64_MAX;
	int64_t blocking = nth_start(b, free_for_starts);
	return blocking == INT64_MIN ? INT64_MIN : blocking + w->length_ms;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t budget_ready_ms(const struct budget *b, int64_t now_ms)
{
	const struct budget_state *s = &b->state;
	int leaving = leaving_count(b, now_ms);
	if (leaving == BUDGET_LEAVING_MAX || (s->strikes > 0 && leaving > 0))
		return INT64_MAX;
	int64_t ready = s->banned_until_ms;
	if (s->started_max_until_ms > now_ms && s->started + (uint64_t)leaving >= s->started_max)
		ready = later(ready, s->started_max_until_ms);
	for (int i = 0; i < b->window_count; i++)
		ready = later(ready, window_ready_ms(b, &b->windows[i], leaving));
	return ready;
}

int budget_window_left(const struct budget *b, int i, int64_t now_ms)
{
	const struct budget_window *w = &b->windows[i];
	int used = leaving_count(b, now_ms);
	for (int n = 1; n <= w->requests && used < w->requests; n++, used++) {
		int64_t at = nth_start(b, n);
		if (at == INT64_MIN || at + w->length_ms <= now_ms)
			break;
	}
	return used < w->requests ? w->requests - used : 0;
}

int budget_admit(struct budget *b, int64_t now_ms)
{
	if (budget_ready_ms(b, now_ms) > now_ms)
		return -1;
	for (int i = 0; i < BUDGET_LEAVING_MAX; i++) {
		if (is_leaving(b, i, now_ms))
			continue;
		b->state.leaving[i] = now_ms > 0 ? now_ms : 1;
		return i;
	}
	return -1;
}

uint64_t budget_left(struct budget *b, int place, int64_t now_ms)
{
	struct budget_state *s = &b->state;
	/* Another process may have read its clock a moment later and written first: the ring stays in order. */
	int64_t newest = nth_start(b, 1);
	s->leaving[place] = 0;
	s->starts[s->started % BUDGET_STARTS_MAX] = later(newest, now_ms);
	return ++s->started;
}

void budget_cancel(struct budget *b, int place)
{
	b->state.leaving[place] = 0;
}

/* What the server says. */

static int64_t reset_delay_ms(int64_t reset, int64_t wall_ms)
{
	if (reset < 1000000)
		return reset * 1000;
	return reset < 100000000000 ? reset * 1000 - wall_ms : reset - wall_ms;
}

/* How many starts a window had room for when start number `start` left: what an exact server would answer it. */
static int room_at(const struct budget *b, const struct budget_window *w, uint64_t start)
{
	uint64_t newer = b->state.started - start;
	int64_t at = nth_start(b, (int)newer + 1);
	int used = 0;
	while (used < w->requests && nth_start(b, (int)newer + 1 + used) > at - w->length_ms)
		used++;
	return w->requests - used;
}

/*
 * Does the answer only say what our own windows know? Its reset is in whole seconds and would make us wait up to one too
 * long. One less than we count may be an arrival that came late.
 */
static bool is_known(const struct budget *b, uint64_t start, const struct rate_headers *h)
{
	if (start == 0 || start > b->state.started || b->state.started - start >= BUDGET_STARTS_MAX / 2)
		return false;
	for (int i = 0; i < b->window_count; i++)
		if (b->windows[i].requests <= h->limit && h->remaining + 1 >= room_at(b, &b->windows[i], start))
			return true;
	return false;
}

/*
 * "remaining" was counted when this start arrived, so that later starts are not in it: started may go up to
 * start + remaining. Of several answers in one period the smallest holds.
 */
void budget_heard(struct budget *b, uint64_t start, const struct rate_headers *h, int64_t now_ms, int64_t wall_ms)
{
	struct budget_state *s = &b->state;
	if (h->limit > 0 && h->limit <= INT32_MAX)
		s->server_limit = (int32_t)h->limit;
	if (h->remaining < 0 || h->reset < 0)
		return;
	int64_t delay = reset_delay_ms(h->reset, wall_ms);
	if (delay <= 0 || delay > 3600000 || is_known(b, start, h))
		return;
	uint64_t most = start + (uint64_t)h->remaining;
	bool same_period = s->started_max_until_ms > now_ms;
	if (!same_period || most < s->started_max) {
		s->started_max = most;
		if (!same_period || now_ms + delay > s->started_max_until_ms)
			s->started_max_until_ms = now_ms + delay;
	}
}

void budget_ban(struct budget *b, int64_t left_ms, const struct rate_headers *h, int64_t now_ms, uint32_t random)
{
	struct budget_state *s = &b->state;
	bool another = s->strikes == 0 || left_ms >= s->struck_ms;
	if (another) {
		s->strikes++;
		s->struck_ms = now_ms;
	}
	int shift = s->strikes > 10 ? 10 : s->strikes - 1;
	int64_t least = h->retry_after_ms > 0 ? h->retry_after_ms : BUDGET_BAN_MS_MIN;
	int64_t ban = least << shift;
	if (ban > BUDGET_BAN_MS_MAX || ban < 0)
		ban = later(h->retry_after_ms, BUDGET_BAN_MS_MAX);
	/* Up to a quarter more, so that several machines of one account do not come back together. */
	ban += h->retry_after_ms > 0 ? (int64_t)(random % 250) : ban * (int64_t)(random % 256) / 1024;
	if (another || h->retry_after_ms > 0)
		s->banned_until_ms = later(s->banned_until_ms, now_ms + ban);
}

void budget_forgive(struct budget *b, int64_t left_ms)
{
	if (b->state.strikes > 0 && left_ms >= b->state.struck_ms)
		b->state.strikes = 0;
}

/* Turns. */

/* After so many starts of others, one of this class is due. */
static const int patience[PRIORITIES] = {
	[PRIORITY_WRITE] = 1 << 30,
	[PRIORITY_READ] = 4,
	[PRIORITY_IMPORT] = 9,
	[PRIORITY_REFRESH] = 30,
	[PRIORITY_AHEAD] = 60,
};

enum priority budget_turn(const struct budget *b, const int waiting[PRIORITIES])
{
	enum priority first = PRIORITIES;
	if (waiting[PRIORITY_IMPORT] > 0 && b->passed[PRIORITY_IMPORT] >= patience[PRIORITY_IMPORT])
		return PRIORITY_IMPORT;
	for (enum priority p = 0; p < PRIORITIES; p++) {
		if (waiting[p] == 0)
			continue;
		if (b->passed[p] >= patience[p])
			return p;
		if (first == PRIORITIES)
			first = p;
	}
	return first;
}

void budget_turn_taken(struct budget *b, const int waiting[PRIORITIES], enum priority taken)
{
	for (enum priority p = 0; p < PRIORITIES; p++)
		b->passed[p] = p == taken || waiting[p] == 0 ? 0 : b->passed[p] + 1;
}
