/*
 * budget.h - when may the next request start? Several sliding windows, the server's own counters, bans, priorities.
 *
 * Pure: the clock (milliseconds, monotonic) is handed in. Not thread-safe; client.c guards it with the monitor.
 *
 * A request goes through the budget in two steps, since between its admission and the moment in which it leaves lie a
 * look-up of the host's name and a TLS handshake:
 *
 *   budget_admit   takes one of the places that every window must have free      "leaving"
 *   budget_left    the request leaves: the place becomes a start, now            "started"
 *   budget_cancel  it never left: the place is free again
 *
 * Invariant: starts in any window of its length + requests that are leaving <= requests of that window. Windows are
 * 1 % + 10 ms longer than told, since the server counts arrivals.
 *
 * The state is plain data, so that two daemons with one key can share it through a file (shared_budget.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/monitor.h"

enum {
	BUDGET_STARTS_MAX = 4096,    /* the largest window; 3,000 an hour is the largest that the vendor documents */
	BUDGET_LEAVING_MAX = 64,
	BUDGET_LEAVING_MS = 30000,   /* a place of a process that died is free after this */
	BUDGET_BAN_MS_MAX = 600000,
	BUDGET_BAN_MS_MIN = 2000,
};

struct budget_state {
	int64_t starts[BUDGET_STARTS_MAX]; /* ring of the times of starts, in their order */
	uint64_t started;                  /* ever; the newest is starts[(started - 1) % BUDGET_STARTS_MAX] */
	int64_t leaving[BUDGET_LEAVING_MAX]; /* 0: free, else when it was admitted */
	int64_t banned_until_ms;
	int64_t struck_ms;                 /* when the last ban was pronounced */
	int32_t strikes;                   /* bans without a good answer in between */
	int32_t server_limit;              /* X-RateLimit-Limit, 0: not told; only to be shown */
	uint64_t started_max;              /* the server takes no more than this many of `started`… */
	int64_t started_max_until_ms;      /* …until then; 0: it has not said */
};

struct budget_window {
	int requests;
	int seconds;
	int64_t length_ms;
};

enum { BUDGET_WINDOWS_MAX = 4 };

struct budget {
	struct budget_state state;
	struct budget_window windows[BUDGET_WINDOWS_MAX];
	int window_count;
	int passed[PRIORITIES]; /* starts of others while this one waited */
};

void budget_init(struct budget *b);

/* False: a window with no or too many requests, or no seconds; or one too many. */
bool budget_add_window(struct budget *b, int requests, int seconds);

/* The earliest time for the next start: `now_ms` or less when it may start at once; INT64_MAX: when a place is free. */
int64_t budget_ready_ms(const struct budget *b, int64_t now_ms);

/* Takes a place. Its number, or -1 when budget_ready_ms() is in the future. */
int budget_admit(struct budget *b, int64_t now_ms);

/* The request of the place leaves. Returns the number of the start, for budget_heard(). */
uint64_t budget_left(struct budget *b, int place, int64_t now_ms);
void budget_cancel(struct budget *b, int place);

/* What an answer's headers said; -1 where they said nothing. */
struct rate_headers {
	int64_t limit, remaining, reset; /* reset: seconds from now below 10^6, else s or ms since 1970 */
	int64_t retry_after_ms;
};

/* An answer to start number `start` came. The server may only tighten the budget. */
void budget_heard(struct budget *b, uint64_t start, const struct rate_headers *headers, int64_t now_ms,
	int64_t wall_ms);

/*
 * 429 for a request that left at `left_ms`. Nothing starts until the ban is over, then one at a time until a good
 * answer came. Bans grow from one to the next; what was under way when it came does not count as the
 * next. `random`: any bits.
 */
void budget_ban(struct budget *b, int64_t left_ms, const struct rate_headers *headers, int64_t now_ms, uint32_t random);

/* An answer that is not a 429 came. */
void budget_forgive(struct budget *b, int64_t left_ms);

/* How many may start at once in window `i`. */
int budget_window_left(const struct budget *b, int i, int64_t now_ms);

/*
 * Whose turn is it? The first class that has somebody waiting, unless a later one waited too long: an import gets at
 * least one start in ten. PRIORITIES: nobody waits. budget_turn_taken() counts the start.
 */
enum priority budget_turn(const struct budget *b, const int waiting[PRIORITIES]);
void budget_turn_taken(struct budget *b, const int waiting[PRIORITIES], enum priority taken);
