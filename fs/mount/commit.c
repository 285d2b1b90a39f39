#include "fs/mount/commit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "fs/base/clock.h"
#include "fs/mount/last_close.h"
#include "fs/mount/seen.h"
#include "fs/tree/save.h"

enum { SAVING_LOOK_MS = 5 };

int commit_load(struct call *call, const struct node *node, struct open_file *f)
{
	struct mount *m = call->mount;
	_cleanup_blob_ struct blob *content = NULL;
	int rc = 0;
	if (draft_present(m->drafts, f->draft))
		return 0;
	if (!(node->place.route->mode & 0444) || !(node->place.route->render || node->place.route->live)) {
		struct buf none = BUF_INIT;
		content = blob_from_buf(&none);
	} else {
		rc = tree_read(m->tree, &node->place, &call->caller, &content, &call->why);
	}
	if (rc == 0 && !content)
		rc = refuse_memory(&call->why);
	if (rc == 0)
		draft_load(m->drafts, f->draft, content);
	if (rc == 0 && f->reads)
		seen_bytes(m->seen, f->tid, node->inode, content);
	return rc;
}

int commit_text(struct call *call, const struct place *place, struct blob *text, struct blob *base, pid_t tid, pid_t tgid)
{
	struct mount *m = call->mount;
	struct writer writer = {.tgid = tgid};
	struct version version;
	/* Each of its requests has its own limit; an import takes as long as it takes. */
	call->caller.deadline_ms = INT64_MAX;
	call->saving = true;
	/* Rows that are missing may be removed only by who has read them: what was loaded for others does not count. */
	bool rows = place->route->rows;
	_cleanup_blob_ struct blob *seen = base && !rows ? blob_ref(base) : seen_find(m->seen, m->tree, place, tid, tgid);
	int rc = tree_save(m->tree, place, blob_slice(text), seen, &writer, &call->caller, &call->why);
	if (rc < 0)
		return rc;
	/* Who only writes is not held to what it wrote before: a shell that never read the file may write it again and again. */
	if (!seen_has(m->seen, place_inode(place), tid, tgid))
		return 0;
	/* What the service has now may be spelled otherwise than what was written. (Of rows it may be more than this process knows of.) */
	if (!rows && tree_version_peek(m->tree, place, &version)) {
		seen_read(m->seen, tid, place_inode(place), &version);
		version_release(&version);
	} else {
		seen_bytes(m->seen, tid, place_inode(place), text);
	}
	return 0;
}

/* A new thing: its name goes, the account's own name for it comes. */
static int add_thing(struct call *call, const struct node *node, struct open_file *f, struct blob *text)
{
	struct mount *m = call->mount;
	struct writer writer = {.tgid = f->tgid};
	_cleanup_free_ char *name = draft_name(m->drafts, f->draft);
	if (!name)
		return 0;
	call->caller.deadline_ms = INT64_MAX;
	int rc = tree_add(m->tree, &node->parent->place, name, S_IFREG, blob_slice(text), &writer, &call->caller, &call->why);
	draft_unname(m->drafts, f->draft);
	return rc;
}

static int commit_rows(struct call *call, const struct node *node, const struct open_file *f, const struct blob *rows)
{
	struct writer writer = {.tgid = f->tgid};
	call->caller.deadline_ms = INT64_MAX;
	return tree_append(call->mount->tree, &node->place, blob_slice(rows), &writer, &call->caller, &call->why);
}

/* Another handler is saving an earlier text of it: its turn comes first. */
static int wait_for_turn(struct call *call)
{
	struct timespec look = {.tv_nsec = SAVING_LOOK_MS * 1000000};
	nanosleep(&look, NULL);
	return caller_is_interrupted(call->mount->monitor, &call->caller) ? -EINTR : 0;
}

static int commit(struct call *call, struct node *node, struct open_file *f, unsigned changes)
{
	struct mount *m = call->mount;
	_cleanup_taken_ struct draft_taken taken = {0};
	enum draft_state state;
	while ((state = draft_take(m->drafts, f->draft, changes, &taken)) == DRAFT_BUSY)
		if (wait_for_turn(call) < 0)
			return refuse(&call->why, EINTR, "interrupted");
	if (state == DRAFT_ABORTED)
		return refuse(&call->why, EIO, "nothing was saved: a write of it failed, or a process that wrote it was killed");
	if (state != DRAFT_TAKEN)
		return 0;
	int rc;
	if (taken.appended)
		rc = commit_rows(call, node, f, taken.text);
	else if (f->draft->scratch)
		rc = add_thing(call, node, f, taken.text);
	else
		rc = commit_text(call, &node->place, taken.text, taken.base, f->tid, f->tgid);
	draft_saved(m->drafts, f->draft, rc == 0);
	return rc;
}

int commit_flush(struct call *call, struct node *node, struct open_file *f)
{
	struct mount *m = call->mount;
	unsigned changes;
	if (!draft_is_uncommitted(m->drafts, f->draft, &changes))
		return 0;
	loop_give_turn();
	struct last_look look = last_close_look(call->caller.pid, f->draft->inode, m->device);
	/* In a pipeline of a group, one that shares the file dies of SIGPIPE and all is well. */
	if (look.signal && !(look.signal == SIGPIPE && look.others))
		draft_spoil(m->drafts, f->draft);
	return look.others ? 0 : commit(call, node, f, changes);
}

void commit_report(struct mount *m, struct node *node, const struct refusal *why)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	node_path(m->nodes, node, &path);
	if (why->err)
		tree_report(m->tree, buf_text(&path), why);
}

void commit_release(struct mount *m, struct node *node, struct open_file *f)
{
	unsigned changes;
	if (!draft_leave(m->drafts, f->draft, &changes))
		return;
	loop_give_turn();
	struct call call = {.mount = m};
	caller_init(&call.caller, PRIORITY_WRITE, f->tid, INT64_MAX);
	if (commit(&call, node, f, changes) < 0)
		commit_report(m, node, &call.why);
	caller_release(&call.caller);
}
