# 47-scale: a campaign of 100,000 leads, and two mounts of one account that walk it at once.
load lib

MEMORY_MAX_KIB=32768 # of the daemon's own; what is cached of such an export lies in a file

sql() {
  curl -sSG --data-urlencode "q=$1" "$CONTROL/sql"
}

own_memory() {
  awk '/^RssAnon/ { print $2 }' "/proc/$DAEMON/status"
}

# Notes the daemon's memory some hundred times a second until it is killed.
note_memory() {
  while own_memory >>"$T/memory"; do
    read -rt 0.005 <> <(:) || :
  done
}

# memory_stays WHAT COMMAND...: below the limit while the command runs and afterwards
memory_stays() {
  local what=$1 noter peak
  shift
  : >"$T/memory"
  note_memory 3>&- &
  noter=$!
  CHILDREN+=("$noter")
  "$@" || return 1
  own_memory >>"$T/memory"
  kill -TERM "$noter"
  wait "$noter" || :
  [ "$(wc -l <"$T/memory")" -gt 5 ] || fail "$what: memory was hardly looked at"
  peak=$(sort -n "$T/memory" | tail -n 1)
  echo "$what: $peak KiB at most" >&2
  [ "$peak" -lt "$MEMORY_MAX_KIB" ] || fail "$what: $peak KiB, wanted less than $MEMORY_MAX_KIB"
}

read_into() { # FILE COMMAND...
  local to=$1
  shift
  "$@" >"$to"
}

hundred_thousand() {
  local leads name nodes
  start_sandbox --dialect="$1" --size=1,100000,0 --rate=0
  mount_sl -o "dialect=$1"
  leads=$(echo "$M"/campaigns/*)/leads
  mark
  memory_stays "leads.csv" read_into "$T/leads" cat "$leads.csv"
  requests_are 1
  equal 100000 "$(mlr --icsv --onidx cut -f email then count-distinct -f email then count "$T/leads")" 'different addresses'
  # A name that is only listed costs nothing that lasts; the kernel asks for the first few entries' attributes.
  memory_stays "ls of leads/" read_into "$T/names" ls -U "$leads"
  equal 100000 "$(sort -u "$T/names" | wc -l)" names
  nodes=$(jq .mount.nodes "$M/.smartlead/stats.json")
  [ "$nodes" -lt 2000 ] || fail "$nodes nodes"
  name=$(tail -n 1 "$T/names")
  equal "$(sql "SELECT first_name FROM leads WHERE email='$name'" | jq -r '.[0].first_name')" \
    "$(jq -r .first_name "$leads/$name/lead.json")"
  requests_are 1
}

# endpoint: leads-export
@test "100,000 leads: one request, and less than 32 MiB, reference" {
  hundred_thousand reference
}

# endpoint: leads-export
@test "100,000 leads: one request, and less than 32 MiB, live" {
  hundred_thousand live
}

walk() { # MOUNT
  (cd "$1" && find . -path ./.smartlead -prune -o -type f ! -path ./blocklist -print0 | sort -z | xargs -0 md5sum)
}

# The limit is the key's: what one mount sends the other may not.
two_walk() {
  local start took floor one two
  start_sandbox --dialect="$1" --size=6,5,4
  mount_sl -n one -o "dialect=$1"
  one=$M
  mount_sl -n two -o "dialect=$1"
  two=$M
  start=$(now_ms)
  walk "$one" >"$T/walk1" 3>&- &
  CHILDREN+=($!)
  walk "$two" >"$T/walk2"
  wait "${CHILDREN[@]}"
  took=$(($(now_ms) - start))
  requests_are 0 '.status != 200'
  equal 10/2 "$(control GET /stats | jq -r .rate)"
  floor=$(($(requests_made) * 1000 / 5))
  echo "$(requests_made) requests in $took ms; the limit allows them in $floor" >&2
  [ "$(requests_made)" -gt 100 ] || requests_are 101
  [ "$took" -le $((floor * 11 / 10)) ] || fail "$took ms for what the limit allows in $floor"
  [ "$(wc -l <"$T/walk1")" -gt 100 ]
  cmp "$T/walk1" "$T/walk2"
}

@test "two mounts walk at once: no 429, within 1.1 of what the limit allows, reference" {
  two_walk reference
}

@test "two mounts walk at once: no 429, within 1.1 of what the limit allows, live" {
  two_walk live
}
