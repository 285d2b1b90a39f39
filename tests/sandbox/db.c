/* SQLite as the account: short helpers, and a few functions that the views use. */
#include "sandbox.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *sql)
{
	fprintf(stderr, "smartlead-sandbox: %s in: %s\n", sqlite3_errmsg(sb.db), sql);
	abort();
}

sqlite3_stmt *db_prepare(const char *sql)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(sb.db, sql, -1, &st, NULL) != SQLITE_OK)
		die(sql);
	return st;
}

/* Statements kept for the next time: adding 400 leads is 2,400 of some ten. Guarded by sb.lock, as the database is. */
static sqlite3_stmt *kept[64];

static sqlite3_stmt **place_of(const char *sql)
{
	unsigned h = 2166136261u;

	for (const char *p = sql; *p; p++)
		h = (h ^ (unsigned char)*p) * 16777619u;
	return &kept[h % (sizeof(kept) / sizeof(*kept))];
}

static sqlite3_stmt *take(const char *sql)
{
	sqlite3_stmt **at = place_of(sql), *st = *at;

	if (!st || strcmp(sqlite3_sql(st), sql) != 0)
		return db_prepare(sql);
	*at = NULL;
	return st;
}

static void give_back(sqlite3_stmt *st)
{
	sqlite3_stmt **at = place_of(sqlite3_sql(st));

	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	sqlite3_finalize(*at);
	*at = st;
}

static sqlite3_stmt *bound(const char *sql, const char *fmt, va_list ap)
{
	sqlite3_stmt *st = take(sql);

	for (int i = 1; fmt[i - 1]; i++) {
		if (fmt[i - 1] == 'i')
			sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
		else if (fmt[i - 1] == 'd')
			sqlite3_bind_double(st, i, va_arg(ap, double));
		else
			sqlite3_bind_text(st, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
	}
	return st;
}

static bool step(sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		die(sqlite3_sql(st));
	return rc == SQLITE_ROW;
}

static void add_text(struct buf *out, sqlite3_stmt *st)
{
	const char *s = (const char *)sqlite3_column_text(st, 0);

	buf_add(out, s ? s : "null", s ? (size_t)sqlite3_column_bytes(st, 0) : 4);
}

void db_run(const char *sql, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sqlite3_stmt *st = bound(sql, fmt, ap);
	va_end(ap);
	while (step(st))
		;
	give_back(st);
}

int64_t db_int(const char *sql, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sqlite3_stmt *st = bound(sql, fmt, ap);
	va_end(ap);
	int64_t v = step(st) && sqlite3_column_type(st, 0) != SQLITE_NULL ? sqlite3_column_int64(st, 0) : -1;
	give_back(st);
	return v;
}

char *db_text(const char *sql, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sqlite3_stmt *st = bound(sql, fmt, ap);
	va_end(ap);
	const char *s = step(st) ? (const char *)sqlite3_column_text(st, 0) : NULL;
	char *copy = s ? need(strdup(s)) : NULL;
	give_back(st);
	return copy;
}

bool db_row(struct buf *out, const char *sql, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sqlite3_stmt *st = bound(sql, fmt, ap);
	va_end(ap);
	bool found = step(st);
	if (found)
		add_text(out, st);
	give_back(st);
	return found;
}

void db_rows(struct buf *out, const char *sql, const char *fmt, ...)
{
	const char *sep = "";
	va_list ap;

	va_start(ap, fmt);
	sqlite3_stmt *st = bound(sql, fmt, ap);
	va_end(ap);
	buf_str(out, "[");
	while (step(st)) {
		buf_str(out, sep);
		add_text(out, st);
		sep = ",";
	}
	buf_str(out, "]");
	give_back(st);
}

void db_columns(struct buf *out, sqlite3_stmt *st)
{
	buf_str(out, "{");
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		const char *s = (const char *)sqlite3_column_text(st, i);
		int type = sqlite3_column_type(st, i);

		if (i)
			buf_str(out, ",");
		buf_json(out, sqlite3_column_name(st, i));
		buf_str(out, ":");
		if (s && (type == SQLITE_INTEGER || type == SQLITE_FLOAT))
			buf_str(out, s);
		else
			buf_json(out, s);
	}
	buf_str(out, "}");
}

/* ---- functions for SQL ---- */

static void sql_is_live(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	(void)v;
	sqlite3_result_int(c, sb.live);
}

static void sql_now(sqlite3_context *c, int n, sqlite3_value **v)
{
	char s[32];

	(void)n;
	(void)v;
	iso_time(now_ms(), s);
	sqlite3_result_text(c, s, -1, SQLITE_TRANSIENT);
}

static void sql_now_ms(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	(void)v;
	sqlite3_result_int64(c, now_ms());
}

static void sql_base64(sqlite3_context *c, int n, sqlite3_value **v)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *s = sqlite3_value_text(v[0]);
	struct buf b = {0};

	(void)n;
	if (!s)
		return;
	for (int left = sqlite3_value_bytes(v[0]); left > 0; left -= 3, s += 3) {
		unsigned x = (unsigned)s[0] << 16 | (left > 1 ? (unsigned)s[1] << 8 : 0) | (left > 2 ? s[2] : 0u);
		char q[4] = {digits[x >> 18], digits[x >> 12 & 63], left > 1 ? digits[x >> 6 & 63] : '=',
			left > 2 ? digits[x & 63] : '='};
		buf_add(&b, q, 4);
	}
	sqlite3_result_text(c, b.p ? b.p : "", -1, SQLITE_TRANSIENT);
	buf_free(&b);
}

/* A CSV cell: quoted only where RFC 4180 wants it */
static void sql_csv(sqlite3_context *c, int n, sqlite3_value **v)
{
	const char *s = (const char *)sqlite3_value_text(v[0]);
	struct buf b = {0};

	(void)n;
	if (s && !strpbrk(s, "\",\r\n")) {
		sqlite3_result_value(c, v[0]);
		return;
	}
	buf_str(&b, s ? "\"" : "");
	for (; s && *s; s++)
		buf_add(&b, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
	buf_str(&b, b.n ? "\"" : "");
	sqlite3_result_text(c, b.p, -1, SQLITE_TRANSIENT);
	buf_free(&b);
}

static void add_functions(void)
{
	static const struct {
		const char *name;
		int args, flags;
		void (*f)(sqlite3_context *, int, sqlite3_value **);
	} all[] = {
		{"is_live", 0, 0, sql_is_live},
		{"now", 0, 0, sql_now},
		{"now_ms", 0, 0, sql_now_ms},
		{"base64", 1, SQLITE_DETERMINISTIC, sql_base64},
		{"csv", 1, SQLITE_DETERMINISTIC, sql_csv},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		sqlite3_create_function(
			sb.db, all[i].name, all[i].args, SQLITE_UTF8 | all[i].flags, NULL, all[i].f, NULL, NULL);
}

static void script(const char *sql)
{
	if (sqlite3_exec(sb.db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die("the schema");
}

void db_open(const char *dir)
{
	char *file = dir ? text("%s/sandbox.db", dir) : need(strdup(":memory:"));

	if (sqlite3_open(file, &sb.db) != SQLITE_OK) {
		fprintf(stderr, "smartlead-sandbox: %s: %s\n", file, sqlite3_errmsg(sb.db));
		exit(1);
	}
	free(file);
	sqlite3_busy_timeout(sb.db, 2000);
	add_functions();
	script("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY;");
	script(schema_sql);
	script(views_sql); /* temporary, so an old state directory has the views of this program */
}

void db_close(void)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		sqlite3_finalize(kept[i]);
	sqlite3_close(sb.db);
}
