/* mount.c - the life of a FUSE session. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/mount/open_file.h"

#include "fs/base/clock.h"
#include "fs/base/limits.h"
#include "fs/mount/handle.h"
#include "fs/mount/removal.h"
#include "fs/mount/seen.h"
#include "fs/tree/save.h"

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	(void)userdata;
	/* READDIRPLUS_AUTO stays as libfuse sets it: a name of a large directory becomes a node when it is looked up. */
	conn->want &= ~(unsigned)(FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_WRITEBACK_CACHE);
	conn->want |= conn->capable &
		(FUSE_CAP_EXPLICIT_INVAL_DATA | FUSE_CAP_READDIRPLUS | FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_PARALLEL_DIROPS |
			FUSE_CAP_ASYNC_READ);
}

static struct fuse_session *new_session(struct mount *m, struct refusal *why)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct fuse_lowlevel_ops ops = {.init = op_init};
	ops_names(&ops);
	ops_files(&ops);
	ops_directories(&ops);
	ops_changes(&ops);
	int rc = fuse_opt_add_arg(&args, "smartleadfs");
	rc |= fuse_opt_add_arg(&args, "-odefault_permissions");
	if (m->conf.read_only)
		rc |= fuse_opt_add_arg(&args, "-oro");
	if (m->conf.debug)
		rc |= fuse_opt_add_arg(&args, "-d");
	if (m->conf.fuse_options && *m->conf.fuse_options) {
		rc |= fuse_opt_add_arg(&args, "-o");
		rc |= fuse_opt_add_arg(&args, m->conf.fuse_options);
	}
	struct fuse_session *session = rc == 0 ? fuse_session_new(&args, &ops, sizeof ops, m) : NULL;
	fuse_opt_free_args(&args);
	if (!session)
		refuse(why, EINVAL, "a mount option is not known to FUSE");
	return session;
}

/* libfuse prints its reasons to stderr; ours are one line. */
static int check_mountpoint(const char *path, struct refusal *why)
{
	struct stat st, parent;
	_cleanup_buf_ struct buf above = BUF_INIT;
	if (stat(path, &st) < 0) {
		if (errno == ENOTCONN)
			return refuse(why, EBUSY, "%s: a dead mount is there; run: fusermount3 -u %s", path, path);
		return refuse(why, errno, "%s: %s", path, strerror(errno));
	}
	if (!S_ISDIR(st.st_mode))
		return refuse(why, ENOTDIR, "%s: not a directory", path);
	buf_printf(&above, "%s/..", path);
	if (stat(buf_text(&above), &parent) == 0 && parent.st_dev != st.st_dev)
		return refuse(why, EBUSY, "%s: something is mounted there already", path);
	return 0;
}

static int send_removals(void *arg, const struct place *const places[], size_t count, pid_t tgid, size_t *ret_done,
	struct refusal *why)
{
	struct mount *m = arg;
	struct caller caller;
	caller_init(&caller, PRIORITY_WRITE, tgid, INT64_MAX);
	int rc = tree_remove(m->tree, places, count, &(struct writer){.tgid = tgid}, &caller, ret_done, why);
	caller_release(&caller);
	/* Whoever still has the name must look it up again. */
	for (size_t i = 0; i < *ret_done; i++) {
		node_retire(m->nodes, place_inode(places[i]));
		seen_forget(m->seen, place_inode(places[i]));
	}
	return rc;
}

static void report_removals(void *arg, const char *path, const struct refusal *why)
{
	struct mount *m = arg;
	tree_report(m->tree, path, why);
}

static bool create_writing(struct mount *m)
{
	m->drafts = drafts_create(m->monitor);
	m->seen = seen_create();
	m->removals = removals_create(&(struct removals_conf){.monitor = m->monitor, .max_deletes = m->conf.max_deletes,
		.send = send_removals, .report = report_removals, .arg = m});
	return m->drafts && m->seen && m->removals;
}

static void destroy_writing(struct mount *m)
{
	removals_destroy(m->removals);
	drafts_destroy(m->drafts);
	seen_destroy(m->seen);
}

struct mount *mount_create(const struct mount_conf *conf, struct refusal *why)
{
	_cleanup_free_ char *place = NULL;
	struct place root = {0};
	struct mount *m = calloc(1, sizeof *m);
	if (!m) {
		refuse_memory(why);
		return NULL;
	}
	*m = (struct mount){.conf = *conf, .monitor = conf->monitor, .tree = conf->tree, .uid = getuid(), .gid = getgid(),
		.start_wall_ms = clock_wall_ms()};
	/* From the moment there is a mount, a signal must not end the process with it; loop_run() takes what came meanwhile. */
	loop_block_signals();
	m->monitor->on_wait = loop_give_turn;
	if (check_mountpoint(conf->mountpoint, why) < 0)
		goto fail;
	if (tree_root(m->tree, &root) < 0 || !(m->nodes = nodes_create(m->monitor, &root)) || !create_writing(m)) {
		refuse_memory(why);
		goto fail;
	}
	m->session = new_session(m, why);
	if (!m->session)
		goto fail;
	/* Before it is mounted: afterwards nobody answers yet. */
	place = realpath(conf->mountpoint, NULL);
	if (fuse_session_mount(m->session, conf->mountpoint) < 0) {
		refuse(why, EIO, "%s: can't mount here (is /dev/fuse there, and may you use it?)", conf->mountpoint);
		fuse_session_destroy(m->session);
		m->session = NULL;
		goto fail;
	}
	if (place)
		last_close_device(place, m->device);
	return m;
fail:
	destroy_writing(m);
	nodes_destroy(m->nodes);
	free(m);
	return NULL;
}

struct stop {
	struct mount *mount;
	void (*on_stop)(void *arg);
	void *arg;
};

/* The end of the mount ends the wait for what was removed; after that nothing is sent any more. */
static void stop(void *arg)
{
	const struct stop *s = arg;
	removals_flush(s->mount->removals);
	s->on_stop(s->arg);
}

int mount_run(struct mount *m, void (*on_stop)(void *arg), void *arg)
{
	m->notifier = notifier_create(m->monitor, m->tree, m->nodes, m->session);
	if (!m->notifier || removals_start(m->removals) < 0)
		return -ENOMEM;
	return loop_run(m->session, WORKERS_MAX, stop, &(struct stop){m, on_stop, arg});
}

void mount_destroy(struct mount *m)
{
	if (!m)
		return;
	/* The removals' thread first: what it sends tells the notifier. That one writes to the device, so it ends before the session. */
	destroy_writing(m);
	notifier_destroy(m->notifier);
	fuse_session_unmount(m->session);
	fuse_session_destroy(m->session);
	handles_free(m);
	nodes_destroy(m->nodes);
	free(m);
}

void mount_changed(void *mount, enum resource_id id)
{
	struct mount *m = mount;
	notifier_resource(m->notifier, id);
}

void mount_stats(void *mount, struct buf *out)
{
	struct mount *m = mount;
	buf_printf(out, ",\"nodes\":%zu", nodes_count(m->nodes));
}
