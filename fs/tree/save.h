/*
 * save.h - from a text that was written to what the service has: check, merge, plan, run. The front door of fs/tree for
 * writes; fs/mount decides when (write() of a control file, last close of a document, rename, removal).
 *
 * All may wait, so none is called with a lock. One plan at a time a campaign (or account). Every refusal of a document leaves its text in
 * .smartlead/rejected/; what a success replaced goes to history/.
 */
#pragma once

#include "fs/tree/plan.h"
#include "fs/tree/tree.h"

/* Who writes: the process (thread group), 0 when the kernel did not say. */
struct writer {
	pid_t tgid;
	bool copies; /* it is a program that copies or puts back: it starts no campaign */
};

/* A control file takes one write. */
int tree_control(struct tree *t, const struct place *file, struct slice text, const struct writer *writer,
	struct caller *caller, struct refusal *why);

/*
 * Saves a document. `seen`: the bytes this process read (or wrote last), NULL when it never read the file. Where the service has moved on since,
 * what does not overlap is merged, else -EBUSY. Content that means the same sends nothing. 0 or -errno.
 */
int tree_save(struct tree *t, const struct place *file, struct slice text, const struct blob *seen,
	const struct writer *writer, struct caller *caller, struct refusal *why);

/* Bytes were appended to a document whose row has `rows`, without its being loaded. 0 or -errno. */
int tree_append(struct tree *t, const struct place *file, struct slice text, const struct writer *writer, struct caller *caller,
	struct refusal *why);

/* A new name in a directory: mkdir, ln -s (text: its target) or the first save of a new file. -EPERM where the row has no `add`. */
int tree_add(struct tree *t, const struct place *dir, const char *name, mode_t type, struct slice text,
	const struct writer *writer, struct caller *caller, struct refusal *why);

/* Does the directory take real new things of that type under this name, or with NULL under some name (else a name made there is a scratch file)? */
bool tree_can_add(struct tree *t, const struct place *dir, const char *name, mode_t type);

/* Can the directory take it on this service? -EOPNOTSUPP where it keeps such things elsewhere. */
int tree_check_add(struct tree *t, const struct place *dir, struct caller *caller, struct refusal *why);

/* May it be removed (contract, section 7)? Control files, read-only files and most directories may not. */
bool tree_removable(const struct route *route);

/* Removes these places, judged as one action already; stops at the first refusal. *ret_done: how many were. */
int tree_remove(struct tree *t, const struct place *const places[], size_t count, const struct writer *writer,
	struct caller *caller, size_t *ret_done, struct refusal *why);

/* mv of a campaign's directory: renames the campaign. */
int tree_rename(struct tree *t, const struct place *place, const char *old_name, const char *new_name, const struct writer *writer,
	struct caller *caller, struct refusal *why);

/* Notes that this process changed something in a campaign, for the rule on ACTIVE. Saves note it themselves; scratch files are noted by the mount. */
void tree_note_writer(struct tree *t, const struct place *place, const struct writer *writer);
