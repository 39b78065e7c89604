"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "criteria",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("GATEWAY", "ENDORSEMENT", name="criterionkind", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("guidance", sa.Text(), nullable=False),
        sa.Column("in_force_since", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("retired_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("criteria_pkey")),
        sa.UniqueConstraint("number", "version", name=op.f("criteria_number_version_key")),
    )
    op.create_index(
        "criteria_in_force_key",
        "criteria",
        ["number"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "groupings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("groupings_pkey")),
        sa.UniqueConstraint("name", name=op.f("groupings_name_key")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("result", sa.Uuid(), nullable=True),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("idempotency_keys_pkey")),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "EMPLOYER",
                "EDUCATION_PROVIDER",
                "PROFESSIONAL_BODY",
                "REGULATOR",
                "PATIENT_ORGANISATION",
                "GOVERNMENT",
                "OTHER",
                name="organisationkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "nation",
            sa.Enum(
                "ENGLAND",
                "NORTHERN_IRELAND",
                "SCOTLAND",
                "WALES",
                name="nation",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("organisations_pkey")),
        sa.UniqueConstraint("name", name=op.f("organisations_name_key")),
    )
    op.create_table(
        "professions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("professions_pkey")),
        sa.UniqueConstraint("name", name=op.f("professions_name_key")),
    )
    op.create_table(
        "regulators",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("regulators_pkey")),
        sa.UniqueConstraint("code", name=op.f("regulators_code_key")),
    )
    op.create_table(
        "topics",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "BODY",
                "CREDENTIAL",
                "SPECIFICATION",
                "ENGAGEMENT",
                "ROUNDTABLE",
                "DELIVERY_PLAN",
                "PERSON",
                name="topickind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("scopes", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("public_sequence", sa.BigInteger(), nullable=False),
        sa.Column("members_sequence", sa.BigInteger(), nullable=False),
        sa.Column("moderators_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("topics_pkey")),
    )
    op.create_index("topics_scopes_idx", "topics", ["scopes"], unique=False, postgresql_using="gin")
    op.create_table(
        "credentials",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["topics.id"], name=op.f("credentials_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("credentials_pkey")),
        sa.UniqueConstraint("code", name=op.f("credentials_code_key")),
    )
    op.create_table(
        "events",
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column(
            "audience",
            sa.Enum(
                "PUBLIC", "MEMBERS", "MODERATORS", name="audience", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("events_topic_id_fkey")),
        sa.PrimaryKeyConstraint("topic_id", "audience", "sequence", name=op.f("events_pkey")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column(
            "nation",
            sa.Enum(
                "ENGLAND",
                "NORTHERN_IRELAND",
                "SCOTLAND",
                "WALES",
                name="nation",
                native_enum=False,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["topics.id"], name=op.f("people_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("people_pkey")),
    )
    op.create_index("people_email_key", "people", [sa.literal_column("lower(email)")], unique=True)
    op.create_table(
        "profession_groupings",
        sa.Column("profession_id", sa.Uuid(), nullable=False),
        sa.Column("grouping_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grouping_id"], ["groupings.id"], name=op.f("profession_groupings_grouping_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["profession_id"],
            ["professions.id"],
            name=op.f("profession_groupings_profession_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "profession_id", "grouping_id", name=op.f("profession_groupings_pkey")
        ),
    )
    op.create_table(
        "profession_regulators",
        sa.Column("profession_id", sa.Uuid(), nullable=False),
        sa.Column("regulator_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["profession_id"],
            ["professions.id"],
            name=op.f("profession_regulators_profession_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["regulator_id"],
            ["regulators.id"],
            name=op.f("profession_regulators_regulator_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "profession_id", "regulator_id", name=op.f("profession_regulators_pkey")
        ),
    )
    op.create_table(
        "sub_criteria",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("criterion_id", sa.Uuid(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["criterion_id"], ["criteria.id"], name=op.f("sub_criteria_criterion_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sub_criteria_pkey")),
        sa.UniqueConstraint(
            "criterion_id", "letter", name=op.f("sub_criteria_criterion_id_letter_key")
        ),
    )
    op.create_table(
        "ballots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "POSITIONS",
                "RATING",
                "SENSE_CHECK",
                name="ballotkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("question", sa.Text(), nullable=False),
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
        sa.Column("subject_revision", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("DRAFT", "OPEN", "CLOSED", name="ballotstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "visibility",
            sa.Enum("LIVE", "AFTER_CLOSE", name="ballotvisibility", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column(
            "reason_policy",
            sa.Enum(
                "OPTIONAL",
                "REQUIRED_FOR_DISSENT",
                "REQUIRED",
                name="reasonpolicy",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("electorate_grows", sa.Boolean(), nullable=False),
        sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rule_hash", sa.Text(), nullable=True),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("opened_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("ballots_author_id_fkey")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("ballots_topic_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("ballots_pkey")),
    )
    op.create_index(op.f("ballots_subject_id_idx"), "ballots", ["subject_id"], unique=False)
    op.create_index(op.f("ballots_topic_id_idx"), "ballots", ["topic_id"], unique=False)
    op.create_table(
        "credential_links",
        sa.Column("first_id", sa.Uuid(), nullable=False),
        sa.Column("second_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "COMPANION",
                "SHARED",
                "MEDICINE_ONLY",
                "OTHER_PROFESSIONS_ONLY",
                "DIFFERENT_APPROACHES",
                name="credentiallinkkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["first_id"], ["credentials.id"], name=op.f("credential_links_first_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["second_id"], ["credentials.id"], name=op.f("credential_links_second_id_fkey")
        ),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("credential_links_pkey")),
    )
    op.create_index(
        op.f("credential_links_second_id_idx"), "credential_links", ["second_id"], unique=False
    )
    op.create_table(
        "credential_titles",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name=op.f("credential_titles_credential_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("credential_titles_pkey")),
    )
    op.create_index(
        op.f("credential_titles_credential_id_idx"),
        "credential_titles",
        ["credential_id"],
        unique=False,
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "ADMIN",
                "SECRETARIAT",
                "BOARD",
                "REVIEWER",
                "DEVELOPER_LEAD",
                "DEVELOPER",
                "MODERATOR",
                "STAKEHOLDER",
                "ORGANISATION_REPRESENTATIVE",
                "PROVIDER_LEAD",
                "PROVIDER_EDITOR",
                "PRACTITIONER",
                "OBSERVER",
                name="role",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "scope_kind",
            sa.Enum(
                "BODY",
                "ORGANISATION",
                "SPECIFICATION",
                "ENGAGEMENT",
                "ROUNDTABLE",
                name="scopekind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("scope_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("memberships_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("memberships_pkey")),
        sa.UniqueConstraint(
            "person_id",
            "role",
            "scope_id",
            name=op.f("memberships_person_id_role_scope_id_key"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "person_professions",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("profession_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("person_professions_person_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["profession_id"],
            ["professions.id"],
            name=op.f("person_professions_profession_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("person_id", "profession_id", name=op.f("person_professions_pkey")),
    )
    op.create_table(
        "specifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "IN_DEVELOPMENT",
                "CONSULTATION",
                "REVISING",
                "CANDIDATE",
                "LAUNCHED",
                "SUPERSEDED",
                "ABANDONED",
                name="specificationstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("content_hash", sa.Text(), nullable=True),
        sa.Column("launched_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"], ["credentials.id"], name=op.f("specifications_credential_id_fkey")
        ),
        sa.ForeignKeyConstraint(["id"], ["topics.id"], name=op.f("specifications_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("specifications_pkey")),
        sa.UniqueConstraint(
            "credential_id", "version", name=op.f("specifications_credential_id_version_key")
        ),
    )
    op.create_index(
        "specifications_launched_key",
        "specifications",
        ["credential_id"],
        unique=True,
        postgresql_where=sa.text("state = 'LAUNCHED'"),
    )
    op.create_table(
        "threads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
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
            nullable=False,
        ),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("resolved_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("resolved_by_id", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("threads_author_id_fkey")),
        sa.ForeignKeyConstraint(
            ["resolved_by_id"], ["people.id"], name=op.f("threads_resolved_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("threads_topic_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("threads_pkey")),
    )
    op.create_index(op.f("threads_subject_id_idx"), "threads", ["subject_id"], unique=False)
    op.create_index("threads_subject_idx", "threads", ["topic_id", "subject_id"], unique=False)
    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("reply_to_id", sa.Uuid(), nullable=True),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("hidden_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("hidden_by_id", sa.Uuid(), nullable=True),
        sa.Column("hidden_reason", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["people.id"], name=op.f("comments_author_id_fkey")),
        sa.ForeignKeyConstraint(
            ["hidden_by_id"], ["people.id"], name=op.f("comments_hidden_by_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["reply_to_id"], ["comments.id"], name=op.f("comments_reply_to_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("comments_thread_id_fkey")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("comments_topic_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("comments_pkey")),
    )
    op.create_index("comments_thread_id_id_idx", "comments", ["thread_id", "id"], unique=False)
    op.create_index(op.f("comments_topic_id_idx"), "comments", ["topic_id"], unique=False)
    op.create_table(
        "delivery_plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("DRAFT", "SUBMITTED", name="deliveryplanstate", native_enum=False, length=40),
            nullable=False,
        ),
        sa.Column("submitted_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["topics.id"], name=op.f("delivery_plans_id_fkey")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("delivery_plans_organisation_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["specifications.id"],
            name=op.f("delivery_plans_specification_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("delivery_plans_pkey")),
        sa.UniqueConstraint(
            "organisation_id",
            "specification_id",
            name=op.f("delivery_plans_organisation_id_specification_id_key"),
        ),
    )
    op.create_index(
        op.f("delivery_plans_specification_id_idx"),
        "delivery_plans",
        ["specification_id"],
        unique=False,
    )
    op.create_table(
        "engagements",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("briefing", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "PLANNED", "OPEN", "CLOSED", name="engagementstate", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("opens_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closes_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("opened_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("closed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["topics.id"], name=op.f("engagements_id_fkey")),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["specifications.id"],
            name=op.f("engagements_specification_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("engagements_pkey")),
    )
    op.create_index(
        op.f("engagements_specification_id_idx"), "engagements", ["specification_id"], unique=False
    )
    op.create_table(
        "sections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["specification_id"], ["specifications.id"], name=op.f("sections_specification_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("sections_pkey")),
    )
    op.create_index(
        op.f("sections_specification_id_idx"), "sections", ["specification_id"], unique=False
    )
    op.create_table(
        "specification_revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["people.id"], name=op.f("specification_revisions_author_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["specifications.id"],
            name=op.f("specification_revisions_specification_id_fkey"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("specification_revisions_pkey")),
        sa.UniqueConstraint(
            "specification_id",
            "number",
            name=op.f("specification_revisions_specification_id_number_key"),
        ),
    )
    op.create_table(
        "target_professions",
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("profession_id", sa.Uuid(), nullable=False),
        sa.Column("requirement", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["profession_id"],
            ["professions.id"],
            name=op.f("target_professions_profession_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["specifications.id"],
            name=op.f("target_professions_specification_id_fkey"),
        ),
        sa.PrimaryKeyConstraint(
            "specification_id", "profession_id", name=op.f("target_professions_pkey")
        ),
    )
    op.create_table(
        "blocks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("section_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "PARAGRAPH",
                "CAPABILITY",
                "LEARNING_OUTCOME",
                "ASSESSMENT",
                name="blockkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["section_id"], ["sections.id"], name=op.f("blocks_section_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["specification_id"], ["specifications.id"], name=op.f("blocks_specification_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("blocks_pkey")),
    )
    op.create_index(op.f("blocks_section_id_idx"), "blocks", ["section_id"], unique=False)
    op.create_index(
        op.f("blocks_specification_id_idx"), "blocks", ["specification_id"], unique=False
    )
    op.create_table(
        "comment_edits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("comment_edits_comment_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("comment_edits_pkey")),
        sa.UniqueConstraint(
            "comment_id", "number", name=op.f("comment_edits_comment_id_number_key")
        ),
    )
    op.create_table(
        "constituencies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "PROFESSION",
                "ORGANISATION_KIND",
                "PATIENTS_AND_PUBLIC",
                "NATION",
                "OTHER",
                name="constituencykind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagements.id"], name=op.f("constituencies_engagement_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("constituencies_pkey")),
        sa.UniqueConstraint(
            "engagement_id", "name", name=op.f("constituencies_engagement_id_name_key")
        ),
    )
    op.create_table(
        "mentions",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("mentions_comment_id_fkey")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("mentions_person_id_fkey")),
        sa.PrimaryKeyConstraint("comment_id", "person_id", name=op.f("mentions_pkey")),
    )
    op.create_index(op.f("mentions_person_id_idx"), "mentions", ["person_id"], unique=False)
    op.create_table(
        "modules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delivery_plan_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_plan_id"], ["delivery_plans.id"], name=op.f("modules_delivery_plan_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("modules_pkey")),
    )
    op.create_index(
        op.f("modules_delivery_plan_id_idx"), "modules", ["delivery_plan_id"], unique=False
    )
    op.create_table(
        "reactions",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "AGREE",
                "DISAGREE",
                "THANKS",
                "QUESTION",
                "IDEA",
                name="reactionkind",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name=op.f("reactions_comment_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("reactions_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint("comment_id", "person_id", "kind", name=op.f("reactions_pkey")),
    )
    op.create_table(
        "roundtables",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("agenda", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "PLANNED", "OPEN", "CLOSED", name="engagementstate", native_enum=False, length=40
            ),
            nullable=False,
        ),
        sa.Column("starts_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagements.id"], name=op.f("roundtables_engagement_id_fkey")
        ),
        sa.ForeignKeyConstraint(["id"], ["topics.id"], name=op.f("roundtables_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("roundtables_pkey")),
    )
    op.create_index(
        op.f("roundtables_engagement_id_idx"), "roundtables", ["engagement_id"], unique=False
    )
    op.create_table(
        "webinars",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("slides_url", sa.Text(), nullable=True),
        sa.Column("recording_url", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagements.id"], name=op.f("webinars_engagement_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("webinars_pkey")),
    )
    op.create_index(op.f("webinars_engagement_id_idx"), "webinars", ["engagement_id"], unique=False)
    op.create_table(
        "electors",
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("constituency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ballot_id"], ["ballots.id"], name=op.f("electors_ballot_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["constituency_id"], ["constituencies.id"], name=op.f("electors_constituency_id_fkey")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("electors_person_id_fkey")),
        sa.PrimaryKeyConstraint("ballot_id", "person_id", name=op.f("electors_pkey")),
    )
    op.create_index(op.f("electors_person_id_idx"), "electors", ["person_id"], unique=False)
    op.create_table(
        "module_outcomes",
        sa.Column("module_id", sa.Uuid(), nullable=False),
        sa.Column("block_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["block_id"], ["blocks.id"], name=op.f("module_outcomes_block_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["module_id"], ["modules.id"], name=op.f("module_outcomes_module_id_fkey")
        ),
        sa.PrimaryKeyConstraint("module_id", "block_id", name=op.f("module_outcomes_pkey")),
    )
    op.create_index(
        op.f("module_outcomes_block_id_idx"), "module_outcomes", ["block_id"], unique=False
    )
    op.create_table(
        "stakeholders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("engagement_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("constituency_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["constituency_id"],
            ["constituencies.id"],
            name=op.f("stakeholders_constituency_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["engagement_id"], ["engagements.id"], name=op.f("stakeholders_engagement_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("stakeholders_organisation_id_fkey"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("stakeholders_person_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("stakeholders_pkey")),
        sa.UniqueConstraint(
            "engagement_id", "person_id", name=op.f("stakeholders_engagement_id_person_id_key")
        ),
    )
    op.create_index(
        op.f("stakeholders_constituency_id_idx"), "stakeholders", ["constituency_id"], unique=False
    )
    op.create_index(op.f("stakeholders_person_id_idx"), "stakeholders", ["person_id"], unique=False)
    op.create_table(
        "tallies",
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("constituency_id", sa.Uuid(), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("counts", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots.id"], name=op.f("tallies_ballot_id_fkey")),
        sa.ForeignKeyConstraint(
            ["constituency_id"], ["constituencies.id"], name=op.f("tallies_constituency_id_fkey")
        ),
        sa.PrimaryKeyConstraint("ballot_id", "constituency_id", name=op.f("tallies_pkey")),
    )
    op.create_table(
        "votes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("constituency_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.SmallInteger(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("cast_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ballot_id"], ["ballots.id"], name=op.f("votes_ballot_id_fkey")),
        sa.ForeignKeyConstraint(
            ["constituency_id"], ["constituencies.id"], name=op.f("votes_constituency_id_fkey")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("votes_person_id_fkey")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name=op.f("votes_topic_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("votes_pkey")),
        sa.UniqueConstraint("ballot_id", "person_id", name=op.f("votes_ballot_id_person_id_key")),
    )
    op.create_index(op.f("votes_person_id_idx"), "votes", ["person_id"], unique=False)
    op.create_table(
        "cast_votes",
        sa.Column("vote_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("choice", sa.SmallInteger(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("cast_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["vote_id"], ["votes.id"], name=op.f("cast_votes_vote_id_fkey")),
        sa.PrimaryKeyConstraint("vote_id", "revision", name=op.f("cast_votes_pkey")),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("roundtable_id", sa.Uuid(), nullable=False),
        sa.Column("stakeholder_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "INVITED",
                "ACCEPTED",
                "DECLINED",
                "WITHDRAWN",
                name="invitationstate",
                native_enum=False,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("answered_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("invitations_person_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["roundtable_id"], ["roundtables.id"], name=op.f("invitations_roundtable_id_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["stakeholder_id"], ["stakeholders.id"], name=op.f("invitations_stakeholder_id_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("invitations_pkey")),
        sa.UniqueConstraint(
            "roundtable_id", "person_id", name=op.f("invitations_roundtable_id_person_id_key")
        ),
    )
    op.create_index(op.f("invitations_person_id_idx"), "invitations", ["person_id"], unique=False)
    op.create_index(
        op.f("invitations_stakeholder_id_idx"), "invitations", ["stakeholder_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("invitations_stakeholder_id_idx"), table_name="invitations")
    op.drop_index(op.f("invitations_person_id_idx"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_table("cast_votes")
    op.drop_index(op.f("votes_person_id_idx"), table_name="votes")
    op.drop_table("votes")
    op.drop_table("tallies")
    op.drop_index(op.f("stakeholders_person_id_idx"), table_name="stakeholders")
    op.drop_index(op.f("stakeholders_constituency_id_idx"), table_name="stakeholders")
    op.drop_table("stakeholders")
    op.drop_index(op.f("module_outcomes_block_id_idx"), table_name="module_outcomes")
    op.drop_table("module_outcomes")
    op.drop_index(op.f("electors_person_id_idx"), table_name="electors")
    op.drop_table("electors")
    op.drop_index(op.f("webinars_engagement_id_idx"), table_name="webinars")
    op.drop_table("webinars")
    op.drop_index(op.f("roundtables_engagement_id_idx"), table_name="roundtables")
    op.drop_table("roundtables")
    op.drop_table("reactions")
    op.drop_index(op.f("modules_delivery_plan_id_idx"), table_name="modules")
    op.drop_table("modules")
    op.drop_index(op.f("mentions_person_id_idx"), table_name="mentions")
    op.drop_table("mentions")
    op.drop_table("constituencies")
    op.drop_table("comment_edits")
    op.drop_index(op.f("blocks_specification_id_idx"), table_name="blocks")
    op.drop_index(op.f("blocks_section_id_idx"), table_name="blocks")
    op.drop_table("blocks")
    op.drop_table("target_professions")
    op.drop_table("specification_revisions")
    op.drop_index(op.f("sections_specification_id_idx"), table_name="sections")
    op.drop_table("sections")
    op.drop_index(op.f("engagements_specification_id_idx"), table_name="engagements")
    op.drop_table("engagements")
    op.drop_index(op.f("delivery_plans_specification_id_idx"), table_name="delivery_plans")
    op.drop_table("delivery_plans")
    op.drop_index(op.f("comments_topic_id_idx"), table_name="comments")
    op.drop_index("comments_thread_id_id_idx", table_name="comments")
    op.drop_table("comments")
    op.drop_index("threads_subject_idx", table_name="threads")
    op.drop_index(op.f("threads_subject_id_idx"), table_name="threads")
    op.drop_table("threads")
    op.drop_index(
        "specifications_launched_key",
        table_name="specifications",
        postgresql_where=sa.text("state = 'LAUNCHED'"),
    )
    op.drop_table("specifications")
    op.drop_table("person_professions")
    op.drop_table("memberships")
    op.drop_index(op.f("credential_titles_credential_id_idx"), table_name="credential_titles")
    op.drop_table("credential_titles")
    op.drop_index(op.f("credential_links_second_id_idx"), table_name="credential_links")
    op.drop_table("credential_links")
    op.drop_index(op.f("ballots_topic_id_idx"), table_name="ballots")
    op.drop_index(op.f("ballots_subject_id_idx"), table_name="ballots")
    op.drop_table("ballots")
    op.drop_table("sub_criteria")
    op.drop_table("profession_regulators")
    op.drop_table("profession_groupings")
    op.drop_index("people_email_key", table_name="people")
    op.drop_table("people")
    op.drop_table("events")
    op.drop_table("credentials")
    op.drop_index("topics_scopes_idx", table_name="topics", postgresql_using="gin")
    op.drop_table("topics")
    op.drop_table("regulators")
    op.drop_table("professions")
    op.drop_table("organisations")
    op.drop_table("idempotency_keys")
    op.drop_table("groupings")
    op.drop_index(
        "criteria_in_force_key",
        table_name="criteria",
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.drop_table("criteria")
