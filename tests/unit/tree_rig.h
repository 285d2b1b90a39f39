/*
 * tree_rig.h - calls the functions of routes.c's rows with literal answers, and shows what they make as text.
 */
#pragma once

#include "fs/tree/resource.h"
#include "fs/tree/route.h"

/* An answer over `body`, indexed as the resource does it (NOTHING: not indexed). */
struct answer *rig_answer(enum resource_id id, const char *body);

/* Renders over one answer (NULL: none). 0 or -errno. */
int rig_render(render_fn *render, const struct ids *at, struct answer *answer, struct buf *out, struct refusal *why);

/*
 * The children of the directory whose pattern is `dir`, one "name\n" each; with `want` the one of that name, as
 * "name id id2…\n".
 */
void rig_list(const char *dir, const struct ids *at, struct answer *answer, const char *want, struct buf *out);
