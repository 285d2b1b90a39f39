/* import_files.c - .smartlead/imports/: the journal as files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/names.h"
#include "fs/tree/import.h"
#include "fs/tree/import_journal.h"
#include "fs/tree/subjects.h"

/* Names are "<n><suffix>". */
static int list(struct tree *t, const char *want, const char *suffix, struct names *out)
{
	struct journal *j = imports_journal(t);
	int64_t id = j ? journal_next_id(j, 0, NULL) : 0;
	char name[64];
	/* For one name it is enough to look whether that one is there. */
	int64_t wanted = want ? strtoll(want, NULL, 10) : 0;
	if (want && id && wanted > id)
		id = journal_next_id(j, wanted - 1, NULL);
	while (id && (!want || id == wanted)) {
		struct id_text number = id_text(id);
		snprintf(name, sizeof name, "%s%s", number.text, suffix);
		names_add(out, name, number.text, NULL, 0);
		id = want ? 0 : journal_next_id(j, id, NULL);
	}
	return 0;
}

int imports_list(struct tree *t, const struct ids *dir, const char *want, struct names *out, struct refusal *why)
{
	(void)dir, (void)why;
	return list(t, want, ".json", out);
}

int imports_rejected_list(struct tree *t, const struct ids *dir, const char *want, struct names *out, struct refusal *why)
{
	(void)dir, (void)why;
	return list(t, want, "-rejected.csv", out);
}

int imports_control_list(struct tree *t, const struct ids *dir, const char *want, struct names *out, struct refusal *why)
{
	(void)dir, (void)why;
	return list(t, want, "-control", out);
}

int import_live(struct tree *t, const struct ids *at, struct buf *out, struct refusal *why)
{
	struct journal *j = imports_journal(t);
	return j ? journal_report(j, strtoll(at->v[0], NULL, 10), out, why) : refuse(why, ENOENT, "no such import");
}

int import_rejected_live(struct tree *t, const struct ids *at, struct buf *out, struct refusal *why)
{
	struct journal *j = imports_journal(t);
	return j ? journal_rejected(j, strtoll(at->v[0], NULL, 10), out, why) : refuse(why, ENOENT, "no such import");
}

int import_control(struct tree *t, const struct ids *at, struct slice text, struct caller *caller, struct refusal *why)
{
	int64_t id = strtoll(at->v[0], NULL, 10);
	(void)caller;
	if (slice_is(text, "resume"))
		return imports_resume(t, id, why);
	if (slice_is(text, "cancel"))
		return imports_cancel(t, id, why);
	return refuse(why, EINVAL, "write cancel or resume");
}
