/* ops_names.c - names and attributes: lookup, forget, getattr, setattr, readlink, statfs. */
#include "fs/mount/last_close.h"
#include "fs/mount/names.h"
#include "fs/mount/open_file.h"
#include "fs/tree/save.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

/* Names that are not there are asked for again and again (.git, .#file), but may be made any moment. */
enum { NEGATIVE_MAX_MS = 1000 };

static void reply_missing(fuse_req_t req, int64_t fresh_ms)
{
	int64_t ms = fresh_ms < NEGATIVE_MAX_MS ? fresh_ms : NEGATIVE_MAX_MS;
	struct fuse_entry_param e = {.ino = 0, .entry_timeout = (double)ms / 1000};
	if (ms > 0)
		fuse_reply_entry(req, &e);
	else
		fuse_reply_err(req, ENOENT);
}

static void reply_found(struct mount *m, fuse_req_t req, struct node *node, int64_t fresh_ms)
{
	struct fuse_entry_param e = {.ino = ino_of(m, node)};
	attr_fill(m, node, &e.attr, &e.attr_timeout);
	/* A by-name link's target may change with the account; it costs nothing to ask again. */
	e.entry_timeout = node->place.route->flags & ROUTE_BY_NAME && S_ISLNK(node->place.route->mode) ? 0
		: (double)fresh_ms / 1000;
	if (draft_is_scratch(&node->place))
		e.entry_timeout = 0;
	if (fuse_reply_entry(req, &e) < 0)
		node_forget(m->nodes, node, 1);
}

/* What is made here gets a name from the service: one that is missing now may be it. */
static bool names_appear(struct mount *m, const struct node *dir)
{
	return tree_can_add(m->tree, &dir->place, NULL, S_IFREG) || tree_can_add(m->tree, &dir->place, NULL, S_IFDIR);
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct mount *m = mount_of(req);
	struct node *dir = node_of(m, parent);
	struct tree_entry entry = {0};
	struct call call;
	int64_t fresh_ms = 0;
	call_begin(&call, req, PRIORITY_READ);
	int rc = names_lookup(m, dir, name, &entry);
	if (rc == 1)
		rc = tree_lookup(m->tree, &dir->place, name, &call.caller, &entry, &fresh_ms, &call.why);
	call_end(&call);
	if (rc == -ENOENT) {
		reply_missing(req, names_appear(m, dir) ? 0 : fresh_ms);
	} else if (rc < 0) {
		reply_refusal(m, req, dir, name, rc, &call.why);
	} else {
		struct node *node = node_enter(m->nodes, dir, &entry);
		if (node)
			reply_found(m, req, node, fresh_ms);
		else
			fuse_reply_err(req, ENOMEM);
		tree_entry_release(&entry);
	}
}

static void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t nlookup)
{
	struct mount *m = mount_of(req);
	node_forget(m->nodes, node_of(m, ino), nlookup);
	fuse_reply_none(req);
}

static void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	struct mount *m = mount_of(req);
	for (size_t i = 0; i < count; i++)
		node_forget(m->nodes, node_of(m, forgets[i].ino), forgets[i].nlookup);
	fuse_reply_none(req);
}

/* Who only appends needs no size. */
static bool adds_only(struct mount *m, struct node *node, pid_t tid)
{
	bool open = node->place.route->append || node_has_writers(m->nodes, node);
	return last_close_opens(tid) || (open && last_close_appends(tid, node->inode));
}

/* Does stat() of this file ask the API when its size is not known, or old? */
static bool size_waits(struct mount *m, struct node *node, bool known, pid_t tid)
{
	if (m->conf.sizes == SIZES_EXACT)
		return true;
	if (m->conf.sizes == SIZES_CHEAP)
		return false;
	if ((node->place.route->rows || node->place.route->append) && adds_only(m, node, tid))
		return false;
	return known || !attr_is_looker(tid) || node->place.route->needs[0] == CAMPAIGNS;
}

/* Fetches what the node shows, so that what is told of it is true. 0 or -errno. */
static int bring_up_to_date(struct mount *m, fuse_req_t req, struct node *node, struct refusal *why)
{
	struct call call;
	struct version version = {0};
	int rc;
	call_begin(&call, req, PRIORITY_READ);
	if (S_ISDIR(node->place.route->mode)) {
		_cleanup_free_ char *name = node_name(m->nodes, node);
		rc = !name ? -ENOMEM : node->parent ? tree_exists(m->tree, &node->parent->place, name, &call.caller, &call.why) : 0;
	} else {
		rc = tree_version(m->tree, &node->place, &call.caller, &version, &call.why);
		version_release(&version);
	}
	call_end(&call);
	*why = call.why;
	return rc;
}

static bool is_stale(struct mount *m, struct node *node, bool *ret_known)
{
	const struct route *route = node->place.route;
	/* A directory is as good as the listing it stands in. */
	const struct place *place = S_ISDIR(route->mode) && node->parent ? &node->parent->place : &node->place;
	struct version version;
	*ret_known = true;
	if (route->flags & (ROUTE_LOG | ROUTE_LIVE) || place->route->needs[0] == NOTHING)
		return false;
	if (!(tree_mode(m->tree, &node->place) & 0444))
		return false;
	if (!tree_version_peek(m->tree, place, &version)) {
		*ret_known = false;
		return true;
	}
	version_release(&version);
	return version.fresh_ms <= 0;
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *m = mount_of(req);
	struct node *node = node_of(m, ino);
	struct refusal why = {0};
	struct stat st;
	struct content_id old;
	double valid_s;
	bool known;
	(void)fi; /* fstat() arrives without it, so answers are per node */
	if (draft_attr(m, node, &st)) {
		fuse_reply_attr(req, &st, 0);
		return;
	}
	if (node_superseded(m->nodes, node, &old)) {
		attr_fill_content(m, node, &old, &st);
		fuse_reply_attr(req, &st, 0);
		return;
	}
	if (is_stale(m, node, &known) && size_waits(m, node, known, fuse_req_ctx(req)->pid)) {
		int rc = bring_up_to_date(m, req, node, &why);
		/* That the service can't show the file was learned just now: its mode says so. */
		if (rc == -EOPNOTSUPP && !(tree_mode(m->tree, &node->place) & 0444))
			rc = 0;
		if (rc == -ENOENT || rc == -EINTR || (rc < 0 && !known)) {
			reply_refusal(m, req, node, NULL, rc, &why);
			return;
		}
	}
	attr_fill(m, node, &st, &valid_s);
	fuse_reply_attr(req, &st, valid_s);
}

/* Owners, modes and times are accepted and ignored (contract, section 6); sizes are the drafts' business. */
static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
	struct mount *m = mount_of(req);
	struct node *node = node_of(m, ino);
	struct stat st;
	double valid_s;
	if (to_set & FUSE_SET_ATTR_SIZE && !is_control(node->place.route)) {
		struct refusal why = {0};
		int rc = refuse(&why, EACCES, "this file can't be written");
		/* By a name that was moved here: the kernel looks again. */
		if (!fi && node_is_gone(m->nodes, node)) {
			fuse_reply_err(req, ESTALE);
			return;
		}
		if (draft_is_scratch(&node->place) || is_document(node->place.route))
			rc = draft_set_size(m, req, node, fi ? file_of(fi) : NULL, attr->st_size, &why);
		if (rc < 0) {
			reply_refusal(m, req, node, NULL, rc, &why);
			return;
		}
	}
	attr_fill(m, node, &st, &valid_s);
	fuse_reply_attr(req, &st, valid_s);
}

static void reply_scratch_link(struct mount *m, fuse_req_t req, struct node *node)
{
	char target[4096];
	struct draft *d = draft_by_inode(m->drafts, node->inode);
	size_t len = d ? draft_read(m->drafts, d, 0, sizeof target - 1, target) : 0;
	draft_put(m->drafts, d);
	target[len] = '\0';
	if (d)
		fuse_reply_readlink(req, target);
	else
		fuse_reply_err(req, ENOENT);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct mount *m = mount_of(req);
	struct node *node = node_of(m, ino);
	struct version version;
	struct blob *target = NULL;
	struct call call;
	int64_t mtime_ms;
	if (draft_is_scratch(&node->place)) {
		reply_scratch_link(m, req, node);
		return;
	}
	call_begin(&call, req, PRIORITY_READ);
	int rc = 0;
	if (!tree_version_peek(m->tree, &node->place, &version))
		rc = tree_version(m->tree, &node->place, &call.caller, &version, &call.why);
	call_end(&call);
	if (rc == 0) {
		rc = tree_render(m->tree, &node->place, &version, &target, &mtime_ms, &call.why);
		version_release(&version);
	}
	if (rc < 0) {
		reply_refusal(m, req, node, NULL, rc, &call.why);
		return;
	}
	_cleanup_free_ char *text = strndup(target->data, target->len);
	blob_unref(target);
	if (text)
		fuse_reply_readlink(req, text);
	else
		fuse_reply_err(req, ENOMEM);
}

static void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct statvfs st = {.f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255};
	(void)ino;
	fuse_reply_statfs(req, &st);
}

/* No extended attributes: the kernel remembers ENOSYS and does not ask again. */
static void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	(void)ino, (void)name, (void)size;
	fuse_reply_err(req, ENOSYS);
}

static void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	(void)ino, (void)size;
	fuse_reply_err(req, ENOSYS);
}

static void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags)
{
	(void)ino, (void)name, (void)value, (void)size, (void)flags;
	fuse_reply_err(req, ENOSYS);
}

void ops_names(struct fuse_lowlevel_ops *ops)
{
	ops->lookup = op_lookup;
	ops->forget = op_forget;
	ops->forget_multi = op_forget_multi;
	ops->getattr = op_getattr;
	ops->setattr = op_setattr;
	ops->readlink = op_readlink;
	ops->statfs = op_statfs;
	ops->getxattr = op_getxattr;
	ops->listxattr = op_listxattr;
	ops->setxattr = op_setxattr;
}
