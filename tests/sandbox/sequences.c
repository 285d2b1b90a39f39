/*
 * Sequences. A save replaces the whole list: steps and variants with an id are kept, those without are new, those
 * left out go, and their statistics with them.
 */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

void sequences_get(struct req *r)
{
	struct buf b = {0};

	if (!campaign_found(r, r->id[0]))
		return;
	db_rows(&b, "SELECT j FROM v_step WHERE campaign_id=? ORDER BY seq_number, id", "i", r->id[0]);
	answer(r, 200, "%s", b.p);
	buf_free(&b);
}

/* ---- the form ---- */

/* clang-format off */
#define END {NULL, F_ANY, 0, 0, 0, NULL}

static const struct field step_ref[] = {
	{"id", F_INT, NULLABLE, 0, 0, NULL},
	{"seq_number", F_INT, NEEDED, 1, 0, NULL},
	{"seq_delay_details", F_OBJ, NEEDED, 0, 0, NULL},
	{"variant_distribution_type", F_STR, NEEDED, 0, 0, "MANUALLY_EQUAL"},
	{"variants", F_ARR, NEEDED | NULLABLE, 0, 0, NULL},
	{"subject", F_STR, 0, 0, 0, NULL}, /* of a step without variants, as it is read */
	{"email_body", F_STR, 0, 0, 0, NULL},
	END};
static const struct field variant_ref[] = {
	{"id", F_INT, NULLABLE, 0, 0, NULL},
	{"subject", F_STR, NEEDED, 0, 0, NULL},
	{"email_body", F_STR, NEEDED, 0, 0, NULL},
	{"variant_label", F_STR, NEEDED | FILLED, 0, 0, NULL},
	END};
static const struct field step_live[] = {
	{"id", F_INT, NULLABLE, 0, 0, NULL},
	{"seq_number", F_INT, NEEDED, 1, 0, NULL},
	{"seq_delay_details", F_OBJ, NEEDED, 0, 0, NULL},
	{"variant_distribution_type", F_STR, 0, 0, 0, "MANUAL_EQUAL|MANUAL_PERCENTAGE|AI_EQUAL"},
	{"seq_variants", F_ARR, 0, 0, 0, NULL},
	{"subject", F_STR, 0, 0, 0, NULL},
	{"email_body", F_STR, 0, 0, 0, NULL},
	{"winning_metric_property", F_STR, 0, 0, 0, "OPEN_RATE|CLICK_RATE|REPLY_RATE|POSITIVE_REPLY_RATE"},
	{"lead_distribution_percentage", F_INT, 0, 20, 100, NULL},
	{"seq_type", F_STR, 0, 0, 0, "EMAIL|MANUAL"},
	END};
static const struct field variant_live[] = {
	{"id", F_INT, 0, 0, 0, NULL},
	{"subject", F_STR, NEEDED, 0, 0, NULL},
	{"email_body", F_STR, NEEDED, 0, 0, NULL},
	{"variant_label", F_STR, NEEDED | FILLED, 0, 0, NULL},
	{"variant_distribution_percentage", F_INT, 0, 0, 100, NULL},
	END};
static const struct field delay_fields[] = {{"delay_in_days", F_INT, NEEDED, 0, 0, NULL}, END};
static const struct field body_live[] = {{"sequences", F_ARR, NEEDED, 0, 0, NULL}, END};
/* clang-format on */

static const cJSON *variants_of(const struct req *r, const cJSON *step)
{
	return cJSON_GetObjectItemCaseSensitive(step, r->live ? "seq_variants" : "variants");
}

static int64_t id_of(const cJSON *o)
{
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(o, "id");

	return cJSON_IsNumber(id) ? (int64_t)id->valuedouble : 0;
}

static bool step_ok(struct req *r, const cJSON *step, const char *where)
{
	const cJSON *variants, *v;
	bool ok = check_object(r, step, r->live ? step_live : step_ref, where);
	char *part = text("%s.seq_delay_details", where);

	ok = ok && check_object(r, cJSON_GetObjectItemCaseSensitive(step, "seq_delay_details"), delay_fields, part);
	free(part);
	if (!ok)
		return false;
	int n = 0;
	variants = variants_of(r, step);
	cJSON_ArrayForEach(v, variants)
	{
		part = text("%s.%s[%d]", where, r->live ? "seq_variants" : "variants", n++);
		ok = ok && check_object(r, v, r->live ? variant_live : variant_ref, part);
		free(part);
	}
	if (!ok)
		return false;
	if (n || cJSON_HasObjectItem(step, "email_body"))
		return true;
	part = text("%s.%s", where, r->live ? "email_body" : "variants");
	refuse(r, "body", part, "\"%s\" is required", part);
	free(part);
	return false;
}

static bool ids_ok(struct req *r, const cJSON *step)
{
	const cJSON *v;
	int64_t id = id_of(step);

	if (id && db_int("SELECT 1 FROM steps WHERE id=? AND campaign_id=?", "ii", id, r->id[0]) != 1) {
		bad_value(r, "Invalid sequence id - %lld", (long long)id);
		return false;
	}
	cJSON_ArrayForEach(v, variants_of(r, step))
	{
		int64_t variant = id_of(v);

		if (variant && db_int("SELECT 1 FROM variants WHERE id=? AND step_id=? AND NOT is_deleted", "ii",
				       variant, id) != 1) {
			bad_value(r, "Invalid variant id - %lld", (long long)variant);
			return false;
		}
	}
	return true;
}

static bool list_ok(struct req *r, const cJSON *list)
{
	const cJSON *step;
	int n = 0;

	cJSON_ArrayForEach(step, list)
	{
		char *where = r->live ? text("sequences[%d]", n) : text("[%d]", n);
		bool ok = step_ok(r, step, where);

		free(where);
		if (!ok || !ids_ok(r, step))
			return false;
		n++;
		if ((int)cJSON_GetObjectItem(step, "seq_number")->valuedouble != n)
			return refuse(r, "body", "seq_number", "\"seq_number\" must run from 1 without gaps");
	}
	return true;
}

/* ---- the save: kept collects the ids that stay, for one DELETE at the end ---- */

static const char *string(const cJSON *o, const char *name)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

static void save_variants(const struct req *r, const cJSON *step, int64_t step_id)
{
	struct buf kept = {0};
	const cJSON *v;

	cJSON_ArrayForEach(v, variants_of(r, step))
	{
		int64_t id = id_of(v);
		const cJSON *pct = cJSON_GetObjectItemCaseSensitive(v, "variant_distribution_percentage");

		if (!id) {
			id = next_id("variant");
			db_run("INSERT INTO variants(id,step_id,created_at,updated_at) VALUES(?,?,now(),now())", "ii",
				id, step_id);
		}
		db_run("UPDATE variants SET label=?, subject=?, email_body=?, percentage=?, updated_at=now() WHERE "
		       "id=?",
			"ssssi", string(v, "variant_label"), string(v, "subject"), string(v, "email_body"), NULL, id);
		if (pct)
			db_run("UPDATE variants SET percentage=? WHERE id=?", "ii", (int64_t)pct->valuedouble, id);
		buf_printf(&kept, "%s%lld", kept.n ? "," : "[", (long long)id);
	}
	buf_str(&kept, kept.n ? "]" : "[]");
	db_run("DELETE FROM variants WHERE step_id=? AND NOT is_deleted AND id NOT IN (SELECT value FROM json_each(?))",
		"is", step_id, kept.p);
	buf_free(&kept);
}

static int64_t save_step(const struct req *r, const cJSON *step)
{
	int64_t id = id_of(step);
	const cJSON *delay = cJSON_GetObjectItem(cJSON_GetObjectItem(step, "seq_delay_details"), "delay_in_days");
	bool flat = cJSON_GetArraySize(variants_of(r, step)) == 0;

	if (!id) {
		id = next_id("step");
		db_run("INSERT INTO steps(id,campaign_id,created_at,null_variants) VALUES(?,?,now(),1)", "ii", id,
			r->id[0]);
	}
	db_run("UPDATE steps SET seq_number=?, delay=?, subject=?, email_body=?, distribution=?, updated_at=now(),"
	       "null_variants=min(null_variants,?) WHERE id=?",
		"iisssii", (int64_t)cJSON_GetObjectItem(step, "seq_number")->valuedouble, (int64_t)delay->valuedouble,
		flat && string(step, "subject") ? string(step, "subject") : "", flat ? string(step, "email_body") : "",
		string(step, "variant_distribution_type"), (int64_t)flat, id);
	save_variants(r, step, id);
	return id;
}

void sequences_save(struct req *r)
{
	struct buf kept = {0};
	const cJSON *step, *list = r->body;

	if (!r->raw.n || (!r->live && !cJSON_IsArray(r->body))) {
		refuse(r, "body", "value", "\"value\" must be %s", r->live ? "of type object" : "an array");
		return;
	}
	if (r->live) {
		if (!check_object(r, r->body, body_live, ""))
			return;
		list = cJSON_GetObjectItemCaseSensitive(r->body, "sequences");
	}
	if (!campaign_found(r, r->id[0]) || !list_ok(r, list))
		return;
	if (db_int("SELECT status='ACTIVE' FROM campaigns WHERE id=?", "i", r->id[0]) == 1) {
		fail(r, 400, "The sequence of an active campaign can't be changed. Pause it first.");
		return;
	}
	cJSON_ArrayForEach(step, list) buf_printf(&kept, "%s%lld", kept.n ? "," : "[", (long long)save_step(r, step));
	buf_str(&kept, kept.n ? "]" : "[]");
	db_run("DELETE FROM steps WHERE campaign_id=? AND id NOT IN (SELECT value FROM json_each(?))", "is", r->id[0],
		kept.p);
	db_run("DELETE FROM variants WHERE step_id NOT IN (SELECT id FROM steps)", "");
	db_run("DELETE FROM sends WHERE campaign_id=? AND step_id NOT IN (SELECT value FROM json_each(?))", "is",
		r->id[0], kept.p);
	db_run("UPDATE campaigns SET updated_at=now() WHERE id=?", "i", r->id[0]);
	answer(r, 200, "{\"ok\":true,\"data\":\"success\"}");
	buf_free(&kept);
}
