"""Every handshake of every sample, field by field, as Wireshark's dissectors read it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from golden import records
from samples import CAPTURES, SAMPLES, inspect
from tshark_oracle import Ends, Expected, read_oracle

from tlsinspect.capture import CaptureSource

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: run make tools")

Row = dict[str, Any]

NOT_READ_BY_TSHARK = (".bz2", ".xz")
CUT = "tshark ends with an error where a capture is cut, and pyshark takes that for a crash"
NOT_READ_BY_PYSHARK = {
    "variants/format-cut.pcap": CUT,
    "variants/format-gzip-cut.pcap.gz": CUT,
    "variants/format-ng-cut.pcapng": CUT,
    "variants/format-ng-simple-packets.pcapng": "pyshark reads no packets without a time",
    "handshakes/eap-tls-lan.pcap": "its connection has no IP addresses, by which tshark's are found",
    "variants/format-ng-undeclared-interface.pcapng": "tshark refuses the whole file; here one packet is passed over",
}

ONLY_OURS_IF_MISSING = ("group", "dh_prime_bits", "server_signature_algorithm", "certificate_sha256s")
"""Columns of messages that a connection need not have: ours stay empty where tshark saw none."""


class Difference(NamedTuple):
    """Where tshark and we do not say the same; `ours` is our row, None where we have no such connection."""

    ends: Ends
    column: str
    expected: Any
    found: Any
    row: Row | None


class Explained(NamedTuple):
    """Differences for which tshark has a reason that is not ours."""

    reason: str
    columns: tuple[str, ...]
    applies: Callable[[Difference], bool]


def suite_holds(*parts: str) -> Callable[[Difference], bool]:
    """True for connections whose suite has one of these parts in its name."""
    return lambda difference: any(part in str((difference.row or {}).get("cipher_suite_name")) for part in parts)


EXPLAINED = (
    Explained(
        "tshark 4.0 does not know the key exchange of these suites and leaves the message closed",
        ("group", "dh_prime_bits", "server_signature_algorithm"),
        suite_holds("_PSK_WITH_", "_ARIA_"),
    ),
    Explained(
        "tshark looks for SSL 2.0 on the ports of TLS only",
        ("connection",),
        lambda difference: difference.row is not None and difference.row["protocol"] == "ssl2",
    ),
    Explained(
        "tshark does not show the certificate of an SSL 2.0 ServerHello",
        ("certificate_sha256s",),
        lambda difference: difference.row is not None and difference.row["protocol"] == "ssl2",
    ),
    Explained(
        "tshark leaves a Certificate message closed of which the capture holds only the beginning",
        ("certificate_sha256s",),
        lambda difference: (
            difference.row is not None
            and difference.expected is None
            and (difference.row["gap"] or difference.row["truncated"] or difference.row["failure"] == "capture_end")
        ),
    ),
    Explained(
        "tshark leaves a hello closed of which the capture holds only the beginning",
        ("connection",),
        lambda difference: difference.row is not None and difference.row["truncated"],
    ),
    Explained(
        "tshark stops at the extension that breaks off, and makes no JA3",
        ("client_extensions", "ja3", "ja3_string"),
        lambda difference: (
            dict(difference.row["unknown_reasons"]).get("server_name") == "malformed" if difference.row else False
        ),
    ),
    Explained(
        "tshark takes all QUIC between two ports for one connection",
        ("connection",),
        lambda difference: (
            difference.row is not None
            and difference.row["protocol"] == "quic"
            and difference.found > difference.expected > 0
        ),
    ),
    Explained(
        "tshark does not put the TLS of OpenVPN's control packets together, nor find it behind an HMAC of SHA-256",
        ("connection", "group", "server_signature_algorithm", "certificate_sha256s"),
        lambda difference: difference.row is not None and difference.row["starttls_protocol"] == "openvpn",
    ),
    Explained(
        "a client that says something else behind a Retry is answered by its second hello; tshark shows the first",
        ("client_hello_packet", "client_random"),
        lambda difference: difference.row is not None and bool(difference.row["quic_retry"]),
    ),
)


def is_explained(difference: Difference) -> bool:
    return any(difference.column in each.columns and each.applies(difference) for each in EXPLAINED)


def readable(sample: str, folder: Path) -> Path:
    """A file with the capture that tshark can read."""
    path = CAPTURES / sample
    if path.suffix not in NOT_READ_BY_TSHARK:
        return path
    plain = folder / path.stem
    plain.write_bytes(b"".join(CaptureSource(path).blocks()))
    return plain


def rows_with_handshakes(sample: str) -> dict[Ends, list[Row]]:
    """Our rows with a hello or a certificate, by (client, server), in the order of time."""
    found: dict[Ends, list[Row]] = {}
    for row in records(inspect(sample).connections):
        if any(row[name] is not None for name in ("client_hello_packet", "server_hello_packet", "certificate_packet")):
            ends = (row["client_ip"], row["client_port"]), (row["server_ip"], row["server_port"])
            found.setdefault(ends, []).append(row)
    return found


def compare(ends: Ends, expected: list[Expected], rows: list[Row]) -> list[Difference]:
    """What differs between the connections that have the same ends."""
    if len(expected) != len(rows):
        return [Difference(ends, "connection", len(expected), len(rows), rows[0] if rows else None)]
    found = []
    for theirs, ours in zip(expected, rows, strict=True):
        wanted = dict.fromkeys(ONLY_OURS_IF_MISSING) | theirs
        found += [
            Difference(ends, column, value, ours[column], ours)
            for column, value in wanted.items()
            if ours[column] != value
        ]
    return found


@pytest.mark.parametrize("sample", SAMPLES)
def test_tshark_reads_the_same(sample: str, tmp_path: Path) -> None:
    if sample in NOT_READ_BY_PYSHARK:
        pytest.skip(NOT_READ_BY_PYSHARK[sample])
    path, ours = readable(sample, tmp_path), rows_with_handshakes(sample)
    unexplained = differences(path, ours)
    if unexplained:  # on a busy machine pyshark has lost the end of tshark's output; what differs must differ twice
        unexplained = differences(path, ours)
    assert unexplained == []


def differences(path: Path, ours: dict[Ends, list[Row]]) -> list[tuple[Any, ...]]:
    """What tshark reads otherwise than we do, and nothing explains."""
    theirs = read_oracle(path)
    found = [each for ends in theirs | ours for each in compare(ends, theirs.get(ends, []), ours.get(ends, []))]
    return [each[:4] for each in found if not is_explained(each)]


def test_the_oracle_sees_what_is_there() -> None:
    [expected] = read_oracle(CAPTURES / "handshakes/tls12.pcap").values()
    assert {"client_random", "server_random", "certificate_sha256s", "group", "ja3", "ja3s"} <= set(expected[0])
    assert len(expected[0]["certificate_sha256s"]) == 2
