/* attr.c - what stat shows: sizes are true, or the contract's 4096 for what only looks around. */
#include "fs/mount/open_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fs/base/clock.h"
#include "fs/base/hash.h"

enum { GUESS_BYTES = 4096, LOG_VALID_MS = 0 };

/*
 * Programs that only look around (contract, section 3): they get a guess for what was never fetched, and cost no request. `comm` of the
 * calling thread, as the kernel cuts it (15 bytes).
 */
static const char *const lookers[] = {"ls", "find", "du", "tree", "stat", "test", "[", "sh", "dash", "bash", "zsh", "fish",
	"ksh", "mc", "ranger", "lf", "nnn", "vifm", "exa", "eza", "lsd", "nautilus", "dolphin", "thunar", "nemo", "pcmanfm",
	"caja", "gvfsd-metadata", "tracker-miner-f", "updatedb", "fzf", "fd", "fdfind"};

/* Programs that copy, pack out and put back: what they write into `status` is no wish to start a campaign (contract, section 6). */
static const char *const copiers[] = {"cp", "rsync", "tar", "bsdtar", "cpio", "pax", "install", "unzip", "7z", "7za", "rclone", "restic",
	"borg", "git", "duplicity", "rsnapshot", "scp", "sftp-server"};

/* Is the program that runs this thread one of the list? */
static bool runs_one_of(pid_t tid, const char *const *list, size_t count)
{
	char path[48], comm[32] = "";
	if (tid <= 0)
		return false;
	snprintf(path, sizeof path, "/proc/%d/comm", (int)tid);
	_cleanup_file_ FILE *f = fopen(path, "re");
	if (!f || !fgets(comm, sizeof comm, f))
		return false;
	comm[strcspn(comm, "\n")] = '\0';
	for (size_t i = 0; i < count; i++)
		if (strcmp(comm, list[i]) == 0)
			return true;
	return false;
}

bool attr_is_looker(pid_t tid)
{
	return runs_one_of(tid, lookers, sizeof lookers / sizeof *lookers);
}

bool attr_is_copier(pid_t tid)
{
	return runs_one_of(tid, copiers, sizeof copiers / sizeof *copiers);
}

/* Like FNV-1a, but eight bytes at a time: each new version of a file is hashed whole. */
static uint64_t hash_bytes(const char *bytes, size_t len)
{
	uint64_t hash = HASH_START;
	size_t i = 0;
	for (; i + 8 <= len; i += 8) {
		uint64_t word;
		memcpy(&word, bytes + i, 8);
		hash = (hash ^ word) * 0x9E3779B97F4A7C15ULL;
		hash ^= hash >> 29;
	}
	hash = hash_more(hash, bytes + i, len - i);
	return (hash ^ len) | 1; /* 0 means "none" */
}

int content_measure(struct mount *m, const struct node *node, const struct version *version, struct content_id *ret_content,
	struct blob **ret_bytes, struct refusal *why)
{
	_cleanup_blob_ struct blob *bytes = NULL;
	int64_t mtime_ms;
	loop_give_turn();
	int rc = tree_render(m->tree, &node->place, version, &bytes, &mtime_ms, why);
	if (rc < 0)
		return rc;
	*ret_content = (struct content_id){
		.hash = hash_bytes(bytes->data, bytes->len), .size = bytes->len, .mtime_ms = mtime_ms, .known = true};
	memcpy(ret_content->serials, version->serials, sizeof ret_content->serials);
	if (ret_bytes)
		*ret_bytes = STEAL(bytes);
	return 0;
}

static void set_time(struct timespec *ts, int64_t ms)
{
	ts->tv_sec = (time_t)(ms / 1000);
	ts->tv_nsec = (long)(ms % 1000) * 1000000;
}

static void fill_common(struct mount *m, const struct node *node, int64_t mtime_ms, struct stat *st)
{
	memset(st, 0, sizeof *st);
	st->st_ino = node->inode;
	st->st_mode = tree_mode(m->tree, &node->place);
	if (m->conf.read_only)
		st->st_mode &= (mode_t)~(S_ISLNK(st->st_mode) ? 0 : 0222);
	st->st_nlink = 1;
	st->st_uid = m->uid;
	st->st_gid = m->gid;
	st->st_blksize = 128 * 1024;
	set_time(&st->st_mtim, mtime_ms ? mtime_ms : m->start_wall_ms);
	st->st_ctim = st->st_atim = st->st_mtim;
}

void attr_fill_content(struct mount *m, const struct node *node, const struct content_id *content, struct stat *st)
{
	fill_common(m, node, content->mtime_ms, st);
	st->st_size = content->known ? (off_t)content->size : GUESS_BYTES;
	st->st_blocks = (st->st_size + 511) / 512;
}

/* A file or link whose answers are in memory: measured, without waiting. False: not known yet. */
static bool measure_known(struct mount *m, struct node *node, struct content_id *content, int64_t *fresh_ms)
{
	struct version version;
	if (!tree_version_peek(m->tree, &node->place, &version))
		return false;
	*fresh_ms = version.fresh_ms;
	/* What this process makes has no serials. */
	bool live = node->place.route->flags & ROUTE_LIVE;
	bool known = !live && node_content_is(m->nodes, node, version.serials, content);
	if (!known && content_measure(m, node, &version, content, NULL, NULL) == 0) {
		*content = node_content(m->nodes, node, content);
		known = true;
	}
	version_release(&version);
	return known;
}

void attr_fill(struct mount *m, struct node *node, struct stat *st, double *ret_valid_s)
{
	const struct route *route = node->place.route;
	struct content_id content = {.known = false};
	int64_t fresh_ms = 0;
	if (draft_attr(m, node, st)) {
		*ret_valid_s = 0;
		return;
	}
	if (S_ISDIR(route->mode)) {
		fill_common(m, node, node_mtime(m->nodes, node), st);
		*ret_valid_s = (double)m->conf.ttl_ms / 1000;
		return;
	}
	if (route->flags & ROUTE_LOG) {
		fill_common(m, node, clock_wall_ms(), st);
		st->st_size = (off_t)tree_log_size(m->tree, &node->place);
		*ret_valid_s = LOG_VALID_MS;
		return;
	}
	if (!(tree_mode(m->tree, &node->place) & 0444)) {
		content = (struct content_id){.known = true};
		fresh_ms = m->conf.ttl_ms;
	} else if (!measure_known(m, node, &content, &fresh_ms)) {
		fresh_ms = 0;
	}
	if (route->flags & ROUTE_LIVE)
		fresh_ms = 0;
	attr_fill_content(m, node, &content, st);
	*ret_valid_s = (double)fresh_ms / 1000;
	if (S_ISREG(route->mode))
		node_tell_size(m->nodes, node, content.known ? (int64_t)st->st_size : GUESS_BYTES);
}
