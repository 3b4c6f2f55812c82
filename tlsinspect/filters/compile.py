"""Tree -> one function of Arrow rows, with every name and type checked before a row is seen.

Truth is three-valued, as in SQL: what is missing makes a comparison unknown, `and`, `or` and `not` follow Kleene,
and a row is selected only where the whole filter is true.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..arguments import MOST_MEANT, check_filter, nearest
from ..columns import COLUMNS, SEVERITIES, table_columns
from ..errors import printable
from . import hints
from .agree import agree, converted
from .hints import NO_HINT, Hint
from .lists import any_item, holds
from .parse import METHODS, parse
from .spans import added, subtracted
from .tree import Arithmetic, Comparison, IsNull, Junction, Length, Literal, Lookup, Method, Name, Node, Not, Several
from .values import (
    ARROW_TYPES,
    KINDS,
    WORDS,
    Rows,
    Value,
    as_network,
    literal_value,
    membership_of,
)
from .written import Written

LONGEST_PATTERN = 500
"""Characters of a regular expression. RE2 takes time in proportion to the text, and bounds its memory."""

COMMON_WORDS = {
    "sni": "server_name", "hostname": "server_name", "host": "server_name", "alerts": "alert",
    "day": "time_start", "date": "time_start", "timestamp": "time_start",
}  # fmt: skip
"""What others call it -> a column, or a word of one."""

Words = Mapping[str, Collection[str]]
NO_WORDS: Words = {}

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "==": pc.equal, "!=": pc.not_equal, "<": pc.less, "<=": pc.less_equal, ">": pc.greater, ">=": pc.greater_equal,
}  # fmt: skip
CALCULATE: dict[str, Callable[[Any, Any], Any]] = {
    "+": pc.add, "-": pc.subtract, "*": pc.multiply, "/": pc.divide,
}  # fmt: skip
HOLD: dict[str, Callable[[Any, Any, pa.DataType], Any]] = {"+": added, "-": subtracted}
RESULTS = {
    ("time", "-", "time"): "duration", ("time", "-", "duration"): "time", ("time", "+", "duration"): "time",
    ("duration", "+", "duration"): "duration", ("duration", "-", "duration"): "duration",
    **{("number", operator, "number"): "number" for operator in "+-*/"},
}  # fmt: skip
TEXT_TESTS: dict[str, Callable[[Any, str], Any]] = {
    "startswith": lambda texts, wanted: pc.starts_with(texts, pattern=wanted),
    "endswith": lambda texts, wanted: pc.ends_with(texts, pattern=wanted),
    "contains": lambda texts, wanted: pc.match_substring(texts, pattern=wanted),
    "matches": lambda texts, wanted: pc.match_substring_regex(texts, pattern=wanted),
}


class Filter:
    """A condition on the rows of one table, `text` as written.

    Raises FilterError where it says nothing, TypeError where it is no text.

    `columns` are the names of those that it asks. `hint` is an Arrow expression that holds wherever the filter is true,
    None where there is none: a file of which it cannot hold need not be read.

    `listed` names a table whose rows are shown where the filter speaks of another: a column that both have has to
    be written with its table, connections.subject. `words` are all that some columns can hold, by their names.
    """

    def __init__(self, text: str, table: str = "connections", listed: str = "", words: Words = NO_WORDS) -> None:
        check_filter(text)
        self.text = text
        self.table = table
        self.listed = listed
        compiler = Compiler(text, table, listed, words)
        condition = compiler.condition(parse(text))
        self.make = condition.make
        self.hint = condition.hint.true
        self.columns = frozenset(compiler.asked)

    def __repr__(self) -> str:
        """What it says, and of which table."""
        return f"<Filter of {self.table}: {printable(self.text)}>"

    def __reduce__(self) -> tuple[type[Filter], tuple[str, str, str]]:
        """Survive the way between processes."""
        return Filter, (self.text, self.table, self.listed)

    def mask(self, rows: pa.Table | pa.RecordBatch) -> pa.Array:
        """For each row whether the filter is true of it; never null."""
        found = self.make(Rows(rows))
        if isinstance(found, pa.Scalar):
            found = pa.repeat(found, rows.num_rows)
        return pc.fill_null(found, False)

    def apply(self, rows: Any) -> Any:
        """The rows of a table or record batch of which the filter is true."""
        return rows.filter(self.mask(rows))


class Compiler(Written):
    """Makes values of the nodes of one filter."""

    def __init__(self, text: str, table: str, listed: str = "", words: Words = NO_WORDS) -> None:
        super().__init__(text)
        self.table = table
        self.words = words
        self.listed = listed
        self.columns = {column.name: column for column in table_columns(table)}
        self.asked: set[str] = set()

    def value(self, node: Node) -> Value:
        """Compile any node."""
        return BUILDERS[type(node)](self, node)

    def condition(self, node: Node) -> Value:
        """Compile a node that has to be true or false."""
        value = self.value(node)
        if value.kind == "null":
            raise self.error(node, "null is no condition; write COLUMN is null")
        if value.kind != "truth":
            raise self.error(
                node, f"{self.source(node)} is {WORDS[value.kind]} and no condition; compare it, or ask: is not null"
            )
        return value

    def literal(self, node: Literal) -> Value:
        """A value as written."""
        return literal_value(node, node.kind, node.value)

    def name(self, node: Name) -> Value:
        """A column."""
        if node.table and node.table != self.table:
            raise self.error(node, f"this filter speaks of {self.table}, not of {node.table}")
        column = self.columns.get(node.name)
        if column is None:
            raise self.error(node, f"there is no column {node.name} in {self.table}{self.hint(node.name)}")
        shared = self.listed and not node.table and node.name != "connection_id"
        if shared and node.name in {each.name for each in table_columns(self.listed)}:
            raise self.error(
                node,
                f"both {self.table} and {self.listed} have a column {node.name}; write {self.table}.{node.name}, "
                f"or filter the rows of {self.listed}",
            )
        name = column.name
        self.asked.add(name)
        return Value(
            node,
            KINDS[column.type],
            lambda rows: rows.column(name),
            unit=column.unit,
            order=SEVERITIES if name == "severity" else (),
            address=name.endswith("_ip") and column.type == "string",
            hint=hints.of_truth(name) if column.type == "bool" else NO_HINT,
        )

    def hint(self, name: str) -> str:
        """What may have been meant by a name that is no column."""
        others = [table for table, columns in COLUMNS.items() if name in {column.name for column in columns}]
        if others:
            return f"; it is one of {', '.join(others)}"
        word = COMMON_WORDS.get(name.lower(), name.lower())
        parts = [column for column in self.columns if word == column or word in column.split("_")]
        close = parts[:MOST_MEANT] or nearest(word, self.columns)[:1]
        meant = f"; did you mean {' or '.join(close)}?" if close else ""
        return meant if close and name.islower() else f"{meant or '.'} A text stands in quotes: '{name}'"

    def several(self, node: Several) -> Value:
        """A list stands only behind in."""
        raise self.error(node, "a list can only stand behind in")

    def negation(self, node: Not) -> Value:
        """The opposite; unknown stays unknown."""
        operand = self.condition(node.operand)
        return Value(node, "truth", lambda rows: pc.invert(operand.make(rows)), hint=hints.of_negation(operand.hint))

    def junction(self, node: Junction) -> Value:
        """Conditions of which all, or one, must hold."""
        join = pc.and_kleene if node.operator == "and" else pc.or_kleene
        parts = [self.condition(part) for part in node.parts]

        def make(rows: Rows) -> Any:
            found = parts[0].make(rows)
            for part in parts[1:]:
                found = join(found, part.make(rows))
            return found

        return Value(node, "truth", make, hint=hints.of_junction(node.operator, [part.hint for part in parts]))

    def is_null(self, node: IsNull) -> Value:
        """Whether a value is missing: the one question about it that is always answered."""
        operand = self.value(node.operand)
        hint = hints.of_null(operand.node.name) if isinstance(operand.node, Name) else NO_HINT
        return Value(node, "truth", lambda rows: pc.is_null(operand.make(rows)), hint=hint)

    def length(self, node: Length) -> Value:
        """Items of a list, characters of a text."""
        operand = self.value(node.operand)
        if operand.kind == "text":
            return Value(node, "number", lambda rows: pc.utf8_length(operand.make(rows)))
        if operand.kind in ("texts", "numbers"):
            return Value(node, "number", lambda rows: pc.list_value_length(operand.make(rows)))
        raise self.error(node.operand, f"{self.source(node.operand)} is {WORDS[operand.kind]} and has no length")

    def lookup(self, node: Lookup) -> Value:
        """Why a column of the row is missing: unknown_reasons['column']."""
        subject, key = self.value(node.subject), self.value(node.key)
        if subject.kind != "reasons":
            raise self.error(
                node, f"{self.source(node.subject)} is {WORDS[subject.kind]}; only unknown_reasons takes a key"
            )
        if key.kind != "text" or key.literal not in self.columns:
            close = self.hint(str(key.literal)).partition("?")[0] + "?" if key.kind == "text" else ""
            told = f"the key has to be the name of a column of {self.table}, in quotes"
            raise self.error(node.key, told + (close if "did you mean" in close else ""))
        return Value(node, "text", lambda rows: pc.map_lookup(subject.make(rows), key.literal, "first"))

    def method(self, node: Method) -> Value:
        """A question to a text, or to the texts of a list, of which one has to answer yes."""
        if node.name not in METHODS:
            place = Node(node.name_start, node.name_start + len(node.name))
            raise self.error(place, f"there is no method {node.name}; there are {', '.join(METHODS)}")
        subject = self.value(node.subject)
        if subject.kind not in ("text", "texts"):
            raise self.error(
                node.subject, f"{self.source(node.subject)} is {WORDS[subject.kind]}; only a text has methods"
            )
        if node.name == "lower":
            return self.lowered(node, subject)
        wanted = [self.argument(node, self.value(argument)) for argument in node.arguments]
        if not wanted:
            raise self.error(node, f"{node.name} needs a text in its parentheses")

        def test(texts: Any) -> Any:
            found = TEXT_TESTS[node.name](texts, wanted[0])
            for text in wanted[1:]:
                found = pc.or_(found, TEXT_TESTS[node.name](texts, text))
            return found

        def make(rows: Rows) -> Any:
            made = subject.make(rows)
            return any_item(made, test(pc.list_flatten(made))) if subject.kind == "texts" else test(made)

        ranged = node.name == "startswith" and subject.kind == "text" and isinstance(subject.node, Name)
        hint = hints.of_prefix(subject.node.name, wanted) if ranged else NO_HINT  # type: ignore[attr-defined]
        return Value(node, "truth", make, hint=hint)

    def lowered(self, node: Method, subject: Value) -> Value:
        """A text in lower case."""
        if node.arguments or subject.kind != "text":
            raise self.error(node, "lower() takes nothing, and stands behind a text")
        return Value(node, "text", lambda rows: pc.utf8_lower(subject.make(rows)))

    def argument(self, node: Method, value: Value) -> str:
        """What a method is to look for: a text as written, and for matches a regular expression that RE2 takes."""
        if value.kind != "text" or value.literal is None:
            raise self.error(value.node, f"{node.name} needs a text in quotes, not {self.source(value.node)}")
        text = str(value.literal)
        if node.name == "matches":
            if len(text) > LONGEST_PATTERN:
                raise self.error(value.node, f"a regular expression has at most {LONGEST_PATTERN} characters")
            try:
                TEXT_TESTS["matches"](pa.array([""]), text)
            except pa.ArrowInvalid as error:
                reason = str(error).partition("expression: ")[2] or str(error)
                raise self.error(value.node, f"no regular expression that RE2 takes: {reason}") from None
        return text

    def arithmetic(self, node: Arithmetic) -> Value:
        """A sum, difference, product or quotient; a division by zero is unknown."""
        left, right = self.value(node.left), self.value(node.right)
        left, right = converted(self, left, right), converted(self, right, left)
        kind = RESULTS.get((left.kind, node.operator, right.kind))
        if kind is None:
            raise self.error(node, f"{WORDS[left.kind]} {node.operator} {WORDS[right.kind]}: this cannot be calculated")
        if kind != "number":
            hold = HOLD[node.operator]
            return Value(node, kind, lambda rows: hold(left.make(rows), right.make(rows), ARROW_TYPES[kind]))
        calculate = CALCULATE[node.operator]

        def make(rows: Rows) -> Any:
            numbers = calculate(left.make(rows).cast(pa.float64()), right.make(rows).cast(pa.float64()))
            return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))

        return Value(node, kind, make)

    def comparison(self, node: Comparison) -> Value:
        """Two values side by side."""
        if node.operator == "in":
            return self.membership(node)
        left, right = agree(self, node, self.value(node.left), self.value(node.right))
        compare = COMPARE[node.operator]
        hint = self.hint_of(node.operator, left, right)
        order = left.order or right.order
        for value, other in ((left, right), (right, left)):
            self.check_order(value, order)
            self.check_possible(value, other)
        if node.operator not in ("==", "!=") and order:
            left, right, hint = self.ranked(left, order), self.ranked(right, order), NO_HINT
        elif node.operator not in ("==", "!=") and left.kind in ("text", "truth"):
            raise self.error(
                node, f"{WORDS[left.kind]} has no order here; compare with ==, != or in{self.number_of(left)}"
            )
        return Value(node, "truth", lambda rows: compare(left.make(rows), right.make(rows)), hint=hint)

    def hint_of(self, operator: str, left: Value, right: Value) -> Hint:
        """What a comparison of a column with a value as written says of the column."""
        if isinstance(right.node, Name):
            left, right, operator = right, left, hints.MIRRORED[operator]
        if not isinstance(left.node, Name) or right.literal is None:
            return NO_HINT
        return hints.of_comparison(self.columns[left.node.name], operator, right.literal)

    def number_of(self, value: Value) -> str:
        """Where a column of names has the number beside it, the advice to compare that: version_name, version."""
        name = value.node.name.removesuffix("_name") if isinstance(value.node, Name) else ""
        numeric = name in self.columns and KINDS[self.columns[name].type] == "number"
        return f"; {name} is a number that has one" if numeric else ""

    def number_for(self, value: Value, column: Value) -> str:
        """Where a name stands in the place of a number that it has, the advice to write that."""
        if value.kind != "text" or value.literal is None or not isinstance(column.node, Name):
            return ""
        from .vocabulary import number_of  # loads the registries

        return number_of(column.node.name, str(value.literal))

    def check_order(self, value: Value, order: tuple[str, ...]) -> None:
        """Raise FilterError for a value as written that a column of few values, which have an order, never has."""
        if order and value.literal is not None and value.literal not in order:
            raise self.error(value.node, f"the values are, in their order, {', '.join(order)}")

    def check_possible(self, value: Value, column: Value) -> None:
        """Raise FilterError for a text as written that a column of names never has, and for a version like 1.2."""
        node = column.node.subject if isinstance(column.node, Lookup) else column.node
        if isinstance(node, Name) and isinstance(value.literal, str | float):
            from .vocabulary import objection  # loads the registries

            reason = objection(self.table, node.name, value.literal, self.words.get(node.name, ()))
            if reason:
                raise self.error(value.node, reason)

    def ranked(self, value: Value, order: tuple[str, ...]) -> Value:
        """The place of a text in an order, such as that of severities."""
        places = pa.array(order)
        return Value(value.node, "number", lambda rows: pc.index_in(value.make(rows), value_set=places))

    def membership(self, node: Comparison) -> Value:
        """Whether a value is in a list, in a list column, in networks, or a text in another."""
        left = self.value(node.left)
        if isinstance(node.right, Several):
            return self.among(node, left, [self.value(item) for item in node.right.items])
        right = self.value(node.right)
        if left.address and right.literal is not None:
            return self.among(node, left, [right])
        if right.kind in ("texts", "numbers"):
            if f"{left.kind}s" != right.kind:
                told = f"{self.source(node.right)} is {WORDS[right.kind]}, and this is {WORDS[left.kind]}"
                raise self.error(node.left, told + self.number_for(left, right))
            self.check_possible(left, right)
            return Value(node, "truth", lambda rows: holds(right.make(rows), left.make(rows)))
        if left.kind == "text" and left.literal is not None and right.kind == "text":
            return Value(node, "truth", lambda rows: TEXT_TESTS["contains"](right.make(rows), str(left.literal)))
        raise self.error(
            node.right, f"in needs a list, as in {self.source(node.left)} in ['a', 'b']; or a list column, or a network"
        )

    def among(self, node: Comparison, left: Value, items: list[Value]) -> Value:
        """Whether a value is one of those that are written; an address may be in a network."""
        for item in items:
            if item.literal is None:
                raise self.error(item.node, "a list holds values as they are written, and no columns and no null")
        if left.address:
            return self.within(node, left, items)
        agreed = [agree(self, node, left, item)[1] for item in items]
        for item in agreed:
            self.check_order(item, left.order)
            self.check_possible(item, left)
        if not agreed:
            return literal_value(node, "truth", False)
        data_type = ARROW_TYPES.get(agreed[0].kind)
        wanted = pa.array([item.literal for item in agreed], data_type)

        def make(rows: Rows) -> Any:
            column, values = left.make(rows), wanted
            if pa.types.is_floating(column.type):
                values = wanted.cast(column.type, safe=False)
            elif column.type != wanted.type:
                column = column.cast(wanted.type)
            return pc.if_else(pc.is_valid(column), pc.is_in(column, value_set=values), pa.scalar(None, pa.bool_()))

        hint = NO_HINT
        if isinstance(left.node, Name):
            hint = hints.of_list(self.columns[left.node.name], [item.literal for item in agreed])
        return Value(node, "truth", make, hint=hint)

    def within(self, node: Comparison, left: Value, items: list[Value]) -> Value:
        """Whether an address is in one of the networks."""
        networks = []
        for item in items:
            network = as_network(str(item.literal)) if item.kind == "text" else None
            if network is None:
                raise self.error(item.node, "no address and no network, such as '10.0.0.0/8'")
            networks.append(network)
        find = membership_of(networks)
        return Value(node, "truth", lambda rows: find(left.make(rows)))


BUILDERS: dict[type[Node], Callable[[Compiler, Any], Value]] = {
    Literal: Compiler.literal,
    Name: Compiler.name,
    Several: Compiler.several,
    Method: Compiler.method,
    Length: Compiler.length,
    Lookup: Compiler.lookup,
    Arithmetic: Compiler.arithmetic,
    Comparison: Compiler.comparison,
    IsNull: Compiler.is_null,
    Not: Compiler.negation,
    Junction: Compiler.junction,
}
