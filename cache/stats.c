#include "cache/parts.h"

#include "fs/base/clock.h"

int64_t cache_oldest_stale_ms(struct cache *c)
{
	int64_t oldest = 0;
	struct entry *e;
	monitor_lock(c->conf.monitor);
	int64_t now = clock_ms();
	DL_FOREACH (c->used, e) {
		if (!e->answer || e->trouble_until_ms == 0)
			continue;
		int64_t age = now - e->answer->fetched_ms;
		if (age > oldest)
			oldest = age;
	}
	monitor_unlock(c->conf.monitor);
	return oldest;
}

static void add_json_text(struct buf *out, const char *text)
{
	buf_add_char(out, '"');
	for (; *text; text++) {
		unsigned char ch = (unsigned char)*text;
		if (ch < 0x20)
			buf_printf(out, "\\u%04x", ch);
		else if (ch == '"' || ch == '\\')
			buf_printf(out, "\\%c", ch);
		else
			buf_add_char(out, (char)ch);
	}
	buf_add_char(out, '"');
}

static void add_flight(struct buf *out, const struct flight *f, int64_t now)
{
	const struct waiter *w;
	buf_add_str(out, "{\"key\":");
	add_json_text(out, f->key);
	buf_printf(out, ",\"age_ms\":%lld,\"superseded\":%s,\"waiters\":[", (long long)(now - f->began_ms),
		f->entry ? "false" : "true");
	DL_FOREACH (f->waiters, w)
		buf_printf(out, "%s%d", w == f->waiters ? "" : ",", (int)w->caller->pid);
	buf_add_str(out, "]}");
}

void cache_stats(struct cache *c, struct buf *out)
{
	int64_t oldest = cache_oldest_stale_ms(c);
	const struct flight *f;
	monitor_lock(c->conf.monitor);
	const struct cache_counts *n = &c->counts;
	buf_printf(out, "{\"entries\":%u,\"bytes\":%zu,\"bytes_max\":%zu,\"spilled_bytes\":%zu", HASH_COUNT(c->table),
		c->bytes, c->conf.size_bytes, c->spilled);
	buf_printf(out, ",\"hits\":%llu,\"misses\":%llu,\"joined\":%llu,\"missing\":%llu", n->hits, n->misses,
		n->joined, n->missing);
	buf_printf(out, ",\"stale_served\":%llu,\"failed\":%llu,\"evicted\":%llu", n->stale, n->failed, n->evicted);
	buf_printf(out, ",\"oldest_stale_ms\":%lld,\"waiting\":%d,\"flights\":[", (long long)oldest,
		c->conf.monitor->waiting);
	int64_t now = clock_ms();
	DL_FOREACH (c->flights, f) {
		if (f != c->flights)
			buf_add_char(out, ',');
		add_flight(out, f, now);
	}
	monitor_unlock(c->conf.monitor);
	buf_add_str(out, "]}");
}
