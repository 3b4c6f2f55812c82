"""Name constraints of an authority against the names of what stands below it.

Each comparison counts against a limit, as a certificate may have as many names as it likes, and
an authority as many constraints. Spec: RFC 5280 section 4.2.1.10.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..certificates.der import SEQUENCE, Element, iter_elements, parse_element, parse_elements, parse_enclosed
from ..certificates.names import GENERAL_NAME_TAGS
from ..certificates.object_identifiers import NAME_CONSTRAINTS
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
    sides = {PERMITTED_TAG: found.permitted, EXCLUDED_TAG: found.excluded}
    for part in iter_elements(parse_element(contents, 0, len(contents)).expect(SEQUENCE)):
        side = sides.pop(part.tag, None)
        if side is None:
            part.fail("bad_value", "permitted or excluded names, each once")
        for subtree in iter_elements(part):
            (base,) = parse_elements(subtree.expect(SEQUENCE), 1, 1)  # minimum and maximum are nobody's
            value = comparable_name(parse_enclosed(base)) if base.tag == DIRECTORY else comparable_base(base)
            side.setdefault(base.tag, []).append(value)
    return found


def comparable_base(base: Element) -> bytes:
    """The base of a subtree as names are compared with it: hosts in lower case, a host of mail addresses after "@"."""
    octets = base.contents
    if base.tag not in GENERAL_NAME_TAGS:
        base.fail("bad_value", "a name of a kind that there is")
    if base.tag == IP and len(octets) not in (8, 32):
        base.fail("bad_length", "an address and a mask")
    if base.tag in (DNS, URI):
        return octets.lower()
    if base.tag == EMAIL:
        local, at, host = octets.rpartition(b"@")
        return local + (at or (b"" if host[:1] in (b"", b".") else b"@")) + host.lower()
    return octets


def comparable_text(kind: int, name: bytes) -> bytes:
    """A name as it is compared with a base; raises DecodeError for one that is none of its kind."""
    if kind == DNS:
        return name.lower()
    if kind == URI:
        host = host_of(name).lower()
        if not host:
            raise DecodeError("der", "bad_value", 0, "a URI with a host")
        return host
    if kind == EMAIL:
        local, at, host = name.rpartition(b"@")
        if not at:
            raise DecodeError("der", "bad_value", 0, "a mail address")
        return local + at + host.lower()
    if kind == IP and len(name) not in (4, 16):
        raise DecodeError("der", "bad_length", 0, "an address")
    return name


def iter_names(candidate: Candidate, leaf: bool) -> Iterator[tuple[int, bytes | Name]]:
    """The names of a certificate that constraints speak of; of a leaf without DNS names also its common names."""
    if candidate.subject:
        yield DIRECTORY, candidate.subject
    for relative in candidate.subject:
        for kind, value in relative:
            if kind == EMAIL_ADDRESS:
                yield EMAIL, value.removeprefix(b"text ")
            elif kind == COMMON_NAME and leaf and not candidate.facts.san_dns:
                if b"\0" in value:
                    raise DecodeError("der", "bad_value", 0, "a common name without NUL")
                if is_host(value):
                    yield DNS, value.removeprefix(b"text ")
    for name in candidate.alternative_names():
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
    for kind, given in iter_names(candidate, leaf):
        permitted, excluded = constraints.permitted.get(kind), constraints.excluded.get(kind, [])
        budget[0] -= len(permitted or ()) + len(excluded)
        if budget[0] < 0:
            raise LimitReachedError
        if permitted is None and not excluded:
            continue
        if kind not in KINDS:
            return "a name of a kind whose constraints are not understood"
        name = comparable_text(kind, given) if isinstance(given, bytes) else given
        if any(is_within(kind, name, base) for base in excluded):
            return f"{KINDS[kind]} that is excluded"
        if permitted is not None and not any(is_within(kind, name, base) for base in permitted):
            return f"{KINDS[kind]} that is not among those permitted"
    return None


def is_within(kind: int, name: bytes | Name, base: bytes | Name) -> bool:
    """Whether a name lies in the subtree of `base`, both as they are compared; in no more time than `base` is long."""
    if isinstance(name, tuple) or isinstance(base, tuple):
        return name[: len(base)] == base
    if kind == IP:
        return is_inside(name, base)
    if kind == DNS:
        return not base or (name.endswith(base) and (base[:1] == b"." or name[: -len(base)][-1:] in (b"", b".")))
    return not base or (name.endswith(base) if base.startswith((b".", b"@")) else name == base)


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
