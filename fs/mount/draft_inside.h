/*
 * draft_inside.h - what draft.c (bytes) and draft_names.c (scratch names) share.
 */
#pragma once

#include <stdatomic.h>

#include "fs/base/monitor.h"
#include "fs/mount/draft.h"

struct drafts {
	struct monitor *monitor;
	struct draft *by_inode;
	size_t names, scratch_bytes;
	uint64_t serial;
	atomic_uint count; /* read without the lock: mostly there are none */
};
