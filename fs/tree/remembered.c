#include "fs/tree/remembered.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/secret.h"

enum { FILE_BYTES_MAX = 4 << 20 };

struct remembered {
	pthread_mutex_t mutex;
	char *path;       /* NULL: in memory only */
	struct buf lines; /* "key value\n" each */
};

/* What another mount of the account remembered meanwhile counts too. */
static void load(struct remembered *k)
{
	_cleanup_file_ FILE *f = k->path ? fopen(k->path, "re") : NULL;
	struct buf lines = BUF_INIT;
	if (!f)
		return;
	while (lines.len < FILE_BYTES_MAX && buf_reserve(&lines, 4096)) {
		size_t n = fread(lines.data + lines.len, 1, 4095, f);
		lines.len += n;
		lines.data[lines.len] = '\0';
		if (n == 0)
			break;
	}
	if (buf_failed(&lines) || ferror(f)) {
		buf_release(&lines);
		return;
	}
	buf_release(&k->lines);
	k->lines = lines;
}

struct remembered *remembered_open(const char *state_dir, const char *url)
{
	struct remembered *k = calloc(1, sizeof *k);
	if (!k)
		return NULL;
	pthread_mutex_init(&k->mutex, NULL);
	if (!state_dir)
		return k;
	if (asprintf(&k->path, "%s/remembered-%016" PRIx64, state_dir, secret_account(url)) < 0) {
		k->path = NULL;
		remembered_close(k);
		return NULL;
	}
	load(k);
	return k;
}

void remembered_close(struct remembered *k)
{
	if (!k)
		return;
	pthread_mutex_destroy(&k->mutex);
	buf_release(&k->lines);
	free(k->path);
	free(k);
}

/* The line of a key, with its '\n'; NULL: none. */
static const char *find(const struct remembered *k, const char *key)
{
	size_t len = strlen(key);
	for (const char *at = buf_text(&k->lines), *end; (end = strchr(at, '\n')); at = end + 1)
		if (strncmp(at, key, len) == 0 && at[len] == ' ')
			return at;
	return NULL;
}

bool remembered_get(struct remembered *k, const char *key, struct buf *out)
{
	pthread_mutex_lock(&k->mutex);
	const char *line = find(k, key);
	const char *value = line ? line + strlen(key) + 1 : NULL;
	if (value)
		buf_add(out, value, (size_t)(strchr(value, '\n') - value));
	pthread_mutex_unlock(&k->mutex);
	return value != NULL;
}

bool remembered_is_empty(struct remembered *k)
{
	pthread_mutex_lock(&k->mutex);
	bool empty = k->lines.len == 0;
	pthread_mutex_unlock(&k->mutex);
	return empty;
}

static void save(const struct remembered *k)
{
	_cleanup_free_ char *fresh = NULL;
	if (!k->path || asprintf(&fresh, "%s.new-%d", k->path, (int)getpid()) < 0) {
		fresh = NULL;
		return;
	}
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool written = fd >= 0 && write(fd, buf_text(&k->lines), k->lines.len) == (ssize_t)k->lines.len && fsync(fd) == 0;
	if (fd >= 0)
		written = close(fd) == 0 && written;
	if (!written || rename(fresh, k->path) < 0)
		unlink(fresh);
}

void remembered_set(struct remembered *k, const char *key, const char *value)
{
	struct buf lines = BUF_INIT;
	pthread_mutex_lock(&k->mutex);
	load(k);
	const char *all = buf_text(&k->lines), *line = find(k, key);
	const char *rest = line ? strchr(line, '\n') + 1 : all + k->lines.len;
	buf_add(&lines, all, line ? (size_t)(line - all) : k->lines.len);
	buf_printf(&lines, "%s %s\n", key, value);
	buf_add(&lines, rest, (size_t)(all + k->lines.len - rest));
	if (buf_failed(&lines)) {
		buf_release(&lines);
	} else {
		buf_release(&k->lines);
		k->lines = lines;
		save(k);
	}
	pthread_mutex_unlock(&k->mutex);
}
