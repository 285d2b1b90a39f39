#!/bin/bash
# Runs the end-to-end tests of a file and puts the rows that they measured in place of the rows of a table in docs/.
#   tests/e2e/measured.sh 61-editors.bats docs/editors.md
set -u
cd "$(dirname "$0")/../.." || exit 1
rows=$(mktemp)
trap 'rm -f "$rows" "$rows.new"' EXIT
MEASURED=$rows bats --tap "tests/e2e/$1" || exit 1
awk -v rows="$rows" '/^\|--/ { print; while ((getline row <rows) > 0) print row; after = 1; next }
  !(after && /^\|/)' "$2" >"$rows.new" && cat "$rows.new" >"$2"
