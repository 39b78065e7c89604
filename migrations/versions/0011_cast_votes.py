"""Votes that arrive together are cast by one call, and commit together."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    # As cast_vote of 0008, for many votes, each of which is decided on by itself. That one stays
    # for processes of before, which call it until they are replaced.
    op.execute(
        """
        CREATE FUNCTION cast_votes(
            castings jsonb,        -- a list, of these fields each:
                                   --   voter uuid       whose vote it is
                                   --   caster uuid      who casts it
                                   --   ballot uuid
                                   --   new_vote uuid
                                   --   accepted jsonb   by "KIND POLICY": the ordinal of the
                                   --                    choice, or those of the options, where it
                                   --                    may be said so
                                   --   words text
                                   --   safety boolean
                                   --   new_objection uuid   its id, where the vote raises one
                                   --   votes_everywhere boolean
                                   --   votes_inside uuid[]  scopes where the caster may vote, and
                                   --                        in all that is in them
                                   --   votes_at uuid[]      topics where the caster may vote
                                   --   moderates_everywhere boolean
                                   --   moderates_inside uuid[]
                                   --   moderates_at uuid[]
                                   --   key text         the idempotency key, or null
                                   --   fingerprint text of the request that it stands for
                                   --   commitment text  of the receipt
            shown text[],          -- visibilities with which members see votes while it is open
            notify boolean
        )
        RETURNS TABLE (            -- a row for each, in their order
            vote_id uuid,          -- null where nothing was written; then the rest says why
            topic_id uuid,         -- null where there is no such ballot
            scopes uuid[],
            public boolean,
            kind text,
            reason_policy text,
            secrecy text,
            state text,
            host_state text,
            options_listed integer,
            constituency_id uuid,
            closes_at timestamptz,
            overdue boolean,       -- whether its deadline has passed
            recused boolean,       -- whether the voter is, by a declared interest
            entrusted boolean,     -- whether the caster is the voter, or their proxy
            first_asked text,
            first_result uuid
        )
        LANGUAGE plpgsql
        -- All is found by its key, in tables that are small when this is planned and grow.
        SET enable_seqscan = off
        SET enable_hashjoin = off
        SET enable_mergejoin = off
        AS $$
        DECLARE
            moment timestamptz;
            asked record;
            ordinal smallint;
            chosen smallint[];
            admitted boolean;
            disclosed boolean;     -- whether members see the vote
            earlier record;
            counted boolean;       -- whether a vote of this round counted until now
            replaced smallint;     -- the choice that did, or null
            set_aside smallint[];  -- the options that did, or null
            before smallint;       -- the choice in the round before, or null
            said smallint;         -- the choice that was cast last, in whatever round
            width integer;
            objection record;
            repeated boolean;
            casting integer;
            hashless uuid[];       -- ballots whose rule is not yet hashed
            -- What is told, in its order; to members as well where they see it.
            topics_told uuid[] := '{}';
            to_members boolean[] := '{}';
            kinds_told text[] := '{}';
            facts jsonb[] := '{}';
            actors uuid[] := '{}';
        BEGIN
            -- This puts the votes of a ballot in one order with each other and with its close.
            PERFORM FROM ballots b
            WHERE b.id = ANY (ARRAY(SELECT (each ->> 'ballot')::uuid
                                    FROM jsonb_array_elements(castings) AS each))
            ORDER BY b.id
            FOR NO KEY UPDATE;
            moment := clock_timestamp();
            FOR asked IN
                SELECT c.*, b.topic_id, b.kind, b.reason_policy, b.secrecy, b.state, b.visibility,
                       b.rule_hash IS NULL AS hashless, cardinality(b.options) AS options_listed,
                       b.round, b.closes_at, t.scopes, t.public,
                       coalesce(g.state, r.state) AS host_state, e.constituency_id, e.recused
                FROM ROWS FROM (jsonb_to_recordset(castings) AS (
                         voter uuid, caster uuid, ballot uuid, new_vote uuid, accepted jsonb,
                         words text, safety boolean, new_objection uuid,
                         votes_everywhere boolean, votes_inside uuid[], votes_at uuid[],
                         moderates_everywhere boolean, moderates_inside uuid[],
                         moderates_at uuid[], key text, fingerprint text, commitment text
                     )) WITH ORDINALITY AS c(
                         voter, caster, ballot, new_vote, accepted, words, safety, new_objection,
                         votes_everywhere, votes_inside, votes_at, moderates_everywhere,
                         moderates_inside, moderates_at, key, fingerprint, commitment, place)
                LEFT JOIN ballots b ON b.id = c.ballot
                LEFT JOIN topics t ON t.id = b.topic_id
                LEFT JOIN engagements g ON g.id = b.topic_id
                LEFT JOIN roundtables r ON r.id = b.topic_id
                LEFT JOIN electors e ON e.ballot_id = c.ballot AND e.person_id = c.voter
                ORDER BY c.place
            LOOP
                vote_id := NULL;
                topic_id := asked.topic_id;
                scopes := asked.scopes;
                public := asked.public;
                kind := asked.kind;
                reason_policy := asked.reason_policy;
                secrecy := asked.secrecy;
                state := asked.state;
                host_state := asked.host_state;
                options_listed := asked.options_listed;
                constituency_id := asked.constituency_id;
                closes_at := asked.closes_at;
                overdue := coalesce(closes_at <= moment, false);
                recused := asked.recused;
                first_asked := NULL;
                first_result := NULL;
                ordinal := NULL;
                chosen := NULL;
                IF options_listed = 0 THEN
                    ordinal := asked.accepted ->> (kind || ' ' || reason_policy);
                ELSE
                    chosen := translate(asked.accepted ->> (kind || ' ' || reason_policy),
                                        '[]', '{}');
                END IF;
                entrusted := asked.caster = asked.voter OR EXISTS (
                    SELECT FROM proxies p
                    JOIN electors e ON e.ballot_id = p.ballot_id AND e.person_id = p.proxy_id
                    WHERE p.ballot_id = asked.ballot AND p.person_id = asked.voter
                      AND p.proxy_id = asked.caster AND NOT e.recused);
                -- Nothing can be cast so in a ballot that takes papers, nor for others in a
                -- secret one.
                admitted := coalesce(
                    NOT recused
                    AND (entrusted AND (asked.votes_everywhere OR scopes && asked.votes_inside
                                        OR topic_id = ANY (asked.votes_at))
                         OR asked.caster <> asked.voter
                            AND (asked.moderates_everywhere OR scopes && asked.moderates_inside
                                 OR topic_id = ANY (asked.moderates_at)))
                    AND (secrecy = 'NAMED'
                         OR secrecy = 'CONFIDENTIAL' AND asked.caster = asked.voter)
                    AND (ordinal IS NOT NULL OR options_listed >= ALL (chosen))
                    AND state = 'OPEN'
                    AND NOT overdue
                    AND host_state = 'OPEN', false);

                SELECT v.id, v.choice, v.options, v.stale INTO earlier
                FROM votes v
                WHERE v.ballot_id = asked.ballot AND v.person_id = asked.voter
                  AND v.round = asked.round;
                counted := earlier.id IS NOT NULL AND NOT earlier.stale;
                IF asked.key IS NOT NULL THEN
                    IF admitted THEN
                        -- A request with the same key that is under way is waited for here.
                        INSERT INTO idempotency_keys (person_id, key, fingerprint, result, at)
                        VALUES (asked.caster, asked.key, asked.fingerprint,
                                coalesce(earlier.id, asked.new_vote), moment)
                        ON CONFLICT DO NOTHING;
                        admitted := FOUND;
                    END IF;
                    IF NOT admitted THEN
                        SELECT k.fingerprint, k.result INTO first_asked, first_result
                        FROM idempotency_keys k
                        WHERE k.person_id = asked.caster AND k.key = asked.key;
                    END IF;
                END IF;
                IF NOT admitted THEN
                    RETURN NEXT;
                    CONTINUE;
                END IF;

                replaced := NULL;
                set_aside := NULL;
                IF counted THEN
                    replaced := earlier.choice;
                    set_aside := earlier.options;
                END IF;
                IF kind = 'CONSENT' THEN
                    SELECT v.choice INTO said
                    FROM votes v WHERE v.ballot_id = asked.ballot AND v.person_id = asked.voter
                    ORDER BY v.round DESC LIMIT 1;
                END IF;
                IF earlier.id IS NULL THEN
                    vote_id := asked.new_vote;
                    casting := 1;
                    INSERT INTO votes (id, topic_id, ballot_id, person_id, constituency_id, round,
                                       choice, options, cast_by_id, rationale, stale, revision,
                                       cast_at)
                    VALUES (vote_id, topic_id, asked.ballot, asked.voter, constituency_id,
                            asked.round, ordinal, chosen, nullif(asked.caster, asked.voter),
                            asked.words, false, casting, moment);
                ELSE
                    UPDATE votes v
                    SET choice = ordinal, options = chosen,
                        cast_by_id = nullif(asked.caster, asked.voter), rationale = asked.words,
                        stale = false, revision = v.revision + 1, cast_at = moment
                    WHERE v.id = earlier.id
                    RETURNING v.id, v.revision INTO vote_id, casting;
                END IF;
                INSERT INTO cast_votes (vote_id, revision, choice, options, cast_by_id, rationale,
                                        cast_at)
                VALUES (vote_id, casting, ordinal, chosen, nullif(asked.caster, asked.voter),
                        asked.words, moment);
                INSERT INTO vote_receipts (vote_id, ballot_id, commitment)
                VALUES (vote_id, asked.ballot, asked.commitment)
                ON CONFLICT ON CONSTRAINT vote_receipts_pkey
                DO UPDATE SET commitment = excluded.commitment;
                IF ordinal IS NULL THEN
                    UPDATE tallies t
                    SET voted = t.voted + (NOT counted)::int,
                        counts = ARRAY(
                            SELECT cell.until_now + cell.added - coalesce(cell.taken, 0)
                            FROM unnest(t.counts, option_marks(kind, options_listed, chosen),
                                        option_marks(kind, options_listed, set_aside))
                                 WITH ORDINALITY AS cell(until_now, added, taken, place)
                            ORDER BY cell.place)
                    WHERE t.ballot_id = asked.ballot
                      AND t.constituency_id = asked.constituency_id;
                ELSIF replaced IS DISTINCT FROM ordinal THEN
                    IF replaced IS NULL THEN
                        UPDATE tallies t
                        SET voted = t.voted + 1, counts[ordinal + 1] = counts[ordinal + 1] + 1
                        WHERE t.ballot_id = asked.ballot
                          AND t.constituency_id = asked.constituency_id
                        RETURNING array_length(t.counts, 1) INTO width;
                    ELSE
                        UPDATE tallies t
                        SET counts[ordinal + 1] = counts[ordinal + 1] + 1,
                            counts[replaced + 1] = counts[replaced + 1] - 1
                        WHERE t.ballot_id = asked.ballot
                          AND t.constituency_id = asked.constituency_id
                        RETURNING array_length(t.counts, 1) INTO width;
                    END IF;
                    before := NULL;
                    IF asked.round > 1 THEN
                        SELECT v.choice INTO before
                        FROM votes v
                        WHERE v.ballot_id = asked.ballot AND v.person_id = asked.voter
                          AND v.round = asked.round - 1 AND NOT v.stale;
                    END IF;
                    IF before IS NOT NULL THEN
                        UPDATE rounds r
                        SET shifts[before * width + ordinal + 1] =
                                shifts[before * width + ordinal + 1] + 1
                        WHERE r.ballot_id = asked.ballot AND r.number = asked.round;
                        IF replaced IS NOT NULL THEN
                            UPDATE rounds r
                            SET shifts[before * width + replaced + 1] =
                                    shifts[before * width + replaced + 1] - 1
                            WHERE r.ballot_id = asked.ballot AND r.number = asked.round;
                        END IF;
                    END IF;
                END IF;
                IF asked.hashless THEN
                    hashless := hashless || asked.ballot;
                END IF;

                disclosed := secrecy = 'NAMED' AND asked.visibility = ANY (shown);
                topics_told := topics_told || topic_id;
                to_members := to_members || disclosed;
                IF disclosed THEN
                    kinds_told := kinds_told || 'VOTE_CAST'::text;
                    actors := actors || asked.caster;
                    facts := facts || jsonb_strip_nulls(jsonb_build_object(
                        'vote_id', vote_id, 'ballot_id', asked.ballot,
                        'constituency_id', constituency_id, 'choice', ordinal,
                        'previous', replaced, 'options', chosen, 'previous_options', set_aside,
                        'voter_id', nullif(asked.voter, asked.caster),
                        'rationale', asked.words, 'revision', casting, 'round', asked.round));
                ELSE
                    -- Of a secret ballot it is told that there is one more, and nothing else.
                    kinds_told := kinds_told || 'VOTE_RECEIVED'::text;
                    actors := actors || CASE WHEN secrecy = 'NAMED' THEN asked.caster END;
                    facts := facts || jsonb_strip_nulls(jsonb_build_object(
                        'ballot_id', asked.ballot,
                        'constituency_id', CASE WHEN secrecy = 'NAMED' THEN constituency_id END,
                        'voter_id', nullif(asked.voter, asked.caster),
                        'first', NOT counted, 'round', asked.round));
                END IF;

                IF kind = 'CONSENT' THEN
                    -- OBJECT, whose ordinal is 2, raises an objection, and other words or another
                    -- choice withdraw it. The ballot counts those that are open. What becomes of
                    -- objections is told where votes are, after the vote.
                    SELECT o.id, o.body, o.safety, o.state INTO objection
                    FROM objections o
                    JOIN votes v ON v.id = o.vote_id
                    WHERE v.ballot_id = asked.ballot AND v.person_id = asked.voter
                    ORDER BY o.id DESC LIMIT 1;
                    repeated := coalesce(ordinal = 2 AND said = 2
                        AND objection.body = asked.words AND objection.safety = asked.safety,
                        false);
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
                        WHERE b.id = asked.ballot;
                        IF disclosed THEN
                            topics_told := topics_told || topic_id;
                            to_members := to_members || true;
                            kinds_told := kinds_told || 'OBJECTION_ADVANCED'::text;
                            actors := actors || asked.caster;
                            facts := facts || jsonb_build_object(
                                'objection_id', objection.id, 'ballot_id', asked.ballot,
                                'transition', 'WITHDRAW', 'state', 'WITHDRAWN', 'reason', '');
                        END IF;
                    END IF;
                    IF ordinal = 2 AND NOT repeated THEN
                        INSERT INTO objections (id, topic_id, ballot_id, person_id,
                                                constituency_id, vote_id, body, safety, state,
                                                reason, revision, created_at)
                        VALUES (asked.new_objection, topic_id, asked.ballot, asked.voter,
                                constituency_id, vote_id, asked.words, asked.safety, 'RAISED', '',
                                1, moment);
                        UPDATE ballots b
                        SET objections_raised = b.objections_raised + 1,
                            objections_safety = b.objections_safety + asked.safety::int
                        WHERE b.id = asked.ballot;
                        IF disclosed THEN
                            topics_told := topics_told || topic_id;
                            to_members := to_members || true;
                            kinds_told := kinds_told || 'OBJECTION_RAISED'::text;
                            actors := actors || asked.caster;
                            facts := facts || jsonb_build_object(
                                'objection_id', asked.new_objection, 'ballot_id', asked.ballot,
                                'constituency_id', constituency_id, 'safety', asked.safety,
                                'body', asked.words);
                        END IF;
                    END IF;
                END IF;
                RETURN NEXT;
            END LOOP;

            IF hashless IS NOT NULL THEN
                -- The canonical JSON of the rule, as domain.consensus.rules writes it.
                UPDATE ballots b
                SET rule_hash = encode(sha256(convert_to((
                    SELECT '{' || string_agg(to_json(key) || ':' || value, ','
                                             ORDER BY key COLLATE "C") || '}'
                    FROM jsonb_each(b.rule)), 'UTF8')), 'hex')
                WHERE b.id = ANY (hashless);
            END IF;

            -- As domain.unit_of_work stores events: the counters are the last locks, in the order
            -- of their ids, and number.
            PERFORM FROM topics t WHERE t.id = ANY (topics_told) ORDER BY t.id FOR NO KEY UPDATE;
            WITH told AS (
                SELECT fact.*, stream.audience,
                       row_number() OVER (PARTITION BY fact.topic, stream.audience
                                          ORDER BY fact.place) AS nth
                FROM unnest(topics_told, to_members, kinds_told, facts, actors)
                     WITH ORDINALITY AS fact(topic, to_members, kind, data, actor, place)
                JOIN (VALUES ('MEMBERS'), ('MODERATORS')) AS stream(audience)
                  ON fact.to_members OR stream.audience = 'MODERATORS'
            ), counter AS (
                UPDATE topics t
                SET members_sequence = t.members_sequence + added.members,
                    moderators_sequence = t.moderators_sequence + added.moderators
                FROM (
                    SELECT fact.topic, count(*) FILTER (WHERE fact.to_members) AS members,
                           count(*) AS moderators
                    FROM unnest(topics_told, to_members) AS fact(topic, to_members)
                    GROUP BY fact.topic
                ) AS added
                WHERE t.id = added.topic
                RETURNING t.id, t.members_sequence - added.members AS members,
                          t.moderators_sequence - added.moderators AS moderators
            )
            INSERT INTO events (topic_id, audience, sequence, kind, data, actor_id, at)
            SELECT told.topic, told.audience,
                   told.nth + CASE told.audience WHEN 'MEMBERS' THEN counter.members
                                                 ELSE counter.moderators END,
                   told.kind, told.data, told.actor, clock_timestamp()
            FROM told JOIN counter ON counter.id = told.topic
            ORDER BY told.place;
            IF notify THEN
                PERFORM pg_notify('concordat', fact.topic::text)
                FROM unnest(topics_told) AS fact(topic)
                GROUP BY fact.topic;
            END IF;
        END
        $$
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION cast_votes")
