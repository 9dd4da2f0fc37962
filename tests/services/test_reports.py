"""Reports: checked parameters, a page that needs no network, and what was run beside it."""

import re
import shutil
import subprocess

import nbformat
import papermill
import pytest

import basis_lab as bl
from basis_lab.errors import ReportError, ResultError, UsageError
from basis_lab.services import reports
from basis_lab.services.reports import (
    TEMPLATE,
    TYPES,
    check_parameters,
    execute_template,
    render_report,
)

CASE = {"mode": "btc_basis", "start": "2025-01-01", "end": "2025-03-01"}
WIDE = {"strategy.spot_allocation": 0.72, "strategy.position_deviation_threshold": 0.05}
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LONGEST_S = 90

# The libraries that start kernels are not ours to mend.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    run = bl.backtest(CASE["mode"], start=CASE["start"], end=CASE["end"], overrides=WIDE)
    place = run.save(tmp_path_factory.mktemp("runs") / "run")
    render_report(place)
    return place


def test_the_template_has_the_parameters_that_are_checked():
    assert set(papermill.inspect_notebook(TEMPLATE)) == set(TYPES)


def test_a_parameter_that_does_not_exist_is_refused_with_the_one_that_is_meant():
    with pytest.raises(UsageError) as caught:
        check_parameters({"mode": "btc_basis", "share_clas": "USDT"})

    assert "share_clas" in caught.value.where
    assert "did you mean share_class" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", 5),
        ("capital", "much"),
        ("capital", float("nan")),
        ("overrides", [1]),
        ("scenarios", "hold"),
        ("out", TEMPLATE),
    ],
)
def test_a_value_that_a_parameter_cannot_take_is_refused_by_name(name, value):
    with pytest.raises(UsageError) as caught:
        check_parameters({name: value})

    assert caught.value.where.endswith(f"parameter {name}")


def test_a_mode_that_does_not_exist_ends_the_notebook_and_keeps_it(tmp_path):
    with pytest.raises(ReportError) as caught:
        execute_template({**CASE, "mode": "btc_bassis"}, tmp_path / "report.ipynb")

    assert caught.value.details["name"] == "UsageError"
    assert "btc_bassis" in str(caught.value)
    failed = nbformat.read(tmp_path / "report.failed.ipynb", as_version=4)
    assert any(
        output.output_type == "error" for cell in failed.cells for output in cell.get("outputs", [])
    )
    assert not (tmp_path / "report.ipynb").exists()


def test_a_kernel_that_dies_is_an_error_like_any_other(tmp_path, monkeypatch):
    cells = [
        nbformat.v4.new_code_cell("mode = 'x'", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("import os; os._exit(1)"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    template = tmp_path / "deadly.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), template)
    monkeypatch.setattr("basis_lab.services.reports.TEMPLATE", template)

    with pytest.raises(ReportError) as caught:
        execute_template({"mode": "y"}, tmp_path / "report.ipynb")

    assert caught.value.details["name"] == "DeadKernelError"
    assert "a dead kernel: it was killed, or had too little memory" in str(caught.value)
    assert (tmp_path / "report.failed.ipynb").is_file()
    assert not (tmp_path / "report.ipynb").exists()


def test_each_picture_says_what_it_is_of(folder, monkeypatch):
    drawn = []
    monkeypatch.setattr("plotly.io.write_images", lambda figures, *_, **__: drawn.extend(figures))
    executed = nbformat.read(folder / "report.ipynb", as_version=4)
    monkeypatch.setattr(reports, "execute_template", lambda *_: executed)

    render_report(folder, png=True)

    run_id = bl.open_result(folder).summary["run_id"]
    told = "btc_basis, USDT share class, 2025-01-01 to 2025-03-01, synthetic data"
    assert len(drawn) > 3
    for figure in drawn:
        feet = [x for x in figure.layout.annotations if x.text == f"{told}; run {run_id}"]
        assert len(feet) == 1
        assert 0 < -feet[0].yshift <= figure.layout.margin.b


def test_a_report_stands_in_its_run_with_one_plotly_for_all(folder):
    page = (folder / "report.html").read_text()

    assert re.findall(r'<script src="([^"]+)"', page) == ["plots/plotly.min.js"]
    assert (folder / "plots" / "plotly.min.js").stat().st_size > 4_000_000
    assert len(page) < 3_000_000
    assert not re.search(r'(src|href)="(https?:)?//', page)
    assert bl.open_result(folder).summary["mode"] == "btc_basis"


def test_the_page_says_what_the_run_says(folder):
    page = (folder / "report.html").read_text()
    run = bl.open_result(folder)

    rebalances = run.summary["rebalances"]
    assert rebalances > 0
    assert f"<h2>{rebalances} rebalance" in page
    assert run.summary["run_id"] in page
    assert "synthetic data" in page
    assert all(text in page for text in run.summary["warnings"])
    assert "starts beat lending" in page


def test_the_executed_notebook_is_kept_without_widget_state(folder):
    notebook = nbformat.read(folder / "report.ipynb", as_version=4)

    assert all(c.execution_count for c in notebook.cells if c.cell_type == "code")
    assert (folder / "report.ipynb").stat().st_size < 4_000_000


def test_a_folder_that_is_no_run_has_no_report(tmp_path):
    with pytest.raises(ResultError):
        render_report(tmp_path)


def test_every_figure_is_drawn_from_a_file_without_a_network(folder):
    browser = next((x for x in map(shutil.which, BROWSERS) if x is not None), None)
    if browser is None:
        pytest.skip("no Chromium is installed: apt-get install chromium")
    figures = (folder / "report.html").read_text().count('class="plotly-graph-div"')

    done = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=8000"),
            *("--dump-dom", f"file://{folder}/report.html"),
        ],
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )

    assert figures == 6
    assert done.stdout.count('<svg class="main-svg"') >= 2 * figures
    assert done.stdout.count('class="subplot xy"') == figures
