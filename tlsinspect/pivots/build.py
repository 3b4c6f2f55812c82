"""The pivots by name."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa

from ..arguments import pick
from .beacons import build_beacons
from .group import tls_rows
from .hosts import build_hosts
from .things import build_certificate_uses, build_fingerprints, build_names
from .timeline import build_timeline

BUILDERS: dict[str, Callable[[pa.Table, pa.Table], pa.Table]] = {
    "hosts": build_hosts,
    "names": build_names,
    "certificate_uses": build_certificate_uses,
    "fingerprints": build_fingerprints,
    "beacons": build_beacons,
    "timeline": build_timeline,
}


def build_pivot(name: str, connections: pa.Table, certificates: pa.Table) -> pa.Table:
    """One of the tables of PIVOTS; raises KeyError for a name that is not among them."""
    return pick(BUILDERS, name, "pivot")(tls_rows(connections, certificates), certificates)
