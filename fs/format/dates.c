#include "fs/format/dates.h"

enum { YEAR_MAX = 9999 };

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
	static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && leap(year) ? 29 : days[month - 1];
}

/* Counts from March, so that the leap day ends the year (Howard Hinnant's days_from_civil). */
int64_t date_to_day(struct date date)
{
	int64_t year = date.month <= 2 ? date.year - 1 : date.year;
	int64_t month = date.month <= 2 ? date.month + 9 : date.month - 3;
	int64_t day_of_year = (153 * month + 2) / 5 + date.day - 1;
	return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

struct date date_from_day(int64_t day)
{
	const struct date first = {1, 1, 1}, last = {YEAR_MAX, 12, 31};
	if (day <= date_to_day(first))
		return first;
	if (day >= date_to_day(last))
		return last;
	int64_t n = day + 719468;
	int64_t era = n / 146097, of_era = n % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;
	return (struct date){
		.year = (int)(year + era * 400 + (month >= 10)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(of_year - (153 * month + 2) / 5 + 1),
	};
}

/* Takes `n` digits from the front. */
static bool take_digits(struct slice *text, size_t n, int *ret_number)
{
	if (text->len < n)
		return false;
	int number = 0;
	for (size_t i = 0; i < n; i++) {
		if (text->ptr[i] < '0' || text->ptr[i] > '9')
			return false;
		number = number * 10 + (text->ptr[i] - '0');
	}
	*text = slice_skip(*text, n);
	*ret_number = number;
	return true;
}

static bool take_char(struct slice *text, char c)
{
	if (text->len == 0 || text->ptr[0] != c)
		return false;
	*text = slice_skip(*text, 1);
	return true;
}

static bool take_date(struct slice *text, int64_t *ret_day)
{
	struct date d;
	if (!take_digits(text, 4, &d.year) || !take_char(text, '-') || !take_digits(text, 2, &d.month) ||
		!take_char(text, '-') || !take_digits(text, 2, &d.day))
		return false;
	if (d.year < 1 || d.month < 1 || d.month > 12 || d.day < 1 || d.day > month_days(d.year, d.month))
		return false;
	*ret_day = date_to_day(d);
	return true;
}

bool date_parse(struct slice text, int64_t *ret_day)
{
	int64_t day;
	if (!take_date(&text, &day) || text.len != 0)
		return false;
	*ret_day = day;
	return true;
}

void date_print(int64_t day, struct buf *out)
{
	struct date d = date_from_day(day);
	buf_printf(out, "%04d-%02d-%02d", d.year, d.month, d.day);
}

/* HH:MM:SS; a leap second counts as the next one. */
static bool take_clock(struct slice *text, int64_t *ret_s)
{
	int hour, minute, second;
	if (!take_digits(text, 2, &hour) || !take_char(text, ':') || !take_digits(text, 2, &minute) ||
		!take_char(text, ':') || !take_digits(text, 2, &second))
		return false;
	*ret_s = hour * 3600 + minute * 60 + second;
	return hour <= 23 && minute <= 59 && second <= 60;
}

/* ".826", ".448094": what is finer than a millisecond is dropped. */
static bool take_fraction(struct slice *text, int64_t *ret_ms)
{
	*ret_ms = 0;
	if (!take_char(text, '.'))
		return true;
	int digit, unit = 100;
	if (!take_digits(text, 1, &digit))
		return false;
	do {
		*ret_ms += digit * unit;
		unit /= 10;
	} while (take_digits(text, 1, &digit));
	return true;
}

/* "Z", "+00:00", "+0000", "+00" or nothing. */
static bool take_zone(struct slice *text, int64_t *ret_s)
{
	*ret_s = 0;
	if (text->len == 0 || take_char(text, 'Z'))
		return true;
	int sign = take_char(text, '-') ? -1 : 1, hours, minutes = 0;
	if (sign > 0 && !take_char(text, '+'))
		return false;
	if (!take_digits(text, 2, &hours))
		return false;
	if ((take_char(text, ':') || text->len > 0) && !take_digits(text, 2, &minutes))
		return false;
	*ret_s = sign * (hours * 3600 + minutes * 60);
	return hours <= 23 && minutes <= 59;
}

bool time_parse(struct slice text, int64_t *ret_ms)
{
	int64_t day, clock_s, ms, zone_s;
	if (!take_date(&text, &day) || (!take_char(&text, 'T') && !take_char(&text, ' ')) ||
		!take_clock(&text, &clock_s) || !take_fraction(&text, &ms) || !take_zone(&text, &zone_s) ||
		text.len != 0)
		return false;
	*ret_ms = (day * 86400 + clock_s - zone_s) * 1000 + ms;
	return true;
}
