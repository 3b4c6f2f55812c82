"""What a filter says, as a tree. Every node knows which characters it was read from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """A part of a filter: characters `start` to `end`."""

    start: int
    end: int


@dataclass(frozen=True)
class Literal(Node):
    """A value as written; `kind` is text, number, truth, duration (nanoseconds) or null."""

    kind: str
    value: str | int | float | bool | None


@dataclass(frozen=True)
class Name(Node):
    """A column; `table` is empty where none was named."""

    name: str
    table: str


@dataclass(frozen=True)
class Several(Node):
    """A list of values."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Method(Node):
    """`subject.name(arguments)`; the name itself stands at `name_start`."""

    subject: Node
    name: str
    name_start: int
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Length(Node):
    """`len(operand)`."""

    operand: Node


@dataclass(frozen=True)
class Lookup(Node):
    """`subject[key]`."""

    subject: Node
    key: Node


@dataclass(frozen=True)
class Arithmetic(Node):
    """Two values and +, -, * or /."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Comparison(Node):
    """Two values and ==, !=, <, <=, >, >=, in or not in."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class IsNull(Node):
    """`operand is null`."""

    operand: Node


@dataclass(frozen=True)
class Not(Node):
    """`not operand`."""

    operand: Node


@dataclass(frozen=True)
class Junction(Node):
    """Conditions joined by and, or by or."""

    operator: str
    parts: tuple[Node, ...]
