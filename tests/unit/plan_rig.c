#include "tests/unit/plan_rig.h"

#include "fs/tree/leads.h"
#include "tests/unit/check.h"

struct answer *rig_leads(const char *csv)
{
	struct fetch f = {.resource = resource(LEADS)};
	struct reply reply = {0};
	struct refusal why = {0};
	assert_true(leads_next(&f));
	assert_int_equal(f.request.sink->take(f.request.sink->arg, csv, strlen(csv), &why), 0);
	assert_int_equal(f.request.sink->end(f.request.sink->arg, &why), 0);
	assert_int_equal(leads_take(&f, &reply, &why), 0);
	struct answer *a = leads_finish(&f, &why);
	leads_state_free(f.state);
	assert_non_null(a);
	return a;
}

static struct answers make_base(const struct rig_base *base)
{
	struct answers from = {{NULL}};
	for (int i = 0; i < NEEDS_MAX && base->bodies[i]; i++)
		if (*base->bodies[i])
			from.v[i] = base->of[i] == LEADS ? rig_leads(base->bodies[i]) : rig_answer(base->of[i], base->bodies[i]);
	return from;
}

static void show(int rc, const struct plan *plan, const struct refusal *why, struct buf *out)
{
	if (rc < 0)
		buf_printf(out, "refused: %s %s\n", strerrorname_np(-rc), why->text);
	else
		plan_print(plan, out);
	assert_false(plan->failed);
	if (rc < 0)
		check_int("the refusal's errno", why->err, -rc);
}

void rig_commit(commit_fn *commit, const struct ids *at, const struct rig_base *base, const char *text, struct buf *out)
{
	struct plan plan = PLAN_INIT;
	struct refusal why = {0};
	struct answers from = make_base(base);
	show(commit(at, &from, slice_of(text), &plan, &why), &plan, &why, out);
	answers_release(&from);
	plan_release(&plan);
}

void rig_add(add_fn *add, const struct ids *dir, const struct rig_base *base, const char *name, const char *text, struct buf *out)
{
	struct plan plan = PLAN_INIT;
	struct refusal why = {0};
	struct answers from = make_base(base);
	show(add(dir, &from, name, slice_of(text), &plan, &why), &plan, &why, out);
	answers_release(&from);
	plan_release(&plan);
}

void rig_drop(drop_fn *drop, const struct ids *at, const struct rig_base *base, struct buf *out)
{
	struct plan plan = PLAN_INIT;
	struct refusal why = {0};
	struct answers from = make_base(base);
	show(drop(at, &from, &plan, &why), &plan, &why, out);
	answers_release(&from);
	plan_release(&plan);
}
