/* What a query or a body may hold: the strictness of Joi, with its texts. */
#include "sandbox.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct field nothing[] = {{0}};

static const struct field *find(const struct field *f, const char *name)
{
	for (; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	return NULL;
}

/* ---- query ---- */

static bool check_parameter(struct req *r, const struct field *f, const char *v)
{
	int64_t n;

	switch (f->type) {
	case F_NUM:
	case F_INT:
		if (!parse_int(v, &n))
			return refuse(r, "query", f->name, "\"%s\" must be a number", f->name);
		if ((double)n < f->min)
			return refuse(
				r, "query", f->name, "\"%s\" must be larger than or equal to %g", f->name, f->min);
		if (f->max > 0 && (double)n > f->max)
			return refuse(r, "query", f->name, "\"%s\" must be less than or equal to %g", f->name, f->max);
		return true;
	case F_BOOL:
		return word_in("true|false", v) || refuse(r, "query", f->name, "\"%s\" must be a boolean", f->name);
	case F_DATE:
		return day_number(v) >= 0 ||
		       refuse(r, "query", f->name, "\"%s\" must be a date in the form YYYY-MM-DD", f->name);
	case F_TIME:
		return (strlen(v) >= 10 && v[4] == '-' && v[7] == '-') ||
		       refuse(r, "query", f->name, "\"%s\" must be a valid date", f->name);
	default:
		if (!*v)
			return refuse(r, "query", f->name, "\"%s\" is not allowed to be empty", f->name);
		return !f->words || word_in(f->words, v) ||
		       refuse(r, "query", f->name, "\"%s\" must be one of [%s]", f->name, f->words);
	}
}

bool check_query(struct req *r, const struct field *fields)
{
	fields = fields ? fields : nothing;
	for (const struct field *f = fields; f->name; f++) {
		const char *v = query(r, f->name);

		if (!v && (f->flags & NEEDED))
			return refuse(r, "query", f->name, "\"%s\" is required", f->name);
		if (v && !check_parameter(r, f, v))
			return false;
	}
	for (size_t i = 0; i < r->n_query; i++)
		if (!find(fields, r->query[i].name))
			return refuse(r, "query", r->query[i].name, "\"%s\" is not allowed", r->query[i].name);
	return true;
}

/* ---- body ---- */

static bool whole(const cJSON *v)
{
	return cJSON_IsNumber(v) && v->valuedouble == floor(v->valuedouble);
}

static const char *wrong_type(const struct field *f, const cJSON *v)
{
	switch (f->type) {
	case F_STR:
		return cJSON_IsString(v) || ((f->flags & OR_NUMBER) && cJSON_IsNumber(v)) ? NULL : "must be a string";
	case F_DATE:
	case F_TIME:
		return cJSON_IsString(v) && strlen(v->valuestring) >= 10 ? NULL : "must be a valid date";
	case F_NUM:
		return cJSON_IsNumber(v) ? NULL : "must be a number";
	case F_INT:
		return whole(v) ? NULL : cJSON_IsNumber(v) ? "must be an integer" : "must be a number";
	case F_BOOL:
		return cJSON_IsBool(v) ? NULL : "must be a boolean";
	case F_ARR:
	case F_STRS:
	case F_INTS:
		return cJSON_IsArray(v) ? NULL : "must be an array";
	case F_OBJ:
		return cJSON_IsObject(v) ? NULL : "must be of type object";
	case F_ANY:
		return NULL;
	}
	return NULL;
}

static bool check_items(struct req *r, const struct field *f, const cJSON *v, const char *label)
{
	int n = cJSON_GetArraySize(v), i = 0;
	const cJSON *item;

	if ((f->flags & FILLED) && !n)
		return refuse(r, "body", label, "\"%s\" does not contain 1 required value(s)", label);
	if (f->max > 0 && n > f->max)
		return refuse(r, "body", label, "\"%s\" must contain less than or equal to %g items", label, f->max);
	cJSON_ArrayForEach(item, v)
	{
		if (f->type == F_STRS && !cJSON_IsString(item))
			return refuse(r, "body", label, "\"%s[%d]\" must be a string", label, i);
		if (f->type == F_INTS && !whole(item))
			return refuse(r, "body", label, "\"%s[%d]\" must be a number", label, i);
		i++;
	}
	return true;
}

static bool check_value(struct req *r, const struct field *f, const cJSON *v, const char *label)
{
	if (cJSON_IsNull(v) && (f->flags & NULLABLE))
		return true;
	const char *wrong = wrong_type(f, v);
	if (wrong)
		return refuse(r, "body", label, "\"%s\" %s", label, wrong);
	if (cJSON_IsArray(v))
		return check_items(r, f, v, label);
	if (cJSON_IsString(v)) {
		if ((f->flags & FILLED) && !v->valuestring[0])
			return refuse(r, "body", label, "\"%s\" is not allowed to be empty", label);
		if (f->words && !word_in(f->words, v->valuestring))
			return refuse(r, "body", label, "\"%s\" must be one of [%s]", label, f->words);
	}
	if (cJSON_IsNumber(v) && v->valuedouble < f->min)
		return refuse(r, "body", label, "\"%s\" must be larger than or equal to %g", label, f->min);
	if (cJSON_IsNumber(v) && f->max > 0 && v->valuedouble > f->max)
		return refuse(r, "body", label, "\"%s\" must be less than or equal to %g", label, f->max);
	return true;
}

bool check_object(struct req *r, const cJSON *o, const struct field *fields, const char *where)
{
	const char *dot = *where ? "." : "";
	bool ok = true;

	if (!cJSON_IsObject(o))
		return refuse(
			r, "body", *where ? where : "value", "\"%s\" must be of type object", *where ? where : "value");
	for (const struct field *f = fields; f->name && ok; f++) {
		const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, f->name);
		char *label = text("%s%s%s", where, dot, f->name);

		if (v)
			ok = check_value(r, f, v, label);
		else if (f->flags & NEEDED)
			ok = refuse(r, "body", label, "\"%s\" is required", label);
		free(label);
	}
	for (const cJSON *v = o->child; v && ok; v = v->next) {
		if (find(fields, v->string))
			continue;
		char *label = text("%s%s%s", where, dot, v->string);
		ok = refuse(r, "body", label, "\"%s\" is not allowed", label);
		free(label);
	}
	return ok;
}

/* No body, and null where all is optional, count as an empty object. A row without a body table looks for itself. */
bool check_body(struct req *r, const struct field *fields)
{
	if (!r->body || cJSON_IsNull(r->body)) {
		cJSON_Delete(r->body);
		r->body = need(cJSON_CreateObject());
	}
	return !fields || check_object(r, r->body, fields, "");
}
