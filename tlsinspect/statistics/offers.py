"""What clients offer: categories of which a connection can have several at once.

In: rows of the connections frame. Out: a list of names per row, null where the offer
was not seen; an offer that was seen and holds nothing is an empty list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ..registry import extension_name, is_grease
from ..registry.suites import group_facts, suite_facts
from .hellos import cut_hellos
from .observations import Describe, Frames
from .rows import FrameColumns, Mask, known, mask_of
from .series import arrow_series, is_false, is_true, list_dtype, text_series

if TYPE_CHECKING:
    import pandas as pd

Codes = tuple[int, ...]
GREASE = "GREASE"
NO_WEAK_KIND = "no weak kind"
WEAK_KINDS = ("no encryption (NULL)", "no authentication (anon)", "export grade", "single DES", "RC4", "3DES")


def by_offer(column: str, name_of: Callable[[int], str]) -> Describe:
    """Categories are the names of the numbers in a list column; all GREASE values (RFC 8701) are one."""

    def categorise(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
        return name_lists(rows[column], by_name(name_of))

    categorise.__doc__ = f"Categories are the names of all values of `{column}`; the GREASE values are one."
    return categorise


def by_name(name_of: Callable[[int], str]) -> Callable[[Codes], Iterable[str]]:
    """Names of numbers; all GREASE values are one."""
    return lambda codes: (GREASE if is_grease(code) else name_of(code) for code in codes)


def extensions_offered(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categories are the names of all extensions; GREASE values are one, a ClientHello whose end is lost is unknown."""
    return name_lists(rows["client_extensions"].mask(cut_hellos(FrameColumns(rows))), by_name(extension_name))


def name_lists(column: pd.Series[str], name_offer: Callable[[Codes], Iterable[str]]) -> pd.Series[str]:
    """For each list of numbers its names, each once; null stays null. Equal lists are named once."""
    import pandas as pd
    import pyarrow as pa

    known: dict[Codes, list[str]] = {}
    named: list[list[str] | None] = []
    for values in pa.array(column).to_pylist():
        if values is None:
            named.append(None)
            continue
        codes = tuple(values)
        if codes not in known:
            known[codes] = list(dict.fromkeys(name_offer(codes)))
        named.append(known[codes])
    return pd.Series(named, index=column.index, dtype=list_dtype())


def weak_offers(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by every kind of suite among those offered that no version of TLS should use any more.

    Where the capture lacks the end of a list of suites, what it offers is unknown.
    """
    return name_lists(with_ssl2_kinds(rows).mask(cut_suites(rows)), weak_kinds)


def cut_suites(rows: pd.DataFrame) -> Mask:
    """Which lists of suites may go on in what the capture lacks: what stands behind them is not there, either."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = FrameColumns(rows)
    behind = pc.list_value_length(pa.array(rows["client_extensions"]))
    read_on = mask_of(pc.greater(behind, 0)) & ~known(columns, "sslv2_cipher_kinds")
    return cut_hellos(columns) & ~read_on


def with_ssl2_kinds(rows: pd.DataFrame) -> pd.Series[str]:
    """The suites that each client offers, with the cipher kinds of SSL 2.0 in a ClientHello of its format."""
    import pyarrow as pa

    suites, kinds = rows["cipher_suites"], rows["sslv2_cipher_kinds"]
    if not kinds.notna().any():
        return suites
    pairs = zip(pa.array(suites).to_pylist(), pa.array(kinds).to_pylist(), strict=True)
    lists = [None if known is None and old is None else [*(known or ()), *(old or ())] for known, old in pairs]
    return arrow_series(pa.array(lists, pa.list_(pa.uint32())), rows)


def weak_kinds(codes: Codes) -> list[str]:
    """The weak kinds among cipher suites, or that there is none; a suite can be of several kinds."""
    found = {kind for code in codes for kind in kinds_of(code)}
    return [kind for kind in WEAK_KINDS if kind in found] or [NO_WEAK_KIND]


def kinds_of(code: int) -> list[str]:
    """The weak kinds of one suite, of SSL 2.0 too; an unknown one is of none. Spec: RFC 9325 section 4.1."""
    facts = suite_facts(code)
    if not facts.cipher_mode:
        return []
    tests = (
        facts.cipher_mode == "NULL",
        facts.authentication == "anon",
        facts.export,
        facts.cipher == "DES",
        facts.cipher.startswith("RC4"),
        facts.cipher.startswith("3DES"),
    )
    return [kind for kind, found in zip(WEAK_KINDS, tests, strict=True) if found]


def has_post_quantum(groups: pd.Series[str]) -> pd.Series[bool]:
    """Which lists of groups hold one with a post-quantum mechanism; an absent list holds none."""
    import pandas as pd
    import pyarrow as pa

    lists = pa.array(groups).to_pylist()
    post_quantum = {code for codes in lists for code in codes or () if group_facts(code).post_quantum}
    return pd.Series([not post_quantum.isdisjoint(codes or ()) for codes in lists], index=groups.index, dtype=bool)


def post_quantum_limit(frames: Frames, rows: pd.DataFrame) -> pd.Series[str]:
    """Categorise by who kept a key exchange classical: nobody, the server or the client."""
    able = has_post_quantum(rows["supported_groups"])
    lost = cut_hellos(FrameColumns(rows)) & rows["supported_groups"].isna()
    seen = rows["client_hello_packet"].notna() & ~lost
    category = text_series(None, rows)
    category[is_false(rows["post_quantum"]) & seen & able] = "server chose classical"
    category[is_false(rows["post_quantum"]) & seen & ~able] = "client offered none"
    category[is_true(rows["post_quantum"])] = "post-quantum agreed"
    return category
