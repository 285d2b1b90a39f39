/*
 * state.h - the inside of the tree, for the files of fs/tree only.
 */
#pragma once

#include "fs/tree/kept.h"
#include "fs/tree/logs.h"
#include "fs/tree/remembered.h"
#include "fs/tree/shown.h"
#include "fs/tree/tree.h"
#include "fs/tree/walk.h"

enum { SENT_ONCE_MAX = 256 };

struct tree {
	struct tree_conf conf;
	char *client_id;      /* conf.client_id points here */
	struct tree_listener listener;
	struct cache *cache;
	struct api *api;
	struct walk *walk;    /* the table, compiled */
	struct shown *shown;  /* names of campaigns that were listed */
	struct textlog requests;
	struct textlog errors;
	int64_t start_wall_ms;
	struct plan_lock *locks; /* guarded by the monitor (run.c) */
	struct imports *imports; /* import.c; NULL until they were started */
	struct kept *kept;       /* NULL until tree_keep() */
	struct refusal not_kept; /* why not */
	struct {
		uint64_t sent[SENT_ONCE_MAX]; /* hashes of plans that are not sent twice, the newest ones; guarded by the monitor */
		size_t next;
	} once;
	struct writers *writers; /* who changed what (writers.c) */
	struct remembered *remembered; /* NULL until tree_keep() */
};
