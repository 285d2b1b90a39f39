/*
 * last_close.h - what /proc says at a FLUSH: was this the last descriptor that could write, and did its owner die of a signal?
 *
 * Reading /proc/<pid>/stat of a process whose close runs inside execve() never returns while the flush is not answered
 * (fuse-write-rules.md, section 4); so a thread of its own reads, and is waited for a limited time. Locks itself.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct last_look {
	bool others;    /* other descriptors can write this inode, or it could not be found out */
	int signal;     /* the caller is dying of it; 0: it is not */
};

/*
 * `device`: of our mount, "0:57" ("": not known). Another mount of the same account has files of the same numbers, which are not ours.
 */
struct last_look last_close_look(pid_t tid, uint64_t inode, const char *device);

enum { DEVICE_MAX = 32 };

/* Finds the device of what is mounted at `mountpoint` (absolute, without links) as /proc/self/mountinfo has it. Asks nothing of the mount. */
void last_close_device(const char *mountpoint, char device[DEVICE_MAX]);

/*
 * Pure: is this a line of /proc/<pid>/mountinfo of the mount with that id (mnt_id >= 0), or at that place (mountpoint not NULL)? Then its
 * device is written.
 */
bool last_close_mount_line(const char *line, long mnt_id, const char *mountpoint, char device[DEVICE_MAX]);

/* Is this thread inside an open() for appending? The kernel asks for attributes before it sends the OPEN. False also when /proc may not be read. */
bool last_close_opens(pid_t tid);

/* Pure: the same from the text of /proc/<tid>/syscall. */
bool last_close_is_append(const char *syscall);

/* Has this process (or thread) the inode open for appending? Reads /proc/<tid>/fdinfo, which never blocks. */
bool last_close_appends(pid_t tid, uint64_t inode);

/* Pure: the signal that a process with this /proc/<pid>/stat is dying of, 0: none. */
int last_close_signal(const char *stat);

/* Pure: is this /proc/<pid>/fdinfo/<fd> of a descriptor that can write `inode`? */
bool last_close_writes(const char *fdinfo, uint64_t inode);
