"""Decisions of moderators, flags, appeals, lineage of comments; themes, dispositions, responses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "flags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("flags_comment_id_fkey")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("flags_person_id_fkey")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("flags_topic_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("flags_pkey")),
        sa.UniqueConstraint("comment_id", "person_id", name=op.f("flags_comment_id_person_id_key")),
    )
    op.create_index(
        "flags_open_idx",
        "flags",
        ["topic_id", "id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "moderation_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=True),
        sa.Column(
            "action",
            sa.Enum(
                "HIDE",
                "SHOW",
                "KEEP",
                "MERGE",
                "UNMERGE",
                "SPLIT",
                "UNSPLIT",
                "MOVE",
                "LOCK",
                "UNLOCK",
                "PIN",
                "UNPIN",
                name="moderationaction",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "ground",
            sa.Enum(
                "PERSONAL_DATA",
                "OFFENSIVE",
                "OFF_TOPIC",
                "PROMOTION",
                "OTHER",
                name="hidingground",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("into_id", sa.Uuid(), nullable=True),
        sa.Column("to_thread_id", sa.Uuid(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decider_id", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("moderation_decisions_comment_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["decider_id"], ["people.id"], name=op.f("moderation_decisions_decider_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["into_id"], ["comments.id"], name=op.f("moderation_decisions_into_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["moderation_decisions.id"],
            name=op.f("moderation_decisions_reverses_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("moderation_decisions_thread_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["to_thread_id"], ["threads.id"], name=op.f("moderation_decisions_to_thread_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topics.id"], name=op.f("moderation_decisions_topic_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("moderation_decisions_pkey")),
        sa.UniqueConstraint("reverses_id", name=op.f("moderation_decisions_reverses_id_key")),
    )
    op.create_index(
        op.f("moderation_decisions_comment_id_idx"),
        "moderation_decisions",
        ["comment_id"],
        unique=False,
    )
    op.create_index(
        op.f("moderation_decisions_thread_id_idx"),
        "moderation_decisions",
        ["thread_id"],
        unique=False,
    )
    op.create_table(
        "appeals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("moderation_decision_id", sa.Uuid(), nullable=False),
        sa.Column("appellant_id", sa.Uuid(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("UPHELD", "REVERSED", name="appealoutcome", native_enum=False, length=40),
            nullable=True,
        ),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by_id"], ["people.id"], name=op.f("appeals_answered_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["appellant_id"], ["people.id"], name=op.f("appeals_appellant_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["moderation_decision_id"],
            ["moderation_decisions.id"],
            name=op.f("appeals_moderation_decision_id_fkey"),
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("appeals_topic_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("appeals_pkey")),
        sa.UniqueConstraint(
            "moderation_decision_id", name=op.f("appeals_moderation_decision_id_key")
        ),
    )
    op.create_index(
        "appeals_open_idx",
        "appeals",
        ["topic_id", "id"],
        unique=False,
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    # What new columns say of the rows that there are; new ones say it themselves.
    op.add_column(
        "comments",
        sa.Column(
            "hidden_ground",
            sa.Enum(
                "PERSONAL_DATA",
                "OFFENSIVE",
                "OFF_TOPIC",
                "PROMOTION",
                "OTHER",
                name="hidingground",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
    )
    op.add_column(
        "comments",
        sa.Column(
            "standing",
            sa.Enum(
                "STANDING",
                "MERGED",
                "SPLIT",
                "WITHDRAWN",
                name="commentstanding",
                native_enum=False,
                length=40,
            ),
            nullable=False,
            server_default="STANDING",
        ),
    )
    op.add_column("comments", sa.Column("merged_into_id", sa.Uuid(), nullable=True))
    op.add_column("comments", sa.Column("split_from_id", sa.Uuid(), nullable=True))
    op.create_index(
        op.f("comments_merged_into_id_idx"), "comments", ["merged_into_id"], unique=False
    )
    op.create_index(op.f("comments_split_from_id_idx"), "comments", ["split_from_id"], unique=False)
    op.create_foreign_key(
        op.f("comments_merged_into_id_fkey"), "comments", "comments", ["merged_into_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("comments_split_from_id_fkey"), "comments", "comments", ["split_from_id"], ["id"]
    )
    op.add_column(
        "engagements",
        sa.Column("slow_mode_seconds", sa.Integer(), nullable=False, server_default="0"),
    )
    op.add_column(
        "threads", sa.Column("locked", sa.Boolean(), nullable=False, server_default="false")
    )
    op.create_table(
        "dispositions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "ACCEPTED",
                "PARTLY_ACCEPTED",
                "REJECTED",
                "NOTED",
                "OUT_OF_SCOPE",
                name="dispositionkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("section_id", sa.Uuid(), nullable=True),
        sa.Column("revision_before", sa.Integer(), nullable=True),
        sa.Column("revision_after", sa.Integer(), nullable=True),
        sa.Column("change", sa.Text(), nullable=True),
        sa.Column("decider_id", sa.Uuid(), nullable=False),
        sa.Column("decided_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decider_id"], ["people.id"], name=op.f("dispositions_decider_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("dispositions_thread_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topics.id"], name=op.f("dispositions_topic_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("dispositions_pkey")),
        sa.UniqueConstraint("thread_id", "number", name=op.f("dispositions_thread_id_number_key")),
    )
    op.create_index(op.f("dispositions_topic_id_idx"), "dispositions", ["topic_id"], unique=False)
    op.create_table(
        "responses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("publisher_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagements.id"], name=op.f("responses_engagement_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["publisher_id"], ["people.id"], name=op.f("responses_publisher_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("responses_pkey")),
        sa.UniqueConstraint(
            "engagement_id", "version", name=op.f("responses_engagement_id_version_key")
        ),
    )
    op.create_table(
        "themes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagements.id"], name=op.f("themes_engagement_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("themes_pkey")),
        sa.UniqueConstraint("engagement_id", "name", name=op.f("themes_engagement_id_name_key")),
    )
    op.create_table(
        "response_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("response_id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("disposition_id", sa.Uuid(), nullable=False),
        sa.Column("constituency_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("response_entries_comment_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["constituency_id"],
            ["constituencies.id"],
            name=op.f("response_entries_constituency_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["disposition_id"],
            ["dispositions.id"],
            name=op.f("response_entries_disposition_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["response_id"], ["responses.id"], name=op.f("response_entries_response_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("response_entries_thread_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topics.id"], name=op.f("response_entries_topic_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("response_entries_pkey")),
    )
    op.create_index(
        op.f("response_entries_disposition_id_idx"),
        "response_entries",
        ["disposition_id"],
        unique=False,
    )
    op.create_index(
        "response_entries_response_id_id_idx",
        "response_entries",
        ["response_id", "id"],
        unique=False,
    )
    op.create_table(
        "thread_themes",
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("theme_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["theme_id"], ["themes.id"], name=op.f("thread_themes_theme_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("thread_themes_thread_id_fkey")
        ),
        sa.PrimaryKeyConstraint("thread_id", "theme_id", name=op.f("thread_themes_pkey")),
    )
    op.create_index(op.f("thread_themes_theme_id_idx"), "thread_themes", ["theme_id"], unique=False)
    op.add_column(
        "engagements", sa.Column("responded_at", sa.TIMESTAMP(timezone=True), nullable=True)
    )
    for table, column in (
        ("comments", "standing"),
        ("engagements", "slow_mode_seconds"),
        ("threads", "locked"),
    ):
        op.alter_column(table, column, server_default=None)
    # Who hid what is hidden already, decided that too, and its author may appeal.
    op.execute("UPDATE comments SET hidden_ground = 'OTHER' WHERE hidden_at IS NOT NULL")
    op.execute(
        """
        INSERT INTO moderation_decisions
            (id, topic_id, thread_id, comment_id, action, ground, reason, decider_id, decided_at)
        SELECT gen_random_uuid(), topic_id, thread_id, id, 'HIDE', 'OTHER', hidden_reason,
               hidden_by_id, hidden_at
        FROM comments WHERE hidden_at IS NOT NULL
        """
    )
    op.execute("GRANT SELECT, INSERT ON moderation_decisions TO concordat_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON appeals, flags, themes TO concordat_app")
    op.execute("GRANT SELECT, INSERT, DELETE ON thread_themes TO concordat_app")
    op.execute("GRANT SELECT, INSERT ON dispositions, responses, response_entries TO concordat_app")


def downgrade() -> None:
    op.drop_column("engagements", "responded_at")
    op.drop_index(op.f("thread_themes_theme_id_idx"), table_name="thread_themes")
    op.drop_table("thread_themes")
    op.drop_index("response_entries_response_id_id_idx", table_name="response_entries")
    op.drop_index(op.f("response_entries_disposition_id_idx"), table_name="response_entries")
    op.drop_table("response_entries")
    op.drop_table("themes")
    op.drop_table("responses")
    op.drop_index(op.f("dispositions_topic_id_idx"), table_name="dispositions")
    op.drop_table("dispositions")
    op.drop_column("threads", "locked")
    op.drop_column("engagements", "slow_mode_seconds")
    op.drop_constraint(op.f("comments_split_from_id_fkey"), "comments", type_="foreignkey")
    op.drop_constraint(op.f("comments_merged_into_id_fkey"), "comments", type_="foreignkey")
    op.drop_index(op.f("comments_split_from_id_idx"), table_name="comments")
    op.drop_index(op.f("comments_merged_into_id_idx"), table_name="comments")
    op.drop_column("comments", "split_from_id")
    op.drop_column("comments", "merged_into_id")
    op.drop_column("comments", "standing")
    op.drop_column("comments", "hidden_ground")
    op.drop_index(
        "appeals_open_idx", table_name="appeals", postgresql_where=sa.text("answered_at IS NULL")
    )
    op.drop_table("appeals")
    op.drop_index(op.f("moderation_decisions_thread_id_idx"), table_name="moderation_decisions")
    op.drop_index(op.f("moderation_decisions_comment_id_idx"), table_name="moderation_decisions")
    op.drop_table("moderation_decisions")
    op.drop_index(
        "flags_open_idx", table_name="flags", postgresql_where=sa.text("settled_at IS NULL")
    )
    op.drop_table("flags")
