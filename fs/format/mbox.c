#include "fs/format/mbox.h"

#include <stdio.h>

#include "fs/base/cleanup.h"
#include "fs/format/dates.h"
#include "fs/format/utf8.h"

enum {
	LINE_MAX_BYTES = 998, /* RFC 5322, 2.1.1 */
	FOLD_COLUMN = 76,     /* RFC 2047, section 2 */
	WORD_MAX = 60,        /* a longer word of a subject is encoded, since it could not be folded */
	DAY_MS = 86400000,
};

/* One line, valid UTF-8, no control characters, no blank at either end and no two together. */
static void add_one_line(struct slice text, struct buf *out)
{
	size_t start = out->len;
	bool gap = false;
	while (text.len > 0) {
		uint32_t code;
		text = slice_skip(text, utf8_next(text, &code));
		if (code <= ' ' || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029) {
			gap = out->len > start;
			continue;
		}
		if (gap)
			buf_add_char(out, ' ');
		gap = false;
		utf8_add(out, code);
	}
}

/* Adds the words of a line that begins at `line` in out; folds in front of a word that would go over the bound. */
static void add_folded(struct slice text, size_t line, struct buf *out)
{
	while (text.len > 0) {
		size_t len = text.len < LINE_MAX_BYTES ? text.len : LINE_MAX_BYTES;
		const char *blank = memchr(text.ptr + 1, ' ', len - 1);
		if (blank)
			len = (size_t)(blank - text.ptr);
		/* A word that is too long for any line is hostile: it is cut, at a character. */
		if (len > LINE_MAX_BYTES - FOLD_COLUMN)
			for (len = LINE_MAX_BYTES - FOLD_COLUMN; ((unsigned char)text.ptr[len] & 0xC0) == 0x80;)
				len--;
		if (out->len - line + len > FOLD_COLUMN && text.ptr[0] == ' ') {
			buf_add_char(out, '\n');
			line = out->len;
		} else if (out->len - line + len > LINE_MAX_BYTES) {
			buf_add_str(out, "\n ");
			line = out->len - 1;
		}
		buf_add(out, text.ptr, len);
		text = slice_skip(text, len);
	}
}

static void add_header(struct buf *out, const char *name, struct slice value)
{
	_cleanup_buf_ struct buf line = BUF_INIT;
	add_one_line(value, &line);
	out->failed |= line.failed;
	if (line.len == 0)
		return;
	size_t start = out->len;
	buf_printf(out, "%s: ", name);
	add_folded(buf_slice(&line), start, out);
	buf_add_char(out, '\n');
}

static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] >= 0x80)
			return false;
	return true;
}

/* Can the subject stand as it is: ASCII, nothing that reads as an encoded word, no word that cannot be folded? */
static bool is_plain_subject(struct slice text)
{
	size_t word = 0;
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] >= 0x80 ||
			(text.ptr[i] == '=' && i + 1 < text.len && text.ptr[i + 1] == '?'))
			return false;
		word = text.ptr[i] == ' ' ? 0 : word + 1;
		if (word > WORD_MAX)
			return false;
	}
	return true;
}

static bool is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* One character in RFC 2047's Q encoding; returns its length in out. `safe`: what may stand beside letters and digits. */
static size_t encode_q(struct slice character, const char *safe, char out[12])
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;
	for (size_t i = 0; i < character.len; i++) {
		unsigned char c = (unsigned char)character.ptr[i];
		if (c == ' ') {
			out[n++] = '_';
		} else if (is_letter_or_digit((char)c) || (c && strchr(safe, c))) {
			out[n++] = (char)c;
		} else {
			out[n++] = '=';
			out[n++] = digits[c >> 4];
			out[n++] = digits[c & 15];
		}
	}
	return n;
}

/* Encoded words with `gap` between them, each whole characters and short enough for its line, of which `used` columns are taken. */
static void add_encoded(struct slice text, size_t used, const char *safe, const char *gap, struct buf *out)
{
	static const char begin[] = "=?UTF-8?Q?";
	bool open = false;
	while (text.len > 0) {
		uint32_t code;
		char unit[12];
		size_t taken = utf8_next(text, &code);
		size_t n = encode_q((struct slice){text.ptr, taken}, safe, unit);
		if (open && used + n + 2 > FOLD_COLUMN) {
			buf_printf(out, "?=%s", gap);
			open = false;
			used = 1;
		}
		if (!open) {
			buf_add_str(out, begin);
			open = true;
			used += sizeof begin - 1;
		}
		buf_add(out, unit, n);
		used += n;
		text = slice_skip(text, taken);
	}
	buf_add_str(out, "?=");
}

static void add_subject(struct buf *out, struct slice subject)
{
	_cleanup_buf_ struct buf line = BUF_INIT;
	add_one_line(subject, &line);
	out->failed |= line.failed;
	if (line.len == 0)
		return;
	size_t start = out->len;
	buf_add_str(out, "Subject: ");
	if (is_plain_subject(buf_slice(&line)))
		add_folded(buf_slice(&line), start, out);
	else
		add_encoded(buf_slice(&line), sizeof "Subject: " - 1, "!*+-/.,:;", "\n ", out);
	buf_add_char(out, '\n');
}

/* Cuts the first address of a list from the front. `ret_name`: what stands before its "<"; all, when there is none. */
static struct slice take_address(struct slice *list, struct slice *ret_name)
{
	size_t end = 0, angle = list->len;
	for (bool quoted = false; end < list->len && (quoted || list->ptr[end] != ','); end++) {
		if (list->ptr[end] == '"')
			quoted = !quoted;
		if (list->ptr[end] == '\\' && end + 1 < list->len)
			end++;
		else if (list->ptr[end] == '<' && !quoted && angle == list->len)
			angle = end;
	}
	struct slice address = {list->ptr, end};
	*ret_name = (struct slice){list->ptr, angle < end ? angle : end};
	*list = slice_skip(*list, end + 1);
	while (slice_starts(*list, " "))
		*list = slice_skip(*list, 1);
	return address;
}

/* A name goes into encoded words without the quotes, which do not hold there. */
static void add_encoded_name(struct slice name, struct buf *out)
{
	_cleanup_buf_ struct buf plain = BUF_INIT;
	while (name.len > 0 && name.ptr[name.len - 1] == ' ')
		name.len--;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '\\' && i + 1 < name.len)
			i++;
		else if (name.ptr[i] == '"')
			continue;
		buf_add_char(&plain, name.ptr[i]);
	}
	out->failed |= plain.failed;
	add_encoded(buf_slice(&plain), 1, "!*+-/", " ", out);
}

/* An address itself may hold any letters (RFC 6532); a name in front of it must not. */
static void add_addresses(struct buf *out, const char *header, struct slice value)
{
	_cleanup_buf_ struct buf line = BUF_INIT, made = BUF_INIT;
	add_one_line(value, &line);
	out->failed |= line.failed;
	if (is_ascii(buf_slice(&line))) {
		add_header(out, header, value);
		return;
	}
	struct slice list = buf_slice(&line), name;
	for (bool first = true; list.len > 0; first = false) {
		struct slice address = take_address(&list, &name), rest = slice_skip(address, name.len);
		if (!first)
			buf_add_str(&made, ", ");
		bool bare = rest.len == 0 && memchr(name.ptr, '@', name.len) && !memchr(name.ptr, ' ', name.len) &&
			!memchr(name.ptr, '"', name.len);
		if (is_ascii(name) || bare) {
			buf_add_slice(&made, address);
			continue;
		}
		add_encoded_name(name, &made);
		if (rest.len > 0)
			buf_add_char(&made, ' ');
		buf_add_slice(&made, rest);
	}
	out->failed |= made.failed;
	add_header(out, header, buf_slice(&made));
}

/* "<id>" of printable ASCII only; nothing when nothing is left. */
static void add_id(struct slice id, struct buf *out)
{
	size_t start = out->len;
	buf_add_char(out, '<');
	for (size_t i = 0; i < id.len && out->len - start < LINE_MAX_BYTES / 2; i++)
		if (id.ptr[i] > ' ' && id.ptr[i] < 0x7F && id.ptr[i] != '<' && id.ptr[i] != '>')
			buf_add_char(out, id.ptr[i]);
	if (out->len == start + 1)
		buf_truncate(out, start);
	else
		buf_add_char(out, '>');
}

static void add_ids(struct buf *out, const struct mbox_message *m)
{
	_cleanup_buf_ struct buf id = BUF_INIT, parent = BUF_INIT;
	add_id(m->message_id, &id);
	if (id.len == 0) {
		_cleanup_buf_ struct buf made = BUF_INIT;
		buf_add_slice(&made, m->fallback_id);
		buf_add_str(&made, "@smartleadfs.invalid");
		add_id(buf_slice(&made), &id);
	}
	add_id(m->in_reply_to, &parent);
	buf_printf(out, "Message-ID: %s\n", buf_text(&id));
	if (parent.len > 0)
		buf_printf(out, "In-Reply-To: %s\nReferences: %s\n", parent.data, parent.data);
	out->failed |= id.failed || parent.failed;
}

/* The From_ line has one ASCII word for the sender: the bare address. */
static struct slice bare_address(struct slice from)
{
	const char *angle = from.len ? memchr(from.ptr, '<', from.len) : NULL;
	if (angle)
		from = slice_skip(from, (size_t)(angle - from.ptr) + 1);
	size_t len = 0;
	while (len < from.len && from.ptr[len] > ' ' && from.ptr[len] < 0x7F && from.ptr[len] != '>')
		len++;
	bool ends = len == from.len || from.ptr[len] == ' ' || from.ptr[len] == '>';
	return len && ends && len < LINE_MAX_BYTES / 2 ? (struct slice){from.ptr, len} : (struct slice){"-", 1};
}

/* The From_ line and Date. */
static void add_dates(struct buf *out, const struct mbox_message *m)
{
	static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	/* Before 1970 the division has to round down. */
	struct date d = date_from_day(m->time_ms / DAY_MS - (m->time_ms % DAY_MS < 0));
	int s = (int)((m->time_ms % DAY_MS + DAY_MS) % DAY_MS / 1000);
	const char *week_day = days[(date_to_day(d) % 7 + 7) % 7], *month = months[d.month - 1];
	char clock[16];
	snprintf(clock, sizeof clock, "%02d:%02d:%02d", s / 3600 % 24, s / 60 % 60, s % 60);
	_cleanup_buf_ struct buf sender = BUF_INIT;
	add_one_line(m->from, &sender);
	struct slice word = bare_address(buf_slice(&sender));
	buf_printf(out, "From %.*s %s %s %2d %s %04d\n", (int)word.len, word.ptr, week_day, month, d.day, clock, d.year);
	buf_printf(out, "Date: %s, %02d %s %04d %s +0000\n", week_day, d.day, month, d.year, clock);
	out->failed |= sender.failed;
}

/* Is the line one that a reader could take for the start of a message, or for one that was quoted? */
static bool is_from_line(struct slice line)
{
	/* No line that is written is longer; a long one is asked about again at each soft line break. */
	line.len = line.len < LINE_MAX_BYTES ? line.len : LINE_MAX_BYTES;
	while (slice_starts(line, ">"))
		line = slice_skip(line, 1);
	return slice_starts(line, "From ");
}

/* Cuts the next line with its LF from the front; a CR in front of the LF does not count. */
static struct slice take_line(struct slice *text, bool *ret_ends)
{
	const char *newline = memchr(text->ptr, '\n', text->len);
	struct slice line = {text->ptr, newline ? (size_t)(newline - text->ptr) : text->len};
	*text = slice_skip(*text, line.len + 1);
	if (newline && line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	*ret_ends = newline != NULL;
	return line;
}

enum encoding { SEVEN_BIT, EIGHT_BIT, QUOTED_PRINTABLE };

static enum encoding choose_encoding(struct slice text)
{
	enum encoding encoding = SEVEN_BIT;
	while (text.len > 0) {
		bool ends;
		struct slice line = take_line(&text, &ends);
		if (line.len >= LINE_MAX_BYTES || memchr(line.ptr, '\r', line.len) || memchr(line.ptr, '\0', line.len))
			return QUOTED_PRINTABLE;
		for (size_t i = 0; encoding == SEVEN_BIT && i < line.len; i++)
			if ((unsigned char)line.ptr[i] >= 0x80)
				encoding = EIGHT_BIT;
	}
	return encoding;
}

static void add_plain_body(struct slice text, struct buf *out)
{
	while (text.len > 0) {
		bool ends;
		struct slice line = take_line(&text, &ends);
		if (is_from_line(line))
			buf_add_char(out, '>');
		buf_add_slice(out, line);
		buf_add_char(out, '\n');
	}
}

/* One line in quoted-printable, with soft line breaks where it gets too long. */
static void add_printable_line(struct slice line, struct buf *out)
{
	size_t start = out->len;
	while (line.len > 0) {
		unsigned char c = (unsigned char)line.ptr[0];
		bool plain = c >= ' ' && c < 0x7F && c != '=';
		if (out->len - start + (plain ? 1 : 3) >= FOLD_COLUMN) {
			buf_add_str(out, "=\n");
			start = out->len;
		}
		if ((c == ' ' && line.len == 1) || (out->len == start && is_from_line(line)))
			plain = false;
		if (plain)
			buf_add_char(out, (char)c);
		else
			buf_printf(out, "=%02X", c);
		line = slice_skip(line, 1);
	}
}

static void add_printable_body(struct slice text, struct buf *out)
{
	bool ends = true;
	while (text.len > 0) {
		struct slice line = take_line(&text, &ends);
		add_printable_line(line, out);
		buf_add_char(out, '\n');
	}
}

static void add_body(struct buf *out, struct slice html)
{
	static const char *const names[] = {"7bit", "8bit", "quoted-printable"};
	_cleanup_buf_ struct buf repaired = BUF_INIT;
	if (!utf8_valid(html)) {
		utf8_repair(html, &repaired);
		html = buf_slice(&repaired);
	}
	enum encoding encoding = choose_encoding(html);
	buf_printf(out, "MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: %s\n\n",
		names[encoding]);
	if (encoding == QUOTED_PRINTABLE)
		add_printable_body(html, out);
	else
		add_plain_body(html, out);
	buf_add_char(out, '\n');
	out->failed |= repaired.failed;
}

void mbox_add(struct buf *out, const struct mbox_message *m)
{
	add_dates(out, m);
	add_addresses(out, "From", m->from);
	add_addresses(out, "To", m->to);
	add_addresses(out, "Cc", m->cc);
	add_addresses(out, "Bcc", m->bcc);
	add_subject(out, m->subject);
	add_ids(out, m);
	add_body(out, m->html);
}
