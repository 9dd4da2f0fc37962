"""The figures of a run as pages, with one plotly.js beside them."""

from collections.abc import Iterator

from plotly.io import to_html
from plotly.offline import get_plotlyjs

from basis_lab.results.charts import Figures
from basis_lab.results.frames import RunTables

FOLDER = "plots"


def plot_files(tables: RunTables) -> Iterator[tuple[str, bytes]]:
    """Render every figure.

    Parameters
    ----------
    tables : RunTables
        The run.

    Yields
    ------
    tuple of (str, bytes)
        Name within the run's folder, and content; the same run gives the same bytes.
    """
    for name, figure in Figures(tables).draw_all():
        page = to_html(
            figure,
            include_plotlyjs="directory",
            div_id=f"basis-lab-{name.replace('_', '-')}",
            config={"displayModeBar": False, "responsive": True},
        )
        yield f"{FOLDER}/{name}.html", page.encode()
    yield f"{FOLDER}/plotly.min.js", get_plotlyjs().encode()
