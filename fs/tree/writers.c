#include "fs/tree/writers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A backup that is put back touches every campaign once; a process that wrote to more than these is no shell. */
enum { WRITERS_MAX = 4096, ID_MAX = 24 };

struct writers {
	pthread_mutex_t mutex;
	struct {
		pid_t tgid;
		char campaign[ID_MAX];
	} ring[WRITERS_MAX];
	size_t next;
};

struct writers *writers_create(void)
{
	struct writers *w = calloc(1, sizeof *w);
	if (w)
		pthread_mutex_init(&w->mutex, NULL);
	return w;
}

void writers_destroy(struct writers *w)
{
	if (!w)
		return;
	pthread_mutex_destroy(&w->mutex);
	free(w);
}

bool writers_has(struct writers *w, pid_t tgid, const char *campaign)
{
	bool found = false;
	pthread_mutex_lock(&w->mutex);
	for (size_t i = 0; i < WRITERS_MAX && !found; i++)
		found = w->ring[i].campaign[0] && w->ring[i].tgid == tgid && strcmp(w->ring[i].campaign, campaign) == 0;
	pthread_mutex_unlock(&w->mutex);
	return found;
}

void writers_note(struct writers *w, pid_t tgid, const char *campaign)
{
	if (writers_has(w, tgid, campaign))
		return;
	pthread_mutex_lock(&w->mutex);
	w->ring[w->next].tgid = tgid;
	snprintf(w->ring[w->next].campaign, ID_MAX, "%s", campaign);
	w->next = (w->next + 1) % WRITERS_MAX;
	pthread_mutex_unlock(&w->mutex);
}
