"""malformed_csv.py DIRECTORY - writes files that are no tables of leads, too big or too binary to lie in tests/data/import,
and a list of them: "name<tab>words that the refusal must hold"."""
import os
import random
import sys

HEAD = b"email,first_name,note\n"
ROW = b"a@ok.example,Ann,x\n"
where = sys.argv[1]
os.makedirs(where, exist_ok=True)
files = []


def bad(name, text, words):
    with open(os.path.join(where, name), "wb") as f:
        f.write(text)
    files.append((name, words))


bad("cell-10-mb", HEAD + ROW + b'b@ok.example,Bob,"' + b"x" * 10_000_000 + b'"\n', "line 3, column note")
bad("cell-10-mb-unclosed", HEAD + ROW + b'b@ok.example,Bob,"' + b"x\n" * 5_000_000, "line ")
bad("line-10-mb-no-header", b"x" * 10_000_000, "line 1, column ")
bad("commas-1-mb", HEAD + ROW + b"," * 1_000_000, "line 3, column ")
bad("nul-in-address", HEAD + b"a\0@ok.example,Ann,x\n", "line 2, column ")
bad("nul-at-the-end", HEAD + ROW + b"\0", "line 3, column 1")
bad("zeros-4096", b"\0" * 4096, "line 1, column 1")
bad("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "line ")
bad("zip", b"PK\x03\x04\x14\0\x08\x08\x08\0", "line ")
bad("gzip", b"\x1f\x8b\x08\0\0\0\0\0\0\x03KL\xd4\x03", "line ")
bad("pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "line 1, column ")
bad("random", random.Random(5).randbytes(65536), "line ")
bad("utf-16-le", "\ufeffemail,first_name\r\na@ok.example,Ann\r\n".encode("utf-16-le"), "line 1, column 1: this is UTF-16")
bad("utf-16-be", "\ufeffemail,first_name\r\na@ok.example,Ann\r\n".encode("utf-16-be"), "line 1, column 1: this is UTF-16")
bad("utf-7", b"email,first_name\na+AEA-ok.example,Ann\n", "line 2, column email")
bad("latin-1-header", "email,Größe\na@ok.example,x\n".encode("latin-1"), "line 1, column ")
bad("late-20000", HEAD + b"".join(b"n%d@ok.example,N,x\n" % i for i in range(20000)) + b"n,N,x\n", "line 20002, column email")
bad("late-quote", HEAD + b"".join(b"n%d@ok.example,N,x\n" % i for i in range(20000)) + b'z@ok.example,"N,x\n', "line 20002")
bad("ragged-late", HEAD + ROW * 500 + b"b@ok.example,Bob\n", "line 502, column 3: the row has 2 cells, the header 3")
bad("sql", b"INSERT INTO leads VALUES('a@ok.example','Ann');\n", "line 1, column ")
bad("shell-error", b"bash: leads.txt: No such file or directory\n", "line 1, column ")
bad("vcard", b"BEGIN:VCARD\nEMAIL:a@ok.example\nEND:VCARD\n", "line 1, column ")
bad("xml", b'<?xml version="1.0"?>\n<lead><email>a@ok.example</email></lead>\n', "line 1, column ")
bad("markdown-table", b"| email | name |\n|---|---|\n| a@ok.example | Ann |\n", "line 1, column ")
bad("formula", b"email,first_name\n=A1,Ann\n", "line 2, column email")

with open(os.path.join(where, "list"), "w", encoding="ascii") as f:
    f.writelines("%s\t%s\n" % pair for pair in files)
