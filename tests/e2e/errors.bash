# errors.bash - ways to write of 62-errors.bats, each as `write_NAME FILE TEXT`: FILE gets what the file TEXT holds.

write_bash_echo() {
  bash -c 'text=$(<"$2"); echo "$text" >"$1"' bash "$@"
}

write_bash_cat() {
  bash -c 'cat "$2" >"$1"' bash "$@"
}

write_dash_echo() {
  dash -c 'text=$(cat "$2"); printf "%s\n" "$text" >"$1"' dash "$@"
}

write_dash_cat() {
  dash -c 'cat "$2" >"$1"; exit $?' dash "$@"
}

write_cp() {
  cp "$2" "$1"
}

# A new file beside the old one, moved over it; where nothing can be made beside it, from elsewhere.
write_mv() {
  if [[ $1 == */* ]] || ! cp "$2" new 2>/dev/null; then
    cp "$2" "$T/moved"
    mv "$T/moved" "$1"
    return
  fi
  local status=0
  mv new "$1" || status=$?
  rm -f new
  return $status
}

write_tee() {
  tee "$1" <"$2" >/dev/null
}

write_sed() {
  sed -i -e "1r $2" -e d "$1"
}

write_vim() {
  cat >"$T/vim-script" <<'VIM'
set backupskip= nomore
%delete _
call setline(1, readfile($TEXT))
try
  write!
catch
  call writefile([v:exception], $VIM_SAYS)
  cquit
endtry
quit
VIM
  local status=0
  : >"$T/vim-says"
  TEXT=$2 VIM_SAYS=$T/vim-says vim -u NONE -i NONE -es -S "$T/vim-script" "$1" || status=$?
  cat "$T/vim-says"
  return $status
}

write_python() {
  /usr/bin/python3 -c '
import sys
text = open(sys.argv[2]).read()
with open(sys.argv[1], "w") as f:
    f.write(text)' "$@" 2>&1 | grep -m 1 -E '^[A-Za-z]+Error'
  return "${PIPESTATUS[0]}"
}
