# How the service behaves where it surprises: each fact of api-facts.md, section 10, in both dialects. Which test has which:
#
#   two dialects that give the same tree .............. here, 31 (learned), each file of this directory (fixed)
#   strictness on writes, 400 with validation ......... 50-documents, 51 to 58 (bodies), here (queries)
#   HTML 404 for what is not there .................... here, 45 (webhooks), 31 (auto)
#   401, a passing "Plan expired!", 403 before it ..... here, 30, 50-bad-input
#   429 with Retry-After .............................. 30; without: 30; a ban that outlives it: here
#   counters as texts ................................. here
#   ids above 2^32 and 2^53 ........................... here, 50-bad-input, 42 (in a path)
#   both forms of time ................................ here
#   no schedule, variants null, [] and deleted ........ here
#   COMPLETED, ARCHIVED, a subsequence, equal names ... here, 60 (aliases)
#   hostile names ..................................... 50-bad-input, 41 (leads), 43 (accounts)
#   200 with nothing, {} for what is missing .......... here, 41 (a lead)
#   an empty answer for a list ........................ 30, 31, 41
#   a text for an answer (success, a queued reply) .... 57 (a lead's removal), 63 (reply)
#   ok false with 200, at the credit limit too ........ here, 30
#   500 for a user's error ............................ 57 (resume at the last step)
#   limit above 100 ................................... here
#   exports: line breaks, JSON, both sets of columns .. 41
#   statistics with the mails in them ................. here, 45
#   slow calls ........................................ here (an export, a campaign's removal)
#   what takes effect and then breaks ................. 30 (reads), 53 to 58, 63 (changes)
#   answers wrapped in data, JSON inside of texts ..... here, 42 (histories)
#   passwords in clear and coded, accounts of a token . 43
#
# Not proved here: that uploads and replies are seen at once although the service shows them late (visible_ms).
# A lone object in place of the sequence's list (one old page has it) is refused: nobody has seen it come.
load lib
load reading

# --- what is missing -------------------------------------------------------------------------------------------------

missing() {
  in_dialect "$1"
  local body
  # As each dialect says it.
  equal ENOENT "$(errno_of "$M/campaigns/799999/name")"
  [ "$(requests_made '.path == "/campaigns/799999"')" -ge 1 ]
  if live; then
    equal "200" "$(journal | jq -r 'select(.path == "/campaigns/799999") | .status' | sort -u)"
  fi
  equal ENOENT "$(errno_of "$M/email-accounts/499/account.json")"
  equal ENOENT "$(errno_of "$M/leads/nobody@nowhere.example/lead.json")"
  # And as others have seen it: nothing, {}, null, in 200; an error in words with 404. An id each, as ENOENT is remembered.
  local id=799000
  for body in '' ' ' '{}' 'null' '[]'; do
    id=$((id + 1))
    fault "$(jq -cn --arg body "$body" --arg path "/campaigns/$id" '{kind: "junk", path: $path, count: -1, body: $body}')"
    equal "$([ "$body" = '[]' ] && echo EIO || echo ENOENT)" "$(errno_of "$M/campaigns/$id/name")" "\"$body\" for a campaign"
    fault "$(jq -cn --arg body "$body" '{kind: "junk", path: "/leads/", count: -1, body: $body}')"
    refute test -e "$M/leads/a$id@x.example"
    faults_off
  done
  fault '{"kind":"empty","path":"/leads/","count":-1}'
  equal ENOENT "$(errno_of "$M/leads/b@x.example/lead.json")"
  requests_are 2 '.query.email == "b@x.example"' # an empty answer may be a moment's: it is looked at twice
  faults_off
  equal 12 "$(ls "$M/campaigns" | wc -l)"
}

@test "what is missing is ENOENT, however the service says so, reference" {
  missing reference
}

@test "what is missing is ENOENT, however the service says so, live" {
  missing live
}

routes() {
  in_dialect "$1"
  local html='<!DOCTYPE html><html><body><pre>Cannot GET /api/v1/campaigns/700001/analytics</pre></body></html>'
  fault "$(jq -cn --arg body "$html" '{kind: "status", status: 404, path: "*/700001/analytics", count: -1, body: $body}')"
  equal EOPNOTSUPP "$(errno_of "$C/analytics.json")"
  grep -q $'analytics.json\tEOPNOTSUPP\t.*Cannot GET' "$M/.smartlead/errors"
  fault '{"kind":"status","status":404,"path":"*/700002/analytics","count":-1,"body":{"error":"Campaign not found - Invalid campaign_id."}}'
  equal ENOENT "$(errno_of "$(echo "$M"/campaigns/700002-*)/analytics.json")"
  # A page with 200 is no answer.
  fault "$(jq -cn --arg body "$html" '{kind: "junk", path: "*/700003/analytics", count: -1, body: $body}')"
  equal EIO "$(errno_of "$(echo "$M"/campaigns/700003-*)/analytics.json")"
  cat "$M"/campaigns/700004/analytics.json | jq -e .id >/dev/null
}

@test "a 404 in HTML is a call that is not there, one in JSON a thing, reference" {
  routes reference
}

@test "a 404 in HTML is a call that is not there, one in JSON a thing, live" {
  routes live
}

# --- refusals ----------------------------------------------------------------------------------------------------------

says_no() {
  in_dialect "$1"
  local body n=0
  for body in '{"ok":false,"error":"no ovens"}' '{"success":false,"message":"no ovens"}' '{"status":"error","message":"no ovens"}' \
    '{"success":false,"error":{"code":"X","message":"no ovens"}}'; do
    n=$((n + 1))
    junk "*/70000$n/sequences" "$body"
    junk "*/70000$n/analytics" "$body"
    equal EIO "$(errno_of "$(echo "$M"/campaigns/70000$n-*)/sequences.json")" "$body"
    equal EIO "$(errno_of "$(echo "$M"/campaigns/70000$n-*)/analytics.json")" "$body"
    grep -q "70000$n-.*sequences.json.*no ovens" "$M/.smartlead/errors"
    grep -q "70000$n-.*analytics.json.*no ovens" "$M/.smartlead/errors"
  done
}

@test "200 that says no is an error with its words, reference" {
  says_no reference
}

@test "200 that says no is an error with its words, live" {
  says_no live
}

refused() {
  in_dialect "$1"
  cat "$C/sequences.json" >"$T/want"
  # A lapsed plan that recovers: an error now, and neither the cache nor the mount is given up.
  refresh campaigns/700001/sequences.json
  fault '{"kind":"status","status":401,"path":"*/sequences","count":-1,"body":{"message":"Plan expired!"}}'
  equal EACCES "$(errno_of "$C/sequences.json")"
  equal EACCES "$(errno_of "$(echo "$M"/campaigns/700002-*)/sequences.json")"
  grep -q 'Plan expired!' "$M/.smartlead/errors"
  cat "$M/campaigns.csv" "$C/status" >/dev/null
  faults_off
  cmp "$C/sequences.json" "$T/want"
  # Cloudflare's: told apart from the service's own.
  fault '{"kind":"status","status":403,"path":"*/700003/sequences","count":-1,"body":"error code: 1010"}'
  equal EACCES "$(errno_of "$(echo "$M"/campaigns/700003-*)/sequences.json")"
  grep -q '700003-.*EACCES.*not by it.*1010' "$M/.smartlead/errors"
  fault '{"kind":"status","status":524,"path":"*/700004/sequences","body":"error code: 524"}'
  cat "$M"/campaigns/700004/sequences.json | jq -e 'length == 2' >/dev/null
  requests_are 2 '.path == "/campaigns/700004/sequences"'
}

@test "a lapsed plan, and what stands in front of the service, reference" {
  refused reference
}

@test "a lapsed plan, and what stands in front of the service, live" {
  refused live
}

# The simulator refuses for three times what it says. The mount believes in a limit that is not the service's, and rate
# headers are off: so it runs into the wall. What counts is what it does then.
outliving_ban() {
  start_sandbox --dialect="$1" --rate=5/2 --ban-outlives --no-rate-headers
  mount_sl -o "dialect=$1,rate=100/1"
  mark
  local i pids=()
  for i in {1..9}; do
    cat "$M/campaigns/70000$i/sequences.json" >"$T/out.$i" 3>&- &
    pids+=($!)
  done
  for i in "${pids[@]}"; do
    wait "$i" # all of them get their file in the end
  done
  for i in {1..9}; do
    jq -e 'length > 0' "$T/out.$i" >/dev/null
  done
  journal | jq -s '[.[] | {t, status}]' >"$T/seen"
  # Refused at most: what was under way at the first refusal, then one knock at a time, each after a longer silence.
  python3 - "$T/seen" <<'PYTHON'
import json, sys
seen = sorted(json.load(open(sys.argv[1])), key=lambda s: s["t"])
first = next(i for i, s in enumerate(seen) if s["status"] == 429)
end = seen[first]["t"] + 300
knocks = [s for s in seen[first:] if s["t"] > end]
refused = [s for s in knocks if s["status"] == 429]
assert refused, "the ban did not outlive Retry-After: %r" % seen
times = [seen[first]["t"]] + [s["t"] for s in refused]
gaps = [b - a for a, b in zip(times, times[1:])]
assert gaps[0] >= 1000 and len(refused) <= 4, (gaps, seen)
for a, b in zip(gaps, gaps[1:]):
    assert b >= a * 1.3, (gaps, seen)
PYTHON
  # These refusals were meant.
  control DELETE /journal >/dev/null
}

@test "a ban that outlives Retry-After: one knock at a time, each later, and all get their file, reference" {
  outliving_ban reference
}

@test "a ban that outlives Retry-After: one knock at a time, each later, and all get their file, live" {
  outliving_ban live
}

# --- types, shapes, words ----------------------------------------------------------------------------------------------

counters() {
  in_dialect "$1"
  local today sent
  today=$(date -u +%F)
  sent=$(sql_value "SELECT count(*) FROM sends WHERE campaign_id = 700001")
  # As they come: texts stay texts in what shows the API's own document, and are numbers where we make the table.
  equal "$sent" "$(jq -r .sent_count "$C/analytics.json")"
  live && equal string "$(jq -r '.sent_count | type' "$C/analytics.json")"
  equal "$sent" "$(($(python3 -c 'import csv, sys; print(sum(1 for r in csv.reader(open(sys.argv[1], newline=""))))' "$C/statistics.csv") - 1))"
  # A day's counters as texts, in either place they may come from.
  junk '*/analytics-by-date' '[{"date":"'"$today"'","sent":"6","opened":"2","clicked":"1","replied":"0","bounced":"0","unsubscribed":"0"}]'
  junk '*/day-wise-overall-stats' '{"ok":true,"data":[{"date":"'"$today"'","sent":"6","opened":"2","clicked":"1","replied":"0","bounced":"0","unsubscribed":"0"}]}'
  equal "$today,6,2,1,0,0,0" "$(tail -n 1 "$C/analytics/${today}_$today.csv")"
  equal '[6,2,1,0,0,0]' "$(jq -c '.[0] | [.sent, .opened, .clicked, .replied, .bounced, .unsubscribed]' "$C/analytics/${today}_$today.json")"
  # Pages that name their total as a text, as a number, or not at all, end with the page that is short.
  local total leads=$M/campaigns/700003/leads
  setting '{"export_columns":"reference"}'
  for total in '"1"' 1 '"900"' null; do
    refresh campaigns/700003/leads.csv
    refresh campaigns/700003/leads/lead1602@mill50.example/category
    faults_off
    junk '*/700003/leads' "$(jq -cn --argjson total "$total" --argjson id "$(sql_value "SELECT id FROM leads WHERE email LIKE 'lead1602@%'")" \
      '{total_leads: $total, data: [{campaign_lead_map_id: 1, lead_category_id: 1, lead: {id: $id}}]}')"
    equal Interested "$(cat "$leads"/lead1602@*/category)" "total_leads $total"
    requests_are 1 '.path == "/campaigns/700003/leads"'
  done
}

@test "counters as texts, reference" {
  counters reference
}

@test "counters as texts, live" {
  counters live
}

ids() {
  in_dialect "$1"
  local big
  big=$(sql_value "SELECT CAST(id AS TEXT) FROM leads WHERE email LIKE 'lead1@%'")
  [ "$big" -gt $((1 << 53)) ]
  edit "INSERT INTO maps(id, campaign_id, lead_id, status, created_at) VALUES (9107199254740995, 700001, $big, 'STARTED', now())
    ON CONFLICT DO NOTHING; INSERT INTO campaigns(id, name, created_at, updated_at) VALUES (9007199254740993, 'Big',
    '2026-03-01T10:00:00.000Z', '2026-03-01T10:00:00.000Z')" >/dev/null
  refresh
  local lead
  lead=$(echo "$C"/leads/lead1@*)
  grep -q "^  \"id\": $big,$" "$lead/lead.json"
  grep -qE '^  "campaign_lead_map_id": 910[0-9]{13},$' "$lead/lead.json"
  equal "$big" "$(python3 -c 'import csv, sys; print([r["id"] for r in csv.DictReader(open(sys.argv[1], newline="")) if r["email"].startswith("lead1@")][0])' "$C/leads.csv")"
  cat "$lead/thread.json" >/dev/null
  requests_are 1 ".path == \"/campaigns/700001/leads/$big/message-history\""
  grep -qE "^  \"id\": \"?$big\"?,$" "$M/leads/${lead##*/}/lead.json"
  ls "$M/leads/${lead##*/}/campaigns" >/dev/null
  requests_are 1 ".path == \"/leads/$big/campaigns\""
  equal Big "$(cat "$M/campaigns/9007199254740993/name")"
  equal 9007199254740993-Big "$(readlink "$M/campaigns/9007199254740993")"
}

@test "ids above 2^53, digit for digit, in files and in paths of requests, reference" {
  ids reference
}

@test "ids above 2^53, digit for digit, in files and in paths of requests, live" {
  ids live
}

times() {
  in_dialect "$1"
  local form
  while read -r id form; do
    edit "UPDATE campaigns SET updated_at = '$form' WHERE id = $id" >/dev/null
  done <<'TIMES'
700001 2026-02-06T06:40:12.448Z
700002 2026-02-06T06:40:12.448094+00:00
700003 2026-02-06T08:40:12.448+02:00
700004 2026-02-06T06:40:12Z
TIMES
  refresh
  for id in 700001 700002 700003 700004; do
    equal 2026-02-06T06:40:12 "$(date -u -r "$M/campaigns/$id/campaign.json" +%FT%T)" "$id"
  done
  # As they came where the API's document is shown.
  grep -q '"updated_at": "2026-02-06T06:40:12.448094+00:00"' "$M/campaigns/700002/campaign.json"
}

@test "both forms of time are the same moment, reference" {
  times reference
}

@test "both forms of time are the same moment, live" {
  times live
}

words() {
  in_dialect "$1"
  equal "ACTIVE ARCHIVED COMPLETED DRAFTED PAUSED STOPPED" "$(cat "$M"/campaigns/*/status | sort -u | paste -sd ' ')"
  equal "$(sql 'SELECT id, status FROM campaigns ORDER BY id' | jq -r '.[] | "\(.id) \(.status)"')" \
    "$(for c in "$M"/campaigns/*/; do c=${c%/} && echo "$(basename "$c" | cut -d- -f1) $(cat "$c/status")"; done)"
  # A subsequence is a campaign with a parent; two of one name are two.
  equal 700001 "$(jq .parent_campaign_id "$M/campaigns/700011/campaign.json")"
  equal "Twin Twin" "$(cat "$M"/campaigns/7000{09,10}-Twin/name | paste -sd ' ')"
  # No schedule yet: null, each.
  equal '[null,null,null,null]' "$(jq -c '[.timezone, .days_of_the_week, .start_hour, .end_hour]' "$M/campaigns/700008/schedule.json")"
  # Variants null, [], some, one deleted, no step at all.
  equal "1-A.html 2-A.html" "$(ls "$M/campaigns/700002/sequences" | paste -sd ' ')"
  equal "1-A.html 2-A.html" "$(ls "$M/campaigns/700004/sequences" | paste -sd ' ')"
  equal "1-A.html 1-B.html 2-A.html 3-A.html" "$(ls "$C/sequences" | paste -sd ' ')"
  refute grep -q 'An old one' -r "$C/sequences"
  grep -q 'An old one' "$C/sequences.json"
  equal "" "$(ls "$M/campaigns/700012/sequences")"
  equal 2 "$(grep -c 'Ovens for' <(cat "$M"/campaigns/70000{2,4}/sequences/1-A.html))"
}

@test "states, schedules and sequences in all their forms, reference" {
  words reference
}

@test "states, schedules and sequences in all their forms, live" {
  words live
}

# The list of campaigns as other documents have it: wrapped, with JSON inside of texts, with members that nobody knows.
shapes() {
  in_dialect "$1"
  sql "SELECT j FROM v_campaign WHERE id = 700001" | jq '.[0].j | fromjson' >"$T/campaign"
  cat "$C/schedule.json" "$C/settings.json" >"$T/want"
  local change
  for change in '[.]' '{success: true, data: [.]}' '{ok: true, data: [.]}' '{campaigns: [.]}' '{data: {campaigns: [.]}}' \
    '[.scheduler_cron_value |= tojson | .track_settings |= tojson]' '[. + {brand_new: {"a": [1, null]}}]' \
    '[.scheduler_cron_value.extra = 1 | del(.min_time_btwn_emails) | .min_time_btwn_emails = 11]'; do
    refresh
    faults_off
    junk /campaigns/ "$(jq -c "$change" "$T/campaign")"
    equal 700001-Bakers-north "$(ls "$M/campaigns")" "$change"
    cat "$C/schedule.json" "$C/settings.json" >"$T/got"
    diff "$T/want" "$T/got" || fail "$change"
  done
  refresh
  faults_off
  jq -c '.[0]' <(sql "SELECT j_campaign AS j FROM v_account WHERE id = 401" | jq '.[].j | fromjson | [.]') >"$T/account"
  for change in '{ok: true, data: [.]}' '{email_accounts: [.]}' '[.]'; do
    refresh campaigns/700001/email-accounts
    faults_off
    junk '*/700001/email-accounts' "$(jq -c "$change" "$T/account")"
    equal 401-bruno.ruiz1@trybakers.example "$(ls "$C/email-accounts")"
  done
  # An object, wrapped or not.
  for change in . '{success: true, data: .}' '{ok: true, data: .}'; do
    refresh campaigns/700001/analytics.json
    faults_off
    junk '*/700001/analytics' "$(jq -c "{id: 700001, sent_count: \"7\"} | $change" "$T/campaign")"
    equal 7 "$(jq -r '.sent_count // .data.sent_count' "$C/analytics.json")"
  done
}

@test "answers wrapped in data, JSON inside of texts, members nobody knows, reference" {
  shapes reference
}

@test "answers wrapped in data, JSON inside of texts, members nobody knows, live" {
  shapes live
}

# --- pages, sizes, slowness ------------------------------------------------------------------------------------------------

limits() {
  in_dialect "$1" --size=2,250,230
  setting '{"export_columns":"reference","accounts_over_limit":"empty"}'
  equal 230 "$(ls "$M/email-accounts" | wc -l)"
  cat "$M"/campaigns/*/leads/*/category >"$T/categories"
  equal 500 "$(wc -l <"$T/categories")"
  cat "$M"/campaigns/*/statistics.csv >/dev/null
  cat "$M/blocklist" >/dev/null 2>&1 || refute live
  # Never more than the service gives, and never a query that it does not know.
  equal 0 "$(journal | jq -c 'select(.path | test("email-accounts|/leads$")) | select((.query.limit // "0" | tonumber) > 100)' | wc -l)"
  equal 0 "$(journal | jq -c 'select((.query.limit // "0" | tonumber) > 1000)' | wc -l)"
  equal 0 "$(journal | jq -c 'select(.status >= 400)' | wc -l)"
  # A service that gives fewer than asked for: what it then leaves out is no end that is believed.
  equal "0,100 100,100 200,100" "$(journal | jq -r 'select(.path == "/email-accounts/") | "\(.query.offset),\(.query.limit)"' | paste -sd ' ')"
}

@test "never a page of more than the service allows, reference" {
  limits reference
}

@test "never a page of more than the service allows, live" {
  limits live
}

big_rows() {
  in_dialect "$1"
  local sends
  sends=$(sql_value 'SELECT count(*) FROM sends WHERE campaign_id = 700005')
  # 10 KB a row in the answer, none of it in the table.
  cat "$M/campaigns/700005/statistics.csv" >"$T/all"
  requests_are $((sends / 1000 + 1))
  refute grep -q 'We mill, sift' "$T/all"
  [ "$(wc -c <"$T/all")" -lt $((sends * 400)) ]
  [ "$(curl -sG -A x --data-urlencode "api_key=$KEY" "$API/campaigns/700005/statistics?limit=1000" | wc -c)" -gt $((sends * 3000)) ]
}

@test "statistics with the whole mail in each row, reference" {
  big_rows reference
}

@test "statistics with the whole mail in each row, live" {
  big_rows live
}

slow_export() {
  MOUNT_OPTIONS=timeout=2
  in_dialect "$1"
  setting '{"scale":0.1}' # 3 s before the first byte, which is more than other calls are given
  local start
  start=$(now_ms)
  equal 1201 "$(python3 -c 'import csv, sys; print(sum(1 for r in csv.reader(open(sys.argv[1], newline=""))))' "$C/leads.csv")"
  [ $(($(now_ms) - start)) -ge 3000 ] || fail "it was not slow"
  requests_are 1
  setting '{"scale":0}'
}

@test "an export takes its time, and gets it, reference" {
  slow_export reference
}

@test "an export takes its time, and gets it, live" {
  slow_export live
}

slow_removal() {
  MOUNT_OPTIONS=timeout=1
  in_dialect "$1"
  setting '{"scale":0.1}' # 2 s
  rmdir "$M"/campaigns/700012-*
  setting '{"scale":0}'
  requests_are 1 '.method == "DELETE"'
  requests_are 1 '.method == "DELETE" and .path == "/campaigns/700012" and .status == 200'
  equal 0 "$(sql_value 'SELECT count(*) FROM campaigns WHERE id = 700012')"
  refute test -e "$M/campaigns/700012"
}

@test "the removal of a campaign takes its time, and is sent once, reference" {
  slow_removal reference
}

@test "the removal of a campaign takes its time, and is sent once, live" {
  slow_removal live
}

five_leads() {
  [ "$(sql_value 'SELECT count(*) FROM maps WHERE campaign_id = 700012')" = 5 ] && [ "$(ls "$C/leads" | wc -l)" = 5 ]
}

# 200, but with ok false, and part of the batch was taken: the rest is told, and nothing of it lost.
credit_limit() {
  in_dialect "$1"
  campaign_is 700012
  setting '{"credits":3}'
  printf 'email,first_name\n%s@new.example,A\n%s@new.example,B\n%s@new.example,C\n%s@new.example,D\n%s@new.example,E\n' a b c d e >"$T/rows"
  # A program that looks at close() is told; cat's exit status is the shell's own descriptor's.
  python3 - "$C/leads.csv" "$T/rows" <<'PYTHON'
import errno, os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
os.write(fd, open(sys.argv[2], "rb").read())
try:
    os.close(fd)
except OSError as e:
    assert e.errno == errno.EDQUOT, e
else:
    raise AssertionError("no error")
PYTHON
  requests_are 1 '.method == "POST" and .path == "/campaigns/700012/leads"'
  equal 3 "$(sql_value 'SELECT count(*) FROM maps WHERE campaign_id = 700012')"
  grep -q $'leads.csv\tEDQUOT\t.*credits.*2 rows' "$M/.smartlead/errors"
  equal "5 3 2 waiting" "$(jq -r '"\(.total) \(.accepted) \(.over_limit) \(.state)"' "$M/.smartlead/imports/1.json")"
  equal "a@new.example b@new.example c@new.example" "$(ls "$C/leads" | paste -sd ' ')"
  # With new credits it goes on, and none is there twice.
  setting '{"credits":-1}'
  echo resume >"$M/.smartlead/imports/1-control"
  wait_for five_leads
  wait_for grep -q '"state": "done"' "$M/.smartlead/imports/1.json"
}

@test "the credit limit in the middle of a batch: told, and what was left out goes on, reference" {
  credit_limit reference
}

@test "the credit limit in the middle of a batch: told, and what was left out goes on, live" {
  credit_limit live
}
