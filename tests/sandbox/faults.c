/* Faults: rules that spoil an answer. The first rule that matches and is due decides; latency rules add up with it. */
#include "sandbox.h"

#include <fnmatch.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

struct fault {
	struct fault *next;
	char *method, *path, *body;
	enum kind kind;
	int64_t id, count, skip, ms, spread_ms, retry_after, bytes, hits;
	int status;
	bool effect;
};

/* effect: does the request change the account, unless the rule says otherwise? */
static const struct {
	const char *name;
	bool effect;
	int status;
} kinds[] = {
	[NO_FAULT] = {"", true, 0},
	[LATENCY] = {"latency", true, 0},
	[STATUS] = {"status", false, 500},
	[RESET_BEFORE] = {"reset_before", false, 0},
	[RESET_AFTER] = {"reset_after", true, 0},
	[CUT] = {"cut", true, 200},
	[JUNK] = {"junk", true, 200},
	[EMPTY] = {"empty", true, 200},
	[HTML] = {"html", true, 200},
	[ENDLESS] = {"endless", true, 200},
	[DRIP] = {"drip", true, 200},
	[HANG] = {"hang", false, 0},
	[OK_FALSE] = {"ok_false", false, 200},
	[DEEP] = {"deep", true, 200},
	[HUGE_BODY] = {"huge", true, 200},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct fault *rules, **last = &rules;
static int64_t next_rule = 1;
static _Atomic unsigned generation;

static int64_t number(const cJSON *o, const char *name, int64_t otherwise)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);

	return cJSON_IsNumber(v) ? (int64_t)v->valuedouble : otherwise;
}

static char *string(const cJSON *o, const char *name, const char *otherwise)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);

	if (v && !cJSON_IsString(v)) /* a body given as JSON */
		return need(cJSON_PrintUnformatted(v));
	return v || otherwise ? need(strdup(v ? v->valuestring : otherwise)) : NULL;
}

bool fault_add(const cJSON *spec, const char **why)
{
	const cJSON *kind = cJSON_GetObjectItemCaseSensitive(spec, "kind");
	const cJSON *effect = cJSON_GetObjectItemCaseSensitive(spec, "effect");
	size_t k = 1;

	*why = "\"kind\" is not one of the known kinds";
	if (!cJSON_IsString(kind))
		return false;
	while (k < sizeof(kinds) / sizeof(*kinds) && strcmp(kinds[k].name, kind->valuestring))
		k++;
	if (k == sizeof(kinds) / sizeof(*kinds))
		return false;
	struct fault *f = need(calloc(1, sizeof(*f)));
	f->kind = (enum kind)k;
	f->method = string(spec, "method", "*");
	f->path = string(spec, "path", "*");
	f->body = string(spec, "body", NULL);
	f->count = number(spec, "count", 1);
	f->skip = number(spec, "skip", 0);
	f->ms = number(spec, "ms", 0);
	f->spread_ms = number(spec, "spread_ms", 0);
	f->bytes = number(spec, "bytes", 100 << 20);
	f->retry_after = number(spec, "retry_after", 0);
	f->status = (int)number(spec, "status", kinds[k].status);
	f->effect = effect ? cJSON_IsTrue(effect) : kinds[k].effect;
	pthread_mutex_lock(&lock);
	f->id = next_rule++;
	*last = f;
	last = &f->next;
	pthread_mutex_unlock(&lock);
	return true;
}

static bool matches(const struct fault *f, const struct req *r)
{
	return fnmatch(f->method, r->method, 0) == 0 &&
	       (fnmatch(f->path, r->path, 0) == 0 || fnmatch(f->path, r->route_path, 0) == 0);
}

static bool due(struct fault *f)
{
	if (f->skip > 0) {
		f->skip--;
		return false;
	}
	if (!f->count)
		return false;
	if (f->count > 0)
		f->count--;
	f->hits++;
	return true;
}

static void note(struct req *r, const char *name)
{
	size_t n = strlen(r->fault);

	snprintf(r->fault + n, sizeof(r->fault) - n, "%s%s", n ? "+" : "", name);
}

void fault_pick(struct req *r, struct fault_hit *hit)
{
	*hit = (struct fault_hit){.effect = true};
	pthread_mutex_lock(&lock);
	for (struct fault *f = rules; f && !hit->kind; f = f->next) {
		if (!matches(f, r) || !due(f))
			continue;
		note(r, kinds[f->kind].name);
		hit->wait_ms += f->ms + (f->spread_ms > 0 ? random() % (f->spread_ms + 1) : 0);
		if (f->kind == LATENCY)
			continue;
		hit->kind = f->kind;
		hit->status = f->status;
		hit->effect = f->effect;
		hit->bytes = f->bytes;
		hit->retry_after = f->retry_after;
		hit->body = f->body ? need(strdup(f->body)) : NULL;
	}
	pthread_mutex_unlock(&lock);
}

void fault_clear(void)
{
	pthread_mutex_lock(&lock);
	for (struct fault *f = rules, *next; f; f = next) {
		next = f->next;
		free(f->method);
		free(f->path);
		free(f->body);
		free(f);
	}
	rules = NULL;
	last = &rules;
	generation++;
	pthread_mutex_unlock(&lock);
}

void fault_list(struct buf *out)
{
	pthread_mutex_lock(&lock);
	buf_str(out, "[");
	for (struct fault *f = rules; f; f = f->next) {
		buf_printf(out, "{\"id\":%lld,\"kind\":\"%s\",\"method\":", (long long)f->id, kinds[f->kind].name);
		buf_json(out, f->method);
		buf_str(out, ",\"path\":");
		buf_json(out, f->path);
		buf_printf(out, ",\"count\":%lld,\"skip\":%lld,\"hits\":%lld}%s", (long long)f->count,
			(long long)f->skip, (long long)f->hits, f->next ? "," : "");
	}
	buf_str(out, "]\n");
	pthread_mutex_unlock(&lock);
}

bool fault_pause(int fd, int64_t ms)
{
	int64_t until = mono_ms() + ms;
	unsigned born = generation;

	while (ms < 0 || mono_ms() < until) {
		struct pollfd p = {.fd = fd, .events = POLLRDHUP};
		int64_t left = ms < 0 ? 200 : until - mono_ms();

		if (poll(&p, 1, (int)(left > 200 ? 200 : left)) > 0 || generation != born || sb.stopping)
			return false;
	}
	return true;
}

/* ---- the faulty bodies ---- */

static bool more_ones(struct req *r, struct buf *out)
{
	(void)r;
	for (int i = 0; i < 8192; i++)
		buf_add(out, "1,", 2);
	return true;
}

/* cursor counts the bytes still to come, the closing quote and bracket included */
static bool more_huge(struct req *r, struct buf *out)
{
	for (int i = 0; i < 32768 && r->cursor > 2; i++) {
		buf_add(out, "x", 1);
		r->cursor--;
	}
	if (r->cursor > 2)
		return true;
	buf_str(out, "\"]");
	return false;
}

static void whole_body(struct req *r)
{
	while (r->more && r->more(r, &r->out))
		;
	r->more = NULL;
}

static void nest(struct buf *out)
{
	for (int i = 0; i < 100000; i++)
		buf_add(out, "[", 1);
	for (int i = 0; i < 100000; i++)
		buf_add(out, "]", 1);
}

static void replace(struct req *r, const struct fault_hit *hit, const char *type, const char *otherwise)
{
	r->out.n = 0;
	r->more = NULL;
	r->status = hit->status;
	r->type = hit->body && hit->body[0] == '<' ? "text/html" : type;
	buf_str(&r->out, hit->body ? hit->body : otherwise);
}

void fault_body(struct req *r, const struct fault_hit *hit)
{
	switch (hit->kind) {
	case STATUS:
		replace(r, hit, "application/json",
			hit->status == 429 ? "{\"error\":\"Too many requests\"}" : "{\"error\":\"Injected fault\"}");
		r->retry_after = hit->retry_after;
		break;
	case CUT:
		whole_body(r);
		r->cut_at = r->out.n / 2;
		break;
	case DRIP:
		whole_body(r);
		r->drip_ms = 1000;
		break;
	case JUNK:
		replace(r, hit, "application/json", "[{\"id\":700001,\"name\":\"Ba");
		break;
	case EMPTY:
		replace(r, hit, "application/json", "");
		break;
	case HTML:
		replace(r, hit, "text/html", "<!DOCTYPE html><html><body><h1>One moment</h1></body></html>");
		break;
	case OK_FALSE:
		replace(r, hit, "application/json", "{\"ok\":false,\"error\":\"Something went wrong\"}");
		break;
	case DEEP:
		replace(r, hit, "application/json", "");
		nest(&r->out);
		break;
	case ENDLESS:
		replace(r, hit, "application/json", "[");
		r->more = more_ones;
		break;
	case HUGE_BODY:
		replace(r, hit, "application/json", "[\"");
		r->cursor = hit->bytes - 2;
		r->more = more_huge;
		break;
	default:
		break;
	}
}
