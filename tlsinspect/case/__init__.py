"""A case: captures, what was run on them, what came out and what was noted, in one folder that another can repeat.

Goes in: captures, commands, notes. Comes out: a folder with the inputs by hash, the outputs by hash, and a log whose
entries are chained by hash; and the verdict of doing everything again. Nothing is read from the captures here: every
run is a process of its own, with the same words, in the same environment, wherever the folder stands.
"""

from __future__ import annotations

from .build import Case, add_inputs, add_note, create_case, open_case
from .run import add_run
from .verify import Check, verify_case

__all__ = ["Case", "Check", "add_inputs", "add_note", "add_run", "create_case", "open_case", "verify_case"]
