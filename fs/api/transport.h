/*
 * transport.h - carries one request to the service and its bytes back: the only user of libcurl, the only one that adds
 * the key (as api_key= behind the query). It knows nothing of endpoints, budgets or retries.
 *
 * One thread, the network thread, owns a transport and calls everything here; only transport_wake() may be called from
 * another. The hooks of an exchange are called from inside transport_turn() with nothing locked.
 *
 * What goes out: HTTP/1.1 on kept-alive connections, certificates checked, redirects not followed, http and https only.
 * An exchange marked `fresh` gets a connection of its own: libcurl re-sends by itself when a kept one dies.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/api/answer.h"
#include "fs/api/budget.h"
#include "fs/base/slice.h"

struct transport;
struct exchange;

enum { TRANSPORT_ERROR_MAX = 300 };

struct exchange_hooks {
	/* It is about to leave (also when libcurl sends it anew). False: not now; it ends as NOT_SENT. */
	bool (*leaves)(struct exchange *exchange);
	/* Bytes of the body came, status is set. Negative: no more of it; it ends as STOPPED, or TOO_BIG for -EFBIG. */
	int (*take)(struct exchange *exchange, const void *bytes, size_t len);
	/* The last word: the fields below are set, the transport has let go of the exchange. */
	void (*done)(struct exchange *exchange);
};

/* One attempt. The owner fills the first part, keeps it alive until done(), and reads the second part. */
struct exchange {
	const struct exchange_hooks *hooks;
	const char *method;
	const char *path;       /* with query, without key and leading slash */
	struct slice body;      /* JSON; empty: none */
	bool fresh;
	int64_t first_byte_ms;  /* longest wait for the first byte of the answer */
	int64_t silence_ms;     /* longest silence after it; slower than 100 bytes a second is silence */
	int64_t total_ms;

	enum arrival arrival;
	int status;             /* HTTP; 0: none came */
	bool left;              /* it left at left_ms */
	int64_t start_ms, left_ms, end_ms; /* clock_ms() */
	struct rate_headers rate;
	char error[TRANSPORT_ERROR_MAX]; /* transport's words, without the key; "" when whole */

	struct carriage *carriage; /* transport's own */
};

/* `url` is the base, without a slash at its end. Initialises libcurl. NULL: out of memory. */
struct transport *transport_create(const char *url, int64_t connect_ms);

/* Exchanges under way must have ended (transport_abort). Accepts NULL. */
void transport_destroy(struct transport *t);

/* Begins an exchange. 0, or -ENOMEM, and then done() is not called. */
int transport_start(struct transport *t, struct exchange *exchange);

/* Ends an exchange under way as STOPPED; done() is called before this returns. Not from inside a hook. */
void transport_abort(struct transport *t, struct exchange *exchange);

/* Moves all exchanges on; waits for the network, for a time-out of theirs, for transport_wake() or for `wait_ms`. */
void transport_turn(struct transport *t, int64_t wait_ms);

/* Ends the waiting of transport_turn(). Any thread. */
void transport_wake(struct transport *t);
