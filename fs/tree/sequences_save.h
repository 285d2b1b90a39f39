/* sequences_save.h - a sequence on its way to the service, for the two files that save one. Pure. */
#pragma once

#include "fs/format/frontmatter.h"
#include "fs/tree/plan.h"
#include "fs/tree/sequences.h"

enum { EMAILS_MAX = 520 };

/* The e-mails as they are, and the one that changes. */
struct sequence {
	struct email emails[EMAILS_MAX];
	size_t count;
	ptrdiff_t changed;              /* which one; -1: none */
	const struct email_text *text;  /* what it becomes */
	const struct sequence *known;   /* ids that are not in here are new to the service; NULL: all are known */
};

/* The e-mails of a list of steps; to be freed. NULL: out of memory. */
struct sequence *sequence_read(struct slice steps, struct refusal *why);

/* Is each step, and each variant that is not deleted, among the e-mails? One that has no place or no label of its own is not. */
bool sequence_is_whole(const struct sequence *s, struct slice steps);

/* What the service has, to be freed. -EPERM when a save would drop something that is not among the e-mails. */
int sequence_base(const struct answers *base, struct sequence **ret, struct refusal *why);

/* Has the step of e-mail `i` no other one? The e-mails stand by place. */
bool sequence_is_alone(const struct sequence *s, size_t i);

/* For qsort(): by step, then by label. */
int sequence_by_place(const void *a, const void *b);

/* Appends the contract's form of the whole sequence, {"sequences":[…]}. -EPERM: it would be empty. */
int sequence_body(const struct sequence *s, struct buf *out, struct refusal *why);

/* Plans that body, and that it is read back. */
int sequence_plan(const struct ids *at, struct slice body, struct plan *out, struct refusal *why);
