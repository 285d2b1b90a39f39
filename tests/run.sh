#!/usr/bin/env bash
# Installs what is needed, builds and tests everything, and ends with one line: "N passed, N failed".
#
#   tests/run.sh [STAGE...]     default: all of them, in this order
#   gcc        build with gcc, warnings are errors; every test
#   clang      build with clang, warnings are errors
#   asan       every test under AddressSanitizer and UBSan
#   tsan       every test under ThreadSanitizer
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
    CC=$compiler meson setup "$dir" -Dwerror=true -Dtests=enabled "$@" >"$log" 2>&1 || {
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
  meson test -C "$root/$name" --no-rebuild --print-errorlogs "$@" </dev/null
  local status=$? junit
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
  build tsan gcc -Db_sanitize=thread -Db_lundef=false && run_tests tsan --timeout-multiplier 4
}

stage_valgrind() {
  build gcc gcc || return
  run_tests gcc --suite unit --timeout-multiplier 10 --wrap \
    'valgrind -q --error-exitcode=97 --leak-check=full --errors-for-leak-kinds=definite --trace-children=no'
}

# A fuzzer is one file over the pure layers. Its corpus lies in tests/data/<format>; a crash is kept beside the build.
stage_fuzz() {
  local source name program corpus
  local flags=(-g -O1 -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -I. -fsanitize=fuzzer,address,undefined
    -fno-sanitize-recover=undefined)
  mkdir -p "$root/fuzz"
  for source in tests/fuzz/fuzz_*.c; do
    [ -e "$source" ] || return 0
    name=$(basename "$source" .c)
    program=$root/fuzz/$name
    if ! clang "${flags[@]}" "$source" fs/format/*.c fs/base/*.c -o "$program" -lpthread -lm; then
      bad "$name: build"
      continue
    fi
    corpus=tests/data/${name#fuzz_}
    mkdir -p "$root/fuzz/$name.corpus"
    if (cd "$root/fuzz" && "./$name" -max_total_time="${FUZZ_SECONDS:-20}" -rss_limit_mb=1024 -timeout=10 \
      -verbosity=0 "$name.corpus" $([ -d "$OLDPWD/$corpus" ] && echo "$OLDPWD/$corpus")) >"$program.log" 2>&1; then
      good "$name: ${FUZZ_SECONDS:-20} s"
    else
      tail -n 40 "$program.log"
      bad "$name"
    fi
  done
}

need_packages "${packages_to_build[@]}" libcmocka-dev clang valgrind python3 bats curl jq procps || {
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
