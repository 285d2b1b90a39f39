/*
 * sequences_save.c - what a save in sequences/ becomes: the whole sequence, once, with every id that was read
 * (api-facts.md 2.8: what is left out of the request is deleted, with its statistics).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/frontmatter.h"
#include "fs/format/json.h"
#include "fs/tree/plan.h"
#include "fs/tree/sequences.h"
#include "fs/tree/subjects.h"

enum { EMAILS_MAX = 520 };

/* The e-mails as they are, and the one that changes. */
struct sequence {
	struct email emails[EMAILS_MAX];
	size_t count;
	ptrdiff_t changed;              /* which one; -1: none */
	const struct email_text *text;  /* what it becomes */
};

static bool collect(void *arg, const struct email *e)
{
	struct sequence *s = arg;
	if (s->count == EMAILS_MAX)
		return false;
	s->emails[s->count++] = *e;
	return true;
}

static struct sequence *read_sequence(const struct answers *base, struct refusal *why)
{
	struct sequence *s = calloc(1, sizeof *s);
	if (!s) {
		refuse_memory(why);
		return NULL;
	}
	s->changed = -1;
	sequence_each(base, collect, s);
	return s;
}

static ptrdiff_t find_email(const struct sequence *s, int64_t step, const char *label)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->emails[i].step == step && strcmp(s->emails[i].label, label) == 0)
			return (ptrdiff_t)i;
	return -1;
}

static void add_raw(struct buf *out, bool *first, const char *name, struct slice object, const char *member, const char *otherwise)
{
	struct slice value;
	json_key(out, first, name);
	if (object.len && json_member(object, member, &value))
		buf_add_slice(out, value);
	else
		buf_add_str(out, otherwise);
}

/* Subject and body: those of the saved file, or as they are. */
static void add_texts(const struct sequence *s, size_t i, struct buf *out, bool *first)
{
	if ((ptrdiff_t)i == s->changed) {
		json_key(out, first, "subject");
		json_quote(buf_slice(&s->text->subject), out);
		json_key(out, first, "email_body");
		json_quote(buf_slice(&s->text->body), out);
		return;
	}
	add_raw(out, first, "subject", s->emails[i].json, "subject", "\"\"");
	add_raw(out, first, "email_body", s->emails[i].json, "email_body", "\"\"");
}

static void add_variant(const struct sequence *s, size_t i, struct buf *out)
{
	const struct email *e = &s->emails[i];
	struct slice share;
	bool first = true, of_its_own = e->json.ptr != e->step_json.ptr;
	buf_add_char(out, '{');
	/* A flat step that gets a second variant has no variant id yet. */
	if (of_its_own && e->json.len)
		add_raw(out, &first, "id", e->json, "id", "null");
	add_texts(s, i, out, &first);
	json_key(out, &first, "variant_label");
	json_quote(slice_of(e->label), out);
	if (of_its_own && e->json.len && json_member(e->json, "variant_distribution_percentage", &share) &&
		json_kind(share) == JSON_NUMBER)
		add_raw(out, &first, "variant_distribution_percentage", e->json, "variant_distribution_percentage", "null");
	buf_add_char(out, '}');
}

/* One step: the e-mails from `from` to before `to`. */
static void add_step(const struct sequence *s, size_t from, size_t to, struct buf *out)
{
	struct slice step = {0}, kept;
	bool first = true, flat = to - from == 1;
	int delay = 0;
	for (size_t i = from; i < to; i++)
		if (s->emails[i].step_json.len)
			step = s->emails[i].step_json;
	/* A new step's only e-mail is flat; an old one stays as it was. */
	flat = flat && (s->emails[from].json.len == 0 || s->emails[from].json.ptr == s->emails[from].step_json.ptr);
	if (step.len)
		delay = sequence_delay(step);
	if (s->changed >= (ptrdiff_t)from && s->changed < (ptrdiff_t)to && s->text->delay_in_days >= 0)
		delay = s->text->delay_in_days;
	buf_add_char(out, '{');
	add_raw(out, &first, "id", step, "id", "null");
	json_key(out, &first, "seq_number");
	buf_add_int(out, s->emails[from].step);
	json_key(out, &first, "seq_delay_details");
	buf_printf(out, "{\"delay_in_days\":%d}", delay);
	if (step.len && json_member(step, "variant_distribution_type", &kept) && json_kind(kept) == JSON_STRING)
		add_raw(out, &first, "variant_distribution_type", step, "variant_distribution_type", "null");
	if (flat) {
		add_texts(s, from, out, &first);
	} else {
		json_key(out, &first, "variants");
		for (size_t i = from; i < to; i++) {
			buf_add_char(out, i == from ? '[' : ',');
			add_variant(s, i, out);
		}
		buf_add_char(out, ']');
	}
	buf_add_char(out, '}');
}

static int by_place(const void *a, const void *b)
{
	const struct email *x = a, *y = b;
	return x->step != y->step ? (x->step < y->step ? -1 : 1) : strcmp(x->label, y->label);
}

static int plan_sequence(const struct ids *at, const struct sequence *s, struct plan *out, struct refusal *why)
{
	_cleanup_buf_ struct buf body = BUF_INIT, key = BUF_INIT;
	const char *args[] = {at->v[0], NULL};
	if (s->count == 0)
		return refuse(why, EPERM, "a sequence is never saved empty");
	buf_add_str(&body, "{\"sequences\":[");
	for (size_t from = 0, to; from < s->count; from = to) {
		for (to = from + 1; to < s->count && s->emails[to].step == s->emails[from].step;)
			to++;
		buf_add_str(&body, from ? "," : "");
		add_step(s, from, to, &body);
	}
	buf_add_str(&body, "]}");
	buf_printf(&key, "/%s", at->v[0]);
	if (buf_failed(&body) || buf_failed(&key))
		return refuse_memory(why);
	plan_add(out, EP_SEQUENCES_SAVE, args, buf_slice(&body));
	/* New ids are the service's, and bodies may come back changed: the next read asks. */
	plan_stale(out, SEQUENCES, buf_text(&key));
	return 0;
}

/* Is the file what is there already? */
static bool is_unchanged(const struct email *e, const struct email_text *text)
{
	struct slice value;
	return (text->delay_in_days < 0 || text->delay_in_days == sequence_delay(e->step_json)) &&
		json_member(e->json, "subject", &value) && json_is(value, buf_text(&text->subject)) &&
		json_member(e->json, "email_body", &value) && json_is(value, buf_text(&text->body)) &&
		!memchr(buf_text(&text->body), '\0', text->body.len);
}

int sequence_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out,
	struct refusal *why)
{
	struct email_text parsed = {0};
	_cleanup_free_ struct sequence *s = read_sequence(base, why);
	int rc = s ? frontmatter_parse(text, &parsed, why) : -ENOMEM;
	if (rc == 0) {
		s->changed = find_email(s, strtoll(at->v[1], NULL, 10), at->v[2]);
		s->text = &parsed;
		if (s->changed < 0)
			rc = refuse(why, EBUSY, "the e-mail %s-%s is no longer in the sequence", at->v[1], at->v[2]);
		else if (!is_unchanged(&s->emails[s->changed], &parsed))
			rc = plan_sequence(at, s, out, why);
	}
	email_text_release(&parsed);
	return rc;
}

/* "<step>-<label>.html" → its parts. */
static bool parse_name(const char *name, int64_t *ret_step, char label[LABEL_MAX])
{
	char *end;
	long long step = strtoll(name, &end, 10);
	size_t len = *end == '-' ? strspn(end + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") : 0;
	if (step < 1 || step > 100 || name[0] < '1' || name[0] > '9' || len < 1 || len > 2 || strcmp(end + 1 + len, ".html") != 0)
		return false;
	memcpy(label, end + 1, len);
	label[len] = '\0';
	*ret_step = step;
	return true;
}

int sequence_add(const struct ids *dir, const struct answers *base, const char *name, struct slice text, struct plan *out,
	struct refusal *why)
{
	struct email_text parsed = {0};
	struct email added = {0};
	if (!parse_name(name, &added.step, added.label))
		return refuse(why, EINVAL, "an e-mail's name is <step>-<variant>.html, like 2-B.html");
	_cleanup_free_ struct sequence *s = read_sequence(base, why);
	if (!s)
		return -ENOMEM;
	int64_t last = s->count ? s->emails[s->count - 1].step : 0;
	if (added.step > last + 1)
		return refuse(why, EINVAL, "step %lld would leave a gap: the last one is %lld", (long long)added.step, (long long)last);
	if (s->count == EMAILS_MAX || find_email(s, added.step, added.label) >= 0)
		return refuse(why, EEXIST, "there is such an e-mail");
	int rc = frontmatter_parse(text, &parsed, why);
	if (rc == 0) {
		s->emails[s->count++] = added;
		qsort(s->emails, s->count, sizeof s->emails[0], by_place);
		s->changed = find_email(s, added.step, added.label);
		s->text = &parsed;
		rc = plan_sequence(dir, s, out, why);
	}
	email_text_release(&parsed);
	return rc;
}

int sequence_drop(const struct ids *at, const struct answers *base, struct plan *out, struct refusal *why)
{
	_cleanup_free_ struct sequence *s = read_sequence(base, why);
	if (!s)
		return -ENOMEM;
	ptrdiff_t i = find_email(s, strtoll(at->v[1], NULL, 10), at->v[2]);
	if (i < 0)
		return refuse(why, ENOENT, "the sequence has no such e-mail any more");
	if (s->count == 1)
		return refuse(why, EPERM, "it is the last e-mail of the sequence");
	bool only = (i == 0 || s->emails[i - 1].step != s->emails[i].step) &&
		((size_t)i + 1 == s->count || s->emails[i + 1].step != s->emails[i].step);
	if (only && (size_t)i + 1 != s->count)
		return refuse(why, EINVAL, "step %s is in the middle: steps stay without a gap", at->v[1]);
	memmove(&s->emails[i], &s->emails[i + 1], (s->count - (size_t)i - 1) * sizeof s->emails[0]);
	s->count--;
	return plan_sequence(at, s, out, why);
}
