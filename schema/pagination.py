"""Keyset connections as Relay describes them: rows never shift under a reader."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from strawberry import relay

from domain.errors import Invalid
from domain.queries.pages import Page, Slice
from schema.context import Batch, Info

MOST = 100
USUAL = 25

T = TypeVar("T")

# A read of a list without a parent: `async (session, viewer, …) -> a slice or a count`.
Read: TypeAlias = Callable[..., Awaitable[Any]]

First = Annotated[
    int | None,
    strawberry.argument(description="How many to return, 1 to 100, from the start. Default 25."),
]
After = Annotated[
    str | None, strawberry.argument(description="Only those that come after this cursor.")
]
Last = Annotated[
    int | None, strawberry.argument(description="How many to return, 1 to 100, from the end.")
]
Before = Annotated[
    str | None, strawberry.argument(description="Only those that come before this cursor.")
]


@strawberry.type(description="One item of a page, with its place in the list.")
class Edge(Generic[T]):
    """One item of a page."""

    node: T = strawberry.field(description="The item.")
    cursor: str = strawberry.field(description="The place of the item, for `after` and `before`.")


@strawberry.type(description="A page of a list, in the order in which its items were created.")
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items alone.")
    page_info: relay.PageInfo = strawberry.field(description="Whether there is more, and where.")

    @strawberry.field(description="How many items the whole list has.")
    async def total_count(root: strawberry.Parent[Any], info: Info) -> int:
        """Count only when asked."""
        count: int = await root.count(info)
        return count


@dataclass(frozen=True, slots=True)
class _Edge:
    node: Any
    cursor: str


@dataclass(frozen=True, slots=True)
class _Connected:
    """What the resolvers of `Connection` read from."""

    edges: list[_Edge]
    nodes: list[Any]
    page_info: relay.PageInfo
    count: Callable[[Info], Awaitable[int]]


def connection(batch: Batch, count: Batch, description: str, *, by: str = "id") -> Any:
    """Declare a field that is a connection to the children of a record.

    `batch` reads slices and `count` counts for many parents at once; `by` is the attribute of the
    parent that holds the key.
    """

    async def resolve(
        root: strawberry.Parent[Any],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        return await connect(
            info, batch, count, getattr(root, by), page(first, after, last, before)
        )

    return strawberry.field(resolver=resolve, description=description)


def listing(rows: Read, count: Read, description: str) -> Any:
    """Declare a root field that is a connection to a list without a parent.

    `rows` gets the session, the viewer and the page and returns a slice; `count` gets the session
    and the viewer. Where there are filters, write the resolver and return `enlist`.
    """

    async def resolve(
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:
        return await enlist(info, rows, count, page(first, after, last, before))

    return strawberry.field(resolver=resolve, description=description)


async def connect(info: Info, batch: Batch, count: Batch, key: UUID, page: Page) -> Any:
    """Return the connection to the children of one parent."""
    return _connected(
        await info.context.load(batch, key, page), lambda info: info.context.load(count, key)
    )


async def enlist(info: Info, rows: Read, count: Read, page: Page, **filters: Any) -> Any:
    """Return the connection to a list without a parent, as `filters` narrow it."""

    async def counted(info: Info) -> int:
        async with info.context.reading() as session:
            found: Any = await count(session, info.context.viewer, **filters)
        return int(found)

    async with info.context.reading() as session:
        found: Any = await rows(session, info.context.viewer, page, **filters)
    return _connected(found, counted)


def _connected(found: Slice[Any], count: Callable[[Info], Awaitable[int]]) -> _Connected:
    edges = [_Edge(item, cursor(item)) for item in found.items]
    return _Connected(
        edges=edges,
        nodes=list(found.items),
        page_info=relay.PageInfo(
            has_next_page=found.has_next,
            has_previous_page=found.has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        count=count,
    )


def page(first: int | None, after: str | None, last: int | None, before: str | None) -> Page:
    """Return the page that the arguments ask for; Invalid with a sentence where they cannot be."""
    if first is not None and last is not None:
        raise Invalid("Please send either first or last, not both.", ("first",))
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MOST:
            raise Invalid(f"{name} is a whole number from 1 to {MOST}; {size} is not.", (name,))
    return Page(
        size=first or last or USUAL,
        after=_place(after, "after"),
        before=_place(before, "before"),
        backwards=last is not None,
    )


def cursor(item: Any) -> str:
    """Return the opaque place of an item in a list that is ordered by id."""
    return relay.to_base64("cursor", str(item.id))


def _place(cursor: str | None, path: str) -> UUID | None:
    if cursor is None:
        return None
    try:
        kind, value = relay.from_base64(cursor)
        if kind != "cursor":
            raise ValueError(kind)
        return UUID(value)
    except ValueError:
        raise Invalid(
            f"{path} is not a cursor of ours. Please send a cursor as the API returned it.", (path,)
        ) from None
