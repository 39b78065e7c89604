"""Ballots that list options, and votes for some of them or in an order of preference."""

from __future__ import annotations

from importlib import import_module

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column(
        "ballots", sa.Column("options", sa.ARRAY(sa.Text()), nullable=False, server_default="{}")
    )
    op.alter_column("ballots", "options", server_default=None)
    for table in ("votes", "cast_votes"):
        op.alter_column(table, "choice", nullable=True)
        op.add_column(table, sa.Column("options", sa.ARRAY(sa.SmallInteger()), nullable=True))
    # Who votes for options is in several counts or in none, so how many voted is counted apart.
    op.add_column("tallies", sa.Column("voted", sa.Integer(), nullable=True))
    op.execute("UPDATE tallies SET voted = (SELECT sum(each) FROM unnest(counts) AS each)")
    op.alter_column("tallies", "voted", nullable=False)
    # As domain.consensus.options.marks: what a vote adds to the counts; null for no vote.
    op.execute(
        """
        CREATE FUNCTION option_marks(kind text, listed integer, chosen smallint[])
        RETURNS bigint[] LANGUAGE sql IMMUTABLE STRICT AS $$
            SELECT CASE kind
                WHEN 'MULTIPLE_CHOICE' THEN (
                    SELECT array_agg((one = ANY (chosen))::int::bigint ORDER BY one)
                    FROM generate_series(1, listed) AS one)
                ELSE (
                    SELECT array_agg(coalesce(
                               one = other AND one = ANY (chosen)
                               OR array_position(chosen, one::smallint)
                                  < coalesce(array_position(chosen, other::smallint), listed + 1),
                               false)::int::bigint ORDER BY one, other)
                    FROM generate_series(1, listed) AS one, generate_series(1, listed) AS other)
            END
        $$
        """
    )
    op.execute("DROP FUNCTION cast_vote")
    # The function of 0005, for votes for options as well as for choices.
    op.execute(
        """
        CREATE FUNCTION cast_vote(
            voter uuid,
            in_ballot uuid,
            new_vote uuid,
            accepted jsonb,        -- by "KIND POLICY": the ordinal of the choice, or those of the
                                   -- options, where it may be said so
            words text,
            votes_everywhere boolean,
            votes_inside uuid[],   -- scopes where the voter may vote, and in all that is in them
            votes_at uuid[],       -- topics where the voter may vote
            shown text[],          -- visibilities with which members see votes while it is open
            claimed text,          -- the idempotency key, or null
            asked text,            -- the fingerprint of the request that it stands for
            notify boolean,
            OUT vote_id uuid,      -- null where nothing was written; then the rest says why
            OUT topic_id uuid,
            OUT scopes uuid[],
            OUT public boolean,
            OUT kind text,
            OUT reason_policy text,
            OUT state text,
            OUT host_state text,
            OUT options_listed integer,
            OUT constituency_id uuid,
            OUT first_asked text,
            OUT first_result uuid
        )
        LANGUAGE plpgsql AS $$
        DECLARE
            moment timestamptz;
            visibility text;
            hashed boolean;
            ordinal smallint;
            chosen smallint[];
            admitted boolean;
            earlier record;
            casting integer;
            counter record;
            fact jsonb;
        BEGIN
            -- This puts the votes of a ballot in one order with each other and with its close.
            SELECT b.topic_id, b.kind, b.reason_policy, b.state, b.visibility,
                   b.rule_hash IS NOT NULL, cardinality(b.options)
            INTO topic_id, kind, reason_policy, state, visibility, hashed, options_listed
            FROM ballots b WHERE b.id = in_ballot FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                RETURN;
            END IF;
            moment := clock_timestamp();
            SELECT t.scopes, t.public,
                   coalesce((SELECT e.state FROM engagements e WHERE e.id = t.id),
                            (SELECT r.state FROM roundtables r WHERE r.id = t.id)),
                   (SELECT e.constituency_id FROM electors e
                    WHERE e.ballot_id = in_ballot AND e.person_id = voter)
            INTO scopes, public, host_state, constituency_id
            FROM topics t WHERE t.id = topic_id;
            IF options_listed = 0 THEN
                ordinal := accepted ->> (kind || ' ' || reason_policy);
            ELSE
                chosen := translate(accepted ->> (kind || ' ' || reason_policy), '[]', '{}');
            END IF;
            admitted := constituency_id IS NOT NULL
                AND (votes_everywhere OR scopes && votes_inside OR topic_id = ANY (votes_at))
                AND (ordinal IS NOT NULL OR coalesce(options_listed >= ALL (chosen), false))
                AND state = 'OPEN'
                AND coalesce(host_state = 'OPEN', false);

            SELECT v.id, v.choice, v.options INTO earlier
            FROM votes v WHERE v.ballot_id = in_ballot AND v.person_id = voter;
            IF claimed IS NOT NULL THEN
                IF admitted THEN
                    -- A request with the same key that is under way is waited for here.
                    INSERT INTO idempotency_keys (person_id, key, fingerprint, result, at)
                    VALUES (voter, claimed, asked, coalesce(earlier.id, new_vote), moment)
                    ON CONFLICT DO NOTHING;
                    admitted := FOUND;
                END IF;
                IF NOT admitted THEN
                    SELECT k.fingerprint, k.result INTO first_asked, first_result
                    FROM idempotency_keys k WHERE k.person_id = voter AND k.key = claimed;
                END IF;
            END IF;
            IF NOT admitted THEN
                RETURN;
            END IF;

            IF earlier.id IS NULL THEN
                vote_id := new_vote;
                casting := 1;
                INSERT INTO votes (id, topic_id, ballot_id, person_id, constituency_id, choice,
                                   options, rationale, revision, cast_at)
                VALUES (vote_id, topic_id, in_ballot, voter, constituency_id, ordinal,
                        chosen, words, casting, moment);
            ELSE
                UPDATE votes v
                SET choice = ordinal, options = chosen, rationale = words,
                    revision = v.revision + 1, cast_at = moment
                WHERE v.id = earlier.id
                RETURNING v.id, v.revision INTO vote_id, casting;
            END IF;
            INSERT INTO cast_votes (vote_id, revision, choice, options, rationale, cast_at)
            VALUES (vote_id, casting, ordinal, chosen, words, moment);
            IF ordinal IS NULL THEN
                UPDATE tallies t
                SET voted = t.voted + (earlier.id IS NULL)::int,
                    counts = ARRAY(
                        SELECT cell.before + cell.added - coalesce(cell.taken, 0)
                        FROM unnest(t.counts, option_marks(kind, options_listed, chosen),
                                    option_marks(kind, options_listed, earlier.options))
                             WITH ORDINALITY AS cell(before, added, taken, place)
                        ORDER BY cell.place)
                WHERE t.ballot_id = in_ballot AND t.constituency_id = cast_vote.constituency_id;
            ELSIF earlier.id IS NULL THEN
                UPDATE tallies t
                SET voted = t.voted + 1, counts[ordinal + 1] = counts[ordinal + 1] + 1
                WHERE t.ballot_id = in_ballot AND t.constituency_id = cast_vote.constituency_id;
            ELSIF ordinal <> earlier.choice THEN
                UPDATE tallies t
                SET counts[ordinal + 1] = counts[ordinal + 1] + 1,
                    counts[earlier.choice + 1] = counts[earlier.choice + 1] - 1
                WHERE t.ballot_id = in_ballot AND t.constituency_id = cast_vote.constituency_id;
            END IF;
            IF NOT hashed THEN
                -- The canonical JSON of the rule, as domain.consensus.rules writes it.
                UPDATE ballots b
                SET rule_hash = encode(sha256(convert_to((
                    SELECT '{' || string_agg(to_json(key) || ':' || value, ','
                                             ORDER BY key COLLATE "C") || '}'
                    FROM jsonb_each(b.rule)), 'UTF8')), 'hex')
                WHERE b.id = in_ballot;
            END IF;

            -- As domain.unit_of_work stores events: the counter is the last lock, and numbers.
            UPDATE topics t
            SET members_sequence = t.members_sequence + (visibility = ANY (shown))::int,
                moderators_sequence = t.moderators_sequence + 1
            WHERE t.id = topic_id
            RETURNING t.members_sequence, t.moderators_sequence INTO counter;
            IF visibility = ANY (shown) THEN
                fact := jsonb_strip_nulls(jsonb_build_object(
                    'vote_id', vote_id, 'ballot_id', in_ballot,
                    'constituency_id', constituency_id, 'choice', ordinal,
                    'previous', earlier.choice, 'options', chosen,
                    'previous_options', earlier.options, 'rationale', words, 'revision', casting));
                INSERT INTO events (topic_id, audience, sequence, kind, data, actor_id, at)
                VALUES (topic_id, 'MEMBERS', counter.members_sequence,
                        'VOTE_CAST', fact, voter, clock_timestamp()),
                       (topic_id, 'MODERATORS', counter.moderators_sequence,
                        'VOTE_CAST', fact, voter, clock_timestamp());
            ELSE
                fact := jsonb_build_object(
                    'ballot_id', in_ballot, 'constituency_id', constituency_id,
                    'first', earlier.id IS NULL);
                INSERT INTO events (topic_id, audience, sequence, kind, data, actor_id, at)
                VALUES (topic_id, 'MODERATORS', counter.moderators_sequence,
                        'VOTE_RECEIVED', fact, voter, clock_timestamp());
            END IF;
            IF notify THEN
                PERFORM pg_notify('concordat', topic_id::text);
            END IF;
        END
        $$
        """
    )


def downgrade() -> None:
    # It stops where there are votes for options: the tables of before cannot hold them.
    op.execute("DROP FUNCTION cast_vote")
    op.execute("DROP FUNCTION option_marks")
    import_module("migrations.versions.0005_cast_vote").upgrade()
    op.drop_column("tallies", "voted")
    for table in ("cast_votes", "votes"):
        op.drop_column(table, "options")
        op.alter_column(table, "choice", nullable=False)
    op.drop_column("ballots", "options")
