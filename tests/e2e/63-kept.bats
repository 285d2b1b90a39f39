# 63-kept: what a save replaces is kept in history/, what was refused in rejected/; sequences.json and reply.html, which
# need that most.
load lib

C=700001-Bakers-north

begin() { # [DIALECT] [OPTION...]
  local dialect=${1:-reference}
  start_sandbox --rate=0 "--dialect=$dialect"
  mount_sl -o "dialect=$dialect" "${@:2}"
  cd "$M/campaigns/$C"
}

posts() {
  journal | jq -c 'select(.method != "GET")'
}

steps() { # the ids of steps and variants, as they stand in sequences.json
  jq -c '[.[] | .id, ((.sequence_variants // .seq_variants // .variants // [])[] | select(.is_deleted != true) | .id)]' sequences.json
}

sequences_json() {
  local ids before
  begin "$1"
  cat sequences.json >"$T/before.json"
  before=$(steps)
  echo PAUSED >status
  mark
  # The same, spelled otherwise: nothing.
  jq -c . "$T/before.json" >sequences.json
  requests_are 0
  jq 'if .[0].sequence_variants then .[0].sequence_variants[0].subject = "changed" elif .[0].variants then .[0].variants[0].subject = "changed" else .[0].subject = "changed" end' \
    "$T/before.json" >"$T/new.json"
  mark
  cp "$T/new.json" sequences.json
  # Read back once; asked anew before it only where what was read is no longer of just now.
  local asked
  asked=$(journal | jq -r .method | paste -sd ' ')
  [[ $asked =~ ^('GET ')?'POST GET'$ ]] || fail "$asked"
  posts | jq -e '.path == "/campaigns/700001/sequences" and .status == 200' >/dev/null
  mark
  equal '[]' "$(jq -nc "$before - $(steps)")" 'ids that are gone'
  grep -q 'subject: changed' sequences/1-A.html
  requests_are 0
  # What it replaced is in history, and can be put back.
  local kept
  kept=$(ls -d "$M"/.smartlead/history/campaigns/700001/sequences/*.json | tail -n 1)
  cmp "$kept" "$T/before.json"
  cp "$kept" sequences.json
  refute grep -q 'subject: changed' sequences/1-A.html
  equal '[]' "$(jq -nc "$before - $(steps)")" 'ids that are gone after going back'
  # A step that is missing is not removed; a gap, an unknown field, a changed note are refused with words.
  mark
  jq 'del(.[-1])' "$T/before.json" >"$T/new.json"
  run cp "$T/new.json" sequences.json
  [[ $output == *'Operation not permitted'* ]] || fail "$output"
  tail -n 1 "$M/.smartlead/errors" | grep -q 'to remove it: rm sequences/'
  jq '.[0].colour = "red"' "$T/before.json" >"$T/new.json"
  run cp "$T/new.json" sequences.json
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  tail -n 1 "$M/.smartlead/errors" | grep -q 'entry 1: there is no field "colour"'
  jq '.[-1].seq_number = 99' "$T/before.json" >"$T/new.json"
  run cp "$T/new.json" sequences.json
  tail -n 1 "$M/.smartlead/errors" | grep -q 'is missing: steps are numbered'
  requests_are 0 '.method != "GET"'
  # The refused text lies in rejected/.
  kept=$(tail -n 1 "$M/.smartlead/errors" | grep -o '\.smartlead/rejected/[^)]*')
  cmp "$M/$kept" "$T/new.json"
}

# endpoint: sequences-save
@test "sequences.json: reference" {
  sequences_json reference
}

# endpoint: sequences-save
@test "sequences.json: live" {
  sequences_json live
}

@test "a new step and a new variant in sequences.json get ids of the service" {
  begin live
  echo PAUSED >status
  jq '. + [{"seq_number": (length + 1), "seq_delay_details": {"delay_in_days": 4}, "subject": "Last", "email_body": "<p>Bye</p>"}]' \
    sequences.json >"$T/new.json"
  local n
  n=$(jq length "$T/new.json")
  cp "$T/new.json" sequences.json
  equal "$n" "$(jq length sequences.json)"
  equal number "$(jq -r '.[-1].id | type' sequences.json)"
  grep -q 'delay_in_days: 4' "sequences/$n-A.html"
}

@test "a sequence that suddenly shows none is asked for twice, and never believed at once" {
  begin live -o ttl=1
  local before
  before=$(ls sequences)
  mark
  fault '{"kind": "status", "status": 200, "path": "/campaigns/700001/sequences", "method": "GET", "body": "[]"}'
  wait_for -t 5 asked_again
  requests_are 2 '.path | endswith("/sequences")'
  equal "$before" "$(cat "$T/seen")"
}

asked_again() { # lists until what is known has grown too old
  ls sequences >"$T/seen"
  [ "$(requests_made '.path | endswith("/sequences")')" -gt 0 ]
}

# Saving the whole must not undo what came to the service a moment ago.
survives() {
  begin "$1"
  echo PAUSED >status
  cat sequences/1-A.html sequences/2-A.html >/dev/null
  read_at=$(now_ms)
  wait_for -t 5 old_enough
  edit "INSERT INTO variants (id, step_id, label, subject, email_body, created_at, updated_at)
    SELECT 99001, step_id, 'C', 'From elsewhere', '<p>x</p>', created_at, updated_at FROM variants WHERE id = 90001"
  sed -i 's/^subject: .*/subject: mine/' sequences/1-A.html
  grep -q 'subject: mine' sequences/1-A.html
  grep -q 'From elsewhere' sequences/1-C.html
  # The very e-mail that somebody else changed: refused, and both texts are kept.
  cat sequences/1-A.html >"$T/a"
  read_at=$(now_ms)
  wait_for -t 5 old_enough
  edit "UPDATE variants SET subject = 'theirs' WHERE id = 90001"
  mark
  run python3 - "$T/a" <<'PYTHON'
import sys
f = open('sequences/1-A.html', 'r+')
text = f.read()
f.seek(0); f.truncate(); f.write(text.replace('mine', 'mine again'))
f.close()
PYTHON
  [[ $output == *'Device or resource busy'* ]] || fail "$output"
  requests_are 0 '.method != "GET"'
  grep -q 'subject: theirs' sequences/1-A.html
  grep -rq 'mine again' "$M/.smartlead/rejected"
}

old_enough() { # what was read before the last read_at came more than half a second ago
  [ $(($(now_ms) - read_at)) -gt 600 ]
}

@test "what came to the sequence meanwhile survives a save: reference" {
  survives reference
}

@test "what came to the sequence meanwhile survives a save: live" {
  survives live
}

reply() {
  local lead
  begin "$1"
  lead=$(dirname "$(find leads -name thread.mbox | sort | head -n 1)")
  cat "$lead/thread.json" >"$T/thread.json"
  printf '<p>Thank you, %s</p>\n' "$1" >"$T/answer.html"
  mark
  cp "$T/answer.html" "$lead/reply.html"
  requests_are 1
  posts | jq -e --arg d "$1" --slurpfile t "$T/thread.json" '
    ($t[0].history | map(select(.type == "REPLY")) | sort_by(.time) | last) as $m |
    .method == "POST" and .path == "/campaigns/700001/reply-email-thread" and
    .body.email_body == "<p>Thank you, \($d)</p>" and .body.reply_message_id == $m.message_id and
    .body.reply_email_time == $m.time and
    (if $d == "live" then .body.email_stats_id == $m.stats_id and (.body | has("lead_id") | not)
     else .body.lead_id != null end)' >/dev/null
  # An editor writes twice: once is what the lead gets.
  mark
  cp "$T/answer.html" "$lead/reply.html"
  requests_are 0 '.method != "GET"'
  grep -q 'NOT SENT AGAIN' "$M/.smartlead/requests"
  printf ' \n' >"$T/empty"
  run cp "$T/empty" "$lead/reply.html"
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  requests_are 0 '.method != "GET"'
}

# endpoint: reply
@test "reply.html: one reply to the newest message: reference" {
  reply reference
}

# endpoint: reply
@test "reply.html: one reply to the newest message: live" {
  reply live
}

@test "a refused text is kept whole, readable by its owner only" {
  begin
  printf '{"nonsense": 1}' >"$T/bad"
  run cp "$T/bad" schedule.json
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  local kept
  kept=$(ls "$M/.smartlead/rejected" | tail -n 1)
  [[ $kept == *-campaigns-700001-schedule.json ]] || fail "$kept"
  cmp "$T/bad" "$M/.smartlead/rejected/$kept"
  equal 400 "$(stat -c %a "$M/.smartlead/rejected/$kept")"
  equal 0 "$(find "$XDG_STATE_HOME" -perm /077 | wc -l)" "files others can read"
  # It outlives the mount.
  cd /
  unmount_sl
  mount_sl
  cmp "$T/bad" "$M/.smartlead/rejected/$kept"
}

@test "history keeps the newest fifty, and what a deletion took" {
  begin
  local i
  sed 's/: 25/: 26/' schedule.json >"$T/a"
  sed 's/: 25/: 27/' schedule.json >"$T/b"
  for i in {1..26}; do
    cp "$T/a" schedule.json
    cp "$T/b" schedule.json
  done
  equal 50 "$(ls "$M/.smartlead/history/campaigns/700001/schedule" | wc -l)"
  equal 26 "$(jq .max_leads_per_day "$(ls -d "$M"/.smartlead/history/campaigns/700001/schedule/* | tail -n 1)")"
  echo PAUSED >status
  echo DELETE >status
  equal 700001 "$(jq .id "$M"/.smartlead/history/campaigns/700001/campaign/*.json)"
}

# A lost answer: the request has taken effect, once; the user is told that nobody knows, and what is read next is asked for.
OUTCOME='the outcome is unknown, and the request was not sent again'

lost() { # DIALECT PATH FILE TEXT: a save of that file whose answer is lost, on a connection that was in use
  fault "$(jq -n --arg p "$2" '{kind: "reset_after", method: "POST", path: $p}')"
  mark
  run cp "$4" "$3"
  [[ $status = 1 && $output == *'Input/output error'* ]] || fail "$output"
  equal 1 "$(posts | wc -l)" 'requests that change something'
  tail -n 1 "$M/.smartlead/errors" | grep -qF "$OUTCOME" || fail "$(tail -n 1 "$M/.smartlead/errors")"
  # The text is not lost either.
  cmp "$4" "$M/$(tail -n 1 "$M/.smartlead/errors" | grep -o '\.smartlead/rejected/[^)]*')"
}

sequence_lost() {
  begin "$1"
  echo PAUSED >status
  sed 's/^subject: .*/subject: Sent once/' sequences/1-A.html >"$T/new"
  lost "$1" '*/sequences' sequences/1-A.html "$T/new"
  # It did take effect: the same save again has nothing to send.
  grep -q 'subject: Sent once' sequences/1-A.html
  cp "$T/new" sequences/1-A.html
  equal 1 "$(posts | wc -l)" 'requests that change something'
}

# endpoint: sequences-save
@test "a sequence whose answer is lost is not sent again: reference" {
  sequence_lost reference
}

# endpoint: sequences-save
@test "a sequence whose answer is lost is not sent again: live" {
  sequence_lost live
}

reply_lost() {
  local lead
  begin "$1"
  lead=$(dirname "$(find leads -name thread.mbox | sort | head -n 1)")
  cat "$lead/thread.json" >/dev/null
  echo '<p>Only once. Your password: as before, no token: needed</p>' >"$T/answer.html"
  lost "$1" '*/reply-email-thread' "$lead/reply.html" "$T/answer.html"
  # Again only when somebody asks for it.
  cp "$T/answer.html" "$lead/reply.html"
  equal 2 "$(posts | wc -l)" 'requests that change something'
}

# endpoint: reply
@test "a reply whose answer is lost is not sent again by itself: reference" {
  reply_lost reference
}

# endpoint: reply
@test "a reply whose answer is lost is not sent again by itself: live" {
  reply_lost live
}
