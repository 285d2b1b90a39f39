/*
 * utf8.h - UTF-8 checked, decoded and repaired. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/base/buf.h"
#include "fs/base/slice.h"

#define UTF8_BAD UINT32_MAX      /* no character */
#define UTF8_REPLACEMENT 0xFFFDu /* what stands for one */

/*
 * Takes the character at the start of `text`, which is not empty: returns how many bytes it has and sets *ret_code.
 * Where there is none *ret_code is UTF8_BAD, and the bytes are those that one U+FFFD replaces (Unicode's "maximal
 * subpart").
 */
size_t utf8_next(struct slice text, uint32_t *ret_code);

/* Writes a character into out and returns how many bytes it has; what is none becomes U+FFFD, as below. */
size_t utf8_encode(uint32_t code, char out[4]);

/* Appends a character; what is not one (a surrogate, above U+10FFFF) becomes U+FFFD. */
void utf8_add(struct buf *out, uint32_t code);

/* Valid UTF-8 (no overlong forms, no surrogates, at most U+10FFFF). */
bool utf8_valid(struct slice text);

/* Appends text with invalid UTF-8 replaced by U+FFFD. */
void utf8_repair(struct slice text, struct buf *out);
