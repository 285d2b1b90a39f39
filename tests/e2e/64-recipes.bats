# 64-recipes: the blocks of docs/recipes.md, run as they stand there, and what the service was asked and has afterwards.
load lib

recipes=$root/docs/recipes.md

# The block below "## N. ".
block() { # N
  awk -v head="## $1. " '/^## / { here = index($0, head) == 1 } here && shown && /^```$/ { exit } here && shown { print }
    here && /^```sh$/ { shown = 1 }' "$recipes"
}

begin() { # DIALECT
  start_sandbox --rate=0 "--dialect=$1"
  mount_sl -o "dialect=$1"
  cd "$M"
  git config --global user.name Baker
  git config --global user.email baker@bakers.example
}

# Runs the recipe; what it printed is in $output.
recipe() { # N
  block "$1" >"$T/recipe"
  [ -s "$T/recipe" ] || fail "docs/recipes.md has no block for recipe $1"
  mark
  PATH=${SMARTLEADFS%/*}:$PATH run bash -e -o pipefail "$T/recipe"
  equal 0 "$status" "status of recipe $1, which said: $output; $(tail -n 2 "$M/.smartlead/errors")"
}

sql() {
  control GET "/sql?q=$(jq -rn --arg q "$1" '$q|@uri')" | jq -r '.. | scalars'
}

# "METHOD path body" of every change that was asked for since the mark
changes() {
  journal | jq -r 'select(.method != "GET") | "\(.method) \(.path)\(if (.body // "") == "" then "" else " " + (.body | tojson) end)"'
}

changed() { # WANT...
  equal "$(printf '%s\n' "$@")" "$(changes)" 'changing requests'
}

changed_paths() { # WANT...: without the bodies
  equal "$(printf '%s\n' "$@")" "$(changes | cut -d ' ' -f 1,2)" 'changing requests'
}

nothing_refused() {
  equal '' "$(cat "$M/.smartlead/errors")" 'refusals'
}

status_of() { # CAMPAIGN
  sql "SELECT status FROM campaigns WHERE id=$1"
}

status_change() { # DIALECT CAMPAIGN WORD
  case $1 in
  live) echo "POST /campaigns/$2/status {\"status\":\"$3\"}" ;;
  *) echo "PATCH /campaigns/$2/status {\"status\":\"${3/START/ACTIVE}\"}" ;;
  esac
}

ids_of() { # CAMPAIGN: of its steps and variants
  sql "SELECT group_concat(i) FROM (SELECT s.id AS i FROM steps s WHERE s.campaign_id=$1 UNION SELECT v.id FROM variants v
    JOIN steps s ON s.id=v.step_id WHERE s.campaign_id=$1 AND v.is_deleted=0 ORDER BY 1)"
}

# The e-mails as they go out: a step without variants is its own variant A.
emails="(SELECT s.campaign_id, s.seq_number || coalesce(v.label, 'A') AS name, s.delay, coalesce(v.subject, s.subject) AS subject,
  coalesce(v.email_body, s.email_body) AS body FROM steps s LEFT JOIN variants v ON v.step_id=s.id AND v.is_deleted=0)"

emails_of() { # CAMPAIGN
  sql "SELECT name || ' ' || delay || ' ' || subject || ' ' || body FROM $emails WHERE campaign_id=$1 ORDER BY name"
}

emails_with() { # WORD: how many e-mails have it
  sql "SELECT count(*) FROM $emails WHERE instr(subject || body, '$1') > 0"
}

added_to() { # CAMPAIGN: its leads at @rolls.example and @buns.example
  sql "SELECT l.email || ' ' || l.first_name || ' ' || l.custom_fields FROM maps m JOIN leads l ON l.id=m.lead_id
    WHERE m.campaign_id=$1 AND (l.email LIKE '%@rolls.example' OR l.email LIKE '%@buns.example') ORDER BY l.email"
}

@test "every recipe has its tests, in both dialects" {
  local titles
  titles=$(sed -n 's/^## \([0-9]*\)\. .*/\1/p' "$recipes")
  equal "$(seq 12)" "$titles" 'numbers of the recipes'
  equal "$titles" "$(sed -n 's/^@test "\([0-9]*\)\. .*: reference" {$/\1/p' "$BATS_TEST_FILENAME")"
  equal "$titles" "$(sed -n 's/^@test "\([0-9]*\)\. .*: live" {$/\1/p' "$BATS_TEST_FILENAME")"
  equal 12 "$(grep -c '^```sh$' "$recipes")" 'blocks'
}

# --- 1 ---

pause_by_tag() {
  begin "$1"
  recipe 1
  changed "$(status_change "$1" 700001 PAUSED)" "$(status_change "$1" 700011 PAUSED)"
  # The list is there since the mount; nothing else was needed.
  requests_are 2
  equal 'PAUSED ARCHIVED PAUSED' "$(for c in 700001 700006 700011; do status_of $c; done | xargs)"
  equal ACTIVE "$(status_of 700009)"
  equal 'PAUSED ARCHIVED PAUSED' "$(grep -x '[A-Z]*' <<<"$output" | xargs)"
  nothing_refused
}

@test "1. pause by tag: reference" {
  pause_by_tag reference
}

@test "1. pause by tag: live" {
  pause_by_tag live
}

# --- 2 ---

replace_offer() {
  local c many active ids all_ids='SELECT group_concat(i) FROM (SELECT id AS i FROM steps UNION SELECT id FROM variants ORDER BY 1)'
  begin "$1"
  many=$(emails_with ovens)
  [ "$many" -ge 7 ] || fail "only $many e-mails with the old offer: nothing to prove"
  active=$(sql "SELECT id FROM campaigns WHERE status='ACTIVE' ORDER BY id")
  ids=$(sql "$all_ids")
  recipe 2
  equal 0 "$(emails_with ovens)" 'e-mails with the old offer'
  equal "$many" "$(emails_with mixers)" 'e-mails with the new offer'
  # Every id that was there is. (Where an e-mail can only be sent as a variant, a step without one gets its first.)
  equal '[]' "$(jq -nc "[$ids] - [$(sql "$all_ids")]")" 'ids that are gone'
  [ "$1" != live ] || equal "$ids" "$(sql "$all_ids")" 'ids'
  # One save an e-mail, and the same campaigns run as before.
  requests_are "$many" '.method == "POST" and (.path | endswith("/sequences")) and .status == 200'
  equal "$active" "$(sql "SELECT id FROM campaigns WHERE status='ACTIVE' ORDER BY id")" 'active campaigns'
  for c in $active; do
    equal "$(status_change "$1" "$c" PAUSED)
POST /campaigns/$c/sequences
$(status_change "$1" "$c" START)" "$(changes | grep "/$c/" | sed 's/\(sequences\) .*/\1/')" "changes of $c"
  done
  requests_are $((2 * $(wc -w <<<"$active"))) '.path | endswith("/status")'
  nothing_refused
}

@test "2. a new offer: reference" {
  replace_offer reference
}

@test "2. a new offer: live" {
  replace_offer live
}

# --- 3 ---

second_variant() {
  local before
  begin "$1"
  before=$(ids_of 700002)
  recipe 3
  changed_paths 'POST /campaigns/700002/sequences' 'POST /campaigns/700002/sequences'
  equal 'A Ovens for {{company_name}}
B Five minutes, {{first_name}}?' "$(sql "SELECT v.label || ' ' || v.subject FROM variants v JOIN steps s ON s.id=v.step_id
    WHERE s.campaign_id=700002 AND s.seq_number=1 AND v.is_deleted=0 ORDER BY v.label")"
  equal '[]' "$(jq -nc "[$before] - [$(ids_of 700002)]")" 'ids that are gone'
  [[ $output == *'subject: Five minutes, {{first_name}}?'* ]] || fail "$output"
  nothing_refused
}

@test "3. a variant: reference" {
  second_variant reference
}

@test "3. a variant: live" {
  second_variant live
}

# --- 4, 5 ---

import_list() {
  begin "$1"
  recipe 4
  changed_paths 'POST /campaigns/700010/leads'
  requests_are 1
  equal '[{"email":"ann@rolls.example","first_name":"Ann","last_name":"Rye","company_name":"Rolls, Inc","location":"Ulm","custom_fields":{"Stand":"B 12"}},{"email":"bob@buns.example","first_name":"Bob","last_name":"Oat","company_name":"Buns","location":"Bonn","custom_fields":{"Stand":"C 3"}}]' \
    "$(journal | jq -c '.body | if type == "string" then fromjson else . end | .lead_list')"
  equal 'ann@rolls.example Ann {"Stand":"B 12"}
bob@buns.example Bob {"Stand":"C 3"}' "$(added_to 700010)"
  equal '{"state":"done","total":2,"accepted":2,"already_in_campaign":0,"blocked":0,"invalid":0}' "$output"
  nothing_refused
}

@test "4. an import: reference" {
  import_list reference
}

@test "4. an import: live" {
  import_list live
}

mend_rows() {
  begin "$1"
  recipe 5
  # Nothing was sent of the text that was refused.
  changed_paths 'POST /campaigns/700010/leads'
  requests_are 1
  equal 'cleo@rolls.example Cleo {}
dan@buns.example Dan {}' "$(added_to 700010)"
  [[ $output == *'line 3, column email: "dan at buns.example" is no e-mail address'* ]] || fail "$output"
}

@test "5. mended rows: reference" {
  mend_rows reference
}

@test "5. mended rows: live" {
  mend_rows live
}

# --- 6 ---

reply() {
  local newest
  begin "$1"
  newest=$(sql "SELECT message_id FROM messages WHERE campaign_id=700001 AND lead_id=3001000004 ORDER BY time DESC LIMIT 1")
  recipe 6
  changed_paths 'POST /campaigns/700001/reply-email-thread'
  journal | jq -c 'select(.method == "POST").body | if type == "string" then fromjson else . end' >"$T/body"
  jq -e --arg id "$newest" '(.reply_message_id // .replyMessageId) == $id and .email_body ==
    "<p>Hi {{first_name}},</p>\n<p>Thursday at ten?</p>"' "$T/body" >/dev/null || fail "$(cat "$T/body")"
  equal 1 "$(sql "SELECT count(*) FROM messages WHERE campaign_id=700001 AND lead_id=3001000004 AND body LIKE '%Thursday at ten?%'")"
  grep -q 'Thursday at ten?' campaigns/700001/leads/lead4@mill4.example/thread.mbox
  nothing_refused
}

@test "6. a reply: reference" {
  reply reference
}

@test "6. a reply: live" {
  reply live
}

# --- 7 ---

block_domain() {
  begin "$1"
  recipe 7
  case $1 in
  live) changed 'POST /leads/add-domain-block-list {"domain_block_list":["competitor.example","press@paper.example"]}' ;;
  *) changed 'POST /leads/add-domain-block-list {"domain":"competitor.example"}' \
    'POST /leads/add-domain-block-list {"email":"press@paper.example"}' ;;
  esac
  equal 2 "$(sql "SELECT count(*) FROM blocks WHERE entry IN ('competitor.example', 'press@paper.example')")"
  nothing_refused
}

@test "7. block: reference" {
  block_domain reference
}

@test "7. block: live" {
  block_domain live
}

# --- 8 ---

attach() {
  local id want=()
  begin "$1"
  for id in 408 403; do
    case $1 in
    live) want+=("POST /campaigns/700012/email-accounts {\"email_account_ids\":[$id]}") ;;
    *) want+=("POST /campaigns/700012/email-accounts {\"email_account_id\":$id}") ;;
    esac
  done
  equal '403 408' "$(sql "SELECT id FROM accounts WHERE type='GMAIL' ORDER BY id" | xargs)" 'Gmail accounts'
  recipe 8
  changed "${want[@]}"
  equal '403 408' "$(sql "SELECT account_id FROM links WHERE campaign_id=700012 ORDER BY 1" | xargs)"
  equal '403-doerte.ruiz3@tryovens.example 408-ana.ruiz8@trybakers.example' "$(xargs <<<"$output")"
  nothing_refused
}

@test "8. senders: reference" {
  attach reference
}

@test "8. senders: live" {
  attach live
}

# --- 9 ---

go_back() {
  local before
  begin "$1"
  before=$(ids_of 700010; emails_of 700010)
  [ -n "$before" ] || fail "there are no e-mails"
  recipe 9
  local post='POST /campaigns/700010/sequences'
  changed_paths "$post" "$post" "$post" "$post"
  requests_are 1 '.method == "POST" and (.body | tojson | contains("BUY NOW!!!"))'
  requests_are 1 '.method == "POST" and (.body | tojson | contains("Yo {{first_name}}"))'
  equal "$before" "$(ids_of 700010; emails_of 700010)" 'the sequence, with its ids'
  equal "$(sql 'SELECT count(DISTINCT campaign_id) FROM steps')" "$(git -C "$HOME/sequences" ls-files -z | tr '\0\n' '\n ' | cut -d / -f 2 | sort -u | wc -l)" 'campaigns in git'
  equal '' "$(git -C "$HOME/sequences" status --porcelain)"
  nothing_refused
}

@test "9. git and history: reference" {
  go_back reference
}

@test "9. git and history: live" {
  go_back live
}

# --- 10 ---

join_statistics() {
  begin "$1"
  recipe 10
  requests_are 0 '.method != "GET"'
  requests_are 1 '.path | endswith("/leads-export")'
  head -n 1 "$HOME/replied.csv" | grep -qx 'email,company_name,city_type,sequence_number,reply_time'
  # One row for each reply that the account has, with the company that it has.
  equal "$(sql "SELECT l.email || '|' || l.company_name || '|' || s.seq_number FROM sends s JOIN leads l ON l.id=s.lead_id
    WHERE s.campaign_id=700001 AND s.reply_time IS NOT NULL" | sort)" \
    "$(mlr --icsv --ojson cat "$HOME/replied.csv" | jq -r '.[] | "\(.email)|\(.company_name)|\(.sequence_number)"' | sort)"
  equal "$(mlr --icsv --onidx cut -f reply_time "$HOME/replied.csv" | sort -r)" "$(mlr --icsv --onidx cut -f reply_time "$HOME/replied.csv")"
  nothing_refused
}

@test "10. leads and statistics: reference" {
  join_statistics reference
}

@test "10. leads and statistics: live" {
  join_statistics live
}

# --- 11 ---

warm_up() {
  local count
  begin "$1"
  count=$(sql 'SELECT count(*) FROM accounts')
  recipe 11
  requests_are "$count" '.method == "POST" and (.path | endswith("/warmup")) and .status == 200'
  requests_are "$count" '.method != "GET"'
  journal | jq -se '[.[] | select(.method == "POST") | .body | .warmup_enabled == true and .total_warmup_per_day == 40 and .daily_rampup == 5]
    | all' >/dev/null || fail "$(changes)"
  equal "$count" "$(sql "SELECT count(*) FROM accounts WHERE warmup='ACTIVE' AND warmup_max=40 AND rampup=5 AND reply_rate=30")"
  nothing_refused
  # Once more: the service has it all.
  recipe 11
  requests_are 0 '.method != "GET"'
}

@test "11. warm-up: reference" {
  warm_up reference
}

@test "11. warm-up: live" {
  warm_up live
}

# --- 12 ---

like_an_old_one() {
  local id field
  begin "$1"
  recipe 12
  id=$(sql "SELECT id FROM campaigns WHERE name='Autumn'")
  [ -n "$id" ] || fail "there is no campaign"
  equal "$(emails_of 700002)" "$(emails_of "$id")" 'the sequence'
  equal '' "$(jq -nc "[$(ids_of 700002)] - ([$(ids_of 700002)] - [$(ids_of "$id")]) | select(length > 0)")" 'ids that both have'
  for field in cron min_time max_leads stop_lead plain follow_up; do
    equal "$(sql "SELECT $field FROM campaigns WHERE id=700002")" "$(sql "SELECT $field FROM campaigns WHERE id=$id")" "$field"
  done
  equal "$(sql "SELECT account_id FROM links WHERE campaign_id=700002 ORDER BY 1")" \
    "$(sql "SELECT account_id FROM links WHERE campaign_id=$id ORDER BY 1")" 'senders'
  equal 'eve@rolls.example Eve {}' "$(added_to "$id")"
  equal ACTIVE "$(status_of "$id")"
  # The start is the last that is sent, and the old campaign is as it was.
  equal "$(status_change "$1" "$id" START)" "$(changes | tail -n 1)"
  refute grep -q 700002 <<<"$(changes)"
  equal PAUSED "$(status_of 700002)"
  nothing_refused
}

@test "12. like an old one: reference" {
  like_an_old_one reference
}

@test "12. like an old one: live" {
  like_an_old_one live
}

# --- README.md ---

# What the rows of its table ask for, in order.
readme_requests() { # DIALECT
  local status=PATCH
  [ "$1" != live ] || status=POST
  cat <<END
$status /campaigns/700001/status {"status":"PAUSED"}
POST /campaigns/700002/settings {"name":"Spring, south"}
POST /campaigns/create {"name":"Autumn"}
POST /campaigns/700002/sequences
POST /campaigns/700002/sequences
POST /campaigns/700002/schedule
POST /campaigns/700002/leads
POST /campaigns/700003/leads/3001001606
POST /campaigns/700001/leads/3001000004/pause
POST /campaigns/700001/leads/3001000004
POST /campaigns/700001/reply-email-thread
POST /campaigns/700012/email-accounts
POST /email-accounts/401 {"max_email_per_day":35}
POST /leads/add-domain-block-list
POST /leads/3001000004/unsubscribe
END
}

# What the account has of it afterwards.
readme_effects() {
  status_of 700001
  sql "SELECT count(*) FROM campaigns WHERE name='Autumn'"
  emails_of 700002
  sql "SELECT cron FROM campaigns WHERE id=700002"
  added_to 700002
  sql "SELECT location FROM leads WHERE id IN (3001001606, 3001000004) ORDER BY id"
  sql "SELECT status FROM maps WHERE campaign_id=700001 AND lead_id=3001000004"
  sql "SELECT body FROM messages WHERE lead_id=3001000004 ORDER BY time DESC, id DESC LIMIT 1"
  sql "SELECT account_id FROM links WHERE campaign_id=700012"
  sql "SELECT message_per_day FROM accounts WHERE id=401"
  sql "SELECT entry FROM blocks WHERE entry='competitor.example'"
  sql "SELECT is_unsubscribed FROM leads WHERE id=3001000004"
}

readme_rows() {
  local row want refused
  begin "$1"
  sed -n '/^| at the root of the mount/,/^$/ s/^| `\(.*\)` | .* |$/\1/p' "$root/README.md" >"$T/rows"
  readme_requests "$1" >"$T/requests"
  equal "$(wc -l <"$T/requests")" "$(wc -l <"$T/rows")" 'rows'
  while IFS= read -r row <&8 && IFS= read -r want <&9; do
    mark
    run bash -e -o pipefail -c "$row" 8<&- 9<&-
    # The API document knows no renaming: asked, and refused.
    refused=0
    [[ $1 != reference || $row != *700002/name ]] || refused=1
    equal $refused "$status" "status of: $row: $output"
    # With a body in the list, the body too.
    equal "$want" "$(changes | if [[ $want == *{* ]]; then cat; else cut -d ' ' -f 1,2; fi)" "requests of: $row"
    equal $refused "$(journal | jq -r 'select(.status >= 400) | 1' | wc -l)" "refused requests of: $row"
  done 8<"$T/rows" 9<"$T/requests"
  readme_effects >"$T/effects"
  diff - "$T/effects" <<'END'
PAUSED
1
1A 0 Ovens for {{company_name}} <div>Still baking, {{first_name}}?</div>
<div>{Regards|Best}</div>
1B 0 Ovens for {{company_name}} <div>Still baking, {{first_name}}?</div>
<div>{Regards|Best}</div>
2A 3  <div>Still open, {{first_name}}?</div>
<div>{Regards|Best}</div>
{"tz":"Europe/Madrid","days":[1,2,3],"startHour":"09:00","endHour":"17:00"}
ann@rolls.example Ann {}
Madrid
Bonn
PAUSED
<p>Thursday?</p>
405
35
competitor.example
1
END
}

@test "README.md: reference" {
  readme_rows reference
}

@test "README.md: live" {
  readme_rows live
}

# What a session shows, without what is another one each time: times, columns of ls, bash's line numbers, the mount point.
plain() {
  sed -E "s#$M#/mnt/sl#g; s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/; s/^bash: line [0-9]+: /bash: /; s/ +/ /g; s/^ //" | tr '\n' ' '
}

@test "README.md: the first session" {
  local shown said
  M=$T/mnt
  mkdir "$M"
  sed -n 's/^    //; /^\$ smartleadfs --sandbox/,/^\$ cd; fusermount3/p' "$root/README.md" >"$T/session"
  equal 9 "$(grep -c '^\$ ' "$T/session")" 'commands'
  shown=$(grep -v '^\$ ' "$T/session" | plain)
  sed -n 's/^\$ //p' "$T/session" | sed "s#/mnt/sl#$M#g" >"$T/commands"
  PATH=${SMARTLEADFS%/*}:$PATH bash <"$T/commands" >"$T/said" 2>&1 3>&-
  said=$(plain <"$T/said")
  equal "$shown" "$said" 'the session'
  wait_for refute mounted "$M"
}

@test "every link in README.md and docs/ leads somewhere" {
  local file link
  for file in "$root"/README.md "$root"/docs/*.md; do
    while IFS= read -r link; do
      [ -e "${file%/*}/$link" ] || fail "${file##*/}: $link"
    done < <(grep -oE '\]\([^)#]+' "$file" | cut -c 3- | grep -v '^https:')
  done
}
