"""Make roots/mozilla.csv from releases of certifi: `python -m tlsinspect.validation.generate_roots FOLDER`.

In: wheels and source archives, as `pip download --no-deps certifi==VERSION` gets them. Out: a row per root that any of
them has, with the day of the first release that has it and of the first later one that has it no more.
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from base64 import b64encode
from binascii import a2b_base64
from datetime import date
from hashlib import sha256
from pathlib import Path

from .history import HISTORY
from .trust import PEM

BUNDLE = "certifi/cacert.pem"
RELEASED = {"1.0.1": date(2014, 3, 10), "14.05.14": date(2014, 5, 14)}  # versions that are no dates


def read_bundle(archive: Path) -> bytes:
    """The list of roots in a release."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(BUNDLE)
    with tarfile.open(archive) as source:
        name = next(name for name in source.getnames() if name.endswith(BUNDLE))
        file = source.extractfile(name)
        assert file is not None
        return file.read()


def released(archive: Path) -> date:
    """The day of a release, which its version mostly is."""
    version = archive.name.removesuffix(".tar.gz").split("-")[1]
    return RELEASED.get(version) or date(*map(int, version.split(".")[:3]))


def main(folder: Path) -> None:
    """Read the releases and write the rows, the roots in the order of their SHA-256."""
    releases = sorted((released(path), path) for path in folder.iterdir())
    sets = [
        (day, {sha256(der).hexdigest(): der for der in (a2b_base64(block[1]) for block in PEM.finditer(text))})
        for day, text in ((day, read_bundle(path)) for day, path in releases)
    ]
    rows = []
    for name in sorted(set().union(*(found for _, found in sets))):
        days = [day for day, found in sets if name in found]
        der = next(found[name] for _, found in sets if name in found)
        gone = [day for day, found in sets if name not in found and day > days[-1]]
        added = "" if days[0] == sets[0][0] else days[0].isoformat()
        rows.append(f"{added},{gone[0].isoformat() if gone else ''},{b64encode(der).decode()}")
    head = f"# {sets[0][0].isoformat()} to {sets[-1][0].isoformat()}\nadded,removed,certificate\n"
    HISTORY.write_text(head + "\n".join(rows) + "\n", "ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
