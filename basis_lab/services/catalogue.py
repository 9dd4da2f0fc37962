"""What a data directory has, what it is worth, and which modes it can serve from when to when."""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from basis_lab.config.environment import read_environment
from basis_lab.config.files import default_folder
from basis_lab.config.loader import list_modes, load_config
from basis_lab.data.catalogue import open_store, sample_directory
from basis_lab.data.check import Checked, check_store
from basis_lab.data.coverage import Coverage, cover_dataset, cover_run
from basis_lab.data.places import Place
from basis_lab.data.requirements import Sources, proxies_from
from basis_lab.data.series import DatasetInfo, Store
from basis_lab.data.static import Rules
from basis_lab.engine.compose import blueprint_of

if TYPE_CHECKING:
    import pandas as pd

    from basis_lab.results.coverage_chart import Figure

POOL = "lending_pool"


class DataCatalogue:
    """One data directory, looked at as a whole.

    Parameters
    ----------
    store : Store
        The directory.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def datasets(self) -> tuple[DatasetInfo, ...]:
        """Every dataset, by id."""
        return self._store.datasets()

    @cached_property
    def modes(self) -> tuple[Coverage, ...]:
        """Every shipped mode in each of its share classes: its dates, or what it lacks."""
        return tuple(
            self._cover(mode.header.mode, share_class)
            for mode in list_modes()
            for share_class in mode.header.share_classes
        )

    def table(self) -> "pd.DataFrame":
        """Return the catalogue as a table.

        Returns
        -------
        pandas.DataFrame
            One row a dataset.
        """
        from basis_lab.results.data_tables import catalogue_table

        return catalogue_table(self.datasets)

    def coverage(self) -> "pd.DataFrame":
        """Return which modes can run from when to when.

        Returns
        -------
        pandas.DataFrame
            One row a mode and share class.
        """
        from basis_lab.results.data_tables import coverage_table

        return coverage_table(self.modes)

    def findings(self) -> "pd.DataFrame":
        """Return what the checks found.

        Returns
        -------
        pandas.DataFrame
            One row a finding, errors first.
        """
        from basis_lab.results.data_tables import findings_table

        return findings_table(self._checked.findings)

    def meanings(self) -> "pd.DataFrame":
        """Return what is checked, what a finding would do to a backtest, and what to do.

        Returns
        -------
        pandas.DataFrame
            One row a check.
        """
        from basis_lab.results.data_tables import meanings_table

        return meanings_table()

    def figure(self) -> "Figure":
        """Draw modes and datasets over time.

        Returns
        -------
        plotly.graph_objects.Figure
            A bar for every stretch without a hole.
        """
        from basis_lab.results.coverage_chart import draw_coverage

        datasets = [cover_dataset(self._store, x) for x in self.datasets]
        return draw_coverage(self.modes, datasets)

    @cached_property
    def _checked(self) -> Checked:
        return check_store(self._store, collateral_rules())

    def _cover(self, mode: str, share_class: str) -> Coverage:
        config = load_config(mode, share_class=share_class)
        sources = Sources(
            store=self._store,
            proxies=proxies_from(config.data.proxies),
            allow_derived=frozenset(config.data.allow_derived),
            step_s=config.bar_s,
        )
        return cover_run(f"{mode} {share_class}", blueprint_of(config).requirements, sources)


def open_catalogue(data_dir: str | Place | None) -> DataCatalogue:
    """Look at a data directory.

    Parameters
    ----------
    data_dir : str, Place or None
        The directory; None takes BASIS_DATA_DIR, else the embedded sample.

    Returns
    -------
    DataCatalogue
        Nothing but the list of its files is read yet.

    Raises
    ------
    MissingDataError
        If there is no such directory.
    """
    named = data_dir if data_dir is not None else read_environment().data_dir
    return DataCatalogue(open_store(sample_directory() if named is None else named))


def collateral_rules() -> Rules:
    """Return the collateral rules that runs use.

    Returns
    -------
    mapping of str to mapping
        By asset, of every lending pool of the configuration, as its last row has them.
    """
    folder = default_folder()
    found: dict[str, Mapping[str, float]] = {}
    for name in folder.names("venues"):
        values = folder.read("venues", name).values  # noqa: PD011 - a YAML file, no frame
        assets = values["assets"] if values["kind"] == POOL else None
        if isinstance(assets, Mapping):
            found.update({asset: _numbers(rows[-1]) for asset, rows in assets.items()})
    return found


def _numbers(row: Mapping[str, object]) -> dict[str, float]:
    """Return what a dated row says, its date aside."""
    return {name: float(x) for name, x in row.items() if isinstance(x, int | float)}
