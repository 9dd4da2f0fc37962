"""Gates on what ran: data, configuration, health, the first loop, and state between loops."""

import numpy as np

from basis_lab.domain.events import Event, EventType
from basis_lab.domain.requirements import Alignment
from gates.outcome import Outcome
from gates.trial import Trial

RISES = frozenset({EventType.RISK_WARNING, EventType.RISK_CRITICAL})


def data_is_there(trial: Trial) -> Outcome:
    """Every series that the mode declares covers every timestep."""
    frame = trial.record.frame
    needed = [need for need in trial.requirements if not need.optional]
    holes = [
        need.key
        for need in needed
        if not frame.has(need.key)
        or (
            need.alignment is not Alignment.STAMP
            and np.isnan(frame.values(need.key)[1:]).any()  # an extreme needs a bar before it
        )
    ]
    return Outcome(
        gate="data",
        passed=not holes,
        figure=f"missing: {holes[0]}"
        if holes
        else f"{len(needed)} series over {frame.rows:,} timesteps",
    )


def entry_is_quiet(trial: Trial) -> Outcome:
    """No alarm is raised by what the valid configuration enters into."""
    rises = [x for x in _at_first(trial) if x.event_type in RISES]
    return Outcome(
        gate="config",
        passed=not rises,
        figure=f"{rises[0].event_type.value} for {rises[0].trigger} at the entry"
        if rises
        else "valid, no warning at the entry",
    )


def components_are_healthy(trial: Trial) -> Outcome:
    """Every component was healthy before the first loop."""
    return Outcome(
        gate="health",
        passed=trial.health.overall_status == "healthy",
        figure=trial.health.summary,
    )


def first_loop_acts(trial: Trial) -> Outcome:
    """At the first timestep a decision was taken, be it that of a filter to stay out."""
    taken = [x for x in _at_first(trial) if x.event_type is EventType.DECISION]
    return Outcome(
        gate="first loop",
        passed=bool(taken),
        figure=f"{taken[0].details['action']} for {taken[0].trigger}, "
        f"{taken[0].details['instructions']} instructions"
        if taken
        else "no decision at the first timestep",
    )


def state_is_kept(trial: Trial) -> Outcome:
    """Each component is one object from the first loop to the last."""
    first, *later = trial.parts
    changed = [name for name, part in first.items() if any(now[name] is not part for now in later)]
    return Outcome(
        gate="state",
        passed=bool(later) and not changed,
        figure=f"replaced: {changed[0]}"
        if changed
        else f"{len(first)} components the same over {len(later)} windows",
    )


def _at_first(trial: Trial) -> list[Event]:
    return [x for x in trial.record.log if isinstance(x, Event) and x.row == 0]
