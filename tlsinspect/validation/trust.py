"""The certificates that are trusted: Mozilla's roots, files and folders of the user's own, or these alone."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import Literal

from ..arguments import list_paths
from ..capture import printable
from ..certificates.der import MAX_TIME
from ..certificates.lenient import parse_parts
from ..errors import TrustError
from .candidate import Candidate, Name
from .history import Period, moment, read_history

MOST_OCTETS = 64 << 20  # of one file; the largest bundles have about a hundredth
PEM = re.compile(rb"-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END (?:X509 )?CERTIFICATE-----")
DER_START = b"\x30"
KNOWN_BY = frozenset({"subject", "subjectPublicKeyInfo"})

AsOf = Literal["capture", "now"]


class Trust:
    """Trusted certificates, held true without further proof; `name` says in words where they come from.

    `public` are the SHA-256s of those certificates that everybody trusts, whether or not they are trusted here;
    `periods` say of some when they are, the others always are: see `at`.
    """

    def __init__(
        self,
        name: str,
        certificates: Iterable[bytes],
        public: frozenset[str] = frozenset(),
        periods: Mapping[str, Period] | None = None,
    ) -> None:
        self.name = name
        self.public = public
        self.periods = periods or {}
        self.changes = sorted({end for period in self.periods.values() for end in period})
        self.parts: dict[int, Trust] = {}
        self.anchors: dict[str, Candidate] = {}
        self.by_subject: dict[Name, list[Candidate]] = {}
        for der in dict.fromkeys(certificates):
            anchor = Candidate(der, sha256(der).hexdigest())
            if anchor.spki:
                self.add(anchor)

    def __repr__(self) -> str:
        """Where the certificates come from, on one line."""
        return printable(f"<Trust in {self.name}>")

    def add(self, anchor: Candidate) -> None:
        """Trust one more certificate."""
        self.anchors[anchor.sha256] = anchor
        self.by_subject.setdefault(anchor.subject, []).append(anchor)

    def at(self, time: int) -> Trust:
        """What of it is trusted at a time in nanoseconds since 1970-01-01 UTC."""
        if not self.changes:
            return self
        place = bisect_right(self.changes, time)
        if place not in self.parts:
            self.parts[place] = Trust(self.name, (), self.public)
            for sha256, anchor in self.anchors.items():
                period = self.periods.get(sha256)
                if period is None or period.start <= time < period.end:
                    self.parts[place].add(anchor)
        return self.parts[place]


@cache
def mozilla_roots() -> tuple[str, tuple[bytes, ...]]:
    """The roots that Mozilla trusts for web servers, as the certifi package has them, and its version."""
    import certifi

    return certifi.__version__, tuple(read_certificates(Path(certifi.where())))


def load_trust(
    paths: str | PathLike[str] | Iterable[str | PathLike[str]] = (), only: bool = False, as_of: AsOf = "capture"
) -> Trust:
    """Mozilla's roots and the certificates of `paths`, or with `only` these alone.

    Of Mozilla's roots those are trusted that were at the moment that is judged, or with `as_of` "now" those of today.
    `paths` are one or several: a file with certificates in PEM, or one in DER, or a folder of such files; others in a
    folder are passed over. Raises TrustError for one without a certificate or that cannot be read,
    and where `only` leaves nothing to trust.
    """
    paths = list_paths(paths)
    return load_anew(paths, only, as_of) if paths or only else load_default(as_of)


@cache
def load_default(as_of: str) -> Trust:
    """Mozilla's roots alone, taken apart once."""
    return load_anew([], False, as_of)


def load_anew(paths: Iterable[str | PathLike[str]], only: bool, as_of: str) -> Trust:
    """The same as load_trust, whatever was loaded before."""
    found: list[bytes] = []
    names = []
    named: list[bytes] = []
    periods: dict[str, Period] = {}
    version, roots = mozilla_roots()
    if not only and as_of == "now":
        found += roots
        names.append(f"Mozilla's roots of today (certifi {version})")
    elif not only:
        found += [*roots, *(der for der, _ in read_history().roots)]
        periods = root_periods(roots)
        names.append(f"Mozilla's roots of the time ({read_history().first} to certifi {version})")
    for path in map(Path, paths):
        certificates = [der for der in read_path(path) if is_certificate(der)]
        if not certificates:
            raise TrustError(str(path), "no certificate in it, in PEM or DER")
        found += certificates
        named += certificates
        names.append(path.name)
    if not found:
        raise TrustError("trust", "nothing to trust was named")
    distinct = {sha256(der).digest() for der in found}
    counted = f"{len(distinct)} trust anchor{'s' * (len(distinct) != 1)}"
    public = frozenset(sha256(der).hexdigest() for der in (*roots, *(der for der, _ in read_history().roots)))
    own = {sha256(der).hexdigest() for der in named}
    kept = {name: period for name, period in periods.items() if name not in own}
    return Trust(f"{' and '.join(names)}: {counted}", found, public, kept)


def is_certificate(der: bytes) -> bool:
    """Whether octets are a whole certificate as far as who it is and its key."""
    facts = parse_parts(der, KNOWN_BY)
    return facts.get("subject") is not None and facts.get("spki_sha256") is not None


def root_periods(roots: Iterable[bytes]) -> dict[str, Period]:
    """When each root was trusted, given those that are today: what the list of old ones does not know came after it."""
    listed = read_history()
    last = moment(listed.last, MAX_TIME)
    today = {sha256(der).hexdigest() for der in roots}
    found = {
        name: period if name in today or period.end != MAX_TIME else Period(period.start, last)
        for name, period in ((sha256(der).hexdigest(), period) for der, period in listed.roots)
    }
    return {**{name: Period(last, MAX_TIME) for name in today - found.keys()}, **found}


def read_path(path: Path) -> Iterator[bytes]:
    """The certificates of a file, or of every file of a folder."""
    try:
        inside = sorted(path.iterdir()) if path.is_dir() else None
        files = [path] if inside is None else [file for file in inside if may_hold_certificates(file)]
    except OSError as error:
        raise TrustError(str(path), error.strerror or "cannot be read") from None
    for file in files:
        yield from read_certificates(file)


def may_hold_certificates(file: Path) -> bool:
    """Whether what lies in a folder is a file, and none too large; raises OSError where that cannot be seen."""
    return file.is_file() and file.stat().st_size <= MOST_OCTETS


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
