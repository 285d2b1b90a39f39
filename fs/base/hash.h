/*
 * hash.h - FNV-1a: short texts become numbers. Pure. Not for what an attacker chooses and a table depends on.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_START 0xCBF29CE484222325ULL

/* Goes on from `hash`, which begins as HASH_START. */
static inline uint64_t hash_more(uint64_t hash, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3ULL;
	return hash;
}
