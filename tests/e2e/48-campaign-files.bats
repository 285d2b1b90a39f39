# 48-campaign-files: what is read of a campaign and what a write to it sends, word for word, in both dialects.
load lib

in_dialect() {
  start_sandbox --rate=0 "--dialect=$1"
  mount_sl -o "dialect=$1"
  cd "$M/campaigns/700001-Bakers-north"
  mark
}

sent() { # the changing requests since the mark
  journal | jq -c 'select(.method != "GET") | [.method, .path, .body, .status]'
}

listing() { # DIALECT REQUESTS-FOR-ONE-THAT-IS-NOWHERE
  in_dialect "$1"
  cd "$M"
  # The daemon has asked for the list when it was mounted.
  MARK=0
  ls campaigns >"$T/names"
  cat campaigns.csv campaigns/*/{campaign.json,name,status,schedule.json,settings.json} >"$T/all"
  equal 12 "$(wc -l <"$T/names")"
  requests_are 1
  journal | jq -e '.method == "GET" and .path == "/campaigns/"' >/dev/null
  # One that is newer than the list is asked for by its id: once, then the list anew.
  edit "INSERT INTO campaigns (id, user_id, name, status, created_at, updated_at) SELECT 700999, user_id, 'Newcomer', 'DRAFTED',
    created_at, updated_at FROM campaigns WHERE id = 700001" >/dev/null
  mark
  equal Newcomer "$(cat campaigns/700999/name)"
  equal '"GET /campaigns/700999" "GET /campaigns/"' "$(journal | jq -c '"\(.method) \(.path)"' | paste -sd ' ')"
  mark
  # One that is nowhere: asked once (twice, where the service says 200 and nothing), and not a moment later.
  refute test -e campaigns/700998
  refute test -e campaigns/700998
  requests_are "$2"
}

# endpoint: campaigns campaign
@test "campaigns are one request, a newer one is found by its id: reference" {
  listing reference 1
}

# endpoint: campaigns campaign
@test "campaigns are one request, a newer one is found by its id: live" {
  listing live 2
}

status_words() { # DIALECT METHOD START-WORD
  local word
  in_dialect "$1"
  for word in PAUSED START PAUSED ACTIVE STOPPED; do
    bash -c "echo $word >status"
    case $word in START) word=ACTIVE ;; esac
    equal "$word" "$(cat status)" 'what is shown then'
  done
  equal "$(for word in PAUSED "$3" PAUSED "$3" STOPPED; do
    jq -nc --arg m "$2" --arg w "$word" '[$m, "/campaigns/700001/status", {status: $w}, 200]'
  done)" "$(sent)"
  # It is always sent, whatever is believed; each is one request, and reading it is none.
  mark
  bash -c 'echo PAUSED >status; cat status; echo PAUSED >status'
  requests_are 2
  # A program that copies starts nothing, even when the word is all that it has written; the same word by hand does.
  echo ACTIVE >"$T/word"
  mark
  run cp "$T/word" status
  [[ $status -ne 0 && $output == *'Operation not permitted'* ]] || fail "$output"
  requests_are 0
  bash -c 'cat "$0" >status' "$T/word"
  requests_are 1
  # A word that is none is told by the write itself, and nothing leaves; what the service says is handed on.
  mark
  run bash -c 'echo BOGUS >status'
  [[ $status -ne 0 && $output == *'Invalid argument'* ]] || fail "$output"
  requests_are 0
  edit "UPDATE campaigns SET status = 'STOPPED' WHERE id = 700001" >/dev/null
  run bash -c 'echo START >status'
  [[ $status -ne 0 && $output == *'Invalid argument'* ]] || fail "$output"
  tail -n 1 "$M/.smartlead/errors" | grep -q "can't be started again"
}

# endpoint: campaign-status
@test "status: PATCH and ACTIVE, reference" {
  status_words reference PATCH ACTIVE
}

# endpoint: campaign-status
@test "status: POST and START, live" {
  status_words live POST START
}

schedule() { # DIALECT NAME-OF-THE-CAP
  in_dialect "$1"
  jq '.max_leads_per_day = 31 | .days_of_the_week = [1, 5]' schedule.json >"$T/new"
  cp "$T/new" schedule.json
  requests_are 1
  equal "$(jq -nc --arg cap "$2" '["POST", "/campaigns/700001/schedule", ({timezone: "Europe/Madrid", days_of_the_week: [1, 5],
    start_hour: "08:30", end_hour: "17:00", min_time_btw_emails: 11} + {($cap): 31}), 200]')" "$(sent)"
  mark
  equal "$(jq -S . "$T/new")" "$(jq -S . schedule.json)"
  equal '[1,5]' "$(jq -c .scheduler_cron_value.days campaign.json)" 'another view'
  requests_are 0
}

# endpoint: campaign-schedule
@test "schedule.json: one request with all six, reference" {
  schedule reference max_leads_per_day
}

# endpoint: campaign-schedule
@test "schedule.json: one request with all six, live" {
  schedule live max_new_leads_per_day
}

settings() { # DIALECT WRITTEN-WORD
  in_dialect "$1"
  jq '.track_settings = ["DONT_EMAIL_OPEN"] | .unsubscribe_text = "Bye"' settings.json >"$T/new"
  cp "$T/new" settings.json
  # Only what changed, in the words that are written; then it is read back.
  equal "$(jq -nc --arg w "$2" '["POST", "/campaigns/700001/settings", {track_settings: [$w], unsubscribe_text: "Bye"}, 200]')" "$(sent)"
  requests_are 2
  equal "$(jq -S . "$T/new")" "$(jq -S . settings.json)"
  requests_are 2
}

# endpoint: campaign-settings
@test "settings.json: what changed, and it is read back, reference" {
  settings reference DONT_EMAIL_OPEN
}

# endpoint: campaign-settings
@test "settings.json: what changed, and it is read back, live" {
  settings live DONT_TRACK_EMAIL_OPEN
}

@test "a setting that the service takes and forgets is told" {
  in_dialect live
  fault '{"kind":"status","status":200,"body":{"ok":true},"method":"POST","path":"*/settings"}'
  jq '.track_settings = ["DONT_LINK_CLICK"]' settings.json >"$T/new"
  run cp "$T/new" settings.json
  [[ $output == *'Input/output error'* ]] || fail "$output"
  tail -n 1 "$M/.smartlead/errors" | grep -q 'the service took the save, but track_settings is \[\] there now' ||
    fail "$(tail -n 1 "$M/.smartlead/errors")"
}

emails() { # DIALECT PATH-OF-VARIANTS
  in_dialect "$1"
  echo PAUSED >status
  mark
  ls sequences >"$T/names"
  head -n 100 sequences/* >"$T/all"
  cat sequences.json >>"$T/all"
  requests_are 1
  printf -- '---\nsubject: Second try\ndelay_in_days: 0\n---\n<p>Other</p>\n' >"$T/new"
  cp "$T/new" sequences/1-B.html
  requests_are 1 '.method == "POST"'
  # (The exit status of jq 1.6 is that of the last line it is given.)
  journal | jq -c 'select(.method == "POST")' | jq -e --arg p "$2" '(if $p == "live" then .body.sequences else .body end) as $steps |
    .path == "/campaigns/700001/sequences" and .status == 200 and
    ($steps | length) == 3 and
    ($steps[0].id == 81001) and ($steps[0].seq_delay_details == {"delay_in_days": 0}) and
    ($steps[0] | .seq_variants // .variants | map(.id)) == [90001, 90002] and
    ($steps[0] | .seq_variants // .variants | .[1] | [.subject, .email_body]) == ["Second try", "<p>Other</p>"]' >/dev/null ||
    fail "$(sent)"
  cmp "$T/new" sequences/1-B.html
}

# endpoint: sequences sequences-save
@test "sequences: one request to read, the whole once to save, reference" {
  emails reference reference
}

# endpoint: sequences sequences-save
@test "sequences: one request to read, the whole once to save, live" {
  emails live live
}
