"""Instruments and the universe of a run.

``venue:kind:SYMBOL`` is parsed and printed here and nowhere else.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

import numpy as np
import numpy.typing as npt

from basis_lab.errors import UnknownInstrumentError

IntArray = npt.NDArray[np.intp]


class Kind(StrEnum):
    """What a line of the book is."""

    __hash__ = str.__hash__  # that of an Enum is computed in Python, at every look-up

    TOKEN = "token"  # a coin in a wallet or in an exchange's spot account
    MARGIN = "margin"  # cash in an exchange's derivatives account
    PERP = "perp"  # a linear perpetual, in units of the base asset
    CONTRACTS = "contracts"  # the quote notional a perp was opened against
    ATOKEN = "atoken"  # supply to a lending pool, in scaled units
    DEBT = "debt"  # debt to a lending pool, in scaled units
    RESERVE = "reserve"  # share-class currency kept back for fast withdrawals
    IN_TRANSIT = "in_transit"  # on its way to the venue that the key names
    EXIT_QUEUE = "exit_queue"  # a claim on a staking protocol's withdrawal queue, in ETH
    FLASH = "flash"  # owed to a flash lender inside one transaction, never after it
    KING = "king"  # rewards received and not sold yet: a claim on each token


@dataclass(frozen=True, slots=True, order=True, init=False)
class Instrument:
    """The key of one line of the book, printed ``venue:kind:SYMBOL``.

    Equal keys are one object, told apart by where it lies: looking one up compares no text.
    """

    venue: str
    kind: Kind
    symbol: str
    _text: str = field(init=False, repr=False, compare=False)

    def __new__(cls, venue: str, kind: Kind, symbol: str) -> "Instrument":  # noqa: PYI034 - no kinds of it
        """Return the one object of these parts."""
        return _key_of(venue, kind, symbol)

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __reduce__(self) -> tuple[type["Instrument"], tuple[str, Kind, str]]:
        """Pickle by the parts: each process has its own object of them."""
        return type(self), (self.venue, self.kind, self.symbol)

    def __str__(self) -> str:
        """Print the key."""
        return self._text

    @classmethod
    def parse(cls, text: str) -> "Instrument":
        """Read a key back.

        Parameters
        ----------
        text : str
            ``venue:kind:SYMBOL``.

        Returns
        -------
        Instrument
            The key.

        Raises
        ------
        UnknownInstrumentError
            If the text has not three parts or an unknown kind.
        """
        parts = text.split(":")
        if len(parts) != 3 or not all(parts) or parts[1] not in set(Kind):  # noqa: PLR2004 - the three parts of a key
            raise UnknownInstrumentError(
                "not an instrument key",
                value=text,
                remedy=f"write venue:kind:SYMBOL with a kind of {', '.join(Kind)}",
            )
        return cls(parts[0], Kind(parts[1]), parts[2])


@cache
def _key_of(venue: str, kind: Kind, symbol: str) -> Instrument:
    key = object.__new__(Instrument)
    parts = (venue, kind, symbol, f"{venue}:{kind.value}:{symbol}")
    for name, value in zip(Instrument.__slots__, parts, strict=True):
        object.__setattr__(key, name, value)
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One instrument of a run with the series that price it.

    The unit price in share-class currency is ``sign x index x rate x price``, or the mark for a
    perp. A factor that is None is one. The series names are those of the market frame.

    Parameters
    ----------
    instrument : Instrument
        The key.
    asset : str
        The asset whose price moves it ("BTC", "ETH", "USDT").
    index : str or None
        Aave index series (liquidity index for supply, borrow index for debt).
    rate : str or None
        Exchange rate series of a staking token, asset per token.
    price : str or None
        Price of the asset in share-class currency; None where it is that currency.
    mark : str or None
        For a perp, the venue's mark price series; ``price`` is then the underlying.
    sign : float
        -1.0 for debt, else 1.0.
    """

    instrument: Instrument
    asset: str
    index: str | None = None
    rate: str | None = None
    price: str | None = None
    mark: str | None = None
    sign: float = 1.0


@dataclass(frozen=True, slots=True)
class Universe:
    """The column order of a run: one listing a column, fixed from start to end.

    ``instruments`` are their keys, in the same order.
    """

    listings: tuple[Listing, ...]
    share_currency: str
    instruments: tuple[Instrument, ...] = field(init=False, repr=False, compare=False)
    _index: dict[Instrument, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "instruments", tuple(x.instrument for x in self.listings))
        index = {listing.instrument: i for i, listing in enumerate(self.listings)}
        if len(index) != len(self.listings):
            raise UnknownInstrumentError(
                "an instrument is listed twice",
                where="Universe",
                value=", ".join(str(x.instrument) for x in self.listings),
                remedy="list each instrument once",
            )
        object.__setattr__(self, "_index", index)

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self.listings)

    def __contains__(self, instrument: Instrument) -> bool:
        """Tell if the run holds the instrument."""
        return instrument in self._index

    def column(self, instrument: Instrument) -> int:
        """Return the column of an instrument.

        Parameters
        ----------
        instrument : Instrument
            The key.

        Returns
        -------
        int
            From 0.

        Raises
        ------
        UnknownInstrumentError
            If the run does not hold it.
        """
        try:
            return self._index[instrument]
        except KeyError:
            raise UnknownInstrumentError(
                "this run has no such instrument",
                where="Universe",
                value=str(instrument),
                remedy=f"it has {', '.join(str(x) for x in self.instruments)}",
            ) from None

    def columns(self, instruments: Iterable[Instrument]) -> IntArray:
        """Return the columns of several instruments, in the order given.

        Parameters
        ----------
        instruments : iterable of Instrument
            The keys.

        Returns
        -------
        ndarray of int, shape (k,)
            Columns from 0.

        Raises
        ------
        UnknownInstrumentError
            If the run does not hold one of them.
        """
        return np.array([self.column(x) for x in instruments], dtype=np.intp)

    def where(
        self, *, kind: Kind | None = None, venue: str | None = None, asset: str | None = None
    ) -> IntArray:
        """Return the columns that match every condition given, ascending.

        Parameters
        ----------
        kind : Kind or None
            What the line is.
        venue : str or None
            Where it is.
        asset : str or None
            The asset whose price moves it.

        Returns
        -------
        ndarray of int, shape (k,)
            Columns from 0; empty where none match.
        """
        hits = [
            i
            for i, x in enumerate(self.listings)
            if (kind is None or x.instrument.kind is kind)
            and (venue is None or x.instrument.venue == venue)
            and (asset is None or x.asset == asset)
        ]
        return np.array(hits, dtype=np.intp)
