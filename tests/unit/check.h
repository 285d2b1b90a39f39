/*
 * check.h - what all unit tests include: cmocka in its order, and checks that print both sides.
 *
 * Cases are arrays {name, in, want, want_errno}; a failing case is named. Text with NULs is written with T("…").
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/buf.h"
#include "fs/base/cleanup.h"
#include "fs/base/refusal.h"

#define T(text)                                                                                                        \
	{                                                                                                              \
		(text), sizeof(text) - 1                                                                               \
	}
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define UNIT_TEST(function)                                                                                            \
	{                                                                                                              \
#function, function, NULL, NULL, NULL                                                                  \
	}

static inline void check_text(const char *name, struct slice got, struct slice want)
{
	if (!slice_equal(got, want))
		fail_msg("%s: got \"%.*s\", want \"%.*s\"", name, (int)got.len, got.ptr, (int)want.len, want.ptr);
}

static inline void check_int(const char *name, int64_t got, int64_t want)
{
	if (got != want)
		fail_msg("%s: got %lld, want %lld", name, (long long)got, (long long)want);
}

/* Is the refusal's sentence there when it must be, and does it contain `want`? */
static inline void check_why(const char *name, int rc, const struct refusal *why, int want_errno, const char *want)
{
	check_int(name, rc, -want_errno);
	if (want_errno && (why->err != want_errno || !strstr(why->text, want ? want : "")))
		fail_msg("%s: refused with \"%s\", want \"%s\"", name, why->text, want);
}

/* Calls `check` for each file of tests/data/<format>. A name that begins with should-fail- says what must be refused.
 */
static inline void check_files(const char *format, void (*check)(const char *name, struct slice text, bool should_fail))
{
	char dir[4096], path[8192];
	snprintf(dir, sizeof dir, "%s/%s", TEST_DATA, format);
	DIR *d = opendir(dir);
	assert_non_null(d);
	int seen = 0;
	for (struct dirent *entry; (entry = readdir(d));) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		_cleanup_file_ FILE *f = fopen(path, "rb");
		assert_non_null(f);
		_cleanup_buf_ struct buf text = BUF_INIT;
		assert_true(buf_reserve(&text, 1 << 20));
		text.len = fread(text.data, 1, 1 << 20, f);
		check(entry->d_name, buf_slice(&text), strncmp(entry->d_name, "should-fail-", 12) == 0);
		seen++;
	}
	closedir(d);
	assert_true(seen > 0);
}
