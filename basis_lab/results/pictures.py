"""Figures as pictures: kaleido with a Chromium of the system, without a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from basis_lab.errors import UsageError

WIDTH, HEIGHT, SCALE = 900, 420, 2


def write_png(figures: Sequence[dict[str, Any]], directory: Path) -> tuple[Path, ...]:
    """Write figures as pictures, ``report-01.png`` and so on.

    Parameters
    ----------
    figures : sequence of dict
        As plotly writes them into a notebook.
    directory : Path
        Made when needed.

    Returns
    -------
    tuple of Path
        The pictures.

    Raises
    ------
    UsageError
        If kaleido or a Chromium is not installed.
    """
    import plotly.graph_objects as go
    from plotly.io import write_images

    missing = _missing()
    if missing:
        raise UsageError(
            "pictures need what is not installed",
            where="--png",
            value=missing,
            remedy="pip install -e .[lab], and a Chromium (Debian: apt-get install chromium)",
        )
    directory.mkdir(parents=True, exist_ok=True)
    paths = tuple(directory / f"report-{i:02d}.png" for i in range(1, len(figures) + 1))
    drawn = [go.Figure(x, skip_invalid=True) for x in figures]
    write_images(drawn, [str(x) for x in paths], width=WIDTH, height=HEIGHT, scale=SCALE)
    return paths


def _missing() -> str:
    try:
        import kaleido
        from choreographer.browsers.chromium import Chromium
    except ImportError:
        return "kaleido"
    _ = kaleido
    return "" if Chromium.find_browser(skip_local=False) else "a Chromium"
