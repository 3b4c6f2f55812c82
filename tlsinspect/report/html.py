"""The report as one HTML page and the files beside it.

In: an Inspection and a folder. Out: index.html, which needs nothing outside itself,
charts as SVG, PNG and CSV, and the frames as CSV. The page loads nothing, its policy
lets only its own style and scripts in, by their hashes, and every text that came from
the network is escaped. Without scripts everything but the explorer is there.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..charts import draw_chart, save_chart
from ..charts.files import csv_bytes, write_csv
from ..charts.svg import colour_variables
from ..export.text import cut_text, escape_control
from ..forked import sharing
from ..reading import without_cyclic_collection
from ..statistics.memory import remember
from ..whole import write_whole
from .explore import MOST_CONNECTIONS, build_explorer
from .figures import Drawing, draw_apart, prepare_drawing
from .page import Figure, Page, build_page, compose_figures, with_drawings
from .stories import pack, pack_stories, story_parts

if TYPE_CHECKING:
    from jinja2 import Environment

    from .inspected import Inspected

TEMPLATES = Path(__file__).parent / "templates"
TABULATOR = Path(__file__).parent / "vendor" / "tabulator"
SCRIPTS = ("story.js", "explore.js")
PAGE_NAME = "index.html"
FRAMES = ("captures", "connections", "certificates", "chains", "ports", "problems", "findings")
LATE = ("captures", "findings")  # those that take a while to make, and that the page is made of
LONGEST_TITLE = 120
LONGEST_CELL = 200
LONGEST_WORDS = 1000  # of several texts in one cell or sentence


def write_report(inspection: Inspected, directory: str | Path, title: str | None = None, processes: int = 1) -> Path:
    """Write the report into a directory, which is made if need be; return the path of the page.

    Without a title the page is named after the captures. So many `processes` draw the charts and tell the stories.
    Raises OSError where writing fails.
    """
    folder = Path(directory)
    tables = folder / "tables"
    tables.mkdir(parents=True, exist_ok=True)  # before the charts: drawing them would be in vain
    inspection = remember(inspection)
    with without_cyclic_collection():
        composed = compose_figures(inspection)
        explored = inspection.connections.head(MOST_CONNECTIONS)
        stories = story_parts(inspection, explored, processes)
        written = [partial(write_frame, inspection, name, tables) for name in FRAMES if name not in LATE]
        drawn = [partial(draw_figure, figure, folder / "charts") for figure in composed.figures.values()]
        work: list[Callable[[], Any]] = [*stories, *written, *drawn]
        prepare_drawing()
        with sharing(lambda part: part(), work, processes) as results:
            page = build_page(inspection, title or default_title(inspection), composed)
            explorer = build_explorer(inspection, explored)
            for name in LATE:
                write_frame(inspection, name, tables)
            for name, frame in page.policy.frames.items():
                (tables / f"{name}.csv").write_bytes(csv_bytes(frame))
            (tables / "failures.csv").write_bytes(csv_bytes(page.failures_frame))
            explorer["stories"] = pack_stories(inspection, islice(results, len(stories)))
            made = zip(composed.figures, islice(results, len(written), None), strict=True)
            drawings = {name: drawing for name, drawing in made if drawing is not None}
        path = folder / PAGE_NAME
        write_whole(path, render_page(with_drawings(page, drawings), explorer).encode())
    return path


def write_frame(inspection: Inspected, name: str, folder: Path) -> None:
    """Write one of the frames as CSV."""
    with (folder / f"{name}.csv").open("wb") as out:
        write_csv(getattr(inspection, name), out)


def draw_figure(figure: Figure, folder: Path) -> Drawing | None:
    """Save a chart as files, and draw it for the page unless it has nothing to show: then it is only named there."""
    save_chart(draw_chart(figure.content), folder, figure.content.name, figure.numbers)
    return None if figure.content.empty else draw_apart(figure.content)


def default_title(inspection: Inspected) -> str:
    """The names of the captures, as many as fit a title."""
    names = [str(name) for name in inspection.captures["capture"].dropna()]
    if not names:
        return "No capture"
    text = ", ".join(names)
    if len(names) == 1 or len(text) <= LONGEST_TITLE:
        return cut_text(text, LONGEST_TITLE)
    return f"{cut_text(names[0], LONGEST_TITLE)} and {len(names) - 1:,} more"


def render_page(page: Page, explorer: dict[str, Any]) -> str:
    """The page as HTML; `explorer` is what its script works with, of build_explorer."""
    environment = template_environment()
    own = environment.get_template("report.css").render(light=colour_variables(False), dark=colour_variables(True))
    style = f"{read_vendored('tabulator_simple.min.css')}\n{own}"
    licence = read_vendored("LICENSE").replace("*/", "* /")
    component = f"/*\nTabulator\n{licence}*/\n{read_vendored('tabulator.min.js')}"
    script = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS)
    files = [f"tables/{name}.csv" for name in (*FRAMES, "failures", *page.policy.frames)]
    return environment.get_template("report.html").render(
        page=page,
        style=as_markup(style),
        style_hash=source_hash(style),
        scripts=[as_markup(component), as_markup(script)],
        script_hashes=[source_hash(component), source_hash(script)],
        explorer=pack(explorer),
        version=__version__,
        files=files,
    )


def read_vendored(name: str) -> str:
    """A file of the table component."""
    return (TABULATOR / name).read_text(encoding="utf-8").strip() + "\n"


def source_hash(text: str) -> str:
    """What a content security policy calls a style or script by."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}"


def template_environment() -> Environment:
    """The templates' environment: everything escaped, control characters made visible first."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=show_cell,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["cut"] = partial(cut_text, most=LONGEST_CELL)
    environment.globals["cut_words"] = cut_words
    return environment


def cut_words(text: str) -> str:
    """Several texts in one, cut where together they are too long, and each word as a cell is."""
    return cut_text(" ".join(cut_text(word, LONGEST_CELL) for word in text.split(" ")), LONGEST_WORDS)


def show_cell(value: Any) -> Any:
    """A value as the page shows it: texts without control and bidi characters, markup of our own as it is."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return escape_control(value)
    return value


def as_markup(text: str) -> str:
    """Text of our own that is markup already."""
    from markupsafe import Markup

    return Markup(text)
