/* key.h - finds the API key: -o key_file, then SMARTLEAD_API_KEY, then the config file. Never argv. */
#pragma once

#include "fs/options.h"

/* Puts the key into fs/base/secret.h and wipes it everywhere else (environment, options). Before threads. */
int key_load(struct options *o, struct refusal *why);

/* Reads one line from a file that nobody else may read, and sets it as the key. */
int key_from_file(const char *path, struct refusal *why);
