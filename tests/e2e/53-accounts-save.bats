# 53-accounts-save: account.json, warmup.json, signature.html and new accounts: the exact requests, and what the user sees.
load lib
load writing

A=401

in_dialect() { # DIALECT [OPTION...]
  start_sandbox --dialect="$1" --rate=0
  mount_sl -o "dialect=$1" "${@:2}"
  account
}

account() {
  D=$(echo "$M"/email-accounts/$A-*)
  cat "$D/account.json" >"$T/account"
  mark
}

# save FILTER: account.json through a jq filter, as a user would
save() {
  jq "$1" "$D/account.json" >"$T/new"
  cp "$T/new" "$D/account.json"
}

only_what_changed() {
  in_dialect "$1"
  equal 600 "$(stat -c %a "$D/account.json")"
  equal '***' "$(jq -r .password "$D/account.json")"
  save '.max_email_per_day = 33 | .bcc = "log@x.example" | .from_name = "Ana \"B\""'
  requests_are 1
  changed "POST /email-accounts/$A {\"from_name\":\"Ana \\\"B\\\"\",\"max_email_per_day\":33,\"bcc\":\"log@x.example\"}"
  # Seen at once, in every view, without a request; and it is what the service has.
  equal '33 log@x.example Ana "B"' "$(jq -r '"\(.max_email_per_day) \(.bcc) \(.from_name)"' "$D/account.json")"
  grep -q "^$A,.*33" "$M/email-accounts.csv"
  requests_are 1
  echo all >"$M/.smartlead/refresh"
  equal '33 log@x.example Ana "B"' "$(jq -r '"\(.max_email_per_day) \(.bcc) \(.from_name)"' "$D/account.json")"
  # What it replaced is kept, without passwords.
  cmp "$T/account" "$M"/.smartlead/history/email-accounts/$A/account/*.json
  # The same again, spelled otherwise, or read-only fields as they stand: nothing.
  mark
  save .
  jq -c . "$D/account.json" >"$T/new"
  cp "$T/new" "$D/account.json"
  echo '{"from_name": "Ana \"B\""}' >"$T/new"
  cp "$T/new" "$D/account.json"
  changed ''
}

# endpoint: account-update accounts
@test "account.json: only what changed is sent, reference" {
  only_what_changed reference
}

# endpoint: account-update accounts
@test "account.json: only what changed is sent, live" {
  only_what_changed live
}

the_rest_live() {
  in_dialect live
  save '.custom_tracking_url = "t.x.example" | .time_to_wait_in_mins = 15 | .different_reply_to_address = "r@x.example" | .client_id = 5'
  changed "POST /email-accounts/$A {\"custom_tracking_url\":\"t.x.example\",\"client_id\":5,\"time_to_wait_in_mins\":15,\"different_reply_to_address\":\"r@x.example\"}"
  equal '"t.x.example" 5 15 "r@x.example"' \
    "$(jq -r '"\(.custom_tracking_url | tojson) \(.client_id) \(.time_to_wait_in_mins) \(.different_reply_to_address | tojson)"' "$D/account.json")"
  requests_are 1
}

# endpoint: account-update
@test "account.json: the names of the contract in both directions, live" {
  the_rest_live
}

@test "account.json: what a service does not take is refused in its own words, nothing is lost" {
  in_dialect live
  # A client can't be taken away there, and the port decides over its type.
  save '.client_id = 5'
  refused_with 'client_id' 'Invalid argument' save '.client_id = null'
  equal 5 "$(jq .client_id "$D/account.json")"
  mark
  refused_with 'the port decides' 'Invalid argument' save '.smtp_port_type = "SSL"'
  changed ''
}

credentials() { # DIALECT WANT
  local before
  in_dialect "$1"
  before=$(held "SELECT imap_password FROM accounts WHERE id=$A")
  save '.password = "n3w-s3cret" | .smtp_port = 465 | .smtp_port_type = "SSL" | .bcc = "c@x.example"'
  changed "$2"
  equal n3w-s3cret "$(held "SELECT password FROM accounts WHERE id=$A")" 'password'
  equal "$before" "$(held "SELECT imap_password FROM accounts WHERE id=$A")" '"***" keeps the other one'
  equal '*** 465 c@x.example' "$(jq -r '"\(.password) \(.smtp_port) \(.bcc)"' "$D/account.json")"
  # One page to learn whether the service can log in now.
  requests_are 2
  refute grep -rF n3w-s3cret "$M/.smartlead" "$T/log" "$T/state"
  # A host that the service can't log in to: its words, and all stays as it was.
  refused_with 'getaddrinfo ENOTFOUND' 'Invalid argument' save '.smtp_host = "no.invalid" | .password = "an0ther"'
  equal n3w-s3cret "$(held "SELECT password FROM accounts WHERE id=$A")" 'password'
  refute grep -rF an0ther "$M/.smartlead" "$T/log" "$T/state"
}

# endpoint: account-credentials
@test "account.json: credentials go the same way, reference" {
  # The reference's simulator verifies a host only when an account is made.
  in_dialect reference
  save '.password = "n3w-s3cret" | .smtp_port = 465 | .smtp_port_type = "SSL" | .bcc = "c@x.example"'
  changed "POST /email-accounts/$A {\"password\":\"***\",\"smtp_port\":465,\"smtp_port_type\":\"SSL\",\"bcc\":\"c@x.example\"}"
  equal n3w-s3cret "$(held "SELECT password FROM accounts WHERE id=$A")"
  equal '*** 465 SSL c@x.example' "$(jq -r '"\(.password) \(.smtp_port) \(.smtp_port_type) \(.bcc)"' "$D/account.json")"
  refute grep -rF n3w-s3cret "$M/.smartlead" "$T/log" "$T/state"
}

# endpoint: account-credentials
@test "account.json: credentials go to /save with the id, in one request with the rest, live" {
  credentials live "POST /email-accounts/save {\"id\":$A,\"password\":\"***\",\"smtp_port\":465,\"bcc\":\"c@x.example\"}"
}

another_address() {
  in_dialect "$1"
  local campaign
  campaign=$(dirname "$(ls -d "$M"/campaigns/*/email-accounts/$A-* | head -n 1)")
  save '.from_email = "new@x.example"'
  refute grep -qxF "${D##*/}" <(ls "$M/email-accounts")
  equal new@x.example "$(jq -r .from_email "$M/email-accounts/$A-new@x.example/account.json")"
  equal new@x.example "$(jq -r .from_email "$M/email-accounts/new@x.example/account.json")"
  # The campaigns' links follow.
  equal new@x.example "$(jq -r .from_email "$campaign/$A-new@x.example/account.json")"
  equal 1 "$(ls "$campaign" | grep -c "^$A-")"
}

@test "account.json: another address is another name, in the campaigns too, reference" {
  another_address reference
}

@test "account.json: another address is another name, in the campaigns too, live" {
  another_address live
}

@test "account.json: what is wrong is said before anything is sent" {
  in_dialect live
  local filter
  while IFS='|' read -r filter words; do
    refused_with "$words" 'Invalid argument' save "$filter"
  done <<'CASES'
.colour = 1|there is no field "colour"
.smtp_port = "x"|"smtp_port" must be a whole number
.smtp_port = 0|"smtp_port" must be from 1 to 65535
.daily_sent_count = 0|"daily_sent_count" is read-only
.smtp_port_type = "STARTTLS"|"smtp_port_type" must be one of: TLS SSL
.from_email = null|"from_email" must be a text
CASES
  echo '{"bcc": ' >"$T/new"
  refused_with 'line 2, column 1' 'Invalid argument' cp "$T/new" "$D/account.json"
  requests_are 0
  cmp "$T/account" "$D/account.json"
}

@test "account.json: an editor saves it with one request; two that change different fields both win" {
  in_dialect live
  vim -u NONE -es -c '%s/"bcc": "[^"]*"/"bcc": "v@x.example"/' -c wq "$D/account.json" </dev/null
  changed "POST /email-accounts/$A {\"bcc\":\"v@x.example\"}"
  sed -i 's/"bcc": "[^"]*"/"bcc": "s@x.example"/' "$D/account.json"
  equal 2 "$(changes | wc -l)"
  equal "account.json signature.html warmup-stats.csv warmup-stats.json warmup.json" "$(ls -A "$D" | tr '\n' ' ' | sed 's/ $//')"
  # Meanwhile the service has another number: the process that read the old text changes only what it changed.
  mark
  python3 - "$D/account.json" "$CONTROL" "$M" <<'PYTHON'
import json, sys, urllib.request
path, control, mount = sys.argv[1:]
document = json.load(open(path))
sql = json.dumps({"sql": "UPDATE accounts SET message_per_day=77 WHERE id=401"}).encode()
urllib.request.urlopen(urllib.request.Request(control + "/edit", sql)).read()
open(mount + "/.smartlead/refresh", "w").write("all\n")
document["bcc"] = "p@x.example"
with open(path, "w") as f:
    json.dump(document, f)
PYTHON
  changed "POST /email-accounts/$A {\"bcc\":\"p@x.example\"}"
  equal 77 "$(jq .max_email_per_day "$D/account.json")"
}

signature() {
  in_dialect "$1"
  printf '<p>Ana</p>\n<p>B</p>\n' >"$T/signature"
  cp "$T/signature" "$D/signature.html"
  changed "POST /email-accounts/$A {\"signature\":\"<p>Ana</p>\\n<p>B</p>\"}"
  # Byte for byte, and as a field of account.json.
  cmp "$T/signature" "$D/signature.html"
  equal '"<p>Ana</p>\n<p>B</p>"' "$(jq .signature "$D/account.json")"
  cp "$T/signature" "$D/signature.html"
  : >"$D/signature.html"
  requests_are 1
  equal 1 "$(ls "$M"/.smartlead/history/email-accounts/$A/signature/*.html | wc -l)"
  echo all >"$M/.smartlead/refresh"
  cmp "$T/signature" "$D/signature.html"
  mark
  printf '\n' >"$T/signature"
  cp "$T/signature" "$D/signature.html"
  changed "POST /email-accounts/$A {\"signature\":\"\"}"
  printf 'a\xffb\n' >"$T/signature"
  refused_with 'UTF-8' 'Invalid argument' cp "$T/signature" "$D/signature.html"
}

# endpoint: account-update
@test "signature.html, reference" {
  signature reference
}

# endpoint: account-update
@test "signature.html, live" {
  signature live
}

warmup() {
  in_dialect "$1"
  equal null "$(jq .daily_rampup "$D/warmup.json")" 'no answer tells it'
  jq '.warmup_enabled = true | .total_warmup_per_day = 30 | .daily_rampup = 6 | .reply_rate_percentage = 45' "$D/warmup.json" >"$T/new"
  cp "$T/new" "$D/warmup.json"
  changed "POST /email-accounts/$A/warmup {\"warmup_enabled\":true,\"total_warmup_per_day\":30,\"daily_rampup\":6,\"reply_rate_percentage\":45}"
  cmp "$T/new" "$D/warmup.json"
  requests_are 1
  # After the answer was fetched anew, and after a new mount.
  echo all >"$M/.smartlead/refresh"
  cmp "$T/new" "$D/warmup.json"
  equal null "$(jq .daily_rampup "$D/account.json")" 'it is no field of account.json'
  cd /
  unmount_sl
  mount_sl -o "dialect=$1"
  account
  cmp "$T/new" "$D/warmup.json"
  # What is not changed goes along.
  mark
  jq -c '{warmup_enabled: false}' "$D/warmup.json" >"$T/new"
  cp "$T/new" "$D/warmup.json"
  changed "POST /email-accounts/$A/warmup {\"warmup_enabled\":false,\"total_warmup_per_day\":30,\"daily_rampup\":6,\"reply_rate_percentage\":45}"
  equal 'false 30 6 45' "$(jq -r '[.[] | tostring] | join(" ")' "$D/warmup.json")"
  equal INACTIVE "$(held "SELECT warmup FROM accounts WHERE id=$A")"
  refused_with '"reply_rate_percentage" must be from 0 to 100' 'Invalid argument' cp /dev/stdin "$D/warmup.json" <<<'{"reply_rate_percentage": 101}'
}

# endpoint: warmup
@test "warmup.json: four settings together, and daily_rampup is what was saved last, reference" {
  warmup reference
}

# endpoint: warmup
@test "warmup.json: four settings together, and daily_rampup is what was saved last, live" {
  warmup live
}

@test "warmup.json: the reference's service wants all four; live is content with what is known" {
  in_dialect reference
  refused_with '"daily_rampup" is needed' 'Invalid argument' cp /dev/stdin "$D/warmup.json" <<<'{"reply_rate_percentage": 50}'
  changed ''
  unmount_sl
  in_dialect live
  cp /dev/stdin "$D/warmup.json" <<<'{"reply_rate_percentage": 50}'
  equal "$A 50" "$(changes | sed -n "s|^POST /email-accounts/\([0-9]*\)/warmup .*\"reply_rate_percentage\":50}|\1 50|p")"
  refute grep -q daily_rampup <(changes)
}

new_account() { # DIALECT WANT
  in_dialect "$1"
  cat >"$T/new" <<'JSON'
{
  "from_name": "Carla", "from_email": "carla@x.example", "username": "carla", "password": "n3w-s3cret",
  "smtp_host": "smtp.x.example", "smtp_port": 587, "imap_host": "imap.x.example", "imap_port": 993, "bcc": null
}
JSON
  # A name that was missing a moment ago is there as soon as the account is.
  [ ! -e "$M/email-accounts/carla@x.example" ]
  cp "$T/new" "$M/email-accounts/carla.json"
  [ -e "$M/email-accounts/carla@x.example" ]
  changed "$2"
  # The file was the form; the account has a directory of its own, with all that belongs to it.
  [ ! -e "$M/email-accounts/carla.json" ]
  equal 1 "$(ls "$M/email-accounts" | grep -c -- '-carla@x.example$')"
  equal 'Carla *** TLS' "$(jq -r '"\(.from_name) \(.password) \(.smtp_port_type)"' "$M/email-accounts/carla@x.example/account.json")"
  equal n3w-s3cret "$(held "SELECT password FROM accounts WHERE from_email='carla@x.example'")"
  refute grep -rF n3w-s3cret "$M/.smartlead" "$T/log" "$T/state"
  requests_are 2
  # The service has the address already.
  mark
  refused_with 'already exists' 'Invalid argument' cp "$T/new" "$M/email-accounts/carla.json"
  equal 1 "$(changes | wc -l)"
  mark
  local filter words
  while IFS='|' read -r filter words; do
    jq "$filter" "$T/new" >"$T/bad"
    refused_with "$words" 'Invalid argument' cp "$T/bad" "$M/email-accounts/other.json"
    [ ! -e "$M/email-accounts/other.json" ]
  done <<'CASES'
del(.from_name)|"from_name" is needed
del(.password)|"password" is needed
.password = "***"|"password": *** keeps what is there
.imap_host = ""|"imap_host" is needed
.smtp_port = 2525|"smtp_port_type" is needed
.colour = 1|there is no field "colour"
CASES
  refused_with '"id" is read-only' 'Invalid argument' cp "$D/account.json" "$M/email-accounts/copy.json"
  requests_are 0
  # The refused texts are kept, and no password with them, however broken they are.
  printf '{"from_name": "Carla", "password": "n3w-s3cret", ' >"$T/bad"
  refused_with 'your text: .smartlead/rejected/' 'Invalid argument' cp "$T/bad" "$M/email-accounts/other.json"
  equal 8 "$(grep -lri carla "$M/.smartlead/rejected" | wc -l)"
  refute grep -rF n3w-s3cret "$M/.smartlead" "$T/log" "$T/state"
}

# endpoint: account-save
@test "a new account, reference" {
  new_account reference 'POST /email-accounts/save {"from_name":"Carla","from_email":"carla@x.example","username":"carla","password":"***","smtp_host":"smtp.x.example","smtp_port":587,"imap_host":"imap.x.example","imap_port":993,"smtp_port_type":"TLS"}'
}

# endpoint: account-save
@test "a new account, live" {
  new_account live 'POST /email-accounts/save {"from_name":"Carla","from_email":"carla@x.example","user_name":"carla","password":"***","smtp_host":"smtp.x.example","smtp_port":587,"imap_host":"imap.x.example","imap_port":993}'
}

JSON_D='{"from_name":"D","from_email":"d@x.example","username":"d","password":"p","smtp_host":"s.x.example","smtp_port":587,"imap_host":"i.x.example","imap_port":993}'

@test "a new account is made at the last close, by editors too; scratch names work beside it" {
  in_dialect live
  cd "$M/email-accounts"
  # Nothing yet: an empty file, half of it, a writer that was killed.
  : >d.json
  exec 5>d.json
  printf '%s' "${JSON_D:0:60}" >&5
  requests_are 0
  printf '%s\n' "${JSON_D:60}" >&5
  exec 5>&-
  equal 1 "$(changes | grep -c '^POST /email-accounts/save ')"
  in_background bash -c 'exec >e.json; echo "$0"; kill -KILL $$' "${JSON_D//d@x/e@x}"
  wait $! || :
  equal 1 "$(changes | wc -l)"
  rm -f e.json
  # vim makes a swap file and a new file; a tool writes a temporary one and moves it.
  vim -u NONE -es -c "call setline(1, '${JSON_D//d@x/f@x}')" -c wq f.json </dev/null
  equal 2 "$(changes | wc -l)"
  echo "${JSON_D//d@x/g@x}" >g.tmp
  equal 2 "$(changes | wc -l)"
  mv g.tmp g.json
  equal 3 "$(changes | wc -l)"
  equal 'd@x.example f@x.example g@x.example' "$(ls | grep -o '[dfg]@x.example' | sort | tr '\n' ' ' | sed 's/ $//')"
  equal '' "$(ls -A | grep -v -- '^[0-9]*-' || :)" 'left behind'
  cd /
}

# An outcome that is not known is told, and the request was sent once.
unknown_outcome() {
  in_dialect "$1"
  # There is a connection that could be used again.
  ls -d "$M"/email-accounts/* >"$T/before"
  fault '{"kind":"reset_after","method":"POST","path":"*/email-accounts/save"}'
  echo "$JSON_D" >"$T/new"
  refused_with 'the outcome is unknown, and the request was not sent again' 'Input/output error' cp "$T/new" "$M/email-accounts/d.json"
  equal 1 "$(changes | wc -l)"
  # The list is fetched anew and shows what became of it.
  equal 1 "$(ls "$M/email-accounts" | grep -c -- '-d@x.example$')"
  equal 1 "$(held "SELECT count(*) FROM accounts WHERE from_email='d@x.example'")"
  equal 1 "$(changes | wc -l)"
}

# endpoint: account-save
@test "a new account whose answer is lost is not sent again, reference" {
  unknown_outcome reference
}

# endpoint: account-save
@test "a new account whose answer is lost is not sent again, live" {
  unknown_outcome live
}

@test "dry_run: nothing is sent, the plan is told without the password" {
  in_dialect live -o dry_run
  echo "${JSON_D//\"p\"/\"n3w-s3cret\"}" >"$T/new"
  cp "$T/new" "$M/email-accounts/d.json"
  save '.password = "n3w-s3cret" | .bcc = "c@x.example"'
  changed ''
  grep -q 'DRY RUN.account-save {"from_name":"D".*"password":"\*\*\*"' "$M/.smartlead/requests"
  grep -q "DRY RUN.account-credentials $A {\"id\":$A,\"password\":\"\*\*\*\",\"bcc\":\"c@x.example\"}" "$M/.smartlead/requests"
  refute grep -rF n3w-s3cret "$M/.smartlead" "$T/log" "$T/state"
}

@test "what belongs to an account can't be removed; a read-only mount refuses all of it" {
  in_dialect live
  rm "$D/account.json"
  wait_for test -e "$D/account.json"
  run rmdir "$D"
  [[ $output == *'not permitted'* ]] || fail "$output"
  run rm -r "$D"
  equal 1 "$status"
  wait_for test -e "$D/signature.html"
  changed ''
  mount_sl -n ro -o dialect=live,ro
  account
  refused_ro cp "$T/account" "$D/account.json"
  refused_ro cp "$T/account" "$M/email-accounts/x.json"
  refused_ro ln -s ../../../email-accounts/$A "$(ls -d "$M"/campaigns/700002-*)/email-accounts/$A"
}

refused_ro() {
  run "$@"
  [[ $output == *'Read-only file system'* ]] || fail "$* : $output"
}
