#include "fs/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"

#define PROGRAM "smartlead-sandbox"

enum { START_MS = 20000, END_MS = 3000 };

static bool runnable(const char *dir, size_t len, const char *below, struct buf *out)
{
	buf_clear(out);
	buf_printf(out, "%.*s/%s" PROGRAM, (int)len, dir, below);
	return !buf_failed(out) && access(out->data, X_OK) == 0;
}

/* Beside us, in our libexec directory, in a build tree; then anywhere in PATH. */
static bool find_program(struct buf *out)
{
	static const char *const places[] = {"", "../libexec/smartleadfs/", "tests/sandbox/", "../tests/sandbox/"};
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	exe[n > 0 ? n : 0] = '\0';
	const char *slash = strrchr(exe, '/');
	for (size_t i = 0; slash && i < sizeof places / sizeof *places; i++)
		if (runnable(exe, (size_t)(slash - exe), places[i], out))
			return true;
	const char *path = getenv("PATH");
	while (path && *path) {
		size_t len = strcspn(path, ":");
		if (len > 0 && runnable(path, len, "", out))
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

static int make_key(struct sandbox *s, struct refusal *why)
{
	unsigned char bytes[16];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return refuse(why, errno, "random numbers: %s", strerror(errno));
	char *p = s->key + sprintf(s->key, "sandbox-");
	for (size_t i = 0; i < sizeof bytes; i++)
		p += sprintf(p, "%02x", bytes[i]);
	return 0;
}

/* In the child, after fork: only what is safe there. */
static void run_program(const char *program, char *const arguments[2], int in, int out, bool quiet)
{
	char *argv[] = {(char[]){PROGRAM}, (char[]){"--parent"}, arguments[0], arguments[1], NULL};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	/* Ctrl-C at a mount in the foreground is ours to handle: it needs the service until it has unmounted. */
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || (quiet && dup2(null, 2) < 0))
		_exit(127);
	execv(program, argv);
	_exit(127);
}

static int spawn(struct sandbox *s, const char *program, const char *state_dir, bool live, bool quiet, int *ret_out,
	struct refusal *why)
{
	int in[2], out[2];
	char dialect[] = "--dialect=reference";
	_cleanup_buf_ struct buf state = BUF_INIT;
	if (live)
		strcpy(strchr(dialect, '=') + 1, "live");
	if (state_dir)
		buf_printf(&state, "--state=%s", state_dir);
	if (buf_failed(&state))
		return refuse_memory(why);
	if (pipe2(in, O_CLOEXEC) < 0)
		return refuse(why, errno, "pipe: %s", strerror(errno));
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return refuse(why, errno, "pipe: %s", strerror(errno));
	}
	setenv("SMARTLEAD_SANDBOX_KEY", s->key, 1);
	s->pid = fork();
	if (s->pid == 0)
		run_program(program, (char *[]){dialect, state.data}, in[0], out[1], quiet);
	int err = errno;
	unsetenv("SMARTLEAD_SANDBOX_KEY");
	close(in[0]);
	close(out[1]);
	s->stdin_fd = in[1];
	*ret_out = out[0];
	if (s->pid > 0)
		return 0;
	s->pid = 0;
	close(out[0]);
	return refuse(why, err, "fork: %s", strerror(err));
}

/* Its first line, without the newline. */
static int read_line(int fd, char *line, size_t size, struct refusal *why)
{
	int64_t until = clock_ms() + START_MS;
	size_t len = 0;
	while (len < size - 1) {
		int64_t left = until - clock_ms();
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			return refuse(why, ETIMEDOUT, "the practice account did not start within %d seconds",
				START_MS / 1000);
		ssize_t n = read(fd, line + len, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return refuse(why, EIO, "the practice account (" PROGRAM ") ended before it was ready");
		if (line[len] == '\n')
			break;
		len++;
	}
	line[len] = '\0';
	return 0;
}

static int start_found(struct sandbox *s, const char *program, const char *state_dir, bool live, bool quiet,
	struct refusal *why)
{
	char line[512];
	int out = -1;
	int rc = spawn(s, program, state_dir, live, quiet, &out, why);
	if (rc < 0)
		return rc;
	rc = read_line(out, line, sizeof line, why);
	close(out);
	if (rc == 0 && sscanf(line, "ready %127s control %127s", s->url, s->control) != 2)
		rc = refuse(why, EIO, "the practice account said \"%s\" instead of where it listens", line);
	return rc;
}

int sandbox_start(struct sandbox *s, const char *state_dir, bool live, bool quiet, struct refusal *why)
{
	_cleanup_buf_ struct buf program = BUF_INIT;
	*s = (struct sandbox)SANDBOX_INIT;
	if (!find_program(&program))
		return refuse(why, ENOENT,
			"the practice account's program, " PROGRAM ", is neither beside smartleadfs nor in PATH");
	int rc = make_key(s, why);
	if (rc == 0)
		rc = start_found(s, program.data, state_dir, live, quiet, why);
	if (rc < 0)
		sandbox_stop(s);
	return rc;
}

void sandbox_stop(struct sandbox *s)
{
	if (s->stdin_fd >= 0)
		close(s->stdin_fd);
	s->stdin_fd = -1;
	if (s->pid <= 0)
		return;
	/* It saves its state; but we do not wait for ever. */
	for (int waited = 0; waitpid(s->pid, NULL, WNOHANG) == 0; waited += 10) {
		if (waited == END_MS)
			kill(s->pid, SIGKILL);
		usleep(10000);
	}
	s->pid = 0;
}
