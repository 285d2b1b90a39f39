/*
 * shape.h - small questions about the bytes of an answer. Pure. The readers for the layers above are in answer.h.
 */
#pragma once

#include <stdbool.h>

#include "fs/base/slice.h"

/* Without a byte order mark and white space around it. */
struct slice shape_trim(struct slice body);

/* {}, null or an empty string: what the service says of a thing that it does not know. */
bool shape_is_nothing(struct slice body);

/* Is it an answer with something in it: JSON, not empty, not a refusal? */
bool shape_says_something(struct slice body);
