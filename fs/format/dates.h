/*
 * dates.h - days and times as the API and the paths write them, without libc's time zones. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/base/buf.h"
#include "fs/base/slice.h"

/* A day of the Gregorian calendar. */
struct date {
	int year;  /* 1 to 9999 */
	int month; /* 1 to 12 */
	int day;   /* 1 to 31 */
};

/* Days since 1970-01-01, and back (a day outside of the years 1 to 9999 becomes the first or last of them). */
int64_t date_to_day(struct date date);
struct date date_from_day(int64_t day);

/* A date YYYY-MM-DD that exists; *ret_day = days since 1970-01-01. */
bool date_parse(struct slice text, int64_t *ret_day);
void date_print(int64_t day, struct buf *out);

/*
 * ISO 8601 as the API writes it ("2025-11-25T10:43:46.826Z", "2022-05-26T03:47:31.448094+00:00", also with a blank in
 * place of T, or without a zone: UTC); *ret_ms = milliseconds since 1970 UTC.
 */
bool time_parse(struct slice text, int64_t *ret_ms);
