"""Every notebook runs top to bottom under nbval and papermill, and names a wrong parameter."""

import re
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


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=NAMES)
def executed(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("executed") / request.param.name
    execute(request.param, path)
    return path


def code_cells(path):
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def test_papermill_leaves_an_executed_copy(executed):
    assert all(c.execution_count for c in code_cells(executed))
    assert executed.stat().st_size < 4_000_000


def test_nothing_is_on_standard_error(executed):
    outputs = [output for cell in code_cells(executed) for output in cell.outputs]

    assert [x.text for x in outputs if x.output_type == "stream" and x.name == "stderr"] == []


TOLD_WHOLE = ("00_start_here", "03_stress", "05_compare")


@pytest.mark.parametrize("executed", [x for x in NOTEBOOKS if x.stem in TOLD_WHOLE], indirect=True)
def test_tables_are_told_whole(executed):
    outputs = [output for cell in code_cells(executed) for output in cell.outputs]
    pages = [x.data["text/html"] for x in outputs if "data" in x and "text/html" in x.data]
    told = [x.strip() for page in pages for x in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", page)]

    assert len(told) > 100
    assert not [x for x in told if x.endswith("...") or x.lower() == "nan"]


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
