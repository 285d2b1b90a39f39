#include "fs/tree/address_set.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static uint32_t hash(struct slice text)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
	}
	return h;
}

static bool same(const char *kept, struct slice address)
{
	for (size_t i = 0; i < address.len; i++) {
		char c = address.ptr[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if (kept[i] != c || c == '\0')
			return false;
	}
	return kept[address.len] == '\0';
}

void address_set_release(struct address_set *s)
{
	buf_release(&s->text);
	free(s->at);
	free(s->slots);
	*s = (struct address_set){.text = BUF_INIT};
}

/* The slot of the address, or the free one where it belongs. */
static uint32_t *slot_of(const struct address_set *s, struct slice address)
{
	size_t i = hash(address) & (s->slot_count - 1);
	while (s->slots[i] && !same(s->text.data + s->at[s->slots[i] - 1], address))
		i = (i + 1) & (s->slot_count - 1);
	return &s->slots[i];
}

static bool grow(struct address_set *s)
{
	size_t cap = s->cap ? 2 * s->cap : 64, slot_count = 2 * cap;
	size_t *at = reallocarray(s->at, cap, sizeof *at);
	if (!at)
		return false;
	s->at = at;
	uint32_t *slots = calloc(slot_count, sizeof *slots);
	if (!slots)
		return false;
	free(s->slots);
	s->slots = slots;
	s->slot_count = slot_count;
	s->cap = cap;
	for (size_t i = 0; i < s->count; i++)
		*slot_of(s, slice_of(s->text.data + s->at[i])) = (uint32_t)i + 1;
	return true;
}

ptrdiff_t address_set_find(const struct address_set *s, struct slice address)
{
	return s->count ? (ptrdiff_t)*slot_of(s, address) - 1 : -1;
}

ptrdiff_t address_set_add(struct address_set *s, struct slice address, bool *ret_new)
{
	ptrdiff_t known = address_set_find(s, address);
	*ret_new = known < 0;
	if (known >= 0)
		return known;
	if (s->count == s->cap && !grow(s))
		return -1;
	uint32_t *slot = slot_of(s, address);
	size_t start = s->text.len;
	buf_add_slice(&s->text, address);
	buf_add_char(&s->text, '\0');
	if (buf_failed(&s->text))
		return -1;
	for (char *p = s->text.data + start; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 32);
	s->at[s->count] = start;
	*slot = (uint32_t)++s->count;
	return (ptrdiff_t)s->count - 1;
}
