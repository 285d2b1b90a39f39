#include "fs/api/shared_budget.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/clock.h"
#include "fs/base/cleanup.h"
#include "fs/base/secret.h"

enum {
	LOCK_TRIES = 50, /* of one millisecond: somebody may be stopped while it holds the lock */
	MISSES_MAX = 10, /* then we go on alone */
};

struct file {
	char magic[16];
	char boot_id[40];
	struct budget_state state;
};

struct shared_budget {
	int fd;
	bool locked;
	int misses;
	char boot_id[40];
	struct file file;
};

static const char magic[16] = "smartlead-bud-1";

static bool read_boot_id(char *out, size_t size)
{
	_cleanup_file_ FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");
	return f && fgets(out, (int)size, f);
}

struct shared_budget *shared_budget_create(const char *state_dir, const char *url)
{
	_cleanup_free_ char *path = NULL;
	struct shared_budget *s = calloc(1, sizeof *s);
	if (!s || asprintf(&path, "%s/budget-%016" PRIx64, state_dir, secret_account(url)) < 0) {
		free(s);
		path = NULL;
		return NULL;
	}
	s->fd = read_boot_id(s->boot_id, sizeof s->boot_id) ?
		open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	if (s->fd < 0) {
		free(s);
		return NULL;
	}
	return s;
}

void shared_budget_destroy(struct shared_budget *s)
{
	if (!s)
		return;
	close(s->fd);
	free(s);
}

static bool lock_soon(int fd)
{
	for (int i = 0; i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	return false;
}

/* Written by a daemon of this boot, and nothing in it is of the future? */
static bool is_sane(const struct shared_budget *s, ssize_t n)
{
	const struct budget_state *state = &s->file.state;
	int64_t soon = clock_ms() + 1000;
	if (n != (ssize_t)sizeof s->file || memcmp(s->file.magic, magic, sizeof magic) != 0 ||
		memcmp(s->file.boot_id, s->boot_id, sizeof s->boot_id) != 0)
		return false;
	for (int i = 0; i < BUDGET_LEAVING_MAX; i++)
		if (state->leaving[i] > soon)
			return false;
	return (state->started == 0 || state->starts[(state->started - 1) % BUDGET_STARTS_MAX] <= soon) &&
		state->banned_until_ms <= soon + 3600000 + BUDGET_BAN_MS_MAX;
}

struct budget_state *shared_budget_lock(struct shared_budget *s)
{
	if (!s || s->misses >= MISSES_MAX)
		return NULL;
	s->locked = lock_soon(s->fd);
	s->misses = s->locked ? 0 : s->misses + 1;
	if (!s->locked)
		return NULL;
	ssize_t n = pread(s->fd, &s->file, sizeof s->file, 0);
	if (!is_sane(s, n)) {
		memset(&s->file, 0, sizeof s->file);
		memcpy(s->file.magic, magic, sizeof magic);
		memcpy(s->file.boot_id, s->boot_id, sizeof s->boot_id);
	}
	return &s->file.state;
}

struct budget_state *shared_budget_state(struct shared_budget *s)
{
	return s && s->locked ? &s->file.state : NULL;
}

void shared_budget_unlock(struct shared_budget *s)
{
	if (!s || !s->locked)
		return;
	if (pwrite(s->fd, &s->file, sizeof s->file, 0) != (ssize_t)sizeof s->file)
		s->misses = MISSES_MAX;
	flock(s->fd, LOCK_UN);
	s->locked = false;
}
