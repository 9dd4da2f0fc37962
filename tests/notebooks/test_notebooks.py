"""Every notebook runs top to bottom under nbval and papermill, and names a wrong parameter."""

import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NAMES = [path.stem for path in NOTEBOOKS]

pytestmark = [
    pytest.mark.slow,
    # The libraries that start kernels are not ours to mend.
    pytest.mark.filterwarnings("default"),
]


def execute(notebook, path, **parameters):
    return papermill.execute_notebook(
        notebook,
        path,
        parameters=parameters,
        kernel_name="python3",
        progress_bar=False,
        store_widget_state=False,
        execution_timeout=60,
        cwd=ROOT,
    )


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=NAMES)
def test_it_runs_with_its_own_parameters_and_says_what_it_said_before(notebook):
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


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=NAMES)
def test_papermill_leaves_an_executed_copy(notebook, tmp_path):
    executed = tmp_path / "executed.ipynb"

    execute(notebook, executed)

    cells = [c for c in nbformat.read(executed, as_version=4).cells if c.cell_type == "code"]
    assert all(c.execution_count for c in cells)
    assert executed.stat().st_size < 4_000_000


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=NAMES)
def test_a_parameter_that_it_does_not_have_is_refused_by_its_name(notebook, tmp_path):
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        execute(notebook, tmp_path / "failed.ipynb", shareclass="USDT")

    assert caught.value.ename == "UsageError"
    assert "shareclass" in caught.value.evalue


WRONG = {
    "01_workbench": {"mode": "btc_bassis", "end": "2025-02-30", "capital": -5},
    "03_stress": {"scenarios": "asteroid", "share_class": "DOGE"},
    "05_compare": {"modes": "btc_bassis", "folders": "/nowhere/at/all"},
}


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [(name, key, value) for name, wrong in WRONG.items() for key, value in wrong.items()],
)
def test_a_wrong_value_ends_the_notebook_with_its_name(name, parameter, value, tmp_path):
    notebook = ROOT / "notebooks" / f"{name}.ipynb"

    with pytest.raises(papermill.PapermillExecutionError) as caught:
        execute(notebook, tmp_path / "failed.ipynb", **{parameter: value})

    assert str(value) in caught.value.evalue
