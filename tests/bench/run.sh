#!/usr/bin/env bash
# Measures the mount against its goals, prints Markdown, and fails when a goal is missed.
#
#   tests/bench/run.sh [BUILD]      default: build    (or: meson test -C build --benchmark -v)
#   ROUNDS=9 SECONDS_EACH=0.2 BIG=100000
#
# Compared in one run, in alternation (compare.sh): our mount of a practice account of 200 campaigns and 100 accounts, a copy of it on
# tmpfs, and libfuse's own example passthrough_ll over that copy with its caches on. Then a campaign of BIG leads: its leads.csv, and
# leads/ (without passthrough_ll: it would need a descriptor for each entry).
set -eu
ulimit -n "$(ulimit -H -n)" # passthrough_ll holds a descriptor for each node
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${1:-$here/../../build}" && pwd)
rounds=${ROUNDS:-9} seconds=${SECONDS_EACH:-0.2} big=${BIG:-100000}
ours=$build/fs/smartleadfs sandbox=$build/tests/sandbox/smartlead-sandbox
work=$(mktemp -d /dev/shm/smartleadfs-bench-XXXXXX)
pids= failed=0

clean_up() {
  for mount in "$work"/*/mnt "$work"/*/pll; do
    mountpoint -q "$mount" 2>/dev/null && fusermount3 -u -z "$mount"
  done
  [ -z "$pids" ] || kill $pids 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# account NAME SIZE: a practice account; sets $url and $control.
account() {
  mkdir -p "$work/$1/mnt" "$work/$1/pll" "$work/$1/tmpfs"
  SMARTLEAD_SANDBOX_KEY=bench "$sandbox" --size="$2" --rate=0 >"$work/$1/ready" 2>/dev/null &
  pids="$pids $!"
  until grep -q ready "$work/$1/ready"; do
    kill -0 $! || exit 1
    sleep 0.05
  done
  read -r _ url _ control <"$work/$1/ready"
}

# mount_ours DIR: sets $daemon.
mount_ours() {
  SMARTLEAD_API_KEY=bench "$ours" -f -o "url=$url,rate=1000/1,ttl=3600,cache_size=1G" "$1" &
  daemon=$!
  pids="$pids $daemon"
  until mountpoint -q "$1"; do
    kill -0 $daemon || exit 1
    sleep 0.001
  done
}

passthrough() {
  if [ ! -x "$work/passthrough_ll" ]; then
    local example=/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c
    if [ -f $example ]; then cat $example; else zcat $example.gz; fi >"$work/passthrough_ll.c"
    ln -sf /usr/share/doc/libfuse3-dev/examples/passthrough_helpers.h "$work/"
    cc -O2 -D_FILE_OFFSET_BITS=64 "$work/passthrough_ll.c" -o "$work/passthrough_ll" $(pkg-config --cflags --libs fuse3)
  fi
  "$work/passthrough_ll" -o "source=$work/$1/tmpfs,cache=always,timeout=3600" "$work/$1/pll"
}

# compare NAME PHASES FSBENCH-OPTION...   with passthrough_ll where it is mounted
compare() {
  local name=$1 phases=$2 example=
  shift 2
  ! mountpoint -q "$work/$name/pll" || example=passthrough_ll=$work/$name/pll
  FSBENCH=$build/tests/bench/fsbench "$here/compare.sh" -r "$rounds" -s "$seconds" -p "$phases" -b tmpfs,passthrough_ll \
    "tmpfs=$work/$name/tmpfs" $example "ours=$work/$name/mnt" -- "$@" | tee -a "$work/tables"
  kill -0 "$daemon" || { echo "run.sh: smartleadfs ended while it was measured" >&2; exit 1; }
  [ -z "$example" ] || ls "$work/$name/pll" >/dev/null
}

# ratio PHASE COLUMN: of our row; column 5 is against tmpfs, 6 against passthrough_ll.
ratio() {
  awk -F'|' -v phase="$1" -v column="$2" '/^###/ { on = $0 ~ "^### " phase " " } on && $2 ~ /ours/ { print $column + 0 }' "$work/tables"
}

# goal WHAT MEASURED UNIT COMPARISON LIMIT: one row; remembers a miss.
goal() {
  if awk "BEGIN { exit !($2 $4 $5) }"; then
    echo "| $1 | $2$3 | $4 $5$3 | met |"
  else
    echo "| $1 | $2$3 | $4 $5$3 | **missed** |"
    failed=1
  fi >>"$work/goals"
}

milliseconds() {
  echo $(($(date +%s%N) / 1000000))
}

# From the command to the first listing, less one request; the median of five. The service takes 200 ms an answer.
measure_start() {
  curl -s -o /dev/null -X POST "$control/faults" -d '{"kind":"latency","ms":200,"count":1000}'
  for _ in 1 2 3 4 5; do
    local before request
    before=$(milliseconds)
    curl -s -A bench -o /dev/null "$url/campaigns/?api_key=bench"
    request=$(($(milliseconds) - before))
    before=$(milliseconds)
    SMARTLEAD_API_KEY=bench "$ours" -o "url=$url,rate=1000/1" "$work/small/mnt"
    ls "$work/small/mnt/campaigns" >/dev/null
    echo $(($(milliseconds) - before - request))
    fusermount3 -u "$work/small/mnt"
  done | sort -n | sed -n 3p
  curl -s -o /dev/null -X DELETE "$control/faults"
}

account small 200,0,100
goal "start to the first listing, over one request" "$(measure_start)" " ms" "<" 100
mount_ours "$work/small/mnt"
ls -lR "$work/small/mnt" >/dev/null
find "$work/small/mnt/campaigns" "$work"/small/mnt/*.csv -type f -exec cat {} + >/dev/null
goal "memory (RssAnon) after ls -lR and cat of all campaign files" \
  "$(awk '/RssAnon/ { printf "%.1f", $2 / 1024 }' /proc/$daemon/status)" " MiB" "<" 6
cp -r "$work/small/mnt/campaigns" "$work/small/tmpfs/"
passthrough small
compare small stat,open_read,open_read_mt,open_read_drop --small campaigns

account big "1,$big,0"
mount_ours "$work/big/mnt"
campaign=campaigns/$(ls "$work/big/mnt/campaigns")
mkdir -p "$work/big/tmpfs/$campaign/leads"
(cd "$work/big/mnt/$campaign/leads" && ls -U) | (cd "$work/big/tmpfs/$campaign/leads" && xargs -d '\n' mkdir --)
cp "$work/big/mnt/$campaign/leads.csv" "$work/big/tmpfs/$campaign/"
goal "memory (RssAnon) after cat leads.csv and ls of its $big leads" \
  "$(awk '/RssAnon/ { printf "%.1f", $2 / 1024 }' /proc/$daemon/status)" " MiB" "<" 32
compare big readdir,readdir_stat --dir "$campaign/leads"
passthrough big
compare big seq_read,mmap_read --large "$campaign/leads.csv"

goal "open + read + close, warm, x passthrough_ll" "$(ratio open_read 6)" "" ">=" 2
goal "the same by four threads" "$(ratio open_read_mt 6)" "" ">=" 2
goal "list leads/ of $big, warm, x tmpfs" "$(ratio readdir 5)" "" ">=" 0.34
goal "list and stat leads/ of $big, warm, x tmpfs" "$(ratio readdir_stat 5)" "" ">=" 0.34
printf '\n| what | measured | goal | |\n| --- | --: | --: | --- |\n'
cat "$work/goals"
exit $failed
