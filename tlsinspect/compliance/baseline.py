"""The baseline: failures that are known, each with a reason, so that they stay quiet.

A TOML file with one [[known]] for each: the policy, the requirement, what it is about, and why it may stay. One
of another policy says nothing here; one that nothing matches any more is stale, and named.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from ..errors import PolicyError
from ..policies.read import parse_toml
from .check import Check

SIZE_LIMIT = 16 << 20  # octets of a baseline's file
NO_REASON = "say why this may stay"
HEADER = """\
# Known failures: tlsinspect check ... --baseline FILE keeps them quiet and counts them.
# Write the reason for each. An entry without subject holds for every subject of its requirement.
"""
KEYS = ("policy", "requirement", "subject", "reason")


@dataclass(frozen=True)
class Known:
    """One known failure; an empty subject stands for every one."""

    policy: str
    requirement: str
    subject: str
    reason: str

    def matches(self, row: dict[str, Any]) -> bool:
        """Whether a row of the failures frame is this one."""
        return self.requirement == row["id"] and self.subject in ("", row["subject"])


def read_baseline(path: str | Path) -> list[Known]:
    """Read a baseline. Raises PolicyError for a file that cannot be read or is none."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise PolicyError(str(path), f"cannot be read: {error.strerror or error}") from error
    if len(content) > SIZE_LIMIT:
        raise PolicyError(str(path), f"is larger than {SIZE_LIMIT:,} octets, the most for a baseline")
    table = parse_toml(content, str(path))
    rows = table.get("known", [])
    if not isinstance(rows, list) or set(table) - {"known"}:
        raise PolicyError(str(path), "holds something else than [[known]]")
    return [read_known(row, place, str(path)) for place, row in enumerate(rows, 1)]


def read_known(row: Any, place: int, path: str) -> Known:
    """Check one [[known]]."""
    if not isinstance(row, dict) or set(row) - set(KEYS):
        raise PolicyError(path, f"[[known]] number {place} has something else than {', '.join(KEYS)}")
    for key in KEYS:
        if not isinstance(row.get(key, "" if key == "subject" else None), str):
            raise PolicyError(path, f"[[known]] number {place} lacks {key!r}, which is a text")
    if not row["reason"].strip() or row["reason"] == NO_REASON:
        raise PolicyError(path, f"[[known]] number {place} ({row['requirement']}) has no reason of its own")
    return Known(**({"subject": ""} | row))


def apply_baseline(check: Check, known: list[Known]) -> Check:
    """The same check, with known failures marked and what is no longer found named."""
    ours = [each for each in known if each.policy == check.policy.name]
    rows = check.failure_table.to_pylist()
    matched: set[Known] = set()
    for row in rows:
        found = [each for each in ours if each.matches(row)]
        matched.update(found)
        if found:
            row.update(known=True, reason=found[0].reason)
    stale = [f"{each.requirement} {each.subject}".strip() for each in ours if each not in matched]
    table = pa.Table.from_pylist(rows, check.failure_table.schema)
    return replace(check, failure_table=table, stale=tuple(stale))


def render_baseline(check: Check, known: list[Known], reason: str = NO_REASON) -> str:
    """A baseline of everything that fails now; reasons given before are kept, others get `reason`.

    The default only asks for one: read_baseline refuses entries that still have it.
    """
    kept = [each for each in known if each.policy != check.policy.name]
    for row in check.failure_table.to_pylist():
        before = next((each for each in known if each.policy == check.policy.name and each.matches(row)), None)
        said = before.reason if before else reason
        kept.append(Known(check.policy.name, row["id"], row["subject"] or "", said))
    entries = ["\n".join(["[[known]]", *(f"{key} = {quoted(getattr(each, key))}" for key in KEYS)]) for each in kept]
    return "\n\n".join([HEADER.rstrip("\n"), *entries]) + "\n"


def quoted(text: str) -> str:
    """A text as a TOML string, with everything but printable ASCII escaped."""
    escaped = "".join(char if " " <= char <= "~" and char not in '"\\' else f"\\U{ord(char):08X}" for char in text)
    return f'"{escaped}"'
