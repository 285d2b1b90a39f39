/* call.c - one kernel request: its interrupt, and the one way out for refusals. */
#include "fs/mount/inside.h"

#include <errno.h>
#include <stdio.h>

#include "fs/base/clock.h"

struct mount *mount_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

struct node *node_of(struct mount *m, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? nodes_root(m->nodes) : (struct node *)(uintptr_t)ino;
}

fuse_ino_t ino_of(const struct mount *m, const struct node *node)
{
	return node == nodes_root(m->nodes) ? FUSE_ROOT_ID : (fuse_ino_t)(uintptr_t)node;
}

static void on_interrupt(fuse_req_t req, void *arg)
{
	struct call *call = arg;
	(void)req;
	caller_interrupt(call->mount->monitor, &call->caller);
}

void call_begin(struct call *call, fuse_req_t req, enum priority priority)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	call->mount = mount_of(req);
	call->req = req;
	call->why = (struct refusal){0};
	call->saving = false;
	/* The API layer ends each request in time; this is only the last resort (queue, first byte, retries). */
	caller_init(&call->caller, priority, ctx->pid, clock_ms() + 3 * call->mount->conf.timeout_ms + 5000);
	fuse_req_interrupt_func(req, on_interrupt, call);
}

void call_end(struct call *call)
{
	fuse_req_interrupt_func(call->req, NULL, NULL);
	caller_release(&call->caller);
}

pid_t writer_tgid(pid_t tid)
{
	char path[48], line[128];
	int tgid = 0;
	if (tid <= 0)
		return 0;
	snprintf(path, sizeof path, "/proc/%d/status", (int)tid);
	_cleanup_file_ FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			break;
	return tgid;
}

static void report(struct mount *m, struct node *node, const char *name, const struct refusal *why)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	node_path(m->nodes, node, &path);
	if (name)
		buf_printf(&path, "%s%s", path.len ? "/" : "", name);
	tree_report(m->tree, buf_text(&path), why);
}

void reply_refusal(struct mount *m, fuse_req_t req, struct node *node, const char *name, int rc, const struct refusal *why)
{
	if (rc != -ENOENT && rc != -EINTR && why && why->err)
		report(m, node, name, why);
	fuse_reply_err(req, -rc);
}

void reply_save_refusal(struct mount *m, fuse_req_t req, struct node *node, const char *name, int rc, const struct refusal *why)
{
	if (rc == -ENOENT && why && why->err)
		report(m, node, name, why);
	reply_refusal(m, req, node, name, rc, why);
}
