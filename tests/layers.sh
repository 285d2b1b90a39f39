#!/usr/bin/env bash
# Includes point one way, from fs/main.c down to fs/base; each library has its one place; no file and no function is long.
set -u
cd "$(dirname "$0")/.." || exit 1
failures=0

complain() {
  echo "layers: $*"
  failures=$((failures + 1))
}

# may FOLDER ALLOWED… : the files of FOLDER include our headers from these folders only.
may() {
  local folder=$1 file header allowed good
  shift
  for file in "$folder"/*.[ch]; do
    [ -e "$file" ] || continue
    while read -r header; do
      good=
      for allowed in "$@"; do
        [ "${header%/*}" = "$allowed" ] && good=yes
      done
      [ "$good" ] || complain "$file includes $header"
    done < <(sed -n 's/^#include "\(.*\)".*/\1/p' "$file")
  done
}

# only PATTERN FILES-REGEX : <headers> that match PATTERN stand in these files only.
only() {
  local file
  while read -r file; do
    [[ $file =~ ^($2)$ ]] || complain "$file includes a header that matches $1"
  done < <(grep -rlE "^#include <($1)" fs cache tests --include='*.[ch]')
}

may fs/base fs/base
may fs/format fs/format fs/base
may cache cache fs/base
may fs/api fs/api fs/format fs/base
may fs/tree fs/tree cache fs/api fs/format fs/base
may fs/mount fs/mount fs/tree fs/base
may fs fs fs/mount fs/tree cache fs/api fs/format fs/base

only 'fuse' 'fs/mount/.*|tests/bench/.*'
only 'curl/' 'fs/api/transport.*'
only 'cjson/|cJSON' 'tests/sandbox/.*'
only 'ut(hash|list|array|string)' 'cache/.*|fs/(tree|mount|api)/.*'
only 'microhttpd' 'tests/sandbox/.*'
only 'sqlite' 'tests/sandbox/.*|fs/tree/import_(journal|journal_inside|report)\.[ch]'

while read -r lines file; do
  [ "$file" = total ] || [ "$lines" -le 600 ] || complain "$file has $lines lines; 600 are the most"
done < <(find fs cache tests -name '*.[ch]' -print0 | xargs -0 wc -l)

while read -r file line lines; do
  complain "$file:$line has a function of $lines lines; 100 are the most"
done < <(find fs cache -name '*.c' -print0 |
  xargs -0 awk 'FNR == 1 { start = 0 } /^{/ { start = FNR }
    /^}/ { if (start && FNR - start > 100) print FILENAME, start, FNR - start; start = 0 }')

[ $failures -eq 0 ] && echo "layers: good"
exit $((failures > 0))
