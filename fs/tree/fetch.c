/* fetch.c - runs a resource's requests one after another and hands the cache one answer. */
#include "fs/tree/resource.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/tree/state.h"

static void fetch_free(struct fetch *f)
{
	if (f->state && f->resource->state_free)
		f->resource->state_free(f->state);
	blob_unref(f->body);
	free(f->key);
	free(f);
}

static void fail(struct fetch *f, const struct refusal *why)
{
	struct flight *flight = f->flight;
	fetch_free(f);
	cache_fail(flight, why);
}

static struct answer *finish_with_index(struct fetch *f, struct refusal *why)
{
	void *model = NULL;
	size_t bytes = 0;
	if (f->resource->index && f->body) {
		int rc = f->resource->index(blob_slice(f->body), &model, &bytes, why);
		if (rc < 0)
			return NULL;
	}
	struct answer *a = answer_new(STEAL(f->body), model, f->resource->model_free, bytes);
	if (!a)
		refuse_memory(why);
	return a;
}

static void on_reply(void *arg, const struct refusal *why, struct reply *reply);

/* Sends the next request, or finishes. */
static void step(struct fetch *f)
{
	struct refusal why = {0};
	const struct resource *r = f->resource;
	bool more = r->next ? r->next(f) : f->step == 0;
	if (more) {
		if (api_submit(tree_api(f->tree), &f->request, f->priority, on_reply, f, &why) < 0)
			fail(f, &why);
		return;
	}
	struct answer *a = r->finish ? r->finish(f, &why) : finish_with_index(f, &why);
	if (!a) {
		fail(f, &why);
		return;
	}
	struct flight *flight = f->flight;
	fetch_free(f);
	cache_deliver(flight, a);
}

static void on_reply(void *arg, const struct refusal *refused, struct reply *reply)
{
	struct fetch *f = arg;
	struct refusal why = {0};
	if (refused) {
		fail(f, refused);
		return;
	}
	if (f->resource->take) {
		if (f->resource->take(f, reply, &why) < 0) {
			fail(f, &why);
			return;
		}
	} else {
		blob_unref(f->body);
		f->body = STEAL(reply->body);
	}
	f->step++;
	step(f);
}

static const struct resource *by_key(const char *key)
{
	size_t len = strcspn(key, "/");
	for (enum resource_id id = NOTHING + 1; id < RESOURCES; id++) {
		const struct resource *r = resource(id);
		if (r->name && strlen(r->name) == len && memcmp(r->name, key, len) == 0)
			return r;
	}
	return NULL;
}

/* Splits "name/a/b" into its ids. */
static void split_key(struct fetch *f)
{
	char *p = f->key + strlen(f->resource->name);
	for (int i = 0; i < FETCH_IDS && *p == '/'; i++) {
		*p++ = '\0';
		f->ids[i] = p;
		p += strcspn(p, "/");
	}
	*p = '\0';
}

void fetch_start(void *arg, const char *key, enum priority priority, struct flight *flight)
{
	struct refusal why = {0};
	struct fetch *f = calloc(1, sizeof *f);
	char *copy = strdup(key);
	const struct resource *r = by_key(key);
	if (!f || !copy || !r) {
		free(f);
		free(copy);
		refuse(&why, r ? ENOMEM : EIO, r ? "out of memory" : "no such resource");
		cache_fail(flight, &why);
		return;
	}
	*f = (struct fetch){.resource = r, .tree = arg, .flight = flight, .priority = priority, .key = copy};
	split_key(f);
	f->request.endpoint = r->endpoint;
	for (int i = 0; i < FETCH_IDS; i++)
		f->request.args[i] = f->ids[i];
	step(f);
}
