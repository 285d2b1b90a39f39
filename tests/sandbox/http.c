/* The API's own server: one thread a connection, so that whatever hangs keeps only itself waiting. */
#include "sandbox.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define PREFIX "/api/v1"
#define BODY_MAX (64u << 20)

static struct MHD_Daemon *daemon_api;
static unsigned connections, in_flight;

/* ---- the request ---- */

static enum MHD_Result add_pair(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct req *r = cls;

	(void)kind;
	if (strcmp(name, "api_key") == 0) {
		r->wrong_key = !value || strcmp(value, sb.key) != 0;
		return MHD_YES;
	}
	r->query = need(realloc(r->query, (r->n_query + 1) * sizeof(*r->query)));
	r->query[r->n_query].name = need(strdup(name));
	r->query[r->n_query++].value = need(strdup(value ? value : ""));
	return MHD_YES;
}

static struct req *request_new(struct MHD_Connection *conn, const char *url, const char *method)
{
	struct req *r = need(calloc(1, sizeof(*r)));
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *no = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	bool ours = strncmp(url, PREFIX "/", sizeof(PREFIX)) == 0;

	__atomic_add_fetch(&in_flight, 1, __ATOMIC_RELAXED);
	r->conn = conn;
	r->t = mono_ms();
	r->fd = fd->connect_fd;
	r->conn_no = no ? (unsigned)(uintptr_t)no->socket_context : 0;
	snprintf(r->method, sizeof(r->method), "%s", method);
	r->path = need(strdup(ours ? url + sizeof(PREFIX) - 1 : url));
	r->route_path = need(strdup(ours ? r->path : "/"));
	size_t n = strlen(r->route_path);
	if (n > 1 && r->route_path[n - 1] == '/')
		r->route_path[n - 1] = '\0';
	r->type = "application/json";
	r->wrong_key = true;
	MHD_get_connection_values(conn, MHD_GET_ARGUMENT_KIND, add_pair, r);
	if (!r->wrong_key)
		limit_arrive(r); /* the clock of the limit is the arrival, not the end of the body */
	return r;
}

static void request_free(struct req *r)
{
	for (size_t i = 0; i < r->n_query; i++) {
		free(r->query[i].name);
		free(r->query[i].value);
	}
	free(r->query);
	free(r->path);
	free(r->route_path);
	free(r->disposition);
	buf_free(&r->raw);
	buf_free(&r->out);
	cJSON_Delete(r->body);
	free(r);
}

const char *query(const struct req *r, const char *name)
{
	for (size_t i = 0; i < r->n_query; i++)
		if (strcmp(r->query[i].name, name) == 0)
			return r->query[i].value;
	return NULL;
}

int64_t query_int(const struct req *r, const char *name, int64_t otherwise)
{
	const char *s = query(r, name);
	int64_t v;

	return s && parse_int(s, &v) ? v : otherwise;
}

bool query_true(const struct req *r, const char *name)
{
	const char *s = query(r, name);

	return s && strcmp(s, "true") == 0;
}

/* ---- what every request goes through before its handler ---- */

static void wrong_key(struct req *r)
{
	bool given = MHD_lookup_connection_value(r->conn, MHD_GET_ARGUMENT_KIND, "api_key");

	answer(r, 401, given ? "{\"message\":\"Invalid API Key\"}" : "{\"message\":\"API key is required.\"}");
}

static void too_many(struct req *r)
{
	if (r->live)
		answer(r, 429,
			"{\"error\":{\"code\":\"RATE_LIMIT_EXCEEDED\",\"message\":\"Too many requests\","
			"\"retry_after\":%lld}}",
			(long long)r->retry_after);
	else
		fail(r, 429, "Rate limit exceeded");
}

/* Cloudflare in front of the live service refuses what looks like a script's default */
static bool refused_agent(const struct req *r)
{
	const char *ua = MHD_lookup_connection_value(r->conn, MHD_HEADER_KIND, "User-Agent");

	return r->live && (!ua || !*ua || strncmp(ua, "Python-urllib", 13) == 0);
}

static bool body_ok(struct req *r)
{
	const char *type = MHD_lookup_connection_value(r->conn, MHD_HEADER_KIND, "Content-Type");

	if (!r->raw.n || strcmp(r->method, "GET") == 0)
		return true;
	if (!type || strncasecmp(type, "application/json", 16) != 0)
		return refuse(r, "body", "value", "Content-Type must be application/json");
	/* cJSON is more lenient than JSON: a line break inside a string is not JSON */
	if (!r->body || db_int("SELECT json_valid(?)", "s", r->raw.p) != 1) {
		fail(r, 400, "Unexpected token in JSON");
		return false;
	}
	return true;
}

static void handle(struct req *r, const struct route *route)
{
	bool writes = strcmp(r->method, "GET") != 0;

	if (writes)
		db_run("BEGIN", "");
	if (check_query(r, route->query) && body_ok(r) && (!writes || check_body(r, route->body)))
		route->handle(r);
	if (writes)
		db_run(r->status < 400 ? "COMMIT" : "ROLLBACK", "");
}

static void take_effect(struct req *r)
{
	pthread_mutex_lock(&sb.lock);
	r->live = sb.live;
	const struct route *route = route_find(r);
	double slow = route ? route->slow * sb.scale : 0;
	pthread_mutex_unlock(&sb.lock);
	if (slow > 0)
		fault_pause(r->fd, (int64_t)(slow * 1000));
	if (r->status)
		return;
	pthread_mutex_lock(&sb.lock);
	handle(r, route);
	pthread_mutex_unlock(&sb.lock);
}

/* false: close the connection by a reset */
static bool decide(struct req *r)
{
	struct fault_hit hit;

	r->live = sb.live;
	if (refused_agent(r)) {
		r->status = 403;
		answer_text(r, "text/html", "error code: 1010");
		return true;
	}
	if (r->wrong_key || r->retry_after) {
		if (r->wrong_key)
			wrong_key(r);
		else
			too_many(r);
		return true;
	}
	fault_pick(r, &hit);
	if (hit.wait_ms)
		fault_pause(r->fd, hit.wait_ms);
	if (hit.effect)
		take_effect(r);
	if (hit.kind == HANG)
		fault_pause(r->fd, -1);
	bool reset = hit.kind == RESET_BEFORE || hit.kind == RESET_AFTER || hit.kind == HANG;
	if (reset)
		r->status = 0; /* nobody saw one */
	else
		fault_body(r, &hit);
	free(hit.body);
	return !reset;
}

/* ---- the answer on its way ---- */

static ssize_t reader(void *cls, uint64_t pos, char *to, size_t max)
{
	struct req *r = cls;

	(void)pos;
	if (r->cut_at && r->sent >= r->cut_at) {
		journal_write(r);
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	if (r->sent == r->out.n && r->more) {
		r->out.n = r->sent = 0;
		if (!r->more(r, &r->out))
			r->more = NULL;
	}
	size_t n = (r->cut_at ? r->cut_at : r->out.n) - r->sent;
	if (!n)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (r->drip_ms) {
		if (!fault_pause(r->fd, r->drip_ms))
			return MHD_CONTENT_READER_END_WITH_ERROR;
		n = 1;
	}
	n = n > max ? max : n;
	memcpy(to, r->out.p + r->sent, n);
	r->sent += n;
	if (r->sent == r->out.n && !r->more)
		journal_write(r);
	return (ssize_t)n;
}

static void add_headers(struct req *r, struct MHD_Response *m)
{
	char n[32];

	MHD_add_response_header(m, "Content-Type", r->type);
	if (r->disposition)
		MHD_add_response_header(m, "Content-Disposition", r->disposition);
	if (limit_set.headers && r->left >= 0 && !r->wrong_key) {
		struct buf b = {0};

		limit_header(&b);
		MHD_add_response_header(m, "X-RateLimit-Limit", b.p);
		buf_free(&b);
		snprintf(n, sizeof(n), "%lld", (long long)r->left);
		MHD_add_response_header(m, "X-RateLimit-Remaining", n);
		snprintf(n, sizeof(n), "%lld", (long long)r->reset);
		MHD_add_response_header(m, "X-RateLimit-Reset", n);
	}
	if (r->retry_after > 0 && (limit_set.retry_after || r->fault[0])) {
		snprintf(n, sizeof(n), "%lld", (long long)r->retry_after);
		MHD_add_response_header(m, "Retry-After", n);
	}
}

static enum MHD_Result send_answer(struct req *r)
{
	struct MHD_Response *m;

	if (r->more || r->cut_at || r->drip_ms || sb.chunked) {
		m = MHD_create_response_from_callback(
			r->more || sb.chunked ? MHD_SIZE_UNKNOWN : r->out.n, 65536, reader, r, NULL);
	} else {
		journal_write(r);
		m = MHD_create_response_from_buffer(r->out.n, r->out.p, MHD_RESPMEM_PERSISTENT);
	}
	add_headers(r, need(m));
	enum MHD_Result ok = MHD_queue_response(r->conn, (unsigned)r->status, m);
	MHD_destroy_response(m);
	return ok;
}

/* Disconnecting a TCP socket by AF_UNSPEC sends an RST at once, whatever the library does when it closes. */
static void reset(const struct req *r)
{
	struct sockaddr none = {.sa_family = AF_UNSPEC};

	connect(r->fd, &none, sizeof(none));
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
	const char *version, const char *data, size_t *size, void **slot)
{
	struct req *r = *slot;

	(void)cls;
	(void)version;
	if (!r) {
		*slot = request_new(conn, url, method);
		return MHD_YES;
	}
	if (*size) {
		if (r->raw.n + *size > BODY_MAX)
			return MHD_NO;
		buf_add(&r->raw, data, *size);
		*size = 0;
		return MHD_YES;
	}
	const char *end = NULL;
	if (r->raw.n)
		r->body = cJSON_ParseWithOpts(r->raw.p, &end, true);
	if (!decide(r)) {
		journal_write(r);
		reset(r);
		return MHD_NO;
	}
	return send_answer(r);
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **slot, enum MHD_RequestTerminationCode why)
{
	struct req *r = *slot;

	(void)cls;
	(void)conn;
	(void)why;
	if (!r)
		return;
	journal_write(r);
	request_free(r);
	__atomic_sub_fetch(&in_flight, 1, __ATOMIC_RELAXED);
	*slot = NULL;
}

static void on_connection(void *cls, struct MHD_Connection *conn, void **slot, enum MHD_ConnectionNotificationCode code)
{
	(void)cls;
	(void)conn;
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*slot = (void *)(uintptr_t)__atomic_add_fetch(&connections, 1, __ATOMIC_RELAXED);
}

unsigned api_start(unsigned port)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	daemon_api = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, 0,
		NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR, &a, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, NULL, MHD_OPTION_CONNECTION_LIMIT, 4096u,
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)(1 << 20), MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
		MHD_OPTION_END);
	if (!daemon_api)
		return 0;
	return MHD_get_daemon_info(daemon_api, MHD_DAEMON_INFO_BIND_PORT)->port;
}

unsigned api_in_flight(void)
{
	return __atomic_load_n(&in_flight, __ATOMIC_RELAXED);
}

void api_stop(void)
{
	MHD_stop_daemon(daemon_api);
}
