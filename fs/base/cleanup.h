/*
 * cleanup.h - ownership made visible: a variable marked _cleanup_xxx_ is released when it goes out of scope; what is
 * handed on is handed on with STEAL().
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs/base/buf.h"

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void cleanup_free_(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close_(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_file_(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define _cleanup_free_ _cleanup_(cleanup_free_)
#define _cleanup_close_ _cleanup_(cleanup_close_)
#define _cleanup_file_ _cleanup_(cleanup_file_)
#define _cleanup_buf_ _cleanup_(buf_release)

#define STEAL(pointer)                                                                                                 \
	({                                                                                                             \
		__typeof__(pointer) *from_ = &(pointer);                                                               \
		__typeof__(pointer) taken_ = *from_;                                                                   \
		*from_ = NULL;                                                                                         \
		taken_;                                                                                                \
	})
