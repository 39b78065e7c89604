"""Reading without SQLAlchemy's session: each statement by itself, or all as of one moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol, TypeVar, TypeVarTuple, overload

import asyncpg
from sqlalchemy.engine import Row
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.selectable import TypedReturnsRows

from domain.rows import Plan, Rows, plan_of
from domain.statements import Watch

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Ts = TypeVarTuple("Ts")
Parameters = Mapping[str, Any]

_PATIENCE: Final = 30  # seconds that a read waits for a connection
_LIFETIME: Final = 1800  # seconds after which a connection is replaced
_FAREWELL: Final = 2  # seconds that a connection may take to say goodbye

_END: Final = "ROLLBACK"  # nothing was written

# SQLSTATE classes of a lost connection, of a server that ends, starts or takes no more, and of a
# database that takes nobody.
OUTAGES: Final = ("08", "57P", "53300", "55000")


class Found(Protocol[T_co]):
    """What a statement returned."""

    def __iter__(self) -> Iterator[T_co]: ...
    def all(self) -> Sequence[T_co]:
        """Return every row."""
        ...

    def one(self) -> T_co:
        """Return the only row; raises an error where there is none or another."""
        ...

    def one_or_none(self) -> T_co | None:
        """Return the only row, None where there is none; an error where there are more."""
        ...


class Session(Protocol):
    """What a reading function is handed; SQLAlchemy's own session is one too.

    What is typed as a record is one, or a row with its attributes (`domain.rows.row_class`).
    """

    @overload
    async def execute(
        self, statement: TypedReturnsRows[*Ts], params: Parameters | None = None
    ) -> Found[Row[*Ts]]: ...
    @overload
    async def execute(
        self, statement: Executable, params: Parameters | None = None
    ) -> Found[Any]: ...
    @overload
    async def scalars(
        self, statement: TypedReturnsRows[T], params: Parameters | None = None
    ) -> Found[T]: ...
    @overload
    async def scalars(
        self, statement: Executable, params: Parameters | None = None
    ) -> Found[Any]: ...
    @overload
    async def scalar(
        self, statement: TypedReturnsRows[T], params: Parameters | None = None
    ) -> T | None: ...
    @overload
    async def scalar(self, statement: Executable, params: Parameters | None = None) -> Any: ...


def is_lost(error: BaseException) -> bool:
    """Say whether an error of asyncpg means that the database was away, or takes no more."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "").startswith(OUTAGES)
    # asyncpg is confused by what a server says that ends while nobody asks: InternalClientError.
    return isinstance(
        error, OSError | TimeoutError | asyncpg.InterfaceError | asyncpg.InternalClientError
    )


class Pool:
    """At most `size` connections, each for one read at a time; further readers wait in a row.

    Nothing is reset between two reads: a statement of its own leaves nothing behind, and a
    snapshot ends its transaction. A connection on which anything else went wrong is not used again.
    """

    def __init__(self, size: int, **arguments: Any) -> None:
        self._arguments = arguments
        self._free = asyncio.Semaphore(size)
        self._idle: list[Any] = []
        self._until: dict[Any, float] = {}

    async def take(self) -> Any:
        """Return a connection, to be given back; TimeoutError where none is free for long."""
        if self._free.locked():
            async with asyncio.timeout(_PATIENCE):
                await self._free.acquire()
        else:
            await self._free.acquire()
        try:
            while self._idle:
                connection = self._idle.pop()
                if self._usable(connection):
                    return connection
                self._end(connection)
            connection = await asyncpg.connect(**self._arguments)
        except BaseException:
            self._free.release()
            raise
        self._until[connection] = time.monotonic() + _LIFETIME
        return connection

    def give(self, connection: Any) -> None:
        """Take back a connection that is as it was."""
        if self._usable(connection):
            self._idle.append(connection)
        else:
            self._end(connection)
        self._free.release()

    def drop(self, connection: Any, error: BaseException) -> None:
        """End a connection that was interrupted; if it was lost, with those that nobody uses."""
        self._end(connection)
        self._free.release()
        if is_lost(error):
            while self._idle:
                self._end(self._idle.pop())

    async def close(self) -> None:
        """Close the connections that nobody uses, and each of the others when it is given back."""
        idle, self._idle = self._idle, []
        self._until.clear()
        for connection in idle:
            try:
                await connection.close(timeout=_FAREWELL)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection.terminate()

    def _usable(self, connection: Any) -> bool:
        return not connection.is_closed() and time.monotonic() < self._until.get(connection, 0)

    def _end(self, connection: Any) -> None:
        self._until.pop(connection, None)
        connection.terminate()


class _Reading:
    """The methods of a session, over whatever runs a plan."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    async def execute(self, statement: Executable, params: Parameters | None = None) -> Rows[Any]:
        """Return the rows of a statement, each with its values by name and by place."""
        plan = plan_of(statement)
        return plan.rows(await self._fetch(plan, params or {}))

    async def scalars(self, statement: Executable, params: Parameters | None = None) -> Rows[Any]:
        """Return the first value of each row of a statement."""
        plan = plan_of(statement)
        return plan.values(await self._fetch(plan, params or {}))

    async def scalar(self, statement: Executable, params: Parameters | None = None) -> Any:
        """Return the first value of the first row, None where there is no row."""
        found = await self.scalars(statement, params)
        return found[0] if found else None

    async def _fetch(self, plan: Plan, params: Parameters) -> Sequence[Any]:
        raise NotImplementedError

    async def _run(self, connection: Any, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        running = self._watch.sent(sql)
        try:
            found: Sequence[Any] = await connection.fetch(sql, *arguments)
        except BaseException as error:
            running.end(error)
            raise
        running.end()
        return found


class Reads(_Reading):
    """Each statement sees what is committed, on whichever connection is free."""

    def __init__(self, pool: Pool, watch: Watch) -> None:
        super().__init__(watch)
        self._pool = pool

    async def _fetch(self, plan: Plan, params: Parameters) -> Sequence[Any]:
        arguments = plan.arguments(params)
        connection = await self._pool.take()
        try:
            found = await self._run(connection, plan.sql, arguments)
        except BaseException as error:
            if isinstance(error, asyncpg.PostgresError) and not is_lost(error):
                self._pool.give(connection)  # what is refused leaves it as it was
            else:
                self._pool.drop(connection, error)
            raise
        self._pool.give(connection)
        return found


class Snapshot(_Reading):
    """All statements see the database as of the first one, on one connection, one at a time."""

    def __init__(self, connection: Any, watch: Watch) -> None:
        super().__init__(watch)
        self._connection = connection

    async def _fetch(self, plan: Plan, params: Parameters) -> Sequence[Any]:
        return await self._run(self._connection, plan.sql, plan.arguments(params))


@asynccontextmanager
async def snapshot(pool: Pool, watch: Watch) -> AsyncIterator[Snapshot]:
    """Give a snapshot that lasts as long as the block."""
    connection = await pool.take()
    ended = False
    try:
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield Snapshot(connection, watch)
        except Exception:
            if not connection.is_closed():
                await connection.execute(_END)
                ended = True
            raise
        await connection.execute(_END)
    except BaseException as error:
        if ended:
            pool.give(connection)
        else:
            pool.drop(connection, error)
        raise
    pool.give(connection)
