"""One point of a sweep, run where it happens to be: a row of figures, or of its error."""

from collections.abc import Mapping
from dataclasses import dataclass

from basis_lab.data.places import Place, place_of
from basis_lab.engine.engine import EventDrivenStrategyEngine
from basis_lab.errors import BasisLabError, SweepError
from basis_lab.results.compare import flatten
from basis_lab.results.summary import summarise
from basis_lab.services.cases import Case
from basis_lab.services.keys import code_digest, data_digest
from basis_lab.services.requests import check_request

DONE = "completed"  # as the summary of a whole run says
FAILED = "failed"
NO_FIGURES = frozenset({"run_id", "mode", "share_class", "warnings"})

Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every point of a sweep stands on, wherever it runs.

    Parameters
    ----------
    data_dir : str or None
        None is the sample.
    data, code : str
        Digests of the data and of the package; a worker with others refuses.
    """

    data_dir: str | None
    data: str
    code: str

    @classmethod
    def here(cls, data_dir: Place | None) -> "Ground":
        """Return what points stand on in this process.

        Parameters
        ----------
        data_dir : Place or None
            None is the sample.

        Returns
        -------
        Ground
            To be sent along with each point.
        """
        place = None if data_dir is None else str(data_dir.resolve())
        return cls(data_dir=place, data=data_digest(data_dir), code=code_digest())

    def check(self) -> None:
        """Refuse to compute on other ground.

        Raises
        ------
        SweepError
            If the code or the data of this process are not those of the sweep.
        """
        place = None if self.data_dir is None else place_of(self.data_dir)
        for what, mine, asked in (
            ("code", code_digest(), self.code),
            ("data", data_digest(place), self.data),
        ):
            if mine != asked:
                raise SweepError(
                    f"this worker has other {what} than the sweep",
                    where="worker",
                    value=f"{mine[:12]}..., the sweep {asked[:12]}...",
                    remedy=f"give every worker the same {what}, and start it anew",
                )


def run_point(case: Case, ground: Ground) -> Row:
    """Run one case and return its figures; market data are loaded once in a process.

    Parameters
    ----------
    case : Case
        The point.
    ground : Ground
        Code and data that the sweep stands on.

    Returns
    -------
    dict
        ``status``, ``code`` and ``error``, and every figure of the summary where it is done.
    """
    try:
        ground.check()
        return {**_figures(case, ground), "code": None, "error": None}
    except BasisLabError as error:
        return failure(error)


def failure(error: BaseException) -> Row:
    """Return the row of a point that has no figures.

    Parameters
    ----------
    error : BaseException
        Why.

    Returns
    -------
    dict
        Plain values.
    """
    known = isinstance(error, BasisLabError)
    text = str(error) if known else f"{type(error).__name__}: {error}"
    code = error.code if isinstance(error, BasisLabError) else BasisLabError.code
    return {"status": FAILED, "code": code, "error": text}


def _figures(case: Case, ground: Ground) -> Mapping[str, object]:
    checked = check_request(
        case.request(None if ground.data_dir is None else place_of(ground.data_dir))
    )
    config = checked.config
    engine = EventDrivenStrategyEngine(
        config, "backtest", checked.provider, checked.capital, config.share_class.name
    )
    summary = summarise(engine.run_backtest(checked.start, checked.end))
    figures = {key: x for key, x in flatten(summary).items() if key not in NO_FIGURES}
    return {"mode": config.mode, "share_class": config.share_class.name, **figures}
