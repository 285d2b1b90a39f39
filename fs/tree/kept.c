#include "fs/tree/kept.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/secret.h"
#include "fs/tree/logs.h"

enum { TRIES_MAX = 100, OPEN_FILES = 16 };

struct kept {
	char *path;
	bool temporary;
	int fd;
};

static int refuse_errno(struct refusal *why, const char *what)
{
	return refuse(why, errno, "%s: %s", what, strerror(errno));
}

static char *make_path(const char *state_dir, const char *url)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	if (state_dir)
		buf_printf(&path, "%s/kept-%016" PRIx64, state_dir, secret_account(url));
	else
		buf_add_str(&path, "/tmp/smartleadfs-kept.XXXXXX");
	return buf_failed(&path) ? NULL : STEAL(path.data);
}

struct kept *kept_open(const char *state_dir, const char *url, struct refusal *why)
{
	struct kept *k = calloc(1, sizeof *k);
	if (k) {
		k->fd = -1;
		k->temporary = !state_dir;
		k->path = make_path(state_dir, url);
	}
	if (!k || !k->path) {
		kept_close(k);
		refuse_memory(why);
		return NULL;
	}
	bool made = state_dir ? mkdir(k->path, 0700) == 0 || errno == EEXIST : mkdtemp(k->path) != NULL;
	k->temporary = k->temporary && made;
	if (made)
		k->fd = open(k->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (k->fd < 0) {
		refuse_errno(why, k->path);
		kept_close(k);
		return NULL;
	}
	return k;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

void kept_close(struct kept *k)
{
	if (!k)
		return;
	if (k->fd >= 0)
		close(k->fd);
	if (k->temporary)
		nftw(k->path, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
	free(k->path);
	free(k);
}

/* Opens "a/b/c", making what is missing when `make`. */
static int open_dir(struct kept *k, const char *dir, bool make)
{
	_cleanup_free_ char *parts = strdup(dir);
	int fd = dup(k->fd);
	char *save = NULL;
	if (!parts) {
		if (fd >= 0)
			close(fd);
		errno = ENOMEM;
		return -1;
	}
	for (char *part = strtok_r(parts, "/", &save); part && fd >= 0; part = strtok_r(NULL, "/", &save)) {
		if (make)
			mkdirat(fd, part, 0700);
		int next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err = errno;
		close(fd);
		errno = err;
		fd = next;
	}
	return fd;
}

/* The time as the logs write it, without what a shell or another file system might stumble over: 20261124T160717.123Z. */
static void add_time(struct buf *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	textlog_time(&text, clock_wall_ms());
	for (const char *p = buf_text(&text); *p; p++)
		if (*p != '-' && *p != ':')
			buf_add_char(out, *p);
}

/* A file of a name that nothing had; two of one millisecond get a letter more. */
static int create(int dir, const char *ending, struct buf *name)
{
	_cleanup_buf_ struct buf time_text = BUF_INIT;
	int fd = -1;
	add_time(&time_text);
	errno = EEXIST;
	for (int i = 0; i < TRIES_MAX && fd < 0 && errno == EEXIST; i++) {
		buf_clear(name);
		if (i == 0)
			buf_printf(name, "%s%s", buf_text(&time_text), ending);
		else
			buf_printf(name, "%s.%02d%s", buf_text(&time_text), i, ending);
		fd = openat(dir, buf_text(name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	return fd;
}

static int write_all(int fd, struct slice text)
{
	while (text.len) {
		ssize_t n = write(fd, text.ptr, text.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text = slice_skip(text, (size_t)n);
	}
	return fsync(fd);
}

static int is_name(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void free_names(struct dirent **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static void drop_oldest(int dir)
{
	struct dirent **names;
	int count = scandirat(dir, ".", &names, is_name, by_name);
	for (int i = 0; i < count - KEPT_MAX; i++)
		unlinkat(dir, names[i]->d_name, 0);
	if (count >= 0)
		free_names(names, count);
}

int kept_add(struct kept *k, const char *dir, const char *ending, struct slice text, struct buf *ret_name, struct refusal *why)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	_cleanup_close_ int dir_fd = open_dir(k, dir, true);
	if (dir_fd < 0)
		return refuse_errno(why, dir);
	_cleanup_close_ int fd = create(dir_fd, ending, &name);
	if (fd < 0)
		return refuse_errno(why, dir);
	if (write_all(fd, text) < 0) {
		int rc = refuse_errno(why, dir);
		unlinkat(dir_fd, buf_text(&name), 0);
		return rc;
	}
	drop_oldest(dir_fd);
	if (ret_name)
		buf_add_slice(ret_name, buf_slice(&name));
	return 0;
}

int kept_names(struct kept *k, const char *dir, const char *only, kept_fn *fn, void *arg, struct refusal *why)
{
	_cleanup_close_ int fd = open_dir(k, dir, false);
	struct dirent **names;
	struct stat st;
	if (fd < 0)
		return errno == ENOENT ? 0 : refuse_errno(why, dir);
	if (only) {
		if (only[0] != '.' && fstatat(fd, only, &st, AT_SYMLINK_NOFOLLOW) == 0)
			fn(arg, only);
		return 0;
	}
	int count = scandirat(fd, ".", &names, is_name, by_name);
	if (count < 0)
		return refuse_errno(why, dir);
	for (int i = 0; i < count; i++)
		fn(arg, names[i]->d_name);
	free_names(names, count);
	return 0;
}

int kept_read(struct kept *k, const char *dir, const char *name, struct buf *out, struct refusal *why)
{
	_cleanup_close_ int dir_fd = open_dir(k, dir, false);
	_cleanup_close_ int fd = dir_fd < 0 ? -1 : openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char piece[65536];
	ssize_t n;
	if (fd < 0)
		return refuse_errno(why, name);
	while ((n = read(fd, piece, sizeof piece)) > 0)
		buf_add_slice(out, (struct slice){piece, (size_t)n});
	return n < 0 ? refuse_errno(why, name) : 0;
}
