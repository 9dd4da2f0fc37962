"""The first notebook runs top to bottom, under nbval and papermill, and names a wrong value."""

import re
from pathlib import Path

import nbformat
import papermill
import pytest

import basis_lab as bl
from basis_lab.errors import BasisLabError

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "00_start_here.ipynb"
SHORT = {"start": "2025-03-01", "end": "2025-03-08"}

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels are not ours to mend.
    pytest.mark.filterwarnings("default"),
]


def execute(path: Path, **parameters):
    return papermill.execute_notebook(
        NOTEBOOK,
        path,
        parameters=parameters,
        kernel_name="python3",
        progress_bar=False,
        store_widget_state=False,
        cwd=ROOT,
    )


def test_papermill_leaves_an_executed_copy(tmp_path):
    executed = tmp_path / "executed.ipynb"

    execute(executed, **SHORT)

    cells = [c for c in nbformat.read(executed, as_version=4).cells if c.cell_type == "code"]
    shown = [c for c in cells if c.source and "parameters" not in c.metadata["tags"]]
    assert all(c.execution_count for c in cells)
    assert sum(bool(c.outputs) for c in shown) >= 10
    pages = [
        x.data["text/html"] for c in cells for x in c.outputs if "text/html" in x.get("data", {})
    ]
    rows = dict(re.findall(r">([a-z]+)</th>\s*<td[^>]*>(.*?)</td>", "".join(pages)))
    assert rows["rebalances"].isdecimal()
    assert rows["liquidations"] == "0"


def test_its_answer_is_what_the_run_says():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    case: dict[str, object] = {}
    exec(next(c.source for c in cells if c.id == "parameters"), case)  # noqa: S102 - our own cell
    request = {name: case[name] for name in ("share_class", "start", "end", "capital")}

    summary = bl.backtest(case["mode"], **request).summary

    answer = cells[0].source
    assert f"{100 * summary['apr']:.1f} % after costs" in answer
    assert f"would have paid {100 * summary['hurdle_apr']:.1f} %" in answer
    assert f"margin ratio was {min(summary['min_margin_ratio'].values()):.2f}" in answer
    assert summary["liquidations"] == 0


def test_a_wrong_value_ends_the_notebook_with_its_name(tmp_path):
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        execute(tmp_path / "failed.ipynb", **{**SHORT, "mode": "btc_bassis"})

    assert caught.value.ename == "UsageError"
    assert "mode" in caught.value.evalue
    assert "btc_bassis" in caught.value.evalue


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("mode", "btc_bassis"),
        ("share_class", "DOGE"),
        ("start", "2025-13-01"),
        ("end", "2025-02-30"),
        ("capital", -5),
    ],
)
def test_each_parameter_names_itself_when_it_is_wrong(parameter, value):
    request = {"mode": "btc_basis", "share_class": "USDT", "capital": 100_000, **SHORT}
    request[parameter] = value

    with pytest.raises(BasisLabError) as caught:
        bl.backtest(request.pop("mode"), **request)

    text = str(caught.value).replace("_", " ")
    assert parameter.replace("_", " ") in text
    assert str(value).replace("_", " ") in text
