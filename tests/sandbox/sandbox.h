/* smartlead-sandbox: a Smartlead account on loopback, written from the API documents. What every part shares. */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <cjson/cJSON.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct MHD_Connection;

enum dialect { REF = 1, LIVE = 2, BOTH = 3 };

/* Switches are set from the command line and by POST /set; lock guards them and the database. */
struct sandbox {
	pthread_mutex_t lock;
	sqlite3 *db;
	char *key;
	bool live;
	double scale;        /* factor on built-in slow operations */
	bool export_live;    /* columns of leads-export */
	bool accounts_empty; /* GET /email-accounts/ over the limit: [] and not an error */
	bool ignore_words;   /* settings words of the other dialect are dropped in silence */
	bool chunked;        /* every answer without Content-Length */
	bool stopped_final;  /* a STOPPED campaign can't be started */
	int64_t visible_ms;  /* replies and uploads are read only after so long */
	int64_t credits;     /* leads that may still be added; -1 = any number */
	_Atomic bool stopping;
};

extern struct sandbox sb;

/* ---- text ---- */

struct buf {
	char *p; /* always NUL-terminated once anything was added */
	size_t n, cap;
};

void buf_add(struct buf *b, const void *p, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_json(struct buf *b, const char *s); /* a JSON string, quotes included; NULL is null */
void buf_free(struct buf *b);
char *vtext(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
char *text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void *need(void *p);                            /* p, or the end of the program: memory ran out */
bool word_in(const char *words, const char *w); /* words: "A|B|C" */
bool email_ok(const char *s);
bool parse_int(const char *s, int64_t *v);

int64_t now_ms(void);  /* wall clock */
int64_t mono_ms(void); /* since the start of the program */
void iso_time(int64_t ms, char out[32]);
int64_t day_number(const char *date); /* YYYY-MM-DD as days since 1970, or -1 */

/* ---- one request ---- */

struct route;
struct fault;

struct pair {
	char *name, *value;
};

struct req {
	struct MHD_Connection *conn;
	char method[8];
	char *path;         /* as sent, without /api/v1 */
	char *route_path;   /* the same without the last slash */
	struct pair *query; /* without api_key */
	size_t n_query;
	struct buf raw; /* the body as it came */
	cJSON *body;    /* parsed, or NULL */
	int64_t id[3];  /* the numbers in the path, in order */
	int64_t t;
	int fd;
	unsigned conn_no;
	bool live, wrong_key, journaled;
	int64_t retry_after; /* > 0: refused by the rate limit */
	int64_t left, reset; /* for the rate headers */
	char fault[64];

	/* the answer */
	int status;
	const char *type;
	struct buf out;
	char *disposition;
	bool (*more)(struct req *r, struct buf *out); /* appends the next piece of a stream; false: that was all */
	int64_t cursor;                               /* for more() */
	bool flag;
	size_t sent, cut_at;
	int64_t drip_ms;
};

const char *query(const struct req *r, const char *name); /* NULL when absent */
int64_t query_int(const struct req *r, const char *name, int64_t otherwise);
bool query_true(const struct req *r, const char *name);

void answer(struct req *r, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void answer_ok(struct req *r); /* {"ok":true} */
void answer_text(struct req *r, const char *type, const char *body);
void fail(struct req *r, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4))); /* {"error":…} */
void bad_value(struct req *r, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* 400, reference 422 */
void not_a_route(struct req *r);

/* ---- what a query or a body may hold ---- */

enum ftype { F_STR, F_NUM, F_INT, F_BOOL, F_DATE, F_TIME, F_ARR, F_OBJ, F_STRS, F_INTS, F_ANY };
enum { NEEDED = 1, NULLABLE = 2, FILLED = 4, OR_NUMBER = 8 };

struct field {
	const char *name;
	enum ftype type;
	unsigned flags;
	double min, max;   /* of a number (none is negative), or of the length of an array; max 0 = no limit */
	const char *words; /* "A|B" */
};

bool check_query(struct req *r, const struct field *fields);
bool check_body(struct req *r, const struct field *fields);
/* where: "" for the body itself, else a path such as "lead_list[0]" */
bool check_object(struct req *r, const cJSON *o, const struct field *fields, const char *where);
bool refuse(struct req *r, const char *source, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 4, 5))); /* always false */

/* ---- routes ---- */

struct route {
	const char *method, *path;
	enum dialect in;
	void (*handle)(struct req *r);
	const struct field *query;
	const struct field *body;
	double slow; /* seconds, times --scale */
};

const struct route *route_find(struct req *r);

/* ---- database: fmt has a letter for each parameter, i = int64_t, s = text or NULL, d = double ---- */

void db_open(const char *dir);
void db_close(void);
void db_run(const char *sql, const char *fmt, ...);
int64_t db_int(const char *sql, const char *fmt, ...);                /* -1: no row, or null */
char *db_text(const char *sql, const char *fmt, ...);                 /* NULL: no row, or null; caller frees */
bool db_row(struct buf *out, const char *sql, const char *fmt, ...);  /* appends the first row's text */
void db_rows(struct buf *out, const char *sql, const char *fmt, ...); /* appends [row,row,…] */
void db_columns(struct buf *out, sqlite3_stmt *st);                   /* appends one row as an object */
sqlite3_stmt *db_prepare(const char *sql);
int64_t next_id(const char *kind);
int64_t nth_id(const char *kind, int64_t n);
extern const char schema_sql[], views_sql[];

void seed_demo(void);
void seed_bulk(int64_t campaigns, int64_t leads, int64_t accounts);
void seed_common(void); /* clients, tags, categories, block list */
int64_t seed_campaign(const char *name, const char *status, bool scheduled);
int64_t seed_step(
	int64_t campaign, int64_t number, const char *subject, const char *body); /* "" and "": has variants */
int64_t seed_variant(int64_t step, const char *label, const char *subject, const char *body);
void seed_account(int64_t n, const char *type);
void seed_leads(int64_t campaign, int64_t first, int64_t count, int64_t steps, bool varied);
void seed_sends(int64_t campaign); /* statistics and replies of the campaign's leads, 60 days up to today */
void seed_link(int64_t campaign, int64_t account);

/* ---- rate limit, faults, journal ---- */

bool limit_parse(const char *s);
void limit_arrive(struct req *r);
void limit_header(struct buf *out);
void limit_stats(struct buf *out);
void limit_reset(void);
struct limit_switches {
	bool retry_after, headers, ban_outlives;
};
extern struct limit_switches limit_set;

enum kind {
	NO_FAULT,
	LATENCY,
	STATUS,
	RESET_BEFORE,
	RESET_AFTER,
	CUT,
	JUNK,
	EMPTY,
	HTML,
	ENDLESS,
	DRIP,
	HANG,
	OK_FALSE,
	DEEP,
	HUGE_BODY
};

struct fault_hit { /* what the rules say about one request */
	enum kind kind;
	int64_t wait_ms, bytes, retry_after;
	int status;
	bool effect;
	char *body;
};

bool fault_add(const cJSON *spec, const char **why);
void fault_pick(struct req *r, struct fault_hit *hit);
void fault_clear(void);
void fault_list(struct buf *out);
bool fault_pause(int fd, int64_t ms); /* ms < 0: for ever; false: cleared, or the peer has gone */
void fault_body(struct req *r, const struct fault_hit *hit); /* turns the answer into the faulty one */

void journal_open(const char *file);
void journal_write(struct req *r);
void journal_list(struct buf *out, int64_t since);
void journal_forget(void);
void journal_close(void);

unsigned api_start(unsigned port);
unsigned control_start(unsigned port);
unsigned api_in_flight(void); /* requests that have no whole answer yet */
void api_stop(void);
void control_stop(void);

/* ---- shared by handlers ---- */

bool campaign_found(struct req *r, int64_t id);
bool lead_found(struct req *r, int64_t campaign, int64_t lead);

#endif
