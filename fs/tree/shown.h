/*
 * shown.h - the names of campaigns that this mount has shown: a name that changed meanwhile goes on leading to its campaign.
 * Locks itself. A name begins with its id, so the set needs no more than the names.
 */
#pragma once

#include <stdbool.h>

#include "fs/tree/objects.h"

struct shown;

struct shown *shown_create(void);
void shown_destroy(struct shown *s); /* accepts NULL */

/* Out of memory, or over the bound: the names are not remembered. */
void shown_add(struct shown *s, const struct objects *objects);
void shown_forget(struct shown *s, const char *name);
bool shown_has(struct shown *s, const char *name);
