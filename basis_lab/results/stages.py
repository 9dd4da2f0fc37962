"""Decisions that are carried out in stages count once: one rule, for reports and the workbench."""

from collections.abc import Iterable


def later_stages(decisions: Iterable[tuple[int, int | None]]) -> dict[int, int]:
    """Return which decisions only go on with one before them.

    Parameters
    ----------
    decisions : iterable of (int, int or None)
        Place in the log and ``group_id`` of each DECISION, in order; the stages of a decision
        share its group.

    Returns
    -------
    dict of int to int
        Place of a later stage -> place of the decision that it belongs to.

    Examples
    --------
    >>> later_stages([(3, 1), (9, 1), (20, 2)])
    {9: 3}
    """
    first: dict[int | None, int] = {}
    later: dict[int, int] = {}
    for place, group in decisions:
        if group in first:
            later[place] = first[group]
        else:
            first[group] = place
    return later
