/*
 * logs.h - a log as a file that grows: .smartlead/errors and .smartlead/requests. Locks itself (a mutex of its own,
 * taken by nobody who holds the monitor).
 *
 * When it is over its bound the older half goes, and the file is shorter for it: `tail -f` says so and goes on.
 */
#pragma once

#include <pthread.h>

#include "fs/base/buf.h"

enum { TEXTLOG_BYTES_MAX = 1 << 20 };

struct textlog {
	pthread_mutex_t mutex;
	struct buf text;
};

void textlog_init(struct textlog *log);
void textlog_release(struct textlog *log);

/* Adds one line (without its newline); the key is scrubbed from it. */
void textlog_add(struct textlog *log, const char *line);

size_t textlog_size(struct textlog *log);

/* Appends up to `len` bytes from `offset` to `out`. */
void textlog_read(struct textlog *log, size_t offset, size_t len, struct buf *out);

/* Appends the time as the logs write it: 2026-11-24T16:07:17.123Z. */
void textlog_time(struct buf *out, int64_t wall_ms);
