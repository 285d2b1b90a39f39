/* ops_changes.c - names that are made, moved and removed. */
#include "fs/mount/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/mount/commit.h"
#include "fs/mount/names.h"
#include "fs/mount/removal.h"
#include "fs/tree/save.h"

/* One change of one name under way. */
struct change {
	struct call call;
	struct node *dir;
	const char *name;
	pid_t tid, tgid;
};

static void change_begin(struct change *c, fuse_req_t req, fuse_ino_t parent, const char *name)
{
	*c = (struct change){.name = name, .tid = fuse_req_ctx(req)->pid};
	c->dir = node_of(mount_of(req), parent);
	c->tgid = writer_tgid(c->tid);
	call_begin(&c->call, req, PRIORITY_WRITE);
}

/* A reply of its own follows when rc is 0; true: the refusal was answered. */
static bool change_failed(struct change *c, int rc)
{
	call_end(&c->call);
	if (rc < 0)
		(c->call.saving ? reply_save_refusal : reply_refusal)(c->call.mount, c->call.req, c->dir, c->name, rc, &c->call.why);
	return rc < 0;
}

static void reply_done(struct change *c, int rc)
{
	if (!change_failed(c, rc))
		fuse_reply_err(c->call.req, 0);
}

/* What the tree has under that name, seen or hidden. */
static int find(struct change *c, const char *name, struct tree_entry *ret)
{
	int64_t fresh_ms;
	return tree_lookup(c->call.mount->tree, &c->dir->place, name, &c->call.caller, ret, &fresh_ms, &c->call.why);
}

static bool hidden(struct change *c, const char *name)
{
	return removals_hide(c->call.mount->removals, c->dir->inode, name);
}

/* The name is there again; 0 also when it was not away. */
static int take_back(struct change *c, const char *name)
{
	int rc = removals_take_back(c->call.mount->removals, c->dir->inode, name);
	return rc == -EBUSY ? refuse(&c->call.why, EBUSY, "it is being removed right now") : 0;
}

/* Out of sight: for good when it may be removed, else for a moment. */
static int put_away(struct change *c, const struct tree_entry *e)
{
	struct mount *m = c->call.mount;
	_cleanup_buf_ struct buf path = BUF_INIT;
	node_path(m->nodes, c->dir, &path);
	buf_printf(&path, "/%s", c->name);
	const struct place *place = tree_removable(e->place.route) ? &e->place : NULL;
	int rc = removals_add(m->removals, c->dir->inode, c->name, place, buf_text(&path), c->tgid);
	if (rc < 0)
		return refuse_memory(&c->call.why);
	node_retire(m->nodes, place_inode(&e->place));
	return 0;
}

static int refuse_removal(struct change *c, const char *text)
{
	removals_refused(c->call.mount->removals, c->tgid);
	return refuse(&c->call.why, EPERM, "%s", text);
}

static int unlink_scratch(struct change *c)
{
	struct drafts *drafts = c->call.mount->drafts;
	struct draft *d = draft_by_name(drafts, c->dir->inode, c->name);
	if (!d)
		return -ENOENT;
	draft_unname(drafts, d);
	draft_put(drafts, d);
	return 0;
}

static int remove_name(struct change *c)
{
	struct tree_entry e = {0};
	int rc = unlink_scratch(c);
	if (rc != -ENOENT)
		return rc;
	if (hidden(c, c->name))
		return refuse(&c->call.why, ENOENT, "no such name");
	rc = find(c, c->name, &e);
	if (rc < 0)
		return rc;
	if (tree_removable(e.place.route) || is_document(e.place.route))
		rc = put_away(c, &e);
	else
		rc = refuse_removal(c, "it can't be removed");
	tree_entry_release(&e);
	return rc;
}

static void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct change c;
	change_begin(&c, req, parent, name);
	reply_done(&c, remove_name(&c));
}

/* Whether it may go is known at once, so it is answered at once. */
static int remove_now(struct change *c, const struct tree_entry *e)
{
	struct mount *m = c->call.mount;
	struct writer writer = {.tgid = c->tgid};
	const struct place *places[] = {&e->place};
	size_t done;
	int rc = removals_at_once(m->removals, c->tgid, &c->call.why);
	if (rc == 0)
		rc = tree_remove(m->tree, places, 1, &writer, &c->call.caller, &done, &c->call.why);
	if (rc == 0)
		node_retire(m->nodes, place_inode(&e->place));
	else
		removals_refused(m->removals, c->tgid);
	return rc;
}

static void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct change c;
	struct tree_entry e = {0};
	change_begin(&c, req, parent, name);
	int rc = hidden(&c, name) ? refuse(&c.call.why, ENOENT, "no such name") : find(&c, name, &e);
	if (rc == 0 && !tree_removable(e.place.route))
		rc = refuse_removal(&c, "this directory can't be removed");
	else if (rc == 0)
		rc = e.place.route->flags & ROUTE_AT_ONCE ? remove_now(&c, &e) : put_away(&c, &e);
	tree_entry_release(&e);
	reply_done(&c, rc);
}

/* ---- new names ---- */

static void drop_file(struct mount *m, struct open_file *f)
{
	if (f)
		handle_free(m, &f->handle);
}

/* Enters the node of an entry (its place may be taken) and tells the kernel, for no time. */
static void reply_new(struct change *c, struct tree_entry *e, struct fuse_file_info *fi, struct open_file *f)
{
	struct mount *m = c->call.mount;
	struct fuse_entry_param p = {0};
	struct node *node = node_enter(m->nodes, c->dir, e);
	if (!node) {
		drop_file(m, f);
		fuse_reply_err(c->call.req, ENOMEM);
		return;
	}
	struct refusal why = {0};
	int rc = f ? draft_open_file(m, c->call.req, node, fi, f, &why) : 0;
	if (rc < 0) { /* ESTALE: readers hold this node; the kernel looks again and finds the next one */
		node_forget(m->nodes, node, 1);
		drop_file(m, f);
		reply_refusal(m, c->call.req, c->dir, c->name, rc, &why);
		return;
	}
	p.ino = ino_of(m, node);
	attr_fill(m, node, &p.attr, &p.attr_timeout);
	p.attr_timeout = 0;
	if (f)
		fi->fh = (uintptr_t)f;
	rc = f ? fuse_reply_create(c->call.req, &p, fi) : fuse_reply_entry(c->call.req, &p);
	if (rc == 0)
		return;
	if (f)
		draft_release_file(m, node, f);
	drop_file(m, f);
	node_forget(m->nodes, node, 1);
}

/* Scratch names live where documents do, or where new files become something. */
static int new_scratch(struct change *c, bool link, bool adds, struct draft **ret)
{
	struct mount *m = c->call.mount;
	if (!adds && !names_take_scratch(m->tree, &c->dir->place))
		return refuse(&c->call.why, EPERM, "nothing can be made here under this name");
	int rc = draft_new(m->drafts, c->dir->inode, c->name, link, adds, ret, &c->call.why);
	if (rc == 0)
		tree_note_writer(m->tree, &c->dir->place, &(struct writer){.tgid = c->tgid});
	return rc;
}

/* A file that becomes a thing of the account at its last close, or a scratch file. */
static int new_file(struct change *c, struct draft **ret)
{
	struct tree *tree = c->call.mount->tree;
	bool adds = tree_can_add(tree, &c->dir->place, c->name, S_IFREG);
	int rc = adds ? tree_check_add(tree, &c->dir->place, &c->call.caller, &c->call.why) : 0;
	return rc < 0 ? rc : new_scratch(c, false, adds, ret);
}

/* The name that a file is made under: a document that is (out of) sight, else a new one. */
static int create_name(struct change *c, int flags, struct tree_entry *e)
{
	struct mount *m = c->call.mount;
	struct draft *d = draft_by_name(m->drafts, c->dir->inode, c->name);
	int rc = d ? 0 : find(c, c->name, e);
	if (!d && rc == 0) {
		if (!is_document(e->place.route))
			return refuse(&c->call.why, EEXIST, "the name is there already");
		if (flags & O_EXCL && !hidden(c, c->name))
			return refuse(&c->call.why, EEXIST, "the name is there already");
		return take_back(c, c->name);
	}
	if (!d && rc != -ENOENT)
		return rc;
	if (!d)
		removals_made_anew(m->removals, c->dir->inode, c->name);
	if (!d)
		rc = new_file(c, &d);
	if (rc == 0)
		rc = names_entry(c->name, &d->place, e);
	draft_put(m->drafts, d);
	return rc;
}

static void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct change c;
	struct tree_entry e = {0};
	(void)mode;
	change_begin(&c, req, parent, name);
	struct open_file *f = open_file_new(c.call.mount);
	int rc = f ? create_name(&c, fi->flags, &e) : -ENOMEM;
	/* A file that is made is empty, also where it takes over one that was removed. */
	fi->flags |= O_TRUNC;
	if (change_failed(&c, rc))
		drop_file(c.call.mount, f);
	else
		reply_new(&c, &e, fi, f);
	tree_entry_release(&e);
}

static void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev)
{
	struct change c;
	struct tree_entry e = {0};
	(void)rdev;
	change_begin(&c, req, parent, name);
	int rc = S_ISREG(mode) ? create_name(&c, O_EXCL, &e) : refuse(&c.call.why, EPERM, "only plain files can be made");
	if (!change_failed(&c, rc))
		reply_new(&c, &e, NULL, NULL);
	tree_entry_release(&e);
}

static int new_link(struct change *c, const char *target, struct tree_entry *e)
{
	struct mount *m = c->call.mount;
	struct draft *d = NULL;
	int rc = find(c, c->name, e);
	if (rc == 0 && hidden(c, c->name) && S_ISLNK(e->place.route->mode))
		return take_back(c, c->name);
	if (rc == 0)
		return refuse(&c->call.why, EEXIST, "the name is there already");
	if (rc != -ENOENT)
		return rc;
	removals_made_anew(m->removals, c->dir->inode, c->name);
	if (tree_can_add(m->tree, &c->dir->place, c->name, S_IFLNK)) {
		rc = tree_add(m->tree, &c->dir->place, c->name, S_IFLNK, slice_of(target), &(struct writer){.tgid = c->tgid},
			&c->call.caller, &c->call.why);
		return rc < 0 ? rc : find(c, c->name, e);
	}
	rc = new_scratch(c, true, false, &d);
	if (rc == 0)
		rc = draft_write(m->drafts, d, 0, slice_of(target), &c->call.why);
	if (rc == 0)
		rc = names_entry(c->name, &d->place, e);
	draft_put(m->drafts, d);
	return rc;
}

static void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	struct change c;
	struct tree_entry e = {0};
	change_begin(&c, req, parent, name);
	int rc = new_link(&c, target, &e);
	if (!change_failed(&c, rc))
		reply_new(&c, &e, NULL, NULL);
	tree_entry_release(&e);
}

/* The directory that was made: by its own name, or through the alias that the given name is. */
static int made_directory(struct change *c, struct tree_entry *e)
{
	struct mount *m = c->call.mount;
	int rc = find(c, c->name, e);
	/* Repeating it would make a second one. */
	if (rc == -ENOENT)
		return refuse(&c->call.why, EIO, "the service does not list it yet (or this is a dry run): look again, and don't repeat it");
	if (rc < 0 || S_ISDIR(e->place.route->mode))
		return rc;
	struct blob *target = NULL;
	rc = tree_read(m->tree, &e->place, &c->call.caller, &target, &c->call.why);
	tree_entry_release(e);
	if (rc < 0)
		return rc;
	_cleanup_free_ char *name = strndup(target->data, target->len);
	blob_unref(target);
	return name ? find(c, name, e) : -ENOMEM;
}

static void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct change c;
	struct tree_entry e = {0};
	(void)mode;
	change_begin(&c, req, parent, name);
	struct mount *m = c.call.mount;
	int rc = tree_can_add(m->tree, &c.dir->place, name, S_IFDIR) ? 0 : refuse(&c.call.why, EPERM, "no directory can be made here");
	if (rc == 0)
		rc = tree_add(m->tree, &c.dir->place, name, S_IFDIR, (struct slice){"", 0}, &(struct writer){.tgid = c.tgid}, &c.call.caller,
			&c.call.why);
	if (rc == 0)
		rc = made_directory(&c, &e);
	if (rc == 0)
		tree_note_writer(m->tree, &e.place, &(struct writer){.tgid = c.tgid});
	if (!change_failed(&c, rc))
		reply_new(&c, &e, NULL, NULL);
	tree_entry_release(&e);
}

static void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	(void)ino, (void)parent, (void)name;
	fuse_reply_err(req, EPERM);
}

/* ---- moved names ---- */

/* mv shows EINVAL as a wrong sentence about directories (fuse-write-rules.md, section 3). */
static int rename_errno(int rc)
{
	return rc == -EINVAL ? -EIO : rc;
}

static int scratch_over_document(struct change *c, struct draft *d, const char *to, const struct tree_entry *e)
{
	struct mount *m = c->call.mount;
	_cleanup_blob_ struct blob *text = NULL;
	enum draft_state state = draft_text(m->drafts, d, &text);
	if (state == DRAFT_ABORTED)
		return refuse(&c->call.why, EIO, "a write of %s failed, so it is not saved", c->name);
	if (state == DRAFT_EMPTY)
		return refuse(&c->call.why, EPERM, "an empty file is never saved");
	if (text->len > draft_document_max(&e->place))
		return refuse(&c->call.why, EFBIG, "the document is too big");
	/* First: what is being removed right now would be gone when its turn to be saved has come. */
	int rc = take_back(c, to);
	if (rc == 0)
		rc = commit_text(&c->call, &e->place, text, NULL, c->tid, c->tgid);
	if (rc < 0)
		return rename_errno(rc);
	draft_unname(m->drafts, d);
	return 0;
}

static int scratch_becomes_thing(struct change *c, struct draft *d, const char *to)
{
	struct mount *m = c->call.mount;
	_cleanup_blob_ struct blob *text = NULL;
	enum draft_state state = draft_text(m->drafts, d, &text);
	if (state == DRAFT_EMPTY)
		return draft_rename(m->drafts, d, to, true);
	if (state != DRAFT_TAKEN)
		return refuse(&c->call.why, EIO, "a write of %s failed, so it is not saved", c->name);
	int rc = tree_add(m->tree, &c->dir->place, to, S_IFREG, blob_slice(text), &(struct writer){.tgid = c->tgid}, &c->call.caller,
		&c->call.why);
	if (rc == 0)
		draft_unname(m->drafts, d);
	return rename_errno(rc);
}

static void drop_scratch(struct change *c, const char *name)
{
	struct drafts *drafts = c->call.mount->drafts;
	struct draft *d = draft_by_name(drafts, c->dir->inode, name);
	if (d)
		draft_unname(drafts, d);
	draft_put(drafts, d);
}

static int rename_scratch(struct change *c, struct draft *d, const char *to)
{
	struct mount *m = c->call.mount;
	struct tree_entry e = {0};
	int rc = find(c, to, &e);
	if (rc == 0) {
		rc = is_document(e.place.route) && !d->link ? scratch_over_document(c, d, to, &e)
							    : refuse(&c->call.why, EPERM, "it can't be replaced by another file");
		tree_entry_release(&e);
		c->name = to; /* whose refusal it is; nobody knows the temporary name */
		return rc;
	}
	if (rc != -ENOENT)
		return rc;
	removals_made_anew(m->removals, c->dir->inode, to);
	if (!d->link && tree_can_add(m->tree, &c->dir->place, to, S_IFREG)) {
		rc = scratch_becomes_thing(c, d, to);
		c->name = to;
		return rc;
	}
	drop_scratch(c, to);
	return draft_rename(m->drafts, d, to, false);
}

/* A document is moved to a backup's name: the backup gets its text, and the document is out of sight. */
static int document_to_scratch(struct change *c, const struct tree_entry *from, const char *to)
{
	struct mount *m = c->call.mount;
	_cleanup_blob_ struct blob *text = NULL;
	struct draft *d = NULL;
	int rc = tree_read(m->tree, &from->place, &c->call.caller, &text, &c->call.why);
	if (rc < 0)
		return rc;
	drop_scratch(c, to);
	struct change backup = *c;
	backup.name = to;
	rc = new_scratch(&backup, false, false, &d);
	if (rc < 0)
		c->call.why = backup.call.why;
	if (rc == 0)
		rc = draft_write(m->drafts, d, 0, blob_slice(text), &c->call.why);
	if (rc == 0)
		rc = put_away(c, from);
	if (rc < 0 && d)
		draft_unname(m->drafts, d);
	draft_put(m->drafts, d);
	return rc;
}

/* Is there something in sight under that name? */
static bool in_sight(struct change *c, const char *name)
{
	struct tree_entry e = {0};
	struct draft *d = draft_by_name(c->call.mount->drafts, c->dir->inode, name);
	draft_put(c->call.mount->drafts, d);
	bool there = d || (!hidden(c, name) && find(c, name, &e) == 0);
	tree_entry_release(&e);
	return there;
}

/*
 * The kernel has the directory under the name it was moved to. Where the service's own name for it is another one, that
 * name is to be forgotten, once the move has been answered.
 */
static void moved_directory(struct change *c, const struct tree_entry *from, const char *to)
{
	struct mount *m = c->call.mount;
	char *name = NULL;
	tree_name_of(m->tree, &c->dir->place, &from->place, to, &name);
	if (!name || strcmp(name, to) != 0)
		notifier_name(m->notifier, c->dir->inode, to);
	free(name);
}

static int rename_directory(struct change *c, const struct tree_entry *from, const char *to)
{
	struct mount *m = c->call.mount;
	if (in_sight(c, to))
		return refuse(&c->call.why, EEXIST, "the name is there already");
	int rc = tree_rename(m->tree, &from->place, c->name, to, &(struct writer){.tgid = c->tgid}, &c->call.caller, &c->call.why);
	if (rc == 0)
		moved_directory(c, from, to);
	return rename_errno(rc);
}

static int rename_entry(struct change *c, const struct tree_entry *from, const char *to)
{
	struct tree_entry e = {0};
	if (S_ISDIR(from->place.route->mode))
		return rename_directory(c, from, to);
	if (!is_document(from->place.route))
		return refuse_removal(c, "it can't be moved");
	int rc = find(c, to, &e);
	tree_entry_release(&e);
	if (rc == 0 || tree_can_add(c->call.mount->tree, &c->dir->place, to, S_IFREG))
		return refuse(&c->call.why, EPERM, "one document can't be moved to another one's name; copy it, then remove it");
	return rc == -ENOENT ? document_to_scratch(c, from, to) : rc;
}

static int rename_name(struct change *c, const char *to, unsigned flags)
{
	struct mount *m = c->call.mount;
	struct tree_entry from = {0};
	if (flags & ~1U) /* RENAME_NOREPLACE */
		return -EINVAL;
	if (flags && in_sight(c, to))
		return -EEXIST;
	struct draft *d = draft_by_name(m->drafts, c->dir->inode, c->name);
	if (d) {
		int rc = rename_scratch(c, d, to);
		draft_put(m->drafts, d);
		return rc;
	}
	int rc = hidden(c, c->name) ? refuse(&c->call.why, ENOENT, "no such name") : find(c, c->name, &from);
	if (rc == 0)
		rc = rename_entry(c, &from, to);
	tree_entry_release(&from);
	return rc;
}

static void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent, const char *new_name,
	unsigned flags)
{
	struct change c;
	change_begin(&c, req, parent, name);
	int rc = parent == new_parent ? rename_name(&c, new_name, flags)
				      : refuse(&c.call.why, EPERM, "nothing can be moved between directories");
	reply_done(&c, rc);
}

static void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length, struct fuse_file_info *fi)
{
	(void)ino, (void)mode, (void)offset, (void)length, (void)fi;
	fuse_reply_err(req, EOPNOTSUPP);
}

void ops_changes(struct fuse_lowlevel_ops *ops)
{
	ops->unlink = op_unlink;
	ops->rmdir = op_rmdir;
	ops->create = op_create;
	ops->mknod = op_mknod;
	ops->symlink = op_symlink;
	ops->mkdir = op_mkdir;
	ops->link = op_link;
	ops->rename = op_rename;
	ops->fallocate = op_fallocate;
}
