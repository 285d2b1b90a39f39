/*
 * days.h - what a campaign did on each day of a span: from the service's answers to a table and to the files. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/buf.h"
#include "fs/base/refusal.h"
#include "fs/base/slice.h"

enum { DAYS_PIECE = 30, DAYS_SPAN_MAX = 3660, DAY_COUNTS = 6 };

/* sent, opened, clicked, replied, bounced, unsubscribed; below 0: unknown. */
struct day_counts {
	int64_t v[DAY_COUNTS];
};

/* All unknown. */
void days_clear(struct day_counts *days, size_t count);

/*
 * Reads an answer for the days from `first` to `last` (days since 1970) into days[0 … last - first]. Takes the
 * reference's array of days and the live service's day_wise_stats. What the answer does not speak of stays as it is.
 * -EIO: no list of days, or rows that do not say which day they are of.
 */
int days_read(struct slice body, int64_t first, int64_t last, struct day_counts *days, struct refusal *why);

/* Appends the CSV file. Unknown counts are empty cells. */
void days_print(int64_t first, const struct day_counts *days, size_t count, struct buf *out);

/* Appends the JSON file, from the CSV file that days_print() made. */
void days_json(struct slice csv, struct buf *out);

/*
 * "2026-01-01_2026-01-31.csv" → the two dates. False: other suffix, dates that do not exist, in the wrong order, too
 * far apart.
 */
bool days_name(const char *name, const char *suffix, char from[11], char to[11]);
