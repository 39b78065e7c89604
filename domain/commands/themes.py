"""Themes of an exercise, and which of its threads are about them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import bindparam, exists, select

from domain.commands.dispositions import (
    require_changeable,
    require_exercise,
    require_unpublished,
)
from domain.errors import Conflict, NotFound
from domain.events import ThemeAdded, ThemeAssigned, ThemeEdited
from domain.models.comments import Thread
from domain.models.engagements import Engagement
from domain.models.themes import Theme, ThreadTheme
from domain.permissions import Permission
from domain.texts import TITLE_LENGTH, clean
from domain.unit_of_work import UnitOfWork

NAMED = select(
    exists().where(
        Theme.engagement_id == bindparam("engagement_id"), Theme.name == bindparam("name")
    )
)


async def add_theme(uow: UnitOfWork, *, engagement_id: UUID, name: str) -> UUID:
    """Name something that threads of an exercise are about; return the theme's id."""
    engagement = await uow.load(Engagement, engagement_id, Permission.MODERATE)
    require_unpublished(engagement)
    theme = Theme(
        engagement_id=engagement.id,
        name=await _name(uow, engagement.id, name),
        created_at=uow.now,
    )
    await uow.add(theme)
    uow.emit(engagement.id, ThemeAdded(theme_id=theme.id, name=theme.name))
    return theme.id


async def edit_theme(
    uow: UnitOfWork, *, theme_id: UUID, name: str, expected_revision: int | None
) -> UUID:
    """Give a theme another name."""
    theme = await uow.load(Theme, theme_id, Permission.MODERATE)
    uow.expect(theme, expected_revision)
    await require_changeable(uow, theme.engagement_id)
    theme.name = await _name(uow, theme.engagement_id, name)
    theme.revision += 1
    uow.emit(
        theme.engagement_id,
        ThemeEdited(theme_id=theme.id, name=theme.name, revision=theme.revision),
    )
    return theme.id


async def assign_theme(uow: UnitOfWork, *, thread_id: UUID, theme_id: UUID, assigned: bool) -> UUID:
    """Say that a thread is about a theme, or is not; repeating it changes nothing."""
    thread = await uow.load(Thread, thread_id, Permission.MODERATE)
    require_unpublished(await require_exercise(uow, thread))
    theme = await uow.session.get(Theme, theme_id)
    if theme is None or theme.engagement_id != thread.topic_id:
        raise NotFound("There is no such theme in the exercise of this thread.", ("theme_id",))
    found = await uow.session.get(ThreadTheme, (thread.id, theme.id))
    if (found is not None) == assigned:
        return thread.id
    if found is None:
        await uow.add(ThreadTheme(thread_id=thread.id, theme_id=theme.id))
    else:
        await uow.session.delete(found)
    uow.emit(
        thread.topic_id,
        ThemeAssigned(thread_id=thread.id, theme_id=theme.id, assigned=assigned),
    )
    return thread.id


async def _name(uow: UnitOfWork, engagement_id: UUID, name: str) -> str:
    cleaned = clean(name, "name", limit=TITLE_LENGTH)
    named = {"engagement_id": engagement_id, "name": cleaned}
    if await uow.session.scalar(NAMED, named):
        raise Conflict("The exercise has a theme with this name already.", ("name",))
    return cleaned
