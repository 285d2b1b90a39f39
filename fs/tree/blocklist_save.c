/* blocklist_save.c - lines appended to blocklist block; a line that is taken out of it unblocks, where the service can. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/format/names.h"
#include "fs/tree/address_set.h"
#include "fs/tree/blocklist.h"
#include "fs/tree/plan.h"
#include "fs/tree/subjects.h"

enum { DOMAIN_BYTES_MAX = 253, LABEL_BYTES_MAX = 63, SHOWN_BYTES = 60 };

/* The next line of `rest`, trimmed; *number counts them. False: there is none. */
static bool next_line(struct slice *rest, struct slice *ret_line, size_t *number)
{
	if (rest->len == 0)
		return false;
	const char *end = memchr(rest->ptr, '\n', rest->len);
	struct slice line = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
	*rest = slice_skip(*rest, end ? line.len + 1 : line.len);
	*ret_line = slice_trim(line);
	++*number;
	return true;
}

/* Labels of letters, digits, hyphens (or of any language's letters), two at least, split by single dots. */
static bool is_domain(struct slice text)
{
	size_t label = 0, labels = 0;
	if (text.len > DOMAIN_BYTES_MAX || !utf8_valid(text))
		return false;
	for (size_t i = 0; i <= text.len; i++) {
		unsigned char c = i < text.len ? (unsigned char)text.ptr[i] : '.';
		if (c != '.') {
			if (!isalnum(c) && c != '-' && c < 0x80)
				return false;
			label++;
			continue;
		}
		if (label == 0 || label > LABEL_BYTES_MAX || text.ptr[i - label] == '-' || text.ptr[i - 1] == '-')
			return false;
		label = 0;
		labels++;
	}
	return labels >= 2;
}

bool blocklist_entry_valid(struct slice text)
{
	const char *at = memchr(text.ptr, '@', text.len);
	if (!at)
		return is_domain(text);
	return address_valid(text) && is_domain(slice_skip(text, (size_t)(at - text.ptr) + 1));
}

/* Checks one new line and puts it into the request, unless it stood there before. */
static int add_entry(struct slice line, size_t number, struct address_set *seen, struct buf *entries, struct refusal *why)
{
	_cleanup_buf_ struct buf folded = BUF_INIT;
	bool is_new;
	if (!blocklist_entry_valid(line))
		return refuse(why, EINVAL, "line %zu: \"%.*s\" is neither an e-mail address nor a domain; nothing was sent", number,
			(int)(line.len < SHOWN_BYTES ? line.len : SHOWN_BYTES), line.ptr);
	if (address_set_add(seen, line, &is_new) < 0)
		return refuse_memory(why);
	if (!is_new)
		return 0;
	address_fold(line, &folded);
	buf_add_char(entries, entries->len ? ',' : '[');
	json_quote(buf_slice(&folded), entries);
	return buf_failed(&folded) ? refuse_memory(why) : 0;
}

static int plan_block(struct buf *entries, struct plan *out, struct refusal *why)
{
	_cleanup_buf_ struct buf body = BUF_INIT;
	if (entries->len == 0)
		return 0;
	buf_add_char(entries, ']');
	buf_add_str(&body, "{\"entries\":");
	buf_add_slice(&body, buf_slice(entries));
	buf_add_char(&body, '}');
	if (buf_failed(entries) || buf_failed(&body))
		return refuse_memory(why);
	plan_add(out, EP_BLOCK_ADD, NULL, buf_slice(&body));
	/* The ids of new entries, by which they are unblocked, are the service's. */
	plan_stale(out, BLOCK_LIST, "");
	return 0;
}

int blocklist_append(const struct ids *at, const struct answers *base, struct slice text, struct plan *out, struct refusal *why)
{
	struct address_set seen = {.text = BUF_INIT};
	_cleanup_buf_ struct buf entries = BUF_INIT;
	struct slice line;
	size_t number = 0;
	int rc = 0;
	(void)at, (void)base;
	while (rc == 0 && next_line(&text, &line, &number))
		if (line.len)
			rc = add_entry(line, number, &seen, &entries, why);
	address_set_release(&seen);
	return rc < 0 ? rc : plan_block(&entries, out, why);
}

/* All lines of a text, as a set. */
static int read_set(struct slice text, struct address_set *set, struct refusal *why)
{
	struct slice line;
	size_t number = 0;
	bool is_new;
	while (next_line(&text, &line, &number))
		if (line.len && address_set_add(set, line, &is_new) < 0)
			return refuse_memory(why);
	return 0;
}

/* What is blocked but no longer in the text. */
static int plan_unblock(struct slice kept, const struct address_set *wanted, struct plan *out, struct buf *ids, struct refusal *why)
{
	struct slice line;
	size_t number = 0;
	while (next_line(&kept, &line, &number)) {
		const char *blank = memchr(line.ptr, ' ', line.len);
		size_t len = blank ? (size_t)(blank - line.ptr) : line.len;
		struct slice id = {line.ptr, len}, entry = slice_skip(line, blank ? len + 1 : len);
		_cleanup_buf_ struct buf arg = BUF_INIT;
		if (address_set_find(wanted, entry) >= 0)
			continue;
		if (slice_is(id, "-"))
			return refuse(why, EIO, "the service gives \"%.*s\" no id, so it can't be unblocked; nothing was sent",
				(int)(entry.len < SHOWN_BYTES ? entry.len : SHOWN_BYTES), entry.ptr);
		buf_add_slice(&arg, id);
		buf_printf(ids, "%s ", buf_text(&arg));
		plan_add(out, EP_BLOCK_REMOVE, (const char *const[]){buf_text(&arg), NULL}, (struct slice){0});
		out->deletions++;
		if (buf_failed(&arg))
			return refuse_memory(why);
	}
	return 0;
}

int blocklist_commit(const struct ids *at, const struct answers *base, struct slice text, struct plan *out, struct refusal *why)
{
	struct address_set wanted = {.text = BUF_INIT}, known = {.text = BUF_INIT};
	_cleanup_buf_ struct buf entries = BUF_INIT, removed = BUF_INIT;
	struct content now = {.text = BUF_INIT};
	struct slice line, rest = text;
	size_t number = 0;
	int rc = blocklist_render(at, base, &now, why);
	if (rc == 0)
		rc = read_set(buf_slice(&now.text), &known, why);
	if (rc == 0)
		rc = read_set(text, &wanted, why);
	/* New ones first: whoever is to be blocked is blocked even if the rest fails. */
	while (rc == 0 && next_line(&rest, &line, &number))
		if (line.len && address_set_find(&known, line) < 0)
			rc = add_entry(line, number, &known, &entries, why);
	bool adds = entries.len > 0;
	if (rc == 0)
		rc = plan_block(&entries, out, why);
	if (rc == 0)
		rc = plan_unblock(blob_slice(base->v[0]->body), &wanted, out, &removed, why);
	if (rc == 0 && out->deletions && !adds)
		plan_edit(out, BLOCK_LIST, "", blocklist_remove_ids, (const char *const[]){buf_text(&removed), NULL});
	address_set_release(&wanted);
	address_set_release(&known);
	buf_release(&now.text);
	return rc == 0 && buf_failed(&removed) ? refuse_memory(why) : rc;
}

/* An edit: without the lines of the ids in args[0]. */
struct answer *blocklist_remove_ids(const struct answer *old, char *const args[REQUEST_ARGS])
{
	struct address_set gone = {.text = BUF_INIT};
	struct buf text = BUF_INIT;
	struct slice rest = blob_slice(old->body);
	bool is_new, failed = false;
	for (char *id = args[0], *end; (end = strchr(id, ' ')); id = end + 1)
		failed |= address_set_add(&gone, (struct slice){id, (size_t)(end - id)}, &is_new) < 0;
	while (rest.len) {
		const char *end = memchr(rest.ptr, '\n', rest.len), *blank = memchr(rest.ptr, ' ', rest.len);
		size_t len = end ? (size_t)(end - rest.ptr) + 1 : rest.len;
		struct slice id = {rest.ptr, blank ? (size_t)(blank - rest.ptr) : 0};
		if (address_set_find(&gone, id) < 0)
			buf_add(&text, rest.ptr, len);
		rest = slice_skip(rest, len);
	}
	address_set_release(&gone);
	struct blob *body = failed || buf_failed(&text) ? NULL : blob_from_buf(&text);
	buf_release(&text);
	return body ? answer_new(body, NULL, NULL, 0) : NULL;
}

/* Appends the lines that are not in `leave`, or are in `unless` (which may be NULL) as well. */
static void copy_lines(struct slice text, const struct address_set *leave, const struct address_set *unless, struct buf *out)
{
	struct slice line;
	size_t number = 0;
	while (next_line(&text, &line, &number)) {
		if (line.len == 0 || (address_set_find(leave, line) >= 0 && (!unless || address_set_find(unless, line) < 0)))
			continue;
		buf_add_slice(out, line);
		buf_add_char(out, '\n');
	}
}

int blocklist_merge(struct slice seen, struct slice text, struct slice now, struct buf *out, size_t *ret_left_alone,
	struct refusal *why)
{
	struct address_set read = {.text = BUF_INIT}, wanted = {.text = BUF_INIT}, there = {.text = BUF_INIT};
	struct slice line, rest = now;
	size_t number = 0;
	bool is_new;
	int rc = read_set(seen, &read, why);
	if (rc == 0)
		rc = read_set(text, &wanted, why);
	if (rc == 0)
		rc = read_set(now, &there, why);
	*ret_left_alone = 0;
	while (rc == 0 && next_line(&rest, &line, &number))
		*ret_left_alone += line.len && address_set_find(&wanted, line) < 0 && address_set_find(&read, line) < 0;
	if (rc == 0) {
		/* What was read and is missing now goes; what was read, kept, and is gone from the service, stays gone. */
		copy_lines(now, &read, &wanted, out);
		for (size_t i = 0; i < read.count && rc == 0; i++)
			if (address_set_add(&there, slice_of(read.text.data + read.at[i]), &is_new) < 0)
				rc = refuse_memory(why);
		copy_lines(text, &there, NULL, out);
	}
	address_set_release(&read);
	address_set_release(&wanted);
	address_set_release(&there);
	return rc == 0 && buf_failed(out) ? refuse_memory(why) : rc;
}
