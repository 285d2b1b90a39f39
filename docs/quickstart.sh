#!/usr/bin/env bash
# From a fresh Debian machine to a mounted practice account and a tour of it. Needs no key and no Smartlead account.
# May be run from anywhere, by root or by any user who may sudo, as often as you like; each run mounts on a new directory.
set -u
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
. "$source_dir/tests/packages.sh"

die() {
  echo "quickstart: $*" >&2
  exit 1
}

# Beside the sources; where they, or a build that is there, are not ours to write, in the user's own cache directory.
choose_build_dir() {
  local dir=$source_dir/build
  if [ -e "$dir" ]; then
    [ -O "$dir" ] && [ -w "$dir" ] && [ -f "$dir/build.ninja" ] && echo "$dir" && return
  elif [ -w "$source_dir" ]; then
    echo "$dir" && return
  fi
  dir=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/smartleadfs/build
  mkdir -p "$dir" 2>/dev/null && [ -w "$dir" ] || dir=${TMPDIR:-/tmp}/smartleadfs-build-$(id -u)
  echo "$dir"
}

build() {
  local log
  build_dir=$(choose_build_dir)
  mkdir -p "$build_dir" && [ -O "$build_dir" ] || die "can't build in $build_dir"
  log=$build_dir/quickstart.log
  echo "Building in $build_dir ..."
  if [ ! -f "$build_dir/build.ninja" ]; then
    meson setup "$build_dir" "$source_dir" >"$log" 2>&1 || { cat "$log"; die "meson setup failed"; }
  fi
  ninja -C "$build_dir" >"$log" 2>&1 || { tail -n 40 "$log"; die "the build failed"; }
  PATH=$build_dir/fs:$PATH
}

check_fuse() {
  [ -c /dev/fuse ] || die "/dev/fuse is missing (modprobe fuse; in a container: --device /dev/fuse --cap-add SYS_ADMIN)"
  (exec 3<>/dev/fuse) 2>/dev/null || die "/dev/fuse may not be opened by $(id -un)"
}

# Shows a command and what it really prints.
show() {
  printf '\n$ %s\n' "$*"
  bash -c "$*"
}

tour() {
  cd "$1" || die "can't enter $1"
  show "ls"
  show "ls campaigns"
  show "cat campaigns/*Bakers-north/status"
  show "cat campaigns/*Bakers-north/schedule.json"
  show "ls campaigns/*Bakers-north/sequences"
  show "cat campaigns/*Bakers-north/sequences/1-A.html | head -n 12"
  show "head -n 3 campaigns/*Bakers-north/leads.csv | cut -d, -f1-6"
  show "grep -l first_name campaigns/*Bakers-*/sequences/*.html"
  echo
  echo "Writing is as plain. It is only a practice account, so pause a campaign and change an e-mail:"
  show "echo PAUSED > campaigns/*Bakers-north/status"
  show "cat campaigns/*Bakers-north/status"
  show "sed -i 's/^subject: .*/subject: Rye, {{first_name}}?/' campaigns/*Bakers-north/sequences/1-A.html"
  show "head -n 4 campaigns/*Bakers-north/sequences/1-A.html"
  show "ls .smartlead/history/campaigns/*/sequences    # what it was before, ready to be copied back"
  show "echo ann@rolls.example,Ann,Rye,Rolls >> campaigns/*Bakers-north/leads.csv"
  show "grep -E 'state|total|accepted' .smartlead/imports/1.json"
  echo
  echo "What is wrong is refused, and says why:"
  show "echo PERHAPS > campaigns/*Bakers-north/status"
  show "smartleadfs why campaigns/*Bakers-north/status"
  echo
  echo "What all this took:"
  show "smartleadfs status ."
  show "tail -n 5 .smartlead/requests"
}

need_packages "${packages_to_build[@]}" || die "the packages could not be installed"
build
check_fuse
mountpoint=$(mktemp -d "${TMPDIR:-/tmp}/smartlead.XXXXXX") || die "no directory to mount on"
echo "Mounting the practice account on $mountpoint ..."
smartleadfs --sandbox "$mountpoint" || { rmdir "$mountpoint"; exit 1; }
(tour "$mountpoint")

cat <<END

The practice account stays mounted: look around in
    $mountpoint
Unmount it with
    fusermount3 -u $mountpoint
Your own account (Settings > Smartlead API key):
    $build_dir/fs/smartleadfs init
    $build_dir/fs/smartleadfs MOUNTPOINT
END
