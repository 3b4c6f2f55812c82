"""From a dataset of connections to series: one pass, in the order of days, in bounded memory.

In: pyarrow datasets of the tables `connections` and `certificates`. Out: an Adoption. Where the files are
partitioned by `day`, a period is counted and forgotten when its last day has passed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..errors import StoreError
from ..looks import CIRCUMSTANCES, FAMILIES, LOOKS, Part, look_fields
from ..looks.encode import Encoder, Hashes, join
from ..store.files import files_read, iter_rows
from .catalogue import SERIES, period_start
from .count import count_series, number_keys
from .divide import count_parts, divide, join_parts
from .pairs import Tallies
from .patterns import Patterns
from .scan import iter_batches
from .series import Adoption, Period

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow.dataset as ds

    from ..store import Store
    from ..store.store import Day

NANOSECONDS_PER_DAY = 86_400 * 10**9
KEY_COLUMNS = (
    "time_start", "client_ip", "server_ip", "server_port", "server_name", "client_bytes", "server_bytes",
    "certificate_sha256s",
)  # fmt: skip
CERTIFICATE_COLUMNS = (
    "sha256", "issuer", "self_signed", "key_type", "key_bits", "curve", "signature_algorithm", "not_before",
    "validity_days",
)  # fmt: skip
KEYS = ("clients", "servers", "names")
UNITS_OF = {family: (*KEYS, "certificates") if family == "certificate" else KEYS for family in FAMILIES}
"""What the series of each family are counted by, besides connections and bytes."""
DAYS_OF = {"day": 1, "week": 7, "month": 31}
MOST_PERIODS = 4_000
"""Periods from the first to the last connection, empty ones too: eleven years by day. Each is drawn in every chart."""
Progress = Callable[[int, int], None]


def build_adoption(
    store: Store,
    by: str = "month",
    since: Day = None,
    until: Day = None,
    progress: Progress | None = None,
    processes: int = 1,
) -> Adoption:
    """Count every series of SERIES in every period of a store, `by` day, week or month (UTC).

    `since` and `until` are days, both included. Raises as count_adoption does, and StoreError where the days of the
    store make more than MOST_PERIODS, TypeError for what is no Store.
    """
    if not hasattr(store, "parts"):
        raise TypeError(f"adoption is counted of a Store, as tlsinspect.Store opens it, not {type(store).__name__}")
    check_span(store, by, since, until)
    connections = store.dataset("connections", since, until)
    return count_adoption(connections, store.dataset("certificates"), by, progress, processes)


def check_span(store: Store, by: str, since: Day, until: Day) -> None:
    """Raise StoreError for more periods than can be charted: one packet by a wrong clock makes thousands of them."""
    days = sorted({date.fromisoformat(day) for _, day, _, _ in store.parts("connections", since, until)})
    if not days:
        return
    periods = ((days[-1] - days[0]).days // DAYS_OF.get(by, DAYS_OF["month"])) + 1
    if periods > MOST_PERIODS:
        reason = (
            f"connections from {days[0]} to {days[-1]} are about {periods:,} periods of a {by}, and at most "
            f"{MOST_PERIODS:,} are charted: where a clock was wrong, name the days by --since and --until"
        )
        raise StoreError(store.url, reason)


def count_adoption(
    connections: ds.Dataset,
    certificates: ds.Dataset,
    by: str = "month",
    progress: Progress | None = None,
    processes: int = 1,
) -> Adoption:
    """The same of datasets of connections and certificates, with the columns of COLUMNS.

    A connection counts where it starts. `progress` is told how many of how many connections are done.
    A large dataset is shared by so many `processes`. Raises KeyError for another period than day, week or month.
    """
    period_start(0, by)
    with files_read():
        total = connections.count_rows() if progress else 0
        parts = divide(connections, by, processes)
    if len(parts) == 1:
        return count_part(connections, certificates, by, (lambda done: progress(done, total)) if progress else None)
    counted, done = [], 0
    for part, adoption in count_parts(count_part, parts, certificates, by, processes):
        counted.append(adoption)
        if progress:
            done += part.count_rows()
            progress(done, total)
    return join_parts(by, counted)


def count_part(
    connections: ds.Dataset, certificates: ds.Dataset, by: str, told: Callable[[int], None] | None = None
) -> Adoption:
    """Count a dataset in this process; `told` hears how many connections are done."""
    builder = Builder(by, certificates)
    done = 0
    for day, batch in iter_batches(connections, needed_columns(), narrow_columns()):
        builder.add(batch, day)
        done += batch.num_rows
        if told:
            told(done)
    return builder.finish()


def needed_columns() -> list[str]:
    """The columns of connections that some series looks at."""
    parts = (*CIRCUMSTANCES, *(part for family in FAMILIES.values() for part in family))
    return list(dict.fromkeys([*KEY_COLUMNS, *(part.column for part in parts)]))


def narrow_columns() -> list[str]:
    """The columns that say the same, of files that have those of LOOKS."""
    parts = [part for family, own in FAMILIES.items() if family not in LOOKS for part in own]
    named = (*KEY_COLUMNS, *(part.column for part in parts), *(field.name for field in look_fields()))
    return list(dict.fromkeys(named))


class Builder:
    """Counts that grow batch by batch."""

    def __init__(self, by: str, certificates: ds.Dataset) -> None:
        self.by = by
        self.encoder = Encoder()
        self.known_certificates = KnownCertificates(certificates)
        self.patterns = {family: Patterns(family, self.encoder, self.known_certificates.find) for family in FAMILIES}
        self.tallies = Tallies(UNITS_OF)
        self.periods: dict[int, Period] = {}

    def add(self, batch: pa.RecordBatch, day: int | None) -> None:
        """Count a batch; where `day` is known all are of it, and none that follow are of an earlier one."""
        timed = batch.filter(batch.column("time_start").is_valid()) if batch.column("time_start").null_count else batch
        if day is not None:
            self.count_before(period_start(day, self.by))
        if not timed.num_rows:
            return
        nanoseconds = timed.column("time_start").cast(pa.int64()).to_numpy()
        days = nanoseconds // NANOSECONDS_PER_DAY if day is None else np.full(timed.num_rows, day, np.int64)
        periods = self.start_of(days)
        self.note(nanoseconds, days, periods)
        octets = sum(
            pc.fill_null(timed.column(name), 0).to_numpy(zero_copy_only=False)
            for name in ("client_bytes", "server_bytes")
        )
        keys = self.keys_of(timed)
        hashed: dict[Part | str, Hashes] = {}
        numbers = {family: patterns.identify(timed, hashed) for family, patterns in self.patterns.items()}
        self.tallies.add(periods, octets, keys, numbers)

    def keys_of(self, batch: pa.RecordBatch) -> dict[str, Hashes]:
        """What distinct hosts, names and certificates are told by."""
        encoder = self.encoder
        server = encoder.texts(batch.column("server_ip"))
        return {
            "clients": encoder.texts(batch.column("client_ip")),
            "servers": np.where(server == 0, server, join(server, encoder.numbers(batch.column("server_port")))),
            "names": encoder.texts(lower(batch.column("server_name"))),
            "certificates": encoder.firsts(batch.column("certificate_sha256s")),
        }

    def start_of(self, days: NDArray[np.int64]) -> NDArray[np.int32]:
        """The first day of the period of each day, both counted from 1970."""
        distinct, places = np.unique(days, return_inverse=True)
        return np.array([period_start(day, self.by) for day in distinct.tolist()], np.int32)[places]

    def note(self, nanoseconds: NDArray[np.int64], days: NDArray[np.int64], periods: NDArray[np.int32]) -> None:
        """Note what time each period was seen in."""
        for start in np.unique(periods).tolist():
            chosen = periods == start
            period = self.periods.setdefault(start, Period(start))
            period.days.update(np.unique(days[chosen]).tolist())
            period.first = min(period.first, int(nanoseconds[chosen].min()))
            period.last = max(period.last, int(nanoseconds[chosen].max()))

    def count_before(self, period: int | None) -> None:
        """Count the periods before one, or all, and forget their pairs."""
        if period is not None and all(start >= period or each.counts for start, each in self.periods.items()):
            return
        for family, patterns in self.patterns.items():
            pairs = {}
            for unit in UNITS_OF[family]:
                taken = self.tallies.take_before(family, unit, period)
                if taken is not None:
                    pairs[unit] = taken
            if not pairs:
                continue
            for start in np.unique(pairs["clients"].period).tolist():
                keyed = {unit: number_keys(each.take(each.period == start)) for unit, each in pairs.items()}
                for series in SERIES.values():
                    if series.family == family:
                        self.periods[start].counts[series.name] = count_series(keyed, patterns.categories(series.name))

    def finish(self) -> Adoption:
        """Count what is left."""
        self.count_before(None)
        names = {series.name: self.patterns[series.family].categories(series.name).names for series in SERIES.values()}
        return Adoption(self.by, [self.periods[start] for start in sorted(self.periods)], names)


def lower(array: pa.Array) -> pa.Array:
    """Names in small letters, the dictionary's alone where there is one."""
    if not pa.types.is_dictionary(array.type):
        return pc.utf8_lower(array)
    return pa.DictionaryArray.from_arrays(array.indices, pc.utf8_lower(array.dictionary))


class KnownCertificates:
    """The certificates of a store, each once, read when the first is asked for."""

    def __init__(self, dataset: ds.Dataset) -> None:
        self.dataset = dataset
        self.table: pa.Table | None = None

    def find(self, sums: pa.Array) -> pd.DataFrame:
        """The rows of these certificates."""
        from ..tables.arrow import to_frame

        if self.table is None:
            self.table = self.read()
        return to_frame(self.table.filter(pc.is_in(self.table["sha256"], sums)))

    def read(self) -> pa.Table:
        """Read the columns that categories follow from, passing over what was met before."""
        seen: set[str] = set()
        parts = [self.dataset.schema.empty_table().select(CERTIFICATE_COLUMNS)]
        for batch in iter_rows(self.dataset, CERTIFICATE_COLUMNS):
            fresh = []
            for place, name in enumerate(batch.column("sha256").to_pylist()):
                if name not in seen:
                    seen.add(name)
                    fresh.append(place)
            if fresh:
                parts.append(pa.Table.from_batches([batch.take(pa.array(fresh))]))
        return pa.concat_tables(parts).replace_schema_metadata()
