"""Rights of the application's role, and the topic of the body itself."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

# What the application may never change or remove once it is written.
APPEND_ONLY = (
    "cast_votes",
    "comment_edits",
    "credential_titles",
    "events",
    "specification_revisions",
    "sub_criteria",
)
# What people may take back; everything else stays, at most in another state.
REMOVABLE = (
    "blocks",
    "credential_links",
    "mentions",
    "memberships",
    "module_outcomes",
    "modules",
    "person_professions",
    "profession_groupings",
    "profession_regulators",
    "reactions",
    "sections",
    "stakeholders",
    "target_professions",
)


def upgrade() -> None:
    op.execute(
        """
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'concordat_app') THEN
                CREATE ROLE concordat_app NOLOGIN;
            END IF;
            IF NOT pg_has_role(current_user, 'concordat_app', 'MEMBER') THEN
                EXECUTE format('GRANT concordat_app TO %I', current_user);
            END IF;
        END $$
        """
    )
    op.execute("GRANT USAGE ON SCHEMA public TO concordat_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO concordat_app")
    op.execute("REVOKE INSERT, UPDATE ON alembic_version FROM concordat_app")
    op.execute(f"REVOKE UPDATE ON {', '.join(APPEND_ONLY)} FROM concordat_app")
    op.execute(f"GRANT DELETE ON {', '.join(REMOVABLE)} TO concordat_app")
    op.execute(
        """
        INSERT INTO topics (id, kind, scopes, public, epoch,
                            public_sequence, members_sequence, moderators_sequence)
        VALUES ('00000000-0000-7000-8000-000000000001', 'BODY',
                ARRAY['00000000-0000-7000-8000-000000000001'::uuid], true, 1, 0, 0, 0)
        """
    )


def downgrade() -> None:
    op.execute("DELETE FROM topics WHERE kind = 'BODY'")
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM concordat_app")
    op.execute("REVOKE ALL ON SCHEMA public FROM concordat_app")
