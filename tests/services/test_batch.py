"""A batch: a report for every mode, and one case that fails without stopping the others."""

import json
import re

import nbformat
import pytest

import basis_lab as bl
from basis_lab.config.loader import list_modes
from basis_lab.services.batch import BatchRequest, run_batch
from basis_lab.services.plans import make_plan

DATES = {"start": "2025-01-01", "end": "2025-02-01"}
LOUD = {"strategy.spot_allocation": 0.95}

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


def plan(overrides):
    modes = [{"name": x.header.mode, "mode": x.header.mode} for x in list_modes()]
    last = {"name": "last", "mode": "btc_basis", "overrides": overrides}
    return make_plan({"name": "batch", **DATES, "cases": [*modes, last]}, where="test")


@pytest.fixture(scope="module")
def batches(tmp_path_factory):
    """Run a batch with a bad case, then again with that case mended."""
    out = tmp_path_factory.mktemp("out")
    first = run_batch(BatchRequest(plan=plan(LOUD), out=out, workers=2))
    page = first.index.read_text()
    error = json.loads((first.failed[0].folder / "error.json").read_text())
    kept = {x.name: (x.folder / "report.html").stat().st_mtime_ns for x in first.cases[:-1]}
    failed = nbformat.read(first.failed[0].folder / "report.failed.ipynb", as_version=4)
    second = run_batch(BatchRequest(plan=plan({}), out=out, workers=2))
    return {
        "first": first,
        "page": page,
        "error": error,
        "times": kept,
        "failed": failed,
        "second": second,
    }


def test_every_mode_has_its_report_although_one_case_fails(batches):
    first = batches["first"]

    assert [x.name for x in first.failed] == ["last"]
    assert len(first.cases) == len(list_modes()) + 1
    assert all((x.folder / "report.html").is_file() for x in first.cases if not x.error)


def test_the_failed_case_keeps_its_notebook_and_its_error(batches):
    assert batches["error"]["code"] == "BT-002"
    told = batches["error"]["error"]
    assert told.startswith("the report's notebook failed with CFG-001: entry is not quiet")
    assert any("outputs" in x and x.outputs for x in batches["failed"].cells)


def test_the_index_ranks_what_is_done_and_names_what_failed(batches):
    page = batches["page"]

    links = re.findall(r'href="(cases/[^"]+/report.html)"', page)
    root = batches["first"].index.parent
    assert len(links) == len(list_modes())
    assert all((root / x).is_file() for x in links)
    order = [float(x) for x in re.findall(r'data-order="([^"]+)"><i', page)]
    assert len(order) == len(links)
    assert order == sorted(order, reverse=True)
    assert "1 failed" in page
    assert "entry is not quiet" in page
    assert not re.search(r'(src|href)="(https?:)?//', page)


def test_a_second_call_redoes_the_failed_case_alone(batches):
    second = batches["second"]

    assert [x.name for x in second.cases if not x.kept] == ["last"]
    assert not second.failed
    times = {x.name: (x.folder / "report.html").stat().st_mtime_ns for x in second.cases[:-1]}
    assert times == batches["times"]
    assert not list(second.cases[-1].folder.glob("*failed*"))
    assert "0 failed" in second.index.read_text()


def test_a_case_has_the_figures_of_a_backtest(batches):
    case = batches["second"].cases[-1]

    opened = bl.open_result(next((case.folder / "run").iterdir()))

    assert opened.summary == bl.backtest("btc_basis", **DATES).summary
