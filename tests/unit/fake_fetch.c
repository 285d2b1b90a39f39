#include "tests/unit/fake_fetch.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void fake_init(struct fake_fetch *f)
{
	memset(f, 0, sizeof *f);
	pthread_mutex_init(&f->mutex, NULL);
}

struct answer *fake_answer(const char *text)
{
	struct buf b = BUF_INIT;
	buf_add_str(&b, text);
	return answer_new(blob_from_buf(&b), NULL, NULL, 0);
}

static void fail(struct flight *flight, int err)
{
	struct refusal why;
	refuse(&why, err, "scripted refusal");
	cache_fail(flight, &why);
}

void fake_fetch(void *arg, const char *key, enum priority priority, struct flight *flight)
{
	struct fake_fetch *f = arg;
	pthread_mutex_lock(&f->mutex);
	const char *text = f->text;
	int err = f->err;
	snprintf(f->last_key, sizeof f->last_key, "%s", key);
	f->last_priority = priority;
	assert(f->calls < FAKE_HELD_MAX || text || err);
	if (!text && !err)
		f->held[f->calls] = flight;
	f->calls++;
	pthread_mutex_unlock(&f->mutex);
	if (text)
		cache_deliver(flight, fake_answer(text));
	else if (err)
		fail(flight, err);
}

static struct flight *take(struct fake_fetch *f, int number)
{
	pthread_mutex_lock(&f->mutex);
	struct flight *flight = f->held[number];
	f->held[number] = NULL;
	pthread_mutex_unlock(&f->mutex);
	assert(flight);
	return flight;
}

void fake_land(struct fake_fetch *f, int number, const char *text)
{
	cache_deliver(take(f, number), fake_answer(text));
}

void fake_refuse(struct fake_fetch *f, int number, int err)
{
	fail(take(f, number), err);
}
