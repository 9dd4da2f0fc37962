"""Words that go with a count."""


def agree(count: int, one: str, many: str = "") -> str:
    """Return the words that agree with a count.

    Parameters
    ----------
    count : int
        How many.
    one : str
        What follows a 1: ``row``, or with its verb ``row is``.
    many : str
        What follows any other count; ``one`` with an s where it is not given.

    Returns
    -------
    str
        Without the count, which is written as its place needs it.

    Examples
    --------
    >>> [f"{n} {agree(n, 'row')}" for n in (0, 1, 2)]
    ['0 rows', '1 row', '2 rows']
    >>> f"1 {agree(1, 'row is', 'rows are')} missing"
    '1 row is missing'
    """
    if count == 1:
        return one
    return many if many else f"{one}s"
