"""What a conversation must look like to two readers: python's mailbox and mutt.

threads.py HELD MBOXES [MUTT]: HELD is what the simulator holds, as /sql answers rows of campaign_id, email and j (a message
as the API gives it); MBOXES/<campaign>/<email> the thread.mbox files, MUTT/<campaign>/<email>/<n> each message as mutt showed
it. Prints the number of conversations and of messages."""
import collections
import datetime
import email.header
import email.utils
import json
import mailbox
import os
import re
import sys


def text_of(value):
    return ", ".join(value) if isinstance(value, list) else value or ""


def one_line(value):
    return " ".join((value or "").split())


def address_line(value):
    """A name that has to be encoded loses its quotes."""
    return re.sub(r'"([^"]*[^\x00-\x7f][^"]*)"', r"\1", one_line(text_of(value)))


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(datetime.timezone.utc)


def expected(messages):
    """In the order of time; a message without a subject answers the one before, and each the one before it."""
    messages = [dict(m, id=m["message_id"] or "<%s.%d@smartleadfs.invalid>" % (m["stats_id"], i)) for i, m in enumerate(messages)]
    messages.sort(key=lambda m: int(instant(m["time"]).timestamp() * 1000))
    subject = parent = ""
    for m in messages:
        own = one_line(m.get("subject") or "")
        shown = own or (subject if subject.lower().startswith("re:") or not subject else "Re: " + subject)
        subject = own or subject
        yield {"from": address_line(m["from"]), "to": address_line(m["to"]), "cc": address_line(m.get("cc")), "subject": shown,
               "time": instant(m["time"]).replace(microsecond=0), "id": m["id"], "parent": parent,
               "body": m["email_body"].replace("\r\n", "\n").rstrip("\n")}
        parent = m["message_id"] or ""


def decoded(value):
    return str(email.header.make_header(email.header.decode_header(value or "")))


def unquoted(body):
    return re.sub(r"^>(>*From )", r"\1", body, flags=re.M).rstrip("\n")


def seen(message):
    charset = message.get_content_charset() or "utf-8"
    payload = message.get_payload(decode=True).decode(charset)
    encoding = (message["content-transfer-encoding"] or "").lower()
    return {"from": decoded(message["from"]), "to": decoded(message["to"]), "cc": decoded(message["cc"]),
            "subject": decoded(message["subject"]),
            "time": email.utils.parsedate_to_datetime(message["date"]).astimezone(datetime.timezone.utc),
            "id": message["message-id"], "parent": message["in-reply-to"] or "",
            "body": payload.rstrip("\n") if encoding == "quoted-printable" else unquoted(payload)}


def by_python(path):
    for message in mailbox.mbox(path, create=False):
        assert message.get_content_type() == "text/html" and message["mime-version"] == "1.0", path
        assert (message["references"] or "") == (message["in-reply-to"] or ""), path
        sender, when = message.get_from().split(" ", 1)
        when = datetime.datetime.strptime(when, "%a %b %d %H:%M:%S %Y").replace(tzinfo=datetime.timezone.utc)
        got = seen(message)
        assert when == got["time"], (path, when, got)
        for name in message.keys():
            assert message[name].isascii(), (path, name, message[name])
        yield got


def by_mutt(path):
    """Decoded by mutt already: headers and body are UTF-8 text."""
    for n in range(len(os.listdir(path))):
        text = open(os.path.join(path, str(n)), encoding="utf-8", newline="").read()
        head, _, body = text.partition("\n\n")
        head = re.sub(r"\n[ \t]+", " ", head).split("\n")
        assert head[0].startswith("From "), head
        fields = collections.defaultdict(str, {k.lower(): v for k, v in (line.split(": ", 1) for line in head[1:])})
        yield {"from": fields["from"], "to": fields["to"], "cc": fields["cc"], "subject": fields["subject"],
               "time": email.utils.parsedate_to_datetime(fields["date"]).astimezone(datetime.timezone.utc),
               "id": fields["message-id"], "parent": fields["in-reply-to"], "body": unquoted(body)}


def compare(path, want, got):
    assert len(want) == len(got), "%s: %d messages, not %d" % (path, len(got), len(want))
    for n, (w, g) in enumerate(zip(want, got)):
        for key in w:
            assert w[key] == g[key], "%s, message %d, %s: %r, not %r" % (path, n, key, g[key], w[key])


def main():
    held, mboxes, mutt = sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else None
    threads = collections.defaultdict(list)
    for row in json.load(open(held)):
        threads[str(row["campaign_id"]), row["email"]].append(json.loads(row["j"]))
    count = messages = 0
    for campaign in os.listdir(mboxes):
        for address in os.listdir(os.path.join(mboxes, campaign)):
            path = os.path.join(mboxes, campaign, address)
            want = list(expected(threads[campaign, address]))
            compare(path, want, list(by_python(path)))
            if mutt:
                compare(path + " (mutt)", want, list(by_mutt(os.path.join(mutt, campaign, address))))
            count, messages = count + 1, messages + len(want)
    print(count, messages)


main()
