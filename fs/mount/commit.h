/*
 * commit.h - when a draft is saved (fuse-write-rules.md, section 9), and what it is compared with.
 */
#pragma once

#include "fs/mount/open_file.h"

/* Brings the document's content into the draft, before a part of it is changed. May wait. */
int commit_load(struct call *call, const struct node *node, struct open_file *f);

/* A descriptor is closed: saves when it was the last that can write. May wait. */
int commit_flush(struct call *call, struct node *node, struct open_file *f);

/*
 * An open file goes, and draft_end() follows. Of the last one what no flush has saved (it came from a mapping, or /proc did not tell
 * who else has it) is saved now; its error only stands in .smartlead/errors.
 */
void commit_release(struct mount *m, struct node *node, struct open_file *f);

/* Saves these bytes as the document `place`; what the process saw last is their base, unless there is another. May wait. */
int commit_text(struct call *call, const struct place *place, struct blob *text, struct blob *base, pid_t tid, pid_t tgid);

/* Leaves a line in .smartlead/errors of what nobody could be answered. */
void commit_report(struct mount *m, struct node *node, const struct refusal *why);
