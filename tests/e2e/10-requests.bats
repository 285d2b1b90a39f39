# What reading costs, from the simulator's journal.
load lib

big() {
  start_sandbox --size=200,0,100 --rate=0
  mount_sl "$@"
}

@test "mount, all status files, all schedules and campaigns.csv: one request" {
  big
  cat "$M"/campaigns/*/status "$M"/campaigns/*/schedule.json "$M"/campaigns.csv >"$T/out"
  requests_are 1
  equal 200 "$(grep -cE '^(ACTIVE|PAUSED|COMPLETED|DRAFTED)$' "$T/out")"
  equal 201 "$(wc -l <"$M/campaigns.csv")"
  cat "$M"/campaigns/*/{campaign.json,name,settings.json} >/dev/null
  requests_are 1
}

@test "find and completion on campaigns: no request beyond the listing's" {
  big
  equal 201 "$(find "$M/campaigns" -maxdepth 1 | wc -l)"
  equal 200 "$(bash -c "compgen -d -- '$M/campaigns/'" | wc -l)"
  equal 200 "$(bash -c "compgen -f -- '$M/campaigns/7'" | wc -l)"
  ls "$M/campaigns" "$M"/campaigns/*1-* >/dev/null
  ls --color=always "$M/campaigns" >/dev/null
  ls -l "$M" "$M/campaigns" >/dev/null
  find "$M/campaigns" -maxdepth 2 -size +1k >/dev/null
  refute test -e "$M/campaigns/none"
  requests_are 1
}

@test "completion by bash-completion: no request" {
  big
  mark
  bash --norc -ic "
    . /usr/share/bash-completion/bash_completion
    COMP_WORDS=(cat '$M/campaigns/7'); COMP_CWORD=1; COMP_LINE='cat $M/campaigns/7'; COMP_POINT=\${#COMP_LINE}; COMP_TYPE=9
    _longopt cat '$M/campaigns/7' cat
    echo \${#COMPREPLY[@]}" 2>/dev/null </dev/null >"$T/out"
  equal 200 "$(tail -n 1 "$T/out")"
  requests_are 0
}

@test "grep -r over all sequences: one request a campaign, and none the second time" {
  big
  mark
  grep -r flour "$M"/campaigns/*/sequences >"$T/first"
  requests_are 200
  equal 200 "$(wc -l <"$T/first")"
  mark
  grep -r flour "$M"/campaigns/*/sequences >"$T/second"
  cat "$M"/campaigns/*/sequences.json "$M"/campaigns/*/sequences/*.html >/dev/null
  cat "$M"/campaigns/*/status "$M"/campaigns/*/schedule.json "$M"/campaigns.csv >/dev/null
  find "$M"/campaigns/*/sequences "$M/campaigns" -maxdepth 2 >/dev/null
  requests_are 0
  cmp "$T/first" "$T/second"
}

@test "the same at the service's own rate: never a 429" {
  start_sandbox --size=25,0,5
  mount_sl
  mark
  grep -r flour "$M"/campaigns/*/sequences >"$T/first"
  requests_are 25
  equal 10/2 "$(control GET /stats | jq -r .rate)"
  equal 0 "$(control GET /stats | jq .status_429)"
}

@test "fifty first readers of one file: one request" {
  local f i
  start_sandbox
  mount_sl
  f=$(echo "$M"/campaigns/700001-*)/sequences.json
  fault '{"kind":"latency","path":"*/sequences","ms":500}'
  mark
  for i in {1..50}; do
    cat "$f" >"$T/out.$i" 3>&- &
    CHILDREN+=($!)
  done
  wait "${CHILDREN[@]}"
  requests_are 1
  equal 1 "$(md5sum "$T"/out.* | cut -d' ' -f1 | sort -u | wc -l)"
  jq -e 'length == 3' "$T/out.1" >/dev/null
}

@test "fifty first listings of one directory: one request" {
  local i
  start_sandbox
  mount_sl
  fault '{"kind":"latency","path":"*/sequences","ms":500}'
  mark
  for i in {1..50}; do
    ls "$M"/campaigns/700001-*/sequences >"$T/out.$i" 3>&- &
    CHILDREN+=($!)
  done
  wait "${CHILDREN[@]}"
  requests_are 1
  equal 1 "$(md5sum "$T"/out.* | cut -d' ' -f1 | sort -u | wc -l)"
  equal 4 "$(wc -l <"$T/out.1")"
}

@test "e-mail accounts: one request a page for all account files and the table" {
  start_sandbox --size=1,0,250
  mount_sl
  mark
  cat "$M"/email-accounts.csv "$M"/email-accounts/*/account.json >"$T/out"
  requests_are 3
  equal 251 "$(wc -l <"$M/email-accounts.csv")"
  equal 250 "$(grep -c '"from_email"' "$T/out")"
}

@test "names that do not exist cost nothing" {
  start_sandbox
  mount_sl
  mark
  for name in .git HEAD .hidden AUTORUN.INF 'no such campaign'; do
    refute test -e "$M/$name"
    refute test -e "$M/campaigns/$name"
    equal ENOENT "$(errno_of "$M/campaigns/700001-Bakers-north/$name")"
  done
  requests_are 0
}

@test "a bare id that is not there: asked for once, then not again at once" {
  start_sandbox
  mount_sl
  mark
  for i in {1..5}; do
    refute test -e "$M/campaigns/999999"
  done
  [ "$(requests_made)" -le 1 ] || requests_are 1
}

@test "ls -lR of the whole mount: at most one request a directory, none the second time" {
  start_sandbox --size=30,0,10 --rate=0
  mount_sl
  ls -lR "$M" >"$T/first"
  [ "$(requests_made)" -le "$(grep -c ':$' "$T/first")" ]
  equal "" "$(journal | jq -c '[.path, .query]' | sort | uniq -d)" "asked for twice"
  mark
  ls -lR "$M" >/dev/null
  requests_are 0
}
