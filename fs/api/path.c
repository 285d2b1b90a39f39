#include "fs/api/path.h"

#include <ctype.h>
#include <errno.h>

static void add_encoded(struct buf *out, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (isalnum(*p) || strchr("-._~", *p))
			buf_add_char(out, (char)*p);
		else
			buf_printf(out, "%%%02X", *p);
	}
}

/* "{n}" at the start of `p`: the n, else -1. */
static int placeholder(const char *p, const char *end)
{
	return end - p >= 3 && p[0] == '{' && p[1] >= '0' && p[1] <= '9' && p[2] == '}' ? p[1] - '0' : -1;
}

/* False: an argument is not given. */
static bool add_template(const char *p, const char *end, const char *const *args, int count, struct buf *out)
{
	while (p < end) {
		int n = placeholder(p, end);
		if (n < 0) {
			buf_add_char(out, *p++);
			continue;
		}
		if (n >= count || !args[n])
			return false;
		add_encoded(out, args[n]);
		p += 3;
	}
	return true;
}

static int check_path_args(const char *path, const char *const *args, int count, struct refusal *why)
{
	for (const char *p = path; (p = strchr(p, '{')); p++) {
		int n = p[1] - '0';
		const char *arg = n >= 0 && n < count ? args[n] : NULL;
		if (!arg || !*arg || strcmp(arg, ".") == 0 || strcmp(arg, "..") == 0)
			return refuse(why, EINVAL, "argument %d of %s is not usable", n, path);
	}
	return 0;
}

static void add_query(const char *query, const char *const *args, int count, struct buf *out)
{
	char separator = '?';
	for (const char *pair = query; *pair;) {
		const char *end = strchrnul(pair, '&');
		size_t before = out->len;
		buf_add_char(out, separator);
		if (add_template(pair, end, args, count, out))
			separator = '&';
		else
			buf_truncate(out, before);
		pair = *end ? end + 1 : end;
	}
}

int path_build(const struct wire *wire, const char *const *args, int args_count, struct buf *out, struct refusal *why)
{
	int rc = check_path_args(wire->path, args, args_count, why);
	if (rc < 0)
		return rc;
	add_template(wire->path, wire->path + strlen(wire->path), args, args_count, out);
	if (wire->query)
		add_query(wire->query, args, args_count, out);
	return buf_failed(out) ? refuse_memory(why) : 0;
}
