/* test_draft.c - who saves what was written, when several descriptors share it. */
#include <fcntl.h>

#include "fs/base/monitor.h"
#include "fs/mount/draft.h"
#include "tests/unit/check.h"

static const struct route row = {.path = "things/<thing>", .mode = S_IFREG | 0644};
static struct monitor monitor;
static struct drafts *drafts;
static struct place place;

static int setup(void **state)
{
	(void)state;
	monitor_init(&monitor, 4);
	drafts = drafts_create(&monitor);
	return place_init(&place, &row, &(struct ids){{"a"}});
}

static int teardown(void **state)
{
	(void)state;
	drafts_destroy(drafts);
	place_release(&place);
	monitor_release(&monitor);
	return 0;
}

/* A descriptor of the thing; it is opened with O_TRUNC. */
static struct draft *open_one(void)
{
	struct draft *d = draft_get(drafts, &place);
	assert_non_null(d);
	draft_begin(drafts, d, true);
	return d;
}

static void write_to(struct draft *d, const char *text)
{
	assert_int_equal(draft_write(drafts, d, -1, slice_of(text), NULL), 0);
}

static void close_one(struct draft *d)
{
	draft_end(drafts, d);
	draft_put(drafts, d);
}

static void take_and_save(struct draft *d, const char *want)
{
	struct draft_taken taken;
	assert_int_equal(draft_take(drafts, d, &taken), DRAFT_TAKEN);
	check_text("the text", blob_slice(taken.text), slice_of(want));
	draft_taken_release(&taken);
	draft_saved(drafts, d, true);
}

static void of_two_that_leave_at_once_one_saves(void **state)
{
	(void)state;
	struct draft *a = open_one(), *b = open_one();
	write_to(a, "text");
	assert_false(draft_leave(drafts, a));
	assert_true(draft_leave(drafts, b));
	close_one(a);
	take_and_save(b, "text");
	close_one(b);
}

static void who_stays_saves(void **state)
{
	(void)state;
	struct draft *a = open_one(), *b = open_one();
	write_to(a, "text");
	assert_false(draft_leave(drafts, a));
	close_one(a);
	assert_true(draft_leave(drafts, b));
	take_and_save(b, "text");
	close_one(b);
}

static void what_was_saved_is_not_saved_again(void **state)
{
	(void)state;
	struct draft *a = open_one();
	write_to(a, "text");
	take_and_save(a, "text");
	struct draft_taken taken;
	assert_int_equal(draft_take(drafts, a, &taken), DRAFT_CLEAN);
	assert_false(draft_is_uncommitted(drafts, a));
	assert_false(draft_leave(drafts, a));
	close_one(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(of_two_that_leave_at_once_one_saves, setup, teardown),
		cmocka_unit_test_setup_teardown(who_stays_saves, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_saved_is_not_saved_again, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
