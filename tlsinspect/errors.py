"""What can go wrong, as a closed list.

These can: a capture that cannot be used at all (CaptureError: the person named the wrong
file), a policy or baseline that is none (PolicyError), a filter that says nothing
(FilterError), certificates to trust that are none (TrustError), a case that is none or was
tampered with (CaseError), a store that is none or cannot be used (StoreError), another program
or package that is needed and fails (ToolError), and traffic or a file whose bytes do not follow
their specification (DecodeError: data, which becomes a row of the problems frame).

Each hands its arguments on to Exception as they came, so that it survives the way between processes; what it says is
made of them when somebody asks.
"""

from __future__ import annotations

KINDS = (
    "truncated",  # fewer bytes than the format needs
    "bad_length",  # a length field that leaves its block
    "bad_value",  # a field whose value the specification rules out
    "trailing_data",  # bytes left over in a block that had to be used up
    "corrupt",  # a compressed stream that does not decompress
    "unsupported",  # valid, and not decoded here
    "limit",  # a named limit cut something off
    "gap",  # bytes that the capture does not hold
    "unparsed",  # a certificate or structure that the parser refused
)

INTERRUPTED = 130
"""The exit status of a program that Ctrl-C ended, as a shell reports it."""

EXCERPT_LENGTH = 90
"""Characters of a filter that its error shows."""


class TlsInspectError(Exception):
    """Base class of every error that this package raises on purpose."""


class NamedError(TlsInspectError):
    """Something is wrong with what a person named: `path` is that name, `reason` one clear line."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" if self.path else self.reason


class CaptureError(NamedError):
    """A capture that cannot be read at all: no such file, no permission, no capture.

    `path` is what the person named; `reason` is one clear line.
    """


class PolicyError(NamedError):
    """A policy, or a baseline of known findings, that does not exist or is not one.

    `path` is what the person named; `reason` is one clear line.
    """


class TrustError(NamedError):
    """Certificates to trust that cannot be read, or a file that holds none; `path` is what the person named."""


class CaseError(NamedError):
    """A folder that is no case, or a command that it cannot take; `path` is what the person named."""


class StoreError(NamedError):
    """A store that does not exist, is none, or cannot be read or written; `path` is what the person named."""


class ToolError(TlsInspectError):
    """Another program or package that is needed for what was asked, and is not there or fails; `tool` names it."""

    def __init__(self, tool: str, reason: str) -> None:
        super().__init__(tool, reason)
        self.tool = tool
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.tool}: {self.reason}"


class FilterError(TlsInspectError, ValueError):
    """A filter that cannot be understood: characters `start` to `end` of `text`, and the `reason` in one line.

    Its text is that line, the filter, and a mark below the characters, in three lines that are safe to print.
    """

    def __init__(self, text: str, start: int, end: int, reason: str) -> None:
        super().__init__(text, start, end, reason)
        self.text = text
        self.start = start
        self.end = end
        self.reason = reason

    def __str__(self) -> str:
        first = max(0, self.start - EXCERPT_LENGTH // 2)
        last = first + EXCERPT_LENGTH
        left_out, rest = "... " if first else "", " ..." if last < len(self.text) else ""
        mark = "^" * max(1, min(self.end, last) - self.start)
        indent = " " * (2 + len(left_out) + self.start - first)
        excerpt = f"{left_out}{printable(self.text[first:last])}{rest}"
        return f"{printable(self.reason)}\n  {excerpt}\n{indent}{mark}"


class DecodeError(TlsInspectError):
    """Bytes that do not follow their specification.

    `layer` names the format (pcap, ethernet, ip, tcp, record, handshake, ...),
    `kind` is one of KINDS, `offset` counts octets from the start of that layer's
    unit (of the file for capture formats), `expected` says what should have stood there.
    """

    def __init__(self, layer: str, kind: str, offset: int, expected: str) -> None:
        super().__init__(layer, kind, offset, expected)
        self.layer = layer
        self.kind = kind
        self.offset = offset
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.layer}: {self.kind} at offset {self.offset}: expected {self.expected}"


def printable(text: str) -> str:
    """A text with a question mark for each character that a terminal may act upon."""
    return "".join(character if character.isprintable() else "?" for character in text)
