# 64-traps: what goes wrong where documents are saved at close(): early flushes, cuts, half documents, killed writers, two
# writers at once, and a service that was changed meanwhile. In both dialects where a request is made.
load lib

C=700001-Bakers-north
NOTHING='.method != "GET"'

in_dialect() { # DIALECT [MOUNT-OPTION...]
  cd /
  start_sandbox --rate=0 "--dialect=$1"
  mount_sl -n "$1" -o "dialect=$1" "${@:2}"
  cd "$M/campaigns/$C"
  # The sequence of an active campaign can't be changed.
  echo PAUSED >status
  cat schedule.json >"$T/schedule"
  cat sequences/1-A.html >"$T/1-A"
  mark
}

both_dialects() { # FUNCTION [MOUNT-OPTION...]
  local dialect
  for dialect in reference live; do
    in_dialect "$dialect" "${@:2}"
    "$1"
  done
}

# saved N: one request since the mark, a schedule with N leads a day
saved() {
  requests_are 1 "$NOTHING"
  equal "POST /campaigns/700001/schedule $1" "$(journal | jq -r "select($NOTHING)"' |
    "\(.method) \(.path) \(.body.max_leads_per_day // .body.max_new_leads_per_day)"')"
  equal "$1" "$(jq .max_leads_per_day schedule.json)"
  mark
}

unsaved() {
  requests_are 0 "$NOTHING"
  cmp schedule.json "$T/schedule"
  cmp sequences/1-A.html "$T/1-A"
}

# What the simulator holds, not what the mount shows.
sql() {
  curl -sSG --data-urlencode "q=$1" "$CONTROL/sql" | jq -r '.[] | [.[]] | join(" ")'
}

one_flush_a_descriptor() {
  { jq '.max_leads_per_day = 31' "$T/schedule"; echo; } >schedule.json
  saved 31
  jq '.max_leads_per_day = 32' "$T/schedule" >schedule.json
  saved 32
  { jq '.max_leads_per_day = 33' "$T/schedule"; } 3>schedule.json >&3
  saved 33
  (exec >schedule.json; head -c 20 "$T/schedule"; tail -c +21 "$T/schedule" | sed s/25/34/)
  saved 34
  sed s/25/35/ "$T/schedule" | (cat; true) | tee schedule.json | cat >/dev/null
  saved 35
  # Both ends in one pipeline, and a child that inherits the descriptor.
  bash -c 'cat >&5; sleep 0.2 & wait' 5>schedule.json < <(sed s/25/36/ "$T/schedule")
  saved 36
  env -i /usr/bin/python3 -c '
import subprocess, sys
with open("schedule.json", "wb") as f:
    subprocess.run(["sed", "s/25/37/", sys.argv[1]], stdout=f, check=True)
' "$T/schedule"
  saved 37
}

@test "one save however many descriptors are closed" {
  both_dialects one_flush_a_descriptor
}

itself() {
  # The shell has cut it before jq reads: jq still reads the old text, and saves it again, which is nothing.
  jq . schedule.json >schedule.json
  unsaved
  sed s/Mehl/Brot/ sequences/1-A.html >sequences/1-A.html
  requests_are 1 "$NOTHING"
  grep -q 'Brot' sequences/1-A.html
  mark
  jq '.max_leads_per_day = 41' schedule.json >schedule.json
  saved 41
}

@test "jq . f >f: the reader sees the text before the write" {
  both_dialects itself
}

cuts() {
  local n
  : >schedule.json
  truncate -s 0 schedule.json sequences/1-A.html
  /usr/bin/python3 -c '
import os
f = open("schedule.json", "r+"); f.truncate(0); f.close()
f = os.open("schedule.json", os.O_WRONLY | os.O_TRUNC); os.write(f, b""); os.close(f)
'
  unsaved
  for n in 1 20 60 100; do
    head -c "$n" "$T/schedule" >"$T/half"
    run cp "$T/half" schedule.json
    equal 1 "$status" "half a schedule, $n bytes"
    [[ $output == *'Invalid argument'* ]] || fail "$output"
  done
  for n in 1 10 30 50; do
    head -c "$n" "$T/1-A" >"$T/half"
    run cp "$T/half" sequences/1-A.html
    equal 1 "$status" "half an e-mail, $n bytes"
    [[ $output == *'Invalid argument'* ]] || fail "$output"
  done
  run truncate -s 40 schedule.json
  unsaved
  # The same by a temporary file, which stays as it was.
  head -c 60 "$T/schedule" >half
  run mv half schedule.json
  equal 1 "$status"
  cmp half <(head -c 60 "$T/schedule")
  rm half
  unsaved
  grep -q schedule.json "$M/.smartlead/errors"
  grep -q 1-A.html "$M/.smartlead/errors"
}

@test "truncation, and half a document: nothing is saved" {
  both_dialects cuts
}

# killed SIGNAL COMMAND...: ends the command, which must have made $T/there, by that signal
killed() {
  local signal=$1 pid
  shift
  rm -f "$T/there"
  in_background bash -c "$@"
  pid=$!
  wait_for test -e "$T/there"
  kill "-$signal" "$pid"
  wait "$pid" || :
}

killed_writers() {
  local signal
  mkfifo "$T/never" 2>/dev/null || :
  exec 9<>"$T/never"
  for signal in KILL TERM INT HUP ABRT; do
    killed "$signal" 'exec >sequences/1-A.html; sed s/Mehl/Brot/ "$0"; : >"$1"; read <"$2"' "$T/1-A" "$T/there" "$T/never"
    unsaved
    # Python makes an exception of Ctrl-C, and closes its files as ever.
    [ "$signal" != INT ] || continue
    killed "$signal" 'exec /usr/bin/python3 -c "
import sys
f = open(sys.argv[1], \"w\"); f.write(open(sys.argv[2]).read().replace(\"25\", \"35\")); f.flush()
open(sys.argv[3], \"w\")
open(sys.argv[4]).read()
" schedule.json "$0" "$1" "$2"' "$T/schedule" "$T/there" "$T/never"
    unsaved
  done
  # Who only shares the descriptor is killed, and the shell closes it as ever.
  run bash -c '{ sed s/25/36/ "$0"; timeout -s KILL 0.2 cat "$1"; } >schedule.json' "$T/schedule" "$T/never"
  unsaved
  # Who dies of a pipe that nobody reads is part of a good pipeline.
  { yes | head -n 1 >/dev/null; sed s/25/38/ "$T/schedule"; } >schedule.json
  exec 9>&-
  saved 38
}

@test "a writer that is killed saves nothing; yes | head is no crash" {
  both_dialects killed_writers
}

# The bytes of the two are not mixed: each request is one of the two texts, and what is shown is what was sent last.
two_writers() {
  local i a b body
  for i in 1 2 3 4 5 6 7 8; do
    sed "s/25/$((100 + i))/" "$T/schedule" >"$T/a"
    sed "s/25/$((200 + i))/" "$T/schedule" >"$T/b"
    cp "$T/a" schedule.json &
    a=$!
    cp "$T/b" schedule.json &
    b=$!
    wait $a
    wait $b
    body=$(journal | jq -r "select($NOTHING) | .body.max_leads_per_day // .body.max_new_leads_per_day")
    [[ $body == "10$i" || $body == "20$i" || $body == "10$i"$'\n'"20$i" || $body == "20$i"$'\n'"10$i" ]] || fail "$body"
    equal "${body##*$'\n'}" "$(jq .max_leads_per_day schedule.json)"
    equal "${body##*$'\n'}" "$(sql 'SELECT max_leads FROM campaigns WHERE id = 700001')"
    mark
  done
}

@test "two writers of one document at once" {
  both_dialects two_writers
}

# Each save sends the whole sequence: none may take another one's change back.
four_emails() {
  local name
  for name in 1-A 1-B 2-A 3-A; do
    sed '4,$s/<div>/<div>new /' "sequences/$name.html" >"$T/new-$name"
  done
  local children=()
  for name in 1-A 1-B 2-A 3-A; do
    cp "$T/new-$name" "sequences/$name.html" &
    children+=($!)
  done
  for name in "${children[@]}"; do
    wait "$name"
  done
  requests_are 4 "$NOTHING"
  for name in 1-A 1-B 2-A 3-A; do
    cmp "$T/new-$name" "sequences/$name.html"
  done
  echo all >"$M/.smartlead/refresh"
  for name in 1-A 1-B 2-A 3-A; do
    cmp "$T/new-$name" "sequences/$name.html"
  done
}

@test "four e-mails of one sequence saved at once: all four are there" {
  both_dialects four_emails
}

# editor FILE OLD NEW [WHILE]: one process that reads FILE, lets WHILE happen, and writes it
editor() {
  rm -f "$T/has-read" "$T/may-write"
  /usr/bin/python3 - "$@" "$T/has-read" "$T/may-write" 2>"$T/editor-says" <<'PYTHON' &
import os, sys, time
name, old, new, seen, go = sys.argv[1:]
with open(name, newline='') as f:
    text = f.read()
assert old in text, text
open(seen, 'w')
until = time.monotonic() + 60
while not os.path.exists(go) and time.monotonic() < until:
    time.sleep(0.01)
with open(name, 'w', newline='') as f:
    f.write(text.replace(old, new))
PYTHON
  EDITOR_PID=$!
  wait_for test -e "$T/has-read"
  grow_old
}

# What was fetched is now older than a save takes for new: a tenth of a TTL of two seconds.
grow_old() {
  sleep 0.3
}

writes() { # that it may write now; its exit status is ours
  : >"$T/may-write"
  wait "$EDITOR_PID"
}

changed_elsewhere() {
  # What does not overlap is merged.
  editor schedule.json '25' '51'
  edit "UPDATE campaigns SET min_time = 17 WHERE id = 700001" >/dev/null
  writes
  saved 51
  equal '17 51' "$(sql 'SELECT min_time, max_leads FROM campaigns WHERE id = 700001')"
  equal 17 "$(jq .min_time_btw_emails schedule.json)"
  # What overlaps is refused, and nothing is sent.
  editor schedule.json '51' '52'
  edit "UPDATE campaigns SET max_leads = 60 WHERE id = 700001" >/dev/null
  refute writes
  grep -q 'Device or resource busy' "$T/editor-says"
  requests_are 0 "$NOTHING"
  equal 60 "$(jq .max_leads_per_day schedule.json)"
  equal 60 "$(sql 'SELECT max_leads FROM campaigns WHERE id = 700001')"
  grep EBUSY "$M/.smartlead/errors" | grep -q schedule.json
  # Who never read it writes what it has: it was not made from what is there.
  sed s/25/61/ "$T/schedule" >"$T/new"
  edit "UPDATE campaigns SET max_leads = 62 WHERE id = 700001" >/dev/null
  mark
  cp "$T/new" schedule.json
  saved 61
}

@test "a schedule that changed on the service since it was read: merged, or refused with EBUSY" {
  both_dialects changed_elsewhere -o ttl=2
}

email_changed_elsewhere() {
  local body
  editor sequences/1-A.html Mehl Brot
  edit "UPDATE steps SET email_body = 'from elsewhere' WHERE id = 81002;
    UPDATE variants SET email_body = 'this one too' WHERE id = 90002" >/dev/null
  writes
  requests_are 1 "$NOTHING"
  body=$(journal | jq -c "select($NOTHING) | .body")
  equal 1 "$(jq '[.. | .email_body? // empty | select(. == "from elsewhere")] | length' <<<"$body")" 'another step'
  equal 1 "$(jq '[.. | .email_body? // empty | select(. == "this one too")] | length' <<<"$body")" 'another variant'
  equal 1 "$(jq '[.. | .email_body? // empty | select(test("Brot"))] | length' <<<"$body")"
  mark
  # The e-mail itself.
  editor sequences/1-A.html Brot Kuchen
  edit "UPDATE variants SET email_body = 'somebody else was here' WHERE id = 90001" >/dev/null
  refute writes
  grep -q 'Device or resource busy' "$T/editor-says"
  requests_are 0 "$NOTHING"
  grep -q 'somebody else was here' sequences/1-A.html
  grep EBUSY "$M/.smartlead/errors" | grep -q 1-A.html
}

@test "an e-mail that changed on the service since it was read; others that did are not taken back" {
  both_dialects email_changed_elsewhere -o ttl=2
}

variant_survives() {
  local body
  editor sequences/1-A.html Mehl Brot
  edit "INSERT INTO variants(id, step_id, label, subject, email_body) VALUES (99001, 81001, 'D', 'new', 'a new variant')" >/dev/null
  writes
  requests_are 1 "$NOTHING"
  body=$(journal | jq -c "select($NOTHING) | .body")
  equal 1 "$(jq '[.. | .id? // empty | select(. == 99001)] | length' <<<"$body")" 'the new id is sent'
  equal 'a new variant 0' "$(sql 'SELECT email_body, is_deleted FROM variants WHERE id = 99001')"
  grep -q 'a new variant' sequences/1-D.html
  mark
  # By a process that never read anything, and by the removal of another variant.
  edit "INSERT INTO variants(id, step_id, label, subject, email_body) VALUES (99002, 81001, 'E', 'new', 'another one')" >/dev/null
  grow_old
  cp "$T/1-A" sequences/1-A.html
  equal 'another one 0' "$(sql 'SELECT email_body, is_deleted FROM variants WHERE id = 99002')"
  edit "INSERT INTO variants(id, step_id, label, subject, email_body) VALUES (99003, 81001, 'F', 'new', 'a third')" >/dev/null
  grow_old
  mark
  rm sequences/1-B.html
  sync sequences
  requests_are 1 "$NOTHING"
  equal 'a third 0' "$(sql 'SELECT email_body, is_deleted FROM variants WHERE id = 99003')"
  equal 'A D E F' "$(sql 'SELECT label FROM variants WHERE step_id = 81001 AND is_deleted = 0 ORDER BY label' | paste -sd ' ')"
  # A new one under a name that the service has given away meanwhile.
  edit "INSERT INTO variants(id, step_id, label, subject, email_body) VALUES (99004, 81001, 'G', 'new', 'mine')" >/dev/null
  grow_old
  run cp "$T/1-A" sequences/1-G.html
  equal 'mine 0' "$(sql 'SELECT email_body, is_deleted FROM variants WHERE id = 99004')"
}

@test "a variant that was added on the service between read and save survives" {
  both_dialects variant_survives -o ttl=2
}

attributes() {
  /usr/bin/python3 - <<'PYTHON'
import errno, os
open('scratch', 'w').write('x')
for name in ('schedule.json', 'sequences/1-A.html', 'scratch'):
    before = open(name, 'rb').read()
    os.chmod(name, 0o600)
    os.chown(name, os.getuid(), os.getgid())
    os.utime(name, (1, 1))
    with open(name, 'r+b') as f:
        os.fchmod(f.fileno(), 0o644)
        os.fchown(f.fileno(), -1, -1)
        os.utime(f.fileno(), ns=(5, 5))
        os.fsync(f.fileno())
        os.fdatasync(f.fileno())
        try:
            os.posix_fallocate(f.fileno(), 0, 1)
        except OSError as e:
            assert e.errno == errno.EOPNOTSUPP, e
    for call in (lambda: os.setxattr(name, 'user.x', b'1'), lambda: os.getxattr(name, 'user.x'),
                 lambda: os.removexattr(name, 'user.x'), lambda: os.setxattr(name, 'system.posix_acl_access', b'\2\0\0\0')):
        try:
            call()
            assert False, 'xattr worked on ' + name
        except OSError as e:
            assert e.errno == errno.ENOTSUP, e
    try:
        os.listxattr(name)
    except OSError as e:
        assert e.errno == errno.ENOTSUP, e
    assert open(name, 'rb').read() == before, name
    try:
        os.link(name, name + '.link')
        assert False, 'link worked'
    except OSError as e:
        assert e.errno == errno.EPERM, e
os.unlink('scratch')
PYTHON
  unsaved
}

@test "chmod, chown, utimens and fsync succeed and send nothing; extended attributes and links are refused" {
  both_dialects attributes
}

# A cut, a hole, an append, a write in the middle, in one document and one descriptor: the text is what it is on disk.
positions() {
  cat >"$T/positions.py" <<'PYTHON'
import os, sys
name = sys.argv[1]
f = os.open(name, os.O_RDWR)
text = os.pread(f, 1 << 20, 0)
at = text.index(b'25')
os.ftruncate(f, at)
os.pwrite(f, text[at + 2:], at + 40)     # a hole of 38 bytes
assert os.fstat(f).st_size == len(text) + 38, os.fstat(f)
assert os.pread(f, 100, at) == bytes(40) + text[at + 2:], os.pread(f, 100, at)
os.pwrite(f, b'71' + b' ' * 38, at)
os.close(f)
f = os.open(name, os.O_WRONLY | os.O_APPEND)
os.pwrite(f, b'\n', 0)                   # O_APPEND: at the end all the same
os.write(f, b' ')
os.close(f)
f = open(name, 'r+b')
f.seek(0)
f.write(b' ')                            # over the brace, and back
f.seek(0)
f.write(b'{')
f.close()
PYTHON
  mkdir -p "$T/disk"
  cp "$T/schedule" "$T/disk/schedule.json"
  /usr/bin/python3 "$T/positions.py" "$T/disk/schedule.json"
  equal 71 "$(jq .max_leads_per_day "$T/disk/schedule.json")"
  /usr/bin/python3 "$T/positions.py" schedule.json
  saved 71
  cp "$T/schedule" scratch
  /usr/bin/python3 "$T/positions.py" scratch
  cmp scratch "$T/disk/schedule.json"
  rm scratch
  # What stays a hole is no text.
  run /usr/bin/python3 -c '
import os
f = os.open("schedule.json", os.O_WRONLY)
os.pwrite(f, b"}", 4000)
os.close(f)'
  equal 1 "$status"
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  requests_are 0 "$NOTHING"
  equal 71 "$(jq .max_leads_per_day schedule.json)"
}

@test "pread, pwrite, holes, ftruncate and O_APPEND work on the real text" {
  both_dialects positions
}
