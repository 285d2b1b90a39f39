/*
 * scan.h - finding the next byte that matters, eight bytes at a time. Pure, inline, inside fs/format only.
 *
 * A word of hits has the high bit of each byte that was asked for. Bytes behind the first hit may be wrong (the
 * subtraction borrows from it), the first one never is.
 */
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SCAN_ONES 0x0101010101010101ull
#define SCAN_HIGH 0x8080808080808080ull

enum { SCAN_WORD = 8 };

static inline uint64_t scan_load(const char *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof word);
	return le64toh(word);
}

static inline uint64_t scan_byte(uint64_t word, char c)
{
	word ^= SCAN_ONES * (unsigned char)c;
	return (word - SCAN_ONES) & ~word & SCAN_HIGH;
}

/* Bytes below `n`, which is at most 128. */
static inline uint64_t scan_below(uint64_t word, unsigned char n)
{
	return (word - SCAN_ONES * n) & ~word & SCAN_HIGH;
}

static inline uint64_t scan_not_ascii(uint64_t word)
{
	return word & SCAN_HIGH;
}

/* Where the first hit is; hits is not 0. */
static inline size_t scan_first(uint64_t hits)
{
	return (size_t)__builtin_ctzll(hits) / 8;
}
