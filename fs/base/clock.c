#include "fs/base/clock.h"

#include <stdatomic.h>

static _Atomic int64_t by_hand = -1;

static int64_t read_clock(clockid_t id)
{
	int64_t ms = atomic_load(&by_hand);
	if (ms >= 0)
		return ms;
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
	return read_clock(CLOCK_REALTIME);
}

void clock_set_for_test(int64_t ms)
{
	atomic_store(&by_hand, ms);
}

struct timespec clock_timespec(int64_t ms)
{
	return (struct timespec){.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
}
