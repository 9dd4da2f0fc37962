"""Put every shipped mode through the gates: ``python -m gates``."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from basis_lab.config.loader import list_modes
from basis_lab.errors import BasisLabError, ConfigError, DataError
from basis_lab.services.requests import BacktestRequest
from gates import identities, ran, written
from gates.outcome import Outcome
from gates.trial import Trial, make_trial

GATES: tuple[Callable[[Trial], Outcome], ...] = (
    ran.data_is_there,
    ran.entry_is_quiet,
    ran.components_are_healthy,
    ran.first_loop_acts,
    written.files_are_made,
    written.plots_are_drawn,
    written.one_clock,
    ran.state_is_kept,
    identities.attribution_adds_up,
    identities.balance_is_equity,
    identities.venues_agree,
    identities.exposure_adds_up,
    identities.costs_are_attributed,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the gates and write gates.json.

    Parameters
    ----------
    arguments : sequence of str or None
        The words after ``python -m gates``; None takes those of the process.

    Returns
    -------
    int
        0 if every gate passed, else 1.
    """
    options = _options(arguments)
    told: list[dict[str, object]] = []
    for mode, share_class in _cases(options.mode):
        request = BacktestRequest(
            mode=mode,
            share_class=share_class,
            start=options.start,
            end=options.end,
            command="python -m gates",
        )
        outcomes = try_case(request, options.out / "gates")
        for x in outcomes:
            _say(f"{'PASS' if x.passed else 'FAIL'}  {mode} {share_class}  {x.gate}: {x.figure}")
        gates = [asdict(outcome) for outcome in outcomes]
        told.append({"mode": mode, "share_class": share_class, "gates": gates})
        failed = sum(not outcome.passed for outcome in outcomes)
        told[-1]["failed"] = failed
    passed = all(case["failed"] == 0 for case in told)
    options.out.mkdir(parents=True, exist_ok=True)
    report = options.out / "gates.json"
    report.write_text(json.dumps({"passed": passed, "cases": told}, indent=2) + "\n")
    _say(f"{'every gate passed' if passed else 'a gate failed'}; {report}")
    return 0 if passed else 1


def try_case(request: BacktestRequest, out: Path) -> list[Outcome]:
    """Run one case and put it through every gate.

    Parameters
    ----------
    request : BacktestRequest
        What is asked.
    out : Path
        Where its folder goes.

    Returns
    -------
    list of Outcome
        One a gate; one alone where there was no run to look at.
    """
    try:
        trial = make_trial(request, out)
    except ConfigError as error:
        return [Outcome(gate="config", passed=False, figure=str(error))]
    except DataError as error:
        return [Outcome(gate="data", passed=False, figure=str(error))]
    except BasisLabError as error:
        return [Outcome(gate="run", passed=False, figure=f"{error.code}: {error}")]
    return [gate(trial) for gate in GATES]


def _cases(only: str | None) -> Iterator[tuple[str, str]]:
    for mode in list_modes():
        if only is None or mode.header.mode == only:
            for share_class in mode.header.share_classes:
                yield mode.header.mode, share_class


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m gates", description=__doc__)
    parser.add_argument("--mode", help="this mode alone")
    parser.add_argument("--start", help="first date; without dates the last 365 days")
    parser.add_argument("--end", help="last date, included")
    parser.add_argument("--out", type=Path, default=Path("outputs"), metavar="DIR")
    return parser.parse_args(arguments)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
