#include "fs/mount/seen.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

enum { SEEN_MAX = 64 };

struct sight {
	pid_t tid;
	uint64_t inode;
	struct version version; /* of `inode`, unless there are bytes */
	struct blob *bytes;
};

struct seen {
	pthread_mutex_t mutex;
	struct sight sights[SEEN_MAX]; /* newest first */
};

struct seen *seen_create(void)
{
	struct seen *s = calloc(1, sizeof *s);
	if (s)
		pthread_mutex_init(&s->mutex, NULL);
	return s;
}

static void release(struct sight *sight)
{
	version_release(&sight->version);
	blob_unref(sight->bytes);
}

void seen_destroy(struct seen *s)
{
	if (!s)
		return;
	for (int i = 0; i < SEEN_MAX; i++)
		release(&s->sights[i]);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

/* Puts it in front; what the thread saw of this file before goes, else the oldest. */
static void put(struct seen *s, struct sight *sight)
{
	int i = 0;
	pthread_mutex_lock(&s->mutex);
	while (i < SEEN_MAX - 1 && (s->sights[i].tid != sight->tid || s->sights[i].inode != sight->inode))
		i++;
	struct sight old = s->sights[i];
	memmove(s->sights + 1, s->sights, (size_t)i * sizeof *s->sights);
	s->sights[0] = *sight;
	pthread_mutex_unlock(&s->mutex);
	release(&old);
}

void seen_read(struct seen *s, pid_t tid, uint64_t inode, const struct version *version)
{
	struct sight sight = {.tid = tid, .inode = inode, .version = version_ref(version)};
	put(s, &sight);
}

void seen_bytes(struct seen *s, pid_t tid, uint64_t inode, struct blob *bytes)
{
	struct sight sight = {.tid = tid, .inode = inode, .bytes = blob_ref(bytes)};
	put(s, &sight);
}

void seen_forget(struct seen *s, uint64_t inode)
{
	for (int i = 0; i < SEEN_MAX; i++) {
		struct sight old = {0};
		pthread_mutex_lock(&s->mutex);
		if (s->sights[i].tid && s->sights[i].inode == inode) {
			old = s->sights[i];
			s->sights[i] = (struct sight){0};
		}
		pthread_mutex_unlock(&s->mutex);
		release(&old);
	}
}

static bool same_process(pid_t sight, pid_t tid, pid_t tgid)
{
	char path[64];
	if (sight == tid || sight == tgid)
		return true;
	snprintf(path, sizeof path, "/proc/%d/task/%d", (int)tgid, (int)sight);
	return tgid > 0 && access(path, F_OK) == 0;
}

bool seen_has(struct seen *s, uint64_t inode, pid_t tid, pid_t tgid)
{
	bool found = false;
	pthread_mutex_lock(&s->mutex);
	for (int i = 0; i < SEEN_MAX && !found; i++)
		found = s->sights[i].tid && s->sights[i].inode == inode && same_process(s->sights[i].tid, tid, tgid);
	pthread_mutex_unlock(&s->mutex);
	return found;
}

struct blob *seen_find(struct seen *s, struct tree *t, const struct place *file, pid_t tid, pid_t tgid)
{
	struct version version = {0};
	struct blob *bytes = NULL;
	uint64_t inode = place_inode(file);
	int64_t mtime_ms;
	bool found = false;
	pthread_mutex_lock(&s->mutex);
	for (int i = 0; i < SEEN_MAX && !found; i++) {
		struct sight *sight = &s->sights[i];
		found = sight->tid && sight->inode == inode && same_process(sight->tid, tid, tgid);
		if (found && sight->bytes)
			bytes = blob_ref(sight->bytes);
		else if (found)
			version = version_ref(&sight->version);
	}
	pthread_mutex_unlock(&s->mutex);
	if (found && !bytes && tree_render(t, file, &version, &bytes, &mtime_ms, NULL) < 0)
		bytes = NULL;
	version_release(&version);
	return bytes;
}
