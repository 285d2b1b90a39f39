/*
 * inside.h - what the files of fs/mount share.
 */
#pragma once

#define FUSE_USE_VERSION 314
#include <fuse3/fuse_lowlevel.h>

#include "fs/base/cleanup.h"
#include "fs/mount/mount.h"
#include "fs/mount/last_close.h"
#include "fs/mount/node.h"
#include "fs/mount/notify.h"

struct mount {
	struct mount_conf conf;
	struct monitor *monitor;
	struct tree *tree;
	struct nodes *nodes;
	struct fuse_session *session;
	struct notifier *notifier;
	struct handle *handles; /* guarded by the monitor */
	struct drafts *drafts;
	struct removals *removals;
	struct seen *seen;
	uid_t uid;
	gid_t gid;
	int64_t start_wall_ms;
	char device[DEVICE_MAX]; /* of the mount, "" when not known */
};

/* One kernel request under way: it can be interrupted while it waits. */
struct call {
	struct mount *mount;
	fuse_req_t req;
	struct caller caller;
	struct refusal why;
	bool saving;       /* a text was to be saved */
};

void call_begin(struct call *call, fuse_req_t req, enum priority priority);

/* After this the request may be replied to; no interrupt reaches the call any more. */
void call_end(struct call *call);

struct node *node_of(struct mount *m, fuse_ino_t ino);
fuse_ino_t ino_of(const struct mount *m, const struct node *node);
struct mount *mount_of(fuse_req_t req);

/*
 * The one way out for refusals: answers the errno, and leaves a line in .smartlead/errors where the user would want to know why (not
 * for names that do not exist, nor for interrupts). `rc` is -errno.
 */
void reply_refusal(struct mount *m, fuse_req_t req, struct node *node, const char *name, int rc, const struct refusal *why);

/* The same where a text was to be saved: that what it belongs to is not there any more is what the user would want to know. */
void reply_save_refusal(struct mount *m, fuse_req_t req, struct node *node, const char *name, int rc, const struct refusal *why);

/* The process (thread group) of a thread; 0: not known. */
pid_t writer_tgid(pid_t tid);

/* attr.c: what stat shows. *ret_valid_s: how long the kernel may believe it. */
void attr_fill(struct mount *m, struct node *node, struct stat *st, double *ret_valid_s);
void attr_fill_content(struct mount *m, const struct node *node, const struct content_id *content, struct stat *st);
bool attr_is_looker(pid_t tid);
bool attr_is_copier(pid_t tid);

/* The content of a version: rendered and hashed. *ret_bytes may be NULL when they are not wanted. */
int content_measure(struct mount *m, const struct node *node, const struct version *version, struct content_id *ret_content,
	struct blob **ret_bytes, struct refusal *why);

/* ops_*.c: the handlers, one per low-level operation. */
void ops_names(struct fuse_lowlevel_ops *ops);
void ops_files(struct fuse_lowlevel_ops *ops);
void ops_directories(struct fuse_lowlevel_ops *ops);
void ops_changes(struct fuse_lowlevel_ops *ops);

/*
 * loop.c. The signals that end the mount are blocked in every thread from before it exists (a thread that had them open
 * would die of one, and leave a dead mount); the loop takes them from a descriptor.
 */
void loop_block_signals(void);
int loop_run(struct fuse_session *session, int workers_max, void (*on_stop)(void *arg), void *arg);

/* This handler may take longer than some microseconds: another thread shall receive requests. Cheap when one does already. */
void loop_give_turn(void);
