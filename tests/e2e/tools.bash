# tools.bash - programs that read, on a mount and on a copy of it.
#
# tool NAME COMMAND runs COMMAND three times, each time in the root of a tree: in a mount that nothing has touched yet,
# there again, and in a copy on disk that another mount's plain cat has made; in each of $DIALECTS. Output, errors, exit
# status, and all files left in $OUT must be the same. docs/tools.md is made of these by tools-table.sh.
#
# A file that loads this may say DIALECTS=(reference live) behind it.

DIALECTS=(reference)

setup_file() {
  local dialect
  e2e_setup
  export SHARED=$T
  for dialect in "${DIALECTS[@]}"; do
    start_sandbox --rate=0 --dialect="$dialect"
    few_leads
    declare -p API CONTROL JOURNAL SANDBOX_PID >"$SHARED/sandbox.$dialect"
    mount_sl -n "plain.$dialect" -o "dialect=$dialect"
    copy_plainly "$M" "$SHARED/copy.$dialect"
    unmount_sl
  done
}

teardown_file() {
  local dialect
  T=$SHARED
  MOUNTS=() DAEMONS=() CHILDREN=() SANDBOXES=() CONTROLS=()
  for dialect in "${DIALECTS[@]}"; do
    . "$SHARED/sandbox.$dialect"
    CONTROLS=("$CONTROL")
    check_refusals
    kill -TERM "$SANDBOX_PID"
    wait_for gone "$SANDBOX_PID"
  done
  check_logs
  clean_up
}

setup() {
  e2e_setup
  UNLIMITED=1 MARK=0
}

# run_in TREE NAME COMMAND: leaves NAME.out, NAME.err, NAME.status, NAME.files/
run_in() {
  local status=0
  export OUT=$T/$2.files
  mkdir "$OUT"
  (
    cd "$1"
    export B=campaigns/700001-Bakers-north
    exec timeout $((60 * E2E_SLOW)) bash -c "$3"
  ) >"$T/$2.out" 2>"$T/$2.err" </dev/null 3>&- || status=$?
  echo "$status" >"$T/$2.status"
  # What names the tree itself or the place for output must not count.
  sed -i "s#$1#TREE#g; s#$OUT#OUT#g" "$T/$2.out" "$T/$2.err"
}

# differs NAME COPY
differs() {
  local what bad=
  for what in out err status files; do
    diff -r --no-dereference "$T/$2.$what" "$T/$1.$what" >"$T/diff" 2>&1 && continue
    echo "$1 contact: $what differs:" >&2
    head -n 15 "$T/diff" >&2
    bad=1
  done
  [ -z "$bad" ]
}

tool() {
  local first=right second=right dialect disk
  for dialect in "${DIALECTS[@]}"; do
    disk=$dialect.disk
    . "$SHARED/sandbox.$dialect"
    mount_sl -n "mnt.$dialect" -o "dialect=$dialect"
    run_in "$M" "$dialect.first" "$2"
    run_in "$M" "$dialect.second" "$2"
    run_in "$SHARED/copy.$dialect" "$disk" "$2"
    differs "$dialect.first" "$disk" || first=wrong
    differs "$dialect.second" "$disk" || second=wrong
    [ -s "$T/$disk.out" ] || [ -n "$(ls -A "$T/$disk.files")" ] || fail "the command does nothing: $(cat "$T/$disk.err")"
    equal 0 "${WANT_STATUS:-$(cat "$T/$disk.status")}" "status on disk" || { cat "$T/$disk.err" >&2; return 1; }
  done
  if [ -n "${TOOLS_TABLE:-}" ]; then
    printf '%s\t%s\t%s\t%s\n' "$1" "${2/$'\n'*/ …}" "$first" "$second" >>"$TOOLS_TABLE"
  fi
  [ "$first$second" = rightright ] || fail "$1: first contact $first, second contact $second"
}

tool_rows() {
  sed -nE "s/^  tool ('([^']*)'|([^' ]+)) .*/\2\3/p" "$@"
}
