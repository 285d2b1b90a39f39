#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/cli.h"

/* In the words of the contract: what each errno means here, and what to do about it. */
static const struct {
	const char *name, *text;
} advice[] = {
	{"EINVAL", "Correct what the line says, and do it again."},
	{"EACCES", "Either this file can't be written at all (`ls -l` shows it), or the service did not accept the API "
		"key: check it; `smartleadfs init` takes a new one."},
	{"EPERM", "A guard stopped this: nothing was sent. Raise max_deletes or max_updates if it was meant, or use "
		"the file that is made for it (README.txt)."},
	{"ENOENT", "The service does not have it (any more). `echo all > .smartlead/refresh` shows what is there now."},
	{"EEXIST", "It is there already: write into it, or take another name."},
	{"ENOTEMPTY", "The campaign still holds leads. `echo DELETE > status` in it deletes it with all it holds."},
	{"EBUSY", "It is in use: the campaign is ACTIVE (pause it first), it was changed on the server since it was "
		"read (read it again), or the request budget is used up (wait a little)."},
	{"EIO", "The service failed. Nothing is wrong with the file; try again later."},
	{"ETIMEDOUT", "The service did not answer in time. If the line says that the outcome is unknown, look before "
		"you repeat it; else try again, or mount with a longer -o timeout."},
	{"EHOSTUNREACH", "The service can't be reached. Check the network; what is cached is served meanwhile."},
	{"EFBIG", "It is too big. Split it, or write it in pieces."},
	{"ENOSPC", "No room for temporary data: on the disk of $TMPDIR, or too many scratch files in this mount."},
	{"EROFS", "It is mounted read-only; mount it without -o ro."},
	{"EOPNOTSUPP", "This service does not offer it, or elsewhere in the mount: README.txt says where."},
	{"ENOMEM", "Memory ran out. Mount with a smaller -o cache_size, or try again."},
	{"EDQUOT", "The account's lead credits are used up. Get more, then write resume to the import's control file."},
	{"ECANCELED", "Somebody cancelled it. What was sent before is in the campaign; the report counts it."},
	{"EINTR", "It was interrupted; nothing was saved. Do it again."},
};

const char *error_advice(struct slice errno_name)
{
	for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
		if (slice_is(errno_name, advice[i].name))
			return advice[i].text;
	return "See README.txt at the root of the mount.";
}

/* Up to the next `end`, which is taken away too. */
static bool cut(struct slice *rest, char end, struct slice *ret_field)
{
	const char *hit = rest->len ? memchr(rest->ptr, end, rest->len) : NULL;
	if (!hit)
		return false;
	*ret_field = (struct slice){rest->ptr, (size_t)(hit - rest->ptr)};
	*rest = slice_skip(*rest, ret_field->len + 1);
	return true;
}

bool error_line_parse(struct slice line, struct error_line *out)
{
	if (!cut(&line, '\t', &out->time) || !cut(&line, '\t', &out->path) || !cut(&line, '\t', &out->err))
		return false;
	while (out->path.len && out->path.ptr[0] == '/')
		out->path = slice_skip(out->path, 1);
	out->text = line;
	return true;
}

bool error_find(struct slice errors, const char *path, struct error_line *out)
{
	bool exact = false, found = false;
	size_t len = strlen(path);
	while (errors.len) {
		struct slice text = errors;
		if (!cut(&errors, '\n', &text))
			errors.len = 0;
		struct error_line line;
		if (!error_line_parse(text, &line))
			continue;
		bool same = slice_is(line.path, path);
		bool below = len == 0 ||
			(slice_starts(line.path, path) && line.path.len > len && line.path.ptr[len] == '/');
		if (!same && (exact || !below))
			continue;
		exact = exact || same;
		found = true;
		*out = line;
	}
	return found;
}

int cli_read_file(const char *path, struct buf *out)
{
	enum { BYTES_MAX = 64 << 20 };
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	char chunk[16384];
	ssize_t n;
	while ((n = read(fd, chunk, sizeof chunk)) > 0 && out->len < BYTES_MAX)
		buf_add(out, chunk, (size_t)n);
	return n < 0 ? -errno : buf_failed(out) ? -ENOMEM : 0;
}

static char *resolve(const char *path);

/* The path with its last name as it is, be it a link, or nothing that exists. */
static char *resolve_above(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);
	if (!copy)
		return NULL;
	size_t len = strlen(copy);
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	char *slash = strrchr(copy, '/');
	const char *name = slash ? slash + 1 : copy;
	_cleanup_free_ char *above = NULL;
	if (slash == copy) {
		above = strdup("/");
	} else {
		if (slash)
			*slash = '\0';
		above = resolve(slash ? copy : ".");
	}
	struct buf out = BUF_INIT;
	if (above)
		buf_printf(&out, "%s/%s", strcmp(above, "/") == 0 ? "" : above, name);
	return buf_steal(&out);
}

/* The path without links and dots as far as it exists; what was refused may not exist. */
static char *resolve(const char *path)
{
	char *whole = realpath(path, NULL);
	return whole || errno != ENOENT ? whole : resolve_above(path);
}

/* Walks up to the directory that holds .smartlead; cuts `path` there and returns what is below, or NULL. */
static char *split_at_mount(char *path)
{
	_cleanup_buf_ struct buf probe = BUF_INIT;
	size_t len = strlen(path);
	for (;;) {
		buf_clear(&probe);
		buf_printf(&probe, "%.*s/.smartlead/errors", (int)len, path);
		if (!buf_failed(&probe) && access(probe.data, F_OK) == 0)
			break;
		if (len == 0)
			return NULL;
		while (len > 0 && path[--len] != '/')
			;
	}
	char *below = path + len;
	if (*below)
		*below++ = '\0';
	return below;
}

static void print_error(const char *root, const char *below, const struct error_line *e)
{
	printf("%.*s\n", (int)e->path.len, e->path.ptr);
	printf("  when     %.*s\n", (int)e->time.len, e->time.ptr);
	printf("  why      %.*s (%.*s)\n", (int)e->text.len, e->text.ptr, (int)e->err.len, e->err.ptr);
	printf("  to do    %s\n", error_advice(e->err));
	if (!slice_is(e->path, below) && *below)
		printf("  (the last refusal below %s)\n", below);
	printf("  more     %s/.smartlead/errors\n", root);
}

int cli_why(int argc, char *const argv[])
{
	if (argc != 2 || argv[1][0] == '\0') {
		fputs("smartleadfs: usage: smartleadfs why PATH\n", stderr);
		return 1;
	}
	_cleanup_free_ char *path = resolve(argv[1]);
	char *below = path ? split_at_mount(path) : NULL;
	if (!below) {
		fprintf(stderr, "smartleadfs: %s is not in a smartleadfs mount\n", argv[1]);
		return 1;
	}
	_cleanup_buf_ struct buf log = BUF_INIT, errors = BUF_INIT;
	buf_printf(&log, "%s/.smartlead/errors", path);
	int rc = cli_read_file(buf_text(&log), &errors);
	if (rc < 0) {
		fprintf(stderr, "smartleadfs: %s: %s\n", buf_text(&log), strerror(-rc));
		return 1;
	}
	struct error_line e;
	_cleanup_free_ char *link = resolve_above(argv[1]);
	char *below_link = link ? split_at_mount(link) : NULL;
	if (!error_find(buf_slice(&errors), below, &e) && !(below_link && error_find(buf_slice(&errors), below_link, &e))) {
		fprintf(stderr, "smartleadfs: no refusal of %s is recorded since this mount began\n", argv[1]);
		return 1;
	}
	print_error(path, below, &e);
	return 0;
}
