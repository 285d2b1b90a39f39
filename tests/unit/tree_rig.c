#include "tests/unit/tree_rig.h"

#include "fs/tree/walk.h"
#include "tests/unit/check.h"

struct answer *rig_answer(enum resource_id id, const char *body)
{
	struct buf text = BUF_INIT;
	void *model = NULL;
	size_t bytes = 0;
	const struct resource *r = id == NOTHING ? NULL : resource(id);
	buf_add_str(&text, body);
	struct blob *blob = blob_from_buf(&text);
	assert_non_null(blob);
	if (r && r->index)
		assert_int_equal(r->index(blob_slice(blob), &model, &bytes, NULL), 0);
	struct answer *a = answer_new(blob, model, r ? r->model_free : NULL, bytes);
	assert_non_null(a);
	return a;
}

int rig_render(render_fn *render, const struct ids *at, struct answer *answer, struct buf *out, struct refusal *why)
{
	struct content content = {.text = BUF_INIT};
	struct answers from = {{answer}};
	int rc = render(at, &from, &content, why);
	if (rc == 0)
		buf_add_slice(out, content.blob ? blob_slice(content.blob) : buf_slice(&content.text));
	blob_unref(content.blob);
	buf_release(&content.text);
	return rc;
}

void rig_list(const char *dir, const struct ids *at, struct answer *answer, const char *want, struct buf *out)
{
	size_t count;
	const struct route *rows = routes(&count);
	struct refusal why = {0};
	struct walk *w = walk_create(rows, count, &why);
	struct answers from = {{answer}};
	struct tree_listing found = {0};
	struct place place = {0};
	assert_non_null(w);
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].path, dir) == 0)
			assert_int_equal(place_init(&place, &rows[i], at), 0);
	assert_non_null(place.route);
	assert_int_equal(walk_children(w, &place, &from, want, &found, &why), 0);
	for (size_t i = 0; i < found.count; i++) {
		struct ids ids = place_ids(&found.entries[i].place);
		buf_add_str(out, found.entries[i].name);
		for (int k = 0; want && k < IDS_MAX && ids.v[k]; k++)
			buf_printf(out, " %s", ids.v[k]);
		buf_add_char(out, '\n');
	}
	tree_listing_release(&found);
	place_release(&place);
	walk_destroy(w);
}
