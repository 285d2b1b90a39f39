#include "cache/cache.h"

#include <stdlib.h>

#include "cache/parts.h"

static atomic_ullong last_serial;

struct answer *answer_new(struct blob *body, void *model, void (*model_free)(void *), size_t model_bytes)
{
	struct answer *a = malloc(sizeof *a);
	if (!a) {
		blob_unref(body);
		if (model_free)
			model_free(model);
		return NULL;
	}
	*a = (struct answer){
		.serial = atomic_fetch_add(&last_serial, 1) + 1,
		.body = body,
		.model = model,
		.model_free = model_free,
		.model_bytes = model_bytes,
	};
	atomic_init(&a->refs, 1);
	return a;
}

struct answer *answer_ref(struct answer *a)
{
	atomic_fetch_add_explicit(&a->refs, 1, memory_order_relaxed);
	return a;
}

void answer_unref(struct answer *a)
{
	if (!a || atomic_fetch_sub_explicit(&a->refs, 1, memory_order_acq_rel) != 1)
		return;
	blob_unref(a->body);
	if (a->model_free)
		a->model_free(a->model);
	free(a);
}

void answer_cleanup(struct answer **a)
{
	answer_unref(*a);
}

static size_t blob_memory(const struct blob *blob, size_t *spilled)
{
	if (!blob)
		return 0;
	*spilled += blob->mapped;
	return sizeof *blob + (blob->mapped ? 0 : blob->len);
}

size_t answer_memory(const struct answer *a, size_t *ret_spilled)
{
	*ret_spilled = 0;
	if (!a)
		return 0;
	return sizeof *a + a->model_bytes + blob_memory(a->body, ret_spilled);
}
