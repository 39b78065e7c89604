"""What a live operation is handed beyond a query: who is present, and when its session ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias

import strawberry

from domain.database import Database
from domain.permissions import Viewer
from schema.context import Context
from subscriptions.presence import Presence


class LiveContext(Context):
    """The context of an operation that may last, by somebody whose session may end."""

    def __init__(
        self,
        database: Database,
        viewer: Viewer,
        presence: Presence,
        *,
        issued_at: datetime | None = None,
        expires_at: datetime | None = None,
    ) -> None:
        super().__init__(database, viewer)
        self.presence = presence
        self.issued_at = issued_at
        self.expires_at = expires_at


LiveInfo: TypeAlias = strawberry.Info[LiveContext, Any]
