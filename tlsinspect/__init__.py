"""tlsinspect: from a packet capture to data frames, charts and findings about its TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import CaptureError, DecodeError, FilterError, PolicyError, StoreError, TlsInspectError

if TYPE_CHECKING:
    from .inspection import Inspection, read
    from .store import Store, ingest, open_store
    from .wire.limits import Limits

__version__ = "0.1.0"
__all__ = [
    "CaptureError",
    "DecodeError",
    "FilterError",
    "Inspection",
    "Limits",
    "PolicyError",
    "Store",
    "StoreError",
    "TlsInspectError",
    "__version__",
    "ingest",
    "open_store",
    "read",
]


def __getattr__(name: str) -> Any:
    """Import the reader late: pandas and pyarrow take longer to load than --help may."""
    if name in ("Inspection", "read"):
        from . import inspection

        return getattr(inspection, name)
    if name in ("Store", "ingest", "open_store"):
        from . import store

        return getattr(store, name)
    if name == "Limits":
        from .wire.limits import Limits

        return Limits
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """What a REPL completes: also what is imported late."""
    return [*{*globals(), *__all__}]
