"""Import: a raw directory becomes a canonical one, and every file's fate is reported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from basis_lab.data.catalogue import (
    CATALOGUE,
    file_sha256,
    parse_catalogue,
    render_catalogue,
)
from basis_lab.data.findings import Finding, Severity
from basis_lab.data.markets import findings_by_file
from basis_lab.data.origins import Origin, origin_of, read_origins
from basis_lab.data.parquet import write_columns
from basis_lab.data.raw import RawStore
from basis_lab.data.raw_file import RawFile
from basis_lab.data.repairs import Repair, check_together
from basis_lab.data.replacing import Earlier, check_replacing, earlier_datasets
from basis_lab.data.resolution import Resolution, refusals, with_findings
from basis_lab.data.series import DatasetInfo, DatasetKind
from basis_lab.data.static import Rules
from basis_lab.data.unread import unread_files
from basis_lab.data.writing import check_directory, whole_files
from basis_lab.domain.wording import agree
from basis_lab.errors import BadDataError, MissingDataError, UsageError


class Verdict(StrEnum):
    """What became of a file."""

    USED = "used"
    NOT_CHOSEN = "not chosen"
    REFUSED = "refused"
    NOT_USED = "not used"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What became of one file.

    Parameters
    ----------
    file : str
        Its path inside the source directory.
    dataset : str
        What it is for; empty for files that nothing reads yet.
    verdict : Verdict
        What became of it.
    rows : int or None
        Good rows; None where it was not read or refused.
    findings : tuple of Finding
        What was found in it.
    """

    file: str
    dataset: str
    verdict: Verdict
    rows: int | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which file serves one dataset, and why.

    Parameters
    ----------
    dataset : str
        ``kind/venue/SYMBOL``.
    file : str or None
        The file that serves; None where every one was refused, or all are derived.
    reason : str
        Why.
    others : tuple of str
        The files that were passed over.
    """

    dataset: str
    file: str | None
    reason: str
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did.

    Parameters
    ----------
    source, destination : Path
        The directories.
    files : tuple of FileReport
        By name.
    choices : tuple of Choice
        By dataset.
    datasets : tuple of DatasetInfo
        What was written, by id.
    earlier : tuple of Earlier
        What was there before, and what became of it.
    """

    source: Path
    destination: Path
    files: tuple[FileReport, ...]
    choices: tuple[Choice, ...]
    datasets: tuple[DatasetInfo, ...]
    earlier: tuple[Earlier, ...]

    def with_verdict(self, verdict: Verdict) -> tuple[FileReport, ...]:
        """Return the files of one fate.

        Parameters
        ----------
        verdict : Verdict
            The fate.

        Returns
        -------
        tuple of FileReport
            By name.
        """
        return tuple(x for x in self.files if x.verdict is verdict)


Progress = Callable[[str, int, int], None]


def import_directory(
    source: Path | str,
    destination: Path | str,
    progress: Progress | None = None,
    rules: Rules | None = None,
    repairs: Sequence[Repair] = (),
    *,
    replace_earlier: bool = False,
) -> ImportReport:
    """Write a raw directory as a canonical one.

    Parameters
    ----------
    source : Path or str
        A directory of raw files, searched with everything below it.
    destination : Path or str
        The canonical directory; made where needed, not inside the source.
    progress : callable or None
        Called with (dataset, done, total) after each dataset.
    rules : mapping or None
        Collateral rules that runs use, by asset; tables that contradict them are reported.
    repairs : sequence of Repair
        What is to be repaired; recorded with the data, and carried by every run that uses them.
    replace_earlier : bool
        True where datasets of an earlier import may be replaced, and those that are in it alone
        removed.

    Returns
    -------
    ImportReport
        The fate of every file, and the choice for every dataset.

    Raises
    ------
    MissingDataError
        If the source is no directory, or nothing in it is recognised.
    BadDataError
        If every file was refused.
    UsageError
        If the destination lies inside the source or no directory can be there, or a repair names
        no dataset of files there or contradicts another, or an earlier import would be changed
        that may not be.
    UnwrittenError
        If no space is left; the destination stays as it was.
    """
    root, target = Path(source).resolve(), Path(destination).resolve()
    _check_places(root, target)
    check_together(repairs)
    store = RawStore.open(root, repairs)
    ids = store.ids()
    _check_named(repairs, [x for x in ids if x not in store.combined])
    found: dict[str, Resolution] = {}
    for done, dataset_id in enumerate(ids, start=1):
        resolution = store.resolve(dataset_id)
        if resolution is not None:
            found[dataset_id] = resolution
        if progress is not None:
            progress(dataset_id, done, len(ids))
    told = findings_by_file(found.values())
    found = {name: with_findings(one, told) for name, one in found.items()}
    chosen = _chosen(found, target)
    earlier = earlier_datasets(target, {name: file for name, (file, _) in chosen.items()})
    if not replace_earlier:
        check_replacing(earlier, target)
    absent = {name: refusals(x) for name, x in found.items() if x.chosen is None}
    infos = _write(target, chosen, absent, read_origins(root))
    files = [x for name in found if name not in store.combined for x in _file_reports(found[name])]
    unread = _unread(store, {} if rules is None else rules)
    return ImportReport(
        source=root,
        destination=target,
        files=tuple(sorted([*files, *unread], key=lambda x: x.file)),
        choices=tuple(_choice(found[x]) for x in sorted(found)),
        datasets=infos,
        earlier=earlier,
    )


def _check_places(root: Path, target: Path) -> None:
    if not root.is_dir():
        raise MissingDataError(
            "this is a file, not a directory to import"
            if root.exists()
            else "no such directory to import",
            where=str(root),
            remedy="give a directory of raw files",
        )
    if root == target or root in target.parents:
        raise UsageError(
            "the destination lies inside the source",
            where=str(root),
            value=str(target),
            remedy="write the canonical directory beside the raw one",
        )
    check_directory(target)


def _chosen(
    found: Mapping[str, Resolution], target: Path
) -> dict[str, tuple[RawFile, DatasetInfo]]:
    """Return what is good; a derived dataset is written too, and serves only where allowed."""
    chosen = {
        name: (x.chosen, x.info)
        for name, x in found.items()
        if x.chosen is not None and x.info is not None
    }
    if not chosen:
        raise BadDataError(
            "nothing usable is left: every file was refused",
            where=str(target),
            value="; ".join(refusals(x) for x in found.values()),
            remedy="mend or replace the files",
        )
    return chosen


def _write(
    target: Path,
    chosen: Mapping[str, tuple[RawFile, DatasetInfo]],
    absent: Mapping[str, str],
    origins: Sequence[Origin],
) -> tuple[DatasetInfo, ...]:
    before = _files_named(target)
    with whole_files(target, CATALOGUE) as aside:
        infos = tuple(
            _write_dataset(aside, file, _with_origin(info, origin_of(file.name, origins)))
            for file, info in chosen.values()
        )
        (aside / CATALOGUE).write_text(render_catalogue(infos, absent), encoding="utf-8")
    for name in before - {x.file for x in infos}:
        (target / name).unlink(missing_ok=True)
    return tuple(sorted(infos, key=lambda x: x.id))


def _files_named(target: Path) -> set[str]:
    """Return the Parquet files inside a directory that an earlier catalogue of ours named."""
    path = target / CATALOGUE
    if not path.is_file():
        return set()
    try:
        infos, _ = parse_catalogue(path.read_bytes(), str(path))
    except BadDataError:  # not a catalogue of ours: nothing there is ours to remove
        return set()
    inside = {x.file for x in infos if target in (target / x.file).resolve().parents}
    return {name for name in inside if name.endswith(".parquet")}


def _with_origin(info: DatasetInfo, origin: Origin) -> DatasetInfo:
    source = f"{info.source} ({origin.source})" if origin.source else info.source
    return replace(info, source=source, fetched=origin.fetched, licence=origin.licence)


def _write_dataset(target: Path, file: RawFile, info: DatasetInfo) -> DatasetInfo:
    name = f"{info.id}.parquet"
    write_columns(target / name, file.times, file.fields)
    return replace(info, file=name, sha256=file_sha256(target / name))


def _file_reports(found: Resolution) -> list[FileReport]:
    dataset = str(found.dataset)
    reports = [_good_report(x, dataset, Verdict.NOT_CHOSEN) for x in found.others]
    reports.extend(
        FileReport(
            file=x.name,
            dataset=dataset,
            verdict=Verdict.REFUSED,
            rows=None,
            findings=x.findings,
        )
        for x in found.refused
    )
    if found.chosen is not None:
        # A derived file is kept for data.allow_derived alone; it is nobody's choice.
        verdict = Verdict.USED if _serves(found.chosen) else Verdict.NOT_CHOSEN
        reports.append(_good_report(found.chosen, dataset, verdict))
    return reports


def _serves(chosen: RawFile) -> bool:
    """Tell if a file serves without being named: raw ones, and an LST's quotes if smoothed."""
    return not chosen.derived or (chosen.smoothed and chosen.dataset.kind is DatasetKind.LST_MARKET)


def _good_report(file: RawFile, dataset: str, verdict: Verdict) -> FileReport:
    return FileReport(
        file=file.name,
        dataset=dataset,
        verdict=verdict,
        rows=len(file.times),
        findings=file.findings,
    )


def _unread(store: RawStore, rules: Rules) -> list[FileReport]:
    """Report the files that no dataset is made of: static tables, and unknown names."""
    reports = []
    for name, findings in unread_files(store, rules):
        refused = any(x.severity is Severity.ERROR for x in findings)
        verdict = Verdict.REFUSED if refused else Verdict.NOT_USED
        reports.append(
            FileReport(file=name, dataset="", verdict=verdict, rows=None, findings=findings)
        )
    return reports


def _choice(found: Resolution) -> Choice:
    chosen = found.chosen
    others = (*(x.name for x in found.others), *(x.name for x in found.refused))
    dataset = str(found.dataset)
    if chosen is None:
        return Choice(dataset=dataset, file=None, reason="every file was refused", others=others)
    if not _serves(chosen):
        return Choice(
            dataset=dataset,
            file=None,
            reason=f"only derived files; {chosen.name} serves where data.allow_derived names "
            f"{dataset}",
            others=(chosen.name, *others),
        )
    return Choice(dataset=dataset, file=chosen.name, reason=_reason(found, chosen), others=others)


def _reason(found: Resolution, chosen: RawFile) -> str:
    if chosen.partner is not None and chosen.dataset.kind is DatasetKind.LST:
        return "the oracle prices of two reserves at the same block"
    if chosen.derived:
        return "smoothed: it values exits alone"
    raw = [x for x in found.others if not x.derived]
    if not found.others:
        return "the only good file"
    if not raw:
        return "raw; the others are derived"
    count = f"{len(chosen.times)} {agree(len(chosen.times), 'row')}"
    if any(len(x.times) == len(chosen.times) for x in raw):
        return f"as complete as the next ({count}); first by name"
    return f"the most complete ({count})"


def _check_named(repairs: Sequence[Repair], ids: Sequence[str]) -> None:
    for one in repairs:
        if one.dataset and one.dataset not in ids:
            raise UsageError(
                "a repair names a dataset that no file here holds",
                where="--repair",
                value=one.asked,
                remedy=f"name one of {', '.join(ids)}",
            )
