"""The figures of a run as pages, with one plotly.js beside them."""

from collections.abc import Iterator

from plotly.io import to_html
from plotly.offline import get_plotlyjs

from basis_lab.results.charts import Figures
from basis_lab.results.foot import word_foot
from basis_lab.results.frames import RunTables
from basis_lab.results.pictures import footed

FOLDER = "plots"


def plot_files(tables: RunTables, scenarios: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Render every figure.

    Parameters
    ----------
    tables : RunTables
        The run.
    scenarios : tuple of str
        What it was stressed with; stands below each figure, with dates and data.

    Yields
    ------
    tuple of (str, bytes)
        Name within the run's folder, and content; the same run gives the same bytes.
    """
    foot = word_foot(tables.summary, scenarios)
    for name, figure in Figures(tables).draw_all():
        page = to_html(
            footed(figure, foot),
            include_plotlyjs="directory",
            div_id=f"basis-lab-{name.replace('_', '-')}",
            config={"displayModeBar": False, "responsive": True},
        )
        yield f"{FOLDER}/{name}.html", page.encode()
    yield f"{FOLDER}/plotly.min.js", get_plotlyjs().encode()
