"""One run that the gates look at: what was asked, what ran, and what was written."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from basis_lab.domain.requirements import Requirement
from basis_lab.engine.compose import blueprint_of
from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.engine.health import Health
from basis_lab.execution.venues.protocol import Venue
from basis_lab.results.record import RunRecord
from basis_lab.results.store import ResultsStore
from basis_lab.services.requests import BacktestRequest, check_request

Parts = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A finished run and everything that the gates ask about it.

    Parameters
    ----------
    requirements : tuple of Requirement
        The series that the mode declares.
    health : Health
        Before the first loop.
    parts : tuple of mapping
        The components by name, before the first loop and after every window.
    venues : tuple of Venue
        As they stand at the end.
    record : RunRecord
        The columns of the run.
    folder : Path
        Its files.
    """

    requirements: tuple[Requirement, ...]
    health: Health
    parts: tuple[Parts, ...]
    venues: tuple[Venue, ...]
    record: RunRecord
    folder: Path


def make_trial(request: BacktestRequest, out: Path) -> Trial:
    """Run a request and write its folder.

    Parameters
    ----------
    request : BacktestRequest
        What is asked.
    out : Path
        Where the folder goes, named after mode and share class.

    Returns
    -------
    Trial
        To be put through the gates.

    Raises
    ------
    BasisLabError
        If the configuration is refused, data is missing, or the run fails.
    """
    checked = check_request(request)
    config = checked.config
    engine = EventDrivenStrategyEngine(
        config, "backtest", checked.provider, checked.capital, config.share_class.name
    )
    health = engine.get_status().health
    parts = [_parts(engine)]
    record = engine.run_backtest(
        checked.start,
        checked.end,
        stride=request.stride,
        progress=lambda _done, _total: parts.append(_parts(engine)),
    )
    run_id = f"{config.mode}-{config.share_class.name}"
    record = replace(record, identity=replace(record.identity, run_id=run_id))
    folder = ResultsStore(out).persist_results(
        record, plots=True, manifest_extra={"command": request.command}
    )
    return Trial(
        requirements=tuple(blueprint_of(config).requirements),
        health=health,
        parts=tuple(parts),
        venues=engine.components.venues,
        record=record,
        folder=folder,
    )


def _parts(engine: EventDrivenStrategyEngine) -> Parts:
    named = {x.name: getattr(engine.components, x.name) for x in fields(engine.components)}
    return {"data_provider": engine.data_provider, **named}
