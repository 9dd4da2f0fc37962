"""From what a venue did to our book: execution results and statements become transactions."""

from basis_lab.domain.instructions import (
    Cause,
    ExecutionResult,
    Movement,
    PerpTrade,
    SpotTrade,
    Swap,
)
from basis_lab.domain.instruments import Instrument, Kind
from basis_lab.domain.statements import (
    Arrival,
    ClaimPaid,
    Liquidation,
    Loss,
    PoolLiquidation,
    RewardPayment,
    Statement,
)
from basis_lab.errors import PositionUpdateError
from basis_lab.ledger.book import Forced, Posting, Transaction
from basis_lab.monitors.position import PositionMonitor


class PositionUpdateHandler:
    """The only writer of our book.

    Parameters
    ----------
    positions : PositionMonitor
        Our book.
    """

    def __init__(self, positions: PositionMonitor) -> None:
        self._positions = positions

    def handle_position_update(self, result: ExecutionResult, row: int) -> Transaction:
        """Book a filled instruction, but for its gas, which ``handle_gas`` books after it.

        Parameters
        ----------
        result : ExecutionResult
            What the venue did.
        row : int
            The timestep.

        Returns
        -------
        Transaction
            What was booked.

        Raises
        ------
        PositionUpdateError
            If the venue's statement names a cause that the instruction may not use.
        """
        instruction = result.instruction
        stated = tuple(
            Posting(x.instrument, x.quantity, x.cause)
            for x in result.movements
            if x.cause is not Cause.GAS
        )
        match instruction:
            case SpotTrade():
                postings = (*_spot(instruction, result), *stated)
                opens_at = "delta"
            case PerpTrade():
                postings = (*self._perp(instruction, result), *stated)
                opens_at = "basis"
            case Swap():
                postings, opens_at = (*_swap(instruction, result), *stated), self._sold(instruction)
            case _:
                postings, opens_at = stated, ""
        for posting in postings:
            if posting.cause not in instruction.causes:
                raise PositionUpdateError(
                    "the venue states a cause that this instruction may not use",
                    where=f"{instruction.venue}, {type(instruction).__name__}",
                    value=posting.cause.value,
                    remedy="nothing was booked; check the venue's adapter",
                )
        return self._post(Transaction(row=row, postings=postings, opens_at=opens_at))

    def handle_statement(self, statement: Statement, row: int) -> Transaction:
        """Book what a venue did by itself.

        Parameters
        ----------
        statement : Statement
            What the venue states.
        row : int
            The timestep.

        Returns
        -------
        Transaction
            What was booked.
        """
        match statement:
            case Arrival():
                moved = _moved(
                    statement.transit, statement.destination, statement.quantity, Cause.TRANSFER
                )
                return self._post(Transaction(row=row, postings=moved))
            case ClaimPaid():
                moved = _moved(
                    statement.claim, statement.destination, statement.quantity, Cause.TRADE
                )
                return self._post(Transaction(row=row, postings=moved))
            case RewardPayment():
                reward = Posting(statement.destination, statement.quantity, Cause.REWARD)
                return self._post(Transaction(row=row, postings=(reward,)))
            case PoolLiquidation():
                return self._post(Transaction(row=row, postings=_pool_liquidation(statement)))
            case Loss():
                gone = tuple(Posting(x, -self._held(x), Cause.LIQUIDATION) for x in statement.lines)
                return self._post(Transaction(row=row, postings=gone))
            case Liquidation():
                return self._post(self._liquidation(statement, row))

    def handle_gas(self, movements: tuple[Movement, ...], row: int) -> list[Transaction]:
        """Book the gas among a statement's movements.

        Parameters
        ----------
        movements : tuple of Movement
            Of an instruction, or of a whole group.
        row : int
            The timestep.

        Returns
        -------
        list of Transaction
            What was booked; empty where no gas was paid.
        """
        postings = tuple(
            Posting(x.instrument, x.quantity, x.cause) for x in movements if x.cause is Cause.GAS
        )
        if not postings:
            return []
        return [self._post(Transaction(row=row, postings=postings))]

    def _post(self, transaction: Transaction) -> Transaction:
        self._positions.post(transaction)
        return transaction

    def _held(self, instrument: Instrument) -> float:
        book = self._positions.book
        return float(book.quantities[book.universe.column(instrument)])

    def _perp(self, order: PerpTrade, result: ExecutionResult) -> list[Posting]:
        """Open at the quote against ``contracts``; a close moves its fraction of it to cash."""
        contracts = Instrument(order.venue, Kind.CONTRACTS, order.perp.symbol)
        margin = self._margin(order)
        size = self._held(order.perp)
        closing, opening = _split_trade(size, result.quantity)
        slip = result.price - result.quote_price
        postings: list[Posting] = []
        if closing != 0.0:
            against = self._held(contracts) * (-closing / size)
            postings += [
                Posting(order.perp, closing, Cause.TRADE),
                Posting(contracts, -against, Cause.TRADE),
                Posting(margin, against - closing * result.quote_price, Cause.TRADE),
                Posting(margin, -closing * slip, Cause.SLIPPAGE),
            ]
        if opening != 0.0:
            postings += [
                Posting(order.perp, opening, Cause.TRADE),
                Posting(contracts, -opening * result.quote_price, Cause.TRADE),
                Posting(contracts, -opening * slip, Cause.SLIPPAGE),
            ]
        return postings

    def _sold(self, order: Swap) -> str:
        """Name the category of what a sale's quote differs from the mark by."""
        universe = self._positions.universe
        if order.source.kind is Kind.KING:
            return "reward"
        return "peg" if universe.listings[universe.column(order.source)].rate else "delta"

    def _margin(self, order: PerpTrade) -> Instrument:
        universe = self._positions.universe
        column = int(universe.where(kind=Kind.MARGIN, venue=order.venue)[0])
        return universe.instruments[column]

    def _liquidation(self, done: Liquidation, row: int) -> Transaction:
        size = self._held(done.perp)
        against = self._held(done.contracts)
        postings = [
            Posting(done.perp, -size, Cause.TRADE),
            Posting(done.contracts, -against, Cause.TRADE),
            Posting(done.margin, against + size * done.price, Cause.TRADE),
        ]
        if done.clearance_fee:
            postings.append(Posting(done.margin, -done.clearance_fee, Cause.LIQUIDATION))
        if done.absorbed:
            postings.append(Posting(done.margin, done.absorbed, Cause.LIQUIDATION))
        return Transaction(
            row=row,
            postings=tuple(postings),
            forced=Forced(perp=done.perp, quantity=size, price=done.price),
        )


def _spot(order: SpotTrade, result: ExecutionResult) -> list[Posting]:
    return [
        Posting(order.base, result.quantity, Cause.TRADE),
        Posting(order.quote, -result.quantity * result.quote_price, Cause.TRADE),
        Posting(
            order.quote,
            -result.quantity * (result.price - result.quote_price),
            Cause.SLIPPAGE,
        ),
    ]


def _swap(order: Swap, result: ExecutionResult) -> list[Posting]:
    slip = result.quote_price - result.price
    return [
        Posting(order.source, -result.quantity, Cause.TRADE),
        Posting(order.destination, result.quantity * result.quote_price, Cause.TRADE),
        Posting(order.destination, -result.quantity * slip, Cause.SLIPPAGE),
    ]


def _moved(
    source: Instrument, destination: Instrument, quantity: float, cause: Cause
) -> tuple[Posting, ...]:
    return (Posting(source, -quantity, cause), Posting(destination, quantity, cause))


def _pool_liquidation(done: PoolLiquidation) -> tuple[Posting, ...]:
    """Collateral for debt at the oracle price; the bonus, and what the pool wrote off, apart."""
    fair = done.seized_scaled - done.bonus_scaled
    postings = [
        Posting(done.debt, -done.repaid_scaled, Cause.TRADE),
        Posting(done.atoken, -fair, Cause.TRADE),
        Posting(done.atoken, -done.bonus_scaled, Cause.LIQUIDATION),
    ]
    if done.burnt_scaled:
        postings.append(Posting(done.debt, -done.burnt_scaled, Cause.LIQUIDATION))
    return tuple(postings)


def _split_trade(size: float, quantity: float) -> tuple[float, float]:
    """Split a trade into the part that closes what is held and the part that opens."""
    if size * quantity >= 0.0:
        return 0.0, quantity
    if abs(quantity) <= abs(size):
        return quantity, 0.0
    return -size, quantity + size
