/* ops_directories.c - opendir, readdir, readdirplus, releasedir. All waiting is done in opendir. */
#include "fs/mount/names.h"
#include "fs/mount/open_file.h"
#include "fs/mount/removal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An open directory: the version it shows, and its names once they are read. */
struct open_directory {
	struct handle handle;
	struct version version;
	struct tree_listing listing;
	bool listed;
	bool overlaid;   /* scratch or removed names were there when it was opened */
	bool current;    /* its version is still the newest: the kernel may enter the names as existing ones */
};

static struct open_directory *directory_of(const struct fuse_file_info *fi)
{
	return (struct open_directory *)(uintptr_t)fi->fh;
}

static void directory_release(struct handle *h)
{
	struct open_directory *d = (struct open_directory *)h;
	version_release(&d->version);
	tree_listing_release(&d->listing);
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *m = mount_of(req);
	struct node *node = node_of(m, ino);
	struct open_directory *d = handle_new(m, sizeof *d, directory_release);
	struct call call;
	if (!d) {
		fuse_reply_err(req, ENOMEM);
		return;
	}
	call_begin(&call, req, PRIORITY_READ);
	int rc = tree_version(m->tree, &node->place, &call.caller, &d->version, &call.why);
	call_end(&call);
	if (rc < 0) {
		handle_free(m, &d->handle);
		reply_refusal(m, req, node, NULL, rc, &call.why);
		return;
	}
	fi->fh = (uintptr_t)d;
	/* A live directory changes with what is looked up, not with an answer. */
	d->overlaid = names_changed(m, node);
	fi->cache_readdir = !(node->place.route->flags & ROUTE_LIVE) && !d->overlaid;
	fi->keep_cache = fi->cache_readdir && node_same_names(m->nodes, node, d->version.serials);
	if (fuse_reply_open(req, fi) < 0)
		handle_free(m, &d->handle);
}

/* The names, made when they are first read: a listing that the kernel has cached never is. */
static int need_listing(struct mount *m, struct node *node, struct open_directory *d, struct refusal *why)
{
	if (d->listed)
		return 0;
	loop_give_turn();
	int rc = tree_list(m->tree, &node->place, &d->version, &d->listing, why);
	if (rc == 0 && d->overlaid)
		names_overlay(m, node, &d->listing);
	d->listed = rc == 0;
	return rc;
}

/* Adds entry `i` (0 and 1: the dots) to the answer. Returns its size; more than `room`: it was not added. */
static size_t add_plain(struct mount *m, fuse_req_t req, struct node *node, const struct open_directory *d, size_t i,
	char *at, size_t room)
{
	struct stat st = {.st_ino = node->inode, .st_mode = S_IFDIR};
	const char *name = i == 0 ? "." : "..";
	(void)m;
	if (i == 1 && node->parent)
		st.st_ino = node->parent->inode;
	if (i >= 2) {
		const struct tree_entry *e = &d->listing.entries[i - 2];
		name = e->name;
		st.st_ino = place_inode(&e->place);
		st.st_mode = e->place.route->mode & S_IFMT;
	}
	return fuse_add_direntry(req, at, room, name, &st, (off_t)i + 1);
}

static size_t add_plus(struct mount *m, fuse_req_t req, struct node *node, const struct open_directory *d, size_t i,
	char *at, size_t room)
{
	struct fuse_entry_param e = {.attr = {.st_ino = node->inode, .st_mode = S_IFDIR}};
	if (i < 2)
		return fuse_add_direntry_plus(req, at, room, i == 0 ? "." : "..", &e, (off_t)i + 1);
	struct tree_entry *entry = &d->listing.entries[i - 2];
	size_t size = fuse_add_direntry_plus(req, NULL, 0, entry->name, NULL, 0);
	if (size > room)
		return size;
	/* node_enter() takes the place; the listing may be read again from here, so it gets a copy. The name is only looked at. */
	struct ids ids = place_ids(&entry->place);
	struct tree_entry copy = {.name = entry->name, .mtime_ms = entry->mtime_ms};
	struct node *child = NULL;
	/* A name that went away since the directory was opened must not come back to the kernel. */
	bool there = d->current && !removals_hide(m->removals, node->inode, entry->name);
	if (there && place_init(&copy.place, entry->place.route, &ids) == 0)
		child = node_enter(m->nodes, node, &copy);
	place_release(&copy.place);
	if (child) {
		e.ino = ino_of(m, child);
		attr_fill(m, child, &e.attr, &e.attr_timeout);
		e.entry_timeout = draft_is_scratch(&child->place) ? 0 : (double)d->version.fresh_ms / 1000;
	} else {
		e.attr = (struct stat){.st_ino = place_inode(&entry->place), .st_mode = entry->place.route->mode};
	}
	return fuse_add_direntry_plus(req, at, room, entry->name, &e, (off_t)i + 1);
}

static bool is_current(struct mount *m, const struct node *node, const struct version *shown)
{
	struct version now;
	if (!tree_version_peek(m->tree, &node->place, &now))
		return false;
	bool same = memcmp(now.serials, shown->serials, sizeof now.serials) == 0;
	version_release(&now);
	return same;
}

static void reply_entries(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, const struct fuse_file_info *fi, bool plus)
{
	struct mount *m = mount_of(req);
	struct node *node = node_of(m, ino);
	struct open_directory *d = directory_of(fi);
	struct refusal why = {0};
	int rc = need_listing(m, node, d, &why);
	_cleanup_free_ char *answer = rc == 0 ? malloc(size) : NULL;
	if (rc < 0 || !answer) {
		reply_refusal(m, req, node, NULL, rc < 0 ? rc : -ENOMEM, &why);
		return;
	}
	size_t used = 0;
	d->current = plus && is_current(m, node, &d->version);
	for (size_t i = off > 0 ? (size_t)off : 0; i < d->listing.count + 2; i++) {
		size_t n = (plus ? add_plus : add_plain)(m, req, node, d, i, answer + used, size - used);
		if (n > size - used)
			break;
		used += n;
	}
	fuse_reply_buf(req, answer, used);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	reply_entries(req, ino, size, off, fi, false);
}

static void op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	reply_entries(req, ino, size, off, fi, true);
}

static void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	handle_free(mount_of(req), &directory_of(fi)->handle);
	fuse_reply_err(req, 0);
}

static void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct mount *m = mount_of(req);
	struct call call;
	(void)datasync, (void)fi;
	call_begin(&call, req, PRIORITY_WRITE);
	loop_give_turn();
	int rc = removals_hurry(m->removals, node_of(m, ino)->inode, &call.caller);
	call_end(&call);
	fuse_reply_err(req, -rc);
}

void ops_directories(struct fuse_lowlevel_ops *ops)
{
	ops->opendir = op_opendir;
	ops->readdir = op_readdir;
	ops->readdirplus = op_readdirplus;
	ops->releasedir = op_releasedir;
	ops->fsyncdir = op_fsyncdir;
}
