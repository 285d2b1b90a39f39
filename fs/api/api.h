/*
 * api.h - asks the Smartlead API: budget, retries, dialect and transport behind three calls.
 *
 * It takes a request (a row of endpoints.h, its arguments, a body) and gives an answer of the row's shape or a refusal;
 * it knows nothing of files. All curl work is done by one network thread. Locks itself (the monitor, for microseconds).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/api/endpoints.h"
#include "fs/base/blob.h"
#include "fs/base/monitor.h"

enum { REQUEST_ARGS = 5, RATE_WINDOWS_MAX = 4 };

struct rate_window {
	int requests;
	int seconds;
};

enum dialect_choice { DIALECT_AUTO, DIALECT_FIX_REFERENCE, DIALECT_FIX_LIVE };

/* One attempt that left this machine, for .smartlead/requests. Texts live for the call only and hold no key. */
struct api_event {
	int64_t wall_ms;
	const char *method, *path; /* path with query, without the key */
	int status;                /* HTTP status; 0: none came */
	int64_t took_ms;
	int attempt;               /* from 1 */
	const char *error;         /* transport's words, or NULL */
};

struct api_conf {
	struct monitor *monitor;
	const char *url;       /* base, without a slash at the end */
	enum dialect_choice dialect;
	struct rate_window rate[RATE_WINDOWS_MAX];
	int rate_windows;
	int64_t timeout_ms;    /* longest silence of the API; also the longest wait for the budget */
	const char *state_dir; /* learned dialects, the budget shared by mounts of one key; NULL: keep nothing */
	void (*on_event)(void *arg, const struct api_event *event); /* network thread, nothing locked; or NULL */
	void *on_event_arg;
};

struct api;

/* Checks the configuration; starts nothing. `conf`'s texts are copied. NULL: `why` is set. */
struct api *api_create(const struct api_conf *conf, struct refusal *why);

/* Starts the network thread. After the fork. 0 or -errno. */
int api_start(struct api *api, struct refusal *why);

/* Ends everything under way (its waiters get EIO) and joins the thread. */
void api_stop(struct api *api);
void api_destroy(struct api *api); /* accepts NULL */

/*
 * Where the bytes of a good answer go as they arrive: of a 2xx whose beginning has the row's shape. `end` (may be NULL):
 * that was all. When either refuses with EIO, the answer was not what it should be, and is asked for again as any other
 * such. `restart`: that attempt failed, begin again. After a refusal what came is worth nothing. Network thread.
 */
struct sink {
	int (*take)(void *arg, const void *bytes, size_t len, struct refusal *why);
	int (*end)(void *arg, struct refusal *why);
	void (*restart)(void *arg);
	void *arg;
};

struct request {
	enum endpoint_id endpoint;
	const char *args[REQUEST_ARGS]; /* texts for {0}…{4}; NULL when unused. Copied by the call. */
	struct slice body;              /* the contract's form; empty: no body. Copied. */
	const struct sink *sink;        /* NULL: collected into reply.body. The sink itself must outlive the request. */
};

struct reply {
	struct blob *body;    /* whole answer, also of a refusal (an import's counts); NULL: to a sink, or none came.
	                         The owner of the reply unrefs it. */
	int status;           /* HTTP; 0: none */
	enum dialect dialect; /* the column that worked */
	bool unknown;         /* with a refusal only: the request may have taken effect (never sent again) */
};
void reply_release(struct reply *reply);

/* Exactly one call; on the network thread, nothing locked. `why` NULL: success. The callee takes the reply's body by
 * clearing it, or leaves it. */
typedef void api_done_fn(void *arg, const struct refusal *why, struct reply *reply);

/*
 * Queues a request. 0, or at once -ENOMEM, -EINVAL (arguments, body), -EOPNOTSUPP, or -EIO after api_stop(); `done` is
 * not called then.
 */
int api_submit(struct api *api, const struct request *request, enum priority priority, api_done_fn *done, void *arg,
	struct refusal *why);

/*
 * The sister of cache_get(): sends a request and waits in the caller's thread. 0; or -EINTR when the kernel
 * interrupted, -ETIMEDOUT at the caller's deadline, -EBUSY when too many wait. On these three a request that has not
 * left is withdrawn (reply->unknown false: it will never be sent); one that has left goes on (reply->unknown true), and
 * so does the use of its sink, which is why a sink on the caller's stack needs api_submit(). Else what was refused:
 * 400/422 EINVAL · 401/403 EACCES · 404 ENOENT · "campaign is ACTIVE" and 429 after retries and a full queue EBUSY ·
 * 5xx EIO · silence ETIMEDOUT · unreachable EHOSTUNREACH · too big EFBIG · no such column or route EOPNOTSUPP.
 */
int api_call(struct api *api, const struct request *request, struct caller *caller, struct reply *ret_reply,
	struct refusal *why);

/* The column an endpoint is asked by at present: learned, or the start of the configuration. */
enum dialect api_dialect(struct api *api, enum endpoint_id id);

/* Appends a JSON object: budget left, requests by kind and status, what is under way or queued and for how long. */
void api_stats(struct api *api, struct buf *out);
