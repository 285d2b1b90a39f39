/*
 * frontmatter.h - one e-mail of a sequence as a file: subject and delay in front, then the body byte for byte. Pure.
 *
 *     ---
 *     subject: Quick question, {{first_name}}
 *     delay_in_days: 3
 *     ---
 *     <p>Hi {{first_name}},</p>
 */
#pragma once

#include "fs/base/buf.h"
#include "fs/base/refusal.h"
#include "fs/base/slice.h"

enum { DELAY_DAYS_MAX = 365 };

struct email_text {
	struct buf subject;
	int delay_in_days; /* -1: the line is missing */
	struct buf body;   /* without the one newline that the file has after it */
};

void email_text_release(struct email_text *e);

/*
 * Appends the file's text. A subject that a plain line cannot hold (control characters, leading or trailing blanks, a
 * leading quote) is written as a JSON string.
 */
void frontmatter_print(struct slice subject, int delay_in_days, struct slice body, struct buf *out);

/*
 * Reads a file back into *out (to be released by the caller; untouched on failure): parse(print(x)) == x for every
 * text that JSON can carry, that is valid UTF-8 without NUL. -EINVAL "line L: …" for a missing or unclosed front
 * matter, an unknown or repeated key, a delay that is not a whole number from 0 to DELAY_DAYS_MAX, a subject that opens
 * a quote and is no JSON string, NUL, invalid UTF-8. In the front matter CRLF, blank lines and a byte order mark are
 * accepted.
 */
int frontmatter_parse(struct slice text, struct email_text *out, struct refusal *why);
