"""Checking configuration files one by one, without a run."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from basis_lab.config.chains import check_chain
from basis_lab.config.draft import thaw
from basis_lab.config.files import ConfigFolder, Document, default_folder
from basis_lab.config.loader import load_config
from basis_lab.config.models import SHARE_CLASSES, ShareClassParameters
from basis_lab.config.schema import dotted
from basis_lab.config.validation import Fault, examine, nearest
from basis_lab.config.venue_rules import venue_faults
from basis_lab.errors import ConfigError, ConfigProblem, UsageError
from basis_lab.execution.venues.parameters import VENUE_KINDS

Checked = tuple[Path, tuple[ConfigProblem, ...]]
FOLDERS = ("modes", "venues", "share_classes", "scenarios")
CHAINS = "chains"  # read by downloads alone, so a directory of configuration may lack it
PLANS = ("batches", "sweeps")  # of many runs; the services that run them check them


def check_paths(
    paths: Sequence[str | Path], configs_dir: str | Path | None = None
) -> list[Checked]:
    """Check mode, venue, share class and scenario files.

    A mode is loaded in each of its share classes. A scenario is applied to every mode there is and
    must fit one of them. A venue or a share class is looked at by itself, and in every mode of the
    configs directory that it lies in. What a file is, is told by its folder, else by its keys.

    Parameters
    ----------
    paths : sequence of str or Path
        Files, or directories whose YAML files are all checked but for plans of many runs.
    configs_dir : str or Path, optional
        Where files find each other; where it is None, the directory that a file lies in if that is
        one of configurations, else the repository's.

    Returns
    -------
    list of (Path, tuple of ConfigProblem)
        One entry a file; no problems where the file passes.

    Raises
    ------
    UsageError
        If a path does not exist.
    """
    given = default_folder(configs_dir)
    found = [path for x in paths for path in _files(Path(x))]
    return [
        (path, _checked(given if configs_dir is not None else _home(given, path), path))
        for path in found
    ]


def _home(otherwise: ConfigFolder, path: Path) -> ConfigFolder:
    """Return the configs directory that a file lies in."""
    root = path.resolve().parent.parent
    whole = all((root / name).is_dir() for name in FOLDERS)
    return ConfigFolder(root) if whole else otherwise


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from (x for x in sorted(path.rglob("*.yaml")) if x.parent.name not in PLANS)
    elif path.is_file():
        yield path
    else:
        raise UsageError(
            "there is no such file or directory",
            where="config check",
            value=str(path),
            remedy="give paths of YAML files or of directories that hold some",
        )


def _checked(folder: ConfigFolder, path: Path) -> tuple[ConfigProblem, ...]:
    """Return the problems of one file, each of them once."""
    try:
        document = folder.document(path.resolve())
    except ConfigError as error:
        return error.problems
    found: Sequence[ConfigProblem]
    match _what(document):
        case "modes":
            found = _mode(folder, document)
        case "venues":
            found = [*_venue(document), *_in_modes(folder, document)]
        case "share_classes":
            found = [*_part(document, ShareClassParameters), *_in_modes(folder, document)]
        case "scenarios":
            found = _scenario(folder, path)
        case "chains":
            _, found = check_chain(document)
        case _:
            found = [_unknown_file(document)]
    return tuple({str(x): x for x in found}.values())


def _what(document: Document) -> str:
    """Return which kind of file this is, as the name of its folder."""
    if document.path.parent.name in {*FOLDERS, CHAINS}:
        return document.path.parent.name
    marks = (("mode", "modes"), ("scenario", "scenarios"), ("kind", "venues"), ("chain_id", CHAINS))
    for key, folder in (*marks, ("currency", "share_classes")):
        if key in document.values:
            return folder
    return ""


def _unknown_file(document: Document) -> ConfigProblem:
    return ConfigProblem(
        file=document.name,
        key="(file)",
        value=sorted(document.values),
        what="this is no mode, venue, share class, scenario or chain",
        remedy="begin it with `mode`, `kind`, `name` and `currency`, `scenario`, or `chain_id`",
    )


def _mode(folder: ConfigFolder, document: Document) -> list[ConfigProblem]:
    """Return what is wrong with a mode in any of the share classes that it lists."""
    listed = document.values.get("share_classes")
    names = listed if isinstance(listed, tuple) else ()
    classes = tuple(x for x in SHARE_CLASSES if x in names)
    found: list[ConfigProblem] = []
    for share_class in classes or (None,):
        try:
            load_config(document.path, share_class, configs_dir=folder.root)
        except ConfigError as error:
            found.extend(error.problems)
    return found


def _in_modes(folder: ConfigFolder, document: Document) -> list[ConfigProblem]:
    """Return what is wrong with a file in any mode of the directory that it lies in."""
    if document.path.parent.parent != folder.root:
        return []
    found: list[ConfigProblem] = []
    for name in folder.names("modes"):
        try:
            mode = folder.read("modes", name)
        except ConfigError:
            continue  # refused when that mode is checked itself
        listed = mode.values.get("venues")
        venue = document.path.parent.name == "venues"
        if not venue or not isinstance(listed, tuple) or document.path.stem in listed:
            found.extend(x for x in _mode(folder, mode) if x.file == document.name)
    return found


def _scenario(folder: ConfigFolder, path: Path) -> Sequence[ConfigProblem]:
    """Return what is wrong with a scenario in the mode that it fits best."""
    best: Sequence[ConfigProblem] | None = None
    for mode in folder.names("modes"):
        try:
            load_config(mode, scenarios=[path.resolve()], configs_dir=folder.root)
        except ConfigError as error:
            best = error.problems if best is None else min(best, error.problems, key=len)
        else:
            return ()
    return best if best is not None else ()


def _venue(document: Document) -> list[ConfigProblem]:
    """Return what is wrong with a venue file by itself."""
    kind = document.values.get("kind")
    model = VENUE_KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        remedy = f"write `kind`, {nearest(str(kind), tuple(VENUE_KINDS))}"
        what = "the kind of a venue says which keys its file has"
        fault = Fault(path=("kind",), value=kind, what=what, remedy=remedy)
        return [_problem(document, fault)]
    made, faults = examine(model, thaw(document.values))
    broken = venue_faults(made) if made is not None else ()
    return [_problem(document, x) for x in (*faults, *broken)]


def _part(document: Document, model: type[ShareClassParameters]) -> list[ConfigProblem]:
    _, faults = examine(model, thaw(document.values))
    return [_problem(document, x) for x in faults]


def _problem(document: Document, fault: Fault) -> ConfigProblem:
    return ConfigProblem(
        file=document.name,
        key=dotted(fault.path),
        value=fault.value,
        what=fault.what,
        remedy=fault.remedy,
    )
