"""A filter as it was written, for those who say what is wrong with it."""

from __future__ import annotations

from ..errors import FilterError
from .tree import Node


class Written:
    """The text of a filter, whose nodes say where in it they stand."""

    def __init__(self, text: str) -> None:
        self.text = text

    def error(self, node: Node, reason: str) -> FilterError:
        """A mistake at a node."""
        return FilterError(self.text, node.start, node.end, reason)

    def source(self, node: Node) -> str:
        """A node as written."""
        return self.text[node.start : node.end]
