"""The colours of everything interactive, light and dark; the light ones are those of paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from basis_lab.results import style


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """One theme: a colour a role.

    Parameters
    ----------
    name : str
        "light" or "dark".
    ground, ink, muted, grid, axis, hover : str
        The page and its text; the ground is what contrast is measured against.
    net, exit, lending, pinned : str
        Lines of money: equity and net, what leaving would give, lending, the pinned run.
    warning, critical, band_warning, band_critical : str
        Limits and the areas beyond them.
    collateral, margin, perp, wallet, debt : str
        Stocks of the balance sheet.
    above, below : str
        The mark of a run above or below its hurdle.
    gross, other : str
        The sum of what was earned, and what is too small to be drawn alone.
    categories : mapping of str to str
        One hue an attribution category.
    venues : mapping of str to (str, str)
        Colour and dash of a venue's or side's line.
    """

    name: str
    ground: str
    ink: str
    muted: str
    grid: str
    axis: str
    hover: str
    net: str
    exit: str
    lending: str
    pinned: str
    warning: str
    critical: str
    band_warning: str
    band_critical: str
    collateral: str
    margin: str
    perp: str
    wallet: str
    debt: str
    above: str
    below: str
    gross: str
    other: str
    categories: Mapping[str, str]
    venues: Mapping[str, tuple[str, str]]

    def category(self, name: str) -> str:
        """Return the colour of an attribution category.

        Parameters
        ----------
        name : str
            A category; the costs of trading share one colour.

        Returns
        -------
        str
            ``#RRGGBB``.
        """
        if name in style.TRADING_COSTS:
            return self.categories["trading costs"]
        return self.categories[name] if name in self.categories else self.other

    def venue(self, name: str) -> tuple[str, str]:
        """Return colour and dash of a venue's line.

        Parameters
        ----------
        name : str
            A venue or a side of risk.

        Returns
        -------
        tuple of str
            Colour, dash.
        """
        return self.venues[name] if name in self.venues else (self.axis, "dashdot")

    def variables(self) -> Mapping[str, str]:
        """Return every colour by the name that style sheets use.

        Returns
        -------
        mapping of str to str
            For instance ``--bl-funding``.
        """
        roles = {
            name: getattr(self, name)
            for name in self.__slots__
            if name not in {"name", "categories", "venues"}
        }
        named = {**roles, **self.categories}
        return {f"--bl-{key.replace('_', '-').replace(' ', '-')}": x for key, x in named.items()}


LIGHT = Palette(
    name="light",
    ground="#FFFFFF",
    ink=style.INK,
    muted=style.MUTED,
    grid=style.GRID,
    axis=style.AXIS,
    hover=style.HOVER,
    net=style.NET,
    exit=style.EXIT,
    lending=style.LENDING,
    pinned="#2A8FB8",
    warning=style.WARNING,
    critical=style.CRITICAL,
    band_warning=style.BAND_WARNING,
    band_critical=style.BAND_CRITICAL,
    collateral=style.COLLATERAL,
    margin=style.MARGIN,
    perp=style.PERP,
    wallet=style.WALLET,
    debt=style.DEBT,
    above="#3B82C4",
    below="#D0693B",
    gross="#8A94A0",
    other="#D5DAE0",
    categories=style.CATEGORY_COLOURS,
    venues=style.VENUE_LINES,
)

DARK = Palette(
    name="dark",
    ground="#111111",
    ink="#E6E9ED",
    muted="#9AA5B1",
    grid="#262B32",
    axis="#56606C",
    hover="#1C2127",
    net="#F1F3F5",
    exit="#B693F0",
    lending="#8A94A0",
    pinned="#2A8FB8",
    warning="#E0A63C",
    critical="#F2675C",
    band_warning=style.BAND_WARNING,
    band_critical="rgba(242,90,80,.16)",
    collateral="#5E86B0",
    margin="#8FB0CF",
    perp="#41576E",
    wallet="#39434D",
    debt="#9C7F6E",
    above="#3B82C4",
    below="#D0693B",
    gross="#8A94A0",
    other="#4A535D",
    categories=MappingProxyType(
        {
            "staking_yield": "#4A8BE0",
            "supply_yield": "#92BBF5",
            "reward": "#11C088",
            "funding": "#F0AE3C",
            "basis": "#779A07",
            "delta": "#5E87AC",
            "peg": "#FF85C4",
            "fx": "#E6C9DC",
            "borrow_cost": "#FF674E",
            "liquidation_penalty": "#CC1F27",
            "trading costs": "#C06A73",
        }
    ),
    venues=MappingProxyType(
        {
            "aave": ("#3BB4C4", "solid"),
            "aave_v3": ("#3BB4C4", "solid"),
            "wallet": ("#3BB4C4", "dot"),
            "binance": ("#E1E6EB", "solid"),
            "bybit": ("#A9B3BD", "dash"),
            "okx": ("#78838E", "dot"),
        }
    ),
)


def palette_of(*, dark: bool) -> Palette:
    """Return the palette of a theme.

    Parameters
    ----------
    dark : bool
        True for the dark one.

    Returns
    -------
    Palette
        Frozen.
    """
    return DARK if dark else LIGHT
