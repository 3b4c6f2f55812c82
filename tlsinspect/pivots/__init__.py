"""Connections turned around: a row per host, name, certificate, fingerprint, pair of hosts, or interval of time.

In: the connections and certificates tables. Out: the tables of PIVOTS, rare things first: what few clients did
stands before what many did. Only connections that carried TLS count. Nothing here judges.
"""

from __future__ import annotations

from .build import build_pivot

__all__ = ["build_pivot"]
