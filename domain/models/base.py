"""The base of every record: typed constructors, aware times, enumerations stored as text."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Any, ClassVar, dataclass_transform
from uuid import UUID

from sqlalchemy import ARRAY, TIMESTAMP, BigInteger, Enum, MetaData, SmallInteger, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass, mapped_column, synonym

from domain.ids import new_id

Key = Annotated[UUID, mapped_column(primary_key=True)]
Big = Annotated[int, mapped_column(BigInteger)]
Counts = Annotated[list[int], mapped_column(ARRAY(BigInteger))]
Small = Annotated[int, mapped_column(SmallInteger)]
Ordinals = Annotated[list[int], mapped_column(ARRAY(SmallInteger))]


@dataclass_transform(
    kw_only_default=True, eq_default=False, field_specifiers=(mapped_column, synonym)
)
class Record(MappedAsDataclass, DeclarativeBase, kw_only=True, repr=False, eq=False):
    """A row. Two records are the same only when they are the same object."""

    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "pk": "%(table_name)s_pkey",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        str: Text(),
        datetime: TIMESTAMP(timezone=True),
        enum.Enum: Enum(enum.Enum, native_enum=False, create_constraint=False, length=40),
        dict[str, Any]: JSONB(),
        list[UUID]: ARRAY(Uuid()),
        list[str]: ARRAY(Text()),
    }


__all__ = ["Big", "Counts", "Key", "Ordinals", "Record", "Small", "new_id"]
