"""The certificates that are trusted: Mozilla's roots, files and folders of the user's own, or these alone."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterable, Iterator
from functools import cache
from hashlib import sha256
from os import PathLike
from pathlib import Path

from ..certificates import parse_certificate
from ..errors import TrustError
from .candidate import Candidate, Name

MOST_OCTETS = 64 << 20  # of one file; the largest bundles have about a hundredth
PEM = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END (?:X509 )?CERTIFICATE-----")
DER_START = b"\x30"


class Trust:
    """Trusted certificates, held true without further proof; `name` says in words where they come from.

    `public` are the SHA-256s of those certificates that everybody trusts, whether or not they are trusted here.
    """

    def __init__(self, name: str, certificates: Iterable[bytes], public: frozenset[str] = frozenset()) -> None:
        self.name = name
        self.public = public
        self.anchors: dict[str, Candidate] = {}
        self.by_subject: dict[Name, list[Candidate]] = {}
        for der in certificates:
            anchor = Candidate(der, parse_certificate(der))
            if anchor.sha256 in self.anchors or not anchor.spki:
                continue
            self.anchors[anchor.sha256] = anchor
            self.by_subject.setdefault(anchor.subject, []).append(anchor)


@cache
def mozilla_roots() -> tuple[str, tuple[bytes, ...]]:
    """The roots that Mozilla trusts for web servers, as the certifi package has them, and its version."""
    import certifi

    return certifi.__version__, tuple(read_certificates(Path(certifi.where())))


def load_trust(paths: Iterable[str | PathLike[str]] = (), only: bool = False) -> Trust:
    """Mozilla's roots and the certificates of `paths`, or with `only` these alone.

    A path is a file with certificates in PEM, or one in DER, or a folder of such files; others in a
    folder are passed over. Raises TrustError for one without a certificate or that cannot be read,
    and where `only` leaves nothing to trust.
    """
    paths = list(paths)
    return load_anew(paths, only) if paths or only else load_default()


@cache
def load_default() -> Trust:
    """Mozilla's roots alone, taken apart once."""
    return load_anew([], only=False)


def load_anew(paths: Iterable[str | PathLike[str]], only: bool) -> Trust:
    """The same as load_trust, whatever was loaded before."""
    found: list[bytes] = []
    names = []
    if not only:
        version, roots = mozilla_roots()
        found += roots
        names.append(f"Mozilla's roots (certifi {version})")
    for path in map(Path, paths):
        certificates = list(read_path(path))
        if not certificates:
            raise TrustError(str(path), "no certificate in it, in PEM or DER")
        found += certificates
        names.append(path.name)
    if not found:
        raise TrustError("trust", "nothing to trust was named")
    distinct = {sha256(der).digest() for der in found}
    counted = f"{len(distinct)} certificate{'s' * (len(distinct) != 1)}"
    return Trust(f"{' and '.join(names)}: {counted}", found, public_roots())


@cache
def public_roots() -> frozenset[str]:
    """The SHA-256s of Mozilla's roots."""
    return frozenset(sha256(der).hexdigest() for der in mozilla_roots()[1])


def read_path(path: Path) -> Iterator[bytes]:
    """The certificates of a file, or of every file of a folder."""
    if not path.is_dir():
        yield from read_certificates(path)
        return
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise TrustError(str(path), error.strerror or "cannot be read") from None
    for file in inside:
        if file.is_file() and file.stat().st_size <= MOST_OCTETS:
            yield from read_certificates(file)


def read_certificates(path: Path) -> Iterator[bytes]:
    """The certificates of a file as DER; a block of PEM that is no base64 is passed over."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_OCTETS + 1)
    except OSError as error:
        raise TrustError(str(path), error.strerror or "cannot be read") from None
    if len(data) > MOST_OCTETS:
        raise TrustError(str(path), f"more than {MOST_OCTETS >> 20} MiB")
    if data.startswith(DER_START):
        yield data
        return
    for block in PEM.finditer(data):
        try:
            yield a2b_base64(block[1])
        except Base64Error:
            continue
