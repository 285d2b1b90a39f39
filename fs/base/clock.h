/*
 * clock.h - time, in one place, so that tests can turn it by hand. Thread-safe.
 */
#pragma once

#include <stdint.h>
#include <time.h>

/* Milliseconds of the monotonic clock: for time-outs, TTLs and rates. */
int64_t clock_ms(void);

/* Milliseconds since 1970, UTC: for what users see. */
int64_t clock_wall_ms(void);

/* Tests only: from now on clock_ms() and clock_wall_ms() answer `ms`; a negative value returns to the real clocks. */
void clock_set_for_test(int64_t ms);

/* `ms` of clock_ms() as a timespec for pthread_cond_timedwait with CLOCK_MONOTONIC. */
struct timespec clock_timespec(int64_t ms);
