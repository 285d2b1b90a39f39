/*
 * fake_fetch.h - the cache's lower side, by script: each fetch is answered at once, refused at once, or held until the
 * test lands it. Counts the calls. Locks itself.
 */
#pragma once

#include <pthread.h>

#include "cache/cache.h"

enum { FAKE_HELD_MAX = 64 };

struct fake_fetch {
	pthread_mutex_t mutex;
	const char *text; /* answer at once with this */
	int err;          /* or refuse at once; both unset: hold */
	int calls;
	char last_key[64];
	enum priority last_priority;
	struct flight *held[FAKE_HELD_MAX]; /* in the order of their beginning; NULL once landed */
};

void fake_init(struct fake_fetch *f);
void fake_fetch(void *arg, const char *key, enum priority priority, struct flight *flight);

/* Lands the held flight of that number (from 0). */
void fake_land(struct fake_fetch *f, int number, const char *text);
void fake_refuse(struct fake_fetch *f, int number, int err);

/* An answer with `text` as its body. */
struct answer *fake_answer(const char *text);
