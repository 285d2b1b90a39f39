# leads.csv and leads/ of a campaign, leads/ of the account: bytes against what the simulator holds, names, faults, and
# what it all costs, from the simulator's journal. Each test runs in both dialects.
load lib
load reading

columns="l.email, l.first_name, l.last_name, l.company_name, l.phone_number, l.website, l.location, l.linkedin_profile,
  l.company_url, l.custom_fields, l.id, m.id AS campaign_lead_map_id, m.status, coalesce(k.name, '') AS category,
  iif(coalesce(k.sentiment, '') = 'positive', 'true', 'false') AS is_interested, m.created_at,
  iif(l.is_unsubscribed, 'true', 'false') AS is_unsubscribed, iif(m.unsubscribed, '{\"0\":true}', '') AS
  unsubscribed_client_id_map, m.step AS last_email_sequence_sent, m.opens AS open_count, m.clicks AS click_count,
  m.replies AS reply_count"

# held CAMPAIGN: its leads as the simulator holds them
held() {
  sql "SELECT $columns FROM maps m JOIN leads l ON l.id = m.lead_id LEFT JOIN categories k ON k.id = m.category_id
    WHERE m.campaign_id = $1 ORDER BY m.id"
}

# csv_is_right CAMPAIGN [COLUMNS]: leads.csv, byte for byte
csv_is_right() {
  held "$1" | python3 "$BATS_TEST_DIRNAME/expect_leads.py" "${2:-$DIALECT}" >"$T/want.csv"
  cat "$M/campaigns/$1/leads.csv" >"$T/got.csv"
  diff -a "$T/want.csv" "$T/got.csv" | cut -c1-300 | head -n 20 >&2
  cmp "$T/want.csv" "$T/got.csv"
}

# lead_is NUMBER SQL-ASSIGNMENTS: of the n-th lead of the demo account
lead_is() {
  edit "UPDATE leads SET $2 WHERE email LIKE 'lead$1@%'" >/dev/null
}

# category_requests LEADS: what the categories cost beyond the export
category_requests() {
  live && echo 0 || echo $(($1 / 100 + 1 + 1)) # pages until one is short, and the categories' names
}

# --- economy -------------------------------------------------------------------------------------------------------

thousand() {
  in_dialect "$1" --size=1,1000,2
  cat "$C/leads.csv" >"$T/leads.csv"
  ls "$C/leads" >"$T/names"
  cat "$C"/leads/*/lead.json >"$T/leads.json"
  cat "$C"/leads/*/status >"$T/statuses"
  requests_are 1
  requests_are 1 '.method == "GET" and .path == "/campaigns/700001/leads-export" and .query == {}'
  held 700001 >"$T/held"
  csv_is_right 700001
  equal 1000 "$(wc -l <"$T/names")"
  diff <(jq -r '.[].email' "$T/held" | sort) <(sort "$T/names")
  diff <(jq -r '.[] | "\(.email) \(.status)"' "$T/held" | sort) <(paste -d ' ' <(LC_ALL=C sort "$T/names") "$T/statuses" | sort)
  diff <(jq -r '.[] | "\(.email) \(.first_name) \(.reply_count)"' "$T/held" | sort) \
    <(jq -r '"\(.email) \(.first_name) \(.reply_count)"' "$T/leads.json" | sort)
  requests_are 1
  # What the export lacks comes from the paged list, once; and all of it is there without a request from now on.
  cat "$C"/leads/*/category >"$T/categories"
  requests_are $((1 + $(category_requests 1000)))
  diff <(jq -r '.[] | "\(.email) \(.category)"' "$T/held" | sort) \
    <(paste -d ' ' <(LC_ALL=C sort "$T/names") "$T/categories" | sort)
  grep -q . "$T/categories"
  mark
  cat "$C"/leads.csv "$C"/leads/*/{lead.json,status,category} >/dev/null
  find "$C/leads" | wc -l >/dev/null
  requests_are 0
}

# endpoint: leads-export leads categories
@test "1,000 leads: leads.csv, the listing, lead.json and status are one request, reference" {
  thousand reference
  requests_are 0 # of the mark
  equal "0 100 200 300 400 500 600 700 800 900 1000" \
    "$(jq -r 'select(.path == "/campaigns/700001/leads") | .query | select(.limit == "100") | .offset' "$JOURNAL" | paste -sd ' ')"
}

# endpoint: leads-export
@test "1,000 leads: leads.csv, the listing, lead.json, status and category are one request, live" {
  thousand live
}

fifty() {
  in_dialect "$1"
  fault '{"kind":"latency","path":"*/leads-export","ms":400}'
  local i pids=()
  for i in {1..50}; do
    cat "$C/leads.csv" >"$T/out.$i" 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  requests_are 1
  csv_is_right 700001
  equal 1 "$(md5sum "$T"/out.* "$T/want.csv" | cut -d' ' -f1 | sort -u | wc -l)"
  # the other views share the flight too
  refresh
  fault '{"kind":"latency","path":"*/leads-export","ms":400}'
  pids=()
  for i in {1..16}; do
    ls "$C/leads" >"$T/list.$i" 3>&- &
    pids+=($!)
    cat "$C/leads/lead4@mill4.example/status" >"$T/status.$i" 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  requests_are 1 '.path | endswith("leads-export")'
  equal 1200 "$(wc -l <"$T/list.16")"
  equal 1 "$(md5sum "$T"/list.* | cut -d' ' -f1 | sort -u | wc -l)"
}

@test "50 at once read leads.csv: one request, reference" {
  fifty reference
}

@test "50 at once read leads.csv: one request, live" {
  fifty live
}

unknown_names() {
  in_dialect "$1"
  ls "$C/leads" >"$T/names"
  mark
  local name
  for name in nobody@nowhere.example LEAD4@mill4.example lead4@mill4.exampl lead4 .git .hidden 3001000004 '*' '..x'; do
    equal ENOENT "$(errno_of "$C/leads/$name/lead.json")" "$name"
    refute test -e "$C/leads/$name"
    equal ENOENT "$(errno_of "$C/leads/lead4@mill4.example/$name")" "$name in a lead"
  done
  requests_are 0
}

@test "a lead that is not in the campaign: ENOENT, and no request while the listing is fresh, reference" {
  unknown_names reference
}

@test "a lead that is not in the campaign: ENOENT, and no request while the listing is fresh, live" {
  unknown_names live
}

# --- bytes ---------------------------------------------------------------------------------------------------------

demo_bytes() {
  in_dialect "$1"
  local id
  for id in 700001 700002 700003 700005 700011 700012; do
    csv_is_right "$id"
  done
  requests_are 6
  equal 1 "$(wc -l <"$M/campaigns/700012/leads.csv")" "lines of a campaign without leads"
  equal "" "$(ls "$M/campaigns/700012/leads")"
  # python's csv sees the same leads
  python3 - "$C/leads.csv" <(held 700001) <<'PYTHON'
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")))
held = json.load(open(sys.argv[2]))
assert len(rows) == len(held) == 1200
for row, want in zip(rows, held):
    for name in ("email", "first_name", "last_name", "company_name", "location", "status", "id", "reply_count"):
        assert row[name] == ("" if want[name] is None else str(want[name])), (name, row, want)
    for name, value in json.loads(want["custom_fields"]).items():
        assert row["custom:status" if name == "status" else name] == value, (name, row, want)
assert {r["note"] for r in rows} == {"", 'says "fresh", daily', "line one\nline two"}
PYTHON
}

@test "leads.csv of the demo account, byte for byte, reference" {
  demo_bytes reference
}

@test "leads.csv of the demo account, byte for byte, live" {
  demo_bytes live
}

hostile_cells() {
  in_dialect "$1"
  local id=700003
  campaign_is $id
  lead_is 1601 "first_name = 'a,b', last_name = '\"', company_name = '\"\"', website = ','"
  lead_is 1602 "first_name = char(10), last_name = 'a' || char(13,10) || 'b', company_name = char(13), location = char(9) || 'x'"
  lead_is 1603 "first_name = ' ', last_name = ' x', company_name = 'x ', location = '  '"
  lead_is 1604 "first_name = '=1+1', last_name = '@SUM(A1)', company_name = '-2', phone_number = 34600123456"
  lead_is 1605 "first_name = '🥐' || char(0x202e) || 'x', last_name = char(0xfeff) || 'BOM', company_name = char(1,27,127)"
  lead_is 1606 "company_name = replace(hex(zeroblob(40000)), '0', 'x,'), first_name = NULL, phone_number = NULL"
  lead_is 1607 "custom_fields = '{\"email\":\"no@address\",\"custom_fields\":\"{}\",\"id\":\"7\",\"custom:status\":\"literal\"}'"
  lead_is 1608 "custom_fields = '{\"status\":\"hot\",\"n\":12345678901234567890,\"f\":1.50,\"t\":true,\"nil\":null,\"o\":{\"a\":[\"x,\",true]}}'"
  lead_is 1609 "custom_fields = '{\"a,b\":\"1\",\"quo\\\"te\":\"2\",\"line\\nbreak\":\"3\",\" blank \":\"4\",\"é\":\"\\u00e9\",\"e\":\"\\ud83e\\udd50\"}'"
  lead_is 1610 "custom_fields = '{\"rejected_reason\":\"why\",\"First Name\":\"x\",\"FIRST_NAME\":\"y\"}'"
  csv_is_right $id
  grep -q ',custom:email,custom:custom_fields,custom:id,custom:custom:status,n,f,t,nil,o,custom:rejected_reason,' "$T/got.csv"
  requests_are 1
  # Each cell, read back by another program's CSV reader, is what the service holds.
  python3 - "$T/got.csv" <(held $id) <<'PYTHON'
import csv, json, sys
csv.field_size_limit(1 << 20)
rows = list(csv.reader(open(sys.argv[1], newline="", encoding="utf-8")))
held = json.load(open(sys.argv[2]))
header = rows.pop(0)
assert len(set(header)) == len(header), header
assert all(len(r) == len(header) for r in rows)
for row, want in zip(rows, held, strict=True):
    for name in ("email", "first_name", "last_name", "company_name", "phone_number", "website", "location"):
        assert row[header.index(name)] == ("" if want[name] is None else str(want[name])), (name, row)
PYTHON
  # lead.json says the same
  equal '"a,b" "\"" "\"\"" ","' "$(jq -c '.first_name, .last_name, .company_name, .website' "$C"/leads/lead1601@*/lead.json | paste -sd ' ')"
  equal '"\n" "a\r\nb" "\r" "\tx"' "$(jq -c '.first_name, .last_name, .company_name, .location' "$C"/leads/lead1602@*/lead.json | paste -sd ' ')"
  equal '{"email":"no@address","custom_fields":"{}","id":"7","custom:status":"literal"}' \
    "$(jq -c .custom_fields "$C"/leads/lead1607@*/lead.json)"
  requests_are 1
}

@test "hostile cells and custom fields, byte for byte, reference" {
  hostile_cells reference
}

@test "hostile cells and custom fields, byte for byte, live" {
  hostile_cells live
}

# The columns of an export are found by name: those of the other document, other orders, a BOM, CRLF, unknown ones.
other_exports() {
  in_dialect "$1"
  setting '{"export_columns":"live"}'
  csv_is_right 700003 live
  refresh campaigns/700003/leads.csv
  setting '{"export_columns":"reference"}'
  csv_is_right 700003 reference
  # without a column for it the category is asked for
  mark
  cat "$M"/campaigns/700003/leads/*/category >"$T/categories"
  diff <(held 700003 | jq -r '"\(.[].category)"' | sort) <(sort "$T/categories")
  requests_are 1 '.path == "/campaigns/700003/leads" and .query == {"offset": "0", "limit": "100"}'
  requests_are 1 '.path == "/leads/fetch-categories"'
  requests_are 2
  local bom=$'\xef\xbb\xbf' want body
  want=$'email,first_name,last_name,company_name,phone_number,website,location,linkedin_profile,company_url,x,id,status\n'
  want+=$'a@b.example,Ann,,"Two\r\nlines",,,,,,1,9007199254740993,STARTED\n'
  for body in $'id,status,nonsense,email,first_name,company_name,custom_fields\r\n9007199254740993,STARTED,?,a@b.example,Ann,"Two\r\nlines","{""x"":1}"\r\n' \
    "$bom"$'email,"id","custom_fields",first_name,status,company_name\n"a@b.example",9007199254740993,"{""x"":""1""}","Ann",STARTED,"Two\r\nlines"' \
    "$bom"$'"status",email,id,first_name,custom_fields,company_name\r\nSTARTED,a@b.example,9007199254740993,Ann,"{ ""x"" : ""1"" }","Two\r\nlines"\r\n\r\n'; do
    faults_off
    refresh campaigns/700003/leads.csv
    junk '*/leads-export' "$body"
    cat "$M/campaigns/700003/leads.csv" >"$T/got.csv"
    printf %s "$want" | cmp - "$T/got.csv"
    equal a@b.example "$(ls "$M/campaigns/700003/leads")"
    equal 9007199254740993 "$(sed -n 's/^  "id": \(.*\),$/\1/p' "$M/campaigns/700003/leads/a@b.example/lead.json")"
    requests_are 1
  done
  # A lead that an export has twice is one directory.
  faults_off
  refresh campaigns/700003/leads.csv
  junk '*/leads-export' $'id,email,status\n1,a@b.example,PAUSED\n2,b/c@d.example,STARTED\n1,a@b.example,PAUSED\n'
  equal 4 "$(wc -l <"$M/campaigns/700003/leads.csv")"
  equal "2-b-c@d.example a@b.example" "$(ls "$M/campaigns/700003/leads" | paste -sd ' ')"
  equal STARTED "$(cat "$M/campaigns/700003/leads/2-b-c@d.example/status")"
}

@test "exports with other columns, a BOM, CRLF, reference" {
  other_exports reference
}

# endpoint: leads categories
@test "exports with other columns, a BOM, CRLF, live" {
  other_exports live
}

# Addresses are hostile until made safe. The simulator's own table holds them: the service could.
hostile_names() {
  in_dialect "$1"
  local id=700003 name i=0
  campaign_is $id
  # In the order of the leads 1601…: what the names become. Those that had to be changed have the lead's id in front.
  edit "WITH h(n, email) AS (VALUES (1601, 'a/b@x.example'), (1602, 'a-b@x.example'), (1603, '..'), (1604, '.'),
    (1605, '../../etc/passwd'), (1606, 'tab' || char(9) || 'nl' || char(10) || '@x.example'), (1607, char(27) || '[2J@x.example'),
    (1608, 'quo\"te,comma@x.example'), (1609, replace(hex(zeroblob(100)), '0', 'x') || '@x.example'),
    (1610, replace(hex(zeroblob(100)), '0', 'x') || '@y.example'), (1611, ' padded@x.example '), (1612, 'ünï@x.example'),
    (1613, char(0x202e) || 'moc@x.example'), (1614, '/'), (1615, 'plus+tag@x.example'), (1616, '*?[]@x.example'),
    (1617, '-rf@x.example'))
    UPDATE leads SET email = h.email FROM h WHERE leads.email LIKE 'lead' || h.n || '@%'" >/dev/null
  csv_is_right $id
  ls "$C/leads" >"$T/ls"
  python3 - "$C/leads" "$T/got.csv" <<'PYTHON'
import csv, json, os, sys
names = os.listdir(os.fsencode(sys.argv[1]))
assert len(names) == len(set(names)) == 50, sorted(names)
rows = {r["id"]: r for r in csv.DictReader(open(sys.argv[2], newline="", encoding="utf-8"))}
seen = {}
for name in names:
    text = name.decode()
    assert text not in (".", "..") and len(name) <= 145 and not any(ord(c) < 32 or ord(c) == 127 for c in text), name
    lead = json.load(open(os.path.join(os.fsencode(sys.argv[1]), name, b"lead.json")))
    assert str(lead["id"]) not in seen, (name, lead)
    seen[str(lead["id"])] = text
    assert lead["email"] == rows[str(lead["id"])]["email"], (name, lead)
    if text != lead["email"]:
        assert text.startswith("%d-" % lead["id"]), (name, lead)
by_email = {rows[i]["email"]: name for i, name in seen.items()}
assert set(by_email.values()) >= {"a-b@x.example", 'quo"te,comma@x.example', "ünï@x.example", "plus+tag@x.example",
    "*?[]@x.example", "-rf@x.example"}, by_email
assert by_email["a/b@x.example"].endswith("-a-b@x.example") and by_email[".."].endswith("---"), by_email
PYTHON
  requests_are 1
  # a thread, a category, a status by each name
  while IFS= read -r name; do
    cat -- "$C/leads/$name/status" "$C/leads/$name/category" >/dev/null
    i=$((i + 1))
  done <"$T/ls"
  equal 50 $i
  cat -- "$C/leads/a-b@x.example/thread.json" "$C/leads/plus+tag@x.example/thread.mbox" >/dev/null
  find "$C/leads" -name '*passwd*' | grep -q '/[0-9]*-..-..-etc-passwd$'
}

@test "hostile addresses: safe names, each once, each its own lead, reference" {
  hostile_names reference
}

@test "hostile addresses: safe names, each once, each its own lead, live" {
  hostile_names live
}

# --- categories, from the paged list where the export lacks them ------------------------------------------------------

@test "a lead that the paged list lacks, or a category without a name: an error, not \"none\", reference" {
  in_dialect reference
  local lead='"campaign_lead_map_id":1,"status":"STARTED"' f=$M/campaigns/700003/leads
  local lead_1601
  lead_1601=$(sql_value "SELECT CAST(id AS TEXT) FROM leads WHERE email LIKE 'lead1601@%'")
  junk '*/campaigns/700003/leads' "{\"total_leads\":1,\"data\":[{$lead,\"lead_category_id\":1,\"lead\":{\"id\":$lead_1601}}]}"
  equal Interested "$(cat "$f"/lead1601@*/category)"
  equal EIO "$(errno_of "$(echo "$f"/lead1602@*)/category")"
  grep -q 'lead1602@.*/category.*EIO' "$M/.smartlead/errors"
  faults_off
  refresh
  junk '*/campaigns/700003/leads' "{\"total_leads\":1,\"data\":[{$lead,\"lead_category_id\":999,\"lead\":{\"id\":$lead_1601}}]}"
  equal EIO "$(errno_of "$(echo "$f"/lead1601@*)/category")"
  # without the fault all is right again
  faults_off
  refresh
  equal 50 "$(cat "$f"/*/category | wc -l)"
}

# --- faults ----------------------------------------------------------------------------------------------------------

export_fault() {
  jq -cn --arg kind "$1" --argjson more "${2:-{\}}" '{kind: $kind, path: "*/leads-export"} + $more'
}

# With -o timeout=2 the export, which the service takes its time for, has four times that.
patience=20000

survives() { # FAULT REQUESTS
  refresh campaigns/700001/leads.csv
  fault "$1"
  cat "$C/leads.csv" >"$T/got.csv"
  cmp "$T/want.csv" "$T/got.csv"
  requests_are "$2"
  equal 1 "$(control GET /faults | jq '.[0].hits')" "uses of the fault"
  faults_off
}

# In a mount that has nothing to go on serving.
refused() { # FAULT ERRNO
  local start got list
  unmount_sl
  mount_again
  fault "$(jq -c '. + {count: -1}' <<<"$1")"
  start=$(now_ms)
  ls "$C/leads" >"$T/list" 2>/dev/null 3>&- &
  list=$!
  got=$(errno_of "$C/leads.csv")
  refute wait $list # no listing that looks like a campaign without leads
  equal "" "$(cat "$T/list")" "what is listed"
  [[ $got =~ ^($2)$ ]] || fail "$1: $got, not $2"
  equal 0 "$(wc -c <"$T/read")" "bytes of a failed read"
  within "$start" $patience
  grep -q $'\tcampaigns/700001-Bakers-north/leads.csv\t'"$got"$'\t.' "$M/.smartlead/errors"
  cat "$C/status" >/dev/null
  faults_off
  cmp "$T/want.csv" "$C/leads.csv"
}

faults() {
  MOUNT_OPTIONS=timeout=2
  in_dialect "$1"
  csv_is_right 700001
  survives "$(export_fault status '{"status":500}')" 2
  survives "$(export_fault status '{"status":503,"body":"<html>Service Unavailable</html>"}')" 2
  survives "$(export_fault cut)" 2
  survives "$(export_fault html)" 2
  survives "$(export_fault empty)" 2
  survives "$(export_fault junk)" 2
  survives "$(export_fault ok_false)" 2
  survives "$(export_fault reset_before)" 2
  survives "$(export_fault reset_after)" 2
  survives "$(export_fault latency '{"ms":2500}')" 1
  survives "$(export_fault junk '{"body":"id,email\n1,a@b.example\n2"}')" 2 # half of it, though whole for HTTP
  # in an outage what was read before is served
  refresh campaigns/700001/leads.csv
  fault "$(export_fault status '{"status":502,"count":-1}')"
  cmp "$T/want.csv" "$C/leads.csv"
  faults_off
  refused "$(export_fault status '{"status":500}')" EIO
  refused "$(export_fault cut)" EIO
  refused "$(export_fault html)" EIO
  refused "$(export_fault empty)" EIO
  refused "$(export_fault status '{"status":400,"body":{"error":"not today"}}')" EINVAL
  grep -q 'not today' "$M/.smartlead/errors"
  refused "$(export_fault status '{"status":401,"body":{"message":"Invalid API Key"}}')" EACCES
  local body bodies=('Too busy, sorry' $'id,email\n1,a@b.example\n2' $'id,email\n1,"a@b.example\n')
  live || bodies+=($'one\ntwo\n' $'id,first_name\n1,Ann\n' $'id,email\n1,a@b.example,surplus\n' '[]' ' ')
  for body in "${bodies[@]}"; do
    refused "$(export_fault junk "$(jq -cn --arg body "$body" '{body: $body}')")" EIO
  done
}

@test "faults of the export, reference" {
  faults reference
}

@test "faults of the export, live" {
  faults live
}

hang() {
  MOUNT_OPTIONS=timeout=1
  in_dialect "$1"
  csv_is_right 700001
  refused "$(export_fault hang)" ETIMEDOUT
  # an interrupted wait ends at once
  refresh campaigns/700001/leads.csv
  fault '{"kind":"hang","path":"*/leads-export","count":-1}'
  in_background cat "$C/leads.csv"
  wait_for waiters 1
  local start
  start=$(now_ms)
  kill -INT $!
  wait_for gone $!
  within "$start" 2000
}

@test "an export that hangs: ETIMEDOUT, and Ctrl-C ends the wait, reference" {
  hang reference
}

@test "an export that hangs: ETIMEDOUT, and Ctrl-C ends the wait, live" {
  hang live
}

# --- a lead's campaigns, and leads by their address ----------------------------------------------------------------------

campaigns_of_a_lead() {
  in_dialect "$1"
  local lead=$C/leads/lead4@mill4.example id
  id=$(sql_value "SELECT id FROM leads WHERE email = 'lead4@mill4.example'")
  equal "category lead.json reply.html status thread.json thread.mbox" "$(ls "$lead" | paste -sd ' ')"
  requests_are 1
  equal "700001-Bakers-north 700011-Bakers-north:-replied" "$(ls "$lead/campaigns" | paste -sd ' ')"
  requests_are 1 ".path == \"/leads/$id/campaigns\""
  requests_are 2
  equal "Bakers north|Bakers north: replied" "$(cat "$lead"/campaigns/*/name | paste -sd '|')"
  equal "$(readlink -f "$M/campaigns/700011-Bakers-north:-replied")" "$(readlink -f "$lead/campaigns/700011-Bakers-north:-replied")"
  equal ENOENT "$(errno_of "$lead/campaigns/700002")"
  equal INPROGRESS "$(cat "$lead/campaigns/700011-Bakers-north:-replied/leads/lead4@mill4.example/status")"
  requests_are 3 # with the other campaign's leads
  mark
  ls -l "$lead/campaigns" >/dev/null
  requests_are 0
}

# endpoint: lead-campaigns
@test "every campaign that holds a lead, by name, reference" {
  campaigns_of_a_lead reference
}

# endpoint: lead-campaigns
@test "every campaign that holds a lead, by name, live" {
  campaigns_of_a_lead live
}

global_leads() {
  in_dialect "$1"
  local lead=$M/leads/lead4@mill4.example id name
  id=$(sql_value "SELECT id FROM leads WHERE email = 'lead4@mill4.example'")
  equal categories.json "$(ls "$M/leads")"
  requests_are 0
  equal lead4@mill4.example "$(jq -r .email "$lead/lead.json")"
  equal "$id" "$(sed -n 's/^  "id": "\?\([0-9]*\)"\?,$/\1/p' "$lead/lead.json")"
  equal 6–14 "$(jq -r '.custom_fields["Opening-Hours now"]' "$lead/lead.json")"
  equal no "$(cat "$lead/unsubscribed")"
  equal "campaigns lead.json unsubscribed" "$(ls "$lead" | paste -sd ' ')"
  requests_are 1
  requests_are 1 '.path == "/leads/" and .query == {"email": "lead4@mill4.example"}'
  equal "700001-Bakers-north 700011-Bakers-north:-replied" "$(ls "$lead/campaigns" | paste -sd ' ')"
  requests_are 1 ".path == \"/leads/$id/campaigns\""
  equal "../../../campaigns/700001-Bakers-north" "$(readlink "$lead/campaigns/700001-Bakers-north")"
  equal "Bakers north|Bakers north: replied" "$(cat "$lead"/campaigns/*/name | paste -sd '|')"
  requests_are 2
  # one spelling, one lead; listed are those looked up
  cmp "$lead/lead.json" "$M/leads/LEAD4@Mill4.Example/lead.json"
  equal "categories.json lead4@mill4.example" "$(ls "$M/leads" | paste -sd ' ')"
  equal yes "$(cat "$M/leads/$(sql_value 'SELECT email FROM leads WHERE is_unsubscribed LIMIT 1')/unsubscribed")"
  requests_are 3
  # nobody: one request, and none again at once
  for name in lead.json unsubscribed; do
    equal ENOENT "$(errno_of "$M/leads/nobody@nowhere.example/$name")"
  done
  refute test -e "$M/leads/nobody@nowhere.example"
  requests_are 4
  # what can be no address is not asked for
  for name in .git HEAD nobody 'a b@c.example' @x.example a@b@c.example categories 7; do
    refute test -e "$M/leads/$name"
  done
  requests_are 4
  equal 2 "$(ls "$M/leads" | grep -c @)"
}

# endpoint: lead-by-email
@test "leads/<email>/ of the account, reference" {
  global_leads reference
}

# endpoint: lead-by-email
@test "leads/<email>/ of the account, live" {
  global_leads live
}

# An address may hold what means something in a URL.
odd_addresses() {
  in_dialect "$1"
  local address
  for address in 'plus+tag@x.example' "o'neil&co=1@x.example" 'per%41cent#x?@x.example' 'ünï@x.example' 'semi;comma,@x.example'; do
    edit "UPDATE leads SET email = '${address//\'/\'\'}' WHERE email = (SELECT min(email) FROM leads WHERE email LIKE 'lead%')" >/dev/null
    mark
    equal "$address" "$(jq -r .email "$M/leads/$address/lead.json")"
    equal "$address" "$(journal | jq -r .query.email)"
    requests_are 1
  done
}

@test "addresses that mean something in a URL arrive whole, reference" {
  odd_addresses reference
}

@test "addresses that mean something in a URL arrive whole, live" {
  odd_addresses live
}

# --- walking -------------------------------------------------------------------------------------------------------------

walk_all() {
  in_dialect "$1"
  ls -lR "$M" >"$T/first" 2>"$T/errors"
  equal "" "$(cat "$T/errors")"
  [ "$(requests_made)" -le "$(grep -c ':$' "$T/first")" ]
  equal "" "$(journal | jq -c '[.path, .query]' | sort | uniq -d)" "asked for twice"
  # Leads, sequences, accounts of each of twelve campaigns, their webhooks or the account's, the e-mail accounts.
  requests_are $((12 * 3 + 1 + $(live && echo 12 || echo 1)))
  mark
  ls -lR "$M" >/dev/null
  requests_are 0
}

@test "ls -lR of the whole mount: at most one request a directory, reference" {
  walk_all reference
}

@test "ls -lR of the whole mount: at most one request a directory, live" {
  walk_all live
}

# grep -r reads every file that is listed. Each of them comes from one call that the API has for nothing else, so there is no
# way with fewer: the export serves leads.csv and all of leads/ but the threads, which only message-history gives, one lead a
# request; the sequence is one; statistics.csv a page of 1000 each; analytics.json and the two lists of days one each; the
# category, where the export has none, a page for each 100 leads and the names once.
grep_all() {
  in_dialect "$1"
  campaign_is 700011
  local leads sends threads more
  leads=$(sql_value 'SELECT count(*) FROM maps WHERE campaign_id = 700011')
  sends=$(sql_value 'SELECT count(*) FROM sends WHERE campaign_id = 700011')
  threads=$(sql_value 'SELECT count(*) FROM maps WHERE campaign_id = 700011 AND replies > 0')
  [ "$threads" -gt 10 ]
  grep -r mill "$C" >"$T/found"
  grep -q leads.csv: "$T/found"
  grep -q 'thread.mbox:To: .*mill' "$T/found"
  requests_are 1 '.path | endswith("/leads-export")'
  requests_are "$threads" '.path | endswith("/message-history")'
  requests_are 1 '.path | endswith("/sequences")'
  requests_are 1 '.path | endswith("/email-accounts")'
  requests_are $((sends / 1000 + 1)) '.path | endswith("/statistics")'
  requests_are 1 '.path | endswith("/analytics")'
  requests_are 2 '.path | test("analytics-by-date|day-wise")'
  more=$(live && echo 1 || echo $((leads / 100 + 1 + 1))) # the webhooks; the categories
  requests_are $((1 + threads + 1 + 1 + sends / 1000 + 1 + 1 + 2 + more))
  equal "" "$(journal | jq -c '[.path, .query]' | sort | uniq -d)" "asked for twice"
  mark
  grep -r mill "$C" >"$T/again"
  requests_are 0
  cmp "$T/found" "$T/again"
}

@test "grep -r over one campaign: each call once, reference" {
  grep_all reference
}

@test "grep -r over one campaign: each call once, live" {
  grep_all live
}
