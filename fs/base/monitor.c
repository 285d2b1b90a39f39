#include "fs/base/monitor.h"

#include <errno.h>

#include "fs/base/clock.h"

void monitor_init(struct monitor *m, int waiting_max)
{
	pthread_mutex_init(&m->mutex, NULL);
	m->waiting = 0;
	m->waiting_max = waiting_max;
	m->on_wait = NULL;
}

void monitor_release(struct monitor *m)
{
	pthread_mutex_destroy(&m->mutex);
}

void monitor_lock(struct monitor *m)
{
	pthread_mutex_lock(&m->mutex);
}

void monitor_unlock(struct monitor *m)
{
	pthread_mutex_unlock(&m->mutex);
}

void caller_init(struct caller *c, enum priority priority, pid_t pid, int64_t deadline_ms)
{
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
	c->woken = false;
	c->interrupted = false;
	c->deadline_ms = deadline_ms;
	c->priority = priority;
	c->pid = pid;
	c->next = NULL;
}

void caller_release(struct caller *c)
{
	pthread_cond_destroy(&c->wake);
}

int caller_wait(struct monitor *m, struct caller *c)
{
	if (c->interrupted)
		return -EINTR;
	if (c->woken) {
		c->woken = false;
		return 0;
	}
	if (m->waiting >= m->waiting_max)
		return -EBUSY;
	m->waiting++;
	if (m->on_wait) {
		monitor_unlock(m);
		m->on_wait();
		monitor_lock(m);
	}
	int rc = 0;
	while (!c->woken && !c->interrupted && rc == 0) {
		if (c->deadline_ms == INT64_MAX) {
			pthread_cond_wait(&c->wake, &m->mutex);
			continue;
		}
		struct timespec until = clock_timespec(c->deadline_ms);
		if (pthread_cond_timedwait(&c->wake, &m->mutex, &until) == ETIMEDOUT)
			rc = -ETIMEDOUT;
	}
	m->waiting--;
	if (c->woken)
		rc = 0;
	else if (c->interrupted)
		rc = -EINTR;
	c->woken = false;
	return rc;
}

void caller_wake(struct caller *c)
{
	c->woken = true;
	pthread_cond_signal(&c->wake);
}

void caller_interrupt(struct monitor *m, struct caller *c)
{
	monitor_lock(m);
	c->interrupted = true;
	pthread_cond_signal(&c->wake);
	monitor_unlock(m);
}

bool caller_is_interrupted(struct monitor *m, const struct caller *c)
{
	monitor_lock(m);
	bool interrupted = c->interrupted;
	monitor_unlock(m);
	return interrupted;
}
