# 57-leads-save: one lead is changed, paused, sorted and taken out by writing its files; every view shows it at once.
load lib
load writing

C=700001-Bakers-north
OTHER=700011-Bakers-north--replied

# begin DIALECT [mount options]: $L is a lead of two campaigns, whose exports are known; what follows is behind the mark
begin() {
  local dialect=$1
  shift
  start_sandbox --rate=0 --dialect="$dialect"
  few_leads
  mount_sl -o "dialect=$dialect" "$@"
  OTHER=$(cd "$M/campaigns" && echo 700011-*)
  cat "$M/campaigns/$C/leads.csv" "$M/campaigns/$OTHER/leads.csv" >/dev/null
  L=$(csvcut_email "$M/campaigns/$OTHER/leads.csv" | sed -n 1p)
  cd "$M/campaigns/$C/leads/$L"
  ID=$(jq .id lead.json)
  ls -l >/dev/null
  mark
}

csvcut_email() {
  python3 -c 'import csv,sys; print(*[r["email"] for r in csv.DictReader(open(sys.argv[1], newline=""))], sep="\n")' "$1"
}

# cell COLUMN [CAMPAIGN]: of the lead's row in leads.csv
cell() {
  python3 - "$M/campaigns/${2:-$C}/leads.csv" "$L" "$1" <<'PYTHON'
import csv, sys
rows = [r for r in csv.DictReader(open(sys.argv[1], newline='')) if r['email'] == sys.argv[2]]
assert len(rows) == 1, rows
print(rows[0][sys.argv[3]])
PYTHON
}

filled_cells() {
  python3 -c 'import csv,sys
for r in csv.DictReader(open(sys.argv[1], newline="")): print({k: v for k, v in r.items() if v})' "$M/campaigns/$C/leads.csv"
}

# refused WORDS COMMAND...: fails with these words, sends nothing
refused() {
  local words=$1
  shift
  run "$@"
  [ "$status" != 0 ] || fail "not refused: $*"
  [[ $output == *"$words"* ]] || fail "$*: $output"
  equal 0 "$(requests_made '.method != "GET"')" "$*"
}

write_status() {
  begin "$1"
  echo PAUSED >status
  sent "POST /campaigns/700001/leads/$ID/pause"
  equal PAUSED "$(cat status)"
  equal PAUSED "$(jq -r .status lead.json)"
  equal PAUSED "$(cell status)"
  # Always sent, whatever is believed.
  echo PAUSED >status
  sent "POST /campaigns/700001/leads/$ID/pause"
  edit "UPDATE maps SET step = 1 WHERE lead_id = $ID" >/dev/null
  echo RESUMED >status
  sent "POST /campaigns/700001/leads/$ID/resume {}"
  equal INPROGRESS "$(cat status)"
  printf 'RESUMED 3' >status
  sent "POST /campaigns/700001/leads/$ID/resume {\"resume_lead_with_delay_days\":3}"
  equal INPROGRESS "$(cell status)"
  sent ''
  # What the export shows of this is the service's to say.
  echo UNSUBSCRIBED >status
  sent "POST /campaigns/700001/leads/$ID/unsubscribe"
  cat status >/dev/null
  sent 'GET /campaigns/700001/leads-export'
  equal '[{"unsubscribed":1}]' "$(curl -sS "$CONTROL/sql?q=SELECT%20unsubscribed%20FROM%20maps%20WHERE%20campaign_id=700001%20AND%20lead_id=$ID" | tr -d '\n ')"
  # The service's own refusal, as a user's error.
  edit "UPDATE maps SET step = 9 WHERE lead_id = $ID" >/dev/null
  run bash -c 'echo RESUMED >status'
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  errors_say 'last sequence'
}

# endpoint: lead-pause lead-resume lead-unsubscribe
@test "status: PAUSED, RESUMED, RESUMED <days>, UNSUBSCRIBED; the write acts, and each view shows it without the export" {
  in_both write_status
}

@test "status: any other word is refused with what could be written" {
  begin live
  local word
  for word in INPROGRESS paused 'RESUMED soon' 'RESUMED -1' 'RESUMED 1.5' RESUMEDNOW 'RESUMED 12345' DELETE ''; do
    refused 'Invalid argument' bash -c "echo '$word' >status"
  done
  errors_say 'number of days'
  errors_say 'PAUSED, RESUMED, RESUMED <days>, UNSUBSCRIBED'
  run mv lead.json status
  [[ $output == *'not permitted'* ]] || fail "$output"
  sent ''
}

# The export has grown old: a look at it asks.
requests_are_some() {
  cat status >/dev/null
  [ "$(requests_made)" -gt 0 ]
}

@test "a pause reaches the service also when the export is old and can't be had anew" {
  begin live -o ttl=1
  fault '{"kind":"status","path":"*/leads-export","status":503,"count":-1}'
  wait_for requests_are_some
  echo PAUSED >status
  equal "POST /campaigns/700001/leads/$ID/pause" "$(journal | jq -r 'select(.method != "GET") | "\(.method) \(.path)"')"
  mark
  faults_off
  equal PAUSED "$(cat status)"
  sent 'GET /campaigns/700001/leads-export'
}

resume_unknown() {
  begin "$1"
  edit "UPDATE maps SET step = 1 WHERE lead_id = $ID" >/dev/null
  echo PAUSED >status
  mark
  fault '{"kind":"reset_after","method":"POST","path":"*/resume"}'
  run bash -c 'echo RESUMED 2 >status'
  [[ $output == *'Input/output error'* ]] || fail "$output"
  errors_say 'outcome is unknown'
  sent "POST /campaigns/700001/leads/$ID/resume {\"resume_lead_with_delay_days\":2}"
  # It did take effect, which only asking tells.
  equal INPROGRESS "$(cat status)"
  sent 'GET /campaigns/700001/leads-export'
}

# endpoint: lead-resume
@test "a connection that breaks after a lead was resumed: not sent again, and the next read asks" {
  in_both resume_unknown
}

# endpoint: lead-category
@test "category, live: by name, or empty for none; every view shows it" {
  begin live
  cat category >/dev/null
  echo 'Not Interested' >category
  sent 'GET /leads/fetch-categories' "POST /campaigns/700001/leads/$ID/category {\"category_id\":3,\"pause_lead\":false}"
  equal 'Not Interested' "$(cat category)"
  equal 'Not Interested false' "$(jq -r '"\(.category) \(.is_interested)"' lead.json)"
  printf Interested >category
  sent "POST /campaigns/700001/leads/$ID/category {\"category_id\":1,\"pause_lead\":false}"
  equal Interested "$(cell category)"
  equal true "$(cell is_interested)"
  echo >category
  sent "POST /campaigns/700001/leads/$ID/category {\"category_id\":null,\"pause_lead\":false}"
  equal '' "$(cat category)"
  equal '' "$(cell category)"
  sent ''
  refused 'Invalid argument' bash -c 'echo Keen >category'
  errors_say 'there are: Interested, Meeting Request'
  : >category
  sent ''
  # As the service itself sees it.
  echo Interested >category
  cp "$M/campaigns/$C/leads.csv" "$T/shown"
  echo "campaigns/$C" >"$M/.smartlead/refresh"
  cmp "$T/shown" "$M/campaigns/$C/leads.csv"
}

# endpoint: lead-category
@test "category, live, where the export lacks it: the paged list is edited, not asked again" {
  begin live
  setting '{"export_columns":"reference"}'
  echo all >"$M/.smartlead/refresh"
  ls "$M/campaigns" >/dev/null
  equal '' "$(cat category)"
  mark
  echo Interested >category
  sent "POST /campaigns/700001/leads/$ID/category {\"category_id\":1,\"pause_lead\":false}"
  equal Interested "$(cat category)"
  sent ''
}

@test "category, reference: the service has no such call" {
  begin reference
  refused 'Operation not supported' bash -c 'exec 3>category; echo Interested >&3'
  errors_say 'no call'
  sent ''
}

save_lead() {
  begin "$1"
  local before=$T/before
  cp lead.json "$before"
  local want
  want=$(jq -c '{email, first_name: "Zoë \"Z\"", last_name, company_name, phone_number, website, location, linkedin_profile,
    company_url}' "$before")
  # All standard fields go, since a service may empty what is left out; nothing else does.
  sed -i 's/"first_name": .*/"first_name": "Zoë \\"Z\\"",/' lead.json
  sent "POST /campaigns/700001/leads/$ID $want"
  equal 'Zoë "Z"' "$(jq -r .first_name lead.json)"
  equal 'Zoë "Z"' "$(cell first_name)"
  equal 'Zoë "Z"' "$(cell first_name "$OTHER")"
  equal "$(jq 'del(.first_name)' "$before")" "$(jq 'del(.first_name)' lead.json)" 'the rest of it'
  sent ''
  # A custom field that others have; those that are left out are left alone.
  local field
  field=$(jq -r '.custom_fields | keys[0]' "$before")
  echo "{\"custom_fields\": {\"$field\": \"new, \\\"quoted\\\"\\nline\"}}" >"$T/part"
  cp "$T/part" lead.json
  equal "{\"$field\":\"new, \\\"quoted\\\"\\nline\"}" "$(journal | jq -c '.body.custom_fields')"
  equal 'Zoë "Z"' "$(journal | jq -r .body.first_name)"
  equal $'new, "quoted"\nline' "$(cell "$field")"
  equal $'new, "quoted"\nline' "$(cell "$field" "$OTHER")"
  equal "$(jq -c '.custom_fields | keys' "$before")" "$(jq -c '.custom_fields | keys' lead.json)"
  requests_are 1
  # As the service itself sees it.
  cp "$M/campaigns/$C/leads.csv" "$T/shown"
  echo all >"$M/.smartlead/refresh"
  cmp "$T/shown" "$M/campaigns/$C/leads.csv"
  ls "$M/campaigns" >/dev/null
  mark
  # Unchanged in meaning: nothing.
  jq -c . lead.json >"$T/compact"
  cp "$T/compact" lead.json
  echo '{}' >"$T/part"
  cp "$T/part" lead.json
  sent ''
  # A custom field that no lead had is a new column: the export is asked for anew.
  jq '.custom_fields.shoe_size = 42' lead.json >"$T/new"
  cp "$T/new" lead.json
  equal '{"shoe_size":42}' "$(journal | jq -c .body.custom_fields)"
  mark
  equal 42 "$(jq -r .custom_fields.shoe_size lead.json)"
  equal 42 "$(cell shoe_size)"
  requests_are 1 '.path | endswith("/leads-export")'
}

# endpoint: lead-update
@test "lead.json: one request with all the lead is, and every campaign that holds it shows it without an export" {
  in_both save_lead
}

@test "lead.json: what can't be changed is refused by name, and the text is kept" {
  begin live
  local change
  for change in '.email = "x@y.example"' '.id = 5' '.status = "PAUSED"' '.nonsense = 1' '.first_name = 5' '.first_name = null' \
    '.custom_fields = "x"' '.custom_fields.x = {}' '.custom_fields.x = null' '.custom_fields[""] = "x"' '[.]'; do
    jq "$change" lead.json >"$T/new"
    refused 'Invalid argument' cp "$T/new" lead.json
  done
  printf '{"custom_fields": {"x": "1", "x": "2"}}' >"$T/new"
  refused 'Invalid argument' cp "$T/new" lead.json
  errors_say '"email" is read-only'
  errors_say 'no field "nonsense"'
  errors_say 'stands twice'
  ls "$M/.smartlead/rejected" | grep -q lead.json
  sent ''
}

@test "lead.json: what was read before goes to history" {
  begin live
  cp lead.json "$T/before"
  sed -i 's/"location": .*/"location": "Ávila",/' lead.json
  cmp "$T/before" "$M/.smartlead/history/campaigns/700001/lead-$L"/*.json
}

take_out() {
  begin "$1"
  cd ..
  local count
  count=$(ls | wc -l)
  rmdir "$L"
  # Out of sight at once; sent two seconds later.
  [ ! -e "$L" ]
  refute grep -qxF "$L" <(ls)
  requests_are 0
  wait_for requests_are 1
  sent "DELETE /campaigns/700001/leads/$ID"
  wait_for refute test -e "$L"
  equal $((count - 1)) "$(ls | wc -l)"
  refute grep -qF "$L" "$M/campaigns/$C/leads.csv"
  [ -e "$M/campaigns/$OTHER/leads/$L/lead.json" ]
  # The rows behind it are where they were.
  local name
  for name in *; do
    equal "$name" "$(jq -r .email "$name/lead.json")"
  done
  sent ''
  # As the service itself sees it, but for columns that only this lead had.
  filled_cells >"$T/shown"
  echo all >"$M/.smartlead/refresh"
  filled_cells | cmp "$T/shown" -
  ls "$M/.smartlead/history/campaigns/700001/lead-$L" | grep -q json
}

# endpoint: lead-delete
@test "rmdir takes a lead out of the campaign, two seconds later, without another export" {
  in_both take_out
}

drop_unknown() {
  begin "$1"
  fault '{"kind":"reset_after","method":"DELETE","path":"*/leads/*"}'
  rmdir "../$L"
  cd ..
  sync .
  errors_say 'outcome is unknown'
  sent "DELETE /campaigns/700001/leads/$ID"
  # It did take effect, which only asking tells.
  refute grep -qxF "$L" <(ls)
  sent 'GET /campaigns/700001/leads-export'
}

# endpoint: lead-delete
@test "a connection that breaks after a lead was taken out: not sent again, and the next look asks" {
  in_both drop_unknown
}

@test "more than max_deletes, or with a refusal: no lead is taken out, and all are there again" {
  begin live -o max_deletes=3
  cd ..
  names=(*)
  rmdir "${names[@]:0:4}"
  [ ! -e "${names[0]}" ]
  wait_for test -e "${names[0]}"
  equal "${names[*]}" "$(echo *)"
  errors_say max_deletes
  local command
  for command in 'rm -rf *' "rm -r ${names[0]}" "find ${names[0]} -delete" 'find . -delete' "rmdir ${names[0]} ../sequences" \
    "rmdir ../sequences ${names[0]}" 'python3 -c "import shutil; shutil.rmtree(\".\", ignore_errors=True)"'; do
    bash -c "exec $command" >/dev/null 2>&1 || :
    sync .
    wait_for test -e "${names[0]}/lead.json"
    equal "${names[*]}" "$(echo *)" "$command"
  done
  requests_are 0 '.method != "GET"'
  # Documents that were unlinked are back as well.
  wait_for test -e "${names[0]}/lead.json"
  cd "$M/campaigns"
  bash -c 'rm -rf * 2>/dev/null; exec rm -rf "$0"' "$C" >/dev/null 2>&1 || :
  sync .
  requests_are 0 '.method != "GET"'
}

unsubscribe_all() {
  begin "$1"
  cd "$M/leads/$L"
  equal no "$(cat unsubscribed)"
  mark
  echo yes >unsubscribed
  sent "POST /leads/$ID/unsubscribe"
  equal yes "$(cat unsubscribed)"
  equal true "$(jq .is_unsubscribed lead.json)"
  equal true "$(jq .is_unsubscribed "$M/campaigns/$C/leads/$L/lead.json")"
  equal true "$(cell is_unsubscribed)"
  equal true "$(cell is_unsubscribed "$OTHER")"
  sent ''
  # Once more: it is sent, and that there was nothing left to do is no failure.
  echo yes >unsubscribed
  sent "POST /leads/$ID/unsubscribe"
  refused 'Invalid argument' bash -c 'echo no >unsubscribed'
  errors_say 'no way back'
  refused 'Invalid argument' bash -c 'echo true >unsubscribed'
  refused 'Invalid argument' bash -c 'echo >unsubscribed'
}

# endpoint: lead-unsubscribe-all
@test "unsubscribed: yes unsubscribes everywhere, and there is no way back" {
  in_both unsubscribe_all
}

@test "who changed a lead of a campaign does not start it by a copy" {
  begin live
  echo PAUSED >../../status
  mark
  run bash -c 'echo PAUSED >status; echo ACTIVE >../../status'
  [[ $output == *'Operation not permitted'* ]] || fail "$output"
  sent "POST /campaigns/700001/leads/$ID/pause"
}

@test "a read-only mount and a dry run send nothing" {
  begin live -o dry_run
  echo PAUSED >status
  sed -i 's/"location": .*/"location": "Ávila",/' lead.json
  rmdir "../$L"
  sync ..
  requests_are 0 '.method != "GET"'
  grep -qF "lead-pause 700001 $ID" "$M/.smartlead/requests"
  grep -qF "lead-delete 700001 $ID" "$M/.smartlead/requests"
  grep -qF "lead-update 700001 $ID {\"email\":\"$L\"" "$M/.smartlead/requests"
  cd /
  mount_sl -n ro -o ro
  local command
  for command in 'echo PAUSED >status' 'echo x >lead.json' "rmdir ../$L" 'echo x >category'; do
    run bash -c "cd '$M/campaigns/$C/leads/$L' && $command"
    [[ $output == *'Read-only file system'* ]] || fail "$command: $output"
  done
}
