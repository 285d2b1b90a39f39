#!/bin/bash
# Checks the simulator against the API documents: every route in both dialects, strictness, limits, journal, faults.
# usage: selftest.sh PATH/TO/smartlead-sandbox
set -u
export SMARTLEAD_SANDBOX_KEY=self-test-key
bin=$1 dir=$(mktemp -d) fails=0 checks=0 pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait; rm -rf "$dir"' EXIT

# start NAME OPTIONS…: sets api and ctl
start() {
	local name=$1 i
	shift
	"$bin" --journal="$dir/$name.jsonl" "$@" >"$dir/$name.ready" &
	pids+=($!)
	for ((i = 0; i < 200; i++)); do
		[ -s "$dir/$name.ready" ] && break
		sleep 0.02
	done
	read -r _ api _ ctl <"$dir/$name.ready"
}

bad() {
	fails=$((fails + 1))
	echo "FAILED: $*" >&2
	head -c 400 "$dir/out" >&2
	echo >&2
}

url() {
	local sep='?'
	[[ $1 == *\?* ]] && sep='&'
	echo "$api$1${sep}api_key=self-test-key"
}

# t METHOD PATH [BODY] STATUS [JQ]: the answer's status, and a jq condition on its JSON (or text:PATTERN, or none)
t() {
	local method=$1 path=$2 body= status want code
	shift 2
	[[ ${1:-} =~ ^[0-9]+$ ]] || { body=$1; shift; }
	status=$1 want=${2:-}
	local args=(-s -A selftest -X "$method" -o "$dir/out" -w '%{http_code}')
	[ -n "$body" ] && args+=(-H 'Content-Type: application/json' -d "$body")
	checks=$((checks + 1))
	code=$(curl "${args[@]}" "$(url "$path")")
	[ "$code" = "$status" ] || { bad "$method $path $body: $code, not $status"; return; }
	case $want in
	'') ;;
	text:*) grep -q -- "${want#text:}" "$dir/out" || bad "$method $path: no ${want#text:}" ;;
	*) jq -e "$want" "$dir/out" >/dev/null 2>&1 || bad "$method $path $body: not $want" ;;
	esac
}

c() { # c METHOD PATH [BODY]: a control call
	curl -s -X "$1" ${3:+-d "$3"} "$ctl$2"
}

today=$(date -u +%F) week=$(date -u -d '6 days ago' +%F) year=$(date -u -d '300 days ago' +%F)
schedule='"timezone":"Europe/Madrid","days_of_the_week":[1,2],"start_hour":"09:00","end_hour":"18:00","min_time_btw_emails":12'

both() {
	t GET /campaigns/ 200 'type=="array" and length==12 and .[0].id==700012 and (.[0]|has("tags")|not) and (.[0]|has("campaign_activity_logs"))=='"$logs"
	t GET '/campaigns?include_tags=true' 200 'map(select(.name=="Bakers north"))[0].tags[0]|has("tag_id")'
	t GET '/campaigns/?client_id=31' 200 'length==1'
	t GET /campaigns/700001 200 '.status=="ACTIVE" and (has("campaign_activity_logs")|not)'
	t GET /campaigns/700012 200 '.scheduler_cron_value==null'
	t GET /campaigns/700012/sequences 200 '.==[]'
	t GET /campaigns/1/sequences 404 '.error|test("Invalid campaign_id")'
	t GET /email-accounts/ 200 'length==8 and (map(select(.id==401))[0].password=="czNjcmV0LTQwMQ==")'
	t GET '/email-accounts/?offset=6&limit=5' 200 'length==2'
	t GET /email-accounts/401/ 200 '.password=="s3cret-401" and (.warmup_details.warmup_reputation|type)=="number" and (has("tags")|not)'
	t GET /email-accounts/402/ 200 '.smtp_host!=null'
	t GET /email-accounts/408/ 200 '.smtp_host==null and .password==null'
	t GET /email-accounts/9/ 404
	t GET /email-accounts/401/warmup-stats 200 '(.sent_count|type)=="string" and (.stats_by_date|length)==7'
	t GET /email-accounts/403/warmup-stats 404
	t GET /campaigns/700001/email-accounts 200 'length==2 and .[0].password=="s3cret-401"'
	t POST /campaigns/create '{"name":"A/B"}' 200 '.ok and .id==700013'
	t POST /campaigns/create '' 200 '.name=="Untitled Campaign"'
	t DELETE /campaigns/700014 200 '.ok'
	t DELETE /campaigns/700001 400
	t GET '/campaigns/700001/leads?limit=100&offset=1150' 200 '(.data|length)==50 and .data[0].lead.email'
	t GET '/campaigns/700001/leads?limit=101' "$bad"
	t GET '/campaigns/700001/leads?offset=-1' "$bad"
	t GET '/leads/?email=lead3%40horno3.example' 200 '.lead_campaign_data|length==2'
	t GET /leads/fetch-categories 200 'length==8 and .[0].name=="Interested"'
	t GET '/leads/fetch-categories?limit=3' "$bad"
	t GET /leads/3001000003/campaigns 200 'length==2 and .[1].name=="Bakers north"'
	t GET /leads/5/campaigns 404
	t POST /campaigns/700001/leads/3001000003/pause 200 '.ok and .data=="success"'
	t POST /campaigns/700001/leads/3001000003/resume '{"resume_lead_with_delay_days":3}' 200 '.ok'
	t POST /campaigns/700001/leads/3001000003/resume 'null' 200 '.ok'
	t POST /campaigns/700001/leads/3001000006/resume '{}' 500 '.error|test("last sequence")'
	t POST /campaigns/700001/leads/7/pause 404
	t POST /campaigns/700001/leads/3001000003/unsubscribe 200 '.ok'
	t POST /leads/3001000003/unsubscribe 200 '.ok'
	t GET /campaigns/700001/leads/3001000004/message-history 200 '.history|map(.type)|index("REPLY")'
	t GET '/campaigns/700001/statistics?limit=1000' 200 '(.data|length)==1000 and (.data[0]|has("stats_id"))'
	t GET '/campaigns/700001/statistics?limit=1001' "$bad"
	t GET '/campaigns/700001/statistics?email_status=replied&email_sequence_number=2&limit=1' 200 '.data[0]|.reply_time!=null and .sequence_number==2'
	t GET '/campaigns/700001/statistics?email_status=seen' "$bad"
	t GET /campaigns/700001/analytics 200 '(.sent_count|type)=="string" and .campaign_lead_stats.total==1200 and .tags[0].name=="spring"'
	t GET "/campaigns/700001/analytics-by-date?start_date=$year&end_date=$today" "$bad" '.error|test("30days")'
	t GET "/campaigns/700001/analytics-by-date?start_date=$week" "$bad"
	t GET "/campaigns/700001/analytics-by-date?start_date=2026-02-30&end_date=$today" "$bad"
	t GET /campaigns/700001/leads-export 200 'text:^id,campaign_lead_map_id,status,'
	t GET /campaigns/700001/leads-export 200 'text:^9007199254740993,9107199254740993,'
	t GET '/campaigns/700001/leads?offset=1149&limit=1' 200
	grep -qE '"id":9007199254[0-9]*[13579],' "$dir/out" || bad "ids above 2^53 digit for digit"
	# import: each fate is counted
	t POST /campaigns/700012/leads '{"lead_list":[{"email":"New@one.example","custom_fields":{"a":"b"}},{"email":"new@one.example"},{"email":"bad"},{"email":"x@blocked.example"},{"email":"bounces@mills.example"},{"email":"lead76@mill76.example"}]}' 200 \
		'.ok and .upload_count==6 and .total_leads==1 and .duplicate_count==1 and .invalid_emails==["bad"] and .block_count==1 and .bounce_count==1 and .unsubscribed_leads==1'
	t POST /campaigns/700012/leads '{"lead_list":[{"email":"new@one.example","first_name":"N"}]}' 200 '.already_added_to_campaign==1 and .total_leads==0'
	t GET /campaigns/700012/leads 200 '.data[0].lead|.first_name=="N" and .custom_fields.a=="b"'
	t POST /campaigns/700012/leads '{"lead_list":[{"email":"a@b.example","nick":"x"}]}' "$bad" 'tostring|test("nick")'
	t POST /campaigns/700012/leads "{\"lead_list\":[$(printf '{"email":"m@x.example"},%.0s' {1..400}){\"email\":\"m@x.example\"}]}" "$bad" 'tostring|test("400")'
	t POST /campaigns/700012/leads '{"lead_list":[]}' "$bad"
	c POST /set '{"credits":1}' >/dev/null
	t POST /campaigns/700012/leads '{"lead_list":[{"email":"c1@c.example"},{"email":"c2@c.example"}]}' 200 '.ok==false and .is_lead_limit_exhausted and .lead_import_stopped_count==1'
	c POST /set '{"credits":-1,"visible_ms":400}' >/dev/null
	t POST /campaigns/700012/leads '{"lead_list":[{"email":"late@c.example"}]}' 200 '.total_leads==1'
	t GET /campaigns/700012/leads 200 '.data|length==2'
	sleep 0.5
	t GET /campaigns/700012/leads 200 '.data|length==3'
	c POST /set '{"visible_ms":0}' >/dev/null
	# bodies
	t POST /campaigns/create '{"name":5}' "$bad"
	t POST /campaigns/create '{"nam":"x"}' "$bad" 'tostring|test("\"nam\\\\*\" is not allowed")'
	t POST /campaigns/create '{"name":' 400
	t POST /campaigns/create '[]' "$bad"
	t GET '/campaigns/?limit=5' "$bad"
	t GET /campaigns/abc "$bad" 'tostring|test("campaign_id")'
	code=$(curl -s -o "$dir/out" -w '%{http_code}' -A x -H 'Content-Type: text/plain' -d '{"name":"x"}' "$(url /campaigns/create)")
	[ "$code" = "$bad" ] || bad "a body that is not application/json: $code"
	code=$(curl -s -A x -o "$dir/out" -w '%{http_code}' "$api/campaigns/")
	[ "$code" = 401 ] || bad "no key: $code"
	code=$(curl -s -A x -o "$dir/out" -w '%{http_code}' "$api/campaigns/?api_key=nope")
	[ "$code" = 401 ] && jq -e '.message=="Invalid API Key"' "$dir/out" >/dev/null || bad "wrong key: $code"
}

reference() {
	t GET /campaigns/1 404 '.error'
	t GET /nowhere 404 '.error'
	t POST /campaigns/700001/status '{"status":"START"}' 404
	t PATCH /campaigns/700013/status '{"status":"ACTIVE"}' 400 '.error|test("schedule")'
	t POST /campaigns/700013/schedule "{$schedule,\"max_leads_per_day\":30}" 200 '.ok'
	t POST /campaigns/700013/schedule "{$schedule,\"max_new_leads_per_day\":30}" 422 'tostring|test("max_leads_per_day")'
	t POST /campaigns/700013/schedule '{"timezone":"Mars/Base","days_of_the_week":[1],"start_hour":"09:00","end_hour":"18:00","min_time_btw_emails":12,"max_leads_per_day":3}' 422
	t GET /campaigns/700013 200 '.scheduler_cron_value.startHour=="09:00" and .max_leads_per_day==30 and .min_time_btwn_emails==12'
	t PATCH /campaigns/700013/status '{"status":"ACTIVE"}' 400 '.error|test("sequences")'
	t POST /campaigns/700013/sequences '[{"seq_number":1,"seq_delay_details":{"delay_in_days":0},"variant_distribution_type":"MANUALLY_EQUAL","variants":[{"subject":"S","email_body":"<p>B</p>","variant_label":"A"},{"subject":"T","email_body":"<p>C</p>","variant_label":"B"}]}]' 200 '.ok'
	t POST /campaigns/700013/sequences '{"sequences":[]}' 422
	t POST /campaigns/700013/sequences '[{"seq_number":1,"seq_delay_details":{"delayInDays":0},"variant_distribution_type":"MANUALLY_EQUAL","variants":[]}]' 422
	t GET /campaigns/700013/sequences 200 '.[0].variants|length==2 and (.[0].variant_label=="A")'
	id=$(jq '.[0].id' "$dir/out") v=$(jq '.[0].variants[1].id' "$dir/out")
	t POST /campaigns/700013/sequences "[{\"id\":$id,\"seq_number\":1,\"seq_delay_details\":{\"delay_in_days\":2},\"variant_distribution_type\":\"MANUALLY_EQUAL\",\"variants\":[{\"id\":$v,\"subject\":\"U\",\"email_body\":\"<p>C</p>\",\"variant_label\":\"A\"}]}]" 200
	t GET /campaigns/700013/sequences 200 ".[0]|.id==$id and .seq_delay_details.delay_in_days==2 and (.variants|length)==1 and .variants[0].id==$v and .variants[0].subject==\"U\""
	t POST /campaigns/700013/sequences '[{"id":81001,"seq_number":1,"seq_delay_details":{"delay_in_days":2},"variant_distribution_type":"MANUALLY_EQUAL","variants":[{"subject":"U","email_body":"<p>C</p>","variant_label":"A"}]}]' 422
	t PATCH /campaigns/700013/status '{"status":"ACTIVE"}' 400 '.error|test("accounts")'
	t POST /campaigns/700013/email-accounts '{"email_account_ids":[401]}' 422 'tostring|test("email_account_id")'
	t POST /campaigns/700013/email-accounts '{"email_account_id":999}' 400
	t POST /campaigns/700013/email-accounts '{"email_account_id":401}' 200 '.ok'
	t PATCH /campaigns/700013/status '{"status":"START"}' 422
	t PATCH /campaigns/700013/status '{"status":"ACTIVE"}' 200 '.ok'
	t POST /campaigns/700013/sequences '[]' 400
	t DELETE /campaigns/700013/email-accounts '{"email_account_id":401}' 400
	t PATCH /campaigns/700013/status '{"status":"PAUSED"}' 200
	t DELETE /campaigns/700013/email-accounts '{"email_account_id":401}' 200 '.ok'
	t POST /campaigns/700013/settings '{"track_settings":["DONT_EMAIL_OPEN"],"stop_lead_settings":"OPENED_EMAIL","client_id":null,"follow_up_percentage":20}' 200
	t GET /campaigns/700013 200 '.track_settings==["DONT_EMAIL_OPEN"] and .stop_lead_settings=="OPENED_EMAIL" and .follow_up_percentage==20'
	t POST /campaigns/700013/settings '{"name":"x"}' 422
	t POST /campaigns/700013/settings '{"track_settings":["DONT_TRACK_EMAIL_OPEN"]}' 422
	t POST /campaigns/700013/settings '{"follow_up_percentage":101}' 422
	t GET '/email-accounts/?limit=101' 422
	t GET /campaigns/700001/leads 200 '(.total_leads|type)=="number" and (.data[0]|has("reply_count"))'
	t GET '/leads/?email=no%40where.example' 404
	t GET /leads/3001000003 404
	t POST /campaigns/700001/leads/3001000002 '{"custom_fields":{"k":"v"}}' 200
	t GET '/leads/?email=lead2%40mill2.example' 200 '.custom_fields.k=="v" and .custom_fields.status=="hot" and (.id|type)=="number"'
	t POST /campaigns/700012/leads '{"lead_list":[{"email":"lead2@mill2.example"}]}' 200 '.duplicate_count==1'
	t POST /campaigns/700012/leads '{"lead_list":[{"email":"lead2@mill2.example"}],"settings":{"ignore_duplicate_leads_in_other_campaign":true}}' 200 '.total_leads==1'
	t POST /campaigns/700012/leads '{"lead_list":[{"email":"z@z.example"}],"settings":{"return_lead_ids":true}}' 422
	t DELETE /campaigns/700001/leads/3001000002 200 '.ok'
	t POST /leads/add-domain-block-list '{"email":"q@q.example"}' 200
	t POST /leads/add-domain-block-list '{"email":"q@q.example","domain":"q.example"}' 422
	t POST /leads/add-domain-block-list '{"domain_block_list":["q.example"]}' 422
	t POST /campaigns/700001/reply-email-thread '{"lead_id":3001000004,"email_body":"<p>x</p>","reply_message_id":"<r5@mail.example>","reply_email_time":"2026-01-01T00:00:00.000Z"}' 200 '.ok'
	t POST /campaigns/700001/reply-email-thread '{"lead_id":3001000004,"email_body":"<p>x</p>","reply_message_id":"<r5@mail.example>"}' 422
	t GET /campaigns/700001/leads/3001000004/message-history 200 '.history[-1].email_body=="<p>x</p>"'
	t GET "/campaigns/700001/analytics-by-date?start_date=$week&end_date=$today" 200 'length==7 and .[0].date and (.[0].sent_count|type)=="number"'
	t GET /analytics/overview 200 '.sent_count>4000 and (.day_wise|length)>50'
	t POST /email-accounts/save '{"from_name":"J","from_email":"j@new.example","username":"j","password":"s3kr1t","smtp_host":"h","smtp_port":587,"smtp_port_type":"TLS","imap_host":"h","imap_port":993,"signature":null}' 200 '.emailAccountId==409'
	t POST /email-accounts/save '{"from_name":"J"}' 422
	t POST /email-accounts/409 '{"smtp_port":465,"max_email_per_day":7}' 200 '.ok'
	t GET /email-accounts/409/ 200 '.smtp_port==465 and .message_per_day==7 and .username=="j" and .warmup_details==null'
	t POST /email-accounts/409/warmup '{"warmup_enabled":true,"total_warmup_per_day":20,"daily_rampup":2,"reply_rate_percentage":30}' 200 '.ok'
	t GET /email-accounts/409/ 200 '.warmup_details.status=="ACTIVE"'
	t POST /email-accounts/409/warmup '{"warmup_enabled":true}' 422
	t POST /webhooks '{"name":"h","webhook_url":"https://h.example","event_types":["EMAIL_REPLY"]}' 200 '.id==4402'
	t GET /webhooks 200 'length==2'
	t PATCH /webhooks/4402 '{"name":"i"}' 200
	t DELETE /webhooks/4402 200 '.ok'
	t DELETE /webhooks/4402 404
	t GET /campaigns/700001/webhooks 404
}

live() {
	t GET /campaigns/1 200
	[ ! -s "$dir/out" ] || bad "a missing campaign is 200 with nothing"
	t GET /nowhere 404 'text:Cannot GET /api/v1/nowhere'
	t PATCH /campaigns/700001/status '{"status":"ACTIVE"}' 404 'text:<pre>Cannot PATCH'
	t POST /campaigns/700013/status '{"status":"ACTIVE"}' 400 '.error|test("Allowed values")'
	t POST /campaigns/700013/schedule "{$schedule,\"max_leads_per_day\":30}" 400 '.validation.keys==["max_new_leads_per_day"] or .validation.keys==["max_leads_per_day"]'
	t POST /campaigns/700013/schedule "{$schedule,\"max_new_leads_per_day\":30}" 200 '.ok'
	t POST /campaigns/700013/schedule '{"timezone":"Europe/Madrid","days_of_the_week":[7],"start_hour":"09:00","end_hour":"18:00","min_time_btw_emails":2,"max_new_leads_per_day":3}' 400 '.validation.keys==["min_time_btw_emails"]'
	t POST /campaigns/700013/sequences '[]' 400 '.message|test("must be of type object")'
	t POST /campaigns/700013/sequences '{"sequences":[{"id":null,"seq_number":1,"seq_delay_details":{"delay_in_days":0},"variant_distribution_type":"MANUAL_EQUAL","seq_variants":[{"subject":"S","email_body":"B","variant_label":"A"},{"subject":"T","email_body":"C","variant_label":"B"}]},{"seq_number":2,"seq_delay_details":{"delay_in_days":3},"subject":"","email_body":"D"}]}' 200 '.ok'
	t POST /campaigns/700013/sequences '{"sequences":[{"seq_number":1,"seq_delay_details":{"delay_in_days":0},"variants":[]}]}' 400 'tostring|test("variants")'
	t POST /campaigns/700013/sequences '{"sequences":[{"seq_number":2,"seq_delay_details":{"delay_in_days":0},"subject":"","email_body":"D"}]}' 400
	t GET /campaigns/700013/sequences 200 'length==2 and .[1].seq_delay_details.delayInDays==3 and .[1].email_body=="D" and (.[0].sequence_variants|length)==2'
	t GET /campaigns/700002/sequences 200 '.[0].sequence_variants==null'
	t GET /campaigns/700004/sequences 200 '.[0].sequence_variants==[]'
	t GET /campaigns/700001/sequences 200 '.[0].sequence_variants|map(select(.is_deleted))|length==1'
	t POST /campaigns/700013/email-accounts '{"email_account_id":401}' 400 '.validation'
	t POST /campaigns/700013/email-accounts '{"email_account_ids":[401,402]}' 200 '.result|length==2'
	t POST /campaigns/700013/status '{"status":"START"}' 200 '.ok'
	t GET /campaigns/700013 200 '.status=="ACTIVE"'
	t DELETE /campaigns/700013/email-accounts '{"email_account_ids":[402]}' 200 '.result==1'
	t POST /campaigns/700013/status '{"status":"STOPPED"}' 200
	t POST /campaigns/700013/status '{"status":"START"}' 400
	t POST /campaigns/700013/settings '{"name":"Renamed","track_settings":["DONT_TRACK_LINK_CLICK"],"stop_lead_settings":"CLICK_ON_A_LINK"}' 200
	t GET /campaigns/700013 200 '.name=="Renamed" and .track_settings==["DONT_LINK_CLICK"] and .stop_lead_settings=="CLICK_ON_A_LINK"'
	t POST /campaigns/700013/settings '{"track_settings":["DONT_LINK_CLICK"]}' 400 '.error|test("Invalid track_settings value - DONT_LINK_CLICK")'
	t POST /campaigns/700013/settings '{"stop_lead_settings":"NEVER"}' 400
	t POST /campaigns/700013/settings '{"client_id":null}' 400
	c POST /set '{"accounts_over_limit":"empty"}' >/dev/null
	t GET '/email-accounts/?limit=101' 200 '.==[]'
	t GET '/email-accounts/?isInUse=false' 200 'length==0'
	t GET '/email-accounts/401/?fetch_campaigns=true' 200 '.campaign_ids|length>0'
	t GET /campaigns/700001/leads 200 '.total_leads=="1200" and (.data[0]|has("reply_count")|not)'
	t GET '/campaigns/700001/leads?status=PAUSED&limit=1' 200 '.data[0].status=="PAUSED"'
	t GET '/campaigns/700001/leads?emailStatus=is_replied&limit=1' 200 '.total_leads|tonumber>50'
	t GET '/leads/?email=no%40where.example' 200 '.=={}'
	t GET /leads/3001000003 200 '.email=="lead3@horno3.example" and (has("lead_campaign_data")|not)'
	t GET /leads/by-email 400
	t POST /campaigns/700001/leads/3001000002 '{"first_name":"x"}' 400 '.validation.keys==["email"]'
	t POST /campaigns/700001/leads/3001000002 '{"email":"lead2@mill2.example","first_name":"x"}' 200 '.ok'
	t POST /campaigns/700012/leads '{"lead_list":[{"email":"lead2@mill2.example","phone_number":5}],"settings":{"return_lead_ids":true}}' 200 '.total_leads==1 and .emailToLeadIdMap.existingLeadsInOtherCampaigns["lead2@mill2.example"]=="3001000002"'
	t POST /campaigns/700012/leads '{"lead_list":[{"email":"lead7@horno7.example"}],"settings":{"ignore_duplicate_leads_in_other_campaign":true}}' 200 '.total_leads==0 and .duplicate_count==1'
	t POST /campaigns/700001/leads/3001000002/category '{"category_id":1}' 200 '.ok'
	t POST /campaigns/700001/leads/3001000002/category '{"category_id":null}' 200 '.ok'
	t DELETE /campaigns/700001/leads/3001000002 200 'text:^success$'
	t POST /leads/3001000003/unsubscribe 200 '.ok==false'
	t POST /leads/add-domain-block-list '{"domain_block_list":["q.example","blocked.example"]}' 200 '.uploadCount==2 and .totalDomainAdded==1'
	t GET '/leads/get-domain-block-list?limit=1000' 200 'length==4 and .[0].email_or_domain=="q.example"'
	t DELETE '/leads/delete-domain-block-list?id=228500004' 200 '.ok'
	t GET /campaigns/700001/leads/3001000001/message-history 404
	stats=$(curl -s -A x "$(url /campaigns/700001/leads/3001000004/message-history)" | jq -r '.history[0].stats_id')
	t POST /campaigns/700001/reply-email-thread "{\"email_stats_id\":\"$stats\",\"email_body\":\"<p>x</p>\",\"reply_message_id\":\"<r5@mail.example>\",\"reply_email_time\":\"2026-01-01T00:00:00.000Z\",\"reply_email_body\":\"y\"}" 200 'text:^Email added to the queue'
	t POST /campaigns/700001/reply-email-thread "{\"lead_id\":1,\"email_stats_id\":\"$stats\",\"email_body\":\"x\",\"reply_message_id\":\"<r5@mail.example>\",\"reply_email_time\":\"2026-01-01T00:00:00.000Z\",\"reply_email_body\":\"y\"}" 400 '.message|test("lead_id")'
	t POST /campaigns/700001/message-history-for-leads/bbfbdsFGHlBr76ruhjvh6fhHL '{"lead_ids":[3001000004,9007199254740993]}' 200 '.["3001000004"].history|length>1'
	t GET /campaigns/700001/leads-export 200 'text:^id,campaign_lead_map_id,status,category,'
	t GET "/campaigns/700001/analytics-by-date?start_date=$week&end_date=$today" 200 '(.sent_count|type)=="string"'
	t GET /analytics/overview 404 'text:Cannot GET'
	t GET "/analytics/overall-stats-v2?start_date=$week&end_date=$today" 200 '.data.overall_stats.sent>0'
	t GET "/analytics/day-wise-overall-stats?start_date=$week&end_date=$today&campaign_ids=700001" 200 '.data.day_wise_stats|length==7 and .[0].email_engagement_metrics.sent>0'
	t GET "/campaigns/700001/top-level-analytics-by-date?start_date=$year&end_date=$today" 200 '.campaign_lead_stats.total==1199'
	t POST /email-accounts/save '{"id":null,"from_name":"J","from_email":"j@new.example","user_name":"j","password":"s3kr1t","smtp_host":"h","smtp_port":465,"imap_host":"h","imap_port":993,"warmup_enabled":true}' 200 '.emailAccountId==409'
	t POST /email-accounts/save '{"from_name":"J","from_email":"j@new.example","user_name":"j","password":"s3kr1t","smtp_host":"h","smtp_port":465,"imap_host":"h","imap_port":993}' 400 '.errorCode=="ACCOUNT_ALREADY_EXIST"'
	t POST /email-accounts/save '{"id":409,"smtp_host":"h2"}' 200 '.ok'
	t POST /email-accounts/409 '{"password":"x"}' 400 '.message|test("not allowed")'
	t POST /email-accounts/409 '{"max_email_per_day":0,"bcc":"b@c.example","time_to_wait_in_mins":5}' 200
	t GET /email-accounts/409/ 200 '.message_per_day==0 and .bcc_email=="b@c.example" and .smtp_host=="h2" and .smtp_port_type=="SSL"'
	t POST /email-accounts/409/warmup '{"warmup_enabled":true,"daily_rampup":2}' 400
	t POST /email-accounts/409/warmup '{"warmup_enabled":false}' 200
	t GET /campaigns/700001/webhooks 200 'length==1 and .[0].categories==["Interested"]'
	t POST /campaigns/700001/webhooks '{"id":null,"name":"n","webhook_url":"https://x.example","event_types":["EMAIL_SENT"],"categories":[]}' 400 '.message|test("does not contain 1 required")'
	t POST /campaigns/700001/webhooks '{"id":null,"name":"n","webhook_url":"https://x.example","event_types":["EMAIL_SENT"],"categories":["Interested"]}' 200 '.id==4402'
	t POST /campaigns/700001/webhooks '{"id":4402,"name":"m","webhook_url":"https://x.example","event_types":["NOPE"],"categories":["Interested"]}' 400
	t DELETE /campaigns/700001/webhooks '{"id":4402}' 200 '.ok'
	t DELETE /campaigns/700001/webhooks/4402 404
	t GET /webhooks 404 'text:Cannot GET'
	t GET /client/ 200 'length==2'
	code=$(curl -s -A '' -o "$dir/out" -w '%{http_code}' "$(url /campaigns/)")
	[ "$code" = 403 ] || bad "no User-Agent: $code"
}

# fault SPEC CURL-EXIT STATUS: of one GET with at most a second of patience
fault() {
	local got
	checks=$((checks + 1))
	c DELETE /faults >/dev/null
	c POST /faults "$1" >/dev/null
	got=$(curl -s -A x -m 1 -o "$dir/out" -w '%{exitcode} %{http_code}' "$(url /campaigns/700001)")
	[ "$got" = "$2 $3" ] || bad "fault $1: $got, not $2 $3"
}

faults() {
	fault '{"kind":"latency","ms":100,"spread_ms":50}' 0 200
	fault '{"kind":"status","status":503,"body":"<html>503</html>"}' 0 503
	fault '{"kind":"reset_before"}' 56 000
	fault '{"kind":"reset_after"}' 56 000
	fault '{"kind":"cut"}' 18 200
	fault '{"kind":"junk"}' 0 200
	jq . "$dir/out" >/dev/null 2>&1 && bad "junk is JSON"
	fault '{"kind":"empty"}' 0 200
	[ -s "$dir/out" ] && bad "empty is not empty"
	fault '{"kind":"html"}' 0 200
	grep -q '<html>' "$dir/out" || bad "html is not HTML"
	fault '{"kind":"endless"}' 28 200
	fault '{"kind":"drip"}' 28 200
	fault '{"kind":"hang"}' 28 000
	fault '{"kind":"ok_false"}' 0 200
	jq -e '.ok==false' "$dir/out" >/dev/null || bad "ok_false"
	fault '{"kind":"deep"}' 0 200
	[ "$(stat -c %s "$dir/out")" = 200000 ] || bad "deep"
	fault '{"kind":"huge","bytes":1000000}' 0 200
	[ "$(jq '.[0]|length' "$dir/out")" = 999996 ] || bad "huge"
	fault '{"kind":"status","method":"POST"}' 0 200
	fault '{"kind":"status","path":"/campaigns/*/leads"}' 0 200
	fault '{"kind":"status","skip":1,"count":1}' 0 200
	t GET /campaigns/700001 500
	t GET /campaigns/700001 200
	c DELETE /faults >/dev/null
	c POST /faults '{"kind":"reset_after","method":"POST"}' >/dev/null
	# two requests on one connection, the second reset although it took effect
	curl -s -A x -o /dev/null "$(url /campaigns/700001)" --next -s -A x -o /dev/null -H 'Content-Type: application/json' -d '{"name":"after"}' "$(url /campaigns/create)"
	t GET /campaigns/ 200 '.[0].name=="after"'
	c POST /faults '{"kind":"status","status":429,"retry_after":7}' >/dev/null
	curl -s -A x -D - -o /dev/null "$(url /campaigns/700001)" | grep -qi '^retry-after: 7' || bad "Retry-After of a fault"
	c GET /journal | jq -e 'map(select(.fault=="reset_after"))|length==2 and all(.status==0)' >/dev/null || bad "faults in the journal"
}

# The limit is exact: 10 pass, the 11th does not, and after the window one passes again.
limit() {
	local i codes=
	for ((i = 0; i < 11; i++)); do
		codes+=$(curl -s -A x -D "$dir/head" -o "$dir/out" -w '%{http_code} ' "$(url /campaigns/700001)")
	done
	[ "$codes" = "$(printf '200 %.0s' {1..10})429 " ] || bad "limit: $codes"
	grep -qi '^retry-after: [1-9]' "$dir/head" && grep -qi '^x-ratelimit-remaining: 0' "$dir/head" || bad "headers of a 429"
	c GET /stats | jq -e '.requests==11 and .status_429==1 and .max_in_window==11' >/dev/null || bad "stats"
	sleep 1.1
	t GET /campaigns/700001 200
	c POST /set '{"rate":"1/1","retry_after":false,"ban_outlives":true}' >/dev/null
	t GET /campaigns/700001 429
	curl -s -A x -D - -o /dev/null "$(url /campaigns/700001)" | grep -qi '^retry-after' && bad "Retry-After though switched off"
	sleep 1.1
	t GET /campaigns/700001 429
}

journal() { # of a server's whole run
	grep -q -e self-test-key -e s3kr1t "$dir/$1.jsonl" && bad "a secret in the journal of $1"
	jq -es 'all(.[]; has("t") and has("method") and has("path") and has("query") and has("status") and has("conn"))' \
		"$dir/$1.jsonl" >/dev/null || bad "the journal of $1 is not JSON lines"
	[ "$1" = limit ] || jq -es 'any(.[].body|objects; .password=="***")' "$dir/$1.jsonl" >/dev/null || bad "no masked password in $1"
}

start reference --rate=0 && bad=422 logs=false both && bad=422 reference && faults && journal reference
start live --rate=0 --dialect=live && bad=400 logs=true
# the texts of a live refusal are in message, those of the reference in error
both
live
journal live
start limit --rate=10/1 && limit && journal limit

mkdir "$dir/state" && start kept --rate=0 --state="$dir/state" --size=2,30,3 && t GET /campaigns/ 200 'length==2'
t POST /campaigns/create '{"name":"kept"}' 200
kill -TERM "${pids[-1]}" && wait "${pids[-1]}"
rc=$?
[ $rc = 0 ] || bad "exit status after SIGTERM: $rc"
start kept2 --rate=0 --state="$dir/state" && t GET /campaigns/ 200 'length==3 and .[0].name=="kept"'
"$bin" --parent </dev/null >/dev/null || bad "--parent does not end with its stdin"

echo "$checks checks, $fails failed"
[ $fails = 0 ]
