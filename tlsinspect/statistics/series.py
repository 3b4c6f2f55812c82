"""Arrow-backed tables of results, and small moves on series that pandas has no word for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


# Every column of every table of results, as Arrow types in the spelling of COLUMNS.
RESULT_TYPES = {
    "statistic": "string",
    "unit": "string",
    "category": "string",
    "server_port": "uint16",
    "transport": "string",
    "protocol": "string",
    "tls_port": "bool",
    "time": "timestamp",
    "count": "int64",
    "denominator": "int64",
    "share": "float64",
    "low": "float64",
    "high": "float64",
    "unknown": "int64",
    "version_name": "string",
    "connections": "int64",
    "milliseconds": "float64",
    "p05": "float64",
    "p25": "float64",
    "median": "float64",
    "p75": "float64",
    "p95": "float64",
    "median_round_trips": "float64",
    "offered": "string",
    "agreed": "string",
    "sha256": "string",
    "issued": "timestamp",
    "days": "int64",
    "limit_days": "int64",
    "remaining_days": "float64",
    "octets": "int64",
    "bytes": "int64",
    "days_seen": "int64",
    "partial": "bool",
    "thin": "bool",
    "unknown_share": "float64",
    "series": "string",
}


def build_result(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Build a table of results from its columns, NaN as null; raises KeyError for a name not in RESULT_TYPES."""
    import pyarrow as pa

    from ..tables.arrow import TYPES, to_frame

    arrays = {name: pa.array(values, TYPES[RESULT_TYPES[name]], from_pandas=True) for name, values in columns.items()}
    return to_frame(pa.table(arrays))


def is_true(flags: pd.Series[bool]) -> pd.Series[bool]:
    """A mask: true where a flag is true, false where it is false or null."""
    return without_nulls(flags, False)


def is_false(flags: pd.Series[bool]) -> pd.Series[bool]:
    """A mask: true where a flag is false, false where it is true or null."""
    return ~without_nulls(flags, True)


def without_nulls(flags: pd.Series[bool], value: bool) -> pd.Series[bool]:
    """Flags with a value for null, as plain truth values: a third of what fillna and astype take."""
    import pandas as pd

    if flags.dtype == bool:
        return flags
    return pd.Series(flags.to_numpy(dtype=bool, na_value=value), index=flags.index, name=flags.name)


def text_series(values: object, like: pd.DataFrame | pd.Series[str]) -> pd.Series[str]:
    """Values as Arrow text on another table's index, nulls in one form."""
    import pandas as pd

    return pd.Series(values, index=like.index, dtype=text_dtype())


def arrow_series(values: object, like: pd.DataFrame) -> pd.Series[str]:
    """An Arrow array as a series on another table's index."""
    import pandas as pd

    return pd.Series(pd.arrays.ArrowExtensionArray(values), index=like.index)


def text_dtype() -> pd.ArrowDtype:
    """The dtype of text columns."""
    import pandas as pd
    import pyarrow as pa

    return pd.ArrowDtype(pa.string())


def list_dtype() -> pd.ArrowDtype:
    """The dtype of columns of which a row holds several texts."""
    import pandas as pd
    import pyarrow as pa

    return pd.ArrowDtype(pa.list_(pa.string()))


def integer_dtype() -> pd.ArrowDtype:
    """The dtype of counts and of wire numbers once they are computed with."""
    import pandas as pd
    import pyarrow as pa

    return pd.ArrowDtype(pa.int64())
