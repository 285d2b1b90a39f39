/*
 * seen.h - which version of a document a process read, or wrote, last: what its next save is compared with. A bounded ring;
 * what fell out counts as never read. Locks itself (a mutex of its own: it calls nobody).
 */
#pragma once

#include <sys/types.h>

#include "fs/tree/tree.h"

struct seen;

struct seen *seen_create(void);
void seen_destroy(struct seen *s); /* accepts NULL */

/* The thread opened this version of the file for reading. */
void seen_read(struct seen *s, pid_t tid, uint64_t inode, const struct version *version);

/* The thread saved these bytes, or loaded them to change them. */
void seen_bytes(struct seen *s, pid_t tid, uint64_t inode, struct blob *bytes);

/* What was seen of it is gone: the next file of that name is another one. */
void seen_forget(struct seen *s, uint64_t inode);

/* Has any thread of this process seen the file? */
bool seen_has(struct seen *s, uint64_t inode, pid_t tid, pid_t tgid);

/* What any thread of this process saw last, rendered; NULL: nothing. A reference for the caller. */
struct blob *seen_find(struct seen *s, struct tree *t, const struct place *file, pid_t tid, pid_t tgid);
