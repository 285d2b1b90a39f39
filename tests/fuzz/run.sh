#!/bin/sh
# Usage: tests/fuzz/run.sh SECONDS [FORMAT…]
# Builds each fuzz target (clang, libFuzzer, address and undefined behaviour sanitizers) in a temporary directory and
# runs it for SECONDS, beginning with the seeds in tests/data/FORMAT. Exit status 0: nothing was found. What was found
# is kept and named; copy it to tests/data/FORMAT once it is fixed.
set -eu
seconds=${1:?usage: $0 SECONDS [FORMAT…]}
shift
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- $(ls tests/fuzz/fuzz_*.c | sed 's/.*fuzz_//; s/\.c$//')

dir=$(mktemp -d)
found=0
trap '[ $found -ne 0 ] || rm -rf "$dir"' EXIT
for format in "$@"; do
  mkdir "$dir/$format"
  # What a target needs beside the formats stands in its own list.
  more=
  [ "$format" != saves ] || more="fs/tree/*.c fs/api/*.c cache/*.c $(ls fs/base/*.c | grep -v '/buf.c\|/refusal.c') -lcurl -lsqlite3 -lpthread"
  [ "$format" != import ] || more="fs/tree/import_parse.c fs/tree/import_columns.c fs/tree/import_compare.c fs/tree/address_set.c fs/tree/lead_columns.c"
  clang -g -O1 -std=gnu11 -D_GNU_SOURCE -DSMARTLEADFS_VERSION='"fuzzed"' -I. -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
    -o "$dir/fuzz_$format" "tests/fuzz/fuzz_$format.c" fs/format/*.c $more fs/base/buf.c fs/base/refusal.c
  if "$dir/fuzz_$format" -max_total_time="$seconds" -timeout=10 -artifact_prefix="$dir/found-$format-" \
    "$dir/$format" "tests/data/$format" >"$dir/$format.log" 2>&1; then
    echo "fuzz $format: nothing found, $(sed -n 's/^Done \([0-9]*\) runs.*/\1 runs/p' "$dir/$format.log")"
  else
    found=1
    echo "fuzz $format: FOUND something, see $dir/$format.log" >&2
    tail -n 15 "$dir/$format.log" >&2
  fi
done
exit $found
