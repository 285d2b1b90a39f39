# 51-scratch: scratch names, names that go away and come back, and tools that delete: nothing of it reaches the account.
load lib

C=700001-Bakers-north

begin() {
  start_sandbox --rate=0
  mount_sl "$@"
  cd "$M/campaigns/$C"
  cat schedule.json >"$T/before"
  mark
}

no_changes() {
  requests_are 0 '.method != "GET"'
}

@test "scratch files and links live in memory" {
  begin
  echo one >.schedule.json.swp
  echo two >>.schedule.json.swp
  equal $'one\ntwo' "$(cat .schedule.json.swp)"
  ln -s 'user@host.1:2' '.#schedule.json'
  equal 'user@host.1:2' "$(readlink '.#schedule.json')"
  equal $'.#schedule.json\n.schedule.json.swp' "$(ls -A | grep '^\.')"
  mv .schedule.json.swp 4913
  equal $'one\ntwo' "$(cat 4913)"
  truncate -s 3 4913
  equal one "$(cat 4913)"
  equal 3 "$(stat -c %s 4913)"
  ! ln 4913 other
  ! mkdir scratch.d
  ! mv 4913 ../
  run mv schedule.json status
  equal 1 "$status"
  run mv 4913 status
  [[ $output == *'not permitted'* ]] || fail "$output"
  rm 4913 '.#schedule.json'
  equal '' "$(ls -A | grep -E '^\.|4913' || :)"
  ! touch "$M/views/x"
  ! touch "$M/campaigns/x"
  no_changes
}

@test "a scratch link takes no name of the account's" {
  begin
  ln -s /nowhere link
  local name
  for name in status schedule.json name; do
    run mv -T link "$name"
    equal 1 "$status" "$name"
    [[ $output == *'not permitted'* ]] || fail "$name: $output"
    refute test -L "$name"
  done
  equal /nowhere "$(readlink link)"
  cmp schedule.json "$T/before"
  mv link other
  equal /nowhere "$(readlink other)"
  rm other
  no_changes
}

@test "scratch files are bounded" {
  begin
  run dd if=/dev/zero of=big bs=1M count=65 status=none
  equal 1 "$status"
  [[ $output == *'No space left'* ]] || fail "$output"
  rm big
  dd if=/dev/zero of=big bs=1M count=63 status=none
  rm big
  run dd if=/dev/zero of=schedule.json bs=1M count=9 status=none
  [[ $output == *'File too large'* ]] || fail "$output"
  # Nor by another name.
  dd if=/dev/zero of=big bs=1M count=9 status=none
  run mv big schedule.json
  [[ $output == *'File too large'* ]] || fail "$output"
  rm big
  cmp schedule.json "$T/before"
  # Neither is a document of that size taken by the way of a scratch name.
  head -c 9M /dev/zero | tr '\0' ' ' >big
  cat "$T/before" >>big
  run mv big schedule.json
  equal 1 "$status"
  [[ $output == *'File too large'* ]] || fail "$output"
  rm big
  cmp schedule.json "$T/before"
  no_changes
}

@test "a document that is removed or moved away is back in two seconds" {
  begin
  rm schedule.json
  [ ! -e schedule.json ]
  refute grep -qx schedule.json <(ls)
  wait_for cmp schedule.json "$T/before"
  grep -qx schedule.json <(ls)
  mv schedule.json schedule.json~
  [ ! -e schedule.json ]
  cmp schedule.json~ "$T/before"
  mv schedule.json~ schedule.json
  cmp schedule.json "$T/before"
  rm schedule.json
  cp "$T/before" schedule.json
  cmp schedule.json "$T/before"
  no_changes
}

@test "what is written to a document's backup does not reach the document" {
  begin
  /usr/bin/python3 - "$T/before" <<'PYTHON'
import os, sys
before = open(sys.argv[1]).read()
for i in range(4):
    assert open('schedule.json').read() == before
    os.rename('schedule.json', 'backup')
    if i % 2:
        with open('backup', 'w') as f:
            f.write('x%d' % i)
        assert open('backup').read() == 'x%d' % i, open('backup').read()
    os.truncate('backup', 1)
    assert len(open('backup').read()) == 1
    os.unlink('backup')
    with open('schedule.json', 'w') as f:
        f.write(before)
PYTHON
  cmp schedule.json "$T/before"
  no_changes
}

@test "git checkout over a document" {
  begin
  mkdir "$T/repo"
  git init -q "$T/repo"
  sed 's/: 25/: 31/' "$T/before" >"$T/repo/schedule.json"
  git -C "$T/repo" add -A
  git -C "$T/repo" -c user.name=x -c user.email=x@x commit -qm x
  git --git-dir="$T/repo/.git" --work-tree=. checkout -q -f -- schedule.json
  wait_for test "$(jq .max_leads_per_day schedule.json)" = 31
}

# What deletes trees deletes nothing.
deletes() { # COMMAND...
  begin
  cd /
  "$@" >/dev/null 2>&1 || :
  # Until all that was pending has been judged.
  sleep 2.5
  no_changes || fail "$*"
  cmp "$M/campaigns/$C/schedule.json" "$T/before"
}

@test "rm -rf of the mount, campaigns and a campaign" {
  deletes bash -c 'rm -rf "$0"/campaigns/700001-Bakers-north; rm -rf "$0"/campaigns/7*; rm -rf "$0"/* "$0"/.smartlead' "$T/mnt"
}

@test "find -delete" {
  deletes bash -c 'find "$0"/campaigns/700001-Bakers-north -delete; find "$0" -delete' "$T/mnt"
}

@test "python shutil.rmtree, and one that tries rmdir first" {
  deletes python3 -c '
import os, shutil, sys
shutil.rmtree(sys.argv[1] + "/campaigns/700001-Bakers-north", ignore_errors=True)
shutil.rmtree(sys.argv[1], ignore_errors=True)
for where, dirs, files in os.walk(sys.argv[1], topdown=False):
    for name in files + dirs:
        path = os.path.join(where, name)
        try:
            os.rmdir(path)
        except OSError:
            try: os.unlink(path)
            except OSError: pass
' "$T/mnt"
}

@test "git clean -fdx" {
  deletes bash -c 'git init -q "$1"; git --git-dir="$1/.git" --work-tree="$0" clean -fdxq' "$T/mnt" "$T/repo"
}
