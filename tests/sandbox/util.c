/* Text, numbers and time. */
#include "sandbox.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void *need(void *p)
{
	if (!p) {
		fputs("smartlead-sandbox: out of memory\n", stderr);
		abort();
	}
	return p;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	if (b->n + n + 1 > b->cap) {
		b->cap = (b->n + n + 1) * 2;
		b->p = need(realloc(b->p, b->cap));
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

char *vtext(const char *fmt, va_list ap)
{
	char *s = NULL;
	int n = vasprintf(&s, fmt, ap);

	return need(n < 0 ? NULL : s);
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *s = vtext(fmt, ap);
	va_end(ap);
	buf_add(b, s, strlen(s));
	free(s);
}

void buf_json(struct buf *b, const char *s)
{
	if (!s) {
		buf_str(b, "null");
		return;
	}
	buf_str(b, "\"");
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", c);
		else if (c < 0x20)
			buf_printf(b, "\\u%04x", c);
		else
			buf_add(b, s, 1);
	}
	buf_str(b, "\"");
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}

char *text(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *s = vtext(fmt, ap);
	va_end(ap);
	return s;
}

bool word_in(const char *words, const char *w)
{
	size_t n = strlen(w);

	for (const char *p = words; p; p = strchr(p, '|')) {
		p += *p == '|';
		if (n && strncmp(p, w, n) == 0 && (p[n] == '|' || !p[n]))
			return true;
	}
	return false;
}

bool email_ok(const char *s)
{
	const char *at = strchr(s, '@');

	if (!at || at == s || strchr(at + 1, '@') || strlen(s) > 254)
		return false;
	const char *dot = strrchr(at, '.');
	if (!dot || dot == at + 1 || strlen(dot) < 3)
		return false;
	for (; *s; s++)
		if (isspace((unsigned char)*s) || strchr("<>,;\"", *s))
			return false;
	return true;
}

bool parse_int(const char *s, int64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoll(s, &end, 10);
	return *s && !*end && !errno && !isspace((unsigned char)*s) && *s != '+';
}

static int64_t clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t now_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t mono_ms(void)
{
	static int64_t start;

	if (!start)
		start = clock_ms(CLOCK_MONOTONIC);
	return clock_ms(CLOCK_MONOTONIC) - start;
}

void iso_time(int64_t ms, char out[32])
{
	time_t s = ms / 1000;
	struct tm tm;
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, 32 - n, ".%03dZ", (int)(ms % 1000));
}

int64_t day_number(const char *date)
{
	int y, m, d, n = 0;

	if (sscanf(date, "%4d-%2d-%2d%n", &y, &m, &d, &n) != 3 || n != 10 || date[n])
		return -1;
	struct tm tm = {.tm_year = y - 1900, .tm_mon = m - 1, .tm_mday = d};
	time_t t = timegm(&tm);
	if (tm.tm_year != y - 1900 || tm.tm_mon != m - 1 || tm.tm_mday != d)
		return -1;
	return t / 86400;
}
