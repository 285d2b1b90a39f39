/* reply.c - what is written to reply.html goes out as a reply to the newest message of the conversation. */
#include <errno.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/format/utf8.h"
#include "fs/tree/leads.h"
#include "fs/tree/plan.h"
#include "fs/tree/subjects.h"

/* The newest message that came in; where there is none, the newest that went out. */
static bool find_answered(struct slice thread, struct slice *ret_message)
{
	struct slice list, type;
	int64_t best_ms = 0;
	bool found = false, best_came_in = false;
	if (!answer_list(thread, &list))
		return false;
	for (struct json_walk w = json_walk(list); json_next(&w);) {
		bool came_in = json_member(w.value, "type", &type) && json_is(type, "REPLY");
		int64_t ms = member_time(w.value, "time");
		if (found && (best_came_in > came_in || (best_came_in == came_in && ms < best_ms)))
			continue;
		*ret_message = w.value;
		best_ms = ms;
		best_came_in = came_in;
		found = true;
	}
	return found;
}

static void add_member(struct buf *out, bool *first, const char *name, struct slice object, const char *member)
{
	struct slice value = SLICE_LITERAL("null");
	json_member(object, member, &value);
	json_key(out, first, name);
	buf_add_slice(out, value);
}

int reply_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out, struct refusal *why)
{
	_cleanup_buf_ struct buf body = BUF_INIT, key = BUF_INIT;
	struct slice message, stats_id;
	bool first = true, needed;
	const char *args[] = {at->v[0], NULL};
	if (text.len && text.ptr[text.len - 1] == '\n')
		text.len--;
	if (slice_trim(text).len == 0)
		return refuse(why, EINVAL, "an empty reply is not sent");
	if (!utf8_valid(text))
		return refuse(why, EINVAL, "a reply is UTF-8");
	if (!find_answered(blob_slice(base->v[1]->body), &message) || !json_member(message, "stats_id", &stats_id))
		return refuse(why, EINVAL, "there is no message to reply to yet");
	int rc = thread_key(at, base, &key, &needed, why);
	if (rc < 0)
		return rc;
	/* The key is /<campaign>/<lead>. */
	const char *lead = strrchr(buf_text(&key), '/') + 1;
	buf_add_char(&body, '{');
	json_key(&body, &first, "lead_id");
	buf_add_str(&body, lead);
	add_member(&body, &first, "email_stats_id", message, "stats_id");
	json_key(&body, &first, "email_body");
	json_quote(text, &body);
	add_member(&body, &first, "reply_message_id", message, "message_id");
	add_member(&body, &first, "reply_email_time", message, "time");
	add_member(&body, &first, "reply_email_body", message, "email_body");
	buf_add_char(&body, '}');
	if (buf_failed(&body) || buf_failed(&key))
		return refuse_memory(why);
	plan_add(out, EP_REPLY, args, buf_slice(&body));
	plan_stale(out, THREAD, buf_text(&key));
	out->once = true;
	return 0;
}
