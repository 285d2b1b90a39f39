/* The background, the practice account's start, and the pure parts of status and why. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fs/base/cleanup.h"
#include "fs/cli.h"
#include "fs/daemon.h"
#include "fs/sandbox.h"

/* --- daemon ------------------------------------------------------------------------------------------------------ */

enum child { READY, FAILS, DIES, EXITS };

/* Runs daemon_start() in a process of its own; its status and its stderr are those of the parent. */
static int run_daemon(enum child what, char *text, size_t size)
{
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	if (pid == 0) {
		int channel;
		struct refusal why;
		dup2(fds[1], 2);
		close(fds[1]);
		daemon_harden();
		if (daemon_start(false, &channel, &why) < 0)
			_exit(99);
		refuse(&why, EACCES, "the key was refused");
		if (what == FAILS)
			daemon_failed(&channel, &why);
		else if (what == READY)
			daemon_ready(&channel);
		else if (what == DIES)
			kill(getpid(), SIGKILL);
		_exit(7);
	}
	close(fds[1]);
	size_t len = 0;
	ssize_t n;
	while ((n = read(fds[0], text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fds[0]);
	int status;
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void the_parent_says_what_the_child_says(void **state)
{
	(void)state;
	char text[600];
	assert_int_equal(run_daemon(READY, text, sizeof text), 0);
	assert_string_equal(text, "");
	assert_int_equal(run_daemon(FAILS, text, sizeof text), 1);
	assert_string_equal(text, "smartleadfs: the key was refused\n");
	assert_int_equal(run_daemon(DIES, text, sizeof text), 1);
	assert_string_equal(text, "smartleadfs: the background process was ended by signal 9\n");
	assert_int_equal(run_daemon(EXITS, text, sizeof text), 1);
	assert_non_null(strstr(text, "ended with status 7"));
}

/* --- sandbox ----------------------------------------------------------------------------------------------------- */

static char dir[] = "/tmp/test_front.XXXXXX";

static void make_program(const char *script)
{
	char path[64];
	snprintf(path, sizeof path, "%s/smartlead-sandbox", dir);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "#!/bin/sh\n%s\n", script);
	fclose(f);
	chmod(path, 0700);
}

static void the_practice_account_is_started_and_ended(void **state)
{
	(void)state;
	struct sandbox s;
	struct refusal why;
	char path[4096];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s:%s", dir, getenv("PATH"));
	setenv("PATH", "/nowhere", 1);
	assert_int_equal(sandbox_start(&s, NULL, false, true, &why), -ENOENT);
	setenv("PATH", path, 1);

	make_program("[ \"$1 $2 $3\" = '--parent --dialect=live --state=/some/where' ] || exit 3\n"
		     "echo \"ready http://127.0.0.1:1/api/v1 control http://127.0.0.1:1/$SMARTLEAD_SANDBOX_KEY\"\n"
		     "cat >/dev/null");
	assert_int_equal(sandbox_start(&s, "/some/where", true, true, &why), 0);
	assert_string_equal(s.url, "http://127.0.0.1:1/api/v1");
	assert_non_null(strstr(s.control, s.key));
	assert_int_equal(strlen(s.key), 40);
	assert_null(getenv("SMARTLEAD_SANDBOX_KEY"));
	sandbox_stop(&s);
	assert_int_equal(s.pid, 0);
	sandbox_stop(&s);

	make_program("exit 3");
	assert_int_equal(sandbox_start(&s, NULL, false, true, &why), -EIO);
	make_program("echo hello; cat >/dev/null");
	assert_int_equal(sandbox_start(&s, NULL, false, true, &why), -EIO);
	assert_non_null(strstr(why.text, "\"hello\""));

	snprintf(path, sizeof path, "rm -r %s", dir);
	assert_int_equal(system(path), 0);
}

/* --- why and status ---------------------------------------------------------------------------------------------- */

static const char log_text[] = "2026-01-01T00:00:00Z\tcampaigns/1-x/schedule.json\tEINVAL\tfirst\n"
			       "2026-01-01T00:00:01Z\t/campaigns/1-x/schedule.json\tEBUSY\tsecond\twith tab\n"
			       "garbage\n"
			       "2026-01-01T00:00:02Z\tcampaigns/1-x/status\tEPERM\tthird\n"
			       "2026-01-01T00:00:03Z\tcampaigns/1-xy/name\tEIO\tfourth";

static void the_last_refusal_is_found(void **state)
{
	(void)state;
	static const struct {
		const char *path, *want;
	} cases[] = {
		{"campaigns/1-x/schedule.json", "second\twith tab"},
		{"campaigns/1-x", "third"},
		{"campaigns/1-xy/name", "fourth"},
		{"", "fourth"},
		{"campaigns/1", NULL},
		{"leads", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error_line e;
		bool found = error_find(slice_of(log_text), cases[i].path, &e);
		assert_int_equal(found, cases[i].want != NULL);
		if (found)
			assert_true(slice_is(e.text, cases[i].want));
	}
}

static void every_errno_has_advice(void **state)
{
	(void)state;
	static const char *const names[] = {"EINVAL", "EACCES", "ENOENT", "EBUSY", "EPERM", "EIO", "ETIMEDOUT", "EHOSTUNREACH", "EFBIG",
		"EROFS", "EOPNOTSUPP", "ENOTEMPTY", "ENOSPC"};
	const char *none = error_advice(slice_of("ENEVERSEEN"));
	assert_non_null(none);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_string_not_equal(error_advice(slice_of(names[i])), none);
		/* Whether a text was kept is known to the line alone. */
		assert_null(strstr(error_advice(slice_of(names[i])), "rejected"));
	}
}

static void ages_and_sizes_are_short(void **state)
{
	(void)state;
	struct buf out = BUF_INIT;
	static const int64_t ages[] = {999, 99999, 100000, 7200000, 259200000};
	for (size_t i = 0; i < sizeof ages / sizeof *ages; i++) {
		add_age(&out, ages[i]);
		buf_add_char(&out, ';');
	}
	add_size(&out, 1023);
	buf_add_char(&out, ';');
	add_size(&out, 1536);
	buf_add_char(&out, ';');
	add_size(&out, (int64_t)64 << 20);
	assert_string_equal(out.data, "0 s;99 s;1 min;2 h;3 d;1023 B;1.5 KiB;64 MiB");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_parent_says_what_the_child_says),
		cmocka_unit_test(the_practice_account_is_started_and_ended),
		cmocka_unit_test(the_last_refusal_is_found),
		cmocka_unit_test(every_errno_has_advice),
		cmocka_unit_test(ages_and_sizes_are_short),
	};
	return cmocka_run_group_tests_name("front", tests, NULL, NULL);
}
