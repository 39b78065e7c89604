"""Those who are told the same: their stream followed once, each message executed and encoded once.

A member waits until they are where the group is; then they are live.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
from uuid import UUID

from domain import tracing
from domain.permissions import Audience, Representative, Viewer
from subscriptions.context import LiveContext
from subscriptions.delivery import Delivery
from subscriptions.metrics import DELIVERIES, EXECUTIONS, GROUPS

if TYPE_CHECKING:
    from subscriptions.hub import Hub, Member

RETRY = 0.2
"""Seconds until what failed because the database was away is tried again."""
_SLICE = 500  # members who are told before others have a turn

T = TypeVar("T")
# What each person is told; under None what everybody else is told.
Answers: TypeAlias = dict[UUID | None, T]


class Group:
    """Members with the same question to the same stream and the same rights.

    `person_id` is set where the answers depend on who exactly asks: then all members are theirs.
    """

    _newest = False  # whether a message says all that the one before said

    def __init__(
        self, hub: Hub, first: Member, stream: Audience, viewer: Viewer, person_id: UUID | None
    ) -> None:
        self._hub = hub
        self._stream = stream
        self._viewer = viewer
        self._person_id = person_id
        self._subscription = first.subscription
        self._members: dict[Member, None] = {}
        self._live: dict[Member, None] = {}
        self._waiting: dict[Member, None] = {}
        self._loops: set[asyncio.Task[None]] = set()
        self._tasks: set[asyncio.Future[Any]] = set()
        self._welcoming = False
        self._closed = False
        self._told = 0  # the event that all live members were told of, or are being told of
        self._telling: int | None = None  # the first event that they are being told of

    def start(self, on_close: Callable[[], object]) -> None:
        """Begin to follow; `on_close` is called when nobody is left."""
        self._on_close = on_close
        GROUPS.inc()
        self._run(self._follow())

    def close(self) -> None:
        """End following, if that has not been done."""
        if self._closed:
            return
        self._closed = True
        self._on_close()
        GROUPS.dec()
        for loop in self._loops:
            loop.cancel()

    async def closed(self) -> None:
        """Wait until everything has ended, after `close`."""
        await asyncio.gather(*self._loops, *self._tasks, return_exceptions=True)

    def join(self, member: Member) -> None:
        """Bring a member to where the group is."""
        member.group = self
        member.subscription = self._subscription  # it need not keep one of its own
        self._members[member] = None
        self._await(member)

    def leave(self, member: Member) -> None:
        """Let a member go, who then knows up to where they were told."""
        member.group = member.pending = None
        del self._members[member]
        self._waiting.pop(member, None)
        if member in self._live:
            del self._live[member]
            done = self._told if self._telling is None else self._telling - 1
            member.position = max(member.position or 0, done)
        if not self._members:
            self.close()

    @abstractmethod
    async def _follow(self) -> None:
        """Tell live members what happens, until cancelled."""

    @abstractmethod
    async def _welcome(self, batch: list[Member]) -> None:
        """Bring members closer to the group, and make those live who have arrived."""

    def _await(self, member: Member) -> None:
        self._waiting[member] = None
        if not self._welcoming:
            self._welcoming = True
            self._run(self._welcome_all())

    async def _welcome_all(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = list(self._waiting), {}
                await self._welcome(batch)
        finally:
            self._welcoming = False

    def _stayed(self, member: Member) -> bool:
        """Say whether somebody of a batch has not gone since; who came back is welcomed anew."""
        return member.group is self and member not in self._waiting

    async def _each(
        self, members: Iterable[Member], run: Callable[[Viewer], Awaitable[T]]
    ) -> Answers[T]:
        """Run once for all, and once more for each of them who may have to be told otherwise."""
        if self._person_id is not None:
            viewer = self._hub.feed.rights.viewer(self._person_id)
            return {} if viewer is None else {None: await self._whole(run(viewer))}
        representative = Representative(self._viewer)
        answers: Answers[T] = {None: await self._whole(run(representative))}
        people = {member.person_id for member in members if member.person_id is not None}
        apart = people if representative.personal else people & representative.asked
        for person_id in apart:
            viewer = self._hub.feed.rights.viewer(person_id)
            if viewer is not None:
                answers[person_id] = await self._whole(run(viewer))
        if representative.personal and self._viewer.known:
            del answers[None]
        return answers

    async def _whole(self, work: Awaitable[T]) -> T:
        """Let what has begun come to its end: an execution cannot be cancelled well."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever waited for it has it; if nobody did, nobody needs it

    def _saying(self, messages: Sequence[object]) -> Callable[[Viewer], Awaitable[list[Delivery]]]:
        """Return what says messages to a viewer, whose reads are then batched."""

        async def say(viewer: Viewer) -> list[Delivery]:
            context = self._hub.context(viewer)
            with tracing.span("hub.execute", messages=len(messages)):
                return await asyncio.gather(*(self._say(each, context) for each in messages))

        return say

    async def _say(self, message: object, context: LiveContext) -> Delivery:
        """Return a message as it is said; while the database is away, wait for it."""
        while True:
            EXECUTIONS.labels("shared" if self._person_id is None else "personal").inc()
            result = await self._hub.operations.respond(self._subscription, message, context)
            if not away(result):
                return Delivery(result, newest=self._newest)
            await asyncio.sleep(RETRY)

    async def _tell(self, messages: Sequence[tuple[int, object]]) -> None:
        """Tell all live members numbered messages, in order."""
        members = list(self._live)
        self._telling = messages[0][0]
        try:
            answers = await self._each(members, self._saying([each for _, each in messages]))
            DELIVERIES.inc(len(members) * len(messages))
            shared = answers.get(None)
            apart = len(answers) > 1 or shared is None
            numbers = [number for number, _ in messages]
            for start in range(0, len(members), _SLICE):
                for member in members[start : start + _SLICE]:
                    # One who went meanwhile is told in the group where they are now.
                    if member.group is self:
                        said = answers.get(member.person_id, shared) if apart else shared
                        if said is not None:
                            self._hand(member, numbers, said)
                await asyncio.sleep(0)
        finally:
            self._telling = None

    def _addressed(
        self, members: Iterable[Member], answers: Answers[T]
    ) -> Iterable[tuple[Member, T]]:
        for member in members:
            answer = answers.get(member.person_id, answers.get(None))
            if answer is not None and self._stayed(member):
                yield member, answer

    @staticmethod
    def _hand(member: Member, numbers: Sequence[int], said: Sequence[Delivery]) -> None:
        if member.pending is not None:
            member.pending.extend(zip(numbers, said, strict=True))
            return
        known = member.position or 0
        for number, delivery in zip(numbers, said, strict=True):
            if number > known:
                member.position = number
                member.sink.take(delivery)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        loop = asyncio.create_task(self._survive(work))
        self._loops.add(loop)
        loop.add_done_callback(self._loops.discard)

    async def _survive(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - it is masked and logged; members resume
            last = Delivery(self._hub.operations.failure(self._subscription, error))
            for member in list(self._members):
                member.fail(last)


def away(result: dict[str, Any]) -> bool:
    """Say whether the database was away while a message was made."""
    return any(
        error.get("extensions", {}).get("code") == "UNAVAILABLE"
        for error in result.get("errors", ())
    )
