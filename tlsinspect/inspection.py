"""read(captures) -> Inspection: the one place where all the parts meet.

Goes in: what a person names. Comes out: frames.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from . import tables
from .arguments import Path, check_filter, check_kind, check_ports, check_time, check_trust, list_ids, list_paths, pick
from .columns import COLUMNS, PIVOTS
from .errors import TlsInspectError
from .opening import TLS_PORTS, Overlap, command_arguments, open_reading
from .reading import BATCH_TABLES, Finished, Origin, Progress, without_cyclic_collection
from .tables.encoded import encode, sort_encoded
from .tables.on_demand import ByColumn, FrameOnDemand
from .wire.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from builtins import property as cached_property  # which every type checker takes for what protocols ask for
    from datetime import date

    import pandas as pd

    from .answers import Answer
    from .compliance import Check, Ledger, WhatIf
    from .filters.compile import Filter
    from .indicators import Indicators
    from .policies import Policy
    from .story import Story
    from .validation import Log, Trust, Validator
else:
    from functools import cached_property

JUDGED = frozenset({"validation", "client_validation", "ocsp", "findings", "scts"})
"""Tables that follow from the trust and the time by which certificates are judged."""

ORDER = {
    "connections": ("time_start", "connection_id"),
    "messages": ("time", "connection_id", "number"),
    "alerts": ("time", "connection_id", "packet"),
}

PROBLEMS_ORDER = [("capture", "ascending"), ("packet", "ascending"), ("connection_id", "ascending")]
"""What stands in the file itself comes last; problems of one packet stay as they were noted."""

FEW = {"messages": ("sender", "record_type", "message_type")}
"""Columns of few different texts, which are held once."""


class Inspection:
    """What is in the captures, as pandas frames with the columns of tlsinspect.columns.

    Frames are made when they are first asked for. `interrupted` is True when reading
    was ended early; `damage` lists damaged files as (capture, DecodeError), `copies` files that were not read as
    (copy, capture with the same octets), `passed_over` files of a folder that may hide captures as (file, what it is):
    those of other formats, and archives. `selection` is the filter whose connections alone these are, empty where all
    of them are; `days` are those of a store whose connections alone these are, empty where all are; `tls_ports` are the
    ports on which every connection has a row. `trust`, `at` and `indicators` are what `trusting` and `with_indicators`
    were given: by default None, None and none. Up to `processes` judge chains where there are thousands: by default as
    many as read. An inspection can be pickled, so that processes of one's own can read and hand it back.
    """

    def __init__(
        self,
        arrow: dict[str, pa.Table],
        reading: Origin,
        reading_arguments: str = "-",
        selection: str = "",
    ) -> None:
        """`reading_arguments` are the captures and options that read the same on the command line."""
        self.arrow_tables = arrow
        self.reading_arguments = reading_arguments
        self.selection = selection
        self.days = ""
        self.reading = reading
        self.interrupted = reading.totals.interrupted
        self.damage = reading.totals.damage
        self.copies = reading.totals.copies
        self.passed_over = reading.totals.passed_over
        self.tls_ports = reading.totals.tls_ports
        self.trust: Trust | None = None
        self.at: datetime | None = None
        self.indicators: tuple[Indicators, ...] = ()
        self.processes = 1

    def __getstate__(self) -> dict[str, Any]:
        """Be pickled without what verified chains, which is made anew when it is asked for."""
        return {name: value for name, value in vars(self).items() if name != "validator"}

    @property
    def arguments(self) -> str:
        """The words of a command line that mean the same connections."""
        chosen = f" --where {shlex.quote(self.selection)}" if self.selection else ""
        return self.reading_arguments + chosen

    def where(self, expression: str) -> Inspection:
        """The same inspection of only those connections of which a filter is true, in every table: docs/filter.md.

        Messages, alerts, chains, offers, certificates, findings and ports are those of these connections; problems
        that concern no connection, and captures, stay. Raises FilterError, which points at the mistake.
        """
        from .filters.compile import Filter  # loads Arrow's computations

        return self.restricted(Filter(expression).apply(self.arrow("connections")), expression)

    def only(self, connection_ids: str | Iterable[str]) -> Inspection:
        """The same inspection of only the connections that have this id or one of these, in every table, as `where`."""
        import pyarrow.compute as pc  # dear to import

        connections, ids = self.arrow("connections"), list_ids(connection_ids)
        chosen = pc.is_in(connections["connection_id"], value_set=pa.array(ids, pa.string()))
        return self.restricted(connections.filter(chosen), f"connection_id in {ids}")

    def restricted(self, connections: pa.Table, selection: str) -> Inspection:
        """The inspection of some of the connections, that `selection` selects."""
        made = {"connections": connections}
        for table in ("messages", "alerts", "problems"):
            if table in self.arrow_tables:
                made[table] = of_connections(self.arrow(table), connections)
        both = f"({self.selection}) and ({selection})" if self.selection else selection
        other = Inspection(made, self.reading, self.reading_arguments, both)
        other.indicators, other.days, other.processes = self.indicators, self.days, self.processes
        return other.trusting(self.trust, self.at)

    def trusting(self, trust: Trust | None = None, at: datetime | None = None) -> Inspection:
        """The same inspection, whose chains and dates are judged by other trust or at another time.

        Certificates are judged at each connection's start, or `at` one time for all (without a time zone: UTC); raises
        TypeError for what is no time, and no Trust.
        `trust` comes from tlsinspect.validation.load_trust; by default Mozilla's roots. What follows from them is made
        anew: validation, client_validation, ocsp, findings, scts.
        """
        check_time(at)
        check_trust(trust)
        kept = {name: table for name, table in self.arrow_tables.items() if name not in JUDGED}
        other = Inspection(kept, self.reading, self.reading_arguments, self.selection)
        other.trust, other.at, other.indicators, other.days = trust, at, self.indicators, self.days
        other.processes = self.processes
        return other

    def select(self, table: str, expression: str) -> pd.DataFrame:
        """The rows of a table of COLUMNS, or of a pivot, of which a filter over its own columns is true.

        Raises FilterError for a filter that says nothing, KeyError for a name of no table.
        """
        rows = self.pivot_arrow(table) if table in PIVOTS else self.arrow(table)
        return tables.to_frame(make_filter(expression, table).apply(rows))

    def __repr__(self) -> str:
        """The captures and how many connections there are, on one line."""
        from .glance import render_line

        return render_line(self)

    def _repr_html_(self) -> str:
        """What a notebook shows: the captures, the versions in use, the frames."""
        from .glance import render_glance

        return render_glance(self)

    def arrow(self, table: str) -> pa.Table:
        """One of the tables as Arrow; raises KeyError for a name that is not in COLUMNS."""
        made = self.on_demand(table)
        if isinstance(made, ByColumn):
            made = self.arrow_tables[table] = made.whole
        return made

    def on_demand(self, table: str) -> pa.Table:
        """A table for those who take single columns: what makes them when they are asked for, unless all were."""
        if table not in self.arrow_tables:
            with without_cyclic_collection():
                self.arrow_tables[table] = self.build(table)
        return self.arrow_tables[table]

    def frame_on_demand(self) -> pd.DataFrame:
        """The connections frame for those who take single columns, which are made when they are asked for."""
        columns = self.on_demand("connections")
        if "connections" in vars(self) or not isinstance(columns, ByColumn):
            return self.connections
        return cast("pd.DataFrame", FrameOnDemand(columns))

    def build(self, table: str) -> pa.Table:
        """Make a table that follows from others."""
        if table == "chains":
            return tables.build_chains(self.on_demand("connections"))
        if table == "offers":
            return tables.build_offers(self.on_demand("connections"))
        if table == "certificates":
            return tables.build_certificates(self.on_demand("connections"), self.reading.context)
        if table == "staples":
            return tables.build_staples(self.on_demand("connections"), self.reading.context)
        if table == "findings":
            return self.build_findings()
        if table == "ports" and self.selection:
            return self.reading.totals.build_ports(self.on_demand("connections"))
        if table == "validation":
            return self.build_validation()
        if table == "client_validation":
            return self.build_client_validation()
        if table == "ocsp":
            return self.build_ocsp()
        if table == "scts":
            return self.build_scts()
        if table == "messages":
            raise TlsInspectError("messages were not read: read(..., messages=True) notes them")
        pick(COLUMNS, table, "table")
        return self.reading.totals.build(table, self.reading.sources)

    def frame(self, table: str) -> pd.DataFrame:
        """One of the tables as a pandas frame."""
        return tables.to_frame(self.arrow(table))

    @cached_property
    def connections(self) -> pd.DataFrame:
        """A row per connection with TLS, on a TLS port, or with an upgrade to TLS that was not taken."""
        return self.frame("connections")

    @cached_property
    def certificates(self) -> pd.DataFrame:
        """A row per distinct certificate."""
        return self.frame("certificates")

    @cached_property
    def chains(self) -> pd.DataFrame:
        """A row per certificate in a chain."""
        return self.frame("chains")

    @cached_property
    def offers(self) -> pd.DataFrame:
        """A row per offered suite, group, signature algorithm, extension, version or protocol."""
        return self.frame("offers")

    @cached_property
    def messages(self) -> pd.DataFrame:
        """A row per handshake message, CCS, alert and first application data."""
        return self.frame("messages")

    @cached_property
    def alerts(self) -> pd.DataFrame:
        """A row per alert."""
        return self.frame("alerts")

    @cached_property
    def ports(self) -> pd.DataFrame:
        """A row per server port and protocol, all TCP connections counted."""
        return self.frame("ports")

    @cached_property
    def problems(self) -> pd.DataFrame:
        """A row per thing that could not be read."""
        return self.frame("problems")

    @cached_property
    def captures(self) -> pd.DataFrame:
        """A row per capture file."""
        return self.frame("captures")

    @cached_property
    def findings(self) -> pd.DataFrame:
        """A row per finding and server, client, certificate or capture that it is about, the worst first."""
        return self.frame("findings")

    def build_findings(self) -> pa.Table:
        """Make the findings table, with what of the inspection's lists of indicators was met."""
        from .findings import CAPTURE_RULES, RULES, Facts, build_findings  # asked for by few

        found = build_findings(Facts.of(self), RULES, CAPTURE_RULES)
        for each in self.indicators:
            from .indicators import add_matches  # asked for by fewer

            found = add_matches(found, each, self.on_demand("connections"), self.arrow("certificates"))
        return found

    def pivot(self, name: str) -> pd.DataFrame:
        """The connections with TLS turned around, rare things first (docs/pivots.md), by a name: hosts, names,
        certificate_uses, fingerprints, beacons or timeline; raises KeyError for another.
        """
        return tables.to_frame(self.pivot_arrow(name))

    def pivot_arrow(self, name: str) -> pa.Table:
        """A pivot as Arrow; raises KeyError for another name."""
        from .pivots import build_pivot

        return build_pivot(name, self.on_demand("connections"), self.arrow("certificates"))

    @cached_property
    def validation(self) -> pd.DataFrame:
        """A row per connection: does the server's chain lead to a root that is trusted, and if not, what is wrong."""
        return self.frame("validation")

    def validate(self, at: datetime | None = None, trust: Trust | None = None) -> pd.DataFrame:
        """The validation frame for another time or trust: see `trusting`."""
        return tables.to_frame(self.trusting(trust, at).arrow("validation"))

    def build_validation(self) -> pa.Table:
        """Make the validation table."""
        from .validation import build_validation  # asked for by few
        from .validation.transparency import judge_transparency

        stamps = judge_transparency(self.arrow("scts"), self.arrow("certificates"))
        problems = self.arrow("problems")
        return build_validation(
            self.on_demand("connections"), self.validator, self.at, stamps, problems, self.processes
        )

    @cached_property
    def client_validation(self) -> pd.DataFrame:
        """A row per connection: does the chain that the client sent lead to a root that is trusted (mutual TLS)."""
        return self.frame("client_validation")

    def build_client_validation(self) -> pa.Table:
        """Make the client_validation table."""
        from .validation import build_client_validation  # asked for by few

        problems = self.arrow("problems")
        return build_client_validation(self.on_demand("connections"), self.validator, self.at, problems, self.processes)

    @property
    def limits(self) -> Limits:
        """The limits that the captures were read with, and are judged with."""
        return self.reading.totals.limits

    @cached_property
    def validator(self) -> Validator:
        """What judges chains, by this inspection's trust: one for all tables, since it remembers what it verified."""
        from .validation import load_trust, open_validator  # asked for by few

        return open_validator(self.trust or load_trust(), self.reading.context, self.limits)

    @cached_property
    def staples(self) -> pd.DataFrame:
        """A row per OCSP response or list of SCTs that servers stapled, with its octets."""
        return self.frame("staples")

    @cached_property
    def ocsp(self) -> pd.DataFrame:
        """A row per OCSP response that a server stapled: what it says, who signed it, what it is worth."""
        return self.frame("ocsp")

    def build_ocsp(self) -> pa.Table:
        """Make the ocsp table."""
        from .validation import build_ocsp  # asked for by few

        return build_ocsp(self.on_demand("connections"), self.reading.context.staples, self.validator, self.at)

    @cached_property
    def scts(self) -> pd.DataFrame:
        """A row per signed certificate timestamp: inside a certificate, in a TLS extension, in an OCSP response."""
        return self.frame("scts")

    def build_scts(self, logs: Mapping[bytes, Log] | None = None) -> pa.Table:
        """The scts table as Arrow; `logs` come from tlsinspect.validation.load_logs, by default known_logs()."""
        from .validation import known_logs  # asked for by few
        from .validation.sct import build_scts

        names = self.arrow("certificates")["sha256"].to_pylist()
        logs = known_logs() if logs is None else logs
        connections, staples = self.on_demand("connections"), self.reading.context.staples
        return build_scts(connections, names, staples, self.validator, logs, self.at)

    def answers(self) -> list[Answer]:
        """The questions that people bring to a capture, each with its number, its caveat and its cases."""
        from .answers import build_answers

        return build_answers(self, self.arguments)

    def cases(self, question_id: str) -> pd.DataFrame:
        """Every connection that is a case of a question, by the id of its answer; raises KeyError for another."""
        from .answers import build_cases

        return build_cases(question_id, self)

    def check(self, policy: str | os.PathLike[str] | Policy, at: date | None = None) -> Check:
        """Judge the connections by a policy: its name, the path of a .toml file, or a Policy.

        It is judged as on the day `at`, or on that of the last connection; of a time its day in UTC counts. Raises
        PolicyError for what is no policy.
        """
        from .compliance import check_policy
        from .policies import Policy, load_policy

        asked = policy if isinstance(policy, Policy) else load_policy(policy)
        return check_policy(self.on_demand("connections"), self.arrow("certificates"), asked, at, self.arrow)

    def whatif(
        self,
        policy: str | os.PathLike[str] | Policy = "",
        drop: str = "",
        at: date | None = None,
        severity_at_least: str = "info",
    ) -> WhatIf:
        """What would break if a policy were enforced, or what `drop` names were switched off ("TLS 1.0,CBC").

        One of `policy` and `drop`; of a policy the requirements count that bind on the day `at` and are at least so
        severe. Raises PolicyError for what is no policy and for terms that mean nothing, ValueError for both or none
        and for what is no severity.
        """
        from .compliance import build_whatif
        from .policies import Policy, load_policy
        from .policies.drop import parse_drop

        check_kind(drop, str, "what to drop is a text, such as 'TLS 1.0,CBC'")
        if bool(policy) == bool(drop):
            raise ValueError("what-if takes a policy or what to drop: one of the two")
        asked = parse_drop(drop) if drop else policy if isinstance(policy, Policy) else load_policy(policy)
        return build_whatif(self.on_demand("connections"), asked, at, severity_at_least, self.on_demand("captures"))

    def quantum(self) -> Ledger:
        """The quantum ledger: what could be read later, by what protects it, and the servers to migrate first."""
        from .compliance import build_ledger

        return build_ledger(self.on_demand("connections"))

    def match(self, indicator_files: Path | Iterable[Path]) -> pd.DataFrame:
        """What of this list or these was met, as rows with the columns of the findings frame: docs/indicators.md.

        Raises TlsInspectError for a file that cannot be read, or that holds nothing to look for.
        """
        from .indicators import match_indicators, read_indicators

        indicators = read_indicators(list_paths(indicator_files))
        return tables.to_frame(match_indicators(indicators, self.on_demand("connections"), self.arrow("certificates")))

    def with_indicators(self, indicators: Indicators) -> Inspection:
        """The same inspection, with what of these lists was met among its findings, and so in what is selected.

        They come from tlsinspect.indicators.read_indicators. What was given before stays.
        """
        from .indicators import Indicators

        check_kind(indicators, Indicators, "indicators are what tlsinspect.indicators.read_indicators makes of files")
        other = self.trusting(self.trust, self.at)
        other.arrow_tables = {name: table for name, table in self.arrow_tables.items() if name != "findings"}
        other.indicators = (*self.indicators, indicators)
        return other

    def find_connections(self, text: str | int) -> pd.DataFrame:
        """The connections that a person means by an id or its start, a packet number, a server name or an address.

        Of packets the one that completes a message counts; a name or address may have a port behind it. No rows where
        nothing fits.
        """
        from .story import find_connections

        return find_connections(self, text)

    def story(self, connection_id: str) -> Story:
        """One connection in plain words, step by step; raises KeyError for an id that is not there."""
        from .story import build_story

        return build_story(self, connection_id)


def read(
    captures: Path | Iterable[Path],
    ports: Iterable[int] = TLS_PORTS,
    progress: Progress | None = None,
    processes: int = 1,
    overlap: Overlap = "first",
    limits: Limits = DEFAULT_LIMITS,
    where: str = "",
    messages: bool = True,
) -> Inspection:
    """Read captures and return what their TLS says.

    `captures` is a file, folder or glob, "-" for standard input, or several of them,
    read as one, each once, whatever copies of it there are; `ports` are the ports on which every connection gets a row.
    `progress` is called with (bytes read, bytes in all or None). Up to `processes` worker
    processes share captures that are large enough; where these cannot be forked (Windows, macOS, and beside other
    threads), a script has to call this below `if __name__ == "__main__":`. Where two copies of the same octets
    differ, `overlap` says which counts: "first", or "last" of those that wait because
    something before them has not come (what is in turn is read at once). `limits` bound what is
    kept meanwhile; what they cut off is among the problems. Raises CaptureError
    when nothing can be read; damage further on ends up in `problems`. Raises TypeError and ValueError for arguments
    of another type, and out of range. Of connections of which the filter `where`
    is not true nothing is kept: `read(..., where=text)` gives what `read(...).where(text)` does, in less memory.
    Without `messages` there is no messages frame, nor what is made of it, and reading takes less time and memory: who
    asks for it, for a story, a report or packets, meets a TlsInspectError.
    """
    paths, ports = list_paths(captures), check_ports(ports)
    selected = None
    if where is not None:
        check_filter(where)
    if where:
        from .filters.compile import Filter

        selected = Filter(where)
    wanted = [name for name in BATCH_TABLES if messages or name != "messages"]
    reading = open_reading(paths, ports, wanted, progress, processes, overlap, limits, selected, encoded=True)
    batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in wanted}
    with without_cyclic_collection():
        for batch in reading:
            batches[batch.table].append(encode(batch.rows, FEW.get(batch.table, ())))
    made: dict[str, pa.Table] = {
        name: sort_encoded(name, batches[name], keys) for name, keys in ORDER.items() if name in batches
    }
    problems = pa.Table.from_batches(batches["problems"], tables.arrow_schema("problems"))
    noted = pa.concat_tables([reading.totals.build("problems", reading.sources), problems])
    made["problems"] = noted.sort_by(PROBLEMS_ORDER)
    finished = Finished(reading.sources, reading.totals, reading.context)
    inspection = Inspection(made, finished, command_arguments(paths, ports, overlap, limits), where)
    inspection.processes = processes
    return inspection


def make_filter(text: str, table: str = "connections", listed: str = "") -> Filter:
    """A filter of the rows of a table, see Filter, that knows the ids of findings as well."""
    from .filters.compile import Filter

    words = {}
    if table == "findings":
        from .indicators.match import finding_ids

        words["id"] = finding_ids()
    return Filter(text, table, listed, words)


def of_connections(rows: pa.Table, connections: pa.Table) -> pa.Table:
    """The rows of a table that are about one of these connections, or about none."""
    import pyarrow.compute as pc  # dear to import

    ids = rows["connection_id"]
    known = connections["connection_id"].combine_chunks()
    return rows.filter(pc.or_(pc.is_null(ids), pc.is_in(ids, value_set=known)))
