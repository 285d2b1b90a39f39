# 61-editors: each editor and each tool that saves is really run on an e-mail of a sequence and on schedule.json, in both
# dialects: one POST each with the right body, the service's ids as before, the same bytes and the same names left as on disk.
# docs/editors.md says what was measured here; `tests/e2e/measured.sh 61-editors.bats docs/editors.md` writes it anew.
load lib
load editors

ids() { # of all that is not deleted, sorted
  jq -c '[.[] | .id, ((.variants // .sequence_variants // [])[] | select(.is_deleted | not) | .id)] | sort' "$1"
}

# In a directory on disk: what the tool says, and which names it leaves.
on_disk() { # FILE OLD NEW COMMAND
  rm -rf "$T/disk"
  mkdir "$T/disk"
  cp "$T/before" "$T/disk/$1"
  (cd "$T/disk" && "$4" "$1" "$2" "$3" "$T/text") >"$T/disk-says" 2>&1 </dev/null
  cmp "$T/disk/$1" "$T/text"
  ls -A "$T/disk" | grep -vxF "$1" >"$T/disk-left" || :
}

# saves DIRECTORY FILE OLD NEW COMMAND: says in $POSTS, $LEFT and $SAYS what happened
saves() {
  cat "$1/$2" >"$T/before"
  sed "s/$3/$4/" "$T/before" >"$T/text"
  refute cmp -s "$T/before" "$T/text"
  on_disk "$2" "$3" "$4" "$5"
  ls -A "$1" >"$T/names"
  mark
  (cd "$1" && "$5" "$2" "$3" "$4" "$T/text") >"$T/says" 2>&1 </dev/null || {
    cat "$T/says"
    fail "$5 $2 failed"
  }
  # Ends every wait of the removals, so that nothing comes later.
  sync "$1"
  POSTS=$(requests_made '.method != "GET"')
  ls -A "$1" | grep -vxFf "$T/names" >"$T/left" || :
  equal "$(cat "$T/names")" "$(ls -A "$1" | grep -xFf "$T/names")" "$2: names that are there"
  equal "$(cat "$T/disk-left")" "$(cat "$T/left")" "$2: names left, as on disk"
  sed -i "s#$T/disk#DIR#g" "$T/disk-says"
  sed -i "s#$1#DIR#g" "$T/says"
  equal "$(cat "$T/disk-says")" "$(cat "$T/says")" "$2: what was printed, as on disk"
  cmp "$1/$2" "$T/text" || fail "$2: read again"
  LEFT=$(sed 's/.*/`&`/' "$T/left" | paste -sd ' ')
}

# editor NAME HOW COMMAND
editor() {
  local dialect want dir row=
  for dialect in reference live; do
    cd /
    start_sandbox --rate=0 "--dialect=$dialect"
    mount_sl -n "$dialect" -o "dialect=$dialect"
    dir=$M/campaigns/700001-Bakers-north
    # The sequence of an active campaign can't be changed.
    echo PAUSED >"$dir/status"
    # With the first save the service gives ids to the variants of steps that had none.
    sed 's/Still open/Open/' "$dir/sequences/3-A.html" >"$T/text"
    cp "$T/text" "$dir/sequences/3-A.html"
    want=$(ids "$dir/sequences.json")
    saves "$dir/sequences" 1-A.html Mehl Krapfen "$3"
    equal 1 "$POSTS" "$dialect: requests for the e-mail"
    equal "POST /campaigns/700001/sequences $want 1" "$(journal | jq -r 'select(.method != "GET") |
      "\(.method) \(.path) \([.body | .. | .id? // empty] | sort | tojson) \([.body | .. | .email_body? // empty |
      select(. == "<div>Hi {{first_name}},</div><div><br></div><div>flour – or „Krapfen“?</div>")] | length)"')" "$dialect"
    equal "$want" "$(ids "$dir/sequences.json")" "$dialect: ids afterwards"
    local left=$LEFT
    saves "$dir" schedule.json 25 125 "$3"
    equal 1 "$POSTS" "$dialect: requests for the schedule"
    equal "POST /campaigns/700001/schedule 125 08:30" "$(journal | jq -r 'select(.method != "GET") |
      "\(.method) \(.path) \(.body.max_leads_per_day // .body.max_new_leads_per_day) \(.body.start_hour)"')" "$dialect"
    equal "$left" "${LEFT//schedule.json/1-A.html}" "left behind by both"
    equal "${row:-$left}" "$left" "the same in both dialects"
    row=$left
  done
  measured "$1" "$2" '1 POST' '1 POST' equal "${left:-nothing}"
}

@test "vim, backupcopy=auto" {
  editor 'vim, backupcopy=auto' 'moves the old file to a backup, writes a new one' edit_vim_auto
}

@test "vim, backupcopy=yes" {
  editor 'vim, backupcopy=yes' 'copies to a backup, writes in place' edit_vim_yes
}

@test "vim, backupcopy=no" {
  editor 'vim, backupcopy=no' 'moves the old file to a backup, writes a new one' edit_vim_no
}

@test "vim -es" {
  editor 'vim -es' 'as vim, scripted' edit_vim_ex
}

@test "nano" {
  editor nano 'writes in place' edit_nano
}

@test "emacs -nw" {
  editor 'emacs -nw' 'moves the old file to a backup, writes a new one' edit_emacs_nw
}

@test "emacs --batch" {
  editor 'emacs --batch' 'moves the old file to a backup, writes a new one' edit_emacs_batch
}

@test "micro" {
  editor micro 'writes in place' edit_micro
}

@test "joe" {
  editor joe 'copies to a backup, writes in place' edit_joe_backup
}

@test "joe -nobackups" {
  editor 'joe -nobackups' 'writes in place' edit_joe
}

@test "ed" {
  editor ed 'writes in place' edit_ed
}

@test "sed -i" {
  editor 'sed -i' 'temporary file, renamed over' edit_sed
}

@test "sed -i.bak" {
  editor 'sed -i.bak' 'temporary file; the old file is moved to the backup' edit_sed_backup
}

@test "perl -i" {
  editor 'perl -i' 'temporary file, renamed over' edit_perl
}

@test "perl -i.orig" {
  editor 'perl -i.orig' 'temporary file; the old file is linked or moved to the backup' edit_perl_backup
}

@test "sponge" {
  editor sponge 'writes in place' edit_sponge
}

@test "patch" {
  editor patch 'temporary file, renamed over' edit_patch
}

@test "VS Code's write" {
  editor "VS Code's write" 'in place: open and cut, write, fdatasync, close (scripted)' edit_vscode
}

@test "QSaveFile" {
  editor QSaveFile 'temporary file, fchmod, fdatasync, renamed over (scripted)' edit_qsavefile
}

@test "GLib g_file_set_contents" {
  editor 'GLib g_file_set_contents' 'temporary file, fsync, renamed over' edit_glib
}

@test "GIO g_file_replace_contents" {
  editor 'GIO g_file_replace_contents' 'temporary file, renamed over before it is closed' edit_gio
}

@test "GIO with a backup" {
  editor 'GIO, make_backup' 'the old file is linked or moved to the backup' edit_gio_backup
}

@test "python os.replace" {
  editor 'python tempfile, os.replace' 'temporary file, fsync, renamed over' edit_python
}

@test "rsync" {
  editor rsync 'temporary file, renamed over' edit_rsync
}

@test "rsync --inplace" {
  editor 'rsync --inplace' 'writes in place, cuts afterwards' edit_rsync_inplace
}

@test "git checkout" {
  editor 'git checkout' 'removes the old file, writes a new one' edit_git
}

@test "tee" {
  editor tee 'writes in place' edit_tee
}

@test "cat >" {
  editor 'cat >' 'writes in place' edit_shell
}

@test "cp" {
  editor cp 'writes in place' edit_cp
}

@test "cp -a" {
  editor 'cp -a' 'writes in place, sets mode and times' edit_cp_a
}

@test "cp --remove-destination" {
  editor 'cp --remove-destination' 'removes the old file, writes a new one' edit_cp_remove
}

@test "mv from another file system" {
  editor 'mv from /tmp' 'removes the old file, writes a new one' edit_mv
}

@test "install" {
  editor install 'removes the old file, writes a new one' edit_install
}

@test "tar x" {
  editor 'tar x' 'removes the old file, writes a new one' edit_tar
}

@test "LibreOffice's lock file" {
  editor "LibreOffice's lock file" 'lock file beside it, writes in place (scripted)' edit_libreoffice
}

@test "docs/editors.md says what was measured" {
  measured_is docs/editors.md
}
