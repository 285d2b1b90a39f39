/* The tables: what they must hold whatever is added to them. */
#include "fs/format/json.h"
#include "fs/tree/subjects.h"
#include "fs/tree/walk.h"
#include "tests/unit/check.h"
#include "tests/unit/tree_rig.h"

/* The headings of the API document, smartlead-api-reference.txt. */
static const char *const sections[] = {
	"GET /campaigns/",
	"GET /campaigns/{campaign_id}",
	"POST /campaigns/create",
	"PATCH /campaigns/{campaign_id}/status",
	"POST /campaigns/{campaign_id}/schedule",
	"POST /campaigns/{campaign_id}/settings",
	"GET /campaigns/{campaign_id}/sequences",
	"POST /campaigns/{campaign_id}/sequences",
	"DELETE /campaigns/{campaign_id}",
	"GET /campaigns/{campaign_id}/email-accounts",
	"POST /campaigns/{campaign_id}/email-accounts",
	"DELETE /campaigns/{campaign_id}/email-accounts",
	"GET /leads/{lead_id}/campaigns",
	"GET /email-accounts/",
	"POST /email-accounts/save",
	"POST /email-accounts/{email_account_id}",
	"GET /email-accounts/{email_account_id}/",
	"POST /email-accounts/{email_account_id}/warmup",
	"GET /email-accounts/{email_account_id}/warmup-stats",
	"GET /campaigns/{campaign_id}/leads",
	"GET /leads/",
	"GET /leads/fetch-categories",
	"POST /campaigns/{campaign_id}/leads",
	"POST /campaigns/{campaign_id}/leads/{lead_id}",
	"POST /campaigns/{campaign_id}/leads/{lead_id}/pause",
	"POST /campaigns/{campaign_id}/leads/{lead_id}/resume",
	"DELETE /campaigns/{campaign_id}/leads/{lead_id}",
	"POST /campaigns/{campaign_id}/leads/{lead_id}/unsubscribe",
	"POST /leads/{lead_id}/unsubscribe",
	"POST /leads/add-domain-block-list",
	"GET /campaigns/{campaign_id}/leads/{lead_id}/message-history",
	"POST /campaigns/{campaign_id}/reply-email-thread",
	"GET /campaigns/{campaign_id}/leads-export",
	"GET /campaigns/{campaign_id}/statistics",
	"GET /campaigns/{campaign_id}/analytics-by-date",
	"GET /campaigns/{campaign_id}/analytics",
	"GET /analytics/overview",
	"POST /webhooks",
	"GET /webhooks",
	"PATCH /webhooks/{webhook_id}",
	"DELETE /webhooks/{webhook_id}",
};

/* Parents, siblings, helps and functions: walk_create() checks them. */
static void paths(void **state)
{
	size_t count;
	const struct route *rows = routes(&count);
	struct refusal why = {0};
	struct walk *w = walk_create(rows, count, &why);
	(void)state;
	if (!w)
		fail_msg("%s", why.text);
	walk_destroy(w);
}

static void needs(void **state)
{
	size_t count;
	const struct route *rows = routes(&count);
	(void)state;
	for (size_t i = 0; i < count; i++) {
		bool ended = false;
		for (int n = 0; n < NEEDS_MAX; n++) {
			ended |= rows[i].needs[n] == NOTHING;
			if (rows[i].needs[n] == NOTHING)
				continue;
			if (ended)
				fail_msg("%s: a need behind NOTHING", rows[i].path);
			const struct resource *r = resource(rows[i].needs[n]);
			if (!r->name || r->endpoint == EP_NONE)
				fail_msg("%s: need %d is not in resources.c", rows[i].path, n);
		}
	}
}

/* Who changes something names what is sent; what is read is fetched by a resource, never sent. */
static void sends(void **state)
{
	size_t count;
	const struct route *rows = routes(&count);
	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct route *r = &rows[i];
		if ((r->commit || r->add || r->drop || r->rename) && r->sends[0].endpoint == EP_NONE &&
			strcmp(r->path, "campaigns/<campaign>/import-settings.json") != 0)
			fail_msg("%s can be changed, but .sends names no call", r->path);
		for (int n = 0; n < SENDS_MAX && r->sends[n].endpoint != EP_NONE; n++) {
			const struct endpoint *e = endpoint(r->sends[n].endpoint);
			if (!r->sends[n].action || !*r->sends[n].action)
				fail_msg("%s: which action sends %s?", r->path, e->name);
			if (route_sending(r, e->id) != &r->sends[n])
				fail_msg("%s: %s is named twice", r->path, e->name);
			for (int d = 0; d < DIALECTS; d++)
				if (e->wire[d].method && strcmp(e->wire[d].method, "GET") == 0)
					fail_msg("%s: %s changes nothing", r->path, e->name);
		}
	}
}

static void resources(void **state)
{
	(void)state;
	for (enum resource_id id = NOTHING + 1; id < RESOURCES; id++) {
		const struct resource *r = resource(id);
		if (!r->name)
			fail_msg("resource %d has no row", (int)id);
		for (int d = 0; d < DIALECTS; d++) {
			const char *method = endpoint(r->endpoint)->wire[d].method;
			if (method && strcmp(method, "GET") != 0)
				fail_msg("%s is asked with %s", r->name, method);
		}
		for (enum resource_id k = NOTHING + 1; k < id; k++)
			if (strcmp(resource(k)->name, r->name) == 0)
				fail_msg("%s is there twice", r->name);
		if ((r->index && !r->model_free) || (r->take && !r->finish))
			fail_msg("%s: functions are missing", r->name);
	}
}

static void endpoints(void **state)
{
	(void)state;
	assert_int_equal(COUNT(sections), 41);
	for (size_t i = 0; i < COUNT(sections); i++) {
		int found = 0;
		for (enum endpoint_id id = EP_NONE + 1; id < ENDPOINTS; id++)
			found += endpoint(id)->section && strcmp(endpoint(id)->section, sections[i]) == 0;
		check_int(sections[i], found, 1);
	}
	for (enum endpoint_id id = EP_NONE + 1; id < ENDPOINTS; id++) {
		const char *section = endpoint(id)->section;
		bool known = !section;
		for (size_t i = 0; i < COUNT(sections); i++)
			known |= section && strcmp(section, sections[i]) == 0;
		if (!known)
			fail_msg("%s is not in the API document", section);
		if (section && !endpoint(id)->wire[DIALECT_REFERENCE].method)
			fail_msg("%s: the reference has it", section);
	}
}

/* No document shows a name twice, whatever its list of fields. */
static void field_names(void **state)
{
	static const struct {
		const char *name;
		render_fn *render;
		enum resource_id id;
	} documents[] = {
		{"schedule.json", campaign_schedule_render, CAMPAIGNS},
		{"settings.json", campaign_settings_render, CAMPAIGNS},
		{"account.json", account_render, ACCOUNTS},
		{"warmup.json", warmup_render, ACCOUNTS},
	};
	struct ids at = {{"1"}};
	(void)state;
	for (size_t i = 0; i < COUNT(documents); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		struct answer *a = rig_answer(documents[i].id, "[{\"id\":1}]");
		int members = 0;
		check_int(documents[i].name, rig_render(documents[i].render, &at, a, &out, NULL), 0);
		check_int(documents[i].name, json_check(buf_slice(&out), NULL), 0);
		for (struct json_walk w = json_walk(buf_slice(&out)); json_next(&w); members++)
			for (struct json_walk v = json_walk(buf_slice(&out)); json_next(&v) && v.key.ptr < w.key.ptr;)
				if (slice_equal(v.key, w.key))
					fail_msg("%s: %.*s is there twice", documents[i].name, (int)w.key.len,
						w.key.ptr);
		assert_true(members > 0);
		answer_unref(a);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST(paths),
		UNIT_TEST(needs),
		UNIT_TEST(sends),
		UNIT_TEST(resources),
		UNIT_TEST(endpoints),
		UNIT_TEST(field_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
