#include "fs/mount/draft_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/limits.h"

/* Names, not bytes: a bound for who makes empty files in a loop. */
enum { SCRATCH_NAMES_MAX = 4096, SAVED_ROWS_BYTES_MAX = 64 << 20 };

static const struct route scratch_file = {.path = "<scratch>", .mode = S_IFREG | 0644};
static const struct route scratch_link = {.path = "<scratch link>", .mode = S_IFLNK | 0777};

struct drafts *drafts_create(struct monitor *m)
{
	struct drafts *ds = calloc(1, sizeof *ds);
	if (ds)
		ds->monitor = m;
	return ds;
}

static void free_draft(struct draft *d)
{
	place_release(&d->place);
	blob_unref(d->fixed);
	blob_unref(d->base);
	buf_release(&d->own);
	free(d->name);
	free(d);
}

void drafts_destroy(struct drafts *ds)
{
	struct draft *d, *next;
	if (!ds)
		return;
	HASH_ITER(hh, ds->by_inode, d, next) {
		HASH_DEL(ds->by_inode, d);
		free_draft(d);
	}
	free(ds);
}

bool draft_is_scratch(const struct place *place)
{
	return place->route == &scratch_file || place->route == &scratch_link;
}

static size_t size_of(const struct draft *d)
{
	if (d->owned)
		return d->own.len;
	return d->fixed ? d->fixed->len : 0;
}

/* Monitor locked. Takes over the place. */
static struct draft *add(struct drafts *ds, struct place *place)
{
	struct draft *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->place = *place;
	*place = (struct place){0};
	d->inode = place_inode(&d->place);
	d->mtime_ms = clock_wall_ms();
	d->refs = 1;
	HASH_ADD(hh, ds->by_inode, inode, sizeof d->inode, d);
	atomic_fetch_add(&ds->count, 1);
	return d;
}

/* Monitor locked. */
static struct draft *find(struct drafts *ds, uint64_t inode)
{
	struct draft *d;
	HASH_FIND(hh, ds->by_inode, &inode, sizeof inode, d);
	return d;
}

struct draft *draft_get(struct drafts *ds, const struct place *place)
{
	_cleanup_place_ struct place copy = {0};
	struct ids ids = place_ids(place);
	if (place_init(&copy, place->route, &ids) < 0)
		return NULL;
	uint64_t inode = place_inode(place);
	monitor_lock(ds->monitor);
	struct draft *d = find(ds, inode);
	if (d)
		d->refs++;
	else
		d = add(ds, &copy);
	monitor_unlock(ds->monitor);
	return d;
}

int draft_new(struct drafts *ds, uint64_t dir, const char *name, bool link, bool adds, struct draft **ret, struct refusal *why)
{
	_cleanup_place_ struct place place = {0};
	_cleanup_free_ char *copy = strdup(name);
	char serial[24];
	monitor_lock(ds->monitor);
	bool full = ds->names >= SCRATCH_NAMES_MAX;
	snprintf(serial, sizeof serial, "%llu", (unsigned long long)++ds->serial);
	monitor_unlock(ds->monitor);
	if (full)
		return refuse(why, ENOSPC, "too many scratch files");
	struct ids ids = {{serial}};
	if (!copy || place_init(&place, link ? &scratch_link : &scratch_file, &ids) < 0)
		return refuse_memory(why);
	monitor_lock(ds->monitor);
	struct draft *d = add(ds, &place);
	if (d) {
		ds->names++;
		*d = (struct draft){.place = d->place, .inode = d->inode, .scratch = true, .link = link, .dir = dir, .hh = d->hh,
			.name = STEAL(copy), .adds = adds, .refs = 2, .present = true, .mtime_ms = d->mtime_ms};
	}
	monitor_unlock(ds->monitor);
	*ret = d;
	return d ? 0 : refuse_memory(why);
}

struct draft *draft_by_inode(struct drafts *ds, uint64_t inode)
{
	if (atomic_load(&ds->count) == 0)
		return NULL;
	monitor_lock(ds->monitor);
	struct draft *d = find(ds, inode);
	if (d)
		d->refs++;
	monitor_unlock(ds->monitor);
	return d;
}

/* Monitor locked. True: free it, unlocked. */
static bool drop_ref(struct drafts *ds, struct draft *d)
{
	if (--d->refs)
		return false;
	HASH_DEL(ds->by_inode, d);
	atomic_fetch_sub(&ds->count, 1);
	if (d->scratch)
		ds->scratch_bytes -= size_of(d);
	return true;
}

void draft_put(struct drafts *ds, struct draft *d)
{
	if (!d)
		return;
	monitor_lock(ds->monitor);
	bool dead = drop_ref(ds, d);
	monitor_unlock(ds->monitor);
	if (dead)
		free_draft(d);
}

void draft_unname(struct drafts *ds, struct draft *d)
{
	monitor_lock(ds->monitor);
	char *name = STEAL(d->name);
	bool dead = false;
	if (name) {
		ds->names--;
		d->adds = false;
		d->uncommitted = false;
		dead = drop_ref(ds, d);
	}
	monitor_unlock(ds->monitor);
	free(name);
	if (dead)
		free_draft(d);
}

/* Monitor locked. Drops the content; returns what to unref and free outside. */
static void drop_content(struct drafts *ds, struct draft *d, struct blob *ret_old[2], struct buf *ret_own)
{
	if (d->scratch)
		ds->scratch_bytes -= size_of(d);
	ret_old[0] = STEAL(d->fixed);
	ret_old[1] = STEAL(d->base);
	*ret_own = d->own;
	d->own = (struct buf)BUF_INIT;
	d->owned = false;
	d->present = d->scratch;
	d->wrote = d->rewritten = false;
	d->kept = 0;
}

void draft_begin(struct drafts *ds, struct draft *d, bool cut)
{
	struct blob *old[2] = {NULL};
	struct buf own = BUF_INIT;
	monitor_lock(ds->monitor);
	d->handles++;
	d->refs++;
	d->abort = false;
	if (cut || d->left_empty) {
		d->changes++;
		drop_content(ds, d, old, &own);
		d->uncommitted = d->left_empty = false;
	}
	if (cut) {
		d->present = d->rewritten = true;
		d->uncommitted = !d->scratch || d->adds;
		d->mtime_ms = clock_wall_ms();
	}
	monitor_unlock(ds->monitor);
	blob_unref(old[0]);
	blob_unref(old[1]);
	buf_release(&own);
}

bool draft_leave(struct drafts *ds, struct draft *d, unsigned *ret_changes)
{
	monitor_lock(ds->monitor);
	*ret_changes = d->changes;
	bool last = ++d->leaving == d->handles && d->uncommitted;
	monitor_unlock(ds->monitor);
	return last;
}

void draft_end(struct drafts *ds, struct draft *d)
{
	struct blob *old[2] = {NULL};
	struct buf own = BUF_INIT;
	monitor_lock(ds->monitor);
	d->leaving--;
	if (--d->handles == 0 && !d->scratch) {
		drop_content(ds, d, old, &own);
		d->uncommitted = false;
	}
	bool dead = drop_ref(ds, d);
	monitor_unlock(ds->monitor);
	blob_unref(old[0]);
	blob_unref(old[1]);
	buf_release(&own);
	if (dead)
		free_draft(d);
}

bool draft_present(struct drafts *ds, struct draft *d)
{
	monitor_lock(ds->monitor);
	bool present = d->present;
	monitor_unlock(ds->monitor);
	return present;
}

/* Monitor locked. Puts the content in front of what was appended. */
static bool put_in_front(struct draft *d, const struct blob *content)
{
	struct buf whole = BUF_INIT;
	buf_add(&whole, content->data, content->len);
	buf_add_slice(&whole, buf_slice(&d->own));
	if (buf_failed(&whole)) {
		buf_release(&whole);
		return false;
	}
	buf_release(&d->own);
	d->own = whole;
	return true;
}

void draft_load(struct drafts *ds, struct draft *d, struct blob *content)
{
	monitor_lock(ds->monitor);
	if (!d->present) {
		if (d->owned && !put_in_front(d, content))
			d->abort = true;
		if (!d->owned)
			d->fixed = blob_ref(content);
		d->base = blob_ref(content);
		d->present = true;
		d->kept = content->len;
		d->wrote = d->wrote || content->len > 0;
	}
	monitor_unlock(ds->monitor);
}

size_t draft_document_max(const struct place *place)
{
	return place->route->rows ? SAVED_ROWS_BYTES_MAX : DOCUMENT_BYTES_MAX;
}

static size_t room_of(const struct drafts *ds, const struct draft *d)
{
	if (d->scratch)
		return SCRATCH_BYTES_MAX - (ds->scratch_bytes - size_of(d));
	return draft_document_max(&d->place);
}

/* Monitor locked. Makes the content `len` bytes long and our own to change. */
static int make_own(struct drafts *ds, struct draft *d, size_t len, struct refusal *why)
{
	if (len > room_of(ds, d))
		return d->scratch ? refuse(why, ENOSPC, "scratch files are full (%d MiB in all)", SCRATCH_BYTES_MAX >> 20)
				  : refuse(why, EFBIG, "the document is too big");
	size_t before = size_of(d), keep = before < len ? before : len;
	if (!d->owned) {
		if (d->fixed)
			buf_add(&d->own, d->fixed->data, keep);
		d->owned = !buf_failed(&d->own);
	}
	if (!d->owned || !buf_reserve(&d->own, len > d->own.len ? len - d->own.len : 0)) {
		buf_clear(&d->own);
		return refuse_memory(why);
	}
	buf_truncate(&d->own, len);
	if (len > d->own.len) {
		memset(d->own.data + d->own.len, 0, len - d->own.len);
		d->own.len = len;
		d->own.data[len] = '\0';
	}
	if (d->scratch)
		ds->scratch_bytes += len - before;
	return 0;
}

int draft_write(struct drafts *ds, struct draft *d, off_t at, struct slice bytes, struct refusal *why)
{
	monitor_lock(ds->monitor);
	d->changes++;
	d->left_empty = false;
	size_t from = at < 0 ? size_of(d) : (size_t)at, before = size_of(d);
	size_t len = from + bytes.len > before ? from + bytes.len : before;
	int rc = make_own(ds, d, len, why);
	if (rc == 0 && bytes.len)
		memcpy(d->own.data + from, bytes.ptr, bytes.len);
	if (rc == 0)
		d->wrote = true;
	else
		d->abort = true;
	d->rewritten = d->rewritten || at >= 0;
	if (!d->scratch || d->adds)
		d->uncommitted = true;
	d->mtime_ms = clock_wall_ms();
	monitor_unlock(ds->monitor);
	return rc;
}

int draft_resize(struct drafts *ds, struct draft *d, off_t size, struct refusal *why)
{
	monitor_lock(ds->monitor);
	d->changes++;
	d->left_empty = false;
	bool same = (size_t)size == size_of(d);
	/* What is written anew is not made from what was loaded; what the process has read counts then. */
	struct blob *base = size == 0 ? STEAL(d->base) : NULL;
	d->present = true;
	int rc = same ? 0 : make_own(ds, d, (size_t)size, why);
	if (rc < 0)
		d->abort = true;
	d->wrote = size > 0 && (d->wrote || !same);
	d->rewritten = d->rewritten || size == 0 || !same;
	if ((!same || size == 0) && (!d->scratch || d->adds))
		d->uncommitted = true;
	d->mtime_ms = clock_wall_ms();
	monitor_unlock(ds->monitor);
	blob_unref(base);
	return rc;
}

size_t draft_read(struct drafts *ds, struct draft *d, off_t at, size_t size, char *out)
{
	monitor_lock(ds->monitor);
	struct slice all = d->owned ? buf_slice(&d->own) : d->fixed ? blob_slice(d->fixed) : (struct slice){"", 0};
	struct slice rest = slice_skip(all, (size_t)at);
	size_t n = rest.len < size ? rest.len : size;
	if (n)
		memcpy(out, rest.ptr, n);
	monitor_unlock(ds->monitor);
	return n;
}

bool draft_size(struct drafts *ds, uint64_t inode, size_t *ret_size, int64_t *ret_mtime_ms, bool *ret_link)
{
	if (atomic_load(&ds->count) == 0)
		return false;
	monitor_lock(ds->monitor);
	struct draft *d = find(ds, inode);
	bool known = d && d->present;
	if (known) {
		*ret_size = size_of(d);
		*ret_mtime_ms = d->mtime_ms;
		*ret_link = d->link;
	}
	monitor_unlock(ds->monitor);
	return known;
}

void draft_spoil(struct drafts *ds, struct draft *d)
{
	monitor_lock(ds->monitor);
	d->abort = true;
	monitor_unlock(ds->monitor);
}

bool draft_is_uncommitted(struct drafts *ds, struct draft *d, unsigned *ret_changes)
{
	monitor_lock(ds->monitor);
	*ret_changes = d->changes;
	bool uncommitted = d->uncommitted;
	monitor_unlock(ds->monitor);
	return uncommitted;
}

bool draft_is_written(struct drafts *ds, struct draft *d)
{
	monitor_lock(ds->monitor);
	bool written = d->uncommitted && !d->left_empty;
	monitor_unlock(ds->monitor);
	return written;
}

/* Monitor locked. What was written becomes immutable; no byte is copied. */
static bool freeze(struct draft *d)
{
	if (!d->owned)
		return d->fixed != NULL;
	struct blob *blob = malloc(sizeof *blob);
	if (!blob)
		return false;
	size_t len = d->own.len;
	*blob = (struct blob){.refs = 1, .len = len};
	char *bytes = buf_steal(&d->own);
	blob->data = len ? bytes : "";
	if (!len)
		free(bytes);
	blob_unref(d->fixed);
	d->fixed = blob;
	d->owned = false;
	return true;
}

/* Monitor locked. Was all that was written put behind what there was? */
static bool is_append(const struct draft *d)
{
	return d->place.route->rows && !d->rewritten;
}

/* Monitor locked. */
static enum draft_state state_of(struct draft *d)
{
	if (d->abort)
		return DRAFT_ABORTED;
	if (size_of(d) == 0 || !d->wrote || (is_append(d) && size_of(d) == d->kept))
		return DRAFT_EMPTY;
	return freeze(d) ? DRAFT_TAKEN : DRAFT_ABORTED;
}

void draft_taken_release(struct draft_taken *t)
{
	blob_unref(t->text);
	blob_unref(t->base);
}

/* Monitor locked. The text is frozen. False: out of memory. */
static bool take_text(struct draft *d, struct draft_taken *ret)
{
	ret->appended = is_append(d);
	if (ret->appended && d->kept) {
		struct buf tail = BUF_INIT;
		buf_add_slice(&tail, slice_skip(blob_slice(d->fixed), d->kept));
		ret->text = blob_from_buf(&tail);
	} else {
		ret->text = blob_ref(d->fixed);
	}
	ret->base = d->base ? blob_ref(d->base) : NULL;
	return ret->text;
}

enum draft_state draft_take(struct drafts *ds, struct draft *d, unsigned changes, struct draft_taken *ret)
{
	struct blob *old[2] = {NULL};
	struct buf own = BUF_INIT;
	*ret = (struct draft_taken){0};
	monitor_lock(ds->monitor);
	enum draft_state state = DRAFT_CLEAN;
	if (d->saving)
		state = DRAFT_BUSY;
	else if (d->uncommitted && d->changes == changes)
		state = state_of(d);
	if (state == DRAFT_TAKEN && !take_text(d, ret))
		state = DRAFT_ABORTED;
	d->left_empty = state == DRAFT_EMPTY && !d->scratch;
	if (state == DRAFT_TAKEN) {
		d->saving = true;
		d->uncommitted = false;
	}
	/* What is appended from now on is another append. */
	if (state == DRAFT_ABORTED || ret->appended) {
		drop_content(ds, d, old, &own);
		d->uncommitted = false;
	}
	monitor_unlock(ds->monitor);
	blob_unref(old[0]);
	blob_unref(old[1]);
	buf_release(&own);
	return state;
}

void draft_saved(struct drafts *ds, struct draft *d, bool good)
{
	struct blob *old[2] = {NULL};
	struct buf own = BUF_INIT;
	bool rows = d->place.route->rows;
	monitor_lock(ds->monitor);
	d->saving = false;
	/* Rows that were saved are not what the service shows then. */
	if (!d->uncommitted && (!good || rows))
		drop_content(ds, d, old, &own);
	else if (good && !d->owned && d->fixed)
		old[0] = STEAL(d->base); /* what the process saw is noted by the caller */
	monitor_unlock(ds->monitor);
	blob_unref(old[0]);
	blob_unref(old[1]);
	buf_release(&own);
}

enum draft_state draft_text(struct drafts *ds, struct draft *d, struct blob **ret_text)
{
	monitor_lock(ds->monitor);
	enum draft_state state = state_of(d);
	if (state == DRAFT_TAKEN)
		*ret_text = blob_ref(d->fixed);
	monitor_unlock(ds->monitor);
	return state;
}
