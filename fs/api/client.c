/* client.c - the three calls of api.h and the network thread's loop. */
#include "fs/api/client.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fs/api/shared_budget.h"
#include "fs/base/clock.h"
#include "fs/base/cleanup.h"

enum { STACK_BYTES = 256 * 1024, LOOK_AGAIN_MS = 20 };

static void *network_main(void *arg);

/* xorshift; only for jitter. */
uint32_t api_random(struct api *api)
{
	uint32_t x = api->random;
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return api->random = x;
}

struct budget *budget_open(struct api *api)
{
	struct budget_state *theirs = shared_budget_lock(api->shared);
	monitor_lock(api->monitor);
	if (theirs)
		api->budget.state = *theirs;
	return &api->budget;
}

void budget_close(struct api *api)
{
	struct budget_state *theirs = shared_budget_state(api->shared);
	if (theirs)
		*theirs = api->budget.state;
	monitor_unlock(api->monitor);
	shared_budget_unlock(api->shared);
}

/* Create and destroy. */

static int check_url(const char *url, struct refusal *why)
{
	const char *host = strncasecmp(url, "https://", 8) == 0 ? url + 8 : NULL;
	if (strncasecmp(url, "http://", 7) == 0)
		host = url + 7;
	if (!host || !*host || *host == '/' || strpbrk(url, "?#@ ") || url[strlen(url) - 1] == '/')
		return refuse(why, EINVAL, "not the address of a service: %s", url);
	return 0;
}

static int configure(struct api *api, const struct api_conf *conf, struct refusal *why)
{
	int rc = check_url(conf->url, why);
	if (rc < 0)
		return rc;
	if (conf->timeout_ms < 1)
		return refuse(why, EINVAL, "the time-out must be positive");
	for (int i = 0; i < conf->rate_windows; i++)
		if (!budget_add_window(&api->budget, conf->rate[i].requests, conf->rate[i].seconds))
			return refuse(why, EINVAL, "rate %d/%d is out of range (1 to %d requests, at most %d windows)",
				conf->rate[i].requests, conf->rate[i].seconds, BUDGET_STARTS_MAX, RATE_WINDOWS_MAX);
	if (conf->rate_windows < 1)
		return refuse(why, EINVAL, "a rate is needed");
	api->url = strdup(conf->url);
	api->state_dir = conf->state_dir ? strdup(conf->state_dir) : NULL;
	return api->url && (api->state_dir || !conf->state_dir) ? 0 : refuse_memory(why);
}

struct api *api_create(const struct api_conf *conf, struct refusal *why)
{
	struct api *api = calloc(1, sizeof *api);
	if (!api) {
		refuse_memory(why);
		return NULL;
	}
	api->monitor = conf->monitor;
	api->timeout_ms = conf->timeout_ms;
	api->on_event = conf->on_event;
	api->on_event_arg = conf->on_event_arg;
	api->flights_end = &api->flights;
	api->random = (uint32_t)clock_wall_ms() * 2654435761u | 1u;
	budget_init(&api->budget);
	if (configure(api, conf, why) < 0) {
		api_destroy(api);
		return NULL;
	}
	if (conf->dialect == DIALECT_AUTO)
		dialects_guess(&api->dialects, api->url);
	else
		dialects_fix(&api->dialects, conf->dialect == DIALECT_FIX_LIVE ? DIALECT_LIVE : DIALECT_REFERENCE);
	if (api->state_dir)
		dialects_load(&api->dialects, api->state_dir, api->url);
	return api;
}

int api_start(struct api *api, struct refusal *why)
{
	pthread_attr_t attr;
	sigset_t all, before;
	struct transport *transport = transport_create(api->url, CONNECT_MS);
	if (!transport)
		return refuse_memory(why);
	if (api->state_dir)
		api->shared = shared_budget_create(api->state_dir, api->url);
	monitor_lock(api->monitor);
	api->transport = transport;
	monitor_unlock(api->monitor);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&api->thread, &attr, network_main, api);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (rc != 0)
		return refuse(why, rc, "no network thread: %s", strerror(rc));
	api->has_thread = true;
	return 0;
}

static void end_all(struct api *api);

void api_stop(struct api *api)
{
	monitor_lock(api->monitor);
	api->stopping = true;
	monitor_unlock(api->monitor);
	if (api->has_thread) {
		transport_wake(api->transport);
		pthread_join(api->thread, NULL);
		api->has_thread = false;
	} else {
		end_all(api);
	}
}

void api_destroy(struct api *api)
{
	if (!api)
		return;
	transport_destroy(api->transport);
	shared_budget_destroy(api->shared);
	free(api->url);
	free(api->state_dir);
	free(api);
}

void reply_release(struct reply *reply)
{
	blob_unref(reply->body);
	reply->body = NULL;
}

/* Asking. */

enum dialect api_dialect(struct api *api, enum endpoint_id id)
{
	monitor_lock(api->monitor);
	enum dialect column = dialects_column(&api->dialects, id);
	monitor_unlock(api->monitor);
	return column;
}

/* Puts the flight into the queue. `call`: where its caller finds it. */
static int enqueue(struct api *api, struct flight *f, struct flight **ret_flight, struct refusal *why)
{
	monitor_lock(api->monitor);
	bool stopping = api->stopping;
	struct transport *transport = api->transport;
	if (!stopping) {
		*api->flights_end = f;
		api->flights_end = &f->next;
		if (ret_flight)
			*ret_flight = f;
	}
	monitor_unlock(api->monitor);
	if (stopping) {
		flight_destroy(f);
		return refuse(why, EIO, "the mount is ending");
	}
	if (transport)
		transport_wake(transport);
	return 0;
}

static int submit(struct api *api, const struct request *request, enum priority priority, api_done_fn *done, void *arg,
	struct flight **ret_flight, struct refusal *why)
{
	struct refusal words;
	struct flight *f = flight_create(api, request, api_dialect(api, request->endpoint), &words);
	if (!f) {
		if (why)
			*why = words;
		return -words.err;
	}
	f->priority = priority;
	f->done = done;
	f->arg = arg;
	return enqueue(api, f, ret_flight, why);
}

int api_submit(struct api *api, const struct request *request, enum priority priority, api_done_fn *done, void *arg,
	struct refusal *why)
{
	return submit(api, request, priority, done, arg, NULL, why);
}

/* A caller that waits. It outlives the caller when that one gives up: the last of both frees it. */
struct call {
	struct monitor *monitor;
	/* Monitor. */
	struct caller *caller;  /* NULL: gave up */
	struct flight *flight;  /* NULL: done */
	struct reply reply;
	struct refusal why;
	bool finished, refused;
};

static void call_done(void *arg, const struct refusal *why, struct reply *reply)
{
	struct call *call = arg;
	monitor_lock(call->monitor);
	bool abandoned = !call->caller;
	call->flight = NULL;
	call->finished = true;
	if (!abandoned) {
		call->reply = *reply;
		reply->body = NULL;
		call->refused = why != NULL;
		if (why)
			call->why = *why;
		caller_wake(call->caller);
	}
	monitor_unlock(call->monitor);
	if (abandoned)
		free(call);
}

/* The caller gives up. What has not left is withdrawn; what has left goes on without it. Monitor locked. */
static bool give_up(struct call *call)
{
	bool left = call->flight->may_have_acted;
	if (!left)
		call->flight->withdrawn = true;
	call->caller = NULL;
	return left;
}

static int refuse_waiting(int rc, bool left, struct refusal *why)
{
	const char *then = left ? "the request is under way and its outcome unknown" : "the request was not sent";
	if (rc == -EINTR)
		return refuse(why, EINTR, "interrupted; %s", then);
	if (rc == -EBUSY)
		return refuse(why, EBUSY, "too many wait for the service; %s", then);
	return refuse(why, ETIMEDOUT, "waited too long; %s", then);
}

static int wait_for(struct api *api, struct call *call, struct caller *caller, bool *ret_left)
{
	int rc = 0;
	monitor_lock(api->monitor);
	while (!call->finished && rc == 0)
		rc = caller_wait(api->monitor, caller);
	bool finished = call->finished;
	struct transport *transport = api->transport;
	*ret_left = finished ? false : give_up(call);
	monitor_unlock(api->monitor);
	if (!finished && transport)
		transport_wake(transport);
	return finished ? 0 : rc;
}

int api_call(struct api *api, const struct request *request, struct caller *caller, struct reply *ret_reply,
	struct refusal *why)
{
	struct call *call = calloc(1, sizeof *call);
	*ret_reply = (struct reply){0};
	if (!call)
		return refuse_memory(why);
	call->monitor = api->monitor;
	call->caller = caller;
	int rc = submit(api, request, caller->priority, call_done, call, &call->flight, why);
	if (rc < 0) {
		free(call);
		return rc;
	}
	bool left;
	rc = wait_for(api, call, caller, &left);
	if (rc < 0) {
		ret_reply->unknown = left;
		return refuse_waiting(rc, left, why);
	}
	*ret_reply = call->reply;
	if (call->refused) {
		rc = -call->why.err;
		if (why)
			*why = call->why;
	}
	free(call);
	return rc;
}

/* The network thread. */

static void refuse_flight(struct flight *f, int err, const char *words)
{
	struct verdict v = {.kind = VERDICT_REFUSED, .unknown = f->may_have_acted};
	refuse(&v.why, err, "%s", words);
	flight_finish(f, &v, NULL);
}

/* How many are on the wire, and how many of them left after the last ban began. Monitor locked. */
static int count_running(const struct api *api, int *ret_after_ban)
{
	int running = 0, after_ban = 0;
	for (const struct flight *f = api->flights; f; f = f->next) {
		if (f->state != FLIGHT_RUNNING)
			continue;
		running++;
		after_ban += !f->exchange.left || f->exchange.left_ms >= api->budget.state.struck_ms;
	}
	*ret_after_ban = after_ban;
	return running;
}

/* The flight whose turn it is, with a place in the budget. `ret_wait_ms`: when to look again. Monitor locked. */
static struct flight *choose(struct api *api, int64_t now_ms, int64_t *ret_ready_ms)
{
	int waiting[PRIORITIES] = {0}, after_ban;
	bool full = count_running(api, &after_ban) >= RUNNING_MAX || (api->budget.state.strikes > 0 && after_ban > 0);
	for (struct flight *f = api->flights; f; f = f->next)
		waiting[f->priority] += f->state == FLIGHT_QUEUED && !f->withdrawn;
	enum priority turn = budget_turn(&api->budget, waiting);
	*ret_ready_ms = INT64_MAX;
	if (turn == PRIORITIES || full)
		return NULL;
	int place = budget_admit(&api->budget, now_ms);
	if (place < 0) {
		/* A place that another daemon holds: nobody wakes us when it is free. */
		*ret_ready_ms = budget_ready_ms(&api->budget, now_ms);
		if (*ret_ready_ms == INT64_MAX)
			*ret_ready_ms = now_ms + LOOK_AGAIN_MS;
		return NULL;
	}
	struct flight *f = api->flights;
	while (f->priority != turn || f->state != FLIGHT_QUEUED || f->withdrawn)
		f = f->next;
	budget_turn_taken(&api->budget, waiting, turn);
	f->place = place;
	f->state = FLIGHT_RUNNING;
	f->attempt++;
	return f;
}

static bool has_queued(struct api *api)
{
	bool queued = false;
	monitor_lock(api->monitor);
	for (struct flight *f = api->flights; f && !queued; f = f->next)
		queued = f->state == FLIGHT_QUEUED;
	monitor_unlock(api->monitor);
	return queued;
}

/* Starts what may start. Returns when the budget lets the next one go. */
static int64_t start_flights(struct api *api)
{
	int64_t ready_ms = INT64_MAX;
	while (has_queued(api)) {
		budget_open(api);
		struct flight *f = choose(api, clock_ms(), &ready_ms);
		budget_close(api);
		if (!f)
			break;
		flight_start(f);
	}
	return ready_ms;
}

/* A flight that must be ended now, and with what words. Monitor locked. */
static const char *overdue(const struct api *api, const struct flight *f, int64_t now_ms)
{
	if (f->state == FLIGHT_RUNNING)
		return NULL;
	if (f->withdrawn)
		return "withdrawn";
	if (f->state == FLIGHT_QUEUED && now_ms >= f->give_up_ms)
		return "over the budget for waiting: too many requests before this one";
	if (f->state == FLIGHT_QUEUED && api->budget.state.banned_until_ms > f->give_up_ms)
		return "over the budget for waiting: the service refuses all requests for a while (HTTP 429)";
	return NULL;
}

/* Ends what waited too long, wakes what backed off. Returns when to look again. */
static int64_t tend_flights(struct api *api)
{
	int64_t now_ms = clock_ms(), next_ms = INT64_MAX;
	const char *words = NULL;
	struct flight *late = NULL;
	monitor_lock(api->monitor);
	for (struct flight *f = api->flights; f && !late; f = f->next) {
		if (f->state == FLIGHT_BACKING_OFF && now_ms >= f->not_before_ms)
			f->state = FLIGHT_QUEUED;
		words = overdue(api, f, now_ms);
		if (words)
			late = f;
		int64_t at = f->state == FLIGHT_BACKING_OFF ? f->not_before_ms : f->give_up_ms;
		if (f->state != FLIGHT_RUNNING && at < next_ms)
			next_ms = at;
	}
	monitor_unlock(api->monitor);
	if (!late)
		return next_ms;
	/* What the service said of the attempt before tells more than that the next one found no room. */
	if (!late->withdrawn && late->answered.err)
		refuse_flight(late, late->answered.err, late->answered.text);
	else
		refuse_flight(late, late->withdrawn ? ECANCELED : EBUSY, words);
	return now_ms;
}

static void end_all(struct api *api)
{
	for (;;) {
		monitor_lock(api->monitor);
		struct flight *f = api->flights;
		if (f)
			f->withdrawn = true;
		monitor_unlock(api->monitor);
		if (!f)
			return;
		if (f->exchange.carriage)
			transport_abort(api->transport, &f->exchange);
		else
			refuse_flight(f, EIO, "the mount is ending");
	}
}

static void *network_main(void *arg)
{
	struct api *api = arg;
	for (;;) {
		monitor_lock(api->monitor);
		bool stopping = api->stopping;
		monitor_unlock(api->monitor);
		if (stopping)
			break;
		int64_t next_ms = tend_flights(api);
		int64_t ready_ms = start_flights(api);
		int64_t until_ms = next_ms < ready_ms ? next_ms : ready_ms;
		int64_t wait_ms = until_ms == INT64_MAX ? INT64_MAX : until_ms - clock_ms();
		transport_turn(api->transport, wait_ms);
	}
	end_all(api);
	return NULL;
}
