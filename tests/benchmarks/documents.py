"""What is asked of every server, in words that the schemas of the product and its peer share."""

from __future__ import annotations

SPECIFICATIONS = 20
REVIEW = """
query {
  specifications(first: 20) {
    nodes {
      id
      title
      state
      engagements(first: 1) {
        nodes {
          title
          ballots(first: 7) {
            nodes {
              id
              question
              consensus {
                turnout { voted eligible }
                byConstituency { constituency { name } voted inFavour of }
              }
              threads(first: 1) {
                nodes {
                  comments(first: 3) { nodes { body author { name } } }
                }
              }
            }
          }
        }
      }
    }
  }
}
"""
SPECIFICATION = """
query ($id: ID!) {
  node(id: $id) {
    ... on Specification { id title version state createdAt }
  }
}
"""
CAST_VOTE = """
mutation ($input: CastVoteInput!) {
  castVote(input: $input) {
    __typename
    ... on CastVotePayload {
      vote {
        id
        ballot {
          id
          consensus {
            turnout { voted eligible }
            byConstituency { constituency { name } voted inFavour of }
          }
        }
      }
    }
  }
}
"""
