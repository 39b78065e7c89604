"""What the panel and the demo's check of itself ask of the API."""

STATE = """
query State($id: ID!) {
  node(id: $id) {
    ... on Engagement {
      ballots(first: 100) { nodes { id question state } }
      threads(first: 100) {
        nodes {
          id
          subject { ... on Section { heading } }
          comments(first: 100) { nodes { id body } }
        }
      }
    }
  }
}
"""
STANDS = """
query Stands($id: ID!) {
  node(id: $id) { ... on Engagement { ballots(last: 100) { nodes { id state } } } }
}
"""
VOTES = """
query Votes($id: ID!) {
  node(id: $id) {
    ... on Engagement { ballots(first: 100) { nodes { id viewerVote { choice rating } } } }
  }
}
"""
STANDING = """
query Standing($id: ID!) {
  node(id: $id) {
    ... on Engagement {
      ballots(first: 100) {
        nodes { id consensus { status turnout { voted } overall { counts { count } } } }
      }
      threads(first: 100) { nodes { comments(first: 100) { totalCount } } }
    }
  }
}
"""
PRESENCE = """
mutation Here($input: UpdatePresenceInput!) { updatePresence(input: $input) { __typename } }
"""
CAST_VOTE = """
mutation Vote($input: CastVoteInput!) {
  castVote(input: $input) { __typename ... on Error { message } }
}
"""
ADD_COMMENT = """
mutation Say($input: AddCommentInput!) {
  addComment(input: $input) {
    ... on AddCommentPayload { comment { id } }
    ... on Error { message }
  }
}
"""
OPEN_THREAD = """
mutation Open($input: OpenThreadInput!) {
  openThread(input: $input) {
    ... on OpenThreadPayload { thread { id comments(first: 1) { nodes { id } } } }
    ... on Error { message }
  }
}
"""
REACT = """
mutation React($input: ReactInput!) { react(input: $input) { __typename } }
"""
DRAFT_BALLOT = """
mutation Draft($input: DraftBallotInput!) {
  draftBallot(input: $input) {
    ... on DraftBallotPayload { ballot { id } }
    ... on Error { message }
  }
}
"""
EDIT_BALLOT = """
mutation Edit($input: EditBallotInput!) {
  editBallot(input: $input) { __typename ... on Error { message } }
}
"""
ADVANCE_BALLOT = """
mutation Advance($input: AdvanceBallotInput!) {
  advanceBallot(input: $input) {
    ... on AdvanceBallotPayload { ballot { state } }
    ... on Error { message }
  }
}
"""
