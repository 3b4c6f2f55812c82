"""PROGRAMS: what is run side by side, and what each is asked for, declared once.

To add a program, add a row. `fraction` is the part of a large capture that a slow
program is given; its time is then scaled, and marked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent
CAPTURES = ROOT / "captures"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""What programs run in: the first run of one in Python writes byte code, as for whoever installs it."""

BASE = "tlsinspect"  # what the others are compared with
RUN_TLSINSPECT = "from tlsinspect.__main__ import run; run()"

TSHARK_FIELDS = (
    "frame.number", "frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "tcp.srcport", "tcp.dstport",
    "tcp.stream", "udp.srcport", "udp.stream", "tls.handshake.type", "tls.record.version", "tls.handshake.version",
    "tls.handshake.extensions.supported_version", "tls.handshake.ciphersuite",
    "tls.handshake.extensions_server_name", "tls.handshake.extensions_alpn_str",
    "tls.handshake.extensions_supported_group", "tls.handshake.sig_hash_alg", "tls.handshake.ja3",
    "tls.handshake.ja3s", "tls.handshake.certificate",
)  # fmt: skip

Command = Callable[[Path, Path], list[str]]


@dataclass(frozen=True)
class Program:
    """A program: `command` makes its arguments from the capture and the file for its output.

    What it prints goes to that file too, unless the command writes it itself or it is `silenced`: what writes as much
    as it reads would keep the disk busy while the next ones are measured.
    """

    name: str
    asked_for: str
    command: Command
    executable: str
    module: str = ""
    fraction: float = 1.0
    silenced: bool = False
    environment: dict[str, str] = field(default_factory=lambda: ENVIRONMENT)

    def missing(self) -> str:
        """What it lacks to run here; empty where nothing is missing."""
        if shutil.which(self.executable) is None:
            return f"no {self.executable}"
        probe = [self.executable, "-c", f"import {self.module}"]
        if self.module and subprocess.run(probe, check=False, capture_output=True, env=self.environment).returncode:
            return f"no Python package {self.module}"
        return ""


def tlsinspect(
    name: str, python: str, package: Path | None, fraction: float = 1.0, more: tuple[str, ...] = ()
) -> Program:
    """tlsinspect as installed for `python`, or of the folder `package`, with more options."""

    def command(capture: Path, output: Path) -> list[str]:
        options = ["--table", "connections", "--format", "parquet", "-o", str(output), *more]
        return [python, "-c", RUN_TLSINSPECT, "export", str(capture), *options]

    environment = ENVIRONMENT | ({"PYTHONPATH": str(package)} if package else {})
    return Program(
        name, "every column of every connection, as Parquet", command, python, BASE, fraction, environment=environment
    )


def messages_command(program: Program, capture: Path, output: Path) -> list[str]:
    """The same program, asked for every handshake message."""
    return [word if word != "connections" else "messages" for word in program.command(capture, output)]


def variant_of(program: Program) -> str:
    """Whether tlsinspect, as this program runs it, is compiled."""
    probe = [program.executable, "-c", "from tlsinspect.wire import record; print(record.__file__)"]
    found = subprocess.run(probe, check=False, capture_output=True, text=True, env=program.environment, cwd="/")
    return "tlsinspect not compiled" if found.stdout.strip().endswith(".py") else "tlsinspect compiled"


def peer(name: str, asked_for: str, python: str, fraction: float) -> Program:
    """A Python package, used by its script in peers/."""
    script = FOLDER / "peers" / f"with_{name}.py"
    return Program(name, asked_for, lambda capture, _: [python, str(script), str(capture)], python, name, fraction)


def programs(python: str, peers_python: str, package: Path | None, pure: bool) -> list[Program]:
    """Every program, the floor first. `peers_python` is the interpreter that has the Python peers."""
    fields = [part for name in TSHARK_FIELDS for part in ("-e", name)]
    found = [
        Program("cat", "nothing: the floor", lambda capture, _: ["cat", str(capture)], "cat", silenced=True),
        Program("capinfos", "packets counted", lambda capture, _: ["capinfos", str(capture)], "capinfos"),
        Program(
            "tcpdump",
            "packets copied",
            lambda capture, _: ["tcpdump", "-r", str(capture), "-w", "/dev/null"],
            "tcpdump",
        ),
        tlsinspect(BASE, python, package),
        tlsinspect("tlsinspect, one process", python, package, more=("--processes", "1")),
        Program(
            "ndpiReader",
            "flows with names and fingerprints, no chains",
            lambda capture, _: ["ndpiReader", "-i", str(capture), "-v", "2"],
            "ndpiReader",
        ),
        Program(
            "tshark",
            f"{len(TSHARK_FIELDS)} fields of each handshake message",
            lambda capture, _: ["tshark", "-r", str(capture), "-Y", "tls.handshake", "-T", "fields", *fields],
            "tshark",
        ),
        peer("nfstream", "flows with names and fingerprints, no chains, as a frame", peers_python, 1.0),
        peer("pyshark", "handshake types, names and certificates counted", peers_python, 0.05),
        peer("scapy", "handshake messages counted", peers_python, 0.05),
    ]
    if pure:
        found.append(tlsinspect("tlsinspect, not compiled", python, ROOT, 0.1, ("--processes", "1")))
    return found
