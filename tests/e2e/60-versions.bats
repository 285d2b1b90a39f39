# What a reader sees while the account changes: one version a descriptor, the new one at the next open, true sizes.
load lib

setup() {
  e2e_setup
  start_sandbox --rate=0
  mount_sl -o ttl=1
  C=$M/campaigns/700001-Bakers-north
}

# rename_to NAME: behind the mount's back
rename_to() {
  edit "UPDATE campaigns SET name = '$1', updated_at = '2026-03-01T10:00:00.000Z' WHERE id = 700001" >/dev/null
}

# body_of SIZE FILL: the first e-mail of campaign 5, behind the mount's back
body_is() {
  edit "UPDATE variants SET email_body = replace(hex(zeroblob($1 / 2)), '0', '$2') WHERE label = 'A' AND step_id IN
    (SELECT id FROM steps WHERE campaign_id = 700005 AND seq_number = 1)" >/dev/null
}

old_version() { # waits until the answers of now are stale
  wait_for -t 5 is_old "$(now_ms)"
}

is_old() {
  [ $(($(now_ms) - $1)) -gt 1100 ]
}

@test "a descriptor keeps its version: the status and name files" {
  exec 5<"$C/name"
  rename_to 'A much longer name than before'
  old_version
  wait_for grep -q 'A much longer' "$M/campaigns/700001/name"
  equal 'Bakers north' "$(cat <&5)"
  exec 5<&-
  equal 'A much longer name than before' "$(cat "$M/campaigns/700001/name")"
}

@test "a large e-mail, read in pieces while it grows, shrinks and changes" {
  local f=$M/campaigns/700005/sequences/1-A.html size fill
  body_is 400000 a
  echo all >"$M/.smartlead/refresh"
  cat "$f" >"$T/old"
  [ "$(wc -c <"$T/old")" -gt 400000 ]
  for size in 400000 900000 100000; do
    exec 5<"$f"
    head -c 100000 <&5 >"$T/part1"
    fill=$(printf %x $((size / 100000)))
    body_is "$size" "$fill"
    old_version
    cat "$f" >"$T/new"
    cat <&5 >"$T/part2"
    exec 5<&-
    cat "$T/part1" "$T/part2" | cmp - "$T/old"
    # what the second open saw, and what a third sees
    [ "$(tr -cd "$fill" <"$T/new" | wc -c)" -ge "$size" ] || fail "not the new version"
    cmp "$f" "$T/new"
    equal "$(wc -c <"$T/new")" "$(stat -c %s "$f")" "size"
    [ "$(wc -c <"$T/new")" -gt "$size" ]
    cp "$T/new" "$T/old"
  done
}

@test "mmap of a version stays whole when the next one is shorter" {
  local f=$M/campaigns/700005/sequences/1-A.html
  body_is 500000 b
  echo all >"$M/.smartlead/refresh"
  cat >"$T/map.py" <<'PYTHON'
import mmap, os, sys, hashlib
fd = os.open(sys.argv[1], os.O_RDONLY)
m = mmap.mmap(fd, 0, mmap.MAP_SHARED, mmap.PROT_READ)
first = m[:1000]
print("mapped", len(m), flush=True)
sys.stdin.readline()
whole = m[:]
print(whole.count(b"bbbb") * 4 >= 499000, len(whole), whole[:1000] == first)
PYTHON
  coproc python3 "$T/map.py" "$f" 3>&-
  read -r word size <&"${COPROC[0]}"
  equal mapped "$word"
  body_is 1000 c
  old_version
  cat "$f" >/dev/null
  [ "$(stat -c %s "$f")" -lt 2000 ]
  echo >&"${COPROC[1]}"
  read -r said <&"${COPROC[0]}"
  equal "True $size True" "$said"
}

@test "every version that fifty readers see under constant change is one that was there" {
  local i round pids=() f=$M/campaigns/700005/sequences/1-A.html
  unmount_sl
  mount_sl -o ttl=0
  body_is 200000 a
  for round in b c d e; do
    for i in {1..12}; do
      cat "$f" >"$T/seen.$round.$i" 3>&- &
      pids+=($!)
    done
    body_is 300000 "$round"
    for i in {13..24}; do
      cat "$f" >"$T/seen.$round.$i" 3>&- &
      pids+=($!)
    done
  done
  wait "${pids[@]}"
  # each file is made of one letter, beside what is always there, or it is torn
  python3 - "$T"/seen.* <<'PYTHON'
import re, sys
for path in sys.argv[1:]:
    text = open(path).read()
    runs = re.findall(r"((.)\2{999,})", text)
    assert len(runs) == 1 and len(text) - len(runs[0][0]) < 200, (path, len(text), [(r[1], len(r[0])) for r in runs])
    assert len(runs[0][0]) >= (200000 if runs[0][1] == "a" else 300000), (path, len(runs[0][0]))
PYTHON
}

@test "sizes are true: stat, wc -c and what is read agree for every file" {
  few_leads
  copy_plainly "$M" "$T/copy"
  (cd "$M" && find . -path ./.smartlead -prune -o -type f ! -path ./blocklist -print0 | xargs -0 stat -c '%s %n' | sort -k2) >"$T/stat"
  (cd "$T/copy" && find . -type f -print0 | xargs -0 stat -c '%s %n' | sort -k2) >"$T/real"
  diff "$T/stat" "$T/real"
  (cd "$M" && cut -d' ' -f2- "$T/real" | tr '\n' '\0' | xargs -0 wc -c | grep -v ' total$' | sed 's/^ *//' | sort -k2) >"$T/wc"
  diff "$T/wc" "$T/real"
}

@test "sizes before anything was read: programs that read are told the truth, those that look round cost nothing" {
  unmount_sl
  mount_sl
  mark
  equal 4096 "$(stat -c %s "$C/sequences.json")"
  ls -l "$C" >/dev/null
  requests_are 0
  equal "$(python3 -c 'import os, sys; print(os.path.getsize(sys.argv[1]))' "$C/sequences.json")" "$(cat "$C/sequences.json" | wc -c)"
  requests_are 1
  equal "$(stat -c %s "$C/sequences.json")" "$(cat "$C/sequences.json" | wc -c)"
}

@test "sizes=exact: all wait; sizes=cheap: none does" {
  unmount_sl
  mount_sl -n exact -o sizes=exact
  equal "$(stat -c %s "$M/campaigns/700001-Bakers-north/sequences.json")" "$(cat "$M/campaigns/700001-Bakers-north/sequences.json" | wc -c)"
  mount_sl -n cheap -o sizes=cheap
  mark
  equal 4096 "$(python3 -c 'import os, sys; print(os.path.getsize(sys.argv[1]))' "$M/campaigns/700001-Bakers-north/sequences.json")"
  requests_are 0
  # and yet whole when it is read
  cmp "$M/campaigns/700001-Bakers-north/sequences.json" "$T/exact/campaigns/700001-Bakers-north/sequences.json"
}

@test "inode numbers are the same in the next mount, and no two files share one" {
  few_leads
  (cd "$M" && find . -printf '%i %p\n' | sort -k2) >"$T/first"
  unmount_sl
  mount_sl -n again
  (cd "$M" && find . -printf '%i %p\n' | sort -k2) >"$T/second"
  diff "$T/first" "$T/second"
  equal "" "$(cut -d' ' -f1 "$T/first" | sort | uniq -d)" "inode numbers used twice"
}

@test "mtime is updated_at where there is one" {
  local path
  edit "UPDATE campaigns SET updated_at = '2026-02-20T08:30:15.250Z' WHERE id = 700003" >/dev/null
  echo all >"$M/.smartlead/refresh"
  for path in campaign.json name status schedule.json; do
    equal 2026-02-20T08:30:15 "$(date -u -r "$M/campaigns/700003-padded-on-both-sides/$path" +%FT%T)" "$path"
  done
  # else the time of fetching
  [ $(($(date +%s) - $(stat -c %Y "$M/README.txt"))) -lt 600 ]
}

@test "refresh: a path, all, nonsense" {
  unmount_sl
  mount_sl
  cat "$C/sequences.json" "$M"/campaigns/700002-*/sequences.json >/dev/null
  mark
  cat "$C/sequences.json" >/dev/null
  requests_are 0
  edit "UPDATE steps SET subject = 'Refreshed' WHERE campaign_id = 700001 AND seq_number = 2" >/dev/null
  echo campaigns/700001-Bakers-north/sequences.json >"$M/.smartlead/refresh"
  grep -q '^subject: Refreshed$' "$C/sequences/2-A.html"
  cat "$M"/campaigns/700002-*/sequences.json >/dev/null
  requests_are 1
  rename_to 'Bakers anew'
  grep -q 'Bakers north' "$M/campaigns.csv"
  echo all >"$M/.smartlead/refresh"
  grep -q 'Bakers anew' "$M/campaigns.csv"
  ls "$M/campaigns" | grep -qx 700001-Bakers-anew
  # a listing by name, with a slash in front or behind
  printf /campaigns/ >"$M/.smartlead/refresh"
  for word in bad campaigns/bad ../x ''; do
    refute bash -c 'printf "%s\n" "$1" >"$2"' - "$word" "$M/.smartlead/refresh" 2>/dev/null
  done
}

@test "refresh follows the aliases" {
  cat "$C/sequences.json" >/dev/null
  echo campaigns/700001/sequences.json >"$M/.smartlead/refresh"
}

@test "logs grow while they are followed" {
  tail -n +1 -f "$M/.smartlead/requests" >"$T/followed" 3>&- &
  CHILDREN+=($!)
  wait_for grep -q '/campaigns/' "$T/followed"
  cat "$C/sequences.json" >/dev/null
  wait_for grep -q '/campaigns/700001/sequences' "$T/followed"
  grep -Eq $'^[0-9]{4}-[0-9-]*T[0-9:.]*Z\tGET\t/campaigns/700001/sequences\t200\t[0-9]* ms\tattempt 1$' "$M/.smartlead/requests"
}

@test "views: by status, tag and client, and they follow the account" {
  equal "$(jq -r .status "$M"/campaigns/*/campaign.json | sort | uniq -c)" \
    "$(find "$M/views/status" -type l -printf '%h\n' | sed 's/.*\///' | sort | uniq -c)"
  cat "$M"/views/status/ACTIVE/*/name "$M"/views/tag/*/*/name "$M"/views/client/*/*/name >/dev/null
  equal ACTIVE "$(cat "$M"/views/status/ACTIVE/*/status | sort -u)"
  edit "UPDATE campaigns SET status = 'PAUSED' WHERE status = 'ACTIVE'" >/dev/null
  echo all >"$M/.smartlead/refresh"
  equal "" "$(ls "$M/views/status/ACTIVE" 2>/dev/null)"
  equal "" "$(find -L "$M/views" -type l)" "dangling links"
}

@test "aliases: the bare id, the exact name where it is unique, a name that was shown before" {
  equal 700001-Bakers-north "$(readlink "$M/campaigns/700001")"
  equal 700001-Bakers-north "$(readlink "$M/campaigns/Bakers north")"
  refute readlink "$M/campaigns/Twin"
  equal 700009-Twin "$(readlink "$M/campaigns/700009")"
  equal "$(ls "$M/email-accounts" | grep ^401-)" "$(readlink "$M/email-accounts/401")"
  equal "$(ls "$M/email-accounts" | grep ^401-)" "$(readlink "$M/email-accounts/bruno.ruiz1@trybakers.example")"
  equal 0 "$(ls "$M/campaigns" | grep -cE '^[0-9]+$|^Bakers north$')"
}

@test "a directory's name that was shown before leads to the renamed campaign" {
  ls "$M/campaigns" >/dev/null
  rename_to Renamed
  echo all >"$M/.smartlead/refresh"
  ls "$M/campaigns" >/dev/null
  equal Renamed "$(cat "$M/campaigns/700001-Bakers-north/name")"
  equal 700001-Renamed "$(readlink "$M/campaigns/700001-Bakers-north")"
  equal 700001-Renamed "$(readlink "$M/campaigns/Renamed")"
}

@test "a campaign that goes away is gone after the TTL, and one that comes is there" {
  ls "$M/campaigns" >/dev/null
  edit "DELETE FROM campaigns WHERE id = 700012; INSERT INTO campaigns(id, name, created_at, updated_at) VALUES
    (700077, 'New one', '2026-03-01T10:00:00.000Z', '2026-03-01T10:00:00.000Z')" >/dev/null
  old_version
  wait_for test -d "$M/campaigns/700077-New-one"
  refute cat "$M/campaigns/700012-Blank-draft/name" 2>/dev/null
  equal 'New one' "$(cat "$M/campaigns/700077-New-one/name")"
}
