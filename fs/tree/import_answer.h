/* import_answer.h - what became of the leads of one request (api-facts.md, 4.4: 200 although rows were dropped). Pure. */
#pragma once

#include <stdint.h>

#include "fs/base/buf.h"
#include "fs/base/refusal.h"

/* Each lead of the request is in exactly one of these. */
enum import_fate {
	FATE_ACCEPTED,
	FATE_CONFIRMED,    /* there, when asked again after an answer that was lost: added by one of the two requests, or there before */
	FATE_ALREADY,      /* in the campaign before; its fields are what the row says now */
	FATE_DUPLICATE,    /* in another campaign, or twice in the text */
	FATE_INVALID,
	FATE_BLOCKED,
	FATE_UNSUBSCRIBED,
	FATE_BOUNCED,
	FATE_OVER_LIMIT,   /* not taken: the account's credits are used up; sent again on resume */
	FATE_REFUSED,      /* the service refused the whole request */
	FATE_UNACCOUNTED,  /* left out without a word */
	FATES
};

extern const char *const import_fate_names[FATES]; /* as in the report */

struct import_reject {
	struct slice lead; /* its JSON, cut from what was sent */
	char *reason;
};

struct import_verdict {
	int64_t fates[FATES];
	bool over_limit;
	struct import_reject *rejects;
	size_t count, cap;
};

void import_verdict_release(struct import_verdict *v);
#define _cleanup_verdict_ __attribute__((cleanup(import_verdict_release)))

/* Does an answer say that the credits are used up? */
bool import_is_over_limit(struct slice answer);

/*
 * `sent`: the body of the request. `again`: it was sent before, with an outcome that nobody saw. Rows that were not taken are named
 * as far as the answer tells which. 0 or -ENOMEM.
 */
int import_judge(struct slice sent, struct slice answer, bool again, struct import_verdict *out, struct refusal *why);

/* The service refused the request as a whole, with these words. */
int import_judge_refused(struct slice sent, const char *words, struct import_verdict *out, struct refusal *why);
