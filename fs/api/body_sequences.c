/*
 * body_sequences.c - the body that saves a sequence (api-facts.md 2.8), the one that differs most.
 *
 * live:      {"sequences":[…]}; variants are called seq_variants; a step with one variant that has no id is sent flat;
 *            id is always there, null for a new step; the distribution only with two variants or more
 * reference: a bare array; every step has variants, a flat one becomes variant A; MANUALLY_EQUAL is always there
 */
#include "fs/api/body.h"

#include <errno.h>

#include "fs/api/member.h"
#include "fs/format/json.h"

/* Both spellings of the delay. */
static const struct member delay_list[] = {{.name = "delayInDays", .as = "delay_in_days"}, {.name = NULL}};

struct step {
	struct slice object;
	struct slice delay;
	struct slice variants; /* empty: none */
	int variant_count;
	bool first_has_id;
};

static bool has_value(struct slice object, const char *name, struct slice *ret_value)
{
	return json_member(object, name, ret_value) && json_kind(*ret_value) != JSON_NULL;
}

static int read_step(struct slice object, struct step *ret_step, struct refusal *why)
{
	struct step step = {.object = object, .delay = SLICE_LITERAL("{\"delay_in_days\":0}")};
	struct slice value;
	if (json_kind(object) != JSON_OBJECT)
		return refuse(why, EINVAL, "a step must be a JSON object");
	if (has_value(object, "seq_delay_details", &value))
		step.delay = value;
	if (has_value(object, "variants", &value)) {
		if (json_kind(value) != JSON_ARRAY)
			return refuse(why, EINVAL, "variants must be an array");
		step.variants = value;
		for (struct json_walk w = json_walk(value); json_next(&w); step.variant_count++)
			if (step.variant_count == 0)
				step.first_has_id = has_value(w.value, "id", &object);
	}
	*ret_step = step;
	return 0;
}

static void add_delay(const struct step *step, struct buf *out, bool *first)
{
	json_key(out, first, "seq_delay_details");
	object_copy(step->delay, delay_list, OTHERS_STAY, out);
}

static void add_variants(const struct step *step, struct buf *out)
{
	static const struct member list[] = {{.name = "id", .what = DROP_NULL}, {.name = NULL}};
	const char *comma = "";
	buf_add_char(out, '[');
	for (struct json_walk w = json_walk(step->variants); json_next(&w); comma = ",") {
		buf_add_str(out, comma);
		object_copy(w.value, list, OTHERS_STAY, out);
	}
	buf_add_char(out, ']');
}

/* Live. */

static const struct word live_distribution[] = {{"MANUALLY_EQUAL", "MANUAL_EQUAL"}, {NULL, NULL}};

static void add_distribution(const struct step *step, const struct word *words, const char *usual, struct buf *out,
	bool *first)
{
	struct slice given;
	json_key(out, first, "variant_distribution_type");
	if (has_value(step->object, "variant_distribution_type", &given))
		word_copy(given, words, out);
	else
		json_quote(slice_of(usual), out);
}

static void live_flat(const struct step *step, struct buf *out, bool *first)
{
	static const struct member only_text[] = {{.name = "subject"}, {.name = "email_body"}, {.name = NULL}};
	struct slice from = step->object;
	if (step->variant_count == 1) {
		struct json_walk w = json_walk(step->variants);
		json_next(&w);
		from = w.value;
	}
	members_copy(from, only_text, OTHERS_GO, out, first);
}

static void live_step(const struct step *step, struct buf *out)
{
	static const struct member rest[] = {
		{.name = "id", .what = DROP}, {.name = "seq_delay_details", .what = DROP},
		{.name = "subject", .what = DROP}, {.name = "email_body", .what = DROP},
		{.name = "variants", .what = DROP}, {.name = "variant_distribution_type", .what = DROP},
		{.name = NULL},
	};
	bool first = true;
	struct slice id = SLICE_LITERAL("null");
	json_member(step->object, "id", &id);
	buf_add_char(out, '{');
	json_key(out, &first, "id");
	buf_add_slice(out, id);
	members_copy(step->object, rest, OTHERS_STAY_UNLESS_NULL, out, &first);
	add_delay(step, out, &first);
	if (step->variant_count >= 2)
		add_distribution(step, live_distribution, "MANUAL_EQUAL", out, &first);
	if (step->variant_count >= 2 || step->first_has_id) {
		json_key(out, &first, "seq_variants");
		add_variants(step, out);
	} else {
		live_flat(step, out, &first);
	}
	buf_add_char(out, '}');
}

/* Reference. */

static const struct word reference_distribution[] = {{"MANUAL_EQUAL", "MANUALLY_EQUAL"}, {NULL, NULL}};

static void reference_step(const struct step *step, struct buf *out)
{
	static const struct member rest[] = {
		{.name = "id", .what = DROP_NULL}, {.name = "seq_delay_details", .what = DROP},
		{.name = "subject", .what = DROP}, {.name = "email_body", .what = DROP},
		{.name = "variants", .what = DROP}, {.name = "variant_distribution_type", .what = DROP},
		{.name = NULL},
	};
	static const struct member only_text[] = {{.name = "subject"}, {.name = "email_body"}, {.name = NULL}};
	bool first = true;
	buf_add_char(out, '{');
	members_copy(step->object, rest, OTHERS_STAY_UNLESS_NULL, out, &first);
	add_delay(step, out, &first);
	add_distribution(step, reference_distribution, "MANUALLY_EQUAL", out, &first);
	json_key(out, &first, "variants");
	if (step->variant_count > 0) {
		add_variants(step, out);
	} else {
		bool inner = true;
		buf_add_str(out, "[{");
		members_copy(step->object, only_text, OTHERS_GO, out, &inner);
		json_key(out, &inner, "variant_label");
		buf_add_str(out, "\"A\"}]");
	}
	buf_add_char(out, '}');
}

static int add_steps(struct slice contract, void (*add)(const struct step *step, struct buf *out), struct buf *out,
	struct refusal *why)
{
	struct slice steps;
	if (!json_member(contract, "sequences", &steps) || json_kind(steps) != JSON_ARRAY)
		return refuse(why, EINVAL, "sequences must be an array");
	const char *comma = "";
	buf_add_char(out, '[');
	for (struct json_walk w = json_walk(steps); json_next(&w); comma = ",") {
		struct step step;
		int rc = read_step(w.value, &step, why);
		if (rc < 0)
			return rc;
		buf_add_str(out, comma);
		add(&step, out);
	}
	/* An empty list would remove every step and its statistics. */
	if (*comma == '\0')
		return refuse(why, EINVAL, "a sequence without steps is never sent");
	buf_add_char(out, ']');
	return 0;
}

int body_sequences_live(struct slice contract, struct buf *out, struct refusal *why)
{
	buf_add_str(out, "{\"sequences\":");
	int rc = add_steps(contract, live_step, out, why);
	buf_add_char(out, '}');
	return rc < 0 ? rc : buf_failed(out) ? refuse_memory(why) : 0;
}

int body_sequences_reference(struct slice contract, struct buf *out, struct refusal *why)
{
	int rc = add_steps(contract, reference_step, out, why);
	return rc < 0 ? rc : buf_failed(out) ? refuse_memory(why) : 0;
}
