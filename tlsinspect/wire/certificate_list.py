"""A Certificate message: its body in, DER certificates out, also of a body that breaks off.

Spec: RFC 5246 section 7.4.2, RFC 8446 section 4.4.2.
"""

from __future__ import annotations

from ..errors import DecodeError
from .cursor import Cursor


def parse_certificate_list(body: bytes, tls13: bool) -> tuple[list[bytes], DecodeError | None]:
    """Split a Certificate body into DER certificates in wire order, the leaf first.

    Where a length leaves its block or the body breaks off, the certificates before that
    place are whole and are kept; the DecodeError says what is wrong, None when nothing is.
    """
    cursor = Cursor(body, "handshake", 0, len(body))
    certificates: list[bytes] = []
    try:
        if tls13:
            cursor.read_vector8()
        length = cursor.read_u24()
        lacking = length - cursor.remaining()
        if lacking < 0:
            cursor.limit = cursor.position + length
        while cursor.remaining() > 0:
            certificates.append(cursor.read_vector24())
            if tls13:
                cursor.read_vector16()
        if lacking > 0:
            cursor.fail("truncated", f"{lacking} more octets of certificates")
        if lacking < 0:
            cursor.fail("trailing_data", "the end of the Certificate message")
    except DecodeError as error:
        return certificates, error
    return certificates, None
