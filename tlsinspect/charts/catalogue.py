"""CHARTS: which charts there are. To add a chart of shares, add a row."""

from __future__ import annotations

from ..registry import GROUPS
from ..registry.suites import KEY_EXCHANGES, group_facts
from ..statistics.categories import suite_class
from ..statistics.lifetimes import BEFORE_LIMITS, WITHIN
from ..statistics.offers import GREASE, NO_WEAK_KIND
from ..statistics.ports import PORT_UNITS
from .compose import (
    Chart,
    Legend,
    compose_handshake_times,
    compose_offers,
    compose_ports,
    compose_shares,
    compose_timeline,
)
from .measures import (
    compose_hello_sizes,
    compose_lifetimes,
    compose_remaining_days,
    compose_traffic,
    compose_version_matrix,
)
from .style import (
    BAD,
    CIPHER_CLASS_COLOURS,
    FORWARD_SECRET,
    GOOD,
    NOT_FORWARD_SECRET,
    PLAIN,
    POST_QUANTUM,
    PROTOCOL_COLOURS,
    REST,
    SECRECY_COLOURS,
    VERSION_COLOURS,
    Colour,
    version_colour,
)

POST_QUANTUM_EXCHANGES = ("hybrid", "KEM")
FORWARD_SECRET_EXCHANGES = frozenset(label for label, _, secret in KEY_EXCHANGES.values() if secret)
POST_QUANTUM_GROUPS = frozenset(name for code, name in GROUPS.items() if group_facts(code).post_quantum)
GOOD_OUTCOMES = ("established", "nothing against it", NO_WEAK_KIND, WITHIN)


def limit_colour(category: str) -> Colour:
    """TLS 1.3 in its colour, what stands against it not."""
    return VERSION_COLOURS["TLS 1.3"] if category == "TLS 1.3 agreed" else PLAIN


def suite_colour(category: str) -> Colour:
    """A suite has the colour of its kind of record protection."""
    return CIPHER_CLASS_COLOURS.get(suite_class(category) or "", PLAIN)


def suite_legend(categories: list[str]) -> Legend:
    """The kinds of record protection among the suites shown."""
    kinds = {suite_class(category) for category in categories}
    return [(name, colour) for name, colour in CIPHER_CLASS_COLOURS.items() if name in kinds]


def class_colour(category: str) -> Colour:
    """The colour of a kind of record protection."""
    return CIPHER_CLASS_COLOURS.get(category, PLAIN)


def exchange_colour(category: str) -> Colour:
    """A key exchange has the colour of the secrecy that it gives."""
    if category in POST_QUANTUM_EXCHANGES:
        return POST_QUANTUM
    return FORWARD_SECRET if category in FORWARD_SECRET_EXCHANGES else NOT_FORWARD_SECRET


def group_colour(category: str) -> Colour:
    """A group has the colour of the secrecy that it gives."""
    if category == GREASE:
        return REST
    return POST_QUANTUM if category in POST_QUANTUM_GROUPS else FORWARD_SECRET


def exchange_legend(categories: list[str]) -> Legend:
    """The degrees of secrecy among the key exchanges shown."""
    return secrecy_legend([exchange_colour(category) for category in categories])


def group_legend(categories: list[str]) -> Legend:
    """The degrees of secrecy among the groups shown."""
    return secrecy_legend([group_colour(category) for category in categories])


def secrecy_legend(used: list[Colour]) -> Legend:
    """The degrees of secrecy whose colours are used."""
    return [(name, colour) for name, colour in SECRECY_COLOURS.items() if colour in used]


def secrecy_colour(category: str) -> Colour:
    """The colour of a degree of secrecy."""
    return SECRECY_COLOURS.get(category, PLAIN)


def outcome_colour(category: str) -> Colour:
    """What went well, and what did not."""
    return GOOD if category in GOOD_OUTCOMES else BAD


def failure_colour(category: str) -> Colour:
    """No step at which handshakes fail is a good one."""
    return BAD


def lifetime_colour(category: str) -> Colour:
    """What keeps its limit, what does not, and what had none."""
    return PLAIN if category == BEFORE_LIMITS else outcome_colour(category)


def aead_colour(category: str) -> Colour:
    """An AEAD algorithm has the colour of its kind of record protection."""
    if category.startswith("AES-") and category.endswith("GCM"):
        return CIPHER_CLASS_COLOURS["AES-GCM"]
    return CIPHER_CLASS_COLOURS.get(category, CIPHER_CLASS_COLOURS["other AEAD"])


def quantum_colour(category: str) -> Colour:
    """Post-quantum in its colour, what stands against it not."""
    return POST_QUANTUM if category == "post-quantum agreed" else PLAIN


def protocol_colour(category: str) -> Colour:
    """A protocol's colour."""
    return PROTOCOL_COLOURS.get(category, REST)


CHARTS: dict[str, Chart] = {
    chart.name: chart
    for chart in (
        Chart("versions", "versions", compose_shares, colour=version_colour),
        Chart("versions-offered", "versions_offered", compose_offers, colour=version_colour),
        Chart("version-matrix", "version_pairs", compose_version_matrix),
        Chart("version-limit", "version_limit", compose_shares, colour=limit_colour),
        Chart(
            "tls13-over-time",
            "versions",
            compose_timeline,
            colour=version_colour,
            question="Does the use of TLS 1.3 change over the time of the capture?",
        ),
        Chart("cipher-suites", "cipher_suites", compose_shares, colour=suite_colour, legend=suite_legend),
        Chart("cipher-classes", "cipher_classes", compose_shares, colour=class_colour),
        Chart("aead", "aead", compose_shares, colour=aead_colour),
        Chart("weak-offers", "weak_offers", compose_shares, colour=outcome_colour),
        Chart("key-exchange", "key_exchange", compose_shares, colour=exchange_colour, legend=exchange_legend),
        Chart("groups", "groups", compose_shares, colour=group_colour, legend=group_legend),
        Chart("groups-offered", "groups_offered", compose_shares, colour=group_colour, legend=group_legend),
        Chart("post-quantum", "post_quantum_limit", compose_shares, colour=quantum_colour),
        Chart("secrecy", "secrecy", compose_shares, colour=secrecy_colour),
        Chart("certificate-keys", "key_types", compose_shares),
        Chart("certificate-signatures", "signature_algorithms", compose_shares),
        Chart(
            "certificate-lifetimes",
            "lifetime_limit",
            compose_lifetimes,
            colour=lifetime_colour,
            only_units=("certificates",),
        ),
        Chart("lifetime-classes", "lifetimes", compose_shares),
        Chart(
            "remaining-days",
            "validation",
            compose_remaining_days,
            only_units=("certificates",),
            question="How many days were left when certificates were seen?",
            caveat="Days from the start of a connection to not_after. TLS 1.3 and resumption show no certificate, so "
            "that these are the ones of older handshakes. Short-lived certificates have few days left on every day.",
        ),
        Chart("names-per-certificate", "names_per_certificate", compose_shares),
        Chart("authorities", "authorities", compose_shares),
        Chart("certificate-validity", "validation", compose_shares, colour=outcome_colour),
        Chart("ports", "protocols", compose_ports, colour=protocol_colour, only_units=PORT_UNITS),
        Chart("resumption", "resumption", compose_shares),
        Chart("failure-steps", "failure_steps", compose_shares, colour=failure_colour),
        Chart("hello-sizes", "hello_sizes", compose_hello_sizes, only_units=("connections",)),
        Chart(
            "traffic-over-time",
            "versions",
            compose_traffic,
            only_units=("connections",),
            question="When were there connections, and how much did they carry?",
            caveat="A connection counts, with all of its bytes, where it starts: one long download is one bar. Payload "
            "of TCP and UDP, without headers and repeats.",
        ),
        Chart("handshake-signatures", "handshake_signatures", compose_shares),
        Chart("signatures-offered", "signatures_offered", compose_shares),
        Chart("extensions-offered", "extensions_offered", compose_shares),
        Chart(
            "handshake-times",
            "versions",
            compose_handshake_times,
            only_units=("connections",),
            question="How long do handshakes take?",
            caveat="Times are those where the capture was taken: near the client they hold the whole round trip. "
            "Different servers speak different versions, so that distance and version are mixed up.",
        ),
        Chart("outcomes", "outcomes", compose_shares, colour=outcome_colour),
        Chart("application-protocols", "alpn", compose_shares),
        Chart("server-names", "server_names", compose_shares),
        Chart("clients", "ja4", compose_shares),
    )
}
