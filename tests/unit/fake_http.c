#include "fake_http.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 64 };

struct fake_http {
	const struct fake_answer *script;
	int script_len;
	int listener, port;
	char url[64];
	pthread_t acceptor, threads[CONNECTIONS_MAX];
	int thread_count;
	pthread_mutex_t mutex;
	bool stopping;
	int count;
	char lines[FAKE_SEEN_MAX][FAKE_LINE_MAX];
	char bodies[FAKE_SEEN_MAX][FAKE_LINE_MAX];
	int64_t times[FAKE_SEEN_MAX];
};

struct connection {
	struct fake_http *server;
	int fd;
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool is_stopping(struct fake_http *s)
{
	pthread_mutex_lock(&s->mutex);
	bool stopping = s->stopping;
	pthread_mutex_unlock(&s->mutex);
	return stopping;
}

/* Sleeps; false when the server stops. */
static bool nap(struct fake_http *s, int ms)
{
	for (int64_t end = now_ms() + ms; now_ms() < end;) {
		if (is_stopping(s))
			return false;
		usleep(2000);
	}
	return true;
}

/* Bytes, or 0 at the end of the connection or the server. */
static size_t receive(struct connection *c, char *out, size_t size)
{
	struct pollfd p = {c->fd, POLLIN, 0};
	while (!is_stopping(c->server)) {
		if (poll(&p, 1, 5) <= 0)
			continue;
		ssize_t n = recv(c->fd, out, size, 0);
		return n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* One request with its body into `in`; false: no more. */
static bool read_request(struct connection *c, char *in, size_t size, const char **ret_body)
{
	size_t len = 0, need = 0;
	char *body = NULL;
	for (;;) {
		size_t n = receive(c, in + len, size - 1 - len);
		if (n == 0)
			return false;
		len += n;
		in[len] = '\0';
		if (!body && (body = strstr(in, "\r\n\r\n"))) {
			body += 4;
			char *length = strcasestr(in, "content-length:");
			need = length && length < body ? (size_t)atol(length + 15) : 0;
		}
		if (body && (size_t)(in + len - body) >= need)
			break;
	}
	*ret_body = body;
	return true;
}

static const struct fake_answer *note(struct fake_http *s, const char *in, const char *body)
{
	pthread_mutex_lock(&s->mutex);
	int i = s->count < FAKE_SEEN_MAX ? s->count : FAKE_SEEN_MAX - 1;
	int line = (int)(strstr(in, " HTTP/") - in);
	snprintf(s->lines[i], FAKE_LINE_MAX, "%.*s", line, in);
	snprintf(s->bodies[i], FAKE_LINE_MAX, "%s", body);
	s->times[i] = now_ms();
	const struct fake_answer *a = &s->script[s->count < s->script_len ? s->count : s->script_len - 1];
	s->count++;
	pthread_mutex_unlock(&s->mutex);
	return a;
}

static bool say(struct connection *c, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static void say_for_ever(struct connection *c, const char *bytes, size_t len, int pause_ms)
{
	while (!is_stopping(c->server) && say(c, bytes, len))
		if (pause_ms > 0 && !nap(c->server, pause_ms))
			return;
}

static void reset(struct connection *c)
{
	struct linger hard = {1, 0};
	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

/* False: the connection ends. */
static bool answer(struct connection *c, const struct fake_answer *a)
{
	static const char flood[65536] = " ";
	char head[1024];
	const char *body = a->body ? a->body : "";
	bool endless = a->then == FAKE_DRIP || a->then == FAKE_FLOOD;
	if (a->then == FAKE_HANG)
		nap(c->server, 1 << 30);
	if (!nap(c->server, a->delay_ms) || a->then == FAKE_HANG)
		return false;
	if (a->then == FAKE_RESET) {
		reset(c);
		return false;
	}
	size_t promised = endless ? 1u << 30 : strlen(body) + (a->then == FAKE_CUT ? 10 : 0);
	int n = snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", a->status ? a->status : 200,
		promised, a->headers ? a->headers : "");
	if (a->bytes ? !say(c, a->bytes, strlen(a->bytes)) : !say(c, head, (size_t)n) || !say(c, body, strlen(body)))
		return false;
	if (a->then == FAKE_DRIP)
		say_for_ever(c, " ", 1, 20);
	if (a->then == FAKE_FLOOD)
		say_for_ever(c, flood, sizeof flood, 0);
	return a->then == FAKE_KEEP;
}

static void *serve(void *arg)
{
	struct connection *c = arg;
	char *in = malloc(1 << 20);
	const char *body;
	while (in && read_request(c, in, 1 << 20, &body) && answer(c, note(c->server, in, body)))
		;
	close(c->fd);
	free(in);
	free(c);
	return NULL;
}

static void *accept_all(void *arg)
{
	struct fake_http *s = arg;
	struct pollfd p = {s->listener, POLLIN, 0};
	while (!is_stopping(s)) {
		if (poll(&p, 1, 5) <= 0)
			continue;
		struct connection *c = malloc(sizeof *c);
		*c = (struct connection){s, accept(s->listener, NULL, NULL)};
		if (s->thread_count == CONNECTIONS_MAX)
			abort();
		pthread_create(&s->threads[s->thread_count++], NULL, serve, c);
	}
	return NULL;
}

struct fake_http *fake_start(const struct fake_answer *script, int script_len)
{
	struct fake_http *s = calloc(1, sizeof *s);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	s->script = script;
	s->script_len = script_len;
	pthread_mutex_init(&s->mutex, NULL);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(s->listener, 64) < 0 ||
		getsockname(s->listener, (struct sockaddr *)&at, &len) < 0)
		abort();
	s->port = ntohs(at.sin_port);
	snprintf(s->url, sizeof s->url, "http://127.0.0.1:%d/api/v1", s->port);
	pthread_create(&s->acceptor, NULL, accept_all, s);
	return s;
}

void fake_stop(struct fake_http *s)
{
	pthread_mutex_lock(&s->mutex);
	s->stopping = true;
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->acceptor, NULL);
	for (int i = 0; i < s->thread_count; i++)
		pthread_join(s->threads[i], NULL);
	close(s->listener);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

const char *fake_url(const struct fake_http *s)
{
	return s->url;
}

int fake_count(struct fake_http *s)
{
	pthread_mutex_lock(&s->mutex);
	int n = s->count;
	pthread_mutex_unlock(&s->mutex);
	return n;
}

const char *fake_line(struct fake_http *s, int i)
{
	return s->lines[i];
}

const char *fake_body(struct fake_http *s, int i)
{
	return s->bodies[i];
}

int64_t fake_time_ms(struct fake_http *s, int i)
{
	return s->times[i];
}
