"""Make the sample captures: `python captures/makers/make_captures.py [NAME ...]`.

Without names all are made. Needs root, for the network namespaces; see captures/README.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from demo import make_demo
from investigations import make_beacon, make_interception, make_legacy_client
from manifest import Entry, write_manifest
from network import open_network
from programs_used import list_missing
from recording import make_handshake
from scenario import Places
from scenarios_carriers import CARRIERS
from scenarios_certificates import CERTIFICATES
from scenarios_datagrams import DATAGRAMS
from scenarios_failures import ALERTS, SILENCES
from scenarios_network import NETWORK
from scenarios_ports import PORTS
from scenarios_programs import PROGRAMS_AS_THEY_COME
from scenarios_quic import QUIC_VERSIONS
from scenarios_sessions import RESUMPTIONS, SESSIONS
from scenarios_suites import SUITES
from scenarios_versions import VERSIONS
from variant import make_variant
from variants_format import FORMAT_VARIANTS
from variants_ip import IP_VARIANTS
from variants_link import LINK_VARIANTS
from variants_quic import QUIC_VARIANTS
from variants_sctp import SCTP_VARIANTS
from variants_tcp import TCP_VARIANTS

SCENARIOS = (
    *VERSIONS,
    *SUITES,
    *CERTIFICATES,
    *RESUMPTIONS,
    *SESSIONS,
    *ALERTS,
    *SILENCES,
    *PROGRAMS_AS_THEY_COME,
    *PORTS,
    *DATAGRAMS,
    *QUIC_VERSIONS,
    *CARRIERS,
    *NETWORK,
)
VARIANTS = (*TCP_VARIANTS, *LINK_VARIANTS, *IP_VARIANTS, *QUIC_VARIANTS, *SCTP_VARIANTS, *FORMAT_VARIANTS)
JOBS: dict[str, Callable[[Places], Entry]] = {
    **{scenario.name: partial(make_handshake, scenario) for scenario in SCENARIOS},
    "demo": make_demo,
    "beacon": make_beacon,
    "interception": make_interception,
    "legacy-client": make_legacy_client,
    **{variant.name: partial(make_variant, variant) for variant in VARIANTS},
}


def main() -> int:
    """Read the command line, make what it names, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("--work", type=Path, help="scratch folder to use and keep, to read what the programs said")
    parser.add_argument("--missing", action="store_true", help="print what is not installed and stop")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in JOBS]
    if unknown:
        parser.error(f"no such capture: {', '.join(unknown)}")
    if arguments.list or arguments.missing:
        print("\n".join(JOBS if arguments.list else list_missing()))
        return 0
    names = arguments.names or list(JOBS)
    if arguments.work:
        arguments.work.mkdir(parents=True, exist_ok=True)
        return make_all(names, arguments.work.resolve())
    with tempfile.TemporaryDirectory(prefix="captures-") as folder:
        return make_all(names, Path(folder))


def make_all(names: list[str], work: Path) -> int:
    """Make the named captures, in the order of the tables, and bring the manifest up to date.

    One that fails does not keep the others from being made; the exit code says that it did.
    """
    made: list[Entry] = []
    failed = 0
    with open_network():
        places = Places(work)
        places.prepare()
        for name, job in JOBS.items():
            if name not in names:
                continue
            try:
                made.append(job(places))
                print(f"made {made[-1].path}: {made[-1].packets} packets, {made[-1].bytes:,} bytes", flush=True)
            except (OSError, RuntimeError, ValueError) as error:
                failed += 1
                print(f"{name}: {error}", file=sys.stderr, flush=True)
    write_manifest(made, set(JOBS))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
