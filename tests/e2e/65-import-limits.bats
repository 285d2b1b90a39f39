# 65-import-limits: 20,000 rows at the service's real limit, and an import whose daemon is killed again and again.
load lib

C=700001
posts='.method == "POST" and (.path | test("/leads$"))'

sql() {
  control GET "/sql?q=$(jq -rn --arg q "$1" '$q|@uri')" | jq -r '.. | scalars' | head -n 1
}

leads_of() {
  sql "SELECT count(*) FROM maps WHERE campaign_id=$C"
}

rows() { # N
  seq "$1" | awk 'BEGIN { print "Email,First Name,Company,city_type" }
    { printf "lead%d@many.example,Name%d,\"Company %d, Inc\",small\n", $1, $1, $1 }'
}

report() {
  jq -r ".$1" "$M/.smartlead/imports/1.json"
}

adds_up() {
  jq -e '.total == .accepted + .confirmed + .already_in_campaign + .duplicates + .invalid + .blocked + .unsubscribed + .bounced
    + .over_limit + .refused + .unaccounted + .outcome_unknown + .unsent' "$M/.smartlead/imports/1.json" >/dev/null ||
    fail "$(cat "$M/.smartlead/imports/1.json")"
}

# imports_all TRY: 20,000 rows in 50 requests, without a refusal; how long it took in $took
imports_all() {
  local start before
  cd /
  start_sandbox
  # A slow simulator sees requests later than they left, and closer together: then a little less than it allows is asked.
  [ "$E2E_SLOW" = 1 ] && mount_sl -n "try$1" || mount_sl -n "try$1" -o rate=8/2
  at_once "$SANDBOX_PID" "$DAEMON"
  cd "$M/campaigns/$C"/
  before=$(leads_of)
  rows 20000 >"$T/in.csv"
  # What the mount itself asked for does not count against the import.
  wait_for -t 5 window_is_empty
  mark
  start=$(now_ms)
  (at_once "$BASHPID"; exec cat "$T/in.csv") >>leads.csv
  took=$(($(now_ms) - start))
  echo "# $took ms; the last request came $(journal | jq -s "map(select($posts).t) | max - min") ms after the first, floor $floor ms" >&3
  requests_are 50
  requests_are 50 "$posts"
  equal 0 "$(control GET /stats | jq .status_429)"
  equal 20000 "$(report accepted)"
  equal $((before + 20000)) "$(leads_of)"
  adds_up
}

# The 50th request may leave when the limit's four windows of 2 s have passed. A busy machine makes an import slower, never
# faster: the best of three is what the mount does.
@test "20,000 rows at the real limit: 50 requests, no 429, at most 1.05 times the limit's floor" {
  local try took=0 floor=8000
  for try in 1 2 3; do
    imports_all "$try"
    [ "$took" -gt $((floor * 105 / 100 * E2E_SLOW)) ] || return 0
  done
  fail "$took ms, and no better in two tries before"
}

window_is_empty() {
  jq -e '.api.budget.windows[] | .left == .requests' "$M/.smartlead/stats.json"
}

# Where each request takes longer than its share of the window, several are under way at once.
@test "a slow service is asked at the full rate too" {
  local spread
  start_sandbox
  mount_sl
  at_once "$SANDBOX_PID" "$DAEMON"
  fault '{"kind":"latency","method":"POST","path":"*/leads","count":-1,"ms":1500}'
  wait_for -t 5 window_is_empty
  mark
  rows 8000 | cat >>"$M/campaigns/$C/leads.csv"
  requests_are 20 "$posts"
  # The first alone shows what is wrong; the tenth leaves with its answer, the twentieth one window later.
  spread=$(journal | jq -s "map(select($posts).t) | max - min")
  echo "# the last request came $spread ms after the first" >&3
  [ "$spread" -le $(((1500 + 2000) * 110 / 100 * E2E_SLOW)) ] || fail "$spread ms"
}

# Appends the next 4,000 rows, in the background.
next_import() {
  imports=$((imports + 1))
  rows 4000 | sed "s/^lead/import${imports}_/" >"$T/in$imports.csv"
  in_background bash -c 'exec cat "$0" >>"$1"' "$T/in$imports.csv" "$M/campaigns/$C/leads.csv"
  wait_for test -e "$M/.smartlead/imports/$imports.json"
}

# A daemon that dies in the middle: its journal knows what was sent, the next mount goes on. Should an import be through before
# there were 50 kills, another one begins.
@test "killed at 50 random moments of 4,000-row imports: 4,000 leads each, none twice" {
  local i imports=0 before
  start_sandbox --rate=0
  fault '{"kind":"latency","method":"POST","path":"*/leads","count":-1,"ms":150,"spread_ms":500}'
  before=$(leads_of)
  mount_sl
  for i in {1..50}; do
    [ "$imports" != 0 ] && [ "$(jq -r .state "$M/.smartlead/imports/$imports.json")" = running ] || next_import
    sleep "0.$(printf '%03d' $((RANDOM % 700)))"
    kill -KILL "$DAEMON"
    daemon_is_gone "$DAEMON"
    umount -l "$M"
    mount_sl
  done
  faults_off
  wait_for -t 60 all_done
  for i in $(seq "$imports"); do
    jq -e '.state == "done" and .total == 4000 and .accepted + .confirmed == 4000' "$M/.smartlead/imports/$i.json" >/dev/null ||
      fail "$(cat "$M/.smartlead/imports/$i.json")"
    equal 4000 "$(sql "SELECT count(*) FROM maps m JOIN leads l ON l.id=m.lead_id WHERE campaign_id=$C AND email GLOB 'import${i}_*'")"
  done
  equal $((before + 4000 * imports)) "$(leads_of)"
  equal 0 "$(sql "SELECT count(*) FROM (SELECT 1 FROM maps WHERE campaign_id=$C GROUP BY lead_id HAVING count(*)>1)")"
  equal $((before + 4000 * imports)) "$(mlr --icsv --ojson cat "$M/campaigns/$C/leads.csv" | jq length)"
  echo "# $imports imports, $(requests_made "$posts") requests, $(jq -s 'map(.confirmed) | add' "$M"/.smartlead/imports/*.json) rows confirmed" >&3
}

all_done() {
  [ "$(cat "$M"/.smartlead/imports/*.json | jq -s 'all(.state == "done")')" = true ]
}
