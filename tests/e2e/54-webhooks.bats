# 54-webhooks: files in webhooks/ make, change and delete webhooks, where the service keeps them: by account or by campaign.
load lib
load writing

in_dialect() { # DIALECT [OPTION...]
  start_sandbox --dialect="$1" --rate=0
  mount_sl -o "dialect=$1" "${@:2}"
  C=$(echo "$M"/campaigns/700001-*)
  W=$M/webhooks
  [ "$1" = reference ] || W=$C/webhooks
  ls "$W" >"$T/names"
  mark
}

# lost METHOD PATH: of the next such request the answer is lost, after it took effect
lost() {
  fault "{\"kind\":\"reset_after\",\"method\":\"$1\",\"path\":\"$2\"}"
}

OUTCOME='the outcome is unknown, and the request was not sent again'
NEW='{"webhook_url": "https://hub.example/x", "event_types": ["EMAIL_SENT", "EMAIL_REPLY"]}'

# --- made ---

made() { # DIALECT REQUEST
  in_dialect "$1"
  echo "$NEW" >"$T/new"
  cp "$T/new" "$W/my hub.json"
  changed "$2"
  # The form is gone, and the webhook stands under its id and name, as the service has it.
  [ ! -e "$W/my hub.json" ]
  local file
  file=$(echo "$W"/*-my-hub.json)
  equal "my hub https://hub.example/x EMAIL_SENT,EMAIL_REPLY" "$(jq -r '"\(.name) \(.webhook_url) \(.event_types | join(","))"' "$file")"
  equal 1 "$(held "SELECT count(*) FROM webhooks WHERE name='my hub'")"
  # A copy is another one; its name comes from the document.
  mark
  cp "$file" "$W/copy.json"
  changes_are 1
  equal 2 "$(ls "$W" | grep -c -- '-my-hub.json$')"
  # What is wrong is said, and nothing is sent.
  mark
  local document words
  while IFS='|' read -r document words; do
    refused_with "$words" 'Invalid argument' cp /dev/stdin "$W/bad.json" <<<"$document"
  done <<'CASES'
{"event_types": ["EMAIL_SENT"]}|"webhook_url" is needed
{"webhook_url": "https://a.example", "event_types": []}|"event_types" is needed
{"webhook_url": "https://a.example", "event_types": "EMAIL_SENT"}|"event_types" must be a list
{"webhook_url": 5, "event_types": ["EMAIL_SENT"]}|"webhook_url" must be a text
{"webhook_url": "https://a.example", "event_types": ["EMAIL_SENT"], "colour": 1}|there is no field "colour"
{"webhook_url": |line 2, column 1
CASES
  changes_are 0
  # What only the service knows, it says.
  refused_with 'Invalid webhook_url' 'Invalid argument' cp /dev/stdin "$W/bad.json" <<<'{"webhook_url": "ftp://a", "event_types": ["EMAIL_SENT"]}'
  equal '' "$(ls -A "$W" | grep -v '^[0-9]' || :)" 'left behind'
}

# endpoint: webhook-create
@test "a new file makes a webhook of the account, reference" {
  made reference 'POST /webhooks {"name":"my hub","webhook_url":"https://hub.example/x","event_types":["EMAIL_SENT","EMAIL_REPLY"]}'
}

# endpoint: campaign-webhook-save
@test "a new file makes a webhook of the campaign, for all categories, live" {
  local all
  start_sandbox --dialect=live --rate=0
  all=$(curl -sSG --data-urlencode 'q=SELECT name FROM categories ORDER BY id' "$CONTROL/sql" | jq -c '[.[].name]')
  made live "POST /campaigns/700001/webhooks {\"id\":null,\"name\":\"my hub\",\"webhook_url\":\"https://hub.example/x\",\"event_types\":[\"EMAIL_SENT\",\"EMAIL_REPLY\"],\"categories\":$all}"
  refused_with 'Invalid event_types' 'Invalid argument' cp /dev/stdin "$W/bad.json" <<<'{"webhook_url": "https://a.example", "event_types": ["NONE"]}'
  mark
  cp /dev/stdin "$W/mine.json" <<<'{"webhook_url": "https://a.example", "event_types": ["EMAIL_SENT"], "categories": ["Interested"]}'
  changed 'POST /campaigns/700001/webhooks {"id":null,"name":"mine","webhook_url":"https://a.example","event_types":["EMAIL_SENT"],"categories":["Interested"]}'
}

# --- changed ---

updated() { # DIALECT REQUEST
  in_dialect "$1"
  jq '.event_types += ["EMAIL_SENT"] | .name = "hub"' "$W/4401-crm.json" >"$T/new"
  cp "$T/new" "$W/4401-crm.json"
  changed "$2"
  # The next look shows it, under its new name, without a request.
  equal 4401-hub.json "$(ls "$W" | grep ^4401)"
  equal 'hub EMAIL_REPLY,EMAIL_SENT' "$(jq -r '"\(.name) \(.event_types | join(","))"' "$W/4401-hub.json")"
  requests_are 1
  equal hub "$(held 'SELECT name FROM webhooks WHERE id=4401')"
  # The same again sends nothing; an editor sends one request.
  mark
  jq -c . "$W/4401-hub.json" >"$T/new"
  cp "$T/new" "$W/4401-hub.json"
  changes_are 0
  sed -i 's|"https://crm.example/h"|"https://crm.example/i"|' "$W/4401-hub.json"
  changes_are 1
  vim -u NONE -es -c '%s#crm.example/i#crm.example/v#' -c wq "$W/4401-hub.json" </dev/null
  changes_are 2
  equal https://crm.example/v "$(held 'SELECT webhook_url FROM webhooks WHERE id=4401')"
  equal 4401-hub.json "$(ls -A "$W" | grep 4401)" 'left behind'
  mark
  refused_with '"created_at" is read-only' 'Invalid argument' cp /dev/stdin "$W/4401-hub.json" <<<'{"created_at": "now"}'
  refused_with '"event_types" must be a word' 'Invalid argument' cp /dev/stdin "$W/4401-hub.json" <<<'{"event_types": [1]}'
  changes_are 0
}

# endpoint: webhook-update
@test "a save changes a webhook of the account: what changed is sent, reference" {
  updated reference 'PATCH /webhooks/4401 {"name":"hub","event_types":["EMAIL_REPLY","EMAIL_SENT"]}'
}

# endpoint: campaign-webhook-save
@test "a save changes a webhook of the campaign: the whole is sent, live" {
  updated live 'POST /campaigns/700001/webhooks {"id":4401,"name":"hub","webhook_url":"https://crm.example/h","event_types":["EMAIL_REPLY","EMAIL_SENT"],"categories":["Interested"]}'
}

# --- deleted ---

deleted() { # DIALECT REQUEST
  in_dialect "$1"
  cp "$W/4401-crm.json" "$T/crm.json"
  rm "$W/4401-crm.json"
  [ ! -e "$W/4401-crm.json" ]
  changes_are 0
  wait_for changes_are 1
  changed "$2"
  equal '' "$(ls "$W")"
  equal 0 "$(held 'SELECT count(*) FROM webhooks WHERE id=4401')"
  requests_are 1
  # Kept, ready to be copied back: as a new one.
  local kept
  kept=$(find "$M/.smartlead/history" -name '*.json')
  cmp "$T/crm.json" "$kept"
  cp "$kept" "$W/again.json"
  equal 1 "$(held "SELECT count(*) FROM webhooks WHERE name='crm'")"
}

# endpoint: webhook-delete
@test "rm deletes a webhook of the account, two seconds later, reference" {
  deleted reference 'DELETE /webhooks/4401 null'
}

# endpoint: campaign-webhook-delete
@test "rm deletes a webhook of the campaign, two seconds later, live" {
  deleted live 'DELETE /campaigns/700001/webhooks {"id":4401}'
}

came_back() {
  in_dialect "$1"
  cp "$W/4401-crm.json" "$T/crm.json"
  # The same text again is nothing; another text is a save of the same webhook.
  rm "$W/4401-crm.json"
  cp "$T/crm.json" "$W/4401-crm.json"
  cp --remove-destination "$T/crm.json" "$W/4401-crm.json"
  changes_are 0
  sed -i.bak 's|crm.example/h|crm.example/j|' "$W/4401-crm.json"
  changes_are 1
  rm "$W/4401-crm.json.bak"
  # A tool that deletes a tree deletes nothing.
  run rm -r "${W%/webhooks}"
  equal 1 "$status"
  wait_for test -e "$W/4401-crm.json"
  changes_are 1
  equal https://crm.example/j "$(held 'SELECT webhook_url FROM webhooks WHERE id=4401')"
  equal 1 "$(ls "$W" | wc -l)"
}

@test "a webhook that comes back was not deleted; rm -r deletes nothing, live" {
  came_back live
}

@test "a webhook that comes back was not deleted, reference" {
  in_dialect reference
  cp "$W/4401-crm.json" "$T/crm.json"
  rm "$W/4401-crm.json"
  sed 's|crm.example/h|crm.example/j|' "$T/crm.json" >"$W/4401-crm.json"
  changed 'PATCH /webhooks/4401 {"webhook_url":"https://crm.example/j"}'
  run find "$W" -delete
  equal 1 "$status"
  wait_for test -e "$W/4401-crm.json"
  changes_are 1
}

# --- the other service ---

not_here() { # DIALECT DIRECTORY
  in_dialect "$1"
  local dir=$M/$2
  [ -n "$2" ] || dir=$C/webhooks
  equal '' "$(ls "$dir")"
  echo "$NEW" >"$T/new"
  refused_with 'this service has no call' 'Operation not supported' cp "$T/new" "$dir/x.json"
  refused_with 'this service has no call' 'Operation not supported' bash -c ': >"$0"/x.json' "$dir"
  # By way of another name too; that one may stay, it is nobody's business.
  cp "$T/new" "$dir/x.tmp"
  refused_with 'this service has no call' 'Operation not supported' mv "$dir/x.tmp" "$dir/x.json"
  cmp "$T/new" "$dir/x.tmp"
  rm "$dir/x.tmp"
  equal '' "$(ls -A "$dir")"
  requests_are 0
}

@test "a campaign's webhooks/ takes nothing where the service keeps them by account, reference" {
  not_here reference ''
}

@test "the account's webhooks/ takes nothing where the service keeps them by campaign, live" {
  not_here live webhooks
}

# --- lost answers: each arrives once, and the user is told that nobody knows ---

# endpoint: webhook-create
@test "a new webhook whose answer is lost is not sent again, reference" {
  in_dialect reference
  lost POST /webhooks
  echo "$NEW" >"$T/new"
  refused_with "$OUTCOME" 'Input/output error' cp "$T/new" "$W/hub.json"
  changes_are 1
  equal 1 "$(held "SELECT count(*) FROM webhooks WHERE name='hub'")"
  equal 1 "$(ls "$W" | grep -c -- -hub.json)" 'the list is fetched anew'
  changes_are 1
}

# endpoint: campaign-webhook-save
@test "a new webhook whose answer is lost is not sent again, live" {
  in_dialect live
  lost POST '*/webhooks'
  echo "$NEW" >"$T/new"
  refused_with "$OUTCOME" 'Input/output error' cp "$T/new" "$W/hub.json"
  changes_are 1
  equal 1 "$(held "SELECT count(*) FROM webhooks WHERE name='hub'")"
  equal 1 "$(ls "$W" | grep -c -- -hub.json)" 'the list is fetched anew'
  changes_are 1
}

told_lost() {
  grep -qF "$OUTCOME" "$M/.smartlead/errors"
}

deletion_lost() {
  in_dialect "$1"
  lost DELETE '*webhooks*'
  rm "$W/4401-crm.json"
  wait_for told_lost
  changes_are 1
  equal '' "$(ls "$W")" 'the list is fetched anew'
  changes_are 1
}

# endpoint: webhook-delete
@test "a deletion whose answer is lost is not sent again, reference" {
  deletion_lost reference
}

# endpoint: campaign-webhook-delete
@test "a deletion whose answer is lost is not sent again, live" {
  deletion_lost live
}
