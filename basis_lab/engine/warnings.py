"""What a reader of a result must know, in sentences."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from basis_lab.config.models import RunConfig
from basis_lab.data.provider import DataProvider
from basis_lab.data.shocks import STRESSED, closure_note, shock_note
from basis_lab.domain import series
from basis_lab.domain.events import DEFAULTED, Event, EventType
from basis_lab.domain.instruments import Kind
from basis_lab.domain.market import FloatArray
from basis_lab.domain.reports import Level
from basis_lab.domain.stress import ClosureParameters, moment_row
from basis_lab.domain.wording import COSTS_OFF, MADE_UP, NEVER_HELD, word_default, word_idle
from basis_lab.engine.loop import FullLoop
from basis_lab.execution.venues.parameters import LendingPoolParameters

SIZED: Mapping[Kind, tuple[Callable[[str], str], str]] = MappingProxyType(
    {
        Kind.ATOKEN: (series.liquidity_index, "supplied"),
        Kind.DEBT: (series.borrow_index, "borrowed"),
    }
)

MOST_ADRIFT = 0.01  # of the timesteps: a rebalance takes an hour or some


def find_warnings(loop: FullLoop, config: RunConfig, provider: DataProvider) -> tuple[str, ...]:
    """Look a run over for what its figures alone would not tell.

    Parameters
    ----------
    loop : FullLoop
        The run, finished or stopped.
    config : RunConfig
        Its configuration.
    provider : DataProvider
        Its data.

    Returns
    -------
    tuple of str
        No position, what of reality was left out, sources that stand for others, what the checks
        say of the data, stresses, unused proxies, flows outside the dates, a hedge that is off,
        own size against a pool's liquidity, synthetic
        data.
    """
    held = loop.components.position_monitor.history[: loop.row]
    found = [] if _held_anything(loop, held) else [NEVER_HELD]
    found += _left_out(config)
    notes = [note for x in loop.frame.sources for note in x.notes if "stands for" in note]
    found += list(dict.fromkeys(notes))
    found += _data_warnings(loop)
    found += [
        f"data.proxies names {venue}, which this run does not use"
        for venue in provider.unused_proxies
    ]
    found += _stresses(loop, config)
    found += _flows_outside(loop, config)
    found += _cut_requests(loop)
    found += _divergences(loop)
    found += _drift(loop, config)
    found += _defaults(loop)
    if loop.liquidations:
        found.append(f"{loop.liquidations} liquidations: see LIQUIDATION in the event log")
    found += _large_positions(loop, config, held)
    if loop.frame.synthetic:
        found.append(MADE_UP)
    return tuple(found)


def _held_anything(loop: FullLoop, held: FloatArray) -> bool:
    kinds = (Kind.PERP, Kind.ATOKEN)
    return any(
        held[:, i].any() and (x.instrument.kind in kinds or x.rate is not None)
        for i, x in enumerate(loop.components.universe.listings)
    )


def _left_out(config: RunConfig) -> list[str]:
    """Tell what of reality the configuration switched off."""
    costs = config.costs
    said = (
        (not costs.enabled, COSTS_OFF),
        (not costs.delays_enabled, "transfers, queues and payouts take no time"),
        (not costs.venue_rules_enabled, "lot steps, least sizes and initial margin do not apply"),
        (config.hold, "held from the entry on: no trigger acts, those of risk included"),
    )
    return [sentence for true, sentence in said if true]


def _stresses(loop: FullLoop, config: RunConfig) -> list[str]:
    """Tell what a scenario did to the data, and what of it did nothing."""
    times = loop.frame.times
    notes = dict.fromkeys(note for x in loop.frame.sources for note in x.notes)
    done = [note for note in notes if note.startswith(STRESSED)]
    idle = [
        f"a shock of {', '.join(x.series)} at {x.at}"
        for x in config.shocks
        if shock_note(x, times) not in done
    ]
    idle += [
        f"a closure of {', '.join(x.venues)} at {x.at}"
        for x in config.closures
        if not any(closure_note(x, venue, times) in done for venue in x.venues)
    ]
    idle += [
        f"a closure of {', '.join(x.venues)} at {x.at} is waited for by no decision and"
        for x in config.closures
        if any(closure_note(x, venue, times) in done for venue in x.venues)
        and _met_nobody(x, loop, config)
    ]
    idle += [
        f"an order to {x.action} at {x.at}"
        for x in config.actions
        if moment_row(x.at, times) is None
    ]
    return [*done, *map(word_idle, idle)]


def _met_nobody(closure: ClosureParameters, loop: FullLoop, config: RunConfig) -> bool:
    """Tell if venues were closed while nobody asked anything of them.

    Deposits and withdrawals wait without saying so in every case: with flows nothing is claimed.
    """
    late = loop.components.execution_interface_manager.transfers.late
    met = (loop.waited_for | late).intersection(closure.venues)
    return not (closure.lost or met or config.flows)


def _data_warnings(loop: FullLoop) -> list[str]:
    """Return what the checks say of the series used, each dataset once."""
    told = [(x.dataset.rpartition(".")[0], text) for x in loop.frame.sources for text in x.warnings]
    return [f"{dataset}: {text}" for dataset, text in dict.fromkeys(told)]


def _flows_outside(loop: FullLoop, config: RunConfig) -> list[str]:
    times = loop.frame.times
    return [
        f"flows: {flow.amount:g} ({flow.unit}) at {flow.at} is outside the run's dates, ignored"
        for flow in config.flows
        if not times[0] < flow.moment() <= times[-1]
    ]


def _divergences(loop: FullLoop) -> list[str]:
    """Count, by venue, how often its mark left the spot price by more than the alert."""
    venues = [
        x.venue
        for x in loop.components.event_logger.entries
        if isinstance(x, Event)
        and x.event_type is EventType.PRICE_DIVERGENCE
        and x.status == Level.CRITICAL.name
    ]
    return [
        f"{venue}: mark and spot parted beyond the alert {venues.count(venue)} times; is its data "
        "of the right market, unit and time zone?"
        for venue in dict.fromkeys(venues)
    ]


def _drift(loop: FullLoop, config: RunConfig) -> list[str]:
    """Tell of a book that was not neutral for longer than it takes to mend it."""
    limit = getattr(config.strategy, "max_delta_drift", None)
    drift = np.abs(loop.recorder.risk["delta_drift"][: loop.row])
    over = np.isfinite(drift) & (drift > (np.inf if limit is None else limit))
    if limit is None or np.count_nonzero(over) <= MOST_ADRIFT * len(drift):
        return []
    told = (
        f"the hedge was further from neutral than {100.0 * limit:g} % of equity in "
        f"{np.count_nonzero(over):,} of {len(drift):,} timesteps, at most {drift[over].max():.1%}"
        "; lots, margin, closed venues or a hold keep it there"
    )
    return [told]


def _defaults(loop: FullLoop) -> list[str]:
    """Name the venues that defaulted with something of the run on them."""
    lost = {
        x.venue: loop.frame.times[x.row]
        for x in loop.components.event_logger.entries
        if isinstance(x, Event) and x.details.get("why") == DEFAULTED
    }
    return [word_default(venue, f"{time}Z") for venue, time in lost.items()]


def _cut_requests(loop: FullLoop) -> list[str]:
    """Name withdrawals that asked for more than there was."""
    asked = [
        (x.row, x.details["asked"], x.details["granted"])
        for x in loop.components.event_logger.entries
        if isinstance(x, Event) and "asked" in x.details
    ]
    return [
        f"flows: {wanted:,.2f} asked at {loop.frame.times[row]}Z, {granted:,.2f} granted: all of it"
        for row, wanted, granted in asked
        if wanted != granted
    ]


def _large_positions(loop: FullLoop, config: RunConfig, held: FloatArray) -> list[str]:
    """Name loans and supplies beyond the share of a reserve's liquidity that its file allows."""
    found = []
    window = loop.frame.window(0, loop.row)
    for column, line in enumerate(loop.components.universe.instruments):
        venue = config.venues[line.venue]
        supplied, borrowed = series.total_supplied(line.symbol), series.total_borrowed(line.symbol)
        if not isinstance(venue, LendingPoolParameters) or line.kind not in SIZED:
            continue
        if not (window.has(supplied) and window.has(borrowed)):
            continue
        index, verb = SIZED[line.kind]
        units = held[:, column] * window.values(index(line.symbol))
        free = np.maximum(window.values(supplied) - window.values(borrowed), 0.0)
        over = units - venue.liquidity_warning_share * free
        if over.max() > 0.0:
            at = int(np.argmax(over))
            found.append(
                f"{line}: {units[at]:,.0f} {verb} where {free[at]:,.0f} of the reserve were free "
                f"({window.times[at]}Z); its rates are taken as given, own size would move them"
            )
    return found
