/*
 * plan.h - what a save becomes: a list of requests as pure data, and what each success changes in the cache.
 *
 * A commit function fills a plan; tests compare it; dry_run prints it; plan_run() (run.h) sends it. Pure but for memory.
 */
#pragma once

#include "fs/api/api.h"
#include "fs/tree/route.h"

struct plan_step {
	enum endpoint_id endpoint;
	char *args[REQUEST_ARGS];
	struct buf body; /* the contract's form; empty: none */
	bool was_so;     /* it is believed to be so already: that the service "did not" (ok:false) is no failure */
};

/*
 * Makes the answer that shows the change, out of the cached one; NULL: it can't, and the answer is forgotten; edit_nothing(old): it
 * shows it already. Pure.
 */
typedef struct answer *edit_fn(const struct answer *old, char *const args[REQUEST_ARGS]);

struct plan_effect {
	enum resource_id resource; /* NOTHING: the value args[0] is remembered under `key` */
	char *key;               /* "/700001", as behind the resource's name; "" for none; PLAN_ALL: each of the resource */
	edit_fn *edit;           /* NULL: the answer is forgotten, the next read fetches */
	char *args[REQUEST_ARGS];
};

/* After success: does the answer, read again, show what was saved (`expected`)? -EIO with words. Pure. */
typedef int check_fn(const struct ids *at, const struct answers *now, struct slice expected, struct refusal *why);

struct plan_check {
	enum resource_id resource; /* NOTHING: no check */
	check_fn *check;
	struct buf expected;
};

#define PLAN_ALL "/*"

struct plan {
	struct plan_step *steps;
	size_t count;
	struct plan_effect *effects;
	size_t effect_count;
	struct plan_check check;
	bool starts_by_state; /* it starts a campaign by the word ACTIVE: refused to whoever changed the campaign (contract, section 6) */
	bool removes;         /* what a control file's word deletes is kept in history */
	bool once;            /* the very same again is taken for the same save, and not sent (an editor writes twice) */
	size_t deletions;     /* of those steps, what removes things that max_deletes guards */
	bool failed;          /* out of memory while it was filled */
};

#define PLAN_INIT {.check = {.expected = BUF_INIT}}

void plan_release(struct plan *p);
#define _cleanup_plan_ __attribute__((cleanup(plan_release)))

/* Adds a request. `args`: up to REQUEST_ARGS texts, NULL-terminated when fewer; all copied. */
void plan_add(struct plan *p, enum endpoint_id endpoint, const char *const args[], struct slice body);

/* The last request: was_so. */
void plan_was_so(struct plan *p);

/* After success: forget the answer of that key; of all keys of the resource with PLAN_ALL. */
void plan_stale(struct plan *p, enum resource_id resource, const char *key);

/* After success: edit it. `args` as in plan_add(). */
void plan_edit(struct plan *p, enum resource_id resource, const char *key, edit_fn *edit, const char *const args[]);

/* After success: the resource of the path's ids is read back (one request, which the next read is spared), and checked. */
void plan_check(struct plan *p, enum resource_id resource, check_fn *check, struct slice expected);

/* After success: remember a value that no answer gives back (remembered.h). */
void plan_remember(struct plan *p, const char *key, const char *value);

/* An edit: sets members of the object args[0] (an id) of an indexed list to the raw JSON in args[1] (an object; its members replace or join). */
struct answer *edit_object(const struct answer *old, char *const args[REQUEST_ARGS]);

struct answer *edit_nothing(const struct answer *old);

/* An edit: sets members of an answer that is one object, as edit_object() does; args[0] are the members. */
struct answer *edit_members(const struct answer *old, char *const args[REQUEST_ARGS]);

/* An edit: takes the object args[0] out of an indexed list. */
struct answer *edit_remove_object(const struct answer *old, char *const args[REQUEST_ARGS]);

/* On a mount of one client's campaigns, a campaign that is made is that client's. */
void plan_for_client(struct plan *p, const char *client_id);

/* An edit: puts the raw JSON object args[0] at the end of an indexed list. */
struct answer *edit_add_object(const struct answer *old, char *const args[REQUEST_ARGS]);

/* Appends `object` with the members of `changes` in place of its own of those names; new ones go to the end. */
void object_merge(struct slice object, struct slice changes, struct buf *out);

/* Appends {"id":ID, and the members of `fields`}; the id as it stands in JSON, "null" for a new thing. */
void object_with_id(const char *id, struct slice fields, struct buf *out);

/*
 * Appends the plan as text, a request a line, for dry runs and tests: "campaign-status 700001 {…}". Passwords and the like are
 * hidden.
 */
void plan_print(const struct plan *p, struct buf *out);
