/*
 * client_rig.h - what the tests of the API layer share: a scripted server, a client of it, and one call at a time.
 */
#pragma once

#include "check.h"

#include <pthread.h>

#include "fake_http.h"
#include "fs/api/api.h"

#define KEY "k3y/with+signs"

enum { TIMEOUT_MS = 400 };

struct rig {
	struct monitor monitor;
	struct fake_http *server;
	struct api *api;
	struct reply reply;
	struct refusal why;
	int rc;
	pthread_mutex_t mutex;
	int events;
	bool key_seen; /* in an event */
};

/* Starts a client of `url`; what conf leaves out is filled in. */
void set_up_url(struct rig *rig, const char *url, struct api_conf conf);

/* Starts server and client. set_up() asks the live way and waits up to 4 s, set_up_hasty() TIMEOUT_MS. */
void set_up_with(struct rig *rig, const struct fake_answer *script, size_t len, struct api_conf conf);
void set_up(struct rig *rig, const struct fake_answer *script, size_t len);
void set_up_hasty(struct rig *rig, const struct fake_answer *script, size_t len);

/* Ends both; the key must not have been seen. */
void tear_down(struct rig *rig);

/* One call; rc, reply and why stay in the rig. ask() has the arguments "7", "8" and "9". */
int ask_request(struct rig *rig, const struct request *request);
int ask(struct rig *rig, enum endpoint_id id, const char *body);

/* It went well and this is the body. */
void check_body(struct rig *rig, const char *want);

#define LINE(rig, i) fake_line((rig)->server, i)
#define ARRIVALS(rig) fake_count((rig)->server)
