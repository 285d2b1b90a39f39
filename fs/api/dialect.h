/*
 * dialect.h - which column of the endpoint table a request is asked by, learned from answers and kept in a file.
 *
 * A fixed choice never switches. With auto each endpoint is in one of these states:
 *
 *   state     column                 what moves it
 *   unknown   the start of all       a good answer, or one of the other column, makes it known
 *   known     the one that worked    a route that is gone makes it the other one
 *
 * A switch that worked also turns the start, that is, all endpoints not yet known. Time-outs and 5xx move nothing.
 *
 * Pure except for dialects_load() and dialects_save(). Not thread-safe; client.c guards it with the monitor and saves a
 * copy outside of it.
 */
#pragma once

#include <stdbool.h>

#include "fs/api/answer.h"
#include "fs/api/endpoints.h"

struct dialects {
	bool fixed;
	enum dialect start;
	signed char known[ENDPOINTS]; /* the column, or -1 */
	bool changed;                 /* since it was saved */
};

void dialects_fix(struct dialects *d, enum dialect column);

/* Auto: live on the service's own host, else reference. */
void dialects_guess(struct dialects *d, const char *url);

/* The column to ask by: what is known, else the start; where that has no such endpoint, the other one, as a guess. */
enum dialect dialects_column(const struct dialects *d, enum endpoint_id id);

/*
 * May a request that was refused in `column` be tried in the other one? `ours` and `theirs` are what was sent and what
 * the other column would send: "METHOD path?query\nbody".
 */
bool dialects_may_switch(const struct dialects *d, const struct endpoint *endpoint, enum dialect column,
	const struct verdict *verdict, struct slice ours, struct slice theirs);

/* Does the refusal's text name something in which the two ways differ? Pure. */
bool dialect_blamed(const char *message, struct slice ours, struct slice theirs);

/* A good answer came in `column`; `switched`: after the other one was refused. */
void dialects_worked(struct dialects *d, const struct endpoint *endpoint, enum dialect column, bool switched);

/* A route was unknown in the only column that has it: from now on the endpoint is not there. */
void dialects_absent(struct dialects *d, const struct endpoint *endpoint, enum dialect column);

/* An answer has the shape of the other column although both ask the same way: turns the start. */
void dialects_turn(struct dialects *d, const struct endpoint *endpoint, enum dialect column);

/* One line a fact. A file of another URL, or none, or a broken one, says nothing. */
void dialects_load(struct dialects *d, const char *state_dir, const char *url);

/* Replaces the file atomically. Best effort: what is not kept is learned again. */
void dialects_save(const struct dialects *d, const char *state_dir, const char *url);

/* "reference" or "live". */
const char *dialect_name(enum dialect dialect);

/* Are the two columns of a row different in what is sent? */
bool dialects_differ(const struct endpoint *endpoint);
