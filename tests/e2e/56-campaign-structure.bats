# 56-campaign-structure: campaigns are made, renamed and deleted by mkdir, mv, rmdir and a word; nothing else does.
load lib
load writing

C=700001-Bakers-north

# begin DIALECT [mount options]: the list is known; what the file system learned from is behind the mark
begin() {
  local dialect=$1
  shift
  start_sandbox --rate=0 --dialect="$dialect"
  mount_sl -o "dialect=$dialect" "$@"
  cd "$M/campaigns"
  ls >/dev/null
  mark
}

make_one() {
  begin "$1"
  mkdir 'Spring & Co'
  sent 'POST /campaigns/create {"name":"Spring & Co"}' 'GET /campaigns/'
  # The name is a path at once, and leads to the service's own name for it.
  equal '700013-Spring-&-Co' "$(readlink 'Spring & Co')"
  equal DRAFTED "$(cat 'Spring & Co/status')"
  equal 'Spring & Co' "$(cat '700013-Spring-&-Co/name')"
  grep -qxF '700013-Spring-&-Co' <(ls)
  refute grep -qxF 'Spring & Co' <(ls)
  equal 'Spring & Co' "$(jq -r .name 'Spring & Co/campaign.json')"
  [ -L ../views/status/DRAFTED/700013-Spring-\&-Co ]
  sent ''
  mkdir -p 'Spring & Co'
  sent ''
}

# endpoint: campaign-create
@test "mkdir makes a campaign: one request, and its name is a path at once" {
  in_both make_one
}

refuse_names() {
  begin "$1"
  local name
  for name in "$C" 'Bakers north' Bakers-north 700001 Twin; do
    run mkdir "$name"
    equal 1 "$status" "$name"
    [[ $output == *'File exists'* ]] || fail "$name: $output"
  done
  for name in ' x' 'x ' $'a\nb'; do
    run mkdir "$name"
    [[ $output == *'Invalid argument'* ]] || fail "$name: $output"
  done
  run mkdir .hidden
  [[ $output == *'not permitted'* ]] || fail "$output"
  equal 0 "$(requests_made '.method != "GET"')"
  errors_say 'white space'
}

@test "mkdir of a name that exists, or is none, sends nothing" {
  in_both refuse_names
}

@test "on a mount of one client's campaigns a new one is that client's" {
  start_sandbox --rate=0
  mount_sl -o client_id=31
  mkdir "$M/campaigns/ours"
  equal '{"name":"ours","client_id":31}' "$(journal | jq -c 'select(.method == "POST").body')"
  equal 31 "$(jq .client_id "$M/campaigns/ours/campaign.json")"
}

delete_empty() {
  begin "$1"
  rmdir 700012-Blank-draft
  sent 'GET /campaigns/700012/leads' 'DELETE /campaigns/700012'
  [ ! -e 700012-Blank-draft ]
  refute grep -q 700012 <(ls)
  refute ls ../views/status/DRAFTED/700012-Blank-draft
  sent ''
  # What holds leads, and what sends.
  run rmdir 700002-*
  equal 1 "$status"
  [[ $output == *'Directory not empty'* ]] || fail "$output"
  errors_say 'holds leads'
  sent 'GET /campaigns/700002/leads'
  (exec rmdir "$C") 2>"$T/words" && fail "an active campaign was deleted"
  grep -q 'resource busy' "$T/words"
  errors_say 'pause it first'
  sent ''
  equal '{"offset":"0","limit":"1"}' "$(grep '"/campaigns/700002/leads"' "$JOURNAL" | jq -c .query)"
}

# endpoint: campaign-delete
@test "rmdir deletes a campaign without leads: one question, one request" {
  in_both delete_empty
}

guard_is_fresh() {
  begin "$1"
  local lead
  # It looked empty a moment ago; since then another program has added a lead.
  fault '{"kind":"status","method":"DELETE","status":503}'
  run rmdir 700012-Blank-draft
  [[ $output == *'Input/output error'* ]] || fail "$output"
  edit "INSERT INTO maps(id,campaign_id,lead_id,created_at) SELECT 99, 700012, min(id), now() FROM leads" >/dev/null
  run bash -c 'exec rmdir 700012-Blank-draft'
  [[ $output == *'not empty'* ]] || fail "$output"
  equal 1 "$(requests_made '.method == "DELETE"')"
  equal 1 "$(curl -sS "$CONTROL/sql?q=SELECT%20count(*)%20AS%20n%20FROM%20campaigns%20WHERE%20id=700012" | jq '.[0].n')"
}

@test "whether it holds leads is asked anew each time" {
  in_both guard_is_fresh
}

delete_by_word() {
  begin "$1"
  local other=(700002-*)
  run bash -c 'echo DELETE >700001-Bakers-north/status'
  equal 1 "$status"
  [[ $output == *'resource busy'* ]] || fail "$output"
  sent ''
  cat "$other/status" >/dev/null
  echo DELETE >"$other/status"
  sent 'DELETE /campaigns/700002'
  wait_for refute test -e "$other"
  refute grep -q ^700002 <(ls)
  sent ''
}

# endpoint: campaign-delete
@test "the word DELETE deletes a campaign with all it holds, but not while it sends" {
  in_both delete_by_word
}

has_passed() {
  [ "$(now_ms)" -ge "$1" ]
}

delete_of_started() {
  begin "$1" -o ttl=5
  local other=(700002-*) began
  began=$(now_ms)
  # It was paused when it was listed; since then somebody has started it.
  equal PAUSED "$(cat "$other/status")"
  edit "UPDATE campaigns SET status='ACTIVE' WHERE id=700002" >/dev/null
  wait_for has_passed $((began + 600))
  run bash -c 'echo DELETE >"$0/status"' "$other"
  [[ $output == *'resource busy'* ]] || fail "$output"
  sent 'GET /campaigns/'
  equal ACTIVE "$(cat "$other/status")"
}

@test "whether a campaign sends is not believed of an old answer before it is deleted" {
  in_both delete_of_started
}

rename_one() {
  begin "$1"
  if [ "$1" = reference ]; then
    # The document has no way to rename: the service says so, and nothing moves.
    run mv "$C" 700001-Millers
    equal 1 "$status"
    [ -e "$C/status" ]
    sent 'POST /campaigns/700001/settings {"name":"Millers"}'
    return
  fi
  (cd "$C" && mv ../"$C" ../700001-Millers && cat name && pwd -P) >"$T/out"
  equal "Millers $M/campaigns/700001-Millers" "$(tr '\n' ' ' <"$T/out" | sed 's/ $//')"
  sent 'POST /campaigns/700001/settings {"name":"Millers"}'
  [ ! -e "$C" ]
  equal Millers "$(cat 700001-Millers/name)"
  grep -qxF 700001-Millers <(ls)
  # Only the new name, and the kernel's idea of it gives way to the service's.
  mv 700001-Millers 'Bakers & Millers'
  sent 'POST /campaigns/700001/settings {"name":"Bakers & Millers"}'
  wait_for test -L 'Bakers & Millers'
  equal '700001-Bakers-&-Millers' "$(readlink 'Bakers & Millers')"
  equal "'700001-Bakers-&-Millers'" "$(ls --quoting-style=shell-always | grep 700001)"
  # And back again.
  mv '700001-Bakers-&-Millers' "$C"
  sent 'POST /campaigns/700001/settings {"name":"Bakers-north"}'
  equal Bakers-north "$(cat "$C/name")"
  run mv -T "$C" 700002-*
  equal 1 "$status"
  run mv "$C" ../leads/
  [[ $output == *'not permitted'* ]] || fail "$output"
  run mv -T 700001 x
  [[ $output == *'not permitted'* ]] || fail "$output"
  sent ''
}

# endpoint: campaign-settings
@test "mv of a campaign's directory renames it" {
  in_both rename_one
}

@test "a name that is written shows up in the listing, also for who stands in the directory" {
  begin live
  cd "$C"
  echo 'Other name' >name
  wait_for stat ../700001-Other-name
  stat . >/dev/null
  equal 'Other name' "$(cat name)"
  equal "700001-Other-name" "$(ls .. | grep 700001)"
  ls >/dev/null
}

create_unknown() {
  begin "$1"
  fault '{"kind":"reset_after","method":"POST","path":"/campaigns/create"}'
  run mkdir new
  equal 1 "$status"
  [[ $output == *'Input/output error'* ]] || fail "$output"
  errors_say 'outcome is unknown'
  equal 1 "$(requests_made '.path == "/campaigns/create"')"
  # It did take effect, and the next look shows it.
  equal 1 "$(ls | grep -c -- '-new$')"
  equal 1 "$(requests_made '.path == "/campaigns/create"')"
}

# endpoint: campaign-create
@test "a connection that breaks after a campaign was made: not sent again, and the next look shows it" {
  in_both create_unknown
}

delete_unknown() {
  begin "$1"
  fault '{"kind":"reset_after","method":"DELETE","path":"/campaigns/700012"}'
  run rmdir 700012-Blank-draft
  equal 1 "$status"
  [[ $output == *'Input/output error'* ]] || fail "$output"
  errors_say 'outcome is unknown'
  equal 1 "$(requests_made '.method == "DELETE"')"
  refute grep -q 700012 <(ls)
  equal 1 "$(requests_made '.method == "DELETE"')"
}

# endpoint: campaign-delete
@test "a connection that breaks after a campaign was deleted: not sent again, and the next look shows it" {
  in_both delete_unknown
}

@test "tools that delete trees delete no campaign" {
  begin live
  local command
  for command in 'rm -rf 700012-Blank-draft' 'rm -rf *' 'find 700012-Blank-draft -delete' 'find . -delete' \
    'python3 -c "import shutil; shutil.rmtree(\"700012-Blank-draft\", ignore_errors=True)"' \
    'python3 -c "import shutil; shutil.rmtree(\".\", ignore_errors=True)"'; do
    bash -c "exec $command" >/dev/null 2>&1 || :
    [ -e 700012-Blank-draft/status ] || fail "$command"
  done
  sync .
  equal 0 "$(requests_made '.method != "GET"')"
}

@test "who made a campaign does not start it by a copy; who only writes START does" {
  begin live
  run python3 - <<'PYTHON'
import os
os.mkdir('copy')
os.write(os.open('copy/status', os.O_WRONLY), b'ACTIVE\n')
PYTHON
  equal 1 "$status"
  [[ $output == *'Operation not permitted'* ]] || fail "$output"
  errors_say 'write START'
  equal 0 "$(requests_made '.path | endswith("/status")')"
}

@test "a dry run makes and deletes nothing, and notes what it would have sent" {
  begin live -o dry_run
  run mkdir new
  equal 1 "$status"
  rmdir 700012-Blank-draft
  equal 0 "$(requests_made '.method != "GET"')"
  grep -qF 'campaign-create {"name":"new"}' "$M/.smartlead/requests"
  grep -qF 'campaign-delete 700012' "$M/.smartlead/requests"
  [ -e 700012-Blank-draft/name ]
}

copy_whole() {
  start_sandbox --rate=0 --dialect="$1"
  few_leads
  mount_sl -o "dialect=$1"
  cd "$M/campaigns"
  cp -r "$C" "$T/backup" 2>/dev/null || :
  mark
  timeout 100 cp -r "$C" copy >"$T/words" 2>&1 || :
  timeout 100 cp -r "$T/backup" restored >>"$T/words" 2>&1 || :
  # Into what is there already: file by file, ACTIVE as well.
  timeout 100 cp -r "$T/backup/." "$(readlink restored)/" >>"$T/words" 2>&1 || :
  grep -q "status.*Operation not permitted" "$T/words"
  sync .
  # Whatever of it was taken: the copies are drafts, and nobody got a mail.
  equal 2 "$(requests_made '.path == "/campaigns/create"')"
  equal 0 "$(requests_made '.method == "DELETE" or (.path | endswith("/status"))')"
  equal 0 "$(requests_made '.path | test("reply|/resume|/unsubscribe")')"
  equal 2 "$(curl -sS "$CONTROL/sql?q=SELECT%20count(*)%20AS%20n%20FROM%20campaigns%20WHERE%20id>700012%20AND%20status='DRAFTED'" | jq '.[0].n')"
}

@test "cp -r of a campaign makes a draft, and starts, sends and deletes nothing" {
  in_both copy_whole
}
