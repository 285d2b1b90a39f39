# The service goes away, or answers junk where a list is due; and the two ways in which it may speak.
load lib

patience=12000

setup() {
  e2e_setup
  start_sandbox --rate=0
  mount_sl -o timeout=2
  F=$M/campaigns/700001-Bakers-north/sequences.json
}

@test "every fault on the list of accounts: listing and table, right or an error" {
  local kind got start
  for kind in junk empty html hang; do
    fault '{"kind":"'$kind'","path":"/email-accounts*","count":-1}'
    start=$(now_ms)
    got=$(errno_of "$M/email-accounts.csv")
    [[ $got =~ ^(EIO|ETIMEDOUT|EHOSTUNREACH|EINVAL)$ ]] || fail "$kind: email-accounts.csv: \"$got\""
    within "$start" $patience
    [ "$kind" = hang ] || refute ls "$M/email-accounts" >"$T/list" 2>/dev/null
    equal "" "$(cat "$T/list")" "what $kind shows for a listing"
    faults_off
    wait_for equal 9 "$(wc -l <"$M/email-accounts.csv")"
    # What is cached would be served from now on; so each has a mount of its own.
    unmount_sl
    mount_sl -o timeout=2
  done
}

@test "the API goes away: what is cached is served, its age is told, and it comes back" {
  unmount_sl
  mount_sl -o timeout=2,ttl=1
  F=$M/campaigns/700001-Bakers-north/sequences.json
  cat "$F" >"$T/want"
  cat "$M/campaigns.csv" >"$T/campaigns"
  fault '{"kind":"status","status":503,"count":-1}'
  wait_for stale
  cmp "$F" "$T/want"
  cmp "$M/campaigns.csv" "$T/campaigns"
  cat "$M"/campaigns/*/status >/dev/null
  "$SMARTLEADFS" status "$M" | grep -q '^OUTAGE .* old$'
  # what is not cached: an error, in time
  equal EIO "$(errno_of "$(echo "$M"/campaigns/700009-*)/sequences.json")"
  faults_off
  edit "UPDATE campaigns SET name='Renamed meanwhile' WHERE id=700001" >/dev/null
  wait_for grep -q 'Renamed meanwhile' "$M/campaigns.csv"
  cat "$M"/campaigns/700001/sequences.json >/dev/null
  wait_for fresh
}

stale() {
  cat "$F" >"$T/served" && cmp "$T/served" "$T/want" && [ "$(jq .cache.oldest_stale_ms "$M/.smartlead/stats.json")" -gt 1000 ]
}

fresh() {
  cat "$M"/campaigns/700001/sequences.json "$M/campaigns.csv" >/dev/null
  [ "$(jq .cache.oldest_stale_ms "$M/.smartlead/stats.json")" = 0 ]
}

@test "the simulator stops altogether: cached files go on, others fail at once" {
  local start
  cat "$F" >"$T/want"
  kill -TERM "$SANDBOX_PID"
  wait_for gone "$SANDBOX_PID"
  SANDBOXES=() CONTROLS=()
  cmp "$F" "$T/want"
  start=$(now_ms)
  got=$(errno_of "$(echo "$M"/campaigns/700009-*)/sequences.json")
  [[ $got =~ ^(EIO|EHOSTUNREACH)$ ]] || fail "$got"
  within "$start" 12000
}

@test "live dialect: the same bytes, and its faults" {
  start_sandbox --rate=0 --dialect=live
  mount_sl -n live -o timeout=2,dialect=live
  F=$M/campaigns/700001-Bakers-north/sequences.json
  cat "$F" "$M/campaigns.csv" "$M/email-accounts.csv" >"$T/got"
  cat "$F" | jq -e 'length == 3' >/dev/null
  for kind in junk html cut; do
    echo all >"$M/.smartlead/refresh"
    fault '{"kind":"'$kind'","path":"*/sequences"}'
    cat "$M/campaigns/700001-Bakers-north/sequences/1-A.html" >"$T/a"
    cmp "$T/a" "$T/mnt/campaigns/700001-Bakers-north/sequences/1-A.html"
  done
}

@test "the way the service is spoken to is learned: auto against a live simulator" {
  start_sandbox --rate=0 --dialect=live
  few_leads
  mount_sl -n live -o timeout=5
  copy_plainly "$M" "$T/copy.auto"
  unmount_sl
  mount_sl -n fixed -o timeout=5,dialect=live
  copy_plainly "$M" "$T/copy.live"
  diff -r --no-dereference "$T/copy.auto" "$T/copy.live"
}
