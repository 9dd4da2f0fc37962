"""What stands refused in the left column: why, at which field, and what was written there."""

from collections.abc import Collection, Mapping

from basis_lab.errors import BasisLabError, ConfigError, ConfigProblem


class Refusals:
    """Reasons by the key of their field."""

    def __init__(self) -> None:
        # What was written and is no value, by key: its field, the text, the reason.
        self._unread: dict[str, tuple[str, str, str]] = {}
        self._found: dict[str, str] = {}  # of the case as it is; every change finds them anew
        self.trouble: BasisLabError | None = None  # what is about no field

    @property
    def told(self) -> dict[str, str]:
        """What is refused, and why."""
        return {**self._found, **{key: why for key, (*_, why) in self._unread.items()}}

    @property
    def written(self) -> dict[str, str]:
        """What was written and is no value, by field: it stays there."""
        return {field: written for field, written, _ in self._unread.values()}

    @property
    def unread(self) -> frozenset[str]:
        """The keys of these fields."""
        return frozenset(self._unread)

    def refuse_text(self, key: str, written: str, why: str, *, field: str = "") -> None:
        """Refuse what was written into a field.

        Parameters
        ----------
        key, written, why : str
            The key, the text, and the reason.
        field : str
            Which of the fields of the key; empty where it has one.
        """
        self._unread[key] = field if field else key, written, why

    def forget_text(self, key: str = "") -> None:
        """Forget what was written into a field.

        Parameters
        ----------
        key : str
            The field; empty for all of them.
        """
        self._unread = {k: x for k, x in self._unread.items() if key and k != key}

    def look_anew(self) -> None:
        """Forget what was found about a case that is there no more."""
        self._found, self.trouble = {}, None

    def note(self, reasons: Mapping[str, str]) -> None:
        """Refuse values of the case.

        Parameters
        ----------
        reasons : mapping of str to str
            By the key of their field.
        """
        self._found |= reasons

    def take(
        self, error: ConfigError, overrides: Mapping[str, object], known: Collection[str]
    ) -> None:
        """Refuse each key of an error at its field; what is about none of them is trouble.

        Parameters
        ----------
        error : ConfigError
            With every problem.
        overrides : mapping of str to object
            What was changed.
        known : collection of str
            The keys that have a field of their own.
        """
        for problem in error.problems:
            place = place_of(problem, overrides, known)
            if place:
                self._found[place] = reason(problem, place)
            else:
                self.trouble = error


def place_of(
    problem: ConfigProblem, overrides: Mapping[str, object], known: Collection[str]
) -> str:
    """Return the key at whose field a problem is told.

    Parameters
    ----------
    problem : ConfigProblem
        One refused key.
    overrides : mapping of str to object
        What was changed; each has a field, or a line of its own.
    known : collection of str
        The keys that have a field.

    Returns
    -------
    str
        Its own key; of a part of a value, the whole value's; of a block, a changed key in it; of
        anything else the only change there is. Empty where none can be blamed for sure.
    """
    key = problem.key
    if key in known or key in overrides:
        return key
    whole = [x for x in (*overrides, *known) if key.startswith((f"{x}.", f"{x}["))]
    inside = [x for x in overrides if x.startswith(key)]
    only = [*overrides] if len(overrides) == 1 else []
    return (whole or inside or only or [""])[-1]


def reason(problem: ConfigProblem, place: str) -> str:
    """Return why, with the key where the field does not name it.

    Parameters
    ----------
    problem : ConfigProblem
        One refused key.
    place : str
        The key of the field.

    Returns
    -------
    str
        What is wrong and what to do.
    """
    named = "" if problem.key == place else f"{problem.key}: "
    return f"{named}{problem.what}; {problem.remedy}"
