/* flight.c - one attempt after another until a flight has its answer. See client.h for the states. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/api/client.h"
#include "fs/api/path.h"
#include "fs/api/shape.h"
#include "fs/base/cleanup.h"
#include "fs/base/clock.h"
#include "fs/base/limits.h"
#include "fs/format/json.h"

static bool on_leaves(struct exchange *exchange);
static int on_take(struct exchange *exchange, const void *bytes, size_t len);
static void on_done(struct exchange *exchange);

static const struct exchange_hooks hooks = {on_leaves, on_take, on_done};

static struct flight *flight_of(struct exchange *exchange)
{
	return (struct flight *)((char *)exchange - offsetof(struct flight, exchange));
}

static const struct wire *wire_of(const struct flight *f)
{
	return &f->endpoint->wire[f->column];
}

static enum dialect other(enum dialect dialect)
{
	return dialect == DIALECT_LIVE ? DIALECT_REFERENCE : DIALECT_LIVE;
}

/* Making. */

/* Path and body as `column` wants them. */
static int write_request(const struct flight *f, enum dialect column, struct buf *path, struct buf *body,
	struct refusal *why)
{
	const struct wire *wire = &f->endpoint->wire[column];
	if (!wire->method)
		return refuse(why, EOPNOTSUPP, "this service has no call \"%s\"", f->endpoint->name);
	int rc = path_build(wire, (const char *const *)f->args, REQUEST_ARGS, path, why);
	if (rc < 0 || f->contract.len == 0)
		return rc;
	if (wire->body)
		return wire->body(buf_slice(&f->contract), body, why);
	buf_add_slice(body, buf_slice(&f->contract));
	return buf_failed(body) ? refuse_memory(why) : 0;
}

static int copy_request(struct flight *f, const struct request *request, struct refusal *why)
{
	for (int i = 0; i < REQUEST_ARGS; i++) {
		if (request->args[i] && !(f->args[i] = strdup(request->args[i])))
			return refuse_memory(why);
	}
	if (request->body.len > 0 && json_check(request->body, why) < 0)
		return -EINVAL;
	buf_add_slice(&f->contract, request->body);
	return buf_failed(&f->contract) ? refuse_memory(why) : 0;
}

struct flight *flight_create(struct api *api, const struct request *request, enum dialect column, struct refusal *why)
{
	struct flight *f = calloc(1, sizeof *f);
	if (!f) {
		refuse_memory(why);
		return NULL;
	}
	f->api = api;
	f->endpoint = endpoint(request->endpoint);
	f->sink = request->sink;
	f->column = column;
	f->place = -1;
	f->submitted_ms = clock_ms();
	f->give_up_ms = f->submitted_ms + api->timeout_ms;
	spool_init(&f->spool, 0);
	if (copy_request(f, request, why) < 0 || write_request(f, column, &f->path, &f->body, why) < 0) {
		flight_destroy(f);
		return NULL;
	}
	return f;
}

void flight_destroy(struct flight *f)
{
	if (!f)
		return;
	for (int i = 0; i < REQUEST_ARGS; i++)
		free(f->args[i]);
	buf_release(&f->contract);
	buf_release(&f->path);
	buf_release(&f->body);
	spool_release(&f->spool);
	free(f);
}

/* One attempt. */

void flight_start(struct flight *f)
{
	struct exchange *x = &f->exchange;
	int64_t patience = f->endpoint->patience > 0 ? f->endpoint->patience : 1;
	bool export = f->endpoint->shape == SHAPE_CSV;
	x->hooks = &hooks;
	x->method = wire_of(f)->method;
	x->path = buf_text(&f->path);
	x->body = buf_slice(&f->body);
	x->fresh = !f->endpoint->repeatable;
	x->first_byte_ms = f->api->timeout_ms * patience;
	x->silence_ms = f->api->timeout_ms;
	x->total_ms = f->api->timeout_ms * patience * TOTAL_TIMEOUTS;
	spool_release(&f->spool);
	spool_init(&f->spool, export ? EXPORT_BYTES_MAX : (size_t)ANSWER_BYTES_MAX);
	f->sunk = 0;
	f->sink_why.err = 0;
	if (f->first_start_ms == 0)
		f->first_start_ms = clock_ms();
	f->tries++;
	if (transport_start(f->api->transport, x) < 0) {
		struct verdict v = {.kind = VERDICT_REFUSED};
		refuse_memory(&v.why);
		budget_cancel(budget_open(f->api), f->place);
		budget_close(f->api);
		flight_finish(f, &v, NULL);
	}
}

static bool on_leaves(struct exchange *x)
{
	struct flight *f = flight_of(x);
	struct budget *b = budget_open(f->api);
	int64_t now_ms = clock_ms();
	/* Without a place libcurl is sending it anew, on another connection; that costs one more start. */
	if (f->place < 0)
		f->place = budget_admit(b, now_ms);
	bool may = f->place >= 0 && !f->withdrawn;
	if (may) {
		f->start = budget_left(b, f->place, now_ms);
		f->place = -1;
		f->may_have_acted = true;
	}
	budget_close(f->api);
	return may;
}

static int to_sink(struct flight *f, const void *bytes, size_t len)
{
	int rc = f->sink->take(f->sink->arg, bytes, len, &f->sink_why);
	if (rc < 0 && f->sink_why.err == 0)
		refuse(&f->sink_why, -rc, "the answer could not be kept: %s", strerror(-rc));
	f->sunk += len;
	return rc;
}

static int on_take(struct exchange *x, const void *bytes, size_t len)
{
	struct flight *f = flight_of(x);
	if (x->status < 200 || x->status > 299)
		return f->spool.len + len > ERROR_BODY_BYTES_MAX ? -EFBIG : spool_add(&f->spool, bytes, len, NULL);
	if (f->sunk + len > f->spool.len_max)
		return -EFBIG;
	/* The spool keeps what came until it is seen that this is what was asked for. */
	bool starts_well = f->spool.len == 0 && answer_begins_well(f->endpoint->shape, (struct slice){bytes, len});
	if (f->sink && (f->sunk > 0 || starts_well))
		return to_sink(f, bytes, len);
	return spool_add(&f->spool, bytes, len, &f->sink_why);
}

static void tell_event(struct flight *f)
{
	const struct exchange *x = &f->exchange;
	struct api_event event = {
		.wall_ms = clock_wall_ms() - (x->end_ms - x->start_ms),
		.method = x->method,
		.path = x->path,
		.status = x->status,
		.took_ms = x->end_ms - x->start_ms,
		.attempt = f->attempt,
		.error = x->error[0] ? x->error : NULL,
	};
	if (f->api->on_event)
		f->api->on_event(f->api->on_event_arg, &event);
}

static void tell_budget(struct flight *f)
{
	const struct exchange *x = &f->exchange;
	struct budget *b = budget_open(f->api);
	int64_t now_ms = clock_ms();
	if (f->place >= 0)
		budget_cancel(b, f->place);
	f->place = -1;
	if (x->status > 0)
		budget_heard(b, f->start, &x->rate, now_ms, clock_wall_ms());
	if (x->status == 429)
		budget_ban(b, x->left_ms, &x->rate, now_ms, api_random(f->api));
	else if (x->status > 0)
		budget_forgive(b, x->left_ms);
	budget_close(f->api);
}

/* Whoever takes the bytes as they come has the last word on what HTTP calls whole. */
static void end_sink(struct flight *f)
{
	bool whole = f->exchange.arrival == ARRIVED && f->sunk > 0 && !f->sink_why.err;
	if (!whole || !f->sink->end)
		return;
	int rc = f->sink->end(f->sink->arg, &f->sink_why);
	if (rc < 0 && f->sink_why.err == 0)
		refuse(&f->sink_why, -rc, "the answer could not be kept: %s", strerror(-rc));
}

static struct verdict judge(struct flight *f, struct blob **ret_body)
{
	const struct exchange *x = &f->exchange;
	struct verdict v = {.kind = VERDICT_REFUSED};
	*ret_body = f->sunk > 0 ? NULL : spool_finish(&f->spool, &v.why);
	end_sink(f);
	if (f->sink_why.err) {
		if (f->sunk > 0 && f->sink_why.err == EIO && f->endpoint->repeatable)
			v.kind = VERDICT_AGAIN;
		v.why = f->sink_why;
		v.unknown = strcmp(x->method, "GET") != 0;
		return v;
	}
	if (f->sunk == 0 && !*ret_body)
		return v;
	struct outcome o = {
		.arrival = x->arrival,
		.status = x->status,
		.body = *ret_body ? blob_slice(*ret_body) : (struct slice){"", 0},
		.to_sink = f->sunk > 0,
		.words = x->error,
	};
	return answer_judge(f->endpoint, x->method, &o);
}

/* What next? */

static void wait_for_turn(struct flight *f, enum flight_state state, int64_t ms)
{
	if (f->sunk > 0 && f->sink->restart)
		f->sink->restart(f->sink->arg);
	f->give_up_ms = f->first_start_ms + f->api->timeout_ms;
	f->not_before_ms = clock_ms() + ms;
	monitor_lock(f->api->monitor);
	f->state = state;
	f->api->counts[f->endpoint->id].retries++;
	monitor_unlock(f->api->monitor);
}

/* 0.3 s, 0.6 s, 1.2 s, each between a half and one and a half of it. */
static int64_t back_off_ms(struct flight *f)
{
	int64_t base = (int64_t)BACK_OFF_MS << (f->tries - 1);
	int64_t wait = base / 2 + (int64_t)api_random(f->api) % base;
	int64_t told = f->exchange.rate.retry_after_ms;
	return told > wait ? told : wait;
}

static bool is_withdrawn(struct flight *f)
{
	monitor_lock(f->api->monitor);
	bool withdrawn = f->withdrawn;
	monitor_unlock(f->api->monitor);
	return withdrawn;
}

static bool try_again(struct flight *f, const struct verdict *v)
{
	int64_t end_ms = f->first_start_ms + f->api->timeout_ms;
	if (is_withdrawn(f) || f->tries >= TRIES_MAX)
		return false;
	if (v->kind == VERDICT_BANNED) {
		f->answered.err = 0;
		wait_for_turn(f, FLIGHT_QUEUED, 0);
		return true;
	}
	int64_t wait_ms = back_off_ms(f);
	if (v->kind == VERDICT_REFUSED || (v->kind == VERDICT_AGAIN_ONCE && f->tries > 1) ||
		clock_ms() + wait_ms >= end_ms)
		return false;
	f->answered = v->why;
	wait_for_turn(f, FLIGHT_BACKING_OFF, wait_ms);
	return true;
}

static void write_whole(const struct wire *wire, const struct buf *path, const struct buf *body, struct buf *out)
{
	buf_printf(out, "%s %s\n", wire->method, buf_text(path));
	buf_add_slice(out, buf_slice(body));
}

/* Tries the other column, once. `misfit`: the answer was good, but of the other one's shape. */
static bool try_other_column(struct flight *f, const struct verdict *v, bool misfit)
{
	struct api *api = f->api;
	enum dialect there = other(f->column);
	_cleanup_buf_ struct buf path = BUF_INIT, body = BUF_INIT, ours = BUF_INIT, theirs = BUF_INIT;
	if (f->switched || is_withdrawn(f) || write_request(f, there, &path, &body, NULL) < 0)
		return false;
	write_whole(wire_of(f), &f->path, &f->body, &ours);
	write_whole(&f->endpoint->wire[there], &path, &body, &theirs);
	if (buf_failed(&ours) || buf_failed(&theirs))
		return false;
	monitor_lock(api->monitor);
	bool may = misfit ? !api->dialects.fixed && !slice_equal(buf_slice(&ours), buf_slice(&theirs))
			  : dialects_may_switch(&api->dialects, f->endpoint, f->column, v, buf_slice(&ours),
				    buf_slice(&theirs));
	if (may) {
		struct buf old = f->path;
		f->path = path;
		path = old;
		f->column = there;
		f->may_have_acted = false;
	}
	monitor_unlock(api->monitor);
	if (!may)
		return false;
	buf_release(&f->body);
	f->body = body;
	body = (struct buf)BUF_INIT;
	f->switched = true;
	f->first = *v;
	f->tries = 0;
	wait_for_turn(f, FLIGHT_QUEUED, 0);
	return true;
}

/* After both columns were refused: which refusal tells the user more? */
static const struct verdict *better_words(const struct flight *f, const struct verdict *v)
{
	if (!f->switched || f->first.kind == VERDICT_GOOD || !v->unharmed)
		return v;
	if (f->first.route_unknown && !v->route_unknown)
		return v;
	if (f->first.route_or_thing && !v->route_unknown && !v->route_or_thing)
		return v;
	return &f->first;
}

/*
 * A call that only one way of speaking has, and that is not known to work: a 404 that may mean the route does mean it.
 * Else a service of the other kind that answers in JSON would be asked again for each campaign. (Another flight may have
 * learned meanwhile that the call is absent: that is no reason to believe in it.)
 */
static void settle_missing(struct flight *f, struct verdict *v)
{
	if (!v->route_or_thing || f->switched || f->endpoint->wire[other(f->column)].method)
		return;
	monitor_lock(f->api->monitor);
	const struct dialects *d = &f->api->dialects;
	bool believed = d->fixed || d->known[f->endpoint->id] == (signed char)f->column;
	monitor_unlock(f->api->monitor);
	if (believed)
		return;
	v->route_or_thing = false;
	v->route_unknown = true;
	refuse(&v->why, EOPNOTSUPP, "this service has no call \"%s\" (HTTP %d)", f->endpoint->name, f->exchange.status);
}

static void learn(struct flight *f, const struct verdict *v)
{
	struct api *api = f->api;
	struct dialects copy;
	bool reached = v->unharmed && v->kind == VERDICT_REFUSED && !v->route_unknown && !v->route_or_thing;
	monitor_lock(api->monitor);
	struct dialects *d = &api->dialects;
	if (v->kind == VERDICT_GOOD)
		dialects_worked(d, f->endpoint, f->column, f->switched);
	else if (f->switched && f->first.route_unknown && reached)
		dialects_worked(d, f->endpoint, f->column, true);
	else if (v->route_unknown && !f->switched && !f->endpoint->wire[other(f->column)].method)
		dialects_absent(d, f->endpoint, f->column);
	bool changed = d->changed;
	d->changed = false;
	copy = *d;
	monitor_unlock(api->monitor);
	if (changed && api->state_dir)
		dialects_save(&copy, api->state_dir, api->url);
}

/* A good answer whose shape is the other dialect's. True: it is asked for again, the other way. */
static bool handle_misfit(struct flight *f, const struct verdict *v, const struct blob *body)
{
	bool (*fits)(struct slice) = wire_of(f)->fits;
	if (!fits || !body || !shape_says_something(blob_slice(body)) || fits(blob_slice(body)))
		return false;
	if (dialects_differ(f->endpoint) && try_other_column(f, v, true))
		return true;
	monitor_lock(f->api->monitor);
	if (!dialects_differ(f->endpoint))
		dialects_turn(&f->api->dialects, f->endpoint, f->column);
	monitor_unlock(f->api->monitor);
	return false;
}

static void on_done(struct exchange *x)
{
	struct flight *f = flight_of(x);
	_cleanup_blob_ struct blob *body = NULL;
	tell_event(f);
	tell_budget(f);
	struct verdict v = judge(f, &body);
	if (v.unharmed || v.kind == VERDICT_GOOD) {
		monitor_lock(f->api->monitor);
		f->may_have_acted = false;
		monitor_unlock(f->api->monitor);
	}
	/* Days that came as totals: the shape is wrong for the list, right for the other column's reason to be. */
	if (x->arrival == ARRIVED && x->status / 100 == 2 && handle_misfit(f, &v, body))
		return;
	if (v.kind != VERDICT_GOOD && (try_other_column(f, &v, false) || try_again(f, &v)))
		return;
	settle_missing(f, &v);
	learn(f, &v);
	const struct verdict *say = v.kind == VERDICT_GOOD ? &v : better_words(f, &v);
	flight_finish(f, say, STEAL(body));
}

/* The end. */

void flight_finish(struct flight *f, const struct verdict *v, struct blob *body)
{
	struct api *api = f->api;
	struct reply reply = {body, f->exchange.status, f->column, v->unknown};
	bool good = v->kind == VERDICT_GOOD;
	monitor_lock(api->monitor);
	for (struct flight **at = &api->flights; *at; at = &(*at)->next) {
		if (*at != f)
			continue;
		*at = f->next;
		if (!*at)
			api->flights_end = at;
		break;
	}
	if (good)
		api->counts[f->endpoint->id].ok++;
	else
		api->counts[f->endpoint->id].failed++;
	monitor_unlock(api->monitor);
	f->done(f->arg, good ? NULL : &v->why, &reply);
	reply_release(&reply);
	flight_destroy(f);
}
