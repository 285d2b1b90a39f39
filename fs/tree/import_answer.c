#include "fs/tree/import_answer.h"

#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/tree/address_set.h"

const char *const import_fate_names[FATES] = {"accepted", "confirmed", "already_in_campaign", "duplicates", "invalid", "blocked",
	"unsubscribed", "bounced", "over_limit", "refused", "unaccounted"};

/* Members of the answer; any may be missing. */
static const struct {
	enum import_fate fate;
	const char *name, *reason;
} counters[] = {
	{FATE_ACCEPTED, "total_leads", NULL},
	{FATE_ACCEPTED, "added_count", NULL},
	{FATE_ALREADY, "already_added_to_campaign", NULL},
	{FATE_DUPLICATE, "duplicate_count", "in another campaign"},
	{FATE_INVALID, "invalid_email_count", "invalid"},
	{FATE_BLOCKED, "block_count", "on the block list"},
	{FATE_UNSUBSCRIBED, "unsubscribed_leads", "unsubscribed"},
	{FATE_BOUNCED, "bounce_count", "bounced before"},
	{FATE_OVER_LIMIT, "lead_import_stopped_count", "the lead credits are used up"},
};
enum { COUNTERS = sizeof counters / sizeof *counters };

void import_verdict_release(struct import_verdict *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->rejects[i].reason);
	free(v->rejects);
	*v = (struct import_verdict){0};
}

static bool add_reject(struct import_verdict *v, struct slice lead, const char *reason)
{
	if (v->count == v->cap) {
		size_t cap = v->cap ? 2 * v->cap : 16;
		struct import_reject *grown = reallocarray(v->rejects, cap, sizeof *grown);
		if (!grown)
			return false;
		v->rejects = grown;
		v->cap = cap;
	}
	v->rejects[v->count].lead = lead;
	v->rejects[v->count].reason = strdup(reason);
	return v->rejects[v->count].reason && ++v->count;
}

static int64_t count_of(struct slice answer, const char *name, bool *ret_there)
{
	struct slice value;
	int64_t n = 0;
	if (!json_member(answer, name, &value))
		return 0;
	if (json_kind(value) == JSON_ARRAY)
		for (struct json_walk w = json_walk(value); json_next(&w);)
			n++;
	else if (!json_int(value, &n))
		return 0;
	*ret_there = true;
	return n > 0 ? n : 0;
}

bool import_is_over_limit(struct slice answer)
{
	struct slice value;
	bool said = false;
	return json_check(answer, NULL) == 0 && json_member(answer, "is_lead_limit_exhausted", &value) &&
		json_bool(value, &said) && said;
}

static int64_t rows_of(struct slice sent, struct slice *ret_list)
{
	int64_t n = 0;
	if (!json_member(sent, "lead_list", ret_list))
		return 0;
	for (struct json_walk w = json_walk(*ret_list); json_next(&w);)
		n++;
	return n;
}

/* The counts of the answer, made to add up to `rows`: what it left out is said to be so, what it counted twice is not accepted. */
static void count(struct slice answer, int64_t rows, bool again, struct import_verdict *out)
{
	bool accepted_known = false;
	int64_t sum = 0;
	for (size_t i = 0; i < COUNTERS; i++) {
		bool there = false;
		int64_t n = count_of(answer, counters[i].name, &there);
		if (there && out->fates[counters[i].fate] == 0)
			out->fates[counters[i].fate] = n;
		accepted_known |= there && counters[i].fate == FATE_ACCEPTED;
	}
	for (int f = 0; f < FATES; f++) {
		int64_t left = rows - sum;
		if (f != FATE_ACCEPTED && out->fates[f] > left)
			out->fates[f] = left;
		sum += f == FATE_ACCEPTED ? 0 : out->fates[f];
	}
	if (!accepted_known && !out->over_limit)
		out->fates[FATE_ACCEPTED] = rows - sum;
	if (out->fates[FATE_ACCEPTED] > rows - sum)
		out->fates[FATE_ACCEPTED] = rows - sum;
	sum += out->fates[FATE_ACCEPTED];
	out->fates[out->over_limit ? FATE_OVER_LIMIT : FATE_UNACCOUNTED] += rows - sum;
	if (again) {
		out->fates[FATE_CONFIRMED] = out->fates[FATE_ALREADY];
		out->fates[FATE_ALREADY] = 0;
	}
}

static bool add_keys(struct slice object, struct address_set *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	bool is_new;
	for (struct json_walk w = json_walk(object); json_next(&w);) {
		buf_clear(&text);
		json_text(w.key.len ? w.key : w.value, &text);
		if (buf_failed(&text) || address_set_add(out, buf_slice(&text), &is_new) < 0)
			return false;
	}
	return true;
}

/* The addresses that were taken, or are elsewhere. False with *ret_known: out of memory. */
static bool read_maps(struct slice answer, struct address_set *out, bool *ret_known)
{
	static const char *const maps[] = {"newlyAddedLeads", "existingLeads", "existingLeadsInOtherCampaigns"};
	struct slice all, map;
	*ret_known = json_member(answer, "emailToLeadIdMap", &all) && json_kind(all) == JSON_OBJECT;
	for (size_t i = 0; *ret_known && i < sizeof maps / sizeof *maps; i++)
		if (json_member(all, maps[i], &map) && json_kind(map) == JSON_OBJECT && !add_keys(map, out))
			return false;
	return true;
}

/* Why rows that no map holds were left out: one reason, or all that may be. */
static void reason_of_rest(const struct import_verdict *v, struct buf *out)
{
	for (size_t i = 0; i < COUNTERS; i++)
		if (counters[i].reason && counters[i].fate != FATE_INVALID && v->fates[counters[i].fate])
			buf_printf(out, "%s%s", out->len ? ", or " : "", counters[i].reason);
	if (v->fates[FATE_UNACCOUNTED] || out->len == 0)
		buf_printf(out, "%sleft out by the service without a reason", out->len ? ", or " : "");
}

static int name_rejects(struct slice leads, struct slice answer, struct import_verdict *v, struct refusal *why)
{
	struct address_set invalid = {.text = BUF_INIT}, taken = {.text = BUF_INIT};
	_cleanup_buf_ struct buf email = BUF_INIT, rest = BUF_INIT;
	struct slice list, value;
	bool known = false, good = true;
	if (json_member(answer, "invalid_emails", &list) && json_kind(list) == JSON_ARRAY)
		good = add_keys(list, &invalid);
	good = good && read_maps(answer, &taken, &known);
	reason_of_rest(v, &rest);
	for (struct json_walk w = json_walk(leads); good && json_next(&w);) {
		buf_clear(&email);
		if (json_member(w.value, "email", &value))
			json_text(value, &email);
		if (address_set_find(&invalid, buf_slice(&email)) >= 0)
			good = add_reject(v, w.value, "the service says that the address is invalid");
		else if (known && address_set_find(&taken, buf_slice(&email)) < 0)
			good = add_reject(v, w.value, buf_text(&rest));
	}
	address_set_release(&invalid);
	address_set_release(&taken);
	return good && !buf_failed(&rest) ? 0 : refuse_memory(why);
}

int import_judge(struct slice sent, struct slice answer, bool again, struct import_verdict *out, struct refusal *why)
{
	struct slice leads;
	*out = (struct import_verdict){0};
	if (json_check(answer, NULL) < 0 || json_kind(answer) != JSON_OBJECT)
		answer = SLICE_LITERAL("{}");
	out->over_limit = import_is_over_limit(answer);
	int64_t rows = rows_of(sent, &leads);
	count(answer, rows, again, out);
	int64_t good = out->fates[FATE_ACCEPTED] + out->fates[FATE_CONFIRMED] + out->fates[FATE_ALREADY];
	return good < rows ? name_rejects(leads, answer, out, why) : 0;
}

int import_judge_refused(struct slice sent, const char *words, struct import_verdict *out, struct refusal *why)
{
	struct slice leads;
	*out = (struct import_verdict){0};
	out->fates[FATE_REFUSED] = rows_of(sent, &leads);
	for (struct json_walk w = json_walk(leads); json_next(&w);)
		if (!add_reject(out, w.value, words))
			return refuse_memory(why);
	return 0;
}
