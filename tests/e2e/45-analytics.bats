# Analytics, statistics, webhooks, the block list: bytes, and what they cost, from the simulator's journal.
load lib

# campaign_dir: the demo account's first campaign
campaign_dir() {
  C=$(echo "$M"/campaigns/700001-*)
}

in_dialect() { # DIALECT [SANDBOX-OPTION...]
  start_sandbox --dialect="$@" --rate=0
  mount_sl -o "dialect=$1"
  campaign_dir
  mark
}

sql() {
  curl -sSG --data-urlencode "q=$1" "$CONTROL/sql"
}

# sums FILE COLUMN: of a CSV file
sums() {
  awk -F, -v c="$2" 'NR > 1 { s += $c } END { print s + 0 }' "$1"
}

one_year() {
  in_dialect "$1"
  local to from file
  to=$(date -u +%F) from=$(date -u -d '364 days ago' +%F) file=$C/analytics/${from}_$to.csv
  cat "$file" >"$T/days"
  requests_are 13
  equal "date,sent,opened,clicked,replied,bounced,unsubscribed" "$(head -n 1 "$T/days")"
  equal 366 "$(wc -l <"$T/days")"
  equal "$from" "$(sed -n '2s/,.*//p' "$T/days")"
  equal "$to" "$(sed -n '$s/,.*//p' "$T/days")"
  equal "$(sql "SELECT count(*) AS n FROM sends WHERE campaign_id=700001 AND substr(sent_time,1,10) BETWEEN '$from' AND '$to'" |
    jq -r '.[0].n')" "$(sums "$T/days" 2)" "sent"
  # The same as JSON, from the same answer.
  equal "$(tail -n +2 "$T/days")" \
    "$(jq -r '.[] | [.date, .sent, .opened, .clicked, .replied, .bounced, .unsubscribed] | map(. // "" | tostring) | join(",")' \
      "${file%.csv}.json")"
  requests_are 13
}

# endpoint: days
@test "365 days are 13 requests, reference" {
  one_year reference
  equal 0 "$(grep -c ',,' "$T/days" || :)"
}

# endpoint: days
@test "365 days are 13 requests, live: clicks are unknown" {
  one_year live
  equal 365 "$(cut -d, -f4 "$T/days" | grep -cx '' || :)"
}

last_days() {
  in_dialect "$1"
  equal "last-7-days.csv last-30-days.csv" "$(ls -U "$C/analytics" | tr '\n' ' ' | sed 's/ $//')"
  requests_are 0
  cat "$C"/analytics/last-{7,30}-days.csv >"$T/days"
  requests_are 2
  equal 39 "$(wc -l <"$T/days")"
  equal "$(tail -n 7 "$C/analytics/last-30-days.csv")" "$(tail -n 7 "$C/analytics/last-7-days.csv")"
  equal "$(date -u +%F)" "$(sed -n '$s/,.*//p' "$T/days")"
  requests_are 2
}

@test "the last 7 and 30 days, reference" {
  last_days reference
}

@test "the last 7 and 30 days, live" {
  last_days live
}

@test "names that are no span are not there" {
  in_dialect live
  local name
  for name in 2026-01-01_2026-02-30.csv 2026-02-01_2026-01-01.csv 1990-01-01_2026-01-01.csv 2026-01-01.csv x.csv; do
    equal ENOENT "$(errno_of "$C/analytics/$name")" "$name"
  done
  for name in step-0.csv step-21.csv all.csv sent.csv opened; do
    equal ENOENT "$(errno_of "$C/statistics/$name")" "$name"
  done
  requests_are 0
}

@test "days with totals in place of days are an error, not a file" {
  in_dialect live
  fault '{"kind":"junk","path":"*day-wise*","count":-1,"body":{"success":true,"data":{"sent":180}}}'
  equal EIO "$(errno_of "$C/analytics/last-7-days.csv")"
}

statistics() {
  in_dialect "$1"
  local all n
  all=$(sql 'SELECT count(*) AS n FROM sends WHERE campaign_id=700001' | jq -r '.[0].n')
  cat "$C/statistics.csv" >"$T/all"
  requests_are $((all / 1000 + 1))
  n=$(python3 -c 'import csv,sys; rows=list(csv.DictReader(open(sys.argv[1], newline=""))); print(len(rows), len({r["stats_id"] for r in rows}))' "$T/all")
  equal "$all $all" "$n"
  equal "lead_email,lead_name,lead_category,sequence_number,stats_id,email_campaign_seq_id,seq_variant_id,email_subject,sent_time,open_time,click_time,reply_time,open_count,click_count,is_unsubscribed,is_bounced" \
    "$(head -n 1 "$T/all")"
  refute grep -q '<div>' "$T/all"
  mark
  cat "$C"/statistics/{replied,bounced,step-2}.csv >"$T/some"
  requests_are 2 '.query.email_status != null'
  requests_are 1 '.query.email_sequence_number == "2"'
  equal "$(sql 'SELECT count(*) AS n FROM sends WHERE campaign_id=700001 AND is_bounced' | jq -r '.[0].n')" \
    "$(($(wc -l <"$C/statistics/bounced.csv") - 1))" bounced
  equal "" "$(ls "$C/statistics")"
}

# endpoint: statistics
@test "statistics in pages of 1000, and filtered, reference" {
  statistics reference
}

# endpoint: statistics
@test "statistics in pages of 1000, and filtered, live" {
  statistics live
}

@test "statistics: totals of each step are an error, not a file" {
  in_dialect live
  fault '{"kind":"junk","path":"*statistics*","count":-1,"body":{"ok":true,"data":[{"sequence_number":1,"sent":4}]}}'
  equal EIO "$(errno_of "$C/statistics.csv")"
}

@test "50 at once read statistics.csv and analytics: each is asked once" {
  in_dialect live
  fault '{"kind":"latency","ms":300,"count":-1,"path":"*/statistics"}'
  local i pids=()
  for i in {1..50}; do
    cat "$C/statistics/opened.csv" "$C/analytics/last-7-days.csv" "$C/analytics.json" >"$T/out$i" 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  requests_are 3
  equal 1 "$(md5sum "$T"/out* | cut -d' ' -f1 | sort -u | wc -l)"
}

totals() {
  in_dialect "$1"
  equal 700001 "$(jq .id "$C/analytics.json")"
  equal "$(sql 'SELECT count(*) AS n FROM sends WHERE campaign_id=700001' | jq -r '.[0].n')" \
    "$(jq -r .sent_count "$C/analytics.json")" sent_count
  jq -e . "$M/analytics/overview.json" >"$T/overview"
  equal Interested "$(jq -r '.[0].name' "$M/leads/categories.json")"
  requests_are 3
  cat "$C/analytics.json" "$M/analytics/overview.json" "$M/leads/categories.json" >/dev/null
  requests_are 3
}

# endpoint: analytics overview categories
@test "analytics.json, overview.json, categories.json: one request each, reference" {
  totals reference
  jq -e .response_analysis "$T/overview"
}

# endpoint: analytics overview categories
@test "analytics.json, overview.json, categories.json: one request each, live" {
  totals live
  jq -e .overall_stats.sent "$T/overview"
  equal 29 "$((($(date -ud "$(journal | jq -r 'select(.query.end_date) | .query.end_date' | head -n 1)" +%s) -
    $(date -ud "$(journal | jq -r 'select(.query.end_date) | .query.start_date' | head -n 1)" +%s)) / 86400))" "days"
}

# endpoint: webhooks
@test "webhooks of the account, reference; a campaign's are empty, without a request" {
  in_dialect reference
  equal crm "$(jq -r .name "$M"/webhooks/4401-crm.json)"
  requests_are 1
  equal "" "$(ls "$M"/campaigns/*/webhooks/*.json 2>/dev/null)"
  equal ENOENT "$(errno_of "$C/webhooks/4401-crm.json")"
  requests_are 1
}

# endpoint: campaign-webhooks
@test "webhooks of a campaign, live; the account's are empty, without a request" {
  in_dialect live
  equal https://crm.example/h "$(jq -r .webhook_url "$C"/webhooks/4401-crm.json)"
  requests_are 1
  equal "" "$(ls "$M/webhooks")"
  equal ENOENT "$(errno_of "$M/webhooks/4401-crm.json")"
  requests_are 1
}

@test "webhooks where the way of speaking must be learned: one request says that they are not there" {
  start_sandbox --dialect=live --rate=0
  mount_sl
  campaign_dir
  ls "$M/webhooks" "$M/webhooks" >"$T/out"
  equal ENOENT "$(errno_of "$M/webhooks/1-a.json")"
  requests_are 1 '.path == "/webhooks"'
  unmount_sl
  start_sandbox --dialect=reference --rate=0
  mount_sl
  mark
  ls "$M"/campaigns/*/webhooks >"$T/out"
  requests_are 1 '.path | endswith("/webhooks")'
}

# endpoint: block-list
@test "blocklist, live: a line each, in pages of 1000" {
  in_dialect live
  equal "$(sql 'SELECT entry FROM blocks ORDER BY id DESC' | jq -r '.[].entry')" "$(cat "$M/blocklist")"
  requests_are 1
  edit "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2500)
    INSERT INTO blocks(id,entry,created_at) SELECT 400000+i, 'd'||i||'.example', now() FROM n"
  echo all >"$M/.smartlead/refresh"
  mark
  cat "$M/blocklist" >"$T/blocks"
  requests_are 3
  equal "$(sql 'SELECT count(*) AS n FROM blocks' | jq -r '.[0].n')" "$(sort -u "$T/blocks" | wc -l)"
  equal 644 "$(stat -c %a "$M/blocklist")"
  equal "$(wc -c <"$T/blocks")" "$(stat -c %s "$M/blocklist")"
}

@test "blocklist, reference: can't be read, and says so" {
  in_dialect reference
  equal "200 0" "$(stat -c '%a %s' "$M/blocklist")"
  equal EOPNOTSUPP "$(errno_of "$M/blocklist")"
  python3 -c 'import os, sys; assert os.stat(sys.argv[1]).st_size == 0' "$M/blocklist"
  grep -q 'blocklist.*EOPNOTSUPP' "$M/.smartlead/errors"
  requests_are 0
}

@test "blocklist where the way of speaking must be learned: stat does not fail" {
  start_sandbox --dialect=reference --rate=0
  mount_sl
  python3 -c 'import os, sys; assert os.stat(sys.argv[1]).st_size == 0' "$M/blocklist"
  equal "200 0" "$(stat -c '%a %s' "$M/blocklist")"
  equal EOPNOTSUPP "$(errno_of "$M/blocklist")"
  requests_are 1 '.path | startswith("/leads")'
}

@test "import-settings.json: all false, no request" {
  in_dialect live
  equal "false false false false" "$(jq -r '[.[]] | map(tostring) | join(" ")' "$C/import-settings.json")"
  requests_are 0
}

@test "ls -lR of a campaign asks for none of its analytics and statistics" {
  in_dialect live
  ls -lR "$C/" >"$T/out"
  requests_are 0 '.path | test("analytics|statistics")'
}
