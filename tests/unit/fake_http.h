/*
 * fake_http.h - a tiny HTTP server on loopback for test_client: each connection's requests are answered by a script.
 * It keeps what it was asked, so that a test can count arrivals.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_SEEN_MAX = 256, FAKE_LINE_MAX = 512 };

struct fake_http;

/* What to do with one request. */
struct fake_answer {
	const char *bytes;   /* sent as they are; NULL: built from status and body */
	int status;          /* 0: 200 */
	const char *headers; /* more header lines, each with \r\n; or NULL */
	const char *body;
	int delay_ms;        /* before the answer */
	enum {
		FAKE_KEEP,   /* go on with the connection */
		FAKE_CLOSE,  /* close it after the answer */
		FAKE_RESET,  /* reset it in place of an answer */
		FAKE_CUT,    /* promise ten bytes more than there are, then close */
		FAKE_DRIP,   /* a byte of the body every 20 ms, for ever */
		FAKE_FLOOD,  /* bytes without end */
		FAKE_HANG,   /* nothing, until the server stops */
	} then;
};

/* `script` answers request after request; the last one answers all further ones. It must outlive the server. */
struct fake_http *fake_start(const struct fake_answer *script, int script_len);
void fake_stop(struct fake_http *s);

const char *fake_url(const struct fake_http *s); /* http://127.0.0.1:port/api/v1 */

/* How many requests came; line i is "METHOD target"; time and body of it. */
int fake_count(struct fake_http *s);
const char *fake_line(struct fake_http *s, int i);
const char *fake_body(struct fake_http *s, int i);
int64_t fake_time_ms(struct fake_http *s, int i);
