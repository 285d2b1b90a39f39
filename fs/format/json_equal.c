#include "fs/format/json.h"

#include <stdlib.h>

#include "fs/base/limits.h"
#include "fs/format/json_scan.h"

/*
 * Objects are compared by their members sorted by name, so that a hostile object of a million members costs no more
 * than sorting it. The members of all objects under way lie one behind the other in one buf.
 */
struct member {
	struct slice name; /* raw, without the quotes */
	struct slice value;
};

static bool equal_at(struct slice a, struct slice b, size_t depth, struct buf *members);

static int compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int order = json_raw_compare(x->name, y->name);
	/* The same name twice: keep the order of the text. */
	return order ? order : (x->name.ptr > y->name.ptr) - (x->name.ptr < y->name.ptr);
}

static struct member *member_at(struct buf *members, size_t i)
{
	return (struct member *)(void *)members->data + i;
}

/* Adds the object's members sorted, of each name the last; returns how many. */
static size_t add_members(struct slice object, struct buf *members)
{
	size_t start = members->len / sizeof(struct member), count = 0;
	for (struct json_walk w = json_walk(object); json_next(&w); count++) {
		struct member m = {{w.key.ptr + 1, w.key.len - 2}, w.value};
		buf_add(members, &m, sizeof m);
	}
	if (buf_failed(members) || count == 0)
		return 0;
	struct member *all = member_at(members, start);
	qsort(all, count, sizeof *all, compare_members);
	size_t kept = 0;
	for (size_t i = 0; i < count; i++)
		if (i + 1 == count || json_raw_compare(all[i].name, all[i + 1].name) != 0)
			all[kept++] = all[i];
	buf_truncate(members, (start + kept) * sizeof *all);
	return kept;
}

static bool objects_equal(struct slice a, struct slice b, size_t depth, struct buf *members)
{
	size_t before = members->len, start = before / sizeof(struct member);
	size_t count = add_members(a, members);
	bool equal = add_members(b, members) == count;
	for (size_t i = 0; equal && i < count; i++) {
		/* By value: the comparison below may move the buf. */
		struct member x = *member_at(members, start + i), y = *member_at(members, start + count + i);
		equal = json_raw_compare(x.name, y.name) == 0 && equal_at(x.value, y.value, depth, members);
	}
	buf_truncate(members, before);
	return equal;
}

static bool arrays_equal(struct slice a, struct slice b, size_t depth, struct buf *members)
{
	struct json_walk x = json_walk(a), y = json_walk(b);
	for (;;) {
		bool more = json_next(&x);
		if (more != json_next(&y))
			return false;
		if (!more)
			return true;
		if (!equal_at(x.value, y.value, depth, members))
			return false;
	}
}

/* A number as sign, digits without zeros at either end, and the power of ten of the last digit. */
struct number {
	bool negative;
	struct slice digits; /* with a point in it, perhaps */
	int64_t exponent;
};

/* The exponent's value; false: too large to count with. */
static bool read_exponent(struct slice text, int64_t *ret_exponent)
{
	bool negative = text.len > 0 && text.ptr[0] == '-';
	if (negative || (text.len > 0 && text.ptr[0] == '+'))
		text = slice_skip(text, 1);
	int64_t number = 0;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9' || __builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, text.ptr[i] - '0', &number) || number > INT64_MAX / 4)
			return false;
	*ret_exponent = negative ? -number : number;
	return true;
}

static bool read_number(struct slice text, struct number *n)
{
	*n = (struct number){.negative = text.len > 0 && text.ptr[0] == '-'};
	text = slice_skip(text, n->negative);
	size_t len = 0;
	while (len < text.len && text.ptr[len] != 'e' && text.ptr[len] != 'E')
		len++;
	if (!read_exponent(slice_skip(text, len + 1), &n->exponent))
		return false;
	const char *point = memchr(text.ptr, '.', len);
	if (point)
		n->exponent -= (int64_t)(text.ptr + len - point - 1);
	while (len > 0 && (text.ptr[len - 1] == '0' || text.ptr[len - 1] == '.')) {
		len--;
		n->exponent += text.ptr[len] == '0';
	}
	size_t lead = 0;
	while (lead < len && (text.ptr[lead] == '0' || text.ptr[lead] == '.'))
		lead++;
	n->digits = (struct slice){text.ptr + lead, len - lead};
	if (n->digits.len == 0)
		*n = (struct number){.digits = SLICE_LITERAL("")};
	return true;
}

static bool numbers_equal(struct slice a, struct slice b)
{
	struct number x, y;
	if (slice_equal(a, b))
		return true;
	if (!read_number(a, &x) || !read_number(b, &y) || x.negative != y.negative || x.exponent != y.exponent)
		return false;
	size_t i = 0, j = 0;
	for (;;) {
		i += i < x.digits.len && x.digits.ptr[i] == '.';
		j += j < y.digits.len && y.digits.ptr[j] == '.';
		if (i == x.digits.len || j == y.digits.len)
			return i == x.digits.len && j == y.digits.len;
		if (x.digits.ptr[i++] != y.digits.ptr[j++])
			return false;
	}
}

static bool equal_at(struct slice a, struct slice b, size_t depth, struct buf *members)
{
	struct slice x, y;
	enum json_kind kind = json_kind(a);
	if (kind != json_kind(b) || depth > JSON_DEPTH_MAX)
		return false;
	switch (kind) {
	case JSON_NONE:
		return false;
	case JSON_OBJECT:
		return objects_equal(a, b, depth + 1, members);
	case JSON_ARRAY:
		return arrays_equal(a, b, depth + 1, members);
	case JSON_STRING:
		return json_raw_string(a, &x) && json_raw_string(b, &y) && json_raw_compare(x, y) == 0;
	case JSON_NUMBER:
		return numbers_equal(json_first(a), json_first(b));
	default:
		return slice_equal(json_first(a), json_first(b));
	}
}

bool json_equal(struct slice a, struct slice b)
{
	struct buf members = BUF_INIT;
	a = json_first(a); /* empty where the text ends too early */
	bool equal = equal_at(a, json_first(b), 0, &members) && !buf_failed(&members);
	buf_release(&members);
	return equal;
}
