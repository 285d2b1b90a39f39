#include "fs/mount/node.h"

#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"

/* The kernel repeats a walk at once; a pin that is older was meant for an open that never came. */
enum { PIN_MS = 1000 };

/* As many threads as can be in an OPEN at once; the second one may take as long as a fetch takes. */
enum { SENT_AWAY_MAX = 512, SENT_AWAY_MS = 120000 };

struct nodes {
	struct monitor *monitor;
	struct node *root;
	struct node *by_inode; /* the current ones */
	struct node *old;      /* the superseded ones */
	size_t count;
	struct {
		pid_t tid;
		uint64_t inode;
		int64_t ms; /* 0: free */
	} sent_away[SENT_AWAY_MAX];
	unsigned sent_next, sent_count;
};

/* Where a fixed name stands in its route's path; NULL: the name is not fixed. Most nodes are of such. */
static const char *fixed_name(const struct route *route)
{
	const char *slash = strrchr(route->path, '/');
	const char *leaf = slash ? slash + 1 : route->path;
	return strchr(leaf, '<') ? NULL : leaf;
}

static struct node *new_node(struct nodes *n, struct place *takes, const char *name)
{
	struct node *node = calloc(1, sizeof *node);
	if (!node)
		return NULL;
	node->name = fixed_name(takes->route);
	if (!node->name)
		node->name = strdup(name);
	if (!node->name) {
		free(node);
		return NULL;
	}
	node->place = *takes;
	*takes = (struct place){0};
	node->inode = place_inode(&node->place);
	node->told_size = -1;
	n->count++;
	return node;
}

static void free_pin(struct version *pin)
{
	if (pin)
		version_release(pin);
	free(pin);
}

/* Monitor locked: takes out what nobody holds any more and gives it back as a list through `parent`. */
static struct node *collect_unheld(struct nodes *n, struct node *node)
{
	struct node *dead = NULL;
	while (node && node != n->root && node->nlookup == 0 && node->children == 0 && node->opens == 0 && !node->invalidating) {
		struct node *parent = node->parent;
		if (node->superseded)
			HASH_DEL(n->old, node);
		else
			HASH_DEL(n->by_inode, node);
		n->count--;
		node->parent = dead;
		dead = node;
		if (parent)
			parent->children--;
		node = parent;
	}
	return dead;
}

static void free_list(struct node *dead)
{
	while (dead) {
		struct node *next = dead->parent;
		free_pin(dead->pin);
		if (!fixed_name(dead->place.route))
			free((char *)(uintptr_t)dead->name);
		place_release(&dead->place);
		free(dead);
		dead = next;
	}
}

struct nodes *nodes_create(struct monitor *m, const struct place *root)
{
	struct nodes *n = calloc(1, sizeof *n);
	struct place copy = {0};
	if (!n)
		return NULL;
	n->monitor = m;
	if (place_init(&copy, root->route, NULL) == 0)
		n->root = new_node(n, &copy, "");
	if (!n->root) {
		free(n);
		return NULL;
	}
	return n;
}

static void free_table(struct node **table)
{
	struct node *node, *next;
	HASH_ITER(hh, *table, node, next) {
		HASH_DEL(*table, node);
		node->parent = NULL;
		free_list(node);
	}
}

void nodes_destroy(struct nodes *n)
{
	if (!n)
		return;
	free_table(&n->by_inode);
	free_table(&n->old);
	free_list(n->root);
	free(n);
}

struct node *nodes_root(struct nodes *n)
{
	return n->root;
}

static struct node *find_current(struct nodes *n, uint64_t inode)
{
	struct node *node;
	HASH_FIND(hh, n->by_inode, &inode, sizeof inode, node);
	return node;
}

static void make_current(struct nodes *n, struct node *parent, struct node *node)
{
	node->parent = parent;
	parent->children++;
	HASH_ADD(hh, n->by_inode, inode, sizeof node->inode, node);
}

struct node *node_enter(struct nodes *n, struct node *parent, struct tree_entry *entry)
{
	monitor_lock(n->monitor);
	struct node *node = find_current(n, place_inode(&entry->place));
	if (!node) {
		node = new_node(n, &entry->place, entry->name);
		if (node)
			make_current(n, parent, node);
	}
	if (node) {
		node->nlookup++;
		if (entry->mtime_ms && S_ISDIR(node->place.route->mode))
			node->content.mtime_ms = entry->mtime_ms;
	}
	monitor_unlock(n->monitor);
	return node;
}

void node_forget(struct nodes *n, struct node *node, uint64_t count)
{
	monitor_lock(n->monitor);
	node->nlookup -= count < node->nlookup ? count : node->nlookup;
	struct node *dead = collect_unheld(n, node);
	monitor_unlock(n->monitor);
	free_list(dead);
}

/* Monitor locked. The new current node in place of one that the kernel may have older pages of. */
static void supersede(struct nodes *n, struct node *old, const struct content_id *content, const struct version *version)
{
	struct place place = {0};
	struct ids ids = place_ids(&old->place);
	struct version *pin = version ? malloc(sizeof *pin) : NULL;
	struct node *node = NULL;
	if ((pin || !version) && place_init(&place, old->place.route, &ids) == 0)
		node = new_node(n, &place, old->name);
	if (!node) {
		free(pin);
		return;
	}
	if (version) {
		*pin = version_ref(version);
		node->pin = pin;
		node->pinned_ms = clock_ms();
		node->content = *content;
	}
	old->superseded = true;
	HASH_DEL(n->by_inode, old);
	HASH_ADD(hh, n->old, inode, sizeof old->inode, old);
	make_current(n, old->parent, node);
}

/* Monitor locked. Was this thread sent away from the file? Forgets it. */
static bool came_back(struct nodes *n, const struct node *node, pid_t tid)
{
	for (unsigned i = 0; n->sent_count && i < SENT_AWAY_MAX; i++) {
		if (n->sent_away[i].ms == 0 || n->sent_away[i].tid != tid || n->sent_away[i].inode != node->inode)
			continue;
		bool lately = clock_ms() - n->sent_away[i].ms < SENT_AWAY_MS;
		n->sent_away[i].ms = 0;
		n->sent_count--;
		return lately;
	}
	return false;
}

/* Monitor locked. */
static bool sent_away(struct nodes *n, const struct node *node, pid_t tid)
{
	if (came_back(n, node, tid))
		return true;
	unsigned next = n->sent_next++ % SENT_AWAY_MAX;
	n->sent_count += n->sent_away[next].ms == 0;
	n->sent_away[next].tid = tid;
	n->sent_away[next].inode = node->inode;
	n->sent_away[next].ms = clock_ms();
	return false;
}

struct node *node_open(struct nodes *n, struct node *node, const struct content_id *content, const struct version *version,
	pid_t tid, bool *ret_keep)
{
	monitor_lock(n->monitor);
	bool serves = !node->spoilt && !node->gone && (node->cached_hash == 0 || node->cached_hash == content->hash);
	if (serves) {
		node->content = *content;
		*ret_keep = node->cached_hash == content->hash;
		node->cached_hash = content->hash;
		node->opens++;
		came_back(n, node, tid);
	} else if (!node->superseded) {
		supersede(n, node, content, version);
	}
	monitor_unlock(n->monitor);
	return serves ? node : NULL;
}

void node_close(struct nodes *n, struct node *node)
{
	monitor_lock(n->monitor);
	node->opens--;
	struct node *dead = collect_unheld(n, node);
	monitor_unlock(n->monitor);
	free_list(dead);
}

bool node_sent_away(struct nodes *n, struct node *node, pid_t tid)
{
	monitor_lock(n->monitor);
	bool again = !node->gone && sent_away(n, node, tid);
	monitor_unlock(n->monitor);
	return again;
}

bool node_open_writer(struct nodes *n, struct node *node, pid_t tid)
{
	monitor_lock(n->monitor);
	/* What is gone is not opened, whoever was sent away before: the name means something else now. */
	bool opens = !node->gone && (node->opens == node->writers || sent_away(n, node, tid));
	if (opens) {
		node->opens++;
		node->writers++;
		node->spoilt = true;
	} else if (!node->superseded) {
		supersede(n, node, NULL, NULL);
	}
	monitor_unlock(n->monitor);
	return opens;
}

void node_close_writer(struct nodes *n, struct node *node)
{
	monitor_lock(n->monitor);
	node->writers--;
	monitor_unlock(n->monitor);
	node_close(n, node);
}

bool node_has_writers(struct nodes *n, struct node *node)
{
	monitor_lock(n->monitor);
	bool has = node->writers > 0;
	monitor_unlock(n->monitor);
	return has;
}

void node_share(struct nodes *n, struct node *node)
{
	monitor_lock(n->monitor);
	node->opens++;
	monitor_unlock(n->monitor);
}

void node_retire(struct nodes *n, uint64_t inode)
{
	monitor_lock(n->monitor);
	struct node *node = find_current(n, inode);
	if (node) {
		node->superseded = node->gone = true;
		HASH_DEL(n->by_inode, node);
		HASH_ADD(hh, n->old, inode, sizeof node->inode, node);
	}
	monitor_unlock(n->monitor);
}

struct version *node_take_pin(struct nodes *n, struct node *node)
{
	monitor_lock(n->monitor);
	struct version *pin = STEAL(node->pin);
	bool usable = clock_ms() - node->pinned_ms < PIN_MS;
	monitor_unlock(n->monitor);
	if (pin && !usable) {
		free_pin(pin);
		pin = NULL;
	}
	return pin;
}

struct content_id node_content(struct nodes *n, struct node *node, const struct content_id *fresh)
{
	monitor_lock(n->monitor);
	bool bound = node->superseded || (node->opens > 0 && node->content.known);
	if (!bound || node->content.hash == fresh->hash)
		node->content = *fresh;
	struct content_id content = node->content;
	monitor_unlock(n->monitor);
	return content;
}

bool node_content_is(struct nodes *n, struct node *node, const uint64_t serials[NEEDS_MAX], struct content_id *ret_content)
{
	monitor_lock(n->monitor);
	bool same = node->content.known && memcmp(node->content.serials, serials, sizeof node->content.serials) == 0;
	if (same)
		*ret_content = node->content;
	monitor_unlock(n->monitor);
	return same;
}

bool node_is_gone(struct nodes *n, struct node *node)
{
	monitor_lock(n->monitor);
	bool gone = node->gone;
	monitor_unlock(n->monitor);
	return gone;
}

bool node_superseded(struct nodes *n, struct node *node, struct content_id *ret_content)
{
	monitor_lock(n->monitor);
	bool superseded = node->superseded;
	*ret_content = node->content;
	monitor_unlock(n->monitor);
	return superseded;
}

int64_t node_mtime(struct nodes *n, struct node *node)
{
	monitor_lock(n->monitor);
	int64_t mtime_ms = node->content.mtime_ms;
	monitor_unlock(n->monitor);
	return mtime_ms;
}

int64_t node_tell_size(struct nodes *n, struct node *node, int64_t size)
{
	monitor_lock(n->monitor);
	int64_t before = node->told_size;
	node->told_size = size;
	monitor_unlock(n->monitor);
	return before;
}

bool node_same_names(struct nodes *n, struct node *node, const uint64_t serials[NEEDS_MAX])
{
	monitor_lock(n->monitor);
	bool same = memcmp(node->content.serials, serials, sizeof node->content.serials) == 0;
	memcpy(node->content.serials, serials, sizeof node->content.serials);
	monitor_unlock(n->monitor);
	return same;
}

char *node_name(struct nodes *n, const struct node *node)
{
	monitor_lock(n->monitor);
	char *name = strdup(node->name);
	monitor_unlock(n->monitor);
	return name;
}

void node_rename(struct nodes *n, struct node *node, char *name)
{
	monitor_lock(n->monitor);
	if (!fixed_name(node->place.route)) {
		char *old = (char *)(uintptr_t)node->name;
		node->name = name;
		name = old;
	}
	monitor_unlock(n->monitor);
	free(name);
}

struct node *node_hold(struct nodes *n, uint64_t inode)
{
	monitor_lock(n->monitor);
	struct node *node = find_current(n, inode);
	if (node && (!node->nlookup || node->invalidating))
		node = NULL;
	if (node)
		node->invalidating = true;
	monitor_unlock(n->monitor);
	return node;
}

void node_path(struct nodes *n, struct node *node, struct buf *out)
{
	enum { DEPTH_MAX = 16 };
	const struct node *way[DEPTH_MAX];
	size_t depth = 0;
	monitor_lock(n->monitor);
	for (; node && node->parent && depth < DEPTH_MAX; node = node->parent)
		way[depth++] = node;
	while (depth--) {
		buf_add_str(out, way[depth]->name);
		if (depth)
			buf_add_char(out, '/');
	}
	monitor_unlock(n->monitor);
}

size_t nodes_count(struct nodes *n)
{
	monitor_lock(n->monitor);
	size_t count = n->count;
	monitor_unlock(n->monitor);
	return count;
}

static bool needs(const struct route *route, enum resource_id id)
{
	for (int i = 0; i < NEEDS_MAX; i++)
		if (route->needs[i] == id)
			return true;
	return false;
}

struct node **nodes_of_resource(struct nodes *n, enum resource_id id, size_t *ret_count)
{
	struct node *node, *next, **list = NULL;
	*ret_count = 0;
	monitor_lock(n->monitor);
	list = calloc(n->count + 1, sizeof *list);
	HASH_ITER(hh, n->by_inode, node, next)
		if (list && node->nlookup && !node->invalidating && needs(node->place.route, id)) {
			node->invalidating = true;
			list[(*ret_count)++] = node;
		}
	monitor_unlock(n->monitor);
	return list;
}

void node_unhold(struct nodes *n, struct node *node)
{
	monitor_lock(n->monitor);
	node->invalidating = false;
	struct node *dead = collect_unheld(n, node);
	monitor_unlock(n->monitor);
	free_list(dead);
}
