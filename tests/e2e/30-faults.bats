# Faults of the service: the right bytes, or the errno of the contract's section 6; never junk, always in time.
load lib

# With -o timeout=2 no read may take longer than this: three time-outs and a bit (queue, first byte, retries).
patience=12000

setup() {
  e2e_setup
  start_sandbox --rate=0
  mount_sl -o timeout=2
  C=$M/campaigns/700001-Bakers-north
  F=$C/sequences.json
  mkdir "$T/plain"
  # What an undisturbed mount shows.
  mount_sl -n undisturbed
  cat "$M/campaigns/700001-Bakers-north/sequences.json" >"$T/want"
  unmount_sl
  M=$T/mnt
  mark
}

# afterwards: the fault is gone, the same read is right at once
recovers() {
  faults_off
  ${RECOVERY:-} cmp "$T/want" "$F"
}

# survives FAULT [REQUESTS]: injected once, the reader sees nothing of it
survives() {
  local start
  start=$(now_ms)
  fault "$1"
  cat "$F" >"$T/got"
  cmp "$T/want" "$T/got"
  within "$start" $patience
  [ $# = 1 ] || requests_are "$2"
  jq -e '.[0].hits > 0' < <(control GET /faults) >/dev/null || fail "the fault was not used"
  recovers
}

# refused FAULT ERRNO: injected for ever, every reader gets that errno, in time, and nothing is left of it afterwards
refused() {
  local start got
  start=$(now_ms)
  fault "$(jq -c '. + {count: -1}' <<<"$1")"
  got=$(errno_of "$F")
  [[ $got =~ ^($2)$ ]] || fail "$1: $got, not $2"
  equal 0 "$(wc -c <"$T/read")" "bytes of a failed read"
  within "$start" $patience
  tail -n 1 "$M/.smartlead/errors" | grep -q $'\tcampaigns/700001-Bakers-north/sequences.json\t'"$got"$'\t.' ||
    [ "$got" = ENOENT ] || fail "no line in errors: $(tail -n 1 "$M/.smartlead/errors")"
  # nothing else suffers
  cat "$M/campaigns.csv" "$C/status" >/dev/null
  [ "$got" = ENOENT ] || recovers
}

seq_fault() {
  jq -cn --arg kind "$1" --argjson more "${2:-{\}}" '{kind: $kind, path: "*/sequences"} + $more'
}

@test "latency: the right bytes" {
  survives "$(seq_fault latency '{"ms":300,"spread_ms":200}')" 1
}

@test "latency on the first byte beyond the time-out: ETIMEDOUT" {
  refused "$(seq_fault latency '{"ms":30000}')" ETIMEDOUT
}

@test "500 or 503 once: tried again" {
  survives "$(seq_fault status '{"status":500}')" 2
  echo campaigns/700001-Bakers-north/sequences >"$M/.smartlead/refresh"
  mark
  survives "$(seq_fault status '{"status":503,"body":"<html>Service Unavailable</html>"}')" 2
}

@test "500 always: EIO" {
  refused "$(seq_fault status '{"status":500}')" EIO
}

@test "502 with a page always: EIO" {
  refused "$(seq_fault status '{"status":502,"body":"<html><h1>Bad gateway</h1></html>"}')" EIO
  [ "$(requests_made '.status == 502')" -le 4 ] || fail "more than four tries"
}

@test "429 once, with Retry-After: waited for, then the right bytes" {
  local start
  mount_sl -n patient
  F=$M/campaigns/700001-Bakers-north/sequences.json
  mark
  fault "$(seq_fault status '{"status":429,"retry_after":3}')"
  start=$(now_ms)
  cat "$F" >"$T/got"
  [ $(($(now_ms) - start)) -ge 3000 ] || fail "Retry-After was not honoured"
  cmp "$T/want" "$T/got"
  # nobody else asked anything in the meantime
  journal | jq -se '.[0].status == 429 and .[1].status == 200 and .[1].t - .[0].t >= 3000' >/dev/null
}

@test "429 without Retry-After: at least two seconds of silence" {
  mount_sl -n patient
  F=$M/campaigns/700001-Bakers-north/sequences.json
  mark
  fault "$(seq_fault status '{"status":429}')"
  cat "$F" "$M"/campaigns/700002*/sequences.json >"$T/got"
  journal | jq -se '.[0].status == 429 and .[1].status == 200 and .[1].t - .[0].t >= 2000' >/dev/null
}

@test "429 always: EBUSY" {
  RECOVERY=wait_for # the ban ends in its own time
  refused "$(seq_fault status '{"status":429,"retry_after":1}')" EBUSY
}

@test "400 and 422: EINVAL" {
  refused "$(seq_fault status '{"status":400,"body":{"error":"no such thing as this"}}')" EINVAL
  grep -q 'no such thing as this' "$M/.smartlead/errors"
}

@test "401: EACCES" {
  refused "$(seq_fault status '{"status":401,"body":{"message":"Invalid API Key"}}')" EACCES
  grep -q 'Invalid API Key' "$M/.smartlead/errors"
}

@test "403: EACCES" {
  refused "$(seq_fault status '{"status":403}')" EACCES
}

@test "404: ENOENT, not believed for ever" {
  refused "$(seq_fault status '{"status":404,"body":{"error":"Campaign not found"}}')" ENOENT
  faults_off
  wait_for cmp "$F" "$T/want"
}

@test "connection reset before the answer, once: tried again" {
  survives "$(seq_fault reset_before)"
}

@test "connection reset after the request took effect, once: tried again" {
  survives "$(seq_fault reset_after)"
}

@test "connection reset always: an error" {
  refused "$(seq_fault reset_before)" 'EIO|EHOSTUNREACH'
}

@test "a body cut short once: tried again; never half an answer" {
  survives "$(seq_fault cut)" 2
}

@test "a body cut short always: EIO" {
  refused "$(seq_fault cut)" EIO
}

@test "junk for JSON once: tried again" {
  survives "$(seq_fault junk)" 2
}

@test "junk for JSON always: EIO" {
  refused "$(seq_fault junk)" EIO
}

@test "an empty answer once: tried again" {
  survives "$(seq_fault empty)"
}

@test "an empty answer always: an error, never an empty file" {
  refused "$(seq_fault empty)" 'EIO|ENOENT'
}

@test "a page of HTML once: tried again" {
  survives "$(seq_fault html)" 2
}

@test "a page of HTML always: EIO" {
  refused "$(seq_fault html)" EIO
}

@test "an endless body: EFBIG or a time-out" {
  refused "$(seq_fault endless)" 'EFBIG|ETIMEDOUT|EIO'
}

@test "a huge body: EFBIG" {
  refused "$(seq_fault huge '{"bytes":104857600}')" EFBIG
}

@test "a deep body: EIO" {
  refused "$(seq_fault deep)" EIO
}

@test "one byte a second is as good as silence: ETIMEDOUT" {
  refused "$(seq_fault drip)" 'ETIMEDOUT|EIO'
}

@test "a hang: ETIMEDOUT" {
  refused "$(seq_fault hang)" ETIMEDOUT
}

@test "200 with ok false: an error with the service's words" {
  refused "$(seq_fault ok_false)" 'EIO|EINVAL'
  grep -q 'Something went wrong' "$M/.smartlead/errors"
}
