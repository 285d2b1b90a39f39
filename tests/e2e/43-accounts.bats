# email-accounts/ and email-accounts.csv: what is shown and under which names, what it costs, and that no password is ever
# seen. Each test runs in both dialects.
load lib
load reading

# account SQL: one row of the simulator's accounts, as JSON
account() {
  sql "SELECT $2 FROM accounts WHERE id = $1" | jq -c '.[0]'
}

pages() {
  in_dialect "$1" --size=1,0,250
  cat "$M"/email-accounts/*/account.json "$M/email-accounts.csv" >"$T/out"
  requests_are 3
  equal '["0","100"] ["100","100"] ["200","100"]' "$(journal | jq -c '[.query.offset, .query.limit]' | paste -sd ' ')"
  equal /email-accounts/ "$(journal | jq -r .path | sort -u)"
  equal 250 "$(ls "$M/email-accounts" | wc -l)"
  equal 250 "$(grep -c '"from_email"' "$T/out")"
  python3 - "$M/email-accounts.csv" <(sql 'SELECT * FROM accounts ORDER BY id DESC') <<'PYTHON'
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")))
held = json.load(open(sys.argv[2]))
assert len(rows) == len(held) == 250
for row, want in zip(rows, held):
    for name, column in (("id", "id"), ("from_name", "from_name"), ("from_email", "from_email"), ("smtp_host", "smtp_host"),
                         ("max_email_per_day", "message_per_day"), ("type", "type"), ("warmup_status", "warmup")):
        assert row[name] == ("" if want[column] is None else str(want[column])), (name, row, want)
PYTHON
  mark
  cat "$M"/email-accounts/*/{account.json,warmup.json,signature.html} "$M/email-accounts.csv" >/dev/null
  ls -lR "$M/email-accounts" >/dev/null
  requests_are 0
}

# endpoint: accounts
@test "all account files and the table: one request a page, reference" {
  pages reference
}

# endpoint: accounts
@test "all account files and the table: one request a page, live" {
  pages live
}

shown() {
  in_dialect "$1"
  local a=$M/email-accounts/401-bruno.ruiz1@trybakers.example id
  equal "account.json signature.html warmup-stats.csv warmup-stats.json warmup.json" "$(ls "$a" | paste -sd ' ')"
  # Under the contract's names, and nobody but the owner may read it.
  equal "$(account 401 "from_name, from_email, username, smtp_host, smtp_port, smtp_port_type, imap_host, imap_port, imap_username,
    message_per_day AS max_email_per_day, tracking AS custom_tracking_url, bcc, signature, client_id, wait_mins AS
    time_to_wait_in_mins, reply_to AS different_reply_to_address")" \
    "$(jq -c '{from_name, from_email, username, smtp_host, smtp_port, smtp_port_type, imap_host, imap_port, imap_username,
      max_email_per_day, custom_tracking_url, bcc, signature, client_id, time_to_wait_in_mins, different_reply_to_address}' "$a/account.json")"
  equal '"***" "***"' "$(jq -c '.password, .imap_password' "$a/account.json" | paste -sd ' ')"
  equal "id from_name from_email username password smtp_host" "$(jq -r 'keys_unsorted[]' "$a/account.json" | head -n 6 | paste -sd ' ')"
  equal 401 "$(jq .id "$a/account.json")"
  equal false "$(jq 'has("message_per_day") or has("bcc_email") or has("minTimeToWaitInMins")' "$a/account.json")"
  for id in "$M"/email-accounts/*/account.json; do
    [[ $(stat -c %a "$id") =~ ^[46]00$ ]] || fail "$id: mode $(stat -c %a "$id")"
  done
  equal 8 "$(ls "$M/email-accounts" | wc -l)"
  # An account of a token has no passwords and no hosts to show.
  equal '[null,null,null,null]' "$(jq -c '[.password, .imap_password, .smtp_host, .imap_host]' "$M"/email-accounts/403/account.json)"
  equal "$(account 404 failure)" "$(jq -c '{failure: .smtp_failure_error}' "$M"/email-accounts/404/account.json)"
  # The signature is a file, byte for byte, with a newline behind it.
  printf '%s\n' '<div>Bruno Ruiz</div><div><b>Try Bakers</b> · Ávila</div>' | cmp - "$a/signature.html"
  equal "" "$(cat "$M"/email-accounts/402/signature.html)"
  # Warm-up, as far as an answer tells it.
  equal '{"warmup_enabled":true,"total_warmup_per_day":25,"daily_rampup":null,"reply_rate_percentage":30}' "$(jq -c . "$a/warmup.json")"
  equal false "$(jq .warmup_enabled "$M"/email-accounts/402/warmup.json)"
  requests_are 1
}

@test "account.json, signature.html and warmup.json show what the service holds, reference" {
  shown reference
}

@test "account.json, signature.html and warmup.json show what the service holds, live" {
  shown live
}

warmup_stats() {
  in_dialect "$1"
  local a=$M/email-accounts/401 never=$M/email-accounts/403
  ls "$M/email-accounts" >/dev/null
  mark
  cat "$a/warmup-stats.csv" >"$T/days"
  cat "$a/warmup-stats.json" >"$T/json"
  requests_are 1
  requests_are 1 '.method == "GET" and .path == "/email-accounts/401/warmup-stats"'
  equal "date,sent_count,reply_count,save_from_spam_count,inbox_count,spam_count" "$(head -n 1 "$T/days")"
  equal 8 "$(wc -l <"$T/days")"
  diff <(tail -n +2 "$T/days") \
    <(jq -r '.stats_by_date[] | "\(.date),\(.sent_count),\(.reply_count),\(.save_from_spam_count),,"' "$T/json")
  equal "$(date -u -d yesterday +%F)" "$(tail -n 1 "$T/days" | cut -d, -f1)"
  # Counters come as texts, and stay what they are.
  equal '"string" 401' "$(jq -c '(.sent_count | type), .id' "$T/json" | paste -sd ' ')"
  equal "$(jq -r .sent_count "$T/json")" "$(awk -F, 'NR > 1 { s += $2 } END { print s }' "$T/days")"
  # Where warm-up was never on there is nothing to list, and nothing to read.
  equal "account.json signature.html warmup.json" "$(ls "$never/" | paste -sd ' ')"
  requests_are 1
  equal ENOENT "$(errno_of "$never/warmup-stats.csv")"
  equal ENOENT "$(errno_of "$never/warmup-stats.json")"
  requests_are 2
  # Faults: tried again; an error in the end.
  refresh email-accounts/401/warmup-stats.csv
  fault '{"kind":"status","status":503,"path":"*/warmup-stats"}'
  cmp "$T/days" "$a/warmup-stats.csv"
  requests_are 2 '.path | endswith("/warmup-stats")'
  faults_off
  fault '{"kind":"html","path":"*/402/warmup-stats","count":-1}'
  equal EIO "$(errno_of "$M/email-accounts/402/warmup-stats.json")"
}

# endpoint: warmup-stats
@test "warmup-stats: the last seven days as CSV and as the API gives them, reference" {
  warmup_stats reference
}

# endpoint: warmup-stats
@test "warmup-stats: the last seven days as CSV and as the API gives them, live" {
  warmup_stats live
}

senders() {
  in_dialect "$1"
  equal "401-bruno.ruiz1@trybakers.example 402-chloe.ruiz2@trybakers.example" "$(ls "$C/email-accounts" | paste -sd ' ')"
  requests_are 1
  requests_are 1 '.path == "/campaigns/700001/email-accounts"'
  equal ../../../email-accounts/401-bruno.ruiz1@trybakers.example "$(readlink "$C/email-accounts/401-bruno.ruiz1@trybakers.example")"
  equal "401 402" "$(cat "$C"/email-accounts/*/account.json | jq .id | paste -sd ' ')"
  requests_are 2
  requests_are 1 '.path == "/email-accounts/"'
  equal "" "$(ls "$M/campaigns/700012/email-accounts")"
  equal "" "$(find -L "$M"/campaigns/*/email-accounts -type l)" "dangling links"
  requests_are 13
  equal "$(sql_value 'SELECT count(*) FROM links')" "$(find "$M"/campaigns/*/email-accounts -type l | wc -l)"
  equal ENOENT "$(errno_of "$C/email-accounts/403-doerte.ruiz3@tryovens.example/account.json")"
  requests_are 13
}

# endpoint: campaign-accounts
@test "a campaign's accounts are links, reference" {
  senders reference
}

# endpoint: campaign-accounts
@test "a campaign's accounts are links, live" {
  senders live
}

aliases() {
  in_dialect "$1"
  local name=401-bruno.ruiz1@trybakers.example
  equal $name "$(readlink "$M/email-accounts/401")"
  equal $name "$(readlink "$M/email-accounts/bruno.ruiz1@trybakers.example")"
  cmp "$M/email-accounts/401/account.json" "$M/email-accounts/$name/account.json"
  refute grep -Ex '[0-9]+|[^0-9].*' <(ls "$M/email-accounts")
  requests_are 1
  # Two accounts may have one address: either has its directory, and the address leads to one of them.
  edit "UPDATE accounts SET from_email = 'bruno.ruiz1@trybakers.example' WHERE id = 402; UPDATE accounts SET from_email =
    'a/b' || char(10) || '@x.example' WHERE id = 404; UPDATE accounts SET from_email = '..' WHERE id = 405" >/dev/null
  refresh
  equal 8 "$(ls "$M/email-accounts" | wc -l)"
  equal "401-bruno.ruiz1@trybakers.example 402-bruno.ruiz1@trybakers.example 404-a-b-@x.example 405---" \
    "$(ls "$M/email-accounts" | grep -E '^40[1245]-' | paste -sd ' ')"
  [[ $(readlink "$M/email-accounts/bruno.ruiz1@trybakers.example") =~ ^40[12]-bruno ]]
  equal 404 "$(jq .id "$M/email-accounts/404-a-b-@x.example/account.json")"
  requests_are 1
  # An id that the listing lacks is asked for once; one that is new is found.
  mark
  refute test -e "$M/email-accounts/499"
  refute test -e "$M/email-accounts/499"
  refute test -e "$M/email-accounts/nobody@x.example"
  requests_are 1
  requests_are 1 '.path == "/email-accounts/499/"'
  edit "INSERT INTO accounts(id, created_at, updated_at, from_name, from_email, password) VALUES (450, '2026-03-01T10:00:00.000Z',
    '2026-03-01T10:00:00.000Z', 'New', 'new@x.example', 'n3w-s3cret')" >/dev/null
  mark
  equal New "$(jq -r .from_name "$M/email-accounts/450/account.json")"
  requests_are 1 '.path == "/email-accounts/450/"'
  requests_are 2
  equal 450-new@x.example "$(readlink "$M/email-accounts/new@x.example")"
  refute grep -rqF n3w-s3cret "$M/email-accounts" "$M/email-accounts.csv" "$M/.smartlead/stats.json" "$M/.smartlead/requests"
}

# endpoint: account
@test "by bare id and by bare address; names are safe, reference" {
  aliases reference
}

# endpoint: account
@test "by bare id and by bare address; names are safe, live" {
  aliases live
}

# Every file of the mount, the mount's own ones, what the daemon writes to its log and keeps on disk: no password in clear or in
# base64, in whatever answer the service puts it, and no API key.
secrets() {
  in_dialect "$1"
  few_leads
  edit "UPDATE accounts SET password = 'hunter2-' || id, imap_password = 'imap-hunter2-' || id WHERE type = 'SMTP'" >/dev/null
  copy_plainly "$M" "$T/copy"
  # the single account, and its failure, with a refusal for errors
  refute test -e "$M/email-accounts/498"
  refresh email-accounts/402/warmup-stats.json
  fault '{"kind":"status","status":400,"path":"*/402/warmup-stats","count":-1,"body":{"error":"no"}}'
  equal EINVAL "$(errno_of "$M/email-accounts/402/warmup-stats.json")"
  cp "$M"/.smartlead/{errors,requests,stats.json} "$T/copy/"
  "$SMARTLEADFS" status "$M" >"$T/copy/status"
  "$SMARTLEADFS" status --json "$M" >"$T/copy/status.json"
  sql "SELECT password AS s FROM accounts UNION SELECT imap_password FROM accounts UNION SELECT base64(password) FROM accounts
    UNION SELECT base64(imap_password) FROM accounts" | jq -r '.[].s | select(. != null)' >"$T/secrets"
  echo "$KEY" >>"$T/secrets"
  equal 21 "$(wc -l <"$T/secrets")" # two of each of five accounts, in clear and coded; and the key
  refute grep -rF -f "$T/secrets" "$T/copy"
  refute grep -rF -f "$T/secrets" "$XDG_STATE_HOME" "$T/log/mnt"
  equal 5 "$(grep -rlF '"password": "***"' "$T/copy/email-accounts" | wc -l)"
  # They did come.
  curl -sG -A x --data-urlencode "api_key=$KEY" "$API/email-accounts/?limit=100" | grep -qF -f "$T/secrets"
  # They are not shown while a campaign's accounts, with passwords in clear, are fetched again.
  refresh
  ls -lR "$M"/campaigns/*/email-accounts/ >"$T/list"
  refute grep -F -f "$T/secrets" "$T/list"
}

@test "no password and no key is ever seen, reference" {
  secrets reference
}

@test "no password and no key is ever seen, live" {
  secrets live
}

debug_log() {
  in_dialect "$1"
  unmount_sl
  mount_sl -n debug -d -o "dialect=$1"
  cat "$M"/email-accounts/*/account.json "$M"/campaigns/*/email-accounts/*/account.json >/dev/null
  refute test -e "$M/email-accounts/498"
  expect_log .
  sql "SELECT password AS s FROM accounts UNION SELECT base64(password) FROM accounts" | jq -r '.[].s | select(. != null)' >"$T/secrets"
  echo "$KEY" >>"$T/secrets"
  [ "$(wc -l <"$T/secrets")" -gt 10 ]
  [ -s "$T/log/debug" ]
  refute grep -qaF -f "$T/secrets" "$T/log/debug"
}

@test "-d says no password and no key either, reference" {
  debug_log reference
}

@test "-d says no password and no key either, live" {
  debug_log live
}
