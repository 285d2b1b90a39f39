# 46-campaigns: a campaign's own calls, in both dialects: what is asked, what is sent, and what the user sees.
load lib

begin() { # DIALECT
  dialect=$1
  start_sandbox --dialect="$1" --rate=0
  mount_sl -o "dialect=$1"
  C=$(echo "$M"/campaigns/700001-*)
  mark
}

sql() {
  curl -sSG --fail-with-body --data-urlencode "q=$1" "$CONTROL/sql"
}

# sent LINE...: exactly these changes since the mark, as "METHOD PATH BODY", and each was taken
sent() {
  equal "$(printf '%s\n' "$@")" "$(journal | jq -r 'select(.method != "GET") | "\(.method) \(.path) \(.body | tojson)"')" "sent"
  requests_are 0 '.method != "GET" and .status != 200'
  mark
}

lists() {
  begin "$1"
  cat "$M"/campaigns.csv "$M"/campaigns/*/{campaign.json,name,status} >/dev/null
  requests_are 0
  echo all >"$M/.smartlead/refresh"
  equal "$(sql 'SELECT id, name, status FROM campaigns ORDER BY id' | jq -c '.[] | [.id, .name, .status]')" \
    "$(jq -c '[.id, .name, .status]' "$M"/campaigns/*/campaign.json | sort)"
  equal "$(sql 'SELECT id, name, status FROM campaigns ORDER BY id' | jq -r '.[] | "\(.id) \(.status)"')" \
    "$(mlr --icsv --onidx cut -o -f id,status "$M/campaigns.csv" | sort)"
  requests_are 1
  equal 'GET /campaigns/ {"include_tags":"true"}' "$(journal | jq -r '"\(.method) \(.path) \(.query | tojson)"')"
}

# endpoint: campaigns
@test "the list of campaigns: one request for all that shows it, reference" {
  lists reference
}

# endpoint: campaigns
@test "the list of campaigns: one request for all that shows it, live" {
  lists live
}

# A bare id that the listing lacks is asked for by itself: it may be newer.
probe() {
  local id
  begin "$1"
  ls "$M/campaigns" >"$T/names"
  id=$(curl -sS -A test -H 'Content-Type: application/json' -d '{"name":"Newer than the list"}' \
    "$API/campaigns/create?api_key=$KEY" | jq .id)
  refute grep -q "^$id-" "$T/names"
  mark
  equal "Newer than the list" "$(cat "$M/campaigns/$id/name")"
  requests_are 1 ".path == \"/campaigns/$id\" and .method == \"GET\""
  requests_are 1 '.path == "/campaigns/"'
  mark
  refute test -e "$M/campaigns/799999"
  # An empty 200 can mean load as well as nothing: it is asked again, once.
  if [ "$1" = live ]; then
    requests_are 2
    requests_are 2 '.path == "/campaigns/799999" and .status == 200'
  else
    requests_are 1
    requests_are 1 '.path == "/campaigns/799999" and .status == 404'
  fi
}

# endpoint: campaign
@test "a campaign that is newer than the list, by its id, reference" {
  probe reference
}

# endpoint: campaign
@test "a campaign that is newer than the list, by its id, live" {
  probe live
}

sequences() {
  begin "$1"
  equal "$(sql 'SELECT seq_number FROM steps WHERE campaign_id=700001 ORDER BY 1' | jq -c '[.[].seq_number]')" \
    "$(jq -c '[.[].seq_number]' "$C/sequences.json")"
  sql "SELECT s.seq_number||'-'||coalesce(v.label,'A')||'.html' AS name, coalesce(v.subject, s.subject) AS subject
    FROM steps s LEFT JOIN variants v ON v.step_id=s.id AND NOT v.is_deleted WHERE s.campaign_id=700001" >"$T/emails"
  equal "$(jq -r '.[].name' "$T/emails" | sort)" "$(ls "$C/sequences" | sort)"
  while IFS=$'\t' read -r name subject; do
    grep -qF -- "${subject:-subject:}" "$C/sequences/$name" || fail "$name lacks its subject: $subject"
  done < <(jq -r '.[] | "\(.name)\t\(.subject)"' "$T/emails")
  requests_are 1
  requests_are 1 '.path == "/campaigns/700001/sequences" and .method == "GET"'
}

# endpoint: sequences
@test "sequences.json and sequences/: one request, reference" {
  sequences reference
}

# endpoint: sequences
@test "sequences.json and sequences/: one request, live" {
  sequences live
}

# The word and the method are the dialect's; the file shows the API's state either way.
status() {
  local verb=PATCH start=ACTIVE
  begin "$1"
  [ "$1" = reference ] || verb=POST start=START
  echo PAUSED >"$C/status"
  equal PAUSED "$(cat "$C/status")"
  requests_are 1
  sent "$verb /campaigns/700001/status {\"status\":\"PAUSED\"}"
  echo START >"$C/status"
  equal ACTIVE "$(cat "$C/status")"
  sent "$verb /campaigns/700001/status {\"status\":\"$start\"}"
  echo STOPPED >"$C/status"
  equal STOPPED "$(cat "$C/status")"
  sent "$verb /campaigns/700001/status {\"status\":\"STOPPED\"}"
  equal STOPPED "$(sql 'SELECT status FROM campaigns WHERE id=700001' | jq -r '.[0].status')"
  run bash -c 'echo BOGUS >"$0"' "$C/status"
  equal 1 "$status"
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  # What the service refuses, the shell refuses: a stopped campaign can't be started again.
  run bash -c 'echo START >"$0"' "$C/status"
  equal 1 "$status"
  equal STOPPED "$(cat "$C/status")"
  requests_are 1 '.method != "GET"'
  requests_are 1 '.method != "GET" and .status >= 400'
}

# endpoint: campaign-status
@test "status: PAUSED, START, STOPPED, and what is refused, reference" {
  status reference
}

# endpoint: campaign-status
@test "status: PAUSED, START, STOPPED, and what is refused, live" {
  status live
}

schedule() {
  local most=max_leads_per_day
  begin "$1"
  [ "$1" = reference ] || most=max_new_leads_per_day
  jq '.days_of_the_week = [2, 4] | .start_hour = "09:00" | .max_leads_per_day = 31' "$C/schedule.json" >"$T/new"
  requests_are 0
  cp "$T/new" "$C/schedule.json"
  equal '[2,4] "09:00" 31 11' \
    "$(jq -c '.days_of_the_week, .start_hour, .max_leads_per_day, .min_time_btw_emails' "$C/schedule.json" | paste -sd ' ')"
  requests_are 1
  sent "POST /campaigns/700001/schedule {\"timezone\":\"Europe/Madrid\",\"days_of_the_week\":[2,4],\"start_hour\":\"09:00\",\"end_hour\":\"17:00\",\"min_time_btw_emails\":11,\"$most\":31}"
  equal 31 "$(sql 'SELECT max_leads FROM campaigns WHERE id=700001' | jq '.[0].max_leads')"
  jq '.start_hour = "25:00"' "$T/new" >"$T/wrong"
  run cp "$T/wrong" "$C/schedule.json"
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  requests_are 0
}

# endpoint: campaign-schedule
@test "schedule.json: one request with all of it, reference" {
  schedule reference
}

# endpoint: campaign-schedule
@test "schedule.json: one request with all of it, live" {
  schedule live
}

settings() {
  begin "$1"
  jq '.unsubscribe_text = "no more" | .send_as_plain_text = true' "$C/settings.json" >"$T/new"
  cp "$T/new" "$C/settings.json"
  sent 'POST /campaigns/700001/settings {"unsubscribe_text":"no more","send_as_plain_text":true}'
  equal '"no more" true' "$(jq -c '.unsubscribe_text, .send_as_plain_text' "$C/settings.json" | paste -sd ' ')"
  # Words are read in one form and written in another.
  jq '.track_settings = ["DONT_EMAIL_OPEN"]' "$C/settings.json" >"$T/new"
  mark
  cp "$T/new" "$C/settings.json"
  local word=DONT_EMAIL_OPEN
  [ "$1" = reference ] || word=DONT_TRACK_EMAIL_OPEN
  sent "POST /campaigns/700001/settings {\"track_settings\":[\"$word\"]}"
  equal '["DONT_EMAIL_OPEN"]' "$(jq -c .track_settings "$C/settings.json")"
}

# endpoint: campaign-settings
@test "settings.json: what was changed alone, reference" {
  settings reference
}

# endpoint: campaign-settings
@test "settings.json: what was changed alone, live" {
  settings live
}
