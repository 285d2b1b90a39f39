/*
 * open_file.h - what hangs on a descriptor.
 */
#pragma once

#include "fs/mount/draft.h"
#include "fs/mount/handle.h"
#include "fs/mount/inside.h"

/* For reading: one version, from its first byte to its last. For writing: its place in a draft, or a control file. */
struct open_file {
	struct handle handle;
	struct version version;
	_Atomic(struct blob *) bytes; /* NULL until they are first read */
	size_t size;
	bool control;         /* each write() acts */
	bool lines;           /* … on whole lines (lines.c) */
	struct buf tail;      /* guarded by the monitor: the line that is not whole yet */
	bool bound;           /* counted in its node's opens */
	struct draft *draft;  /* a reference; NULL: none */
	bool drafts;          /* it can write the draft */
	bool appends;
	bool reads;           /* it can read, so what was loaded for it has been seen */
	pid_t tid, tgid;      /* who opened it for writing */
};

/* NULL: out of memory. Freed by handle_free(), once it is no longer counted in its node or draft. */
struct open_file *open_file_new(struct mount *m);

static inline struct open_file *file_of(const struct fuse_file_info *fi)
{
	return (struct open_file *)(uintptr_t)fi->fh;
}

/* ops_writes.c: the part of open, read, write, flush, release and setattr that is about drafts. 0 or -errno; why->err 0: nothing to report. */
int draft_open_file(struct mount *m, fuse_req_t req, struct node *node, struct fuse_file_info *fi, struct open_file *f,
	struct refusal *why);
void draft_reply_read(struct mount *m, fuse_req_t req, struct node *node, struct open_file *f, size_t size, off_t off);
void draft_reply_write(struct mount *m, fuse_req_t req, struct node *node, struct open_file *f, struct slice bytes, off_t off);
void draft_reply_flush(struct mount *m, fuse_req_t req, struct node *node, struct open_file *f);
void draft_release_file(struct mount *m, struct node *node, struct open_file *f);
int draft_set_size(struct mount *m, fuse_req_t req, struct node *node, struct open_file *f, off_t size, struct refusal *why);

/* lines.c: appending to a list. Does a descriptor opened so act line by line? Writes, and the end of its writing. 0 or -errno. */
bool lines_act(struct mount *m, const struct node *node, int flags);
int lines_write(struct call *call, struct node *node, struct open_file *f, struct slice bytes);
int lines_close(struct call *call, struct node *node, struct open_file *f, bool released);

/* Is the node a scratch name's, or written right now? Then *st is what the draft shows, for no time at all. */
bool draft_attr(struct mount *m, struct node *node, struct stat *st);

/* A document is a file whose close() saves; a control file's write() acts. */
bool is_document(const struct route *route);
bool is_control(const struct route *route);
