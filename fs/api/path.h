/*
 * path.h - the path and query of a request from a row's template and its arguments. Pure.
 */
#pragma once

#include "fs/api/endpoints.h"

/*
 * Appends "campaigns/7/leads?offset=0&limit=100". Arguments are percent-encoded; a pair of the query whose argument is
 * NULL is left out. -EINVAL: an argument of the path is missing, empty, "." or "..", since it would name another route.
 */
int path_build(const struct wire *wire, const char *const *args, int args_count, struct buf *out, struct refusal *why);
