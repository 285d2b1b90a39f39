# Every tool of the contract's section 8 that reads, on what every campaign has: right bytes on first contact and on second. See
# tools.bash; the leads, their threads and the statistics are 44-lead-tools'. One dialect: what is read does not differ.
load lib
load tools

@test "cat" {
  tool cat 'cat campaigns.csv email-accounts.csv $B/*.json $B/name $B/status $B/sequences/*'
}

@test "head" {
  tool head 'head -n 3 email-accounts.csv; head -c 20 $B/sequences.json'
}

@test "tail" {
  tool tail 'tail -n 2 email-accounts.csv; tail -c 15 $B/sequences.json; tail -c +30 $B/sequences/1-A.html'
}

@test "less" {
  tool less 'less -F email-accounts.csv; less $B/sequences.json | cat'
}

@test "more" {
  tool more 'more email-accounts.csv'
}

@test "grep" {
  tool grep 'grep -n bruno email-accounts.csv; grep -c . $B/sequences.json'
}

@test "grep -r" {
  tool 'grep -r' 'grep -rn -E "flour|ovens" campaigns email-accounts | sort'
}

@test "rg" {
  tool rg 'rg -n --no-ignore --hidden -g "!.smartlead" -g "!blocklist" ovens . | sort'
}

@test "rg --mmap" {
  tool 'rg --mmap' 'rg --mmap -c "" email-accounts.csv; rg --mmap subject $B/sequences.json'
}

@test "wc" {
  tool wc 'wc email-accounts.csv $B/sequences.json; wc -c $B/sequences/2-A.html'
}

@test "cp" {
  tool cp 'cp email-accounts.csv $B/sequences.json "$OUT"'
}

@test "cp -a" {
  tool 'cp -a' 'cp -a --no-preserve=ownership $B "$OUT"'
}

@test "cp -r of all" {
  tool 'cp -r' 'cp -r campaigns campaigns.csv email-accounts email-accounts.csv views README.txt "$OUT"'
}

@test "cp --sparse, --reflink" {
  tool 'cp --sparse' 'cp --sparse=always --reflink=auto $B/sequences.json "$OUT"'
}

@test "rsync -a" {
  tool 'rsync -a' 'rsync -a --exclude=.smartlead --exclude=blocklist ./ "$OUT"'
}

@test "rsync -c" {
  tool 'rsync -c' 'rsync -rlc --exclude=.smartlead --exclude=blocklist ./ "$OUT"; rsync -rlcn --itemize-changes --exclude=.smartlead --exclude=blocklist ./ "$OUT"; echo done'
}

@test "tar" {
  tool tar 'tar cf - --exclude=.smartlead --exclude=./blocklist . | tar xf - --no-same-owner -C "$OUT"'
}

@test "tar one campaign" {
  tool 'tar c' 'tar cf - $B | tar tf - | sort; tar cf - $B/sequences.json | tar xOf -'
}

@test "diff -r" {
  tool 'diff -r' 'cp -r $B "$OUT/x"; diff -r --no-dereference $B "$OUT/x" && echo same'
}

@test "diff of two files" {
  tool diff 'diff $B/sequences/1-A.html $B/sequences/1-B.html; test $? = 1'
}

@test "cmp" {
  tool cmp 'cat $B/sequences.json >"$OUT/x"; cmp $B/sequences.json "$OUT/x" && echo same'
}

@test "sort" {
  tool sort 'sort -t, -k2 email-accounts.csv'
}

@test "uniq, cut, paste, column" {
  tool 'cut, paste' 'cut -d, -f1,2 email-accounts.csv | paste - - | uniq; column -s, -t campaigns.csv | head -n 3'
}

@test "awk" {
  tool awk 'awk -F, "{n += length(\$2)} END {print NR, n}" email-accounts.csv $B/sequences.json'
}

@test "sed" {
  tool sed 'sed -n "s/from/FROM/p" email-accounts.csv; sed 1,3d $B/sequences.json'
}

@test "jq" {
  tool jq 'jq -c ".[].seq_number" $B/sequences.json; jq -s "map(.id) | add" campaigns/*/campaign.json'
}

@test "mlr" {
  tool mlr 'mlr --icsv --ojson head -n 2 email-accounts.csv; mlr --icsv --opprint sort -nr id then head -n 3 campaigns.csv'
}

@test "find" {
  tool find 'find . -path ./.smartlead -prune -o ! -name blocklist -print | sort; find $B -name "*.html" -exec md5sum {} + | sort'
}

@test "find -size after reading" {
  tool 'find -size' 'cat $B/sequences.json email-accounts.csv >/dev/null; find $B/sequences.json email-accounts.csv -printf "%s %p\n"'
}

@test "du after reading" {
  tool du 'cat $B/sequences.json >/dev/null; du -b --apparent-size $B/sequences.json'
}

@test "stat after reading" {
  tool stat 'cat $B/sequences.json email-accounts.csv >/dev/null; stat -c "%s %b %F %n" $B/sequences.json $B/sequences/* email-accounts.csv campaigns.csv | sed "s/^\([0-9]*\) [1-9][0-9]* /\1 blocks /"'
}

@test "md5sum" {
  tool md5sum 'md5sum email-accounts.csv $B/sequences.json $B/sequences/*'
}

@test "sha256sum, cksum, b2sum" {
  tool 'sha256sum' 'sha256sum $B/sequences.json; cksum $B/sequences.json; b2sum $B/sequences.json'
}

@test "file" {
  tool file 'file email-accounts.csv $B/sequences.json $B/sequences/1-A.html'
}

@test "xargs -P" {
  tool 'xargs -P8' 'find campaigns -name "*.html" -o -name "*.json" | sort | xargs -P8 -d "\n" -n 2 md5sum | sort'
}

@test "git add and diff" {
  tool 'git add' 'git init -q "$OUT/.g"; G="git --git-dir=$OUT/.g/.git --work-tree=$PWD"; $G add campaigns campaigns.csv email-accounts.csv && $G ls-files -s && $G status --short campaigns campaigns.csv email-accounts.csv && $G diff --stat; rm -rf "$OUT/.g"'
}

@test "git hash-object, diff --no-index" {
  tool 'git diff --no-index' 'git hash-object $B/sequences.json email-accounts.csv; git diff --no-index $B/sequences/1-A.html $B/sequences/1-B.html; test $? = 1'
}

@test "python read" {
  tool 'python open' 'python3 -c "
import sys, os, json
for p in sys.argv[1:]:
    b = open(p, \"rb\").read()
    print(p, len(b), os.path.getsize(p), hash(b) == hash(open(p, \"rb\").read()))
print(json.load(open(sys.argv[1]))[0][\"seq_number\"])" $B/sequences.json email-accounts.csv $B/sequences/1-A.html'
}

@test "python getsize, then read that many" {
  tool 'python getsize' 'python3 -c "
import sys, os
for p in sys.argv[1:]:
    n = os.path.getsize(p)
    f = os.open(p, os.O_RDONLY)
    print(p, n, os.read(f, n + 1))" $B/sequences.json email-accounts.csv'
}

@test "python csv" {
  tool 'python csv' 'python3 -c "
import csv
for r in csv.DictReader(open(\"email-accounts.csv\", newline=\"\")): print(r)
for r in csv.reader(open(\"campaigns.csv\", newline=\"\")): print(r)"'
}

@test "python tarfile, zipfile, shutil" {
  tool 'python tarfile' 'python3 -c "
import tarfile, os, sys, io
t = tarfile.open(os.environ[\"OUT\"] + \"/t\", \"w\"); t.add(os.environ[\"B\"]); t.close()
t = tarfile.open(os.environ[\"OUT\"] + \"/t\")
for m in t: print(m.name, m.size, t.extractfile(m).read() if m.isfile() else m.linkname)
os.unlink(os.environ[\"OUT\"] + \"/t\")
import shutil; shutil.copytree(\"views\", os.environ[\"OUT\"] + \"/views\", symlinks=True); shutil.copyfile(\"email-accounts.csv\", os.environ[\"OUT\"] + \"/a\")"'
}

@test "python mmap, sendfile, splice" {
  tool 'python mmap' 'python3 -c "
import mmap, os
for p in (\"email-accounts.csv\", os.environ[\"B\"] + \"/sequences.json\"):
    f = os.open(p, os.O_RDONLY)
    o = os.open(os.environ[\"OUT\"] + \"/\" + os.path.basename(p), os.O_WRONLY | os.O_CREAT)
    print(os.sendfile(o, f, 0, 1 << 20))
    m = mmap.mmap(f, 0, mmap.MAP_SHARED, mmap.PROT_READ); print(len(m), m[:])"'
}

@test "cpio" {
  tool cpio 'find $B email-accounts.csv | cpio -o -H newc 2>/dev/null | (cd "$OUT" && cpio -id --no-preserve-owner 2>/dev/null)'
}

@test "busybox cat, cp, tar" {
  tool busybox 'busybox cat email-accounts.csv $B/sequences.json; busybox cp $B/sequences.json "$OUT"; busybox tar cf - $B | tar xf - --no-same-owner -C "$OUT"'
}

@test "busybox grep, wc, tail" {
  tool 'busybox grep' 'busybox grep -c id email-accounts.csv; busybox wc -c $B/sequences.json; busybox tail -n 1 email-accounts.csv; busybox md5sum $B/sequences/1-A.html'
}

@test "sqlite3 .import" {
  tool 'sqlite3 .import' 'sqlite3 :memory: ".mode csv" ".import email-accounts.csv a" ".import campaigns.csv c" "select count(*), max(id), group_concat(from_email) from a" "select id, name, status from c"'
}

@test "csvtool" {
  tool csvtool 'csvtool height email-accounts.csv; csvtool col 1,2 campaigns.csv; csvtool readable email-accounts.csv'
}

@test "zip" {
  tool zip 'zip -qr - $B email-accounts.csv >"$OUT/z"; unzip -qd "$OUT" "$OUT/z"; rm "$OUT/z"'
}

@test "perl" {
  tool perl 'perl -ne "print if /subject/" $B/sequences.json; perl -e "print -s \$ARGV[0]; print length(join q(), <>)" email-accounts.csv'
}

@test "vim -R" {
  tool 'vim -R' 'vim -R -es -u NONE -c "%print" -c "qa!" $B/sequences.json; vim -R -es -u NONE -c "w $OUT/copy" -c "qa!" email-accounts.csv; cat "$OUT/copy"'
}

@test "tail -F" {
  tool 'tail -F' 'timeout 1 tail -n +1 -F $B/sequences.json email-accounts.csv; true'
}

@test "gzip, xz" {
  tool 'gzip' 'gzip -cn $B/sequences.json | zcat; xz -c email-accounts.csv | xzcat'
}

@test "dd" {
  tool dd 'dd if=$B/sequences.json bs=1 skip=3 count=40 status=none; dd if=email-accounts.csv bs=1M iflag=fullblock status=none'
}

@test "split, tac, shuf, nl, od, xxd" {
  tool 'split, tac, od' 'split -n 3 $B/sequences.json "$OUT/part"; tac email-accounts.csv; nl campaigns.csv | tail -n 1; od -c $B/sequences/1-A.html; xxd email-accounts.csv | tail -n 1'
}

@test "curl file://" {
  tool 'curl file://' 'curl -s "file://$PWD/$B/sequences.json" "file://$PWD/email-accounts.csv"'
}

@test "install, mv out" {
  tool 'install' 'install -m 644 $B/sequences.json "$OUT/x"; cat "$OUT/x"'
}

@test "bash: read, \$(<), source" {
  tool 'bash' 'read -r line <email-accounts.csv; echo "$line"; x=$(<$B/sequences.json); echo "${#x}"; mapfile -t l <campaigns.csv; echo ${#l[@]}'
}

@test "tree, ls" {
  tool 'ls, tree' 'ls -R campaigns email-accounts views; tree -a -I ".smartlead|blocklist" . | tail -n 1'
}

@test "realpath, readlink, symlinks" {
  tool 'readlink' 'readlink $B/email-accounts/* views/status/*/*; realpath --relative-to=. $B/email-accounts/* ; cat $B/email-accounts/*/account.json views/status/ACTIVE/*/status'
}

@test "docs/tools.md has a row for each of these" {
  tool_rows "$BATS_TEST_DIRNAME"/4{0-tools,4-lead-tools}.bats >"$T/here"
  sed -n 's/^| \([^|]*\) | `.*/\1/p' "$root/docs/tools.md" >"$T/there"
  diff "$T/here" "$T/there"
}
