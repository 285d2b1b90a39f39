/*
 * sequences_json_save.c - a save of sequences.json: every step and variant is checked against what the service has,
 * then the whole is sent as a save in sequences/ is.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/tree/fields.h"
#include "fs/tree/sequences_save.h"
#include "fs/tree/subjects.h"

/* What may be written; the rest that the service shows is its own. */
static const struct field step_fields[] = {
	{"id", NULL, FIELD_INT, .writable = true, .nullable = true},
	{"seq_number", NULL, FIELD_INT, .min = 1, .max = 100, .writable = true},
	{"subject", NULL, FIELD_STRING, .writable = true, .nullable = true},
	{"email_body", NULL, FIELD_STRING, .writable = true, .nullable = true},
	{"variant_distribution_type", NULL, FIELD_WORD, .writable = true, .nullable = true},
	{"seq_delay_details", NULL, FIELD_ANY, .writable = true},
	{"sequence_variants", NULL, FIELD_ANY, .writable = true, .nullable = true},
	{"seq_variants", NULL, FIELD_ANY, .writable = true, .nullable = true},
	{"variants", NULL, FIELD_ANY, .writable = true, .nullable = true},
};
static const struct field variant_fields[] = {
	{"id", NULL, FIELD_INT, .writable = true, .nullable = true},
	{"subject", NULL, FIELD_STRING, .writable = true, .nullable = true},
	{"email_body", NULL, FIELD_STRING, .writable = true, .nullable = true},
	{"variant_label", NULL, FIELD_WORD, .writable = true, .nullable = true},
	{"variant_distribution_percentage", NULL, FIELD_INT, .max = 100, .writable = true, .nullable = true},
};

/* The service's own notes differ between versions of one e-mail; a copy of an older one is put back with them. */
static bool is_note(struct slice key)
{
	static const char *const notes[] = {"created_at", "updated_at", "email_campaign_id", "email_campaign_seq_id"};
	for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
		if (json_is(key, notes[i]))
			return true;
	return false;
}

/* The object without those notes. */
static void without_notes(struct slice object, struct buf *out)
{
	bool first = true, deleted;
	buf_add_char(out, '{');
	for (struct json_walk w = json_walk(object); json_next(&w);) {
		if (is_note(w.key) || (json_is(w.key, "is_deleted") && json_bool(w.value, &deleted) && !deleted))
			continue;
		json_pair(out, &first, w.key, w.value);
	}
	buf_add_char(out, '}');
}

/* The member of a list that has the same id as `object`; empty: none, it is new. */
static struct slice counterpart(struct slice list, struct slice object)
{
	struct slice id, other;
	if (!json_member(object, "id", &id) || json_kind(id) == JSON_NULL)
		return (struct slice){0};
	for (struct json_walk w = json_walk(list); json_next(&w);)
		if (json_member(w.value, "id", &other) && json_equal(other, id))
			return w.value;
	return (struct slice){0};
}

static int check_object(const struct field *fields, size_t count, struct slice base, struct slice object, struct refusal *why)
{
	_cleanup_buf_ struct buf changed = BUF_INIT, text = BUF_INIT;
	without_notes(object, &text);
	if (buf_failed(&text))
		return refuse_memory(why);
	return fields_check(fields, count, base.len ? base : SLICE_LITERAL("{}"), buf_slice(&text), &changed, why);
}

static int check_delay(struct slice step, struct refusal *why)
{
	static const struct field days[] = {
		{"delay_in_days", NULL, FIELD_INT, .max = 10000, .writable = true},
		{"delayInDays", NULL, FIELD_INT, .max = 10000, .writable = true},
	};
	struct slice details;
	if (!json_member(step, "seq_delay_details", &details))
		return 0;
	if (json_kind(details) != JSON_OBJECT)
		return refuse(why, EINVAL, "\"seq_delay_details\" must be an object: { \"delay_in_days\": … }");
	return check_object(days, sizeof days / sizeof *days, (struct slice){0}, details, why);
}

static bool same_member(struct slice a, struct slice b, const char *name)
{
	struct slice x, y;
	bool in_a = json_member(a, name, &x), in_b = json_member(b, name, &y);
	return in_a && in_b ? json_equal(x, y) : in_a == in_b;
}

/* What is no list would not be seen as variants. */
static int check_lists(struct slice step, struct refusal *why)
{
	static const char *const names[] = {"sequence_variants", "seq_variants", "variants"};
	struct slice value;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (json_member(step, names[i], &value) && json_kind(value) != JSON_ARRAY && json_kind(value) != JSON_NULL)
			return refuse(why, EINVAL, "\"%s\" must be a list: [ … ]", names[i]);
	return 0;
}

static int check_variants(struct slice base, struct slice step, struct refusal *why)
{
	struct slice list, base_list = {0};
	bool has_own = sequence_variants(step, &list);
	struct json_walk first = json_walk(has_own ? list : (struct slice){0});
	if (!json_next(&first))
		return 0;
	bool had_some = base.len && sequence_variants(base, &base_list);
	/* What nobody would ever see must not seem saved. */
	if (had_some && (!same_member(base, step, "subject") || !same_member(base, step, "email_body")))
		return refuse(why, EINVAL, "the step has variants: its subject and email_body are theirs");
	for (struct json_walk w = json_walk(list); json_next(&w);) {
		int rc = json_kind(w.value) != JSON_OBJECT ? refuse(why, EINVAL, "a variant must be an object: { … }") :
			check_object(variant_fields, sizeof variant_fields / sizeof *variant_fields, counterpart(base_list, w.value), w.value, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int check_steps(struct slice base, struct slice steps, struct refusal *why)
{
	int number = 1;
	for (struct json_walk w = json_walk(steps); json_next(&w); number++) {
		struct slice own = counterpart(base, w.value), value;
		int rc = 0;
		if (json_kind(w.value) != JSON_OBJECT || !json_member(w.value, "seq_number", &value))
			rc = refuse(why, EINVAL, "a step must be an object with a \"seq_number\"");
		if (rc == 0)
			rc = check_object(step_fields, sizeof step_fields / sizeof *step_fields, own, w.value, why);
		if (rc == 0)
			rc = check_delay(w.value, why);
		if (rc == 0)
			rc = check_lists(w.value, why);
		if (rc == 0)
			rc = check_variants(own, w.value, why);
		if (rc < 0) {
			refusal_prefix(why, "entry %d: ", number);
			return rc;
		}
	}
	return 0;
}

/* Steps 1, 2, 3…; a step is one object, and its variants have labels of their own. */
static int check_order(const struct sequence *s, struct refusal *why)
{
	struct slice label;
	for (size_t i = 0; i < s->count; i++) {
		const struct email *e = &s->emails[i], *before = i ? e - 1 : NULL;
		int64_t last = before ? before->step : 0;
		if (e->step > last + 1)
			return refuse(why, EINVAL, "step %lld is missing: steps are numbered 1, 2, 3…", (long long)last + 1);
		if (before && e->step == last && e->step_json.ptr != before->step_json.ptr)
			return refuse(why, EINVAL, "two steps have the number %lld", (long long)last);
		if (e->json.ptr != e->step_json.ptr && json_member(e->json, "variant_label", &label) &&
			json_kind(label) == JSON_STRING && !json_is(label, e->label))
			return refuse(why, EINVAL, "in step %lld a variant_label is no capital letter, or stands twice", (long long)e->step);
	}
	return 0;
}

/* An e-mail that was left without its text would be sent without it. */
static int check_texts(const struct sequence *s, struct refusal *why)
{
	static const char *const names[] = {"subject", "email_body"};
	struct slice value;
	for (size_t i = 0; i < 2 * s->count; i++) {
		const struct email *e = &s->emails[i / 2];
		if (!json_member(e->json, names[i % 2], &value))
			return refuse(why, EINVAL, "the e-mail %lld-%s has no \"%s\"", (long long)e->step, e->label, names[i % 2]);
	}
	return 0;
}

static struct slice id_holder(const struct email *e)
{
	return e->id_from.len ? e->id_from : e->json;
}

static bool has_member_id(const struct sequence *s, struct slice object, bool of_steps)
{
	struct slice id, other;
	if (!json_member(object, "id", &id) || json_kind(id) != JSON_NUMBER)
		return true;
	for (size_t i = 0; i < s->count; i++)
		if (json_member(of_steps ? s->emails[i].step_json : id_holder(&s->emails[i]), "id", &other) && json_equal(other, id))
			return true;
	return false;
}

static bool is_flat(const struct email *e)
{
	return e->json.ptr == e->step_json.ptr;
}

/* A step without variants that has one on the service by now (some services give every step one): the text is that variant's. */
static void adopt_variants(struct sequence *s, const struct sequence *base)
{
	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < base->count && is_flat(&s->emails[i]); k++)
			if (!is_flat(&base->emails[k]) && sequence_is_alone(base, k) && same_member(s->emails[i].step_json, base->emails[k].step_json, "id"))
				s->emails[i].id_from = base->emails[k].json;
}

/* Removing is rm's: a list that came out too short must not delete e-mails and their statistics. */
static int check_none_missing(const struct sequence *base, const struct sequence *s, struct refusal *why)
{
	for (size_t i = 0; i < base->count; i++) {
		const struct email *e = &base->emails[i];
		if (!has_member_id(s, e->step_json, true) || (!is_flat(e) && !has_member_id(s, e->json, false)))
			return refuse(why, EPERM, "the e-mail %lld-%s is missing; to remove it: rm sequences/%lld-%s.html",
				(long long)e->step, e->label, (long long)e->step, e->label);
	}
	return 0;
}

int sequences_json_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out,
	struct refusal *why)
{
	_cleanup_buf_ struct buf body = BUF_INIT, now = BUF_INIT;
	struct slice steps, base_steps = sequence_steps(base);
	int rc = json_check(text, why);
	if (rc < 0)
		return rc;
	if (!answer_list(text, &steps))
		return refuse(why, EINVAL, "the document must be a list of steps: [ … ]");
	rc = check_steps(base_steps, steps, why);
	if (rc < 0)
		return rc;
	_cleanup_free_ struct sequence *there = NULL, *s = NULL;
	rc = sequence_base(base, &there, why);
	if (rc < 0)
		return rc;
	s = sequence_read(steps, why);
	if (!s)
		return -ENOMEM;
	if (!sequence_is_whole(s, steps))
		return refuse(why, EINVAL, "there are more variants than letters, or more than %d e-mails", EMAILS_MAX);
	qsort(s->emails, s->count, sizeof s->emails[0], sequence_by_place);
	s->known = there;
	adopt_variants(s, there);
	rc = check_order(s, why);
	if (rc == 0)
		rc = check_texts(s, why);
	if (rc == 0)
		rc = check_none_missing(there, s, why);
	if (rc == 0)
		rc = sequence_body(s, &body, why);
	if (rc == 0 && there->count)
		rc = sequence_body(there, &now, why);
	return rc < 0 || json_equal(buf_slice(&body), buf_slice(&now)) ? rc : sequence_plan(at, buf_slice(&body), out, why);
}
