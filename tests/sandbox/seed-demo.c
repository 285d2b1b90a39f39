/* The demo account: twelve campaigns that show every status, every shape of a sequence, and hostile names. */
#include "sandbox.h"

#include <stdlib.h>
#include <string.h>

#define U10 "üüüüüüüüüü"
#define U50 U10 U10 U10 U10 U10

/* clang-format off */
static const struct {
	const char *name, *status;
	int64_t steps, leads, client, tag, first_account;
	bool scheduled;
} campaigns[] = {
	{"Bakers north", "ACTIVE", 3, 1200, 0, 9, 1, true},
	{"Bakers/south \"2026\" & 'co' \\ back", "PAUSED", 2, 400, 0, 10, 2, true},
	{"  padded on both sides  ", "DRAFTED", 1, 50, 0, 0, 0, true},
	{"..", "STOPPED", 2, 100, 0, 0, 3, true},
	{"Two\nlines\tand a tab", "COMPLETED", 2, 500, 0, 11, 4, true},
	{"🥖 Café ☕ 日本", "ARCHIVED", 1, 150, 0, 9, 5, true},
	{"مخابز الشمال", "PAUSED", 2, 200, 31, 0, 6, true},
	{U50 U50 U50, "DRAFTED", 1, 0, 0, 0, 0, false}, /* 300 bytes */
	{"Twin", "ACTIVE", 2, 200, 0, 0, 7, true},
	{"Twin", "PAUSED", 1, 100, 32, 10, 8, true},
	{"Bakers north: replied", "ACTIVE", 1, 150, 0, 9, 1, true},
	{"Blank draft", "DRAFTED", 0, 0, 0, 0, 0, false},
};
/* clang-format on */

static void long_body(struct buf *b)
{
	buf_str(b, "<div>Dear {{first_name}},</div>");
	while (b->n < 9500)
		buf_str(b, "<p>We mill, sift and bake every day of the year, and bring it to your door.</p>\n");
	buf_str(b, "<p>From Monday on, from 6 o'clock.</p>");
}

/* Step 1 of most campaigns is an A/B test; campaign 2 is flat with null, campaign 4 flat with an empty array. */
static void add_steps(int64_t n, int64_t id)
{
	for (int64_t k = 1; k <= campaigns[n - 1].steps; k++) {
		bool flat = k > 1 || n == 2 || n == 4 || n == 8;
		int64_t step = seed_step(id, k, flat && k == 1 ? "Ovens for {{company_name}}" : "",
			flat ? "<div>Still open, {{first_name}}?</div>\n<div>{Regards|Best}</div>" : "");

		db_run("UPDATE steps SET null_variants=? WHERE id=?", "ii", (int64_t)(flat && n != 4), step);
		if (flat)
			continue;
		struct buf body = {0};
		if (n == 5)
			long_body(&body);
		else
			buf_str(&body, "<div>Hi {{first_name}},</div><div><br></div><div>flour – or „Mehl“?</div>");
		seed_variant(step, "A", "Flour, {{first_name}}?", body.p);
		buf_free(&body);
		if (n == 3)
			continue;
		seed_variant(step, "B", "Your ovens 🥖", "<div>Hello {{first_name}}</div>\nFrom 6 to 14 h.\n");
		if (n != 1)
			continue;
		int64_t gone = seed_variant(step, "C", "An old one", "<div>Old</div>");
		db_run("UPDATE variants SET is_deleted=1 WHERE id=?", "i", gone);
	}
}

static void add_campaign(int64_t n)
{
	int64_t id = seed_campaign(campaigns[n - 1].name, campaigns[n - 1].status, campaigns[n - 1].scheduled);
	int64_t account = campaigns[n - 1].first_account;

	add_steps(n, id);
	if (campaigns[n - 1].tag)
		db_run("INSERT INTO campaign_tags VALUES(?,?)", "ii", id, campaigns[n - 1].tag);
	if (campaigns[n - 1].client)
		db_run("UPDATE campaigns SET client_id=?, updated_at='2026-02-03T16:40:11.902Z' WHERE id=?", "ii",
			campaigns[n - 1].client, id);
	if (account) {
		seed_link(id, nth_id("account", account));
		if (account < 8)
			seed_link(id, nth_id("account", account + 1));
	}
}

static void add_leads(void)
{
	int64_t first = 1;

	for (int64_t n = 1; n <= 12; n++) {
		int64_t count = campaigns[n - 1].leads, id = nth_id("campaign", n);

		if (n == 11) /* the subsequence shares some leads of its parent */
			seed_leads(id, 1, 50, campaigns[n - 1].steps, true);
		if (count)
			seed_leads(id, first, n == 11 ? count - 50 : count, campaigns[n - 1].steps, true);
		first += n == 11 ? count - 50 : count;
		seed_sends(id);
	}
}

void seed_demo(void)
{
	static const char *const types[] = {"SMTP", "SMTP", "GMAIL", "SMTP", "OUTLOOK", "SMTP", "SMTP", "GMAIL"};
	/* clang-format off */
	static const char *const touches[] = {
		"UPDATE campaigns SET parent_id=700001, stop_lead='OPEN_AN_EMAIL', updated_at='2026-02-03T16:40:11Z'"
		" WHERE id=700011",
		"UPDATE campaigns SET stop_lead='CLICK_ON_A_LINK', unsubscribe_text='Not for me — no more, please',"
		"updated_at='2026-02-04T06:40:11.448094+00:00' WHERE id=700002",
		"UPDATE campaigns SET unsubscribe_text='', esp=1, logs='[{\"paused_reason\":\"Paused by bounce protection\"}]',"
		"updated_at='2026-02-05T06:40:11.448Z' WHERE id=700007",
		"UPDATE accounts SET signature='<div>Bruno Ruiz</div><div><b>Try Bakers</b> · Ávila</div>', bcc='log@bakers.example',"
		"tracking='go.trybakers.example', updated_at='2026-02-01T09:00:00.000Z' WHERE id=401",
		"UPDATE accounts SET smtp_ok=0, failure='535 authentication failed', updated_at='2026-02-01T09:00:00.000Z'"
		" WHERE id=404",
		"UPDATE accounts SET imap_differs=1, imap_username='archive@trybakers.example', imap_password='other-s3cret',"
		"updated_at='2026-02-01T09:00:00.000Z' WHERE id=406",
		"INSERT INTO webhooks VALUES(4401,700001,'crm','https://crm.example/h','[\"EMAIL_REPLY\"]','[\"Interested\"]',"
		"'2026-01-08T08:00:00.000Z','2026-01-08T08:00:00.000Z')",
		"INSERT INTO counters VALUES('webhook',1)",
	};
	/* clang-format on */

	for (int64_t n = 1; n <= 8; n++)
		seed_account(n, types[n - 1]);
	for (int64_t n = 1; n <= 12; n++)
		add_campaign(n);
	add_leads();
	for (size_t i = 0; i < sizeof(touches) / sizeof(*touches); i++)
		db_run(touches[i], "");
}
