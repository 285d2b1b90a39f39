/* --size: as many campaigns, leads and accounts as are asked for, all of one plain kind. */
#include "sandbox.h"

#include <stdlib.h>

void seed_bulk(int64_t campaigns, int64_t leads, int64_t accounts)
{
	static const char *const status[] = {"ACTIVE", "PAUSED", "COMPLETED", "DRAFTED"};

	for (int64_t n = 1; n <= accounts; n++)
		seed_account(n, n % 5 ? "SMTP" : "GMAIL");
	for (int64_t n = 0; n < campaigns; n++) {
		char *name = text("Campaign %ld", n + 1);
		int64_t id = seed_campaign(name, status[n % 4], true);
		int64_t step = seed_step(id, 1, "", "");

		seed_variant(step, "A", "Flour, {{first_name}}?", "<div>Hi {{first_name}},</div><div>flour?</div>");
		seed_variant(step, "B", "Your ovens", "<div>Hello {{first_name}}</div>");
		seed_step(id, 2, "", "<div>Still open?</div>");
		if (accounts) {
			seed_link(id, nth_id("account", 1 + n % accounts));
			if (accounts > 1)
				seed_link(id, nth_id("account", 1 + (n + 1) % accounts));
		}
		seed_leads(id, 1 + n * leads, leads, 2, false);
		seed_sends(id);
		free(name);
	}
}
