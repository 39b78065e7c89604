"""Keyset connections as Relay describes them: rows never shift under a reader."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from operator import attrgetter
from typing import Annotated, Any, Generic, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from strawberry import relay

from domain.errors import Invalid
from domain.queries.pages import Page, Slice
from schema.ahead import of_nodes
from schema.batches import batched, derived
from schema.context import PERSONAL_BATCHES, Batch, Context, Info
from schema.execution import Reads

MOST = 100
USUAL = 25

T = TypeVar("T")

# `async (context, keys) -> how many items the whole list of each key has`.
Count: TypeAlias = Callable[[Context, Sequence[Any]], Awaitable[Sequence[int]]]

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


async def _counts(parents: Sequence[_Connected], info: Info) -> Sequence[int]:
    keys: dict[Count, list[Any]] = {}
    for parent in parents:
        keys.setdefault(parent.total, []).append(parent.key)
    found = await asyncio.gather(*(count(info.context, keys[count]) for count in keys))
    counts = {count: iter(numbers) for count, numbers in zip(keys, found, strict=True)}
    return [next(counts[parent.total]) for parent in parents]


@strawberry.type(description="A page of a list, in the order in which its items were created.")
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = derived(lambda found: found.edges, "The items with their cursors.")
    nodes: list[T] = derived(lambda found: found.slice.items, "The items alone.")
    page_info: relay.PageInfo = derived(
        lambda found: found.page_info, "Whether there is more, and where."
    )
    total_count: int = batched(_counts, "How many items the whole list has.")


class _Edge(NamedTuple):
    node: Any
    cursor: str


class _Connected(NamedTuple):
    """What the fields of `Connection` are read from, each when it is asked for."""

    slice: Slice[Any]
    total: Count
    key: Any = None

    @property
    def edges(self) -> list[_Edge]:
        return [_Edge(item, cursor(item)) for item in self.slice.items]

    @property
    def page_info(self) -> relay.PageInfo:
        items = self.slice.items
        return relay.PageInfo(
            has_next_page=self.slice.has_next,
            has_previous_page=self.slice.has_previous,
            start_cursor=cursor(items[0]) if items else None,
            end_cursor=cursor(items[-1]) if items else None,
        )


def _paging(
    first: First = None, after: After = None, last: Last = None, before: Before = None
) -> None:
    """Have the arguments of a connection."""


def connection(
    batch: Batch, count: Batch, description: str, *, by: str = "id", personal: bool = False
) -> Any:
    """Declare a field that is a connection to the children of a record.

    `batch` reads slices and `count` counts for many parents at once; `by` is the attribute of the
    parent that holds the key. `personal` marks what depends on who exactly asks; see
    schema.sharing.
    """
    if personal:
        PERSONAL_BATCHES.update((batch, count))

    async def counted(context: Context, keys: Sequence[Any]) -> Sequence[int]:
        return await context.load_all(count, keys)

    async def resolve(
        parents: Sequence[Any],
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        wanted: Reads = None,
    ) -> Sequence[Any]:
        keys = list(map(attrgetter(by), parents))
        asked = page(first, after, last, before, wanted)
        slices = await info.context.load_all(batch, keys, asked)
        return [_Connected(slice, counted, key) for slice, key in zip(slices, keys, strict=True)]

    return batched(
        resolve, description, personal=personal, like=_paging, reads=(by,), ahead=of_nodes
    )


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


async def enlist(info: Info, rows: Read, count: Read, page: Page, **filters: Any) -> Any:
    """Return the connection to a list without a parent, as `filters` narrow it."""

    async def counted(context: Context, keys: Sequence[Any]) -> Sequence[int]:
        async with context.reading() as session:
            found: Any = await count(session, context.viewer, **filters)
        return [found] * len(keys)

    async with info.context.reading() as session:
        found: Any = await rows(session, info.context.viewer, page, **filters)
    return _Connected(found, counted)


def page(
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    wanted: Reads = None,
) -> Page:
    """Return the page that the arguments ask for, of which these attributes are wanted.

    Invalid with a sentence where there cannot be such a page.
    """
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
        wanted=wanted,
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
