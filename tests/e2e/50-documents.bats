# 50-documents: a document is saved once, whole, by every way that programs write; killed writers and cuts save nothing.
load lib

C=700001-Bakers-north

begin() {
  start_sandbox --rate=0
  mount_sl "$@"
  cd "$M/campaigns/$C"
  cat schedule.json >"$T/before"
  # Which of its two names the service takes the number by is learned once.
  sed 's/: 25/: 26/' "$T/before" >"$T/new"
  cat "$T/new" >schedule.json
  mark
}

# The next text to save: never the same twice.
number=30
next() {
  number=$((number + 1))
  sed "s/: 25/: $number/" "$T/before" >"$T/new"
}

# saved WHAT: exactly one request, with the number last asked for, and the next read shows it; nothing lies about.
saved() {
  requests_are 1 || fail "$1"
  equal "POST /campaigns/700001/schedule $number" \
    "$(journal | jq -r '"\(.method) \(.path) \(.body.max_leads_per_day // .body.max_new_leads_per_day)"')" "$1"
  equal "$number" "$(jq .max_leads_per_day schedule.json)" "$1: read again"
  equal "" "$(ls -A | grep -E 'sched.*(~|sw|tmp|save)|^sed|^4913|^#|^\.#|^tmp|^\.schedule' || :)" "$1: left behind"
  mark
}

unsaved() {
  requests_are 0 || fail "$1"
  equal "$number" "$(jq .max_leads_per_day schedule.json)" "$1: still shows what was saved last"
}

@test "shells and coreutils: one request each" {
  begin
  next; cat "$T/new" >schedule.json; saved cat
  next; cp "$T/new" schedule.json; saved cp
  next; tee schedule.json <"$T/new" >/dev/null; saved tee
  next; dd if="$T/new" of=schedule.json bs=16 status=none; saved dd
  next; { head -n 3 "$T/new"; tail -n +4 "$T/new"; } >schedule.json; saved group
  next; (head -n 3 "$T/new"; tail -n +4 "$T/new") >schedule.json; saved subshell
  next; while IFS= read -r line; do echo "$line"; done <"$T/new" >schedule.json; saved loop
  next; exec 5>schedule.json; head -n 3 "$T/new" >&5; tail -n +4 "$T/new" >&5; unsaved_yet; exec 5>&-; saved exec
  next; cp --remove-destination "$T/new" schedule.json; saved 'cp --remove-destination'
  next; install -m 644 "$T/new" schedule.json; saved install
  next; cp "$T/new" "$T/moved"; mv "$T/moved" schedule.json; saved 'mv from another file system'
  next; cp "$T/new" scratch; mv scratch schedule.json; saved 'mv within'
  next; tr -d '\n' <"$T/new" | dd of=schedule.json conv=fsync status=none; saved 'dd conv=fsync'
  # The same again, or only spelled otherwise: nothing.
  cp "$T/new" schedule.json
  jq -c . schedule.json >"$T/compact"
  cp "$T/compact" schedule.json
  touch schedule.json
  chmod 600 schedule.json
  unsaved 'the same text'
}

unsaved_yet() {
  requests_are 0
}

@test "editors and scripts: one request each" {
  begin
  next; sed -i "s/: [0-9]*$/: $number/;s/max_leads_per_day.*/max_leads_per_day\": $number/" schedule.json; sed "s/: 25/: $number/" "$T/before" >"$T/new"
  equal "$number" "$(jq .max_leads_per_day schedule.json)"
  mark
  next; sed -i "s/\"max_leads_per_day\": [0-9]*/\"max_leads_per_day\": $number/" schedule.json
  equal 1 "$(requests_made)"
  mark
  cp "$T/new" schedule.json
  next; cp "$T/new" schedule.json
  mark
  next; sed -i "s/\(max_leads_per_day.: \)[0-9]*/\1$number/" schedule.json; saved 'sed -i'
  next; sed -i.bak "s/\(max_leads_per_day.: \)[0-9]*/\1$number/" schedule.json; rm schedule.json.bak; saved 'sed -i.bak'
  next; perl -pi -e "s/(max_leads_per_day.: )\d+/\${1}$number/" schedule.json; saved 'perl -i'
  next; rsync "$T/new" schedule.json; saved rsync
  next; rsync --inplace "$T/new" schedule.json; saved 'rsync --inplace'
  next; python3 -c "open('schedule.json','w').write(open('$T/new').read())"; saved 'python w'
  next; python3 - "$T/new" <<'PYTHON'; saved 'python r+'
import sys
with open('schedule.json', 'r+') as f:
    f.read()
    f.seek(0)
    f.write(open(sys.argv[1]).read())
    f.truncate()
PYTHON
  next; python3 - "$T/new" <<'PYTHON'; saved 'python os.replace'
import os, sys, tempfile
fd, name = tempfile.mkstemp(dir='.')
os.write(fd, open(sys.argv[1], 'rb').read()); os.fsync(fd); os.close(fd); os.replace(name, 'schedule.json')
PYTHON
}

@test "vim: all three ways to keep a backup; nano; emacs" {
  begin
  local way
  for way in auto yes no; do
    next
    vim -u NONE -es -c "set backupcopy=$way backupskip= writebackup" -c "%s/per_day\": \d\+/per_day\": $number/" -c wq schedule.json </dev/null
    saved "vim backupcopy=$way"
  done
  if command -v emacs >/dev/null; then
    next
    emacs -Q --batch schedule.json --eval "(progn (re-search-forward \"per_day\\\": [0-9]+\") (replace-match \"per_day\\\": $number\") (save-buffer))" 2>/dev/null
    rm -f 'schedule.json~'
    saved emacs
  fi
}

@test "errors are seen by whoever can see them, and nothing is sent" {
  begin
  number=26
  run cp /dev/stdin schedule.json <<<'{"nonsense": 1}'
  equal 1 "$status"
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  run tee schedule.json <<<'{'
  equal 1 "$status"
  run bash -c 'cat <<<"{" >schedule.json'
  equal 1 "$status"
  echo '[' >scratch
  run mv scratch schedule.json
  equal 1 "$status"
  equal '[' "$(cat scratch)" 'the scratch file stays as it was'
  rm scratch
  unsaved 'refused texts'
  grep -q 'schedule.json' "$M/.smartlead/errors"
}

@test "cuts, killed and failed writers save nothing" {
  begin
  number=26
  : >schedule.json
  >schedule.json
  truncate -s 0 schedule.json
  unsaved 'truncation'
  (head -n 4 schedule.json; cat "$T/before") >"$T/long"
  # Killed in the middle, by a signal.
  in_background bash -c 'exec >schedule.json; cat "$0"; kill -KILL $$' "$T/before"
  wait $! || :
  unsaved 'killed writer'
  mkfifo "$T/never"
  in_background bash -c 'exec cat "$0" "$1" >schedule.json' "$T/before" "$T/never"
  local writer=$!
  exec 9>"$T/never"
  kill -TERM "$writer"
  wait "$writer" || :
  exec 9>&-
  unsaved 'terminated writer'
}

@test "readers keep their version; a reader during a write sees the old text" {
  begin
  number=26
  exec 6<schedule.json
  exec 5>schedule.json
  head -n 3 "$T/before" >&5
  equal 26 "$(jq .max_leads_per_day schedule.json)" 'while it is written'
  cat schedule.json >"$T/during"
  sed "s/: 25/: 90/" "$T/before" | tail -n +4 >&5
  exec 5>&-
  equal 26 "$(jq .max_leads_per_day <&6)" 'opened before'
  exec 6<&-
  number=90
  saved 'after the write'
}

@test "appends, holes and cuts in the middle work on the real text" {
  begin
  printf '   \n' >>schedule.json
  requests_are 0
  equal 26 "$(jq .max_leads_per_day schedule.json)"
  exec 7>>schedule.json
  exec 8>>schedule.json
  printf ' ' >&7
  printf '\n' >&8
  exec 7>&- 8>&-
  requests_are 0
  printf 9 | dd of=schedule.json bs=1 seek="$(grep -abo ': 26' schedule.json | sed 's/:.*//' | awk '{print $1 + 2}')" conv=notrunc status=none
  number=96
  saved 'one byte in the middle'
}

@test "a read-only mount refuses all of it with EROFS" {
  start_sandbox --rate=0
  mount_sl -o ro
  cd "$M/campaigns/$C"
  local command
  for command in ': >schedule.json' 'rm schedule.json' 'touch new' 'mkdir ../new' 'mv schedule.json x' 'echo PAUSED >status'; do
    run bash -c "$command"
    [ "$status" != 0 ] || fail "$command"
    [[ $output == *'Read-only file system'* ]] || fail "$command: $output"
  done
}

@test "who writes the same file of another mount is no other writer of this one" {
  begin
  local one=$M
  cd / # a daemon must not live in another mount
  mount_sl -n other
  exec 6>>"$M/campaigns/$C/schedule.json"
  echo '{"nonsense": 1}' >"$T/bad"
  run cp "$T/bad" "$one/campaigns/$C/schedule.json"
  exec 6>&-
  equal 1 "$status"
  [[ $output == *'Invalid argument'* ]] || fail "$output"
}
