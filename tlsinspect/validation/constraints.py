"""Name constraints of an authority against the names of what stands below it.

Each comparison counts against a limit, as a certificate may have as many names as it likes, and
an authority as many constraints. Spec: RFC 5280 section 4.2.1.10.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..certificates.der import SEQUENCE, iter_elements, parse_element, parse_enclosed
from ..certificates.object_identifiers import NAME_CONSTRAINTS, SUBJECT_ALTERNATIVE_NAME
from ..errors import DecodeError
from .candidate import Candidate, Name, comparable_name

PERMITTED_TAG, EXCLUDED_TAG = 0xA0, 0xA1
EMAIL, DNS, DIRECTORY, URI, IP = 0x81, 0x82, 0xA4, 0x86, 0x87
KINDS = {EMAIL: "a mail address", DNS: "a DNS name", DIRECTORY: "a subject", URI: "a URI", IP: "an IP address"}
COMMON_NAME, EMAIL_ADDRESS = bytes.fromhex("0603550403"), bytes.fromhex("06092a864886f70d010901")


class Constraints(NamedTuple):
    """What an authority permits and excludes, by the tag of the kind of name."""

    permitted: dict[int, list[bytes | Name]]
    excluded: dict[int, list[bytes | Name]]


class LimitReachedError(Exception):
    """More comparisons than the limit allows."""


def read_constraints(candidate: Candidate) -> Constraints | None:
    """The constraints that a certificate sets; None where it sets none. Raises DecodeError."""
    if NAME_CONSTRAINTS not in candidate.extensions:
        return None
    contents = candidate.extensions[NAME_CONSTRAINTS][1]
    found = Constraints({}, {})
    for part in iter_elements(parse_element(contents, 0, len(contents)).expect(SEQUENCE)):
        side = {PERMITTED_TAG: found.permitted, EXCLUDED_TAG: found.excluded}.get(part.tag)
        if side is None:
            part.fail("bad_value", "permitted or excluded names")
        for subtree in iter_elements(part):
            base, *bounds = list(iter_elements(subtree.expect(SEQUENCE))) or [subtree]
            if bounds:
                base.fail("unsupported", "a base without minimum and maximum")
            value = comparable_name(parse_enclosed(base)) if base.tag == DIRECTORY else base.contents
            side.setdefault(base.tag, []).append(value)
    return found


def iter_names(candidate: Candidate, leaf: bool) -> Iterator[tuple[int, bytes | Name]]:
    """The names of a certificate that constraints speak of; of a leaf without DNS names also its common names."""
    if candidate.subject:
        yield DIRECTORY, candidate.subject
    for relative in candidate.subject:
        for kind, value in relative:
            if kind == EMAIL_ADDRESS:
                yield EMAIL, value.removeprefix(b"text ")
            elif kind == COMMON_NAME and leaf and not candidate.facts.san_dns and is_host(value):
                yield DNS, value.removeprefix(b"text ")
    if SUBJECT_ALTERNATIVE_NAME in candidate.extensions:
        contents = candidate.extensions[SUBJECT_ALTERNATIVE_NAME][1]
        for name in iter_elements(parse_element(contents, 0, len(contents)).expect(SEQUENCE)):
            if name.tag == DIRECTORY:
                yield DIRECTORY, comparable_name(parse_enclosed(name))
            else:
                yield name.tag, name.contents


def is_host(value: bytes) -> bool:
    """Whether a common name could be taken for a host's."""
    text = value.removeprefix(b"text ")
    return b"." in text and text.replace(b".", b"").replace(b"-", b"").replace(b"*", b"").replace(b"_", b"").isalnum()


def find_violation(constraints: Constraints, candidate: Candidate, leaf: bool, budget: list[int]) -> str | None:
    """What kind of name breaks the constraints, in words; None where none does.

    Constraints on a kind of name that is not known here matter only where a name of this kind stands (RFC 5280).
    `budget` holds how many comparisons are left. Raises LimitReachedError, and DecodeError from a name.
    """
    for kind, name in iter_names(candidate, leaf):
        permitted, excluded = constraints.permitted.get(kind), constraints.excluded.get(kind, [])
        budget[0] -= len(permitted or ()) + len(excluded)
        if budget[0] < 0:
            raise LimitReachedError
        if kind not in KINDS:
            if permitted is not None or excluded:
                return "a name of a kind whose constraints are not understood"
            continue
        if any(is_within(kind, name, base) for base in excluded):
            return f"{KINDS[kind]} that is excluded"
        if permitted is not None and not any(is_within(kind, name, base) for base in permitted):
            return f"{KINDS[kind]} that is not among those permitted"
    return None


def is_within(kind: int, name: bytes | Name, base: bytes | Name) -> bool:
    """Whether a name lies in the subtree of `base`."""
    if isinstance(name, tuple) or isinstance(base, tuple):
        return name[: len(base)] == base
    name, base = (name, base) if kind == IP else (name.lower(), base.lower())
    if kind == IP:
        return is_inside(name, base)
    if kind == EMAIL:
        if b"@" in base:
            return name == base
        return is_host_within(name.rpartition(b"@")[2], base)
    if kind == URI:
        return is_host_within(host_of(name), base)
    return not base or name == base or name.endswith(base if base.startswith(b".") else b"." + base)


def is_host_within(host: bytes, base: bytes) -> bool:
    """A host, or with a leading dot every host below."""
    return not base or (host.endswith(base) if base.startswith(b".") else host == base)


def host_of(uri: bytes) -> bytes:
    """The host of a URI, without user, port and path."""
    authority = uri.partition(b"://")[2].partition(b"/")[0].partition(b"?")[0].partition(b"#")[0]
    return authority.rpartition(b"@")[2].partition(b":")[0]


def is_inside(address: bytes, base: bytes) -> bool:
    """Whether an address is inside a network, which is written as address and mask."""
    if len(base) != 2 * len(address):
        return False
    network, mask = base[: len(address)], base[len(address) :]
    return all(part & bits == wanted & bits for part, wanted, bits in zip(address, network, mask, strict=True))


def check_names(path: tuple[Candidate, ...], most: int) -> tuple[int, str, bool] | None:
    """The first certificate of a path, counted from the top, that breaks a constraint set above it.

    Comes as place, words, and whether it was the limit of `most` comparisons that was reached.
    """
    budget = [most]
    for place in range(len(path) - 2, -1, -1):
        child = path[place]
        if place and child.self_issued:
            continue
        for above in path[place + 1 :]:
            try:
                constraints = read_constraints(above)
                found = None if constraints is None else find_violation(constraints, child, place == 0, budget)
            except DecodeError:
                found = "names or constraints that cannot be read"
            except LimitReachedError:
                return place, f"limit name_comparisons: more than {most} comparisons with name constraints", True
            if found is not None:
                return place, f"{found}, by the name constraints of {above.facts.subject}", False
    return None
