/*
 * node.h - what the kernel knows of us: one node an inode it holds, by place.
 *
 * Invariants. A node is current (found by its place) or superseded (only by the kernel's number). Once the kernel may have
 * pages of a content, the node never serves another: a newer version becomes a new current node of the same st_ino, and
 * OPEN answers ESTALE once, so that the kernel looks the name up again (fuse-read-rules.md, section 2). It is not enough to
 * have the pages dropped when no descriptor is open: of two opens at once the second would read old pages before the
 * kernel has heard the first one's reply. A node lives as long as the kernel counts look-ups of it, a descriptor is
 * open, or a child node hangs on it.
 *
 * All functions lock the monitor themselves. A `struct node *` from the kernel stays valid for that request, since the
 * kernel does not forget a node with a request under way.
 */
#pragma once

#include <uthash.h>

#include "fs/tree/tree.h"

struct nodes;

/* Which bytes a file shows. */
struct content_id {
	uint64_t serials[NEEDS_MAX];
	uint64_t hash;
	size_t size;
	int64_t mtime_ms;
	bool known;
};

struct node {
	struct place place;      /* never changes */
	uint64_t inode;          /* st_ino, never changes */
	struct node *parent;     /* NULL for the root; counted in the parent's `children` */
	const char *name;        /* guarded by the monitor: as it was looked up first, or renamed; of a fixed name the end of the route's path */
	/* Guarded by the monitor: */
	uint64_t nlookup;
	unsigned children;
	unsigned opens;
	unsigned writers;        /* those of `opens` that can write it */
	bool spoilt;             /* it was open for writing: the kernel's idea of it is a draft's, so it serves no reader */
	bool gone;               /* its name was moved or removed: who still has it must look again */
	bool superseded;
	bool invalidating;       /* held by the notifier */
	struct content_id content; /* of a directory: serials of the names that the kernel may have, and its time */
	uint64_t cached_hash;    /* the kernel may have pages of this content; 0: of none */
	int64_t told_size;       /* the size the kernel believes; -1: it was told none, or a guess */
	struct version *pin;     /* the version that its first OPEN takes without asking again; owned */
	int64_t pinned_ms;
	UT_hash_handle hh;
};

struct nodes *nodes_create(struct monitor *m, const struct place *root);
void nodes_destroy(struct nodes *n); /* accepts NULL */

struct node *nodes_root(struct nodes *n);

/* The node of a child that was looked up, made if need be; its nlookup is counted up. Takes the entry's place. NULL: out of memory. */
struct node *node_enter(struct nodes *n, struct node *parent, struct tree_entry *entry);

/* The kernel forgets `count` look-ups; frees what nobody holds. */
void node_forget(struct nodes *n, struct node *node, uint64_t count);

/*
 * An OPEN by the thread `tid` wants `content`. Returns the node to use: `node` itself with its opens counted up (*ret_keep: the
 * kernel's pages are of this content), or NULL after a new current node was made for the newer content, pinned to `version`: answer
 * ESTALE.
 */
struct node *node_open(struct nodes *n, struct node *node, const struct content_id *content, const struct version *version,
	pid_t tid, bool *ret_keep);
void node_close(struct nodes *n, struct node *node);

/*
 * An OPEN that can write. A node that readers hold is superseded first (cutting it would take their pages away): false, answer
 * ESTALE. `tid` is not sent away twice; readers and writers then share the node.
 */
bool node_open_writer(struct nodes *n, struct node *node, pid_t tid);
void node_close_writer(struct nodes *n, struct node *node);
bool node_has_writers(struct nodes *n, struct node *node);

/* Was the last OPEN of this thread on this file answered ESTALE? Else remembers that this one will be. */
bool node_sent_away(struct nodes *n, struct node *node, pid_t tid);

/* Counts up an open without a content of its own. */
void node_share(struct nodes *n, struct node *node);

/* The name went away, or means something else now: the next look-up of it makes a new node. */
void node_retire(struct nodes *n, uint64_t inode);

bool node_is_gone(struct nodes *n, struct node *node);

/* The version that the node was pinned to a moment ago, once; NULL afterwards. The caller releases and frees it. */
struct version *node_take_pin(struct nodes *n, struct node *node);

/* Is there a newer node for its name? *ret_content: what this one shows for ever. */
bool node_superseded(struct nodes *n, struct node *node, struct content_id *ret_content);

/* A directory's time; 0: unknown. */
int64_t node_mtime(struct nodes *n, struct node *node);

/* What the node shows: its own content when it is bound to it; `fresh` else becomes its content. Returns what to tell. */
struct content_id node_content(struct nodes *n, struct node *node, const struct content_id *fresh);
bool node_content_is(struct nodes *n, struct node *node, const uint64_t serials[NEEDS_MAX], struct content_id *ret_content);

/* Sets told_size and returns the one before. */
int64_t node_tell_size(struct nodes *n, struct node *node, int64_t size);

/* Were the kernel's names of this directory of these serials? Remembers them. */
bool node_same_names(struct nodes *n, struct node *node, const uint64_t serials[NEEDS_MAX]);

/* A copy of its name; NULL: out of memory. */
char *node_name(struct nodes *n, const struct node *node);

/* Its name is another one now (takes it). */
void node_rename(struct nodes *n, struct node *node, char *name);

/* The current node of that number, held until node_unhold(); NULL: the kernel has none. */
struct node *node_hold(struct nodes *n, uint64_t inode);

/* Path from the mount's root, by names. */
void node_path(struct nodes *n, struct node *node, struct buf *out);

/* How many nodes there are. */
size_t nodes_count(struct nodes *n);

/*
 * The nodes that show one resource, for the notifier: each is held (not freed) until node_unhold(). Returns a malloc'ed array.
 */
struct node **nodes_of_resource(struct nodes *n, enum resource_id id, size_t *ret_count);
void node_unhold(struct nodes *n, struct node *node);
