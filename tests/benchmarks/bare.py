"""What cannot be beaten: routes whose SQL builds the answers, passed through; nobody is asked who.

The answers are those of `documents`, each by one statement written for it by hand. That of a vote
counts right as long as nobody casts two in one ballot at the same moment.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.database import APP_ROLE
from domain.ids import new_id
from tests.benchmarks.programme import CHOICES

CONNECTIONS = 20
"""As many as the product and its peer open at most."""

_CONSENSUS = """
    SELECT json_build_object(
        'turnout', json_build_object('voted', sum(voted), 'eligible', sum(eligible)),
        'byConstituency', json_agg(
            json_build_object(
                'constituency', json_build_object('name', name),
                'voted', voted, 'inFavour', agree, 'of', agree + disagree
            ) ORDER BY position, constituency_id
        )
    )
"""
_COUNTED = """
    eligible, counts[1] AS agree, counts[2] AS disagree, counts[1] + counts[2] + counts[3] AS voted
"""
REVIEW = f"""
    SELECT convert_to(json_build_object('data', json_build_object('specifications',
        json_build_object('nodes', json_agg(json_build_object(
            'id', encode(convert_to('Specification:' || s.id, 'UTF8'), 'base64'),
            'title', s.title,
            'state', s.state,
            'engagements', (SELECT json_build_object('nodes', json_agg(json_build_object(
                'title', e.title,
                'ballots', (SELECT json_build_object('nodes', json_agg(json_build_object(
                    'id', encode(convert_to('Ballot:' || b.id, 'UTF8'), 'base64'),
                    'question', b.question,
                    'consensus', ({_CONSENSUS} FROM (
                        SELECT position, constituency_id, name, {_COUNTED}
                        FROM tallies JOIN constituencies ON id = constituency_id
                        WHERE ballot_id = b.id
                    ) AS counted),
                    'threads', (SELECT json_build_object('nodes', json_agg(json_build_object(
                        'comments', (SELECT json_build_object('nodes', json_agg(json_build_object(
                            'body', c.body,
                            'author', json_build_object('name', (
                                SELECT name FROM people WHERE people.id = c.author_id
                            ))
                        ) ORDER BY c.id)) FROM (
                            SELECT id, body, author_id FROM comments
                            WHERE thread_id = t.id ORDER BY id LIMIT 3
                        ) AS c)
                    ) ORDER BY t.id)) FROM (
                        SELECT id FROM threads WHERE subject_id = b.id ORDER BY id LIMIT 1
                    ) AS t)
                ) ORDER BY b.id)) FROM (
                    SELECT id, question FROM ballots WHERE topic_id = e.id ORDER BY id LIMIT 7
                ) AS b)
            ) ORDER BY e.id)) FROM (
                SELECT id, title FROM engagements WHERE specification_id = s.id
                ORDER BY id LIMIT 1
            ) AS e)
        ) ORDER BY s.id))
    ))::text, 'UTF8')
    FROM (SELECT id, title, state FROM specifications ORDER BY id LIMIT 20) AS s
"""
SPECIFICATION = """
    SELECT convert_to(json_build_object('data', json_build_object('node', json_build_object(
        'id', encode(convert_to('Specification:' || id, 'UTF8'), 'base64'),
        'title', title, 'version', version, 'state', state, 'createdAt', created_at
    )))::text, 'UTF8')
    FROM specifications WHERE id = $1
"""
CAST_VOTE = f"""
    WITH previous AS (
        SELECT choice FROM votes WHERE ballot_id = $1::uuid AND person_id = $2::uuid
    ), kept AS (
        INSERT INTO votes (id, topic_id, ballot_id, person_id, constituency_id, round, choice,
                           rationale, stale, revision, cast_at)
        SELECT $4, topic_id, ballot_id, person_id, constituency_id, 1, $3::smallint, '', false, 1,
               $5
        FROM electors JOIN ballots ON ballots.id = ballot_id
        WHERE ballot_id = $1 AND person_id = $2
        ON CONFLICT (ballot_id, person_id, round) DO UPDATE
        SET choice = excluded.choice, revision = votes.revision + 1, cast_at = excluded.cast_at
        RETURNING id, constituency_id
    ), changed AS (
        UPDATE tallies
        SET counts = (
            SELECT array_agg(
                people + CASE nth - 1 WHEN $3 THEN 1 ELSE 0 END
                       - CASE nth - 1 WHEN previous.choice THEN 1 ELSE 0 END
                ORDER BY nth)
            FROM unnest(tallies.counts) WITH ORDINALITY AS counted(people, nth)
        )
        FROM kept LEFT JOIN previous ON true
        WHERE ballot_id = $1 AND tallies.constituency_id = kept.constituency_id
        RETURNING tallies.constituency_id, tallies.counts
    ), counted AS (
        SELECT position, constituency_id, name, {_COUNTED}
        FROM (
            SELECT constituency_id, eligible, coalesce(changed.counts, tallies.counts) AS counts
            FROM tallies LEFT JOIN changed USING (constituency_id) WHERE ballot_id = $1
        ) AS current JOIN constituencies ON id = constituency_id
    )
    SELECT convert_to(json_build_object('data', json_build_object('castVote', json_build_object(
        '__typename', 'CastVotePayload',
        'vote', json_build_object(
            'id', encode(convert_to('Vote:' || kept.id, 'UTF8'), 'base64'),
            'ballot', json_build_object(
                'id', encode(convert_to('Ballot:' || $1, 'UTF8'), 'base64'),
                'consensus', ({_CONSENSUS} FROM counted)
            )
        )
    )))::text, 'UTF8')
    FROM kept
"""


def app(database_url: str) -> Starlette:
    """Serve the routes over a pool of connections."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            database_url.replace("+asyncpg", ""),
            min_size=CONNECTIONS,
            max_size=CONNECTIONS,
            reset=_nothing,
            server_settings={"role": APP_ROLE, "timezone": "UTC", "jit": "off"},
        ) as pool:
            app.state.pool = pool
            yield

    return Starlette(
        routes=[
            Route("/review", _review),
            Route("/specifications/{id:uuid}", _specification),
            Route("/votes", _cast_vote, methods=["POST"]),
        ],
        lifespan=lifespan,
    )


async def _nothing(_: object) -> None:
    """Save the round trip of a reset: a statement leaves nothing behind."""


async def _answer(http: Request, statement: str, *arguments: Any) -> Response:
    return Response(
        await http.app.state.pool.fetchval(statement, *arguments), media_type="application/json"
    )


async def _review(http: Request) -> Response:
    return await _answer(http, REVIEW)


async def _specification(http: Request) -> Response:
    return await _answer(http, SPECIFICATION, http.path_params["id"])


async def _cast_vote(http: Request) -> Response:
    vote = orjson.loads(await http.body())
    ballot, person, choice = UUID(vote["ballot"]), UUID(vote["person"]), vote["choice"]
    return await _answer(
        http, CAST_VOTE, ballot, person, CHOICES.index(choice), new_id(), datetime.now(UTC)
    )
