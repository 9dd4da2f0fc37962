"""What a gate says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One gate on one run.

    Parameters
    ----------
    gate : str
        Its name.
    passed : bool
        Whether the run may pass.
    figure : str
        What was measured, or the first thing that is wrong.
    """

    gate: str
    passed: bool
    figure: str
