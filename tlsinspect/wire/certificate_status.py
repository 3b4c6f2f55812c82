"""What a server staples to its certificates: bodies in, OCSP responses and lists of SCTs out, none of them read.

Spec: RFC 6066 section 8, RFC 6961 section 2.2, RFC 6962 section 3.3.1, RFC 8446 section 4.4.2.1.
"""

from __future__ import annotations

from ..errors import DecodeError
from .codes import OCSP, OCSP_MULTI, SIGNED_CERTIFICATE_TIMESTAMP, STATUS_REQUEST
from .cursor import Cursor

Staples = tuple[list[bytes], bytes | None, DecodeError | None]


def parse_certificate_status(body: bytes) -> Staples:
    """The OCSP responses of a CertificateStatus, in wire order; None for the SCTs, which are never there.

    What comes before a mistake is kept; the DecodeError says what is wrong, None when nothing is.
    """
    cursor = Cursor(body, "handshake", 0, len(body))
    responses: list[bytes] = []
    try:
        read_certificate_status(cursor, responses)
        if cursor.remaining() > 0:
            cursor.fail("trailing_data", "the end of the CertificateStatus")
    except DecodeError as error:
        return responses, None, error
    return responses, None, None


def read_certificate_status(cursor: Cursor, responses: list[bytes]) -> None:
    """Read a CertificateStatus; a response of a multiple one is empty for a certificate that has none."""
    kind = cursor.read_u8()
    if kind == OCSP:
        responses.append(cursor.read_vector24())
    elif kind == OCSP_MULTI:
        outer = cursor.enter(cursor.read_u24())
        while cursor.remaining() > 0:
            response = cursor.read_vector24()
            if response:
                responses.append(response)
        cursor.leave(outer)
    else:
        cursor.fail("unsupported", "a certificate status of type ocsp or ocsp_multi")


def parse_entry_staples(body: bytes) -> Staples:
    """The OCSP responses in the entries of a TLS 1.3 Certificate, and the leaf's list of SCTs."""
    responses: list[bytes] = []
    timestamps: list[bytes] = []
    try:
        for place, extensions in enumerate(split_entries(body)):
            cursor = Cursor(extensions, "handshake", 0, len(extensions))
            while cursor.remaining() > 0:
                kind = cursor.read_u16()
                outer = cursor.enter(cursor.read_u16())
                if kind == STATUS_REQUEST:
                    read_certificate_status(cursor, responses)
                    cursor.leave(outer)
                    continue
                value = cursor.read_bytes(cursor.remaining())
                if kind == SIGNED_CERTIFICATE_TIMESTAMP and place == 0:
                    timestamps.append(value)
                cursor.leave(outer)
    except DecodeError as error:
        return responses, timestamps[0] if timestamps else None, error
    return responses, timestamps[0] if timestamps else None, None


def split_entries(body: bytes) -> list[bytes]:
    """The extensions of each entry; where the entries break off is told by parse_certificate_list, not here."""
    cursor = Cursor(body, "handshake", 0, len(body))
    blocks: list[bytes] = []
    try:
        cursor.read_vector8()
        cursor.read_u24()
        while cursor.remaining() > 0:
            cursor.read_vector24()
            blocks.append(cursor.read_vector16())
    except DecodeError:
        pass
    return blocks
