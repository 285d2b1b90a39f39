#!/bin/bash
# Runs 40-tools.bats and 44-lead-tools.bats, and writes docs/tools.md: which tools were run on a mount, and whether they were right.
#   tests/e2e/tools-table.sh        (SMARTLEADFS and SANDBOX as for every e2e test; default: build/)
set -u
cd "$(dirname "$0")/../.." || exit 1
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
# Its last test compares this table with the file, and may fail now.
for file in 40-tools 44-lead-tools; do
  TOOLS_TABLE=$rows bats "tests/e2e/$file.bats" >/dev/null 2>&1 || :
done
[ -s "$rows" ] || { echo "tools-table.sh: no tool was run" >&2; exit 1; }
mkdir -p docs
{
  cat <<'TEXT'
# Tools that read

Made by `tests/e2e/tools-table.sh` from what `40-tools.bats` and `44-lead-tools.bats` ran. Each command was run three times: in the root of
a mount that nothing had touched before (first contact), there again (second contact), and in a copy on disk made by
another mount's plain `cat`. *right*: output, messages, exit status and all files written were the same as on disk.
`$B` is one campaign's directory, `$OUT` an empty directory elsewhere.

| tool | command | first contact | second contact |
|---|---|---|---|
TEXT
  while IFS=$'\t' read -r name command first second; do
    printf '| %s | `%s` | %s | %s |\n' "$name" "${command//|/\\|}" "$first" "$second"
  done <"$rows"
  printf '\nVersions:\n\n```\n'
  for tool in bash cat grep rg rsync tar diff awk sed jq mlr find git python3 cpio busybox sqlite3 zip perl vim less soffice; do
    printf '%-8s %s\n' "$tool" "$("$tool" --version 2>/dev/null </dev/null | grep -m 1 '[0-9]' || "$tool" 2>&1 </dev/null | head -n 1)"
  done
  printf '```\n'
} >docs/tools.md
