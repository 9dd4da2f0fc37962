"""The index of a batch on cases whose figures are written by hand."""

import re

import pytest

from basis_lab.results import batch_page
from basis_lab.results.batch_page import write_index


def summary(days, apr):
    return {
        "start": "2025-01-01T00:00:00Z",
        "end": f"2025-{1 + days // 31:02d}-{1 + days % 31:02d}T00:00:00Z",
        "apr": apr,
        "hurdle_apr": 0.05,
        "total_return": apr * days / 365.0,
        "nav_per_share": 1.0,
        "final_equity": 100.0,
        "final_exit_equity": 100.0,
        "net_pnl": 1.0,
        "initial_capital": 100.0,
        "currency": "USDT",
        "share_class": "USDT",
        "mode": "m",
        "liquidations": 0,
        "warnings": [],
        "synthetic_data": True,
        "max_drawdown": -0.01,
        "min_liquidation_distance": None,
    }


class Run:
    """A run that has a summary alone."""

    def __init__(self, told):
        self.summary = told


@pytest.fixture
def index(tmp_path, monkeypatch):
    told = {"short": summary(19, 0.5), "low": summary(31, 0.01), "best": summary(31, 0.06)}
    told["shorter"] = summary(5, 0.6)
    monkeypatch.setattr(batch_page, "_run", lambda folder: Run(told[folder.name]))
    monkeypatch.setattr(batch_page, "_spark", lambda _: "")
    cases = [(name, tmp_path / "cases" / name, "") for name in told]
    return write_index(tmp_path / "index.html", title="b", cases=cases, open_=0).read_text()


def test_cases_too_short_for_a_rate_come_last_and_show_none(index):
    names = re.findall(r'href="cases/([^/]+)/report.html"', index)
    rows = dict(zip(names, re.findall(r"<tr><t[hd].*?</tr>", index)[-4:], strict=True))

    assert names == ["best", "low", "short", "shorter"]
    assert "in 19.0 days" in rows["short"]
    assert "50.00" not in rows["short"]
    assert "6.00" in rows["best"]
    assert "too short for a rate: they come last" in index


def test_a_batch_without_a_finished_case_says_nothing_of_its_data(tmp_path):
    page = tmp_path / "index.html"
    cases = [("late", tmp_path / "cases" / "late", "no data; where: 2030-01-01")]

    text = write_index(page, title="b", cases=cases, open_=0).read_text()

    assert "No case was done" in text
    assert 'class="badge' not in text
    assert "real data" not in text


def test_a_case_of_hours_is_told_in_hours(tmp_path, monkeypatch):
    told = {**summary(5, 0.6), "end": "2025-01-01T03:00:00Z"}
    monkeypatch.setattr(batch_page, "_run", lambda _: Run(told))
    monkeypatch.setattr(batch_page, "_spark", lambda _: "")
    cases = [("brief", tmp_path / "cases" / "brief", "")]

    text = write_index(tmp_path / "index.html", title="b", cases=cases, open_=0).read_text()

    assert "<small>in 3 hours</small>" in text
