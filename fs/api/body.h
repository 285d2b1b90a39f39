/*
 * body.h - bodies of requests: the contract's form (api.h) into the form of one dialect. Pure; see body_fn.
 *
 * The contract's form of each endpoint is a JSON object in the names of mount-contract.md; what differs between the
 * services (api-facts.md, section 9) is here and nowhere else. A function named body_x_live or body_x_reference serves
 * the one column of row x. Members nobody translates are sent as they are.
 *
 *   status      {"status":"ACTIVE"}                START and ACTIVE are the same word here
 *   schedule    {"timezone",…,"max_leads_per_day"}
 *   settings    words of track_settings and stop_lead_settings in either spelling
 *   sequences   {"sequences":[step…]}; a step has id (null or none: new), seq_number, seq_delay_details, and either
 *               subject and email_body, or variants:[{id, subject, email_body, variant_label…}]; more is kept
 *   accounts    {"email_account_ids":[n]}          one number
 *   account     {"id"?, "username", "imap_username", "smtp_port_type", …}; with an id: only what changes
 *   warm-up     the four settings, without those that are not known
 *   block list  {"entries":["x@y.example"]}        the reference's service takes one entry a request
 *   reply       {"lead_id","email_stats_id","email_body","reply_message_id","reply_email_time",…}
 */
#pragma once

#include "fs/api/endpoints.h"

body_fn body_without_nulls;
body_fn body_status_live, body_status_reference;
body_fn body_schedule_live, body_schedule_reference;
body_fn body_settings_live, body_settings_reference;
body_fn body_sequences_live, body_sequences_reference;
body_fn body_account_id_reference;
body_fn body_account_save_live, body_account_update_live, body_account_reference, body_account_credentials_reference;
body_fn body_warmup_reference;
body_fn body_leads_reference;
body_fn body_block_live, body_block_reference;
body_fn body_reply_live, body_reply_reference;
