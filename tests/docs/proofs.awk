# proofs.awk FILE.bats... - which end-to-end test proves which call: "NAME<tab>DIALECT<tab>FILE<tab>TITLE", from lines
# "# endpoint: NAME..." above a @test. A title that names one way of speaking proves that one, else both.
BEGIN { OFS = "\t" }
FNR == 1 { dangling() }
/^# endpoint: / {
  names = names " " substr($0, 13)
  where = FILENAME ":" FNR
}
/^@test / {
  title = $0
  sub(/^@test "/, "", title)
  sub(/" \{$/, "", title)
  gsub(/\\"/, "\"", title)
  file = FILENAME
  sub(/.*\//, "", file)
  sub(/\.bats$/, "", file)
  words = " " title " "
  gsub(/[^A-Za-z]/, " ", words)
  reference = words ~ / reference / || words !~ / live /
  live = words ~ / live / || words !~ / reference /
  count = split(names, name, " ")
  for (i = 1; i <= count; i++) {
    if (reference)
      print name[i], "reference", file, title
    if (live)
      print name[i], "live", file, title
  }
  names = ""
}
!/^(#|@test )/ { dangling() }
END { dangling() }

function dangling() {
  if (names != "") {
    print where ": no @test follows" > "/dev/stderr"
    names = ""
    exit 1
  }
}
