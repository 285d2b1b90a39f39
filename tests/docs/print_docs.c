/*
 * print_docs.c - prints docs/files.md ("files") or docs/endpoints.md ("endpoints") from the tables that the program
 * runs by, so that what is written of it is true. tests/docs/check.sh compares them with what lies in docs/.
 */
#include <stdio.h>
#include <string.h>

#include "fs/api/dialect.h"
#include "fs/tree/resource.h"
#include "fs/tree/route.h"

/* Patterns hold what Markdown would take for tags and columns; code is shown as it is, but for '|'. */
static void print_code(const char *text)
{
	putchar('`');
	for (; *text; text++)
		printf(*text == '|' ? "\\|" : "%c", *text);
	putchar('`');
}

static void print_plain(const char *text)
{
	for (; *text; text++)
		if (*text == '<')
			fputs("&lt;", stdout);
		else if (*text == '|')
			fputs("\\|", stdout);
		else
			putchar(*text);
}

static const char *kind_of(const struct route *r)
{
	if (S_ISDIR(r->mode))
		return "directory";
	if (S_ISLNK(r->mode))
		return "link";
	if (r->flags & ROUTE_LOG)
		return "log";
	return r->control || r->flags & ROUTE_CONTROL ? "control file" : "file";
}

static void print_route(const struct route *r)
{
	fputs("| ", stdout);
	print_code(*r->path ? r->path : "/");
	printf(" | %04o | %s%s | ", (unsigned)r->mode & 07777, kind_of(r), r->flags & ROUTE_BY_NAME ? ", by name" : "");
	for (int i = 0; i < NEEDS_MAX && r->needs[i] != NOTHING; i++)
		printf("%s%s", i ? ", " : "", resource(r->needs[i])->name);
	fputs(" | ", stdout);
	print_plain(r->help);
	fputs(" |\n", stdout);
}

static void print_files(void)
{
	size_t count;
	const struct route *rows = routes(&count);
	puts("# Every path of the mount\n");
	puts("Printed from fs/tree/routes.c by tests/docs/print_docs.c; don't edit. \"By name\": not listed, but there "
	     "when it is");
	puts("named. Made of: the resources of fs/tree/resources.c, each fetched once and shared by all files that "
	     "show it; a");
	puts("directory's are those of its listing.\n");
	puts("| path | mode | kind | made of | what it is |");
	puts("|---|---|---|---|---|");
	for (size_t i = 0; i < count; i++)
		print_route(&rows[i]);
}

static void print_way(const struct wire *wire)
{
	char line[512];
	if (!wire->method) {
		fputs(" not there |", stdout);
		return;
	}
	snprintf(line, sizeof line, "%s /%s%s%s", wire->method, wire->path, wire->query ? "?" : "",
		wire->query ? wire->query : "");
	putchar(' ');
	print_code(line);
	fputs(" |", stdout);
}

static bool same_way(const struct wire *a, const struct wire *b)
{
	return a->method && b->method && strcmp(a->method, b->method) == 0 && strcmp(a->path, b->path) == 0 &&
	       strcmp(a->query ? a->query : "", b->query ? b->query : "") == 0;
}

static bool asks(enum resource_id id, enum endpoint_id endpoint_id)
{
	return id != NOTHING && resource(id)->name && resource(id)->endpoint == endpoint_id;
}

static bool route_asks(const struct route *r, enum endpoint_id id)
{
	for (int i = 0; i < NEEDS_MAX && r->needs[i] != NOTHING; i++)
		if (asks(r->needs[i], id))
			return true;
	return asks(r->probe, id);
}

/* The paths that show what the endpoint gives: the first two, and how many more there are. */
static void print_reach(enum endpoint_id id)
{
	size_t count, found = 0;
	const struct route *rows = routes(&count);
	for (int files = 1; files >= 0; files--)
		for (size_t i = 0; i < count; i++) {
			if (S_ISREG(rows[i].mode) != files || !route_asks(&rows[i], id))
				continue;
			if (found < 2) {
				fputs(found ? ", " : " ", stdout);
				print_code(rows[i].path);
			}
			found++;
		}
	if (found > 2)
		printf(" and %zu more", found - 2);
	puts(found ? " |" : " not built yet |");
}

static void print_endpoints(void)
{
	puts("# Every call of the API\n");
	puts("Printed from fs/api/endpoints.c by tests/docs/print_docs.c; don't edit. Section: where the API document "
	     "has it (\"-\":");
	puts("only the live service does). Again: a request that got no answer is sent again; \"once\": it never is, "
	     "since twice would do");
	puts("harm. Reached by: the paths that make the mount ask it.\n");
	puts("| section | name | reference | live | again | reached by |");
	puts("|---|---|---|---|---|---|");
	for (enum endpoint_id id = EP_NONE + 1; id < ENDPOINTS; id++) {
		const struct endpoint *e = endpoint(id);
		printf("| %s | %s |", e->section ? e->section : "-", e->name);
		print_way(&e->wire[DIALECT_REFERENCE]);
		if (!dialects_differ(e))
			fputs(" the same |", stdout);
		else if (same_way(&e->wire[DIALECT_REFERENCE], &e->wire[DIALECT_LIVE]))
			fputs(" the same, other body |", stdout);
		else
			print_way(&e->wire[DIALECT_LIVE]);
		printf(" %s |", e->repeatable ? "again" : "once");
		print_reach(id);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "files") == 0)
		print_files();
	else if (argc == 2 && strcmp(argv[1], "endpoints") == 0)
		print_endpoints();
	else
		return 2;
	return 0;
}
