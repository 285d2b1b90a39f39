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
};

typedef bool email_fn(void *arg, const struct email *e); /* false: enough */

/* Calls `use` for each e-mail in the API's order; deleted variants are left out. */
void sequence_each(const struct answers *from, email_fn *use, void *arg);

/* The delay of a step in days; 0 when it has none. */
int sequence_delay(struct slice step);
