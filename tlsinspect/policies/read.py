"""A TOML file -> a Policy, or one clear line about what is wrong with it.

A name may have * and ? in it: it stands for every registered name that it matches, and must match one.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable
from datetime import date, datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..arguments import nearest
from ..certificates.object_identifiers import KEY_TYPES
from ..columns import SEVERITIES
from ..errors import PolicyError
from ..registry import EXTENSIONS, VERSIONS
from .record import KINDS, READINGS, Policy, Requirement, Source

FOLDER = Path(__file__).parent
LARGEST = (1 << 31) - 1  # of the numbers of a requirement
SIZE_LIMIT = 1 << 20  # octets of a policy's file
MOST_PARTS = 64  # of a key, with dots between them
QUOTED = re.compile(rb"""\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'""")
LONG_KEY = re.compile(rb"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){%d}" % MOST_PARTS)
POLICY_KEYS = ("title", "document", "edition", "url", "note")
NEEDED = ("id", "clause", "text", "about", "severity")
OPTIONAL = ("from", "until", "allow", "forbid", "require", "least", "most", "versions", "unless_extension", "checked")
ASKING = ("allow", "forbid", "require", "least", "most")
NAMING = ("allow", "forbid", "require")
NOTHING: frozenset[str] = frozenset()
BY_KIND_OF_KEY = ("certificate_key_bits",)
OBJECT_IDENTIFIER = re.compile(r"[0-2](\.\d+)+")
ANY_KEY = ""  # the least size where it does not depend on the kind of key


def policy_names() -> list[str]:
    """The names of the policies that come with the program."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_policy(name: str | os.PathLike[str]) -> Policy:
    """Read a policy by its name, by words of it that no other has (modern, pci-dss), or one's own by its path (.toml).

    Raises PolicyError for one that does not exist, or that is not a policy.
    """
    path = Path(name)
    if path.suffix != ".toml":
        meant = [each for each in policy_names() if each == str(name)] or [
            each for each in policy_names() if f"-{name}-".lower() in f"-{each}-"
        ]
        if len(meant) == 1:
            return read_shipped(meant[0])
        if meant:
            raise PolicyError(str(name), f"stands for several policies ({', '.join(meant)}); say more of the name")
        near = [each for each in policy_names() if str(name).lower() in each]
        those = (
            f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(policy_names())}, or a .toml file"
        )
        raise PolicyError(str(name), f"there is no such policy; {those}")
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise PolicyError(str(name), f"cannot be read: {error.strerror or error}") from error
    if len(content) > SIZE_LIMIT:
        raise PolicyError(str(name), f"is larger than {SIZE_LIMIT:,} octets, the most for a policy")
    return parse_policy(content, str(name), path.stem)


@lru_cache(maxsize=32)
def read_shipped(name: str) -> Policy:
    """One of the policies that come with the program."""
    return parse_policy((FOLDER / f"{name}.toml").read_bytes(), f"{name}.toml", name)


def parse_policy(content: bytes, path: str, name: str) -> Policy:
    """Make a policy of a file's octets; `path` is how errors name the file."""
    table = parse_toml(content, path)
    rows = table.pop("requirement", None)
    sources = read_sources(table.pop("source", {}), path)
    for key in POLICY_KEYS:
        if not is_a(table.get(key), str):
            raise PolicyError(path, f"lacks {key!r}, which is a text")
    if unknown := sorted(set(table) - set(POLICY_KEYS)):
        raise PolicyError(path, f"has {unknown[0]!r}, which means nothing here")
    if not isinstance(rows, list) or not rows:
        raise PolicyError(path, "has no [[requirement]]")
    requirements = tuple(read_requirement(row, place, path) for place, row in enumerate(rows, 1))
    ids = [each.id for each in requirements]
    if twice := [each for each in ids if ids.count(each) > 1]:
        raise PolicyError(path, f"has two requirements with the id {twice[0]!r}")
    for asked in requirements:
        if missing := [each for each in asked.checked if each not in sources]:
            raise PolicyError(path, f"requirement {asked.id!r} was checked against {missing[0]!r}, which is no source")
    return Policy(name=name, requirements=requirements, sources=sources, **table)


def parse_toml(content: bytes, path: str) -> dict[str, Any]:
    """The table of a TOML file; raises PolicyError, which names it `path`, for what is none."""
    if LONG_KEY.search(QUOTED.sub(b"quoted", content)):  # which take the parser the square of their length
        raise PolicyError(path, f"has a key of more than {MOST_PARTS} parts")
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise PolicyError(path, f"is not TOML: {error}".splitlines()[0]) from error


def read_sources(tables: Any, path: str) -> dict[str, Source]:
    """Check the [source.NAME] tables: what requirements were held against."""
    if not isinstance(tables, dict):
        raise PolicyError(path, "has a 'source' that is no table, as [source.text] is")
    for key, table in tables.items():
        if not isinstance(table, dict) or set(table) != set(Source._fields):
            raise PolicyError(path, f"source {key!r} needs {', '.join(Source._fields)}, and nothing else")
        if not (is_a(table["kind"], str) and is_a(table["name"], str) and is_a(table["checked"], date)):
            raise PolicyError(path, f"source {key!r} needs a kind and a name, which are texts, and a date")
        if table["kind"] not in READINGS:
            raise PolicyError(
                path, f"source {key!r} has the kind {table['kind']!r}, which is none of {', '.join(READINGS)}"
            )
    return {key: Source(**table) for key, table in tables.items()}


def read_requirement(row: Any, place: int, path: str) -> Requirement:
    """Check one [[requirement]] and make a record of it."""
    if not isinstance(row, dict):
        raise PolicyError(path, f"requirement {place} is no table")
    where = f"requirement {row['id']!r}" if isinstance(row.get("id"), str) else f"requirement {place}"

    def refuse(reason: str) -> PolicyError:
        return PolicyError(path, f"{where} {reason}")

    for key in NEEDED:
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise refuse(f"lacks {key!r}, which is a text")
    if unknown := sorted(set(row) - {*NEEDED, *OPTIONAL}):
        raise refuse(f"has {unknown[0]!r}, which means nothing here")
    if row["severity"] not in SEVERITIES:
        raise refuse(f"has the severity {row['severity']!r}, which is none of {', '.join(SEVERITIES)}")
    kind = KINDS.get(row["about"])
    if kind is None:
        raise refuse(f"is about {row['about']!r}, which is none of {', '.join(KINDS)}")
    for key in ("from", "until"):
        if key in row and not is_a(row[key], date):
            raise refuse(f"has a {key!r} that is no date, as 2029-03-15 is")
    if "from" in row and "until" in row and row["from"] >= row["until"]:
        raise refuse("ends before it begins")
    asked = [key for key in ASKING if key in row]
    if [key for key in asked if key not in kind.keys] or len(asked) != bool(kind.keys):
        wanted = f"needs one of {', '.join(kind.keys)}" if kind.keys else f"takes none of {', '.join(ASKING)}"
        raise refuse(f"is about {row['about']}, which {wanted}")
    try:
        names = kind.names and set(kind.names())
        named = {key: expand(row[key], names, kind.dotted) if key in row else NOTHING for key in NAMING}
        versions = expand(row["versions"], VERSIONS.values()) if "versions" in row else NOTHING
        extension = expand([row["unless_extension"]], EXTENSIONS.values()) if "unless_extension" in row else [""]
        checked = read_checked(row.get("checked", []))
        least = read_least(row["least"], row["about"] in BY_KIND_OF_KEY) if "least" in row else {}
        most = read_number(row["most"]) if "most" in row else None
    except ValueError as error:
        raise refuse(str(error)) from error
    return Requirement(
        row["id"], row["clause"], row["text"], row["about"], row["severity"], row.get("from"), row.get("until"),
        named["allow"], named["forbid"], named["require"], least, most, versions, next(iter(extension)),
        checked,
    )  # fmt: skip


def expand(patterns: Any, names: Iterable[str] | None, dotted: bool = False) -> frozenset[str]:
    """The names that patterns stand for; the patterns themselves where there are others, which are `dotted` digits."""
    if not isinstance(patterns, list) or not patterns or not all(isinstance(each, str) and each for each in patterns):
        raise ValueError(f"has {patterns!r} where a list of names belongs")
    known = set(names or ())
    found: set[str] = set()
    for pattern in patterns:
        matched = {pattern} & known or {name for name in known if fnmatchcase(name, pattern)}
        if not matched and not (dotted and OBJECT_IDENTIFIER.fullmatch(pattern)):
            raise ValueError(f"names {pattern!r}, which stands for nothing there{meant_by(pattern, known)}")
        found |= {pattern} if dotted else matched
    return frozenset(found)


def meant_by(pattern: str, known: Iterable[str]) -> str:
    """The names that are spelled most like one that is none, as a question; empty where none is."""
    close = nearest(pattern, sorted(known))
    return f"; did you mean {', '.join(close)}?" if close else ""


def read_checked(value: Any) -> tuple[str, ...]:
    """The names of sources that a requirement was held against; none where it was not."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"has {value!r} where the names of sources belong")
    return tuple(value)


def read_least(value: Any, by_kind: bool) -> dict[str, int]:
    """The least size: a number, or for keys of certificates one for each kind of key."""
    if not by_kind:
        return {ANY_KEY: read_number(value)}
    if not isinstance(value, dict) or not value:
        raise ValueError(f"has {value!r} where a size for each kind of key belongs, as {{ RSA = 2048 }}")
    if unknown := sorted(set(value) - set(KEY_TYPES.values())):
        raise ValueError(f"names {unknown[0]!r}, which is no kind of key")
    return {kind: read_number(size) for kind, size in value.items()}


def read_number(value: Any) -> int:
    """A whole number above 0 that fits 4 octets."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LARGEST:
        raise ValueError(f"has {value!r} where a whole number from 1 to {LARGEST:,} belongs")
    return value


def is_a(value: Any, kind: type) -> bool:
    """Whether a TOML value has a type; a date is not a date with a time."""
    return isinstance(value, kind) and not (kind is date and isinstance(value, datetime))
