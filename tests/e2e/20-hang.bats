# An API that hangs: what is cached stays quick, what waits can be interrupted, and the mount can be taken down.
load lib

readers=200

# All readers wait, each in an open of its own; spread over 20 files.
block_readers() {
  local i dirs=("$M"/campaigns/*)
  BLOCKED=()
  for ((i = 0; i < readers; i++)); do
    in_background cat "${dirs[i % 20]}/sequences.json" >"$T/blocked.$i" 2>&1
    BLOCKED+=($!)
  done
  wait_for -t 20 waiters $readers
}

hang() {
  start_sandbox --size=21,0,5 --rate=0
  mount_sl -o timeout=120
  fault '{"kind":"hang","path":"*/sequences","count":-1}'
}

# So many cats of a file, one after another, in milliseconds.
time_cats() {
  local start i
  start=$(now_ms)
  for ((i = 0; i < 100; i++)); do
    cat "$1" >/dev/null
  done
  echo $(($(now_ms) - start))
}

@test "with 200 readers blocked, a cached file and a listing are quick" {
  local disk cached start
  hang
  cat "$M/campaigns.csv" "$M"/campaigns/700001-*/status >"$T/disk"
  block_readers
  disk=$(time_cats "$T/disk")
  cached=$(time_cats "$M/campaigns.csv")
  echo "100 cats: $disk ms on disk, $cached ms in the mount" >&2
  [ "$cached" -lt $((disk + 1000 * E2E_SLOW)) ] || fail "100 cats of a cached file took $cached ms (disk: $disk)"
  start=$(now_ms)
  equal 21 "$(ls "$M/campaigns" | wc -l)"
  cat "$M"/campaigns/*/status >/dev/null
  equal 0 "$(jq .cache.failed "$M/.smartlead/stats.json")"
  within "$start" 1000
  equal "$readers" "$(jq '[.cache.flights[].waiters | length] | add' "$M/.smartlead/stats.json")" "who waits, by stats.json"
}

@test "Ctrl-C frees each of 200 blocked readers at once, and the mount is as good as before" {
  local start pid status
  hang
  block_readers
  kill -INT "${BLOCKED[@]}"
  start=$(now_ms)
  wait_for -t 2 gone "${BLOCKED[@]}"
  within "$start" 2000
  for pid in "${BLOCKED[@]}"; do
    status=0
    wait "$pid" || status=$?
    equal 130 "$status" "status of a cat that was interrupted"
  done
  cat "$T"/blocked.* >"$T/said"
  equal "" "$(cat "$T/said")" "what the interrupted said"
  wait_for waiters 0
  faults_off
  for f in "$M"/campaigns/*/sequences.json; do
    jq -e 'length == 2' "$f" >/dev/null
  done
}

@test "a handler of a signal gets its turn: EINTR, not a hang" {
  local start
  hang
  cat >"$T/handler.py" <<'PYTHON'
import os, signal, sys
class Rang(Exception): pass
def ring(*_): raise Rang
signal.signal(signal.SIGALRM, ring)
signal.setitimer(signal.ITIMER_REAL, 0.3)
try:
    os.open(sys.argv[1], os.O_RDONLY)
except Rang:
    print("rang")
PYTHON
  start=$(now_ms)
  equal rang "$(python3 "$T/handler.py" "$(echo "$M"/campaigns/700001-*)/sequences.json")"
  within "$start" 3000
}

@test "stat and listing of what hangs can be interrupted too" {
  local dir pids=()
  hang
  dir=$(echo "$M"/campaigns/700001-*)
  in_background python3 -c 'import os, sys; os.stat(sys.argv[1])' "$dir/sequences.json" 2>/dev/null
  pids+=($!)
  in_background ls "$dir/sequences" >/dev/null 2>&1
  pids+=($!)
  in_background cat "$dir/sequences/1-A.html" >/dev/null 2>&1
  pids+=($!)
  wait_for waiters 3
  kill -INT "${pids[@]}"
  wait_for -t 2 gone "${pids[@]}"
}

@test "kill -9 of blocked readers works at once" {
  hang
  block_readers
  kill -KILL "${BLOCKED[@]}"
  wait_for -t 2 gone "${BLOCKED[@]}"
  cat "$M/campaigns.csv" >/dev/null
}

@test "a lazy unmount and SIGTERM under blocked readers: nobody hangs" {
  local start
  hang
  block_readers
  refute fusermount3 -u "$M" 2>/dev/null
  cat "$M/campaigns.csv" >/dev/null
  start=$(now_ms)
  fusermount3 -uz "$M"
  within "$start" 1000
  refute mounted "$M"
  kill -TERM "$DAEMON"
  wait_for -t 5 gone "${BLOCKED[@]}" "$DAEMON"
  wait "$DAEMON"
  daemon_is_gone "$DAEMON"
}

@test "SIGTERM alone frees blocked readers and unmounts" {
  hang
  block_readers
  kill -TERM "$DAEMON"
  wait_for -t 5 gone "${BLOCKED[@]}" "$DAEMON"
  wait "$DAEMON"
  refute mounted "$M"
  daemon_is_gone "$DAEMON"
}
