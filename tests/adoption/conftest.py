"""The makers are scripts, not part of the package: let the tests import them by name."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "captures" / "makers"))
