/* analytics.c - files that show one answer as it came: analytics.json, overview.json, categories.json. */
#include <errno.h>

#include "fs/api/answer.h"
#include "fs/format/json.h"
#include "fs/tree/subjects.h"

enum { OVERVIEW_DAYS = 30 };

static int object_render(const struct answers *from, struct content *out, struct refusal *why)
{
	struct slice object;
	if (!answer_object(blob_slice(from->v[0]->body), &object))
		return refuse(why, EIO, "the service answered with something else than an object");
	json_pretty(object, &out->text);
	buf_add_char(&out->text, '\n');
	return 0;
}

int analytics_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	(void)at;
	return object_render(from, out, why);
}

int overview_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	(void)at;
	return object_render(from, out, why);
}

/* The resource: "overview/<from>/<to>"; the reference's call has no dates and leaves them out. */
int overview_key(
	const struct ids *at, const struct answers *so_far, struct buf *key, bool *ret_needed, struct refusal *why)
{
	(void)at, (void)so_far, (void)ret_needed, (void)why;
	last_days_key(OVERVIEW_DAYS, key);
	return 0;
}

bool overview_next(struct fetch *f)
{
	f->request.args[2] = "UTC";
	return f->step == 0;
}

int categories_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	struct slice list;
	(void)at;
	if (!answer_list(blob_slice(from->v[0]->body), &list))
		return refuse(why, EIO, "the service answered with something else than a list");
	json_pretty(list, &out->text);
	buf_add_char(&out->text, '\n');
	return 0;
}
