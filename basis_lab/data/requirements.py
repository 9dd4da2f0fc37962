"""Which dataset serves each requirement of a run, and the error that names all that lack one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from basis_lab.data.series import BAR_KINDS, VENUE_KINDS, DatasetId, DatasetInfo, DatasetKind, Store
from basis_lab.domain.intervals import SECONDS, interval_text
from basis_lab.domain.requirements import Requirement
from basis_lab.domain.wording import agree
from basis_lab.errors import BadDataError, DataError, MissingDataError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One requirement and what serves it.

    Parameters
    ----------
    requirement : Requirement
        What was asked.
    info : DatasetInfo
        The dataset that serves it.
    field : str
        Its column.
    notes : tuple of str
        What was put in the place of what was asked.
    """

    requirement: Requirement
    info: DatasetInfo
    field: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """One requirement that nothing serves.

    Parameters
    ----------
    requirement : Requirement
        What was asked.
    dataset : str
        Where it would have been, after proxies.
    why : str
        Why it is not there, where that is known.
    refused : bool
        True where files were there and were refused.
    coarse : bool
        True where there are bars, of a longer interval than the run's.
    """

    requirement: Requirement
    dataset: str
    why: str
    refused: bool = False
    coarse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a run may draw on.

    Parameters
    ----------
    store : Store
        The data directory.
    proxies : tuple of (str, str)
        Venue, and the venue whose series stand for its own.
    allow_derived : frozenset of str
        Datasets that may serve although they were computed from others.
    step_s : int
        Seconds from one timestep to the next; bars must be as fine.
    """

    store: Store
    proxies: tuple[tuple[str, str], ...]
    allow_derived: frozenset[str]
    step_s: int

    def proxy_of(self, venue: str) -> str | None:
        """Return the venue that stands for another; None where it stands for itself.

        Parameters
        ----------
        venue : str
            The venue asked for.

        Returns
        -------
        str or None
            Its proxy.
        """
        for name, proxy in self.proxies:
            if name == venue:
                return proxy
        return None


def split_key(key: str) -> tuple[str, str]:
    """Split the key of a requirement.

    Parameters
    ----------
    key : str
        ``kind/venue/SYMBOL.field``.

    Returns
    -------
    dataset : str
        ``kind/venue/SYMBOL``.
    field : str
        The column.
    """
    dataset, _, field = key.rpartition(".")
    return dataset, field


def serve(requirement: Requirement, sources: Sources) -> Served | Absent:
    """Find the dataset for one requirement.

    Parameters
    ----------
    requirement : Requirement
        What is asked.
    sources : Sources
        Where to look.

    Returns
    -------
    Served or Absent
        The dataset, or why there is none.
    """
    found = _lookup(requirement, requirement.key, sources)
    if isinstance(found, Served) or requirement.fallback is None:
        return found
    dataset, other = (split_key(x)[0] for x in (requirement.key, requirement.fallback))
    there = sources.store.info(found.dataset) is not None and not found.coarse
    if there or found.refused:
        return found
    instead = _lookup(requirement, requirement.fallback, sources)
    if isinstance(instead, Absent):
        return found
    fine = f" with bars of {interval_text(sources.step_s)}" if found.coarse else ""
    note = f"the directory has no {dataset}{fine}; {other} stands for it"
    return Served(
        requirement=requirement,
        info=instead.info,
        field=instead.field,
        notes=(*instead.notes, note),
    )


def _lookup(requirement: Requirement, key: str, sources: Sources) -> Served | Absent:
    asked, field = split_key(key)
    proxied, notes = _proxied(asked, sources)
    dataset = _finest(proxied, sources)
    info = sources.store.info(dataset)
    if info is None:
        why = sources.store.absence(dataset)
        text = why or (f"its proxy {dataset} is not there" if proxied != asked else "")
        return Absent(requirement=requirement, dataset=dataset, why=text, refused=bool(why))
    if field not in info.fields:
        why = f"{dataset} has only {', '.join(info.fields)}"
        return Absent(requirement=requirement, dataset=dataset, why=why)
    if info.derived and dataset not in sources.allow_derived and not _values_exits_alone(info):
        why = f"{info.source} is derived and data.allow_derived does not name {dataset}"
        return Absent(requirement=requirement, dataset=dataset, why=why)
    if _is_bars(dataset) and sources.step_s % info.interval_s:
        why = (
            f"its bars are of {interval_text(info.interval_s)}, the timesteps of "
            f"{interval_text(sources.step_s)}"
        )
        return Absent(requirement=requirement, dataset=dataset, why=why, coarse=True)
    return Served(requirement=requirement, info=info, field=field, notes=notes)


def _is_bars(dataset: str) -> bool:
    found = DatasetId.parse(dataset)
    return found is not None and found.kind in BAR_KINDS


def _finest(dataset: str, sources: Sources) -> str:
    """Return the bars that serve: of the run's interval, else the longest that divides it."""
    found = DatasetId.parse(dataset)
    if found is None or found.kind not in BAR_KINDS:
        return dataset
    there = set(sources.store.ids())
    for interval, length in reversed(tuple(SECONDS.items())):
        name = str(replace(found, interval=interval))
        if sources.step_s % length == 0 and name in there:
            return name
    return dataset


def _values_exits_alone(info: DatasetInfo) -> bool:
    """Tell if a smoothed series is an LST's market quote, which may serve all the same."""
    found = DatasetId.parse(info.id)
    return found is not None and found.kind is DatasetKind.LST_MARKET and info.smoothed


def _proxied(dataset: str, sources: Sources) -> tuple[str, tuple[str, ...]]:
    found = DatasetId.parse(dataset)
    if found is None or found.kind not in VENUE_KINDS:
        return dataset, ()
    proxy = sources.proxy_of(found.venue)
    if proxy is None:
        return dataset, ()
    note = f"proxied: {proxy} stands for {found.venue} for the whole run"
    return str(DatasetId(found.kind, proxy, found.symbol)), (note,)


def check_allowed(sources: Sources, where: str) -> None:
    """Refuse a permission for a dataset that is not there.

    Parameters
    ----------
    sources : Sources
        The directory, and what may serve although it is derived.
    where : str
        The data directory.

    Raises
    ------
    MissingDataError
        Naming the derived datasets that there are.
    """
    store = sources.store
    there = set(store.ids())
    unknown = sorted(x for x in sources.allow_derived - there if not store.absence(x))
    if unknown:
        derived = [x.id for x in store.datasets() if x.derived]
        names = f"name some of {', '.join(derived)}" if derived else "nothing there is derived"
        raise MissingDataError(
            "data.allow_derived names what the data directory does not have",
            missing=unknown,
            where=where,
            value=", ".join(unknown),
            remedy=f"{names}, or remove the name; `basis-lab data list` prints every dataset",
        )


def check_proxies(requirements: Iterable[Requirement], sources: Sources) -> None:
    """Refuse a proxy of a venue that is none, but nearly has the name of one that a run needs.

    Parameters
    ----------
    requirements : iterable of Requirement
        What the run asks.
    sources : Sources
        The proxies given, and where to look.

    Raises
    ------
    UsageError
        Naming the venue that was meant.
    """
    needed = _venues(x.key for x in requirements)
    known = {x.venue for x in map(DatasetId.parse, sources.store.ids()) if x is not None}
    for venue in unused_proxies(requirements, sources):
        close = get_close_matches(venue.lower(), sorted(needed), n=1)
        if close and venue not in known:
            raise UsageError(
                "data.proxies names a venue that there is not",
                where=f"data.proxies.{venue}",
                value=venue,
                remedy=f"did you mean {close[0]}? this run needs {', '.join(sorted(needed))}",
            )


def _venues(keys: Iterable[str]) -> set[str]:
    ids = [DatasetId.parse(split_key(x)[0]) for x in keys]
    return {x.venue for x in ids if x is not None and x.kind in VENUE_KINDS}


def unused_proxies(requirements: Iterable[Requirement], sources: Sources) -> tuple[str, ...]:
    """Return the venues whose proxy no requirement needed.

    Parameters
    ----------
    requirements : iterable of Requirement
        What the run asks.
    sources : Sources
        The proxies given.

    Returns
    -------
    tuple of str
        Venue names, in the order given.
    """
    venues = _venues(x.key for x in requirements)
    return tuple(venue for venue, _ in sources.proxies if venue not in venues)


def absence_error(absent: Iterable[Absent], sources: Sources, where: str) -> DataError:
    """Word one error over everything that is not there.

    Parameters
    ----------
    absent : iterable of Absent
        What nothing serves.
    sources : Sources
        Where it was looked for.
    where : str
        The data directory.

    Returns
    -------
    DataError
        ``BadDataError`` where all of it was refused, else ``MissingDataError`` naming all.
    """
    pieces = tuple(absent)
    lines = _lines(pieces)
    if all(x.refused for x in pieces):
        named = sorted({x.dataset for x in pieces} & sources.allow_derived)
        lets_in = (
            f"; data.allow_derived cannot let {', '.join(named)} in: it is for series that were "
            "computed from others, not for files that were refused"
        )
        return BadDataError(
            f"{len(pieces)} series that this run needs {agree(len(pieces), 'comes', 'come')} from "
            "files that were refused",
            where=where,
            value="; ".join(lines),
            remedy="mend or replace the files, then import them again" + (lets_in if named else ""),
        )
    return MissingDataError(
        f"{len(pieces)} series that this run needs {agree(len(pieces), 'is', 'are')} not in the "
        "data directory",
        missing=[x.requirement.key for x in pieces],
        where=where,
        value="; ".join(lines),
        remedy=_remedy(pieces, sources),
    )


def _lines(pieces: Iterable[Absent]) -> list[str]:
    """Return what is lacking by dataset, each with its reason once."""
    lacking: dict[tuple[str, str], list[str]] = {}
    for piece in pieces:
        named = f"{piece.requirement.key} ({piece.requirement.purpose})"
        lacking.setdefault((piece.dataset, piece.why), []).append(named)
    reasons = {key: f": {key[1]}" if key[1] else "" for key in lacking}
    return [f"{', '.join(dict.fromkeys(x))}{reasons[key]}" for key, x in lacking.items()]


def _remedy(pieces: tuple[Absent, ...], sources: Sources) -> str:
    lacking: dict[str, set[tuple[str, str]]] = {}
    for piece in pieces:
        found = DatasetId.parse(split_key(piece.requirement.key)[0])
        if found is not None and found.kind in VENUE_KINDS and not piece.coarse:
            lacking.setdefault(found.venue, set()).add((found.kind.value, found.symbol))
    others = _venues_with_perps(sources.store)
    spot = DatasetKind.SPOT.value  # a venue of spot alone is no part of the hedge
    hedged = {venue for venue, what in lacking.items() if any(kind != spot for kind, _ in what)}
    ways = [two_ways(x, preferred(others - {x}), hedges=x in hedged) for x in sorted(lacking)]
    if any(x.coarse for x in pieces):
        ways.insert(0, "choose a longer interval (--interval, interval=), or import finer bars")
    return "; ".join([*ways, "`basis-lab data list` prints what the directory has"])


def preferred(venues: Collection[str]) -> str | None:
    """Return the venue to propose as another's stand-in.

    Parameters
    ----------
    venues : collection of str
        Those that have what it lacks.

    Returns
    -------
    str or None
        Binance, else the first by name; None of none.
    """
    return "binance" if "binance" in venues else min(venues, default=None)


def two_ways(venue: str, proxy: str | None, *, hedges: bool) -> str:
    """Return what can be done about a venue that lacks series.

    Parameters
    ----------
    venue : str
        The venue.
    proxy : str or None
        Who may stand for it; None where nobody has what it lacks.
    hedges : bool
        True where it may be left out of the hedge.

    Returns
    -------
    str
        One clause; empty where there is nothing to do.
    """
    ways = [] if proxy is None else [f'--set \'data.proxies={{"{venue}": "{proxy}"}}\'']
    ways += [f"a hedge_allocation without {venue}"] if hedges else []
    return " or ".join(ways)


def _venues_with_perps(store: Store) -> set[str]:
    ids = [DatasetId.parse(x) for x in store.ids()]
    return {x.venue for x in ids if x is not None and x.kind.value in {"perp", "funding"}}


def proxies_from(mapping: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return proxies as a value that can be compared.

    Parameters
    ----------
    mapping : mapping of str to str
        Venue to the venue that stands for it.

    Returns
    -------
    tuple of (str, str)
        Sorted by venue.
    """
    return tuple(sorted(mapping.items()))
