/*
 * refusal.h - why something was not done: an errno and one sentence for the user.
 *
 * Whoever knows the reason fills it, whoever answers the user prints it; nobody in between logs. Functions return 0 or
 * -errno and take `struct refusal *why` last; it is written only on failure. Pure.
 */
#pragma once

#include <stdarg.h>

enum { REFUSAL_TEXT_MAX = 400 };

struct refusal {
	int err;                     /* positive errno; 0: not refused */
	char text[REFUSAL_TEXT_MAX]; /* one line, no final full stop needed, control characters already made harmless */
};

/*
 * Sets the reason and returns -err, so that `return refuse(why, EINVAL, "…")` is the whole error path. `why` may be
 * NULL. Text that is too long is cut at a character boundary; control characters become blanks.
 */
int refuse(struct refusal *why, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* -ENOMEM with its sentence. */
int refuse_memory(struct refusal *why);

/* Puts words in front of a reason that is there already ("line 3: " …). */
void refusal_prefix(struct refusal *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
