/*
 * sequences.h - the e-mails of a SEQUENCES answer, as sequences/<step>-<variant>.html names them. Pure.
 */
#pragma once

#include "fs/tree/route.h"

enum { LABEL_MAX = 8 };

/* One e-mail: a variant, or a step without variants (then `json` is the step itself). Points into the answer. */
struct email {
	int64_t step;
	char label[LABEL_MAX];
	struct slice step_json, json;
	struct slice id_from; /* the variant whose id it has, where that is not `json` (sequences_json_save.c) */
};

typedef bool email_fn(void *arg, const struct email *e); /* false: enough */

/* The list of steps that a SEQUENCES answer is; empty: none. */
struct slice sequence_steps(const struct answers *from);

/* Calls `use` for each e-mail of a list of steps, in its order; deleted variants are left out. */
void sequence_each(struct slice steps, email_fn *use, void *arg);

/* The variants of a step, under any of their names. False: it has no list of them. */
bool sequence_variants(struct slice step, struct slice *ret_variants);

bool sequence_is_deleted(struct slice variant);

/* The delay of a step in days; 0 when it has none. */
int sequence_delay(struct slice step);
