/* The control port: faults, the journal, and the account behind the client's back. Plain JSON, no key. */
#include "sandbox.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

struct call {
	struct buf raw, out;
	int status;
	cJSON *body;
	struct MHD_Connection *conn;
};

static struct MHD_Daemon *daemon_control;

static void no(struct call *c, const char *why)
{
	c->status = 400;
	c->out.n = 0;
	buf_str(&c->out, "{\"error\":");
	buf_json(&c->out, why);
	buf_str(&c->out, "}\n");
}

static void done(struct call *c)
{
	buf_str(&c->out, "{\"ok\":true}\n");
}

static void faults_add(struct call *c)
{
	const char *why = "a JSON object, or an array of them, is needed";
	const cJSON *one;

	if (cJSON_IsObject(c->body)) {
		if (!fault_add(c->body, &why))
			return no(c, why);
		return done(c);
	}
	if (!cJSON_IsArray(c->body))
		return no(c, why);
	cJSON_ArrayForEach(one, c->body) if (!fault_add(one, &why)) return no(c, why);
	done(c);
}

static void faults_show(struct call *c)
{
	fault_list(&c->out);
}

static void faults_clear(struct call *c)
{
	fault_clear();
	done(c);
}

static void journal_show(struct call *c)
{
	const char *since = MHD_lookup_connection_value(c->conn, MHD_GET_ARGUMENT_KIND, "since");

	journal_list(&c->out, since ? strtoll(since, NULL, 10) : 0);
}

static void journal_clear(struct call *c)
{
	journal_forget();
	limit_reset();
	done(c);
}

static void stats(struct call *c)
{
	buf_str(&c->out, "{");
	limit_stats(&c->out);
	buf_printf(&c->out, ",\"in_flight\":%u,\"dialect\":\"%s\"}\n", api_in_flight(), sb.live ? "live" : "reference");
}

static void run_sql(struct call *c, const char *sql)
{
	const char *sep = "";
	int rc = SQLITE_DONE;

	buf_str(&c->out, "[");
	for (sqlite3_stmt *st; *sql && (rc == SQLITE_DONE); sqlite3_finalize(st)) {
		if (sqlite3_prepare_v2(sb.db, sql, -1, &st, &sql) != SQLITE_OK)
			return no(c, sqlite3_errmsg(sb.db));
		if (!st)
			break;
		while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
			buf_str(&c->out, sep);
			db_columns(&c->out, st);
			sep = ",\n";
		}
	}
	if (rc != SQLITE_DONE)
		return no(c, sqlite3_errmsg(sb.db));
	buf_str(&c->out, "]\n");
}

static void sql_ask(struct call *c)
{
	const char *q = MHD_lookup_connection_value(c->conn, MHD_GET_ARGUMENT_KIND, "q");

	if (q)
		run_sql(c, q);
	else
		no(c, "q is missing");
}

static void edit(struct call *c)
{
	const cJSON *sql = cJSON_GetObjectItemCaseSensitive(c->body, "sql");

	if (!cJSON_IsString(sql))
		return no(c, "sql is missing");
	run_sql(c, sql->valuestring);
}

static bool set_one(const cJSON *v)
{
	static const struct {
		const char *name;
		bool *flag;
	} flags[] = {
		{"retry_after", &limit_set.retry_after},
		{"rate_headers", &limit_set.headers},
		{"ban_outlives", &limit_set.ban_outlives},
		{"chunked", &sb.chunked},
		{"ignore_words", &sb.ignore_words},
		{"stopped_final", &sb.stopped_final},
	};
	const char *s = cJSON_IsString(v) ? v->valuestring : NULL;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (strcmp(v->string, flags[i].name) == 0 && cJSON_IsBool(v)) {
			*flags[i].flag = cJSON_IsTrue(v);
			return true;
		}
	if (strcmp(v->string, "dialect") == 0 && s && word_in("reference|live", s))
		sb.live = sb.export_live = strcmp(s, "live") == 0;
	else if (strcmp(v->string, "export_columns") == 0 && s && word_in("reference|live", s))
		sb.export_live = strcmp(s, "live") == 0;
	else if (strcmp(v->string, "accounts_over_limit") == 0 && s && word_in("empty|error", s))
		sb.accounts_empty = strcmp(s, "empty") == 0;
	else if (strcmp(v->string, "rate") == 0 && s)
		return limit_parse(s);
	else if (strcmp(v->string, "visible_ms") == 0 && cJSON_IsNumber(v))
		sb.visible_ms = (int64_t)v->valuedouble;
	else if (strcmp(v->string, "credits") == 0 && cJSON_IsNumber(v))
		sb.credits = (int64_t)v->valuedouble;
	else if (strcmp(v->string, "scale") == 0 && cJSON_IsNumber(v))
		sb.scale = v->valuedouble;
	else
		return false;
	return true;
}

static void set(struct call *c)
{
	if (!cJSON_IsObject(c->body))
		return no(c, "a JSON object is needed");
	for (const cJSON *v = c->body->child; v; v = v->next)
		if (!set_one(v))
			return no(c, v->string);
	done(c);
}

static const struct {
	const char *method, *path;
	bool locked;
	void (*handle)(struct call *c);
} calls[] = {
	{"POST", "/faults", false, faults_add},
	{"GET", "/faults", false, faults_show},
	{"DELETE", "/faults", false, faults_clear},
	{"GET", "/journal", false, journal_show},
	{"DELETE", "/journal", false, journal_clear},
	{"GET", "/stats", false, stats},
	{"POST", "/edit", true, edit},
	{"GET", "/sql", true, sql_ask},
	{"POST", "/set", true, set},
};

static void run(struct call *c, const char *method, const char *url)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (strcmp(method, calls[i].method) || strcmp(url, calls[i].path))
			continue;
		if (calls[i].locked)
			pthread_mutex_lock(&sb.lock);
		calls[i].handle(c);
		if (calls[i].locked)
			pthread_mutex_unlock(&sb.lock);
		return;
	}
	no(c, "no such control call");
	c->status = 404;
}

static enum MHD_Result on_call(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
	const char *version, const char *data, size_t *size, void **slot)
{
	struct call *c = *slot;

	(void)cls;
	(void)version;
	if (!c) {
		c = *slot = need(calloc(1, sizeof(*c)));
		c->conn = conn;
		c->status = 200;
		return MHD_YES;
	}
	if (*size) {
		buf_add(&c->raw, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (c->raw.n)
		c->body = cJSON_Parse(c->raw.p);
	run(c, method, url);
	struct MHD_Response *m = need(MHD_create_response_from_buffer(c->out.n, c->out.p, MHD_RESPMEM_MUST_COPY));
	MHD_add_response_header(m, "Content-Type", "application/json");
	enum MHD_Result ok = MHD_queue_response(conn, (unsigned)c->status, m);
	MHD_destroy_response(m);
	return ok;
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **slot, enum MHD_RequestTerminationCode why)
{
	struct call *c = *slot;

	(void)cls;
	(void)conn;
	(void)why;
	if (!c)
		return;
	buf_free(&c->raw);
	buf_free(&c->out);
	cJSON_Delete(c->body);
	free(c);
	*slot = NULL;
}

unsigned control_start(unsigned port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	daemon_control =
		MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, 0,
			NULL, NULL, on_call, NULL, MHD_OPTION_SOCK_ADDR, &a, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
			NULL, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
	if (!daemon_control)
		return 0;
	return MHD_get_daemon_info(daemon_control, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void control_stop(void)
{
	MHD_stop_daemon(daemon_control);
}
