"""Date: when articles were published, as far as they say so in a way that can be read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import numpy as np
from numpy.typing import NDArray

from dedup.arrays import Days, Rows

_DAY = 86_400  # seconds


def when_published(published: str | None) -> tuple[int, float, str]:
    """What sorts dates by the moment they name: ISO 8601, RFC 5322, else as they are written.

    Without an offset a time is UTC. A date that cannot be read is later than any that can.

    >>> when_published("2024-05-02T01:00:00+09:00") < when_published("2024-05-01T17:00:00Z")
    True
    """
    if not published:
        return 2, 0.0, ""
    for written in (published, f"{published}-01", f"{published}-01-01"):
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            continue
        return 0, _seconds_of(moment), ""
    try:
        return 0, _seconds_of(parsedate_to_datetime(published)), ""
    except (ValueError, OverflowError):
        return 1, 0.0, published


def _seconds_of(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def list_days(published: Iterable[str | None]) -> Days:
    """The days since 1970 of each date; NaN where it is unknown or cannot be read.

    >>> list_days(["1970-01-02", None, "last Tuesday"]).tolist()
    [1.0, nan, nan]
    """
    read = map(when_published, published)
    days = [seconds / _DAY if kind == 0 else math.nan for kind, seconds, _ in read]
    return np.array(days, dtype=np.float64)


def are_apart(days: Days, left: Rows, right: Rows, window: int) -> NDArray[np.bool_]:
    """Which pairs of rows are known to lie more than `window` days apart; none if that is 0."""
    if not window:
        return np.zeros(len(left), dtype=np.bool_)
    apart: NDArray[np.bool_] = np.abs(days[left] - days[right]) > window  # NaN is not
    return apart
