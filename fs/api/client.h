/*
 * client.h - inside of the API layer: the life of one request, a "flight", and what all flights share. Not for other
 * layers; they use api.h.
 *
 *   state         means                                          leaves it when
 *   QUEUED        waits for its turn and for the budget          both have come (RUNNING), or it waited too long (done)
 *   RUNNING       an attempt is on the wire                      it ended: done, or BACKING_OFF, or QUEUED after a 429
 *   BACKING_OFF   waits before the next try                      the time is over (QUEUED)
 *
 * A flight is made by the thread that asks and belongs to the network thread from then on. What others look at (stats,
 * an interrupted caller) is guarded by the monitor, and so marked.
 */
#pragma once

#include "fs/api/api.h"
#include "fs/api/answer.h"
#include "fs/api/budget.h"
#include "fs/api/dialect.h"
#include "fs/api/transport.h"

enum {
	RUNNING_MAX = 24,             /* attempts on the wire at once: each costs a connection */
	TRIES_MAX = 4,
	BACK_OFF_MS = 300,            /* before the second try; doubles */
	CONNECT_MS = 5000,
	ERROR_BODY_BYTES_MAX = 65536, /* of an answer that is no 2xx, for its words */
	TOTAL_TIMEOUTS = 10,          /* an attempt ends after so many time-outs, however lively it is */
};

enum flight_state { FLIGHT_QUEUED, FLIGHT_RUNNING, FLIGHT_BACKING_OFF };

struct flight {
	struct exchange exchange;
	struct api *api;
	const struct endpoint *endpoint;
	char *args[REQUEST_ARGS];
	struct buf contract;         /* the body in the contract's form */
	const struct sink *sink;
	enum priority priority;
	api_done_fn *done;
	void *arg;

	/* Monitor; written by the network thread. */
	struct flight *next;         /* api->flights, oldest first */
	enum flight_state state;
	enum dialect column;
	struct buf path;             /* of this column, with query, without key */
	int attempt;
	int64_t submitted_ms;
	bool withdrawn;              /* written by the caller that gave up */
	bool may_have_acted;         /* left at least once, and no answer said that nothing happened */

	/* Network thread. */
	struct buf body;             /* of this column */
	int tries;                   /* in this column */
	bool switched;
	struct verdict first;        /* why the other column was left */
	struct refusal answered;     /* why the attempt before is repeated; err 0: it was not answered, or by 429 */
	int64_t first_start_ms;      /* 0: not yet */
	int64_t not_before_ms;       /* BACKING_OFF */
	int64_t give_up_ms;          /* QUEUED */
	int place;                   /* in the budget; -1: none */
	uint64_t start;              /* its number in the budget */
	struct spool spool;
	size_t sunk;                 /* bytes that went to the sink in this attempt */
	struct refusal sink_why;
};

struct endpoint_count {
	uint64_t ok, failed, retries;
};

struct api {
	struct monitor *monitor;
	char *url, *state_dir;
	int64_t timeout_ms;
	void (*on_event)(void *arg, const struct api_event *event);
	void *on_event_arg;

	pthread_t thread;
	bool has_thread;
	struct transport *transport;     /* network thread, except for transport_wake() */
	struct shared_budget *shared;    /* network thread; NULL: alone */
	uint32_t random;                 /* network thread */

	/* Monitor. */
	bool stopping;
	struct budget budget;
	struct dialects dialects;
	struct flight *flights, **flights_end;
	struct endpoint_count counts[ENDPOINTS];
};

/* Checks a request and writes it in the words of `column`. NULL: `why` is set. */
struct flight *flight_create(struct api *api, const struct request *request, enum dialect column, struct refusal *why);
void flight_destroy(struct flight *f);

/* Network thread: begins an attempt of a flight that has a place in the budget. */
void flight_start(struct flight *f);

/* Network thread: ends a flight. `v` good: with `body` (taken), else its refusal. Calls done and frees the flight. */
void flight_finish(struct flight *f, const struct verdict *v, struct blob *body);

/* The budget with the monitor locked and, where it is shared, as the other daemons left it. Network thread. */
struct budget *budget_open(struct api *api);
void budget_close(struct api *api);

uint32_t api_random(struct api *api);
