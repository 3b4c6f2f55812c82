"""Two values side by side -> two of the same kind, or the advice how to write them so that they are."""

from __future__ import annotations

from .tree import Comparison, Name, Node, Several
from .values import UNIT_NANOSECONDS, WORDS, Value, as_address, as_network, as_time, in_unit
from .written import Written

NO_TIME = "no ISO 8601 time from 1677-09-22 to 2262-04-10, such as '2026-03-01' or '2026-03-01T12:00:00.5Z'"
"""Nanoseconds from 1970 in 63 bits have these days whole."""


def agree(written: Written, node: Node, left: Value, right: Value) -> tuple[Value, Value]:
    """The two values as ones of the same kind; raises FilterError where they cannot be compared."""
    for value in (left, right):
        if value.kind in ("texts", "numbers") and isinstance(node, Comparison) and isinstance(node.right, Several):
            raise written.error(node, f"a value can be in a list column: write VALUE in {written.source(value.node)}")
        if value.kind == "null":
            raise written.error(node, f"nothing equals null; write {written.source(left.node)} is null")
        if value.kind in ("texts", "numbers", "reasons"):
            raise written.error(
                value.node, f"{written.source(value.node)} is {WORDS[value.kind]}; ask with in, len() or is null"
            )
    left, right = converted(written, left, right), converted(written, right, left)
    if left.kind == right.kind:
        return left, right
    odd = left if left.literal is not None and right.literal is None else right
    other = right if odd is left else left
    raise written.error(
        odd.node,
        f"{written.source(other.node)} is {WORDS[other.kind]}, "
        f"and {written.source(odd.node)} is {WORDS[odd.kind]}{advice(written, odd, other)}",
    )


def converted(written: Written, value: Value, other: Value) -> Value:
    """A value as written, as what the other one is: a time, a number of the other's unit, an address."""
    if value.literal is None:
        return value
    if value.kind == "text" and other.kind == "time":
        time = as_time(value)
        if time is None:
            raise written.error(value.node, NO_TIME)
        return time
    if value.kind == "duration" and other.kind == "number" and other.unit in UNIT_NANOSECONDS:
        return in_unit(value, other.unit)
    if value.kind == "text" and other.address:
        address = as_address(value)
        if address is None:
            network = as_network(str(value.literal)) is not None
            reason = (
                f"write {written.source(other.node)} in {written.source(value.node)}" if network else "no IP address"
            )
            raise written.error(value.node, reason)
        return address
    return value


def advice(written: Written, odd: Value, other: Value) -> str:
    """How a value could be written so that it fits."""
    literal = str(odd.literal)
    if other.kind == "number" and odd.kind == "text" and literal.isdecimal():
        return f"; write {literal} without quotes"
    if other.kind == "number" and odd.kind == "text" and isinstance(other.node, Name):
        from .vocabulary import number_of  # loads the registries

        return number_of(other.node.name, literal)
    if other.kind == "text" and odd.kind == "number" and isinstance(other.node, Name):
        from .vocabulary import NUMBERS

        numbers = other.node.name.removesuffix("_name")
        if numbers in NUMBERS:
            return f"; {numbers} has the number: write {numbers} in place of {other.node.name}"
    if other.kind in ("text", "time") and odd.kind == "number":
        return f"; write '{written.source(odd.node)}' in quotes"
    if other.kind == "duration" and odd.kind == "number":
        return f"; write {written.source(odd.node)}s, or another unit"
    if other.kind == "truth":
        return f"; write {written.source(other.node)} or not {written.source(other.node)}"
    return ""
