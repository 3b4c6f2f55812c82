"""Reports: an HTML page with the files beside it, and one screen of text.

In: an Inspection. Out: files, or something that rich can print.
"""

from __future__ import annotations

from .html import write_report

__all__ = ["write_report"]
