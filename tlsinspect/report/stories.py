"""Stories for a page: every connection's, as `show` tells it, packed in blocks that the page opens one at a time.

In: an Inspection and the connections that the page holds. Out: one object of JSON types. A block is the JSON of
BLOCK stories, deflated, in base64: neighbours resemble each other, so that a story takes some 200 octets.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..export.text import short_text
from ..story import Fact, Step, Story, StoryCertificate, iter_stories
from .tables import Inspected

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 256  # stories that the page unpacks together
MOST_STEPS = 60  # of a story on the page; `tlsinspect show` tells all
LONGEST_TEXT = 1000  # characters


def pack_stories(inspection: Inspected, connections: pd.DataFrame) -> dict[str, Any]:
    """The stories of connections, in their order: {"block": how many in each, "blocks": base64 texts}."""
    told = map(plain_story, iter_stories(inspection, connections))
    blocks = [pack(block) for block in iter(lambda: [*islice(told, BLOCK)], [])]
    return {"block": BLOCK, "blocks": blocks, "command": f"tlsinspect show {clean(inspection.arguments)}"}


def pack(value: Any) -> str:
    """JSON, deflated (zlib, RFC 1950), in base64: nothing in it can end a script element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return b64encode(zlib.compress(text.encode("ascii"))).decode("ascii")


def plain_story(story: Story) -> dict[str, Any]:
    """A story as JSON types."""
    return {
        "id": story.connection_id,
        "title": clean(story.title),
        "outcome": clean(story.outcome),
        "clues": [clean(line) for line in story.clues],
        "facts": plain_facts(story.facts),
        "steps": [*plain_steps(story.steps[:MOST_STEPS])],
        "left_out": max(len(story.steps) - MOST_STEPS, 0),
        "offered": plain_facts(story.offered),
        "chosen": plain_facts(story.chosen),
        "trust": clean(story.trust),
        "client_trust": clean(story.client_trust),
        "staples": [clean(line) for line in story.staples],
        "certificates": [plain_certificate(certificate) for certificate in story.certificates],
        "unseen": [clean(line) for line in story.unseen],
        "filter": clean(story.display_filter),
    }


def plain_facts(facts: Sequence[Fact]) -> list[list[str]]:
    """Name, value and meaning of each."""
    return [[fact.name, clean(fact.value), clean(fact.meaning)] for fact in facts]


def plain_steps(steps: Sequence[Step]) -> Iterator[list[Any]]:
    """Packet, seconds, sender, title, what it is for where that is new, and facts, of each."""
    explained: set[str] = set()
    for step in steps:
        explanation = "" if step.explanation in explained else step.explanation
        explained.add(step.explanation)
        facts = ", ".join(clean(fact.value) for fact in step.facts)
        yield [step.packet, round(step.seconds, 6), step.sender, clean(step.title), explanation, facts]


def plain_certificate(certificate: StoryCertificate) -> list[Any]:
    """Side, position, subject, what speaks against it, and facts."""
    remarks = [clean(remark) for remark in certificate.remarks]
    return [
        certificate.side, certificate.position, clean(certificate.subject), remarks, plain_facts(certificate.facts)
    ]  # fmt: skip


@lru_cache(maxsize=1 << 14)
def clean(text: str) -> str:
    """A text as the page shows it: stories repeat each other."""
    return short_text(text, LONGEST_TEXT)
