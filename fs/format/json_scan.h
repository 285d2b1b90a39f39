/*
 * json_scan.h - the one scanner below json_check(), the walk and the printers. Inside fs/format only. Pure.
 *
 * All functions take a position and the end of the text, and return a position behind what they took, at most the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/base/slice.h"
#include "fs/format/scan.h"

static inline bool json_is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline const char *json_skip_space(const char *p, const char *end)
{
	while (p < end && json_is_space(*p))
		p++;
	return p;
}

/* Behind the bytes of a string that stand for themselves: no quote, backslash, control character, and ASCII. */
static inline const char *json_skip_plain(const char *p, const char *end)
{
	for (; end - p >= SCAN_WORD; p += SCAN_WORD) {
		uint64_t word = scan_load(p);
		uint64_t hits =
			scan_byte(word, '"') | scan_byte(word, '\\') | scan_below(word, ' ') | scan_not_ascii(word);
		if (hits)
			return p + scan_first(hits);
	}
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= ' ' && (unsigned char)*p < 0x80)
		p++;
	return p;
}

/* Behind the string that starts at `p` (a quote); NULL: it is not closed. */
const char *json_skip_string(const char *p, const char *end);

/* Behind the value that starts at `p`; NULL: there is none, or it does not end. Costs no stack. */
const char *json_skip_value(const char *p, const char *end);

/* The first value of the text, without what surrounds it; empty when there is none. */
struct slice json_first(struct slice text);

/* The raw text between the quotes of a string value. False: it is not a string. */
bool json_raw_string(struct slice value, struct slice *ret_raw);

/*
 * Decodes the unit at the start of `raw` (not empty), a plain byte or an escape: returns how many bytes it has and puts
 * what it means into out[0..*ret_len). A lone surrogate, \u0000 and a broken escape mean U+FFFD.
 */
size_t json_unescape(struct slice raw, char out[4], size_t *ret_len);

/* Compares what two raw texts mean, byte by byte: below, equal to or above 0. */
int json_raw_compare(struct slice a, struct slice b);
