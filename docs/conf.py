"""How Sphinx makes a site of the repository's pages: make site. A link that leads nowhere ends the making."""

from __future__ import annotations

import re
from typing import Any

project = "tlsinspect"
author = "the tlsinspect developers"
project_copyright = "MIT licence"
extensions = ["myst_parser"]
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 3
root_doc = "docs/index"
include_patterns = ["README.md", "CHANGELOG.md", "captures/README.md", "docs/**.md"]
html_theme = "furo"
html_title = "tlsinspect"
html_show_sphinx = False
html_copy_source = False
html_extra_path = ["start"]

HEADING = re.compile(r"^(For users|For developers|Decisions)", re.MULTILINE)
PAGE = re.compile(r"\]\(([^)#]+)\.md\)")


def add_contents(_app: Any, page: str, source: list[str]) -> None:
    """Make the site's table of contents of the lists on its first page, so that there is one of them."""
    if page != root_doc:
        return
    parts = HEADING.split(source[0])[1:]
    for caption, text in zip(parts[::2], parts[1::2], strict=True):
        pages = "\n".join(PAGE.findall(text))
        source[0] += f"\n\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n"


def setup(app: Any) -> None:
    """What Sphinx calls first."""
    app.connect("source-read", add_contents)
