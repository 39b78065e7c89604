"""Queries that people with the same rights ask at the same moment, answered by one execution."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

from domain.permissions import Representative
from schema.context import Context

T = TypeVar("T")


class _Asked:
    """What was asked in one tick: by how many, and the execution that answers them."""

    def __init__(self) -> None:
        self.count = 0
        self.shared: tuple[Representative, asyncio.Future[Any]] | None = None


class Crowds:
    """Shares executions between those who ask in one tick of the event loop.

    Nobody is answered by an execution that had begun before they asked.
    """

    def __init__(self) -> None:
        self._asked: dict[Hashable, _Asked] = {}

    async def answer(
        self,
        question: Hashable,
        context: Context,
        execute: Callable[[Context], Awaitable[T]],
        on_personal: Callable[[], object],
    ) -> T:
        """Return what executing says to this viewer, as everybody or apart.

        Equal questions of equal rights must have equal answers, but for what is somebody's own:
        that is told to them alone. `on_personal` is called where the answer is everybody's own.
        """
        name = (question, context.rights, id(context.database))
        asked = self._asked.setdefault(name, _Asked())
        asked.count += 1
        await asyncio.sleep(0)
        self._asked.pop(name, None)
        if asked.count == 1:
            return await execute(context)
        if asked.shared is None:
            everybody = Representative(context.viewer)
            asked.shared = everybody, asyncio.ensure_future(execute(context.of(everybody)))
        representative, answering = asked.shared
        answer: T = await asyncio.shield(answering)  # the others wait for it, too
        if representative.speaks_for(context.viewer.person_id):
            return answer
        if representative.personal:
            on_personal()
        return await execute(context)
