#!/usr/bin/env bash
# check.sh PROGRAM [write] - are docs/files.md and docs/endpoints.md what the tables and the tests' "# endpoint:" lines
# (proofs.awk) say, and has every call a path and a test in each way of speaking? "write": make them so.
set -u
program=$1 tests=$(cd "$(dirname "$0")/.." && pwd) docs=$(cd "$(dirname "$0")/../.." && pwd)/docs
status=0
printed=$(mktemp) || exit 1
trap 'rm -f "$printed"' EXIT
proofs=$(awk -f "$tests/docs/proofs.awk" "$tests"/e2e/*.bats) || exit 1
for name in files endpoints; do
  "$program" "$name" <<<"$proofs" >"$printed" || status=$?
  [ "$status" -lt 2 ] || exit "$status"
  if [ "${2:-}" = write ]; then
    cat "$printed" >"$docs/$name.md" || exit 1
  elif ! diff -u "$docs/$name.md" "$printed"; then
    echo "docs/$name.md is not what the tables say; to print it anew: tests/docs/check.sh $program write"
    status=1
  fi
done
exit $status
