# Conversations with leads: thread.mbox as mutt -f and python's mailbox read it, thread.json, where they are listed, and
# what they cost. Each test runs in both dialects.
load lib
load reading

setup() {
  e2e_setup
  mkdir "$T/mbox" "$T/mutt" "$HOME/Mail" # else mutt asks whether to make the last
  mkfifo "$T/keyboard"
  cat >"$T/muttrc" <<'MUTT'
set mbox_type=mbox charset=utf-8 sort=mailbox-order
set pipe_split=yes pipe_decode=yes wait_key=no
ignore *
unignore from to cc subject date in-reply-to message-id
MUTT
  cat >"$T/take" <<'SH'
#!/bin/sh
cat >"$OUT/$(ls "$OUT" | wc -l)"
SH
  chmod +x "$T/take"
}

# mutt_reads FILE DIR: opened as a user does, each message piped decoded into a file of DIR. Nobody types, and the keyboard
# stays: at its end script would end mutt.
mutt_reads() {
  mkdir -p "$2"
  FILE=$1 OUT=$2 timeout $((20 * E2E_SLOW)) script -qec "mutt -n -F '$T/muttrc' -R -f \"\$FILE\" \
    -e 'push <tag-pattern>~A<enter><tag-prefix><pipe-message>$T/take<enter><exit>'" /dev/null <>"$T/keyboard" >"$T/screen" 3>&-
}

held_messages() {
  sql "SELECT v.campaign_id, l.email, v.j FROM v_message v JOIN leads l ON l.id = v.lead_id ${1:-}
    ORDER BY julianday(v.time), substr(v.message_id, 1, 2) DESC, length(v.message_id), v.message_id" >"$T/held"
}

all_threads() {
  in_dialect "$1"
  local path id address n
  find "$M/campaigns" -name thread.mbox >"$T/listed"
  requests_are 0 '.path | endswith("/message-history")'
  # Listed where the export counts a reply.
  sql 'SELECT m.campaign_id, l.email FROM maps m JOIN leads l ON l.id = m.lead_id WHERE m.replies > 0' |
    jq -r '.[] | "\(.campaign_id) \(.email)"' | sort >"$T/replied"
  diff "$T/replied" <(sed 's#.*/campaigns/\([0-9]*\)-.*/leads/\(.*\)/thread.mbox#\1 \2#' "$T/listed" | sort)
  diff <(sed 's/mbox$/json/' "$T/listed") <(find "$M/campaigns" -name thread.json)
  n=$(wc -l <"$T/listed")
  [ "$n" -gt 250 ]
  mark
  while IFS= read -r path; do
    id=${path#*/campaigns/} id=${id%%-*} address=${path%/thread.mbox} address=${address##*/}
    # The bytes are python's to compare in either dialect; mutt, which takes its time, opens them in one.
    live || mutt_reads "$path" "$T/mutt/$id/$address"
    mkdir -p "$T/mbox/$id"
    cat "$path" >"$T/mbox/$id/$address"
  done <"$T/listed"
  requests_are "$n"
  requests_are "$n" '.method == "GET" and (.path | endswith("/message-history")) and .query == {}'
  equal "" "$(journal | jq -r .path | sort | uniq -d)" "asked for twice"
  held_messages
  local mutt=("$T/mutt")
  live && mutt=()
  equal "$n" "$(python3 "$BATS_TEST_DIRNAME/threads.py" "$T/held" "$T/mbox" "${mutt[@]}" | cut -d' ' -f1)"
  # thread.json is another view of the same answer.
  tr '\n' '\0' <"$T/listed" | sed -z 's/mbox$/json/' | xargs -0 cat >"$T/json"
  requests_are "$n"
  equal "$n" "$(jq -c 'select(.history | length > 1)' "$T/json" | wc -l)"
  grep -q '^>From Monday on' -r "$T/mbox"
  grep -q '^>>From here on quoted' -r "$T/mbox"
}

# endpoint: thread
@test "mutt and python read every conversation of the demo account, reference" {
  all_threads reference
}

# endpoint: thread
@test "python reads every conversation of the demo account, live" {
  all_threads live
}

by_name() {
  in_dialect "$1"
  local lead id
  # Sent to, and no answer yet: not listed, there by name.
  read -r id lead < <(sql "SELECT CAST(l.id AS TEXT) AS id, l.email FROM maps m JOIN leads l ON l.id = m.lead_id WHERE
    m.campaign_id = 700001 AND m.replies = 0 AND m.step > 0 AND l.id > 1 << 53 LIMIT 1" | jq -r '.[0] | "\(.id) \(.email)"')
  refute grep -q thread <(ls "$C/leads/$lead")
  requests_are 1
  mkdir -p "$T/mbox/700001"
  cat "$C/leads/$lead/thread.mbox" >"$T/mbox/700001/$lead"
  requests_are 1 ".path == \"/campaigns/700001/leads/$id/message-history\""
  held_messages "WHERE v.campaign_id = 700001 AND l.email = '$lead'"
  mutt_reads "$C/leads/$lead/thread.mbox" "$T/mutt/700001/$lead"
  equal 1 "$(python3 "$BATS_TEST_DIRNAME/threads.py" "$T/held" "$T/mbox" "$T/mutt" | cut -d' ' -f1)"
  diff <(jq -S '[.[].j | fromjson]' "$T/held") <(jq -S .history "$C/leads/$lead/thread.json")
  requests_are 2
  # Nothing sent yet: an empty mailbox, which mutt opens, and what the service says.
  lead=$(sql_value "SELECT l.email FROM maps m JOIN leads l ON l.id = m.lead_id WHERE m.campaign_id = 700001 AND m.step = 0 LIMIT 1")
  equal "" "$(cat "$C/leads/$lead/thread.mbox")"
  equal 0 "$(jq '.history // [] | length' "$C/leads/$lead/thread.json")"
  requests_are 3
  # Not in the campaign: no thread, and no request.
  equal ENOENT "$(errno_of "$C/leads/lead1601@mill50.example/thread.mbox")"
  requests_are 3
}

@test "the conversation of a lead that has not answered, by name, reference" {
  by_name reference
}

@test "the conversation of a lead that has not answered, by name, live" {
  by_name live
}

# one_thread SQL-ROWS: the conversation of lead4 in campaign 1 is these rows of messages, after what was sent
one_thread() {
  in_dialect "$1"
  lead=lead4@mill4.example
  id=$(sql_value "SELECT id FROM leads WHERE email = '$lead'")
  stats=$(sql_value "SELECT stats_id FROM sends WHERE campaign_id = 700001 AND lead_id = $id LIMIT 1")
  edit "DELETE FROM messages WHERE lead_id = $id; INSERT INTO messages(stats_id, campaign_id, lead_id, type, recipient,
    message_id, time, sender, cc, subject, body) SELECT '$stats', 700001, $id, 'REPLY', 'ana@trybakers.example', column1,
    column2, column3, column4, column5, column6 FROM (VALUES $2)" >/dev/null
  cat "$C/leads/$lead/thread.mbox" >"$T/thread"
  mkdir -p "$T/mbox/700001"
  cp "$T/thread" "$T/mbox/700001/$lead"
  held_messages "WHERE v.campaign_id = 700001 AND l.email = '$lead'"
}

hostile() {
  # What forges a header, a message or an end of one; names, subjects and bodies that no header or line can hold as they are.
  one_thread "$1" "
    ('<m1@x.example>', '2029-01-01T00:00:00.000Z', 'Jörg Müller <j@x.example>', '[\"\\\"Böss, Zoë\\\" <z@x.example>\",\"b@x.example\"]',
      'x' || char(13,10) || 'Bcc: evil@x.example' || char(10,10) || 'From evil', 'From the start' || char(10) || '>From' || char(10) || '>>From x'),
    ('<m2@x.example>', '2029-01-01T01:00:00+00:00', '\"Petit, Ann\" <ann@x.example>', '[]',
      replace(hex(zeroblob(200)), '0', 'ü'), char(10) || 'From nobody Thu Jan  1 00:00:00 1970' || char(10,10) || 'x'),
    ('<m3@x.example>', '2029-01-02T00:00:00.999999+00:00', 'a@x.example', '[]', 'a =?UTF-8?Q?b?= c', replace(hex(zeroblob(3000)), '0', 'long ')),
    ('<m4@x.example>', '2029-01-02T03:00:00.5+02:00', 'a@x.example', '[]', NULL, ''),
    ('<m5@x.example>', '2029-02-28T23:59:59Z', 'a@x.example', '[]', '  blanks   within  ', 'no newline' || char(13) || 'at all'),
    ('<m6@x.example>', '2029-03-01T00:00:00Z', '李 <li@x.example>', '[]', '🥐' || char(0x202e) || 'x', 'a' || char(13,10) || 'b' || char(10))"
  mutt_reads "$C/leads/$lead/thread.mbox" "$T/mutt/700001/$lead"
  python3 "$BATS_TEST_DIRNAME/threads.py" "$T/held" "$T/mbox" >"$T/count"
  equal "1 $(jq length "$T/held")" "$(cat "$T/count")"
  equal "$(jq length "$T/held")" "$(ls "$T/mutt/700001/$lead" | wc -l)" "messages that mutt saw"
  refute grep -qi '^Bcc:' "$T/thread"
  refute grep -q .................................................................................................... \
    <(grep -a '^[A-Z][A-Za-z-]*: ' "$T/thread")
  # mutt decodes what python does
  grep -hq '^From: Jörg Müller <j@x.example>$' -r "$T/mutt"
  grep -hq '^Subject: üüüüüü' -r "$T/mutt"
}

@test "hostile names, subjects and bodies, reference" {
  hostile reference
}

@test "hostile names, subjects and bodies, live" {
  hostile live
}

# What the service leaves out: ids, subjects, times. Shape by shape, as its documents have them.
shapes() {
  in_dialect "$1"
  local f=$C/leads/lead4@mill4.example body
  for body in \
    '{"messages":[{"type":"SENT","message_id":"<a@x>","time":"2029-01-01T00:00:00Z","from":"a@x.example","to":"b@x.example","email_body":"x"}]}' \
    '{"history":[{"type":"SENT","message_id":"a@x","time":"2029-01-01 00:00:00.000Z","from":"a@x.example","to":"b@x.example","cc":null,"email_body":"x","subject":null}]}' \
    '{"ok":true,"data":{"history":[{"type":"SENT","message_id":"<a@x>","time":"2029-01-01T00:00:00.000Z","from":"a@x.example","to":["b@x.example"],"email_body":"x"}]}}'; do
    refresh campaigns/700001/leads/lead4@mill4.example/thread.mbox
    junk '*/message-history' "$body"
    cat "$f/thread.mbox" >"$T/thread"
    faults_off
    requests_are 1 '.path | endswith("/message-history")'
    diff - "$T/thread" <<'MBOX'
From a@x.example Mon Jan  1 00:00:00 2029
Date: Mon, 01 Jan 2029 00:00:00 +0000
From: a@x.example
To: b@x.example
Message-ID: <a@x>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: 7bit

x

MBOX
  done
  # no id: one that is the same each time
  refresh campaigns/700001/leads/lead4@mill4.example/thread.mbox
  junk '*/message-history' '{"history":[{"stats_id":"5f-1","type":"SENT","from":"a@x.example","email_body":"x"},{"stats_id":"5f-1","email_body":"y"}]}'
  cat "$f/thread.mbox" >"$T/thread"
  equal "<5f-1.0@smartleadfs.invalid> <5f-1.1@smartleadfs.invalid>" "$(sed -n 's/^Message-ID: //p' "$T/thread" | paste -sd ' ')"
}

@test "histories as the documents differ on them, reference" {
  shapes reference
}

@test "histories as the documents differ on them, live" {
  shapes live
}

faults() {
  MOUNT_OPTIONS=timeout=2
  in_dialect "$1"
  local f=$C/leads/lead4@mill4.example kind
  cat "$f/thread.mbox" >"$T/want"
  for kind in status cut junk html empty reset_before; do
    refresh campaigns/700001/leads/lead4@mill4.example/thread.mbox
    fault '{"kind":"'$kind'","path":"*/message-history"}'
    cmp "$f/thread.mbox" "$T/want"
    requests_are 2 '.path | endswith("/message-history")'
    faults_off
  done
  for kind in status cut junk html empty ok_false; do
    unmount_sl
    mount_again
    fault '{"kind":"'$kind'","path":"*/message-history","count":-1}'
    equal EIO "$(errno_of "$f/thread.mbox")" "$kind"
    equal 0 "$(wc -c <"$T/read")"
    grep -q $'\t'"campaigns/700001-Bakers-north/leads/lead4@mill4.example/thread.mbox"$'\tEIO\t.' "$M/.smartlead/errors"
    faults_off
    cmp "$f/thread.mbox" "$T/want"
  done
  unmount_sl
  mount_again
  fault '{"kind":"hang","path":"*/message-history","count":-1}'
  equal ETIMEDOUT "$(errno_of "$f/thread.json")"
}

@test "faults of the message history, reference" {
  faults reference
}

@test "faults of the message history, live" {
  faults live
}

fifty() {
  in_dialect "$1"
  local i pids=()
  ls "$C/leads" >/dev/null
  mark
  fault '{"kind":"latency","path":"*/message-history","ms":400}'
  for i in {1..25}; do
    cat "$C/leads/lead4@mill4.example/thread.mbox" >"$T/mbox.$i" 3>&- &
    pids+=($!)
    cat "$C/leads/lead4@mill4.example/thread.json" >"$T/json.$i" 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  requests_are 1
  equal 1 "$(md5sum "$T"/mbox.* | cut -d' ' -f1 | sort -u | wc -l)"
  grep -q '^From ' "$T/mbox.1"
}

@test "50 at once read one conversation: one request, reference" {
  fifty reference
}

@test "50 at once read one conversation: one request, live" {
  fifty live
}
