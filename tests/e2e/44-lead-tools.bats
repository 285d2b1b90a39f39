# The tools of the contract's section 8 on leads.csv, threads and statistics, in both dialects; see tools.bash.
load lib
load tools

DIALECTS=(reference live)

@test "leads: cat, head, tail, wc" {
  tool 'leads: cat, wc' 'cat $B/leads.csv $B/leads/*/lead.json $B/leads/*/status $B/leads/*/category; head -n 2 $B/leads.csv; tail -c 40 $B/statistics.csv; wc $B/leads.csv $B/statistics.csv'
}

@test "leads: grep, rg" {
  tool 'leads: grep -r, rg' 'grep -rn horno $B/leads $B/leads.csv | sort; rg -n --no-ignore "^Subject" $B/leads | sort; find $B/leads -name thread.mbox | sort | xargs -d "\n" grep -c ""'
}

@test "leads: python csv" {
  tool 'leads: python csv' 'python3 -c "
import csv, os, sys
for name in (\"leads.csv\", \"statistics.csv\"):
    rows = list(csv.DictReader(open(os.environ[\"B\"] + \"/\" + name, newline=\"\", encoding=\"utf-8\")))
    for r in rows: print(r)
    assert rows and all(None not in r and None not in r.values() for r in rows)"'
}

@test "leads: sqlite3 .import" {
  tool 'leads: sqlite3 .import' 'sqlite3 -bail :memory: ".mode csv" ".import $B/leads.csv l" ".import $B/statistics.csv s" "select count(*), count(distinct email), max(id) from l" "select email, company_name, location, note, [custom:status] from l" "select l.email, count(s.stats_id), sum(s.open_count) from l left join s on s.lead_email = l.email group by 1 order by 1"'
}

@test "leads: mlr" {
  tool 'leads: mlr' 'mlr --icsv --ojson cat $B/leads.csv; mlr --csv cut -f email,note,location $B/leads.csv; mlr --icsv --opprint stats1 -a sum,count -f open_count -g lead_email $B/statistics.csv; mlr --csv join -j email --lp l_ --rp s_ -f $B/leads.csv then rename lead_email,email $B/statistics.csv >"$OUT/joined"'
}

@test "leads: csvtool" {
  tool 'leads: csvtool' 'csvtool height $B/leads.csv; csvtool width $B/leads.csv; csvtool col 1,2,7 $B/leads.csv; csvtool namedcol lead_email,sent_time $B/statistics.csv'
}

@test "leads: jq on lead.json and thread.json" {
  tool 'leads: jq' 'jq -c "[.email, .custom_fields, .id]" $B/leads/*/lead.json; find $B/leads -name thread.json | sort | xargs -d "\n" jq -r ".history[] | [.type, .time, .subject] | @tsv"'
}

@test "leads: awk, sed, sort, cut, paste" {
  tool 'leads: awk, sort, cut' 'awk -F, "END { print NR }" $B/leads.csv; sed -n 1p $B/leads.csv; sort $B/statistics.csv | cut -d, -f1,4; paste -d" " $B/leads/*/status; tr -d "\r" <$B/leads.csv | md5sum'
}

@test "leads: python mailbox" {
  tool 'leads: python mailbox' 'find $B/leads -name thread.mbox | sort | xargs -d "\n" python3 -c "
import mailbox, sys
for path in sys.argv[1:]:
    for m in mailbox.mbox(path, create=False): print(m.get_from(), m[\"subject\"], m[\"message-id\"], len(m.get_payload()))"'
}

@test "leads: git add, status, diff" {
  tool 'leads: git add' 'git init -q "$OUT/.g"; G="git --git-dir=$OUT/.g/.git --work-tree=$PWD"; $G add $B/leads.csv $B/leads $B/statistics.csv && $G ls-files -s && $G status --short $B/leads.csv $B/leads $B/statistics.csv && $G diff --stat && $G fsck --no-progress; rm -rf "$OUT/.g"'
}

@test "leads: tar" {
  tool 'leads: tar' 'tar cf - $B/leads.csv $B/leads $B/statistics.csv $B/analytics.json $B/analytics | tar xf - --no-same-owner -C "$OUT"'
}

@test "leads: rsync" {
  tool 'leads: rsync -a' 'rsync -a $B/leads $B/leads.csv $B/statistics.csv "$OUT"; rsync -ac --itemize-changes $B/leads $B/leads.csv $B/statistics.csv "$OUT"; echo done'
}

@test "leads: cp -r, diff -r, cmp, md5sum" {
  tool 'leads: cp -r, diff -r' 'cp -r $B/leads $B/leads.csv $B/statistics.csv "$OUT"; diff -r $B/leads "$OUT/leads" && cmp $B/leads.csv "$OUT/leads.csv" && find $B/leads -type f | sort | xargs -P8 -d "\n" -n 3 md5sum | sort'
}

@test "leads: cpio, zip, gzip" {
  tool 'leads: cpio, zip' 'find $B/leads $B/leads.csv | cpio -o -H newc 2>/dev/null | (cd "$OUT" && cpio -id --no-preserve-owner 2>/dev/null); zip -qr - $B/leads $B/statistics.csv >"$OUT/z"; unzip -qd "$OUT/unzipped" "$OUT/z"; rm "$OUT/z"; gzip -cn $B/leads.csv | zcat'
}

@test "leads: python getsize, mmap" {
  tool 'leads: python getsize' 'python3 -c "
import mmap, os, glob
b = os.environ[\"B\"]
for p in [b + \"/leads.csv\", b + \"/statistics.csv\"] + sorted(glob.glob(b + \"/leads/*/thread.*\")):
    n = os.path.getsize(p)
    f = os.open(p, os.O_RDONLY)
    print(p, n, n and mmap.mmap(f, 0, mmap.MAP_SHARED, mmap.PROT_READ)[:] == os.read(f, n + 1))"'
}

@test "leads: find, file, vim -R, less" {
  tool 'leads: find, less' 'find $B/leads -type f | sort; file $B/leads.csv $B/statistics.csv; less -F $B/statistics.csv; vim -R -es -u NONE -c "w $OUT/copy" -c "qa!" $B/leads.csv; cat "$OUT/copy"'
}

# As a spreadsheet it reads both tables; the names of its temporary files and its greeting are its own.
@test "leads: LibreOffice Calc" {
  tool 'leads: LibreOffice' 'soffice -env:UserInstallation=file://$OUT/.profile --headless --convert-to csv:"Text - txt - csv (StarCalc)":44,34,76,1,,0,false,true,false --infilter=CSV:44,34,76,1,,0,true,false --outdir "$OUT" $B/leads.csv $B/statistics.csv >/dev/null 2>&1; rm -rf "$OUT/.profile"; cat "$OUT/leads.csv" "$OUT/statistics.csv"'
  # What it read is what python reads: each row, and each cell that is no number.
  python3 - "$SHARED/copy.live/campaigns/700001-Bakers-north" "$T/live.first.files" <<'PYTHON'
import csv, sys
def number(text):
    try:
        return bool(text) and float(text) is not None
    except ValueError:
        return False
for name in ("leads.csv", "statistics.csv"):
    want, got = ([r for r in csv.reader(open("%s/%s" % (d, name), newline="", encoding="utf-8"))] for d in sys.argv[1:])
    assert len(want) == len(got) > 3 and want[0] == got[0], (name, len(want), len(got))
    for w, g in zip(want, got):
        for a, b in zip(w, g, strict=True):
            assert a == b or number(a.lstrip("+")) or a in ("true", "false"), (name, a, b)
PYTHON
}
