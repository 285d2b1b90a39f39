"""What leads.csv must be, byte for byte, from what the simulator holds: rows on stdin as /sql answers them, argv[1] the dialect
of the export's columns. A second opinion: it shares nothing with the daemon but the contract's section 5."""
import json
import sys

STANDARD = ["email", "first_name", "last_name", "company_name", "phone_number", "website", "location", "linkedin_profile",
            "company_url"]
READ_ONLY = {
    "live": ["id", "campaign_lead_map_id", "status", "category", "is_interested", "created_at", "is_unsubscribed",
             "unsubscribed_client_id_map", "last_email_sequence_sent", "open_count", "click_count", "reply_count"],
    "reference": ["id", "campaign_lead_map_id", "status", "is_interested", "created_at", "is_unsubscribed",
                  "last_email_sequence_sent", "open_count", "click_count", "reply_count"],
}
# What a column of leads.csv may be called already: such a custom field is shown with custom: in front.
TAKEN = set(STANDARD) | set(READ_ONLY["live"]) | {"custom_fields", "rejected_reason", ""}


class Number(str):
    pass


def load(text):
    return json.loads(text, parse_int=Number, parse_float=Number)


def text_of(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def cell(text, first):
    special = any(c in text for c in ',"\n\r') or text[:1] in (" ", "\t") or text[-1:] in (" ", "\t")
    if first and (not text or text.startswith("\ufeff")):
        special = True
    return '"' + text.replace('"', '""') + '"' if special else text


def line(cells):
    return ",".join(cell(c, i == 0) for i, c in enumerate(cells)) + "\n"


def main():
    rows = load(sys.stdin.read())
    read_only = READ_ONLY[sys.argv[1]]
    customs, fields = [], []
    for row in rows:
        fields.append({name: text_of(value) for name, value in load(row["custom_fields"]).items()})
        customs += [name for name in fields[-1] if name not in customs]
    header = [("custom:" if name in TAKEN or name.startswith("custom:") else "") + name for name in customs]
    out = [line(STANDARD + header + read_only)]
    for row, custom in zip(rows, fields):
        out.append(line([text_of(row[c]) for c in STANDARD] + [custom.get(c, "") for c in customs] +
                        [text_of(row[c]) for c in read_only]))
    sys.stdout.buffer.write("".join(out).encode())


main()
