#include "fs/tree/logs.h"

#include <string.h>
#include <time.h>

#include "fs/base/secret.h"

void textlog_init(struct textlog *log)
{
	pthread_mutex_init(&log->mutex, NULL);
	log->text = (struct buf)BUF_INIT;
}

void textlog_release(struct textlog *log)
{
	pthread_mutex_destroy(&log->mutex);
	buf_release(&log->text);
}

/* Drops whole lines until half is left. */
static void drop_older_half(struct buf *text)
{
	const char *cut = memchr(text->data + text->len / 2, '\n', text->len - text->len / 2);
	size_t from = cut ? (size_t)(cut - text->data) + 1 : text->len;
	memmove(text->data, text->data + from, text->len - from);
	buf_truncate(text, text->len - from);
}

void textlog_add(struct textlog *log, const char *line)
{
	pthread_mutex_lock(&log->mutex);
	size_t from = log->text.len;
	buf_add_str(&log->text, line);
	buf_add_char(&log->text, '\n');
	if (buf_failed(&log->text))
		log->text.failed = false;
	else
		secret_scrub(log->text.data + from, log->text.len - from);
	if (log->text.len > TEXTLOG_BYTES_MAX)
		drop_older_half(&log->text);
	pthread_mutex_unlock(&log->mutex);
}

size_t textlog_size(struct textlog *log)
{
	pthread_mutex_lock(&log->mutex);
	size_t len = log->text.len;
	pthread_mutex_unlock(&log->mutex);
	return len;
}

void textlog_read(struct textlog *log, size_t offset, size_t len, struct buf *out)
{
	pthread_mutex_lock(&log->mutex);
	struct slice rest = slice_skip(buf_slice(&log->text), offset);
	buf_add(out, rest.ptr, rest.len < len ? rest.len : len);
	pthread_mutex_unlock(&log->mutex);
}

void textlog_time(struct buf *out, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;
	char text[32];
	gmtime_r(&seconds, &tm);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(out, "%s.%03dZ", text, (int)(wall_ms % 1000));
}
