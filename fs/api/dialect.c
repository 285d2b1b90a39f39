#include "fs/api/dialect.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/base/cleanup.h"

static enum dialect other(enum dialect dialect)
{
	return dialect == DIALECT_LIVE ? DIALECT_REFERENCE : DIALECT_LIVE;
}

const char *dialect_name(enum dialect dialect)
{
	return dialect == DIALECT_LIVE ? "live" : "reference";
}

/* The state. */

static void forget(struct dialects *d)
{
	memset(d, 0, sizeof *d);
	memset(d->known, -1, sizeof d->known);
}

void dialects_fix(struct dialects *d, enum dialect column)
{
	forget(d);
	d->fixed = true;
	d->start = column;
}

void dialects_guess(struct dialects *d, const char *url)
{
	static const char host[] = "server.smartlead.ai";
	const char *at = strstr(url, "://");
	forget(d);
	at = at ? at + 3 : url;
	bool own = strncasecmp(at, host, sizeof host - 1) == 0 && strchr("/:", at[sizeof host - 1]);
	d->start = own ? DIALECT_LIVE : DIALECT_REFERENCE;
}

bool dialects_differ(const struct endpoint *e)
{
	const struct wire *a = &e->wire[DIALECT_REFERENCE], *b = &e->wire[DIALECT_LIVE];
	if (!a->method || !b->method)
		return true;
	return strcmp(a->method, b->method) != 0 || strcmp(a->path, b->path) != 0 || a->body != b->body ||
		strcmp(a->query ? a->query : "", b->query ? b->query : "") != 0;
}

enum dialect dialects_column(const struct dialects *d, enum endpoint_id id)
{
	enum dialect column = d->known[id] >= 0 ? (enum dialect)d->known[id] : d->start;
	if (!d->fixed && d->known[id] < 0 && !endpoint(id)->wire[column].method)
		return other(column);
	return column;
}

static void learn(struct dialects *d, enum endpoint_id id, enum dialect column)
{
	if (d->fixed || d->known[id] == (signed char)column)
		return;
	d->known[id] = (signed char)column;
	d->changed = true;
}

static void turn(struct dialects *d, enum dialect start)
{
	if (d->fixed || d->start == start)
		return;
	d->start = start;
	d->changed = true;
}

void dialects_worked(struct dialects *d, const struct endpoint *e, enum dialect column, bool switched)
{
	if (dialects_differ(e))
		learn(d, e->id, column);
	if (switched)
		turn(d, column);
}

void dialects_absent(struct dialects *d, const struct endpoint *e, enum dialect column)
{
	learn(d, e->id, other(column));
}

void dialects_turn(struct dialects *d, const struct endpoint *e, enum dialect column)
{
	const struct wire *there = &e->wire[other(column)];
	if (there->method)
		turn(d, other(column));
}

/* Switching. */

/* Does `word` stand in `text` with no letter, digit or underscore beside it? */
static bool has_word(struct slice text, struct slice word)
{
	const char *end = text.ptr + text.len;
	for (const char *at = text.ptr; (at = memmem(at, (size_t)(end - at), word.ptr, word.len)); at++) {
		bool starts = at == text.ptr || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
		const char *after = at + word.len;
		if (starts && (after == end || !(isalnum((unsigned char)*after) || *after == '_')))
			return true;
	}
	return false;
}

/* The first character of the body behind the line of the path. */
static char body_kind(struct slice request)
{
	const char *line = memchr(request.ptr, '\n', request.len);
	return line && line + 1 < request.ptr + request.len ? line[1] : '\0';
}

bool dialect_blamed(const char *message, struct slice ours, struct slice theirs)
{
	/* Joi calls the body itself "value". */
	if (strstr(message, "\"value\" must be") && body_kind(ours) != body_kind(theirs))
		return true;
	for (const char *p = message; *p;) {
		size_t len = 0;
		while (isalnum((unsigned char)p[len]) || p[len] == '_')
			len++;
		struct slice word = {p, len};
		if (len >= 3 && has_word(ours, word) != has_word(theirs, word))
			return true;
		p += len ? len : 1;
	}
	return false;
}

bool dialects_may_switch(const struct dialects *d, const struct endpoint *e, enum dialect column,
	const struct verdict *verdict, struct slice ours, struct slice theirs)
{
	if (d->fixed || !verdict->unharmed || !e->wire[other(column)].method || slice_equal(ours, theirs))
		return false;
	if (verdict->route_unknown)
		return true;
	bool is_known = d->known[e->id] >= 0;
	if (verdict->route_or_thing)
		return !is_known;
	bool refused = verdict->why.err == EINVAL || verdict->why.err == EBUSY;
	return !is_known && verdict->kind == VERDICT_REFUSED && refused &&
		dialect_blamed(verdict->why.text, ours, theirs);
}

/* The file. */

static char *file_name(const char *state_dir, const char *url)
{
	uint64_t hash = 14695981039346656037u;
	char *name = NULL;
	for (const char *p = url; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 1099511628211u;
	return asprintf(&name, "%s/dialects-%016" PRIx64, state_dir, hash) < 0 ? NULL : name;
}

static int column_of(const char *word)
{
	return strcmp(word, "live") == 0 ? DIALECT_LIVE : strcmp(word, "reference") == 0 ? DIALECT_REFERENCE : -1;
}

static void load_line(struct dialects *d, const char *name, const char *word)
{
	int column = column_of(word);
	if (column < 0)
		return;
	if (strcmp(name, "start") == 0)
		d->start = (enum dialect)column;
	for (int id = EP_NONE + 1; id < ENDPOINTS; id++)
		if (strcmp(endpoint((enum endpoint_id)id)->name, name) == 0)
			d->known[id] = (signed char)column;
}

void dialects_load(struct dialects *d, const char *state_dir, const char *url)
{
	_cleanup_free_ char *path = d->fixed ? NULL : file_name(state_dir, url);
	_cleanup_file_ FILE *f = path ? fopen(path, "re") : NULL;
	char name[64], word[64];
	while (f && fscanf(f, "%63s %63s", name, word) == 2)
		load_line(d, name, word);
}

static bool write_lines(const struct dialects *d, FILE *f)
{
	fprintf(f, "start %s\n", dialect_name(d->start));
	for (int id = EP_NONE + 1; id < ENDPOINTS; id++)
		/* That an endpoint is absent is believed for the life of the mount only. */
		if (d->known[id] >= 0 && endpoint((enum endpoint_id)id)->wire[d->known[id]].method)
			fprintf(f, "%s %s\n", endpoint((enum endpoint_id)id)->name,
				dialect_name((enum dialect)d->known[id]));
	return !ferror(f);
}

void dialects_save(const struct dialects *d, const char *state_dir, const char *url)
{
	_cleanup_free_ char *path = file_name(state_dir, url);
	_cleanup_free_ char *fresh = NULL;
	if (!path || asprintf(&fresh, "%s.new-%d", path, (int)getpid()) < 0) {
		fresh = NULL;
		return;
	}
	FILE *f = fopen(fresh, "we");
	if (!f)
		return;
	bool written = write_lines(d, f);
	written = fclose(f) == 0 && written;
	if (!written || rename(fresh, path) < 0)
		unlink(fresh);
}
