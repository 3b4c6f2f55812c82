"""Rules about the capture itself: what it lacks, findings may be missing too."""

from __future__ import annotations

import pyarrow.compute as pc

from ..statistics.rows import mask_of
from .rule import CaptureRule, Rule


def lacking(identifier: str, title: str, column: str, advice: str) -> Rule:
    """A flag of the connections frame about the capture."""
    return Rule(
        identifier,
        title,
        "info",
        lambda facts: facts.says(column),
        (column,),
        advice,
        ("docs/capturing.md",),
        "capture",
        "first_packet",
    )


RULES = (
    lacking("CAP-01", "Segments are missing", "gap", "Capture with a larger buffer, or nearer to the host."),
    lacking("CAP-02", "Only one direction was captured", "one_sided", "Mirror both directions."),
    lacking("CAP-03", "Capture starts within connections", "midstream", "Start the capture before the connections."),
    lacking("CAP-04", "Packets were cut", "truncated", "Capture whole packets (tcpdump -s 0)."),
)
CAPTURE_RULES = (
    CaptureRule(
        "CAP-05",
        "Packets of a link type that is not known",
        "info",
        lambda problems: mask_of(
            pc.and_(pc.equal(problems["layer"], "link"), pc.equal(problems["kind"], "unsupported")).combine_chunks()
        ),
        ("expected", "count"),
        "Capture on another interface, or convert the file: what these packets carry was not looked at.",
        ("docs/capturing.md",),
    ),
)
