#include "fs/mount/last_close.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"

enum { SCAN_LIMIT_MS = 2000, STAT_LIMIT_MS = 150, STACK_BYTES = 128 * 1024, EXITING = 4 };

/* Shared by the one who waits and the thread that reads: who leaves last frees it. */
struct look {
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	pid_t tid;
	uint64_t inode;
	char device[DEVICE_MAX];
	struct last_look found;
	bool scanned, done, left;
};

int last_close_signal(const char *stat)
{
	const char *p = strrchr(stat, ')');
	unsigned long flags = 0;
	long code = 0;
	/* Field 3 follows the last ')'. */
	for (int field = 3; p && (p = strchr(p, ' ')) && field <= 52; field++, p++) {
		if (field == 9)
			flags = strtoul(p + 1, NULL, 10);
		if (field == 52)
			code = strtol(p + 1, NULL, 10);
	}
	return flags & EXITING ? (int)(code & 0x7f) : 0;
}

/* The flags of a descriptor of that inode; -1: it is another one's. */
static long flags_of(const char *fdinfo, uint64_t inode)
{
	const char *flags = strstr(fdinfo, "flags:"), *ino = strstr(fdinfo, "ino:");
	/* "ino:" is its own line; nothing before it ends in these letters. */
	if (!flags || !ino || strtoull(ino + 4, NULL, 10) != inode)
		return -1;
	return strtol(flags + 6, NULL, 8);
}

bool last_close_writes(const char *fdinfo, uint64_t inode)
{
	long flags = flags_of(fdinfo, inode);
	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

static bool appends(const char *fdinfo, uint64_t inode)
{
	return last_close_writes(fdinfo, inode) && flags_of(fdinfo, inode) & O_APPEND;
}

static void read_text(int dir, const char *name, char *text, size_t size)
{
	_cleanup_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, size - 1);
	text[n > 0 ? n : 0] = '\0';
}

/* Is the mount point of the line that one? Blanks and the like are written as \\040 there. */
static bool is_place(const char *escaped, const char *mountpoint)
{
	for (; *escaped && *escaped != ' '; mountpoint++) {
		char c = *escaped;
		if (c == '\\' && escaped[1] && escaped[2] && escaped[3]) {
			c = (char)((escaped[1] - '0') * 64 + (escaped[2] - '0') * 8 + escaped[3] - '0');
			escaped += 3;
		}
		escaped++;
		if (*mountpoint != c)
			return false;
	}
	return *mountpoint == '\0';
}

bool last_close_mount_line(const char *line, long mnt_id, const char *mountpoint, char device[DEVICE_MAX])
{
	char found[DEVICE_MAX];
	long id;
	int place;
	if (sscanf(line, "%ld %*d %31s %*s %n", &id, found, &place) != 2 || (mnt_id >= 0 && id != mnt_id) ||
		(mountpoint && !is_place(line + place, mountpoint)))
		return false;
	memcpy(device, found, DEVICE_MAX);
	return true;
}

/* The last line that fits: later mounts cover earlier ones. "" when there is none. */
static void find_device(const char *pid, long mnt_id, const char *mountpoint, char device[DEVICE_MAX])
{
	char path[300];
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	*device = '\0';
	snprintf(path, sizeof path, "/proc/%s/mountinfo", pid);
	_cleanup_file_ FILE *f = fopen(path, "re");
	while (f && getline(&line, &size, f) > 0)
		last_close_mount_line(line, mnt_id, mountpoint, device);
}

void last_close_device(const char *mountpoint, char device[DEVICE_MAX])
{
	find_device("self", -1, mountpoint, device);
}

/* Is the descriptor one of our mount? What can't be found out counts. */
static bool is_ours(const char *pid, const char *fdinfo, const char *device)
{
	const char *id = strstr(fdinfo, "mnt_id:");
	char own[DEVICE_MAX];
	if (!*device || !id)
		return true;
	find_device(pid, strtol(id + 7, NULL, 10), NULL, own);
	return !*own || strcmp(own, device) == 0;
}

static bool any_descriptor(const char *pid, uint64_t inode, const char *device, bool (*test)(const char *fdinfo, uint64_t inode))
{
	char path[300], text[512];
	snprintf(path, sizeof path, "/proc/%s/fdinfo", pid);
	DIR *dir = opendir(path);
	struct dirent *e;
	bool found = false;
	while (dir && !found && (e = readdir(dir)))
		if (e->d_name[0] != '.') {
			read_text(dirfd(dir), e->d_name, text, sizeof text);
			found = test(text, inode) && is_ours(pid, text, device);
		}
	if (dir)
		closedir(dir);
	return found;
}

bool last_close_is_append(const char *syscall)
{
	long number;
	unsigned long args[3];
	if (sscanf(syscall, "%ld %lx %lx %lx", &number, &args[0], &args[1], &args[2]) != 4)
		return false;
	unsigned long flags = number == SYS_openat ? args[2] : 0;
#ifdef SYS_open
	if (number == SYS_open)
		flags = args[1];
#endif
	return flags & O_APPEND && !(flags & O_TRUNC) && (flags & O_ACCMODE) == O_WRONLY;
}

bool last_close_opens(pid_t tid)
{
	char path[48], text[256] = "";
	snprintf(path, sizeof path, "/proc/%d/syscall", (int)tid);
	if (tid > 0)
		read_text(AT_FDCWD, path, text, sizeof text);
	return last_close_is_append(text);
}

bool last_close_appends(pid_t tid, uint64_t inode)
{
	char pid[16];
	snprintf(pid, sizeof pid, "%d", (int)tid);
	return tid > 0 && any_descriptor(pid, inode, "", appends);
}

static bool anyone_writes(uint64_t inode, const char *device)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;
	bool writes = false;
	while (proc && !writes && (e = readdir(proc)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			writes = any_descriptor(e->d_name, inode, device, last_close_writes);
	if (proc)
		closedir(proc);
	return writes;
}

static void finish(struct look *l)
{
	bool last = l->left;
	l->left = true;
	pthread_mutex_unlock(&l->mutex);
	if (!last)
		return;
	pthread_cond_destroy(&l->wake);
	pthread_mutex_destroy(&l->mutex);
	free(l);
}

static void *reader(void *arg)
{
	struct look *l = arg;
	char path[48], text[1024];
	bool others = anyone_writes(l->inode, l->device);
	pthread_mutex_lock(&l->mutex);
	l->found.others = others;
	l->scanned = true;
	pthread_cond_signal(&l->wake);
	pthread_mutex_unlock(&l->mutex);
	snprintf(path, sizeof path, "/proc/%d/stat", (int)l->tid);
	read_text(AT_FDCWD, path, text, sizeof text);
	pthread_mutex_lock(&l->mutex);
	l->found.signal = last_close_signal(text);
	l->done = true;
	pthread_cond_signal(&l->wake);
	finish(l);
	return NULL;
}

static bool start(struct look *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	int rc = pthread_create(&thread, &attr, reader, l);
	pthread_attr_destroy(&attr);
	return rc == 0;
}

static void wait_until(struct look *l, const bool *condition, int64_t limit_ms)
{
	struct timespec until = clock_timespec(clock_ms() + limit_ms);
	while (!*condition && pthread_cond_timedwait(&l->wake, &l->mutex, &until) == 0)
		;
}

struct last_look last_close_look(pid_t tid, uint64_t inode, const char *device)
{
	struct last_look unknown = {.others = true};
	struct look *l = calloc(1, sizeof *l);
	pthread_condattr_t attr;
	if (!l)
		return unknown;
	pthread_mutex_init(&l->mutex, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake, &attr);
	pthread_condattr_destroy(&attr);
	l->tid = tid;
	l->inode = inode;
	snprintf(l->device, sizeof l->device, "%s", device);
	pthread_mutex_lock(&l->mutex);
	if (!start(l)) {
		l->left = true;
		finish(l);
		return unknown;
	}
	wait_until(l, &l->scanned, SCAN_LIMIT_MS);
	wait_until(l, &l->done, l->scanned ? STAT_LIMIT_MS : 0);
	struct last_look found = l->scanned ? l->found : unknown;
	finish(l);
	return found;
}
