/*
 * answer.h - what an attempt that ended means: good, worth another try, or a refusal with its errno. Pure.
 *
 * The one switch from HTTP status to errno is here; so is everything about the shapes of answers (api-facts.md 1.2,
 * 1.3 and 7). Nothing here counts tries or looks at a clock.
 */
#pragma once

#include "fs/api/endpoints.h"

/* How an attempt ended, seen from the wire. */
enum arrival {
	ARRIVED,      /* whole */
	ARRIVED_HALF, /* headers came, the body was cut or could not be decoded */
	NOT_SENT,     /* no connection: nothing left this machine */
	NOT_TRUSTED,  /* the same, since its certificate is not to be believed: that does not pass */
	BROKEN,       /* the connection broke after the request left, before an answer */
	SILENT,       /* the request left and the answer took too long */
	TOO_BIG,      /* the body passed its bound */
	STOPPED,      /* whoever takes the bytes refused them, or we are shutting down */
};

struct outcome {
	enum arrival arrival;
	int status;         /* 0: none came */
	struct slice body;  /* as far as it came */
	bool to_sink;       /* a 2xx body that began well went to a sink instead */
	const char *words;  /* transport's, for what is not ARRIVED */
};

enum verdict_kind {
	VERDICT_GOOD,
	VERDICT_AGAIN,      /* passing: try again if tries are left, else refuse */
	VERDICT_AGAIN_ONCE, /* the same, at most one more time */
	VERDICT_BANNED,     /* 429: nothing happened; try again when the budget says so */
	VERDICT_REFUSED,
};

struct verdict {
	enum verdict_kind kind;
	struct refusal why;   /* unless good */
	bool unknown;         /* the request may have taken effect */
	bool unharmed;        /* it is certain that nothing happened: another column may be tried */
	bool route_unknown;   /* the service does not know method and path: an Express page, or 405 */
	bool route_or_thing;  /* 404 that does not tell which of the two is missing */
};

struct verdict answer_judge(const struct endpoint *endpoint, const char *method, const struct outcome *outcome);

/*
 * The text of an error for the user, from an answer's body (api-facts.md 1.3): tags stripped, cut to 200 bytes. Empty
 * when the body has nothing to say.
 */
void answer_message(struct slice body, struct buf *out);

/* Is this an object that says ok:false, success:false or status:"error"? */
bool answer_says_no(struct slice body);

/* Can a body of this shape begin like this? True when it is only white space yet. */
bool answer_begins_well(enum answer_shape shape, struct slice beginning);

/*
 * The array an answer holds: itself, or the one under data, campaigns, leads, history… (also one level down in data).
 * False: it has none. For every reader of lists, in this layer and above.
 */
bool answer_list(struct slice body, struct slice *ret_array);

/* The object an answer holds: `data` of a wrapper that says success or ok, else itself. False: not an object. */
bool answer_object(struct slice body, struct slice *ret_object);

/* For the column `fits` of the table. */
bool fits_reference_campaigns(struct slice body);
bool fits_reference_sequences(struct slice body);
bool fits_live_sequences(struct slice body);
bool fits_days(struct slice body);
