# 59-import: rows that are appended to leads.csv are imported without its being read; a rewrite of it adds, changes and
# removes leads within the guards; what is no table of leads is refused whole, with line, column and reason.
load lib

C=700001
posts='.method == "POST" and (.path | test("/leads$"))'
changes='.method != "GET"'
data=$root/tests/data/import

begin() { # [DIALECT] [OPTION...]
  local dialect=${1:-reference}
  start_sandbox --rate=0 "--dialect=$dialect"
  mount_sl -o "dialect=$dialect" "${@:2}"
  cd "$M/campaigns/$C"/ || return 1
  mark
}

sql() {
  control GET "/sql?q=$(jq -rn --arg q "$1" '$q|@uri')" | jq -r '.. | scalars' | head -n 1
}

leads_of() {
  sql "SELECT count(*) FROM maps WHERE campaign_id=$C"
}

# lead EMAIL COLUMN: as the service has it
lead() {
  sql "SELECT $2 FROM leads WHERE email='$1'"
}

# The leads of all add-leads calls since the mark, one JSON text a line.
sent() {
  journal | jq -c "select($posts) | .body | if type == \"string\" then fromjson else . end | .lead_list[]"
}

# What was changed since the mark: "METHOD /path email"
asked() {
  journal | jq -r "select($changes) | \"\(.method) \(.path) \(.body | if type == \"string\" then fromjson else . end
    | .email // .lead_list[0].email // \"\")\"" | sed 's/ $//'
}

last_error() {
  tail -n 1 "$M/.smartlead/errors"
}

report() { # FIELD: of the newest import
  jq -r ".$1" "$(ls -t "$M"/.smartlead/imports/*.json | sort -V | tail -n 1)"
}

adds_up() {
  local file
  for file in "$M"/.smartlead/imports/*.json; do
    jq -e '.total == .accepted + .confirmed + .already_in_campaign + .duplicates + .invalid + .blocked + .unsubscribed + .bounced
      + .over_limit + .refused + .unaccounted + .outcome_unknown + .unsent' "$file" >/dev/null || fail "$(cat "$file")"
  done
}

rows() { # N [FIRST]
  seq "${2:-1}" $((${2:-1} + $1 - 1)) | awk 'BEGIN { print "Email,First Name,Company,city_type" }
    { printf "lead%d@many.example,Name%d,\"Company %d, Inc\",small\n", $1, $1, $1 }'
}

# --- append --------------------------------------------------------------------------------------------------------

append() {
  local before
  begin "$1"
  before=$(leads_of)
  # No read, no size: one request.
  printf 'Email,First Name,Company,City type\nann@new.example,Ann,"Rolls, Inc",small\nbob@new.example,Bob,,\n' >"$T/in.csv"
  cat "$T/in.csv" >>leads.csv
  requests_are 1
  requests_are 1 "$posts"
  equal '{"email":"ann@new.example","first_name":"Ann","company_name":"Rolls, Inc","custom_fields":{"City type":"small"}}
{"email":"bob@new.example","first_name":"Bob"}' "$(sent)"
  journal | jq -e "select($posts) | .path == \"/campaigns/$C/leads\" and .status == 200 and ((.query // {}) | del(.api_key) | length) == 0
    and (.body | if type == \"string\" then fromjson else . end | .settings | .ignore_global_block_list == false
      and (.return_lead_ids // false) == (\"$1\" == \"live\"))" >/dev/null || fail "$(journal)"
  equal $((before + 2)) "$(leads_of)"
  equal done "$(report state)"
  equal 2 "$(report accepted)"
  # It is shown, by the file and by the listing, from one request.
  mark
  equal $((before + 3)) "$(python3 -c 'import csv,sys; print(sum(1 for _ in csv.reader(open("leads.csv", newline=""))))')"
  ls leads | grep -q '^ann@new.example$'
  equal '"Ann"' "$(jq -c .first_name leads/ann@new.example/lead.json)"
  requests_are 1 '.path | test("leads-export")'
  requests_are 1
  # Without a header a row has the standard columns; a lead that is there is not added twice.
  mark
  echo 'cid@new.example,Cid,Roy,Pan,+49 1,pan.example,Ulm,in/cid,pan.example' >>leads.csv
  printf 'dot@new.example\nann@new.example,Ann\n' | tee -a leads.csv >/dev/null
  python3 -c "
with open('leads.csv', 'a') as f:
    f.write('eva@new.example,Eva\n')"
  perl -e 'open(F, ">>", "leads.csv"); print F "fay\@new.example,Fay\n"; close(F) or die'
  requests_are 4
  equal '{"email":"cid@new.example","first_name":"Cid","last_name":"Roy","company_name":"Pan","phone_number":"+49 1","website":"pan.example","location":"Ulm","linkedin_profile":"in/cid","company_url":"pan.example"}
{"email":"dot@new.example"}
{"email":"ann@new.example","first_name":"Ann"}
{"email":"eva@new.example","first_name":"Eva"}
{"email":"fay@new.example","first_name":"Fay"}' "$(sent)"
  equal $((before + 6)) "$(leads_of)"
  equal small "$(lead ann@new.example "json_extract(custom_fields, '\$.\"City type\"')")"
  equal 5 "$(ls "$M"/.smartlead/imports/*.json | wc -l)"
  adds_up
}

# endpoint: leads-add
@test "append, with and without a header: reference" {
  append reference
}

# endpoint: leads-add
@test "append, with and without a header: live" {
  append live
}

@test "append from groups, loops and two writers at once: each row once" {
  begin
  { echo 'email,x'; echo 'a@g.example,1'; } >>leads.csv
  for i in 1 2 3; do echo "loop$i@g.example"; done >>leads.csv
  (echo 'email'; cat <(echo sub@g.example)) >>leads.csv
  exec 5>>leads.csv
  echo e1@g.example >&5
  requests_are 3
  cat <(echo e2@g.example) >&5
  exec 5>&-
  requests_are 4
  exec 5>>leads.csv 6>>leads.csv
  echo two5@g.example >&5
  echo two6@g.example >&6
  exec 5>&- 6>&-
  requests_are 5
  dd if=<(echo dd@g.example) of=leads.csv oflag=append conv=notrunc status=none
  requests_are 6
  equal 'a@g.example loop1@g.example loop2@g.example loop3@g.example sub@g.example e1@g.example e2@g.example two5@g.example two6@g.example dd@g.example' \
    "$(sent | jq -r .email | xargs)"
  # A header in each of several files is no row; nor is nothing at all.
  mark
  printf 'email,first_name\nh1@g.example,A\n' >"$T/1.csv"
  printf 'email,first_name\nh2@g.example,B\n' >"$T/2.csv"
  cat "$T/1.csv" "$T/2.csv" >>leads.csv
  requests_are 1
  equal 'h1@g.example h2@g.example' "$(sent | jq -r .email | xargs)"
  mark
  : >>leads.csv
  echo >>leads.csv
  echo 'email,first_name' >>leads.csv
  printf '\xef\xbb\xbfEmail;Name\r\n' >>leads.csv
  requests_are 0
}

@test "append and read by one descriptor: the rows behind what was read" {
  local before
  begin
  before=$(leads_of)
  python3 - <<'PYTHON'
with open('leads.csv', 'a+', newline='') as f:
    f.seek(0)
    head = f.readline()
    assert head.startswith('email,first_name,'), head
    f.write('both@r.example,Both\n')
    f.flush()
    f.seek(0)
    assert f.read().endswith('both@r.example,Both\n')
PYTHON
  requests_are 1 "$posts"
  equal '{"email":"both@r.example","first_name":"Both"}' "$(sent)"
  equal $((before + 1)) "$(leads_of)"
}

@test "what stat shows while it is appended to, and to others" {
  local size
  begin
  equal 4096 "$(stat -c %s leads.csv)"
  equal 4096 "$(python3 -c "
import os
with open('leads.csv', 'a') as f:
    print(os.fstat(f.fileno()).st_size)")"
  requests_are 0
  size=$(wc -c <leads.csv)
  exec 5>>leads.csv
  equal "$size" "$(python3 -c 'import os; print(os.stat("leads.csv").st_size)')"
  exec 5>&-
  requests_are 1
}

@test "a bad row refuses the whole append, and says where" {
  begin
  { rows 500; echo 'nobody,x,y,z'; } >"$T/in.csv"
  run bash -c 'cat "$0" >>leads.csv' "$T/in.csv"
  equal 1 "$status"
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  last_error | grep -q "campaigns/$C.*/leads.csv.*EINVAL.*line 502, column Email: \"nobody\" is no e-mail address" || fail "$(last_error)"
  "$SMARTLEADFS" why leads.csv | grep -q 'line 502, column Email'
  # The text is kept, to be mended and appended again.
  local kept
  kept=$(ls -d "$M"/.smartlead/rejected/*leads.csv | tail -n 1)
  cmp "$kept" "$T/in.csv"
  run tee -a leads.csv <<<'email,email
a@b.example,a@b.example'
  equal 1 "$status"
  # A shell's own echo can't be told, but why can.
  echo nobody >>leads.csv
  "$SMARTLEADFS" why leads.csv | grep -q 'line 1, column email: "nobody"'
  requests_are 0
  equal 0 "$(ls "$M"/.smartlead/imports | wc -l)"
  sed -i '$d' "$T/in.csv"
  cat "$T/in.csv" >>leads.csv
  requests_are 2 "$posts"
}

@test "a writer that is killed imports nothing" {
  begin
  in_background bash -c 'exec >>leads.csv; cat "$0"; kill -KILL $$' "$data/ok-2-plain.csv"
  wait $! || :
  mkfifo "$T/never"
  in_background bash -c 'exec cat "$0" "$1" >>leads.csv' "$data/ok-2-plain.csv" "$T/never"
  local writer=$!
  exec 9>"$T/never"
  kill -TERM "$writer"
  wait "$writer" || :
  exec 9>&-
  requests_are 0
  # What comes after it is saved, and only that.
  echo 'later@new.example' >>leads.csv
  equal '{"email":"later@new.example"}' "$(sent)"
}

# --- what is no table of leads -------------------------------------------------------------------------------------

# refused FILE WORDS: by cat >>, nothing sent, and the words in errors
refused() {
  local before
  before=$(wc -l <"$M/.smartlead/errors")
  run bash -c 'cat "$0" >>leads.csv' "$1"
  [ "$status" != 0 ] || fail "$1: not refused"
  [[ $output == *'Invalid argument'* || $output == *'File too large'* ]] || fail "$1: $output"
  [ "$(wc -l <"$M/.smartlead/errors")" -gt "$before" ] || fail "$1: no line in errors"
  last_error | grep -qF -- "$2" || fail "$1: wanted '$2', got $(last_error)"
}

@test "a corpus of malformed files: each is refused with line and column, and nothing is sent" {
  local file name line column count=0
  begin
  for file in "$data"/should-fail-*; do
    name=${file##*/should-fail-L}
    line=${name%%-*} name=${name#*-}
    column=${name%%-*}
    [[ $column =~ ^C([0-9]+)$ ]] && column=${BASH_REMATCH[1]}
    refused "$file" "line $line, column $column"
    count=$((count + 1))
  done
  python3 "$root/tests/e2e/malformed_csv.py" "$T/bad"
  while IFS=$'\t' read -r name words; do
    refused "$T/bad/$name" "$words"
    count=$((count + 1))
  done <"$T/bad/list"
  echo "# $count files" >&3
  [ "$count" -ge 60 ]
  requests_are 0
  equal 0 "$(ls "$M"/.smartlead/imports | wc -l)"
  # The same as a whole file: nothing is sent, nothing lost.
  file="$data/should-fail-L2-email-no-at.csv"
  refute cp "$file" leads.csv
  last_error | grep -q 'line 2, column email'
  requests_are 0 "$changes"
}

@test "files of other tools, and every style of header, import as they are" {
  local file name count before
  begin
  for file in "$data"/ok-*; do
    name=${file##*/ok-}
    count=${name%%-*}
    before=$(sent | wc -l)
    cat "$file" >>leads.csv || fail "$name: $(last_error)"
    equal "$count" $(($(sent | wc -l) - before)) "$name"
  done
  mark
  while IFS=';' read -r header; do
    printf '%s\n%s\n' "$header" 'style@h.example,F,L,Co,1,w.example,Ulm,in/x,co.example' >>leads.csv || fail "$header: $(last_error)"
  done <<'HEADERS'
email,first_name,last_name,company_name,phone_number,website,location,linkedin_profile,company_url
Email,First Name,Last Name,Company,Phone,Website,Location,LinkedIn,Company URL
EMAIL ADDRESS,FIRST NAME,LAST NAME,COMPANY NAME,PHONE NUMBER,WEBSITE URL,LOCATION,LINKEDIN PROFILE,COMPANY WEBSITE
emailAddress,firstName,lastName,companyName,phoneNumber,website,location,linkedinUrl,companyUrl
E-mail,Given Name,Surname,Organisation,Telephone,Homepage,City,Person Linkedin Url,Domain
Work Email,First,Last,Account Name,Mobile Phone,Web,Person City,LinkedIn URL,Company Domain
"Email","First Name","Last Name","Company","Mobile","URL","City","Linkedin","Company Website"
HEADERS
  equal 7 "$(sent | wc -l)"
  equal 1 "$(sent | sort -u | wc -l)" 'they all mean the same'
  equal '{"email":"style@h.example","first_name":"F","last_name":"L","company_name":"Co","phone_number":"1","website":"w.example","location":"Ulm","linkedin_profile":"in/x","company_url":"co.example"}' "$(sent | head -n 1)"
}

@test "files as python, mlr and LibreOffice save them" {
  local want n=0
  begin
  want='{"email":"q@tools.example","first_name":"Zoë \"Z\"","company_name":"A, B\nand C","custom_fields":{"Größe":"groß"}}'
  python3 - "$T" <<'PYTHON'
import csv, sys
rows = [['Email', 'First Name', 'Company', 'Größe'], ['q@tools.example', 'Zoë "Z"', 'A, B\nand C', 'groß']]
for name, options in (('excel', {}), ('unix', {'dialect': 'unix'}), ('semicolons', {'delimiter': ';'}), ('tabs', {'dialect': 'excel-tab'})):
    with open(f'{sys.argv[1]}/py-{name}.csv', 'w', newline='', encoding='utf-8-sig' if name == 'excel' else 'utf-8') as f:
        csv.writer(f, **options).writerows(rows)
PYTHON
  mlr --csv cat "$T/py-unix.csv" >"$T/mlr.csv"
  mlr --csv --quote-all cat "$T/py-unix.csv" >"$T/mlr-quoted.csv"
  mlr --icsv --otsv put '$Company = gsub($Company, "\n", " "); ${First Name} = "Zoe"' "$T/py-unix.csv" >"$T/mlr.tsv"
  if command -v soffice >/dev/null; then
    # Through a spreadsheet: comma, semicolon (as in German), all cells quoted.
    for filter in 44,34,76,1 59,34,76,1 44,34,76,1,,0,true; do
      mkdir -p "$T/calc/$filter"
      soffice "-env:UserInstallation=file://$T/office" --headless --convert-to ods --infilter="CSV:44,34,76,1" --outdir "$T/calc/$filter" "$T/py-unix.csv" >/dev/null 2>&1
      soffice "-env:UserInstallation=file://$T/office" --headless --convert-to "csv:Text - txt - csv (StarCalc):$filter" --outdir "$T/calc/$filter" \
        "$T/calc/$filter/py-unix.ods" >/dev/null 2>&1
      [ -s "$T/calc/$filter/py-unix.csv" ] || fail "LibreOffice saved nothing ($filter)"
      cat "$T/calc/$filter/py-unix.csv" >>leads.csv || fail "LibreOffice $filter: $(last_error)"
      n=$((n + 1))
    done
  fi
  for file in "$T"/py-*.csv "$T"/mlr.csv "$T"/mlr-quoted.csv; do
    cat "$file" >>leads.csv || fail "$file: $(last_error)"
    n=$((n + 1))
  done
  equal "$n" "$(sent | wc -l)"
  equal "$want" "$(sent | sort -u)"
  cat "$T/mlr.tsv" >>leads.csv || fail "$(last_error)"
  equal 'A, B and C' "$(sent | tail -n 1 | jq -r .company_name)"
}

# --- import-settings.json and the files of an import ---------------------------------------------------------------

@test "import-settings.json: checked, kept on this machine, used by the next import" {
  begin
  equal false "$(jq .ignore_unsubscribe_list import-settings.json)"
  jq '.ignore_unsubscribe_list = true' import-settings.json >"$T/new.json"
  cp "$T/new.json" import-settings.json
  equal true "$(jq .ignore_unsubscribe_list import-settings.json)"
  cmp import-settings.json "$T/new.json"
  equal "$(wc -c <"$T/new.json")" "$(stat -c %s import-settings.json)"
  echo '{"ignore_everything": true}' >"$T/bad.json"
  run cp "$T/bad.json" import-settings.json
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  last_error | grep -q 'there is no field "ignore_everything"'
  cmp "$(ls -d "$M"/.smartlead/rejected/*import-settings.json | tail -n 1)" "$T/bad.json"
  refute cp <(echo '{"ignore_unsubscribe_list": "yes"}') import-settings.json
  last_error | grep -q '"ignore_unsubscribe_list" must be true or false'
  sed -i 's/\("ignore_global_block_list"\): false/\1: true/' import-settings.json
  requests_are 0
  echo set@new.example >>leads.csv
  equal '{"ignore_global_block_list":true,"ignore_unsubscribe_list":true,"ignore_community_bounce_list":false,"ignore_duplicate_leads_in_other_campaign":false}' \
    "$(journal | jq -c "select($posts) | .body | if type == \"string\" then fromjson else . end | .settings | del(.return_lead_ids)")"
  # Another campaign has its own; the next mount still knows.
  equal false "$(cat "$M"/campaigns/700002/import-settings.json | jq .ignore_unsubscribe_list)"
  cd /
  unmount_sl
  mount_sl -o dialect=reference
  equal true "$(jq .ignore_unsubscribe_list "$M/campaigns/$C/import-settings.json")"
  cd /
  unmount_sl
  mount_sl -o dry_run
  cp <(echo '{"ignore_unsubscribe_list": false}') "$M/campaigns/$C/import-settings.json"
  equal true "$(jq .ignore_unsubscribe_list "$M/campaigns/$C/import-settings.json")"
}

@test "the report, the rejected rows and the imports command" {
  begin live
  edit "INSERT INTO blocks(id,entry,created_at,source) VALUES(1,'shut.example',now(),'manual')" >/dev/null
  printf 'email,First Name,status note\na@new.example,A,x\nb@shut.example,B,y\na@new.example,D,\n' >>leads.csv
  equal 3 "$(report total)"
  equal 1 "$(report accepted)"
  equal 1 "$(report duplicates)"
  equal 1 "$(report rejected_rows)"
  adds_up
  grep -q '^b@shut.example,B,.*,y,on the block list$' "$M/.smartlead/imports/1-rejected.csv"
  last_error | grep -q 'imports/1-rejected.csv.*1 rows were not taken'
  equal 'no import is under way' "$("$SMARTLEADFS" imports "$M")"
  # Mended, it can be appended again as it is.
  edit "DELETE FROM blocks WHERE entry='shut.example'" >/dev/null
  cat "$M/.smartlead/imports/1-rejected.csv" >>leads.csv
  equal B "$(lead b@shut.example first_name)"
  equal '1-control 1-rejected.csv 1.json 2-control 2-rejected.csv 2.json' "$(ls -x -w 200 "$M/.smartlead/imports" | xargs)"
  ls -l "$M/.smartlead/imports" >/dev/null
}

# Under way: the mount answers, the report moves, the command shows it.
@test "a long import: the mount answers meanwhile; Ctrl-C pauses it; resume sends the rest" {
  local pid before start
  begin
  before=$(leads_of)
  cat ../700002/schedule.json >/dev/null
  fault '{"kind":"latency","method":"POST","path":"*/leads","count":-1,"ms":700}'
  rows 12000 >"$T/in.csv"
  in_background bash -c 'exec cat "$0" >>leads.csv' "$T/in.csv"
  pid=$!
  wait_for running
  start=$(now_ms)
  cat ../700002/schedule.json settings.json >/dev/null
  ls -l >/dev/null
  cat "$M/.smartlead/imports/1.json" >/dev/null
  within "$start" 500
  wait_for one_request
  kill -INT "$pid"
  refute wait "$pid"
  equal waiting "$(report state)"
  adds_up
  [ "$(report unsent)" -gt 0 ]
  equal 0 "$(report outcome_unknown)"
  equal $((before + $(report accepted))) "$(leads_of)"
  report message | grep -q 'to go on: echo resume > .smartlead/imports/1-control'
  "$SMARTLEADFS" imports "$M" | grep -q 'import 1, campaign 700001: .* waiting (interrupted'
  faults_off
  echo resume >"$M/.smartlead/imports/1-control"
  "$SMARTLEADFS" imports "$M" >"$T/out"
  tail -n 1 "$T/out" | grep -q '^import 1, campaign 700001: 12000 of 12000 rows, 12000 new in the campaign, 0 rejected, done$'
  equal $((before + 12000)) "$(leads_of)"
  requests_are 30 "$posts"
  adds_up
}

running() {
  [ "$(report state)" = running ]
}

one_request() {
  [ "$(requests_made "$posts")" -ge 1 ]
}

@test "read-only and dry run: nothing is sent" {
  begin reference -o ro
  run bash -c 'echo x@new.example >>leads.csv'
  [[ $output == *'Read-only file system'* ]] || fail "$output"
  cd /
  unmount_sl
  mount_sl -o dry_run
  cd "$M/campaigns/$C"/
  mark
  rows 500 >>leads.csv
  grep -q 'DRY RUN.*leads-add 700001: 500 leads in 2 requests' "$M/.smartlead/requests"
  refute cp "$data/should-fail-L2-email-no-at.csv" leads.csv
  python3 - <<'PYTHON'
text = open('leads.csv', newline='').read().splitlines(keepends=True)
open('leads.csv', 'w', newline='').write(''.join(text[:-1]))
PYTHON
  grep -q 'DRY RUN.*lead-delete 700001 ' "$M/.smartlead/requests"
  requests_are 0 "$changes"
}

# --- rewrite -------------------------------------------------------------------------------------------------------

# One who reads and writes in one process: edits the table by a line of python on `rows`.
edit_table() {
  python3 - "$1" <<'PYTHON'
import csv, sys
with open('leads.csv', newline='') as f:
    head, *table = csv.reader(f)
rows = [dict(zip(head, row)) for row in table]
find = lambda email: next(r for r in rows if r['email'] == email)
exec(sys.argv[1])
with open('leads.csv', 'w', newline='') as f:
    w = csv.DictWriter(f, head, restval='', lineterminator='\n')
    w.writeheader()
    w.writerows(rows)
PYTHON
}

rewrite() {
  begin "$1"
  printf 'email,first_name,city_type\na@new.example,A,x\nb@new.example,B,y\nc@new.example,C,z\n' >>leads.csv
  local before b c
  before=$(leads_of) b=$(lead b@new.example id) c=$(lead c@new.example id)
  mark
  edit_table "rows.remove(find('b@new.example')); find('c@new.example').update(first_name='Cleo', city_type='w'); rows.append({'email': 'd@new.example', 'first_name': 'D'})"
  equal "POST /campaigns/$C/leads d@new.example
POST /campaigns/$C/leads/$c c@new.example
DELETE /campaigns/$C/leads/$b" "$(asked)"
  equal '"Cleo" {"city_type":"w"}' "$(journal | jq -r "select(.path == \"/campaigns/$C/leads/$c\") | .body
    | if type == \"string\" then fromjson else . end | \"\(.first_name | tojson) \(.custom_fields | tojson)\"")"
  equal "$before" "$(leads_of)"
  equal Cleo "$(lead c@new.example first_name)"
  # The next read shows it.
  grep -q '^c@new.example,Cleo,' leads.csv
  grep -q '^d@new.example,D,' leads.csv
  refute grep -q '^b@new.example,' leads.csv
  refute test -e leads/b@new.example
  equal '"Cleo"' "$(jq -c .first_name leads/c@new.example/lead.json)"
  # What was is kept: saved again by a process that has not read the file, it comes back.
  local kept
  kept=$(ls -d "$M/.smartlead/history/campaigns/$C/leads"/*.csv | tail -n 1)
  equal 'c@new.example,C,z b@new.example,B,y' "$(mlr --csv --headerless-csv-output cut -o -f email,first_name,city_type "$kept" | xargs)"
  cp "$kept" leads.csv
  equal C "$(lead c@new.example first_name)"
  grep -q '^b@new.example,B,' leads.csv
  edit_table "rows.remove(find('b@new.example'))"
  # Unchanged, or empty, or only a header: nothing.
  mark
  edit_table 'pass'
  edit_table 'rows.reverse()'
  : >leads.csv
  head -n 1 leads.csv >"$T/head.csv"
  cp "$T/head.csv" leads.csv
  edit_table 'rows.clear()'
  requests_are 0 "$changes"
}

# endpoint: lead-update lead-delete
@test "a rewrite adds, changes and removes: reference" {
  rewrite reference
}

# endpoint: lead-update lead-delete
@test "a rewrite adds, changes and removes: live" {
  rewrite live
}

@test "guards: too many removals or changes, read-only columns; nothing is sent" {
  begin reference -o max_deletes=2,max_updates=3
  mark
  run edit_table 'del rows[:3]'
  [ "$status" != 0 ] && [[ $output == *'Operation not permitted'* ]] || fail "$output"
  last_error | grep -q 'leads.csv.*EPERM.*3 leads are missing and would be deleted; max_deletes allows 2'
  run edit_table "for r in rows[:4]: r['first_name'] += 'x'"
  [ "$status" != 0 ] && [[ $output == *'Operation not permitted'* ]] || fail "$output"
  last_error | grep -q '4 leads would be changed; max_updates allows 3'
  run edit_table "rows[1]['status'] = 'STOPPED'"
  [ "$status" != 0 ] && [[ $output == *'Invalid argument'* ]] || fail "$output"
  last_error | grep -q 'line 3, column status: this column is read-only'
  requests_are 0 "$changes"
  ls "$M"/.smartlead/rejected | grep -q 'leads.csv'
  edit_table "del rows[:2]; [r.update(first_name='Neu') for r in rows[:3]]"
  requests_are 2 '.method == "DELETE"'
  requests_are 3 '.method == "POST"'
}

@test "a process that never read the file adds and changes, but removes nothing" {
  local before
  begin
  before=$(leads_of)
  printf 'email,first_name\nnew1@w.example,N\n' >>leads.csv
  mlr --csv head -n 2 then put 'NR == 2 { $first_name = "Changed" }' leads.csv >"$T/new.csv"
  printf 'new2@w.example%s\n' "$(head -n 1 leads.csv | tr -dc ,)" >>"$T/new.csv"
  mark
  cp "$T/new.csv" leads.csv
  equal 2 "$(asked | wc -l)"
  asked | head -n 1 | grep -q "^POST /campaigns/$C/leads new2@w.example$"
  asked | tail -n 1 | grep -q "^POST /campaigns/$C/leads/[0-9]* "
  equal $((before + 2)) "$(leads_of)"
  report notes | grep -q "$((before - 1)) missing rows left alone, because the file was not read before"
}

@test "editors and tools: vim, sed -i, mlr -I, mv, rsync" {
  local before
  begin
  printf 'email,first_name\nv1@e.example,One\nv2@e.example,Two\nv3@e.example,Three\nv4@e.example,Four\n' >>leads.csv
  before=$(leads_of)
  mark
  sed -i 's/^v1@e.example,One,/v1@e.example,Uno,/' leads.csv
  equal 1 "$(asked | wc -l)"
  equal Uno "$(lead v1@e.example first_name)"
  for way in auto yes no; do
    mark
    vim -u NONE -es -c "set backupcopy=$way backupskip= writebackup" -c "%s/^v2@e.example,[^,]*,/v2@e.example,vim$way,/" -c wq leads.csv </dev/null
    equal 1 "$(asked | wc -l)" "vim $way"
    equal "vim$way" "$(lead v2@e.example first_name)"
  done
  # Twice in one session: the second save knows what the first one did.
  mark
  vim -u NONE -es -c '$put =\"twice@e.example,T\".repeat(\",\",count(getline(1),\",\")-1)' -c w \
    -c '%s/^twice@e.example,T,/twice@e.example,Toby,/' -c w -c '%g/^twice@e.example/d' -c w -c q leads.csv </dev/null
  asked
  equal "$before" "$(leads_of)"
  equal Toby "$(lead twice@e.example first_name)"
  equal 3 "$(asked | wc -l)"
  mark
  mlr -I --csv put '$email == "v3@e.example" { $first_name = "Tres" }' leads.csv
  equal Tres "$(lead v3@e.example first_name)"
  equal 1 "$(asked | wc -l)" mlr
  # A line less, within the guard.
  mark
  sed -i '/^v4@e.example,/d' leads.csv
  equal 1 "$(asked | grep -c '^DELETE ')"
  equal 1 "$(asked | wc -l)"
  equal "$((before - 1))" "$(leads_of)"
  mark
  printf 'email,first_name\nv1@e.example,Eins\n' >"$T/few.csv"
  cp "$T/few.csv" "$T/moved.csv"
  mv "$T/moved.csv" leads.csv
  equal Eins "$(lead v1@e.example first_name)"
  # rsync reads what it replaces, so the rows that its file lacks would be removed: over the guard.
  refute rsync --inplace "$T/few.csv" leads.csv
  refute rsync "$T/few.csv" leads.csv
  equal 1 "$(asked | wc -l)"
  sed 's/^v1@e.example,[^,]*,/v1@e.example,Nummer zwei,/' leads.csv >"$T/all.csv"
  rsync --inplace "$T/all.csv" leads.csv
  equal 'Nummer zwei' "$(lead v1@e.example first_name)"
  sed 's/^v1@e.example,[^,]*,/v1@e.example,Drei und vier,/' leads.csv >"$T/all.csv"
  rsync "$T/all.csv" leads.csv
  equal 'Drei und vier' "$(lead v1@e.example first_name)"
  equal 3 "$(asked | wc -l)"
  equal "$((before - 1))" "$(leads_of)"
  equal "" "$(ls -A | grep -E '~|sw|^sed|^4913|^mlr|^\.leads' || :)" 'left behind'
}

@test "a save against an older version removes nothing that it never saw" {
  local before
  begin
  printf 'email,first_name\no1@e.example,One\no2@e.example,Two\n' >>leads.csv
  before=$(leads_of)
  # Read, then somebody else adds leads and changes one, then written.
  python3 - <<'PYTHON'
import subprocess
with open('leads.csv', newline='') as f:
    text = f.read()
subprocess.run(['sh', '-c', 'printf "email\nbetween@e.example\n" >>leads.csv; cat leads.csv >/dev/null'], check=True)
with open('leads.csv', 'w', newline='') as f:
    f.write(text.replace('o2@e.example,Two', 'o2@e.example,Deux'))
PYTHON
  equal Deux "$(lead o2@e.example first_name)"
  equal $((before + 1)) "$(leads_of)"
  requests_are 0 '.method == "DELETE"'
}

@test "whoever imported into a campaign does not start it by ACTIVE" {
  begin
  run bash -c 'echo start@new.example >>leads.csv; echo ACTIVE >status'
  [[ $output == *'Operation not permitted'* ]] || fail "$output"
  last_error | grep -q 'write START'
  requests_are 0 '.path | test("status")'
}
