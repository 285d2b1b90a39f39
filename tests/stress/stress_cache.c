/*
 * stress_cache.c - threads against a model of what each key may show.
 *
 * The "service" holds one growing number a key. Fetchers read it after a random delay. A writer raises the number and
 * then calls cache_written(); so whoever calls cache_get() after a write (or a forget) has returned must see at least
 * that number: that is the one promise the rest of the daemon builds on. Answers may otherwise be as old as they like,
 * but never from the future, and a key's answer is never another key's.
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache/cache.h"
#include "fs/base/clock.h"

enum { KEYS = 12, READERS = 6, WRITERS = 2, FETCHERS = 3, QUEUE = 4096, RUN_MS = 3000 };

struct value {
	int key;
	long number;
};

static struct monitor monitor;
static struct cache *cache;
static atomic_long service[KEYS]; /* what the service holds */
static atomic_long floors[KEYS];  /* what every later reader must see at least */
static pthread_mutex_t write_lock[KEYS];
static atomic_bool stop;
static atomic_long reads, refusals, stale_errors;

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t more;
	struct job {
		int key;
		struct flight *flight;
	} jobs[QUEUE];
	unsigned head, tail;
	bool closed;
} queue;

static void fetch(void *arg, const char *key, enum priority priority, struct flight *flight)
{
	(void)arg;
	(void)priority;
	pthread_mutex_lock(&queue.mutex);
	assert(queue.head - queue.tail < QUEUE);
	queue.jobs[queue.head++ % QUEUE] = (struct job){atoi(key + 1), flight};
	pthread_cond_signal(&queue.more);
	pthread_mutex_unlock(&queue.mutex);
}

static struct answer *answer_of(int key, long number)
{
	struct value *v = malloc(sizeof *v);
	assert(v);
	*v = (struct value){key, number};
	return answer_new(NULL, v, free, 4000);
}

static void *fetcher(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	pthread_mutex_lock(&queue.mutex);
	for (;;) {
		while (queue.head == queue.tail && !queue.closed)
			pthread_cond_wait(&queue.more, &queue.mutex);
		if (queue.head == queue.tail)
			break;
		struct job job = queue.jobs[queue.tail++ % QUEUE];
		pthread_mutex_unlock(&queue.mutex);
		static const int errors[] = {EIO, ENOENT, EACCES};
		long number = atomic_load(&service[job.key]);
		usleep((unsigned)rand_r(&seed) % 300);
		struct refusal why;
		if (rand_r(&seed) % 10 == 0) {
			refuse(&why, errors[rand_r(&seed) % 3], "stress");
			cache_fail(job.flight, &why);
		} else {
			cache_deliver(job.flight, answer_of(job.key, number));
		}
		pthread_mutex_lock(&queue.mutex);
	}
	pthread_mutex_unlock(&queue.mutex);
	return NULL;
}

static void key_name(char *name, int key)
{
	sprintf(name, "k%d", key);
}

static void *reader(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	while (!atomic_load(&stop)) {
		int key = rand_r(&seed) % KEYS;
		char name[16];
		key_name(name, key);
		struct caller caller;
		struct answer *a = NULL;
		struct refusal why;
		bool hasty = rand_r(&seed) % 20 == 0;
		caller_init(&caller, PRIORITY_READ, 1, hasty ? clock_ms() + 1 : INT64_MAX);
		if (rand_r(&seed) % 50 == 0)
			caller_interrupt(&monitor, &caller);
		long least = atomic_load(&floors[key]);
		int rc = cache_get(cache, name, &caller, &a, &why);
		caller_release(&caller);
		atomic_fetch_add(&reads, 1);
		if (rc < 0) {
			assert(rc == -why.err);
			atomic_fetch_add(&refusals, 1);
			continue;
		}
		const struct value *v = a->model;
		if (v->key != key || v->number < least || v->number > atomic_load(&service[key])) {
			fprintf(stderr, "%s shows %d:%ld, wanted at least %ld\n", name, v->key, v->number, least);
			atomic_fetch_add(&stale_errors, 1);
		}
		answer_unref(a);
	}
	return NULL;
}

static void *writer(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;
	while (!atomic_load(&stop)) {
		int key = rand_r(&seed) % KEYS;
		char name[16];
		key_name(name, key);
		pthread_mutex_lock(&write_lock[key]);
		long number = atomic_fetch_add(&service[key], 1) + 1;
		cache_written(cache, name, rand_r(&seed) % 2 ? answer_of(key, number) : NULL);
		atomic_store(&floors[key], number);
		pthread_mutex_unlock(&write_lock[key]);
		if (rand_r(&seed) % 8 == 0)
			cache_forget(cache, rand_r(&seed) % 2 ? "k1" : "");
		if (rand_r(&seed) % 8 == 0) {
			struct buf out = BUF_INIT;
			cache_stats(cache, &out);
			buf_release(&out);
		}
		answer_unref(cache_peek(cache, name, true, NULL));
		usleep((unsigned)rand_r(&seed) % 200);
	}
	return NULL;
}

static void set_up(void)
{
	monitor_init(&monitor, READERS - 1);
	pthread_mutex_init(&queue.mutex, NULL);
	pthread_cond_init(&queue.more, NULL);
	for (int i = 0; i < KEYS; i++)
		pthread_mutex_init(&write_lock[i], NULL);
	/* Half of the keys have room; everything expires and is retried a thousand times faster than in use. */
	struct cache_conf conf = {
		.monitor = &monitor,
		.ttl_ms = 5,
		.size_bytes = KEYS * 2400,
		.negative_ms = 1,
		.stale_wait_ms = 1,
		.retry_ms = 2,
		.fetch = fetch,
	};
	cache = cache_create(&conf);
	assert(cache);
}

int main(void)
{
	enum { THREADS = READERS + WRITERS };
	pthread_t threads[THREADS], fetchers[FETCHERS];
	set_up();
	for (uintptr_t i = 0; i < FETCHERS; i++)
		pthread_create(&fetchers[i], NULL, fetcher, (void *)(i + 1));
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, i < READERS ? reader : writer, (void *)(i + 100));
	usleep(RUN_MS * 1000);
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_lock(&queue.mutex);
	queue.closed = true;
	pthread_cond_broadcast(&queue.more);
	pthread_mutex_unlock(&queue.mutex);
	for (int i = 0; i < FETCHERS; i++)
		pthread_join(fetchers[i], NULL);
	struct buf out = BUF_INIT;
	cache_stats(cache, &out);
	printf("%ld reads, %ld refused, %ld wrong\n%s\n", reads, refusals, stale_errors, buf_text(&out));
	buf_release(&out);
	cache_destroy(cache);
	monitor_release(&monitor);
	return atomic_load(&stale_errors) || !atomic_load(&reads);
}
