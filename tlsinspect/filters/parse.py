"""Tokens -> tree, by recursive descent.

or         := and ("or" and)*
and        := not ("and" not)*
not        := "not" not | comparison
comparison := sum (("==" | "!=" | "<" | "<=" | ">" | ">=" | ["not"] "in") sum)* | sum "is" ["not"] "null"
sum        := product (("+" | "-") product)*
product    := value (("*" | "/") value)*
value      := atom ("." name "(" values ")" | "[" value "]")*
atom       := text | number | duration | "true" | "false" | "null" | column | table "." column
            | "len" "(" or ")" | "(" or ")" | "[" values "]" | "-" number
"""

from __future__ import annotations

from ..columns import COLUMNS, PIVOTS
from ..errors import FilterError
from .scan import Token, scan
from .tree import Arithmetic, Comparison, IsNull, Junction, Length, Literal, Lookup, Method, Name, Node, Not, Several

DEEPEST = 40
"""Levels of parentheses, of `not`, and operators in a row that are no `and` and no `or`."""

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
METHODS = ("startswith", "endswith", "contains", "matches", "lower")
WORDS = ("name", "number", "duration")
ONE_METHOD = f"one of {', '.join(METHODS)}"
TEXT_TESTS = {**{name: name for name in METHODS[:-1]}, "like": "contains", "regexp": "matches"}
"""What stands between two values in SQL or a display filter -> the method that asks the same."""


def parse(text: str) -> Node:
    """The tree of a filter; raises FilterError with the place of the first mistake."""
    parser = Parser(text)
    if parser.token.kind == "end":
        raise FilterError(text, 0, 1, "the filter is empty")
    tree = parser.parse_or()
    if parser.token.kind != "end":
        raise parser.unexpected("and, or, or the end")
    return tree


class Parser:
    """Where the parsing of one text stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = scan(text)
        self.place = 0
        self.depth = 0

    @property
    def token(self) -> Token:
        """The token to be read next."""
        return self.tokens[self.place]

    def take(self) -> Token:
        """Read a token."""
        token = self.token
        self.place += 1
        return token

    def is_sign(self, *signs: str) -> bool:
        """Whether one of these comes next."""
        return self.token.kind == "sign" and self.token.value in signs

    def expect(self, sign: str) -> Token:
        """Read this sign, or say that it is missing."""
        if not self.is_sign(sign):
            raise self.unexpected(sign)
        return self.take()

    def unexpected(self, expected: str) -> FilterError:
        """The error for a token that cannot stand here."""
        token = self.token
        found = "the filter ends" if token.kind == "end" else f"{self.text[token.start : token.end]} stands"
        return self.meant() or FilterError(self.text, token.start, token.end, f"{found} where {expected} was expected")

    def meant(self) -> FilterError | None:
        """The error for a test that is written between two values, and for a text without quotes; else None."""
        token, before = self.token, self.tokens[self.place - 1] if self.place else self.token
        word = str(token.value).lower()
        if token.kind == "name" and before.kind == "name" and word in TEXT_TESTS:
            reason = f"write {before.value}.{TEXT_TESTS[word]}('...')"
            return FilterError(self.text, token.start, token.end, reason)
        if token.kind in WORDS and before.kind == "name" and self.is_operand(self.place - 1):
            return self.unquoted(self.place - 1)
        return None

    def is_operand(self, place: int) -> bool:
        """Whether the token at a place is the first one of a value that something is compared with."""
        before = self.tokens[max(place - 1, 0)]
        if before.kind == "sign" and before.value == "(" and place > 1:
            before = self.tokens[place - 2]
        return before.kind == "in" or (before.kind == "sign" and before.value in (*COMPARISONS, ",", "["))

    def unquoted(self, place: int) -> FilterError:
        """The error for words and numbers around a token, with the signs between them: no column, or a text."""
        first = last = place
        while first and self.is_word(first - 1) and self.touches(first - 1):
            first -= 1
        while self.is_word(last + 1) and (self.tokens[last + 1].kind != "sign" or self.touches(last)):
            last += 1
        start, end = self.tokens[first].start, self.tokens[last].end
        written = self.text[start:end]
        reason = f"there is no column {written}; docs/columns.md lists them"
        if self.is_operand(first):
            reason = f"a text stands in quotes: '{written}'"
        return FilterError(self.text, start, end, reason)

    def is_word(self, place: int) -> bool:
        """Whether a token may be a part of a name, version or address without quotes."""
        token = self.tokens[place]
        return token.kind in WORDS or (token.kind == "sign" and token.value in (".", "-", "/"))

    def touches(self, place: int) -> bool:
        """Whether nothing stands between a token and the next."""
        return self.tokens[place].end == self.tokens[place + 1].start

    def deeper(self, count: int = 0) -> None:
        """Enter a level; `count` operators stand in a row."""
        self.depth += 1
        if max(self.depth, count) > DEEPEST:
            token = self.token
            raise FilterError(self.text, token.start, token.end, f"a filter is at most {DEEPEST} levels deep")

    def parse_or(self) -> Node:
        """Read conditions joined by or."""
        self.deeper()
        parts = [self.parse_and()]
        while self.token.kind == "or":
            self.take()
            parts.append(self.parse_and())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else Junction(parts[0].start, parts[-1].end, "or", tuple(parts))

    def parse_and(self) -> Node:
        """Read conditions joined by and."""
        parts = [self.parse_not()]
        while self.token.kind == "and":
            self.take()
            parts.append(self.parse_not())
        return parts[0] if len(parts) == 1 else Junction(parts[0].start, parts[-1].end, "and", tuple(parts))

    def parse_not(self) -> Node:
        """Read a condition, negated or not."""
        if self.token.kind != "not":
            return self.parse_comparison()
        start = self.take().start
        self.deeper()
        operand = self.parse_not()
        self.depth -= 1
        return Not(start, operand.end, operand)

    def parse_comparison(self) -> Node:
        """Read a value, or one compared with others; a < b < c means that both hold."""
        left = self.parse_sum()
        found: list[Node] = []
        while True:
            operator = self.parse_operator()
            if operator == "is":
                found.append(self.parse_null(left))
                break
            if not operator:
                break
            right = self.parse_sum()
            comparison = Comparison(left.start, right.end, operator.removeprefix("not "), left, right)
            found.append(Not(left.start, right.end, comparison) if operator.startswith("not ") else comparison)
            left = right
        if not found:
            return left
        return found[0] if len(found) == 1 else Junction(found[0].start, found[-1].end, "and", tuple(found))

    def parse_operator(self) -> str:
        """Read what compares; empty where nothing does."""
        if self.is_sign(*COMPARISONS) or self.token.kind in ("in", "is"):
            return str(self.take().value)
        if self.token.kind == "not" and self.tokens[self.place + 1].kind == "in":
            self.place += 2
            return "not in"
        return ""

    def parse_null(self, operand: Node) -> Node:
        """Read what stands behind is."""
        negated = self.token.kind == "not"
        if negated:
            self.take()
        if self.token.kind != "null":
            raise self.unexpected("null")
        end = self.take().end
        test = IsNull(operand.start, end, operand)
        return Not(operand.start, end, test) if negated else test

    def parse_sum(self) -> Node:
        """Read values added and subtracted."""
        left = self.parse_product()
        count = 0
        while self.is_sign("+", "-"):
            count += 1
            self.deeper(count)
            operator = str(self.take().value)
            right = self.parse_product()
            left = Arithmetic(left.start, right.end, operator, left, right)
            self.depth -= 1
        return left

    def parse_product(self) -> Node:
        """Read values multiplied and divided."""
        left = self.parse_value()
        count = 0
        while self.is_sign("*", "/"):
            count += 1
            self.deeper(count)
            operator = str(self.take().value)
            right = self.parse_value()
            left = Arithmetic(left.start, right.end, operator, left, right)
            self.depth -= 1
        return left

    def parse_value(self) -> Node:
        """Read an atom, and the methods and keys behind it."""
        value = self.parse_atom()
        count = 0
        while self.is_sign(".", "["):
            count += 1
            self.deeper(count)
            if self.take().value == "[":
                key = self.parse_or()
                value = Lookup(value.start, self.expect("]").end, value, key)
            else:
                value = self.parse_member(value)
            self.depth -= 1
        return value

    def parse_member(self, value: Node) -> Node:
        """Read what stands behind a dot: a method, or the column of the table in front of it."""
        bare = isinstance(value, Name) or (isinstance(value, Literal) and value.kind != "text")
        if self.token.kind != "name":
            raise self.unquoted(self.place) if bare and self.is_word(self.place) else self.unexpected(ONE_METHOD)
        name = self.take()
        if self.is_sign("("):
            self.take()
            arguments = self.parse_items(")")
            return Method(value.start, self.expect(")").end, value, str(name.value), name.start, arguments)
        if isinstance(value, Name) and (value.name in COLUMNS or value.name in PIVOTS) and not value.table:
            return Name(value.start, name.end, str(name.value), value.name)
        if bare and name.value not in METHODS:
            raise self.unquoted(self.place - 1)
        raise FilterError(self.text, name.start, name.end, f"behind {name.value} a ( is missing")

    def parse_items(self, closing: str) -> tuple[Node, ...]:
        """Read values with commas between them, up to what closes them."""
        items: list[Node] = []
        while not self.is_sign(closing):
            items.append(self.parse_or())
            if not self.is_sign(","):
                break
            self.take()
        return tuple(items)

    def parse_atom(self) -> Node:
        """Read a value that has no parts, or something in brackets."""
        token = self.token
        if token.kind in ("text", "number", "duration"):
            self.take()
            return Literal(token.start, token.end, token.kind, token.value)
        if token.kind in ("true", "false"):
            self.take()
            return Literal(token.start, token.end, "truth", token.kind == "true")
        if token.kind == "null":
            self.take()
            return Literal(token.start, token.end, "null", None)
        if token.kind == "name":
            return self.parse_name()
        if self.is_sign("-"):
            return self.parse_negative()
        if self.is_sign("(", "["):
            return self.parse_bracket()
        raise self.unexpected("a column or a value")

    def parse_name(self) -> Node:
        """Read a column, or len(...)."""
        token = self.take()
        if token.value != "len" or not self.is_sign("("):
            return Name(token.start, token.end, str(token.value), "")
        self.take()
        operand = self.parse_or()
        return Length(token.start, self.expect(")").end, operand)

    def parse_negative(self) -> Node:
        """Read a negative number or duration."""
        start = self.take().start
        token = self.token
        if token.kind not in ("number", "duration") or isinstance(token.value, str):
            raise self.unexpected("a number")
        self.take()
        return Literal(start, token.end, token.kind, -token.value)

    def parse_bracket(self) -> Node:
        """Read a list, or an expression in parentheses; one with a comma in it is a list too."""
        opening = self.take()
        closing = ")" if opening.value == "(" else "]"
        items = self.parse_items(closing)
        comma = self.tokens[self.place - 1].value == ","
        end = self.expect(closing).end
        if opening.value == "(" and len(items) == 1 and not comma:
            return items[0]
        return Several(opening.start, end, items)
