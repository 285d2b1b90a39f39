#include "fs/tree/shown.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A hash table without memory for one more entry leaves it out. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

enum { NAMES_MAX = 50000 };

struct shown_name {
	UT_hash_handle hh;
	char text[];
};

struct shown {
	pthread_mutex_t mutex;
	struct shown_name *names;
};

struct shown *shown_create(void)
{
	struct shown *s = calloc(1, sizeof *s);
	if (s)
		pthread_mutex_init(&s->mutex, NULL);
	return s;
}

void shown_destroy(struct shown *s)
{
	struct shown_name *name, *next;
	if (!s)
		return;
	HASH_ITER(hh, s->names, name, next) {
		HASH_DEL(s->names, name);
		free(name);
	}
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

static struct shown_name *find(struct shown *s, const char *text)
{
	struct shown_name *name;
	HASH_FIND_STR(s->names, text, name);
	return name;
}

static void add(struct shown *s, const char *text)
{
	size_t len = strlen(text);
	struct shown_name *name = calloc(1, sizeof *name + len + 1);
	if (!name)
		return;
	memcpy(name->text, text, len);
	HASH_ADD_KEYPTR(hh, s->names, name->text, len, name);
	if (!name->hh.tbl)
		free(name);
}

void shown_add(struct shown *s, const struct objects *objects)
{
	pthread_mutex_lock(&s->mutex);
	for (size_t i = 0; i < objects->count; i++)
		if (HASH_COUNT(s->names) < NAMES_MAX && !find(s, objects->items[i].name))
			add(s, objects->items[i].name);
	pthread_mutex_unlock(&s->mutex);
}

void shown_forget(struct shown *s, const char *text)
{
	pthread_mutex_lock(&s->mutex);
	struct shown_name *name = find(s, text);
	if (name)
		HASH_DEL(s->names, name);
	pthread_mutex_unlock(&s->mutex);
	free(name);
}

bool shown_has(struct shown *s, const char *name)
{
	pthread_mutex_lock(&s->mutex);
	bool has = find(s, name) != NULL;
	pthread_mutex_unlock(&s->mutex);
	return has;
}
