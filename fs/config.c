#include "fs/config.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

enum { CONFIG_BYTES_MAX = 1 << 20 };

int config_dir(struct buf *out, const char *variable, const char *below_home, struct refusal *why)
{
	const char *dir = getenv(variable);
	if (dir && *dir == '/') {
		buf_printf(out, "%s/smartleadfs", dir);
	} else {
		/* mount(8) may start us without HOME. */
		const char *home = getenv("HOME");
		const struct passwd *user = home && *home == '/' ? NULL : getpwuid(getuid());
		if (user)
			home = user->pw_dir;
		if (!home || *home != '/')
			return refuse(why, ENOENT, "no home directory is known; set HOME or %s", variable);
		buf_printf(out, "%s/%s/smartleadfs", home, below_home);
	}
	return buf_failed(out) ? refuse_memory(why) : 0;
}

int config_path(struct buf *out, struct refusal *why)
{
	int rc = config_dir(out, "XDG_CONFIG_HOME", ".config", why);
	if (rc < 0)
		return rc;
	buf_add_str(out, "/config");
	return buf_failed(out) ? refuse_memory(why) : 0;
}

/* The whole file; nothing when there is none. *ret_mode: its permission bits. */
static int read_file(const char *path, struct buf *out, mode_t *ret_mode, struct refusal *why)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	*ret_mode = 0600;
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : refuse(why, errno, "%s: %s", path, strerror(errno));
	struct stat st;
	if (fstat(fd, &st) == 0)
		*ret_mode = st.st_mode & 07777;
	char chunk[4096];
	ssize_t n;
	while ((n = read(fd, chunk, sizeof chunk)) > 0 && out->len < CONFIG_BYTES_MAX)
		buf_add(out, chunk, (size_t)n);
	explicit_bzero(chunk, sizeof chunk);
	if (n < 0)
		return refuse(why, errno, "%s: %s", path, strerror(errno));
	if (n > 0)
		return refuse(why, EFBIG, "%s: more than %d bytes", path, CONFIG_BYTES_MAX);
	return buf_failed(out) ? refuse_memory(why) : 0;
}

static struct slice trim(struct slice s)
{
	while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = slice_skip(s, 1);
	while (s.len && strchr(" \t\r", s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static bool next_line(struct slice *rest, struct slice *ret_line)
{
	if (rest->len == 0)
		return false;
	const char *end = memchr(rest->ptr, '\n', rest->len);
	size_t n = end ? (size_t)(end - rest->ptr) : rest->len;
	*ret_line = (struct slice){rest->ptr, n};
	*rest = slice_skip(*rest, n + 1);
	return true;
}

enum line_kind { LINE_EMPTY, LINE_SECTION, LINE_SETTING, LINE_ODD };

/* "[name]" gives `name`; "name = value" both; a name alone has the value "". */
static enum line_kind classify(struct slice line, struct slice *ret_name, struct slice *ret_value)
{
	line = trim(line);
	*ret_value = (struct slice){"", 0};
	if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';')
		return LINE_EMPTY;
	if (line.ptr[0] == '[') {
		*ret_name = trim((struct slice){line.ptr + 1, line.len - 1 - (line.ptr[line.len - 1] == ']')});
		return line.ptr[line.len - 1] == ']' ? LINE_SECTION : LINE_ODD;
	}
	const char *equals = memchr(line.ptr, '=', line.len);
	size_t n = equals ? (size_t)(equals - line.ptr) : line.len;
	*ret_name = trim((struct slice){line.ptr, n});
	*ret_value = trim(slice_skip(line, n + 1));
	return ret_name->len ? LINE_SETTING : LINE_ODD;
}

static int hand_line(struct slice name, struct slice value, bool exposed, config_line_fn *line, void *arg,
	struct refusal *why)
{
	if (exposed && slice_is(name, "api_key"))
		return refuse(why, EACCES, "others can read the key in this file; chmod 600 it");
	_cleanup_buf_ struct buf n = BUF_INIT, v = BUF_INIT;
	buf_add_slice(&n, name);
	buf_add_slice(&v, value);
	int rc = buf_failed(&n) || buf_failed(&v) ? refuse_memory(why)
						  : line(arg, buf_text(&n), v.len ? v.data : NULL, why);
	if (v.data)
		explicit_bzero(v.data, v.cap);
	return rc;
}

static int read_section(const char *path, struct slice text, const char *profile, bool exposed, bool *ret_found,
	config_line_fn *line, void *arg, struct refusal *why)
{
	struct slice one, name, value;
	bool inside = false;
	for (int number = 1; next_line(&text, &one); number++) {
		int rc = 0;
		switch (classify(one, &name, &value)) {
		case LINE_SECTION:
			inside = slice_is(name, profile);
			*ret_found = *ret_found || inside;
			break;
		case LINE_SETTING:
			rc = inside ? hand_line(name, value, exposed, line, arg, why) : 0;
			break;
		case LINE_ODD:
			rc = refuse(why, EINVAL, "neither [section] nor name = value");
			break;
		case LINE_EMPTY:
			break;
		}
		if (rc < 0) {
			refusal_prefix(why, "%s, line %d: ", path, number);
			return rc;
		}
	}
	return 0;
}

static void wipe(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->cap);
	buf_release(b);
}

int config_read(const char *path, const char *profile, bool must_exist, config_line_fn *line, void *arg,
	struct refusal *why)
{
	_cleanup_(wipe) struct buf text = BUF_INIT;
	mode_t mode;
	bool found = false;
	int rc = read_file(path, &text, &mode, why);
	if (rc == 0)
		rc = read_section(path, buf_slice(&text), profile, mode & 077, &found, line, arg, why);
	if (rc == 0 && must_exist && !found)
		return refuse(why, ENOENT, "%s has no section [%s]", path, profile);
	return rc;
}

static void add_settings(const struct config_change *changes, int count, struct buf *out)
{
	for (int i = 0; i < count; i++)
		if (changes[i].value)
			buf_printf(out, "%s = %s\n", changes[i].name, changes[i].value);
}

/* Which change is of this line? -1: none. */
static int find_change(const struct config_change *changes, int count, struct slice name)
{
	for (int i = 0; i < count; i++)
		if (changes[i].value && slice_is(name, changes[i].name))
			return i;
	return -1;
}

void config_edit(struct slice text, const char *profile, const struct config_change *changes, int count,
	struct buf *out)
{
	bool inside = false, placed = false;
	struct slice line, name, value;
	while (next_line(&text, &line)) {
		enum line_kind kind = classify(line, &name, &value);
		if (kind == LINE_SECTION) {
			inside = !placed && slice_is(name, profile);
			placed = placed || inside;
			buf_add_slice(out, line);
			buf_add_char(out, '\n');
			/* Changes stand at the head of their section; its old lines of that name go. */
			if (inside)
				add_settings(changes, count, out);
			continue;
		}
		if (inside && kind == LINE_SETTING && find_change(changes, count, name) >= 0)
			continue;
		buf_add_slice(out, line);
		buf_add_char(out, '\n');
	}
	if (placed)
		return;
	buf_printf(out, "%s[%s]\n", out->len ? "\n" : "", profile);
	add_settings(changes, count, out);
}

static int make_dirs(const char *path, struct refusal *why)
{
	_cleanup_free_ char *copy = strdup(path);
	if (!copy)
		return refuse_memory(why);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			return refuse(why, errno, "%s: %s", copy, strerror(errno));
		*slash = '/';
	}
	return 0;
}

/* Writes all of it beside `path` and renames it over. */
static int replace_file(const char *path, const struct buf *text, struct refusal *why)
{
	_cleanup_buf_ struct buf temporary = BUF_INIT;
	buf_printf(&temporary, "%s.XXXXXX", path);
	if (buf_failed(&temporary))
		return refuse_memory(why);
	int fd = mkostemp(temporary.data, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return refuse(why, errno, "%s: %s", temporary.data, strerror(errno));
	ssize_t n = write(fd, text->data, text->len);
	bool good = n == (ssize_t)text->len && fsync(fd) == 0;
	int err = n >= 0 && errno == 0 ? EIO : errno;
	if (close(fd) < 0 && good) {
		err = errno;
		good = false;
	}
	if (good && rename(temporary.data, path) < 0) {
		err = errno;
		good = false;
	}
	if (good)
		return 0;
	unlink(temporary.data);
	return refuse(why, err ? err : EIO, "%s: %s", path, strerror(err ? err : EIO));
}

int config_save(const char *path, const char *profile, const struct config_change *changes, int count,
	struct refusal *why)
{
	_cleanup_(wipe) struct buf old = BUF_INIT;
	_cleanup_(wipe) struct buf text = BUF_INIT;
	_cleanup_free_ char *target = realpath(path, NULL);
	mode_t mode;
	int rc = make_dirs(path, why);
	if (rc == 0)
		rc = read_file(path, &old, &mode, why);
	if (rc < 0)
		return rc;
	config_edit(buf_slice(&old), profile, changes, count, &text);
	if (buf_failed(&text))
		return refuse_memory(why);
	return replace_file(target ? target : path, &text, why);
}
