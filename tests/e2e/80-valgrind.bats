# Valgrind watches the daemon from mount to unmount: nothing is leaked, nothing is read that was not written.
load lib

@test "no leak and no error after mount, walk and unmount" {
  start_sandbox --size=3,20,5 --rate=0
  WRAP="valgrind -q --error-exitcode=97 --leak-check=full --errors-for-leak-kinds=definite" mount_sl -o timeout=300
  ls -lR "$M" >/dev/null
  copy_plainly "$M" "$T/copy"
  unmount_sl
}
