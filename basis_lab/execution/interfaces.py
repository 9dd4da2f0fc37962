"""The way from an instruction to its venue: one interface a kind of place."""

from collections.abc import Mapping
from typing import Protocol

from basis_lab.domain.instructions import (
    ExecutionResult,
    Instruction,
    Movement,
    OnChainInstruction,
    PerpTrade,
    SpotTrade,
    Transfer,
    Unstake,
)
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.market import Window
from basis_lab.domain.statements import Arrival, PendingTransfer, Statement
from basis_lab.errors import ExecutionError, InsufficientBalanceError
from basis_lab.execution.venues.protocol import Venue

OWED_ROUNDING = 1e-9  # units of a flash loan: less is rounding


class TransferVenue(Venue, Protocol):
    """The network between venues."""

    @property
    def pending(self) -> tuple[PendingTransfer, ...]:
        """What is on its way."""

    @property
    def late(self) -> frozenset[str]:
        """Venues that took what was on its way later than it arrived, or have yet to take it."""


class VenueInterface:
    """Sends instructions to the venues of one kind, by name.

    Parameters
    ----------
    venues : mapping of str to Venue
        By name.
    """

    kind = "venue"

    def __init__(self, venues: Mapping[str, Venue]) -> None:
        self._venues = dict(venues)

    def execute(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Submit to the venue that the instruction names.

        Parameters
        ----------
        instruction : Instruction
            What to do.
        market : Window
            Whose last row is now.

        Returns
        -------
        ExecutionResult
            Filled, or refused with its error.

        Raises
        ------
        ExecutionError
            If the run has no such venue.
        """
        venue = self._venues.get(instruction.venue)
        if venue is None:
            raise ExecutionError(
                f"the run has no such {self.kind}",
                where=type(instruction).__name__,
                value=instruction.venue,
                remedy=f"it has {', '.join(self._venues)}",
            )
        return venue.submit(instruction, market)

    def health(self) -> str:
        """Tell what is wrong at any venue, or nothing."""
        found = [f"{name}: {why}" for name, v in self._venues.items() if (why := v.health())]
        return "; ".join(found)


class CEXExecutionInterface(VenueInterface):
    """Orders at centralised exchanges."""

    kind = "exchange"


class ChainVenue(Venue, Protocol):
    """A venue on chain: its state can be brought back as a failed transaction does."""

    def snapshot(self) -> Mapping[Instrument, float]:
        """Return the state."""

    def restore(self, state: Mapping[Instrument, float]) -> None:
        """Bring back a state.

        Parameters
        ----------
        state : mapping of Instrument to float
            As ``snapshot`` returned it.
        """


class ChainWallet(ChainVenue, Protocol):
    """The wallet that sends transactions."""

    def begin_group(self) -> None:
        """Begin a transaction of several steps."""

    def end_group(self, market: Window) -> tuple[Movement, ...]:
        """Test the balances and pay the gas of the whole.

        Parameters
        ----------
        market : Window
            Whose last row has the gas price.
        """

    def abandon_group(self) -> None:
        """End a group that failed."""


class QueueVenue(ChainVenue, Protocol):
    """A venue with a withdrawal queue."""

    def deliver(self, market: Window) -> tuple[Statement, ...]:
        """Pay the claims that are due.

        Parameters
        ----------
        market : Window
            Whose last row is now.
        """


class OnChainExecutionInterface(VenueInterface):
    """Transactions on chain: pools, staking, exchanges, lenders, and the wallet itself.

    Parameters
    ----------
    places : mapping of str to ChainVenue
        By name, beside the wallet.
    queues : mapping of str to QueueVenue
        Those of them that have a withdrawal queue.
    wallet : ChainWallet or None
        Who sends; None where the run has nothing on chain.
    """

    kind = "on-chain venue"

    def __init__(
        self,
        places: Mapping[str, ChainVenue],
        queues: Mapping[str, QueueVenue],
        wallet: ChainWallet | None,
    ) -> None:
        self._chain: dict[str, ChainVenue] = dict(places)
        self._queues = dict(queues)
        if wallet is not None:
            self._chain[wallet.name] = wallet
        self._wallet = wallet
        super().__init__(self._chain)

    def begin_group(self) -> dict[str, Mapping[Instrument, float]]:
        """Begin a transaction of several steps.

        Returns
        -------
        dict of str to mapping of Instrument to float
            The state of every venue on chain before it, by name.

        Raises
        ------
        ExecutionError
            If the run has no wallet.
        """
        self._sender().begin_group()
        return {name: venue.snapshot() for name, venue in self._chain.items()}

    def end_group(self, market: Window) -> tuple[Movement, ...]:
        """Test the balances and pay the gas of the whole.

        Parameters
        ----------
        market : Window
            Whose last row has the gas price.

        Returns
        -------
        tuple of Movement
            The gas; empty where the run pays none.

        Raises
        ------
        VenueRefusalError
            If a token is left short, a flash loan is still owed, or gas cannot be paid.
        """
        for name, venue in self._chain.items():
            for line, units in venue.balances().items():
                if line.kind is Kind.FLASH and units > OWED_ROUNDING:
                    raise InsufficientBalanceError(
                        "the group does not give its flash loan back",
                        where=name,
                        value=f"owed {units!r} {line.symbol}",
                        remedy="the steps must bring in what they repay",
                    )
        return self._sender().end_group(market)

    def deliver(self, order: OnChainInstruction, market: Window) -> tuple[Statement, ...]:
        """Pay the claims on an instruction's venue that are due by now.

        Parameters
        ----------
        order : OnChainInstruction
            A request at a venue with a queue.
        market : Window
            Whose last row is now.

        Returns
        -------
        tuple of Statement
            One a claim.
        """
        return self._queues[order.venue].deliver(market)

    def revert(self, state: Mapping[str, Mapping[Instrument, float]]) -> None:
        """Bring the chain back to where it was before the group.

        Parameters
        ----------
        state : mapping of str to mapping of Instrument to float
            As ``begin_group`` returned it.
        """
        self._sender().abandon_group()
        for name, balances in state.items():
            self._chain[name].restore(balances)

    def _sender(self) -> ChainWallet:
        if self._wallet is None:
            raise ExecutionError(
                "the run has no wallet on chain",
                where="atomic group",
                remedy="use a mode with a wallet among its venues",
            )
        return self._wallet


class TransferExecutionInterface:
    """Transfers between accounts, through ``in_transit``.

    Parameters
    ----------
    network : TransferVenue
        Who carries them.
    """

    def __init__(self, network: TransferVenue) -> None:
        self._network = network

    @property
    def pending(self) -> tuple[PendingTransfer, ...]:
        """What is on its way."""
        return self._network.pending

    @property
    def late(self) -> frozenset[str]:
        """Venues that took what was on its way later than it arrived, or have yet to take it."""
        return self._network.late

    def execute(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Send.

        Parameters
        ----------
        instruction : Instruction
            A transfer.
        market : Window
            Whose last row is now.

        Returns
        -------
        ExecutionResult
            Sent, with the row of its arrival, or refused with its error.
        """
        return self._network.submit(instruction, market)

    def arrivals(self, market: Window) -> tuple[Statement, ...]:
        """Deliver what needed no time.

        Parameters
        ----------
        market : Window
            Whose last row is now.

        Returns
        -------
        tuple of Statement
            The arrivals due by then.
        """
        return tuple(x for x in self._network.settle(market) if isinstance(x, Arrival))

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return self._network.health()


class ExecutionInterfaceManager:
    """Chooses the interface for each instruction.

    Parameters
    ----------
    cex : CEXExecutionInterface
        Exchanges.
    onchain : OnChainExecutionInterface
        Everything on chain.
    transfers : TransferExecutionInterface
        Between accounts.
    """

    def __init__(
        self,
        *,
        cex: CEXExecutionInterface,
        onchain: OnChainExecutionInterface,
        transfers: TransferExecutionInterface,
    ) -> None:
        self.cex = cex
        self.onchain = onchain
        self.transfers = transfers

    def execute(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Route an instruction and return what its venue did.

        Parameters
        ----------
        instruction : Instruction
            What to do.
        market : Window
            Whose last row is now.

        Returns
        -------
        ExecutionResult
            Filled, or refused with its error.

        Raises
        ------
        ExecutionError
            If the run has no such venue.
        """
        match instruction:
            case SpotTrade() | PerpTrade():
                return self.cex.execute(instruction, market)
            case Transfer():
                return self.transfers.execute(instruction, market)
            case _:
                return self.onchain.execute(instruction, market)

    def arrivals(self, instruction: Instruction, market: Window) -> tuple[Statement, ...]:
        """Deliver what an instruction sent on a way that takes no time.

        Parameters
        ----------
        instruction : Instruction
            What was carried out.
        market : Window
            Whose last row is now.

        Returns
        -------
        tuple of Statement
            Empty for what sends nothing.
        """
        match instruction:
            case Transfer():
                return self.transfers.arrivals(market)
            case Unstake():
                return self.onchain.deliver(instruction, market)
            case _:
                return ()

    def health(self) -> str:
        """Tell what is wrong at any interface, or nothing."""
        parts = (self.cex.health(), self.onchain.health(), self.transfers.health())
        return "; ".join(x for x in parts if x)
