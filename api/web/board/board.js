// The board: one stream of an exercise, folded into what is shown. What comes is a snapshot, then
// every event once and in order; after a break it goes on behind the last cursor.

import { BallotCard, SUSPENDED } from "./ballots.js";
import { ACTIVITY, PRESENCE } from "./documents.js";
import { arrange, byId, day, say, until } from "./dom.js";
import { Grid } from "./grid.js";
import { Part } from "./part.js";
import { Presence } from "./presence.js";
import { LiveSocket } from "./socket.js";
import { Feed } from "./talk.js";

const CLOSED = 4; // how many closed ballots are shown
const SENTENCES = {
  VOTE_CAST: "voted",
  COMMENT_ADDED: "commented",
  COMMENT_EDITED: "edited a comment",
  COMMENT_HIDDEN: "hid a comment",
  COMMENT_SHOWN: "made a comment visible again",
  REACTION_ADDED: "reacted",
  REACTION_REMOVED: "took a reaction back",
  THREAD_OPENED: "opened a thread",
  BALLOT_OPENED: "opened a ballot",
  BALLOT_SCHEDULED: "scheduled a ballot",
  BALLOT_EXTENDED: "extended a ballot",
  ROUND_CLOSED: "closed a round of a ballot",
  ROUND_OPENED: "opened the next round of a ballot",
  BALLOT_CLOSED: "closed a ballot",
  BALLOT_DROPPED: "dropped the item of a ballot",
  BALLOT_DECIDED: "stated the decision on a ballot",
  STAKEHOLDER_ADDED: "added a stakeholder",
};

const board = {
  topic: null,
  cursor: null,
  sequence: 0,
  events: 0,
  gaps: 0,
  engagement: null,
  constituencies: [],
  ballots: new Map(),
  cards: new Map(),
  comments: new Map(),
  parts: new Map(), // constituency by person
  names: new Map(),

  get guest() {
    return part.guest;
  },
  get me() {
    return [...this.names].find(([, name]) => name === part.guest?.name)?.[0];
  },
  constituency: (id) => board.constituencies.find((each) => each.id === id)?.name ?? "Everyone",
  constituencyOf: (person) => board.parts.get(person),
  sizeOf: (id) => [...board.parts.values()].filter((each) => each === id).length,
  hue: (id) => String(board.constituencies.find((each) => each.id === id)?.position ?? 0),
  hueOf: (person) => board.hue(board.parts.get(person)),
  partOf: (person) => (board.parts.has(person) ? board.constituency(board.parts.get(person)) : "Facilitator"),
  threadAbout: (subject) =>
    [...board.comments.values()].find(({ thread }) => thread.subject?.id === subject)?.thread.id,
  announce: (words) => say(byId("announcer"), words),
  cast: (...vote) => part.cast(...vote),
  react: (...reaction) => part.react(...reaction),
  answer: (comment) => part.answer(comment),
  refresh: () => {
    for (const comment of board.comments.values()) feed.comment(comment);
    draw();
  },
};

const feed = new Feed(byId("feed"), board);
const presence = new Presence(board);
const part = new Part(board);
const grid = new Grid(board);

function snapshot({ topic }) {
  Object.assign(board, { engagement: topic, constituencies: topic.constituencies });
  for (const held of [board.ballots, board.comments, board.parts, board.names]) held.clear();
  if (board.cards.size) board.cards.clear();
  feed.clear();
  for (const stakeholder of topic.stakeholders.nodes) admit(stakeholder);
  for (const thread of topic.threads.nodes)
    for (const comment of thread.comments.nodes) hear(comment);
  for (const ballot of topic.ballots.nodes) {
    board.ballots.set(ballot.id, ballot);
    for (const vote of ballot.votes.nodes) feed.reason(vote, ballot);
  }
  part.offer(session.guests, topic.specification.sections);
  grid.offer(session.facilitator);
  part.learn();
  presence.show();
}

function admit({ person, constituency }) {
  board.parts.set(person.id, constituency?.id);
  board.names.set(person.id, person.name);
}

function hear(comment, fresh) {
  board.comments.set(comment.id, comment);
  feed.comment(comment, fresh);
}

function event({ kind, actor, subject, sequence }) {
  if (sequence <= board.sequence) return; // it was delivered before
  board.gaps += sequence !== board.sequence + 1;
  board.events += 1;
  switch (subject?.__typename) {
    case "Engagement":
      Object.assign(board.engagement, subject);
      break;
    case "Ballot":
      if (!board.ballots.has(subject.id)) part.learn();
      board.ballots.set(subject.id, subject);
      break;
    case "Vote":
      board.ballots.set(subject.ballot.id, subject.ballot);
      feed.reason(subject, subject.ballot, true);
      break;
    case "Comment":
      hear(subject, kind === "COMMENT_ADDED");
      break;
    case "Stakeholder":
      admit(subject);
  }
  const did = kind === "VOTE_CAST" && subject?.revision > 1 ? "changed a vote" : SENTENCES[kind];
  say(byId("latest"), did ? `${actor?.name ?? "Somebody"} ${did}` : kind.toLowerCase().replaceAll("_", " "));
}

function take({ activity: message }) {
  if (message.__typename === "Reset") {
    board.cursor = null; // a snapshot follows
    return;
  }
  if (message.__typename === "ActivitySnapshot") snapshot(message);
  else event(message);
  board.cursor = message.cursor;
  board.sequence = Math.max(board.sequence * (message.__typename === "ActivityEvent"), message.sequence);
  grid.stir();
  draw();
}

let drawing = 0;
function draw() {
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    if (board.engagement) show();
  });
}

function show() {
  const { title, purpose, stage, opensAt, closesAt } = board.engagement;
  document.title = `${title} · Concordat`;
  say(byId("title"), title);
  say(byId("purpose"), purpose);
  say(byId("state"), `Engagement exercise, ${stage.toLowerCase()}`);
  say(byId("countdown"), stage === "OPEN" && closesAt ? until(closesAt) : "");
  span(opensAt, closesAt);
  const ballots = [...board.ballots.values()].filter(({ state }) => state !== "DRAFT");
  const running = ballots.filter(({ state }) => state === "OPEN" || state in SUSPENDED);
  const open = ballots.filter(({ state }) => state === "OPEN");
  const closed = ballots.filter(({ state }) => state === "CLOSED" || state === "DECIDED");
  closed.sort((one, other) => (one.closedAt < other.closedAt ? 1 : -1));
  arrange(byId("open"), running.map(card));
  arrange(byId("closed"), closed.slice(0, CLOSED).map(card));
  byId("closed-title").hidden = !closed.length;
  say(byId("ballots-count"), `${open.length} open`);
  say(byId("talk-count"), String(board.comments.size));
  say(byId("sequence"), `#${board.sequence}`);
  say(
    byId("gapless"),
    board.gaps ? `${board.gaps} gaps` : `gapless: ${board.events} ${board.events === 1 ? "event" : "events"}, each one more than the last`,
  );
  byId("gapless").dataset.gaps = String(board.gaps);
}

function span(opens, closes) {
  byId("span").hidden = !opens || !closes;
  if (byId("span").hidden) return;
  const [from, to] = [Date.parse(opens), Date.parse(closes)];
  byId("passed").style.setProperty("--share", Math.min(1, Math.max(0, (Date.now() - from) / (to - from))));
  say(byId("opened"), `opened ${day(opens)}`);
  say(byId("closes"), `closes ${day(closes)}`);
}

function card(ballot) {
  if (!board.cards.has(ballot.id)) board.cards.set(ballot.id, new BallotCard(ballot, board));
  const made = board.cards.get(ballot.id);
  made.show(ballot);
  made.offer(part.guest ? part.votes.get(ballot.id) : undefined, ballot.state === "OPEN");
  return made.node;
}

let lost = false;
function connection(state) {
  const words = { connected: "live", waiting: lost || board.cursor ? "reconnecting…" : "connecting…" };
  lost ||= state === "waiting" && board.cursor !== null;
  byId("connection").dataset.state = state;
  say(byId("connection"), words[state]);
  const banner = byId("banner");
  banner.hidden = state === "connected" || !board.cursor;
  say(banner, banner.hidden ? "" : "Reconnecting… nothing is lost: the board goes on where it stopped.");
}

let session = null;
async function enter() {
  const response = await fetch("/board/session");
  if (!response.ok) throw new Error(String(response.status));
  session = await response.json();
  if (session.engagement !== board.topic) board.cursor = null; // another installation
  board.topic = session.engagement;
  return session.token;
}

const socket = new LiveSocket({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`,
  token: enter,
  onState: connection,
});
socket.follow(ACTIVITY, () => ({ topic: board.topic, after: board.cursor }), take);
socket.follow(PRESENCE, () => ({ topic: board.topic }), ({ presence: message }) => presence.take(message));
socket.start();
setInterval(draw, 30000);
