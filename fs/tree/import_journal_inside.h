/* import_journal_inside.h - for import_journal.c and import_report.c only. */
#pragma once

#include <pthread.h>
#include <sqlite3.h>

#include "fs/tree/import_journal.h"

struct journal {
	pthread_mutex_t mutex; /* one transaction at a time on the one connection */
	sqlite3 *db;
	int lock_fd;           /* a byte each import (journal_claim); -1: nobody else can see it */
};

/* The last error, as an errno with its sentence. */
int journal_failed(struct journal *j, struct refusal *why);

/* A statement with its parameters: i int64_t, s const char *, t struct slice. NULL: failed. */
sqlite3_stmt *journal_query(struct journal *j, const char *sql, const char *types, ...);
