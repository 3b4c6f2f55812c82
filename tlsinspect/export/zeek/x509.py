"""x509.log: a row per certificate and role, as Zeek logs it: again after a day.

Goes in: an Inspection. Comes out: rows by field name, in the order in which the certificates were seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..rows import MessageTimes, Row, certificates_by_hash, iter_tls
from .field import Field
from .names import CURVES, KEY_ALGORITHMS, KEY_TYPES, SIGNATURE_ALGORITHMS, name_text

if TYPE_CHECKING:
    from ...inspection import Inspection

FIELDS = (
    Field("ts", "time"),
    Field("fingerprint", "string"),
    Field("certificate.version", "count"),
    Field("certificate.serial", "string"),
    Field("certificate.subject", "string"),
    Field("certificate.issuer", "string"),
    Field("certificate.not_valid_before", "time"),
    Field("certificate.not_valid_after", "time"),
    Field("certificate.key_alg", "string"),
    Field("certificate.sig_alg", "string"),
    Field("certificate.key_type", "string"),
    Field("certificate.key_length", "count"),
    Field("certificate.exponent", "string"),
    Field("certificate.curve", "string"),
    Field("san.dns", "vector[string]"),
    Field("san.uri", "vector[string]"),
    Field("san.email", "vector[string]"),
    Field("san.ip", "vector[addr]"),
    Field("basic_constraints.ca", "bool"),
    Field("basic_constraints.path_len", "count"),
    Field("host_cert", "bool"),
    Field("client_cert", "bool"),
)

COLUMNS = (
    "version", "serial", "subject", "issuer", "not_before", "not_after", "key_type", "key_bits", "exponent", "curve",
    "signature_algorithm", "san_dns", "san_uri", "san_email", "san_ip", "is_ca", "path_length",
)  # fmt: skip
CHAINS = ("connection_id", "time_start", "certificate_sha256s", "client_certificate_sha256s")
SIDES = (("server", "certificate_sha256s"), ("client", "client_certificate_sha256s"))
LOGGED_AGAIN_AFTER = 86_400_000_000_000  # nanoseconds: a day


def build_x509(inspection: Inspection, times: MessageTimes) -> Iterator[Row]:
    """The rows, in the order of time."""
    certificates = certificates_by_hash(inspection, COLUMNS)
    logged: dict[tuple[str, bool, bool], int] = {}
    for time, client, position, sha256 in sorted(iter_seen(inspection, times)):
        key = sha256, position == 0, client
        if key in logged and time < logged[key] + LOGGED_AGAIN_AFTER:
            continue
        logged[key] = time
        yield x509_row(certificates[sha256], time, key[1], client)


def iter_seen(inspection: Inspection, times: MessageTimes) -> Iterator[tuple[int, bool, int, str]]:
    """Every certificate of every connection: when, from the client, place in its chain, SHA-256."""
    for row in iter_tls(inspection, CHAINS):
        for side, column in SIDES:
            time = times.certificate(row, side)
            for position, sha256 in enumerate(row[column] or ()):
                yield time, side == "client", position, sha256


def x509_row(found: Row, time: int, is_leaf: bool, from_client: bool) -> Row:
    """A certificate as a row."""
    key_type, algorithm = found["key_type"], found["signature_algorithm"]
    return {
        "ts": time,
        "fingerprint": found["sha256"],
        "certificate.version": found["version"],
        "certificate.serial": None if found["serial"] is None else serial_text(found["serial"]),
        "certificate.subject": name_text(found["subject"]),
        "certificate.issuer": name_text(found["issuer"]),
        "certificate.not_valid_before": found["not_before"],
        "certificate.not_valid_after": found["not_after"],
        "certificate.key_alg": KEY_ALGORITHMS.get(key_type, key_type),
        "certificate.sig_alg": SIGNATURE_ALGORITHMS.get(algorithm, algorithm),
        "certificate.key_type": KEY_TYPES.get(key_type, key_type),
        "certificate.key_length": found["key_bits"],
        "certificate.exponent": found["exponent"],
        "certificate.curve": CURVES.get(found["curve"], found["curve"]),
        "san.dns": found["san_dns"] or None,
        "san.uri": found["san_uri"] or None,
        "san.email": found["san_email"] or None,
        "san.ip": found["san_ip"] or None,
        "basic_constraints.ca": found["is_ca"],
        "basic_constraints.path_len": found["path_length"],
        "host_cert": is_leaf,
        "client_cert": from_client,
    }


def serial_text(serial: str) -> str:
    """A serial number as OpenSSL writes it: capital hex digits, an even number of them."""
    sign, digits = ("-", serial[1:]) if serial.startswith("-") else ("", serial)
    return sign + ("0" if len(digits) % 2 else "") + digits.upper()
