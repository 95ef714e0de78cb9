"""Mail read: whatever arrives becomes a mail with clean texts, and nothing raises."""

from __future__ import annotations

import base64
import difflib
import email.policy
import hashlib
import json
import re
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sdcli.intake.items import MailItem, Unreadable
from sdcli.intake.mail import parse
from sdcli.intake.recognise import is_mail, mails_in, recognise
from tests.conftest import CASES
from tests.sampling import examples

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = b"From: Ada <ada@example.com>\nTo: desk@example.com\nSubject: VPN\nMessage-ID: <1@e>\n"
MAILS = CASES / "mail"


def mail(raw: bytes) -> MailItem:
    """The mail in these bytes."""
    item = parse(raw)
    assert isinstance(item, MailItem)
    return item


def made(text: str = "It drops.", **headers: str) -> EmailMessage:
    """A mail written by the standard library."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"] = "Ada Lindqvist <ada@example.com>", "desk@example.com"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?b?R3LD?= =?utf-8?b?vMOfZQ==?=", "Grüße"),
        (b"=?iso-8859-1?Q?a?= =?utf-8?Q?b?=", "ab"),
        (b"=?gb2312?B?" + base64.b64encode("电脑①".encode("gb18030")) + b"?=", "电脑①"),
        (b"=?iso-2022-jp?B?GyRCJEYkOSRIGyhC?=", "てすと"),
        (b"=?iso-2022-jp?B?GyRCLSEbKEI=?=", "①"),
        (b"Gr\xc3\xbc\xc3\x9fe", "Grüße"),
        (b"Gr\xfc\xdfe", "Grüße"),
        (b"=?none?B?VEVTVA==?=", "TEST"),
        (b"=?utf-8?B?!!!!?=", "=?utf-8?B?!!!!?="),
        (b"=?hex?Q?41?=", "41"),
        (b"one\n two", "one two"),
        (b"a\x1b[31mb\x00c", "a [31mb c"),
        (b"", ""),
    ],
)
def test_a_subject_is_decoded(header: bytes, subject: str) -> None:
    """Encoded words and raw bytes in any charset become one clean line."""
    raw = b"From: a@example.com\nTo: b@example.com\nSubject: " + header + b"\n\ntext\n"
    assert mail(raw).subject == subject


@pytest.mark.parametrize(
    ("charset", "raw", "text"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", "Grüße €".encode("cp1252"), "Grüße €"),
        ("gb2312", "电脑①".encode("gb18030"), "电脑①"),
        ("iso-2022-jp", b"\x1b$B-!\x1b(B", "①"),
        ("iso-2022-jp", "ツール".encode("cp932"), "ツール"),
        ("windows-1258", b"x\xfey", "x₫y"),
        ("utf-7", b"+AMQ-", "Ä"),
        ("no-such-charset", "Grüße".encode(), "Grüße"),
        ("no-such-charset", b"Gr\xfc\xdfe", "Grüße"),
        ("idna", b"abc", "abc"),
        ("punycode", b"abc", "abc"),
    ],
)
def test_a_text_is_decoded(charset: str, raw: bytes, text: str) -> None:
    """A charset means what mail programs mean by it; a wrong one loses nothing."""
    kind = f"Content-Type: text/plain; charset={charset}\n".encode()
    assert mail(HEAD + kind + b"Content-Transfer-Encoding: 8bit\n\n" + raw).body == text


def test_people_and_threads_are_read() -> None:
    """Names, addresses, Reply-To, copies, references nearest first, and the date in UTC."""
    item = mail(
        made(
            Reply_To="ada@home.example",
            Cc="Bob <bob@example.com>, carol@example.com",
            References="<a@e> <b@e>",
            In_Reply_To="<c@e>",
            Date="Mon, 23 Nov 2026 11:00:00 +0100",
        ).as_bytes()
    )

    assert (item.sender_name, item.sender) == ("Ada Lindqvist", "ada@example.com")
    assert item.reply_to == "ada@home.example"
    assert item.cc == ("bob@example.com", "carol@example.com")
    assert item.references == ("c@e", "b@e", "a@e")
    assert item.date is not None
    assert item.date.isoformat() == "2026-11-23T10:00:00+00:00"


def test_the_plain_text_is_read_and_the_html_kept() -> None:
    """Of two forms of one text the plain one is the body; an empty one says nothing."""
    message = made("plain\n")
    message.add_alternative("<p>rich</p>", subtype="html")
    item = mail(message.as_bytes())
    assert item.body == "plain"
    assert [(file.name, file.mime) for file in item.files] == [("message.html", "text/html")]

    message = made(" \n")
    message.add_alternative("<div>one<br>two &amp; more</div>", subtype="html")
    assert mail(message.as_bytes()).body == "one\ntwo & more"


NAMES = {
    "../../etc/passwd": "passwd",
    "C:\\Users\\ada\\screen.png": "screen.png",
    "Grüße.txt": "Grüße.txt",
    "a\x1b[2Jb.txt": "a [2Jb.txt",
    "inv\u202etxt.exe": "inv_txt.exe",
    "question?.txt": "question_.txt",
    "...": "file",
    "x" * 300 + ".pdf": "x" * 146 + ".pdf",
}


@pytest.mark.parametrize("given_name", NAMES)
def test_the_name_of_a_file_leads_nowhere(given_name: str) -> None:
    """A name has no path and nothing that hides; it keeps its ending."""
    message = made()
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="file")
    raw = message.as_bytes()
    name = base64.b64encode(given_name.encode()).decode()
    raw = raw.replace(b'filename="file"', f'filename="=?utf-8?B?{name}?="'.encode())

    (file,) = mail(raw).files
    assert file.name == NAMES[given_name]
    assert file.content == b"%PDF"


def test_names_in_parts_are_joined() -> None:
    """A name in continuations with a charset is decoded (RFC 2231)."""
    parts = b"filename*0*=utf-8''%E6%96%B0; filename*1*=%E3%81%97.txt"
    raw = HEAD + b"Content-Type: text/plain\nContent-Disposition: attachment; " + parts + b"\n\nx"
    assert [file.name for file in mail(raw).files] == ["新し.txt"]


@pytest.mark.parametrize(
    "kind",
    ["multipart/mixed; boundary=WRONG", "multipart/mixed", "multipart/alternative; boundary=B"],
)
def test_a_wrong_boundary_hides_no_text(kind: str) -> None:
    """What nothing divides where it says is divided where it is; else all of it is the text."""
    head = HEAD + f"Content-Type: {kind}\n\n".encode()
    assert mail(head + b"It drops.\n").body == "It drops."
    assert mail(head + b"<p>It <b>drops</b>.</p>\n").body == "It drops."
    parts = (
        b"--A\nContent-Type: text/plain\n\nIt drops.\n"
        b"--A\nContent-Type: text/plain; name=x.log\n\nerror 691\n--A--\n"
    )
    item = mail(head + parts)
    assert item.body == "It drops."
    assert [(file.name, file.content) for file in item.files] == [("x.log", b"error 691")]


def test_files_of_one_name_are_apart() -> None:
    """Two files of one name are two files."""
    message = made()
    for content in (b"one", b"two"):
        message.add_attachment(content, maintype="image", subtype="png", filename="image.png")
    assert [file.name for file in mail(message.as_bytes()).files] == ["image.png", "image-2.png"]


def test_a_mail_inside_is_a_file() -> None:
    """A forwarded mail is kept as it came, and its sender is named."""
    inner = made("Printer is off.", Subject="Printer", Message_ID="<in@e>")
    outer = made("Please handle.", Subject="Fwd: Printer")
    outer.add_attachment(inner)
    item = mail(outer.as_bytes())

    assert item.body == "Please handle."
    assert item.forwarded_from == "ada@example.com"
    (file,) = item.files
    assert (file.name, file.mime) == ("Printer.eml", "message/rfc822")
    assert mail(file.content).body == "Printer is off."


BOUNCE = HEAD.replace(b"ada@example.com", b"MAILER-DAEMON@mx.example.com") + (
    b"Content-Type: multipart/report; report-type=delivery-status; boundary=B\n\n"
    b"--B\n\nIt could not be delivered.\n"
    b"--B\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nAction: failed\n"
    b"--B\nContent-Type: message/rfc822\n\n"
    b"From: desk@example.com\nMessage-ID: <SD-1.x@example.com>\nSubject: [SD-1] VPN\n\nHello\n"
    b"--B--\n"
)


def test_a_bounce_says_what_did_not_arrive() -> None:
    """The id and the sender of the returned mail are read from the report."""
    item = mail(BOUNCE)
    assert item.returned == ("SD-1.x@example.com",)
    assert item.returned_from == ("desk@example.com",)
    assert item.automatic == "a delivery-status report"


@pytest.mark.parametrize(
    ("kind", "part", "said", "fate"),
    [
        ("delivery-status", "delivery-status", "Action: failed", "failed"),
        ("delivery-status", "delivery-status", "Action: delayed", "delayed"),
        ("delivery-status", "delivery-status", "Action: delivered (x)", "delivered"),
        (
            "disposition-notification",
            "disposition-notification",
            "Disposition: x; displayed",
            "read",
        ),
        (
            "disposition-notification",
            "disposition-notification",
            "Disposition: x; deleted",
            "deleted",
        ),
    ],
)
def test_a_report_says_what_became_of_a_mail(kind: str, part: str, said: str, fate: str) -> None:
    """Read, delayed, delivered, or not arrived; a receipt names the mail it is about."""
    raw = (
        HEAD
        + (
            f"Content-Type: multipart/report; report-type={kind}; boundary=B\n\n--B\n\nSee below.\n"
            f"--B\nContent-Type: message/{part}\n\n"
            f"Original-Message-ID: <SD-1.x@e>\n{said}\n--B--\n"
            if kind.startswith("disp")
            else f"Content-Type: multipart/report; report-type={kind}; boundary=B\n\n--B\n\nSee below.\n"
            f"--B\nContent-Type: message/{part}\n\nReporting-MTA: dns; mx\n\n{said}\n--B--\n"
        ).encode()
    )
    item = mail(raw)
    assert item.fate == fate
    assert item.returned == (("SD-1.x@e",) if kind.startswith("disp") else ())


def test_a_missing_id_is_made_from_the_content() -> None:
    """The same mail delivered again has the same id; another one has another (T22)."""
    raw = HEAD.replace(b"Message-ID: <1@e>\n", b"") + b"\nIt drops.\n"
    again = b"Received: from elsewhere\n" + raw.replace(b"\n", b"\r\n")
    other = raw.replace(b"drops", b"is slow")

    assert mail(raw).id == mail(again).id
    assert mail(raw).id != mail(other).id


def test_only_history_is_left_out() -> None:
    """An answer is without what it quotes, the whole text is a file; a first mail stays whole."""
    text = (
        "Still drops.\n\nOn Mon, 23 Nov 2026 at 10:00, Desk <desk@example.com> wrote:\n> a\n> b\n"
    )
    answer = mail(HEAD + b"In-Reply-To: <x@e>\n\n" + text.encode())
    assert answer.body == "Still drops."
    assert [(f.name, f.content.decode()) for f in answer.files] == [("message.txt", text.strip())]

    first = mail(HEAD + b"\n" + text.encode())
    assert first.body == text.strip()
    assert not first.files


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"Content-Type: multipart/mixed; boundary=X\n\nno boundary at all",
        HEAD + b"Content-Type: multipart/mixed; boundary=X\n\n--X\n\ncut here",
        HEAD + b"Content-Type: multipart/mixed\n\n--X\n\nno name\n--X--",
        HEAD + b"Content-Transfer-Encoding: base64\n\n!!!! not base64 !!!!",
        HEAD + b"Content-Transfer-Encoding: x-unknown\n\nhello",
        HEAD + b"Content-Type: ; ; =\n\nhello",
        HEAD + b'Content-Type: text/plain; charset*0="\x00"\n\nhello',
        HEAD + b"Content-Type: text/html\n\n" + b"<div>" * 20_000 + b"deep",
        HEAD
        + b"".join(
            b"Content-Type: multipart/mixed; boundary=B%d\n\n--B%d\n" % (i, i) for i in range(500)
        ),
        HEAD + b"Content-Type: message/rfc822\n\n" * 500,
        b"From: " + b"(" * 100_000 + b"\nTo: x@example.com\n\nx",
        HEAD + b"Content-Type: text/plain" + b";" * 1_000_000 + b"\n\nx",
        b"From MAILER-DAEMON  Wed Oct 21 14:42:20 2015\nFrom: a@e\nSubject: x\n\nhello",
        b"\r\n\r\nFrom: a@e\nSubject: x\n\nhello",
    ],
    ids=range(14),
)
def test_broken_mails_are_mails(raw: bytes) -> None:
    """What is broken in a mail leaves the rest of it alone."""
    item = mail(raw)
    assert item.sender or b"(((" in raw


@given(raw=st.binary(max_size=400))
@example(b"")
@example(b"\0")
@example(b": x\n\ny")
@example(b"Content-Type: message/rfc822")
def test_any_bytes_are_read_or_kept(raw: bytes) -> None:
    """No bytes make the reader fail, and every text of a mail can be written down."""
    item = parse(raw)
    if isinstance(item, Unreadable):
        assert item.raw == raw
    else:
        json.dumps([item.subject, item.text, item.sender_name]).encode()
        item.text.encode()
        assert item.id


SEEDS = (
    BOUNCE,
    made("plain\n", Subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?=", References="<a@e> <b@e>").as_bytes(),
    HEAD
    + b"Content-Type: multipart/mixed; boundary=X\n\n--X\nContent-Type: text/html; charset=gb2312\n"
    b"Content-Transfer-Encoding: quoted-printable\n\n<p>=D6=D0</p>\n--X\n"
    b"Content-Type: image/png; name*0*=utf-8''%41; name*1=b\n"
    b"Content-Transfer-Encoding: base64\n\naGVsbG8=\n--X--\n",
)


@settings(max_examples=examples(300))
@given(data=st.data())
def test_damaged_mails_are_read(data: st.DataObject) -> None:
    """Cut, doubled, overwritten mails are read, and what they hold stays within them."""
    raw = data.draw(st.sampled_from(SEEDS))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        to = min(len(raw), at + data.draw(st.integers(0, 40)))
        piece = data.draw(
            st.sampled_from((b"", b"\n", b"\0", b"=?", b";", b'"', b"\xff", raw[at:to] * 2))
        )
        raw = raw[:at] + piece + raw[to:]
    item = parse(raw)
    if isinstance(item, MailItem):
        item.text.encode()
        assert all(file.name and "/" not in file.name for file in item.files)
        assert sum(len(file.content) for file in item.files) <= 3 * len(raw) + 1000


def test_large_mails_are_read_whole() -> None:
    """A file of 30 MB comes out as it went in; so do 10,000 lines."""
    content = hashlib.sha256(b"seed").digest() * 937_500
    encoded = base64.encodebytes(content)
    kind = b"Content-Type: application/pdf; name=x.pdf\nContent-Transfer-Encoding: base64\n\n"
    parts = b"Content-Type: multipart/mixed; boundary=X\n\n--X\n\nhi\n--X\n"
    (file,) = mail(HEAD + parts + kind + encoded + b"\n--X--\n").files
    assert file.content == content

    lines = b"2026-11-23 10:00 a line of a log\n" * 10_000
    answer = mail(HEAD.replace(b"VPN", b"Re: VPN") + b"\n" + lines)
    assert answer.text == lines.decode().strip()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (HEAD + b"\nx", True),
        (b"From ada  Mon\nFrom: a@e\nTo: b\n\nx", True),
        (b">From ada  Mon\nFrom: a@e\nTo: b\n\nx", True),
        (b"subject: x\nfrom: y@e\n\nz", True),
        (b"\xef\xbb\xbf" + HEAD + b"\nx", True),
        (HEAD.replace(b"\n", b"\r") + b"\rx", True),
        (b"X_Foo.Bar: y\n" + HEAD + b"\nx", True),
        (b"X-Long: " + b"y" * 70_000 + b"\n" + HEAD + b"\nx", True),
        (b"Subject: x\nno header\nReceived: from y\n\nz", True),
        (b"From 10:00 on nothing works\nDate: today\nTo: all\n", False),
        (b"Subject: printer\nDetails: broken\nDate: today\n", False),
        (b"From: ada\nSubject: VPN\nDescription: drops\nPriority: high\n", False),
        (b"From: ada@e\nSubject: VPN\nDescription: drops\n", False),
        (b"From: ada\nSubject: VPN\n\nIt drops.\n", False),
        (b"Host: web1\nState: DOWN\n\nx", False),
        (b"Subject: only this\n\nx", False),
        (b"From here on it is slow\nand it stays so", False),
        (b'{"From": "x", "To": "y"}', False),
        (b"", False),
        (b"The VPN is down.\nFrom: the beginning\nTo: the end", False),
    ],
)
def test_a_mail_is_recognised(raw: bytes, expected: bool) -> None:
    """A mail has an address and ends its header, or has traces; typed lines are no header."""
    assert is_mail(raw) is expected


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: b"\xef\xbb\xbf" + raw,
        lambda raw: b">From ada Mon Nov 23 10:00:00 2026\n" + raw,
        lambda raw: raw.replace(b"\n", b"\r"),
        lambda raw: b"X-Long: " + b"y" * 70_000 + b"\n" + raw,
    ],
    ids=range(4),
)
def test_what_stands_before_a_mail_hides_nothing(change: Callable[[bytes], bytes]) -> None:
    """A byte order mark, an escaped envelope line or odd line ends leave the headers readable."""
    item = mail(change(HEAD + b"\nIt drops.\n"))
    assert (item.subject, item.sender, item.body) == ("VPN", "ada@example.com", "It drops.")


def test_a_mailbox_is_several_mails() -> None:
    """Each begins at a `From ` line below a blank one; a sentence that begins so splits nothing."""
    envelope = b"From ada@example.com Mon Nov 23 10:00:00 2026\n"
    first = envelope + HEAD + b"\nFrom here on:\nit drops.\n\nFrom now on it fails:\nError: 691\n\n"
    second = envelope + HEAD.replace(b"VPN", b"Printer") + b"\nIt is off.\n"
    items = recognise(first + second)
    assert [item.subject for item in items if isinstance(item, MailItem)] == ["VPN", "Printer"]
    assert mails_in(first + second) == [first, second]


@pytest.mark.parametrize("raw", [b"The VPN is down.", b"Subject: x\nDetails: y\n", b"\0\n\n"])
def test_what_is_no_mail_is_kept_if_it_must_be_one(raw: bytes) -> None:
    """`--from mail` on a text whose lines would be lost as headers is unreadable."""
    (item,) = recognise(raw, form="mail")
    assert isinstance(item, Unreadable)
    assert item.raw == raw


# What a peer makes of a mail and we do not, each with the reason.
DIFFERENT = {
    ("zammad-mail046", "from_display_name"): "the peer guesses the charset of six raw bytes wrong",
    ("zammad-mail076", "from_email"): "the peer keeps a stray > in the address",
    ("zammad-mail076", "from_display_name"): "as above: it makes the address the name",
    ("zammad-mail026", "body_text"): "the HTML form is empty; the plain form says all",
    ("zammad-mail043", "body_text"): "the plain form is read where there is one; HTML is kept",
    ("zammad-mail096", "message_id"): "an id made from the content is made in another way",
    ("zammad-mail097", "message_id"): "as above",
    ("zammad-mail100", "attachments"): "a Content-ID is no name of a file",
    ("zammad-mail076-spec996", "from_email_cleaned"): "the peer writes an address anew; we keep it",
    (
        "otobo-EmailParser-PostMaster-Test4.box",
        "attachments",
    ): "this mail has none: one text in HTML",
    ("otobo-FilenameWithCRLF-FilenameWithCRLF.box", "attachments"): "the peer writes _ for a blank",
    (
        "otobo-FilenameWithNewline-FilenameWithNewline.box",
        "attachments",
    ): "as above, and for brackets",
    (
        "otobo-UTF8Filename-UTF8Filename.box",
        "attachments",
    ): "the HTML text is message.html, not file-2",
    ("mikel-rfc2822__example10.eml-189", "from"): "the peer leaves a comment inside the address",
    ("mikel-rfc2822__example10.eml-189", "date"): "1969 is before the years that clocks reckon",
    ("mikel-plain_emails__raw_email_with_at_display_name.eml-93", "to"): (
        "the peer drops an address without a dot in its domain"
    ),
    (
        "rt-no-sender",
        "creates_ticket",
    ): "a request without a sender is not lost; it is from unknown",
}
# Not compared here: how a peer stores a mail, or what becomes of it, which other tests say.
ELSEWHERE = {
    "action",
    "body",
    "changes_ticket_state",
    "charset",
    "content_type",
    "error",
    "external_ref",
    "from_header",
    "headers",
    "mime_entities",
    "must_not_crash",
    "part_count",
    "send_auto_response",
    "sender_address_invalid",
}


def _rows() -> list[dict[str, Any]]:
    file = MAILS / "expected.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def _folded(text: str) -> str:
    return " ".join(text.split())


def _addresses(given_ones: str | list[str]) -> set[str]:
    """The addresses in headers as a peer gives them."""
    pairs = getaddresses([given_ones] if isinstance(given_ones, str) else given_ones)
    return {address.casefold() for _, address in pairs if "@" in address}


def _has_files(item: MailItem, expected: Any) -> bool:
    """Whether a mail has the files a peer finds; its own text is none."""
    if isinstance(expected, dict):
        expected = [each for number, each in expected.items() if number != "0"]
    wanted = [each for each in expected if not each.get("is_html_alternative_of_body")]
    hashes = {
        (digest, hashlib.new(digest, file.content).hexdigest())
        for file in item.files
        for digest in ("sha256", "md5")
    }
    return all(
        each.get("filename", each.get("Filename")) in {None, *(file.name for file in item.files)}
        and all((d, each[d]) in hashes for d in ("sha256", "md5") if d in each)
        for each in wanted
    )


def _is_like(text: str, other: str) -> bool:
    """Whether two texts are of the same words, nearly."""
    ours, theirs = (re.findall(r"\w+", each) for each in (text, other))
    return difflib.SequenceMatcher(None, ours, theirs, autojunk=False).ratio() > 0.9


AGREE: dict[str, Callable[[MailItem, Any], bool]] = {
    "subject": lambda item, said: _folded(item.subject) == _folded(said),
    "from_email": lambda item, said: item.sender.casefold() == said.casefold(),
    "from_email_cleaned": lambda item, said: item.sender == said,
    "from": lambda item, said: [item.sender] == said,
    "from_display_name": lambda item, said: not said or _folded(item.sender_name) == _folded(said),
    "reply_to": lambda item, said: {item.reply_to or item.sender} == _addresses(said),
    "to": lambda item, said: {each.casefold() for each in item.to} == _addresses(said),
    "cc": lambda item, said: {each.casefold() for each in item.cc} == _addresses(said),
    "message_id": lambda item, said: item.id == said.strip("<>"),
    "date": lambda item, said: item.date == parsedate_to_datetime(said),
    "auto_response": lambda item, said: bool(item.signs) is said,
    "out_of_office": lambda item, said: bool(item.signs) is said,
    "creates_ticket": lambda item, said: (not item.signs) is said,
    "body_contains": lambda item, said: said in item.text,
    "body_text": lambda item, said: _is_like(item.text, said),
    "attachments": _has_files,
}


@pytest.mark.skipif(not MAILS.is_dir(), reason="the cases from outside are not here")
def test_real_mails_are_read_as_peers_read_them() -> None:
    """People, subject, text, files, signs agree with the peers, or a table says why not."""
    found = {
        (row["id"], name)
        for row in _rows()
        for item in [mail((MAILS / row["file"]).read_bytes())]
        for name, expected in row["expected"].items()
        if name not in ELSEWHERE and not AGREE[name](item, expected)
    }
    assert found == set(DIFFERENT)


@pytest.mark.skipif(not MAILS.is_dir(), reason="the cases from outside are not here")
@pytest.mark.parametrize("path", sorted(MAILS.glob("originals/*/*")), ids=lambda path: path.name)
def test_every_real_mail_is_read(path: Any) -> None:
    """Each gives clean text and safe names."""
    item = mail(path.read_bytes())
    item.text.encode()
    assert all(re.fullmatch(r'[^\x00-\x1f/\\:*?"<>|]{1,150}', file.name) for file in item.files)
