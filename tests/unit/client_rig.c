#include "client_rig.h"

static void on_event(void *arg, const struct api_event *event)
{
	struct rig *rig = arg;
	pthread_mutex_lock(&rig->mutex);
	rig->events++;
	rig->key_seen |= strstr(event->path, "k3y") || (event->error && strstr(event->error, "k3y"));
	pthread_mutex_unlock(&rig->mutex);
}

void set_up_url(struct rig *rig, const char *url, struct api_conf conf)
{
	monitor_init(&rig->monitor, 100);
	pthread_mutex_init(&rig->mutex, NULL);
	conf.monitor = &rig->monitor;
	conf.url = url;
	if (conf.rate_windows == 0) {
		conf.rate[0] = (struct rate_window){100, 1};
		conf.rate_windows = 1;
	}
	if (conf.timeout_ms == 0)
		conf.timeout_ms = TIMEOUT_MS;
	conf.on_event = on_event;
	conf.on_event_arg = rig;
	rig->api = api_create(&conf, &rig->why);
	assert_non_null(rig->api);
	assert_int_equal(api_start(rig->api, &rig->why), 0);
}

void set_up_with(struct rig *rig, const struct fake_answer *script, size_t len, struct api_conf conf)
{
	*rig = (struct rig){.server = fake_start(script, (int)len)};
	set_up_url(rig, fake_url(rig->server), conf);
}

void set_up(struct rig *rig, const struct fake_answer *script, size_t len)
{
	set_up_with(rig, script, len, (struct api_conf){.dialect = DIALECT_FIX_LIVE, .timeout_ms = 4000});
}

void set_up_hasty(struct rig *rig, const struct fake_answer *script, size_t len)
{
	set_up_with(rig, script, len, (struct api_conf){.dialect = DIALECT_FIX_LIVE});
}

void tear_down(struct rig *rig)
{
	reply_release(&rig->reply);
	api_stop(rig->api);
	assert_false(rig->key_seen);
	assert_null(strstr(rig->why.text, "k3y"));
	api_destroy(rig->api);
	if (rig->server)
		fake_stop(rig->server);
	monitor_release(&rig->monitor);
	pthread_mutex_destroy(&rig->mutex);
}

int ask_request(struct rig *rig, const struct request *request)
{
	struct caller caller;
	caller_init(&caller, PRIORITY_READ, 0, INT64_MAX);
	reply_release(&rig->reply);
	rig->why.err = 0;
	rig->rc = api_call(rig->api, request, &caller, &rig->reply, &rig->why);
	caller_release(&caller);
	return rig->rc;
}

int ask(struct rig *rig, enum endpoint_id id, const char *body)
{
	struct request request = {.endpoint = id, .args = {"7", "8", "9"}, .body = slice_of(body)};
	request.body.ptr = body ? body : "";
	return ask_request(rig, &request);
}

void check_body(struct rig *rig, const char *want)
{
	assert_int_equal(rig->rc, 0);
	check_text("body", blob_slice(rig->reply.body), slice_of(want));
}
