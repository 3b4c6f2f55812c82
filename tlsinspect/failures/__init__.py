"""Why a handshake was not finished, in one sentence, and what most likely mends it.

In: the record of one connection. Out: a cause of the closed list in causes.py, and the sentence. What else in
the capture speaks for it is told by the stories.
"""

from __future__ import annotations

from .causes import CAUSES, Cause
from .explain import Explanation, Failure, explain

__all__ = ["CAUSES", "Cause", "Explanation", "Failure", "explain"]
