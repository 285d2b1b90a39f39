/*
 * draft.h - bytes that are being written: of a document that is open for writing, or of a scratch name.
 *
 * A document has one draft, by its st_ino, while a descriptor can write it; all writers share it. A scratch file (contract,
 * section 6) is a draft with a name in a directory and nothing to commit to; one that `adds` becomes a real new thing at its
 * last close. A draft lives as long as somebody holds a reference: its name, an open file, a handler at work.
 *
 * `uncommitted` means: since the last commit somebody wrote or cut. Who turns it off saves (draft_take), so no text is ever
 * sent twice. All functions lock the monitor themselves; fields are guarded by it.
 */
#pragma once

#include <sys/types.h>
#include <uthash.h>

#include "fs/base/blob.h"
#include "fs/tree/place.h"

struct drafts;

struct draft {
	struct place place;   /* never changes, as the next three */
	uint64_t inode;
	bool scratch;
	bool link;            /* a scratch symlink; its bytes are the target */
	uint64_t dir;         /* scratch: the directory's st_ino, and the name there; NULL: none any more */
	char *name;
	bool adds;            /* its last close makes a real new thing of that name */
	unsigned refs;
	unsigned handles;     /* open files that can write it */
	unsigned leaving;     /* those of them between draft_leave() and draft_end() */
	bool present;         /* the content is here: in `own` if it was written to, else in `fixed` */
	struct blob *fixed;
	struct buf own;
	bool owned;
	struct blob *base;    /* what the service had when the content was loaded */
	bool rewritten;       /* somebody wrote elsewhere than at the end, or cut it, since it was loaded or saved */
	size_t kept;          /* of a row with `rows`: the bytes that were loaded; those behind them are new, unless it was rewritten */
	unsigned changes;     /* writes and cuts so far: is it still the text that was looked at? */
	bool uncommitted;
	bool wrote;           /* a WRITE, since it was cut to nothing */
	bool abort;           /* a writer was killed, or was answered an error: nothing of this is saved */
	bool left_empty;      /* cut, and closed so: the next who opens it does not find it empty */
	bool saving;
	int64_t mtime_ms;
	UT_hash_handle hh;
};

struct drafts *drafts_create(struct monitor *m);
void drafts_destroy(struct drafts *ds); /* accepts NULL */

/* The draft of a document, made if need be; a reference for the caller. NULL: out of memory. */
struct draft *draft_get(struct drafts *ds, const struct place *place);

/* A new scratch name, two references: its name's and the caller's. -ENOSPC, -ENOMEM. */
int draft_new(struct drafts *ds, uint64_t dir, const char *name, bool link, bool adds, struct draft **ret, struct refusal *why);
bool draft_is_scratch(const struct place *place);

/* With a reference for the caller, or NULL. */
struct draft *draft_by_name(struct drafts *ds, uint64_t dir, const char *name);
struct draft *draft_by_inode(struct drafts *ds, uint64_t inode);
void draft_put(struct drafts *ds, struct draft *d); /* accepts NULL */

/* Takes the name away (its reference too), or gives another one. */
void draft_unname(struct drafts *ds, struct draft *d);
int draft_rename(struct drafts *ds, struct draft *d, const char *name, bool adds);

/*
 * A descriptor that can write comes and goes; `cut`: by O_TRUNC. It goes in two steps: draft_leave() is true when what was not saved
 * is this one's to save, since none that stays could (of several that leave at once that is the last); draft_end() of the last drops it.
 * *ret_changes: for draft_take().
 */
void draft_begin(struct drafts *ds, struct draft *d, bool cut);
bool draft_leave(struct drafts *ds, struct draft *d, unsigned *ret_changes);
void draft_end(struct drafts *ds, struct draft *d);

bool draft_present(struct drafts *ds, struct draft *d);

/* What was appended before stays behind it. */
void draft_load(struct drafts *ds, struct draft *d, struct blob *content);

/* `at` < 0: at the end. -EFBIG, -ENOSPC, -ENOMEM (then nothing of the draft is saved). */
int draft_write(struct drafts *ds, struct draft *d, off_t at, struct slice bytes, struct refusal *why);
int draft_resize(struct drafts *ds, struct draft *d, off_t size, struct refusal *why);
size_t draft_read(struct drafts *ds, struct draft *d, off_t at, size_t size, char *out);
bool draft_size(struct drafts *ds, uint64_t inode, size_t *ret_size, int64_t *ret_mtime_ms, bool *ret_link);

void draft_spoil(struct drafts *ds, struct draft *d);
/* *ret_changes: for draft_take(). */
bool draft_is_uncommitted(struct drafts *ds, struct draft *d, unsigned *ret_changes);

/* Does somebody write it right now, that is: is there an unsaved text, which its writer has not left yet? */
bool draft_is_written(struct drafts *ds, struct draft *d);

/* A copy of a scratch file's name, to be freed; NULL: it has none any more. */
char *draft_name(struct drafts *ds, struct draft *d);

enum draft_state { DRAFT_CLEAN, DRAFT_BUSY, DRAFT_EMPTY, DRAFT_ABORTED, DRAFT_TAKEN };

/* References for the caller. */
struct draft_taken {
	struct blob *text;
	struct blob *base; /* what the text was made from, or NULL */
	bool appended;     /* the text is only what was appended */
};
void draft_taken_release(struct draft_taken *t);
#define _cleanup_taken_ __attribute__((cleanup(draft_taken_release)))

/*
 * The text to save, once: DRAFT_TAKEN. DRAFT_BUSY: another one is being saved. DRAFT_EMPTY: never saved. DRAFT_ABORTED:
 * dropped. DRAFT_CLEAN also when it was changed since `changes`: somebody else writes now, and saves the whole at his close.
 * draft_saved() must follow DRAFT_TAKEN.
 */
enum draft_state draft_take(struct drafts *ds, struct draft *d, unsigned changes, struct draft_taken *ret);
void draft_saved(struct drafts *ds, struct draft *d, bool good);

/* The bytes of a scratch file, to be saved under another name. The same states; it stays as it is. */
enum draft_state draft_text(struct drafts *ds, struct draft *d, struct blob **ret_text);

/* The most bytes that a document may have. */
size_t draft_document_max(const struct place *place);

/* Calls back for each scratch name of a directory, unlocked; false when there is none. */
typedef bool draft_name_fn(void *arg, const char *name, const struct place *place);
bool drafts_names(struct drafts *ds, uint64_t dir, draft_name_fn *fn, void *arg);
