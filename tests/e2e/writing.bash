# writing.bash - what the tests of the write side share.
#
#   in_both FUNCTION           calls it with each dialect, a mount of its own each time
#   sent WANT...               exactly these requests since the mark, as "METHOD path[?id=ID][ body]", one an argument; sets the mark
#   changes                    the changing requests since the mark, as "METHOD path body", a line each; changed WANT: exactly these
#   changes_are N              so many changing requests since the mark
#   errors_say REGEX           .smartlead/errors has such a line
#   refused_with WORDS TEXT COMMAND...   fails, shows TEXT, and the last line of errors has WORDS ("": whatever it says)
#   held QUERY                 the one value that the simulator has

in_both() {
  local dialect
  for dialect in reference live; do
    "$1" "$dialect"
    cd /
    unmount_sl
  done
}

sent() {
  local want got
  want=$(printf '%s\n' "$@")
  got=$(journal | jq -r '"\(.method) \(.path)\(if .query.id then "?id=" + .query.id else "" end)\(if .body == null or .body == "" then "" else " " + (.body | tojson) end)"')
  equal "$want" "$got" 'requests'
  mark
}

changes() {
  journal | jq -r 'select(.method != "GET") | "\(.method) \(.path) \(.body | tojson)"'
}

changed() {
  equal "$1" "$(changes)" 'changing requests'
}

changes_are() {
  requests_are "$1" '.method != "GET"'
}

errors_say() {
  grep -qE "$1" "$M/.smartlead/errors" || fail "no line with \"$1\" in: $(tail -n 3 "$M/.smartlead/errors")"
}

refused_with() {
  local words=$1 text=$2
  run "${@:3}"
  [ "$status" != 0 ] || fail "this should have been refused: ${*:3}"
  [[ $output == *"$text"* ]] || fail "$output"
  [ -z "$words" ] || tail -n 1 "$M/.smartlead/errors" | grep -qF -- "$words" || fail "$(tail -n 1 "$M/.smartlead/errors")"
}

held() {
  curl -sSG --data-urlencode "q=$1" "$CONTROL/sql" | jq -r '.[0] | to_entries[0].value'
}
