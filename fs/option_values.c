#include "fs/option_row.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/base/cleanup.h"

void *option_member(struct options *o, const struct option_row *row)
{
	return (char *)o + row->at;
}

static int bad_value(const struct option_row *row, const char *value, const char *wanted, struct refusal *why)
{
	return refuse(why, EINVAL, "option %s: \"%s\" is not %s", row->name, value, wanted);
}

/* Digits only: no sign, no blank, nothing behind them but what `end` gets. */
static bool parse_digits(const char *text, int64_t *ret_number, const char **end)
{
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	char *after;
	long long n = strtoll(text, &after, 10);
	*ret_number = n;
	*end = after;
	return errno == 0;
}

static int set_flag(struct options *o, const struct option_row *row, const char *value, struct refusal *why)
{
	static const char *const on[] = {"yes", "true", "on", "1"}, *const off[] = {"no", "false", "off", "0"};
	bool *flag = option_member(o, row);
	for (size_t i = 0; i < 4; i++) {
		if (!value || strcmp(value, on[i]) == 0) {
			*flag = true;
			return 0;
		}
		if (strcmp(value, off[i]) == 0) {
			*flag = false;
			return 0;
		}
	}
	return bad_value(row, value, "yes or no", why);
}

static int set_number(struct options *o, const struct option_row *row, const char *value, struct refusal *why)
{
	int64_t n;
	const char *end;
	if (!parse_digits(value, &n, &end) || (*end && row->kind == NUMBER))
		return bad_value(row, value, "a whole number", why);
	if (row->kind == SIZE && *end) {
		const char *unit = strchr("KMG", toupper((unsigned char)*end));
		if (!unit || end[1])
			return bad_value(row, value, "a size like 64M", why);
		int shift = *unit == 'K' ? 10 : *unit == 'M' ? 20 : 30;
		if (n > INT64_MAX >> shift)
			return bad_value(row, value, "that small", why);
		n <<= shift;
	}
	if (n < row->min || n > row->max)
		return refuse(why, EINVAL, "option %s: %s is not between %lld and %lld", row->name, value,
			(long long)row->min, (long long)row->max);
	*(int64_t *)option_member(o, row) = n;
	return 0;
}

static int set_word(struct options *o, const struct option_row *row, const char *value, struct refusal *why)
{
	for (int i = 0; row->words[i]; i++)
		if (strcmp(row->words[i], value) == 0) {
			*(int *)option_member(o, row) = i;
			return 0;
		}
	return refuse(why, EINVAL, "option %s: \"%s\" is not %s, %s or %s", row->name, value, row->words[0],
		row->words[1], row->words[2]);
}

static int set_rate(struct options *o, const struct option_row *row, const char *value, struct refusal *why)
{
	struct rate_window windows[RATE_WINDOWS_MAX];
	int count = 0;
	for (const char *p = value;; p++) {
		int64_t requests, seconds;
		if (!parse_digits(p, &requests, &p) || *p != '/' || !parse_digits(p + 1, &seconds, &p) ||
			(*p && *p != ',') || requests < row->min || seconds < row->min || requests > row->max ||
			seconds > row->max)
			return bad_value(row, value, "N/S[,N/S...] (N requests in S seconds)", why);
		if (count == RATE_WINDOWS_MAX)
			return refuse(why, EINVAL, "option rate: at most %d windows", RATE_WINDOWS_MAX);
		windows[count++] = (struct rate_window){(int)requests, (int)seconds};
		if (!*p)
			break;
	}
	memcpy(o->rate, windows, sizeof windows[0] * (size_t)count);
	o->rate_windows = count;
	return 0;
}

static int set_text(struct options *o, const struct option_row *row, const char *value, struct refusal *why)
{
	char *copy = strdup(value);
	char **text = option_member(o, row);
	if (!copy)
		return refuse_memory(why);
	free(*text);
	*text = copy;
	return 0;
}

int option_set_path(char **path, const char *value, struct refusal *why)
{
	_cleanup_buf_ struct buf b = BUF_INIT;
	if (*value != '/') {
		_cleanup_free_ char *cwd = getcwd(NULL, 0);
		if (!cwd)
			return refuse(why, errno, "current directory: %s", strerror(errno));
		buf_printf(&b, "%s/", cwd);
	}
	buf_add_str(&b, value);
	if (buf_failed(&b))
		return refuse_memory(why);
	free(*path);
	*path = buf_steal(&b);
	return 0;
}

int option_set(struct options *o, const struct option_row *row, const char *value, struct refusal *why)
{
	if (row->kind == FLAG)
		return set_flag(o, row, value, why);
	if (row->kind == DIRECTORY) {
		o->sandbox = true;
		return value && *value ? option_set_path(option_member(o, row), value, why) : 0;
	}
	if (!value || !*value)
		return refuse(why, EINVAL, "option %s needs a value", row->name);
	switch (row->kind) {
	case NUMBER:
	case SIZE:
		return set_number(o, row, value, why);
	case WORD:
		return set_word(o, row, value, why);
	case RATE:
		return set_rate(o, row, value, why);
	default:
		return set_text(o, row, value, why);
	}
}
