/* webhooks.c - webhooks/ of the account (reference) and of a campaign (live): one file a webhook. */
#include <stdio.h>

#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/tree/secrets.h"
#include "fs/tree/subjects.h"

int webhooks_list(
	const struct ids *dir, const struct answers *from, const char *want, struct names *out, struct refusal *why)
{
	const struct objects *all = answer_objects(from, 0);
	(void)dir, (void)want, (void)why;
	for (size_t i = 0; all && i < all->count; i++) {
		const struct object *o = &all->items[i];
		char name[256];
		snprintf(name, sizeof name, "%s.json", o->name);
		names_add(out, name, id_text(o->id).text, NULL, member_time(o->json, "updated_at"));
	}
	return 0;
}

int webhook_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	_cleanup_buf_ struct buf shown = BUF_INIT;
	const struct object *o;
	int rc = object_at(at, from, &o, why);
	if (rc < 0)
		return rc;
	secrets_hide(o->json, &shown);
	json_pretty(buf_slice(&shown), &out->text);
	buf_add_char(&out->text, '\n');
	out->text.failed |= shown.failed;
	out->mtime_ms = member_time(o->json, "updated_at");
	return 0;
}

int campaign_webhook_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	struct ids webhook = {{at->v[1]}};
	return webhook_render(&webhook, from, out, why);
}
