/*
 * mbox.h - a conversation as an mbox file (mboxrd: From_ lines quoted) that mutt -f opens. Pure.
 */
#pragma once

#include <stdint.h>

#include "fs/base/buf.h"
#include "fs/base/slice.h"

struct mbox_message {
	struct slice from, to, cc, bcc; /* addresses, as text */
	struct slice subject;           /* UTF-8; empty: "Re: " + the last subject before it is the caller's business */
	struct slice message_id;        /* with or without <> ; empty: one is made from `fallback_id` */
	struct slice in_reply_to;       /* may be empty */
	struct slice fallback_id;       /* unique within the thread */
	struct slice html;              /* body, UTF-8 (repaired where it is not) */
	int64_t time_ms;                /* since 1970 UTC */
};

/*
 * Appends one message: From_ line with the date in asctime form (UTC), RFC 5322 Date, From, To, Cc, Bcc, Subject (RFC 2047, folded at 76),
 * Message-ID, In-Reply-To and References, MIME-Version, Content-Type: text/html; charset=utf-8, Content-Transfer-Encoding: quoted-printable when needed
 * (lines over 998 bytes, bare CR, 8bit is fine otherwise), body with From_ lines quoted (mboxrd), one empty line after it. Header
 * injection is impossible: line breaks and control characters in any header value become blanks.
 */
void mbox_add(struct buf *out, const struct mbox_message *m);
