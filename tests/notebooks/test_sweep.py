"""The sweep notebook and the report's template run top to bottom, and say what the runs say."""

import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

import basis_lab as bl
from basis_lab.results.sweep_words import Safety, best_point

ROOT = Path(__file__).parents[2]
SWEEP = ROOT / "notebooks" / "02_sweep.ipynb"
REPORT = ROOT / "notebooks" / "templates" / "report.ipynb"
SHORT = {"start": "2025-03-01", "end": "2025-03-08"}

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels are not ours to mend.
    pytest.mark.filterwarnings("default"),
]


@pytest.mark.parametrize("notebook", [SWEEP, REPORT], ids=["sweep", "report"])
def test_it_runs_with_its_own_parameters_under_nbval(notebook):
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env"),
            *("--nbval-cell-timeout=60", "-q", "-W", "default", "-p", "no:cacheprovider"),
            *("-p", "no:xdist", str(notebook)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_its_answer_is_what_the_sweep_says():
    cells = nbformat.read(SWEEP, as_version=4).cells
    case: dict[str, object] = {}
    exec(next(c.source for c in cells if c.id == "parameters"), case)  # noqa: S102 - our own cell

    table = bl.sweep({name: case[name] for name in ("mode", "start", "end", "grid")}).table

    best = table.loc[best_point(table, Safety(name=case["safety"], limit=case["limit"]))]
    answer = cells[0].source
    assert f"spot share of {best['strategy.spot_allocation']:g} " in answer
    assert f"band of {best['strategy.position_deviation_threshold']:g} " in answer
    assert f"{100 * best['apr']:.1f} % a year" in answer
    assert f"would have paid {100 * best['hurdle_apr']:.1f} %" in answer
    assert (table["apr"] < table["hurdle_apr"]).all()


def test_a_wrong_value_ends_the_sweep_notebook_with_its_name(tmp_path):
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        papermill.execute_notebook(
            SWEEP,
            tmp_path / "failed.ipynb",
            parameters={**SHORT, "grid": {"strategy.spot_alocation": [0.5, 0.6]}},
            kernel_name="python3",
            progress_bar=False,
            cwd=ROOT,
        )

    assert caught.value.ename == "ConfigError"
    assert "strategy.spot_alocation" in caught.value.evalue
