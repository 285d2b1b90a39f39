/*
 * resource.h - what is fetched and cached: one row a resource, many files are views of one answer.
 *
 * A resource's key is "<name>/<id>/<id>…". Fetching it may take several requests (pages, spans of 30 days): `next`
 * gives them one after another, `take` gets each answer, `finish` makes the one answer that is cached. They run on the
 * network thread, one fetch at a time, nothing locked, and must not wait.
 */
#pragma once

#include "fs/api/api.h"
#include "fs/tree/route.h"

struct fetch;

/* Appends "/<id>…" to `key`. *ret_needed = false: this file does not need it. */
typedef int key_fn(const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed,
	struct refusal *why);

struct resource {
	const char *name;
	enum endpoint_id endpoint;
	int ids;  /* how many leading ids of a path make the key, or its beginning */
	key_fn *key; /* other keys; NULL: the leading ids */
	/* Fills f->request for the next step; false: all were asked. NULL: one request with the key's ids. */
	bool (*next)(struct fetch *f);
	/* Takes one answer (f->step says which; the body may be taken out of `reply`). NULL: keeps its body. */
	int (*take)(struct fetch *f, struct reply *reply, struct refusal *why);
	/* Makes what is cached. NULL: the body kept, and `index` over it. */
	struct answer *(*finish)(struct fetch *f, struct refusal *why);
	/* The model of a body (freed by model_free), or NULL for none. */
	int (*index)(struct slice body, void **ret_model, size_t *ret_bytes, struct refusal *why);
	void (*model_free)(void *model);
	void (*state_free)(void *state);
	bool asked_anew; /* what is in the cache will not do: a guard before something that can't be undone */
};

const struct resource *resource(enum resource_id id);

/* Lists in pages of PAGE elements, joined to one array (resources.c). */
enum { PAGE = 100 };
bool pages_next(struct fetch *f, int offset_arg);
int pages_take(struct fetch *f, struct reply *reply, struct refusal *why);
struct answer *pages_finish(struct fetch *f, struct refusal *why);
void pages_free(void *state);

enum { FETCH_IDS = 4 };

/* One flight at work. */
struct fetch {
	const struct resource *resource;
	struct tree *tree;
	struct flight *flight;
	enum priority priority;
	char *key;                    /* with NULs in place of slashes behind the name */
	const char *ids[FETCH_IDS];   /* into key */
	int step;                     /* answers taken so far */
	struct request request;
	char args[REQUEST_ARGS][32];  /* room for texts of the request that the resource makes */
	struct blob *body;
	void *state;                  /* the resource's own */
};

/* The cache's fetch function; arg is the tree. */
void fetch_start(void *tree, const char *key, enum priority priority, struct flight *flight);

/* The answers of a row's needs (fresh, waiting; references for the caller). On failure none are held. */
int need_get(struct tree *tree, const struct route *route, const struct ids *at, struct caller *caller, struct answers *out,
	struct refusal *why);

/* The same from memory: `any_age` takes stale ones. False: something is missing. *ret_fresh_ms: the least that is left of them. */
bool need_peek(struct tree *tree, const struct route *route, const struct ids *at, bool any_age, struct answers *out,
	int64_t *ret_fresh_ms);

/*
 * Forgets what a row needs. A key that holds what an answer says is known from the cache; where it is not, or the path says
 * too little, all go whose keys begin with the path's ids.
 */
void need_forget(struct tree *tree, const struct route *route, const struct ids *at);

void answers_release(struct answers *a);
