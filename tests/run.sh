#!/usr/bin/env bash
# Installs what is needed, builds and tests everything, and ends with one line: "N passed, N failed".
#
#   tests/run.sh [STAGE...]     default: all of them, in this order
#   gcc        build with gcc, warnings are errors; every test
#   clang      build with clang, warnings are errors
#   asan       the tests under AddressSanitizer and UBSan, without those of other programs and of time (tests/e2e/meson.build)
#   tsan       the same under ThreadSanitizer, without what only reads one thing after another
#   valgrind   the unit tests under valgrind
#   fuzz       each fuzzer for FUZZ_SECONDS (20)
#
# The builds are kept in $BUILD_ROOT (default: build-tests beside the sources).
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/packages.sh

root=${BUILD_ROOT:-$PWD/build-tests}
passed=0
failed=0
[ $# -gt 0 ] && stages=("$@") || stages=(gcc clang asan tsan valgrind fuzz)

good() {
  passed=$((passed + 1))
  echo "ok: $*"
}

bad() {
  failed=$((failed + 1))
  echo "FAILED: $*"
}

finish() {
  echo
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

# build NAME COMPILER MESON-OPTION... ; the output is shown only when it fails.
build() {
  local name=$1 compiler=$2 dir=$root/$1 log=$root/$1.log
  shift 2
  mkdir -p "$root"
  if [ ! -f "$dir/build.ninja" ]; then
    CC=$compiler meson setup "$dir" -Dwerror=true -Dauto_features=enabled "$@" >"$log" 2>&1 || {
      cat "$log"
      bad "$name: meson setup"
      return 1
    }
  fi
  if ! ninja -C "$dir" >"$log" 2>&1; then
    cat "$log"
    bad "$name: build"
    return 1
  fi
  if grep -q 'warning:' "$log"; then
    grep -A4 'warning:' "$log"
    bad "$name: warnings"
    return 1
  fi
  good "$name: built without a warning"
}

# Adds meson's count: every case of every test. What was skipped was not tested, so it has failed.
count() {
  local name=$1 junit=$2 sum
  if [ ! -s "$junit" ]; then
    bad "$name: no test ran"
    return
  fi
  sum=$(python3 - "$junit" <<'PYTHON'
import sys, xml.etree.ElementTree as tree
cases = list(tree.parse(sys.argv[1]).iter('testcase'))
wrong = [c for c in cases if any(c.find(kind) is not None for kind in ('failure', 'error', 'skipped'))]
for c in wrong:
    kind = 'skipped' if c.find('skipped') is not None else 'failed'
    print('%s: %s %s' % (kind, c.get('classname') or '', c.get('name')), file=sys.stderr)
print(len(cases) - len(wrong), len(wrong))
PYTHON
  ) || sum="0 1"
  passed=$((passed + ${sum% *}))
  failed=$((failed + ${sum#* }))
  echo "$name: ${sum% *} passed, ${sum#* } failed or skipped"
}

# run_tests NAME MESON-TEST-OPTION...
run_tests() {
  local name=$1 log=$root/$1/meson-logs before=$failed
  shift
  rm -f "$log"/testlog*.junit.xml
  local status junit
  meson test -C "$root/$name" --no-rebuild --print-errorlogs "$@" </dev/null 2>&1 | cut -c 1-400
  status=${PIPESTATUS[0]}
  junit=$(ls "$log"/testlog*.junit.xml 2>/dev/null | head -n 1)
  count "$name" "${junit:-/nonexistent}"
  [ $status -eq 0 ] || [ "$failed" -gt "$before" ] || bad "$name: meson test"
}

stage_gcc() {
  build gcc gcc && run_tests gcc
}

stage_clang() {
  build clang clang
}

stage_asan() {
  export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0:exitcode=99 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
  build asan gcc -Db_sanitize=address,undefined -Db_lundef=false && run_tests asan --timeout-multiplier 3
}

stage_tsan() {
  export TSAN_OPTIONS=halt_on_error=1:exitcode=98
  build tsan gcc -Db_sanitize=thread -Db_lundef=false && run_tests tsan --timeout-multiplier 4 --no-suite reading
}

stage_valgrind() {
  build gcc gcc || return
  # One test at a time, and its server may note an arrival late: valgrind runs one thread at a time.
  TEST_NOTED_LATE_MS=300 run_tests gcc --suite unit --num-processes 1 --timeout-multiplier 10 --wrap \
    'valgrind -q --error-exitcode=97 --leak-check=full --errors-for-leak-kinds=definite --trace-children=no'
}

stage_fuzz() {
  local source name
  for source in tests/fuzz/fuzz_*.c; do
    [ -e "$source" ] || continue
    name=${source#tests/fuzz/fuzz_}
    name=${name%.c}
    if tests/fuzz/run.sh "${FUZZ_SECONDS:-20}" "$name"; then
      good "fuzz $name"
    else
      bad "fuzz $name"
    fi
  done
}

mapfile -t packages_for_e2e < <(sed 's/[[:space:]]*#.*//; /^$/d' tests/packages.txt)
need_packages "${packages_to_build[@]}" libcmocka-dev clang valgrind python3 "${packages_for_e2e[@]}" || {
  bad "packages"
  finish
}
if [ ! -c /dev/fuse ] || ! (exec 3<>/dev/fuse) 2>/dev/null; then
  echo "tests/run.sh: /dev/fuse is missing or can't be opened: nothing can be mounted, so nothing is proved." >&2
  echo "(In a container: --device /dev/fuse --cap-add SYS_ADMIN.)" >&2
  bad "/dev/fuse"
  finish
fi

for stage in "${stages[@]}"; do
  if ! declare -F "stage_$stage" >/dev/null; then
    bad "unknown stage $stage"
    continue
  fi
  echo
  echo "== $stage ($(date +%T))"
  "stage_$stage"
done
finish
