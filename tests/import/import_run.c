/*
 * import_run URL STATE-DIR CAMPAIGN [FILE] - imports without a mount: appends FILE to the campaign's leads, or (without
 * FILE) goes on with what a killed run left. Prints the report of the last import. STATE-DIR "-": none. SIGINT is a Ctrl-C
 * at the writing process. The key is in SMARTLEAD_API_KEY. Exit status 1 with the refusal on stderr.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/base/cleanup.h"
#include "fs/base/secret.h"
#include "fs/tree/import.h"
#include "fs/tree/import_journal.h"

enum { CACHE_BYTES = 1 << 20, TIMEOUT_MS = 5000, PATIENCE_MS = 60000 };

struct rig {
	struct monitor monitor;
	struct tree *tree;
	struct api *api;
	struct caller caller;
};

static int build(struct rig *r, const char *url, const char *state_dir, struct refusal *why)
{
	monitor_init(&r->monitor, 10);
	caller_init(&r->caller, PRIORITY_WRITE, 0, INT64_MAX);
	r->tree = tree_create(&(struct tree_conf){.monitor = &r->monitor, .ttl_ms = 60000, .cache_bytes = CACHE_BYTES}, why);
	if (!r->tree)
		return -why->err;
	struct api_conf conf = {.monitor = &r->monitor, .url = url, .rate = {{10, 2}}, .rate_windows = 1, .timeout_ms = TIMEOUT_MS,
		.state_dir = state_dir};
	const char *rate = getenv("IMPORT_RATE"), *dialect = getenv("IMPORT_DIALECT");
	if (dialect)
		conf.dialect = strcmp(dialect, "live") == 0 ? DIALECT_FIX_LIVE : DIALECT_FIX_REFERENCE;
	if (rate)
		sscanf(rate, "%d/%d", &conf.rate[0].requests, &conf.rate[0].seconds);
	r->api = api_create(&conf, why);
	if (!r->api)
		return -why->err;
	tree_use_api(r->tree, r->api);
	int rc = api_start(r->api, why);
	if (rc == 0)
		imports_start(r->tree, state_dir, url);
	return rc;
}

static void take_down(struct rig *r)
{
	imports_stop(r->tree);
	if (r->api)
		api_stop(r->api);
	tree_destroy(r->tree);
	api_destroy(r->api);
	caller_release(&r->caller);
	monitor_release(&r->monitor);
}

static void *wait_for_signal(void *arg)
{
	struct rig *r = arg;
	sigset_t set;
	int signal;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigwait(&set, &signal);
	caller_interrupt(&r->monitor, &r->caller);
	return NULL;
}

static int read_file(const char *path, struct buf *out, struct refusal *why)
{
	_cleanup_file_ FILE *f = fopen(path, "rb");
	char chunk[65536];
	size_t n;
	if (!f)
		return refuse(why, errno, "%s: %s", path, strerror(errno));
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_add(out, chunk, n);
	return buf_failed(out) ? refuse_memory(why) : 0;
}

/* REWRITE names the version that was read; UNREAD: it was not, by this process. */
static int append(struct rig *r, const char *campaign, const char *path, struct refusal *why)
{
	_cleanup_buf_ struct buf text = BUF_INIT, base = BUF_INIT;
	const struct compare_limits limits = {.max_updates = 200, .max_deletes = 1, .may_delete = !getenv("UNREAD")};
	bool taken;
	int rc = read_file(path, &text, why);
	if (rc == 0 && getenv("REWRITE"))
		rc = read_file(getenv("REWRITE"), &base, why);
	if (rc < 0)
		return rc;
	struct rows rows = {.text = buf_slice(&text), .base = buf_slice(&base)};
	if (getenv("REWRITE"))
		return import_rewrite(r->tree, &(struct ids){{campaign}}, &rows, &limits, &r->caller, why);
	return import_append(r->tree, &(struct ids){{campaign}}, buf_slice(&text), &r->caller, &taken, why);
}

/* With RESUME the waiting ones too. */
static int go_on(struct rig *r, struct refusal *why)
{
	struct journal *j = imports_journal(r->tree);
	for (int64_t id = 0; j && getenv("RESUME") && (id = journal_next_id(j, id, "waiting"));)
		if (imports_resume(r->tree, id, why) < 0)
			return -why->err;
	for (int waited = 0; j && journal_next_id(j, 0, "running"); waited += 10) {
		if (waited >= PATIENCE_MS)
			return refuse(why, ETIMEDOUT, "an import is still running");
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	return 0;
}

static void print_last(struct rig *r)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct journal *j = imports_journal(r->tree);
	int64_t last = 0;
	for (int64_t id = 0; j && (id = journal_next_id(j, id, NULL));)
		last = id;
	if (!last)
		return;
	if (getenv("REJECTED"))
		journal_rejected(j, last, &out, NULL);
	else
		journal_report(j, last, &out, NULL);
	fputs(buf_text(&out), stdout);
}

int main(int argc, char **argv)
{
	struct rig r = {0};
	struct refusal why = {0};
	const char *key = getenv("SMARTLEAD_API_KEY");
	pthread_t waiter;
	sigset_t set;
	if (argc < 4 || !key || secret_set(key) < 0)
		return 2;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	int rc = build(&r, argv[1], strcmp(argv[2], "-") == 0 ? NULL : argv[2], &why);
	if (rc == 0 && pthread_create(&waiter, NULL, wait_for_signal, &r) == 0)
		pthread_detach(waiter);
	if (rc == 0)
		rc = argc > 4 ? append(&r, argv[3], argv[4], &why) : go_on(&r, &why);
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", strerrorname_np(why.err), why.text);
	print_last(&r);
	take_down(&r);
	return rc < 0;
}
