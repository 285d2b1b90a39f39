/* blocklist.c - blocklist: an address or a domain a line. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/api/answer.h"
#include "fs/base/cleanup.h"
#include "fs/base/limits.h"
#include "fs/format/json.h"
#include "fs/tree/blocklist.h"
#include "fs/tree/fields.h"
#include "fs/tree/subjects.h"

enum { BLOCK_PAGE = 1000 };

/* Appends the entry; what would break its line is replaced. */
static void add_entry(struct slice entry, struct buf *out)
{
	for (size_t i = 0; i < entry.len; i++) {
		unsigned char c = (unsigned char)entry.ptr[i];
		if (c <= ' ' || c == 0x7F)
			buf_add_str(out, "\xEF\xBF\xBD");
		else
			buf_add_char(out, (char)c);
	}
}

int blocklist_rows(struct slice body, struct seen *seen, struct buf *out, int64_t *ret_rows, int64_t *ret_fresh,
	struct refusal *why)
{
	_cleanup_buf_ struct buf entry = BUF_INIT, id = BUF_INIT;
	struct slice list, value;
	int64_t number;
	*ret_rows = *ret_fresh = 0;
	if (!answer_list(body, &list))
		return refuse(why, EIO, "the service answered with something else than a list");
	seen_page(seen);
	for (struct json_walk w = json_walk(list); json_next(&w);) {
		buf_clear(&entry);
		buf_clear(&id);
		if (json_kind(w.value) == JSON_STRING)
			json_text(w.value, &entry);
		else
			field_text(w.value, "email_or_domain|email|domain", &entry);
		if (entry.len == 0)
			return refuse(why, EIO, "the service sent an entry without address or domain");
		if (json_member(w.value, "id", &value) && json_int(value, &number))
			buf_add_int(&id, number);
		else
			buf_add_char(&id, '-');
		++*ret_rows;
		if (seen_before(seen, slice_is(buf_slice(&id), "-") ? buf_slice(&entry) : buf_slice(&id)))
			continue;
		++*ret_fresh;
		buf_add_slice(out, buf_slice(&id));
		buf_add_char(out, ' ');
		add_entry(buf_slice(&entry), out);
		buf_add_char(out, '\n');
		out->failed |= entry.failed | id.failed;
	}
	return buf_failed(out) ? refuse_memory(why) : 0;
}

int blocklist_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	struct slice rest = blob_slice(from->v[0]->body);
	(void)at, (void)why;
	buf_reserve(&out->text, rest.len);
	while (rest.len) {
		const char *end = memchr(rest.ptr, '\n', rest.len), *blank = memchr(rest.ptr, ' ', rest.len);
		size_t len = end ? (size_t)(end - rest.ptr) + 1 : rest.len;
		size_t skip = blank && (size_t)(blank - rest.ptr) < len ? (size_t)(blank - rest.ptr) + 1 : 0;
		buf_add(&out->text, rest.ptr + skip, len - skip);
		rest = slice_skip(rest, len);
	}
	return 0;
}

/* The resource: "block-list". */

struct blocklist {
	struct spool text;
	struct seen seen;
	int64_t rows; /* so far, with those that came twice: the next offset */
	bool more;
};

void blocklist_free(void *state)
{
	struct blocklist *b = state;
	spool_release(&b->text);
	seen_release(&b->seen);
	free(b);
}

bool blocklist_next(struct fetch *f)
{
	struct blocklist *b = f->state;
	if (!b) {
		f->state = b = calloc(1, sizeof *b);
		if (!b)
			return false;
		spool_init(&b->text, EXPORT_BYTES_MAX);
		b->more = true;
	}
	if (!b->more)
		return false;
	snprintf(f->args[0], sizeof f->args[0], "%lld", (long long)b->rows);
	snprintf(f->args[1], sizeof f->args[1], "%d", BLOCK_PAGE);
	f->request.args[0] = f->args[0];
	f->request.args[1] = f->args[1];
	return true;
}

int blocklist_take(struct fetch *f, struct reply *reply, struct refusal *why)
{
	struct blocklist *b = f->state;
	_cleanup_buf_ struct buf text = BUF_INIT;
	int64_t rows, fresh;
	int rc = blocklist_rows(blob_slice(reply->body), &b->seen, &text, &rows, &fresh, why);
	if (rc == 0 && rows > 0 && fresh == 0)
		rc = refuse(why, EIO, "the service sends the same page again and again");
	if (rc == 0)
		rc = spool_add(&b->text, buf_text(&text), text.len, why);
	b->rows += rows;
	b->more = page_may_go_on(rows, BLOCK_PAGE);
	return rc;
}

struct answer *blocklist_finish(struct fetch *f, struct refusal *why)
{
	struct blocklist *b = f->state;
	if (!b) {
		refuse_memory(why);
		return NULL;
	}
	struct blob *body = spool_finish(&b->text, why);
	struct answer *a = body ? answer_new(body, NULL, NULL, 0) : NULL;
	if (body && !a)
		refuse_memory(why);
	return a;
}
