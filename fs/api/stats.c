/* stats.c - api_stats(): what the layer knows of itself, as JSON. */
#include "fs/api/client.h"
#include "fs/base/clock.h"
#include "fs/format/json.h"

static void add_number(struct buf *out, bool *first, const char *name, int64_t number)
{
	json_key(out, first, name);
	buf_add_int(out, number);
}

static void add_text(struct buf *out, bool *first, const char *name, const char *text)
{
	json_key(out, first, name);
	json_quote(slice_of(text), out);
}

static void add_budget(const struct api *api, int64_t now_ms, struct buf *out)
{
	const struct budget *b = &api->budget;
	int64_t banned_ms = b->state.banned_until_ms - now_ms;
	bool inner = true;
	buf_add_str(out, "{\"windows\":[");
	for (int i = 0; i < b->window_count; i++) {
		bool first = true;
		buf_add_str(out, i ? ",{" : "{");
		add_number(out, &first, "requests", b->windows[i].requests);
		add_number(out, &first, "seconds", b->windows[i].seconds);
		add_number(out, &first, "left", budget_window_left(b, i, now_ms));
		buf_add_char(out, '}');
	}
	buf_add_str(out, "],");
	add_number(out, &inner, "banned_ms", banned_ms > 0 ? banned_ms : 0);
	if (b->state.server_limit > 0)
		add_number(out, &inner, "server_limit", b->state.server_limit);
	buf_add_char(out, '}');
}

static void add_counts(const struct api *api, struct buf *out)
{
	bool first = true;
	buf_add_char(out, '{');
	for (int id = EP_NONE + 1; id < ENDPOINTS; id++) {
		const struct endpoint_count *n = &api->counts[id];
		bool inner = true;
		if (n->ok + n->failed + n->retries == 0)
			continue;
		json_key(out, &first, endpoint((enum endpoint_id)id)->name);
		buf_add_char(out, '{');
		add_number(out, &inner, "ok", (int64_t)n->ok);
		add_number(out, &inner, "failed", (int64_t)n->failed);
		add_number(out, &inner, "retries", (int64_t)n->retries);
		buf_add_char(out, '}');
	}
	buf_add_char(out, '}');
}

static void add_waiting(const struct api *api, int64_t now_ms, struct buf *out)
{
	static const char *const states[] = {
		[FLIGHT_QUEUED] = "queued", [FLIGHT_RUNNING] = "running", [FLIGHT_BACKING_OFF] = "backing-off"};
	const char *comma = "";
	buf_add_char(out, '[');
	for (const struct flight *f = api->flights; f; f = f->next, comma = ",") {
		bool first = true;
		buf_add_str(out, comma);
		buf_add_char(out, '{');
		add_text(out, &first, "endpoint", f->endpoint->name);
		add_text(out, &first, "path", buf_text(&f->path));
		add_text(out, &first, "state", states[f->state]);
		add_number(out, &first, "ms", now_ms - f->submitted_ms);
		add_number(out, &first, "attempt", f->attempt);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}

void api_stats(struct api *api, struct buf *out)
{
	int64_t now_ms = clock_ms();
	monitor_lock(api->monitor);
	buf_add_str(out, "{\"budget\":");
	add_budget(api, now_ms, out);
	buf_add_str(out, ",\"requests\":");
	add_counts(api, out);
	buf_add_str(out, ",\"waiting\":");
	add_waiting(api, now_ms, out);
	buf_add_char(out, '}');
	monitor_unlock(api->monitor);
}
