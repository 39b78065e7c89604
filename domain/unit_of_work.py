"""One transaction: load and authorise, change, emit; commit rows, events and wake-ups together."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, cast
from uuid import UUID

import orjson
from asyncpg import PostgresError
from sqlalchemy import Select, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import DBAPIError

from domain import tracing
from domain.database import Database
from domain.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from domain.events import EVERYONE, MODERATORS, Event, RightsChanged, dump
from domain.models.base import Record
from domain.models.topics import BODY_ID, IdempotencyKey, Topic, TopicKind
from domain.permissions import SYSTEM, Audience, Permission, Place, Viewer, allowed, audience
from domain.texts import require_storable, snake_case

CHANNEL = "concordat"
LONGEST_KEY = 200

# The last statement of a transaction: it takes the topic's counter row, numbers the events of each
# audience without a gap, stores them and queues the wake-up, which PostgreSQL sends at commit.
STORE_EVENTS = text(
    f"""
    WITH counter AS (
        UPDATE topics
        SET public_sequence = public_sequence + :public_count,
            members_sequence = members_sequence + :members_count,
            moderators_sequence = moderators_sequence + :moderators_count
        WHERE id = :topic_id
        RETURNING id, public_sequence, members_sequence, moderators_sequence
    ), stored AS (
        INSERT INTO events (topic_id, audience, sequence, kind, data, actor_id, at)
        SELECT counter.id, entry.audience, entry.nth + CASE entry.audience
                   WHEN 'PUBLIC' THEN counter.public_sequence - :public_count
                   WHEN 'MEMBERS' THEN counter.members_sequence - :members_count
                   ELSE counter.moderators_sequence - :moderators_count
               END,
               entry.kind, entry.data, :actor_id, clock_timestamp()
        FROM counter, jsonb_to_recordset(:entries)
             AS entry(audience text, nth bigint, kind text, data jsonb)
    )
    SELECT CASE WHEN :notify THEN pg_notify('{CHANNEL}', counter.id::text) END FROM counter
    """
).bindparams(bindparam("entries", type_=JSONB()))

CLAIM_KEY = (
    upsert(IdempotencyKey)
    .values(
        person_id=bindparam("person_id"),
        key=bindparam("key"),
        fingerprint=bindparam("fingerprint"),
        at=bindparam("at"),
    )
    .on_conflict_do_nothing()
    .returning(IdempotencyKey.key)
)
TOPIC = select(Topic).where(Topic.id == bindparam("id"))
FIRST_RESULT = select(IdempotencyKey.fingerprint, IdempotencyKey.result).where(
    IdempotencyKey.person_id == bindparam("person_id"), IdempotencyKey.key == bindparam("key")
)
KEEP_RESULT = (
    update(IdempotencyKey)
    .where(IdempotencyKey.person_id == bindparam("by"), IdempotencyKey.key == bindparam("for_key"))
    .values(result=bindparam("first_result"))
)

# What PostgreSQL reports, and what it means to the person who asked (SQLSTATE, class 23 and 40).
_REFUSALS: dict[str, DomainError] = {
    "23505": Conflict("Somebody has just added the same thing. Please look again."),
    "23503": NotFound("Something that this refers to does not exist any more."),
    "40001": Conflict("Somebody changed the same thing at the same moment. Please try again."),
    "40P01": Conflict("Somebody changed the same thing at the same moment. Please try again."),
}


class Placed(Protocol):
    """A record that lives in a topic."""

    id: Any
    topic_id: Any


P = TypeVar("P", bound=Placed)


class UnitOfWork:
    """A transaction by one viewer, or SYSTEM, at one moment.

    Leaving the block without an error commits it. Where it is not `signed`, its events do not say
    who acted, and that may be nobody known.
    """

    def __init__(self, database: Database, viewer: Viewer, *, signed: bool = True) -> None:
        if signed and viewer is not SYSTEM:
            require_person(viewer)
        self.viewer = viewer
        self.now = datetime.now(UTC)
        self.session = database.session()
        self._database = database
        self._actor_id = viewer.person_id if signed else None
        self._entries: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
        self._counts: dict[UUID, dict[Audience, int]] = {}
        self._rights: set[UUID] = set()

    async def __aenter__(self) -> Self:
        return self

    @property
    def actor_id(self) -> UUID:
        """Who acts; NotAllowed for the process itself, and where nobody is known."""
        return require_person(self.viewer)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            if error is None:
                with tracing.span("commit"):
                    await self._commit()
            elif isinstance(error, DBAPIError):
                raise refusal(error) from error
        finally:
            await self.session.close()

    async def load(self, model: type[P], id: UUID, permission: Permission) -> P:
        """Lock and return a record that the viewer has this permission on.

        Raises NotFound where there is none that they may know of, NotAllowed where they may only
        look at it.
        """
        found = (await self.session.execute(_locking(model), {"id": id})).one_or_none()
        if found is None or audience(self.viewer, found[1]) is None:
            raise NotFound(f"There is no {noun(model)} with this id that you may see.")
        record, topic = found
        self.authorise(permission, topic, doing=f"changing this {noun(model)}")
        return cast("P", record)

    async def topic(self, id: UUID) -> Topic:
        """Return the place and counters of a topic, without a lock."""
        return (await self.session.execute(TOPIC, {"id": id})).scalar_one()

    async def topic_for(self, id: UUID, permission: Permission, *, doing: str) -> Topic:
        """Return a topic that the viewer has this permission on; errors as for `load`."""
        topic = (await self.session.execute(TOPIC, {"id": id})).scalar_one_or_none()
        if topic is None or audience(self.viewer, topic) is None:
            raise NotFound("There is no topic with this id that you may see.")
        self.authorise(permission, topic, doing=doing)
        return topic

    def authorise(self, permission: Permission, topic: Topic | None, *, doing: str) -> None:
        """Raise NotAllowed unless the viewer has the permission (on the whole body for None)."""
        require_allowed(self.viewer, permission, topic, doing=doing)

    def expect(self, record: Any, revision: int | None) -> None:
        """Raise Conflict unless the record has the revision that the viewer saw; None opts out."""
        if revision is not None and record.revision != revision:
            raise Conflict(
                f"This was changed meanwhile: it has revision {record.revision}, you saw "
                f"{revision}. Please look at the present one and try again.",
                ("expected_revision",),
                current=record,
            )

    async def add(self, *records: Record) -> None:
        """Insert records now, so that later ones may refer to them."""
        self.session.add_all(records)
        await self.session.flush()

    def open_topic(
        self, id: UUID, kind: TopicKind, *, inside: tuple[UUID, ...] = (), public: bool = False
    ) -> Topic:
        """Return a new topic, to be added before the record that it is the place of."""
        return Topic(id=id, kind=kind, scopes=[id, *inside], public=public)

    def emit(self, topic_id: UUID, event: Event, to: frozenset[Audience] = EVERYONE) -> None:
        """Enter an event in the streams of these audiences, when the transaction commits."""
        counts = self._counts.setdefault(topic_id, dict.fromkeys(Audience, 0))
        for reader in to:
            counts[reader] += 1
            self._entries[topic_id].append(
                {
                    "audience": reader,
                    "nth": counts[reader],
                    "kind": event.kind,
                    "data": dump(event),
                }
            )

    def rights_changed(self, *person_ids: UUID) -> None:
        """Let every process know of whom it must ask again what they may see."""
        self._rights.update(person_ids)

    @property
    def changed_own_rights(self) -> bool:
        """Whether those of the viewer are among them."""
        return self.viewer.person_id in self._rights

    async def once(
        self, key: str | None, request: object, work: Callable[[], Awaitable[UUID]]
    ) -> UUID:
        """Do the work, unless the same key was used before: then return the first result.

        `request` is what was asked for, as plain data. Raises Conflict when the key was used for
        another request. A concurrent duplicate waits here until the first one ends.
        """
        if key is None:
            return await work()
        require_key(key)
        fingerprint = fingerprint_of(request)
        identity = {"person_id": self.actor_id, "key": key}
        claim = {**identity, "fingerprint": fingerprint, "at": self.now}
        if (await self.session.execute(CLAIM_KEY, claim)).one_or_none() is None:
            first = (await self.session.execute(FIRST_RESULT, identity)).one()
            return first_result(first.fingerprint, first.result, fingerprint)
        result = await work()
        await self.session.execute(
            KEEP_RESULT, {"by": self.actor_id, "for_key": key, "first_result": result}
        )
        return result

    async def _commit(self) -> None:
        try:
            await self.session.flush()
            for person_id in sorted(self._rights):
                self.emit(BODY_ID, RightsChanged(person_id=person_id), MODERATORS)
            # Always in the order of their ids, so that two transactions cannot wait for each other.
            for topic_id in sorted(self._entries):
                counts = self._counts[topic_id]
                await self.session.execute(
                    STORE_EVENTS,
                    {
                        "topic_id": topic_id,
                        "public_count": counts[Audience.PUBLIC],
                        "members_count": counts[Audience.MEMBERS],
                        "moderators_count": counts[Audience.MODERATORS],
                        "entries": self._entries[topic_id],
                        "actor_id": self._actor_id,
                        "notify": self._database.notify,
                    },
                )
            await self.session.commit()
        except DBAPIError as error:
            raise refusal(error) from error
        if self._entries:
            await self._database.wake(self._entries)


def require_person(viewer: Viewer) -> UUID:
    """Return who it is that changes something; NotAllowed for somebody unknown."""
    if viewer.person_id is None:
        raise NotAllowed("Please sign in: only people who are known can change anything.")
    return viewer.person_id


def require_allowed(
    viewer: Viewer, permission: Permission, place: Place | None, *, doing: str
) -> None:
    """Raise NotAllowed unless the viewer has the permission (on the whole body for None)."""
    if not allowed(viewer, permission, place):
        raise NotAllowed(
            f"Your roles do not include the permission {permission}, which {doing} needs."
        )


def require_key(key: str) -> None:
    """Raise Invalid for an idempotency key that is too long, empty or not to be stored."""
    if not 1 <= len(key) <= LONGEST_KEY:
        raise Invalid(
            f"An idempotency key has 1 to {LONGEST_KEY} characters.", ("idempotency_key",)
        )
    require_storable(key, "idempotency_key")


def first_result(first: str, result: UUID | None, fingerprint: str) -> UUID:
    """Return the result that is kept under a key; Conflict where it was another request's."""
    if result is None or first != fingerprint:
        raise Conflict(
            "This idempotency key was used before, for another request. Please use a new one.",
            ("idempotency_key",),
        )
    return result


def fingerprint_of(request: object) -> str:
    """Return the SHA-256, in hex, of a request's canonical JSON."""
    return hashlib.sha256(
        orjson.dumps(request, option=orjson.OPT_SORT_KEYS, default=str)
    ).hexdigest()


def noun(model: type) -> str:
    """Return what a sentence calls a record: "delivery plan" for DeliveryPlan."""
    return snake_case(model.__name__).replace("_", " ")


@cache
def _locking(model: Any) -> Select[Any]:
    return (
        select(model, Topic)
        .join(Topic, Topic.id == model.topic_id)
        .where(model.id == bindparam("id"))
        .with_for_update(of=model, key_share=True)
        .execution_options(populate_existing=True)
    )


def refusal(error: DBAPIError | PostgresError) -> Exception:
    """Return what to say of a conflict that the database found; any other error as it is."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    known = _REFUSALS.get(getattr(cause, "sqlstate", None) or "")
    return type(known)(known.message) if known else error
