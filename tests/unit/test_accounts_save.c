/* What saves in email-accounts/, in a campaign's email-accounts/ and in webhooks/ become: the plan, and what the cache shows after it. */
#include <unistd.h>

#include "fs/format/json.h"
#include "fs/tree/plan.h"
#include "fs/tree/remembered.h"
#include "fs/tree/subjects.h"
#include "tests/unit/check.h"
#include "tests/unit/tree_rig.h"

#define ACCOUNT_JSON                                                                                                   \
	"{\"id\":456,\"from_name\":\"Ana\",\"from_email\":\"ana@b.example\",\"username\":\"ana\",\"password\":\"c2Vj\","       \
	"\"smtp_host\":\"s.example\",\"smtp_port\":587,\"smtp_port_type\":\"TLS\",\"message_per_day\":40,"                     \
	"\"imap_host\":\"i.example\",\"imap_port\":993,\"imap_username\":\"ana\",\"imap_password\":\"c2Vj\","                  \
	"\"signature\":\"<p>Ana</p>\",\"custom_tracking_domain\":\"\",\"bcc_email\":\"\",\"client_id\":null,"                  \
	"\"minTimeToWaitInMins\":10,\"campaign_count\":1,\"is_connected_to_campaign\":true,\"daily_sent_count\":7,"          \
	"\"warmup_details\":{\"status\":\"ACTIVE\",\"reply_rate\":30,\"warmup_min_count\":10,\"warmup_max_count\":25,"        \
	"\"max_email_per_day\":25}}"
#define OTHER_JSON "{\"id\":457,\"from_email\":\"bo@b.example\",\"signature\":null,\"warmup_details\":null}"
#define ACCOUNTS_JSON "[" ACCOUNT_JSON "," OTHER_JSON "]"
#define HOOK_JSON                                                                                                      \
	"{\"id\":4410,\"name\":\"crm\",\"webhook_url\":\"https://a.example/h\",\"event_types\":[\"EMAIL_REPLY\"],"           \
	"\"created_at\":\"t\"}"
#define CAMPAIGN_HOOK_JSON                                                                                             \
	"{\"id\":4410,\"name\":\"crm\",\"webhook_url\":\"https://a.example/h\",\"email_campaign_id\":7,"                      \
	"\"event_types\":[\"EMAIL_REPLY\"],\"categories\":[\"Interested\"]}"

/* A row's commit, add or drop, called with literal answers. */
struct save {
	const char *name;
	commit_fn *commit;
	add_fn *add;
	drop_fn *drop;
	struct ids at;
	enum resource_id needs[2];
	const char *bodies[2];
	const char *file; /* of an add */
	const char *text;
	const char *want; /* the plan, a request a line; or words of the refusal */
	int want_errno;
};

static int run_save(const struct save *s, struct answers *base, struct plan *plan, struct refusal *why)
{
	for (int i = 0; i < 2; i++)
		base->v[i] = s->bodies[i] ? rig_answer(s->needs[i], s->bodies[i]) : NULL;
	if (s->commit)
		return s->commit(&s->at, base, slice_of(s->text), plan, why);
	return s->add ? s->add(&s->at, base, s->file, slice_of(s->text), plan, why) : s->drop(&s->at, base, plan, why);
}

static void release(struct answers *base)
{
	for (int i = 0; i < 2; i++)
		answer_unref(base->v[i]);
}

static void check_save(const struct save *s)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct answers base = {{NULL}};
	struct refusal why = {0};
	int rc = run_save(s, &base, &plan, &why);
	check_why(s->name, rc, &why, s->want_errno, s->want_errno ? s->want : "");
	assert_false(plan.failed);
	plan_print(&plan, &text);
	check_text(s->name, buf_slice(&text), slice_of(s->want_errno ? "" : s->want));
	release(&base);
}

static void accounts(void **state)
{
	static const struct {
		const char *name;
		commit_fn *commit;
		const char *id, *text, *want;
		int want_errno;
	} cases[] = {
		{"nothing changed", account_commit, "456", "{\"from_name\":\"Ana\",\"password\":\"***\",\"daily_sent_count\":7}", "", 0},
		{"changed fields alone, under the contract's names", account_commit, "456",
			"{\"from_name\":\"Ana R\",\"max_email_per_day\":50,\"bcc\":null,\"smtp_host\":\"s.example\",\"password\":\"***\"}",
			"account-update 456 {\"from_name\":\"Ana R\",\"max_email_per_day\":50,\"bcc\":null}\n", 0},
		{"a password, hidden in print", account_commit, "456", "{\"password\":\"n3w\"}",
			"account-credentials 456 {\"id\":456,\"password\":\"***\"}\n", 0},
		{"credentials take the rest along", account_commit, "456", "{\"smtp_port\":465,\"bcc\":\"x@y.example\"}",
			"account-credentials 456 {\"id\":456,\"smtp_port\":465,\"bcc\":\"x@y.example\"}\n", 0},
		{"*** where there is no password", account_commit, "457", "{\"password\":\"***\"}", "", 0},
		{"unknown field", account_commit, "456", "{\"colour\":\"red\"}", "no field \"colour\"", EINVAL},
		{"the API's name is not ours", account_commit, "456", "{\"message_per_day\":5}", "no field \"message_per_day\"", EINVAL},
		{"read-only", account_commit, "456", "{\"daily_sent_count\":0}", "\"daily_sent_count\" is read-only", EINVAL},
		{"the id", account_commit, "456", "{\"id\":457}", "\"id\" is read-only", EINVAL},
		{"wrong type", account_commit, "456", "{\"smtp_port\":\"587\"}", "\"smtp_port\" must be a whole number", EINVAL},
		{"out of range", account_commit, "456", "{\"imap_port\":70000}", "from 1 to 65535", EINVAL},
		{"null where there must be a value", account_commit, "456", "{\"smtp_host\":null}", "must be a text", EINVAL},
		{"broken JSON", account_commit, "456", "{\"smtp_port\":5", "line 1", EINVAL},
		{"gone", account_commit, "9", "{}", "no longer", ENOENT},

		{"the same signature", signature_commit, "456", "<p>Ana</p>\n", "", 0},
		{"a signature", signature_commit, "456", "<p>A\n\"b\"</p>\n\n",
			"account-update 456 {\"signature\":\"<p>A\\n\\\"b\\\"</p>\\n\"}\n", 0},
		{"without a newline at its end", signature_commit, "456", "x", "account-update 456 {\"signature\":\"x\"}\n", 0},
		{"an empty one", signature_commit, "456", "\n", "account-update 456 {\"signature\":\"\"}\n", 0},
		{"none, and still none", signature_commit, "457", "\n", "", 0},
		{"not UTF-8", signature_commit, "456", "\xff\n", "UTF-8", EINVAL},

		{"warm-up as it is", warmup_commit, "456", "{\"warmup_enabled\":true,\"daily_rampup\":null}", "", 0},
		{"all that is known of the warm-up", warmup_commit, "456", "{\"reply_rate_percentage\":40}",
			"warmup 456 {\"warmup_enabled\":true,\"total_warmup_per_day\":25,\"reply_rate_percentage\":40}\n", 0},
		{"warm-up off", warmup_commit, "456", "{\"warmup_enabled\":false,\"daily_rampup\":5}",
			"warmup 456 {\"warmup_enabled\":false,\"total_warmup_per_day\":25,\"daily_rampup\":5,"
			"\"reply_rate_percentage\":30}\n", 0},
		{"the first warm-up", warmup_commit, "457", "{\"warmup_enabled\":true}", "warmup 457 {\"warmup_enabled\":true}\n", 0},
		{"warm-up in words", warmup_commit, "456", "{\"warmup_enabled\":\"yes\"}", "must be true or false", EINVAL},
		{"warm-up over 100", warmup_commit, "456", "{\"reply_rate_percentage\":101}", "from 0 to 100", EINVAL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_save(&(struct save){.name = cases[i].name, .commit = cases[i].commit, .at = {{cases[i].id}}, .needs = {ACCOUNTS},
			.bodies = {ACCOUNTS_JSON}, .text = cases[i].text, .want = cases[i].want, .want_errno = cases[i].want_errno});
}

#define NEW_ACCOUNT                                                                                                    \
	"\"from_name\":\"C\",\"from_email\":\"c@b.example\",\"username\":\"c\",\"password\":\"p\",\"smtp_host\":\"s\","       \
	"\"imap_host\":\"i\",\"imap_port\":993"

static void new_accounts(void **state)
{
	static const struct {
		const char *name, *text, *want;
		int want_errno;
	} cases[] = {
		{"all that is needed", "{" NEW_ACCOUNT ",\"smtp_port\":587,\"bcc\":null,\"id\":null}",
			"account-save {\"from_name\":\"C\",\"from_email\":\"c@b.example\",\"username\":\"c\",\"password\":\"***\","
			"\"smtp_host\":\"s\",\"smtp_port\":587,\"imap_host\":\"i\",\"imap_port\":993,\"smtp_port_type\":\"TLS\"}\n", 0},
		{"its own type", "{" NEW_ACCOUNT ",\"smtp_port\":2525,\"smtp_port_type\":\"SSL\"}",
			"account-save {\"from_name\":\"C\",\"from_email\":\"c@b.example\",\"username\":\"c\",\"password\":\"***\","
			"\"smtp_host\":\"s\",\"smtp_port\":2525,\"smtp_port_type\":\"SSL\",\"imap_host\":\"i\",\"imap_port\":993}\n", 0},
		{"port without a type", "{" NEW_ACCOUNT ",\"smtp_port\":2525}", "\"smtp_port_type\" is needed", EINVAL},
		{"no port", "{" NEW_ACCOUNT "}", "\"smtp_port\" is needed", EINVAL},
		{"nothing", "{}", "\"from_name\" is needed", EINVAL},
		{"empty name", "{" NEW_ACCOUNT ",\"from_name\":\"\",\"smtp_port\":587}", "stands twice", EINVAL},
		{"empty host", "{\"from_name\":\"C\",\"from_email\":\"c@b.example\",\"username\":\"c\",\"password\":\"p\","
			"\"smtp_host\":\"\",\"smtp_port\":587,\"imap_host\":\"i\",\"imap_port\":993}", "\"smtp_host\" is needed", EINVAL},
		{"a copy keeps no password", "{\"from_name\":\"C\",\"from_email\":\"c@b.example\",\"username\":\"c\",\"password\":\"***\"}",
			"\"password\": *** keeps", EINVAL},
		{"a copy's id", "{\"id\":456}", "\"id\" is read-only", EINVAL},
		{"warm-up is another file", "{" NEW_ACCOUNT ",\"smtp_port\":587,\"warmup_enabled\":true}", "no field", EINVAL},
		{"a list", "[]", "one object", EINVAL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_save(&(struct save){.name = cases[i].name, .add = account_add, .needs = {ACCOUNTS}, .bodies = {ACCOUNTS_JSON},
			.file = "x.json", .text = cases[i].text, .want = cases[i].want, .want_errno = cases[i].want_errno});
}

/* What is sent is not what is printed. */
static void passwords_are_sent(void **state)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct answers base = {{NULL}};
	struct save s = {.commit = account_commit, .at = {{"456"}}, .needs = {ACCOUNTS}, .bodies = {ACCOUNTS_JSON},
		.text = "{\"imap_password\":\"n3w\"}"};
	(void)state;
	assert_int_equal(run_save(&s, &base, &plan, NULL), 0);
	assert_int_equal(plan.count, 1);
	check_text("body", buf_slice(&plan.steps[0].body), SLICE_LITERAL("{\"id\":456,\"imap_password\":\"n3w\"}"));
	release(&base);
}

static void senders(void **state)
{
	static const struct {
		const char *name, *file, *target, *want;
		int want_errno;
	} cases[] = {
		{"its name", "457-bo@b.example", "../../../email-accounts/457-bo@b.example",
			"campaign-account-add 7 {\"email_account_ids\":[457]}\n", 0},
		{"a slash behind it", "457-bo@b.example", "/mnt/email-accounts/457-bo@b.example/",
			"campaign-account-add 7 {\"email_account_ids\":[457]}\n", 0},
		{"the bare id", "457", "../../../email-accounts/457", "campaign-account-add 7 {\"email_account_ids\":[457]}\n", 0},
		{"the bare address", "bo@b.example", "../../../email-accounts/bo@b.example",
			"campaign-account-add 7 {\"email_account_ids\":[457]}\n", 0},
		{"a pattern that matched nothing", "457-*", "../../../email-accounts/457-*",
			"campaign-account-add 7 {\"email_account_ids\":[457]}\n", 0},
		{"a pattern of nobody", "458-*", "../../../email-accounts/458-*", "does not name one account", EINVAL},
		{"too wide a pattern", "45*", "../../../email-accounts/45*", "does not name one account", EINVAL},
		{"there already", "456-ana@b.example", "../../../email-accounts/456-ana@b.example", "already", EEXIST},
		{"no such account", "458", "../../../email-accounts/458", "does not name one account", EINVAL},
		{"another address behind the id", "457-x@b.example", "../../../email-accounts/457-x@b.example", "does not name", EINVAL},
		{"another directory", "457", "../../../campaigns/457", "does not name", EINVAL},
		{"no directory", "457", "457", "does not name", EINVAL},
		{"empty", "457", "", "does not name", EINVAL},
		{"another name for it", "friend", "../../../email-accounts/457", "must have the account's name: 457-bo@b.example", EINVAL},
		{"another account's name", "456", "../../../email-accounts/457", "must have the account's name", EINVAL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_save(&(struct save){.name = cases[i].name, .add = sender_add, .at = {{"7"}},
			.needs = {ACCOUNTS, CAMPAIGN_ACCOUNTS}, .bodies = {ACCOUNTS_JSON, "[" ACCOUNT_JSON "]"}, .file = cases[i].file,
			.text = cases[i].target, .want = cases[i].want, .want_errno = cases[i].want_errno});
	check_save(&(struct save){.name = "an address that two have", .add = sender_add, .at = {{"7"}},
		.needs = {ACCOUNTS, CAMPAIGN_ACCOUNTS}, .bodies = {"[{\"id\":1,\"from_email\":\"a@b\"},{\"id\":2,\"from_email\":\"a@b\"}]", "[]"},
		.file = "a@b", .text = "../../../email-accounts/a@b", .want = "does not name one account", .want_errno = EINVAL});
	check_save(&(struct save){.name = "rm", .drop = sender_drop, .at = {{"7", "456"}}, .needs = {CAMPAIGN_ACCOUNTS},
		.bodies = {"[" ACCOUNT_JSON "]"}, .want = "campaign-account-remove 7 {\"email_account_ids\":[456]}\n"});
	check_save(&(struct save){.name = "rm of what is gone", .drop = sender_drop, .at = {{"7", "457"}}, .needs = {CAMPAIGN_ACCOUNTS},
		.bodies = {"[" ACCOUNT_JSON "]"}, .want = "no longer sends", .want_errno = ENOENT});
}

static void webhooks(void **state)
{
	static const struct save cases[] = {
		{.name = "what changed", .commit = webhook_commit, .at = {{"4410"}}, .needs = {WEBHOOKS}, .bodies = {"[" HOOK_JSON "]"},
			.text = "{\"id\":4410,\"event_types\":[\"EMAIL_SENT\",\"EMAIL_REPLY\"],\"name\":\"crm\"}",
			.want = "webhook-update 4410 {\"event_types\":[\"EMAIL_SENT\",\"EMAIL_REPLY\"]}\n"},
		{.name = "nothing", .commit = webhook_commit, .at = {{"4410"}}, .needs = {WEBHOOKS}, .bodies = {"[" HOOK_JSON "]"},
			.text = HOOK_JSON, .want = ""},
		{.name = "read-only", .commit = webhook_commit, .at = {{"4410"}}, .needs = {WEBHOOKS}, .bodies = {"[" HOOK_JSON "]"},
			.text = "{\"created_at\":\"u\"}", .want = "\"created_at\" is read-only", .want_errno = EINVAL},
		{.name = "categories are the other service's", .commit = webhook_commit, .at = {{"4410"}}, .needs = {WEBHOOKS},
			.bodies = {"[" HOOK_JSON "]"}, .text = "{\"categories\":[\"Interested\"]}", .want = "no field \"categories\"",
			.want_errno = EINVAL},
		{.name = "event types are words", .commit = webhook_commit, .at = {{"4410"}}, .needs = {WEBHOOKS},
			.bodies = {"[" HOOK_JSON "]"}, .text = "{\"event_types\":[1]}", .want = "must be a word", .want_errno = EINVAL},
		{.name = "new", .add = webhook_add, .needs = {WEBHOOKS}, .bodies = {"[]"}, .file = "my crm.json",
			.text = "{\"webhook_url\":\"https://c.example\",\"event_types\":[\"EMAIL_SENT\"]}",
			.want = "webhook-create {\"name\":\"my crm\",\"webhook_url\":\"https://c.example\",\"event_types\":[\"EMAIL_SENT\"]}\n"},
		{.name = "a copy", .add = webhook_add, .needs = {WEBHOOKS}, .bodies = {"[" HOOK_JSON "]"}, .file = "x.json",
			.text = HOOK_JSON,
			.want = "webhook-create {\"name\":\"crm\",\"webhook_url\":\"https://a.example/h\",\"event_types\":[\"EMAIL_REPLY\"]}\n"},
		{.name = "no address", .add = webhook_add, .needs = {WEBHOOKS}, .bodies = {"[]"}, .file = "x.json",
			.text = "{\"event_types\":[\"EMAIL_SENT\"]}", .want = "\"webhook_url\" is needed", .want_errno = EINVAL},
		{.name = "no events", .add = webhook_add, .needs = {WEBHOOKS}, .bodies = {"[]"}, .file = "x.json",
			.text = "{\"webhook_url\":\"https://c.example\",\"event_types\":[]}", .want = "\"event_types\" is needed",
			.want_errno = EINVAL},
		{.name = "a copy of one that is gone", .add = webhook_add, .needs = {WEBHOOKS}, .bodies = {"[]"}, .file = "x.json",
			.text = HOOK_JSON,
			.want = "webhook-create {\"name\":\"crm\",\"webhook_url\":\"https://a.example/h\",\"event_types\":[\"EMAIL_REPLY\"]}\n"},
		{.name = "a copy to the other service", .add = webhook_add, .needs = {WEBHOOKS}, .bodies = {"[]"}, .file = "x.json",
			.text = CAMPAIGN_HOOK_JSON, .want = "no field \"categories\"", .want_errno = EINVAL},
		{.name = "rm", .drop = webhook_drop, .at = {{"4410"}}, .needs = {WEBHOOKS}, .bodies = {"[" HOOK_JSON "]"},
			.want = "webhook-delete 4410\n"},
		{.name = "rm of what is gone", .drop = webhook_drop, .at = {{"4411"}}, .needs = {WEBHOOKS},
			.bodies = {"[" HOOK_JSON "]"}, .want = "no longer", .want_errno = ENOENT},

		{.name = "a campaign's goes whole", .commit = campaign_webhook_commit, .at = {{"7", "4410"}}, .needs = {CAMPAIGN_WEBHOOKS},
			.bodies = {"[" CAMPAIGN_HOOK_JSON "]"}, .text = "{\"name\":\"hub\"}",
			.want = "campaign-webhook-save 7 {\"id\":4410,\"name\":\"hub\",\"webhook_url\":\"https://a.example/h\","
				"\"event_types\":[\"EMAIL_REPLY\"],\"categories\":[\"Interested\"]}\n"},
		{.name = "a campaign's, unchanged", .commit = campaign_webhook_commit, .at = {{"7", "4410"}}, .needs = {CAMPAIGN_WEBHOOKS},
			.bodies = {"[" CAMPAIGN_HOOK_JSON "]"}, .text = CAMPAIGN_HOOK_JSON, .want = ""},
		{.name = "a campaign's new one, for all categories", .add = campaign_webhook_add, .at = {{"7"}},
			.needs = {CATEGORIES}, .bodies = {"[{\"id\":1,\"name\":\"Interested\"},{\"id\":2,\"name\":\"Later\"}]"},
			.file = "hub.json", .text = "{\"webhook_url\":\"https://c.example\",\"event_types\":[\"EMAIL_SENT\"]}",
			.want = "campaign-webhook-save 7 {\"id\":null,\"name\":\"hub\",\"webhook_url\":\"https://c.example\","
				"\"event_types\":[\"EMAIL_SENT\"],\"categories\":[\"Interested\",\"Later\"]}\n"},
		{.name = "a copy of a campaign's", .add = campaign_webhook_add, .at = {{"7"}}, .needs = {CATEGORIES},
			.bodies = {"[{\"id\":2,\"name\":\"Later\"}]"}, .file = "x.json", .text = CAMPAIGN_HOOK_JSON,
			.want = "campaign-webhook-save 7 {\"id\":null,\"name\":\"crm\",\"webhook_url\":\"https://a.example/h\","
				"\"event_types\":[\"EMAIL_REPLY\"],\"categories\":[\"Interested\"]}\n"},
		{.name = "rm of a campaign's", .drop = campaign_webhook_drop, .at = {{"7", "4410"}}, .needs = {CAMPAIGN_WEBHOOKS},
			.bodies = {"[" CAMPAIGN_HOOK_JSON "]"}, .want = "campaign-webhook-delete 7 {\"id\":4410}\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_save(&cases[i]);
}

/* The cached answer of `id` after the plan's edits of it; NULL: it is to be fetched anew. */
static struct answer *edited(const struct save *s, enum resource_id id)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct answers base = {{NULL}};
	struct answer *result = NULL;
	assert_int_equal(run_save(s, &base, &plan, NULL), 0);
	for (size_t i = 0; i < plan.effect_count; i++) {
		const struct plan_effect *e = &plan.effects[i];
		for (int n = 0; n < 2 && e->resource == id && e->edit; n++) {
			if (s->needs[n] != id)
				continue;
			assert_null(result);
			struct answer *a = e->edit(base.v[n], e->args);
			assert_non_null(a);
			_cleanup_buf_ struct buf body = BUF_INIT;
			buf_add_slice(&body, blob_slice(a->body));
			result = rig_answer(id, body.data);
			answer_unref(a);
		}
	}
	release(&base);
	return result;
}

static void check_shown(const struct save *s, enum resource_id id, render_fn *render, const struct ids *at, const char *path,
	const char *want)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	struct answer *a = edited(s, id);
	struct slice value;
	assert_non_null(a);
	assert_int_equal(rig_render(render, at, a, &text, NULL), 0);
	if (!json_path(buf_slice(&text), path, &value))
		fail_msg("%s: nothing under %s in %s", s->name, path, buf_text(&text));
	check_text(s->name, value, slice_of(want));
	answer_unref(a);
}

static void shown_after(void **state)
{
	struct ids account = {{"456"}};
	struct save s = {.name = "account.json", .commit = account_commit, .at = account, .needs = {ACCOUNTS}, .bodies = {ACCOUNTS_JSON},
		.text = "{\"max_email_per_day\":50,\"custom_tracking_url\":\"t.example\",\"time_to_wait_in_mins\":null}"};
	(void)state;
	check_shown(&s, ACCOUNTS, account_render, &account, "max_email_per_day", "50");
	check_shown(&s, ACCOUNTS, account_render, &account, "custom_tracking_url", "\"t.example\"");
	check_shown(&s, ACCOUNTS, account_render, &account, "time_to_wait_in_mins", "null");
	check_shown(&s, ACCOUNTS, account_render, &account, "smtp_port", "587");
	s.text = "{\"password\":\"x\"}";
	assert_null(edited(&s, ACCOUNTS));
	s = (struct save){.name = "warmup.json", .commit = warmup_commit, .at = account, .needs = {ACCOUNTS}, .bodies = {ACCOUNTS_JSON},
		.text = "{\"warmup_enabled\":false,\"total_warmup_per_day\":12,\"daily_rampup\":5}"};
	check_shown(&s, ACCOUNTS, warmup_render, &account, "warmup_enabled", "false");
	check_shown(&s, ACCOUNTS, warmup_render, &account, "total_warmup_per_day", "12");
	check_shown(&s, ACCOUNTS, warmup_render, &account, "daily_rampup", "5");
	check_shown(&s, ACCOUNTS, warmup_render, &account, "reply_rate_percentage", "30");
	check_shown(&s, ACCOUNTS, account_render, &account, "warmup_details.warmup_min_count", "10");
	s = (struct save){.name = "ln -s", .add = sender_add, .at = {{"7"}}, .needs = {ACCOUNTS, CAMPAIGN_ACCOUNTS},
		.bodies = {ACCOUNTS_JSON, "[]"}, .file = "456", .text = "../../../email-accounts/456"};
	check_shown(&s, ACCOUNTS, account_render, &account, "campaign_count", "2");
	check_shown(&s, CAMPAIGN_ACCOUNTS, account_render, &account, "from_name", "\"Ana\"");
	s = (struct save){.name = "rm", .drop = sender_drop, .at = {{"7", "456"}}, .needs = {CAMPAIGN_ACCOUNTS, ACCOUNTS},
		.bodies = {"[" ACCOUNT_JSON "]", ACCOUNTS_JSON}};
	check_shown(&s, ACCOUNTS, account_render, &account, "campaign_count", "0");
	check_shown(&s, ACCOUNTS, account_render, &account, "is_connected_to_campaign", "false");
	struct answer *senders_left = edited(&s, CAMPAIGN_ACCOUNTS);
	check_text("no sender left", blob_slice(senders_left->body), SLICE_LITERAL("[]"));
	answer_unref(senders_left);
}

/* What is remembered outlives the mount, is found again, and a later value takes the place of an earlier one. */
static void values_are_remembered(void **state)
{
	char dir[] = "/tmp/remembered.XXXXXX", command[64];
	_cleanup_buf_ struct buf value = BUF_INIT;
	(void)state;
	assert_non_null(mkdtemp(dir));
	struct remembered *k = remembered_open(dir, "http://a");
	assert_true(remembered_is_empty(k));
	remembered_set(k, "daily_rampup/45", "1");
	remembered_set(k, "daily_rampup/456", "7");
	remembered_set(k, "daily_rampup/4", "2");
	remembered_set(k, "daily_rampup/456", "8");
	remembered_close(k);
	k = remembered_open(dir, "http://a");
	struct remembered *other = remembered_open(dir, "http://b"), *none = remembered_open(NULL, NULL);
	assert_true(remembered_get(k, "daily_rampup/456", &value));
	check_text("the last one", buf_slice(&value), SLICE_LITERAL("8"));
	buf_clear(&value);
	assert_true(remembered_get(k, "daily_rampup/45", &value));
	assert_true(remembered_get(k, "daily_rampup/4", &value));
	check_text("the others", buf_slice(&value), SLICE_LITERAL("12"));
	assert_false(remembered_get(k, "daily_rampup/5", &value));
	assert_true(remembered_is_empty(other));
	remembered_set(none, "a", "b");
	buf_clear(&value);
	assert_true(remembered_get(none, "a", &value));
	remembered_close(k);
	remembered_close(other);
	remembered_close(none);
	snprintf(command, sizeof command, "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		UNIT_TEST(accounts),
		UNIT_TEST(new_accounts),
		UNIT_TEST(passwords_are_sent),
		UNIT_TEST(senders),
		UNIT_TEST(webhooks),
		UNIT_TEST(shown_after),
		UNIT_TEST(values_are_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
