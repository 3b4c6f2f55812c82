"""The captures of the notebooks' investigations: a culprit each, and everyday traffic beside it.

Made as demo.pcapng is: real connections of real programs, those of each visit moved in time together.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from authority import RECIPES, build_authority_certificate, build_leaf, make_key, write_certificates, write_key
from capture_files import Packet, build_pcapng, read_pcap
from cryptography import x509
from cryptography.x509.oid import NameOID
from demo import COMMENT, SECOND, move_connections, plan_visits, record_visits
from demo_visits import Visits, python, s_client
from manifest import FOLDER, Entry
from network import HOSTS
from recording import build_entry, store
from scenario import Client, Places, Server

CURL = "curl -s --cacert {pki}/bundle.crt"
TRUSTING_CURL = "curl -s --cacert {pki}/office.crt"  # both authorities, as the machines of an office do
OLD_SERVER = (
    "openssl s_server -accept {port} -cert {{pki}}/{name}.crt -cert_chain {{pki}}/intermediate.crt "
    "-key {{pki}}/{name}.key -quiet -WWW"
)

WEB = Server(
    "web", "{python} {programs}/intercepted_server.py 443 {pki} www.example shop.example blog.example --maximum TLSv1_2"
)
API = Server("api", "{python} {programs}/intercepted_server.py 443 {pki} api.example")
PROXIED = " ".join(HOSTS[name].ipv4 for name in ("desktop", "laptop"))
PROXIED_WEB, PROXIED_API = (replace(server, command=f"{server.command} --proxied {PROXIED}") for server in (WEB, API))

IMPLANT = Server(
    "shell", "openssl s_server -accept 8443 -cert {pki}/implant.crt -key {pki}/implant.key -quiet -WWW", 8443
)
APPLIANCE = Server(
    "device", "openssl s_server -accept 443 -cert {pki}/device.crt -key {pki}/device.key -tls1_2 -quiet -WWW"
)
OFFICE = (
    Visits(Client("desktop", f"{CURL} https://www.example/index.html"), 9),
    Visits(Client("desktop", f"{CURL} https://shop.example/index.html"), 5, "growing"),
    Visits(Client("tablet", f"{CURL} https://blog.example/index.html"), 6),
    Visits(Client("laptop", f"{CURL} https://www.example/index.html"), 6, "fading"),
    Visits(python("build", "api.example 443 --authority {pki}/bundle.crt --alpn http/1.1"), 8),
)
BEACON = (
    *OFFICE,
    Visits(s_client("monitor", "-connect api.example:443 -servername api.example"), 24, "regular"),
    Visits(Client("desktop", "curl -sk https://device.test/index.html"), 4),
    Visits(
        python("laptop", f"{HOSTS['shell'].ipv4} 8443 --nameless --maximum TLSv1_2 --ciphers AES256-SHA256:AES128-SHA"),
        32,
        "regular",
    ),
)

STAFF = (
    Visits(Client("desktop", f"{TRUSTING_CURL} https://www.example/index.html"), 5),
    Visits(Client("desktop", f"{TRUSTING_CURL} https://shop.example/index.html"), 3),
    Visits(Client("desktop", f"{TRUSTING_CURL} https://api.example/index.html"), 4),
    Visits(Client("laptop", f"{TRUSTING_CURL} https://blog.example/index.html"), 4),
    Visits(Client("laptop", f"{TRUSTING_CURL} https://www.example/index.html"), 3),
    Visits(python("laptop", "shop.example 443 --authority {pki}/bundle.crt"), 3),
    Visits(Client("tablet", f"{CURL} https://www.example/index.html"), 4),
    Visits(Client("tablet", f"{CURL} https://api.example/index.html"), 3),
)

EVERY_VERSION = "-cipher DEFAULT:@SECLEVEL=0"
SHOP = Server("web", OLD_SERVER.format(port=443, name="www-rsa") + f" {EVERY_VERSION}")
CASHDESK = Server("old", OLD_SERVER.format(port=443, name="cashdesk") + f" -tls1 {EVERY_VERSION}")
PROBES = ("-tls1", "-tls1_1", "-tls1_2", "-tls1_3")
LEGACY = (
    Visits(Client("desktop", f"{CURL} https://www.example/index.html"), 8),
    Visits(Client("tablet", f"{CURL} --tls-max 1.2 https://www.example/index.html"), 6),
    Visits(python("build", "api.example 443 --authority {pki}/bundle.crt"), 8, "growing"),
    Visits(s_client("laptop", f"-connect cashdesk.test:443 -servername cashdesk.test {EVERY_VERSION}"), 5),
    Visits(s_client("printer", f"-connect www.example:443 -noservername -tls1 {EVERY_VERSION}"), 9, "regular"),
    *(
        Visits(s_client("scanner", f"-connect {target} {probe} {EVERY_VERSION}"), 1, "burst", 4)
        for target in ("www.example:443", "api.example:443")
        for probe in PROBES
    ),
)

Phase = tuple[float, float, Sequence[Server], Sequence[Visits]]


def make_beacon(places: Places) -> Entry:
    """A working day with a beacon in it, a monitor that is as regular, and an appliance that is self-signed too."""
    return make_investigation(
        "beacon",
        places,
        ((0.0, 8.0, (WEB, API, IMPLANT, APPLIANCE), BEACON),),
        "A working day: a beacon with a self-signed certificate and no name, among a monitor that is as regular and "
        "an appliance that is self-signed as well",
        ("tcp.port == 8443 && tls.handshake.type == 11", 'x509sat.uTF8String == "localhost"'),
    )


def make_interception(places: Places) -> Entry:
    """A day on which, at noon, a proxy begins to answer for the servers."""
    make_gateway(places)
    return make_investigation(
        "interception",
        places,
        ((0.0, 3.5, (WEB, API), STAFF), (4.0, 7.5, (PROXIED_WEB, PROXIED_API), STAFF)),
        "A working day: from noon on a proxy with an authority of its own answers two of three clients for every "
        "server; one program refuses it",
        ('x509sat.uTF8String == "Example Gateway Inspection CA"', "tls.alert_message.desc == 48"),
    )


def make_legacy_client(places: Places) -> Entry:
    """A day with a client that can do nothing but TLS 1.0, a server that can do nothing else, and a scanner."""
    return make_investigation(
        "legacy-client",
        places,
        ((0.0, 6.0, (SHOP, API, CASHDESK), LEGACY),),
        "A working day: a client that offers nothing better than TLS 1.0, a server that takes nothing better, and a "
        "scanner that tries every version",
        ("tls.handshake.type == 2 && tls.handshake.version == 0x0301", "tls.alert_message.desc == 70"),
    )


def make_investigation(
    name: str, places: Places, phases: Sequence[Phase], shows: str, checks: tuple[str, ...]
) -> Entry:
    """Record each phase (from hour, to hour, servers, visits), put all on one day, state its facts."""
    day = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=1)
    packets: list[Packet] = []
    for number, (begin, end, servers, visits) in enumerate(phases):
        raw = places.work / f"{name}-{number}.pcap"
        first = int((day + timedelta(hours=begin)).timestamp()) * SECOND
        plan = plan_visits(random.Random(f"{name} {number}"), first, visits, end - begin)
        visited = record_visits(plan, places, raw, servers)
        packets += move_connections(read_pcap(raw)[1], visited)
    checked = places.work / f"{name}.pcapng"
    checked.write_bytes(build_pcapng(packets, COMMENT, interface="br-clients"))
    target = FOLDER / "investigations" / f"{name}.pcapng"
    programs = [server.command for _, _, servers, _ in phases for server in servers]
    programs += [visit.client.command for _, _, _, visits in phases for visit in visits]
    entry = build_entry(name, checked, target, shows=shows, commands=programs, checks=checks)
    target.parent.mkdir(exist_ok=True)
    store(checked, target)
    return replace(entry, commands=["see makers/investigations.py"])


def make_gateway(places: Places) -> None:
    """The proxy's authority, its certificates for the servers' names, and what the office's machines trust."""
    key = make_key("rsa2048")
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example Networks"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Example Gateway Inspection CA"),
        ]
    )
    authority = build_authority_certificate(name, key, name, key, path_length=0)
    for recipe in RECIPES:
        if recipe.name in ("www", "shop", "blog", "api"):
            own = make_key("rsa2048")
            minted = replace(recipe, key="rsa2048", first_day=-4, last_day=90)
            stem = places.pki / f"gateway-{recipe.name}"
            write_certificates(stem.with_suffix(".crt"), [build_leaf(minted, own, authority, key), authority])
            write_key(stem.with_suffix(".key"), own)
    office = (places.pki / "bundle.crt").read_bytes()
    write_certificates(places.pki / "office.crt", [authority])
    with (places.pki / "office.crt").open("ab") as file:
        file.write(office)
