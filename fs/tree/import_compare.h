/*
 * import_compare.h - leads.csv was written anew: what is new, changed and missing against the version that was read. Pure.
 */
#pragma once

#include "fs/tree/import_parse.h"

struct compare_limits {
	size_t max_updates, max_deletes;
	bool may_delete; /* this process has read the file; else missing rows are left alone */
};

struct lead_change {
	char *id, *email;
	struct buf body; /* for EP_LEAD_UPDATE: all standard fields, and the custom fields that changed; empty: the lead is missing */
};

struct lead_changes {
	struct lead_change *v;
	size_t count, cap;
};

struct import_changes {
	struct import_rows added;
	struct lead_changes changed, missing;
	struct buf replaced; /* leads.csv of those that change or go, as they were; what may not be written is left out. Empty: none */
	size_t left_alone; /* missing, but not to be deleted */
};

void import_changes_release(struct import_changes *c);
#define _cleanup_changes_ __attribute__((cleanup(import_changes_release)))

/*
 * base: the bytes of leads.csv that were shown. -EINVAL: a read-only column was changed, or a row can't be sent; -EPERM: over
 * a guard, nothing may be done then. A text without rows changes nothing. `out` is released by the caller in any case.
 */
int import_compare(struct slice base, struct slice text, const struct compare_limits *limits, struct import_changes *out,
	struct refusal *why);

/* Has the table the names of leads.csv itself? Then it can be a base. */
bool import_is_shown(struct slice text);

/* Where the base had no id for a lead, it is looked up by address in `now`. Missing leads that are not there are dropped; -EBUSY: a changed one is not. */
bool import_lacks_ids(const struct import_changes *c);
int import_find_ids(struct slice now, struct import_changes *c, struct refusal *why);
