# The command line: what is printed, how a mount begins and ends, and what is left behind.
load lib

# background [OPTION...]: mounts in the background, as a user does; its pid in $DAEMON
background() {
  M=$T/mnt
  mkdir -p "$M"
  SMARTLEAD_API_KEY=$KEY "$SMARTLEADFS" "$@" "$M" >"$T/out" 2>&1 3>&-
  mounted "$M" || fail "the command returned before the mount could be used"
  find_daemon
}

find_daemon() {
  DAEMON=$(pgrep -f -- "$M\$" | head -n 1)
  [ -n "$DAEMON" ] || fail "no daemon of $M"
  echo "$DAEMON" >>"$T/pids"
}

ended() {
  ! mounted "$M" && gone "$DAEMON"
}

# The practice account's simulator that belongs to $DAEMON.
its_simulator() {
  pgrep -P "$DAEMON" -f smartlead-sandbox
}

@test "--help and --version" {
  "$SMARTLEADFS" --help >"$T/help"
  cmp "$T/help" <("$SMARTLEADFS" -h)
  grep -q '^usage: smartleadfs' "$T/help"
  for option in ro ttl cache_size sizes url insecure key_file profile client_id rate timeout max_deletes max_updates dialect dry_run; do
    grep -q -- "-o $option" "$T/help" || fail "--help does not tell of -o $option"
  done
  [[ $("$SMARTLEADFS" --version) =~ ^smartleadfs\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
  cmp <("$SMARTLEADFS" --version) <("$SMARTLEADFS" -V)
}

@test "in the background: returns once it can be used, says nothing, ends with fusermount3 -u" {
  start_sandbox
  background -o "url=$API"
  equal "" "$(cat "$T/out")" "what it says"
  equal 12 "$(ls "$M/campaigns" | wc -l)"
  equal / "$(readlink "/proc/$DAEMON/cwd")"
  equal "/dev/null" "$(readlink "/proc/$DAEMON/fd/0" "/proc/$DAEMON/fd/1" "/proc/$DAEMON/fd/2" | sort -u)"
  fusermount3 -u "$M"
  wait_for ended
}

@test "ends with umount" {
  start_sandbox
  background -o "url=$API"
  umount "$M"
  wait_for ended
}

@test "SIGTERM, SIGINT and SIGHUP unmount, in the background and in the foreground" {
  local signal
  start_sandbox --rate=0
  for signal in TERM INT HUP; do
    background -o "url=$API"
    cat "$M/campaigns.csv" >/dev/null
    kill -"$signal" "$DAEMON"
    wait_for ended
    mount_sl -n foreground
    kill -"$signal" "$DAEMON"
    wait_for ended
    wait "$DAEMON" || fail "SIG$signal: ended with status $?"
    daemon_is_gone "$DAEMON"
  done
}

@test "kill -9: the dead mount is named in one line, can be cleared, and the next mount works" {
  start_sandbox
  mount_sl
  kill -KILL "$DAEMON"
  wait_for gone "$DAEMON"
  daemon_is_gone "$DAEMON" 2>/dev/null
  status=0
  SMARTLEAD_API_KEY=$KEY "$SMARTLEADFS" -o "url=$API" "$M" 2>"$T/err" 3>&- || status=$?
  if [ "$status" != 0 ]; then
    equal 1 "$(wc -l <"$T/err")" "lines: $(cat "$T/err")"
    grep -q 'fusermount3 -u' "$T/err"
    fusermount3 -u "$M"
    mount_sl
  fi
  equal 12 "$(ls "$M/campaigns" | wc -l)"
}

@test "the practice account: no key, no network, its simulator ends with the mount" {
  local simulator
  background --sandbox
  simulator=$(its_simulator)
  equal 12 "$(ls "$M/campaigns" | wc -l)"
  fusermount3 -u "$M"
  wait_for ended
  wait_for gone "$simulator"
}

@test "the practice account's simulator does not outlive kill -9, nor SIGTERM" {
  local simulator signal
  for signal in KILL TERM; do
    background --sandbox
    simulator=$(its_simulator)
    kill -"$signal" "$DAEMON"
    wait_for gone "$DAEMON" "$simulator"
    ! mounted "$M" || fusermount3 -u "$M"
  done
}

@test "the practice account speaks the dialect that is asked for" {
  background --sandbox -o dialect=live
  # Only there the block list can be read.
  grep -q . "$M/blocklist"
  echo PAUSED >"$M/campaigns/700001/status"
  sed -i 's/^subject: .*/subject: Rye/' "$M/campaigns/700001/sequences/1-A.html"
  grep -q 'subject: Rye' "$M/campaigns/700001/sequences/1-A.html"
  grep -q "$(printf 'POST\t/campaigns/700001/status\t200')" "$M/.smartlead/requests"
  fusermount3 -u "$M"
  wait_for ended
}

@test "the practice account is kept in a directory between mounts" {
  background "--sandbox=$T/kept"
  echo PAUSED >"$M"/campaigns/700001-*/status
  fusermount3 -u "$M"
  wait_for ended
  background "--sandbox=$T/kept"
  equal PAUSED "$(cat "$M"/campaigns/700001/status)"
  fusermount3 -u "$M"
  wait_for ended
}

@test "status: a screen, JSON, and what is no mount" {
  start_sandbox
  mount_sl
  cat "$M/campaigns.csv" "$M"/campaigns/700001-*/sequences.json >/dev/null
  "$SMARTLEADFS" status "$M" >"$T/status"
  [ "$(wc -l <"$T/status")" -le 24 ]
  grep -q "^smartleadfs .* on $M" "$T/status"
  grep -q '^cache .*fetches' "$T/status"
  grep -q '^errors *none' "$T/status"
  "$SMARTLEADFS" status --json "$M" | jq -e '.cache.entries >= 2 and .api.budget and .mount.uptime_ms >= 0' >/dev/null
  "$SMARTLEADFS" status "$M" --json | jq -e .version >/dev/null
  refute "$SMARTLEADFS" status "$T" 2>"$T/err"
  grep -q 'is not a smartleadfs mount' "$T/err"
  refute "$SMARTLEADFS" status 2>/dev/null
}

@test "why: the last refusal of a file, by path, from inside and outside" {
  start_sandbox --rate=0
  mount_sl -o timeout=2
  fault '{"kind":"status","status":422,"path":"*/700001/sequences","body":{"error":"the moon is full"}}'
  refute cat "$M/campaigns/700001-Bakers-north/sequences.json" 2>/dev/null
  "$SMARTLEADFS" why "$M/campaigns/700001-Bakers-north/sequences.json" >"$T/why"
  grep -q 'the moon is full' "$T/why"
  grep -q EINVAL "$T/why"
  (cd "$M/campaigns/700001-Bakers-north" && "$SMARTLEADFS" why sequences.json) | cmp - "$T/why"
  (cd "$M/campaigns/700001" && "$SMARTLEADFS" why sequences.json) | grep -q 'the moon is full'
  "$SMARTLEADFS" why "$M/campaigns/700001-Bakers-north" | grep -q 'the moon is full'
  refute "$SMARTLEADFS" why "$M/campaigns.csv" 2>"$T/err"
  grep -q 'no refusal' "$T/err"
  refute "$SMARTLEADFS" why /etc/passwd 2>"$T/err"
  grep -q 'not in a smartleadfs mount' "$T/err"
}

@test "why: a text is spoken of only where one was kept" {
  start_sandbox --rate=0
  mount_sl
  local campaign=$M/campaigns/700001
  refute bash -c "echo BOGUS >'$campaign/status'" 2>/dev/null
  refute bash -c "echo DELETE >'$campaign/status'" 2>/dev/null
  "$SMARTLEADFS" why "$campaign/status" | grep -q EBUSY
  refute grep rejected <("$SMARTLEADFS" why "$campaign/status")
  refute cp /etc/hostname "$campaign/sequences/1-A.html"
  local kept
  kept=$("$SMARTLEADFS" why "$campaign/sequences/1-A.html" | grep -o '\.smartlead/rejected/[^ )]*html')
  cmp "$M/$kept" /etc/hostname
}

@test "why: of a link, what it leads to, else the link itself" {
  start_sandbox --rate=0
  mount_sl
  refute rm "$M/campaigns/700001"
  "$SMARTLEADFS" why "$M/campaigns/700001" | grep -q EPERM
  (cd "$M/campaigns" && "$SMARTLEADFS" why 700001) | grep -q EPERM
  refute cp /dev/null "$M/campaigns/700001/campaign.json"
  "$SMARTLEADFS" why "$M/campaigns/700001" | grep -q 'campaign.json'
  refute "$SMARTLEADFS" why "$M/campaigns/700002" 2>"$T/err"
  grep -q 'no refusal of .*campaigns/700002 is recorded' "$T/err"
}

@test "why: a refused rename stands under the document, not under the editor's temporary name" {
  start_sandbox --rate=0
  mount_sl
  local emails=$M/campaigns/700001/sequences
  refute sed -i 's/^subject: .*/subject: Rye/' "$emails/1-A.html"
  "$SMARTLEADFS" why "$emails/1-A.html" | grep -q "sequence of an active campaign can't be changed"
  refute sed -i d "$emails/1-B.html"
  "$SMARTLEADFS" why "$emails/1-B.html" | grep -q 'an empty file is never saved'
  echo 42 >"$M/email-accounts/new.tmp"
  refute mv "$M/email-accounts/new.tmp" "$M/email-accounts/new.json"
  "$SMARTLEADFS" why "$M/email-accounts/new.json" | grep -q EINVAL
  refute grep -qE 'sequences/sed|new.tmp' "$M/.smartlead/errors"
}

@test "init: asks, checks, writes a file of mode 0600; the mount then needs nothing else" {
  start_sandbox
  refute "$SMARTLEADFS" init -o "url=$API" <<<wrong-key 2>"$T/err"
  equal 1 "$(wc -l <"$T/err")"
  refute test -e "$XDG_CONFIG_HOME/smartleadfs/config"
  refute "$SMARTLEADFS" init -o "url=$API" </dev/null 2>/dev/null
  "$SMARTLEADFS" init -o "url=$API" <<<"$KEY" >"$T/out" 2>&1
  refute grep -qF "$KEY" "$T/out"
  equal 600 "$(stat -c %a "$XDG_CONFIG_HOME/smartleadfs/config")"
  M=$T/mnt
  mkdir "$M"
  "$SMARTLEADFS" "$M" 3>&-
  equal 12 "$(ls "$M/campaigns" | wc -l)"
  find_daemon
  fusermount3 -u "$M"
  wait_for ended
}

@test "profiles of the config file; the command line goes before it" {
  start_sandbox
  mkdir -p "$XDG_CONFIG_HOME/smartleadfs"
  (
    umask 077
    printf '# two accounts\n[default]\napi_key = wrong\nurl = %s\n\n[client]\napi_key = %s\nurl = %s\nclient_id = 31\nttl = 7\n' \
      "$API" "$KEY" "$API" >"$XDG_CONFIG_HOME/smartleadfs/config"
  )
  M=$T/mnt
  mkdir "$M"
  refute "$SMARTLEADFS" "$M" 2>/dev/null 3>&-
  "$SMARTLEADFS" -o profile=client "$M" 3>&-
  find_daemon
  equal 1 "$(ls "$M/campaigns" | wc -l)"
  fusermount3 -u "$M"
  wait_for ended
  SMARTLEAD_API_KEY=$KEY "$SMARTLEADFS" "$M" 3>&-
  find_daemon
  equal 12 "$(ls "$M/campaigns" | wc -l)"
  fusermount3 -u "$M"
  wait_for ended
}

@test "-o key_file: mode 0600 and 0400 are taken" {
  start_sandbox
  printf '%s\r\n' "$KEY" >"$T/key"
  for mode in 600 400; do
    chmod $mode "$T/key"
    M=$T/mnt
    mkdir -p "$M"
    "$SMARTLEADFS" -o "url=$API,key_file=$T/key" "$M" 3>&-
    find_daemon
    fusermount3 -u "$M"
    wait_for ended
  done
}

@test "-o ro: nothing can be written, and it is shown" {
  start_sandbox
  mount_sl -o ro
  grep -q " $M fuse.smartleadfs ro," /proc/self/mounts
  mark
  for f in "$M/campaigns/700001-Bakers-north/status" "$M/.smartlead/refresh"; do
    refute bash -c 'echo PAUSED >"$1"' - "$f" 2>"$T/err"
    grep -q 'Read-only file system' "$T/err"
  done
  refute mkdir "$M/campaigns/x" 2>/dev/null
  refute touch "$M/x" 2>/dev/null
  requests_are 0
}

@test "-o client_id shows that client's campaigns alone" {
  start_sandbox
  mount_sl -o client_id=31
  equal 700007 "$(ls "$M/campaigns" | cut -d- -f1)"
}

@test "what mount shows; df and stat -f work" {
  start_sandbox
  mount_sl
  grep -q "^smartleadfs $M fuse.smartleadfs rw,nosuid,nodev," /proc/self/mounts
  df "$M" >/dev/null
  stat -f "$M" >/dev/null
}

# mount(8) looks for helpers' programs in the system's own directories alone: the binary is put there in a mount name
# space of its own, where all of this happens.
as_installed() {
  printf '%s\n' "$KEY" >"$T/key"
  chmod 600 "$T/key"
  M=$T/mnt
  mkdir "$M"
  cat >"$T/installed" <<'SCRIPT'
set -e
mount -t tmpfs none /usr/local/bin
ln -s "$SMARTLEADFS" /usr/local/bin/smartleadfs
eval "$1"
cat /proc/self/mounts >"$T/mounts"
ls "$M/campaigns" >"$T/names"
umount "$M"
for i in $(seq 500); do
  pgrep -f -- "$M\$" >"$T/left" || exit 0
  sleep 0.02
done
echo "left behind: $(cat "$T/left")"
exit 1
SCRIPT
  SMARTLEADFS=$SMARTLEADFS T=$T M=$M API=$API timeout $((30 * E2E_SLOW)) unshare -m bash "$T/installed" "$1" 3>&-
  equal 12 "$(wc -l <"$T/names")"
}

@test "mount -t fuse.smartleadfs, with options, and umount" {
  start_sandbox
  as_installed 'mount -t fuse.smartleadfs -o "url=$API,key_file=$T/key,noatime,_netdev" account "$M"'
  grep -q "^account $M fuse.smartleadfs " "$T/mounts"
}

@test "an entry as in fstab" {
  start_sandbox
  echo "smartleadfs $T/mnt fuse.smartleadfs url=$API,key_file=$T/key,ro,noauto,user,allow_other 0 0" >"$T/fstab"
  as_installed 'mount --fstab "$T/fstab" "$M"'
  grep -q "^smartleadfs $M fuse.smartleadfs ro," "$T/mounts"
}

@test "two mounts of one account at once share the budget: no 429" {
  start_sandbox --size=15,0,3
  mount_sl -n one
  mount_sl -n two
  cat "$T"/one/campaigns/*/sequences.json >/dev/null &
  cat "$T"/two/campaigns/*/sequences.json >/dev/null
  wait $!
  equal 0 "$(control GET /stats | jq .status_429)"
}

@test "an ordinary user mounts, reads and unmounts" {
  local mode as_user
  start_sandbox
  M=$T/user
  as_user=(env "HOME=$T/nobody" "XDG_STATE_HOME=$T/nobody" "XDG_CONFIG_HOME=$T/nobody" "SMARTLEAD_API_KEY=$KEY")
  mkdir "$M" "$T/nobody"
  cp "$SMARTLEADFS" "$T/smartleadfs"
  if [ "$(id -u)" = 0 ]; then
    as_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups "${as_user[@]}")
    chmod 755 "$T" "$T/smartleadfs"
    chown nobody "$M" "$T/nobody"
    FUSE_MODE=$(stat -c %a /dev/fuse)
    chmod 666 /dev/fuse # as udev makes it; put back by teardown
  fi
  "${as_user[@]}" "$T/smartleadfs" -o "url=$API" "$M" 3>&-
  find_daemon
  equal 12 "$("${as_user[@]}" ls "$M/campaigns" | wc -l)"
  "${as_user[@]}" cat "$M/campaigns.csv" >/dev/null
  "${as_user[@]}" fusermount3 -u "$M"
  wait_for ended
}

teardown() {
  [ -z "${FUSE_MODE:-}" ] || chmod "$FUSE_MODE" /dev/fuse
  [ -n "${BATS_TEST_COMPLETED:-}" ] || print_repro
  e2e_teardown
}
