#include "fs/tree/import_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/secret.h"
#include "fs/tree/import_journal_inside.h"

enum { BUSY_MS = 10000, KEPT = 200 };

/* The fates are columns f0…f10 of a batch, in their order. */
static const char schema[] =
	"PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA secure_delete=FAST;"
	"CREATE TABLE IF NOT EXISTS imports(id INTEGER PRIMARY KEY AUTOINCREMENT, campaign TEXT NOT NULL,"
	" state TEXT NOT NULL, started_ms INT NOT NULL, updated_ms INT NOT NULL, duplicates INT NOT NULL,"
	" notes TEXT NOT NULL, message TEXT NOT NULL DEFAULT '');"
	"CREATE TABLE IF NOT EXISTS batches(import INT NOT NULL REFERENCES imports ON DELETE CASCADE,"
	" number INT NOT NULL, state TEXT NOT NULL, rows INT NOT NULL, requests INT NOT NULL DEFAULT 0,"
	" again INT NOT NULL DEFAULT 0, body BLOB, f0 INT DEFAULT 0, f1 INT DEFAULT 0, f2 INT DEFAULT 0, f3 INT DEFAULT 0,"
	" f4 INT DEFAULT 0, f5 INT DEFAULT 0, f6 INT DEFAULT 0, f7 INT DEFAULT 0, f8 INT DEFAULT 0, f9 INT DEFAULT 0,"
	" f10 INT DEFAULT 0, PRIMARY KEY(import, number));"
	"CREATE TABLE IF NOT EXISTS rejects(import INT NOT NULL REFERENCES imports ON DELETE CASCADE,"
	" batch INT NOT NULL, reason TEXT NOT NULL, lead TEXT NOT NULL);"
	"CREATE TABLE IF NOT EXISTS settings(campaign TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS rejects_of ON rejects(import, batch);"
	"CREATE VIEW IF NOT EXISTS open_batches AS SELECT * FROM batches WHERE state IN('new','sending','unknown','stopped');";
_Static_assert(FATES == 11, "a column each");

int journal_failed(struct journal *j, struct refusal *why)
{
	int code = sqlite3_errcode(j->db);
	int err = code == SQLITE_FULL ? ENOSPC : code == SQLITE_NOMEM ? ENOMEM : code == SQLITE_BUSY ? EBUSY : EIO;
	return refuse(why, err, "the journal of imports: %s", sqlite3_errmsg(j->db));
}

sqlite3_stmt *journal_query(struct journal *j, const char *sql, const char *types, ...)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(j->db, sql, -1, &st, NULL) != SQLITE_OK)
		return NULL;
	va_list args;
	va_start(args, types);
	for (int i = 0; types[i]; i++) {
		if (types[i] == 'i') {
			sqlite3_bind_int64(st, i + 1, va_arg(args, int64_t));
		} else if (types[i] == 's') {
			sqlite3_bind_text(st, i + 1, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
		} else {
			struct slice text = va_arg(args, struct slice);
			sqlite3_bind_text(st, i + 1, text.ptr, (int)text.len, SQLITE_TRANSIENT);
		}
	}
	va_end(args);
	return st;
}

/* Runs a statement that gives no row, and ends it. */
static int finish(struct journal *j, sqlite3_stmt *st, struct refusal *why)
{
	int rc = st ? sqlite3_step(st) : SQLITE_ERROR;
	rc = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : journal_failed(j, why);
	sqlite3_finalize(st);
	return rc;
}

#define RUN(j, why, sql, ...) finish(j, journal_query(j, sql, __VA_ARGS__), why)

/*
 * `lasting`: on the disk when it is committed, not only safe from a kill. How far an import came need not be: should the machine
 * lose it, the batch is sent again, and the service adds no lead twice.
 */
static int begin_as(struct journal *j, bool lasting, struct refusal *why)
{
	pthread_mutex_lock(&j->mutex);
	int rc = RUN(j, why, lasting ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", "");
	if (rc == 0)
		rc = RUN(j, why, "BEGIN IMMEDIATE", "");
	if (rc < 0)
		pthread_mutex_unlock(&j->mutex);
	return rc;
}

static int begin(struct journal *j, struct refusal *why)
{
	return begin_as(j, true, why);
}

/* Commits what went well (rc ≥ 0), else takes it back. */
static int end(struct journal *j, int rc, struct refusal *why)
{
	int committed = rc < 0 ? rc : RUN(j, why, "COMMIT", "");
	if (committed < 0)
		RUN(j, NULL, "ROLLBACK", "");
	pthread_mutex_unlock(&j->mutex);
	return committed < 0 ? committed : rc;
}

void batch_release(struct batch *b)
{
	free(b->campaign);
	buf_release(&b->body);
	*b = (struct batch){.body = BUF_INIT};
}

/* Opening. */

/* Named after the account, as the shared budget is. */
static int open_files(struct journal *j, const char *state_dir, const char *url, struct refusal *why)
{
	_cleanup_buf_ struct buf db = BUF_INIT, lock = BUF_INIT;
	uint64_t name = secret_account(url);
	j->lock_fd = -1;
	if (state_dir) {
		buf_printf(&db, "%s/imports-%016" PRIx64 ".db", state_dir, name);
		buf_printf(&lock, "%s/imports-%016" PRIx64 ".lock", state_dir, name);
		if (buf_failed(&db) || buf_failed(&lock))
			return refuse_memory(why);
		j->lock_fd = open(lock.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		/* SQLite gives its companions the mode of the file. */
		_cleanup_close_ int fd = open(db.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (j->lock_fd < 0 || fd < 0)
			return refuse(why, errno, "%s: %s", db.data, strerror(errno));
	}
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
	if (sqlite3_open_v2(buf_text(&db), &j->db, flags, NULL) != SQLITE_OK || sqlite3_busy_timeout(j->db, BUSY_MS) != SQLITE_OK ||
		sqlite3_exec(j->db, schema, NULL, NULL, NULL) != SQLITE_OK)
		return j->db ? journal_failed(j, why) : refuse_memory(why);
	return 0;
}

struct journal *journal_open(const char *state_dir, const char *url, struct refusal *why)
{
	struct journal *j = calloc(1, sizeof *j);
	if (!j) {
		refuse_memory(why);
		return NULL;
	}
	pthread_mutex_init(&j->mutex, NULL);
	if (open_files(j, state_dir, url, why) < 0) {
		journal_close(j);
		return NULL;
	}
	return j;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	sqlite3_close(j->db);
	if (j->lock_fd >= 0)
		close(j->lock_fd);
	pthread_mutex_destroy(&j->mutex);
	free(j);
}

static int lock_byte(struct journal *j, int64_t id, short type)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)id, .l_len = 1};
	return j->lock_fd < 0 || fcntl(j->lock_fd, F_OFD_SETLK, &l) == 0 ? 0 : -errno;
}

int journal_claim(struct journal *j, int64_t id, struct refusal *why)
{
	if (lock_byte(j, id, F_WRLCK) < 0)
		return refuse(why, EBUSY, "import %lld is under way in another mount", (long long)id);
	int rc = begin(j, why);
	if (rc == 0)
		rc = end(j, RUN(j, why, "UPDATE batches SET state='unknown' WHERE import=? AND state='sending'", "i", id), why);
	if (rc < 0)
		lock_byte(j, id, F_UNLCK);
	return rc;
}

void journal_release(struct journal *j, int64_t id)
{
	lock_byte(j, id, F_UNLCK);
}

/* Adding. */

/* How many rows from `first` make one request. */
static size_t batch_size(const struct import_rows *rows, size_t first)
{
	size_t n = 0, bytes = 0;
	while (first + n < rows->count && n < IMPORT_BATCH_ROWS) {
		bytes += import_row(rows, first + n).len + 1;
		if (n > 0 && bytes > IMPORT_BATCH_BYTES)
			break;
		n++;
	}
	return n;
}

static int add_batches(struct journal *j, int64_t id, const struct import_rows *rows, const bool flags[IMPORT_FLAGS],
	struct refusal *why)
{
	int rc = 0;
	int64_t number = 1;
	_cleanup_buf_ struct buf body = BUF_INIT;
	for (size_t first = 0, n; rc == 0 && first < rows->count; first += n) {
		n = batch_size(rows, first);
		buf_clear(&body);
		import_body(rows, first, n, flags, &body);
		rc = buf_failed(&body) ? refuse_memory(why)
			: RUN(j, why, "INSERT INTO batches(import,number,state,rows,body) VALUES(?,?,'new',?,?)", "iiit", id,
				number++, (int64_t)n, buf_slice(&body));
	}
	return rc;
}

int journal_add(struct journal *j, const char *campaign, const struct import_rows *rows, const bool flags[IMPORT_FLAGS],
	const char *notes, int64_t *ret_id, struct refusal *why)
{
	int64_t now = clock_wall_ms();
	int rc = begin(j, why);
	if (rc < 0)
		return rc;
	rc = RUN(j, why, "INSERT INTO imports(campaign,state,started_ms,updated_ms,duplicates,notes) VALUES(?,?,?,?,?,?)", "ssiiis",
		campaign, rows->count ? "running" : "done", now, now, (int64_t)rows->duplicates, notes);
	if (rc == 0)
		*ret_id = sqlite3_last_insert_rowid(j->db);
	if (rc == 0)
		rc = add_batches(j, *ret_id, rows, flags, why);
	if (rc == 0)
		rc = RUN(j, why,
			"DELETE FROM imports WHERE state IN('done','cancelled') AND id<=(SELECT max(id) FROM imports)-?", "i",
			(int64_t)KEPT);
	return end(j, rc, why);
}

/* Running. */

int journal_next(struct journal *j, int64_t id, struct batch *out, struct refusal *why)
{
	*out = (struct batch){.import = id, .body = BUF_INIT};
	int rc = begin_as(j, false, why), found = 0;
	if (rc < 0)
		return rc;
	sqlite3_stmt *st = journal_query(j,
		"SELECT b.number, b.again OR b.state!='new', i.campaign, b.body FROM open_batches b JOIN imports i ON i.id=b.import"
		" WHERE i.id=? AND i.state='running' AND b.state!='sending' ORDER BY b.number LIMIT 1", "i", id);
	int got = st ? sqlite3_step(st) : SQLITE_ERROR;
	if (got == SQLITE_ROW) {
		found = 1;
		out->number = sqlite3_column_int64(st, 0);
		out->again = sqlite3_column_int(st, 1);
		out->campaign = strdup((const char *)sqlite3_column_text(st, 2));
		const char *body = (const char *)sqlite3_column_text(st, 3);
		buf_add(&out->body, body ? body : "", (size_t)sqlite3_column_bytes(st, 3));
		rc = out->campaign && !buf_failed(&out->body) ? 0 : refuse_memory(why);
	} else if (got != SQLITE_DONE) {
		rc = journal_failed(j, why);
	}
	sqlite3_finalize(st);
	if (rc == 0 && found)
		rc = RUN(j, why, "UPDATE batches SET state='sending', requests=requests+1, again=again OR state!='new'"
			" WHERE import=? AND number=?", "ii", id, out->number);
	rc = end(j, rc, why);
	if (rc < 0)
		batch_release(out);
	return rc < 0 ? rc : found;
}

static int keep_rejects(struct journal *j, const struct batch *b, const struct import_verdict *v, struct refusal *why)
{
	int rc = RUN(j, why, "DELETE FROM rejects WHERE import=? AND batch=?", "ii", b->import, b->number);
	for (size_t i = 0; rc == 0 && i < v->count; i++)
		rc = RUN(j, why, "INSERT INTO rejects VALUES(?,?,?,?)", "iist", b->import, b->number, v->rejects[i].reason,
			v->rejects[i].lead);
	return rc;
}

int journal_answered(struct journal *j, const struct batch *b, const char *state, const struct import_verdict *v,
	struct refusal *why)
{
	static const struct import_verdict none;
	const int64_t *f = v ? v->fates : none.fates;
	bool closed = strcmp(state, "done") == 0 || strcmp(state, "refused") == 0;
	int rc = begin_as(j, false, why);
	if (rc < 0)
		return rc;
	rc = RUN(j, why, "UPDATE batches SET state=?, body=CASE ? WHEN 1 THEN NULL ELSE body END, f0=?, f1=?, f2=?, f3=?, f4=?, f5=?,"
		" f6=?, f7=?, f8=?, f9=?, f10=? WHERE import=? AND number=?", "siiiiiiiiiiiiii", state, (int64_t)closed, f[0], f[1],
		f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], f[10], b->import, b->number);
	if (rc == 0 && v)
		rc = keep_rejects(j, b, v, why);
	if (rc == 0)
		rc = RUN(j, why, "UPDATE imports SET updated_ms=? WHERE id=?", "ii", clock_wall_ms(), b->import);
	return end(j, rc, why);
}

int journal_set_state(struct journal *j, int64_t id, const char *from, const char *to, const char *message, struct refusal *why)
{
	int rc = begin(j, why);
	if (rc < 0)
		return rc;
	rc = RUN(j, why, "UPDATE imports SET state=?, message=?, updated_ms=? WHERE id=? AND (state=? OR ?='')", "ssiiss", to,
		message, clock_wall_ms(), id, from ? from : "", from ? from : "");
	return end(j, rc < 0 ? rc : sqlite3_changes(j->db) > 0, why);
}

int journal_settle(struct journal *j, int64_t age_ms, struct refusal *why)
{
	int rc = begin(j, why);
	if (rc < 0)
		return rc;
	rc = RUN(j, why, "UPDATE imports SET state='waiting', message='it was interrupted more than an hour ago; write resume"
		" or cancel to its control file' WHERE state='running' AND updated_ms<?", "i", clock_wall_ms() - age_ms);
	return end(j, rc, why);
}

int journal_state(struct journal *j, int64_t id, char state[16], bool *ret_open, struct refusal *why)
{
	pthread_mutex_lock(&j->mutex);
	sqlite3_stmt *st = journal_query(j,
		"SELECT state, EXISTS(SELECT 1 FROM open_batches WHERE import=id) FROM imports WHERE id=?", "i", id);
	int got = st ? sqlite3_step(st) : SQLITE_ERROR, rc = 0;
	state[0] = '\0';
	*ret_open = false;
	if (got == SQLITE_ROW) {
		snprintf(state, 16, "%s", (const char *)sqlite3_column_text(st, 0));
		*ret_open = sqlite3_column_int(st, 1);
	} else if (got != SQLITE_DONE) {
		rc = journal_failed(j, why);
	}
	sqlite3_finalize(st);
	pthread_mutex_unlock(&j->mutex);
	return rc;
}

static int64_t one_number(struct journal *j, sqlite3_stmt *st)
{
	int64_t n = st && sqlite3_step(st) == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_finalize(st);
	pthread_mutex_unlock(&j->mutex);
	return n;
}

int64_t journal_next_id(struct journal *j, int64_t after, const char *state)
{
	pthread_mutex_lock(&j->mutex);
	return one_number(j, journal_query(j, "SELECT min(id) FROM imports WHERE id>? AND (state=? OR ?='')", "iss", after,
		state ? state : "", state ? state : ""));
}

int64_t journal_rejects(struct journal *j, int64_t id)
{
	pthread_mutex_lock(&j->mutex);
	return one_number(j, journal_query(j, "SELECT count(*) FROM rejects WHERE import=?", "i", id));
}

int journal_settings(struct journal *j, const char *campaign, struct buf *out, struct refusal *why)
{
	pthread_mutex_lock(&j->mutex);
	sqlite3_stmt *st = journal_query(j, "SELECT text FROM settings WHERE campaign=?", "s", campaign);
	int got = st ? sqlite3_step(st) : SQLITE_ERROR, rc = 0;
	if (got == SQLITE_ROW)
		buf_add(out, sqlite3_column_text(st, 0), (size_t)sqlite3_column_bytes(st, 0));
	else if (got != SQLITE_DONE)
		rc = journal_failed(j, why);
	sqlite3_finalize(st);
	pthread_mutex_unlock(&j->mutex);
	return rc;
}

int journal_keep_settings(struct journal *j, const char *campaign, struct slice text, struct refusal *why)
{
	int rc = begin(j, why);
	if (rc < 0)
		return rc;
	return end(j, RUN(j, why, "INSERT OR REPLACE INTO settings VALUES(?,?)", "st", campaign, text), why);
}
