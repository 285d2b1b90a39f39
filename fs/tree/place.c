#include "fs/tree/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/hash.h"

int place_init(struct place *p, const struct route *route, const struct ids *ids)
{
	struct buf packed = BUF_INIT;
	for (int i = 0; ids && i < IDS_MAX && ids->v[i]; i++)
		buf_add(&packed, ids->v[i], strlen(ids->v[i]) + 1);
	if (buf_failed(&packed)) {
		buf_release(&packed);
		return -ENOMEM;
	}
	p->route = route;
	p->packed_len = packed.len;
	p->packed = NULL;
	if (packed.len) {
		/* Exactly as long as needed: a large directory has many of these. */
		p->packed = malloc(packed.len);
		if (p->packed)
			memcpy(p->packed, packed.data, packed.len);
	}
	int rc = packed.len && !p->packed ? -ENOMEM : 0;
	buf_release(&packed);
	return rc;
}

void place_release(struct place *p)
{
	free(p->packed);
	p->packed = NULL;
	p->packed_len = 0;
}

void place_cleanup(struct place *p)
{
	place_release(p);
}

struct ids place_ids(const struct place *p)
{
	struct ids ids = {{NULL}};
	const char *text = p->packed, *end = p->packed ? p->packed + p->packed_len : NULL;
	for (int i = 0; i < IDS_MAX && text < end; i++, text += strlen(text) + 1)
		ids.v[i] = text;
	return ids;
}

uint64_t place_inode(const struct place *p)
{
	uint64_t hash = hash_more(HASH_START, p->route->path, strlen(p->route->path) + 1);
	hash = hash_more(hash, p->packed ? p->packed : "", p->packed_len);
	/* Large, so that an inode number alone tells our files apart; below 2^63, since some programs use a signed one. */
	return (hash & 0x3FFFFFFFFFFFFFFFULL) | 0x4000000000000001ULL;
}
