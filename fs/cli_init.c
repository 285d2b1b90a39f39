#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/secret.h"
#include "fs/cli.h"
#include "fs/config.h"

/* One line, byte by byte: stdio would keep a copy of the key in its buffer. */
static int read_line(int fd, char *line, size_t size, struct refusal *why)
{
	size_t len = 0;
	while (len < size - 1) {
		ssize_t n = read(fd, line + len, 1);
		if (n < 0)
			return refuse(why, errno, "reading the key: %s", strerror(errno));
		if (n == 0 || line[len] == '\n')
			break;
		len++;
	}
	while (len > 0 && strchr(" \t\r\n", line[len - 1]))
		len--;
	line[len] = '\0';
	return 0;
}

/* Interrupted between the two tcsetattr(), the terminal must not stay silent: ISIG is off, Ctrl-C ends the line. */
static int ask(char *line, size_t size, struct refusal *why)
{
	struct termios before, silent;
	if (!isatty(0) || tcgetattr(0, &before) < 0)
		return read_line(0, line, size, why);
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	silent.c_cc[VEOL2] = 3;
	fputs("Smartlead API key (Settings > Smartlead API key; it is not shown): ", stderr);
	fflush(stderr);
	tcsetattr(0, TCSAFLUSH, &silent);
	int rc = read_line(0, line, size, why);
	tcsetattr(0, TCSAFLUSH, &before);
	fputc('\n', stderr);
	if (rc == 0 && strchr(line, 3))
		return refuse(why, EINTR, "interrupted; nothing was written");
	return rc;
}

static int ask_and_set(struct refusal *why)
{
	char line[SECRET_MAX + 2];
	int rc = ask(line, sizeof line, why);
	const char *key = line + strspn(line, " \t");
	if (rc == 0 && !*key)
		rc = refuse(why, EINVAL, "no key was given; nothing was written");
	else if (rc == 0 && secret_set(key) < 0)
		rc = refuse(why, EINVAL, "that is no API key (one line of printable characters); nothing was written");
	explicit_bzero(line, sizeof line);
	return rc;
}

static int init(const struct options *o, int (*check)(const struct options *, struct refusal *), struct refusal *why)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	int rc = config_path(&path, why);
	if (rc == 0)
		rc = ask_and_set(why);
	if (rc == 0 && check)
		rc = check(o, why);
	if (rc < 0)
		return rc;
	const struct config_change changes[] = {
		{"api_key", secret_get()},
		{"url", options_given(o, "url") ? o->url : NULL},
	};
	rc = config_save(path.data, o->profile, changes, sizeof changes / sizeof *changes, why);
	if (rc < 0)
		return rc;
	bool named = strcmp(o->profile, "default") != 0;
	printf("The key works. It is kept in %s, section [%s], for your eyes only (mode 0600).\n", path.data,
		o->profile);
	printf("Now:  smartleadfs%s%s MOUNTPOINT\n", named ? " -o profile=" : "", named ? o->profile : "");
	return 0;
}

int cli_init(const struct options *o, int (*check)(const struct options *o, struct refusal *why))
{
	struct refusal why = {0};
	int rc = init(o, check, &why);
	if (rc < 0) {
		secret_scrub(why.text, strlen(why.text));
		fprintf(stderr, "smartleadfs: %s\n", why.text);
	}
	secret_wipe();
	return rc < 0;
}
