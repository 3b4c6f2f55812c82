"""Stories: one connection in plain words, step by step, and how it is found.

In: an Inspection, or anything with its frames. Out: Story records. The numbers are
those of the frames; the words are for a reader who has just met HTTPS.
"""

from __future__ import annotations

from .build import build_story, iter_stories
from .find import find_connections
from .record import Fact, Inspected, Step, Story, StoryCertificate

__all__ = ["Fact", "Inspected", "Step", "Story", "StoryCertificate", "build_story", "find_connections", "iter_stories"]
