"""Small directories of market data for tests, in memory and on disk."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from basis_lab.data.provider import DataProvider
from basis_lab.data.series import (
    BAR_KINDS,
    DatasetId,
    DatasetInfo,
    TimeSeries,
    cut,
    nominal_interval_s,
)
from basis_lab.domain.instruments import Universe
from basis_lab.domain.requirements import Alignment, Requirement

DAY_ONE = np.datetime64("2024-06-01T00:00:00", "s")


@dataclass(eq=False)
class MemoryStore:
    """A directory that is only in memory: the port's other implementation."""

    series: dict[str, TimeSeries] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    root: Path = Path("memory")

    def put(self, dataset_id, times, *, derived=False, synthetic=False, **fields):
        times = np.asarray(times, dtype="datetime64[s]")
        info = DatasetInfo(
            id=dataset_id,
            file=f"{dataset_id}.csv",
            fields=tuple(fields),
            ticks_per_unit=(0,) * len(fields),
            interval_s=nominal_interval_s(
                times, bars=DatasetId.parse(dataset_id).kind in BAR_KINDS
            ),
            first=times[0],
            last=times[-1],
            rows=len(times),
            sha256="0" * 64,
            source="test",
            synthetic=synthetic,
            derived=derived,
        )
        columns = {name: np.array(values, dtype=float) for name, values in fields.items()}
        self.series[dataset_id] = TimeSeries(
            info=info, times=times, fields=columns, lines=np.arange(2, len(times) + 2)
        )
        return self

    def ids(self):
        return tuple(sorted(self.series))

    def datasets(self):
        return tuple(self.series[x].info for x in self.ids())

    def info(self, dataset_id):
        found = self.series.get(dataset_id)
        return None if found is None else found.info

    def absence(self, dataset_id):
        return self.refused.get(dataset_id, "")

    def read(self, dataset_id, span=None):
        return cut(self.series[dataset_id], span)


def hours(count, start=DAY_ONE):
    return start + np.arange(count) * np.timedelta64(1, "h")


def days(count, start=DAY_ONE):
    return start + np.arange(count) * np.timedelta64(1, "D")


def need(key, alignment=Alignment.BAR_OPEN, **extra):
    return Requirement(key=key, alignment=alignment, purpose="a test", **extra)


def provider(store, *requirements, proxies=None, allow_derived=(), step_s=3600):
    return DataProvider(
        store,
        requirements,
        Universe((), "USDT"),
        proxies=proxies if proxies is not None else {},
        allow_derived=allow_derived,
        step_s=step_s,
    )


@pytest.fixture(scope="session")
def kit():
    """The helpers of this module under one name."""
    return Kit


class Kit:
    """Helpers as attributes, because tests are collected by path and cannot import each other."""

    Store = MemoryStore
    start = DAY_ONE
    hours = staticmethod(hours)
    days = staticmethod(days)
    need = staticmethod(need)
    provider = staticmethod(provider)
