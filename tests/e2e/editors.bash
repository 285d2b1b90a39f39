# editors.bash - the editors of 61-editors.bats, each as `edit_NAME FILE OLD NEW TEXT`: FILE (in the current directory) has OLD
# once; afterwards it shall have NEW instead. TEXT is a file elsewhere that holds what FILE is to become.

# --- in a terminal: the real editor, its keys, and its own words that it has saved ---

# terminal COMMAND...: starts it in the current directory
terminal() {
  rm -f "$T/ended"
  tmux -S "$T/tmux" -f /dev/null new-session -d -x 120 -y 30 "$(printf '%q ' "$@"); echo \$? >$(printf '%q' "$T/ended")" 3>&-
  tmux -S "$T/tmux" display-message -p '#{pid}' >>"$T/pids"
  tmux -S "$T/tmux" set-option -sg escape-time 0
}

screen() {
  tmux -S "$T/tmux" capture-pane -p
}

screen_shows() {
  screen | grep -qE -- "$1"
}

shows() {
  wait_for -t 20 screen_shows "$1" || {
    screen >&2
    return 1
  }
}

keys() {
  tmux -S "$T/tmux" send-keys "$@"
}

terminal_is_gone() {
  [ -s "$T/ended" ] && ! tmux -S "$T/tmux" has-session
}

ended_well() {
  wait_for -t 20 terminal_is_gone || {
    screen >&2
    return 1
  }
  equal 0 "$(cat "$T/ended")" "exit status in the terminal"
}

# A directory below /tmp is in vim's 'backupskip', which is not what a user's mount is.
vim_in_terminal() {
  terminal vim -u DEFAULTS -N --cmd "set backupcopy=$1 backupskip= shortmess+=I" "$2"
  shows "\"$2\" [0-9]+L"
  keys ":%s/$3/$4/" Enter ":w" Enter
  shows "\"$2\" [0-9]+L, [0-9]+B written"
  keys ":q" Enter
  ended_well
}

edit_vim_auto() {
  vim_in_terminal auto "$@"
}

edit_vim_yes() {
  vim_in_terminal yes "$@"
}

edit_vim_no() {
  vim_in_terminal no "$@"
}

edit_nano() {
  terminal nano -I "$1"
  shows 'Read [0-9]+ lines'
  keys 'C-\'
  shows 'Search \(to replace\)'
  keys "$2" Enter
  shows 'Replace with'
  keys "$3" Enter
  shows 'Replace this instance'
  keys a
  shows 'Replaced 1 occurrence'
  keys C-o
  shows 'File Name to Write'
  keys Enter
  shows 'Wrote [0-9]+ lines'
  keys C-x
  ended_well
}

# Nor does emacs make backups of what lies in the directory for temporary files, unless it is told so.
make_backups='(setq backup-enable-predicate (lambda (name) t))'

edit_emacs_nw() {
  terminal emacs -nw -Q --eval "$make_backups" "$1"
  shows "$1"
  keys 'M-%'
  shows 'Query replace'
  keys "$2" Enter
  shows 'with:'
  keys "$3" Enter
  shows 'Query replacing'
  keys '!'
  shows 'Replaced 1 occurrence'
  keys C-x C-s
  shows 'Wrote '
  keys C-x C-c
  ended_well
}

edit_micro() {
  terminal micro "$1"
  shows "$1"
  keys C-e
  shows '^>'
  keys "replaceall $2 $3" Enter
  shows 'Replaced 1 occurrence'
  keys C-s
  shows "Saved $1"
  keys C-q
  ended_well
}

joe_replaces() { # FROM TO
  keys C-k f
  shows 'Find'
  keys "$1" Enter
  shows 'gnore.*eplace'
  keys r Enter
  shows 'Replace with'
  keys "$2" Enter
  shows 'Replace \(Y\)es'
  keys y
}

edit_joe() {
  terminal joe -nobackups "$1"
  shows "$1"
  joe_replaces "$2" "$3"
  keys C-k d
  shows 'Name of file to save'
  keys Enter
  shows "File $1 saved"
  keys C-k x
  ended_well
}

edit_joe_backup() {
  terminal joe "$1"
  shows "$1"
  joe_replaces "$2" "$3"
  keys C-k x
  ended_well
}

# --- scripted ---

edit_emacs_batch() {
  emacs -Q --batch --eval "$make_backups" "$1" --eval "(progn (search-forward \"$2\") (replace-match \"$3\") (save-buffer))"
}

edit_vim_ex() {
  vim -u NONE -es -c 'set backupskip=' -c "%s/$2/$3/" -c wq "$1"
}

edit_ed() {
  printf '%s\n' ",s/$2/$3/" w q | ed -s "$1"
}

edit_sed() {
  sed -i "s/$2/$3/" "$1"
}

edit_sed_backup() {
  sed -i.bak "s/$2/$3/" "$1"
}

edit_perl() {
  perl -pi -e "s/$2/$3/" "$1"
}

edit_perl_backup() {
  perl -pi.orig -e "s/$2/$3/" "$1"
}

edit_sponge() {
  sed "s/$2/$3/" "$1" | sponge "$1"
}

edit_patch() {
  diff -u --label "$1" --label "$1" "$1" "$4" | patch -s "$1"
}

# What VS Code does (node's fs): open for writing, cut, write, wait for the disk, close.
edit_vscode() {
  /usr/bin/python3 - "$1" "$4" <<'PYTHON'
import os, sys
text = open(sys.argv[2], 'rb').read()
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
assert os.write(fd, text) == len(text)
os.fdatasync(fd)
os.close(fd)
PYTHON
}

# What QSaveFile does: a temporary file beside it, its mode, write, sync, close, rename.
edit_qsavefile() {
  /usr/bin/python3 - "$1" "$4" <<'PYTHON'
import os, sys
name, text = sys.argv[1], open(sys.argv[2], 'rb').read()
temporary = name + '.aXbYcZ'
fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
os.fchmod(fd, os.stat(name).st_mode & 0o777)
assert os.write(fd, text) == len(text)
os.fdatasync(fd)
os.close(fd)
os.rename(temporary, name)
PYTHON
}

edit_glib() {
  /usr/bin/python3 - "$1" "$4" <<'PYTHON'
import sys
from gi.repository import GLib
assert GLib.file_set_contents(sys.argv[1], open(sys.argv[2], 'rb').read())
PYTHON
}

# gedit and its like.
edit_gio() {
  /usr/bin/python3 - "$1" "$4" <<'PYTHON'
import sys
from gi.repository import Gio
file = Gio.File.new_for_path(sys.argv[1])
seen = file.load_contents(None)
file.replace_contents(open(sys.argv[2], 'rb').read(), seen[2], False, Gio.FileCreateFlags.NONE, None)
PYTHON
}

edit_gio_backup() {
  /usr/bin/python3 - "$1" "$4" <<'PYTHON'
import sys
from gi.repository import Gio
file = Gio.File.new_for_path(sys.argv[1])
file.replace_contents(open(sys.argv[2], 'rb').read(), None, True, Gio.FileCreateFlags.NONE, None)
PYTHON
}

edit_rsync() {
  rsync "$4" "$1"
}

edit_rsync_inplace() {
  rsync --inplace "$4" "$1"
}

edit_git() {
  rm -rf "$T/repository"
  git init -q "$T/repository"
  cp "$4" "$T/repository/$1"
  git -C "$T/repository" add -A
  git -C "$T/repository" -c user.name=x -c user.email=x@x commit -qm x
  git --git-dir="$T/repository/.git" --work-tree=. checkout -q -f -- "$1"
}

edit_tee() {
  tee "$1" <"$4" >/dev/null
}

edit_shell() {
  cat "$4" >"$1"
}

edit_cp() {
  cp "$4" "$1"
}

edit_cp_a() {
  cp -a --no-preserve=ownership "$4" "$1"
}

edit_cp_remove() {
  cp --remove-destination "$4" "$1"
}

edit_mv() {
  cp "$4" "$T/moved"
  mv "$T/moved" "$1"
}

edit_install() {
  install -m 644 "$4" "$1"
}

edit_tar() {
  mkdir -p "$T/packed"
  cp "$4" "$T/packed/$1"
  tar -C "$T/packed" -cf "$T/packed.tar" "$1"
  tar --no-same-owner -xf "$T/packed.tar"
}

edit_python() {
  /usr/bin/python3 - "$1" "$4" <<'PYTHON'
import os, sys, tempfile
fd, name = tempfile.mkstemp(dir='.')
with os.fdopen(fd, 'wb') as f:
    f.write(open(sys.argv[2], 'rb').read())
    f.flush()
    os.fsync(fd)
os.replace(name, sys.argv[1])
PYTHON
}

# What LibreOffice does around a save in place: a lock file while the document is open.
edit_libreoffice() {
  local lock=".~lock.$1#"
  (set -C && echo ",user,host,24.11.2026 12:00,file:///home/user/.config/libreoffice/4;" >"$lock")
  cat "$4" >"$1"
  rm "$lock"
}
