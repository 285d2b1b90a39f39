/*
 * A text that is saved under any row of the table that can be written: refused in words, or requests whose bodies are JSON in
 * both ways of speaking. The first byte chooses the row, so a new one is fuzzed as soon as it is there.
 */
#include "fs/format/json.h"
#include "fs/tree/leads.h"
#include "fs/tree/plan.h"
#include "fs/tree/subjects.h"

#include "tests/fuzz/fuzz.h"

/* What the service has: one thing of each kind, of the id 7. */
static const char *const bodies[RESOURCES] = {
	[CAMPAIGNS] = "[{\"id\":7,\"name\":\"C\",\"status\":\"PAUSED\",\"track_settings\":[],\"scheduler_cron_value\":{\"tz\":\"UTC\",\"days\":[1],"
		"\"startHour\":\"08:00\",\"endHour\":\"17:00\"},\"min_time_btwn_emails\":11,\"max_leads_per_day\":25,\"client_id\":null}]",
	[SEQUENCES] = "[{\"id\":1,\"seq_number\":1,\"subject\":\"\",\"email_body\":\"\",\"seq_delay_details\":{\"delayInDays\":0},"
		"\"sequence_variants\":[{\"id\":11,\"subject\":\"s\",\"email_body\":\"b\",\"variant_label\":\"A\"},{\"id\":12,\"subject\":\"t\","
		"\"email_body\":\"c\",\"variant_label\":\"B\"}]},{\"id\":2,\"seq_number\":2,\"subject\":\"\",\"email_body\":\"d\",\"sequence_variants\":null}]",
	[CAMPAIGN_ACCOUNTS] = "[{\"id\":8,\"from_email\":\"x@y.z\"}]",
	[ACCOUNTS] = "[{\"id\":7,\"from_email\":\"a@b.c\",\"from_name\":\"A\",\"username\":\"u\",\"password\":\"x\",\"smtp_port\":587,"
		"\"signature\":\"<p>s</p>\",\"warmup_details\":{\"status\":\"ACTIVE\",\"reply_rate\":30,\"max_email_per_day\":20}}]",
	[CATEGORIES] = "[{\"id\":1,\"name\":\"Interested\"}]",
	[THREAD] = "{\"history\":[{\"stats_id\":\"s\",\"type\":\"REPLY\",\"message_id\":\"<m>\",\"time\":\"2026-03-03T00:00:00.000Z\",\"email_body\":\"b\"}]}",
	[LEAD_BY_EMAIL] = "{\"id\":7,\"email\":\"a@b.c\",\"is_unsubscribed\":false}",
	[BLOCK_LIST] = "228 horno.example\n229 luz@x.example\n",
	[WEBHOOKS] = "[{\"id\":7,\"name\":\"w\",\"webhook_url\":\"https://x.example\",\"event_types\":[\"EMAIL_REPLY\"]}]",
	[CAMPAIGN_WEBHOOKS] = "[{\"id\":7,\"name\":\"w\",\"webhook_url\":\"https://x.example\",\"event_types\":[\"EMAIL_REPLY\"],\"categories\":[\"Interested\"]}]",
};

static struct answer *make_leads(void)
{
	static const char csv[] = "id,campaign_lead_map_id,status,first_name,email,custom_fields\n7,70,STARTED,A,a@b.c,\"{\"\"k\"\":\"\"v\"\"}\"\n";
	struct fetch f = {.resource = resource(LEADS)};
	struct reply reply = {0};
	MUST(leads_next(&f) && f.request.sink->take(f.request.sink->arg, csv, sizeof csv - 1, NULL) == 0);
	MUST(f.request.sink->end(f.request.sink->arg, NULL) == 0 && leads_take(&f, &reply, NULL) == 0);
	struct answer *a = leads_finish(&f, NULL);
	leads_state_free(f.state);
	return a;
}

static struct answer *make_answer(enum resource_id id)
{
	const struct resource *r = resource(id);
	struct buf text = BUF_INIT;
	void *model = NULL;
	size_t bytes = 0;
	if (id == LEADS)
		return make_leads();
	if (!bodies[id])
		return NULL; /* as one that turned out not to be needed */
	buf_add_str(&text, bodies[id]);
	struct blob *blob = blob_from_buf(&text);
	MUST(blob && (!r->index || r->index(blob_slice(blob), &model, &bytes, NULL) == 0));
	return answer_new(blob, model, r->model_free, bytes);
}

static void make_answers(const enum resource_id needs[NEEDS_MAX], struct answers *out)
{
	*out = (struct answers){{NULL}};
	for (int i = 0; i < NEEDS_MAX && needs[i] != NOTHING; i++)
		out->v[i] = make_answer(needs[i]);
}

/* The ids of the one thing that a pattern names here. */
static struct ids ids_of(const char *path)
{
	struct ids ids = {{NULL}};
	int n = 0;
	for (const char *p = path; (p = strchr(p, '<')) && n < IDS_MAX; p++)
		ids.v[n++] = strncmp(p, "<email>", 7) == 0 ? "a@b.c" : strncmp(p, "<step>", 6) == 0 ? "1" : strncmp(p, "<variant>", 9) == 0 ? "B" : "7";
	return ids;
}

static void check_plan(int rc, const struct route *row, const struct plan *plan, const struct refusal *why)
{
	MUST(rc == 0 || (rc == -why->err && why->text[0]));
	for (size_t i = 0; rc == 0 && i < plan->count; i++) {
		struct slice body = buf_slice(&plan->steps[i].body);
		MUST(route_sending(row, plan->steps[i].endpoint));
		MUST(body.len == 0 || json_check(body, NULL) == 0);
		for (int d = 0; d < DIALECTS; d++) {
			const struct wire *wire = &endpoint(plan->steps[i].endpoint)->wire[d];
			_cleanup_buf_ struct buf sent = BUF_INIT;
			struct refusal no = {0};
			if (wire->method && wire->body && body.len && wire->body(body, &sent, &no) == 0)
				MUST(json_check(buf_slice(&sent), NULL) == 0);
		}
	}
}

enum change { SAVE, APPEND, RENAME, ADD, CHANGES };

static void try_change(const struct route *row, enum change change, struct slice text)
{
	static const enum resource_id nothing[NEEDS_MAX] = {NOTHING};
	struct plan plan = PLAN_INIT;
	struct refusal why = {0};
	struct answers base;
	struct ids at = ids_of(row->path);
	const enum resource_id *needs = row->save_needs[0] != NOTHING ? row->save_needs : row->needs;
	commit_fn *commit = change == SAVE ? row->commit : change == APPEND ? row->append : row->rename;
	if (change != ADD && !commit)
		return;
	if (change == ADD) {
		/* The first line is the name, with the ending that walk_adder() asks for. */
		char name[300];
		const char *end = memchr(text.ptr, '\n', text.len), *ending = strrchr(row->path, '>');
		size_t len = end ? (size_t)(end - text.ptr) : text.len;
		len = len < 200 ? len : 200;
		snprintf(name, sizeof name, "%.*s%s", (int)len, text.ptr, ending ? ending + 1 : "");
		for (int i = 0, n = 0; i < IDS_MAX; i++) /* without those of the new thing */
			at.v[i] = strncmp(row->path, "campaigns/<campaign>/", 21) == 0 && n++ == 0 ? at.v[i] : NULL;
		make_answers(row->add_needs[0] != NOTHING ? row->add_needs : row->needs, &base);
		check_plan(row->add(&at, &base, name, slice_skip(text, end ? len + 1 : len), &plan, &why), row, &plan, &why);
	} else {
		make_answers(change == APPEND ? nothing : change == RENAME ? row->needs : needs, &base);
		check_plan(commit(&at, &base, text, &plan, &why), row, &plan, &why);
	}
	answers_release(&base);
	plan_release(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count, rows = 0;
	const struct route *table = routes(&count), *writable[256];
	for (size_t i = 0; i < count; i++)
		if (table[i].commit || table[i].append || table[i].rename || table[i].add)
			writable[rows++] = &table[i];
	if (size < 2)
		return 0;
	const struct route *row = writable[data[0] % rows];
	enum change change = data[1] % CHANGES;
	struct slice text = {(const char *)data + 2, size - 2};
	_cleanup_free_ char *copy = fuzz_copy(text);
	text.ptr = copy;
	if (change != ADD || row->add)
		try_change(row, change, text);
	return 0;
}
