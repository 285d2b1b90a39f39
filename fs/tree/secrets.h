/*
 * secrets.h - what opens a door never leaves an answer: passwords, tokens and the like are shown as "***". Pure.
 */
#pragma once

#include "fs/base/buf.h"
#include "fs/base/slice.h"

/* Appends `value` with the secrets in it hidden, however deep they are. */
void secrets_hide(struct slice value, struct buf *out);

/* The same for the value of a member; `key` is its quoted name. */
void secrets_hide_member(struct slice key, struct slice value, struct buf *out);

/*
 * Appends a text that a user wrote, JSON or meant to be: the quoted text or word behind the colon of a member whose name sounds like a
 * secret is hidden, whatever else is wrong with the text.
 */
void secrets_hide_in_text(struct slice text, struct buf *out);
