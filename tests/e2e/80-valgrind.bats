# The daemon under valgrind: mount, use, unmount; no error, nothing lost.
load lib

E2E_SLOW=$((E2E_SLOW * 10))

setup() {
  e2e_setup
  command -v valgrind >/dev/null || fail "valgrind is not installed"
  WRAP="valgrind -q --error-exitcode=97 --leak-check=full --errors-for-leak-kinds=definite,indirect --num-callers=30 --fair-sched=yes"
  start_sandbox --rate=0
  few_leads
}

@test "mount, walk everything, walk it again, unmount" {
  mount_sl
  copy_plainly "$M" "$T/first"
  copy_plainly "$M" "$T/second"
  diff -r --no-dereference "$T/first" "$T/second"
  cat "$M"/.smartlead/{errors,requests,stats.json} >/dev/null
  echo all >"$M/.smartlead/refresh"
  ls -lR "$M" >/dev/null
  readlink "$M/campaigns/700001" "$M/campaigns/Bakers north" "$M/email-accounts/401" >/dev/null
  refute cat "$M/campaigns/nothing" 2>/dev/null
  unmount_sl
}

@test "answers that fail, are dropped, superseded, evicted" {
  local kind
  mount_sl -o timeout=3,ttl=1,cache_size=1M
  for kind in junk cut empty html deep ok_false reset_before reset_after; do
    fault '{"kind":"'$kind'","path":"*/sequences","count":2}'
    cat "$M"/campaigns/70000[12345]*/sequences.json >/dev/null 2>&1 || :
    echo all >"$M/.smartlead/refresh"
  done
  faults_off
  fault '{"kind":"status","status":404,"path":"*/700003/sequences"}'
  cat "$M"/campaigns/*/sequences.json >/dev/null 2>&1 || :
  exec 5<"$M/campaigns/700001-Bakers-north/sequences.json"
  edit "UPDATE steps SET subject = 'Other'; UPDATE variants SET subject = 'Another'" >/dev/null
  echo all >"$M/.smartlead/refresh"
  cat "$M"/campaigns/*/sequences.json "$M"/campaigns/*/leads.csv >/dev/null
  cat <&5 >/dev/null
  exec 5<&-
  unmount_sl
}

@test "SIGTERM while readers wait" {
  local i
  mount_sl -o timeout=100
  fault '{"kind":"hang","path":"*/sequences","count":-1}'
  for i in 1 2 3 4 5; do
    in_background cat "$(echo "$M"/campaigns/70000$i-*)/sequences.json" >/dev/null 2>&1
  done
  wait_for waiters 5
  kill -INT "${CHILDREN[0]}"
  wait_for gone "${CHILDREN[0]}"
  kill -TERM "$DAEMON"
  wait_for gone "$DAEMON"
  wait "$DAEMON" || fail "ended with status $?"
  daemon_is_gone "$DAEMON"
}

@test "a start that fails" {
  local status=0
  mkdir "$T/mnt"
  SMARTLEAD_API_KEY=wrong $WRAP "$SMARTLEADFS" -f -o "url=$API" "$T/mnt" 2>"$T/err" 3>&- || status=$?
  equal 1 "$status" "$(cat "$T/err")"
  equal 1 "$(wc -l <"$T/err")" "$(cat "$T/err")"
}
