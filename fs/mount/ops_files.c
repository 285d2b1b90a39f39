/* ops_files.c - open, read, write, release. All waiting is done in open (and in the write of a control file). */
#include "fs/mount/open_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "fs/mount/commit.h"
#include "fs/mount/seen.h"
#include "fs/tree/save.h"

/* Rendering less than this takes less time than to wake another receiver. */
enum { QUICK_BYTES = 64 * 1024 };

static void file_release(struct handle *h)
{
	struct open_file *f = (struct open_file *)h;
	version_release(&f->version);
	blob_unref(f->bytes);
	buf_release(&f->tail);
}

struct open_file *open_file_new(struct mount *m)
{
	return handle_new(m, sizeof(struct open_file), file_release);
}

/* Rendered at the first read; two readers at once may both do it, one rendering is kept. */
static struct blob *need_bytes(struct mount *m, struct node *node, struct open_file *f, struct refusal *why)
{
	struct blob *bytes = atomic_load(&f->bytes), *none = NULL;
	int64_t mtime_ms;
	if (bytes)
		return bytes;
	if (f->size > QUICK_BYTES)
		loop_give_turn();
	if (tree_render(m->tree, &node->place, &f->version, &bytes, &mtime_ms, why) < 0)
		return NULL;
	if (atomic_compare_exchange_strong(&f->bytes, &none, bytes))
		return bytes;
	blob_unref(bytes);
	return none;
}

/*
 * The kernel looks at its own idea of the size in sendfile and splice: where it was told another one, its last byte is stored before
 * the reply (that raises the size), or its attributes are dropped.
 */
static void correct_size(struct mount *m, struct node *node, struct open_file *f)
{
	int64_t size = (int64_t)f->size;
	int64_t told = node_tell_size(m->nodes, node, size);
	struct refusal why;
	if (told == size || told < 0)
		return;
	loop_give_turn(); /* the kernel may have to wait for a page that another request fills */
	struct blob *bytes = size > told ? need_bytes(m, node, f, &why) : NULL;
	if (bytes) {
		struct fuse_bufvec last = FUSE_BUFVEC_INIT(1);
		last.buf[0].mem = (void *)(uintptr_t)(bytes->data + bytes->len - 1);
		fuse_lowlevel_notify_store(m->session, ino_of(m, node), size - 1, &last, 0);
	} else {
		fuse_lowlevel_notify_inval_inode(m->session, ino_of(m, node), -1, 0);
	}
}

/* Binds the file to its newest version; *ret_keep: the kernel's pages are of it. -ESTALE: a newer node has it. */
static int open_version(struct mount *m, fuse_req_t req, struct node *node, struct open_file *f, bool *ret_keep,
	struct refusal *why)
{
	struct content_id content;
	struct blob *bytes = NULL;
	struct version *pin = node_take_pin(m->nodes, node);
	int rc = 0;
	if (pin) {
		f->version = *pin;
		free(pin);
	} else {
		struct call call;
		call_begin(&call, req, PRIORITY_READ);
		rc = tree_version(m->tree, &node->place, &call.caller, &f->version, &call.why);
		call_end(&call);
		*why = call.why;
	}
	if (rc == 0 && !node_content_is(m->nodes, node, f->version.serials, &content))
		rc = content_measure(m, node, &f->version, &content, &bytes, why);
	if (rc < 0)
		return rc;
	atomic_store(&f->bytes, bytes);
	f->size = content.size;
	return node_open(m->nodes, node, &content, &f->version, fuse_req_ctx(req)->pid, ret_keep) ? 0 : -ESTALE;
}

/* A file made from this process: its bytes are made now, and the kernel keeps none of them. */
static int open_live(struct mount *m, struct node *node, struct open_file *f, struct refusal *why)
{
	if (node->place.route->flags & ROUTE_LIVE && !need_bytes(m, node, f, why))
		return -why->err;
	return 0;
}

static int refuse_write(struct mount *m, const struct node *node, struct refusal *why)
{
	if (m->conf.read_only)
		return refuse(why, EROFS, "the mount is read-only");
	if (!is_control(node->place.route) && !is_document(node->place.route))
		return refuse(why, EACCES, "this file can't be written");
	return 0;
}

static int open_writer(struct mount *m, fuse_req_t req, struct node *node, struct fuse_file_info *fi, struct open_file *f,
	struct refusal *why)
{
	int rc = refuse_write(m, node, why);
	f->lines = rc == 0 && lines_act(m, node, fi->flags);
	f->control = f->lines || (rc == 0 && is_control(node->place.route));
	f->tgid = f->control ? writer_tgid(fuse_req_ctx(req)->pid) : 0;
	fi->direct_io = 1;
	return rc < 0 || f->control ? rc : draft_open_file(m, req, node, fi, f, why);
}

static int open_reader(struct mount *m, fuse_req_t req, struct node *node, struct fuse_file_info *fi, struct open_file *f,
	bool *ret_keep, struct refusal *why)
{
	pid_t tid = fuse_req_ctx(req)->pid;
	int rc = open_version(m, req, node, f, ret_keep, why);
	if (rc == -ESTALE && node_sent_away(m->nodes, node, tid)) {
		/* Somebody writes it again and again: this reader's bytes come past the kernel's pages. */
		node_share(m->nodes, node);
		fi->direct_io = 1;
		rc = 0;
	}
	f->bound = rc == 0;
	if (rc == 0 && is_document(node->place.route))
		seen_read(m->seen, tid, node->inode, &f->version);
	return rc;
}

static void close_file(struct mount *m, struct node *node, struct open_file *f)
{
	if (f->draft)
		draft_release_file(m, node, f);
	else if (f->bound)
		node_close(m->nodes, node);
	handle_free(m, &f->handle);
}

static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *m = mount_of(req);
	struct node *node = node_of(m, ino);
	struct open_file *f = open_file_new(m);
	struct refusal why = {0};
	bool keep = false;
	int rc = f ? 0 : -ENOMEM;
	if (rc == 0 && draft_is_scratch(&node->place)) {
		rc = draft_open_file(m, req, node, fi, f, &why);
	} else if (rc == 0 && (fi->flags & O_ACCMODE) != O_RDONLY) {
		rc = open_writer(m, req, node, fi, f, &why);
	} else if (rc == 0 && node->place.route->flags & (ROUTE_LOG | ROUTE_LIVE)) {
		rc = open_live(m, node, f, &why);
		fi->direct_io = 1;
	} else if (rc == 0) {
		rc = open_reader(m, req, node, fi, f, &keep, &why);
		fi->keep_cache = keep;
		fi->noflush = 1;
	}
	if (rc < 0) {
		if (f)
			handle_free(m, &f->handle);
		if (rc == -ESTALE)
			fuse_reply_err(req, ESTALE);
		else
			reply_refusal(m, req, node, NULL, rc, &why);
		return;
	}
	if (f->bound && !f->drafts && !fi->direct_io)
		correct_size(m, node, f);
	fi->fh = (uintptr_t)f;
	if (fuse_reply_open(req, fi) < 0)
		close_file(m, node, f);
}

static void reply_log(struct mount *m, fuse_req_t req, struct node *node, size_t size, off_t off)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	tree_log_read(m->tree, &node->place, (size_t)off, size, &out);
	fuse_reply_buf(req, buf_text(&out), out.len);
}

/* Opened for both: what it shows now, at each read. */
static void read_control(struct mount *m, fuse_req_t req, struct node *node, size_t size, off_t off)
{
	_cleanup_blob_ struct blob *bytes = NULL;
	struct call call;
	call_begin(&call, req, PRIORITY_READ);
	int rc = tree_read(m->tree, &node->place, &call.caller, &bytes, &call.why);
	call_end(&call);
	if (rc < 0) {
		reply_refusal(m, req, node, NULL, rc, &call.why);
		return;
	}
	struct slice rest = slice_skip(blob_slice(bytes), (size_t)off);
	fuse_reply_buf(req, rest.ptr, rest.len < size ? rest.len : size);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct mount *m = mount_of(req);
	struct node *node = node_of(m, ino);
	struct refusal why = {0};
	if (file_of(fi)->draft) {
		draft_reply_read(m, req, node, file_of(fi), size, off);
		return;
	}
	if (node->place.route->flags & ROUTE_LOG) {
		reply_log(m, req, node, size, off);
		return;
	}
	if (file_of(fi)->control) {
		read_control(m, req, node, size, off);
		return;
	}
	struct blob *bytes = need_bytes(m, node, file_of(fi), &why);
	if (!bytes) {
		reply_refusal(m, req, node, NULL, -why.err, &why);
		return;
	}
	/* Once the kernel has the reply, the reader may close the file, before the write of the reply returns here. */
	blob_ref(bytes);
	struct slice rest = slice_skip(blob_slice(bytes), (size_t)off);
	fuse_reply_buf(req, rest.ptr, rest.len < size ? rest.len : size);
	blob_unref(bytes);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *data, size_t size, off_t off, struct fuse_file_info *fi)
{
	struct mount *m = mount_of(req);
	struct node *node = node_of(m, ino);
	struct call call;
	if (file_of(fi)->draft) {
		draft_reply_write(m, req, node, file_of(fi), (struct slice){data, size}, off);
		return;
	}
	loop_give_turn();
	call_begin(&call, req, PRIORITY_WRITE);
	pid_t tid = fuse_req_ctx(req)->pid;
	struct writer writer = {.tgid = writer_tgid(tid), .copies = attr_is_copier(tid)};
	int rc = file_of(fi)->lines ? lines_write(&call, node, file_of(fi), (struct slice){data, size})
		: tree_control(m->tree, &node->place, (struct slice){data, size}, &writer, &call.caller, &call.why);
	call_end(&call);
	if (rc < 0)
		reply_save_refusal(m, req, node, NULL, rc, &call.why);
	else
		fuse_reply_write(req, size);
}

static void flush_lines(struct mount *m, fuse_req_t req, struct node *node, struct open_file *f)
{
	struct call call;
	call_begin(&call, req, PRIORITY_WRITE);
	int rc = lines_close(&call, node, f, false);
	call_end(&call);
	reply_save_refusal(m, req, node, NULL, rc, rc < 0 ? &call.why : NULL);
}

/* Who held the last descriptor could not be told of it. */
static void release_lines(struct mount *m, struct node *node, struct open_file *f)
{
	struct call call = {.mount = m};
	caller_init(&call.caller, PRIORITY_WRITE, 0, INT64_MAX);
	if (lines_close(&call, node, f, true) < 0)
		commit_report(m, node, &call.why);
	caller_release(&call.caller);
}

static void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *m = mount_of(req);
	if (file_of(fi)->drafts)
		draft_reply_flush(m, req, node_of(m, ino), file_of(fi));
	else if (file_of(fi)->lines)
		flush_lines(m, req, node_of(m, ino), file_of(fi));
	else
		fuse_reply_err(req, 0);
}

static void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	(void)ino, (void)datasync, (void)fi;
	fuse_reply_err(req, 0);
}

static void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct mount *m = mount_of(req);
	struct node *node = node_of(m, ino);
	if (file_of(fi)->lines)
		release_lines(m, node, file_of(fi));
	close_file(m, node, file_of(fi));
	fuse_reply_err(req, 0);
}

void ops_files(struct fuse_lowlevel_ops *ops)
{
	ops->open = op_open;
	ops->read = op_read;
	ops->write = op_write;
	ops->flush = op_flush;
	ops->fsync = op_fsync;
	ops->release = op_release;
}
