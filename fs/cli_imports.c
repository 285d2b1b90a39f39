#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/cli.h"
#include "fs/format/json.h"

enum { LOOK_MS = 250, BAR_CELLS = 30 };

/* What one report says. */
struct import {
	long long id, total, left, accepted, rejected;
	char campaign[32], state[16];
	struct buf message;
};

static long long number(struct slice report, const char *name)
{
	struct slice value;
	int64_t n = 0;
	if (json_member(report, name, &value))
		json_int(value, &n);
	return n;
}

static void text(struct slice report, const char *name, char *out, size_t size)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	struct slice value;
	if (json_member(report, name, &value))
		json_text(value, &b);
	snprintf(out, size, "%s", buf_text(&b));
}

static bool read_import(const char *mountpoint, long long id, struct import *out)
{
	_cleanup_buf_ struct buf path = BUF_INIT, bytes = BUF_INIT;
	struct slice message;
	*out = (struct import){.id = id, .message = BUF_INIT};
	buf_printf(&path, "%s/.smartlead/imports/%lld.json", mountpoint, id);
	if (buf_failed(&path) || cli_read_file(path.data, &bytes) < 0 || json_check(buf_slice(&bytes), NULL) < 0)
		return false;
	struct slice report = buf_slice(&bytes);
	out->total = number(report, "total");
	out->left = number(report, "unsent") + number(report, "outcome_unknown") + number(report, "over_limit");
	out->accepted = number(report, "accepted") + number(report, "confirmed");
	out->rejected = number(report, "rejected_rows");
	text(report, "campaign", out->campaign, sizeof out->campaign);
	text(report, "state", out->state, sizeof out->state);
	if (json_member(report, "message", &message))
		json_text(message, &out->message);
	return true;
}

static void print_import(const struct import *i, bool terminal)
{
	long long done = i->total - i->left;
	printf("import %lld, campaign %s: ", i->id, i->campaign);
	if (terminal) {
		int cells = i->total > 0 ? (int)(done * BAR_CELLS / i->total) : BAR_CELLS;
		putchar('[');
		for (int c = 0; c < BAR_CELLS; c++)
			putchar(c < cells ? '#' : '.');
		printf("] %3lld %% ", i->total > 0 ? done * 100 / i->total : 100);
	}
	printf("%lld of %lld rows, %lld new in the campaign, %lld rejected, %s", done, i->total, i->accepted, i->rejected, i->state);
	if (i->message.len)
		printf(" (%s)", buf_text(&i->message));
	if (terminal)
		fputs("\033[K", stdout);
	putchar('\n');
}

static int compare_ids(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;
	return (x > y) - (x < y);
}

/* The numbers of all imports, in order. -errno. */
static int list_imports(const char *mountpoint, struct buf *out)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	buf_printf(&path, "%s/.smartlead/imports", mountpoint);
	DIR *d = buf_failed(&path) ? NULL : opendir(path.data);
	if (!d)
		return -errno;
	for (struct dirent *e; (e = readdir(d));) {
		char *end;
		long long id = strtoll(e->d_name, &end, 10);
		if (strcmp(end, ".json") == 0)
			buf_add(out, &id, sizeof id);
	}
	closedir(d);
	if (out->len)
		qsort(out->data, out->len / sizeof(long long), sizeof(long long), compare_ids);
	return buf_failed(out) ? -ENOMEM : 0;
}

/* What was printed last, so that plain lines come only when something is new. */
struct screen {
	bool terminal;
	int lines;
	long long printed; /* a sum that changes with each step */
};

/* One look. Returns how many run. */
static int look(const char *mountpoint, const struct buf *ids, struct screen *s)
{
	int running = 0, lines = 0;
	long long sum = 0;
	struct import *all = calloc(ids->len / sizeof(long long) + 1, sizeof *all);
	size_t count = 0;
	for (size_t i = 0; all && i < ids->len / sizeof(long long); i++) {
		long long id;
		memcpy(&id, ids->data + i * sizeof id, sizeof id);
		if (!read_import(mountpoint, id, &all[count]))
			continue;
		bool runs = strcmp(all[count].state, "running") == 0;
		running += runs;
		sum += (all[count].total - all[count].left + 1) * (id + 1) + runs;
		count++;
	}
	if (s->terminal && s->lines)
		printf("\033[%dA", s->lines);
	for (size_t i = 0; i < count; i++) {
		if (s->terminal || sum != s->printed) {
			print_import(&all[i], s->terminal);
			lines++;
		}
		buf_release(&all[i].message);
	}
	fflush(stdout);
	free(all);
	s->lines = lines;
	s->printed = sum;
	return running;
}

/* Those that run or wait now: what is finished is no news. */
static void keep_live(const char *mountpoint, struct buf *ids)
{
	size_t kept = 0;
	for (size_t i = 0; i < ids->len / sizeof(long long); i++) {
		struct import one;
		long long id;
		memcpy(&id, ids->data + i * sizeof id, sizeof id);
		bool live = read_import(mountpoint, id, &one) &&
			(strcmp(one.state, "running") == 0 || strcmp(one.state, "waiting") == 0);
		buf_release(&one.message);
		if (live) {
			memcpy(ids->data + kept * sizeof id, &id, sizeof id);
			kept++;
		}
	}
	buf_truncate(ids, kept * sizeof(long long));
}

int cli_imports(int argc, char *const argv[])
{
	if (argc != 2 || argv[1][0] == '\0' || argv[1][0] == '-') {
		fputs("smartleadfs: usage: smartleadfs imports MOUNTPOINT\n", stderr);
		return 1;
	}
	_cleanup_buf_ struct buf ids = BUF_INIT;
	struct screen screen = {.terminal = isatty(STDOUT_FILENO), .printed = -1};
	int rc = list_imports(argv[1], &ids);
	if (rc < 0) {
		fprintf(stderr, "smartleadfs: %s is not a smartleadfs mount (%s)\n", argv[1], strerror(-rc));
		return 1;
	}
	keep_live(argv[1], &ids);
	if (ids.len == 0)
		puts("no import is under way");
	while (look(argv[1], &ids, &screen) > 0)
		nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
	return 0;
}
