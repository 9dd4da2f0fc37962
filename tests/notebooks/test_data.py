"""The notebook on data runs top to bottom, and its answer is what the directory says."""

from pathlib import Path

import nbformat
import papermill
import pytest

import basis_lab as bl

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "notebooks" / "04_data.ipynb"

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


def test_it_runs_on_the_embedded_data(tmp_path):
    executed = tmp_path / "executed.ipynb"

    execute(executed)

    cells = [c for c in nbformat.read(executed, as_version=4).cells if c.cell_type == "code"]
    shown = [c for c in cells if c.id not in {"parameters", "open"}]
    assert all(c.execution_count for c in cells)
    assert all(c.outputs for c in shown)


def test_its_answer_is_what_the_directory_says():
    catalogue = bl.data_catalogue(ROOT / "data" / "sample")

    coverage, findings = catalogue.coverage(), catalogue.findings()

    assert (coverage["missing"] == "").all()
    assert set(findings["severity"]) <= {"NOTE"}


def test_a_directory_that_is_not_there_ends_the_notebook_with_its_name(tmp_path):
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        execute(tmp_path / "failed.ipynb", data_dir="no/such/place")

    assert caught.value.ename == "MissingDataError"
    assert "no/such/place" in caught.value.evalue
