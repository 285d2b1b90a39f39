/* control.c - .smartlead/: the mount looks at itself; and README.txt. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/format/json.h"
#include "fs/tree/resource.h"
#include "fs/tree/state.h"
#include "fs/tree/subjects.h"

void tree_on_event(void *arg, const struct api_event *event)
{
	struct tree *t = arg;
	_cleanup_buf_ struct buf line = BUF_INIT;
	textlog_time(&line, event->wall_ms);
	buf_printf(&line, "\t%s\t/%s\t", event->method, event->path);
	if (event->status)
		buf_printf(&line, "%d", event->status);
	else
		buf_add_str(&line, event->error ? event->error : "no answer");
	buf_printf(&line, "\t%lld ms\tattempt %d", (long long)event->took_ms, event->attempt);
	if (!buf_failed(&line))
		textlog_add(&t->requests, line.data);
}

void tree_report(struct tree *t, const char *path, const struct refusal *why)
{
	_cleanup_buf_ struct buf line = BUF_INIT;
	const char *name = strerrorname_np(why->err);
	textlog_time(&line, clock_wall_ms());
	buf_printf(&line, "\t%s\t%s\t%s", path, name ? name : "EIO", why->text);
	for (size_t i = 0; i < line.len; i++)
		if (line.data[i] == '\n')
			line.data[i] = ' ';
	if (!buf_failed(&line))
		textlog_add(&t->errors, line.data);
}

static struct textlog *log_of(struct tree *t, const struct place *file)
{
	return strcmp(file->route->path, ".smartlead/errors") == 0 ? &t->errors : &t->requests;
}

size_t tree_log_size(struct tree *t, const struct place *file)
{
	return textlog_size(log_of(t, file));
}

void tree_log_read(struct tree *t, const struct place *file, size_t offset, size_t len, struct buf *out)
{
	textlog_read(log_of(t, file), offset, len, out);
}

int stats_live(struct tree *t, const struct ids *at, struct buf *out, struct refusal *why)
{
	_cleanup_buf_ struct buf raw = BUF_INIT;
	(void)at;
	buf_printf(&raw, "{\"version\":\"%s\",\"mount\":{\"uptime_ms\":%lld,\"stale_ms\":%lld", SMARTLEADFS_VERSION,
		(long long)(clock_wall_ms() - t->start_wall_ms), (long long)cache_oldest_stale_ms(t->cache));
	if (t->listener.stats)
		t->listener.stats(t->listener.arg, &raw);
	buf_add_str(&raw, "},\"cache\":");
	cache_stats(t->cache, &raw);
	buf_add_str(&raw, ",\"api\":");
	if (t->api)
		api_stats(t->api, &raw);
	else
		buf_add_str(&raw, "null");
	buf_add_char(&raw, '}');
	json_pretty(buf_slice(&raw), out);
	buf_add_char(out, '\n');
	return buf_failed(&raw) ? refuse_memory(why) : 0;
}

int readme_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	size_t count;
	const struct route *rows = routes(&count);
	(void)at, (void)from, (void)why;
	buf_add_str(&out->text,
		"A Smartlead account as files (smartleadfs " SMARTLEADFS_VERSION ").\n"
		"\n"
		"Reading a file asks the API at most once in a minute; listing a directory costs one request or none.\n"
		"What a refusal meant is in .smartlead/errors, what was asked of the API in .smartlead/requests.\n"
		"To see the newest state at once:  echo all > .smartlead/refresh\n"
		"\n"
		"Writing changes the account, and e-mails go to real people. Any editor will do; so will cp, sed -i, jq with sponge, git.\n"
		"  echo PAUSED > campaigns/700001/status        a campaign goes by its directory, its bare id or its exact name\n"
		"  echo START > campaigns/700001/status         START always starts it; ACTIVE not for who has written in it\n"
		"  cat new.csv >> campaigns/700001/leads.csv    imports leads; .smartlead/imports says what became of them\n"
		"  cp 1-A.html 1-B.html                         in sequences/: a variant; rm removes it\n"
		"  mkdir campaigns/Autumn                       a new campaign, which sends nothing until it is started\n"
		"A document is checked, then saved as a whole when it is closed. When it is refused the command fails, nothing is sent,\n"
		"the text is kept in .smartlead/rejected, and this says why and what to do:  smartleadfs why FILE\n"
		"What a save or a removal replaced is in .smartlead/history, ready to be copied back.\n"
		"rm -r of a directory removes nothing: removals are judged as one action, and one that is refused stops them all.\n"
		"\n");
	for (size_t i = 1; i < count; i++)
		buf_printf(&out->text, "%-58s %s\n", rows[i].path, rows[i].help);
	return 0;
}

/* Forgets all that the rows below `prefix` (a pattern) need, as far as the ids of the path say which. */
static void forget_below(struct tree *t, const char *prefix, const struct ids *ids)
{
	size_t count, len = strlen(prefix);
	const struct route *rows = routes(&count);
	for (size_t i = 0; i < count; i++) {
		if (strncmp(rows[i].path, prefix, len) != 0 || (rows[i].path[len] && rows[i].path[len] != '/' && len))
			continue;
		need_forget(t, &rows[i], ids);
		for (int n = 0; n < NEEDS_MAX && rows[i].needs[n] != NOTHING; n++)
			if (t->listener.changed)
				t->listener.changed(t->listener.arg, rows[i].needs[n]);
	}
}

enum { LINKS_MAX = 8 };

/* Appends the parts of a path, each behind a slash; "." and empty parts are skipped, ".." takes one away. */
static void add_parts(struct buf *out, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "/");
		struct slice part = {path, len};
		path += len + (path[len] == '/');
		if (slice_is(part, "..")) {
			const char *slash = out->len ? strrchr(out->data, '/') : NULL;
			buf_truncate(out, slash ? (size_t)(slash - out->data) : 0);
		} else if (len > 0 && !slice_is(part, ".")) {
			buf_add_char(out, '/');
			buf_add_slice(out, part);
		}
	}
}

static int find(struct tree *t, const char *path, int links, struct caller *caller, struct place *ret_place, struct refusal *why);

/* Goes on where a link says. `above`: the path of the directory it lies in, `rest`: what follows it. */
static int follow(struct tree *t, const struct place *link, struct slice above, const char *rest, int links, struct caller *caller,
	struct place *ret_place, struct refusal *why)
{
	_cleanup_buf_ struct buf path = BUF_INIT, text = BUF_INIT;
	struct blob *target;
	if (links == 0)
		return refuse(why, ELOOP, "too many links");
	int rc = tree_read(t, link, caller, &target, why);
	if (rc < 0)
		return rc;
	buf_add_slice(&text, above);
	buf_add_char(&text, '/');
	buf_add_slice(&text, blob_slice(target));
	buf_printf(&text, "/%s", rest);
	blob_unref(target);
	add_parts(&path, buf_text(&text));
	return buf_failed(&text) || buf_failed(&path) ? refuse_memory(why) : find(t, buf_text(&path), links - 1, caller, ret_place, why);
}

/* The place of a path below the mount's root, as add_parts() writes it. Links are followed. */
static int find(struct tree *t, const char *path, int links, struct caller *caller, struct place *ret_place, struct refusal *why)
{
	const char *part = path;
	int rc = tree_root(t, ret_place);
	while (rc == 0 && *part) {
		_cleanup_buf_ struct buf name = BUF_INIT;
		struct slice above = {path, (size_t)(part - path)};
		struct tree_entry entry;
		int64_t fresh_ms;
		size_t len = strcspn(++part, "/");
		buf_add_slice(&name, (struct slice){part, len});
		part += len;
		rc = buf_failed(&name) ? refuse_memory(why) : tree_lookup(t, ret_place, name.data, caller, &entry, &fresh_ms, why);
		place_release(ret_place);
		if (rc < 0)
			return rc;
		free(entry.name);
		if (!S_ISLNK(entry.place.route->mode)) {
			*ret_place = entry.place;
			continue;
		}
		rc = follow(t, &entry.place, above, part, links, caller, ret_place, why);
		place_release(&entry.place);
		return rc;
	}
	return rc;
}

int refresh_control(struct tree *t, const struct ids *at, struct slice text, struct caller *caller, struct refusal *why)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	_cleanup_place_ struct place place = {0};
	(void)at;
	buf_add_slice(&path, text);
	if (buf_failed(&path))
		return refuse_memory(why);
	if (text.len == 0 || memchr(text.ptr, '\0', text.len))
		return refuse(why, EINVAL, "write a path below the mount, or all");
	if (strcmp(path.data, "all") == 0) {
		forget_below(t, "", &(struct ids){{NULL}});
		return 0;
	}
	_cleanup_buf_ struct buf parts = BUF_INIT;
	add_parts(&parts, path.data);
	int rc = buf_failed(&parts) ? refuse_memory(why) : find(t, buf_text(&parts), LINKS_MAX, caller, &place, why);
	if (rc < 0)
		return rc;
	struct ids ids = place_ids(&place);
	forget_below(t, place.route->path, &ids);
	return 0;
}
