"""What a live operation is handed beyond a query: the feed, presence, and who is asking, anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLError

from domain.database import Database
from domain.permissions import Viewer
from domain.queries import people
from schema.context import Context
from subscriptions.presence import Presence
from subscriptions.wakeup import Wakeups


class LiveContext(Context):
    """A context that lasts: its viewer is read again before anything more is delivered."""

    def __init__(
        self,
        database: Database,
        viewer: Viewer,
        wakeups: Wakeups,
        presence: Presence,
        expires_at: datetime | None = None,
    ) -> None:
        super().__init__(database, viewer)
        self.wakeups = wakeups
        self.presence = presence
        self.expires_at = expires_at

    async def recognise(self) -> None:
        """Read who is asking, with the roles that they hold now.

        Raises a GraphQLError with the code UNAUTHENTICATED when the session or the person is gone.
        """
        if self.expires_at is not None and self.expires_at <= datetime.now(UTC):
            raise GraphQLError(
                "Your session has expired. Please sign in and resume with your cursor.",
                extensions={"code": "UNAUTHENTICATED"},
            )
        if self.viewer.person_id is None:
            return
        async with self.database.read() as session:
            viewer = await people.viewer(session, self.viewer.person_id)
        if viewer is None:
            raise GraphQLError(
                "The person of this session does not exist any more.",
                extensions={"code": "UNAUTHENTICATED"},
            )
        self.viewer = viewer


LiveInfo: TypeAlias = strawberry.Info[LiveContext, Any]
