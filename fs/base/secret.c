#include "fs/base/secret.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "fs/base/hash.h"

/* Pages of their own, so that they can be locked and kept out of core dumps whole. */
static _Alignas(4096) struct {
	char plain[SECRET_MAX];
	char encoded[3 * SECRET_MAX];
	char rest[4096 - 4 * SECRET_MAX];
} page;
#define plain page.plain
#define encoded page.encoded

static void encode(void)
{
	char *out = encoded;
	for (const char *p = plain; *p; p++) {
		if (isalnum((unsigned char)*p) || strchr("-._~", *p))
			*out++ = *p;
		else
			out += snprintf(out, 4, "%%%02X", (unsigned char)*p);
	}
	*out = '\0';
}

int secret_set(const char *key)
{
	size_t len = strlen(key);
	if (len == 0 || len >= sizeof plain)
		return -EINVAL;
	for (const char *p = key; *p; p++)
		if (!isgraph((unsigned char)*p))
			return -EINVAL;
	mlock(&page, sizeof page);
	madvise(&page, sizeof page, MADV_DONTDUMP);
	memcpy(plain, key, len + 1);
	encode();
	return 0;
}

const char *secret_get(void)
{
	return plain;
}

static void scrub_one(char *text, size_t len, const char *secret)
{
	size_t n = strlen(secret);
	if (n == 0)
		return;
	char *end = text + len;
	for (char *hit = text; (hit = memmem(hit, (size_t)(end - hit), secret, n)); hit += n)
		memset(hit, '*', n);
}

void secret_scrub(char *text, size_t len)
{
	scrub_one(text, len, plain);
	scrub_one(text, len, encoded);
}

uint64_t secret_account(const char *url)
{
	return hash_more(hash_more(HASH_START, url, strlen(url)), plain, strlen(plain));
}

void secret_wipe(void)
{
	explicit_bzero(&page, sizeof page);
}
