#!/usr/bin/env bash
# check.sh PROGRAM [write] - are docs/files.md and docs/endpoints.md what the tables say? "write": make them so.
set -u
program=$1 docs=$(cd "$(dirname "$0")/../.." && pwd)/docs
status=0
for name in files endpoints; do
  if [ "${2:-}" = write ]; then
    "$program" "$name" >"$docs/$name.md" || exit 1
  elif ! diff -u "$docs/$name.md" <("$program" "$name"); then
    echo "docs/$name.md is not what the tables say; to print it anew: tests/docs/check.sh $program write"
    status=1
  fi
done
exit $status
