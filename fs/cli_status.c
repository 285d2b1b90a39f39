#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/cli.h"
#include "fs/format/json.h"

void add_age(struct buf *out, int64_t ms)
{
	int64_t s = ms / 1000;
	if (s < 100)
		buf_printf(out, "%lld s", (long long)s);
	else if (s < 6000)
		buf_printf(out, "%lld min", (long long)(s / 60));
	else if (s < 172800)
		buf_printf(out, "%lld h", (long long)(s / 3600));
	else
		buf_printf(out, "%lld d", (long long)(s / 86400));
}

void add_size(struct buf *out, int64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	if (bytes < 1024) {
		buf_printf(out, "%lld B", (long long)bytes);
		return;
	}
	double size = (double)bytes / 1024;
	int unit = 0;
	for (; size >= 1024 && unit < 3; unit++)
		size /= 1024;
	buf_printf(out, size < 10 ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

static int64_t number(struct slice object, const char *path)
{
	struct slice value;
	int64_t n = 0;
	if (json_path(object, path, &value))
		json_int(value, &n);
	return n;
}

static void add_title(struct buf *out, const char *title)
{
	buf_printf(out, "%s%-10s ", out->len ? "\n" : "", title);
}

static void add_mount(struct buf *out, struct slice stats)
{
	add_title(out, "mount");
	buf_add_str(out, "up ");
	add_age(out, number(stats, "mount.uptime_ms"));
	buf_printf(out, ", %lld files known to the kernel", (long long)number(stats, "mount.nodes"));
}

static void add_budget(struct buf *out, struct slice stats)
{
	struct slice windows;
	const char *between = "";
	add_title(out, "budget");
	if (json_path(stats, "api.budget.windows", &windows))
		for (struct json_walk w = json_walk(windows); json_next(&w); between = "; ")
			buf_printf(out, "%s%lld of %lld requests left in %lld s", between,
				(long long)number(w.value, "left"), (long long)number(w.value, "requests"),
				(long long)number(w.value, "seconds"));
	int64_t banned = number(stats, "api.budget.banned_ms");
	if (banned) {
		buf_add_str(out, "; the service asks for silence for ");
		add_age(out, banned);
	}
}

/* "campaigns 3, leads 12 (2 failed)". */
static void add_requests(struct buf *out, struct slice stats)
{
	struct slice kinds;
	const char *between = "";
	add_title(out, "requests");
	if (!json_path(stats, "api.requests", &kinds))
		return;
	for (struct json_walk w = json_walk(kinds); json_next(&w); between = ", ") {
		int64_t failed = number(w.value, "failed");
		buf_add_str(out, between);
		json_text(w.key, out);
		buf_printf(out, " %lld", (long long)(number(w.value, "ok") + failed));
		if (failed)
			buf_printf(out, " (%lld failed)", (long long)failed);
	}
	if (!*between)
		buf_add_str(out, "none");
}

static void add_cache(struct buf *out, struct slice stats)
{
	struct slice cache;
	if (!json_member(stats, "cache", &cache))
		return;
	add_title(out, "cache");
	buf_printf(out, "%lld entries, ", (long long)number(cache, "entries"));
	add_size(out, number(cache, "bytes"));
	buf_add_str(out, " of ");
	add_size(out, number(cache, "bytes_max"));
	int64_t spilled = number(cache, "spilled_bytes");
	if (spilled) {
		buf_add_str(out, " and ");
		add_size(out, spilled);
		buf_add_str(out, " in temporary files");
	}
	buf_printf(out, "; %lld hits, %lld fetches", (long long)number(cache, "hits"),
		(long long)number(cache, "misses"));
	int64_t stale = number(cache, "oldest_stale_ms");
	if (stale) {
		add_title(out, "OUTAGE");
		buf_add_str(out, "the service is out of reach or silent; what is cached is served, the oldest is ");
		add_age(out, stale);
		buf_add_str(out, " old");
	}
}

static void add_flights(struct buf *out, struct slice stats)
{
	struct slice flights;
	if (!json_path(stats, "cache.flights", &flights))
		return;
	struct json_walk w = json_walk(flights);
	while (json_next(&w)) {
		struct slice key;
		int waiters = 0;
		add_title(out, "waiting");
		if (json_member(w.value, "key", &key))
			json_text(key, out);
		buf_add_str(out, " since ");
		add_age(out, number(w.value, "age_ms"));
		if (json_member(w.value, "waiters", &key))
			for (struct json_walk v = json_walk(key); json_next(&v);)
				waiters++;
		buf_printf(out, ", %d waiting for it", waiters);
	}
}

/* The last few lines. */
static void add_errors(struct buf *out, struct slice errors)
{
	enum { LINES = 5 };
	size_t start = errors.len;
	for (int lines = 0; start > 0; start--)
		if (errors.ptr[start - 1] == '\n' && start != errors.len && ++lines == LINES)
			break;
	errors = slice_skip(errors, start);
	add_title(out, "errors");
	if (errors.len == 0)
		buf_add_str(out, "none");
	while (errors.len) {
		const char *end = memchr(errors.ptr, '\n', errors.len);
		struct slice line = {errors.ptr, end ? (size_t)(end - errors.ptr) : errors.len};
		struct error_line e;
		errors = slice_skip(errors, line.len + 1);
		if (!error_line_parse(line, &e))
			continue;
		buf_add_str(out, "\n  ");
		buf_add_slice(out, e.time);
		buf_printf(out, "  %-10.*s ", (int)e.err.len, e.err.ptr);
		buf_add_slice(out, e.path);
		buf_add_str(out, ": ");
		buf_add_slice(out, e.text);
	}
}

static int read_member(const char *mountpoint, const char *name, struct buf *out)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	buf_printf(&path, "%s/.smartlead/%s", mountpoint, name);
	return buf_failed(&path) ? -1 : cli_read_file(path.data, out);
}

static void print_screen(const char *mountpoint, struct slice stats, struct slice errors)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct slice version;
	buf_add_str(&out, "smartleadfs");
	if (json_member(stats, "version", &version)) {
		buf_add_char(&out, ' ');
		json_text(version, &out);
	}
	_cleanup_free_ char *path = realpath(mountpoint, NULL);
	buf_printf(&out, " on %s", path ? path : mountpoint);
	add_mount(&out, stats);
	add_cache(&out, stats);
	add_flights(&out, stats);
	add_budget(&out, stats);
	add_requests(&out, stats);
	add_errors(&out, errors);
	puts(buf_text(&out));
}

int cli_status(int argc, char *const argv[])
{
	const char *mountpoint = NULL;
	bool json = false, wrong = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (mountpoint || argv[i][0] == '-' || argv[i][0] == '\0')
			wrong = true;
		else
			mountpoint = argv[i];
	}
	if (wrong || !mountpoint) {
		fputs("smartleadfs: usage: smartleadfs status MOUNTPOINT [--json]\n", stderr);
		return 1;
	}
	_cleanup_buf_ struct buf stats = BUF_INIT, errors = BUF_INIT;
	int rc = read_member(mountpoint, "stats.json", &stats);
	if (rc < 0) {
		fprintf(stderr, "smartleadfs: %s is not a smartleadfs mount (%s)\n", mountpoint, strerror(-rc));
		return 1;
	}
	if (json) {
		fwrite(stats.data, 1, stats.len, stdout);
		return 0;
	}
	struct refusal why;
	if (json_check(buf_slice(&stats), &why) < 0) {
		fprintf(stderr, "smartleadfs: %s/.smartlead/stats.json: %s\n", mountpoint, why.text);
		return 1;
	}
	read_member(mountpoint, "errors", &errors);
	print_screen(mountpoint, buf_slice(&stats), buf_slice(&errors));
	return 0;
}
