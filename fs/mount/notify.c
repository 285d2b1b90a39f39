#include "fs/mount/notify.h"

#include <pthread.h>
#include <stdlib.h>

#include "fs/mount/inside.h"

struct notifier {
	struct monitor *monitor;
	struct nodes *nodes;
	struct fuse_session *session;
	pthread_t thread;
	pthread_cond_t wake;
	bool stop;                 /* guarded by the monitor, as the next */
	bool pending[RESOURCES];
};

static fuse_ino_t number_of(struct notifier *n, struct node *node)
{
	return node == nodes_root(n->nodes) ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)node;
}

static void tell(struct notifier *n, enum resource_id id)
{
	size_t count;
	struct node **list = nodes_of_resource(n->nodes, id, &count);
	for (size_t i = 0; i < count; i++) {
		/* A file: its attributes only, since a node's bytes never change; a directory: its names too. */
		off_t from = S_ISDIR(list[i]->place.route->mode) ? 0 : -1;
		fuse_lowlevel_notify_inval_inode(n->session, number_of(n, list[i]), from, 0);
		node_unhold(n->nodes, list[i]);
	}
	free(list);
}

static enum resource_id take_pending(struct notifier *n)
{
	for (enum resource_id id = NOTHING + 1; id < RESOURCES; id++)
		if (n->pending[id]) {
			n->pending[id] = false;
			return id;
		}
	return NOTHING;
}

static void *run(void *arg)
{
	struct notifier *n = arg;
	monitor_lock(n->monitor);
	while (!n->stop) {
		enum resource_id id = take_pending(n);
		if (id == NOTHING) {
			pthread_cond_wait(&n->wake, &n->monitor->mutex);
			continue;
		}
		monitor_unlock(n->monitor);
		tell(n, id);
		monitor_lock(n->monitor);
	}
	monitor_unlock(n->monitor);
	return NULL;
}

struct notifier *notifier_create(struct monitor *m, struct nodes *nodes, struct fuse_session *session)
{
	struct notifier *n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	n->monitor = m;
	n->nodes = nodes;
	n->session = session;
	pthread_cond_init(&n->wake, NULL);
	if (pthread_create(&n->thread, NULL, run, n) != 0) {
		pthread_cond_destroy(&n->wake);
		free(n);
		return NULL;
	}
	return n;
}

void notifier_resource(struct notifier *n, enum resource_id id)
{
	if (!n)
		return;
	monitor_lock(n->monitor);
	n->pending[id] = true;
	pthread_cond_signal(&n->wake);
	monitor_unlock(n->monitor);
}

void notifier_destroy(struct notifier *n)
{
	if (!n)
		return;
	monitor_lock(n->monitor);
	n->stop = true;
	pthread_cond_signal(&n->wake);
	monitor_unlock(n->monitor);
	pthread_join(n->thread, NULL);
	pthread_cond_destroy(&n->wake);
	free(n);
}
