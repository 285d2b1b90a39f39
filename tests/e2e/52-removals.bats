# 52-removals: e-mails of a sequence are added and removed by ordinary tools; what comes back was not removed.
load lib

C=700001-Bakers-north

begin() {
  start_sandbox --rate=0
  mount_sl "$@"
  cd "$M/campaigns/$C/sequences"
  names=(*.html)
  # The sequence of an active campaign can't be changed.
  echo PAUSED >../status
  cp ./*.html "$T"
  mark
}

changes_are() {
  requests_are "$1" '.method != "GET"'
}

changes_come() {
  wait_for changes_are "$1"
}

@test "rm removes a variant two seconds later, out of sight at once" {
  begin
  local last=${names[-1]}
  rm "$last"
  [ ! -e "$last" ]
  refute grep -qxF "$last" <(ls)
  changes_are 0
  changes_come 1
  sleep 0.3
  [ ! -e "$last" ]
  changes_are 1
  equal "POST /campaigns/700001/sequences" "$(journal | jq -r 'select(.method != "GET") | "\(.method) \(.path)"')"
}

@test "a name that comes back is a save: editors, mv, cp, git, tar" {
  begin
  local e=${names[0]}
  # The same text again: nothing.
  rm "$e"; cp "$T/$e" "$e"
  mv "$e" "$e~"; mv "$e~" "$e"
  tar -C "$T" -cf "$T/tar" "$e"; tar xf "$T/tar"
  sleep 2.3
  changes_are 0
  sed 's/Hi /Hi A /' "$T/$e" >"$T/new"
  rm "$e"; cp "$T/new" "$e"
  changes_are 1
  vim -u NONE -es -c 'set backupcopy=no backupskip= writebackup' -c '%s/Hi A/Hi B/' -c wq "$e" </dev/null
  changes_are 2
  sed -i.bak 's/Hi B/Hi C/' "$e"; rm "$e.bak"
  changes_are 3
  grep -q 'Hi C' "$e"
  sleep 2.3
  changes_are 3
  equal "${names[*]}" "$(echo *)"
  # Every id of the first save is in each of the others (the service makes variants' ids for steps that had none).
  journal | jq -se '[.[] | select(.method == "POST") | [.body | .. | .id? // empty]] | .[0] as $first | all(.[]; $first - . == [])' >/dev/null
}

@test "more than max_deletes: none, the names come back, and an error says so" {
  begin -o max_deletes=0
  rm "${names[-1]}"
  [ ! -e "${names[-1]}" ]
  wait_for test -e "${names[-1]}"
  changes_are 0
  grep -q max_deletes "$M/.smartlead/errors"
}

@test "a process that was refused one removal removes nothing" {
  begin
  run rm -r "$M/campaigns/$C"
  equal 1 "$status"
  cd "$M/campaigns/$C/sequences"
  wait_for test -e "${names[-1]}"
  equal "${names[*]}" "$(echo *)"
  changes_are 0
}

@test "who waits in a directory's fsync can be killed at once, though the service is silent" {
  begin -o timeout=8
  fault '{"kind":"hang","method":"POST","path":"*/sequences","count":-1}'
  rm "${names[-1]}"
  python3 -Ic 'import os, sys; d = os.open(".", os.O_RDONLY); open(sys.argv[1], "w"); os.fsync(d)' "$T/began" 3>&- &
  local pid=$!
  wait_for test -e "$T/began"
  wait_for grep -q request_wait_answer "/proc/$pid/wchan"
  kill -KILL "$pid"
  wait_for -t 3 refute test -e "/proc/$pid/cwd"
  # The request that is under way is no more interrupted than another one, and it is not sent again.
  wait_for grep -q 'outcome is unknown' "$M/.smartlead/errors"
  requests_are 1 '.method == "POST"'
  wait "$pid" || :
  cd /
}

@test "umount ends the wait; a directory's fsync too" {
  begin
  rm "${names[-1]}"
  sync .
  changes_are 1
  cd /
}

@test "umount sends what was pending" {
  begin
  rm "${names[-1]}"
  cd /
  unmount_sl
  changes_are 1
}

@test "cp makes a new variant; a move to another e-mail's name is refused" {
  begin
  local new=1-Y.html last=${names[0]}
  for new in 1-B.html 1-C.html 1-D.html 1-E.html; do [ -e "$new" ] || break; done
  cp "${names[0]}" "$new"
  changes_are 1
  cmp "$new" "$T/${names[0]}"
  run mv "${names[0]}" "$new"
  [[ $output == *'not permitted'* ]] || fail "$output"
  run mv "${names[0]}" ../x.html
  [[ $output == *'not permitted'* ]] || fail "$output"
  run cp "${names[0]}" 9-A.html
  equal 1 "$status"
  [ ! -e 9-A.html ]
  changes_are 1
}

@test "an e-mail that was removed and made anew is another one: what was read of the first is no base" {
  begin
  /usr/bin/python3 - "${names[1]}" <<'PYTHON'
import os, sys
name = sys.argv[1]
text = open(name).read()
os.unlink(name)
fd = os.open('.', os.O_RDONLY)
os.fsync(fd)
open('temporary', 'w').write(text.replace('Hello', 'Good morning'))
os.rename('temporary', name)
with open(name, 'w') as f:
    f.write(text.replace('Hello', 'Good evening'))
assert 'Good evening' in open(name).read()
PYTHON
  changes_are 3
  grep -q 'Good evening' "${names[1]}"
}

@test "who has opened the directory before does not bring a removed name back" {
  begin
  : >scratch # so that the kernel keeps no listing
  /usr/bin/python3 - "${names[-1]}" <<'PYTHON'
import os, sys
name = sys.argv[1]
for done in (False, True):
    listing = os.scandir('.')
    if not done:
        os.unlink(name)
    else:
        fd = os.open('.', os.O_RDONLY)
        os.fsync(fd)
    list(listing)
    assert not os.path.exists(name), 'it is there again'
PYTHON
  changes_are 1
}
