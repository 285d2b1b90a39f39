/* The nodes without a kernel: what an OPEN may reuse, what it must not, and who is freed when. */
#include "fs/base/monitor.h"
#include "fs/mount/node.h"
#include "tests/unit/check.h"

static const struct route directory = {.path = "", .mode = S_IFDIR | 0755};
static const struct route file = {.path = "file", .mode = S_IFREG | 0444, .needs = {CAMPAIGNS}};

struct rig {
	struct monitor monitor;
	struct nodes *nodes;
};

static int set_up(void **state)
{
	struct rig *rig = calloc(1, sizeof *rig);
	struct place root = {.route = &directory};
	monitor_init(&rig->monitor, 1);
	rig->nodes = nodes_create(&rig->monitor, &root);
	*state = rig;
	return rig->nodes ? 0 : -1;
}

static int tear_down(void **state)
{
	struct rig *rig = *state;
	nodes_destroy(rig->nodes);
	monitor_release(&rig->monitor);
	free(rig);
	return 0;
}

static struct node *look_up(struct rig *rig)
{
	struct tree_entry entry = {.name = (char[]){"file"}};
	assert_int_equal(place_init(&entry.place, &file, NULL), 0);
	struct node *node = node_enter(rig->nodes, nodes_root(rig->nodes), &entry);
	place_release(&entry.place);
	return node;
}

static struct content_id content(uint64_t hash)
{
	return (struct content_id){.hash = hash, .serials = {hash}, .size = hash, .known = true};
}

static struct node *open_node(struct rig *rig, struct node *node, uint64_t hash, bool *ret_keep)
{
	struct content_id want = content(hash);
	struct version version = {.serials = {hash}};
	return node_open(rig->nodes, node, &want, &version, 7, ret_keep);
}

static void pages_are_kept_while_they_are_right(void **state)
{
	struct rig *rig = *state;
	bool keep;
	struct node *node = look_up(rig);
	assert_ptr_equal(open_node(rig, node, 1, &keep), node);
	assert_false(keep);
	node_close(rig->nodes, node);
	assert_ptr_equal(open_node(rig, node, 1, &keep), node);
	assert_true(keep);
	node_close(rig->nodes, node);
}

/* Also when nobody has it open: a second open at the same moment would read the old pages. */
static void served_content_never_changes(void **state)
{
	struct rig *rig = *state;
	struct content_id shown, fresh = content(2);
	bool keep;
	struct node *old = look_up(rig);
	assert_ptr_equal(open_node(rig, old, 1, &keep), old);
	node_close(rig->nodes, old);
	node_content(rig->nodes, old, &fresh); /* a stat between */
	assert_null(open_node(rig, old, 2, &keep));
	assert_true(node_superseded(rig->nodes, old, &shown));

	struct node *newer = look_up(rig);
	assert_ptr_not_equal(newer, old);
	assert_int_equal(newer->inode, old->inode);
	struct version *pin = node_take_pin(rig->nodes, newer);
	assert_non_null(pin);
	assert_int_equal(pin->serials[0], 2);
	free(pin);
	assert_null(node_take_pin(rig->nodes, newer));
	assert_ptr_equal(open_node(rig, newer, 2, &keep), newer);
	assert_false(keep);
	assert_null(open_node(rig, old, 2, &keep));
	node_close(rig->nodes, newer);
}

static void open_descriptors_hold_their_node(void **state)
{
	struct rig *rig = *state;
	struct content_id shown, fresh = content(2);
	bool keep;
	struct node *old = look_up(rig);
	assert_ptr_equal(open_node(rig, old, 1, &keep), old);
	assert_int_equal(node_content(rig->nodes, old, &fresh).hash, 1);
	assert_null(open_node(rig, old, 2, &keep));
	assert_int_equal(nodes_count(rig->nodes), 3);
	node_forget(rig->nodes, old, 1);
	assert_true(node_superseded(rig->nodes, old, &shown));
	assert_int_equal(shown.hash, 1);
	node_close(rig->nodes, old);
	assert_int_equal(nodes_count(rig->nodes), 2);
}

/* Under ASan and valgrind: what the kernel never forgot is freed with the mount, current or not. */
static void the_end_frees_all(void **state)
{
	struct rig *rig = *state;
	bool keep;
	struct node *old = look_up(rig);
	assert_ptr_equal(open_node(rig, old, 1, &keep), old);
	assert_null(open_node(rig, old, 2, &keep));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pages_are_kept_while_they_are_right, set_up, tear_down),
		cmocka_unit_test_setup_teardown(served_content_never_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(open_descriptors_hold_their_node, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_frees_all, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
