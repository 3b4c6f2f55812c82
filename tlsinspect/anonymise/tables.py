"""An Inspection -> one whose tables hold pseudonyms; judgements are those that were made of the original.

The connections, messages and so on are changed column by column (treatments.py), certificates are replaced by those
that anonymise_certificate makes, and chains and offers follow from them. What the findings are about was found in the
original; what they say is read from the new tables.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import PurePath
from typing import Any

import pyarrow as pa

from ..columns import COLUMNS
from ..failures import CAUSES
from ..findings import CAPTURE_RULES, RULES, Facts, build_findings
from ..inspection import Inspection
from ..reading import Finished
from ..registry import ALPN_PROTOCOLS
from ..tables import arrow_schema, build_certificates, build_chains, build_offers
from ..tables.arrow import Shared
from ..tables.context import Context
from ..totals import Totals
from .certificates import anonymise_certificate
from .identity import identify
from .primes import other_prime
from .pseudonyms import Pseudonyms
from .treatments import (
    ADDRESS,
    ALPN,
    CAPTURE,
    CERTIFICATE,
    FROM_NEW_CERTIFICATE,
    FROM_OLD_CERTIFICATE,
    IDENTITY,
    KEEP,
    KEY_NAME,
    LEFT_OUT,
    NAME,
    OCTETS,
    PRIME,
    RANDOM,
    TREATMENTS,
)

HIDDEN = "[not shown]"
ENDINGS = frozenset({".pcap", ".pcapng", ".cap", ".gz", ".zst", ".xz", ".bz2"})
KNOWN_PROTOCOLS = {name.decode("latin-1") for name in ALPN_PROTOCOLS}
CAPTURE_LETTERS = 8


def anonymise(inspection: Inspection, own: Pseudonyms) -> Inspection:
    """The same inspection to be shown to others. No capture can be read through it.

    What of indicator lists was met is left out: what lists say of a match would tell who it is.
    """
    return Anonymiser(inspection, own).build()


class Anonymiser:
    """Makes the tables of one inspection."""

    def __init__(self, inspection: Inspection, own: Pseudonyms) -> None:
        self.old = inspection
        self.own = own
        self.connections = inspection.arrow("connections")
        ids = self.connections["connection_id"].to_pylist()
        self.identities = self.make_identities()
        self.ids = {old: new for old, (new, _) in zip(ids, self.identities, strict=True)}
        old_certificates = inspection.reading.context.certificates
        used = inspection.arrow("certificates")["sha256"].to_pylist()
        made = {old: anonymise_certificate(old_certificates[old], own) for old in used}
        self.hashes = {old: sha256(der).hexdigest() for old, der in made.items()}
        names = [self.capture_name(name) for name in inspection.reading.totals.names]
        self.context = Context(names, {self.hashes[old]: der for old, der in made.items()}, {})
        self.treatments: dict[str, Callable[[Any], Any]] = {
            KEEP: lambda value: value,
            ADDRESS: own.address,
            NAME: own.name,
            OCTETS: own.hexadecimal,
            RANDOM: lambda text: own.random(bytes.fromhex(text)).hex(),
            KEY_NAME: own.hexadecimal,
            PRIME: lambda text: other_prime(bytes.fromhex(text.zfill(len(text) + len(text) % 2)), own).hex(),
            CERTIFICATE: lambda old: self.hashes.get(old) or own.hexadecimal(old),
            CAPTURE: self.capture_name,
            ALPN: lambda name: protocol_name(name, own),
            IDENTITY: lambda name: self.ids.get(name) or own.hexadecimal(name),
        }

    def build(self) -> Inspection:
        """The inspection."""
        connections = self.build_connections()
        certificates = self.build_certificates(connections)
        made = {
            "connections": connections,
            "certificates": certificates,
            "chains": build_chains(connections),
            "offers": build_offers(connections),
        }
        for table in COLUMNS:
            if table in TREATMENTS and table not in made:
                made[table] = self.build_table(table)
        told = Facts(connections, certificates, made.__getitem__)
        made["findings"] = build_findings(Facts.of(self.old), RULES, CAPTURE_RULES, told)
        for table in COLUMNS:  # of what is left nobody has said what in it identifies anybody
            made.setdefault(table, arrow_schema(table).empty_table())
        selection = HIDDEN if self.old.selection else ""
        shared = Inspection(made, self.reading(), " ".join(self.context.captures), selection)
        shared.at, shared.days = self.old.at, self.old.days
        return shared

    def reading(self) -> Finished:
        """What stands for the reading."""
        old = self.old.reading.totals
        totals = Totals(self.context.captures, old.tls_ports, old.limits)
        totals.interrupted = old.interrupted
        totals.damage = [(self.capture_name(name), error) for name, error in old.damage]
        totals.listed, totals.selected = old.listed, old.selected
        totals.certificates = dict(self.context.certificates)
        return Finished((), totals, self.context)

    def make_identities(self) -> list[tuple[str, str | None]]:
        """The new ids of every connection."""
        names = ("client_ip", "client_port", "server_ip", "server_port", "transport")
        starts = self.connections["time_start"].cast(pa.int64()).to_pylist()
        columns = [self.connections[name].to_pylist() for name in names]
        return [
            identify(self.own.address(client), client_port, self.own.address(server), server_port, transport, start)
            for client, client_port, server, server_port, transport, start in zip(*columns, starts, strict=True)
        ]

    def build_table(self, table: str) -> pa.Table:
        """A table of the original, column by column."""
        rows = self.old.arrow(table)
        columns = []
        for field in rows.schema:
            if field.name in LEFT_OUT.get(table, ()):
                columns.append(pa.nulls(len(rows), field.type))
            elif is_text(field.type):
                make = self.treatments.get(TREATMENTS[table].get(field.name, ""))
                columns.append(pa.nulls(len(rows), field.type) if make is None else changed(rows[field.name], make))
            else:
                columns.append(rows[field.name])
        return pa.table(columns, schema=rows.schema)

    def build_connections(self) -> pa.Table:
        """The connections, with what follows from ids, certificates and causes."""
        made = self.build_table("connections")
        leaves = [chain[0] if chain else None for chain in made["certificate_sha256s"].to_pylist()]
        facts = [self.context.leaf(leaf) if leaf and leaf in self.context.certificates else None for leaf in leaves]
        causes = made["failure_cause"].to_pylist()
        filled = {
            "community_id": [community for _, community in self.identities],
            "subject": [each.subject if each else None for each in facts],
            "issuer": [each.issuer if each else None for each in facts],
            "failure_reason": [sentence_of(cause) for cause in causes],
        }
        for name, values in filled.items():
            place = made.schema.get_field_index(name)
            made = made.set_column(place, made.schema.field(place), pa.array(values, made.schema.field(place).type))
        return made

    def build_certificates(self, connections: pa.Table) -> pa.Table:
        """The certificates: facts that identify from the new ones, the others from the old ones."""
        new = build_certificates(connections, self.context)
        rows = {row["sha256"]: row for row in new.to_pylist()}
        made = []
        for old in self.old.arrow("certificates").to_pylist():
            fresh = rows[self.hashes[old["sha256"]]]
            row = {name: value for name, value in old.items() if not isinstance(value, str | list)}
            row |= {name: without_numbers(old[name]) for name in FROM_OLD_CERTIFICATE}
            row |= {name: fresh[name] for name in FROM_NEW_CERTIFICATE}
            row["issue"] = None if old["issue"] is None else HIDDEN
            made.append(row)
        return pa.Table.from_pylist(made, arrow_schema("certificates"))

    def capture_name(self, name: str) -> str:
        """A capture's pseudonym, with its ending."""
        endings = "".join(ending for ending in PurePath(name).suffixes if ending in ENDINGS)
        letters = self.own.letters(name.encode("utf-8", "backslashreplace").ljust(CAPTURE_LETTERS))
        return f"capture-{letters[:CAPTURE_LETTERS]}{endings}"


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds text, in whatever form."""
    if pa.types.is_list(kind):
        return is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_map(kind) or pa.types.is_large_string(kind))


def changed(column: pa.ChunkedArray, make: Callable[[Any], Any]) -> pa.Array:
    """A column whose texts are changed one by one, equal ones once."""
    values = column.to_pylist()
    if pa.types.is_map(column.type):
        return column
    if pa.types.is_list(column.type):
        keys = [None if value is None else tuple(value) for value in values]
        return Shared(keys).column(
            lambda key: None if key is None else [None if each is None else make(each) for each in key], column.type
        )
    return Shared(values).column(lambda key: None if key is None else make(key), column.type)


def protocol_name(name: str, own: Pseudonyms) -> str:
    """An ALPN name: one that IANA lists, or GREASE, stays; of others the ends, of which JA4 is made."""
    if name in KNOWN_PROTOCOLS or name.startswith("GREASE (0x"):
        return name
    return own.protocol(name.encode("utf-8")).decode("ascii", "replace")


def sentence_of(cause: str | None) -> str | None:
    """Why a handshake failed, in the words of the catalogue."""
    return None if cause is None else f"{CAUSES[cause].title[:1].upper()}{CAUSES[cause].title[1:]}."


def without_numbers(value: Any) -> Any:
    """A word, or words, unless they are object identifiers that have no name."""
    if isinstance(value, list):
        return [each for each in value if without_numbers(each) is not None]
    return None if isinstance(value, str) and "." in value and value.replace(".", "").isdecimal() else value
