/*
 * loop.c - receives requests with as many threads as wait, and no more.
 *
 * Idle threads stay (making them anew costs half the speed). A thread that has just answered looks at the device for up
 * to POLL_NS before it sleeps in it: a program that reads many files sends its next request within that time, and a
 * sleep and a wake-up cost more than the request (measured: docs/performance.md).
 */
#include "fs/mount/inside.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/log.h"

enum { POLL_NS = 50000, STACK_BYTES = 256 * 1024, KICK_MS = 20 };

struct loop {
	struct fuse_session *session;
	int ended;               /* eventfd: a worker saw the end of the session */
	atomic_int idle;
	pthread_mutex_t mutex;   /* guards what follows */
	pthread_t *threads;      /* they only end with the session, and are joined then */
	int count, max;
};

static void start_worker(struct loop *l);

static int64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Waits a moment for the next request, awake. */
static void poll_briefly(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t until = now_ns() + POLL_NS;
	while (poll(&p, 1, 0) == 0 && now_ns() < until)
		;
}

static void *worker(void *arg)
{
	struct loop *l = arg;
	struct fuse_buf buf = {.mem = NULL};
	int fd = fuse_session_fd(l->session);
	while (!fuse_session_exited(l->session)) {
		atomic_fetch_add(&l->idle, 1);
		int n = fuse_session_receive_buf(l->session, &buf);
		int idle = atomic_fetch_sub(&l->idle, 1) - 1;
		if (n == -EINTR || n == -EAGAIN)
			continue;
		if (n <= 0)
			break;
		if (idle == 0)
			start_worker(l);
		fuse_session_process_buf(l->session, &buf);
		poll_briefly(fd);
	}
	free(buf.mem);
	fuse_session_exit(l->session);
	eventfd_write(l->ended, 1);
	return NULL;
}

static void start_worker(struct loop *l)
{
	pthread_attr_t attr;
	pthread_mutex_lock(&l->mutex);
	if (l->count < l->max && !fuse_session_exited(l->session)) {
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, STACK_BYTES);
		if (pthread_create(&l->threads[l->count], &attr, worker, l) == 0)
			l->count++;
		pthread_attr_destroy(&attr);
	}
	pthread_mutex_unlock(&l->mutex);
}

static void on_kick(int signal_number)
{
	(void)signal_number;
}

/* Wakes workers out of their read until all have ended. */
static void join_workers(struct loop *l)
{
	for (int i = 0; i < l->count; i++) {
		struct timespec until;
		do {
			pthread_kill(l->threads[i], SIGUSR1);
			clock_gettime(CLOCK_REALTIME, &until);
			until.tv_nsec += (long)KICK_MS * 1000000;
			until.tv_sec += until.tv_nsec / 1000000000;
			until.tv_nsec %= 1000000000;
		} while (pthread_timedjoin_np(l->threads[i], NULL, &until) == ETIMEDOUT);
	}
}

static sigset_t ending_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return set;
}

void loop_block_signals(void)
{
	sigset_t ends = ending_signals();
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
}

int loop_run(struct fuse_session *session, int workers_max, void (*on_stop)(void *arg), void *arg)
{
	sigset_t ends = ending_signals();
	struct loop l = {.session = session, .max = workers_max, .mutex = PTHREAD_MUTEX_INITIALIZER};
	struct sigaction kick = {.sa_handler = on_kick};
	sigaction(SIGUSR1, &kick, NULL);
	_cleanup_close_ int signals = signalfd(-1, &ends, SFD_CLOEXEC);
	l.ended = eventfd(0, EFD_CLOEXEC);
	l.threads = calloc((size_t)workers_max, sizeof *l.threads);
	if (signals < 0 || l.ended < 0 || !l.threads)
		return -ENOMEM;
	start_worker(&l);
	struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, {.fd = l.ended, .events = POLLIN}};
	while (l.count && poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	fuse_session_exit(session);
	on_stop(arg);
	pthread_mutex_lock(&l.mutex); /* nobody is starting a worker any more */
	pthread_mutex_unlock(&l.mutex);
	join_workers(&l);
	free(l.threads);
	close(l.ended);
	return 0;
}
