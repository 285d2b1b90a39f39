#include "fs/base/refusal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Makes the text one harmless line and drops a UTF-8 character that was cut at the end. */
static void tidy(char *text)
{
	size_t len = strlen(text);
	if (len == REFUSAL_TEXT_MAX - 1) {
		while (len > 0 && ((unsigned char)text[len - 1] & 0xC0) == 0x80)
			len--;
		if (len > 0 && (unsigned char)text[len - 1] >= 0xC0)
			len--;
		text[len] = '\0';
	}
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			*p = ' ';
}

int refuse(struct refusal *why, int err, const char *format, ...)
{
	if (why) {
		va_list args;
		va_start(args, format);
		why->err = err;
		vsnprintf(why->text, sizeof why->text, format, args);
		va_end(args);
		tidy(why->text);
	}
	return -err;
}

int refuse_memory(struct refusal *why)
{
	return refuse(why, ENOMEM, "out of memory");
}

void refusal_prefix(struct refusal *why, const char *format, ...)
{
	if (!why)
		return;
	char rest[REFUSAL_TEXT_MAX];
	memcpy(rest, why->text, sizeof rest);
	va_list args;
	va_start(args, format);
	int n = vsnprintf(why->text, sizeof why->text, format, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof why->text)
		snprintf(why->text + n, sizeof why->text - (size_t)n, "%s", rest);
	tidy(why->text);
}
