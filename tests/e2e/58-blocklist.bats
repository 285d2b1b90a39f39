# 58-blocklist: appended lines block at once, whole lines only; a line taken out of the list unblocks, where the service can.
load lib
load writing

begin() {
  local dialect=$1
  shift
  start_sandbox --rate=0 --dialect="$dialect"
  edit "DELETE FROM blocks" >/dev/null
  mount_sl -o "dialect=$dialect" "$@"
  cd "$M"
  mark
}

# printf of bash writes line by line; a program's goes out in one write.
in_one_write() {
  env printf "$@"
}

# blocks ENTRY...: the requests that block these, in the way of $1
blocks() {
  local dialect=$1 list='' entry want=()
  shift
  for entry; do
    if [ "$dialect" = live ]; then
      list+=${list:+,}\"$entry\"
    elif [[ $entry == *@* ]]; then
      want+=("POST /leads/add-domain-block-list {\"email\":\"$entry\"}")
    else
      want+=("POST /leads/add-domain-block-list {\"domain\":\"$entry\"}")
    fi
  done
  [ "$dialect" != live ] || want=("POST /leads/add-domain-block-list {\"domain_block_list\":[$list]}")
  printf '%s\n' "${want[@]}"
}

blocked() {
  curl -sS "$CONTROL/sql?q=SELECT%20entry%20FROM%20blocks%20ORDER%20BY%20id" | jq -r '.[].entry'
}

append() {
  begin "$1"
  echo spam.example >>blocklist
  sent "$(blocks "$1" spam.example)"
  # One request for all lines of a write, where the service takes them.
  in_one_write ' Luz@Horno.Example \r\n\nmill.example\nLUZ@horno.example\nßen.example\n' >>blocklist
  sent "$(blocks "$1" luz@horno.example mill.example ßen.example)"
  in_one_write 'a.example\nb.example\n' | tee -a blocklist >/dev/null
  sent "$(blocks "$1" a.example b.example)"
  python3 -c 'open("blocklist", "a").write("c.example\nd.example\n")'
  sent "$(blocks "$1" c.example d.example)"
  # Without a newline it is the close that acts.
  printf last.example >>blocklist
  sent "$(blocks "$1" last.example)"
  { printf 'one.ex'; /bin/true; printf 'ample\ntwo.example\n'; } >>blocklist
  equal $'one.example\ntwo.example' "$(blocked | tail -n 2)"
  refute grep -qxF one.ex <(blocked)
  equal 11 "$(blocked | grep -c example)"
}

# endpoint: block-add
@test "appended lines are blocked by the write itself" {
  in_both append
}

refusals() {
  begin "$1"
  local line
  for line in nodot 'a b.example' 'x@' '@x.example' 'x@y@z.example' -x.example x-.example x..example .example example. '*.example' \
    http://x.example x.example/path 'x@nodot' "$(printf 'x%.0s' {1..64}).example" $'\xff.example'; do
    run bash -c 'exec env printf "good.example\n%s\n" "$0" >>blocklist' "$line"
    equal 1 "$status" "$line"
    [[ $output == *'Invalid argument'* ]] || fail "$line: $output"
  done
  errors_say 'line 2: "nodot" is neither an e-mail address nor a domain; nothing was sent'
  run bash -c 'exec env printf "%05000d" 1 >>blocklist'
  equal 1 "$status"
  sent ''
  : >>blocklist
  echo >>blocklist
  printf ' \n\n' >>blocklist
  sent ''
}

@test "each line is checked before any is sent" {
  in_both refusals
}

whole_lines() {
  begin "$1"
  local n
  # Buffers end anywhere; lines that look whole when cut ("mill12.ex") must not be sent so.
  for n in {1..3000}; do echo "mill$n.ex.ample.co$((n % 7))m"; done | sed 's/co[0-9]m/com/' >"$T/list"
  dd if="$T/list" of=blocklist bs=1000 oflag=append conv=notrunc status=none
  cmp "$T/list" <(blocked)
  sed 's/^/x/' "$T/list" >"$T/more"
  cat "$T/more" >>blocklist
  cmp <(cat "$T/list" "$T/more") <(blocked)
  equal '' "$(journal | jq -r 'select(.status != 200)')"
  mark
  # A writer that is killed in the middle of a line has not written that line.
  rm -f "$T/never"
  mkfifo "$T/never"
  printf 'whole.example\nhalf.exam' >"$T/half"
  in_background bash -c 'exec cat "$0" "$1" >>blocklist' "$T/half" "$T/never"
  local writer=$!
  exec 9>"$T/never"
  wait_for requests_are 1
  printf 'ple.co' >&9
  kill -TERM "$writer"
  wait "$writer" || :
  exec 9>&-
  equal whole.example "$(blocked | tail -n 1)"
  requests_are 1
}

@test "a list of any length is sent in whole lines, and a killed writer's last line is not" {
  in_both whole_lines
}

# endpoint: block-list
@test "live: what is blocked can be read, and an append shows at once" {
  begin live
  equal '' "$(cat blocklist)"
  equal 644 "$(stat -c %a blocklist)"
  mark
  in_one_write 'a.example\nb@c.example\n' >>blocklist
  equal $'a.example\nb@c.example' "$(sort blocklist)"
  sent "$(blocks live a.example b@c.example)" 'GET /leads/get-domain-block-list'
  equal 22 "$(stat -c %s blocklist)"
  sent ''
}

# endpoint: block-remove
@test "live: a line that is taken out is unblocked, by every editor, and the list is not asked for again" {
  begin live
  in_one_write '%s.example\n' a b c d e f >>blocklist
  cat blocklist >"$T/old"
  id() { curl -sS "$CONTROL/sql?q=SELECT%20id%20FROM%20blocks%20WHERE%20entry='$1.example'" | jq '.[0].id'; }
  local a b c d
  a=$(id a) b=$(id b) c=$(id c) d=$(id d)
  mark
  sed -i /^b/d blocklist
  sent "DELETE /leads/delete-domain-block-list?id=$b"
  equal 'a.example c.example d.example e.example f.example ' "$(sort blocklist | tr '\n' ' ')"
  vim -u NONE -es -c 'g/^[ac]/d' -c wq blocklist </dev/null
  equal "DELETE $a DELETE $c" "$(journal | jq -r '"\(.method) \(.query.id)"' | sort | tr '\n' ' ' | sed 's/ $//')"
  mark
  perl -pi -e 's/^d\.example/new.example/' blocklist
  sent "$(blocks live new.example)" "DELETE /leads/delete-domain-block-list?id=$d"
  equal $'e.example\nf.example\nnew.example' "$(sort blocklist)"
  mark
  # The same lines in another order and spelling: nothing.
  python3 - <<'PYTHON'
lines = sorted(open('blocklist'), reverse=True)
open('blocklist', 'w').write('\n'.join(l.strip().upper() for l in lines))
PYTHON
  : >blocklist
  touch blocklist
  sent ''
  equal e.example "$(blocked | head -n 1)"
  # What was there is kept.
  ls "$M/.smartlead/history/blocklist/account/blocklist" | grep -q .
  cmp "$T/old" "$M/.smartlead/history/blocklist/account/blocklist/$(ls "$M/.smartlead/history/blocklist/account/blocklist" | sed -n 1p)"
}

@test "live: who has not read the list can only add to it; what others added meanwhile stays" {
  begin live
  in_one_write '%s.example\n' a b c >>blocklist
  in_one_write 'a.example\nx.example\n' >"$T/new"
  mark
  cp "$T/new" blocklist
  equal "$(blocks live x.example)" "$(journal | jq -r 'select(.method != "GET") | "\(.method) \(.path) \(.body | tojson)"')"
  grep -q 'LEFT ALONE.*blocklist: 2 lines' "$M/.smartlead/requests"
  equal $'a.example\nb.example\nc.example\nx.example' "$(sort blocklist)"
  echo y.example >blocklist
  equal $'a.example\nb.example\nc.example\nx.example\ny.example' "$(sort blocklist)"
  mark
  # Another program blocks and unblocks while somebody edits.
  (
    exec 5<blocklist
    cat <&5 | grep -v '^b' >"$T/new"
  )
  python3 - "$CONTROL" "$M" <<'PYTHON'
import json, sys, urllib.request
text = open('blocklist').read()
sql = "DELETE FROM blocks WHERE entry='c.example'; INSERT INTO blocks(id,entry,created_at) VALUES(777,'other.example',now())"
urllib.request.urlopen(sys.argv[1] + '/edit', json.dumps({'sql': sql}).encode()).read()
open(sys.argv[2] + '/.smartlead/refresh', 'w').write('blocklist\n')
open('blocklist', 'w').write(text.replace('b.example\n', '') + 'z.example\n')
PYTHON
  equal $'a.example\nother.example\nx.example\ny.example\nz.example' "$(blocked | sort)"
  equal $'a.example\nother.example\nx.example\ny.example\nz.example' "$(sort blocklist)"
}

@test "live: over max_deletes nothing is unblocked, nor blocked" {
  begin live -o max_deletes=2
  in_one_write '%s.example\n' a b c >>blocklist
  mark
  run sed -i 's/.*/new&/' blocklist
  [ "$status" != 0 ]
  [[ $output == *'not permitted'* ]] || fail "$output"
  errors_say 'max_deletes is 2'
  equal 3 "$(cat blocklist | wc -l)"
  requests_are 0 '.method != "GET"'
  run python3 -c 'text = open("blocklist").read(); f = open("blocklist", "w"); f.write(text + "bad line\n"); f.close()'
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  rm blocklist
  wait_for test -e blocklist
  equal 3 "$(cat blocklist | wc -l)"
  requests_are 0 '.method != "GET"'
  sed -i '/^[ab]/d' blocklist
  requests_are 2 '.method == "DELETE"'
}

# endpoint: block-remove
@test "live: a connection that breaks after a line was unblocked: not sent again, and the next read asks" {
  begin live
  in_one_write '%s.example\n' a b >>blocklist
  fault '{"kind":"reset_after","method":"DELETE"}'
  mark
  run sed -i /^a/d blocklist
  [ "$status" != 0 ]
  errors_say 'outcome is unknown'
  requests_are 1 '.method == "DELETE"'
  rm -f sed*
  equal b.example "$(cat blocklist)"
  requests_are 1 '.method == "DELETE"'
}

@test "reference: the list can't be read, every write adds, and what was done before a refusal is told" {
  begin reference
  stat blocklist >/dev/null
  run env LC_ALL=C cat blocklist
  equal 1 "$status"
  equal 200 "$(stat -c %a blocklist)"
  mark
  echo a.example >blocklist
  sent "$(blocks reference a.example)"
  fault '{"kind":"status","method":"POST","status":400,"skip":1}'
  run bash -c 'exec env printf "b.example\nc.example\nd.example\n" >>blocklist'
  [[ $output == *'Invalid argument'* ]] || fail "$output"
  errors_say '1 of them done; then "c.example": Injected fault'
  sent "$(blocks reference b.example c.example)"
}

@test "a service whose ways are not known yet is spoken to as it wants" {
  start_sandbox --rate=0 --dialect=live
  edit "DELETE FROM blocks" >/dev/null
  mount_sl
  in_one_write 'a.example\nb.example\n' >>"$M/blocklist"
  equal $'a.example\nb.example' "$(blocked)"
  equal $'a.example\nb.example' "$(sort "$M/blocklist")"
}

@test "a dry run and a read-only mount send nothing" {
  begin live -o dry_run
  echo a.example >>blocklist
  requests_are 0
  grep -qF 'block-add {"entries":["a.example"]}' "$M/.smartlead/requests"
  cd /
  mount_sl -n ro -o ro
  run bash -c "echo a.example >>'$M/blocklist'"
  [[ $output == *'Read-only file system'* ]] || fail "$output"
  requests_are 0 '.method != "GET"'
}

@test "a control file that is open for both shows what it says now" {
  begin live
  few_leads
  local email
  email=$(ls campaigns/700001-*/leads | sed -n 1p)
  exec 5<>"leads/$email/unsubscribed"
  equal no "$(cat <&5)"
  exec 5>&-
  exec 5<>"campaigns/700001-Bakers-north/status"
  echo PAUSED >&5
  exec 5>&-
  equal PAUSED "$(cat campaigns/700001-Bakers-north/status)"
}
