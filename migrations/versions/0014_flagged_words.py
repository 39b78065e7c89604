"""Flags and decisions on all that people write for others, not on comments alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

HIDEABLE = ("votes", "objections", "floor_requests", "interests")


def upgrade() -> None:
    op.add_column("flags", sa.Column("words_kind", sa.String(40), server_default="COMMENT"))
    op.alter_column("flags", "words_kind", nullable=False, server_default=None)
    op.drop_constraint("flags_comment_id_fkey", "flags", type_="foreignkey")
    op.drop_constraint("flags_comment_id_person_id_key", "flags", type_="unique")
    op.alter_column("flags", "comment_id", new_column_name="words_id")
    op.create_unique_constraint("flags_words_id_person_id_key", "flags", ["words_id", "person_id"])

    decisions = "moderation_decisions"
    op.add_column(decisions, sa.Column("author_id", sa.Uuid(), nullable=True))
    op.add_column(decisions, sa.Column("words_kind", sa.String(40), nullable=True))
    op.execute(
        """
        UPDATE moderation_decisions d
        SET author_id = coalesce(c.author_id, t.author_id),
            words_kind = CASE WHEN c.id IS NOT NULL THEN 'COMMENT' END
        FROM moderation_decisions same
        JOIN threads t ON t.id = same.thread_id
        LEFT JOIN comments c ON c.id = same.comment_id
        WHERE same.id = d.id
        """
    )
    op.alter_column(decisions, "author_id", nullable=False)
    op.create_foreign_key(
        "moderation_decisions_author_id_fkey", decisions, "people", ["author_id"], ["id"]
    )
    op.alter_column(decisions, "thread_id", nullable=True)
    op.drop_constraint("moderation_decisions_comment_id_fkey", decisions, type_="foreignkey")
    op.alter_column(decisions, "comment_id", new_column_name="words_id")
    op.execute(
        "ALTER INDEX moderation_decisions_comment_id_idx "
        "RENAME TO moderation_decisions_words_id_idx"
    )

    for table in HIDEABLE:
        op.add_column(table, sa.Column("hidden_ground", sa.String(40), nullable=True))


def downgrade() -> None:
    for table in HIDEABLE:
        op.drop_column(table, "hidden_ground")

    decisions = "moderation_decisions"
    # Of words that are no comment there was nothing to decide before.
    op.execute(
        "DELETE FROM appeals WHERE moderation_decision_id IN "
        "(SELECT id FROM moderation_decisions WHERE words_kind <> 'COMMENT')"
    )
    op.execute("DELETE FROM moderation_decisions WHERE words_kind <> 'COMMENT'")
    op.execute("DELETE FROM flags WHERE words_kind <> 'COMMENT'")
    op.execute(
        "ALTER INDEX moderation_decisions_words_id_idx "
        "RENAME TO moderation_decisions_comment_id_idx"
    )
    op.alter_column(decisions, "words_id", new_column_name="comment_id")
    op.create_foreign_key(
        "moderation_decisions_comment_id_fkey", decisions, "comments", ["comment_id"], ["id"]
    )
    op.alter_column(decisions, "thread_id", nullable=False)
    op.drop_column(decisions, "words_kind")
    op.drop_column(decisions, "author_id")

    op.drop_constraint("flags_words_id_person_id_key", "flags", type_="unique")
    op.alter_column("flags", "words_id", new_column_name="comment_id")
    op.create_unique_constraint(
        "flags_comment_id_person_id_key", "flags", ["comment_id", "person_id"]
    )
    op.create_foreign_key("flags_comment_id_fkey", "flags", "comments", ["comment_id"], ["id"])
    op.drop_column("flags", "words_kind")
