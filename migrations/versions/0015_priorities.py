"""Priority cycles, proposals and the selection of resources."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = '0015'
down_revision = "0014"


def upgrade() -> None:
    op.create_table('cycles',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('opens_on', sa.Date(), nullable=False),
    sa.Column('closes_on', sa.Date(), nullable=False),
    sa.Column('state', sa.Enum('PLANNED', 'OPEN', 'SCORING', 'DECIDED', name='cyclestate', native_enum=False, length=40), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['id'], ['topics.id'], name=op.f('cycles_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('cycles_pkey'))
    )
    op.create_table('proposals',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('cycle_id', sa.Uuid(), nullable=False),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('area', sa.Text(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('nations', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('state', sa.Enum('DRAFT', 'SUBMITTED', 'GATEWAY_REVIEW', 'PRIORITISED', 'NOT_PRIORITISED', 'RETURNED', 'WITHDRAWN', name='proposalstate', native_enum=False, length=40), nullable=False),
    sa.Column('submission', sa.Integer(), nullable=False),
    sa.Column('submitted_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('judged_at', sa.TIMESTAMP(timezone=True), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['people.id'], name=op.f('proposals_author_id_fkey')),
    sa.ForeignKeyConstraint(['cycle_id'], ['cycles.id'], name=op.f('proposals_cycle_id_fkey')),
    sa.ForeignKeyConstraint(['id'], ['topics.id'], name=op.f('proposals_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('proposals_pkey'))
    )
    op.create_index(op.f('proposals_author_id_idx'), 'proposals', ['author_id'], unique=False)
    op.create_index(op.f('proposals_cycle_id_idx'), 'proposals', ['cycle_id'], unique=False)
    op.create_table('gateway_answers',
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('submission', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('criterion_id', sa.Uuid(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['criterion_id'], ['criteria.id'], name=op.f('gateway_answers_criterion_id_fkey')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposals.id'], name=op.f('gateway_answers_proposal_id_fkey')),
    sa.PrimaryKeyConstraint('proposal_id', 'submission', 'number', name=op.f('gateway_answers_pkey'))
    )
    op.create_table('gateway_decisions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('submission', sa.Integer(), nullable=False),
    sa.Column('transition', sa.Enum('SUBMIT', 'REVIEW', 'PRIORITISE', 'PRIORITISE_BY_BOARD', 'DECLINE', 'RETURN', 'WITHDRAW', name='proposaltransition', native_enum=False, length=40), nullable=False),
    sa.Column('state', sa.Enum('DRAFT', 'SUBMITTED', 'GATEWAY_REVIEW', 'PRIORITISED', 'NOT_PRIORITISED', 'RETURNED', 'WITHDRAWN', name='proposalstate', native_enum=False, length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('met', sa.Integer(), nullable=False),
    sa.Column('partly_met', sa.Integer(), nullable=False),
    sa.Column('not_met', sa.Integer(), nullable=False),
    sa.Column('decider_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['decider_id'], ['people.id'], name=op.f('gateway_decisions_decider_id_fkey')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposals.id'], name=op.f('gateway_decisions_proposal_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('gateway_decisions_pkey')),
    sa.UniqueConstraint('proposal_id', 'submission', name=op.f('gateway_decisions_proposal_id_submission_key'))
    )
    op.create_table('gateway_judgements',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('submission', sa.Integer(), nullable=False),
    sa.Column('criterion_id', sa.Uuid(), nullable=False),
    sa.Column('judge_id', sa.Uuid(), nullable=False),
    sa.Column('finding', sa.Enum('MET', 'PARTLY_MET', 'NOT_MET', name='finding', native_enum=False, length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['criterion_id'], ['criteria.id'], name=op.f('gateway_judgements_criterion_id_fkey')),
    sa.ForeignKeyConstraint(['judge_id'], ['people.id'], name=op.f('gateway_judgements_judge_id_fkey')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposals.id'], name=op.f('gateway_judgements_proposal_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('gateway_judgements_pkey')),
    sa.UniqueConstraint('proposal_id', 'submission', 'criterion_id', 'judge_id', name='gateway_judgements_once_key')
    )
    op.create_index(op.f('gateway_judgements_judge_id_idx'), 'gateway_judgements', ['judge_id'], unique=False)
    op.create_table('proposal_professions',
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('profession_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['profession_id'], ['professions.id'], name=op.f('proposal_professions_profession_id_fkey')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposals.id'], name=op.f('proposal_professions_proposal_id_fkey')),
    sa.PrimaryKeyConstraint('proposal_id', 'profession_id', name=op.f('proposal_professions_pkey'))
    )
    op.create_table('resource_selections',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('proposal_id', sa.Uuid(), nullable=False),
    sa.Column('questions', sa.Integer(), nullable=False),
    sa.Column('sole_option_reason', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('OPTIONS', 'ASSESSED', 'SELECTED', 'AGREED', 'NONE_SUITABLE', name='resourceselectionstate', native_enum=False, length=40), nullable=False),
    sa.Column('lead_id', sa.Uuid(), nullable=True),
    sa.Column('support', sa.Text(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('specification_id', sa.Uuid(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['lead_id'], ['people.id'], name=op.f('resource_selections_lead_id_fkey')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposals.id'], name=op.f('resource_selections_proposal_id_fkey')),
    sa.ForeignKeyConstraint(['specification_id'], ['specifications.id'], name=op.f('resource_selections_specification_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('resource_selections_pkey')),
    sa.UniqueConstraint('proposal_id', name=op.f('resource_selections_proposal_id_key')),
    sa.UniqueConstraint('specification_id', name=op.f('resource_selections_specification_id_key'))
    )
    op.create_table('resource_options',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('topic_id', sa.Uuid(), nullable=False),
    sa.Column('resource_selection_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Enum('NEW', 'ADAPT_EXISTING', 'ENDORSE_EXISTING', name='resourceoptionkind', native_enum=False, length=40), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('credential_id', sa.Uuid(), nullable=True),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('reference_hash', sa.Text(), nullable=True),
    sa.Column('author_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['people.id'], name=op.f('resource_options_author_id_fkey')),
    sa.ForeignKeyConstraint(['credential_id'], ['credentials.id'], name=op.f('resource_options_credential_id_fkey')),
    sa.ForeignKeyConstraint(['resource_selection_id'], ['resource_selections.id'], name=op.f('resource_options_resource_selection_id_fkey')),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('resource_options_topic_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('resource_options_pkey'))
    )
    op.create_index(op.f('resource_options_resource_selection_id_idx'), 'resource_options', ['resource_selection_id'], unique=False)
    op.create_table('option_scores',
    sa.Column('resource_option_id', sa.Uuid(), nullable=False),
    sa.Column('assessor_id', sa.Uuid(), nullable=False),
    sa.Column('question', sa.Enum('FIT', 'COST', 'TIME', 'QUALITY', name='optionquestion', native_enum=False, length=40), nullable=False),
    sa.Column('score', sa.SmallInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['assessor_id'], ['people.id'], name=op.f('option_scores_assessor_id_fkey')),
    sa.ForeignKeyConstraint(['resource_option_id'], ['resource_options.id'], name=op.f('option_scores_resource_option_id_fkey')),
    sa.PrimaryKeyConstraint('resource_option_id', 'assessor_id', 'question', name=op.f('option_scores_pkey'))
    )
    op.create_table('resource_decisions',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('topic_id', sa.Uuid(), nullable=False),
    sa.Column('resource_selection_id', sa.Uuid(), nullable=False),
    sa.Column('transition', sa.Enum('ASSESS', 'SELECT', 'AGREE', 'FIND_NONE_SUITABLE', name='resourceselectiontransition', native_enum=False, length=40), nullable=False),
    sa.Column('state', sa.Enum('OPTIONS', 'ASSESSED', 'SELECTED', 'AGREED', 'NONE_SUITABLE', name='resourceselectionstate', native_enum=False, length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('resource_option_id', sa.Uuid(), nullable=True),
    sa.Column('total', sa.Integer(), nullable=True),
    sa.Column('assessors', sa.Integer(), nullable=True),
    sa.Column('best_scored', sa.Boolean(), nullable=True),
    sa.Column('decider_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.TIMESTAMP(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['decider_id'], ['people.id'], name=op.f('resource_decisions_decider_id_fkey')),
    sa.ForeignKeyConstraint(['resource_option_id'], ['resource_options.id'], name=op.f('resource_decisions_resource_option_id_fkey')),
    sa.ForeignKeyConstraint(['resource_selection_id'], ['resource_selections.id'], name=op.f('resource_decisions_resource_selection_id_fkey')),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('resource_decisions_topic_id_fkey')),
    sa.PrimaryKeyConstraint('id', name=op.f('resource_decisions_pkey'))
    )
    op.create_index(op.f('resource_decisions_resource_selection_id_idx'), 'resource_decisions', ['resource_selection_id'], unique=False)
    op.execute(
        "GRANT SELECT, INSERT, UPDATE ON cycles, proposals, gateway_answers, gateway_judgements, "
        "resource_selections, option_scores TO concordat_app"
    )
    op.execute(
        "GRANT SELECT, INSERT, DELETE ON proposal_professions, resource_options TO concordat_app"
    )
    op.execute("GRANT DELETE ON option_scores TO concordat_app")
    # What was decided is never changed by the application.
    op.execute("GRANT SELECT, INSERT ON gateway_decisions, resource_decisions TO concordat_app")


def downgrade() -> None:
    op.drop_index(op.f('resource_decisions_resource_selection_id_idx'), table_name='resource_decisions')
    op.drop_table('resource_decisions')
    op.drop_table('option_scores')
    op.drop_index(op.f('resource_options_resource_selection_id_idx'), table_name='resource_options')
    op.drop_table('resource_options')
    op.drop_table('resource_selections')
    op.drop_table('proposal_professions')
    op.drop_index(op.f('gateway_judgements_judge_id_idx'), table_name='gateway_judgements')
    op.drop_table('gateway_judgements')
    op.drop_table('gateway_decisions')
    op.drop_table('gateway_answers')
    op.drop_index(op.f('proposals_cycle_id_idx'), table_name='proposals')
    op.drop_index(op.f('proposals_author_id_idx'), table_name='proposals')
    op.drop_table('proposals')
    op.drop_table('cycles')
    op.execute("DELETE FROM memberships WHERE scope_kind = 'PROPOSAL'")
