/*
 * secret.h - the one text that must never be seen: the API key.
 *
 * The key lives here (locked in memory, out of core dumps), transport asks for it, and every text on its way to a
 * person or a file is scrubbed of it, in its plain and in its percent-encoded form. Set once at start, before threads.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SECRET_MAX = 512 };

/* Takes a copy of the key; wipes nothing of the caller's. -EINVAL when it is empty, too long or not printable. */
int secret_set(const char *key);

/* The key, "" when none was set. Only transport puts it into a request. */
const char *secret_get(void);

/* Replaces each occurrence in text[0..len) by stars of the same length. Thread-safe after secret_set(). */
void secret_scrub(char *text, size_t len);

/* A number for the account that the key opens at `url`, to name files by; nobody gets the key from it. */
uint64_t secret_account(const char *url);

/* Wipes the key at exit. */
void secret_wipe(void);
