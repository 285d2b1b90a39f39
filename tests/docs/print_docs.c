/*
 * print_docs.c - prints docs/files.md ("files") or docs/endpoints.md ("endpoints") from the tables that the program
 * runs by, so that what is written of it is true. tests/docs/check.sh compares them with what lies in docs/, and pipes
 * in what the tests say that they prove.
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

/* A test that proves a call in one way of speaking: a line of tests/docs/proofs.awk. */
struct proof {
	enum endpoint_id endpoint;
	enum dialect dialect;
	char file[32], title[200];
};

enum { PROOFS_MAX = 1000 };
static struct proof proofs[PROOFS_MAX];
static size_t proof_count;

static enum endpoint_id endpoint_named(const char *name)
{
	for (enum endpoint_id id = EP_NONE + 1; id < ENDPOINTS; id++)
		if (strcmp(endpoint(id)->name, name) == 0)
			return id;
	return EP_NONE;
}

/* "NAME<tab>DIALECT<tab>FILE<tab>TITLE" on stdin. */
static bool read_proofs(void)
{
	char line[512], name[64], way[16];
	while (fgets(line, sizeof line, stdin)) {
		struct proof p;
		if (*line == '\n')
			continue;
		if (proof_count == PROOFS_MAX ||
			sscanf(line, "%63[^\t]\t%15[^\t]\t%31[^\t]\t%199[^\n]", name, way, p.file, p.title) != 4) {
			fprintf(stderr, "no proof: %s", line);
			return false;
		}
		p.endpoint = endpoint_named(name);
		p.dialect = strcmp(way, "live") == 0 ? DIALECT_LIVE : DIALECT_REFERENCE;
		if (p.endpoint == EP_NONE) {
			fprintf(stderr, "%s.bats: no call has the name %s\n", p.file, name);
			return false;
		}
		if (endpoint(p.endpoint)->wire[p.dialect].method)
			proofs[proof_count++] = p;
	}
	return true;
}

static bool is_proven(enum endpoint_id id, enum dialect dialect)
{
	for (size_t i = 0; i < proof_count; i++)
		if (proofs[i].endpoint == id && proofs[i].dialect == dialect)
			return true;
	return !endpoint(id)->wire[dialect].method;
}

static bool is_reached(enum endpoint_id id)
{
	size_t count;
	const struct route *rows = routes(&count);
	for (size_t i = 0; i < count; i++)
		if (route_asks(&rows[i], id) || route_sending(&rows[i], id))
			return true;
	return false;
}

/* What makes the mount call it: the changes, each with its path, or the first two files that show its answer. */
static void print_reach(enum endpoint_id id)
{
	size_t count, found = 0, sent = 0;
	const struct route *rows = routes(&count);
	for (size_t i = 0; i < count; i++) {
		const struct sending *s = route_sending(&rows[i], id);
		if (!s)
			continue;
		fputs(sent++ ? "; " : " ", stdout);
		print_code(rows[i].path);
		printf(": %s", s->action);
	}
	for (int files = 1; files >= 0; files--)
		for (size_t i = 0; i < count; i++) {
			if (S_ISREG(rows[i].mode) != files || !route_asks(&rows[i], id))
				continue;
			if (found < 2) {
				fputs(found || sent ? ", " : " ", stdout);
				print_code(rows[i].path);
			}
			found++;
		}
	if (found > 2)
		printf(" and %zu more", found - 2);
	fputs(found + sent ? " |" : " not built yet |", stdout);
}

static bool told_before(size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (proofs[k].endpoint == proofs[i].endpoint && strcmp(proofs[k].file, proofs[i].file) == 0 &&
			strcmp(proofs[k].title, proofs[i].title) == 0)
			return true;
	return false;
}

static void print_proofs(enum endpoint_id id)
{
	bool any = false;
	for (size_t i = 0; i < proof_count; i++) {
		if (proofs[i].endpoint != id || told_before(i))
			continue;
		printf("%s%s: \"", any ? "; " : " ", proofs[i].file);
		print_plain(proofs[i].title);
		fputs("\"", stdout);
		any = true;
	}
	if (!any)
		puts(" no test yet |");
	else if (!is_proven(id, DIALECT_REFERENCE))
		puts("; no test of the reference yet |");
	else if (!is_proven(id, DIALECT_LIVE))
		puts("; no test of the live service yet |");
	else
		puts(" |");
}

/* Every call has a path, and a test in each way of speaking? Says on stderr which have none. */
static bool all_proven(void)
{
	bool all = true;
	for (enum endpoint_id id = EP_NONE + 1; id < ENDPOINTS; id++) {
		const char *wants = !is_reached(id)                     ? "a path"
				    : !is_proven(id, DIALECT_REFERENCE) ? "an end-to-end test in the reference dialect"
				    : !is_proven(id, DIALECT_LIVE)      ? "an end-to-end test in the live dialect"
									: NULL;
		if (wants)
			fprintf(stderr, "the call %s has not yet %s\n", endpoint(id)->name, wants);
		all &= !wants;
	}
	return all;
}

static void print_call(const struct endpoint *e)
{
	printf("| %s | %s |", e->section ? e->section : "-", e->name);
	print_way(&e->wire[DIALECT_REFERENCE]);
	if (!dialects_differ(e))
		fputs(" the same |", stdout);
	else if (same_way(&e->wire[DIALECT_REFERENCE], &e->wire[DIALECT_LIVE]))
		fputs(" the same, other body |", stdout);
	else
		print_way(&e->wire[DIALECT_LIVE]);
	printf(" %s |\n", e->repeatable ? "again" : "once");
}

static void print_endpoints(void)
{
	puts("# Every call of the API\n");
	puts("Printed by tests/docs/print_docs.c from fs/api/endpoints.c, fs/tree/routes.c and the \"# endpoint:\" "
	     "lines "
	     "of tests/e2e;");
	puts("don't edit.\n");
	puts("## How each is sent\n");
	puts("Section: where the API document has it (\"-\": nowhere, or under another name). Again: a request that "
	     "got no "
	     "answer is sent");
	puts("again; \"once\": it never is, since twice would do harm.\n");
	puts("| section | name | reference | live | again |");
	puts("|---|---|---|---|---|");
	for (enum endpoint_id id = EP_NONE + 1; id < ENDPOINTS; id++)
		print_call(endpoint(id));
	puts("\n## What reaches it, and the end-to-end test that proves it\n");
	puts("Reading a file, listing a directory or looking a name up makes the mount ask what is shown; a change "
	     "says "
	     "how. A test");
	puts("that is named here fails when its simulator was not asked the call in each way of speaking that its "
	     "title "
	     "names (both,");
	puts("when it names none). Every call has both; tests/docs/check.sh fails when one has not.\n");
	puts("| name | reached by | proven by |");
	puts("|---|---|---|");
	for (enum endpoint_id id = EP_NONE + 1; id < ENDPOINTS; id++) {
		printf("| %s |", endpoint(id)->name);
		print_reach(id);
		print_proofs(id);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "files") == 0) {
		print_files();
		return 0;
	}
	if (argc != 2 || strcmp(argv[1], "endpoints") != 0 || !read_proofs())
		return 2;
	print_endpoints();
	return all_proven() ? 0 : 1;
}
