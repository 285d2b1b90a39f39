/* body.c - see body.h; the sequences have a file of their own. */
#include "fs/api/body.h"

#include <errno.h>

#include "fs/api/member.h"
#include "fs/format/json.h"

static int translate(struct slice contract, const struct member *list, enum others others, struct buf *out,
	struct refusal *why)
{
	if (json_kind(contract) != JSON_OBJECT)
		return refuse(why, EINVAL, "the request needs a JSON object");
	object_copy(contract, list, others, out);
	return buf_failed(out) ? refuse_memory(why) : 0;
}

int body_without_nulls(struct slice contract, struct buf *out, struct refusal *why)
{
	return translate(contract, NULL, OTHERS_STAY_UNLESS_NULL, out, why);
}

/* Status. */

int body_status_live(struct slice contract, struct buf *out, struct refusal *why)
{
	static const struct word words[] = {{"ACTIVE", "START"}, {NULL, NULL}};
	static const struct member list[] = {{.name = "status", .words = words}, {.name = NULL}};
	return translate(contract, list, OTHERS_STAY, out, why);
}

int body_status_reference(struct slice contract, struct buf *out, struct refusal *why)
{
	static const struct word words[] = {{"START", "ACTIVE"}, {NULL, NULL}};
	static const struct member list[] = {{.name = "status", .words = words}, {.name = NULL}};
	return translate(contract, list, OTHERS_STAY, out, why);
}

/* Schedule. */

int body_schedule_live(struct slice contract, struct buf *out, struct refusal *why)
{
	static const struct member list[] = {
		{.name = "max_leads_per_day", .as = "max_new_leads_per_day"},
		{.name = NULL},
	};
	return translate(contract, list, OTHERS_STAY, out, why);
}

int body_schedule_reference(struct slice contract, struct buf *out, struct refusal *why)
{
	static const struct member list[] = {
		{.name = "max_new_leads_per_day", .as = "max_leads_per_day"},
		{.name = NULL},
	};
	return translate(contract, list, OTHERS_STAY, out, why);
}

/* Settings: the words that are read differ from those that are written. */

int body_settings_live(struct slice contract, struct buf *out, struct refusal *why)
{
	static const struct word track[] = {
		{"DONT_EMAIL_OPEN", "DONT_TRACK_EMAIL_OPEN"},
		{"DONT_LINK_CLICK", "DONT_TRACK_LINK_CLICK"},
		{"DONT_REPLY_TO_AN_EMAIL", "DONT_TRACK_REPLY_TO_AN_EMAIL"},
		{NULL, NULL},
	};
	static const struct word stop[] = {
		{"OPENED_EMAIL", "OPEN_AN_EMAIL"},
		{"CLICKED_LINK", "CLICK_ON_A_LINK"},
		{NULL, NULL},
	};
	static const struct member list[] = {
		{.name = "track_settings", .words = track},
		{.name = "stop_lead_settings", .words = stop},
		{.name = "client_id", .what = DROP_NULL},
		{.name = NULL},
	};
	return translate(contract, list, OTHERS_STAY, out, why);
}

int body_settings_reference(struct slice contract, struct buf *out, struct refusal *why)
{
	static const struct word track[] = {
		{"DONT_TRACK_EMAIL_OPEN", "DONT_EMAIL_OPEN"},
		{"DONT_TRACK_LINK_CLICK", "DONT_LINK_CLICK"},
		{"DONT_TRACK_REPLY_TO_AN_EMAIL", "DONT_REPLY_TO_AN_EMAIL"},
		{NULL, NULL},
	};
	static const struct word stop[] = {
		{"OPEN_AN_EMAIL", "OPENED_EMAIL"},
		{"CLICK_ON_A_LINK", "CLICKED_LINK"},
		{NULL, NULL},
	};
	static const struct member list[] = {
		{.name = "track_settings", .words = track},
		{.name = "stop_lead_settings", .words = stop},
		{.name = NULL},
	};
	return translate(contract, list, OTHERS_STAY, out, why);
}

/* Accounts. */

int body_account_id_reference(struct slice contract, struct buf *out, struct refusal *why)
{
	struct slice ids;
	if (!json_member(contract, "email_account_ids", &ids) || json_kind(ids) != JSON_ARRAY)
		return refuse(why, EINVAL, "email_account_ids must be an array");
	struct json_walk w = json_walk(ids);
	if (!json_next(&w))
		return refuse(why, EINVAL, "email_account_ids is empty");
	struct json_walk more = w;
	if (json_next(&more))
		return refuse(why, EINVAL, "this service takes one e-mail account a request");
	buf_add_str(out, "{\"email_account_id\":");
	buf_add_slice(out, w.value);
	buf_add_char(out, '}');
	return buf_failed(out) ? refuse_memory(why) : 0;
}

static const struct member live_account[] = {
	{.name = "username", .as = "user_name"},
	{.name = "imap_username", .as = "imap_user_name"},
	{.name = "smtp_port_type", .what = DROP},
	{.name = "imap_port_type", .what = DROP},
	{.name = NULL},
};

/* Has the object a member besides its id? */
static bool says_more_than_id(struct slice object)
{
	for (struct json_walk w = json_walk(object); json_next(&w);)
		if (!key_is(w.key, "id"))
			return true;
	return false;
}

/* A new account: what is null is left to the service. With an id it is a change, in which null empties a field. */
int body_account_save_live(struct slice contract, struct buf *out, struct refusal *why)
{
	struct slice id;
	size_t start = out->len;
	bool is_new = !json_member(contract, "id", &id) || json_kind(id) == JSON_NULL;
	int rc = translate(contract, live_account, is_new ? OTHERS_STAY_UNLESS_NULL : OTHERS_STAY, out, why);
	if (rc == 0 && !says_more_than_id(slice_skip(buf_slice(out), start)))
		return refuse(why, EINVAL, "smtp_port_type: on this service the port decides (465 SSL, 587 TLS); change smtp_port");
	return rc;
}

int body_account_update_live(struct slice contract, struct buf *out, struct refusal *why)
{
	return translate(contract, live_account, OTHERS_STAY, out, why);
}

static const struct member reference_account[] = {
	{.name = "user_name", .as = "username"},
	{.name = "imap_user_name", .as = "imap_username"},
	{.name = NULL},
};

int body_account_reference(struct slice contract, struct buf *out, struct refusal *why)
{
	return translate(contract, reference_account, OTHERS_STAY, out, why);
}

/* There the id stands in the path. */
int body_account_credentials_reference(struct slice contract, struct buf *out, struct refusal *why)
{
	static const struct member list[] = {{.name = "id", .what = DROP}, {.name = NULL}};
	return translate(contract, list, OTHERS_STAY, out, why);
}

int body_warmup_reference(struct slice contract, struct buf *out, struct refusal *why)
{
	static const char *const needed[] = {"warmup_enabled", "total_warmup_per_day", "daily_rampup", "reply_rate_percentage"};
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		struct slice value;
		if (!json_member(contract, needed[i], &value))
			return refuse(why, EINVAL, "\"%s\" is needed: this service takes the four settings together", needed[i]);
	}
	return translate(contract, NULL, OTHERS_STAY, out, why);
}

/* Leads. */

int body_leads_reference(struct slice contract, struct buf *out, struct refusal *why)
{
	static const struct member settings[] = {{.name = "return_lead_ids", .what = DROP}, {.name = NULL}};
	if (json_kind(contract) != JSON_OBJECT)
		return refuse(why, EINVAL, "the request needs a JSON object");
	bool first = true;
	buf_add_char(out, '{');
	for (struct json_walk w = json_walk(contract); json_next(&w);) {
		buf_add_str(out, first ? "" : ",");
		first = false;
		buf_add_slice(out, w.key);
		buf_add_char(out, ':');
		if (key_is(w.key, "settings") && json_kind(w.value) == JSON_OBJECT)
			object_copy(w.value, settings, OTHERS_STAY, out);
		else
			buf_add_slice(out, w.value);
	}
	buf_add_char(out, '}');
	return buf_failed(out) ? refuse_memory(why) : 0;
}

int body_block_live(struct slice contract, struct buf *out, struct refusal *why)
{
	static const struct member list[] = {
		{.name = "entries", .as = "domain_block_list"},
		{.name = "client_id", .what = DROP_NULL},
		{.name = NULL},
	};
	return translate(contract, list, OTHERS_STAY, out, why);
}

int body_block_reference(struct slice contract, struct buf *out, struct refusal *why)
{
	struct slice entries;
	if (!json_member(contract, "entries", &entries) || json_kind(entries) != JSON_ARRAY)
		return refuse(why, EINVAL, "entries must be an array");
	struct json_walk w = json_walk(entries);
	if (!json_next(&w) || json_kind(w.value) != JSON_STRING)
		return refuse(why, EINVAL, "entries must hold an e-mail address or a domain");
	struct json_walk more = w;
	if (json_next(&more))
		return refuse(why, EINVAL, "this service takes one entry a request");
	bool address = memchr(w.value.ptr, '@', w.value.len) != NULL;
	buf_add_str(out, address ? "{\"email\":" : "{\"domain\":");
	buf_add_slice(out, w.value);
	buf_add_char(out, '}');
	return buf_failed(out) ? refuse_memory(why) : 0;
}

/* The reply. */

int body_reply_live(struct slice contract, struct buf *out, struct refusal *why)
{
	static const struct member list[] = {{.name = "lead_id", .what = DROP}, {.name = NULL}};
	return translate(contract, list, OTHERS_STAY_UNLESS_NULL, out, why);
}

int body_reply_reference(struct slice contract, struct buf *out, struct refusal *why)
{
	static const struct member list[] = {
		{.name = "lead_id"},
		{.name = "email_body"},
		{.name = "reply_message_id"},
		{.name = "reply_email_time"},
		{.name = NULL},
	};
	return translate(contract, list, OTHERS_GO, out, why);
}
