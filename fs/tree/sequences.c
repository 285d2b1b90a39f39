/* sequences.c - sequences/<step>-<variant>.html and sequences.json, views of one answer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/format/frontmatter.h"
#include "fs/format/json.h"
#include "fs/tree/fields.h"
#include "fs/tree/sequences.h"
#include "fs/tree/subjects.h"
#include "fs/tree/tree.h"

enum { VARIANTS_MAX = 26 };

bool sequence_variants(struct slice step, struct slice *ret_variants)
{
	static const char *const names[] = {"sequence_variants", "seq_variants", "variants"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (json_member(step, names[i], ret_variants) && json_kind(*ret_variants) == JSON_ARRAY)
			return true;
	return false;
}

bool sequence_is_deleted(struct slice variant)
{
	struct slice value;
	bool deleted;
	return json_member(variant, "is_deleted", &value) && json_bool(value, &deleted) && deleted;
}

static bool shows_some(const struct blob *body)
{
	struct slice list;
	struct json_walk w = {0};
	if (body && answer_list(blob_slice(body), &list))
		w = json_walk(list);
	return json_next(&w);
}

/* A sequence that suddenly shows none is asked for once more: a save on that ground would delete what is there. */
bool sequences_next(struct fetch *f)
{
	_cleanup_buf_ struct buf key = BUF_INIT;
	int64_t fresh_ms;
	if (f->step != 1 || shows_some(f->body))
		return f->step == 0;
	buf_printf(&key, "%s/%s", f->resource->name, f->ids[0]);
	struct answer *before = buf_failed(&key) ? NULL : cache_peek(tree_cache(f->tree), key.data, true, &fresh_ms);
	bool had_some = before && shows_some(before->body);
	answer_unref(before);
	return had_some;
}

/*
 * The label as the account has it, where it is one or two capitals that no e-mail before it in the step has (`used`
 * holds those); else the next free letter. False: more variants than letters.
 */
static bool choose_label(struct slice variant, struct buf *used, char label[LABEL_MAX])
{
	_cleanup_buf_ struct buf text = BUF_INIT, key = BUF_INIT;
	struct slice value;
	if (json_member(variant, "variant_label", &value))
		json_text(value, &text);
	bool plain = text.len >= 1 && text.len <= 2 && strspn(buf_text(&text), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == text.len;
	for (int letter = -1; letter < VARIANTS_MAX; letter++) {
		if (letter < 0 && !plain)
			continue;
		if (letter < 0)
			snprintf(label, LABEL_MAX, "%s", text.data);
		else
			snprintf(label, LABEL_MAX, "%c", 'A' + letter);
		buf_clear(&key);
		buf_printf(&key, "|%s|", label);
		if (!used->len || !strstr(used->data, buf_text(&key))) {
			buf_add_str(used, buf_text(&key));
			return true;
		}
	}
	return false;
}

static bool each_variant(struct slice step, int64_t number, email_fn *use, void *arg)
{
	_cleanup_buf_ struct buf used = BUF_INIT;
	struct slice variants;
	size_t shown = 0;
	if (sequence_variants(step, &variants))
		for (struct json_walk w = json_walk(variants); json_next(&w);) {
			struct email e = {.step = number, .step_json = step, .json = w.value};
			if (sequence_is_deleted(w.value) || !choose_label(w.value, &used, e.label))
				continue;
			shown++;
			if (!use(arg, &e))
				return false;
		}
	if (shown)
		return true;
	struct email e = {.step = number, .label = "A", .step_json = step, .json = step};
	return use(arg, &e);
}

struct slice sequence_steps(const struct answers *from)
{
	struct slice list = {0};
	if (from->v[0])
		answer_list(blob_slice(from->v[0]->body), &list);
	return list;
}

void sequence_each(struct slice steps, email_fn *use, void *arg)
{
	struct slice value;
	int64_t number;
	for (struct json_walk w = json_walk(steps); json_next(&w);)
		if (json_member(w.value, "seq_number", &value) && json_int(value, &number) && number > 0 &&
			!each_variant(w.value, number, use, arg))
			return;
}

static int64_t email_time(const struct email *e)
{
	int64_t ms = member_time(e->json, "updated_at");
	return ms ? ms : member_time(e->step_json, "updated_at");
}

static bool list_one(void *arg, const struct email *e)
{
	char name[48];
	struct id_text step = id_text(e->step);
	snprintf(name, sizeof name, "%s-%s.html", step.text, e->label);
	names_add(arg, name, step.text, e->label, email_time(e));
	return true;
}

int sequences_list(const struct ids *dir, const struct answers *from, const char *want, struct names *out,
	struct refusal *why)
{
	(void)dir, (void)want, (void)why;
	sequence_each(sequence_steps(from), list_one, out);
	return 0;
}

struct search {
	const struct ids *at;
	struct email found;
	bool hit;
};

static bool search_one(void *arg, const struct email *e)
{
	struct search *s = arg;
	if (strcmp(id_text(e->step).text, s->at->v[1]) != 0 || strcmp(e->label, s->at->v[2]) != 0)
		return true;
	s->found = *e;
	s->hit = true;
	return false;
}

int sequence_delay(struct slice step)
{
	_cleanup_buf_ struct buf scratch = BUF_INIT;
	struct slice value;
	int64_t days;
	if (field_find(step, "seq_delay_details.delay_in_days|seq_delay_details.delayInDays", &scratch, &value) &&
		json_int(value, &days) && days >= 0 && days <= INT32_MAX)
		return (int)days;
	return 0;
}

int sequence_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	struct search s = {.at = at};
	_cleanup_buf_ struct buf subject = BUF_INIT, body = BUF_INIT;
	struct slice value;
	sequence_each(sequence_steps(from), search_one, &s);
	if (!s.hit)
		return refuse(why, ENOENT, "the sequence has no e-mail %s-%s any more", at->v[1], at->v[2]);
	if (json_member(s.found.json, "subject", &value))
		json_text(value, &subject);
	if (json_member(s.found.json, "email_body", &value))
		json_text(value, &body);
	frontmatter_print(buf_slice(&subject), sequence_delay(s.found.step_json), buf_slice(&body), &out->text);
	out->text.failed |= subject.failed | body.failed;
	out->mtime_ms = email_time(&s.found);
	return 0;
}

int sequences_json_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	struct slice list;
	(void)at;
	if (!answer_list(blob_slice(from->v[0]->body), &list))
		return refuse(why, EIO, "the API answered with something that is no sequence");
	json_pretty(list, &out->text);
	buf_add_char(&out->text, '\n');
	return 0;
}
