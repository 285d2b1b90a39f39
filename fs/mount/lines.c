/*
 * lines.c - descriptors that append to a list: each write() acts, but only on whole lines. A program's buffer ends anywhere, and
 * half of an address may well be another one; so what stands behind the last newline waits for the rest of it, or the close.
 */
#include "fs/mount/open_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/mount/last_close.h"
#include "fs/tree/save.h"

enum { LINE_BYTES_MAX = 4096 };

bool lines_act(struct mount *m, const struct node *node, int flags)
{
	bool readable = tree_mode(m->tree, &node->place) & 0444;
	return node->place.route->append && (flags & O_ACCMODE) == O_WRONLY && (flags & O_APPEND || !readable);
}

/* What waits in the descriptor, and `bytes` behind it. */
static void take_tail(struct mount *m, struct open_file *f, struct slice bytes, struct buf *out)
{
	monitor_lock(m->monitor);
	*out = f->tail;
	f->tail = (struct buf)BUF_INIT;
	monitor_unlock(m->monitor);
	buf_add_slice(out, bytes);
}

static void keep_tail(struct mount *m, struct open_file *f, struct slice rest)
{
	monitor_lock(m->monitor);
	buf_add_slice(&f->tail, rest);
	monitor_unlock(m->monitor);
}

static int act(struct call *call, const struct node *node, const struct open_file *f, struct slice text)
{
	struct writer writer = {.tgid = f->tgid};
	return tree_control(call->mount->tree, &node->place, text, &writer, &call->caller, &call->why);
}

int lines_write(struct call *call, struct node *node, struct open_file *f, struct slice bytes)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	take_tail(call->mount, f, bytes, &text);
	if (buf_failed(&text))
		return refuse_memory(&call->why);
	const char *end = memrchr(buf_text(&text), '\n', text.len);
	size_t whole = end ? (size_t)(end - text.data) + 1 : 0;
	if (text.len - whole > LINE_BYTES_MAX)
		return refuse(&call->why, EINVAL, "a line of more than %d bytes is no address and no domain", LINE_BYTES_MAX);
	int rc = whole ? act(call, node, f, (struct slice){text.data, whole}) : 0;
	if (rc == 0)
		keep_tail(call->mount, f, slice_skip(buf_slice(&text), whole));
	return rc;
}

static bool has_tail(struct mount *m, struct open_file *f)
{
	monitor_lock(m->monitor);
	bool has = f->tail.len > 0 || buf_failed(&f->tail);
	monitor_unlock(m->monitor);
	return has;
}

/* The last line, without a newline, at the close that leaves nobody who could go on with it. */
int lines_close(struct call *call, struct node *node, struct open_file *f, bool released)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	if (!has_tail(call->mount, f))
		return 0;
	struct last_look look = {0};
	loop_give_turn();
	if (!released)
		look = last_close_look(call->caller.pid, node->inode, call->mount->device);
	if (look.others)
		return 0;
	take_tail(call->mount, f, (struct slice){"", 0}, &text);
	if (buf_failed(&text))
		return refuse_memory(&call->why);
	if (look.signal)
		return refuse(&call->why, EIO, "its writer was killed in the middle of the line \"%s\", so that is not sent", buf_text(&text));
	return act(call, node, f, buf_slice(&text));
}
