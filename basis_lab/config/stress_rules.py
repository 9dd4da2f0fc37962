"""Business rules of what scenarios do to data, venues and strategy."""

from collections.abc import Iterator

from basis_lab.config.parts import Parts
from basis_lab.config.schema import Path
from basis_lab.config.validation import Fault, nearest
from basis_lab.data.series import DatasetKind
from basis_lab.domain.stress import ClosureParameters, ShockParameters, check_moment

PARTS_OF_A_NAME = 3  # kind, venue, SYMBOL.field
MOMENTS = "write 2024-08-05, 2024-08-05T01:00, +30d, +12h, or 50%"


def stress_faults(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong with shocks, closures and actions.

    Parameters
    ----------
    parts : Parts
        The blocks.

    Yields
    ------
    Fault
        Paths are those of the whole configuration.
    """
    if parts.header is None:
        return
    header = parts.header
    for key, moments in (
        ("shocks", [x.at for x in header.shocks]),
        ("closures", [x.at for x in header.closures]),
        ("actions", [x.at for x in header.actions]),
    ):
        for i, at in enumerate(moments):
            yield from _moment((key, i, "at"), at)
    for i, shock in enumerate(header.shocks):
        yield from _patterns(i, shock)
        yield from _operation(i, shock)
    for i, closure in enumerate(header.closures):
        yield from _closing(i, closure, parts)


def _moment(path: Path, at: str) -> Iterator[Fault]:
    try:
        check_moment(at)
    except ValueError:
        what = "this is not a date, an offset or a share of the run"
        yield Fault(path=path, value=at, what=what, remedy=MOMENTS)


def _closing(i: int, closure: ClosureParameters, parts: Parts) -> Iterator[Fault]:
    """Yield closures of nothing, of what cannot close, and defaults that are not for good."""
    if not closure.venues:
        what, remedy = "no venue is named", "name one at least"
        yield Fault(path=("closures", i, "venues"), value=[], what=what, remedy=remedy)
    if closure.lost and closure.duration is not None:
        yield Fault(
            path=("closures", i, "duration"),
            value=closure.duration,
            what="a venue that defaults does not open again",
            remedy="leave duration out",
        )
    for k, name in enumerate(closure.venues):
        kind = parts.venues[name].kind if name in parts.venues else None
        what, remedy = "", "name exchanges, or close it without `lost`"
        if name not in parts.known_venues:
            what, remedy = "there is no venue of this name", nearest(name, parts.known_venues)
        elif kind == "chain":
            what = "a wallet of one's own does not close"
        elif closure.lost and kind not in {None, "exchange"}:
            what = "only what lies at an exchange can be lost with it"
        if what:
            yield Fault(path=("closures", i, "venues", k), value=name, what=what, remedy=remedy)


def _patterns(i: int, shock: ShockParameters) -> Iterator[Fault]:
    """Yield patterns that name no series."""
    if not shock.series:
        what, remedy = "no series is named", "name one at least: spot/*/ETHUSDT.open"
        yield Fault(path=("shocks", i, "series"), value=[], what=what, remedy=remedy)
    for k, pattern in enumerate(shock.series):
        parts = pattern.split("/")
        kinds = tuple(x.value for x in DatasetKind)
        what, remedy = "", ""
        if len(parts) != PARTS_OF_A_NAME or "." not in parts[-1]:
            what = "this is not the name of a series"
            remedy = "write kind/venue/SYMBOL.field, with * for any"
        elif parts[0] not in {*kinds, "*"}:
            what, remedy = "there is no such kind of series", nearest(parts[0], kinds)
        if what:
            yield Fault(path=("shocks", i, "series", k), value=pattern, what=what, remedy=remedy)


def _operation(i: int, shock: ShockParameters) -> Iterator[Fault]:
    """Yield values that an operation cannot have, and what does not go with it."""
    if shock.operation in {"multiply", "divide"} and not shock.value > 0.0:
        yield Fault(
            path=("shocks", i, "value"),
            value=shock.value,
            what=f"one cannot {shock.operation} by this: a price would not be above zero",
            remedy="give a factor above 0; 0.7 is a fall of 30 %",
        )
    if shock.operation == "grow":
        yield from _growth(i, shock)


def _growth(i: int, shock: ShockParameters) -> Iterator[Fault]:
    for k, pattern in enumerate(shock.series):
        if not pattern.endswith("index"):
            yield Fault(
                path=("shocks", i, "series", k),
                value=pattern,
                what="only an index grows at an APR",
                remedy="write aave/*/WETH.borrow_index or aave/*/WETH.liquidity_index",
            )
    if shock.ramp:
        yield Fault(
            path=("shocks", i, "ramp"),
            value=shock.ramp,
            what="a growth rate comes in one step",
            remedy="leave ramp out",
        )
