# 62-errors: for each errno of the contract's section 6, what programs show of it. docs/errors.md says what was measured
# here; `tests/e2e/measured.sh 62-errors.bats docs/errors.md` writes it anew.
#
# In the reference dialect only: how an errno comes from an answer is tested in both elsewhere, and what a program makes of it
# has nothing to do with the dialect.
load lib
load errors

C=700001-Bakers-north
WAYS=(bash_echo bash_cat dash_echo dash_cat cp mv tee sed vim python)

begin() { # [MOUNT-OPTION...]
  start_sandbox --rate=0 --dialect=reference
  mount_sl -o dialect=reference "$@"
  sed 's/25/31/' "$M/campaigns/$C/schedule.json" >"$T/TEXT"
  cat "$M/campaigns/$C/sequences/1-A.html" >"$T/1-A"
}

held() { # what the service has of all that is written here
  curl -sSG --data-urlencode "q=SELECT c.max_leads, c.status, (SELECT group_concat(email_body) FROM variants) AS v,
    (SELECT count(*) FROM webhooks) AS w FROM campaigns c WHERE c.id = 700001" "$CONTROL/sql"
}

# The text of the row's errno as libc has it.
words_of() {
  /usr/bin/python3 -c 'import errno, os, sys; print(os.strerror(getattr(errno, sys.argv[1])))' "$1"
}

# Does anybody see an error of close() there? A shell that closes the file itself does not look (fuse-write-rules.md, 3).
sees_close() {
  case $1 in
  bash_echo | dash_echo | dash_cat) return 1 ;;
  esac
}

# cell WAY FILE STAGE WORDS: in the current directory; puts what was shown in $SHOWN
cell() {
  local status=0 target=$2 words=$4
  # sed edits what is there; an e-mail's name is only shorter.
  if [ "$1" = sed ] && [ ! -e "$target" ]; then
    SHOWN='–'
    return
  fi
  "write_$1" "$target" "$T/TEXT" >"$T/says" 2>&1 </dev/null || status=$?
  SHOWN=$(sed -E "s#$T/moved#new#g; s#$T/TEXT#TEXT#g; s#$M/##g; s#$target#FILE#g; s#sed[A-Za-z0-9]{6}#sedXXXXXX#g" "$T/says" |
    paste -sd ' ')
  if [ "$3" != close ] || sees_close "$1"; then
    [ "$status" != 0 ] || fail "$1 has not failed: $SHOWN" || return 1
    # mv would say of EINVAL that a directory is moved into itself, so it is shown EIO; vim has words of its own.
    [ "$1" != mv ] || [ "$words" != 'Invalid argument' ] || words='Input/output error'
    [ "$1" != sed ] || [ "$words" != 'Invalid argument' ] || words='Input/output error'
    [ "$1" = vim ] || [[ $SHOWN == *"$words"* ]] || [[ $SHOWN == *'I/O error'* ]] || fail "$1 shows \"$SHOWN\", wanted \"$words\"" || return 1
    [ -n "$SHOWN" ] || fail "$1 shows nothing" || return 1
    SHOWN="$SHOWN ($status)"
  else
    equal '0 ' "$status $SHOWN" "$1: nobody looks" || return 1
    SHOWN='nothing (0)'
  fi
}

# row ERRNO CAUSE DIRECTORY FILE STAGE [SED-FILE]: all ways to write FILE fail with it; the service keeps what it has, and what
# can't be shown by the program can be read afterwards.
row() {
  local way words before cells=() dir=$M/$3 file
  words=$(words_of "$1")
  before=$(held)
  for way in "${WAYS[@]}"; do
    file=$4
    [ "$way" != sed ] || file=${6:-$4}
    : >"$T/cell"
    (cd "$dir" && cell "$way" "$file" "$5" "$words" && printf '%s' "$SHOWN" >"$T/cell") || fail "$1, $way"
    cells+=("$(cat "$T/cell")")
  done
  equal "$before" "$(held)" "$1: what the service has"
  if [ "$5" = close ]; then
    "$SMARTLEADFS" why "$dir/$4" >"$T/why"
    grep -q "$1" "$M/.smartlead/errors" || fail "$1 does not stand in .smartlead/errors"
    [ -s "$T/why" ]
  fi
  measured "$1" "$2" "${cells[@]}"
}

@test "EINVAL: a text that is not right" {
  begin
  echo '{' >"$T/TEXT"
  row EINVAL 'a text that is not right: half a schedule' "campaigns/$C" schedule.json close
}

@test "EACCES: the service refuses the key" {
  begin
  fault '{"kind":"status","status":403,"method":"POST","path":"*/schedule","count":-1}'
  row EACCES 'the service refuses the key (401, 403)' "campaigns/$C" schedule.json close
}

@test "ENOENT: it is no longer there" {
  begin
  fault '{"kind":"status","status":404,"method":"POST","path":"*/schedule","count":-1,"body":{"error":"Campaign not found"}}'
  row ENOENT 'the campaign is no longer there (404)' "campaigns/$C" schedule.json close
}

@test "EBUSY: the campaign is active" {
  begin
  sed 's/Mehl/Brot/' "$T/1-A" >"$T/TEXT"
  row EBUSY 'the sequence of a campaign that is ACTIVE' "campaigns/$C/sequences" 1-A.html close
}

@test "EPERM: where nothing can be made, or over a guard" {
  begin
  row EPERM 'a new name where none can be made; a rename over a file that is not written' views new open "../campaigns/$C/campaign.json"
}

@test "EIO: the service fails" {
  begin
  fault '{"kind":"status","status":500,"method":"POST","path":"*/schedule","count":-1}'
  row EIO 'the service fails (5xx)' "campaigns/$C" schedule.json close
}

@test "ETIMEDOUT: the service is silent" {
  begin -o timeout=1
  fault '{"kind":"hang","method":"POST","path":"*/schedule","count":-1}'
  row ETIMEDOUT 'the service is silent for -o timeout' "campaigns/$C" schedule.json close
}

@test "EHOSTUNREACH: the service can't be reached" {
  begin
  cat "$M/campaigns/$C/schedule.json" >/dev/null
  kill -TERM "$SANDBOX_PID"
  wait "$SANDBOX_PID" || :
  SANDBOXES=() CONTROLS=()
  held() { :; }
  row EHOSTUNREACH "the service can't be reached" "campaigns/$C" schedule.json close
}

@test "EFBIG: too big" {
  begin
  head -c 9000000 /dev/zero | tr '\0' ' ' | fold -w 1000 >"$T/TEXT"
  row EFBIG 'a document of more than 8 MiB' "campaigns/$C" schedule.json write
}

@test "EROFS: a read-only mount" {
  begin
  local text
  text=$(cat "$T/TEXT")
  mount_sl -n readonly -o dialect=reference,ro
  echo "$text" >"$T/TEXT"
  row EROFS 'the mount is read-only' "campaigns/$C" schedule.json open
}

@test "EOPNOTSUPP: not on this service" {
  begin
  echo '{"name": "x", "webhook_url": "https://example.com/x", "event_types": ["EMAIL_REPLY"], "categories": ["Interested"]}' >"$T/TEXT"
  row EOPNOTSUPP 'what this service does not have: a webhook of a campaign' "campaigns/$C/webhooks" x.json open
}

@test "docs/errors.md says what was measured" {
  measured_is docs/errors.md
}
