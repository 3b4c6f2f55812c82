"""Two values side by side -> two of the same kind, or the advice how to write them so that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tree import Comparison, Node, Several
from .values import UNIT_NANOSECONDS, WORDS, Value, as_address, as_network, as_time, in_unit

if TYPE_CHECKING:
    from .compile import Compiler


def agree(compiler: Compiler, node: Node, left: Value, right: Value) -> tuple[Value, Value]:
    """The two values as ones of the same kind; raises FilterError where they cannot be compared."""
    for value in (left, right):
        if value.kind in ("texts", "numbers") and isinstance(node, Comparison) and isinstance(node.right, Several):
            raise compiler.error(node, f"a value can be in a list column: write VALUE in {compiler.source(value.node)}")
        if value.kind == "null":
            raise compiler.error(node, f"nothing equals null; write {compiler.source(left.node)} is null")
        if value.kind in ("texts", "numbers", "reasons"):
            raise compiler.error(
                value.node, f"{compiler.source(value.node)} is {WORDS[value.kind]}; ask with in, len() or is null"
            )
    left, right = converted(compiler, left, right), converted(compiler, right, left)
    if left.kind == right.kind:
        return left, right
    odd = left if left.literal is not None and right.literal is None else right
    other = right if odd is left else left
    raise compiler.error(
        odd.node,
        f"{compiler.source(other.node)} is {WORDS[other.kind]}, "
        f"and {compiler.source(odd.node)} is {WORDS[odd.kind]}{advice(compiler, odd, other)}",
    )


def converted(compiler: Compiler, value: Value, other: Value) -> Value:
    """A value as written, as what the other one is: a time, a number of the other's unit, an address."""
    if value.literal is None:
        return value
    if value.kind == "text" and other.kind == "time":
        time = as_time(value)
        if time is None:
            raise compiler.error(value.node, "no ISO 8601 time, such as '2026-03-01' or '2026-03-01T12:00:00.5Z'")
        return time
    if value.kind == "duration" and other.kind == "number" and other.unit in UNIT_NANOSECONDS:
        return in_unit(value, other.unit)
    if value.kind == "text" and other.address:
        address = as_address(value)
        if address is None:
            network = as_network(str(value.literal)) is not None
            reason = (
                f"write {compiler.source(other.node)} in {compiler.source(value.node)}" if network else "no IP address"
            )
            raise compiler.error(value.node, reason)
        return address
    return value


def advice(compiler: Compiler, odd: Value, other: Value) -> str:
    """How a value could be written so that it fits."""
    written = str(odd.literal)
    if other.kind == "number" and odd.kind == "text" and written.isdecimal():
        return f"; write {written} without quotes"
    if other.kind == "text" and odd.kind == "number":
        return f"; write '{compiler.source(odd.node)}' in quotes"
    if other.kind == "duration" and odd.kind == "number":
        return f"; write {compiler.source(odd.node)}s, or another unit"
    if other.kind == "truth":
        return f"; write {compiler.source(other.node)} or not {compiler.source(other.node)}"
    return ""
