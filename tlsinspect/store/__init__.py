"""Many captures as one: a Parquet dataset partitioned by day that grows with each capture, and is never half written.

Goes in: captures, once each. Comes out: tables of some days, and an Inspection of them.
"""

from __future__ import annotations

from .ingestion import Ingested, ingest
from .store import Store, is_store, open_store

__all__ = ["Ingested", "Store", "ingest", "is_store", "open_store"]
