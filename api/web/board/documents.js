// What the board asks of the API. Each document is whole, so that it can be tried in GraphiQL.

const PERSON = `fragment PersonParts on Person { id name }`;

const BALLOT = `
fragment GroupParts on GroupConsensus {
  constituency { id }
  status
  counts { choice rating count }
  eligible
  voted
  inFavour
  of
  intervalLow
  intervalHigh
  suppressed
}
fragment BallotParts on Ballot {
  id
  kind
  question
  state
  visibility
  smallestCount
  openedAt
  closedAt
  subject {
    __typename
    ... on Section { heading }
    ... on Block { text }
    ... on Criterion { number }
  }
  rule { parameters { name number enabled } }
  choices { choice rating needsReason }
  options { ordinal text }
  consensus {
    status
    reasons
    asOf
    turnout { voted eligible }
    overall { ...GroupParts }
    byConstituency { ...GroupParts }
  }
}`;

const COMMENT = `
fragment CommentParts on Comment {
  id
  body
  createdAt
  editedAt
  hiddenAt
  author { ...PersonParts }
  replyTo { id body author { ...PersonParts } }
  reactions { kind person { id } }
  thread {
    id
    subject { __typename ... on Section { id heading } ... on Block { id text } }
  }
}`;

const VOTE = `
fragment VoteParts on Vote {
  id
  revision
  choice
  rating
  options { text }
  rationale
  castAt
  voter { ...PersonParts }
}`;

export const ACTIVITY = `
subscription Board($topic: ID!, $after: String) {
  activity(topicId: $topic, after: $after) {
    __typename
    ... on Reset { message }
    ... on ActivitySnapshot {
      cursor
      sequence
      topic {
        ... on Engagement {
          title
          purpose
          stage: state
          opensAt
          closesAt
          specification { sections { id heading } }
          constituencies { id name position }
          stakeholders(first: 100) { nodes { person { ...PersonParts } constituency { id } } }
          ballots(last: 30) { nodes { ...BallotParts votes(last: 4) { nodes { ...VoteParts } } } }
          threads(last: 40) { nodes { comments(last: 40) { nodes { ...CommentParts } } } }
        }
      }
    }
    ... on ActivityEvent {
      cursor
      sequence
      kind
      at
      actor { ...PersonParts }
      subject {
        __typename
        ... on Engagement { title purpose stage: state opensAt closesAt }
        ... on Ballot { ...BallotParts }
        ... on Vote { ...VoteParts ballot { ...BallotParts } }
        ... on Comment { ...CommentParts }
        ... on Stakeholder { person { ...PersonParts } constituency { id } }
      }
    }
  }
}
${PERSON}${BALLOT}${COMMENT}${VOTE}`;

export const PRESENCE = `
subscription Here($topic: ID!) {
  presence(topicId: $topic) {
    __typename
    ... on PresenceSnapshot { entries { ...EntryParts } }
    ... on PresenceChange { move entry { ...EntryParts } }
  }
}
fragment EntryParts on PresenceEntry {
  connectionId
  person { ...PersonParts }
  location
  typing
  handRaised
}
${PERSON}`;

export const HERE = `
mutation Here($input: UpdatePresenceInput!) {
  updatePresence(input: $input) { ... on Error { message code } }
}`;

export const LEAVE = `
mutation Leave($input: LeaveInput!) { leave(input: $input) { ... on Error { message code } } }`;

export const MY_VOTES = `
query MyVotes($topic: ID!) {
  node(id: $topic) {
    ... on Engagement {
      ballots(last: 30) { nodes { id viewerVote { choice rating options { ordinal } } viewerCanVote } }
    }
  }
}`;

export const CAST_VOTE = `
mutation Vote($input: CastVoteInput!) {
  castVote(input: $input) {
    ... on CastVotePayload { vote { choice rating } }
    ... on Error { message code }
  }
}`;

// What moderators see of every ballot, and what they can do with it. It names nobody.
export const GRID = `
query Grid($topic: ID!) {
  node(id: $topic) {
    ... on Engagement {
      constituencies { id name position }
      ballots(last: 100) {
        nodes {
          id
          kind
          question
          state
          revision
          opensAt
          closesAt
          closedAt
          round
          mostRounds
          subject {
            __typename
            ... on Section { heading }
            ... on Block { text }
            ... on Criterion { number }
          }
          availableTransitions { transition allowed reasons missing }
          consensus {
            status
            reasons
            openObjections
            openSafetyObjections
            turnout { voted eligible }
            overall { ...CellParts fewestToFlip }
            byConstituency { ...CellParts }
          }
        }
      }
    }
  }
}
fragment CellParts on GroupConsensus {
  constituency { id }
  status
  inFavour
  of
  counts { choice count }
}`;

export const ADVANCE_BALLOT = `
mutation Advance($input: AdvanceBallotInput!) {
  advanceBallot(input: $input) { ... on Error { message code } }
}`;

export const ADD_COMMENT = `
mutation Say($input: AddCommentInput!) {
  addComment(input: $input) { ... on Error { message code } }
}`;

export const OPEN_THREAD = `
mutation Open($input: OpenThreadInput!) {
  openThread(input: $input) { ... on Error { message code } }
}`;

export const REACT = `
mutation React($input: ReactInput!) { react(input: $input) { ... on Error { message code } } }`;
