"""Batches and pages: rows back in the order of the keys that were asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    ColumnElement,
    Select,
    Uuid,
    bindparam,
    func,
    or_,
    true,
)
from sqlalchemy import select as select_
from sqlalchemy.orm import InstrumentedAttribute, aliased

from domain.database import Session
from domain.models.topics import Topic
from domain.permissions import Permission, Viewer, allowed, audience
from domain.rows import only

FIRST_ID = UUID(int=0)
LAST_ID = UUID(int=2**128 - 1)

T = TypeVar("T")

Wanted: TypeAlias = frozenset[str] | None
"""The attributes of a record that somebody needs, None for all."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of a list, by id: the first `size` after one, or the last `size` before one.

    `wanted` are the attributes that are read of them, None for all.
    """

    size: int
    after: UUID | None = None
    before: UUID | None = None
    backwards: bool = False
    wanted: Wanted = None


class Slice(NamedTuple, Generic[T]):
    """The rows of a page, and whether there are others on either side."""

    items: Sequence[T]
    has_next: bool
    has_previous: bool


def ids(name: str = "ids") -> BindParameter[Sequence[UUID]]:
    """Return a parameter for a list of ids, for `column == any_(ids())`."""
    return bindparam(name, type_=ARRAY(Uuid()))


def visible() -> ColumnElement[bool]:
    """Return the condition that the viewer may read the joined topic; `seen_by` binds it."""
    return or_(Topic.public, entitled())


def entitled() -> ColumnElement[bool]:
    """Return the condition that the viewer is a member of the joined topic, public or not."""
    return or_(
        bindparam("sees_everything", type_=Boolean()),
        Topic.scopes.bool_op("&&")(ids("inherited_scopes")),
        Topic.id == func.any(ids("direct_scopes")),
    )


def seen_by(viewer: Viewer) -> dict[str, Any]:
    """Return the parameters of `visible` for one viewer."""
    return {
        "sees_everything": viewer.sees_everything,
        "inherited_scopes": viewer.scopes(inherited=True),
        "direct_scopes": viewer.scopes(inherited=False),
    }


def moderated() -> ColumnElement[bool]:
    """Return the condition that the viewer moderates the joined topic; `moderated_by` binds it."""
    return or_(
        bindparam("moderates_everything", type_=Boolean()),
        Topic.scopes.bool_op("&&")(ids("moderated_scopes")),
    )


def moderated_by(viewer: Viewer) -> dict[str, Any]:
    """Return the parameters of `moderated` for one viewer."""
    return {
        "moderates_everything": allowed(viewer, Permission.MODERATE, None),
        "moderated_scopes": viewer.scopes_with(Permission.MODERATE, inherited=True),
    }


def in_order(keys: Sequence[UUID], rows: Iterable[T], key: Callable[[T], UUID]) -> list[T | None]:
    """Return one row for each key, None where there is none."""
    found = {key(row): row for row in rows}
    return [found.get(each) for each in keys]


class Told(ABC, Generic[T]):
    """What is read by ids alike for everybody, and told to each by a guard."""

    async def __call__(
        self, session: Session, viewer: Viewer, keys: Sequence[UUID]
    ) -> list[T | None]:
        """Return what the viewer is told for each id, None where they may not know of it."""
        return self.told(viewer, await self.rows(session, keys))

    @abstractmethod
    async def rows(
        self, session: Session, keys: Sequence[UUID], wanted: Wanted = None
    ) -> Sequence[Any]:
        """Return what `told` takes, for each id; of records, only what is wanted need be read."""

    @abstractmethod
    def told(self, viewer: Viewer, rows: Sequence[Any]) -> list[T | None]:
        """Return for each row, or None for none, what the viewer is told of it."""


class ById(Told[T]):
    """Records by their ids, told to those who may know of them.

    `topic` is the column with the topic that a record lives in, as its key or as that of what it is
    part of; None where the record is no secret. Where it is a column of the latter, `part_of` says
    how that is joined. What is not told by its place alone is read in a way of its own.
    """

    needs: ClassVar[frozenset[str]] = frozenset()
    """The attributes that `told` looks at, whatever is wanted."""

    def __init__(
        self,
        entity: Any,
        topic: InstrumentedAttribute[Any] | None = None,
        part_of: ColumnElement[bool] | None = None,
    ) -> None:
        rows = select_(entity).where(entity.id == func.any(ids()))
        if topic is not None and part_of is not None:
            rows = rows.join(topic.class_, part_of)
        self._secret = topic is not None
        self._statement: Select[Any] = (
            rows
            if topic is None
            else rows.add_columns(Topic.scopes, Topic.public).join(Topic, Topic.id == topic)
        )

    async def rows(
        self, session: Session, keys: Sequence[UUID], wanted: Wanted = None
    ) -> Sequence[Any]:
        """Return what `told` takes, for each id."""
        wanted = None if wanted is None else wanted | self.needs
        rows = await session.execute(only(self._statement, wanted), {"ids": keys})
        return in_order(keys, rows, lambda row: row[0].id)

    def told(self, viewer: Viewer, rows: Sequence[Any]) -> list[T | None]:
        """Return of each row the record, None where the viewer may not know of it."""
        if not self._secret:
            return [None if row is None else row[0] for row in rows]
        known: dict[UUID, bool] = {}  # by topic: there are fewer of them
        told: list[T | None] = []
        for row in rows:
            if row is None:
                told.append(None)
                continue
            _record, [topic, *_], _public = row
            if topic not in known:
                known[topic] = audience(viewer, row) is not None
            told.append(row[0] if known[topic] else None)
        return told


class Owned(Protocol):
    """A record that is somebody's own."""

    id: Any
    person_id: Any


def _owner(row: Owned) -> tuple[UUID, ...]:
    return (row.person_id,)


OwnedT = TypeVar("OwnedT", bound=Owned)


async def shown_or_own(
    session: Session,
    viewer: Viewer,
    keys: Sequence[UUID],
    statement: Select[OwnedT, bool],
    owners: Callable[[OwnedT], Iterable[UUID]] = _owner,
    **more: Any,
) -> list[OwnedT | None]:
    """Return the rows that are shown to the viewer or are their own.

    `statement` selects rows by `ids`, each with whether it is shown by the parameters of `seen_by`
    and `more`; `owners` says whose own a row is.
    What is their own is asked for one by one, so that a Representative notes only whom it is about.
    """
    rows = {
        row.id: row
        for row, shown in await session.execute(statement, {"ids": keys, **seen_by(viewer), **more})
        if shown or any(map(viewer.is_person, owners(row)))
    }
    return [rows.get(key) for key in keys]


def grouped(
    keys: Sequence[UUID], rows: Iterable[T], key: Callable[[T], UUID | None]
) -> list[list[T]]:
    """Return the rows of each key, in the order in which they came."""
    found: dict[UUID | None, list[T]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return [found[each] for each in keys]


class Paged(Generic[T]):
    """The pages of the children of many parents, each a constant number of statements.

    `children` selects one record, with every condition but the parent and the cursor; `parent` is
    the column that holds the parent's id. Order is by id, which is the order of creation.
    """

    def __init__(
        self, children: Select[Any], entity: type[T], parent: InstrumentedAttribute[Any]
    ) -> None:
        # By whether it is read backwards, and whether from a cursor on.
        self._pages = {
            choice: _lateral(children, entity, parent, *choice)
            for choice in product((False, True), (False, True))
        }
        counted = children.with_only_columns(parent, func.count()).where(
            parent == func.any(ids("keys"))
        )
        self._counts = counted.group_by(parent)

    async def slices(
        self, session: Session, viewer: Viewer, keys: Sequence[UUID], page: Page, **more: Any
    ) -> list[Slice[T]]:
        """Return one slice for each parent's id."""
        begun = page.after is not None or page.before is not None
        rows = await session.execute(
            only(self._pages[page.backwards, begun], page.wanted),
            {
                "keys": keys,
                "after": page.after or FIRST_ID,
                "before": page.before or LAST_ID,
                "size": page.size + 1,
                **seen_by(viewer),
                **more,
            },
        )
        found: dict[UUID, list[T]] = {key: [] for key in keys}
        for row, key in rows:
            found[key].append(row)
        return [_slice(found[key], page) for key in keys]

    async def counts(
        self, session: Session, viewer: Viewer, keys: Sequence[UUID], **more: Any
    ) -> list[int]:
        """Return how many children each parent has that the viewer may see."""
        rows = await session.execute(self._counts, {"keys": keys, **seen_by(viewer), **more})
        found = {row[0]: row[1] for row in rows}
        return [found.get(key, 0) for key in keys]


class Listed(Generic[T]):
    """The pages of one list without a parent, in the order of ids.

    `rows` selects one record, with every condition but the cursor.
    """

    def __init__(self, rows: Select[Any], entity: Any) -> None:
        between = rows.where(entity.id > bindparam("after"), entity.id < bindparam("before")).limit(
            bindparam("size")
        )
        self._forwards = between.order_by(entity.id)
        self._backwards = between.order_by(entity.id.desc())
        self._count = rows.with_only_columns(func.count(), maintain_column_froms=True)

    async def slice(self, session: Session, viewer: Viewer, page: Page, **more: Any) -> Slice[T]:
        """Return one page of what the viewer may see."""
        return _slice(list(await session.scalars(*self._page(viewer, page, more))), page)

    async def slice_of_rows(
        self, session: Session, viewer: Viewer, page: Page, **more: Any
    ) -> Slice[Any]:
        """Return one page where `rows` selects columns, each row with those by name."""
        return _slice(list(await session.execute(*self._page(viewer, page, more))), page)

    def _page(
        self, viewer: Viewer, page: Page, more: dict[str, Any]
    ) -> tuple[Select[Any], dict[str, Any]]:
        parameters = {
            "after": page.after or FIRST_ID,
            "before": page.before or LAST_ID,
            "size": page.size + 1,
            **seen_by(viewer),
            **more,
        }
        return self._backwards if page.backwards else self._forwards, parameters

    async def count(self, session: Session, viewer: Viewer, **more: Any) -> int:
        """Return how many rows the viewer may see."""
        return (await session.scalars(self._count, {**seen_by(viewer), **more})).one()


def _lateral(
    children: Select[Any],
    entity: Any,
    parent: InstrumentedAttribute[Any],
    backwards: bool,  # noqa: FBT001 - both are what a page is found by
    begun: bool,  # noqa: FBT001
) -> Select[Any]:
    """Return the statement of a page, which says nothing of ids where it begins without a cursor.

    Where any ids might be asked for, PostgreSQL expects so few rows between them that it looks at
    all of them for each parent.
    """
    keys = func.unnest(ids("keys")).table_valued("key").render_derived(name="parents")
    between = (entity.id > bindparam("after"), entity.id < bindparam("before")) if begun else ()
    rows = (
        children.where(parent == keys.c.key, *between)
        .order_by(entity.id.desc() if backwards else entity.id)
        .limit(bindparam("size"))
        .correlate(keys)
        .lateral()
    )
    row = aliased(entity, rows)
    return select_(row, keys.c.key).select_from(keys).join(rows, true())


def _slice(rows: list[T], page: Page) -> Slice[T]:
    more = len(rows) > page.size
    items = rows[: page.size]
    if page.backwards:
        return Slice(items[::-1], has_next=page.before is not None, has_previous=more)
    return Slice(items, has_next=more, has_previous=page.after is not None)
