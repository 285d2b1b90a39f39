/* import_settings.c - import-settings.json: what the service skips when leads are added. Kept on this machine. */
#include "fs/tree/fields.h"
#include "fs/tree/subjects.h"

/* No answer gives them back; their names are those of the add-leads call (api-facts.md 4.4). */
static const struct field import_fields[] = {
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

int import_settings_render(const struct ids *at, const struct answers *from, struct content *out, struct refusal *why)
{
	(void)at, (void)from, (void)why;
	fields_render(import_fields, sizeof import_fields / sizeof *import_fields, slice_of(unchanged), &out->text);
	return 0;
}
