"""A simulated staking protocol: stakes at its rate, a withdrawal queue, rewards by time held.

Source: ether.fi LiquidityPool and Lido WstETH, WithdrawalQueue (conversion at pooled ETH over
shares, a request fixes the rate); rewards as DOMAIN 4.3 and MODES, ``eth_staking_only``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from basis_lab.calc import staking
from basis_lab.domain.arrays import running
from basis_lab.domain.instructions import (
    Cause,
    ExecutionResult,
    Instruction,
    Movement,
    Stake,
    Status,
    Unstake,
)
from basis_lab.domain.instruments import Instrument
from basis_lab.domain.market import FloatArray, Payout, Window
from basis_lab.domain.statements import (
    ClaimPaid,
    PendingTransfer,
    Preview,
    RewardPayment,
    Statement,
)
from basis_lab.errors import (
    InsufficientBalanceError,
    UnsupportedInstructionError,
    VenueRefusalError,
)
from basis_lab.execution.venues.protocol import Venue
from basis_lab.execution.venues.simulated.accounts import Accounts
from basis_lab.execution.venues.simulated.chain import SimulatedWallet
from basis_lab.execution.venues.simulated.closures import require_open

SECOND = np.timedelta64(1, "s")


@dataclass(frozen=True, slots=True, kw_only=True)
class StakeLine:
    """Where the protocol sees its token: a venue's line, scaled by an index series or not."""

    venue: Venue
    line: Instrument
    index: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StakingTerms:
    """What a staking protocol gives and takes.

    Parameters
    ----------
    token, lst : Instrument
        The wallet's ETH and staking token.
    claim : Instrument
        The line of claims in the queue.
    rate : str
        Series of ETH per token.
    delay_s : float
        Seconds in the queue.
    gas_units : mapping of str to float
        Gas by operation.
    programmes : mapping of str to Instrument
        Reward tables that are counted, and the line that each pays to.
    """

    token: Instrument
    lst: Instrument
    claim: Instrument
    rate: str
    delay_s: float
    gas_units: Mapping[str, float]
    programmes: Mapping[str, Instrument]


class SimulatedStakingPool:
    """A staking protocol in process.

    Parameters
    ----------
    name : str
        The venue.
    wallet : SimulatedWallet
        Who pays and receives.
    terms : StakingTerms
        Rates, queue and programmes.
    """

    def __init__(self, name: str, *, wallet: SimulatedWallet, terms: StakingTerms) -> None:
        self.name = name
        self._wallet = wallet
        self._terms = terms
        self._claims = Accounts(name, (terms.claim,))
        self._pending: list[PendingTransfer] = []
        self._stakes: tuple[StakeLine, ...] = ()
        self._held_s: FloatArray = np.zeros(0)

    @property
    def lst(self) -> Instrument:
        """The staking token, in the wallet."""
        return self._terms.lst

    def watch(self, stakes: Sequence[StakeLine]) -> None:
        """Set where the token may lie, for rewards by time held.

        Parameters
        ----------
        stakes : sequence of StakeLine
            Every line of the run that holds it.
        """
        self._stakes = tuple(stakes)

    def balances(self) -> Mapping[Instrument, float]:
        """Report claims in the queue, ETH."""
        return self._claims.report()

    def health(self) -> str:
        """Tell what is wrong, or nothing."""
        return self._claims.health()

    def snapshot(self) -> dict[Instrument, float]:
        """Return the state, to be restored if a step of a transaction fails."""
        return self._claims.report()

    def restore(self, state: Mapping[Instrument, float]) -> None:
        """Bring back a state."""
        for line, units in state.items():
            self._claims[line] = units

    def submit(self, instruction: Instruction, market: Window) -> ExecutionResult:
        """Stake, or queue an exit, or refuse; a refusal leaves wallet and queue as they were."""
        before, tokens = self.snapshot(), self._wallet.snapshot()
        try:
            require_open(self.name, market, instruction)
            match instruction:
                case Stake():
                    return self._stake(instruction, market)
                case Unstake():
                    return self._unstake(instruction, market)
                case _:
                    raise UnsupportedInstructionError(
                        f"{self.name} does not take this kind of instruction",
                        where=self.name,
                        value=type(instruction).__name__,
                        remedy="send it to the venue that does",
                    )
        except VenueRefusalError as error:
            self.restore(before)
            self._wallet.restore(tokens)
            return ExecutionResult(status=Status.REJECTED, instruction=instruction, error=error)

    def _stake(self, order: Stake, market: Window) -> ExecutionResult:
        if (order.token, order.lst) != (self._terms.token, self._terms.lst):
            raise self._stranger(f"{order.token} for {order.lst}")
        self._check_quantity(order.quantity, order.token)
        rate = market.values(self._terms.rate)[-1:]
        taken = self._wallet.debit(order.token, order.quantity, market)
        gas = self._wallet.pay_gas(self._terms.gas_units["stake"], market)
        units = float(staking.tokens_from_eth(np.array([taken]), rate)[0])
        self._wallet.credit(order.lst, units)
        return _filled(order, (order.token, -taken), (order.lst, units), gas, float(rate[0]))

    def _unstake(self, order: Unstake, market: Window) -> ExecutionResult:
        if (order.lst, order.claim) != (self._terms.lst, self._terms.claim):
            raise self._stranger(f"{order.lst} for {order.claim}")
        if self._wallet.in_group:
            raise UnsupportedInstructionError(
                "a queue cannot be part of one transaction",
                where=self.name,
                value=order.quantity,
                remedy="put the request behind the group",
            )
        self._check_quantity(order.quantity, order.lst)
        rate = market.values(self._terms.rate)[-1:]
        taken = self._wallet.debit(order.lst, order.quantity, market)
        gas = self._wallet.pay_gas(self._terms.gas_units["unstake"], market)
        eth = float(staking.eth_from_tokens(np.array([taken]), rate)[0])
        self._claims.put(order.claim, eth)
        due = market.stop - 1 + ceil(self._terms.delay_s / market.frame.step_s)
        self._pending.append(
            PendingTransfer(destination=self._terms.token, quantity=eth, arrives_row=due)
        )
        return _filled(order, (order.lst, -taken), (order.claim, eth), gas, float(rate[0]))

    def _stranger(self, what: str) -> UnsupportedInstructionError:
        return UnsupportedInstructionError(
            f"{self.name} has no such token in this run",
            where=self.name,
            value=what,
            remedy="name the lines of the run",
        )

    @staticmethod
    def _check_quantity(quantity: float, line: Instrument) -> None:
        if not quantity > 0.0:
            raise InsufficientBalanceError(
                "a staking protocol takes positive quantities",
                where=str(line),
                value=quantity,
                remedy="leave the instruction out when there is nothing to do",
            )

    def preview(self, window: Window) -> Preview:
        """Tell the first payment of a claim or a reward in a window."""
        rows = [max(x.arrives_row, window.start) for x in self._pending]
        rows += [x.row for x in self._payouts(window)]
        return Preview(flows=(), work_row=min((x for x in rows if x < window.stop), default=None))

    def settle(self, window: Window) -> tuple[Statement, ...]:
        """Count what was held, then pay rewards and claims that are due."""
        if self._terms.programmes:
            self._count(window)
        done: list[Statement] = []
        for payout in self._payouts(window):
            done += self._pay_reward(payout, window)
        return (*done, *self.deliver(window))

    def deliver(self, market: Window) -> tuple[Statement, ...]:
        """Pay the claims that are due by the window's last row.

        Parameters
        ----------
        market : Window
            Whose last row is now.

        Returns
        -------
        tuple of Statement
            One a claim.
        """
        due = [x for x in self._pending if x.arrives_row < market.stop]
        self._pending = [x for x in self._pending if x.arrives_row >= market.stop]
        done: list[Statement] = []
        for item in due:
            paid = self._claims.take(self._terms.claim, item.quantity)
            self._wallet.credit(item.destination, paid)
            done.append(
                ClaimPaid(
                    venue=self.name,
                    claim=self._terms.claim,
                    destination=item.destination,
                    quantity=paid,
                )
            )
        return tuple(done)

    def _payouts(self, window: Window) -> list[Payout]:
        return [x for x in window.payouts if x.key in self._terms.programmes]

    def _count(self, window: Window) -> None:
        """Add the seconds for which the staked ETH was held up to each row of a window."""
        if not len(self._held_s):
            self._held_s = np.zeros(window.frame.rows)
        held = np.zeros(len(window))
        for stake in self._stakes:
            units = stake.venue.balances()[stake.line]
            if units:
                index = 1.0 if stake.index is None else window.previous(stake.index)
                held += units * index * window.previous(self._terms.rate)
        if window.start == 0:
            held[0] = 0.0  # nothing was held before the run
        carried = float(self._held_s[window.start - 1]) if window.start else 0.0
        self._held_s[window.start : window.stop] = running(carried, held * window.frame.step_s)

    def _pay_reward(self, payout: Payout, window: Window) -> list[Statement]:
        times = window.frame.times
        rows = np.searchsorted(times, [payout.period_start, payout.period_end], side="right") - 1
        first, last = (float(self._held_s[row]) if row >= 0 else 0.0 for row in rows)
        seconds = (payout.period_end - payout.period_start) / SECOND
        average = staking.time_weighted(np.array([last - first]), np.array([seconds]))
        quantity = float(average[0]) * payout.units_per_staked
        if not quantity > 0.0:
            return []
        destination = self._terms.programmes[payout.key]
        self._wallet.credit(destination, quantity)
        return [
            RewardPayment(
                venue=self.name,
                programme=payout.key,
                destination=destination,
                quantity=quantity,
                period_start=payout.period_start,
                period_end=payout.period_end,
                average_units=float(average[0]),
            )
        ]


def _filled(
    order: Stake | Unstake,
    given: tuple[Instrument, float],
    received: tuple[Instrument, float],
    gas: tuple[Movement, ...],
    rate: float,
) -> ExecutionResult:
    return ExecutionResult(
        status=Status.FILLED,
        instruction=order,
        movements=(
            Movement(given[0], given[1], Cause.TRADE),
            Movement(received[0], received[1], Cause.TRADE),
            *gas,
        ),
        quantity=order.quantity,
        price=rate,
        quote_price=rate,
    )
