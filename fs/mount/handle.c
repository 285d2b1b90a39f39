#include "fs/mount/handle.h"

#include <stdlib.h>
#include <utlist.h>

#include "fs/mount/inside.h"

void *handle_new(struct mount *m, size_t size, void (*release)(struct handle *h))
{
	struct handle *h = calloc(1, size);
	if (!h)
		return NULL;
	h->release = release;
	monitor_lock(m->monitor);
	DL_APPEND(m->handles, h);
	monitor_unlock(m->monitor);
	return h;
}

void handle_free(struct mount *m, struct handle *h)
{
	if (!h)
		return;
	monitor_lock(m->monitor);
	DL_DELETE(m->handles, h);
	monitor_unlock(m->monitor);
	h->release(h);
	free(h);
}

void handles_free(struct mount *m)
{
	while (m->handles)
		handle_free(m, m->handles);
}
