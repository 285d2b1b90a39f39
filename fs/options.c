#include "fs/options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/base/cleanup.h"
#include "fs/config.h"
#include "fs/option_row.h"

static const char *const sizes_words[] = {"auto", "exact", "cheap", NULL};
static const char *const dialect_words[] = {"auto", "reference", "live", NULL};

#define AT(member) offsetof(struct options, member)
#define SETTING (BY_O | BY_CONFIG)

/* To add an option: a member of struct options and a row. The default is written as the user would write it. */
/* clang-format off */
static const struct option_row rows[] = {
	{"foreground", 'f', BY_DASH, FLAG, AT(foreground), NULL, 0, 0, NULL, NULL, "stay in the foreground"},
	{"debug", 'd', BY_DASH, FLAG, AT(debug), NULL, 0, 0, NULL, NULL, "debug messages (implies -f)"},
	{"ro", 0, SETTING, FLAG, AT(read_only), NULL, 0, 0, NULL, NULL, "read-only mount"},
	{"ttl", 0, SETTING, NUMBER, AT(ttl_s), "60", 0, 31536000, NULL, "SECONDS",
		"how long a fetched answer is trusted"},
	{"cache_size", 0, SETTING, SIZE, AT(cache_size_bytes), "64M", 1 << 20, (int64_t)1 << 40, NULL, "SIZE",
		"memory for answers; K, M and G are understood"},
	{"sizes", 0, SETTING, WORD, AT(sizes), "auto", 0, 0, sizes_words, "MODE",
		"auto, exact or cheap: whether stat() may fetch"},
	{"url", 0, SETTING, TEXT, AT(url), "https://server.smartlead.ai/api/v1", 0, 0, NULL, "URL",
		"API base; http:// only for loopback unless -o insecure"},
	{"insecure", 0, SETTING, FLAG, AT(insecure), NULL, 0, 0, NULL, NULL, "allow http:// to any host"},
	{"key_file", 0, SETTING, TEXT, AT(key_file), NULL, 0, 0, NULL, "PATH",
		"file that holds the API key, mode 0600 or stricter"},
	{"api_key", 0, BY_CONFIG, KEY, AT(config_key), NULL, 0, 0, NULL, NULL, NULL},
	{"profile", 0, BY_O, TEXT, AT(profile), "default", 0, 0, NULL, "NAME", "section of the config file to use"},
	{"client_id", 0, SETTING, NUMBER, AT(client_id), NULL, 1, INT64_MAX, NULL, "N",
		"show only that client's campaigns"},
	{"rate", 0, SETTING, RATE, AT(rate), "10/2", 1, 1000000, NULL, "N/S[,N/S...]",
		"request budget: N requests in S seconds"},
	{"timeout", 0, SETTING, NUMBER, AT(timeout_s), "60", 1, 3600, NULL, "SECONDS",
		"longest silence of the API before a request fails"},
	{"max_deletes", 0, SETTING, NUMBER, AT(max_deletes), "10", 0, 1000000, NULL, "N",
		"most deletions one action may cause; 0 = none"},
	{"max_updates", 0, SETTING, NUMBER, AT(max_updates), "200", 0, 1000000, NULL, "N",
		"most lead updates one save of leads.csv may cause"},
	{"dialect", 0, SETTING, WORD, AT(dialect), "auto", 0, 0, dialect_words, "D",
		"auto, reference or live: which way the API is spoken to"},
	{"dry_run", 0, SETTING, FLAG, AT(dry_run), NULL, 0, 0, NULL, NULL,
		"writes are checked and logged, nothing is changed"},
	{"sandbox", 0, BY_DASH, DIRECTORY, AT(sandbox_dir), NULL, 0, 0, NULL, "[=DIR]",
		"mount a practice account (kept in DIR); no key needed"},
	{"help", 'h', BY_DASH, FLAG, AT(help), NULL, 0, 0, NULL, NULL, "this text"},
	{"version", 'V', BY_DASH, FLAG, AT(version), NULL, 0, 0, NULL, NULL, "the version"},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert(ROWS <= 64, "struct options.given has 64 bits");

/* Handed on to FUSE as they are; those that end in = with their value. */
static const char *const fuse_options[] = {"allow_other", "allow_root", "auto_unmount", "default_permissions",
	"fsname=", "subtype=", "max_read=", "dev", "nodev", "suid", "nosuid", "exec", "noexec", "sync", "async",
	"dirsync", "noatime", NULL};

/* What mount(8), fstab and systemd put there, and what is so anyway. */
static const char *const ignored_options[] = {"rw", "nonempty", "defaults", "auto", "noauto", "user", "users",
	"nouser", "owner", "group", "nofail", "_netdev", "atime", "diratime", "nodiratime", "relatime", "norelatime",
	"strictatime", "nostrictatime", "lazytime", "nolazytime", "comment=", "x-", "X-", NULL};

/* --- names ------------------------------------------------------------------------------------------------------- */

static bool listed(const char *const *list, const char *name)
{
	size_t n = strlen(name);
	for (; *list; list++) {
		size_t len = strlen(*list);
		bool prefix = (*list)[len - 1] == '=' || (*list)[len - 1] == '-';
		/* "fsname=" stands for the name "fsname"; "x-" for all that begin so. */
		if (prefix && (*list)[len - 1] == '=')
			len--, prefix = false;
		if (prefix ? strncmp(name, *list, len) == 0 : n == len && memcmp(name, *list, len) == 0)
			return true;
	}
	return false;
}

static const struct option_row *find_row(const char *name, int place)
{
	for (size_t i = 0; i < ROWS; i++)
		if ((rows[i].places & place) && strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

static uint64_t bit(const struct option_row *row)
{
	return (uint64_t)1 << (row - rows);
}

static void add_fuse_option(struct options *o, const char *name, const char *value)
{
	if (o->fuse.len)
		buf_add_char(&o->fuse, ',');
	buf_add_str(&o->fuse, name);
	if (!value)
		return;
	buf_add_char(&o->fuse, '=');
	for (; *value; value++) {
		if (*value == ',' || *value == '\\')
			buf_add_char(&o->fuse, '\\');
		buf_add_char(&o->fuse, *value);
	}
}

static int set_by_name(struct options *o, const char *name, const char *value, int place, struct refusal *why)
{
	const struct option_row *row = find_row(name, place);
	if (row) {
		int rc = option_set(o, row, value, why);
		if (rc == 0)
			o->given |= bit(row);
		return rc;
	}
	if (place != BY_DASH && listed(fuse_options, name)) {
		/* "allow_other = yes" in the config file is "allow_other" for FUSE. */
		bool in_file = place == BY_CONFIG && value;
		if (!in_file || strcmp(value, "no") != 0)
			add_fuse_option(o, name, in_file && strcmp(value, "yes") == 0 ? NULL : value);
		return 0;
	}
	if (place != BY_DASH && listed(ignored_options, name))
		return 0;
	if (strcmp(name, "api_key") == 0 || strcmp(name, "key") == 0)
		return refuse(why, EINVAL,
			"the API key is not taken from the command line, where everybody can read it; "
			"use -o key_file=, SMARTLEAD_API_KEY or `smartleadfs init`");
	return refuse(why, EINVAL, "unknown option %s (see smartleadfs --help)", name);
}

/* --- command line ------------------------------------------------------------------------------------------------ */

/* Cuts the next piece off: up to a comma that no backslash protects. Backslashes before commas are taken out. */
static char *next_piece(const char **rest, struct buf *piece)
{
	buf_clear(piece);
	const char *p = *rest;
	for (; *p && *p != ','; p++) {
		if (*p == '\\' && (p[1] == ',' || p[1] == '\\'))
			p++;
		buf_add_char(piece, *p);
	}
	*rest = *p ? p + 1 : p;
	return buf_failed(piece) ? NULL : piece->data;
}

static bool is_window(const char *text)
{
	size_t n = strcspn(text, ",");
	size_t digits = strspn(text, "0123456789");
	return digits > 0 && text[digits] == '/' && digits + 1 + strspn(text + digits + 1, "0123456789") == n &&
		n > digits + 1;
}

/* The value of -o. "rate=10/1,60/60" has a comma of its own: what looks like a window belongs to the rate before it. */
static int parse_o(struct options *o, const char *list, struct refusal *why)
{
	_cleanup_buf_ struct buf piece = BUF_INIT, more = BUF_INIT;
	while (*list) {
		char *name = next_piece(&list, &piece);
		while (name && strncmp(name, "rate=", 5) == 0 && is_window(list)) {
			const char *window = next_piece(&list, &more);
			buf_printf(&piece, ",%s", window ? window : "");
			name = buf_failed(&piece) ? NULL : piece.data;
		}
		if (buf_failed(&piece))
			return refuse_memory(why);
		if (!name || !*name)
			continue;
		char *value = strchr(name, '=');
		if (value)
			*value++ = '\0';
		int rc = set_by_name(o, name, value, BY_O, why);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int parse_long(struct options *o, const char *text, struct refusal *why)
{
	const char *value = strchr(text, '=');
	_cleanup_free_ char *name = value ? strndup(text, (size_t)(value - text)) : strdup(text);
	if (!name)
		return refuse_memory(why);
	if (!find_row(name, BY_DASH))
		return refuse(why, EINVAL, "unknown option --%s (see smartleadfs --help)", name);
	return set_by_name(o, name, value ? value + 1 : NULL, BY_DASH, why);
}

/* -f, -fd, -o LIST, -oLIST. Returns how many arguments were used up, or -errno. */
static int parse_short(struct options *o, const char *letters, const char *next, struct refusal *why)
{
	for (; *letters; letters++) {
		if (*letters == 'o') {
			const char *list = letters[1] ? letters + 1 : next;
			if (!list)
				return refuse(why, EINVAL, "-o needs a value");
			int rc = parse_o(o, list, why);
			return rc < 0 ? rc : letters[1] ? 1 : 2;
		}
		size_t i = 0;
		while (i < ROWS && rows[i].letter != *letters)
			i++;
		if (i == ROWS)
			return refuse(why, EINVAL, "unknown option -%c (see smartleadfs --help)", *letters);
		int rc = set_by_name(o, rows[i].name, NULL, BY_DASH, why);
		if (rc < 0)
			return rc;
	}
	return 1;
}

/* `mount -t fuse.smartleadfs` puts the source, which may be empty, in front of the mount point. */
static int take_positional(struct options *o, const char *text, int *count, struct refusal *why)
{
	if (++*count > 2)
		return refuse(why, EINVAL, "one mount point is wanted, \"%s\" is too much", text);
	if (*count == 2) {
		free(o->source);
		o->source = o->mountpoint;
		o->mountpoint = NULL;
	}
	o->mountpoint = strdup(text);
	return o->mountpoint ? 0 : refuse_memory(why);
}

static int parse_arguments(struct options *o, int argc, char *const argv[], struct refusal *why)
{
	int count = 0;
	bool only_names = false;
	for (int i = 1; i < argc;) {
		const char *text = argv[i];
		int used = 1, rc = 0;
		if (only_names || text[0] != '-' || !text[1])
			rc = take_positional(o, text, &count, why);
		else if (strcmp(text, "--") == 0)
			only_names = true;
		else if (text[1] == '-')
			rc = parse_long(o, text + 2, why);
		else
			used = rc = parse_short(o, text + 1, i + 1 < argc ? argv[i + 1] : NULL, why);
		if (rc < 0)
			return rc;
		i += used;
	}
	return 0;
}

/* --- config file ------------------------------------------------------------------------------------------------- */

static int take_config_line(void *arg, const char *name, const char *value, struct refusal *why)
{
	struct options *o = arg;
	const struct option_row *row = find_row(name, BY_CONFIG);
	if (row && (o->given & bit(row)))
		return 0;
	if (strcmp(name, "key_file") == 0)
		o->key_file_by_config = true;
	return set_by_name(o, name, value, BY_CONFIG, why);
}

static int read_config(struct options *o, struct refusal *why)
{
	bool named = options_given(o, "profile");
	/* Practice must be the same for everybody. */
	if (o->sandbox && !named)
		return 0;
	_cleanup_buf_ struct buf path = BUF_INIT;
	if (config_path(&path, why) < 0)
		return named ? -why->err : 0;
	return config_read(path.data, o->profile, named, take_config_line, o, why);
}

/* --- the whole --------------------------------------------------------------------------------------------------- */

static bool is_loopback(const char *host)
{
	struct in_addr four;
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
		(inet_pton(AF_INET, host, &four) == 1 && (ntohl(four.s_addr) >> 24) == 127);
}

static int check_url(struct options *o, struct refusal *why)
{
	size_t len = strlen(o->url);
	while (len > 0 && o->url[len - 1] == '/')
		o->url[--len] = '\0';
	bool plain = strncasecmp(o->url, "http://", 7) == 0;
	if (!plain && strncasecmp(o->url, "https://", 8) != 0)
		return refuse(why, EINVAL, "option url: %s does not begin with https://", o->url);
	const char *start = o->url + (plain ? 7 : 8);
	if (strpbrk(start, "@?#\\ ") || *start == '/' || !*start)
		return refuse(why, EINVAL, "option url: not of the form https://HOST[:PORT]/PATH");
	const char *end = *start == '[' ? strchr(start++, ']') : start + strcspn(start, ":/");
	char host[256] = "";
	if (end && (size_t)(end - start) < sizeof host)
		memcpy(host, start, (size_t)(end - start));
	if (plain && !o->insecure && !is_loopback(host))
		return refuse(why, EINVAL,
			"option url: http:// would send the key in the clear; use https:// (or -o insecure)");
	return 0;
}

/* Names of the mount as `mount` and `df` show them. */
static void name_the_mount(struct options *o)
{
	_cleanup_buf_ struct buf given = BUF_INIT;
	buf_printf(&given, ",%s", buf_text(&o->fuse));
	if (!strstr(buf_text(&given), ",fsname="))
		add_fuse_option(o, "fsname", o->source && *o->source ? o->source : "smartleadfs");
	if (!strstr(buf_text(&given), ",subtype="))
		add_fuse_option(o, "subtype", "smartleadfs");
}

static int check_together(struct options *o, enum options_need need, struct refusal *why)
{
	if (o->sandbox && (options_given(o, "url") || options_given(o, "key_file")))
		return refuse(why, EINVAL, "--sandbox brings an account of its own; leave url and key_file away");
	if (need == OPTIONS_NO_MOUNTPOINT && o->mountpoint)
		return refuse(why, EINVAL, "\"%s\" is too much", o->mountpoint);
	if (need == OPTIONS_MOUNTPOINT && (!o->mountpoint || !*o->mountpoint))
		return refuse(why, EINVAL, "where to mount? usage: smartleadfs [options] MOUNTPOINT (see --help)");
	if (o->mountpoint) {
		_cleanup_free_ char *given = STEAL(o->mountpoint);
		int rc = option_set_path(&o->mountpoint, given, why);
		if (rc < 0)
			return rc;
	}
	o->foreground = o->foreground || o->debug;
	name_the_mount(o);
	return buf_failed(&o->fuse) ? refuse_memory(why) : check_url(o, why);
}

void options_init(struct options *o)
{
	memset(o, 0, sizeof *o);
}

void options_release(struct options *o)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].kind == TEXT || rows[i].kind == DIRECTORY)
			free(*(char **)option_member(o, &rows[i]));
	if (o->config_key)
		explicit_bzero(o->config_key, strlen(o->config_key));
	free(o->config_key);
	free(o->source);
	free(o->mountpoint);
	buf_release(&o->fuse);
	memset(o, 0, sizeof *o);
}

static int set_defaults(struct options *o, struct refusal *why)
{
	for (size_t i = 0; i < ROWS; i++) {
		int rc = rows[i].initial ? option_set(o, &rows[i], rows[i].initial, why) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

int options_load(struct options *o, int argc, char *const argv[], enum options_need need, struct refusal *why)
{
	int rc = set_defaults(o, why);
	if (rc == 0)
		rc = parse_arguments(o, argc, argv, why);
	if (rc < 0 || o->help || o->version)
		return rc;
	rc = read_config(o, why);
	return rc < 0 ? rc : check_together(o, need, why);
}

int options_check_mountpoint(const struct options *o, struct refusal *why)
{
	struct stat st;
	if (stat(o->mountpoint, &st) < 0) {
		if (errno == ENOTCONN)
			return refuse(why, ENOTCONN,
				"mount point %s: a mount that has died is in the way; fusermount3 -u it first",
				o->mountpoint);
		return refuse(why, errno, "mount point %s: %s", o->mountpoint, strerror(errno));
	}
	if (!S_ISDIR(st.st_mode))
		return refuse(why, ENOTDIR, "mount point %s: not a directory", o->mountpoint);
	return 0;
}

bool options_given(const struct options *o, const char *name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return o->given & bit(&rows[i]);
	return false;
}

static void print_row(FILE *out, const struct option_row *row)
{
	_cleanup_buf_ struct buf left = BUF_INIT;
	if (row->letter && (row->places & BY_DASH))
		buf_printf(&left, "-%c, --%s", row->letter, row->name);
	else
		buf_printf(&left, "%s%s%s%s", row->places & BY_DASH ? "--" : "-o ", row->name,
			row->argument && row->kind != DIRECTORY ? "=" : "", row->argument ? row->argument : "");
	fprintf(out, "    %-24s %s", buf_text(&left), row->help);
	if (row->initial)
		fprintf(out, " (default %s)", row->initial);
	fputc('\n', out);
}

void options_print_help(FILE *out)
{
	fputs("usage: smartleadfs [options] MOUNTPOINT    mount a Smartlead account as a directory\n"
	      "       smartleadfs init                    ask for the key, check it, write the config file\n"
	      "       smartleadfs status MOUNTPOINT       one screen: account, cache, budget, last errors (--json)\n"
	      "       smartleadfs imports MOUNTPOINT      progress of running imports until they end\n"
	      "       smartleadfs why PATH                the last refusal of that file, and what to do\n\n",
		out);
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].help)
			print_row(out, &rows[i]);
	fputs("    -o allow_other,...       what every FUSE program takes\n\n"
	      "The API key comes from -o key_file, SMARTLEAD_API_KEY or the config file, never from the command line.\n"
	      "Config file: $XDG_CONFIG_HOME/smartleadfs/config, an INI file; [profile] sections with the -o names.\n"
	      "Unmount: fusermount3 -u MOUNTPOINT\n",
		out);
}
