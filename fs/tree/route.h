/*
 * route.h - what one row of the mount's table is (routes.c), and the shapes of the functions in it.
 *
 * The functions are pure: they get the ids of a path and immutable answers and give names, bytes or a refusal. They
 * never touch a lock, the kernel, the network or the clock, so that a unit test can call them with literals.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "cache/cache.h"
#include "fs/api/endpoints.h"
#include "fs/base/buf.h"
#include "fs/base/refusal.h"
#include "fs/base/slice.h"

enum { IDS_MAX = 4, NEEDS_MAX = 3, CHILD_IDS_MAX = 2, SENDS_MAX = 6 };

/* What a path names: the texts of its <…>, in order. Borrowed. "campaigns/<campaign>/…": v[0] is the bare id. */
struct ids {
	const char *v[IDS_MAX];
};

/* The answers of a row's `needs`, in their order; one that turned out not to be needed is NULL. Borrowed. */
struct answers {
	struct answer *v[NEEDS_MAX];
};

/* What a file shows: `blob` if it is set, else `text`. */
struct content {
	struct buf text;
	struct blob *blob;
	int64_t mtime_ms; /* wall clock; 0: when its answer was fetched */
};

/* Collects the names of a directory. */
struct names;

/*
 * Adds a child: its name, and the texts of the <…> that the child's pattern has more than its directory (NULL when
 * fewer). Texts are copied. mtime_ms 0: unknown. Names that are not valid file names are the caller's bug.
 */
void names_add(struct names *out, const char *name, const char *id, const char *id2, int64_t mtime_ms);

/* Adds the row's own name, for a fixed name whose listing depends on the answers. */
void names_add_leaf(struct names *out);

/*
 * Emits the children of one pattern in the directory `dir`, out of the directory's answers. `want` is NULL for a listing, or the one
 * name that is looked for; then it is enough to emit that one, and emitting others does no harm.
 */
typedef int list_fn(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why);

/* Appends the file's text (or a symlink's target) to out->text, or sets out->blob. -ENOENT: no such thing any more. */
typedef int render_fn(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why);

/* A control file: acts on one written text (without its last newline). May wait; `tree` gives it api and cache. */
struct tree;
struct caller;
typedef int control_fn(struct tree *tree, const struct ids *at, struct slice text, struct caller *caller,
	struct refusal *why);

/* The bytes of a ROUTE_LIVE file, out of the state of this process. May wait for the disk. */
typedef int live_fn(struct tree *tree, const struct ids *at, struct buf *out, struct refusal *why);

/* As list_fn, out of the state of this process. */
typedef int live_list_fn(struct tree *tree, const struct ids *dir, const char *want, struct names *out, struct refusal *why);

/*
 * Reads a text that was saved, checks it against what the service has (`base`, the answers of the row's needs) and fills
 * `out`; an empty plan: nothing changed. -EINVAL with line and field, or what a guard says.
 */
struct plan;
typedef int commit_fn(const struct ids *at, const struct answers *base, struct slice text, struct plan *out,
	struct refusal *why);

/* mkdir, ln -s or a new file `name` in the directory `dir` (text: a link's target, a file's bytes). */
typedef int add_fn(const struct ids *dir, const struct answers *base, const char *name, struct slice text, struct plan *out,
	struct refusal *why);

/* A document that is added to, and compared by its rows: what was appended, without the rest of it, or all of it written anew. May wait. */
struct route;
struct rows {
	const struct route *row; /* whose rows they are */
	struct slice text;
	bool appended;
	struct slice base; /* else: what this process read of it last */
	bool unread;       /* it never did, and the base is what there is now */
	bool taken;        /* set: all of the text is on disk as an import, so that a refusal loses nothing of it */
};
typedef int rows_fn(struct tree *tree, const struct ids *at, struct rows *rows, struct caller *caller, struct refusal *why);

/* A document that is kept on this machine, and shown by `live`. May wait for the disk. */
typedef int keep_fn(struct tree *tree, const struct ids *at, struct slice text, struct refusal *why);

/* rm or rmdir. */
typedef int drop_fn(const struct ids *at, const struct answers *base, struct plan *out, struct refusal *why);

/* A call that a change of a row makes, and what change that is, for docs/endpoints.md: "write PAUSED", "mkdir", "rm". */
struct sending {
	enum endpoint_id endpoint;
	const char *action;
};

enum route_flags {
	ROUTE_BY_NAME = 1,   /* can be looked up, is not listed */
	ROUTE_LOG = 2,       /* grows; never cached by the kernel */
	ROUTE_LIVE = 4,      /* made anew at each open, by `live` from this process; never cached by the kernel */
	ROUTE_CONTROL = 64,  /* each write() is a command of its own */
	ROUTE_KNOWN = 32,    /* its listing shows the names whose first answer is in the cache */
	ROUTE_VERIFY = 16,   /* whether the name exists is asked of its own answers */
	ROUTE_AT_ONCE = 256, /* its removal is answered by what the service says, not collected with others */
	ROUTE_LIVE_ONLY = 128, /* readable only where the service has the calls of its needs; elsewhere shown as 0200 */
};

enum resource_id {
	NOTHING,
	CAMPAIGNS,
	SEQUENCES,
	CAMPAIGN_ACCOUNTS,
	ACCOUNTS,
	WARMUP_STATS,
	CAMPAIGN,
	ACCOUNT,
	LEADS,
	LEAD_PAGES,
	CATEGORIES,
	THREAD,
	LEAD_BY_EMAIL,
	LEAD_CAMPAIGNS,
	STATISTICS,
	DAYS,
	ANALYTICS,
	OVERVIEW,
	BLOCK_LIST,
	WEBHOOKS,
	CAMPAIGN_WEBHOOKS,
	FIRST_LEAD,
	RESOURCES
};

struct route {
	const char *path;                /* pattern from the mount's root, "" is the root */
	mode_t mode;                     /* type and permission bits */
	enum resource_id needs[NEEDS_MAX]; /* a directory: for its listing; a file: for its bytes; in order of asking */
	enum resource_id probe;          /* by-name links: a bare id that a fresh listing lacks may be newer than it; asked here */
	list_fn *list;                   /* patterns: their names; else: whether it is listed; NULL: always */
	render_fn *render;
	live_fn *live;                   /* ROUTE_LIVE files: their bytes */
	live_list_fn *live_list;         /* patterns whose names are not in answers, in place of `list` */
	control_fn *control;             /* local control files: the write() acts on the mount itself */
	commit_fn *commit;               /* what may be written: a document, or with ROUTE_CONTROL a file whose write() acts */
	commit_fn *append;               /* with `commit`, of a list: lines that are appended act in write(), without answers; else lines that were not read are left alone */
	rows_fn *rows;                   /* a document that is added to, in place of `commit` */
	keep_fn *keep;                   /* a document of this machine, in place of `commit` */
	add_fn *add;                     /* patterns: a new one is made in the directory */
	drop_fn *drop;                   /* it may be removed */
	const char *history;             /* what a save or removal replaces is kept under this name (kept.h), "<…>" standing for the last id */
	render_fn *before;               /* that text, as JSON; NULL: what `render` shows */
	commit_fn *rename;               /* mv of it within its directory: the text is the new name */
	enum resource_id save_needs[NEEDS_MAX]; /* answers for commit and drop, where other ones than for reading; add and rename: never these */
	enum resource_id add_needs[NEEDS_MAX];  /* answers for add, where other ones than for the directory's listing */
	struct sending sends[SENDS_MAX]; /* every call that commit, add, drop and rename may plan; no other one is sent */
	int64_t base_age_ms;             /* a save sends the whole of needs[0], which may be no older than that; 0: it sends what changed */
	unsigned flags;
	const char *help;                /* one line for docs/files.md */
};

/* Does a text that is written to it as a whole save something? */
static inline bool route_saves(const struct route *r)
{
	return r->commit || r->rows || r->keep;
}

/* The table, in the contract's order; *ret_count rows. */
const struct route *routes(size_t *ret_count);

/* The `sends` of a row for that call, or NULL. */
const struct sending *route_sending(const struct route *r, enum endpoint_id id);
