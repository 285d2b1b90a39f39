/*
 * statistics.h - a row for each e-mail sent, as CSV, without the e-mail itself. Pure.
 */
#pragma once

#include "fs/base/buf.h"
#include "fs/base/refusal.h"
#include "fs/base/slice.h"
#include "fs/tree/paging.h"

struct statistics_page {
	int64_t rows;  /* in the answer */
	int64_t fresh; /* of them not on the page before */
	int64_t total; /* what the service says that there are; -1: nothing */
};

/* Appends the line of column names. */
void statistics_header(struct buf *out);

/*
 * Appends one page's rows. -EIO when it is no list, or its elements are no e-mails (totals by step, api-facts.md 5.1):
 * a row is known by its stats_id or lead_email.
 */
int statistics_rows(
	struct slice body, struct seen *seen, struct buf *out, struct statistics_page *ret_page, struct refusal *why);

/*
 * "opened" … "step-3" → what is asked for, one of the two is NULL; "all": both. `step` has room for it. False: no such
 * filter.
 */
bool statistics_filter(const char *filter, char step[8], const char **ret_step, const char **ret_status);
