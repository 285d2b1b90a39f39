#include "fs/mount/notify.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fs/mount/inside.h"

/* A name to be dropped. */
struct stale_name {
	struct stale_name *next;
	uint64_t dir;
	char *name;
};

struct notifier {
	struct monitor *monitor;
	struct tree *tree;
	struct nodes *nodes;
	struct fuse_session *session;
	pthread_t thread;
	pthread_cond_t wake;
	bool stop;                 /* guarded by the monitor, as the next */
	bool pending[RESOURCES];
	struct stale_name *names;
};

static fuse_ino_t number_of(struct notifier *n, struct node *node)
{
	return node == nodes_root(n->nodes) ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)node;
}

static void drop_name(struct notifier *n, struct node *dir, const char *name)
{
	fuse_lowlevel_notify_inval_entry(n->session, number_of(n, dir), name, strlen(name));
}

/* Is what was looked up under this node's name still there? Under another name it was renamed, and the node with it. */
static void check_name(struct notifier *n, struct node *node)
{
	_cleanup_free_ char *name = node_name(n->nodes, node);
	char *now = NULL;
	if (!name || !node->parent)
		return;
	int rc = tree_name_of(n->tree, &node->parent->place, &node->place, name, &now);
	if (rc == 0) {
		drop_name(n, node->parent, name);
		node_retire(n->nodes, node->inode);
	} else if (rc > 0 && strcmp(now, name) != 0) {
		node_rename(n->nodes, node, now);
		now = NULL;
	}
	free(now);
}

/* Does the directory that the node stands in list it out of this resource? */
static bool is_listed_by(const struct node *node, enum resource_id id)
{
	const struct route *dir = node->parent ? node->parent->place.route : NULL;
	for (int i = 0; dir && i < NEEDS_MAX; i++)
		if (dir->needs[i] == id)
			return S_ISDIR(node->place.route->mode) && strchr(node->place.route->path, '>') &&
				!(node->place.route->flags & ROUTE_BY_NAME);
	return false;
}

static void tell(struct notifier *n, enum resource_id id)
{
	size_t count;
	struct node **list = nodes_of_resource(n->nodes, id, &count);
	for (size_t i = 0; i < count; i++) {
		/* A file: its attributes only, since a node's bytes never change; a directory: its names too. */
		off_t from = S_ISDIR(list[i]->place.route->mode) ? 0 : -1;
		fuse_lowlevel_notify_inval_inode(n->session, number_of(n, list[i]), from, 0);
		if (is_listed_by(list[i], id))
			check_name(n, list[i]);
		node_unhold(n->nodes, list[i]);
	}
	free(list);
}

static void tell_name(struct notifier *n, struct stale_name *s)
{
	struct node *dir = node_hold(n->nodes, s->dir);
	if (dir) {
		drop_name(n, dir, s->name);
		node_unhold(n->nodes, dir);
	}
	free(s->name);
	free(s);
}

static struct stale_name *take_name(struct notifier *n)
{
	struct stale_name *s = n->names;
	if (s)
		n->names = s->next;
	return s;
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
		struct stale_name *name = id == NOTHING ? take_name(n) : NULL;
		if (id == NOTHING && !name) {
			pthread_cond_wait(&n->wake, &n->monitor->mutex);
			continue;
		}
		monitor_unlock(n->monitor);
		if (name)
			tell_name(n, name);
		else
			tell(n, id);
		monitor_lock(n->monitor);
	}
	monitor_unlock(n->monitor);
	return NULL;
}

struct notifier *notifier_create(struct monitor *m, struct tree *tree, struct nodes *nodes, struct fuse_session *session)
{
	struct notifier *n = calloc(1, sizeof *n);
	if (!n)
		return NULL;
	n->monitor = m;
	n->tree = tree;
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

void notifier_name(struct notifier *n, uint64_t dir, const char *name)
{
	struct stale_name *s = n ? calloc(1, sizeof *s) : NULL;
	if (!s || !(s->name = strdup(name))) {
		free(s);
		return;
	}
	s->dir = dir;
	monitor_lock(n->monitor);
	s->next = n->names;
	n->names = s;
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
	for (struct stale_name *s; (s = take_name(n));) {
		free(s->name);
		free(s);
	}
	pthread_cond_destroy(&n->wake);
	free(n);
}
