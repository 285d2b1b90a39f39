/*
 * state.h - the inside of the tree, for the files of fs/tree only.
 */
#pragma once

#include "fs/tree/logs.h"
#include "fs/tree/shown.h"
#include "fs/tree/tree.h"
#include "fs/tree/walk.h"

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
	struct writers *writers; /* who changed what (writers.c) */
};
