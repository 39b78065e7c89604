"""What is voted and by whom: options, objections, proxies and declared interests."""

from __future__ import annotations

from importlib import import_module

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

COUNTERS = ("objections_raised", "objections_qualified", "objections_safety")


def upgrade() -> None:
    op.add_column(
        "ballots", sa.Column("options", sa.ARRAY(sa.Text()), nullable=False, server_default="{}")
    )
    op.alter_column("ballots", "options", server_default=None)
    for table in ("votes", "cast_votes"):
        op.alter_column(table, "choice", nullable=True)
        op.add_column(table, sa.Column("options", sa.ARRAY(sa.SmallInteger()), nullable=True))
        op.add_column(table, sa.Column("cast_by_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f(f"{table}_cast_by_id_fkey"), table, "people", ["cast_by_id"], ["id"]
        )
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
    op.create_table(
        "objections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("constituency_id", sa.Uuid(), nullable=False),
        sa.Column("vote_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("safety", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "RAISED",
                "QUALIFIED",
                "NOT_QUALIFIED",
                "INTEGRATED",
                "WITHDRAWN",
                "OVERRULED",
                name="objectionstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topics.id"], name=op.f("objections_topic_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["ballot_id"], ["ballots.id"], name=op.f("objections_ballot_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("objections_person_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["constituency_id"],
            ["constituencies.id"],
            name=op.f("objections_constituency_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["vote_id"], ["votes.id"], name=op.f("objections_vote_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("objections_pkey")),
    )
    op.create_index("objections_ballot_id_id_idx", "objections", ["ballot_id", "id"])
    op.create_index(op.f("objections_vote_id_idx"), "objections", ["vote_id"])
    # Objections stay on record, whatever became of them.
    op.execute("GRANT SELECT, INSERT, UPDATE ON objections TO concordat_app")
    op.create_table(
        "proxies",
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("proxy_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ballot_id"], ["ballots.id"], name=op.f("proxies_ballot_id_fkey")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("proxies_person_id_fkey")),
        sa.ForeignKeyConstraint(["proxy_id"], ["people.id"], name=op.f("proxies_proxy_id_fkey")),
        sa.PrimaryKeyConstraint("ballot_id", "person_id", name=op.f("proxies_pkey")),
    )
    op.create_index(op.f("proxies_proxy_id_idx"), "proxies", ["proxy_id"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON proxies TO concordat_app")
    op.create_table(
        "interests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "subject_kind",
            sa.Enum(
                "SPECIFICATION",
                "SECTION",
                "BLOCK",
                "CRITERION",
                "BALLOT",
                "ENGAGEMENT",
                "ROUNDTABLE",
                name="subjectkind",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "mitigation",
            sa.Enum("RECUSE", "NONE", name="mitigation", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("interests_topic_id_fkey")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("interests_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("interests_pkey")),
    )
    op.create_index("interests_topic_id_id_idx", "interests", ["topic_id", "id"])
    op.create_index(op.f("interests_person_id_idx"), "interests", ["person_id"])
    # What somebody declared stays on record, also when it is withdrawn.
    op.execute("GRANT SELECT, INSERT, UPDATE ON interests TO concordat_app")
    op.add_column(
        "electors", sa.Column("recused", sa.Boolean(), nullable=False, server_default="false")
    )
    op.alter_column("electors", "recused", server_default=None)
    op.execute("GRANT UPDATE (recused) ON electors TO concordat_app")
    for column in COUNTERS:
        op.add_column(
            "ballots", sa.Column(column, sa.Integer(), nullable=False, server_default="0")
        )
        op.alter_column("ballots", column, server_default=None)
    op.execute("DROP FUNCTION cast_vote")
    # The function of 0006, for votes for options too, and for those that object.
    op.execute(
        """
        CREATE FUNCTION cast_vote(
            voter uuid,            -- whose vote it is
            caster uuid,           -- who casts it
            in_ballot uuid,
            new_vote uuid,
            accepted jsonb,        -- by "KIND POLICY": the ordinal of the choice, or those of the
                                   -- options, where it may be said so
            words text,
            about_safety boolean,
            new_objection uuid,    -- the id of the objection, where the vote raises one
            votes_everywhere boolean,
            votes_inside uuid[],   -- scopes where the caster may vote, and in all that is in them
            votes_at uuid[],       -- topics where the caster may vote
            moderates_everywhere boolean,
            moderates_inside uuid[],
            moderates_at uuid[],
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
            OUT closes_at timestamptz,
            OUT overdue boolean,    -- whether its deadline has passed
            OUT recused boolean,    -- whether the voter is, by a declared interest
            OUT entrusted boolean,  -- whether the caster is the voter, or their proxy
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
            chosen smallint[];
            admitted boolean;
            earlier record;
            counted boolean;       -- whether a vote of this round counted until now
            replaced smallint;     -- the choice that did, or null
            set_aside smallint[];  -- the options that did, or null
            before smallint;       -- the choice in the round before, or null
            said smallint;         -- the choice that was cast last, in whatever round
            width integer;
            objection record;
            repeated boolean;
            facts jsonb[];         -- of objections
            casting integer;
            counter record;
            fact jsonb;
        BEGIN
            -- This puts the votes of a ballot in one order with each other and with its close.
            SELECT b.topic_id, b.kind, b.reason_policy, b.state, b.visibility,
                   b.rule_hash IS NOT NULL, cardinality(b.options), b.round, b.closes_at
            INTO topic_id, kind, reason_policy, state, visibility, hashed, options_listed,
                 present, closes_at
            FROM ballots b WHERE b.id = in_ballot FOR NO KEY UPDATE;
            IF NOT FOUND THEN
                RETURN;
            END IF;
            moment := clock_timestamp();
            overdue := coalesce(closes_at <= moment, false);
            SELECT t.scopes, t.public,
                   coalesce((SELECT e.state FROM engagements e WHERE e.id = t.id),
                            (SELECT r.state FROM roundtables r WHERE r.id = t.id)),
                   e.constituency_id, e.recused
            INTO scopes, public, host_state, constituency_id, recused
            FROM topics t
            LEFT JOIN electors e ON e.ballot_id = in_ballot AND e.person_id = voter
            WHERE t.id = topic_id;
            IF options_listed = 0 THEN
                ordinal := accepted ->> (kind || ' ' || reason_policy);
            ELSE
                chosen := translate(accepted ->> (kind || ' ' || reason_policy), '[]', '{}');
            END IF;
            entrusted := caster = voter OR EXISTS (
                SELECT FROM proxies p
                JOIN electors e ON e.ballot_id = p.ballot_id AND e.person_id = p.proxy_id
                WHERE p.ballot_id = in_ballot AND p.person_id = voter AND p.proxy_id = caster
                  AND NOT e.recused);
            admitted := constituency_id IS NOT NULL AND NOT recused
                AND (entrusted AND (votes_everywhere OR scopes && votes_inside
                                    OR topic_id = ANY (votes_at))
                     OR caster <> voter AND (moderates_everywhere OR scopes && moderates_inside
                                             OR topic_id = ANY (moderates_at)))
                AND (ordinal IS NOT NULL OR coalesce(options_listed >= ALL (chosen), false))
                AND state = 'OPEN'
                AND NOT overdue
                AND coalesce(host_state = 'OPEN', false);

            SELECT v.id, v.choice, v.options, v.stale INTO earlier
            FROM votes v
            WHERE v.ballot_id = in_ballot AND v.person_id = voter AND v.round = present;
            counted := earlier.id IS NOT NULL AND NOT earlier.stale;
            IF claimed IS NOT NULL THEN
                IF admitted THEN
                    -- A request with the same key that is under way is waited for here.
                    INSERT INTO idempotency_keys (person_id, key, fingerprint, result, at)
                    VALUES (caster, claimed, asked, coalesce(earlier.id, new_vote), moment)
                    ON CONFLICT DO NOTHING;
                    admitted := FOUND;
                END IF;
                IF NOT admitted THEN
                    SELECT k.fingerprint, k.result INTO first_asked, first_result
                    FROM idempotency_keys k WHERE k.person_id = caster AND k.key = claimed;
                END IF;
            END IF;
            IF NOT admitted THEN
                RETURN;
            END IF;

            IF counted THEN
                replaced := earlier.choice;
                set_aside := earlier.options;
            END IF;
            IF kind = 'CONSENT' THEN
                SELECT v.choice INTO said
                FROM votes v WHERE v.ballot_id = in_ballot AND v.person_id = voter
                ORDER BY v.round DESC LIMIT 1;
            END IF;
            IF earlier.id IS NULL THEN
                vote_id := new_vote;
                casting := 1;
                INSERT INTO votes (id, topic_id, ballot_id, person_id, constituency_id, round,
                                   choice, options, cast_by_id, rationale, stale, revision,
                                   cast_at)
                VALUES (vote_id, topic_id, in_ballot, voter, constituency_id, present,
                        ordinal, chosen, nullif(caster, voter), words, false, casting, moment);
            ELSE
                UPDATE votes v
                SET choice = ordinal, options = chosen, cast_by_id = nullif(caster, voter),
                    rationale = words, stale = false, revision = v.revision + 1,
                    cast_at = moment
                WHERE v.id = earlier.id
                RETURNING v.id, v.revision INTO vote_id, casting;
            END IF;
            INSERT INTO cast_votes (vote_id, revision, choice, options, cast_by_id, rationale,
                                    cast_at)
            VALUES (vote_id, casting, ordinal, chosen, nullif(caster, voter), words, moment);
            IF ordinal IS NULL THEN
                UPDATE tallies t
                SET voted = t.voted + (NOT counted)::int,
                    counts = ARRAY(
                        SELECT cell.until_now + cell.added - coalesce(cell.taken, 0)
                        FROM unnest(t.counts, option_marks(kind, options_listed, chosen),
                                    option_marks(kind, options_listed, set_aside))
                             WITH ORDINALITY AS cell(until_now, added, taken, place)
                        ORDER BY cell.place)
                WHERE t.ballot_id = in_ballot AND t.constituency_id = cast_vote.constituency_id;
            ELSIF replaced IS DISTINCT FROM ordinal THEN
                IF replaced IS NULL THEN
                    UPDATE tallies t
                    SET voted = t.voted + 1, counts[ordinal + 1] = counts[ordinal + 1] + 1
                    WHERE t.ballot_id = in_ballot
                      AND t.constituency_id = cast_vote.constituency_id
                    RETURNING array_length(t.counts, 1) INTO width;
                ELSE
                    UPDATE tallies t
                    SET counts[ordinal + 1] = counts[ordinal + 1] + 1,
                        counts[replaced + 1] = counts[replaced + 1] - 1
                    WHERE t.ballot_id = in_ballot
                      AND t.constituency_id = cast_vote.constituency_id
                    RETURNING array_length(t.counts, 1) INTO width;
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
            IF kind = 'CONSENT' THEN
                -- OBJECT, whose ordinal is 2, raises an objection, and other words or another
                -- choice withdraw it. The ballot counts those that are open.
                SELECT o.id, o.body, o.safety, o.state INTO objection
                FROM objections o
                JOIN votes v ON v.id = o.vote_id
                WHERE v.ballot_id = in_ballot AND v.person_id = voter
                ORDER BY o.id DESC LIMIT 1;
                repeated := coalesce(ordinal = 2 AND said = 2
                    AND objection.body = words AND objection.safety = about_safety, false);
                IF objection.state IN ('RAISED', 'QUALIFIED') AND NOT repeated THEN
                    UPDATE objections o
                    SET state = 'WITHDRAWN', reason = '', revision = o.revision + 1
                    WHERE o.id = objection.id;
                    UPDATE ballots b
                    SET objections_raised =
                            b.objections_raised - (objection.state = 'RAISED')::int,
                        objections_qualified =
                            b.objections_qualified - (objection.state = 'QUALIFIED')::int,
                        objections_safety = b.objections_safety - objection.safety::int
                    WHERE b.id = in_ballot;
                    facts := facts || jsonb_build_object(
                        'kind', 'OBJECTION_ADVANCED', 'data', jsonb_build_object(
                            'objection_id', objection.id, 'ballot_id', in_ballot,
                            'transition', 'WITHDRAW', 'state', 'WITHDRAWN', 'reason', ''));
                END IF;
                IF ordinal = 2 AND NOT repeated THEN
                    INSERT INTO objections (id, topic_id, ballot_id, person_id, constituency_id,
                                            vote_id, body, safety, state, reason, revision,
                                            created_at)
                    VALUES (new_objection, topic_id, in_ballot, voter, constituency_id,
                            vote_id, words, about_safety, 'RAISED', '', 1, moment);
                    UPDATE ballots b
                    SET objections_raised = b.objections_raised + 1,
                        objections_safety = b.objections_safety + about_safety::int
                    WHERE b.id = in_ballot;
                    facts := facts || jsonb_build_object(
                        'kind', 'OBJECTION_RAISED', 'data', jsonb_build_object(
                            'objection_id', new_objection, 'ballot_id', in_ballot,
                            'constituency_id', constituency_id, 'safety', about_safety,
                            'body', words));
                END IF;
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
                    'previous', replaced, 'options', chosen, 'previous_options', set_aside,
                    'voter_id', CASE WHEN caster <> voter THEN voter END,
                    'rationale', words, 'revision', casting, 'round', present));
                INSERT INTO events (topic_id, audience, sequence, kind, data, actor_id, at)
                VALUES (topic_id, 'MEMBERS', counter.members_sequence,
                        'VOTE_CAST', fact, caster, clock_timestamp()),
                       (topic_id, 'MODERATORS', counter.moderators_sequence,
                        'VOTE_CAST', fact, caster, clock_timestamp());
                IF facts IS NOT NULL THEN
                    -- What became of objections is told to the same people, after the vote.
                    UPDATE topics t
                    SET members_sequence = t.members_sequence + cardinality(facts),
                        moderators_sequence = t.moderators_sequence + cardinality(facts)
                    WHERE t.id = topic_id;
                    INSERT INTO events (topic_id, audience, sequence, kind, data, actor_id, at)
                    SELECT topic_id, stream.audience, stream.reached + told.place,
                           told.fact ->> 'kind', told.fact -> 'data', caster, clock_timestamp()
                    FROM unnest(facts) WITH ORDINALITY AS told(fact, place),
                         (VALUES ('MEMBERS', counter.members_sequence),
                                 ('MODERATORS', counter.moderators_sequence))
                         AS stream(audience, reached);
                END IF;
            ELSE
                fact := jsonb_strip_nulls(jsonb_build_object(
                    'ballot_id', in_ballot, 'constituency_id', constituency_id,
                    'voter_id', CASE WHEN caster <> voter THEN voter END,
                    'first', NOT counted, 'round', present));
                INSERT INTO events (topic_id, audience, sequence, kind, data, actor_id, at)
                VALUES (topic_id, 'MODERATORS', counter.moderators_sequence,
                        'VOTE_RECEIVED', fact, caster, clock_timestamp());
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
    import_module("migrations.versions.0006_rounds").create_cast_vote()
    op.drop_column("tallies", "voted")
    for table in ("cast_votes", "votes"):
        op.drop_column(table, "options")
        op.drop_column(table, "cast_by_id")
        op.alter_column(table, "choice", nullable=False)
    op.drop_column("ballots", "options")
    for column in COUNTERS:
        op.drop_column("ballots", column)
    op.drop_table("objections")
    op.drop_table("proxies")
    op.drop_table("interests")
    op.drop_column("electors", "recused")
