"""Which part of the kernel its instructions go to, counted by valgrind: python benchmarks/instructions.py CAPTURE...

    python benchmarks/instructions.py mixed.pcap handshakes.pcap --markdown docs/benchmarks.md

Clocks cannot be put between parts that call each other as C does; instructions can be counted there. The walk through
the packets and the building of connections are counted, of each capture's first OCTETS: valgrind takes far longer
than the kernel. An instruction of a library's or of the interpreter's counts for the part that called it.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from measure import write_part
from programs import FOLDER
from results import put_between_markers

PARTS = {
    "records of the file": ("capfile", "pcap", "pcapng"),
    "frames, IP and tunnels": ("walk", "ethernet", "link", "ip", "tunnel", "ieee80211", "media"),
    "TCP and UDP connections": (
        "flow_table", "flow_key", "flow", "lone", "midstream", "closed", "flow_cost", "addresses",
    ),
    "TCP reassembly": ("stream",),
    "TLS records and messages": ("record", "messages", "hello", "certificate_list", "certificate_status", "sslv2"),
    "other protocols": (
        "carried_dtls", "carriers", "dtls", "eap", "eapol", "gquic", "openvpn", "quic", "quic_facts", "quic_frames",
        "quic_opener", "quic_packet", "radius", "rdpudp", "sctp", "tds",
    ),
    "connections": ("connection", "connection_builder", "outcome", "tally"),
    "fingerprints": ("fingerprints",),
}  # fmt: skip
"""Part -> its modules; those that are not here are tools, which count for who calls them."""

OCTETS = 50_000_000  # of each capture
SETTLED = 100  # rounds after which a cost that goes around in circles is where it belongs
MODULE = re.compile(r"tlsinspect/(?:[^/]+/)*(\w+)\.[^/]*\.so$")
NUMBERED = re.compile(r"\((\d+)\)(?: (.*))?")


@dataclass
class Function:
    """A function as valgrind saw it: instructions of its own, and with all they call those that it calls."""

    part: str | None
    own: int = 0
    calls: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))


def parse_profile(lines: Iterable[str]) -> dict[tuple[str, str], Function]:
    """The functions in a file of callgrind's, by object file and name. Spec: Callgrind Format Specification."""
    known: dict[tuple[str, str], str] = {}
    functions: dict[tuple[str, str], Function] = {}

    def name_of(kind: str, text: str) -> str:
        """A name, which is written out where its number is first used."""
        numbered = NUMBERED.fullmatch(text)
        if numbered is None:
            return text
        number, name = numbered.groups()
        return known.setdefault((kind, number), name or "")

    def function_of(place: tuple[str, str]) -> Function:
        """The record of a function."""
        if place not in functions:
            found = MODULE.search(place[0])
            functions[place] = Function(part_of_module(found[1]) if found else None)
        return functions[place]

    file = called_file = ""
    here = called = ("", "")
    calling = False
    for line in lines:
        key, _, value = line.rstrip().partition("=")
        if key == "ob":
            file = name_of("ob", value)
        elif key == "cob":
            called_file = name_of("ob", value)
        elif key == "fn":
            here = (file, name_of("fn", value))
            called_file = file
        elif key == "cfn":
            called = (called_file, name_of("fn", value))
            called_file = file
        elif key == "calls":
            calling = True
        elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
            cost = int(line.split()[1])
            if calling:
                function_of(here).calls[called] += cost
                function_of(called)
            else:
                function_of(here).own += cost
            calling = False
    return functions


def part_of_module(module: str) -> str | None:
    """The part that a module belongs to; None where it is a tool."""
    return next((part for part, modules in PARTS.items() if module in modules), None)


def shares_of(functions: Mapping[tuple[str, str], Function]) -> dict[str, float]:
    """The share of each part. What belongs to none is divided by who called it, as far as it was for each of them."""
    callers: dict[tuple[str, str], list[tuple[Function, int]]] = defaultdict(list)
    for function in functions.values():
        for place, cost in function.calls.items():
            callers[place].append((function, cost))
    whose: dict[int, dict[str, float]] = {
        id(function): {function.part: 1.0} if function.part else {} for function in functions.values()
    }
    for _ in range(SETTLED):
        for place, function in functions.items():
            if function.part is None:
                whose[id(function)] = mixed([(whose[id(caller)], cost) for caller, cost in callers[place]])
    spent: dict[str, float] = defaultdict(float)
    for function in functions.values():
        for part, share in whose[id(function)].items():
            spent[part] += share * function.own
    return {part: spent[part] / sum(spent.values()) for part in PARTS}


def mixed(of_callers: Iterable[tuple[Mapping[str, float], int]]) -> dict[str, float]:
    """The parts of callers, each as much as it spent; callers of which nothing is known yet do not count."""
    spent: dict[str, float] = defaultdict(float)
    for parts, cost in of_callers:
        for part, share in parts.items():
            spent[part] += share * cost
    whole = sum(spent.values())
    return {part: cost / whole for part, cost in spent.items()} if whole else {}


def count(capture: Path) -> dict[str, float]:
    """The shares of one capture's first packets."""
    with tempfile.TemporaryDirectory() as folder:
        given = capture
        if capture.stat().st_size > OCTETS:
            given = Path(folder, "part.pcap")
            write_part(capture, given, OCTETS)
        profile = Path(folder, "profile")
        subprocess.run(
            [
                "valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*Walk_advance",
                "--toggle-collect=*ConnectionBuilder_build", f"--callgrind-out-file={profile}",
                sys.executable, "-P", str(FOLDER / "kernel_alone.py"), str(given),
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        with profile.open(encoding="utf-8", errors="replace") as lines:
            return shares_of(parse_profile(lines))


def main() -> None:
    """Count, print, and put the table on a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", type=Path, nargs="+", metavar="CAPTURE")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="put the table between the markers of this file")
    options = parser.parse_args()
    shares = [count(capture.resolve(strict=True)) for capture in options.captures]
    lines = ["| part | " + " | ".join(capture.stem for capture in options.captures) + " |"]
    lines.append("| --- |" + " ---: |" * len(shares))
    lines += [f"| {part} | " + " | ".join(f"{each[part]:.0%}" for each in shares) + " |" for part in PARTS]
    table = "\n".join(lines)
    print(table)
    if options.markdown:
        put_between_markers(options.markdown, "instructions", table)


if __name__ == "__main__":
    main()
