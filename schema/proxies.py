"""Proxies in GraphQL."""

from __future__ import annotations

from uuid import UUID

import strawberry

from domain.commands import proxies as commands
from schema.ballots import Ballot
from schema.context import Info
from schema.fields import Idempotent, mutation, perform, text
from schema.nodes import key


@strawberry.input(description="Who is to cast one's vote in a ballot.")
class NameProxyInput(Idempotent):
    """See domain.commands.proxies.name_proxy."""

    ballot_id: strawberry.ID = text(description="The ballot, of which one is an elector.")
    proxy_id: strawberry.ID = text(description="Another elector of it, who has named no proxy.")


@strawberry.input(description="That nobody else is to cast one's vote any more.")
class WithdrawProxyInput(Idempotent):
    """See domain.commands.proxies.withdraw_proxy."""

    ballot_id: strawberry.ID = text(description="The ballot.")


@strawberry.type
class ProxyMutation:
    """What can be done with proxies."""

    @mutation(Ballot, "Let another elector cast one's vote; one may still cast it oneself.")
    async def name_proxy(self, info: Info, input: NameProxyInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.name_proxy,
            ballot_id=key(input.ballot_id, "ballotId", "Ballot"),
            proxy_id=key(input.proxy_id, "proxyId", "Person"),
        )

    @mutation(Ballot, "Take one's proxy back; what they have cast stays.")
    async def withdraw_proxy(self, info: Info, input: WithdrawProxyInput) -> UUID:
        """See the command."""
        return await perform(
            info,
            input,
            commands.withdraw_proxy,
            ballot_id=key(input.ballot_id, "ballotId", "Ballot"),
        )
