/* import_settings.c - import-settings.json: what the service skips when leads are added. Kept on this machine. */
#include <errno.h>
#include <string.h>

#include "fs/base/cleanup.h"
#include "fs/format/json.h"
#include "fs/tree/fields.h"
#include "fs/tree/import.h"
#include "fs/tree/import_journal.h"
#include "fs/tree/run.h"
#include "fs/tree/state.h"
#include "fs/tree/subjects.h"

/* No answer gives them back; their names are those of the add-leads call (api-facts.md 4.4), their order is import_body()'s. */
static const struct field import_fields[IMPORT_FLAGS] = {
	{"ignore_global_block_list", "ignore_global_block_list", FIELD_BOOL, .writable = true},
	{"ignore_unsubscribe_list", "ignore_unsubscribe_list", FIELD_BOOL, .writable = true},
	{"ignore_community_bounce_list", "ignore_community_bounce_list", FIELD_BOOL, .writable = true},
	{"ignore_duplicate_leads_in_other_campaign", "ignore_duplicate_leads_in_other_campaign", FIELD_BOOL,
		.writable = true},
};

/* What holds until somebody changes it: every check is made (the meaning of the last flag is disputed; false adds). */
static const char unchanged[] =
	"{\"ignore_global_block_list\":false,\"ignore_unsubscribe_list\":false,"
	"\"ignore_community_bounce_list\":false,\"ignore_duplicate_leads_in_other_campaign\":false}";

/* As they were saved last. */
static int read_settings(struct tree *t, const char *campaign, struct buf *out, struct refusal *why)
{
	struct journal *j = imports_journal(t);
	int rc = j ? journal_settings(j, campaign, out, why) : 0;
	if (rc == 0 && out->len == 0)
		buf_add_str(out, unchanged);
	return rc == 0 && buf_failed(out) ? refuse_memory(why) : rc;
}

int import_settings_live(struct tree *t, const struct ids *at, struct buf *out, struct refusal *why)
{
	_cleanup_buf_ struct buf saved = BUF_INIT;
	int rc = read_settings(t, at->v[0], &saved, why);
	if (rc == 0)
		fields_render(import_fields, IMPORT_FLAGS, buf_slice(&saved), out);
	return rc;
}

int import_settings(struct tree *t, const char *campaign, bool flags[IMPORT_FLAGS], struct refusal *why)
{
	_cleanup_buf_ struct buf saved = BUF_INIT;
	int rc = read_settings(t, campaign, &saved, why);
	for (int i = 0; rc == 0 && i < IMPORT_FLAGS; i++) {
		struct slice value;
		flags[i] = json_member(buf_slice(&saved), import_fields[i].name, &value) && slice_is(value, "true");
	}
	return rc;
}

int import_settings_keep(struct tree *t, const struct ids *at, struct slice text, struct refusal *why)
{
	_cleanup_buf_ struct buf now = BUF_INIT, changed = BUF_INIT, whole = BUF_INIT;
	int rc = imports_need_journal(t, why);
	if (rc == 0)
		rc = read_settings(t, at->v[0], &now, why);
	if (rc == 0)
		rc = fields_check(import_fields, IMPORT_FLAGS, buf_slice(&now), text, &changed, why);
	if (rc < 0 || changed.len == 0)
		return rc;
	rc = fields_complete(import_fields, IMPORT_FLAGS, buf_slice(&now), buf_slice(&changed), &whole, why);
	if (rc < 0)
		return rc;
	if (t->conf.dry_run) {
		_cleanup_buf_ struct buf line = BUF_INIT;
		buf_printf(&line, "import-settings %s: %s", at->v[0], buf_text(&whole));
		run_note(t, "DRY RUN", buf_text(&line));
		return 0;
	}
	return journal_keep_settings(imports_journal(t), at->v[0], buf_slice(&whole), why);
}
