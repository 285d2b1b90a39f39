#include "fs/format/json.h"

#include <errno.h>

#include "fs/base/limits.h"
#include "fs/format/json_scan.h"
#include "fs/format/utf8.h"

/*
 * The check is a loop over values, not a recursion: close[] holds the bracket that ends each open container. Each step
 * takes what is due at `p` and returns NULL, or what is wrong at `p`.
 */
struct check {
	const char *p, *end;
	char close[JSON_DEPTH_MAX];
	size_t depth;
};

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static const char *take_escape(struct check *c)
{
	if (c->end - c->p < 2)
		return "a string is not closed";
	if (c->p[1] != 'u') {
		if (!c->p[1] || !strchr("\"\\/bfnrt", c->p[1]))
			return "no such escape (a backslash itself is \\\\)";
		c->p += 2;
		return NULL;
	}
	if (c->end - c->p < 6)
		return "\\u needs four hexadecimal digits";
	for (int i = 2; i < 6; i++)
		if (!is_hex(c->p[i]))
			return "\\u needs four hexadecimal digits";
	c->p += 6;
	return NULL;
}

static const char *take_not_ascii(struct check *c)
{
	while (c->p < c->end && (unsigned char)*c->p >= 0x80) {
		uint32_t code;
		size_t n = utf8_next((struct slice){c->p, (size_t)(c->end - c->p)}, &code);
		if (code == UTF8_BAD)
			return "not valid UTF-8";
		c->p += n;
	}
	return NULL;
}

static const char *take_string(struct check *c)
{
	const char *start = c->p++, *wrong = NULL;
	while (!wrong) {
		c->p = json_skip_plain(c->p, c->end);
		if (c->p == c->end) {
			c->p = start;
			return "this string is not closed";
		}
		if (*c->p == '"') {
			c->p++;
			return NULL;
		}
		if (*c->p == '\\')
			wrong = take_escape(c);
		else if ((unsigned char)*c->p >= 0x80)
			wrong = take_not_ascii(c);
		else
			wrong = *c->p == '\n' || *c->p == '\r' ? "a line break in a string (write \\n)"
							       : "a control character in a string";
	}
	return wrong;
}

static bool take_digits(struct check *c)
{
	const char *start = c->p;
	while (c->p < c->end && *c->p >= '0' && *c->p <= '9')
		c->p++;
	return c->p > start;
}

static bool take_char(struct check *c, char wanted)
{
	if (c->p == c->end || *c->p != wanted)
		return false;
	c->p++;
	return true;
}

static const char *take_number(struct check *c)
{
	take_char(c, '-');
	if (take_char(c, '0')) {
		if (c->p < c->end && *c->p >= '0' && *c->p <= '9')
			return "a number must not begin with 0";
	} else if (!take_digits(c)) {
		return "a digit is missing";
	}
	if (take_char(c, '.') && !take_digits(c))
		return "a digit is missing behind the point";
	if (take_char(c, 'e') || take_char(c, 'E')) {
		if (!take_char(c, '+'))
			take_char(c, '-');
		if (!take_digits(c))
			return "a digit is missing in the exponent";
	}
	return NULL;
}

static const char *take_word(struct check *c, const char *word)
{
	size_t len = strlen(word);
	if ((size_t)(c->end - c->p) < len || memcmp(c->p, word, len) != 0)
		return "a value is missing here (a text needs double quotes)";
	c->p += len;
	return NULL;
}

static const char *take_scalar(struct check *c)
{
	if (c->p == c->end)
		return "the text ends where a value is missing";
	switch (*c->p) {
	case '"':
		return take_string(c);
	case 't':
		return take_word(c, "true");
	case 'f':
		return take_word(c, "false");
	case '-':
	case '0' ... '9':
		return take_number(c);
	default:
		return take_word(c, "null");
	}
}

/* The name of a member and its colon. */
static const char *take_key(struct check *c)
{
	c->p = json_skip_space(c->p, c->end);
	if (c->p == c->end || *c->p != '"')
		return "a name in double quotes is missing here";
	const char *wrong = take_string(c);
	if (wrong)
		return wrong;
	c->p = json_skip_space(c->p, c->end);
	if (!take_char(c, ':'))
		return "a ':' is missing here";
	c->p = json_skip_space(c->p, c->end);
	return NULL;
}

/* Takes opening brackets up to the first scalar or empty container. */
static const char *take_value(struct check *c)
{
	for (;;) {
		c->p = json_skip_space(c->p, c->end);
		if (c->p == c->end || (*c->p != '{' && *c->p != '['))
			return take_scalar(c);
		if (c->depth == JSON_DEPTH_MAX)
			return "nested too deep";
		char close = *c->p++ == '{' ? '}' : ']';
		c->p = json_skip_space(c->p, c->end);
		if (take_char(c, close))
			return NULL;
		c->close[c->depth++] = close;
		const char *wrong = close == '}' ? take_key(c) : NULL;
		if (wrong)
			return wrong;
	}
}

/* Takes closing brackets, then the comma in front of the next value; depth 0: the text's value is complete. */
static const char *take_next(struct check *c)
{
	while (c->depth > 0) {
		c->p = json_skip_space(c->p, c->end);
		char close = c->close[c->depth - 1];
		if (take_char(c, close)) {
			c->depth--;
			continue;
		}
		if (!take_char(c, ','))
			return close == '}' ? "a ',' or '}' is missing here" : "a ',' or ']' is missing here";
		return close == '}' ? take_key(c) : NULL;
	}
	return NULL;
}

/* Columns count characters, as editors do. */
static int refuse_at(const char *start, const char *p, const char *wrong, struct refusal *why)
{
	size_t line = 1, column = 1;
	for (; start < p; start++) {
		if (*start == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*start & 0xC0) != 0x80) {
			column++;
		}
	}
	return refuse(why, EINVAL, "line %zu, column %zu: %s", line, column, wrong);
}

int json_check(struct slice text, struct refusal *why)
{
	if (text.len == 0)
		return refuse(why, EINVAL, "line 1, column 1: the text is empty");
	struct check c = {.p = text.ptr, .end = text.ptr + text.len};
	const char *wrong;
	do {
		wrong = take_value(&c);
		if (!wrong)
			wrong = take_next(&c);
	} while (!wrong && c.depth > 0);
	if (!wrong) {
		c.p = json_skip_space(c.p, c.end);
		wrong = c.p < c.end ? "something follows the value" : NULL;
	}
	return wrong ? refuse_at(text.ptr, c.p, wrong, why) : 0;
}
