/* test_removal.c - removals are judged by a clock that is turned by hand; what /proc says at a last close. */
#include "tests/unit/check.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "fs/base/clock.h"
#include "fs/base/monitor.h"
#include "fs/mount/last_close.h"
#include "fs/mount/removal.h"

static const struct route row = {.path = "things/<thing>"};
static struct monitor monitor;
static struct removals *r;
static size_t sent, reported, refuse_from;
static const char *made_anew; /* while they are sent */

static int on_send(void *arg, const struct place *const places[], size_t count, pid_t tgid, size_t *ret_done,
	struct refusal *why)
{
	(void)arg, (void)places, (void)tgid;
	if (made_anew) {
		check_int("hidden", removals_hide(r, 7, made_anew), true);
		removals_made_anew(r, 7, made_anew);
		check_int("made anew", removals_hide(r, 7, made_anew), false);
	}
	*ret_done = count < refuse_from ? count : refuse_from;
	sent += *ret_done;
	return *ret_done < count ? refuse(why, EBUSY, "busy") : 0;
}

static void on_report(void *arg, const char *path, const struct refusal *why)
{
	(void)arg, (void)path, (void)why;
	reported++;
}

static int setup(void **state)
{
	(void)state;
	monitor_init(&monitor, 4);
	r = removals_create(&(struct removals_conf){
		.monitor = &monitor, .max_deletes = 3, .send = on_send, .report = on_report});
	sent = reported = 0;
	made_anew = NULL;
	refuse_from = 100;
	clock_set_for_test(1000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	removals_destroy(r);
	monitor_release(&monitor);
	clock_set_for_test(-1);
	return 0;
}

static void remove_thing(const char *name, pid_t tgid)
{
	struct place place = {0};
	assert_int_equal(place_init(&place, &row, &(struct ids){{name}}), 0);
	assert_int_equal(removals_add(r, 7, name, &place, name, tgid), 0);
	place_release(&place);
}

static void judge_at(int64_t ms)
{
	clock_set_for_test(ms);
	removals_due(r);
}

static void one_action_is_sent_two_seconds_after_its_last(void **state)
{
	(void)state;
	remove_thing("a", 1);
	assert_true(removals_hide(r, 7, "a"));
	assert_false(removals_hide(r, 8, "a"));
	clock_set_for_test(2500);
	remove_thing("b", 1);
	judge_at(4400);
	check_int("too early", (int64_t)sent, 0);
	judge_at(4500);
	check_int("both", (int64_t)sent, 2);
	assert_false(removals_hide(r, 7, "a"));
	check_int("no report", (int64_t)reported, 0);
}

static void more_than_the_most_are_dropped_whole(void **state)
{
	(void)state;
	remove_thing("a", 1);
	remove_thing("b", 1);
	remove_thing("c", 1);
	remove_thing("d", 1);
	remove_thing("e", 2);
	judge_at(3000);
	check_int("only the other process's", (int64_t)sent, 1);
	check_int("one report", (int64_t)reported, 1);
	assert_false(removals_in(r, 7));
}

static void who_was_refused_removes_nothing(void **state)
{
	(void)state;
	struct refusal why;
	remove_thing("a", 1);
	removals_refused(r, 1);
	remove_thing("b", 1);
	check_int("at once", removals_at_once(r, 1, &why), -EPERM);
	judge_at(3000);
	check_int("none", (int64_t)sent, 0);
	/* The next action of the same process is a new one. */
	remove_thing("c", 1);
	judge_at(5000);
	check_int("one", (int64_t)sent, 1);
}

static void what_comes_back_was_not_removed(void **state)
{
	(void)state;
	remove_thing("a", 1);
	remove_thing("b", 1);
	check_int("back", removals_take_back(r, 7, "a"), 0);
	check_int("not away", removals_take_back(r, 7, "z"), -ENOENT);
	remove_thing("c", 1);
	remove_thing("d", 1);
	judge_at(3000);
	check_int("three, not four", (int64_t)sent, 3);
}

static void what_can_not_be_removed_is_hidden_for_a_while(void **state)
{
	(void)state;
	assert_int_equal(removals_add(r, 7, "doc", NULL, "doc", 1), 0);
	assert_true(removals_hide(r, 7, "doc"));
	clock_set_for_test(3000);
	assert_false(removals_hide(r, 7, "doc"));
	removals_due(r);
	assert_false(removals_in(r, 7));
	check_int("nothing", (int64_t)sent, 0);
}

static void a_flush_ends_the_wait(void **state)
{
	(void)state;
	remove_thing("a", 1);
	remove_thing("b", 1);
	refuse_from = 1;
	removals_flush(r);
	check_int("the first", (int64_t)sent, 1);
	check_int("the second is reported", (int64_t)reported, 1);
	assert_false(removals_in(r, 7));
}

/* One is gone already while the others are sent: what is made under its name is in sight at once. */
static void what_is_made_anew_is_not_hidden(void **state)
{
	(void)state;
	made_anew = "a";
	remove_thing("a", 1);
	remove_thing("b", 1);
	removals_flush(r);
	check_int("sent", (int64_t)sent, 2);
	/* Nor does what was pending take a new thing with it. */
	made_anew = NULL;
	remove_thing("a", 1);
	removals_made_anew(r, 7, "a");
	removals_flush(r);
	check_int("not sent", (int64_t)sent, 2);
}

static void stat_lines(void **state)
{
	(void)state;
	static const struct {
		const char *name, *flags, *code;
		int want;
	} cases[] = {
		{"a normal close", "4194304", "0", 0},
		{"exit(3)", "4194308", "768", 0},
		{"killed", "4195332", "9", 9},
		{"threads, exit(0)", "4195332", "0", 0},
		{"a code, but not exiting", "4194304", "15", 0},
	};
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[600];
		int n = snprintf(text, sizeof text, "12 (a) R 1 (x)) S 1 1 1 0 -1 %s", cases[i].flags);
		for (int field = 10; field < 52; field++)
			n += snprintf(text + n, sizeof text - (size_t)n, " 0");
		snprintf(text + n, sizeof text - (size_t)n, " %s\n", cases[i].code);
		check_int(cases[i].name, last_close_signal(text), cases[i].want);
	}
	check_int("nothing", last_close_signal(""), 0);
}

static void fdinfo_lines(void **state)
{
	(void)state;
	static const char writes[] = "pos:\t0\nflags:\t0100001\nmnt_id:\t30\nino:\t9876543210\n";
	static const char reads[] = "pos:\t0\nflags:\t0100000\nmnt_id:\t30\nino:\t9876543210\n";
	assert_true(last_close_writes(writes, 9876543210));
	assert_false(last_close_writes(writes, 987654321));
	assert_false(last_close_writes(reads, 9876543210));
	assert_false(last_close_writes("", 1));
}

static void mountinfo_lines(void **state)
{
	static const char line[] = "457 27 0:91 / /mnt/my\\040mail rw,nosuid - fuse.smartleadfs smartleadfs rw\n";
	char device[DEVICE_MAX] = "";
	(void)state;
	assert_false(last_close_mount_line(line, 45, NULL, device));
	assert_false(last_close_mount_line(line, -1, "/mnt/my", device));
	assert_false(last_close_mount_line(line, -1, "/mnt/my mail/x", device));
	assert_string_equal(device, "");
	assert_true(last_close_mount_line(line, 457, NULL, device));
	assert_string_equal(device, "0:91");
	assert_true(last_close_mount_line(line, -1, "/mnt/my mail", device));
	assert_false(last_close_mount_line("", 0, NULL, device));
	assert_false(last_close_mount_line("457 27 0:91 / /mnt/\\0", -1, "/mnt/", device));
}

static void syscall_lines(void **state)
{
	static const struct {
		const char *name;
		long number;
		unsigned long flags[2]; /* the second and third argument */
		bool want;
	} cases[] = {
		{"openat to append", SYS_openat, {0, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC}, true},
		{"openat to read", SYS_openat, {0, O_RDONLY}, false},
		{"openat to read and append", SYS_openat, {0, O_RDWR | O_APPEND}, false},
		{"openat, cut", SYS_openat, {0, O_WRONLY | O_APPEND | O_TRUNC}, false},
		{"another call", SYS_write, {O_WRONLY | O_APPEND, O_WRONLY | O_APPEND}, false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[200];
		snprintf(text, sizeof text, "%ld 0xffffff9c 0x%lx 0x%lx 0x1b6 0x0 0x0 0x7ffc 0x7f00\n", cases[i].number, cases[i].flags[0],
			cases[i].flags[1]);
		check_int(cases[i].name, last_close_is_append(text), cases[i].want);
	}
	assert_false(last_close_is_append(""));
	assert_false(last_close_is_append("running\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_action_is_sent_two_seconds_after_its_last, setup, teardown),
		cmocka_unit_test_setup_teardown(more_than_the_most_are_dropped_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(who_was_refused_removes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(what_comes_back_was_not_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(what_can_not_be_removed_is_hidden_for_a_while, setup, teardown),
		cmocka_unit_test_setup_teardown(a_flush_ends_the_wait, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_made_anew_is_not_hidden, setup, teardown),
		cmocka_unit_test(stat_lines),
		cmocka_unit_test(fdinfo_lines),
		cmocka_unit_test(mountinfo_lines),
		cmocka_unit_test(syscall_lines),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
