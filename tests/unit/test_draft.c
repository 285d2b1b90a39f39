/* test_draft.c - who saves a draft, and when: one text once, and never somebody else's half. */
#include "tests/unit/check.h"

#include "fs/base/monitor.h"
#include "fs/mount/draft.h"

static const struct route row = {.path = "things/<thing>"};
static struct monitor monitor;
static struct drafts *drafts;
static struct draft *d;

static int setup(void **state)
{
	struct place place = {0};
	struct ids ids = {{"1"}};
	(void)state;
	monitor_init(&monitor, 4);
	drafts = drafts_create(&monitor);
	place_init(&place, &row, &ids);
	d = draft_get(drafts, &place);
	place_release(&place);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	draft_put(drafts, d);
	drafts_destroy(drafts);
	return 0;
}

static void write_text(const char *text)
{
	assert_int_equal(draft_write(drafts, d, -1, slice_of(text), NULL), 0);
}

static unsigned look(void)
{
	unsigned changes;
	assert_true(draft_is_uncommitted(drafts, d, &changes));
	return changes;
}

static bool leaves(void)
{
	unsigned changes;
	return draft_leave(drafts, d, &changes);
}

/* A descriptor goes, and has nothing to save. */
static void close_one(void)
{
	assert_false(leaves());
	draft_end(drafts, d);
}

static void takes(unsigned changes, const char *want)
{
	_cleanup_taken_ struct draft_taken taken = {0};
	assert_int_equal(draft_take(drafts, d, changes, &taken), want ? DRAFT_TAKEN : DRAFT_CLEAN);
	if (!want)
		return;
	assert_int_equal(taken.text->len, strlen(want));
	assert_memory_equal(taken.text->data, want, taken.text->len);
	draft_saved(drafts, d, true);
}

static void a_text_is_taken_once(void **state)
{
	(void)state;
	draft_begin(drafts, d, true);
	write_text("one");
	unsigned seen = look();
	takes(seen, "one");
	takes(seen, NULL);
	close_one();
}

/* One closes; before the text is taken another one cuts it and writes the first half of another. */
static void half_of_another_text_is_not_taken(void **state)
{
	(void)state;
	draft_begin(drafts, d, true);
	write_text("one");
	unsigned seen = look();
	draft_begin(drafts, d, true);
	takes(seen, NULL);
	write_text("tw");
	takes(seen, NULL);
	close_one();
	write_text("o");
	takes(look(), "two");
	close_one();
}

/* Who opens it, but changes nothing yet, keeps nobody from saving. */
static void another_open_file_is_no_change(void **state)
{
	(void)state;
	draft_begin(drafts, d, true);
	write_text("one");
	unsigned seen = look();
	draft_begin(drafts, d, false);
	takes(seen, "one");
	close_one();
	close_one();
}

/* The shell's `> f` is closed; before its release another one opens the file to change it. */
static void what_was_left_empty_is_not_found_empty(void **state)
{
	unsigned changes;
	(void)state;
	draft_begin(drafts, d, true);
	struct draft_taken taken;
	assert_int_equal(draft_take(drafts, d, look(), &taken), DRAFT_EMPTY);
	draft_begin(drafts, d, false);
	assert_false(draft_present(drafts, d));
	assert_false(draft_is_uncommitted(drafts, d, &changes));
	close_one();
	close_one();
}

static void of_two_that_leave_at_once_one_saves(void **state)
{
	(void)state;
	draft_begin(drafts, d, true);
	draft_begin(drafts, d, true);
	write_text("text");
	assert_false(leaves());
	assert_true(leaves());
	draft_end(drafts, d);
	takes(look(), "text");
	draft_end(drafts, d);
}

static void who_stays_saves(void **state)
{
	(void)state;
	draft_begin(drafts, d, true);
	draft_begin(drafts, d, true);
	write_text("text");
	close_one();
	assert_true(leaves());
	takes(look(), "text");
	draft_end(drafts, d);
}

/* A new thing that gets a scratch name before it was saved is not made any more, and its text stays. */
static void a_new_thing_that_becomes_scratch(void **state)
{
	_cleanup_blob_ struct blob *text = NULL;
	struct draft *made = NULL;
	unsigned changes;
	(void)state;
	assert_int_equal(draft_new(drafts, 7, "new.json", false, true, &made, NULL), 0);
	draft_begin(drafts, made, false);
	assert_int_equal(draft_write(drafts, made, -1, slice_of("text"), NULL), 0);
	assert_true(draft_is_uncommitted(drafts, made, &changes));
	assert_int_equal(draft_rename(drafts, made, "new.bak", false), 0);
	assert_false(draft_is_uncommitted(drafts, made, &changes));
	assert_false(draft_leave(drafts, made, &changes));
	draft_end(drafts, made);
	assert_int_equal(draft_text(drafts, made, &text), DRAFT_TAKEN);
	check_text("it is there", blob_slice(text), slice_of("text"));
	draft_unname(drafts, made);
	draft_put(drafts, made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_thing_that_becomes_scratch, setup, teardown),
		cmocka_unit_test_setup_teardown(of_two_that_leave_at_once_one_saves, setup, teardown),
		cmocka_unit_test_setup_teardown(who_stays_saves, setup, teardown),
		cmocka_unit_test_setup_teardown(a_text_is_taken_once, setup, teardown),
		cmocka_unit_test_setup_teardown(half_of_another_text_is_not_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(another_open_file_is_no_change, setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_left_empty_is_not_found_empty, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
