/* lead_columns.c - the names of leads.csv's columns. */
#include "fs/tree/leads.h"

const char *const lead_columns[LEAD_COLUMNS] = {
	[LEAD_EMAIL] = "email",
	[LEAD_FIRST_NAME] = "first_name",
	[LEAD_LAST_NAME] = "last_name",
	[LEAD_COMPANY_NAME] = "company_name",
	[LEAD_PHONE_NUMBER] = "phone_number",
	[LEAD_WEBSITE] = "website",
	[LEAD_LOCATION] = "location",
	[LEAD_LINKEDIN_PROFILE] = "linkedin_profile",
	[LEAD_COMPANY_URL] = "company_url",
	[LEAD_ID] = "id",
	[LEAD_MAP_ID] = "campaign_lead_map_id",
	[LEAD_STATUS] = "status",
	[LEAD_CATEGORY] = "category",
	[LEAD_IS_INTERESTED] = "is_interested",
	[LEAD_CREATED_AT] = "created_at",
	[LEAD_IS_UNSUBSCRIBED] = "is_unsubscribed",
	[LEAD_UNSUBSCRIBED_CLIENTS] = "unsubscribed_client_id_map",
	[LEAD_LAST_SEQUENCE] = "last_email_sequence_sent",
	[LEAD_OPENS] = "open_count",
	[LEAD_CLICKS] = "click_count",
	[LEAD_REPLIES] = "reply_count",
};
