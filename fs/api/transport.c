#include "fs/api/transport.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <curl/curl.h>

#include "fs/base/buf.h"
#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/secret.h"

enum {
	CONNECTIONS_KEPT = 8,
	BUFFER_BYTES = 16384,
	SLOWEST_BYTES_A_SECOND = 100,
	RETRY_AFTER_MS_MAX = 3600000,
};

#define CERTIFICATES "/etc/ssl/certs"

struct transport {
	CURLM *multi;
	char *url;
	int64_t connect_ms;
	bool loopback;           /* no proxy */
	bool hashed_certificates;
	struct carriage *under_way;
};

/* What an exchange needs of curl while it is under way. */
struct carriage {
	struct carriage *next;
	struct transport *transport;
	struct exchange *exchange;
	CURL *easy;
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	int64_t mark_ms, last_ms; /* beginning of the present stretch; the last byte. 0: no byte yet */
	size_t mark_bytes;        /* that came in the present stretch */
	int stop;                 /* what take() refused with */
};

/* Creating. */

static bool url_is_loopback(const char *url)
{
	const char *host = strstr(url, "://");
	host = host ? host + 3 : url;
	return strncasecmp(host, "localhost", 9) == 0 || strncmp(host, "127.", 4) == 0 ||
		strncmp(host, "[::1]", 5) == 0;
}

/* Does the system keep its certificates by the hash of their names, "002c0b4f.0"? */
static bool has_hashed_certificates(void)
{
	DIR *dir = opendir(CERTIFICATES);
	bool found = false;
	for (struct dirent *entry; dir && !found && (entry = readdir(dir));)
		found = strspn(entry->d_name, "0123456789abcdef") == 8 && strcmp(entry->d_name + 8, ".0") == 0;
	if (dir)
		closedir(dir);
	return found;
}

struct transport *transport_create(const char *url, int64_t connect_ms)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return NULL;
	struct transport *t = calloc(1, sizeof *t);
	if (t) {
		t->url = strdup(url);
		t->multi = curl_multi_init();
		t->connect_ms = connect_ms;
		t->loopback = url_is_loopback(url);
		t->hashed_certificates = has_hashed_certificates();
	}
	if (!t || !t->url || !t->multi) {
		transport_destroy(t);
		return NULL;
	}
	curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
	curl_multi_setopt(t->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	return t;
}

void transport_destroy(struct transport *t)
{
	if (!t)
		return;
	if (t->multi)
		curl_multi_cleanup(t->multi);
	free(t->url);
	free(t);
	curl_global_cleanup();
}

/* Hooks of curl. */

static int on_leave(void *arg, char *remote, char *local, int remote_port, int local_port)
{
	struct carriage *c = arg;
	struct exchange *x = c->exchange;
	(void)remote, (void)local, (void)remote_port, (void)local_port;
	if (!x->hooks->leaves(x))
		return CURL_PREREQFUNC_ABORT;
	x->left = true;
	x->left_ms = clock_ms();
	return CURL_PREREQFUNC_OK;
}

static void bytes_came(struct carriage *c, size_t len)
{
	c->last_ms = clock_ms();
	if (c->mark_ms == 0)
		c->mark_ms = c->last_ms;
	c->mark_bytes += len;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct carriage *c = arg;
	struct exchange *x = c->exchange;
	size_t len = size * count;
	bytes_came(c, len);
	int rc = x->hooks->take(x, bytes, len);
	if (rc < 0) {
		c->stop = rc;
		return 0;
	}
	return len;
}

/* The value of the header `name`, trimmed and copied to `out`. */
static bool header_value(struct slice line, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);
	if (line.len <= n || strncasecmp(line.ptr, name, n) != 0 || line.ptr[n] != ':')
		return false;
	line = slice_trim(slice_skip(line, n + 1));
	if (line.len >= size)
		return false;
	memcpy(out, line.ptr, line.len);
	out[line.len] = '\0';
	return true;
}

/* A decimal number of reasonable size; a fraction is cut off. -1: something else. */
static int64_t read_number(const char *text)
{
	char *end;
	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	return errno == 0 && (*end == '\0' || strchr(".;, ", *end)) ? number : -1;
}

static int64_t read_retry_after(const char *text)
{
	int64_t seconds = read_number(text);
	if (seconds < 0) {
		time_t at = curl_getdate(text, NULL);
		seconds = at == (time_t)-1 ? -1 : (int64_t)at - clock_wall_ms() / 1000;
	}
	if (seconds < 0)
		return -1;
	return seconds > RETRY_AFTER_MS_MAX / 1000 ? RETRY_AFTER_MS_MAX : seconds * 1000;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct carriage *c = arg;
	struct exchange *x = c->exchange;
	struct slice line = {bytes, size * count};
	char value[64];
	bytes_came(c, line.len);
	if (slice_starts(line, "HTTP/")) {
		long status = 0;
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
		x->status = (int)status;
	} else if (header_value(line, "retry-after", value, sizeof value)) {
		x->rate.retry_after_ms = read_retry_after(value);
	} else if (header_value(line, "x-ratelimit-limit", value, sizeof value)) {
		x->rate.limit = read_number(value);
	} else if (header_value(line, "x-ratelimit-remaining", value, sizeof value)) {
		x->rate.remaining = read_number(value);
	} else if (header_value(line, "x-ratelimit-reset", value, sizeof value)) {
		x->rate.reset = read_number(value);
	}
	return line.len;
}

/* Starting. */

/* base/path?query&api_key=… in the form that curl gets; wiped by the caller after curl copied it. */
static int set_url(struct transport *t, struct carriage *c)
{
	const char *path = c->exchange->path;
	_cleanup_buf_ struct buf url = BUF_INIT;
	char *key = curl_easy_escape(c->easy, secret_get(), 0);
	if (!key)
		return -ENOMEM;
	buf_printf(&url, "%s/%s%capi_key=%s", t->url, path, strchr(path, '?') ? '&' : '?', key);
	explicit_bzero(key, strlen(key));
	curl_free(key);
	int rc = buf_failed(&url) || curl_easy_setopt(c->easy, CURLOPT_URL, url.data) != CURLE_OK ? -ENOMEM : 0;
	if (url.data)
		explicit_bzero(url.data, url.len);
	return rc;
}

/*
 * A store with all certificates of the system costs 0.8 MiB of memory; from a directory of hashed ones only what is
 * needed is read. SSL_CERT_FILE is for those who run a service of their own.
 */
static void set_certificates(const struct transport *t, CURL *easy)
{
	const char *file = getenv("SSL_CERT_FILE");
	if (file && *file) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	} else if (t->hashed_certificates) {
		curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
		curl_easy_setopt(easy, CURLOPT_CAPATH, CERTIFICATES);
	}
}

static void set_always(struct transport *t, struct carriage *c)
{
	CURL *easy = c->easy;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)c);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, c->error);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "smartleadfs/" SMARTLEADFS_VERSION);
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)t->connect_ms);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_BYTES);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_leave);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, c);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, c);
	if (t->loopback)
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	set_certificates(t, easy);
}

static bool add_header(struct carriage *c, const char *line)
{
	struct curl_slist *longer = curl_slist_append(c->headers, line);
	if (!longer)
		return false;
	c->headers = longer;
	return true;
}

static int set_request(struct carriage *c)
{
	const struct exchange *x = c->exchange;
	CURL *easy = c->easy;
	bool has_body = x->body.len > 0;
	if (!add_header(c, "Accept: application/json, text/csv, */*") || !add_header(c, "Expect:") ||
		!add_header(c, has_body ? "Content-Type: application/json" : "Content-Type:"))
		return -ENOMEM;
	if (has_body || strcmp(x->method, "POST") == 0 || strcmp(x->method, "PATCH") == 0) {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, has_body ? x->body.ptr : "");
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->body.len);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, strcmp(x->method, "GET") == 0 && !has_body ? NULL : x->method);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, c->headers);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, x->fresh ? 1L : 0L);
	return 0;
}

static void carriage_free(struct carriage *c)
{
	curl_slist_free_all(c->headers);
	curl_easy_cleanup(c->easy);
	free(c);
}

int transport_start(struct transport *t, struct exchange *x)
{
	struct carriage *c = calloc(1, sizeof *c);
	if (!c)
		return -ENOMEM;
	c->transport = t;
	c->exchange = x;
	c->easy = curl_easy_init();
	if (!c->easy) {
		free(c);
		return -ENOMEM;
	}
	set_always(t, c);
	if (set_url(t, c) < 0 || set_request(c) < 0 || curl_multi_add_handle(t->multi, c->easy) != CURLM_OK) {
		carriage_free(c);
		return -ENOMEM;
	}
	x->arrival = STOPPED;
	x->status = 0;
	x->left = false;
	x->rate = (struct rate_headers){-1, -1, -1, -1};
	x->error[0] = '\0';
	x->start_ms = clock_ms();
	x->left_ms = x->end_ms = 0;
	x->carriage = c;
	c->next = t->under_way;
	t->under_way = c;
	return 0;
}

/* Ending. */

static void finish(struct carriage *c, enum arrival arrival, const char *words)
{
	struct transport *t = c->transport;
	struct exchange *x = c->exchange;
	for (struct carriage **at = &t->under_way; *at; at = &(*at)->next) {
		if (*at == c) {
			*at = c->next;
			break;
		}
	}
	curl_multi_remove_handle(t->multi, c->easy);
	x->arrival = arrival;
	x->end_ms = clock_ms();
	snprintf(x->error, sizeof x->error, "%s", words);
	secret_scrub(x->error, strlen(x->error));
	x->carriage = NULL;
	carriage_free(c);
	x->hooks->done(x);
}

static enum arrival classify(const struct carriage *c, CURLcode code)
{
	const struct exchange *x = c->exchange;
	if (code == CURLE_OK)
		return ARRIVED;
	if (c->stop)
		return c->stop == -EFBIG ? TOO_BIG : STOPPED;
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
		return NOT_TRUSTED;
	if (!x->left || code == CURLE_ABORTED_BY_CALLBACK)
		return NOT_SENT;
	if (code == CURLE_OPERATION_TIMEDOUT)
		return SILENT;
	return x->status > 0 ? ARRIVED_HALF : BROKEN;
}

static void finish_with_code(struct carriage *c, CURLcode code)
{
	char words[CURL_ERROR_SIZE + 64];
	enum arrival arrival = classify(c, code);
	const char *what = c->error[0] ? c->error : curl_easy_strerror(code);
	static const char *const before[] = {
		[ARRIVED] = "",
		[ARRIVED_HALF] = "the answer was cut: ",
		[NOT_SENT] = "the service is out of reach: ",
		[NOT_TRUSTED] = "the service cannot prove that it is the right one: ",
		[BROKEN] = "the connection broke: ",
		[SILENT] = "no answer in time: ",
		[TOO_BIG] = "the answer is too big: ",
		[STOPPED] = "stopped: ",
	};
	snprintf(words, sizeof words, "%s%s", before[arrival], arrival == ARRIVED ? "" : what);
	finish(c, arrival, words);
}

void transport_abort(struct transport *t, struct exchange *x)
{
	(void)t;
	if (x->carriage)
		finish(x->carriage, STOPPED, "stopped");
}

/* Time. */

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When this carriage is too late if nothing more comes. Connecting is bounded by curl. */
static int64_t deadline_ms(const struct carriage *c)
{
	const struct exchange *x = c->exchange;
	int64_t at = x->start_ms + x->total_ms;
	if (x->left && c->last_ms == 0)
		at = sooner(at, x->left_ms + x->first_byte_ms);
	if (c->last_ms > 0)
		at = sooner(at, sooner(c->last_ms, c->mark_ms) + x->silence_ms);
	return at;
}

/* A stretch of silence_ms ended: were there enough bytes in it? */
static bool stretch_was_lively(struct carriage *c, int64_t now_ms)
{
	const struct exchange *x = c->exchange;
	if (c->last_ms == 0 || now_ms >= x->start_ms + x->total_ms || now_ms - c->last_ms >= x->silence_ms)
		return false;
	if ((int64_t)c->mark_bytes * 1000 < SLOWEST_BYTES_A_SECOND * x->silence_ms)
		return false;
	c->mark_ms = now_ms;
	c->mark_bytes = 0;
	return true;
}

/* Ends what is too late; returns the next deadline. */
static int64_t sweep(struct transport *t)
{
	int64_t next = INT64_MAX, now_ms = clock_ms();
	for (struct carriage *c = t->under_way, *after; c; c = after) {
		after = c->next;
		if (deadline_ms(c) <= now_ms && !stretch_was_lively(c, now_ms)) {
			finish(c, c->exchange->left ? SILENT : NOT_SENT, "no answer in time");
			/* done() may have started others; begin again, there are few. */
			after = t->under_way;
			next = INT64_MAX;
			continue;
		}
		next = sooner(next, deadline_ms(c));
	}
	return next;
}

void transport_turn(struct transport *t, int64_t wait_ms)
{
	int running, left;
	int64_t until = sweep(t) - clock_ms();
	int64_t wait = sooner(sooner(wait_ms, until < 0 ? 0 : until), 60000);
	curl_multi_poll(t->multi, NULL, 0, (int)(wait < 0 ? 0 : wait), NULL);
	curl_multi_perform(t->multi, &running);
	for (CURLMsg *msg; (msg = curl_multi_info_read(t->multi, &left));) {
		struct carriage *c = NULL;
		CURLcode code = msg->data.result;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&c);
		if (msg->msg == CURLMSG_DONE)
			finish_with_code(c, code);
	}
}

void transport_wake(struct transport *t)
{
	curl_multi_wakeup(t->multi);
}
