# 55-senders: ln -s and rm in a campaign's email-accounts/ say which accounts send for it.
load lib
load writing

in_dialect() { # DIALECT [OPTION...]
  start_sandbox --dialect="$1" --rate=0
  mount_sl -o "dialect=$1" "${@:2}"
  S=$(echo "$M"/campaigns/700001-*)/email-accounts
  senders >"$T/before"
  # One that does not send for it yet, by its full name.
  OTHER=$(ls "$M/email-accounts" | grep -vxFf "$T/before" | head -n 1)
  ID=${OTHER%%-*} ADDRESS=${OTHER#*-}
  mark
}

senders() {
  ls "$S"
}

linked() { # ID: how often the service has it
  held "SELECT count(*) FROM links WHERE campaign_id=700001 AND account_id=$1"
}

body() { # DIALECT ID
  case $1 in
  reference) echo "{\"email_account_id\":$2}" ;;
  live) echo "{\"email_account_ids\":[$2]}" ;;
  esac
}

added() {
  in_dialect "$1"
  local count
  count=$(jq .campaign_count "$M/email-accounts/$OTHER/account.json")
  cd "$S"
  ln -s ../../../email-accounts/"$ID"-* .
  changed "POST /campaigns/700001/email-accounts $(body "$1" "$ID")"
  equal 1 "$(linked "$ID")"
  # There at once, in every view, without a request; it leads to the account.
  equal "$(sort "$T/before" - <<<"$OTHER")" "$(senders | sort)"
  equal "../../../email-accounts/$OTHER" "$(readlink "$S/$OTHER")"
  equal "$ADDRESS" "$(jq -r .from_email "$S/$OTHER/account.json")"
  equal "$((count + 1)) true" "$(jq -r '"\(.campaign_count) \(.is_connected_to_campaign)"' "$M/email-accounts/$OTHER/account.json")"
  requests_are 1
  echo all >"$M/.smartlead/refresh"
  equal "$(sort "$T/before" - <<<"$OTHER")" "$(senders | sort)"
  # Once more is once too often.
  refused_with '' 'File exists' ln -sT ../../../email-accounts/"$OTHER" "$S/$OTHER"
  refused_with '' 'File exists' ln -sT ../../../email-accounts/"$ID" "$S/$ID"
  changes_are 1
  cd /
}

# endpoint: campaign-account-add campaign-accounts
@test "ln -s adds an account, reference" {
  added reference
}

# endpoint: campaign-account-add campaign-accounts
@test "ln -s adds an account, live" {
  added live
}

removed() {
  in_dialect "$1"
  local first id
  first=$(head -n 1 "$T/before") id=${first%%-*}
  # It stays a campaign with a sender.
  ln -s "$M/email-accounts/$OTHER" "$S/"
  mark
  rm "$S/$first"
  [ ! -e "$S/$first" ] && [ ! -L "$S/$first" ]
  changes_are 0
  wait_for changes_are 1
  changed "DELETE /campaigns/700001/email-accounts $(body "$1" "$id")"
  equal 0 "$(linked "$id")"
  equal "$(grep -vxF "$first" "$T/before" | sort - <(echo "$OTHER"))" "$(senders | sort)"
  requests_are 1
  # The account itself is untouched.
  [ -e "$M/email-accounts/$first/account.json" ]
}

# endpoint: campaign-account-remove
@test "rm takes an account off the campaign, two seconds later, reference" {
  removed reference
}

# endpoint: campaign-account-remove
@test "rm takes an account off the campaign, two seconds later, live" {
  removed live
}

by_any_name() {
  in_dialect "$1"
  local request
  request="POST /campaigns/700001/email-accounts $(body "$1" "$ID")"
  # The bare id: the link of that name leads to the account, and ls shows the full name.
  ln -s "../../../email-accounts/$ID" "$S/"
  changed "$request"
  equal "$ADDRESS" "$(jq -r .from_email "$S/$ID/account.json")"
  equal 1 "$(senders | grep -cxF "$OTHER")"
  refute grep -qxF "$ID" <(senders)
  refused_with '' 'Operation not permitted' rm "$S/$ID"
  changes_are 1
  rm "$S/$OTHER"
  sync "$S"
  changes_are 2
  equal 0 "$(linked "$ID")"
  # The bare address.
  mark
  ln -s "../../../email-accounts/$ADDRESS" "$S/"
  changed "$request"
  equal 1 "$(senders | grep -cxF "$OTHER")"
  rm "$S/$OTHER"
  sync "$S"
  # From the mount's root, where the shell finds nothing to match and hands the pattern on.
  mark
  cd "$M"
  ln -s ../../../email-accounts/"$ID"-* "${S#"$M/"}/"
  cd /
  changed "$request"
  equal 1 "$(senders | grep -cxF "$OTHER")"
  rm "$S/$OTHER"
  sync "$S"
  # By an absolute path, with the slash of a directory.
  mark
  ln -s "$M/email-accounts/$OTHER/" "$S/"
  changed "$request"
}

@test "an account may be called by any of its names, reference" {
  by_any_name reference
}

@test "an account may be called by any of its names, live" {
  by_any_name live
}

@test "anything else is refused in words, and nothing is sent" {
  in_dialect live
  refused_with 'does not name one account' 'Invalid argument' ln -s ../../../email-accounts/999999 "$S/999999"
  refused_with 'does not name one account' 'Invalid argument' ln -s "../../../email-accounts/$ID-somebody@else.example" "$S/"
  refused_with 'does not name one account' 'Invalid argument' ln -s ../../../campaigns/700002 "$S/700002"
  refused_with 'does not name one account' 'Invalid argument' ln -s "$ID" "$S/$ID"
  refused_with "must have the account's name: $OTHER" 'Invalid argument' ln -s "../../../email-accounts/$ID" "$S/friend"
  # Neither files nor directories, and no links that hide.
  refused_with 'nothing can be made here' 'Operation not permitted' bash -c ': >"$0/x"' "$S"
  refused_with 'no directory can be made here' 'Operation not permitted' mkdir "$S/x"
  refused_with 'nothing can be made here' 'Operation not permitted' ln -s "../../../email-accounts/$ID" "$S/.hidden"
  changes_are 0
  # The service's own reason, where it has one.
  edit "DELETE FROM links WHERE campaign_id=700001 AND account_id NOT IN (SELECT min(account_id) FROM links WHERE campaign_id=700001);
    UPDATE campaigns SET status='ACTIVE' WHERE id=700001"
  echo all >"$M/.smartlead/refresh"
  local last
  last=$(senders)
  rm "$S/$last"
  wait_for grep -q 'last email account of an active campaign' "$M/.smartlead/errors"
  wait_for test -e "$S/$last"
}

@test "what comes back was not removed; rm -r and a copy of a tree take nobody off; ACTIVE stays a guard" {
  in_dialect live
  local first
  first=$(head -n 1 "$T/before")
  rm "$S/$first"
  ln -s "../../../email-accounts/$first" "$S/$first"
  run rm -r "${S%/email-accounts}"
  equal 1 "$status"
  wait_for test -e "$S/$first"
  equal "$(cat "$T/before")" "$(senders)"
  changes_are 0
  # cp -a of a campaign's links to another campaign adds them there: that was asked for.
  local other
  other=$(echo "$M"/campaigns/700003-*)/email-accounts
  find "$S" -type l | head -n 1 | xargs -I{} cp -P {} "$other/"
  changed "POST /campaigns/700003/email-accounts {\"email_account_ids\":[${first%%-*}]}"
}

@test "more than max_deletes: nobody is taken off" {
  in_dialect live -o max_deletes=0
  local first
  first=$(head -n 1 "$T/before")
  rm "$S/$first"
  wait_for test -e "$S/$first"
  grep -q max_deletes "$M/.smartlead/errors"
  changes_are 0
}

# A lost answer: the request arrived once, and the user is told that nobody knows.
OUTCOME='the outcome is unknown, and the request was not sent again'

addition_lost() {
  in_dialect "$1"
  fault '{"kind":"reset_after","method":"POST","path":"*/email-accounts"}'
  refused_with "$OUTCOME" 'Input/output error' ln -s "../../../email-accounts/$OTHER" "$S/"
  changes_are 1
  equal 1 "$(senders | grep -cxF "$OTHER")" 'the list is fetched anew'
  changes_are 1
}

# endpoint: campaign-account-add campaign-accounts
@test "an addition whose answer is lost is not sent again, reference" {
  addition_lost reference
}

# endpoint: campaign-account-add campaign-accounts
@test "an addition whose answer is lost is not sent again, live" {
  addition_lost live
}

told_lost() {
  grep -qF "$OUTCOME" "$M/.smartlead/errors"
}

removal_lost() {
  in_dialect "$1"
  local first
  first=$(head -n 1 "$T/before")
  edit "UPDATE campaigns SET status='PAUSED' WHERE id=700001"
  fault '{"kind":"reset_after","method":"DELETE","path":"*/email-accounts"}'
  rm "$S/$first"
  wait_for told_lost
  changes_are 1
  refute grep -qxF "$first" <(senders)
  changes_are 1
}

# endpoint: campaign-account-remove
@test "a removal whose answer is lost is not sent again, reference" {
  removal_lost reference
}

# endpoint: campaign-account-remove
@test "a removal whose answer is lost is not sent again, live" {
  removal_lost live
}
