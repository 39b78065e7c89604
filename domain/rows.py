"""Statements as they are read: compiled once, and their rows as light records that nobody changes.

SQLAlchemy says what a statement is in SQL and of which types it is; it takes no part in running it.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any, Final, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

import orjson
from asyncpg.pgproto import pgproto
from sqlalchemy import ARRAY, JSON, ColumnElement, Enum, Float, Numeric, Select, inspect
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.orm import Mapper, load_only
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import NULLTYPE, TypeEngine

T = TypeVar("T")
Convert = Callable[[Any], Any]
Columns = list[Sequence[Any]]

PARTS: Final = 500
"""Kinds of rows with only some attributes of a record, and statements for them, that are kept."""

_DIALECT: Final = PGDialect_asyncpg()  # type: ignore[no-untyped-call]
_PART = "concordat_part"


class Rows(list[T]):
    """What a statement returned, with what readers need of SQLAlchemy's results."""

    def all(self) -> Sequence[T]:
        """Return every row."""
        return self

    def one(self) -> T:
        """Return the only row; raises ValueError where there is none or another."""
        [row] = self
        return row

    def one_or_none(self) -> T | None:
        """Return the only row, None where there is none; raises ValueError where there are more."""
        return self.one() if self else None


def id_of(text: str) -> UUID:
    """Return the id that a text names; ValueError where it names none.

    It is of asyncpg's class, as those of rows are: made in a seventh of the time, and looked up
    among those in a fifth.
    """
    id: UUID = pgproto.UUID(text)
    return id


@cache
def rows_of(record: type) -> type:
    """Return the base of all classes of rows of a record, whichever of its attributes they have."""

    def unread(_row: object, name: str) -> Any:
        raise AttributeError(
            f"{record.__name__}.{name} was not read: what needs it has to say so in its `reads`."
            if hasattr(record, name)
            else f"{record.__name__} has no {name}."
        )

    return type(record.__name__, (tuple,), {"__slots__": (), "__getattr__": unread})


@cache
def row_class(record: type) -> type:
    """Return the class of the rows of a record: a tuple with the attributes of the record."""
    return _row_class(record, list(_columns_of(record)))


@lru_cache(maxsize=PARTS)
def _part_class(record: type, names: tuple[str, ...]) -> type:
    """Return the class of rows that have only these attributes of a record, and their synonyms."""
    return _row_class(record, names)


def _row_class(record: type, names: Sequence[str]) -> type:
    mapper: Mapper[Any] = inspect(record)
    synonyms = {each.key: each.name for each in mapper.synonyms if each.name in names}
    return _named(record.__name__, names, rows_of(record), synonyms)


def _named(
    name: str,
    fields: Sequence[str],
    base: type = tuple,
    synonyms: Mapping[str, str] | None = None,
) -> type:
    plain: Any = namedtuple(name, fields, rename=True)  # type: ignore[misc]  # noqa: PYI024
    # Like a record, a row does not show to a log what people wrote.
    own = {"__slots__": (), "__module__": __name__, "__repr__": object.__repr__}
    return type(
        name,
        (plain, base),
        own | {other: vars(plain)[field] for other, field in (synonyms or {}).items()},
    )


@lru_cache(maxsize=PARTS)
def only(statement: Select[Any], wanted: frozenset[str] | None) -> Select[Any]:
    """Return a statement that reads only these attributes, and the id, of the record it selects.

    None is all of them. AttributeError where the record has no such attribute.
    """
    if wanted is None:
        return statement
    entity = statement.column_descriptions[0]["entity"]
    mapper: Mapper[Any] = inspect(entity).mapper
    synonyms = {each.key: each.name for each in mapper.synonyms}
    named = {"id", *(synonyms.get(each, each) for each in wanted)}
    names = tuple(each for each in _columns_of(mapper.class_) if each in named)
    if len(names) < len(named):
        raise AttributeError(f"{mapper.class_.__name__} has no {named.difference(names)}.")
    return statement.options(
        load_only(*(getattr(entity, name) for name in names), raiseload=True)
    ).execution_options(**{_PART: (mapper.class_, names)})


def _columns_of(record: type) -> dict[str, ColumnElement[Any]]:
    mapper: Mapper[Any] = inspect(record)
    return {each.key: each.columns[0] for each in mapper.column_attrs}


def _maker(row: type) -> Convert:
    """Return what makes a row of an iterable of its values, without looking at how many."""
    return partial(tuple.__new__, row)


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of the result that is one value of the row."""

    place: int

    def of(self, columns: Columns) -> Iterable[Any]:
        return columns[self.place]


@dataclass(frozen=True, slots=True)
class _Entity:
    """Several columns of the result that are one record.

    `key` is the place of a part of its primary key, which is null only where there is no record;
    None where there always is one.
    """

    places: slice
    make: Convert
    key: int | None

    def of(self, columns: Columns) -> Iterable[Any]:
        found = map(self.make, zip(*columns[self.places], strict=True))
        if self.key is None:
            return found
        keys = columns[self.key]
        return [None if key is None else each for key, each in zip(keys, found, strict=True)]


class Plan:
    """A statement as asyncpg takes it, and how its rows are made.

    Raises TypeError for a statement that is no SELECT, or whose text depends on its parameters:
    a list of values is bound as an array (`column == func.any(ids())`), not with `IN`.
    """

    def __init__(self, statement: Executable) -> None:
        if not isinstance(statement, SelectBase):
            raise TypeError("Only a SELECT is read without a transaction of SQLAlchemy.")
        compiled: Any = statement.compile(dialect=_DIALECT)
        if any(each.required for each in compiled.post_compile_params):
            raise TypeError("A list of values is bound as an array, not with IN.")
        needed = {name for name, each in compiled.binds.items() if each.required}
        state = compiled.construct_expanded_state(dict.fromkeys(needed))
        self.sql: Final[str] = state.statement
        processors = dict(state.processors)
        for name in needed & processors.keys():
            if _is_plain_array(compiled.binds[name].type):
                del processors[name]
        for name in needed:
            if isinstance(compiled.binds[name].type, JSON):
                processors[name] = to_json
        # What each $n takes: the name of a parameter and how to convert it, or a constant.
        self._takes: list[tuple[str | None, Any]] = [
            (name, processors.get(name))
            if name in needed
            else (None, processors.get(name, _same)(state.parameters[name]))
            for name in state.positiontup
        ]
        self._describe(statement)

    def _describe(self, statement: SelectBase) -> None:
        selected = statement.selected_columns
        parts: list[_Column | _Entity] = []
        types: list[TypeEngine[Any]] = []
        names: list[str] = []
        always = " OUTER JOIN " not in self.sql
        options = statement.get_execution_options()  # type: ignore[attr-defined]
        part: tuple[Any, tuple[str, ...]] = options.get(_PART, (None, ()))
        passed = 0  # of the columns that are selected, read or not
        for entity, type_ in _selected(statement):
            names.append(selected.keys()[passed])
            if entity is None:
                parts.append(_Column(len(types)))
                types.append(type_)
                passed += 1
                continue
            columns = _columns_of(entity)
            found = [column.name for column in selected.values()[passed : passed + len(columns)]]
            if found != [column.name for column in columns.values()]:
                raise TypeError(f"The columns of {entity.__name__} come in another order: {found}.")
            passed += len(columns)
            row = row_class(entity)
            if entity is part[0]:
                columns = {name: columns[name] for name in part[1]}
                row = _part_class(*part)
            places = slice(len(types), len(types) + len(columns))
            key = len(types) + [each.primary_key for each in columns.values()].index(True)
            types += [column.type for column in columns.values()]
            parts.append(_Entity(places, _maker(row), None if always else key))
        self._parts = parts
        self._row = _maker(_named("Row", names))
        converted = [(place, _converter(type_)) for place, type_ in enumerate(types)]
        self._converts = [(place, convert) for place, convert in converted if convert]
        # The commonest of all: one record for each row, and nothing to convert.
        first = parts[0]
        self._simple = (
            first.make
            if isinstance(first, _Entity) and len(parts) == 1 and not self._converts
            else None
        )

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """Return the values of $1, $2 and so on; raises KeyError for one that is missing."""
        return [
            convert
            if name is None
            else parameters[name]
            if convert is None
            else convert(parameters[name])
            for name, convert in self._takes
        ]

    def rows(self, records: Sequence[Sequence[Any]]) -> Rows[Any]:
        """Return the rows of a result, each with its values by name and by place."""
        if not records:
            return Rows()
        columns = self._columns(records)
        parts = (part.of(columns) for part in self._parts)
        return Rows(map(self._row, zip(*parts, strict=True)))

    def values(self, records: Sequence[Sequence[Any]]) -> Rows[Any]:
        """Return the first value of each row of a result."""
        if not records:
            return Rows()
        if self._simple:
            return Rows(map(self._simple, records))
        return Rows(self._parts[0].of(self._columns(records)))

    def _columns(self, records: Sequence[Sequence[Any]]) -> Columns:
        columns: Columns = list(zip(*records, strict=True))
        for place, convert in self._converts:
            columns[place] = list(map(convert, columns[place]))
        return columns


# A statement that is made for one call takes its plan with it when it goes.
_PLANS: WeakKeyDictionary[Executable, Plan] = WeakKeyDictionary()


def plan_of(statement: Executable) -> Plan:
    """Return the plan of a statement, made when it is first read; raises TypeError as Plan does."""
    plan = _PLANS.get(statement)
    if plan is None:
        plan = _PLANS[statement] = Plan(statement)
    return plan


def _selected(statement: SelectBase) -> list[tuple[type | None, TypeEngine[Any]]]:
    """Return what is selected: of each thing the class of record, if it is one, and its type."""
    if isinstance(statement, Select):
        return [
            (each["type"], NULLTYPE) if each["expr"] is each.get("entity") else (None, each["type"])
            for each in statement.column_descriptions
        ]
    return [(None, column.type) for column in statement.selected_columns]


def _converter(type_: TypeEngine[Any]) -> Convert | None:
    """Return what makes a value of this type of what asyncpg returns, None where that is it."""
    if isinstance(type_, Enum) and type_.enum_class is not None:
        members: dict[str | None, Any] = {None: None}
        return (members | dict(type_.enum_class.__members__)).__getitem__
    if isinstance(type_, JSON):
        return _from_json
    # Whether a number is a float or a Decimal is as PostgreSQL has it.
    if isinstance(type_, Float | Numeric) or _is_plain_array(type_):
        return None
    return type_.dialect_impl(_DIALECT).result_processor(_DIALECT, None)


def _is_plain_array(type_: TypeEngine[Any]) -> bool:
    """Say whether a list of these values goes to asyncpg, and comes from it, as it is."""
    if not isinstance(type_, ARRAY):
        return False
    item = type_.item_type.dialect_impl(_DIALECT)
    return not item.bind_processor(_DIALECT) and not item.result_processor(_DIALECT, None)


def _from_json(value: str | None) -> Any:
    return None if value is None else orjson.loads(value)


def to_json(value: Any) -> str:
    """Return a value as JSON; raises TypeError for what has none."""
    return orjson.dumps(value, default=_plain).decode()


def _plain(value: Any) -> str:
    if isinstance(value, UUID):  # asyncpg's are of a class of their own
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON.")


def _same(value: Any) -> Any:
    return value
