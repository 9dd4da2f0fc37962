"""A region of the workbench: HTML from here, acts of the user from there."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from basis_lab.results.themes import DARK, LIGHT, Palette

HERE = Path(__file__).parent
Act = Callable[[str, str, str], None]


def palette_css() -> str:
    """Return the colours of both themes as a style sheet.

    Returns
    -------
    str
        CSS; a style sheet of the package uses the variables.
    """
    return "\n".join(
        f'.bl[data-theme="{palette.name}"] {{{_variables(palette)}}}' for palette in (LIGHT, DARK)
    )


def _variables(palette: Palette) -> str:
    return " ".join(f"{name}: {colour};" for name, colour in palette.variables().items())


class Panel(anywidget.AnyWidget):
    """HTML with slots that are patched in place, and inputs that tell what was done.

    Parameters
    ----------
    kind : str
        Its class in the style sheet.
    html : str
        Structure; ``data-slot`` elements are filled from ``slots``, ``data-key`` inputs from
        ``values``.
    watches : bool
        True for the one panel that tells the theme.
    on_act : callable or None
        Called with (act, key, value) when the user did something.
    """

    _esm = (HERE / "panel.js").read_text()
    _css = f"{palette_css()}\n{(HERE / 'workbench.css').read_text()}"
    kind = traitlets.Unicode("").tag(sync=True)
    html = traitlets.Unicode("").tag(sync=True)
    slots = traitlets.Dict().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    answered = traitlets.Int(0).tag(sync=True)
    watches = traitlets.Bool(default_value=False).tag(sync=True)
    dark = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(
        self, kind: str, html: str, *, watches: bool = False, on_act: Act | None = None
    ) -> None:
        super().__init__(kind=kind, html=html, watches=watches)
        self._on_act = on_act
        self.on_msg(lambda _, content, __: self.told_by_browser(content))

    def patch(self, slots: Mapping[str, str]) -> None:
        """Put texts into slots; those that are not named stay.

        Parameters
        ----------
        slots : mapping of str to str
            HTML by slot.
        """
        self.slots = {**self.slots, **slots}

    def act(self, name: str, key: str = "", value: str = "") -> None:
        """Do what the user would do in the browser.

        Parameters
        ----------
        name, key, value : str
            The act, what it is about, and the new value.
        """
        if self._on_act is not None:
            self._on_act(name, key, value)

    def told_by_browser(self, content: Mapping[str, Any]) -> None:
        """Take a message of the browser.

        Parameters
        ----------
        content : mapping
            With act, key and value.
        """
        # All that an act changes here goes in one message; each would carry every slot.
        with self.hold_sync():
            try:
                self.act(str(content["act"]), str(content["key"]), str(content["value"]))
            finally:
                # The browser sends the next act once this one is done: only the newest waits.
                self.answered += 1
