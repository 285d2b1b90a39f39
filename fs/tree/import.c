#include "fs/tree/import.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/log.h"
#include "fs/tree/import_journal.h"
#include "fs/tree/resource.h"
#include "fs/tree/run.h"
#include "fs/tree/state.h"

enum {
	FAILURES_MAX = 3, /* of one batch after another, before the import waits for somebody */
	PARALLEL = 10,    /* requests at once: each takes seconds, and the budget allows several in one */
	PAUSE_MS = 2000,  /* before a batch is sent again: the service may still be at it */
	STEP_MS = 50,
};

/* An id in one of the two lists below. */
struct ticket {
	int64_t id;
	struct ticket *next;
};

struct imports {
	struct tree *tree;
	struct journal *journal;
	struct refusal no_journal; /* why there is none */
	pthread_t thread;
	bool has_thread;
	struct caller worker;      /* the thread, when it waits */

	/* Monitor. */
	bool stopping;
	struct ticket *queue;      /* for the thread, first come first served */
	struct ticket *active;     /* taken by a thread of ours */
};

/* What one run of an import has met. */
struct run {
	struct imports *m;
	int64_t id;
	struct caller *caller; /* who waits for it; NULL: nobody */
	char *campaign;        /* NULL: nothing was sent; set before there is more than one thread */
	atomic_int failures;

	/* Monitor. */
	int rc;                /* of the first thread that stopped, and why */
	struct refusal why;
};

struct journal *imports_journal(struct tree *t)
{
	return t->imports ? t->imports->journal : NULL;
}

static bool is_stopping(struct imports *m)
{
	monitor_lock(m->tree->conf.monitor);
	bool stopping = m->stopping;
	monitor_unlock(m->tree->conf.monitor);
	return stopping;
}

static bool is_interrupted(const struct run *r)
{
	return r->caller && caller_is_interrupted(r->m->tree->conf.monitor, r->caller);
}

/* Only one thread of this process, and of all processes, works on an import. */
static int claim(struct imports *m, int64_t id, struct refusal *why)
{
	struct ticket *mine = malloc(sizeof *mine);
	bool taken = false;
	if (!mine)
		return refuse_memory(why);
	monitor_lock(m->tree->conf.monitor);
	for (struct ticket *t = m->active; t; t = t->next)
		taken |= t->id == id;
	if (!taken) {
		*mine = (struct ticket){id, m->active};
		m->active = mine;
	}
	monitor_unlock(m->tree->conf.monitor);
	if (taken) {
		free(mine);
		return refuse(why, EBUSY, "import %lld is under way", (long long)id);
	}
	return 0;
}

static void unclaim(struct imports *m, int64_t id)
{
	struct ticket *mine;
	monitor_lock(m->tree->conf.monitor);
	struct ticket **at = &m->active;
	while ((*at)->id != id)
		at = &(*at)->next;
	mine = *at;
	*at = mine->next;
	monitor_unlock(m->tree->conf.monitor);
	free(mine);
}

/* Sleeps, but not through a stop or an interrupt. */
static void pause_before_retry(const struct run *r)
{
	int64_t until = clock_ms() + (int64_t)PAUSE_MS * r->failures;
	while (clock_ms() < until && !is_stopping(r->m) && !is_interrupted(r))
		nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
}

/* The import waits for somebody to write resume. Before a batch is given back: else another thread would send that one again. */
static int put_off(const struct run *r, const struct refusal *why)
{
	_cleanup_buf_ struct buf message = BUF_INIT;
	buf_printf(&message, "%s; to go on: echo resume > .smartlead/imports/%lld-control", why->text, (long long)r->id);
	journal_set_state(r->m->journal, r->id, "running", "waiting", buf_text(&message), NULL);
	return -why->err;
}

/* Keeps what the answer says. 1: go on. */
static int take_answer(const struct run *r, const struct batch *b, struct slice answer, struct refusal *why)
{
	_cleanup_verdict_ struct import_verdict v = {0};
	struct refusal words;
	int rc = import_judge(buf_slice(&b->body), answer, b->again, &v, why);
	if (rc < 0)
		return rc;
	if (!v.over_limit) {
		rc = journal_answered(r->m->journal, b, "done", &v, why);
		return rc < 0 ? rc : 1;
	}
	refuse(&words, EDQUOT, "the lead credits of the account are used up; %lld rows of this request were not taken",
		(long long)v.fates[FATE_OVER_LIMIT]);
	put_off(r, &words);
	rc = journal_answered(r->m->journal, b, "stopped", &v, why);
	if (rc == 0)
		*why = words;
	return rc < 0 ? rc : -words.err;
}

static int take_refusal(const struct run *r, const struct batch *b, struct refusal *why)
{
	_cleanup_verdict_ struct import_verdict v = {0};
	struct refusal words = *why, whole;
	refuse(&whole, words.err, "the service refused the rows of request %lld: %s", (long long)b->number, words.text);
	put_off(r, &whole);
	int rc = import_judge_refused(buf_slice(&b->body), words.text, &v, why);
	if (rc == 0)
		rc = journal_answered(r->m->journal, b, "refused", &v, why);
	if (rc < 0)
		return rc;
	*why = whole;
	return -whole.err;
}

/* No answer, or one that says nothing about the rows. 1: another try. */
static int take_failure(struct run *r, const struct batch *b, bool unknown, struct refusal *why)
{
	int rc = -why->err;
	bool passing = unknown || why->err == EBUSY;
	if (is_stopping(r->m))
		return rc; /* as it stands in the journal the next mount finds out */
	bool again = passing && ++r->failures < FAILURES_MAX;
	if (!again)
		put_off(r, why);
	struct refusal words = *why;
	int kept = journal_answered(r->m->journal, b, unknown ? "unknown" : "new", NULL, why);
	if (kept < 0)
		return kept;
	*why = words;
	if (again)
		pause_before_retry(r);
	return again ? 1 : rc;
}

static int send_batch(struct run *r, const struct batch *b, struct refusal *why)
{
	struct tree *t = r->m->tree;
	struct request request = {.endpoint = EP_LEADS_ADD, .args = {b->campaign}, .body = buf_slice(&b->body)};
	struct reply reply = {0};
	struct caller own; /* an interrupt does not cut a batch short */
	caller_init(&own, PRIORITY_IMPORT, r->caller ? r->caller->pid : 0, INT64_MAX);
	int rc = api_call(t->api, &request, &own, &reply, why);
	caller_release(&own);
	struct slice answer = reply.body ? blob_slice(reply.body) : SLICE_LITERAL("");
	bool unknown = reply.unknown;
	if (rc == 0 || import_is_over_limit(answer))
		rc = take_answer(r, b, answer, why);
	else if (!unknown && (rc == -EINVAL || rc == -EFBIG))
		rc = take_refusal(r, b, why);
	else
		rc = take_failure(r, b, unknown, why);
	if (!unknown && rc == 1)
		r->failures = 0;
	reply_release(&reply);
	return rc;
}

/* 1: a batch was sent; 0: there is none left, or somebody else cancelled or paused it. */
static int send_next(struct run *r, struct refusal *why)
{
	_cleanup_batch_ struct batch b = {.body = BUF_INIT};
	if (is_stopping(r->m))
		return refuse(why, EIO, "the mount goes away; the import goes on at the next one");
	if (is_interrupted(r)) {
		refuse(why, EINTR, "interrupted; what was not sent yet waits");
		return put_off(r, why);
	}
	int rc = journal_next(r->m->journal, r->id, &b, why);
	if (rc != 1)
		return rc;
	if (!r->campaign)
		r->campaign = STEAL(b.campaign);
	if (!b.campaign)
		b.campaign = strdup(r->campaign ? r->campaign : "");
	return b.campaign ? send_batch(r, &b, why) : refuse_memory(why);
}

static void stop_all(struct run *r, int rc, const struct refusal *why)
{
	monitor_lock(r->m->tree->conf.monitor);
	if (r->rc == 0) {
		r->rc = rc;
		r->why = *why;
	}
	monitor_unlock(r->m->tree->conf.monitor);
}

static bool has_stopped(struct run *r)
{
	monitor_lock(r->m->tree->conf.monitor);
	bool stopped = r->rc < 0;
	monitor_unlock(r->m->tree->conf.monitor);
	return stopped;
}

static void *send_some(void *arg)
{
	struct run *r = arg;
	struct refusal why = {0};
	int rc = 1;
	while (rc == 1 && !has_stopped(r))
		rc = send_next(r, &why);
	if (rc < 0)
		stop_all(r, rc, &why);
	return NULL;
}

/* Several at once, so that the budget is used and not the service's leisure. */
static int send_rest(struct run *r, struct refusal *why)
{
	pthread_t threads[PARALLEL - 1];
	int started = 0;
	while (started < PARALLEL - 1 && pthread_create(&threads[started], NULL, send_some, r) == 0)
		started++;
	send_some(r);
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (r->rc < 0)
		*why = r->why;
	return r->rc;
}

/* No batch is left: is that the end? */
static int conclude(const struct run *r, struct refusal *why)
{
	char state[16];
	bool open;
	int rc = journal_state(r->m->journal, r->id, state, &open, why);
	if (rc == 0 && strcmp(state, "running") == 0 && !open)
		return journal_set_state(r->m->journal, r->id, "running", "done", "", why) < 0 ? -why->err : 0;
	if (rc == 0 && strcmp(state, "cancelled") == 0)
		return refuse(why, ECANCELED, "the import was cancelled");
	return rc;
}

/* Once, at the end: each batch would make a reader fetch all leads again. */
static void forget_leads(struct tree *t, const char *campaign)
{
	static const enum resource_id stale[] = {LEADS, LEAD_PAGES};
	for (size_t i = 0; i < sizeof stale / sizeof *stale; i++) {
		_cleanup_buf_ struct buf key = BUF_INIT;
		buf_printf(&key, "/%s", campaign);
		if (!buf_failed(&key))
			run_wrote(t, stale[i], key.data, NULL);
	}
}

static void report_rejects(struct imports *m, int64_t id)
{
	struct refusal why;
	char path[64];
	int64_t rejects = journal_rejects(m->journal, id);
	if (rejects == 0)
		return;
	refuse(&why, EINVAL, "%lld rows were not taken; they are in this file with the reason, to be mended and appended again",
		(long long)rejects);
	snprintf(path, sizeof path, ".smartlead/imports/%lld-rejected.csv", (long long)id);
	tree_report(m->tree, path, &why);
}

static int run_claimed(struct imports *m, int64_t id, struct caller *caller, struct refusal *why)
{
	struct run r = {.m = m, .id = id, .caller = caller};
	int rc = journal_claim(m->journal, id, why);
	if (rc < 0)
		return rc;
	/* The first alone: what is wrong with the campaign, the key or the account shows with one request. */
	rc = send_next(&r, why);
	if (rc == 1)
		rc = send_rest(&r, why);
	if (rc == 0)
		rc = conclude(&r, why);
	journal_release(m->journal, id);
	if (r.campaign) {
		forget_leads(m->tree, r.campaign);
		report_rejects(m, id);
	}
	free(r.campaign);
	return rc;
}

static int run(struct imports *m, int64_t id, struct caller *caller, struct refusal *why)
{
	int rc = claim(m, id, why);
	if (rc < 0)
		return rc;
	rc = run_claimed(m, id, caller, why);
	unclaim(m, id);
	return rc;
}

/* The thread. */

/* The next id that it shall run; 0: it shall end. */
static int64_t wait_for_work(struct imports *m)
{
	struct monitor *monitor = m->tree->conf.monitor;
	int64_t id = 0;
	monitor_lock(monitor);
	/* Not caller_wait(): that counts kernel requests, and refuses when hundreds of them wait. */
	while (!m->stopping && !m->queue)
		pthread_cond_wait(&m->worker.wake, &monitor->mutex);
	m->worker.woken = false;
	struct ticket *first = m->stopping ? NULL : m->queue;
	if (first) {
		m->queue = first->next;
		id = first->id;
	}
	monitor_unlock(monitor);
	free(first);
	return id;
}

static void *worker(void *arg)
{
	struct imports *m = arg;
	for (int64_t id; (id = wait_for_work(m));) {
		struct refusal why = {0};
		char path[64];
		snprintf(path, sizeof path, ".smartlead/imports/%lld.json", (long long)id);
		if (run(m, id, NULL, &why) < 0 && !is_stopping(m))
			tree_report(m->tree, path, &why);
	}
	return NULL;
}

static int enqueue(struct imports *m, int64_t id, struct refusal *why)
{
	struct ticket *mine = malloc(sizeof *mine);
	if (!mine)
		return refuse_memory(why);
	*mine = (struct ticket){id, NULL};
	monitor_lock(m->tree->conf.monitor);
	struct ticket **at = &m->queue;
	while (*at)
		at = &(*at)->next;
	*at = mine;
	caller_wake(&m->worker);
	monitor_unlock(m->tree->conf.monitor);
	return 0;
}

void imports_start(struct tree *t, const char *state_dir, const char *url)
{
	struct imports *m = calloc(1, sizeof *m);
	if (!m)
		return;
	m->tree = t;
	caller_init(&m->worker, PRIORITY_IMPORT, 0, INT64_MAX);
	m->journal = journal_open(state_dir, url, &m->no_journal);
	t->imports = m;
	if (!m->journal) {
		log_warning("imports of leads are not possible: %s", m->no_journal.text);
		return;
	}
	if (t->conf.read_only || t->conf.dry_run)
		return;
	journal_settle(m->journal, IMPORT_AGE_MS, NULL);
	for (int64_t id = 0; (id = journal_next_id(m->journal, id, "running"));)
		enqueue(m, id, NULL);
	m->has_thread = pthread_create(&m->thread, NULL, worker, m) == 0;
}

void imports_stop(struct tree *t)
{
	if (!t || !t->imports)
		return;
	monitor_lock(t->conf.monitor);
	t->imports->stopping = true;
	caller_wake(&t->imports->worker);
	monitor_unlock(t->conf.monitor);
}

void imports_join(struct tree *t)
{
	if (!t || !t->imports || !t->imports->has_thread)
		return;
	pthread_join(t->imports->thread, NULL);
	t->imports->has_thread = false;
}

void imports_destroy(struct imports *m)
{
	if (!m)
		return;
	imports_stop(m->tree);
	imports_join(m->tree);
	for (struct ticket *t = m->queue, *next; t; t = next) {
		next = t->next;
		free(t);
	}
	journal_close(m->journal);
	caller_release(&m->worker);
	free(m);
}

/* From outside. */

int imports_need_journal(struct tree *t, struct refusal *why)
{
	if (t->imports && t->imports->journal)
		return 0;
	return refuse(why, EIO, "imports are not possible: %s", t->imports ? t->imports->no_journal.text : "not started");
}

static int state_is(struct tree *t, int64_t id, struct refusal *why)
{
	char state[16];
	bool open;
	int rc = journal_state(t->imports->journal, id, state, &open, why);
	if (rc < 0)
		return rc;
	return refuse(why, *state ? EINVAL : ENOENT, "import %lld is %s", (long long)id, *state ? state : "not there");
}

int imports_resume(struct tree *t, int64_t id, struct refusal *why)
{
	int rc = imports_need_journal(t, why);
	if (rc == 0)
		rc = journal_set_state(t->imports->journal, id, "waiting", "running", "", why);
	if (rc < 0)
		return rc;
	return rc == 1 ? enqueue(t->imports, id, why) : state_is(t, id, why);
}

int imports_cancel(struct tree *t, int64_t id, struct refusal *why)
{
	static const char *const from[] = {"running", "waiting"};
	int rc = imports_need_journal(t, why);
	for (size_t i = 0; rc == 0 && i < 2; i++)
		rc = journal_set_state(t->imports->journal, id, from[i], "cancelled", "", why);
	if (rc < 0)
		return rc;
	return rc == 1 ? 0 : state_is(t, id, why);
}

int import_rows(struct tree *t, const char *campaign, const struct import_rows *rows, const char *notes,
	struct caller *caller, bool *ret_taken, struct refusal *why)
{
	bool flags[IMPORT_FLAGS];
	int64_t id;
	if (t->conf.dry_run) {
		_cleanup_buf_ struct buf what = BUF_INIT;
		buf_printf(&what, "leads-add %s: %zu leads in %zu requests", campaign, rows->count,
			(rows->count + IMPORT_BATCH_ROWS - 1) / IMPORT_BATCH_ROWS);
		run_note(t, "DRY RUN", buf_text(&what));
		return 0;
	}
	int rc = imports_need_journal(t, why);
	if (rc == 0)
		rc = import_settings(t, campaign, flags, why);
	if (rc == 0)
		rc = journal_add(t->imports->journal, campaign, rows, flags, notes, &id, why);
	*ret_taken = rc == 0;
	return rc == 0 && rows->count ? run(t->imports, id, caller, why) : rc;
}

int import_append(struct tree *t, const struct ids *at, struct slice text, struct caller *caller, bool *ret_taken,
	struct refusal *why)
{
	_cleanup_rows_ struct import_rows rows;
	int rc = import_parse(text, &rows, why);
	if (rc < 0 || rows.count == 0)
		return rc;
	return import_rows(t, at->v[0], &rows, buf_text(&rows.notes), caller, ret_taken, why);
}
