/*
 * mount.h - the kernel's side: a FUSE session over a tree. The only folder that includes fuse headers.
 */
#pragma once

#include <stdbool.h>

#include "fs/mount/size_mode.h"
#include "fs/tree/tree.h"

struct mount;

struct mount_conf {
	struct monitor *monitor;
	struct tree *tree;
	const char *mountpoint;
	const char *fuse_options; /* for libfuse, commas between them; may be empty */
	bool debug;
	bool read_only;
	enum size_mode sizes;
	int64_t ttl_ms;
	int64_t timeout_ms;
	int64_t max_deletes;
};

/* Mounts. NULL: `why` says what is wrong, in one line. Before threads exist. */
struct mount *mount_create(const struct mount_conf *conf, struct refusal *why);

/* Serves until it is unmounted or a signal asks for the end. `on_stop` is called before the threads are joined, to end what they wait for. */
int mount_run(struct mount *m, void (*on_stop)(void *arg), void *arg);

/* Unmounts and frees. Accepts NULL. */
void mount_destroy(struct mount *m);

/* Tells the mount that what a resource shows was made stale before its time (struct tree_conf.changed). Any thread. */
void mount_changed(void *mount, enum resource_id id);

/* Appends members of the "mount" object in stats.json. */
void mount_stats(void *mount, struct buf *out);
