#include "fs/base/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/limits.h"

static struct blob *blob_new(const char *data, size_t len, size_t mapped)
{
	struct blob *blob = malloc(sizeof *blob);
	if (!blob)
		return NULL;
	atomic_init(&blob->refs, 1);
	blob->data = data;
	blob->len = len;
	blob->mapped = mapped;
	return blob;
}

struct blob *blob_ref(struct blob *blob)
{
	atomic_fetch_add_explicit(&blob->refs, 1, memory_order_relaxed);
	return blob;
}

void blob_unref(struct blob *blob)
{
	if (!blob || atomic_fetch_sub_explicit(&blob->refs, 1, memory_order_acq_rel) != 1)
		return;
	if (blob->mapped)
		munmap((void *)(uintptr_t)blob->data, blob->mapped);
	else if (blob->len)
		free((void *)(uintptr_t)blob->data);
	free(blob);
}

void blob_cleanup(struct blob **blob)
{
	blob_unref(*blob);
}

struct blob *blob_from_buf(struct buf *b)
{
	struct spool s;
	struct refusal why;
	spool_init(&s, SIZE_MAX);
	if (b->len <= SPILL_BYTES) {
		s.len = b->len;
		s.head = *b;
		*b = (struct buf)BUF_INIT;
	} else if (spool_add(&s, b->data, b->len, &why) < 0) {
		spool_release(&s);
		return NULL;
	}
	buf_release(b);
	struct blob *blob = spool_finish(&s, &why);
	spool_release(&s);
	return blob;
}

void spool_init(struct spool *s, size_t len_max)
{
	*s = (struct spool){.head = BUF_INIT, .fd = -1, .len_max = len_max};
}

void spool_release(struct spool *s)
{
	buf_release(&s->head);
	cleanup_close_(&s->fd);
	s->fd = -1;
	s->len = 0;
}

static int write_all(int fd, const char *bytes, size_t len, struct refusal *why)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return refuse(why, errno, "temporary file: %s", strerror(errno));
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* An unlinked file in $TMPDIR or /tmp. */
static int open_temporary(struct refusal *why)
{
	const char *dir = getenv("TMPDIR");
	if (!dir || !*dir)
		dir = "/tmp";
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		_cleanup_buf_ struct buf path = BUF_INIT;
		buf_printf(&path, "%s/smartleadfs-XXXXXX", dir);
		if (buf_failed(&path))
			return refuse_memory(why);
		fd = mkostemp(path.data, O_CLOEXEC);
		if (fd >= 0)
			unlink(path.data);
	}
	if (fd < 0)
		return refuse(why, errno, "temporary file in %s: %s", dir, strerror(errno));
	return fd;
}

static int spill(struct spool *s, struct refusal *why)
{
	int fd = open_temporary(why);
	if (fd < 0)
		return fd;
	s->fd = fd;
	int rc = write_all(fd, s->head.data, s->head.len, why);
	buf_release(&s->head);
	return rc;
}

int spool_add(struct spool *s, const void *bytes, size_t len, struct refusal *why)
{
	if (len > s->len_max - s->len)
		return refuse(why, EFBIG, "more than %zu bytes", s->len_max);
	if (s->fd < 0 && s->len + len > SPILL_BYTES) {
		int rc = spill(s, why);
		if (rc < 0)
			return rc;
	}
	s->len += len;
	if (s->fd >= 0)
		return write_all(s->fd, bytes, len, why);
	buf_add(&s->head, bytes, len);
	return buf_failed(&s->head) ? refuse_memory(why) : 0;
}

struct blob *spool_finish(struct spool *s, struct refusal *why)
{
	struct blob *blob = NULL;
	if (s->fd >= 0) {
		void *data = mmap(NULL, s->len, PROT_READ, MAP_SHARED, s->fd, 0);
		if (data == MAP_FAILED) {
			refuse(why, errno, "temporary file: %s", strerror(errno));
			return NULL;
		}
		blob = blob_new(data, s->len, s->len);
		if (!blob)
			munmap(data, s->len);
	} else if (s->len == 0) {
		blob = blob_new("", 0, 0);
	} else {
		/* A buf doubles as it grows; give back what it did not use. */
		char *data = realloc(s->head.data, s->len + 1);
		if (data)
			s->head.data = data;
		blob = blob_new(s->head.data, s->len, 0);
		if (blob)
			s->head = (struct buf)BUF_INIT;
	}
	if (!blob)
		refuse_memory(why);
	spool_release(s);
	return blob;
}
