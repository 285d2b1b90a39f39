# 66-cleaning-up: programs that delete trees delete nothing, and backups that are put back start nothing (contract, sections 6 and 7).
load lib

C=700001-Bakers-north
CHANGES='.method != "GET"'

in_dialect() {
  cd /
  start_sandbox --rate=0 "--dialect=$1"
  few_leads
  mount_sl -n "$1" -o "dialect=$1"
  (cd "$M" && names_of .) >"$T/names"
  mark
}

names_of() {
  find "$1" -path ./.smartlead -prune -o -print | sort
}

# Each way to delete a tree: its name is the function's, its argument the directory (as ever, with what is in it).
remove_rm() {
  rm -rf "$1"
}

remove_rm_inside() {
  rm -rf "$1"/* "$1"/.[!.]*
}

remove_find() {
  find "$1" -delete
}

remove_git() {
  rm -rf "$T/repository"
  git init -q "$T/repository"
  git --git-dir="$T/repository/.git" --work-tree="$1" clean -fdxq
}

remove_rmtree() {
  /usr/bin/python3 -c 'import shutil, sys; shutil.rmtree(sys.argv[1], ignore_errors=True)' "$1"
}

remove_rmdir_first() {
  /usr/bin/python3 -c '
import os, sys
def remove(path):
    try:
        os.rmdir(path)
        return
    except OSError:
        pass
    if os.path.isdir(path) and not os.path.islink(path):
        for name in os.listdir(path):
            remove(os.path.join(path, name))
        try: os.rmdir(path)
        except OSError: pass
    else:
        try: os.unlink(path)
        except OSError: pass
remove(sys.argv[1])' "$1"
}

remove_busybox() {
  busybox rm -rf "$1"
}

nothing_removed() { # WAY DIALECT
  local target
  in_dialect "$2"
  # The mount itself last: all at once.
  for target in "campaigns/$C/leads" "campaigns/$C" campaigns leads .; do
    cd /
    "remove_$1" "$M/$target" >/dev/null 2>&1 || :
    sync "$M/campaigns/$C/sequences" "$M/campaigns/$C/email-accounts" "$M"
    requests_are 0 "$CHANGES" || fail "$1 of $target"
  done
  # What was out of sight is back.
  cd "$M"
  wait_for same_names
}

same_names() {
  names_of . | cmp -s - "$T/names"
}

@test "rm -rf: nothing is deleted" {
  nothing_removed rm reference
  nothing_removed rm live
}

@test "rm -rf of all inside: nothing is deleted" {
  nothing_removed rm_inside reference
  nothing_removed rm_inside live
}

@test "find -delete: nothing is deleted" {
  nothing_removed find reference
  nothing_removed find live
}

@test "git clean -fdx: nothing is deleted" {
  nothing_removed git reference
  nothing_removed git live
}

@test "python shutil.rmtree: nothing is deleted" {
  nothing_removed rmtree reference
  nothing_removed rmtree live
}

@test "a program that tries rmdir first: nothing is deleted" {
  nothing_removed rmdir_first reference
  nothing_removed rmdir_first live
}

@test "busybox rm -rf: nothing is deleted" {
  nothing_removed busybox reference
  nothing_removed busybox live
}

# A backup of a campaign while it was ACTIVE, put back when it is paused: it stays so.
restores() { # DIALECT
  local way
  in_dialect "$1"
  equal ACTIVE "$(cat "$M/campaigns/$C/status")"
  mkdir "$T/backup-$1"
  cp -r "$M/campaigns/$C" "$T/backup-$1/"
  tar -C "$M/campaigns" -cf "$T/backup.tar" "$C"
  echo PAUSED >"$M/campaigns/$C/status"
  for way in 'cp -r backup/. campaign' 'cp -r backup campaigns' 'cp -a' 'rsync -a' 'rsync -a --inplace' 'tar x'; do
    case $way in
    'cp -r backup/. campaign') cp -r "$T/backup-$1/$C/." "$M/campaigns/$C/" ;;
    'cp -r backup campaigns') cp -r "$T/backup-$1/$C" "$M/campaigns/" ;;
    'cp -a') cp -a "$T/backup-$1/$C" "$M/campaigns/" ;;
    'rsync -a') rsync -a "$T/backup-$1/$C/" "$M/campaigns/$C/" ;;
    'rsync -a --inplace') rsync -a --inplace "$T/backup-$1/$C/" "$M/campaigns/$C/" ;;
    'tar x') tar --no-same-owner -C "$M/campaigns" -xf "$T/backup.tar" ;;
    esac >/dev/null 2>&1 || :
    requests_are 0 "$CHANGES"' and (.path | endswith("/status")) and .body.status != "PAUSED"' || fail "$way"
    equal PAUSED "$(cat "$M/campaigns/$C/status")" "$way"
  done
}

@test "a backup of an ACTIVE campaign put back over a paused one: it stays paused, reference" {
  restores reference
}

@test "a backup of an ACTIVE campaign put back over a paused one: it stays paused, live" {
  restores live
}
