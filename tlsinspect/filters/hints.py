"""What has to hold of a column where a filter is true, as Arrow expressions: so that files can be passed over.

A hint is looser than its condition: it holds of every row of which the condition is true, and perhaps of more. What
Arrow cannot tell from a file's least and greatest values has no hint. Since unknown stays unknown under `not`, each
condition has two: one for where it is true, one for where it is false.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_, eq, ge, gt, le, lt, ne, or_
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ..columns.column import Column

ITEMS = 64
"""Values of a list that are looked for one by one; a longer list has no hint."""

COMPARE: dict[str, Callable[[Any, Any], Any]] = {"==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
TIME = pa.timestamp("ns", tz="UTC")
LAST = chr(0x10FFFF)


class Hint(NamedTuple):
    """What holds where a condition is true, and where it is false; None where nothing is known."""

    true: pc.Expression | None = None
    false: pc.Expression | None = None


NO_HINT = Hint()


def of_comparison(column: Column, operator: str, literal: Any) -> Hint:
    """A column against a value; none where its type has no such value, as 70,000 is no uint16.

    The least and greatest number of a file say nothing of NaN, which is less than none and equals none.
    """
    field = pc.field(column.name)
    try:
        value = pa.scalar(literal).cast(TIME if column.type == "timestamp" else pa.type_for_alias(column.type))
    except pa.ArrowInvalid:
        return NO_HINT
    true = COMPARE[operator](field, value)
    if column.type == "float64":
        return Hint(None if operator == "!=" else true)
    return Hint(true, COMPARE[OPPOSITE[operator]](field, value))


def of_list(column: Column, literals: Sequence[Any]) -> Hint:
    """A column against several values, of which one has to equal it."""
    if not 0 < len(literals) <= ITEMS:
        return NO_HINT
    return of_junction("or", [of_comparison(column, "==", literal) for literal in literals])


def of_truth(name: str) -> Hint:
    """A column of truth values."""
    return Hint(pc.field(name) == pa.scalar(True), pc.field(name) == pa.scalar(False))


def of_null(name: str) -> Hint:
    """Whether a column is null."""
    return Hint(pc.field(name).is_null(), pc.field(name).is_valid())


def of_prefix(name: str, prefixes: Sequence[str]) -> Hint:
    """Texts that begin with one of some texts: they lie between it and the next one of its length."""
    field = pc.field(name)
    ranges = []
    for prefix in prefixes:
        stem = prefix.rstrip(LAST)
        if not stem:
            return Hint(field.is_valid())
        after = stem[:-1] + following(stem[-1])
        ranges.append((field >= pa.scalar(prefix)) & (field < pa.scalar(after)))
    return Hint(reduce(or_, ranges))


def following(letter: str) -> str:
    """The next character; surrogates are none."""
    return chr(0xE000) if letter == chr(0xD7FF) else chr(ord(letter) + 1)


def of_negation(operand: Hint) -> Hint:
    """The opposite."""
    return Hint(operand.false, operand.true)


def of_junction(operator: str, parts: Sequence[Hint]) -> Hint:
    """Conditions of which all, or one, must hold."""
    if operator == "or":
        return of_negation(of_junction("and", [of_negation(part) for part in parts]))
    known = [part.true for part in parts if part.true is not None]
    false = [part.false for part in parts if part.false is not None]
    return Hint(reduce(and_, known) if known else None, reduce(or_, false) if len(false) == len(parts) else None)
