#include "fs/format/json.h"

#include <errno.h>

#include "fs/base/cleanup.h"

static bool same(bool a_there, struct slice a, bool b_there, struct slice b)
{
	return a_there == b_there && (!a_there || json_equal(a, b));
}

static void add(struct buf *out, bool *first, struct slice key, struct slice value)
{
	buf_add_str(out, *first ? "" : ",");
	*first = false;
	buf_add_slice(out, key);
	buf_add_char(out, ':');
	buf_add_slice(out, value);
}

/* One member of `mine`: kept when it was changed, else theirs is taken. */
static int merge_member(struct slice base, const struct json_walk *mine, struct slice theirs, struct buf *out, bool *first,
	struct refusal *why)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	struct slice old, now;
	json_text(mine->key, &name);
	if (buf_failed(&name))
		return refuse_memory(why);
	bool was = json_member(base, buf_text(&name), &old), is = json_member(theirs, buf_text(&name), &now);
	bool i_changed = !same(true, mine->value, was, old), they_changed = !same(is, now, was, old);
	if (i_changed && they_changed && !same(true, mine->value, is, now))
		return refuse(why, EBUSY, "\"%s\" was changed on the service too since it was read", buf_text(&name));
	if (i_changed || is)
		add(out, first, mine->key, i_changed ? mine->value : now);
	return 0;
}

int json_merge(struct slice base, struct slice mine, struct slice theirs, struct buf *out, struct refusal *why)
{
	bool first = true;
	buf_add_char(out, '{');
	for (struct json_walk w = json_walk(mine); json_next(&w);) {
		int rc = merge_member(base, &w, theirs, out, &first, why);
		if (rc < 0)
			return rc;
	}
	buf_add_char(out, '}');
	return buf_failed(out) ? refuse_memory(why) : 0;
}
