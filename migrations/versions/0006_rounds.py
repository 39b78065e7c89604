"""Deadlines, rounds and stale votes of ballots, which the function that casts a vote knows of."""

from __future__ import annotations

from importlib import import_module

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_FEEDBACK = ("ALL_GROUPS", "OWN_GROUP", "NONE")
_DISPOSITION = ("KEPT", "REWORDED", "DROPPED")


def upgrade() -> None:
    _add_columns()
    op.create_table(
        "rounds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("shifts", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("outcome", sa.dialects.postgresql.JSONB(), nullable=True),
        sa.Column(
            "disposition",
            sa.Enum(*_DISPOSITION, name="disposition", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("closed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots.id"], name=op.f("rounds_ballot_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("rounds_pkey")),
        sa.UniqueConstraint("ballot_id", "number", name=op.f("rounds_ballot_id_number_key")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE ON rounds TO concordat_app")
    # What was opened before has had one round.
    op.execute(
        """
        INSERT INTO rounds (id, ballot_id, number, question, shifts, outcome, reason,
                            opened_at, closed_at)
        SELECT gen_random_uuid(), id, 1, question, '{}', outcome, '', opened_at, closed_at
        FROM ballots WHERE opened_at IS NOT NULL
        """
    )
    op.drop_constraint(op.f("votes_ballot_id_person_id_key"), "votes", type_="unique")
    op.create_unique_constraint(
        op.f("votes_ballot_id_person_id_round_key"), "votes", ["ballot_id", "person_id", "round"]
    )
    for column, state in (("opens_at", "SCHEDULED"), ("closes_at", "OPEN")):
        op.create_index(
            f"ballots_{column}_idx",
            "ballots",
            [column],
            unique=False,
            postgresql_where=sa.text(f"state = '{state}'"),
        )
    op.execute("DROP FUNCTION cast_vote")
    create_cast_vote()


def create_cast_vote() -> None:
    """Create the function that casts a vote, with rounds and deadlines."""
    # As migration 0005 has it, but that a vote belongs to the present round, is refused from the
    # deadline on, counts anew after it was stale, and is compared with that of the round before.
    op.execute(
        """
        CREATE FUNCTION cast_vote(
            voter uuid,
            in_ballot uuid,
            new_vote uuid,
            ordinals jsonb,        -- by "KIND POLICY": of the choice, where it may be said so
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
            OUT constituency_id uuid,
            OUT closes_at timestamptz,
            OUT overdue boolean,   -- whether its deadline has passed
            OUT first_asked text,
            OUT first_result uuid
        )
        LANGUAGE plpgsql AS $$
        DECLARE
            moment timestamptz;
            visibility text;
            hashed boolean;
            present integer;       -- the round
            ordinal smallint;
            admitted boolean;
            earlier record;
            replaced smallint;     -- the choice that counted until now, or null
            before smallint;       -- the choice in the round before, or null
            width integer;
            casting integer;
            counter record;
            fact jsonb;
        BEGIN
            -- This puts the votes of a ballot in one order with each other and with its close.
            SELECT b.topic_id, b.kind, b.reason_policy, b.state, b.visibility,
                   b.rule_hash IS NOT NULL, b.round, b.closes_at
            INTO topic_id, kind, reason_policy, state, visibility, hashed, present, closes_at
            FROM ballots b WHERE b.id = in_ballot FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                RETURN;
            END IF;
            moment := clock_timestamp();
            overdue := coalesce(closes_at <= moment, false);
            SELECT t.scopes, t.public,
                   coalesce((SELECT e.state FROM engagements e WHERE e.id = t.id),
                            (SELECT r.state FROM roundtables r WHERE r.id = t.id)),
                   (SELECT e.constituency_id FROM electors e
                    WHERE e.ballot_id = in_ballot AND e.person_id = voter)
            INTO scopes, public, host_state, constituency_id
            FROM topics t WHERE t.id = topic_id;
            ordinal := ordinals ->> (kind || ' ' || reason_policy);
            admitted := constituency_id IS NOT NULL
                AND (votes_everywhere OR scopes && votes_inside OR topic_id = ANY (votes_at))
                AND ordinal IS NOT NULL
                AND state = 'OPEN'
                AND NOT overdue
                AND coalesce(host_state = 'OPEN', false);

            SELECT v.id, v.choice, v.stale INTO earlier
            FROM votes v
            WHERE v.ballot_id = in_ballot AND v.person_id = voter AND v.round = present;
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
                INSERT INTO votes (id, topic_id, ballot_id, person_id, constituency_id, round,
                                   choice, rationale, stale, revision, cast_at)
                VALUES (vote_id, topic_id, in_ballot, voter, constituency_id, present, ordinal,
                        words, false, casting, moment);
            ELSE
                UPDATE votes v
                SET choice = ordinal, rationale = words, stale = false,
                    revision = v.revision + 1, cast_at = moment
                WHERE v.id = earlier.id
                RETURNING v.id, v.revision INTO vote_id, casting;
                IF NOT earlier.stale THEN
                    replaced := earlier.choice;
                END IF;
            END IF;
            IF replaced IS DISTINCT FROM ordinal THEN
                IF replaced IS NULL THEN
                    UPDATE tallies SET counts[ordinal + 1] = counts[ordinal + 1] + 1
                    WHERE tallies.ballot_id = in_ballot
                      AND tallies.constituency_id = cast_vote.constituency_id
                    RETURNING array_length(counts, 1) INTO width;
                ELSE
                    UPDATE tallies
                    SET counts[ordinal + 1] = counts[ordinal + 1] + 1,
                        counts[replaced + 1] = counts[replaced + 1] - 1
                    WHERE tallies.ballot_id = in_ballot
                      AND tallies.constituency_id = cast_vote.constituency_id
                    RETURNING array_length(counts, 1) INTO width;
                END IF;
                IF present > 1 THEN
                    SELECT v.choice INTO before
                    FROM votes v
                    WHERE v.ballot_id = in_ballot AND v.person_id = voter
                      AND v.round = present - 1 AND NOT v.stale;
                END IF;
                IF before IS NOT NULL THEN
                    UPDATE rounds r
                    SET shifts[before * width + ordinal + 1] =
                            shifts[before * width + ordinal + 1] + 1
                    WHERE r.ballot_id = in_ballot AND r.number = present;
                    IF replaced IS NOT NULL THEN
                        UPDATE rounds r
                        SET shifts[before * width + replaced + 1] =
                                shifts[before * width + replaced + 1] - 1
                        WHERE r.ballot_id = in_ballot AND r.number = present;
                    END IF;
                END IF;
            END IF;
            INSERT INTO cast_votes (vote_id, revision, choice, rationale, cast_at)
            VALUES (vote_id, casting, ordinal, words, moment);
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
                    'previous', replaced, 'rationale', words, 'revision', casting,
                    'round', present));
                INSERT INTO events (topic_id, audience, sequence, kind, data, actor_id, at)
                VALUES (topic_id, 'MEMBERS', counter.members_sequence,
                        'VOTE_CAST', fact, voter, clock_timestamp()),
                       (topic_id, 'MODERATORS', counter.moderators_sequence,
                        'VOTE_CAST', fact, voter, clock_timestamp());
            ELSE
                fact := jsonb_build_object(
                    'ballot_id', in_ballot, 'constituency_id', constituency_id,
                    'first', replaced IS NULL, 'round', present);
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
    op.execute("DROP FUNCTION cast_vote")
    # The last round is what such a ballot has come to.
    op.execute(
        """
        DELETE FROM cast_votes USING votes, ballots
        WHERE votes.id = cast_votes.vote_id AND ballots.id = votes.ballot_id
          AND votes.round < ballots.round
        """
    )
    op.execute(
        "DELETE FROM votes USING ballots "
        "WHERE ballots.id = votes.ballot_id AND votes.round < ballots.round"
    )
    op.execute(
        """
        UPDATE ballots SET state = CASE state WHEN 'SCHEDULED' THEN 'DRAFT'
            WHEN 'DEFERRED' THEN 'OPEN' WHEN 'ROUND_CLOSED' THEN 'OPEN' ELSE 'CLOSED' END
        WHERE state NOT IN ('DRAFT', 'OPEN', 'CLOSED')
        """
    )
    op.drop_index("ballots_opens_at_idx", table_name="ballots")
    op.drop_index("ballots_closes_at_idx", table_name="ballots")
    op.drop_constraint(op.f("votes_ballot_id_person_id_round_key"), "votes", type_="unique")
    op.create_unique_constraint(
        op.f("votes_ballot_id_person_id_key"), "votes", ["ballot_id", "person_id"]
    )
    op.drop_table("rounds")
    for table, column in (
        ("votes", "round"),
        ("votes", "stale"),
        ("ballots", "opens_at"),
        ("ballots", "closes_at"),
        ("ballots", "round"),
        ("ballots", "most_rounds"),
        ("ballots", "feedback"),
        ("ballots", "stops_when_stable"),
        ("ballots", "stops_on_consensus"),
        ("ballots", "state_reason"),
        ("ballots", "decision"),
        ("ballots", "deferred_at"),
        ("ballots", "reminded_at"),
    ):
        op.drop_column(table, column)
    import_module("migrations.versions.0005_cast_vote").upgrade()


def _add_columns() -> None:
    """Add columns; what there is already gets a value that new rows bring themselves."""
    for table, name, type_, value in (
        ("votes", "round", sa.Integer(), "1"),
        ("votes", "stale", sa.Boolean(), "false"),
        ("ballots", "round", sa.Integer(), "1"),
        ("ballots", "most_rounds", sa.Integer(), "1"),
        (
            "ballots",
            "feedback",
            sa.Enum(*_FEEDBACK, name="feedback", native_enum=False, length=40),
            "ALL_GROUPS",
        ),
        ("ballots", "stops_when_stable", sa.Boolean(), "false"),
        ("ballots", "stops_on_consensus", sa.Boolean(), "false"),
        ("ballots", "state_reason", sa.Text(), ""),
    ):
        op.add_column(table, sa.Column(name, type_, nullable=False, server_default=value))
        op.alter_column(table, name, server_default=None)
    op.add_column("ballots", sa.Column("decision", sa.Text(), nullable=True))
    for name in ("opens_at", "closes_at", "deferred_at", "reminded_at"):
        op.add_column("ballots", sa.Column(name, sa.TIMESTAMP(timezone=True), nullable=True))
