"""The subscription root, and the mutations that change only what is live: one line a noun."""

from __future__ import annotations

import strawberry

from subscriptions.activity import ActivitySubscription
from subscriptions.comments import CommentSubscription
from subscriptions.consensus import ConsensusSubscription
from subscriptions.participation import PresenceMutation, PresenceSubscription
from subscriptions.votes import VoteSubscription


@strawberry.type(description="Everything that can be followed.")
class Subscription(
    ActivitySubscription,
    CommentSubscription,
    VoteSubscription,
    ConsensusSubscription,
    PresenceSubscription,
):
    """The root of subscriptions."""


@strawberry.type
class LiveMutation(PresenceMutation):
    """Mutations that write no record."""
