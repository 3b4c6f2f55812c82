"""What a report needs of an Inspection; only what checks types imports this."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import pandas as pd
import pyarrow as pa

from .. import answers, story
from ..wire.limits import Limits


class Inspected(answers.Inspected, story.Inspected, Protocol):
    """What answers and stories need of it, and these."""

    @property
    def limits(self) -> Limits: ...

    @property
    def findings(self) -> pd.DataFrame: ...

    @property
    def arguments(self) -> str: ...

    @property
    def selection(self) -> str: ...

    @property
    def days(self) -> str: ...

    at: datetime | None

    def arrow(self, table: str) -> pa.Table: ...

    def on_demand(self, table: str) -> pa.Table: ...
