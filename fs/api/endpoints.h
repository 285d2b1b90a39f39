/*
 * endpoints.h - THE table of the API: one row an endpoint, one column a dialect. Pure data.
 *
 * "Reference" is smartlead-api-reference.txt, "live" the service as api-facts.md found it. What must be sent one way or
 * the other differs between the columns of a row, never by an `if` in the code around it.
 *
 * To add an endpoint: an id here, a row in endpoints.c, and a body function if its names differ between the dialects.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fs/base/buf.h"
#include "fs/base/refusal.h"
#include "fs/base/slice.h"

enum endpoint_id {
	EP_NONE,
	/* Campaigns */
	EP_CAMPAIGNS,
	EP_CAMPAIGN,
	EP_CAMPAIGN_CREATE,
	EP_CAMPAIGN_STATUS,
	EP_CAMPAIGN_SCHEDULE,
	EP_CAMPAIGN_SETTINGS,
	EP_SEQUENCES,
	EP_SEQUENCES_SAVE,
	EP_CAMPAIGN_DELETE,
	EP_CAMPAIGN_ACCOUNTS,
	EP_CAMPAIGN_ACCOUNT_ADD,
	EP_CAMPAIGN_ACCOUNT_REMOVE,
	EP_LEAD_CAMPAIGNS,
	/* E-mail accounts */
	EP_ACCOUNTS,
	EP_ACCOUNT_SAVE,
	EP_ACCOUNT_UPDATE,
	EP_ACCOUNT_CREDENTIALS,
	EP_ACCOUNT,
	EP_WARMUP,
	EP_WARMUP_STATS,
	/* Leads */
	EP_LEADS,
	EP_LEAD_BY_EMAIL,
	EP_CATEGORIES,
	EP_LEADS_ADD,
	EP_LEAD_UPDATE,
	EP_LEAD_PAUSE,
	EP_LEAD_RESUME,
	EP_LEAD_DELETE,
	EP_LEAD_UNSUBSCRIBE,
	EP_LEAD_UNSUBSCRIBE_ALL,
	EP_LEAD_CATEGORY,
	EP_BLOCK_ADD,
	EP_BLOCK_LIST,
	EP_BLOCK_REMOVE,
	EP_THREAD,
	EP_REPLY,
	EP_LEADS_EXPORT,
	/* Analytics */
	EP_STATISTICS,
	EP_DAYS,
	EP_ANALYTICS,
	EP_OVERVIEW,
	/* Webhooks */
	EP_WEBHOOKS,
	EP_WEBHOOK_CREATE,
	EP_WEBHOOK_UPDATE,
	EP_WEBHOOK_DELETE,
	EP_CAMPAIGN_WEBHOOKS,
	EP_CAMPAIGN_WEBHOOK_SAVE,
	EP_CAMPAIGN_WEBHOOK_DELETE,
	ENDPOINTS
};

enum dialect { DIALECT_REFERENCE, DIALECT_LIVE, DIALECTS };

/* What a good answer looks like; anything else is refused, so junk never reaches the layers above. */
enum answer_shape {
	SHAPE_LIST,   /* a JSON array, or an object that holds it (api-facts.md 1.2); empty body: an error */
	SHAPE_HISTORY, /* the same, but {} is an empty one */
	SHAPE_OBJECT, /* a JSON object; {}, null and an empty body mean that it does not exist: ENOENT */
	SHAPE_CSV,    /* text that does not begin with '<' or '{' */
	SHAPE_DONE,   /* the answer of a change: any 2xx that does not say ok:false */
};

/*
 * Writes the body of one dialect from the contract's own form (JSON object in the names of mount-contract.md).
 * NULL in the table: the contract's form is sent as it is.
 */
typedef int body_fn(struct slice contract, struct buf *out, struct refusal *why);

/* How one dialect asks. `method` NULL: not on this service (EOPNOTSUPP). */
struct wire {
	const char *method;
	const char *path;  /* without a slash in front; {0}…{4} are the request's arguments, percent-encoded */
	const char *query; /* the same, or NULL; a pair whose argument is NULL is left out */
	body_fn *body;
	/* Does a 2xx answer have the shape of this dialect? NULL: no way to tell. False: the other column is tried
	 * once; where both ask the same way, it only turns the start of what is not known yet. */
	bool (*fits)(struct slice body);
	const char *single; /* a list in the contract's form of which it takes one element a request; NULL: as many as there are */
};

struct endpoint {
	enum endpoint_id id;
	const char *name;    /* "campaigns", "sequences-save": in stats.json, docs and the learned dialects */
	const char *section; /* the line of the API document this row serves, e.g. "GET /campaigns/"; NULL: none of its own */
	struct wire wire[DIALECTS];
	enum answer_shape shape;
	bool repeatable;     /* sent twice it does no harm: it is retried; else it goes out once, on a new connection */
	int patience;        /* time-out and size are this many times the usual (exports); 0 means 1 */
};

/* The row of an id; never NULL for a valid id. */
const struct endpoint *endpoint(enum endpoint_id id);
