#include "fs/tree/blocklist.h"
#include "fs/tree/subjects.h"
#include "tests/unit/check.h"
#include "tests/unit/plan_rig.h"

static const struct ids nowhere = {{NULL}};

static void entries(void **state)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{"x.example", true},
		{"X-1.co.uk", true},
		{"xn--bcher-kva.example", true},
		{"b\xC3\xBC" "cher.example", true},
		{"luz@horno.example", true},
		{"luz+tag@horno.example", true},
		{"example", false},
		{"", false},
		{".", false},
		{"x.", false},
		{".x.y", false},
		{"x..y", false},
		{"-x.y", false},
		{"x-.y", false},
		{"x.-y", false},
		{"x_y.example", false},
		{"*.example", false},
		{"x y.example", false},
		{"http://x.example", false},
		{"x.example/", false},
		{"\xFF.example", false},
		{"@x.example", false},
		{"x@", false},
		{"x@example", false},
		{"x@y@z.example", false},
		{"x y@z.example", false},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_int(cases[i].text, blocklist_entry_valid(slice_of(cases[i].text)), cases[i].valid);
}

static void append(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"x.example", "block-add {\"entries\":[\"x.example\"]}\n"},
		{"x.example\n Luz@Y.Example\t\r\n\n\nX.EXAMPLE\n",
			"block-add {\"entries\":[\"x.example\",\"luz@y.example\"]}\n"},
		{"\n \n", ""},
		{"", ""},
		{"x.example\n\nno\ny.example",
			"refused: EINVAL line 3: \"no\" is neither an e-mail address nor a domain; nothing was sent\n"},
	};
	static const struct rig_base none = {{NOTHING}, {NULL}};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		rig_commit(blocklist_append, &nowhere, &none, cases[i].text, &out);
		check_text(cases[i].text, buf_slice(&out), slice_of(cases[i].want));
	}
}

#define KEPT "11 a.example\n12 b.example\n9007199254740993 luz@c.example\n- d.example\n14 odd\xEF\xBF\xBDone\n"

static void commit(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"luz@c.example\nb.example\nodd\xEF\xBF\xBDone\nD.example\nA.EXAMPLE", ""},
		{"a.example\nb.example\nd.example\nodd\xEF\xBF\xBDone\n", "block-remove 9007199254740993\n"},
		{"a.example\nd.example\nodd\xEF\xBF\xBDone\nNew.example\nnew.example\nluz@c.example",
			"block-add {\"entries\":[\"new.example\"]}\nblock-remove 12\n"},
		{"a.example\nb.example\nluz@c.example\nodd\xEF\xBF\xBDone\n",
			"refused: EIO the service gives \"d.example\" no id, so it can't be unblocked; nothing was sent\n"},
		{"a.example\nbad\n",
			"refused: EINVAL line 2: \"bad\" is neither an e-mail address nor a domain; nothing was sent\n"},
	};
	static const struct rig_base base = {{BLOCK_LIST}, {KEPT}};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		rig_commit(blocklist_commit, &nowhere, &base, cases[i].text, &out);
		check_text(cases[i].text, buf_slice(&out), slice_of(cases[i].want));
	}
}

static void merge(void **state)
{
	static const struct {
		const char *name, *seen, *text, *now, *want;
		int left_alone;
	} cases[] = {
		{"never read: only additions", "", "x.y\nb.y\n", "a.y\nb.y\n", "a.y\nb.y\nx.y\n", 1},
		{"read, and nothing else happened", "a.y\nb.y\n", "b.y\nx.y\n", "a.y\nb.y\n", "b.y\nx.y\n", 0},
		{"others added", "a.y\n", "x.y\n", "a.y\nother.y\n", "other.y\nx.y\n", 1},
		{"others removed what was kept", "a.y\nb.y\n", "a.y\nb.y\nx.y\n", "a.y\n", "a.y\nx.y\n", 0},
		{"both removed", "a.y\nb.y\n", "b.y\n", "b.y\n", "b.y\n", 0},
		{"both added", "a.y\n", "a.y\nX.Y\n", "a.y\nx.y\n", "a.y\nx.y\n", 0},
		{"removed and put back in other letters", "a.y\n", "A.Y\n", "a.y\n", "a.y\n", 0},
		{"empty", "", "", "a.y\n", "a.y\n", 1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		size_t left_alone = 99;
		check_int(cases[i].name,
			blocklist_merge(slice_of(cases[i].seen), slice_of(cases[i].text), slice_of(cases[i].now), &out, &left_alone, NULL), 0);
		check_text(cases[i].name, buf_slice(&out), slice_of(cases[i].want));
		check_int(cases[i].name, (int64_t)left_alone, cases[i].left_alone);
	}
}

static void remove_ids(void **state)
{
	struct answer *old = rig_answer(NOTHING, KEPT);
	char ids[] = "12 9007199254740993 ";
	char *args[REQUEST_ARGS] = {ids};
	(void)state;
	struct answer *now = blocklist_remove_ids(old, args);
	check_text("kept", blob_slice(now->body), SLICE_LITERAL("11 a.example\n- d.example\n14 odd\xEF\xBF\xBDone\n"));
	answer_unref(now);
	answer_unref(old);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST(entries),
		UNIT_TEST(append),
		UNIT_TEST(commit),
		UNIT_TEST(merge),
		UNIT_TEST(remove_ids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
