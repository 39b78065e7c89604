"""What can go wrong in the domain, said in sentences for people."""

from __future__ import annotations


class DomainError(Exception):
    """A refusal with a sentence for the person who asked.

    `path` names the input fields that the sentence is about, outermost first; it is empty where
    the whole request is meant.
    """

    def __init__(self, message: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class NotFound(DomainError):
    """There is no such thing, or the viewer may not know that there is."""


class NotAllowed(DomainError):
    """The thing is known to the viewer, but this step is not theirs to take."""


class Conflict(DomainError):
    """Somebody else was first, or the state of the thing does not permit the step now.

    `current` is the record as it stands now, where the viewer can learn from it what changed.
    """

    def __init__(
        self, message: str, path: tuple[str, ...] = (), current: object | None = None
    ) -> None:
        super().__init__(message, path)
        self.current = current


class Invalid(DomainError):
    """The input itself is wrong, whoever sends it and whenever."""
