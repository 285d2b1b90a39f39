/* threads.c - the conversation with a lead: thread.json as the API gives it, thread.mbox for mutt -f. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/format/dates.h"
#include "fs/format/json.h"
#include "fs/format/mbox.h"
#include "fs/tree/objects.h"
#include "fs/tree/subjects.h"

enum { MESSAGES_MAX = 10000 };

/* One message with the texts that its slices point into. */
struct message {
	struct mbox_message mail;
	struct buf texts[8];
	size_t position; /* in the API's order, which breaks ties */
};

static struct slice text_of(struct slice object, const char *member, struct buf *scratch)
{
	struct slice value;
	if (json_member(object, member, &value)) {
		if (json_kind(value) == JSON_ARRAY) {
			for (struct json_walk w = json_walk(value); json_next(&w);) {
				if (scratch->len)
					buf_add_str(scratch, ", ");
				json_text(w.value, scratch);
			}
		} else {
			json_text(value, scratch);
		}
	}
	return buf_slice(scratch);
}

static void read_message(struct slice json, size_t position, struct message *m)
{
	struct buf *t = m->texts;
	m->mail.from = text_of(json, "from", &t[0]);
	m->mail.to = text_of(json, "to", &t[1]);
	m->mail.cc = text_of(json, "cc", &t[2]);
	m->mail.bcc = text_of(json, "bcc", &t[3]);
	m->mail.subject = text_of(json, "subject", &t[4]);
	m->mail.message_id = text_of(json, "message_id", &t[5]);
	m->mail.html = text_of(json, "email_body", &t[6]);
	text_of(json, "stats_id", &t[7]);
	buf_printf(&t[7], ".%zu", position);
	m->mail.fallback_id = buf_slice(&t[7]);
	m->mail.time_ms = member_time(json, "time");
	m->position = position;
}

static int by_time(const void *a, const void *b)
{
	const struct message *x = a, *y = b;
	if (x->mail.time_ms != y->mail.time_ms)
		return x->mail.time_ms < y->mail.time_ms ? -1 : 1;
	return x->position < y->position ? -1 : 1;
}

/* What a message without a subject answers: the newest subject before it. */
static void complete_subjects(struct message *messages, size_t count)
{
	struct slice last = {0};
	for (size_t i = 0; i < count; i++) {
		struct message *m = &messages[i];
		if (i > 0)
			m->mail.in_reply_to = messages[i - 1].mail.message_id;
		if (m->mail.subject.len) {
			last = m->mail.subject;
			continue;
		}
		if (!last.len)
			continue;
		if (strncasecmp(last.ptr, "re:", last.len < 3 ? last.len : 3) != 0)
			buf_add_str(&m->texts[4], "Re: ");
		buf_add_slice(&m->texts[4], last);
		m->mail.subject = buf_slice(&m->texts[4]);
	}
}

int thread_mbox_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	struct slice list;
	size_t count = 0, n = 0;
	(void)at;
	if (!answer_list(blob_slice(from->v[1]->body), &list))
		return 0; /* {}: nothing was written yet */
	for (struct json_walk w = json_walk(list); json_next(&w);)
		count++;
	if (count > MESSAGES_MAX)
		return refuse(why, EFBIG, "the conversation has more than %d messages", MESSAGES_MAX);
	struct message *messages = calloc(count + 1, sizeof *messages);
	if (!messages)
		return refuse_memory(why);
	for (struct json_walk w = json_walk(list); json_next(&w); n++)
		read_message(w.value, n, &messages[n]);
	qsort(messages, count, sizeof *messages, by_time);
	complete_subjects(messages, count);
	for (size_t i = 0; i < count; i++) {
		mbox_add(&out->text, &messages[i].mail);
		if (messages[i].mail.time_ms > out->mtime_ms)
			out->mtime_ms = messages[i].mail.time_ms;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < sizeof messages[i].texts / sizeof messages[i].texts[0]; k++) {
			out->text.failed |= messages[i].texts[k].failed;
			buf_release(&messages[i].texts[k]);
		}
	free(messages);
	return 0;
}

int thread_json_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	(void)at, (void)why;
	json_pretty(blob_slice(from->v[1]->body), &out->text);
	buf_add_char(&out->text, '\n');
	return 0;
}
