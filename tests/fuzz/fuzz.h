/*
 * fuzz.h - what all fuzz targets include. A target takes bytes, calls a parser and asserts what must hold for any
 * input.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/base/buf.h"
#include "fs/base/cleanup.h"
#include "fs/base/refusal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                                                \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                  \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* A copy without anything behind it, so that the sanitizer sees each byte read too far. */
static inline char *fuzz_copy(struct slice text)
{
	char *copy = malloc(text.len ? text.len : 1);
	MUST(copy);
	if (text.len)
		memcpy(copy, text.ptr, text.len);
	return copy;
}
