# reading.bash - what the tests of the read side share: an account in one dialect, and what the simulator holds.
#
#   in_dialect DIALECT [SANDBOX-OPTION...]   simulator and mount of that dialect; $C is the first campaign, the mark is set
#   mount_again                              the same mount anew, after unmount_sl
#   sql QUERY                                rows of the simulator as JSON; sql_value QUERY: the one value
#   refresh [PATH]                           forget it (default all), and set the mark
#   junk PATH BODY                           every answer to PATH is that body, until faults_off

in_dialect() {
  DIALECT=$1
  start_sandbox --dialect="$@" --rate=0
  mount_again
  campaign_is 700001
  mark
}

campaign_is() {
  C=$(echo "$M/campaigns/$1"-*)
}

# With a TTL that no busy machine makes a test outlive: what is counted is what is asked for the first time.
mount_again() {
  mount_sl -o "ttl=600,dialect=$DIALECT${MOUNT_OPTIONS:+,$MOUNT_OPTIONS}"
}

sql() {
  curl -sSG --fail-with-body --data-urlencode "q=$1" "$CONTROL/sql"
}

sql_value() {
  sql "$1" | jq -r '.[0] | to_entries[0].value'
}

refresh() {
  echo "${1:-all}" >"$M/.smartlead/refresh"
  mark
}

junk() {
  fault "$(jq -cn --arg path "$1" --arg body "$2" '{kind: "junk", path: $path, count: -1, body: $body}')"
}

live() {
  [ "$DIALECT" = live ]
}
