"""What must not be in anything that is shared: every value of a capture that identifies something."""

from __future__ import annotations

import base64
import re
import zlib
from contextlib import suppress
from ipaddress import ip_address

from tlsinspect import Inspection

HEX_COLUMNS = (
    *("client_random", "server_random", "session_id", "server_session_id", "ticket_key_name", "server_nonce_id"),
    *("quic_destination_connection_id", "quic_source_connection_id", "quic_server_connection_id"),
    *("client_key_share_id", "server_key_share_id"),
)
TEXT_COLUMNS = (
    *("connection_id", "community_id", "capture", "client_ip", "server_ip", "server_name", "subject", "issuer"),
)
CERTIFICATE_TEXTS = ("sha256", "sha1", "spki_sha256", "serial", "subject", "issuer", "subject_common_name")
CERTIFICATE_LISTS = ("san_dns", "san_ip", "san_email", "san_uri", "ocsp_urls", "issuer_urls", "crl_urls")
OCSP_COLUMNS = (
    *("response_sha256", "certificate_sha256", "responder_name", "responder_key_hash", "signer_sha256"),
    *("issuer_name_hash", "issuer_key_hash", "serial"),
)
RETRY = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
SHORTEST = 7  # characters: what is shorter is found by chance
PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END")
PACKED = re.compile(rb"[A-Za-z0-9+/]{400,}={0,2}")


def texts_of(inspection: Inspection) -> set[str]:
    """Every original that may stand as text: addresses, names, ids, and numbers in hexadecimal."""
    connections, certificates = (inspection.arrow(name) for name in ("connections", "certificates"))
    found: set[str] = set()
    for name in (*TEXT_COLUMNS, *HEX_COLUMNS):
        found |= set(connections[name].drop_null().to_pylist())
    for name in CERTIFICATE_TEXTS:
        found |= set(certificates[name].drop_null().to_pylist())
    for name in CERTIFICATE_LISTS:
        found |= {each for values in certificates[name].drop_null().to_pylist() for each in values}
    for table, columns in (("ocsp", OCSP_COLUMNS), ("staples", ("sha256", "octets")), ("scts", ("log_id",))):
        for name in columns:
            found |= set(inspection.arrow(table)[name].drop_null().to_pylist())
    found |= set(inspection.arrow("captures")["sha256"].drop_null().to_pylist())
    for text in list(found):
        if "=" in text:  # a distinguished name: its values
            found |= {part.partition("=")[2] for part in re.split(r"(?<!\\)[,+]", text)}
    return {text for text in found if len(text) >= SHORTEST and text != RETRY and not is_common(text)}


def is_common(text: str) -> bool:
    """What everybody's captures have: an unspecified address, a loopback name."""
    return text in ("0.0.0.0", "localhost")


def octets_of(inspection: Inspection) -> set[bytes]:
    """Every original that may stand as octets: addresses, names, randoms, session ids, serial numbers, hashes."""
    found: set[bytes] = set()
    for text in texts_of(inspection):
        found.add(text.encode())
        with suppress(ValueError):
            found.add(ip_address(text).packed)
        if re.fullmatch("[0-9a-f]+", text) and len(text) % 2 == 0:
            found.add(bytes.fromhex(text))
    return {octets for octets in found if len(octets) >= 4}


def readable(octets: bytes) -> bytes:
    """Octets, with all that is packed in them (the report's explorer, certificates as PEM) unpacked as well."""
    parts = [octets, *map(base64.b64decode, PEM.findall(octets.replace(b"\\n", b"\n")))]
    for found in PACKED.findall(octets):
        try:
            parts.append(zlib.decompress(base64.b64decode(found), 47))
        except (ValueError, zlib.error):
            continue
    return b"\n".join(parts)


def leaks(octets: bytes, originals: set[str] | set[bytes]) -> list[str | bytes]:
    """The originals that are found in octets, texts whatever their case."""
    whole = readable(octets)
    lower = whole.lower()
    return sorted(
        each for each in originals if (each in whole if isinstance(each, bytes) else each.lower().encode() in lower)
    )  # type: ignore[type-var]
