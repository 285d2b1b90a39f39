/*
 * One JSON line for each API request. The line is written just before the last byte of the answer leaves, so
 * whoever has an answer finds its line; a request that never got one is written when its connection ends.
 */
#include "sandbox.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *file;
static char **lines;
static size_t n_lines, cap;

void journal_open(const char *name)
{
	file = fopen(name, "ae");
	if (!file) {
		perror(name);
		exit(1);
	}
}

static void mask(cJSON *o)
{
	for (cJSON *i = o ? o->child : NULL; i; i = i->next) {
		if (i->string && cJSON_IsString(i) && strstr(i->string, "password"))
			cJSON_SetValuestring(i, "***");
		mask(i);
	}
}

/* A body that is no JSON may hold anything: the key, or half a password. Show it only when it is harmless. */
static void add_body(struct buf *b, struct req *r)
{
	if (!r->raw.n) {
		buf_str(b, "null");
	} else if (r->body && !strstr(r->raw.p, "password") && !strpbrk(r->raw.p, "\n\r")) {
		cJSON_Minify(r->raw.p); /* the text itself: a number keeps its digits */
		buf_str(b, r->raw.p);
	} else if (r->body) {
		cJSON *copy = cJSON_Duplicate(r->body, true);
		mask(copy);
		char *s = need(cJSON_PrintUnformatted(copy));
		buf_str(b, s);
		free(s);
		cJSON_Delete(copy);
	} else {
		buf_json(b, strstr(r->raw.p, sb.key) || strstr(r->raw.p, "password") ? "***" : r->raw.p);
	}
}

static char *line(struct req *r)
{
	struct buf b = {0};
	char time[32];
	const char *ua = MHD_lookup_connection_value(r->conn, MHD_HEADER_KIND, "User-Agent");

	iso_time(now_ms(), time);
	buf_printf(&b, "{\"t\":%lld,\"time\":\"%s\",\"method\":\"%s\",\"path\":", (long long)r->t, time, r->method);
	buf_json(&b, r->path);
	buf_str(&b, ",\"query\":{");
	for (size_t i = 0; i < r->n_query; i++) {
		if (i)
			buf_str(&b, ",");
		buf_json(&b, r->query[i].name);
		buf_str(&b, ":");
		buf_json(&b, r->query[i].value);
	}
	buf_str(&b, "},\"body\":");
	add_body(&b, r);
	buf_printf(&b, ",\"status\":%d", r->status);
	if (r->fault[0])
		buf_printf(&b, ",\"fault\":\"%s\"", r->fault);
	buf_str(&b, ",\"ua\":");
	buf_json(&b, ua);
	buf_printf(&b, ",\"conn\":%u,\"ms\":%lld}", r->conn_no, (long long)(mono_ms() - r->t));
	return b.p;
}

void journal_write(struct req *r)
{
	if (r->journaled)
		return;
	r->journaled = true;
	char *s = line(r);
	pthread_mutex_lock(&lock);
	if (file) {
		fprintf(file, "%s\n", s);
		fflush(file);
	}
	if (n_lines == cap) {
		cap = cap ? cap * 2 : 256;
		lines = need(realloc(lines, cap * sizeof(*lines)));
	}
	lines[n_lines++] = s;
	pthread_mutex_unlock(&lock);
}

void journal_list(struct buf *out, int64_t since)
{
	pthread_mutex_lock(&lock);
	buf_str(out, "[");
	for (size_t i = since > 0 ? (size_t)since : 0; i < n_lines; i++) {
		if (out->p[out->n - 1] == '}')
			buf_str(out, ",\n");
		buf_str(out, lines[i]);
	}
	buf_str(out, "]\n");
	pthread_mutex_unlock(&lock);
}

void journal_forget(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < n_lines; i++)
		free(lines[i]);
	n_lines = 0;
	pthread_mutex_unlock(&lock);
}

void journal_close(void)
{
	journal_forget();
	free(lines);
	if (file)
		fclose(file);
}
