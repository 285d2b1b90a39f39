/*
 * sequences_save.c - what a save in sequences/ becomes: the whole sequence, once, with every id that was read
 * (api-facts.md 2.8: what is left out of the request is deleted, with its statistics).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/tree/sequences_save.h"
#include "fs/tree/subjects.h"

static bool collect(void *arg, const struct email *e)
{
	struct sequence *s = arg;
	if (s->count == EMAILS_MAX)
		return false;
	s->emails[s->count++] = *e;
	return true;
}

struct sequence *sequence_read(struct slice steps, struct refusal *why)
{
	struct sequence *s = calloc(1, sizeof *s);
	if (!s) {
		refuse_memory(why);
		return NULL;
	}
	s->changed = -1;
	sequence_each(steps, collect, s);
	return s;
}

static bool holds(const struct sequence *s, struct slice object)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->emails[i].json.ptr == object.ptr || s->emails[i].step_json.ptr == object.ptr)
			return true;
	return false;
}

bool sequence_is_whole(const struct sequence *s, struct slice steps)
{
	struct slice variants;
	for (struct json_walk w = json_walk(steps); json_next(&w);) {
		if (!holds(s, w.value))
			return false;
		for (struct json_walk v = json_walk(sequence_variants(w.value, &variants) ? variants : (struct slice){0}); json_next(&v);)
			if (!sequence_is_deleted(v.value) && !holds(s, v.value))
				return false;
	}
	return true;
}

/* Two steps of one number would be sent as one. */
static bool is_distinct(const struct sequence *s)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < i; k++)
			if (s->emails[i].step == s->emails[k].step && s->emails[i].step_json.ptr != s->emails[k].step_json.ptr)
				return false;
	return true;
}

int sequence_base(const struct answers *base, struct sequence **ret, struct refusal *why)
{
	struct slice steps = sequence_steps(base);
	struct sequence *s = sequence_read(steps, why);
	if (!s)
		return -ENOMEM;
	if (!sequence_is_whole(s, steps) || !is_distinct(s)) {
		free(s);
		return refuse(why, EPERM, "the service has e-mails that can't be shown as files, and a save of the others would delete them");
	}
	*ret = s;
	return 0;
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

static bool has_id(const struct sequence *s, struct slice id)
{
	struct slice own;
	for (size_t i = 0; i < s->count; i++)
		if ((json_member(s->emails[i].json, "id", &own) && json_equal(own, id)) ||
			(json_member(s->emails[i].step_json, "id", &own) && json_equal(own, id)))
			return true;
	return false;
}

/* An id that the service does not have (any more) is that of a new thing. */
static void add_id(const struct sequence *s, struct slice object, struct buf *out, bool *first)
{
	struct slice id;
	bool is_new = object.len && json_member(object, "id", &id) && s->known && !has_id(s->known, id);
	add_raw(out, first, "id", is_new ? (struct slice){0} : object, "id", "null");
}

static void add_variant(const struct sequence *s, size_t i, struct buf *out)
{
	const struct email *e = &s->emails[i];
	struct slice share;
	struct slice id = e->id_from.len ? e->id_from : e->json;
	bool first = true, of_its_own = id.ptr != e->step_json.ptr;
	buf_add_char(out, '{');
	/* A flat step that gets a second variant has no variant id yet. */
	if (of_its_own && e->json.len)
		add_id(s, id, out, &first);
	add_texts(s, i, out, &first);
	json_key(out, &first, "variant_label");
	json_quote(slice_of(e->label), out);
	if (of_its_own && e->json.len && json_member(e->json, "variant_distribution_percentage", &share) &&
		json_kind(share) == JSON_NUMBER)
		add_raw(out, &first, "variant_distribution_percentage", e->json, "variant_distribution_percentage", "null");
	buf_add_char(out, '}');
}

/* A step that does not say its delay keeps the one it has. */
static int delay_of(const struct sequence *s, struct slice step)
{
	struct slice id, other, details;
	if (json_member(step, "seq_delay_details", &details) || !s->known || !json_member(step, "id", &id))
		return sequence_delay(step);
	for (size_t i = 0; i < s->known->count; i++)
		if (json_member(s->known->emails[i].step_json, "id", &other) && json_equal(other, id))
			return sequence_delay(s->known->emails[i].step_json);
	return 0;
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
	flat = flat && (s->emails[from].json.len == 0 || s->emails[from].json.ptr == s->emails[from].step_json.ptr) &&
		!s->emails[from].id_from.len;
	if (step.len)
		delay = delay_of(s, step);
	if (s->changed >= (ptrdiff_t)from && s->changed < (ptrdiff_t)to && s->text->delay_in_days >= 0)
		delay = s->text->delay_in_days;
	buf_add_char(out, '{');
	add_id(s, step, out, &first);
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

bool sequence_is_alone(const struct sequence *s, size_t i)
{
	return (i == 0 || s->emails[i - 1].step != s->emails[i].step) && (i + 1 == s->count || s->emails[i + 1].step != s->emails[i].step);
}

int sequence_by_place(const void *a, const void *b)
{
	const struct email *x = a, *y = b;
	return x->step != y->step ? (x->step < y->step ? -1 : 1) : strcmp(x->label, y->label);
}

int sequence_body(const struct sequence *s, struct buf *out, struct refusal *why)
{
	if (s->count == 0)
		return refuse(why, EPERM, "a sequence is never saved empty");
	buf_add_str(out, "{\"sequences\":[");
	for (size_t from = 0, to; from < s->count; from = to) {
		for (to = from + 1; to < s->count && s->emails[to].step == s->emails[from].step;)
			to++;
		buf_add_str(out, from ? "," : "");
		add_step(s, from, to, out);
	}
	buf_add_str(out, "]}");
	return buf_failed(out) ? refuse_memory(why) : 0;
}

/* Is what was saved there now? Ids and numbers of e-mails are compared; a service may tidy a body up. */
static int check_saved(const struct ids *at, const struct answers *now, struct slice sent, struct refusal *why)
{
	_cleanup_free_ struct sequence *there = sequence_read(sequence_steps(now), why);
	struct slice steps, id, variants, variant_id;
	size_t count = 0;
	(void)at;
	if (!there)
		return -ENOMEM;
	if (!json_member(sent, "sequences", &steps))
		return 0;
	for (struct json_walk s = json_walk(steps); json_next(&s);) {
		bool lost = json_member(s.value, "id", &id) && json_kind(id) == JSON_NUMBER && !has_id(there, id);
		size_t own = 0;
		for (struct json_walk v = json_walk(json_member(s.value, "variants", &variants) ? variants : (struct slice){0}); json_next(&v); own++)
			lost |= json_member(v.value, "id", &variant_id) && json_kind(variant_id) == JSON_NUMBER && !has_id(there, variant_id);
		count += own ? own : 1;
		if (lost)
			return refuse(why, EIO, "the service took the sequence, but does not show all of it now; what it had before is in .smartlead/history");
	}
	if (there->count < count)
		return refuse(why, EIO, "the service took the sequence of %zu e-mails, but shows %zu now; what it had before is in .smartlead/history",
			count, there->count);
	return 0;
}

int sequence_plan(const struct ids *at, struct slice body, struct plan *out, struct refusal *why)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	const char *args[] = {at->v[0], NULL};
	buf_printf(&key, "/%s", at->v[0]);
	if (buf_failed(&key))
		return refuse_memory(why);
	plan_add(out, EP_SEQUENCES_SAVE, args, body);
	/* New ids are the service's, and bodies may come back changed: they are read back. */
	plan_stale(out, SEQUENCES, buf_text(&key));
	plan_check(out, SEQUENCES, check_saved, body);
	return 0;
}

static int plan_sequence(const struct ids *at, const struct sequence *s, struct plan *out, struct refusal *why)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	int rc = sequence_body(s, &body, why);
	return rc < 0 ? rc : sequence_plan(at, buf_slice(&body), out, why);
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
	_cleanup_free_ struct sequence *s = NULL;
	int rc = sequence_base(base, &s, why);
	if (rc == 0)
		rc = frontmatter_parse(text, &parsed, why);
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
	_cleanup_free_ struct sequence *s = NULL;
	int rc = sequence_base(base, &s, why);
	if (rc < 0)
		return rc;
	int64_t last = s->count ? s->emails[s->count - 1].step : 0;
	if (added.step > last + 1)
		return refuse(why, EINVAL, "step %lld would leave a gap: the last one is %lld", (long long)added.step, (long long)last);
	if (s->count == EMAILS_MAX || find_email(s, added.step, added.label) >= 0)
		return refuse(why, EEXIST, "there is such an e-mail");
	rc = frontmatter_parse(text, &parsed, why);
	if (rc == 0) {
		s->emails[s->count++] = added;
		qsort(s->emails, s->count, sizeof s->emails[0], sequence_by_place);
		s->changed = find_email(s, added.step, added.label);
		s->text = &parsed;
		rc = plan_sequence(dir, s, out, why);
	}
	email_text_release(&parsed);
	return rc;
}

int sequence_drop(const struct ids *at, const struct answers *base, struct plan *out, struct refusal *why)
{
	_cleanup_free_ struct sequence *s = NULL;
	int rc = sequence_base(base, &s, why);
	if (rc < 0)
		return rc;
	ptrdiff_t i = find_email(s, strtoll(at->v[1], NULL, 10), at->v[2]);
	if (i < 0)
		return refuse(why, ENOENT, "the sequence has no such e-mail any more");
	if (s->count == 1)
		return refuse(why, EPERM, "it is the last e-mail of the sequence");
	if (sequence_is_alone(s, (size_t)i) && (size_t)i + 1 != s->count)
		return refuse(why, EINVAL, "step %s is in the middle: steps stay without a gap", at->v[1]);
	memmove(&s->emails[i], &s->emails[i + 1], (s->count - (size_t)i - 1) * sizeof s->emails[0]);
	s->count--;
	return plan_sequence(at, s, out, why);
}
