"""Colours and the layout template of every figure: one hue, one attribution category."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from basis_lab.domain.instruments import Instrument, Kind

INK = "#1F2933"
MUTED = "#5F6B7A"
GRID = "#E8EBEF"
AXIS = "#9AA5B1"
NET = "#27323D"
EXIT = "#7A4FBF"
LENDING = "#8A94A0"
WARNING = "#B7791F"
CRITICAL = "#B3261E"
BAND_WARNING = "rgba(240,173,60,.13)"
BAND_CRITICAL = "rgba(214,60,60,.13)"
COLLATERAL = "#4F759C"
MARGIN = "#9DB8D2"
PERP = "#C9D6E2"
WALLET = "#DDE4EA"
DEBT = "#B89C8B"
CHAIN = "#0B7285"
HOVER = "#FFFFFF"

COSTS = "#602814"
CATEGORY_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "staking_yield": "#1F5FA8",
        "supply_yield": "#669BAC",
        "reward": "#17936F",
        "funding": "#FC8438",
        "basis": "#845700",
        "delta": "#A2A884",
        "peg": "#CB8AE5",
        "fx": "#B9C0C7",
        "borrow_cost": "#E64A50",
        "liquidation_penalty": "#991753",
        "trading costs": COSTS,
    }
)
STOCK_COLOURS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.TOKEN: COLLATERAL,
        Kind.ATOKEN: COLLATERAL,
        Kind.MARGIN: MARGIN,
        Kind.PERP: PERP,
        Kind.CONTRACTS: PERP,
        Kind.DEBT: DEBT,
        Kind.FLASH: DEBT,
        Kind.KING: CATEGORY_COLOURS["reward"],
        Kind.IN_TRANSIT: WALLET,
        Kind.RESERVE: WALLET,
        Kind.EXIT_QUEUE: WALLET,
    }
)
TRADING_COSTS = ("fee", "slippage", "gas", "flash_premium", "transfer_fee")

# Venues are greys told apart by their dashes.
VENUE_LINES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "aave": (CHAIN, "solid"),
        "aave_v3": (CHAIN, "solid"),
        "wallet": (CHAIN, "dot"),
        "binance": ("#3E4C59", "solid"),
        "bybit": ("#74808C", "dash"),
        "okx": ("#A0AAB4", "dot"),
    }
)
OTHER_VENUE = (AXIS, "dashdot")

FONT = 'Inter, system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif'


def venue_line(venue: str) -> tuple[str, str]:
    """Return colour and dash of a venue's line.

    Parameters
    ----------
    venue : str
        Name of the venue or side.

    Returns
    -------
    tuple of str
        Colour, dash.
    """
    return VENUE_LINES.get(venue, OTHER_VENUE)


def stock_colour(instrument: Instrument) -> str:
    """Return the colour of a line of the balance sheet; stocks are slate and taupe.

    Parameters
    ----------
    instrument : Instrument
        The line.

    Returns
    -------
    str
        ``#RRGGBB``.
    """
    if instrument.kind is Kind.TOKEN and instrument.venue == "wallet":
        return WALLET
    return STOCK_COLOURS[instrument.kind]


def fade(colour: str, opacity: float) -> str:
    """Return a colour with an opacity.

    Parameters
    ----------
    colour : str
        ``#RRGGBB``.
    opacity : float
        0 to 1.

    Returns
    -------
    str
        ``rgba(...)``.
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def light_layout(title: str, subtitle: str, unit: str) -> dict[str, Any]:
    """Return the layout of a figure on paper.

    Parameters
    ----------
    title : str
        What was found.
    subtitle : str
        What is drawn, in muted type.
    unit : str
        Title of the y axis.

    Returns
    -------
    dict
        For ``plotly.graph_objects.Figure``.
    """
    return {
        "template": "none",
        "title": {
            "text": f"<b>{title}</b><br><span style='color:{MUTED}'>{subtitle}</span>",
            "font": {"size": 13, "color": INK},
            "x": 0.0,
            "xref": "paper",
            "xanchor": "left",
        },
        "font": {"family": FONT, "size": 12, "color": INK},
        "paper_bgcolor": "#FFFFFF",
        "plot_bgcolor": "#FFFFFF",
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": HOVER},
        "showlegend": False,
        "separators": ".,",
        "height": 420,
        "margin": {"l": 64, "r": 150, "t": 64, "b": 40},
        "xaxis": _time_axis(),
        "yaxis": _value_axis(unit),
    }


def _time_axis() -> dict[str, Any]:
    return {
        "type": "date",
        "showgrid": False,
        "zeroline": False,
        "linecolor": AXIS,
        "ticks": "outside",
        "ticklen": 4,
        "tickfont": {"size": 11, "color": MUTED},
        "tickformatstops": [
            {"dtickrange": ["M1", None], "value": "%b '%y"},
            {"dtickrange": [86_400_000, "M1"], "value": "%d %b"},
            {"dtickrange": [None, 86_400_000], "value": "%H:%M\n%d %b"},
        ],
        "hoverformat": "%Y-%m-%d %H:%M UTC",
    }


def _value_axis(unit: str) -> dict[str, Any]:
    return {
        "title": {"text": unit, "font": {"size": 11, "color": MUTED}},
        "gridcolor": GRID,
        "zerolinecolor": AXIS,
        "nticks": 5,
        "exponentformat": "none",
        "separatethousands": True,
        "tickfont": {"size": 11, "color": MUTED},
    }
