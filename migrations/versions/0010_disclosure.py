"""Who may see what of a ballot, and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column(
        "ballots", sa.Column("smallest_count", sa.Integer(), nullable=False, server_default="5")
    )
    op.alter_column("ballots", "smallest_count", server_default=None)

    op.add_column(
        "ballots",
        sa.Column("secrecy", sa.String(40), nullable=False, server_default="NAMED"),
    )
    op.alter_column("ballots", "secrecy", server_default=None)
    op.create_table(
        "releases",
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("shown", postgresql.JSONB(), nullable=False),
        sa.Column("consensus", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots.id"], name="releases_ballot_id_fkey"),
        sa.PrimaryKeyConstraint("ballot_id", "number", name="releases_pkey"),
    )
    op.execute("GRANT SELECT, INSERT ON releases TO concordat_app")
    op.create_table(
        "vote_receipts",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["vote_id"], ["votes.id"], name="vote_receipts_vote_id_fkey"),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots.id"], name="vote_receipts_ballot_id_fkey"),
        sa.PrimaryKeyConstraint("vote_id", name="vote_receipts_pkey"),
    )
    op.create_index("vote_receipts_ballot_id_idx", "vote_receipts", ["ballot_id"])
    op.execute("GRANT SELECT, INSERT, UPDATE ON vote_receipts TO concordat_app")
    op.add_column(
        "electors",
        sa.Column("took_paper", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "papers",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("constituency_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.SmallInteger(), nullable=True),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots.id"], name="papers_ballot_id_fkey"),
        sa.ForeignKeyConstraint(
            ["constituency_id"], ["constituencies.id"], name="papers_constituency_id_fkey"
        ),
        sa.PrimaryKeyConstraint("hash", name="papers_pkey"),
    )
    op.create_index("papers_ballot_id_idx", "papers", ["ballot_id"])
    op.create_table(
        "paper_votes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("constituency_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.SmallInteger(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots.id"], name="paper_votes_ballot_id_fkey"),
        sa.ForeignKeyConstraint(
            ["constituency_id"], ["constituencies.id"], name="paper_votes_constituency_id_fkey"
        ),
        sa.PrimaryKeyConstraint("id", name="paper_votes_pkey"),
    )
    op.create_index("paper_votes_ballot_id_idx", "paper_votes", ["ballot_id"])
    op.create_table(
        "paper_receipts",
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ballot_id"], ["ballots.id"], name="paper_receipts_ballot_id_fkey"
        ),
        sa.PrimaryKeyConstraint("ballot_id", "commitment", name="paper_receipts_pkey"),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON papers TO concordat_app")
    op.execute("GRANT SELECT, INSERT ON paper_votes, paper_receipts TO concordat_app")
    # Whatever casts a vote: of a secret ballot it is told that there is one more, and nothing else.
    op.execute(
        """
        CREATE FUNCTION keep_secret() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM ballots b WHERE b.id = (NEW.data ->> 'ballot_id')::uuid
                       AND b.secrecy <> 'NAMED') THEN
                IF NEW.kind = 'VOTE_CAST' THEN
                    RAISE EXCEPTION 'A vote of a secret ballot cannot be told.';
                END IF;
                NEW.actor_id := NULL;
                NEW.data := NEW.data - '{constituency_id,voter_id}'::text[];
            END IF;
            RETURN NEW;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER keep_secret BEFORE INSERT ON events FOR EACH ROW "
        "WHEN (NEW.kind IN ('VOTE_CAST', 'VOTE_RECEIVED')) EXECUTE FUNCTION keep_secret()"
    )
    # A right like others, so it is an event of the body's stream. That topic has the lowest id, so
    # its counter is the first to be locked, as it is by every change of rights.
    op.execute(
        """
        CREATE FUNCTION see_after_own_vote() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            body CONSTANT uuid := '00000000-0000-7000-8000-000000000001';
            number bigint;
        BEGIN
            IF EXISTS (SELECT FROM ballots
                       WHERE id = NEW.ballot_id AND visibility = 'AFTER_OWN_VOTE') THEN
                UPDATE topics SET moderators_sequence = moderators_sequence + 1
                WHERE id = body RETURNING moderators_sequence INTO number;
                INSERT INTO events (topic_id, audience, sequence, kind, data, actor_id, at)
                VALUES (body, 'MODERATORS', number, 'RIGHTS_CHANGED',
                        jsonb_build_object('person_id', NEW.person_id), NEW.person_id,
                        clock_timestamp());
            END IF;
            RETURN NULL;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER see_after_own_vote AFTER INSERT ON votes "
        "FOR EACH ROW EXECUTE FUNCTION see_after_own_vote()"
    )
    # Who is asked again sees nothing until they have answered again.
    op.execute(
        "CREATE TRIGGER see_anew_after_own_vote AFTER UPDATE OF stale ON votes FOR EACH ROW "
        "WHEN (OLD.stale <> NEW.stale) EXECUTE FUNCTION see_after_own_vote()"
    )
    op.execute(
        """
        CREATE FUNCTION see_no_next_round() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            body CONSTANT uuid := '00000000-0000-7000-8000-000000000001';
            reached bigint;
        BEGIN
            UPDATE topics SET moderators_sequence = moderators_sequence + (
                SELECT count(*) FROM votes WHERE ballot_id = NEW.id AND round = OLD.round)
            WHERE id = body RETURNING moderators_sequence INTO reached;
            INSERT INTO events (topic_id, audience, sequence, kind, data, at)
            SELECT body, 'MODERATORS', reached + 1 - row_number() OVER (), 'RIGHTS_CHANGED',
                   jsonb_build_object('person_id', person_id), clock_timestamp()
            FROM votes WHERE ballot_id = NEW.id AND round = OLD.round;
            RETURN NULL;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER see_no_next_round AFTER UPDATE OF round ON ballots FOR EACH ROW "
        "WHEN (OLD.round <> NEW.round AND NEW.visibility = 'AFTER_OWN_VOTE') "
        "EXECUTE FUNCTION see_no_next_round()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER see_no_next_round ON ballots")
    op.execute("DROP FUNCTION see_no_next_round")
    op.execute("DROP TRIGGER see_anew_after_own_vote ON votes")
    op.execute("DROP TRIGGER see_after_own_vote ON votes")
    op.execute("DROP FUNCTION see_after_own_vote")
    op.execute("DROP TRIGGER keep_secret ON events")
    op.execute("DROP FUNCTION keep_secret")
    op.drop_table("paper_receipts")
    op.drop_table("paper_votes")
    op.drop_table("papers")
    op.drop_column("electors", "took_paper")
    op.drop_table("vote_receipts")
    op.drop_table("releases")
    op.drop_column("ballots", "secrecy")
    op.drop_column("ballots", "smallest_count")
