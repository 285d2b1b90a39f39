#include "fs/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/secret.h"

/* What the child says on the pipe: nothing but its end when it dies; else 'R', or the text of its refusal. */
static const char ready_word = 'R';

void daemon_harden(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	signal(SIGPIPE, SIG_IGN);
}

static void print_dead_child(pid_t child)
{
	int status = 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		fprintf(stderr, "smartleadfs: the background process was ended by signal %d\n", WTERMSIG(status));
	else
		fprintf(stderr, "smartleadfs: the background process ended with status %d before the mount was ready\n",
			WEXITSTATUS(status));
}

static void wait_for_child(int fd, pid_t child) __attribute__((noreturn));

static void wait_for_child(int fd, pid_t child)
{
	char text[1 + REFUSAL_TEXT_MAX] = "";
	size_t len = 0;
	ssize_t n;
	while ((n = read(fd, text + len, sizeof text - 1 - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		len += (size_t)n;
		if (text[0] == ready_word)
			_exit(0);
	}
	if (len > 0)
		fprintf(stderr, "smartleadfs: %s\n", text + 1);
	else
		print_dead_child(child);
	secret_wipe();
	_exit(1);
}

int daemon_start(bool foreground, int *ret_pipe, struct refusal *why)
{
	int fds[2];
	*ret_pipe = -1;
	if (foreground)
		return 0;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return refuse(why, errno, "pipe: %s", strerror(errno));
	fflush(NULL);
	pid_t child = fork();
	if (child < 0) {
		int err = errno;
		close(fds[0]);
		close(fds[1]);
		return refuse(why, err, "fork: %s", strerror(err));
	}
	if (child > 0) {
		close(fds[1]);
		wait_for_child(fds[0], child);
	}
	close(fds[0]);
	*ret_pipe = fds[1];
	return 0;
}

/* The session is left only now: until here Ctrl-C at the waiting parent ends both. */
static void leave_terminal(void)
{
	setsid();
	if (chdir("/") < 0)
		return;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	for (int to = 0; to < 3; to++)
		dup2(fd, to);
	if (fd > 2)
		close(fd);
}

static void say(int *pipe, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(*pipe, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		bytes += n;
		len -= (size_t)n;
	}
	close(*pipe);
	*pipe = -1;
}

void daemon_ready(int *pipe)
{
	if (*pipe < 0)
		return;
	leave_terminal();
	say(pipe, &ready_word, 1);
}

void daemon_failed(int *pipe, const struct refusal *why)
{
	char text[1 + REFUSAL_TEXT_MAX];
	int n = snprintf(text, sizeof text, "E%s", why->text);
	if (n < 0 || (size_t)n >= sizeof text)
		n = sizeof text - 1;
	secret_scrub(text + 1, (size_t)n - 1);
	if (*pipe < 0)
		fprintf(stderr, "smartleadfs: %s\n", text + 1);
	else
		say(pipe, text, (size_t)n);
}
