/*
 * notify.h - the thread that tells the kernel to drop what it cached. Notifications may block on a page or a look-up, so
 * nobody else sends them, and never with a lock.
 */
#pragma once

#include "fs/mount/node.h"

struct fuse_session;
struct notifier;

struct notifier *notifier_create(struct monitor *m, struct tree *tree, struct nodes *nodes, struct fuse_session *session);

/*
 * The attributes of files and the names of directories made from this resource are to be asked anew; names that are known to be
 * gone are dropped. Any thread.
 */
void notifier_resource(struct notifier *n, enum resource_id id);

/* The name in the directory of that inode number leads elsewhere now, or nowhere. Any thread; best effort. */
void notifier_name(struct notifier *n, uint64_t dir, const char *name);

/* Ends the thread; accepts NULL. */
void notifier_destroy(struct notifier *n);
