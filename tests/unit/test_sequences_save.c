/* test_sequences_save.c - what a save of sequences.json and reply.html becomes, and what is hidden of a refused text. */
#include <string.h>

#include "fs/tree/secrets.h"
#include "fs/tree/subjects.h"
#include "tests/unit/check.h"
#include "tests/unit/plan_rig.h"

#define NOTES "\"created_at\":\"x\",\"updated_at\":\"y\","
#define A1 "{\"id\":11," NOTES "\"is_deleted\":false,\"subject\":\"One\",\"email_body\":\"<p>1</p>\",\"variant_label\":\"A\"}"
#define B1 "{\"id\":12,\"is_deleted\":false,\"subject\":\"Two\",\"email_body\":\"<p>2</p>\",\"variant_label\":\"B\"}"
#define GONE "{\"id\":13,\"is_deleted\":true,\"subject\":\"No\",\"email_body\":\"\",\"variant_label\":\"C\"}"
#define STEP1(variants) "{\"id\":1,\"seq_number\":1,\"subject\":\"\",\"email_body\":\"\",\"seq_delay_details\":{\"delayInDays\":0},\"sequence_variants\":[" variants "]}"
#define STEP2 "{\"id\":2,\"seq_number\":2,\"subject\":\"\",\"email_body\":\"<p>3</p>\",\"seq_delay_details\":{\"delayInDays\":3},\"sequence_variants\":null}"
#define BASE "[" STEP1(A1 "," B1 "," GONE) "," STEP2 "]"

#define SENT_1(texts) "{\"id\":1,\"seq_number\":1,\"seq_delay_details\":{\"delay_in_days\":0},\"variants\":[" texts "]}"
#define SENT_A "{\"id\":11,\"subject\":\"One\",\"email_body\":\"<p>1</p>\",\"variant_label\":\"A\"}"
#define SENT_B "{\"id\":12,\"subject\":\"Two\",\"email_body\":\"<p>2</p>\",\"variant_label\":\"B\"}"
#define SENT_2(body) "{\"id\":2,\"seq_number\":2,\"seq_delay_details\":{\"delay_in_days\":3},\"subject\":\"\",\"email_body\":\"" body "\"}"
#define SENDS(one, two) "sequences-save 7 {\"sequences\":[" one "," two "]}\n"

static void whole(void **state)
{
	static const struct {
		const char *name, *text, *want;
	} cases[] = {
		{"the same", BASE, ""},
		{"the same in other words", " [ " STEP2 " , " STEP1(A1 "," B1 "," GONE) " ] ", ""},
		{"the same, other notes", "[" STEP1("{\"id\":11,\"updated_at\":\"later\",\"subject\":\"One\",\"email_body\":\"<p>1</p>\","
			"\"variant_label\":\"A\"}," B1 "," GONE) "," STEP2 "]", ""},
		{"a body", "[" STEP1(A1 "," B1) ",{\"id\":2,\"seq_number\":2,\"subject\":\"\",\"email_body\":\"new\","
			"\"seq_delay_details\":{\"delay_in_days\":3}}]", SENDS(SENT_1(SENT_A "," SENT_B), SENT_2("new"))},
		{"a new variant", "[" STEP1(A1 "," B1 ",{\"subject\":\"Three\",\"email_body\":\"x\"}") "," STEP2 "]",
			SENDS(SENT_1(SENT_A "," SENT_B ",{\"id\":null,\"subject\":\"Three\",\"email_body\":\"x\",\"variant_label\":\"C\"}"),
				SENT_2("<p>3</p>"))},
		{"an id that is nowhere is new", "[" STEP1(A1 "," B1) "," STEP2 ",{\"id\":99,\"seq_number\":3,\"subject\":\"s\",\"email_body\":\"b\"}]",
			"sequences-save 7 {\"sequences\":[" SENT_1(SENT_A "," SENT_B) "," SENT_2("<p>3</p>")
			",{\"id\":null,\"seq_number\":3,\"seq_delay_details\":{\"delay_in_days\":0},\"subject\":\"s\",\"email_body\":\"b\"}]}\n"},
		{"a variant is missing", "[" STEP1(A1) "," STEP2 "]",
			"refused: EPERM the e-mail 1-B is missing; to remove it: rm sequences/1-B.html\n"},
		{"a step is missing", "[" STEP1(A1 "," B1) "]",
			"refused: EPERM the e-mail 2-A is missing; to remove it: rm sequences/2-A.html\n"},
		{"nothing", "[]", "refused: EPERM the e-mail 1-A is missing; to remove it: rm sequences/1-A.html\n"},
		{"no list", "{}", "refused: EINVAL the document must be a list of steps: [ … ]\n"},
		{"no JSON", "[{]", "refused: EINVAL line 1, column 3: a name in double quotes is missing here\n"},
		{"a step that is none", "[7]", "refused: EINVAL entry 1: a step must be an object with a \"seq_number\"\n"},
		{"a gap", "[" STEP1(A1 "," B1) ",{\"id\":2,\"seq_number\":3,\"subject\":\"\",\"email_body\":\"x\"}]",
			"refused: EINVAL step 2 is missing: steps are numbered 1, 2, 3…\n"},
		{"one number twice", "[" STEP1(A1 "," B1) ",{\"id\":2,\"seq_number\":1,\"subject\":\"\",\"email_body\":\"x\"}]",
			"refused: EINVAL two steps have the number 1\n"},
		{"one label twice", "[" STEP1(A1 ",{\"id\":12,\"subject\":\"Two\",\"email_body\":\"\",\"variant_label\":\"A\"}") "," STEP2 "]",
			"refused: EINVAL in step 1 a variant_label is no capital letter, or stands twice\n"},
		{"an unknown field", "[" STEP1(A1 "," B1) ",{\"id\":2,\"seq_number\":2,\"color\":1}]",
			"refused: EINVAL entry 2: there is no field \"color\"\n"},
		{"text of a step that has variants", "[{\"id\":1,\"seq_number\":1,\"subject\":\"mine\",\"email_body\":\"\",\"sequence_variants\":["
			A1 "," B1 "]}," STEP2 "]", "refused: EINVAL entry 1: the step has variants: its subject and email_body are theirs\n"},
		{"a deletion by a flag", "[" STEP1(A1 ",{\"id\":12,\"is_deleted\":true,\"subject\":\"Two\",\"email_body\":\"<p>2</p>\"}") "," STEP2 "]",
			"refused: EINVAL entry 1: \"is_deleted\" is read-only\n"},
		{"a delay below zero", "[" STEP1(A1 "," B1) ",{\"id\":2,\"seq_number\":2,\"seq_delay_details\":{\"delay_in_days\":-1}}]",
			"refused: EINVAL entry 2: \"delay_in_days\" must be from 0 to 10000\n"},
		{"a delay that is none", "[" STEP1(A1 "," B1) ",{\"id\":2,\"seq_number\":2,\"subject\":\"\",\"email_body\":\"x\",\"seq_delay_details\":5}]",
			"refused: EINVAL entry 2: \"seq_delay_details\" must be an object: { \"delay_in_days\": … }\n"},
		{"a delay that is left out is left alone", "[" STEP1(A1 "," B1) ",{\"id\":2,\"seq_number\":2,\"subject\":\"\",\"email_body\":\"new\"}]",
			SENDS(SENT_1(SENT_A "," SENT_B), SENT_2("new"))},
		{"variants that are none", "[" STEP1(A1 "," B1) "," STEP2 ",{\"seq_number\":3,\"subject\":\"\",\"email_body\":\"x\",\"variants\":\"A\"}]",
			"refused: EINVAL entry 3: \"variants\" must be a list: [ … ]\n"},
		{"no body", "[" STEP1(A1 "," B1) ",{\"id\":2,\"seq_number\":2,\"subject\":\"\"}]",
			"refused: EINVAL the e-mail 2-A has no \"email_body\"\n"},
	};
	static const struct rig_base base = {{SEQUENCES}, {BASE}};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		rig_commit(sequences_json_commit, &(struct ids){{"7"}}, &base, cases[i].text, &out);
		check_text(cases[i].name, buf_slice(&out), slice_of(cases[i].want));
	}
}

/* The service has given a flat step its one variant since: the text is that variant's, and keeps its id. */
static void flat_becomes_a_variant(void **state)
{
	static const struct rig_base base = {{SEQUENCES}, {"[" STEP1(A1) "]"}};
	_cleanup_buf_ struct buf out = BUF_INIT;
	(void)state;
	rig_commit(sequences_json_commit, &(struct ids){{"7"}}, &base,
		"[{\"id\":1,\"seq_number\":1,\"subject\":\"Flat\",\"email_body\":\"b\",\"sequence_variants\":null}]", &out);
	check_text("flat", buf_slice(&out), slice_of("sequences-save 7 {\"sequences\":["
		SENT_1("{\"id\":11,\"subject\":\"Flat\",\"email_body\":\"b\",\"variant_label\":\"A\"}") "]}\n"));
}

/* What the service has and no file shows would be deleted by a save of the rest. */
static void nothing_unseen_is_dropped(void **state)
{
	static const char *const bases[] = {
		"[" STEP2 ",{\"id\":3,\"seq_number\":0,\"subject\":\"\",\"email_body\":\"x\"}]",
		"[" STEP2 ",{\"id\":3,\"subject\":\"\",\"email_body\":\"x\"}]",
		"[" STEP2 ",{\"id\":3,\"seq_number\":2,\"subject\":\"\",\"email_body\":\"x\"}]",
	};
	_cleanup_buf_ struct buf many = BUF_INIT;
	(void)state;
	buf_add_str(&many, "[" STEP2 ",{\"id\":3,\"seq_number\":3,\"variants\":[");
	for (int i = 0; i < 27; i++)
		buf_printf(&many, "%s{\"id\":%d,\"subject\":\"s\",\"email_body\":\"b\"}", i ? "," : "", 100 + i);
	buf_add_str(&many, "]}]");
	for (size_t i = 0; i <= COUNT(bases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		struct rig_base base = {{SEQUENCES}, {i < COUNT(bases) ? bases[i] : buf_text(&many)}};
		rig_commit(sequence_commit, &(struct ids){{"7", "2", "A"}}, &base, "---\nsubject: \ndelay_in_days: 3\n---\nnew\n", &out);
		rig_add(sequence_add, &(struct ids){{"7"}}, &base, "2-B.html", "---\nsubject: s\n---\nnew\n", &out);
		rig_drop(sequence_drop, &(struct ids){{"7", "2", "A"}}, &base, &out);
		rig_commit(sequences_json_commit, &(struct ids){{"7"}}, &base, "[" STEP2 "]", &out);
		size_t refused = 0;
		for (const char *at = buf_text(&out); (at = strstr(at, "refused: EPERM the service has e-mails that can't be shown")); at++)
			refused++;
		check_int(base.bodies[0], (int64_t)refused, 4);
	}
}

static void reply(void **state)
{
#define LEAD "id,email\n3,a@b.c\n"
#define MESSAGE(type, id, time) "{\"stats_id\":\"s" id "\",\"type\":\"" type "\",\"message_id\":\"<" id ">\",\"time\":\"" time "\",\"email_body\":\"b" id "\"}"
#define REPLY(id, time, text)                                                                                          \
	"reply 7 {\"lead_id\":3,\"email_stats_id\":\"s" id "\",\"email_body\":\"" text "\",\"reply_message_id\":\"<" id       \
	">\",\"reply_email_time\":\"" time "\",\"reply_email_body\":\"b" id "\"}\n"
	static const struct {
		const char *name, *thread, *text, *want;
	} cases[] = {
		{"to the newest that came in, whatever the order", "{\"history\":[" MESSAGE("REPLY", "3", "2026-03-03T00:00:00.000Z") ","
			MESSAGE("SENT", "4", "2026-03-04T00:00:00.000Z") "," MESSAGE("REPLY", "2", "2026-03-02T00:00:00.000Z") "]}", "<p>Hi</p>\n",
			REPLY("3", "2026-03-03T00:00:00.000Z", "<p>Hi</p>")},
		{"else to the newest that went out", "{\"history\":[" MESSAGE("SENT", "1", "2026-03-01T00:00:00.000Z") ","
			MESSAGE("SENT", "2", "2026-03-02T00:00:00.000Z") "]}", "x\n\n", REPLY("2", "2026-03-02T00:00:00.000Z", "x\\n")},
		{"no message", "{}", "x", "refused: EINVAL there is no message to reply to yet\n"},
		{"empty", "{\"history\":[" MESSAGE("SENT", "1", "2026-03-01T00:00:00.000Z") "]}", " \n\n", "refused: EINVAL an empty reply is not sent\n"},
		{"no UTF-8", "{\"history\":[" MESSAGE("SENT", "1", "2026-03-01T00:00:00.000Z") "]}", "\xFF", "refused: EINVAL a reply is UTF-8\n"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		struct rig_base base = {{LEADS, THREAD}, {LEAD, cases[i].thread}};
		rig_commit(reply_commit, &(struct ids){{"7", "a@b.c"}}, &base, cases[i].text, &out);
		check_text(cases[i].name, buf_slice(&out), slice_of(cases[i].want));
	}
}

static void secrets_of_texts(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"{\"password\": \"a\\\"b\", \"n\": 1}", "{\"password\": \"***\", \"n\": 1}"},
		{"{\"imap_password\":\n  \"x\"}", "{\"imap_password\":\n  \"***\"}"},
		{"{\"password\": \"no end", "{\"password\": \"***\""},
		{"{\"password\": \"no end\n\"a\": 1}", "{\"password\": \"***\"\n\"a\": 1}"},
		{"password: hunter2, x", "password: \"***\", x"},
		{"{'password': 'x'}", "{'password': \"***\"}"},
		{"{\"password\": 12345}", "{\"password\": \"***\"}"},
		{"{\"password\":}", "{\"password\":}"},
		/* Rather too much than too little. */
		{"{\"from_name\": \"password: x\"}", "{\"from_name\": \"password: \"***\"}"},
		{"{\"from_name\": \"x\"}", "{\"from_name\": \"x\"}"},
		{"", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		secrets_hide_in_text(slice_of(cases[i].text), &out);
		check_text(cases[i].text, buf_slice(&out), slice_of(cases[i].want));
	}
	_cleanup_buf_ struct buf out = BUF_INIT;
	secrets_hide_in_text(SLICE_LITERAL("{\"password\": hun\0ter2}"), &out);
	check_text("a NUL ends no value", buf_slice(&out), slice_of("{\"password\": \"***\"}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(flat_becomes_a_variant),
		cmocka_unit_test(nothing_unseen_is_dropped),
		cmocka_unit_test(reply),
		cmocka_unit_test(secrets_of_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
