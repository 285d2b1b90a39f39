# What can be wrong at the start, and what an account may hold: one clear line each; and the key is seen nowhere.
load lib

setup() {
  e2e_setup
  sl=(env SMARTLEAD_API_KEY="$KEY" "$SMARTLEADFS")
  M=$T/mnt
  mkdir "$M"
}

# refuses REGEX COMMAND...: exit status 1, nothing on stdout, and on stderr one line that says why
refuses() {
  local status=0 want=$1 start
  shift
  start=$(now_ms)
  timeout $((40 * E2E_SLOW)) "$@" >"$T/out" 2>"$T/err" </dev/null 3>&- || status=$?
  equal 1 "$status" "status of $* ($(cat "$T/err"))"
  equal "" "$(cat "$T/out")" "what $* says on stdout"
  equal 1 "$(wc -l <"$T/err")" "lines on stderr: $(cat "$T/err")"
  grep -Eq "^smartleadfs: .*($want)" "$T/err" || fail "not about $want: $(cat "$T/err")"
  refute grep -qF "$KEY" "$T/err"
  refute mounted "$M"
  echo "$(($(now_ms) - start)) ms: $(cat "$T/err")" >&2
}

# The same in the background and in the foreground.
refuses_both() {
  local want=$1
  shift
  refuses "$want" "$@" "$M"
  refuses "$want" "$@" -f "$M"
}

@test "a wrong key" {
  start_sandbox
  refuses_both 'Invalid API Key|401|key' env SMARTLEAD_API_KEY=wrong-k3y-000 "$SMARTLEADFS" -o "url=$API"
  refute grep -q wrong-k3y-000 "$T/err"
}

@test "no key at all" {
  refuses_both 'no API key' "$SMARTLEADFS"
}

@test "a key file that is missing, a directory, empty, or readable by others" {
  refuses_both "nokey: No such file" "$SMARTLEADFS" -o key_file="$T/nokey"
  refuses_both 'key' "$SMARTLEADFS" -o key_file="$T"
  install -m 600 /dev/null "$T/empty"
  refuses_both 'does not hold an API key' "$SMARTLEADFS" -o key_file="$T/empty"
  echo "$KEY" >"$T/open"
  for mode in 644 640 604 660; do
    chmod $mode "$T/open"
    refuses "others may read it.*chmod 600" "$SMARTLEADFS" -o key_file="$T/open" "$M"
  done
}

@test "a key with control characters, or a page of text, is no key" {
  printf 'a\001b' >"$T/odd"
  head -c 5000 /dev/zero | tr '\0' x >"$T/long"
  chmod 600 "$T/odd" "$T/long"
  refuses 'does not hold an API key' "$SMARTLEADFS" -o key_file="$T/odd" "$M"
  refuses 'does not hold an API key' "$SMARTLEADFS" -o key_file="$T/long" "$M"
}

@test "no such host; a port where nobody listens; a host that is silent" {
  refuses_both "resolve|reach|no-such-host" "${sl[@]}" -o "url=https://no-such-host.invalid/api/v1"
  refuses_both "reach|refused|connect" "${sl[@]}" -o "url=http://127.0.0.1:9/api/v1"
  python3 -c '
import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(5)
print(s.getsockname()[1], flush=True); time.sleep(600)' >"$T/port" 3>&- &
  CHILDREN+=($!)
  wait_for grep -q . "$T/port"
  refuses "no answer|time" "${sl[@]}" -o "url=http://127.0.0.1:$(cat "$T/port")/api/v1,timeout=1" "$M"
}

@test "http:// to another host only with -o insecure; what is no URL" {
  refuses_both 'http:// would send the key in the clear' "${sl[@]}" -o url=http://example.com/api/v1
  refuses 'http:// would send the key' "${sl[@]}" -o url=http://127.0.0.1.example.com/api/v1 "$M"
  refuses 'url' "${sl[@]}" -o url=ftp://127.0.0.1/ "$M"
  refuses 'url' "${sl[@]}" -o url=https:// "$M"
  refuses 'url' "${sl[@]}" -o url=https://user:secret@127.0.0.1/ "$M"
}

@test "a TLS server without a valid certificate is not spoken to" {
  local port
  openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout "$T/key.pem" -out "$T/cert.pem" 2>/dev/null
  python3 -c '
import ssl, socket, sys
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(sys.argv[1], sys.argv[2])
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(5); print(s.getsockname()[1], flush=True)
while True:
    a, _ = s.accept()
    try:
        t = c.wrap_socket(a, server_side=True)
        open(sys.argv[3], "ab").write(t.recv(4096)); t.close()
    except OSError: a.close()' "$T/cert.pem" "$T/key.pem" "$T/heard" >"$T/port" 2>/dev/null 3>&- &
  CHILDREN+=($!)
  wait_for grep -q . "$T/port"
  port=$(cat "$T/port")
  refuses 'certificate|TLS|SSL' "${sl[@]}" -o "url=https://127.0.0.1:$port/api/v1" "$M"
  [ ! -s "$T/heard" ] || fail "it was spoken to: $(cat "$T/heard")"
}

@test "a mount point that is missing, no directory, or busy" {
  start_sandbox
  refuses 'nowhere: No such file or directory' "${sl[@]}" -o "url=$API" "$T/nowhere"
  touch "$T/file"
  refuses 'file: [Nn]ot a directory' "${sl[@]}" -o "url=$API" "$T/file"
  refuses 'where to mount' "${sl[@]}" -o "url=$API"
  mount_sl -n busy
  M=$T/mnt
  refuses 'busy: .*mounted there already' "${sl[@]}" -o "url=$API" "$T/busy"
  cat "$T/busy/campaigns.csv" >/dev/null
}

@test "options: unknown, without a value, out of range" {
  local option
  refuses 'unknown option.*no_such_option' "${sl[@]}" -o no_such_option "$M"
  refuses 'unknown option.*--no-such' "${sl[@]}" --no-such "$M"
  refuses 'unknown option.*-x' "${sl[@]}" -x "$M"
  refuses '-o needs a value' "${sl[@]}" "$M" -o
  refuses 'too much' "${sl[@]}" "$M" a b
  for option in ttl=-1 ttl=x ttl= cache_size=0 cache_size=64Q sizes=big rate=0/2 rate=10 rate=x/y timeout=0 \
    timeout=99999 max_deletes=-1 dialect=esperanto client_id=abc profile=none-such; do
    refuses "option ${option%%=*}|${option##*=}" "${sl[@]}" -o "$option" "$M"
  done
  refuses 'not taken from the command line' "${sl[@]}" -o "api_key=$KEY" "$M"
  refuses 'leave url and key_file away' "${sl[@]}" --sandbox -o url=http://127.0.0.1/ "$M"
  refuses 'usage|MOUNTPOINT|unknown|too much|No such file' "${sl[@]}" frobnicate "$M" x
}

@test "a config file that is open to others, or broken" {
  start_sandbox
  mkdir -p "$XDG_CONFIG_HOME/smartleadfs"
  printf '[default]\napi_key = %s\nurl = %s\n' "$KEY" "$API" >"$XDG_CONFIG_HOME/smartleadfs/config"
  chmod 644 "$XDG_CONFIG_HOME/smartleadfs/config"
  refuses 'others may read it|0600|chmod' "$SMARTLEADFS" "$M"
  printf '[default]\nwhat = 5\n' >"$XDG_CONFIG_HOME/smartleadfs/config"
  chmod 600 "$XDG_CONFIG_HOME/smartleadfs/config"
  refuses 'what' "$SMARTLEADFS" "$M"
  printf '[default]\ngarbage\n' >"$XDG_CONFIG_HOME/smartleadfs/config"
  refuses 'config' "$SMARTLEADFS" "$M"
}

@test "junk, an empty answer, HTML, an error or half an answer at the start" {
  local kind
  for kind in junk empty html cut ok_false deep; do
    start_sandbox --rate=0
    fault '{"kind":"'$kind'","path":"*","count":-1}'
    refuses '.' "${sl[@]}" -o "url=$API,timeout=2,rate=4000/1" "$M"
  done
  start_sandbox --rate=0
  fault '{"kind":"status","status":500,"path":"*","count":-1}'
  refuses_both '500|Injected' "${sl[@]}" -o "url=$API,timeout=2,rate=4000/1"
  faults_off
  fault '{"kind":"hang","path":"*","count":-1}'
  refuses 'no answer|time' "${sl[@]}" -o "url=$API,timeout=1,rate=4000/1" "$M"
  faults_off
  fault '{"kind":"junk","path":"*"}'
  M=$T/well
  mount_sl -n well # one bad answer is survived
}

@test "hostile names become safe ones" {
  start_sandbox
  mount_sl
  ls "$M/campaigns" >"$T/names"
  equal 12 "$(wc -l <"$T/names")" "names with a line break in them"
  refute grep -qP '[\x00-\x1f\x7f]' "$T/names"
  refute grep -qE '[[:space:]]' "$T/names"
  iconv -f UTF-8 -t UTF-8 "$T/names" >/dev/null
  equal 2 "$(grep -c -- '-Twin$' "$T/names")"
  while read -r name; do
    [ "${#name}" -le 140 ] && [ "$(printf %s "$name" | wc -c)" -le 140 ] || fail "too long: $name"
    [[ $name =~ ^[0-9]+(-.+)?$ ]] || fail "no id in front: $name"
    cat "$M/campaigns/$name/name" >/dev/null
  done <"$T/names"
  # the name file has it all, in one line
  equal 'Bakers/south "2026" & '"'co'"' \ back' "$(cat "$M"/campaigns/700002-*/name)"
  equal 'Two lines and a tab' "$(cat "$M"/campaigns/700005-*/name)"
}

@test "hostile names made worse: ANSI escapes, NUL, invalid UTF-8, dots, a path, very long ones" {
  local name
  start_sandbox --size=8,0,1 --rate=0
  edit "UPDATE campaigns SET name = char(27)||'[31mred'||char(7) WHERE id = 700001;
    UPDATE campaigns SET name = '../../../etc/passwd' WHERE id = 700002;
    UPDATE campaigns SET name = '.' WHERE id = 700003;
    UPDATE campaigns SET name = '' WHERE id = 700004;
    UPDATE campaigns SET name = replace(hex(zeroblob(5000)), '00', '長い') WHERE id = 700005;
    UPDATE campaigns SET name = 'a'||char(8238)||'b'||char(133)||'c' WHERE id = 700006;
    UPDATE campaigns SET name = '   ' WHERE id = 700007;
    UPDATE campaigns SET name = 'x', status = '../../x' WHERE id = 700008" >/dev/null
  mount_sl
  (cd "$M/campaigns" && printf '%s\n' *) >"$T/names"
  equal 8 "$(wc -l <"$T/names")"
  refute grep -qP '[\x00-\x1f\x7f/]' "$T/names"
  while read -r name; do
    [ "$(printf %s "$name" | wc -c)" -le 140 ] || fail "too long: $name"
    [ -d "$M/campaigns/$name" ] && [ ! -L "$M/campaigns/$name" ] || fail "no directory: $name"
    cat "$M/campaigns/$name/status" >/dev/null
  done <"$T/names"
  find "$M/views" | grep -q . && refute grep -q passwd < <(ls "$M/views/status")
  equal 8 "$(find "$M/views/status" -mindepth 2 -maxdepth 2 -type l | wc -l)"
  equal 4 "$(find "$M" -maxdepth 1 -name '[cevl]*' -type d | wc -l)"
}

@test "ids above 2^53 are shown digit for digit" {
  start_sandbox
  mount_sl
  edit 'SELECT max(id) AS id FROM steps' >"$T/edit"
  edit "UPDATE steps SET id = 9007199254740993 WHERE campaign_id = 700004 AND seq_number = 1;
    UPDATE campaigns SET id = 9223372036854775807 WHERE id = 700012" >/dev/null
  echo all >"$M/.smartlead/refresh"
  grep -q '"id": 9007199254740993,' "$M"/campaigns/700004-*/sequences.json
  grep -q '"id": 9223372036854775807,' "$M"/campaigns/9223372036854775807-Blank-draft/campaign.json
  grep -q '^9223372036854775807,' "$M/campaigns.csv"
  equal 9223372036854775807-Blank-draft "$(readlink "$M/campaigns/9223372036854775807")"
}

@test "the key is in no process list, no file of the mount, no log, no state" {
  start_sandbox
  mount_sl -o timeout=2 -d
  expect_log '   unique: [0-9]+, error: -'
  cat "$M/campaigns.csv" >/dev/null
  fault '{"kind":"status","status":401,"path":"*/sequences"}'
  refute cat "$M"/campaigns/700001-*/sequences.json 2>/dev/null
  fault '{"kind":"status","status":500,"path":"*/sequences","count":-1,"body":"<html>api_key='"$KEY"'</html>"}'
  refute cat "$M"/campaigns/700001-*/sequences.json 2>/dev/null
  faults_off
  fault '{"kind":"status","status":400,"path":"*/sequences","body":{"error":"your key '"$KEY"' is odd"}}'
  refute cat "$M"/campaigns/700001-*/sequences.json 2>/dev/null
  ps -eww -o args >"$T/ps"
  refute grep -F "$KEY" "$T/ps"
  refute grep -aqF "$KEY" "/proc/$DAEMON/cmdline"
  refute grep -aqF "$KEY" "/proc/$DAEMON/environ"
  refute grep -rqF "$KEY" "$M/.smartlead" "$M/README.txt" "$M/campaigns.csv"
  refute grep -rqF "$KEY" "$T/log" "$XDG_STATE_HOME"
  "$SMARTLEADFS" status "$M" | refute grep -qF "$KEY"
  "$SMARTLEADFS" why "$(echo "$M"/campaigns/700001-*)/sequences.json" | refute grep -qF "$KEY"
}

@test "passwords of accounts read as ***, whatever is read" {
  start_sandbox
  mount_sl
  cat "$M/email-accounts.csv" "$M"/email-accounts/*/* "$M"/campaigns/700001-*/email-accounts/*/account.json >"$T/all"
  grep -q '"password": "\*\*\*"' "$T/all"
  refute grep -q 's3cret\|czNjcmV0' "$T/all"
  refute grep -rq 's3cret\|czNjcmV0' "$M/.smartlead"
  equal 400 "$(stat -c %a "$M"/email-accounts/401-*/account.json)" || equal 600 "$(stat -c %a "$M"/email-accounts/401-*/account.json)"
}
