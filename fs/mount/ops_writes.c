/* ops_writes.c - open files that write: documents by way of a draft, and scratch files. */
#include "fs/mount/open_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/mount/commit.h"
#include "fs/mount/seen.h"

bool is_control(const struct route *route)
{
	return route->control || route->flags & ROUTE_CONTROL;
}

bool is_document(const struct route *route)
{
	return route_saves(route) && !is_control(route) && S_ISREG(route->mode);
}

static bool can_write(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

/* A scratch name: everyone reads and writes the same bytes. */
static int open_scratch(struct mount *m, struct node *node, const struct fuse_file_info *fi, struct open_file *f)
{
	f->draft = draft_by_inode(m->drafts, node->inode);
	if (!f->draft)
		return -ESTALE;
	f->drafts = can_write(fi->flags);
	if (f->drafts)
		draft_begin(m->drafts, f->draft, fi->flags & O_TRUNC);
	return 0;
}

static int load_at_open(fuse_req_t req, struct node *node, struct open_file *f, struct refusal *why)
{
	struct call call;
	call_begin(&call, req, PRIORITY_READ);
	int rc = commit_load(&call, node, f);
	call_end(&call);
	*why = call.why;
	return rc;
}

/*
 * A document. Its reads and writes go past the kernel's pages: what they show of a node that is written would be neither the old text nor
 * the new one. (So a shared mapping that can be written is refused, with ENODEV; no editor makes one.)
 */
static int open_document(struct mount *m, fuse_req_t req, struct node *node, struct fuse_file_info *fi, struct open_file *f,
	struct refusal *why)
{
	if (!node_open_writer(m->nodes, node, f->tid))
		return -ESTALE;
	f->bound = f->drafts = true;
	f->draft = draft_get(m->drafts, &node->place);
	if (!f->draft) {
		node_close_writer(m->nodes, node);
		f->bound = f->drafts = false;
		return -ENOMEM;
	}
	draft_begin(m->drafts, f->draft, fi->flags & O_TRUNC);
	fi->direct_io = 1;
	if ((fi->flags & O_ACCMODE) == O_RDWR && !(fi->flags & O_TRUNC))
		return load_at_open(req, node, f, why);
	return 0;
}

int draft_open_file(struct mount *m, fuse_req_t req, struct node *node, struct fuse_file_info *fi, struct open_file *f,
	struct refusal *why)
{
	f->tid = fuse_req_ctx(req)->pid;
	f->tgid = can_write(fi->flags) ? writer_tgid(f->tid) : 0;
	f->appends = fi->flags & O_APPEND;
	f->reads = (fi->flags & O_ACCMODE) == O_RDWR;
	int rc = draft_is_scratch(&node->place) ? open_scratch(m, node, fi, f) : open_document(m, req, node, fi, f, why);
	if (rc < 0)
		draft_release_file(m, node, f);
	return rc;
}

void draft_release_file(struct mount *m, struct node *node, struct open_file *f)
{
	if (f->drafts) {
		commit_release(m, node, f);
		draft_end(m->drafts, f->draft);
	}
	draft_put(m->drafts, f->draft);
	f->draft = NULL;
	if (f->bound && f->drafts)
		node_close_writer(m->nodes, node);
	f->bound = f->drafts = false;
}

void draft_reply_read(struct mount *m, fuse_req_t req, struct node *node, struct open_file *f, size_t size, off_t off)
{
	_cleanup_free_ char *bytes = malloc(size ? size : 1);
	struct call call;
	/* What was saved or dropped since it was opened is read anew. */
	call_begin(&call, req, PRIORITY_READ);
	int rc = commit_load(&call, node, f);
	call_end(&call);
	if (rc < 0)
		reply_save_refusal(m, req, node, NULL, rc, &call.why);
	else if (bytes)
		fuse_reply_buf(req, bytes, draft_read(m->drafts, f->draft, off, size, bytes));
	else
		fuse_reply_err(req, ENOMEM);
}

void draft_reply_write(struct mount *m, fuse_req_t req, struct node *node, struct open_file *f, struct slice bytes, off_t off)
{
	struct call call;
	call_begin(&call, req, PRIORITY_WRITE);
	/* What rows are appended to need not be known. */
	int rc = f->appends && node->place.route->rows ? 0 : commit_load(&call, node, f);
	/* An append is an append: the kernel's offset is made from a size that may be old. */
	if (rc == 0)
		rc = draft_write(m->drafts, f->draft, f->appends ? -1 : off, bytes, &call.why);
	else
		draft_spoil(m->drafts, f->draft);
	call_end(&call);
	if (rc < 0)
		reply_save_refusal(m, req, node, NULL, rc, &call.why);
	else
		fuse_reply_write(req, bytes.len);
}

void draft_reply_flush(struct mount *m, fuse_req_t req, struct node *node, struct open_file *f)
{
	struct call call;
	call_begin(&call, req, PRIORITY_WRITE);
	int rc = commit_flush(&call, node, f);
	call_end(&call);
	reply_save_refusal(m, req, node, NULL, rc, rc < 0 ? &call.why : NULL);
}

int draft_set_size(struct mount *m, fuse_req_t req, struct node *node, struct open_file *f, off_t size, struct refusal *why)
{
	struct open_file by_path = {.draft = f ? NULL : draft_by_inode(m->drafts, node->inode)};
	struct call call;
	int rc = 0;
	if (!f)
		f = &by_path;
	/* A draft that is only not released yet belongs to nobody. */
	if (by_path.draft && !by_path.draft->scratch && !draft_is_written(m->drafts, by_path.draft))
		draft_put(m->drafts, STEAL(by_path.draft));
	/* truncate() of a path with nobody writing it: cutting to nothing never saves; a shorter text would be half a document. */
	if (!f->draft)
		return size == 0 ? 0 : refuse(why, EOPNOTSUPP, "open the file to change its size");
	call_begin(&call, req, PRIORITY_WRITE);
	if (size > 0)
		rc = commit_load(&call, node, f);
	if (rc == 0)
		rc = draft_resize(m->drafts, f->draft, size, &call.why);
	call_end(&call);
	*why = call.why;
	draft_put(m->drafts, by_path.draft);
	return rc;
}

bool draft_attr(struct mount *m, struct node *node, struct stat *st)
{
	struct content_id content = {.known = true};
	bool link, scratch = draft_is_scratch(&node->place);
	if (!scratch && !node_has_writers(m->nodes, node))
		return false;
	bool known = draft_size(m->drafts, node->inode, &content.size, &content.mtime_ms, &link);
	if (!known && !scratch)
		return false;
	attr_fill_content(m, node, &content, st);
	return true;
}
