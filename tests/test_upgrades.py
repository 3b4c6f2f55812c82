"""Upgrades to TLS in clear-text protocols: which were used, and which were offered and not taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rotated_captures import read_records, write_capture
from samples import CAPTURES, inspect
from tcp_segments import Talk, Wire
from traffic import converse, tls12_turns, write_pcap

import tlsinspect
from tlsinspect.connection import Connection
from tlsinspect.connection_builder import ConnectionBuilder
from tlsinspect.upgrades import NOT_TAKEN, STATUSES, find_upgrade
from tlsinspect.wire.codes import ACK
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.openvpn import frame_openvpn

Turns = tuple[bytes, ...]

EHLO = (b"", b"220 mail ESMTP\r\n", b"EHLO me\r\n")
SMTP = (*EHLO, b"250-mail\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 HELP\r\n", b"STARTTLS\r\n")
IMAP = (b"", b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n", b"a1 STARTTLS\r\n")
POP3 = (b"", b"+OK ready\r\n", b"CAPA\r\n", b"+OK\r\nTOP\r\nSTLS\r\n.\r\n", b"STLS\r\n")
FTP = (b"", b"220 FTP ready\r\n", b"FEAT\r\n", b"211-Features:\r\n AUTH TLS\r\n PBSZ\r\n211 End\r\n", b"AUTH TLS\r\n")
NNTP = (b"", b"200 news\r\n", b"CAPABILITIES\r\n", b"101 list:\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n", b"STARTTLS\r\n")
SIEVE = (b"", b'"IMPLEMENTATION" "x"\r\n"SASL" ""\r\n"STARTTLS"\r\nOK\r\n', b"STARTTLS\r\n")
IRC = (b"CAP LS 302\r\n", b":irc CAP * LS :multi-prefix tls sasl\r\n", b"STARTTLS\r\n")
STREAM = b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams'>"
TLS_SPACE = b"xmlns='urn:ietf:params:xml:ns:xmpp-tls'"
XMPP = (
    STREAM,
    STREAM + b"<stream:features><starttls " + TLS_SPACE + b"/></stream:features>",
    b"<starttls " + TLS_SPACE + b"/>",
)
GET = b"GET / HTTP/1.1\r\nHost: example\r\n"
UPGRADE = GET + b"Upgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n"
START_TLS = bytes.fromhex("301d 020101 7718 8016") + b"1.3.6.1.4.1.1466.20037"
LONG_START_TLS = bytes.fromhex("3084 0000001d 020101 7718 8016") + b"1.3.6.1.4.1.1466.20037"
LDAP_YES = bytes.fromhex("300c 020101 7807 0a0100 0400 0400")
LDAP_NO = bytes.fromhex("300c 020101 7807 0a0135 0400 0400")
SEARCH = bytes.fromhex("300c 020107 6307 0400 0a0100 0000")
ROOT = bytes.fromhex("301e 020107 6419 0400 3015 0000") + b"1.3.6.1.4.1.1466.20037"
SSL_REQUEST = bytes.fromhex("00000008 04d2162f")
GSS_REQUEST = bytes.fromhex("00000008 04d21630")
STARTUP = bytes.fromhex("00000012 00030000") + b"user\x00bob\x00\x00"
MYSQL = b"\x4a\x00\x00\x00\x0a8.0.36\x00" + bytes(4) + b"scramble\x00" + b"\xff\xff" + bytes(40)
MYSQL_WITHOUT = b"\x4a\x00\x00\x00\x0a8.0.36\x00" + bytes(4) + b"scramble\x00" + b"\xff\xf7" + bytes(40)
MYSQL_SSL_REQUEST = bytes.fromhex("20000001 05ae0300 00000001 2d") + bytes(23)
MYSQL_LOGIN = bytes.fromhex("50000001 05a60300 00000001 2d") + bytes(23) + b"root\x00"
RDP_REQUEST = bytes.fromhex("0300 0013 0e e0 0000 0000 00 01 00 0800 03000000")
RDP_OLD_REQUEST = bytes.fromhex("0300 0025 20 e0 0000 0000 00") + b"Cookie: mstshash=someone\r\n"
RDP_TLS = bytes.fromhex("0300 0013 0e d0 0000 1234 00 02 00 0800 01000000")
RDP_NONE = bytes.fromhex("0300 0013 0e d0 0000 1234 00 02 00 0800 00000000")
RDP_NOT_ALLOWED = bytes.fromhex("0300 0013 0e d0 0000 1234 00 03 00 0800 02000000")
RDP_DEMANDED = bytes.fromhex("0300 0013 0e d0 0000 1234 00 03 00 0800 01000000")
RDP_HYBRID_DEMANDED = bytes.fromhex("0300 0013 0e d0 0000 1234 00 03 00 0800 05000000")
SOCKS4 = b"\x04\x01\x01\xbb\xc6\x33\x64\x01user\x00"
SOCKS4A = b"\x04\x01\x01\xbb\x00\x00\x00\x01user\x00example\x00"
SOCKS4_YES = b"\x00\x5a" + bytes(6)
SOCKS5 = (b"\x05\x02\x00\x02", b"\x05\x00", b"\x05\x01\x00\x03\x07example\x01\xbb", b"\x05\x00\x00\x01" + bytes(6))
SOCKS5_LOGIN = (b"\x05\x01\x02", b"\x05\x02", b"\x01\x03bob\x07hunter2", b"\x01\x00", *SOCKS5[2:])
CONNECT = (b"CONNECT example:443 HTTP/1.1\r\nHost: example\r\n\r\n", b"HTTP/1.1 200 Connection established\r\n\r\n")
PROXY_1 = b"PROXY TCP4 192.0.2.1 198.51.100.1 50000 443\r\n"
PROXY_2 = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes.fromhex("c0000201 c6336401 c350 01bb")

USED: list[tuple[str, Turns]] = [
    ("smtp", (*SMTP, b"220 go\r\n")),
    (
        "smtp",
        (b"", b"220 LMTP\r\n", b"LHLO me\r\n", b"250-STARTTLS\r\n250 OK\r\n", b"starttls\r\n", b"220 go\r\n"),
    ),
    ("imap", (*IMAP, b"a1 OK begin\r\n")),
    ("pop3", (*POP3, b"+OK begin\r\n")),
    ("ftp", (*FTP, b"234 AUTH TLS OK\r\n")),
    ("nntp", (*NNTP, b"382 go on\r\n")),
    ("sieve", (*SIEVE, b'OK "begin"\r\n')),
    ("irc", (*IRC, b":irc 670 me :STARTTLS successful\r\n")),
    ("irc", (b"", b":irc NOTICE * :hello\r\n", b"STARTTLS\r\n", b":irc 670 * :STARTTLS successful\r\n")),
    ("xmpp", (*XMPP, b"<proceed " + TLS_SPACE + b"/>")),
    ("http", (UPGRADE, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n\r\n")),
    ("ldap", (START_TLS, LDAP_YES)),
    ("ldap", (LONG_START_TLS, LDAP_YES)),
    ("postgresql", (SSL_REQUEST, b"S")),
    ("postgresql", (GSS_REQUEST, b"N", SSL_REQUEST, b"S")),
    ("mysql", (b"", MYSQL, MYSQL_SSL_REQUEST, b"")),
    ("rdp", (RDP_REQUEST, RDP_TLS)),
    ("socks4", (SOCKS4, SOCKS4_YES)),
    ("socks4", (SOCKS4A, SOCKS4_YES)),
    ("socks5", SOCKS5),
    ("socks5", SOCKS5_LOGIN),
    ("http_connect", CONNECT),
    ("proxy", (PROXY_1, b"")),
    ("proxy", (PROXY_2, b"")),
    ("smtp", (PROXY_1, *SMTP[1:], b"220 go\r\n")),
    ("smtp", (*CONNECT, *SMTP, b"220 go\r\n")),
    ("imap", (*SOCKS5, *IMAP, b"a1 OK begin\r\n")),
    ("postgresql", (SOCKS4, SOCKS4_YES, SSL_REQUEST, b"S")),
]

NOT_USED: list[tuple[str, str, Turns]] = [
    ("smtp", "offered", (*SMTP[:4], b"MAIL FROM:<a@b>\r\n", b"250 OK\r\n")),
    ("smtp", "refused", (*SMTP, b"454 TLS not available\r\n")),
    ("smtp", "refused", (*EHLO, b"250-mail\r\n250 HELP\r\n", b"STARTTLS\r\n", b"502 unknown\r\n")),
    ("smtp", "requested", (*SMTP, b"220 go\r\n")),
    ("smtp", "requested", SMTP),
    ("smtp", "stripped", (*EHLO, b"250-mail\r\n250-XXXXXXXA\r\n250 HELP\r\n", b"MAIL FROM:<a@b>\r\n", b"250 OK\r\n")),
    ("smtp", "stripped", (*EHLO, b"250-mail\r\n250 HELP\r\n", b"XXXXXXXX\r\n", b"500 unknown\r\n")),
    ("smtp", "not_offered", (*EHLO, b"250-mail\r\n250 HELP\r\n", b"MAIL FROM:<a@b>\r\n", b"250 OK\r\n")),
    ("imap", "offered", (*IMAP[:2], b"a1 LOGIN bob hunter2\r\n", b"a1 OK\r\n")),
    ("imap", "refused", (*IMAP, b"a1 NO not now\r\n")),
    ("imap", "refused", (*IMAP, b"a1 BAD unknown\r\n")),
    ("imap", "requested", (*IMAP, b"a1 OK begin\r\n")),
    ("imap", "not_offered", (b"", b"* OK ready\r\n", b"a CAPABILITY\r\n", b"* CAPABILITY IMAP4rev1\r\na OK\r\n")),
    ("pop3", "offered", (*POP3[:4], b"USER bob\r\n", b"+OK\r\n", b"PASS hunter2\r\n", b"+OK\r\n")),
    ("pop3", "refused", (*POP3, b"-ERR not now\r\n")),
    ("pop3", "requested", (*POP3, b"+OK begin\r\n")),
    ("pop3", "not_offered", (b"", b"+OK ready\r\n", b"CAPA\r\n", b"+OK\r\nTOP\r\n.\r\n")),
    ("ftp", "offered", (*FTP[:4], b"USER bob\r\n", b"331 password\r\n", b"PASS hunter2\r\n", b"230 in\r\n")),
    ("ftp", "refused", (*FTP, b"534 no\r\n")),
    ("ftp", "refused", (b"", b"220 hi\r\n", b"AUTH TLS\r\n", b"500 what\r\n", b"AUTH SSL\r\n", b"500 what\r\n")),
    ("ftp", "not_offered", (b"", b"220 FTP\r\n", b"FEAT\r\n", b"211-Features:\r\n SIZE\r\n211 End\r\n")),
    ("nntp", "offered", (*NNTP[:4], b"GROUP a.b\r\n", b"211 1 1 1 a.b\r\n")),
    ("nntp", "refused", (*NNTP, b"580 no\r\n")),
    ("nntp", "not_offered", (b"", b"200 news\r\n", b"CAPABILITIES\r\n", b"101 list:\r\nVERSION 2\r\n.\r\n")),
    ("sieve", "offered", (*SIEVE[:2], b'AUTHENTICATE "PLAIN" "AGJvYgBodW50ZXIy"\r\n', b"OK\r\n")),
    ("sieve", "refused", (*SIEVE, b"NO\r\n")),
    ("sieve", "not_offered", (b"", b'"IMPLEMENTATION" "x"\r\n"SASL" "PLAIN"\r\nOK\r\n')),
    ("irc", "offered", (*IRC[:2], b"NICK me\r\n", b"")),
    ("irc", "refused", (*IRC, b":irc 691 me :STARTTLS failed\r\n")),
    ("irc", "refused", (b"USER a b c d\r\nSTARTTLS\r\n", b":irc 421 * STARTTLS :Unknown command\r\n")),
    ("irc", "not_offered", (IRC[0], b":irc CAP * LS :sasl\r\n")),
    ("xmpp", "offered", (*XMPP[:2], b"<auth mechanism='PLAIN'>AGJvYgBodW50ZXIy</auth>", b"<success/>")),
    ("xmpp", "refused", (*XMPP, b"<failure " + TLS_SPACE + b"/></stream:stream>")),
    ("xmpp", "not_offered", (STREAM, STREAM + b"<stream:features><mechanisms/></stream:features>")),
    ("http", "offered", (GET + b"\r\n", b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n\r\n")),
    ("http", "offered", (GET + b"\r\n", b"HTTP/1.1 200 OK\r\nupgrade: HTTP/2.0, tls/1.2\r\n\r\n")),
    ("http", "refused", (UPGRADE, b"HTTP/1.1 200 OK\r\n\r\n")),
    ("ldap", "refused", (START_TLS, LDAP_NO)),
    ("ldap", "refused", (LONG_START_TLS, LDAP_NO)),
    ("ldap", "requested", (START_TLS, LDAP_YES)),
    ("ldap", "offered", (SEARCH, ROOT)),
    ("postgresql", "refused", (SSL_REQUEST, b"N", STARTUP, b"R")),
    ("postgresql", "refused", (GSS_REQUEST, b"N", SSL_REQUEST, b"N", STARTUP, b"R")),
    ("postgresql", "refused", (SSL_REQUEST, b"E\x00\x00\x00\x10no")),
    ("postgresql", "requested", (SSL_REQUEST, b"")),
    ("mysql", "offered", (b"", MYSQL, MYSQL_LOGIN, b"\x07\x00\x00\x02" + bytes(7))),
    ("mysql", "requested", (b"", MYSQL, MYSQL_SSL_REQUEST, b"")),
    ("mysql", "not_offered", (b"", MYSQL_WITHOUT, MYSQL_LOGIN, b"")),
    ("rdp", "refused", (RDP_REQUEST, RDP_NONE)),
    ("rdp", "refused", (RDP_REQUEST, RDP_NOT_ALLOWED)),
    ("rdp", "requested", (RDP_REQUEST, RDP_TLS)),
    ("rdp", "offered", (RDP_OLD_REQUEST, RDP_DEMANDED)),
    ("rdp", "offered", (RDP_OLD_REQUEST, RDP_HYBRID_DEMANDED)),
    ("smtp", "offered", (PROXY_2, *SMTP[1:4])),
]

SILENT_ABOUT_TLS: list[tuple[str, Turns]] = [
    ("http", (GET + b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n")),
    ("http", (GET + b"Upgrade: websocket\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")),
    ("smtp", (b"", b"220 mail\r\n", b"HELO me\r\n", b"250 mail\r\n")),
    ("pop3", (b"", b"+OK ready\r\n", b"USER bob\r\n", b"+OK\r\n")),
    ("ssh", (b"SSH-2.0-a\r\n", b"SSH-2.0-b\r\n")),
    ("postgresql", (STARTUP, b"R\x00\x00\x00\x08")),
    ("ldap", (bytes.fromhex("300c 020101 6007 020103 0400 8000"), bytes.fromhex("300c 020101 6107 0a0100 0400 0400"))),
    ("rdp", (RDP_OLD_REQUEST, bytes.fromhex("0300 000b 06 d0 0000 1234 00"))),
    ("http_connect", (CONNECT[0], b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")),
    ("socks5", (SOCKS5[0], SOCKS5[1])),
    ("proxy", (PROXY_1, b"")),
]


def connection_of(*turns: bytes) -> Connection:
    """A connection that opens, takes turns and closes."""
    return ConnectionBuilder(frozenset({443})).build(begun().say(*turns).close().only())


def begun() -> Talk:
    """A connection that opens, where all is looked for that a capture is searched for."""
    return Talk(Wire(FlowTable(framers=(frame_openvpn,)))).open()


@pytest.mark.parametrize(("name", "turns"), USED)
def test_an_upgrade_is_named_and_its_handshake_read(name: str, turns: Turns) -> None:
    connection = connection_of(*turns, *tls12_turns())
    assert (connection.protocol, connection.starttls_protocol, connection.starttls_status) == ("tls", name, "used")
    assert connection.handshake_history == "CsxknGIi"
    assert connection.established is True
    assert connection.handshake_history == "CsxknGIi"
    assert connection.problems == []


@pytest.mark.parametrize(("name", "turns"), USED)
def test_an_upgrade_is_named_from_one_side_alone(name: str, turns: Turns) -> None:
    for side in (0, 1):
        said = b"".join(turns[side::2])
        talk = begun()
        for piece in (said, b"".join(tls12_turns()[side::2])):
            if piece:
                talk.segment(side, ACK, piece)
        connection = ConnectionBuilder(frozenset()).build(talk.only())
        assert connection.protocol == "tls"
        assert connection.starttls_protocol != "ssh"
        if side == 0 and name in ("smtp", "ldap", "postgresql", "rdp", "http_connect", "proxy", "xmpp", "http"):
            assert connection.starttls_status == "used"


@pytest.mark.parametrize(("name", "status", "turns"), NOT_USED)
def test_an_upgrade_that_was_not_taken_has_a_status(name: str, status: str, turns: Turns) -> None:
    connection = connection_of(*turns)
    assert (connection.starttls_protocol, connection.starttls_status) == (name, status)
    assert connection.protocol in (name, "proxy")
    assert connection.client_hello is None


@pytest.mark.parametrize(
    ("status", "turns"),
    [
        ("capture_end", SMTP),
        ("capture_end", (*SMTP, b"220 go\r\n")),
        ("capture_end", SMTP[:4]),
        ("capture_end", POP3),
        ("capture_end", FTP),
        ("capture_end", XMPP),
        ("capture_end", (b"", MYSQL)),
        ("capture_end", (SSL_REQUEST, b"S")),
        ("capture_end", (*SMTP[:4], b"STARTTLS\r\nEHLO me\r\n", b"220 go\r\n")),
        ("requested", (*SMTP, b"220 go\r\n250 go on\r\n")),
        ("refused", (*SMTP, b"454 no\r\n")),
        ("offered", (*SMTP[:4], b"MAIL FROM:<a@example>\r\n")),
        ("offered", (*SMTP[:4], b"AUTH CRAM-MD5\r\n")),
        ("offered", (*IMAP[:2], b"a1 LOGIN bob hunter2\r\n")),
        ("offered", (*IMAP[:2], b"a1 NOOP\r\n" * 200)),
        ("offered", (b"", MYSQL, MYSQL_LOGIN)),
        ("offered", (RDP_OLD_REQUEST, RDP_DEMANDED)),
    ],
)
def test_where_the_packets_end_first_it_is_open_what_came_of_an_upgrade(status: str, turns: Turns) -> None:
    builder = ConnectionBuilder(frozenset())
    connection = builder.build(Talk().open().say(*turns).only())
    assert connection.starttls_status == status
    assert connection.starttls_packet > 0
    assert builder.build(Talk().open().say(*turns).close().only()).starttls_status in NOT_TAKEN


@pytest.mark.parametrize("name", ["ftp", "pop3", "xmpp"])
def test_a_capture_that_stops_at_the_request_shows_no_upgrade_that_was_not_made(name: str, tmp_path: Path) -> None:
    sample = CAPTURES / f"handshakes/starttls-{name}.pcap"
    (answer,) = inspect(f"handshakes/starttls-{name}.pcap").connections["starttls_packet"]
    path = write_capture(tmp_path / "cut.pcap", read_records(sample)[: answer - 1])
    inspection = tlsinspect.read(path)
    (row,) = inspection.connections.to_dict("records")
    assert (row["starttls_protocol"], row["starttls_status"]) == (name, "capture_end")
    assert "PRT-03-UNUSED" not in inspection.findings["id"].tolist()


@pytest.mark.parametrize(("name", "turns"), SILENT_ABOUT_TLS)
def test_where_no_upgrade_came_up_there_is_no_status(name: str, turns: Turns) -> None:
    connection = connection_of(*turns)
    assert (connection.protocol, connection.starttls_protocol, connection.starttls_status) == (name, None, None)


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"220 mail ESMTP\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"RFB 003.008\n"]
)
def test_a_tls_client_that_met_another_protocol_upgraded_nothing(answer: bytes) -> None:
    connection = connection_of(tls12_turns()[0], answer)
    assert (connection.protocol, connection.starttls_protocol, connection.starttls_status) == ("tls", None, None)
    greeted = connection_of(b"", answer, tls12_turns()[0])
    assert (greeted.protocol, greeted.starttls_protocol, greeted.starttls_status) == ("tls", None, None)


def test_tls_in_a_protocol_that_has_no_upgrade_is_none() -> None:
    turns = (GET + b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n", *tls12_turns())
    assert connection_of(*turns).starttls_protocol is None


def test_a_proxy_header_and_the_hello_may_share_a_segment() -> None:
    hello, *rest = tls12_turns()
    for header in (PROXY_1, PROXY_2):
        connection = connection_of(header + hello, *rest)
        assert (connection.starttls_protocol, connection.handshake_history) == ("proxy", "CsxknGIi")


def test_a_hello_whose_beginning_shares_the_last_octets_of_a_segment_with_clear_text_is_read() -> None:
    hello, *rest = tls12_turns()
    for cut in range(len(hello)):
        talk = begun()
        talk.segment(0, ACK, PROXY_2 + hello[:cut])
        talk.segment(0, ACK, hello[cut:])
        connection = ConnectionBuilder(frozenset()).build(talk.say(b"", *rest).close().only())
        assert (connection.starttls_protocol, connection.handshake_history) == ("proxy", "CsxknGIi"), cut


def test_upgrades_that_were_not_taken_have_a_row_on_any_port(tmp_path: Path) -> None:
    packets = []
    for number, (_, _, turns) in enumerate(NOT_USED):
        packets += converse(*turns, client=("192.0.2.1", 50000 + number), server=("198.51.100.1", 2000 + number))
    for number, (_, turns) in enumerate(SILENT_ABOUT_TLS):
        packets += converse(*turns, client=("192.0.2.2", 50000 + number), server=("198.51.100.1", 3000 + number))
    inspection = tlsinspect.read(write_pcap(tmp_path / "clear.pcap", packets))
    rows = inspection.connections.set_index("server_port")
    expected = {2000 + number: status for number, (_, status, _) in enumerate(NOT_USED) if status != "not_offered"}
    assert rows["starttls_status"].to_dict() == expected
    assert not rows["established"].notna().any()
    assert inspection.ports["connections"].sum() == len(NOT_USED) + len(SILENT_ABOUT_TLS)
    shown = "".join(getattr(inspection, table).to_csv() for table in ("connections", "ports", "problems", "messages"))
    for hunter2 in ("hunter2", "someone", "AGJvYgBodW50ZXIy"):
        assert hunter2 not in shown


def test_what_was_not_offered_shows_on_the_ports_that_were_asked_for(tmp_path: Path) -> None:
    turns = next(turns for name, status, turns in NOT_USED if (name, status) == ("smtp", "not_offered"))
    path = write_pcap(tmp_path / "clear.pcap", converse(*turns, server=("198.51.100.1", 25)))
    assert len(tlsinspect.read(path).connections) == 0
    (row,) = tlsinspect.read(path, ports=[25]).connections.to_dict("records")
    assert (row["protocol"], row["starttls_protocol"], row["starttls_status"]) == ("smtp", "smtp", "not_offered")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(USED + [(name, turns) for name, _, turns in NOT_USED]), st.data(), st.binary(max_size=6))
def test_any_beginning_has_a_status_or_none(case: tuple[str, Turns], data: st.DataObject, more: bytes) -> None:
    client, server = b"".join(case[1][::2]), b"".join(case[1][1::2])
    cuts = data.draw(st.integers(0, len(client))), data.draw(st.integers(0, len(server)))
    name, status, *_ = find_upgrade(client[: cuts[0]] + more, server[: cuts[1]] + more, began=data.draw(st.booleans()))
    assert (name is None) == (status is None)
    assert status is None or status in STATUSES


def test_what_was_not_taken_is_a_part_of_all_there_is() -> None:
    assert set(STATUSES) > NOT_TAKEN


EXPOSED: list[tuple[str, str, Turns]] = [
    ("smtp", "PLAIN", (*SMTP[:4], b"AUTH PLAIN AGJvYgBodW50ZXIy\r\n", b"235 in\r\n")),
    ("smtp", "LOGIN", (*SMTP[:4], b"auth login\r\n", b"334 VXNlcm5hbWU6\r\n", b"Ym9i\r\n", b"334 UGFzc3dvcmQ6\r\n")),
    ("imap", "LOGIN", (*IMAP[:2], b"a1 LOGIN bob hunter2\r\n", b"a1 OK\r\n")),
    ("imap", "PLAIN", (*IMAP[:2], b"a1 AUTHENTICATE PLAIN\r\n", b"+\r\n", b"AGJvYgBodW50ZXIy\r\n", b"a1 OK\r\n")),
    ("pop3", "PASS", (*POP3[:4], b"USER bob\r\n", b"+OK\r\n", b"PASS hunter2\r\n", b"+OK\r\n")),
    ("ftp", "PASS", (*FTP[:4], b"USER bob\r\n", b"331 password\r\n", b"PASS hunter2\r\n", b"230 in\r\n")),
    ("nntp", "PASS", (*NNTP[:4], b"AUTHINFO USER bob\r\n", b"381 go\r\n", b"AUTHINFO PASS hunter2\r\n", b"281\r\n")),
    ("sieve", "PLAIN", (*SIEVE[:2], b'AUTHENTICATE "PLAIN" "AGJvYgBodW50ZXIy"\r\n', b"OK\r\n")),
    ("irc", "PASS", (b"CAP LS 302\r\nPASS hunter2\r\n", b":irc CAP * LS :multi-prefix tls sasl\r\n")),
    ("xmpp", "PLAIN", (*XMPP[:2], b"<auth mechanism='PLAIN'>AGJvYgBodW50ZXIy</auth>", b"<success/>")),
    (
        "ldap",
        "SIMPLE BIND",
        (bytes.fromhex("3018 020101 6013 020103 0405") + b"cn=me\x80\x07hunter2", LDAP_YES),
    ),
    ("socks5", "SOCKS LOGIN", (*SOCKS5_LOGIN, *tls12_turns())),
    (
        "http_connect",
        "BASIC",
        (CONNECT[0][:-2] + b"Proxy-Authorization: Basic Ym9iOmh1bnRlcjI=\r\n\r\n", CONNECT[1], *tls12_turns()),
    ),
]
UNEXPOSED: list[Turns] = [
    (*SMTP[:4], b"AUTH PLAIN\r\n", b"530 Must issue a STARTTLS command first\r\n", b"STARTTLS\r\n", b"220 go\r\n"),
    (*SMTP[:4], b"AUTH CRAM-MD5\r\n", b"334 PDE4OTYu\r\n", b"dGltIGI5MTNh\r\n", b"235 in\r\n"),
    (*SMTP[:4], b"MAIL FROM:<a@b>\r\n", b"250 OK\r\n", b"DATA\r\n", b"354 go\r\n", b"AUTH PLAIN AGJvYg==\r\n.\r\n"),
    (*FTP[:4], b"USER anonymous\r\n", b"331 address\r\n", b"PASS me@example\r\n", b"230 in\r\n"),
    (bytes.fromhex("300c 020101 6007 020103 0400 8000"), bytes.fromhex("300c 020101 6107 0a0100 0400 0400")),
]


@pytest.mark.parametrize(("name", "command", "turns"), EXPOSED)
def test_credentials_in_the_clear_are_named_by_their_command(name: str, command: str, turns: Turns) -> None:
    connection = connection_of(*turns)
    assert (connection.clear_credentials, connection.starttls_injection) == (command, None)
    assert name in (connection.protocol, connection.starttls_protocol)


def packet_of(turns: Turns, *words: bytes) -> int:
    """The packet of the first turn with one of the words; three open the connection."""
    place = next(place for place, turn in enumerate(turns) if any(word in turn for word in words))
    return 4 + sum(map(bool, turns[:place]))


@pytest.mark.parametrize(("name", "command", "turns"), EXPOSED)
def test_the_packet_with_the_credentials_is_told(name: str, command: str, turns: Turns) -> None:
    connection = connection_of(*turns)
    assert connection.clear_credentials_packet == packet_of(turns, b"hunter2", b"Ym9i", b"AGJvYg")
    assert connection.clear_text_packet == packet_of(turns, next(filter(None, turns)))
    assert (connection.first_packet, connection.starttls_injection_packet) == (1, -1)


def test_past_the_limit_of_pieces_no_packet_is_told_for_clear_text() -> None:
    letters = [bytes([octet]) for octet in b"USER bob\r\n" + b"NOOP\r\n" * 9 + b"PASS hunter2\r\n"]
    talk = begun().say(*FTP[:4])
    for letter in letters:
        talk.segment(0, ACK, letter)
    connection = ConnectionBuilder(frozenset()).build(talk.only())
    assert (connection.clear_credentials, connection.clear_credentials_packet) == ("PASS", -1)
    assert len(letters) > 64


@pytest.mark.parametrize("turns", [*UNEXPOSED, *(turns for _, turns in USED if turns != SOCKS5_LOGIN)])
def test_what_is_no_credential_that_can_be_read_is_none(turns: Turns) -> None:
    assert connection_of(*turns).clear_credentials is None
    assert connection_of(*turns, *tls12_turns()).starttls_injection is None


@pytest.mark.parametrize(
    ("turns", "who"),
    [
        ((*SMTP[:4], b"STARTTLS\r\nRSET\r\n", b"220 go\r\n"), "client"),
        ((*SMTP, b"220 go\r\n250-mail\r\n250 AUTH PLAIN\r\n"), "server"),
        ((*IMAP[:2], b"a1 STARTTLS\r\na2 LOGOUT\r\n", b"a1 OK begin\r\n* BYE\r\n"), "both"),
        ((*POP3[:4], b"STLS\r\nNOOP\r\n", b"+OK begin\r\n"), "client"),
        ((*XMPP, b"<proceed " + TLS_SPACE + b"/><iq/>"), "server"),
    ],
)
def test_who_speaks_on_between_the_agreement_on_tls_and_tls_is_told(turns: Turns, who: str) -> None:
    hello, *rest = tls12_turns()
    connection = connection_of(*turns, hello, *rest)
    assert connection.starttls_injection == who
    assert connection.starttls_injection_packet == packet_of(
        turns, *((turns[-1],) if who == "server" else (turns[-2],))
    )
    assert connection_of(*turns).starttls_injection is None


def test_a_hello_that_follows_the_request_in_its_segment_is_no_injection() -> None:
    hello, *rest = tls12_turns()
    connection = connection_of(*SMTP[:4], SMTP[4] + hello, SMTP[1] + rest[0], *rest[1:])
    assert (connection.starttls_status, connection.starttls_injection) == ("used", None)


@pytest.mark.parametrize("turns", [
    (b"", b"220-notice\r\n" * 80 + b"220 mail ESMTP\r\n", *SMTP[2:], b"220 go\r\n"),
    (*EHLO, b"250-mail\r\n" + b"250-AUTH PLAIN\r\n" * 80 + b"250 STARTTLS\r\n", b"STARTTLS\r\n", b"220 go\r\n"),
    (b"", b"* OK ready\r\n", b"a1 NOOP\r\n", b"*" + b" X=Y" * 270 + b"\r\na1 OK\r\n", b"a2 STARTTLS\r\n", b"a2 OK\r\n"),
    (*POP3[:2], b"CAPA\r\n", b"+OK\r\n" + b"TOP\r\n" * 300 + b".\r\n", b"STLS\r\n", b"+OK begin\r\n"),
])  # fmt: skip
def test_an_answer_behind_what_is_kept_of_the_server_is_no_injection(turns: Turns) -> None:
    connection = connection_of(*turns, *tls12_turns())
    flow = Talk().open().say(*turns, *tls12_turns()).only()
    assert flow.streams[1].head_is_full() and not flow.streams[0].head_is_full()
    assert (connection.starttls_status, connection.starttls_injection) == ("used", None)
    client_too = connection_of(*turns[:-2], turns[-2] + b"NOOP\r\n", turns[-1], *tls12_turns())
    assert client_too.starttls_injection == "client"


@pytest.mark.parametrize("more", [b"", b"RSET\r\n"])
def test_an_answer_that_was_not_captured_is_no_injection(more: bytes) -> None:
    hello, *rest = tls12_turns()
    talk = begun().say(*SMTP[:4], SMTP[4] + more).lose(1, 8).say(hello, *rest).close()
    connection = ConnectionBuilder(frozenset()).build(talk.only())
    assert (connection.starttls_status, connection.gap) == ("used", True)
    assert connection.starttls_injection == ("client" if more else None)


def test_what_the_server_said_before_the_request_is_no_answer_to_it() -> None:
    request, hello = (*SMTP[:4], SMTP[4]), tls12_turns()
    connection = connection_of(*request, b"", *hello)
    assert (connection.starttls_status, connection.starttls_injection) == ("used", None)
    assert connection.starttls_packet == said_in(request, 4)


def said_in(turns: Turns, place: int) -> int:
    """The number of the packet of a turn, behind the three that open the connection; empty turns have none."""
    return 3 + len([turn for turn in turns[: place + 1] if turn])


@pytest.mark.parametrize(("turns", "column", "place"), [
    ((*SMTP[:4], b"MAIL FROM:<a@b>\r\n", b"250 OK\r\n"), "starttls_packet", 3),
    ((*EHLO, b"250-mail\r\n250-XXXXXXXA\r\n250 HELP\r\n", b"QUIT\r\n"), "starttls_packet", 3),
    ((*EHLO, b"250-mail\r\n250 HELP\r\n", b"XXXXXXXX\r\n", b"500 unknown\r\n"), "starttls_packet", 4),
    ((*SMTP, b"454 not now\r\n", b"QUIT\r\n", b"221 bye\r\n"), "starttls_packet", 5),
    (SMTP, "starttls_packet", 4),
    ((*SMTP, b"220 go\r\n", *tls12_turns()), "starttls_packet", 5),
    ((*SMTP, b"454 not now\r\n", SMTP[4], b"220 go\r\n", *tls12_turns()), "starttls_packet", 7),
    ((PROXY_1, *SMTP[1:4]), "starttls_packet", 3),
    ((*CONNECT, *tls12_turns()), "starttls_packet", 1),
    ((*SOCKS5, *SMTP[:4], b"QUIT\r\n"), "starttls_packet", 7),
    ((SSL_REQUEST, b"N", STARTUP), "starttls_packet", 1),
    ((START_TLS, LDAP_NO), "starttls_packet", 1),
    ((b"", MYSQL, MYSQL_LOGIN), "starttls_packet", 1),
    (EXPOSED[0][2], "clear_credentials_packet", 4),
    (EXPOSED[1][2], "clear_credentials_packet", 6),
    (EXPOSED[2][2], "clear_credentials_packet", 2),
    ((SEARCH, ROOT, *EXPOSED[10][2]), "clear_credentials_packet", 2),
    (EXPOSED[11][2], "clear_credentials_packet", 2),
    (EXPOSED[12][2], "clear_credentials_packet", 0),
    ((PROXY_1, *EXPOSED[0][2][1:]), "clear_credentials_packet", 4),
    ((*SMTP, b"220 go\r\n", b"RSET\r\n", b"", *tls12_turns()), "starttls_injection_packet", 6),
    ((*CONNECT, *SMTP, b"220 go\r\n", b"", b"250-mail\r\n", *tls12_turns()), "starttls_injection_packet", 9),
    (SMTP[1:4], "clear_text_packet", 0),
])  # fmt: skip
def test_the_packet_is_named_in_which_it_was_said(turns: Turns, column: str, place: int) -> None:
    assert getattr(connection_of(*turns), column) == said_in(turns, place)


def test_what_was_not_said_has_no_packet() -> None:
    for turns in (tls12_turns(), (*EHLO, b"250-mail\r\n250 HELP\r\n")):
        connection = connection_of(*turns)
        assert connection.starttls_packet == connection.clear_credentials_packet == -1
        assert connection.starttls_injection_packet == -1


def test_words_in_a_message_are_no_overwritten_command() -> None:
    turns = (*SMTP[:4], b"DATA\r\n", b"354 go\r\n", b"Subject: x\r\n\r\nXXXXXXXX\r\n.\r\n", b"250 OK\r\n")
    assert connection_of(*turns).starttls_status == "offered"


WENT_ON = [  # turns up to the refusal, what the server says to the ClientHello that follows nevertheless
    ((*SMTP, b"454 not now\r\n"), b"500 unknown command\r\n", "smtp"),
    ((*IMAP, b"a1 NO not now\r\n"), b"* BAD invalid\r\n", "imap"),
    ((*POP3, b"-ERR not now\r\n"), b"-ERR unknown\r\n", "pop3"),
    ((*FTP, b"502 not now\r\n"), b"500 unknown\r\n", "ftp"),
    ((*NNTP, b"580 not now\r\n"), b"500 unknown\r\n", "nntp"),
    ((*SIEVE, b'NO "not now"\r\n'), b'NO "unknown"\r\n', "sieve"),
]


@pytest.mark.parametrize(("turns", "answer", "name"), WENT_ON)
def test_who_goes_on_with_tls_although_it_was_refused_is_refused(turns: Turns, answer: bytes, name: str) -> None:
    for more, answered in (((), None), ((answer,), name)):
        connection = connection_of(*turns, tls12_turns()[0], *more)
        assert (connection.starttls_protocol, connection.starttls_status) == (name, "refused")
        assert connection.starttls_packet == 3 + sum(1 for turn in turns if turn)
        assert connection.answered == answered


def test_who_asks_again_and_is_answered_late_is_not_refused() -> None:
    again = connection_of(*SMTP, b"454 not now\r\n", SMTP[4], b"220 go\r\n", tls12_turns()[0])
    assert (again.starttls_status, again.answered) == ("used", None)
    assert connection_of(*SMTP[:4], SMTP[4] + tls12_turns()[0], b"220 go\r\n").answered is None
