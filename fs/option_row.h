/*
 * option_row.h - a row of the option table, and how the text of a value becomes a member of struct options. Private to
 * options.c and option_values.c. Pure, save that relative paths are completed by the current directory.
 */
#pragma once

#include "fs/options.h"

enum option_kind { FLAG, NUMBER, SIZE, TEXT, WORD, RATE, DIRECTORY, KEY };
enum option_place { BY_O = 1, BY_DASH = 2, BY_CONFIG = 4 };

struct option_row {
	const char *name;
	char letter;              /* -f; 0: none */
	int places;
	enum option_kind kind;
	size_t at;                /* offset of the member */
	const char *initial;      /* default, or NULL */
	int64_t min, max;
	const char *const *words; /* of WORD, in the order of the enum */
	const char *argument;     /* for --help */
	const char *help;
};

void *option_member(struct options *o, const struct option_row *row);

/* `value` NULL: none was given ("-o ro"). -EINVAL with the option's name in the sentence. */
int option_set(struct options *o, const struct option_row *row, const char *value, struct refusal *why);

/* Replaces *path by a copy of `value`, made absolute: the daemon leaves the current directory. */
int option_set_path(char **path, const char *value, struct refusal *why);
