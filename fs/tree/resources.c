/* resources.c - THE table of what is fetched and cached; see resource.h for how a row works. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/base/limits.h"
#include "fs/format/json.h"
#include "fs/tree/leads.h"
#include "fs/tree/objects.h"
#include "fs/tree/resource.h"
#include "fs/tree/state.h"
#include "fs/tree/subjects.h"

/* GET /campaigns/?client_id=…: the filter is the mount's, not the path's. */
static bool campaigns_next(struct fetch *f)
{
	if (f->step > 0)
		return false;
	f->request.args[0] = f->tree->conf.client_id;
	return true;
}

static int index_by_name(struct slice body, void **ret_model, size_t *ret_bytes, struct refusal *why)
{
	return objects_index(body, "name", ret_model, ret_bytes, why);
}

static int index_by_address(struct slice body, void **ret_model, size_t *ret_bytes, struct refusal *why)
{
	return objects_index(body, "from_email|username|user_name", ret_model, ret_bytes, why);
}

/* Lists in pages: all elements joined to one array, until a page is short. */
struct pages {
	struct spool joined;
	size_t last; /* elements of the newest page */
};

void pages_free(void *state)
{
	struct pages *p = state;
	spool_release(&p->joined);
	free(p);
}

bool pages_next(struct fetch *f, int offset_arg)
{
	struct pages *p = f->state;
	if (!p) {
		f->state = p = calloc(1, sizeof *p);
		if (!p)
			return false;
		spool_init(&p->joined, EXPORT_BYTES_MAX);
		p->last = PAGE;
	}
	if (p->last < PAGE)
		return false;
	snprintf(f->args[0], sizeof f->args[0], "%d", f->step * PAGE);
	snprintf(f->args[1], sizeof f->args[1], "%d", PAGE);
	f->request.args[offset_arg] = f->args[0];
	f->request.args[offset_arg + 1] = f->args[1];
	return true;
}

static bool accounts_next(struct fetch *f)
{
	return pages_next(f, 0);
}

int pages_take(struct fetch *f, struct reply *reply, struct refusal *why)
{
	struct pages *p = f->state;
	struct slice list;
	if (!answer_list(blob_slice(reply->body), &list))
		return refuse(why, EIO, "the API answered with something that is no list");
	p->last = 0;
	for (struct json_walk w = json_walk(list); json_next(&w); p->last++) {
		int rc = spool_add(&p->joined, p->joined.len ? "," : "[", 1, why);
		if (rc == 0)
			rc = spool_add(&p->joined, w.value.ptr, w.value.len, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

struct answer *pages_finish(struct fetch *f, struct refusal *why)
{
	struct pages *p = f->state;
	void *model = NULL;
	size_t bytes = 0;
	if (!p) {
		refuse_memory(why);
		return NULL;
	}
	if (spool_add(&p->joined, p->joined.len ? "]" : "[]", p->joined.len ? 1 : 2, why) < 0)
		return NULL;
	_cleanup_blob_ struct blob *body = spool_finish(&p->joined, why);
	if (!body || (f->resource->index && f->resource->index(blob_slice(body), &model, &bytes, why) < 0))
		return NULL;
	struct answer *a = answer_new(STEAL(body), model, f->resource->model_free, bytes);
	if (!a)
		refuse_memory(why);
	return a;
}

static const struct resource table[RESOURCES] = {
	[CAMPAIGNS] = {.name = "campaigns", .endpoint = EP_CAMPAIGNS, .next = campaigns_next, .index = index_by_name,
		.model_free = objects_free},
	[CAMPAIGN] = {.name = "campaign", .endpoint = EP_CAMPAIGN, .ids = 1},
	[ACCOUNT] = {.name = "account", .endpoint = EP_ACCOUNT, .ids = 1},
	[SEQUENCES] = {.name = "sequences", .endpoint = EP_SEQUENCES, .ids = 1, .next = sequences_next},
	[CAMPAIGN_ACCOUNTS] = {.name = "campaign-accounts", .endpoint = EP_CAMPAIGN_ACCOUNTS, .ids = 1,
		.index = index_by_address, .model_free = objects_free},
	[ACCOUNTS] = {.name = "accounts", .endpoint = EP_ACCOUNTS, .next = accounts_next, .take = pages_take,
		.finish = accounts_finish, .index = index_by_address, .model_free = objects_free, .state_free = pages_free},
	[WARMUP_STATS] = {.name = "warmup-stats", .endpoint = EP_WARMUP_STATS, .ids = 1},
	[LEADS] = {.name = "leads", .endpoint = EP_LEADS_EXPORT, .ids = 1, .next = leads_next, .take = leads_take,
		.finish = leads_finish, .model_free = leads_free, .state_free = leads_state_free},
	[LEAD_PAGES] = {.name = "lead-pages", .endpoint = EP_LEADS, .ids = 1, .key = lead_pages_key, .next = lead_pages_next,
		.take = pages_take, .finish = pages_finish, .index = lead_pages_index, .model_free = lead_pages_free,
		.state_free = pages_free},
	[CATEGORIES] = {.name = "categories", .endpoint = EP_CATEGORIES, .key = categories_key},
	[THREAD] = {.name = "thread", .endpoint = EP_THREAD, .ids = 1, .key = thread_key},
	[LEAD_BY_EMAIL] = {.name = "lead-by-email", .endpoint = EP_LEAD_BY_EMAIL, .ids = 1},
	[LEAD_CAMPAIGNS] = {.name = "lead-campaigns", .endpoint = EP_LEAD_CAMPAIGNS, .key = lead_campaigns_key,
		.index = index_by_name, .model_free = objects_free},
	[STATISTICS] = {.name = "statistics", .endpoint = EP_STATISTICS, .ids = 1, .key = statistics_key,
		.next = statistics_next, .take = statistics_take, .finish = statistics_finish, .state_free = statistics_free},
	[DAYS] = {.name = "days", .endpoint = EP_DAYS, .ids = 1, .key = days_key, .next = days_next, .take = days_take,
		.finish = days_finish, .state_free = days_free},
	[ANALYTICS] = {.name = "analytics", .endpoint = EP_ANALYTICS, .ids = 1},
	[OVERVIEW] = {.name = "overview", .endpoint = EP_OVERVIEW, .key = overview_key, .next = overview_next},
	[BLOCK_LIST] = {.name = "block-list", .endpoint = EP_BLOCK_LIST, .next = blocklist_next, .take = blocklist_take,
		.finish = blocklist_finish, .state_free = blocklist_free},
	[WEBHOOKS] = {.name = "webhooks", .endpoint = EP_WEBHOOKS, .index = index_by_name, .model_free = objects_free},
	[FIRST_LEAD] = {.name = "first-lead", .endpoint = EP_LEADS, .ids = 1, .key = first_lead_key, .next = first_lead_next,
		.asked_anew = true},
	[CAMPAIGN_WEBHOOKS] = {.name = "campaign-webhooks", .endpoint = EP_CAMPAIGN_WEBHOOKS, .ids = 1,
		.index = index_by_name, .model_free = objects_free},
};

const struct resource *resource(enum resource_id id)
{
	return &table[id];
}
