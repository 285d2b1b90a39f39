/*
 * loop.c - receives requests: one thread at a time, and more only where one waits.
 *
 * One thread has the turn: it alone reads the device, and handles what it read with the turn in its hand, since most requests are
 * answered within microseconds, and waking another thread to receive the next one costs more than that (measured:
 * docs/performance.md). What may take longer (wait for the API, render, wait for the kernel) says so first, with
 * loop_give_turn(); another thread then receives. So no request waits behind a slow one, and an idle mount has two threads.
 *
 * Before the receiver sleeps it looks at the device for POLL_NS: a program that reads many files sends its next request within that
 * time. Threads stay once they are made: making them anew costs half the speed.
 */
#include "fs/mount/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>


enum { POLL_NS = 50000, STACK_BYTES = 256 * 1024 };

struct loop {
	struct fuse_session *session;
	int device;
	int ended;               /* eventfd: the session is over; stays readable, so it wakes every sleep in the device too */
	int64_t poll_ns;         /* 0 on one processor: there it would only keep the caller from running */
	pthread_mutex_t mutex;   /* guards what follows */
	pthread_cond_t turn_free;
	bool turn_taken;
	bool stop;
	int idle;                /* wait for their turn */
	pthread_t *threads;      /* they only end with the session, and are joined then */
	int count, max;
};

/* The loop whose turn this thread has; NULL: it has none. */
static _Thread_local struct loop *has_turn;

static int64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void *worker(void *arg);

/* Locked. */
static void start_worker(struct loop *l)
{
	pthread_attr_t attr;
	if (l->count == l->max || l->stop)
		return;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (pthread_create(&l->threads[l->count], &attr, worker, l) == 0)
		l->count++;
	pthread_attr_destroy(&attr);
}

void loop_give_turn(void)
{
	struct loop *l = has_turn;
	if (!l)
		return;
	has_turn = NULL;
	pthread_mutex_lock(&l->mutex);
	l->turn_taken = false;
	if (l->idle == 0)
		start_worker(l);
	pthread_mutex_unlock(&l->mutex);
	pthread_cond_signal(&l->turn_free);
}

/* False: the session is over. */
static bool take_turn(struct loop *l)
{
	if (has_turn)
		return true;
	pthread_mutex_lock(&l->mutex);
	l->idle++;
	while (l->turn_taken && !l->stop)
		pthread_cond_wait(&l->turn_free, &l->mutex);
	l->idle--;
	if (!l->stop) {
		l->turn_taken = true;
		has_turn = l;
	}
	pthread_mutex_unlock(&l->mutex);
	return has_turn != NULL;
}

/* Waits for the next request: awake for a moment, then asleep. The device does not block. > 0: a request; 0: the session is over. */
static int receive(struct loop *l, struct fuse_buf *buf)
{
	int64_t sleep_at = now_ns() + l->poll_ns;
	while (!fuse_session_exited(l->session)) {
		int n = fuse_session_receive_buf(l->session, buf);
		if (n >= 0)
			return n;
		if (n != -EAGAIN && n != -EINTR)
			return 0;
		if (now_ns() < sleep_at)
			continue;
		struct pollfd fds[] = {{.fd = l->device, .events = POLLIN}, {.fd = l->ended, .events = POLLIN}};
		poll(fds, 2, -1);
	}
	return 0;
}

/* Once: everyone's end. */
static void end(struct loop *l)
{
	fuse_session_exit(l->session);
	eventfd_write(l->ended, 1);
	pthread_mutex_lock(&l->mutex);
	l->stop = true;
	pthread_mutex_unlock(&l->mutex);
	pthread_cond_broadcast(&l->turn_free);
}

static void *worker(void *arg)
{
	struct loop *l = arg;
	struct fuse_buf buf = {.mem = NULL};
	while (take_turn(l)) {
		if (receive(l, &buf) == 0) {
			end(l);
			break;
		}
		fuse_session_process_buf(l->session, &buf);
	}
	free(buf.mem);
	return NULL;
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

static void wait_for_end(struct loop *l, int signals)
{
	struct pollfd fds[] = {{.fd = signals, .events = POLLIN}, {.fd = l->ended, .events = POLLIN}};
	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
}

int loop_run(struct fuse_session *session, int workers_max, void (*on_stop)(void *arg), void *arg)
{
	sigset_t ends = ending_signals();
	struct loop l = {.session = session, .device = fuse_session_fd(session), .max = workers_max,
		.poll_ns = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? POLL_NS : 0,
		.mutex = PTHREAD_MUTEX_INITIALIZER, .turn_free = PTHREAD_COND_INITIALIZER};
	_cleanup_close_ int signals = signalfd(-1, &ends, SFD_CLOEXEC);
	_cleanup_close_ int ended = eventfd(0, EFD_CLOEXEC);
	_cleanup_free_ pthread_t *threads = calloc((size_t)workers_max, sizeof *threads);
	l.ended = ended;
	l.threads = threads;
	if (signals < 0 || ended < 0 || !threads || fcntl(l.device, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return -errno;
	pthread_mutex_lock(&l.mutex);
	start_worker(&l);
	bool serves = l.count > 0;
	pthread_mutex_unlock(&l.mutex);
	if (serves)
		wait_for_end(&l, signals);
	end(&l);
	on_stop(arg); /* what the workers wait for */
	for (int i = 0; i < l.count; i++)
		pthread_join(l.threads[i], NULL);
	return serves ? 0 : -EAGAIN;
}
