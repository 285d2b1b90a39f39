/*
 * mbox.h - a conversation as an mbox file (mboxrd: From_ lines quoted) that mutt -f opens. Pure.
 */
#pragma once

#include <stdint.h>

#include "fs/base/buf.h"
#include "fs/base/slice.h"

struct mbox_message {
	struct slice from, to, cc, bcc; /* addresses, as text; empty: the header is left out */
	struct slice subject;           /* empty: "Re: " + the last subject before it is the caller's business */
	struct slice message_id;        /* with or without <>; empty: one is made from `fallback_id` */
	struct slice in_reply_to;       /* may be empty */
	struct slice fallback_id;       /* unique within the thread */
	struct slice html;              /* body */
	int64_t time_ms;                /* since 1970 UTC; outside of the years 1 to 9999 the nearest of them */
};

/*
 * Appends one message: From_ line with the date in asctime form (UTC), RFC 5322 Date, From, To, Cc, Bcc, Subject (RFC
 * 2047, folded at 76), Message-ID, In-Reply-To and References, MIME-Version, Content-Type: text/html; charset=utf-8,
 * Content-Transfer-Encoding, body, one empty line after it. All lines end in LF.
 *
 * The body is written as it is (7bit or 8bit) with From_ lines quoted (mboxrd) and CRLF as LF; as quoted-printable,
 * with From_ lines as "=46rom ", only where a line has 998 bytes or more or there is a NUL or a bare CR. Invalid UTF-8 is
 * repaired. Header injection is impossible: in header values each run of blanks, line breaks and control characters
 * becomes one blank.
 */
void mbox_add(struct buf *out, const struct mbox_message *m);
