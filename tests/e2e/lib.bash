# lib.bash - helpers of the end-to-end tests: a real mount, real tools, real HTTP.
#
# Every test has a directory, a simulator and mounts of its own; teardown unmounts them, stops the simulator, and fails
# the test when the daemon or the simulator died, wrote something suspicious, or when there was a 429 nobody injected.
#
#   start_sandbox [OPTION...]        a simulator; $API and $CONTROL say where, $JOURNAL is its journal. With --rate=0
#                                    neither it nor its mounts have a limit, else both have the service's 10 in 2 s
#   mount_sl [-n NAME] [OPTION...]   mounts it in the foreground; $M is the mount point, $DAEMON the process
#   fault / edit / setting JSON      the simulator's control port
#   mark; requests_made [JQ]         requests since the mark (that satisfy a jq condition)
#   wait_for [-t SECONDS] COMMAND    polls; there is no fixed sleep in these tests
#   expect_log REGEX                 such lines on the daemon's stderr are meant
#   # endpoint: NAME...              above a @test: it proves these calls of docs/endpoints.md; teardown looks whether
#                                    they were made, in the dialect that the title names, or in both
#
# SMARTLEADFS and SANDBOX name the binaries (set by meson). E2E_SLOW multiplies time limits (sanitizers, valgrind).

bats_require_minimum_version 1.5.0
export LC_ALL=C.UTF-8

root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
SMARTLEADFS=${SMARTLEADFS:-$root/build/fs/smartleadfs}
SANDBOX=${SANDBOX:-$root/build/tests/sandbox/smartlead-sandbox}
E2E_SLOW=${E2E_SLOW:-1}
KEY=${KEY:-e2e-k3y-9f31c2ab77}

# What must not stand on a daemon's stderr.
suspicious='error|abort|assert|sanitizer|runtime|leak|warning|corrupt|double free|segmentation|overflow|uninitiali[sz]ed'

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  return 1
}

now_ms() {
  local t=${EPOCHREALTIME/[.,]/}
  echo "${t%???}"
}

# Are there fewer milliseconds than LIMIT (times E2E_SLOW) since START?
within() {
  local start=$1 limit=$(($2 * E2E_SLOW)) took
  took=$(($(now_ms) - start))
  [ "$took" -lt "$limit" ] || fail "$took ms, wanted less than $limit"
}

wait_for() {
  local seconds=10 until
  if [ "$1" = -t ]; then
    seconds=$2
    shift 2
  fi
  until=$(($(now_ms) + seconds * 1000 * E2E_SLOW))
  while ! "$@" >/dev/null 2>&1; do
    [ "$(now_ms)" -lt "$until" ] || fail "waited $seconds s (times $E2E_SLOW) in vain for: $*" || return 1
    read -rt 0.02 <> <(:) || :
  done
}

refute() {
  if "$@"; then
    fail "this should have failed: $*"
  fi
}

# equal WANT GOT [WHAT]
equal() {
  [ "$1" = "$2" ] || fail "${3:-value}: wanted \"$1\", got \"$2\""
}

# gone PID...: none of them runs any more
gone() {
  local pid state
  for pid in "$@"; do
    state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null) || :
    [ -z "$state" ] || [ "$state" = Z ] || return 1
  done
}

e2e_setup() {
  if [ ! -c /dev/fuse ] || ! (exec 4<>/dev/fuse) 2>/dev/null; then
    fail "/dev/fuse is missing or can't be opened: nothing can be mounted, so nothing is proved"
    return 1
  fi
  [ -x "$SMARTLEADFS" ] || fail "no daemon: SMARTLEADFS=$SMARTLEADFS"
  [ -x "$SANDBOX" ] || fail "no simulator: SANDBOX=$SANDBOX"
  T=$(mktemp -d "${TMPDIR:-/tmp}/e2e.XXXXXX")
  export T HOME=$T/home XDG_STATE_HOME=$T/state XDG_CONFIG_HOME=$T/config
  mkdir "$HOME" "$T/log"
  MOUNTS=() DAEMONS=() SANDBOXES=() DIALECT_OF=() CONTROLS=() CHILDREN=()
  : >"$T/log/expected"
}

# --- the simulator -------------------------------------------------------------------------------------------------

start_sandbox() {
  local n=${#SANDBOXES[@]} words
  UNLIMITED=
  [[ " $* " != *' --rate=0 '* ]] || UNLIMITED=1
  DIALECT_OF[n]=reference
  [[ " $* " != *' --dialect=live '* ]] || DIALECT_OF[n]=live
  JOURNAL=$T/journal$n
  : >"$JOURNAL"
  SMARTLEAD_SANDBOX_KEY=$KEY "$SANDBOX" --journal="$JOURNAL" "$@" >"$T/ready$n" 2>"$T/log/sandbox$n" 3>&- &
  SANDBOX_PID=$!
  SANDBOXES+=("$SANDBOX_PID")
  echo "$SANDBOX_PID" >>"$T/pids"
  wait_for -t 30 sandbox_ready "$n" || return 1
  read -r -a words <"$T/ready$n" || :
  API=${words[1]} CONTROL=${words[3]}
  CONTROLS+=("$CONTROL")
  MARK=0
}

sandbox_ready() {
  grep -q '^ready .* control ' "$T/ready$1" || gone "$SANDBOX_PID"
}

# An account of the demo's shape and its hostile names, with few enough leads that every file of it can be read.
few_leads() {
  edit "DELETE FROM maps WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY campaign_id ORDER BY id)
    AS n FROM maps) WHERE n > 6);
    DELETE FROM sends WHERE NOT EXISTS (SELECT 1 FROM maps m WHERE m.lead_id = sends.lead_id AND m.campaign_id =
    sends.campaign_id)" >/dev/null
}

control() { # METHOD PATH [BODY]
  curl -sS --fail-with-body -X "$1" ${3:+--data-binary "$3"} "$CONTROL$2"
}

fault() {
  control POST /faults "$1" >/dev/null
}

faults_off() {
  control DELETE /faults >/dev/null
}

edit() {
  control POST /edit "$(jq -n --arg sql "$1" '{sql: $sql}')"
}

setting() {
  control POST /set "$1" >/dev/null
}

journal() {
  tail -n "+$((MARK + 1))" "$JOURNAL"
}

mark() {
  MARK=$(wc -l <"$JOURNAL")
}

requests_made() {
  if [ $# -gt 0 ]; then
    journal | jq -c "select($1)" | wc -l
  else
    journal | wc -l
  fi
}

# requests_are N [JQ]: with the journal in the message when not
requests_are() {
  local want=$1 got
  shift
  got=$(requests_made "$@")
  if [ "$got" != "$want" ]; then
    journal | jq -r '"  \(.method) \(.path) \(.status)"' | sort | uniq -c | head -n 30 >&2
    fail "$got requests, wanted $want"
  fi
}

# --- mounts --------------------------------------------------------------------------------------------------------

mounted() {
  grep -qF " $1 fuse.smartleadfs " /proc/self/mounts
}

usable_or_dead() {
  mounted "$M" || gone "$DAEMON"
}

mount_sl() {
  local name=mnt rate=
  if [ "${1:-}" = -n ]; then
    name=$2
    shift 2
  fi
  M=$T/$name
  mkdir -p "$M"
  # Where the simulator has no limit, there is none to wait for; else it is the service's, and so is ours.
  [ -z "$UNLIMITED" ] || rate=,rate=4000/1
  SMARTLEAD_API_KEY=$KEY ${WRAP:-} "$SMARTLEADFS" -f -o "url=$API$rate" "$@" "$M" \
    >>"$T/log/$name" 2>&1 3>&- &
  DAEMON=$!
  echo "$DAEMON" >>"$T/pids"
  wait_for -t 30 usable_or_dead || return 1
  if ! mounted "$M"; then
    fail "the daemon ended before it was mounted: $(cat "$T/log/$name")"
    return 1
  fi
  MOUNTS+=("$M")
  DAEMONS+=("$DAEMON")
}

# Unmounts $M (or the mount point given) and waits until its daemon has ended, which must be well.
unmount_sl() {
  local point=${1:-$M} i status=0
  fusermount3 -u "$point" || return 1
  for i in "${!MOUNTS[@]}"; do
    [ "${MOUNTS[i]}" = "$point" ] || continue
    wait_for -t 15 gone "${DAEMONS[i]}" || fail "the daemon of $point did not end" || return 1
    wait "${DAEMONS[i]}" || status=$?
    unset "MOUNTS[i]" "DAEMONS[i]"
    [ "$status" = 0 ] || fail "the daemon of $point ended with status $status" || return 1
  done
}

# in_background COMMAND...: started with the signals of a terminal; killed by teardown; pid in $!
in_background() {
  env --default-signal=HUP,INT,QUIT,PIPE,TERM "$@" 3>&- &
  CHILDREN+=($!)
}

# A service of its own notes an arrival at once, whatever else this machine has to do; so does the mount its answer. (Only root may.)
at_once() { # PID...
  local pid
  for pid in "$@"; do
    chrt -a -f -p 1 "$pid" 2>/dev/null || :
  done
}

# waiters N: so many processes wait for answers of the API, as stats.json says
waiters() {
  [ "$(jq '[.cache.flights[].waiters | length] | add // 0' "$M/.smartlead/stats.json")" = "$1" ]
}

errno_of() { # the errno, by name, with which a file can't be read; nothing when it can
  local text
  text=$(cat -- "$1" 2>&1 >"$T/read") && return 0
  case $text in
  *'Input/output error') echo EIO ;;
  *'Permission denied') echo EACCES ;;
  *'No such file or directory') echo ENOENT ;;
  *'Invalid argument') echo EINVAL ;;
  *'Device or resource busy') echo EBUSY ;;
  *'Connection timed out') echo ETIMEDOUT ;;
  *'No route to host') echo EHOSTUNREACH ;;
  *'File too large') echo EFBIG ;;
  *'Operation not permitted') echo EPERM ;;
  *'Operation not supported') echo EOPNOTSUPP ;;
  *'Read-only file system') echo EROFS ;;
  *'Stale file handle') echo ESTALE ;;
  *) echo "$text" ;;
  esac
}

# A copy of a mount on disk, by plain find, cat and readlink: what all other tools are compared with. Without .smartlead,
# and without the block list, which the simulator's reference dialect can't show.
copy_plainly() { # FROM TO
  local path
  mkdir -p "$2"
  (cd "$1" && find . -path ./.smartlead -prune -o -type d -print0) | (cd "$2" && xargs -0 mkdir -p --)
  while IFS= read -rd '' path; do
    cat -- "$1/$path" >"$2/$path" || return 1
  done < <(cd "$1" && find . -path ./.smartlead -prune -o -type f ! -path ./blocklist -print0)
  while IFS= read -rd '' path; do
    ln -s -- "$(readlink -- "$1/$path")" "$2/$path" || return 1
  done < <(cd "$1" && find . -path ./.smartlead -prune -o -type l -print0)
}

# --- tables in docs/ that say what these tests measured ---

# A row of the table; `|` in a cell is made safe.
measured() { # CELL...
  local cell
  for cell; do
    printf '| %s ' "${cell//|/\\|}"
  done >>"$BATS_FILE_TMPDIR/measured"
  echo '|' >>"$BATS_FILE_TMPDIR/measured"
}

# The last test of such a file: are the rows of FILE those that were measured now? With $MEASURED they are written there.
measured_is() { # FILE
  if [ -n "${MEASURED:-}" ]; then
    cp "$BATS_FILE_TMPDIR/measured" "$MEASURED"
  else
    diff <(sed '/^|/!d; 1,/^|--/d' "$root/$1") "$BATS_FILE_TMPDIR/measured" ||
      fail "tests/e2e/measured.sh ${BATS_TEST_FILENAME##*/} $1 writes it anew"
  fi
}

# --- the end of a test ---------------------------------------------------------------------------------------------

expect_log() {
  echo "$1" >>"$T/log/expected"
}

# The test itself has ended this daemon.
daemon_is_gone() {
  local i
  for i in "${!DAEMONS[@]}"; do
    if [ "${DAEMONS[i]}" = "$1" ]; then
      wait "$1" || :
      unset "MOUNTS[i]" "DAEMONS[i]"
    fi
  done
}

check_logs() {
  local log found bad=0
  for log in "$T"/log/*; do
    [ "$log" != "$T/log/expected" ] || continue
    found=$(grep -anEi "$suspicious" "$log" | grep -avEf "$T/log/expected" | head -n 20) || :
    [ -n "$found" ] || continue
    printf 'FAILED: suspicious words in %s:\n' "${log##*/}" >&2
    grep -av '^unique:' "$log" | head -n 150 >&2
    bad=1
  done
  return $bad
}

check_refusals() {
  local control stats bad=0
  for control in "${CONTROLS[@]}"; do
    stats=$(curl -sS "$control/stats") || { fail "the simulator died" || bad=1; continue; }
    if [ "$(jq .status_429 <<<"$stats")" != 0 ]; then
      fail "the simulator had to refuse (429): $stats" || bad=1
    fi
  done
  return $bad
}

# asked CALL DIALECT: was one of the simulators of that dialect asked the call, by its name in docs/endpoints.md?
asked() {
  local row way reference live i
  row=$(grep -m 1 "^| [^|]* | $1 | .* |$" "$root/docs/endpoints.md") || return 1
  IFS='|' read -r _ _ _ reference live _ <<<"$row"
  way=$reference
  [ "$2" = reference ] || [[ $live == ' the same'* ]] || way=$live
  [ "$way" != ' not there ' ] || return 0
  way=$(sed -E 's/^ `//; s/[?`].*//; s/[.]/\\./g; s/\{[0-9]\}/[^\/]+/g' <<<"$way")
  for i in "${!SANDBOXES[@]}"; do
    if [ "${DIALECT_OF[i]}" = "$2" ] && jq -r '"\(.method) \(.path)"' "$T/journal$i" | grep -qxE "$way"; then
      return 0
    fi
  done
  return 1
}

# What "# endpoint:" above this test claims.
check_proofs() {
  local name dialect file title bad=0
  while IFS=$'\t' read -r name dialect file title; do
    if [ "$title" = "$BATS_TEST_DESCRIPTION" ]; then
      asked "$name" "$dialect" || fail "it claims to prove $name, but no $dialect simulator was asked it" || bad=1
    fi
  done < <(awk -f "$root/tests/docs/proofs.awk" "$BATS_TEST_FILENAME")
  return $bad
}

# A program of ours shall end by itself now, and well. has_ended PID WHAT
has_ended() {
  local status=0 bad=0
  if ! wait_for -t 15 gone "$1"; then
    bad=1
    kill -KILL "$1" 2>/dev/null || :
  fi
  wait "$1" || status=$?
  [ "$status" = 0 ] || fail "$2 ended with status $status" || bad=1
  return $bad
}

stop_all() {
  local i pid bad=0
  for pid in "${CHILDREN[@]}"; do
    kill -KILL "$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || :
  done
  for i in "${!MOUNTS[@]}"; do
    if gone "${DAEMONS[i]}"; then
      fail "the daemon of ${MOUNTS[i]} died" || bad=1
    fi
    fusermount3 -u "${MOUNTS[i]}" 2>/dev/null || umount -l "${MOUNTS[i]}" 2>/dev/null || fusermount3 -uz "${MOUNTS[i]}" 2>/dev/null || :
    has_ended "${DAEMONS[i]}" "the daemon of ${MOUNTS[i]}" || bad=1
  done
  check_refusals || bad=1
  for pid in "${SANDBOXES[@]}"; do
    kill -TERM "$pid" 2>/dev/null || :
    has_ended "$pid" "the simulator" || bad=1
  done
  return $bad
}

# Whatever happened: nothing mounted below this test's directory, none of its programs running, no directory.
clean_up() {
  local point pid
  while read -r point; do
    umount -l "$point" 2>/dev/null || fusermount3 -uz "$point" || :
  done < <(awk -v t="$T/" 'index($2, t) == 1 { print $2 }' /proc/self/mounts)
  # Numbers are used again: only a process that still speaks of our directory is ours.
  while read -r pid; do
    ! grep -aqF "$T/" "/proc/$pid/cmdline" || kill -KILL "$pid" || :
  done 2>/dev/null <"$T/pids" || :
  [ -n "${E2E_KEEP:-}" ] || rm -rf --one-file-system "$T"
}

e2e_teardown() {
  local bad=0
  [ -n "${T:-}" ] || return 0
  stop_all || bad=1
  check_proofs || bad=1
  check_logs || bad=1
  if [ "$bad" != 0 ] || [ -z "${BATS_TEST_COMPLETED:-1}" ]; then
    print_repro
    tail -n 5 "$T"/log/* 2>/dev/null | head -n 60 >&2 || :
  fi
  clean_up
  return $bad
}

print_repro() {
  printf 'repro: SMARTLEADFS=%q SANDBOX=%q E2E_SLOW=%s bats -f %q %q\n' "$SMARTLEADFS" "$SANDBOX" "$E2E_SLOW" \
    "^${BATS_TEST_DESCRIPTION}\$" "$BATS_TEST_FILENAME" >&2
}

setup() {
  e2e_setup
}

# Out of the mount first: the test may have gone into it.
teardown() {
  cd /
  [ -n "${BATS_TEST_COMPLETED:-}" ] || print_repro
  e2e_teardown
}
