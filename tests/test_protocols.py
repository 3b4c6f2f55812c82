"""What a stream without TLS, or before it, is named from its first octets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsinspect.protocols import SILENT, UNKNOWN, name_protocol

DNS_QUERY = bytes.fromhex("1234 0100 0001 0000 0000 0000 076578616d706c6500 0001 0001")
SMB2_NEGOTIATE = b"\x00\x00\x01\x10" + b"\xfeSMB" + bytes(0x10C)

BY_CLIENT = [
    ("http", b"GET / HTTP/1.1\r\nHost: example\r\n\r\n"),
    ("http", b"POST /form HTTP/1.0\r\n\r\n"),
    ("http", b"OPTIONS * HTTP/1.1\r\n\r\n"),
    ("http", b"PROPFIND / HTTP/1.1\r\n\r\n"),
    ("http2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("http_connect", b"CONNECT example:443 HTTP/1.1\r\n\r\n"),
    ("proxy", b"PROXY TCP4 192.0.2.1 198.51.100.1 50000 443\r\n"),
    ("proxy", b"PROXY UNKNOWN\r\n"),
    ("proxy", b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"),
    ("ssh", b"SSH-2.0-OpenSSH_9.2\r\n"),
    ("postgresql", bytes.fromhex("00000008 04d2162f")),
    ("rtsp", b"DESCRIBE rtsp://example/stream RTSP/1.0\r\n"),
    ("rtsp", b"OPTIONS rtsp://example/stream RTSP/1.0\r\n"),
    ("sip", b"REGISTER sip:example SIP/2.0\r\n"),
    ("sip", b"INVITE sip:bob@example SIP/2.0\r\n"),
    ("sip", b"OPTIONS sip:example SIP/2.0\r\n"),
    ("bittorrent", b"\x13BitTorrent protocol" + bytes(8)),
    ("rdp", bytes.fromhex("0300 0013 0e e0 0000 0000 00 01 00 0800 0b000000")),
    ("rdp", bytes.fromhex("0300 0025 20 e0 0000 0000 00") + b"Cookie: mstshash=someone\r\n"),
    ("rdp", bytes.fromhex("0300 000b 06 e0 0000 0000 00")),
    ("tpkt", bytes.fromhex("0300 0016 11 e0 0000 0001 00 c1 02 0100 c2 02 0102 c0 01 0a")),
    ("tds", bytes.fromhex("1001 0090 0000 0100") + bytes(80)),
    ("postgresql", bytes.fromhex("00000008 04d21630")),
    ("postgresql", bytes.fromhex("00000010 04d2162e 00001234 00005678")),
    ("postgresql", bytes.fromhex("00000020 00030000") + b"user\x00bob\x00database\x00"),
    ("socks4", b"\x04\x01\x01\xbb\xc6\x33\x64\x01user\x00EHLO me\r\n"),
    ("socks5", b"\x05\x05\x00\x01\x02\x03\x80"),
    ("smb", bytes.fromhex("81000044 20") + b"CKFDENECFDEFFCFGEFFCCACACACACACA" + bytes(36)),
    ("smtp", b"EHLO me\r\nSTARTTLS\r\n"),
    ("imap", b"a1 CAPABILITY\r\na2 STARTTLS\r\n"),
    ("pop3", b"STLS\r\n"),
    ("ftp", b"AUTH TLS\r\n"),
    ("nntp", b"CAPABILITIES\r\n"),
    ("tds", bytes.fromhex("1201 002f 0000 0100 0000 1a")),
    ("socks4", b"\x04\x01\x01\xbb\xc6\x33\x64\x01user\x00"),
    ("socks5", b"\x05\x01\x00"),
    ("socks5", b"\x05\x02\x00\x02"),
    ("smb", b"\x00\x00\x00\x54" + b"\xffSMB" + bytes(0x50)),
    ("smb", SMB2_NEGOTIATE),
    ("rfb", b"RFB 003.008\n"),
    ("redis", b"*1\r\n$4\r\nPING\r\n"),
    ("redis", b"*3\r\n$3\r\nSET\r\n"),
    ("redis", b"*12\r\n$4\r\nMSET\r\n"),
    ("mqtt", b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c"),
    ("mqtt", b"\x10\x90\x01\x00\x04MQTT\x05\x02\x00\x3c"),
    ("mqtt", b"\x10\x12\x00\x06MQIsdp\x03\x02\x00\x3c"),
    ("xmpp", b"<?xml version='1.0'?><stream:stream to='example'>"),
    ("ldap", bytes.fromhex("301d 020101 7718 8016") + b"1.3.6.1.4.1.1466.20037"),
    ("ldap", bytes.fromhex("300c 020101 6007 020103 0400 8000")),
    ("ldap", bytes.fromhex("3084 00000010 020101 6384 00000007 04000a0100") + bytes(3)),
    ("irc", b"NICK me\r\nUSER me 0 * :me\r\n"),
    ("irc", b"USER me 0 * :me\r\n"),
    ("irc", b"CAP LS 302\r\n"),
    ("dns", len(DNS_QUERY).to_bytes(2, "big") + DNS_QUERY),
]

BY_SERVER = [
    ("smtp", b"220 mail.example ESMTP\r\n"),
    ("smtp", b"220-mail.example\r\n220 ESMTP\r\n"),
    ("ftp", b"220 (vsFTPd 3.0.3)\r\n"),
    ("ftp", b"220 ProFTPD Server\r\n"),
    ("ssh", b"SSH-2.0-dropbear\r\n"),
    ("http", b"HTTP/1.1 400 Bad Request\r\n"),
    ("imap", b"* OK IMAP4rev1 ready\r\n"),
    ("smtp", b"220 ftp.example SMTP\r\n"),
    ("irc", b":irc.example NOTICE * :*** Looking up your hostname\r\n"),
    ("irc", b":irc.example 670 :STARTTLS successful\r\n"),
    ("irc", b"NOTICE AUTH :*** Looking up your hostname\r\n"),
    ("imap", b"* PREAUTH ready\r\n"),
    ("pop3", b"+OK ready\r\n"),
    ("nntp", b"200 news.example ready\r\n"),
    ("nntp", b"201 news.example ready, no posting\r\n"),
    ("sieve", b'"IMPLEMENTATION" "Dovecot"\r\n'),
    ("rfb", b"RFB 003.008\n"),
    ("tds", bytes.fromhex("0401 002b 0000 0100 00001a0006")),
    ("mysql", bytes.fromhex("4a000000 0a") + b"8.0.36\x00"),
    ("xmpp", b"<?xml version='1.0'?><stream:stream from='example'>"),
]


@pytest.mark.parametrize(("name", "client"), BY_CLIENT)
def test_a_client_tells_what_it_speaks(name: str, client: bytes) -> None:
    assert name_protocol(client, b"") == name


@pytest.mark.parametrize(("name", "server"), BY_SERVER)
def test_a_server_tells_what_it_speaks(name: str, server: bytes) -> None:
    assert name_protocol(b"", server) == name


def test_nobody_said_anything() -> None:
    assert name_protocol(b"", b"") == SILENT == "silent"


def test_what_is_not_recognised_is_unknown() -> None:
    assert name_protocol(b"\x01\x02\x03", b"") == UNKNOWN == "unknown"
    assert name_protocol(b"", b"hello") == "unknown"
    assert name_protocol(b"hello", b"hello") == "unknown"


@pytest.mark.parametrize(
    ("name", "client", "server"),
    [
        ("ftp", b"USER anonymous\r\n", b"220 Welcome\r\n"),
        ("ftp", b"AUTH TLS\r\n", b"220 Welcome\r\n"),
        ("smtp", b"EHLO me\r\nSTARTTLS\r\n", b"220 ftp.example ESMTP\r\n"),
        ("smtp", b"helo me\r\n", b"220 ftp.example ESMTP\r\n"),
        ("pop3", b"USER bob\r\n", b"+OK ready\r\n"),
        ("imap", b"a STARTTLS\r\n", b"* OK ready\r\n"),
        ("http", b"GET / HTTP/1.1\r\n", b"220 whatever\r\n"),
        ("socks5", b"\x05\x01\x00\x05\x01\x00\x01", b"\x05\x00"),
    ],
)
def test_both_sides_together_tell_what_one_alone_does_not(name: str, client: bytes, server: bytes) -> None:
    assert name_protocol(client, server) == name


@pytest.mark.parametrize(
    "client",
    [
        b"GETTING",
        b"\x00\x00\x00\x54" + b"nSMB" + bytes(80),
        b"\x03\x00\x00\x13\x0e\x11\x00\x00",
        b"\x12\x01\x00\x08",
        b"\x04\x01\x01\xbb\xc6\x33\x64\x01user",
        b"USER bob\r\n",
        b"\x05\x01\x00\x77",
        b"\x05\x02\x00\x00",
        bytes.fromhex("00000008 00030000"),
        bytes.fromhex("00000009 04d2162f 00"),
        b"\x10\x10\x00\x04HTTP",
        b"*x\r\n$4\r\n",
        b"*12345678\r\n$4\r\n",
        b"\x30\x0c\x04\x01\x01\x60\x07",
        b"\x30\x0c\x02\x01\x01\x30\x07",
        len(DNS_QUERY).to_bytes(2, "big") + DNS_QUERY[:2] + b"\x80\x00" + DNS_QUERY[4:],
        (len(DNS_QUERY) + 1).to_bytes(2, "big") + DNS_QUERY,
    ],
)
def test_an_opening_that_only_begins_like_a_protocol_is_unknown(client: bytes) -> None:
    assert name_protocol(client, b"") == "unknown"


@pytest.mark.parametrize(
    "server", [b"4a000000", bytes.fromhex("ffff00000a") + b"8.0", bytes.fromhex("4a0000000b38"), b"220", b"* BAD\r\n"]
)
def test_a_greeting_that_only_begins_like_one_is_unknown(server: bytes) -> None:
    assert name_protocol(b"", server) == "unknown"


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([client for _, client in BY_CLIENT] + [b""]),
    st.sampled_from([server for _, server in BY_SERVER] + [b""]),
    st.integers(0, 40),
    st.binary(max_size=8),
)
def test_any_octets_have_a_name(client: bytes, server: bytes, length: int, more: bytes) -> None:
    names = {name for name, _ in BY_CLIENT + BY_SERVER} | {"silent", "unknown"}
    assert name_protocol(client[:length] + more, server[:length] + more) in names
