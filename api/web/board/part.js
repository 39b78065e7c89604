// Taking part oneself, as one of the guests: voting, commenting, reacting, being here.

import { ADD_COMMENT, CAST_VOTE, HERE, LEAVE, MY_VOTES, OPEN_THREAD, REACT } from "./documents.js";
import { byId, clipped, element, say } from "./dom.js";
import { ask } from "./socket.js";
import { said } from "./vote.js";

const HEARTBEAT = 6000;
const TYPING = 2500;

export class Part {
  guest = null;
  votes = new Map(); // the guest's choice or options by ballot; a ballot that is not there is not the guest's
  #window = crypto.randomUUID();
  #reply = null;
  #typed = 0;

  constructor(board) {
    this.board = board;
    byId("guest").addEventListener("change", (event) => this.#become(event.target.value));
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#say();
    });
    byId("words").addEventListener("input", () => {
      const idle = Date.now() - this.#typed > TYPING;
      this.#typed = Date.now();
      if (idle) this.#here();
    });
    byId("reply-cancel").addEventListener("click", () => this.answer(null));
    addEventListener("pagehide", () => this.#leave());
    setInterval(() => this.#here(), HEARTBEAT);
  }

  // Offers the guests of the session, and the sections to speak about.
  offer(guests, sections) {
    this.guests = guests;
    const select = byId("guest");
    if (select.options.length === 1)
      select.append(
        ...guests.map(({ name, constituency }, place) =>
          element("option", { value: String(place) }, `${name} (${constituency})`),
        ),
      );
    byId("about").replaceChildren(
      ...sections.map(({ id, heading }) => element("option", { value: id }, heading)),
    );
    if (this.guest) this.guest = guests.find(({ name }) => name === this.guest.name) ?? null;
  }

  async #become(place) {
    this.#leave();
    this.guest = this.guests[Number(place)] ?? null;
    if (place === "") this.guest = null;
    this.votes.clear();
    byId("composer").hidden = !this.guest;
    this.answer(null);
    this.board.refresh();
    await this.learn();
    this.#here();
  }

  // Asks how the guest voted so far.
  async learn() {
    if (!this.guest) return;
    const { node } = await ask(this.guest.token, MY_VOTES, { topic: this.board.topic });
    for (const { id, viewerVote, viewerCanVote } of node.ballots.nodes)
      if (viewerVote || viewerCanVote) this.votes.set(id, viewerVote && said(viewerVote));
    this.board.refresh();
  }

  // `choice` is what is kept of the vote that `vote` sends.
  async cast(ballotId, choice, vote) {
    const input = { ballotId, idempotencyKey: crypto.randomUUID(), ...vote };
    await ask(this.guest.token, CAST_VOTE, { input });
    this.votes.set(ballotId, choice);
    this.board.refresh();
  }

  async react(commentId, present) {
    await ask(this.guest.token, REACT, { input: { commentId, kind: "AGREE", present } });
  }

  // Prepares a reply to a comment; null takes that back.
  answer(comment) {
    this.#reply = comment;
    byId("replying").hidden = !comment;
    byId("about").closest("label").hidden = Boolean(comment);
    if (!comment) return;
    say(byId("replying-to"), `In reply to ${comment.author.name}: ${clipped(comment.body ?? "", 60)}`);
    byId("words").focus();
  }

  async #say() {
    const [words, about] = [byId("words"), byId("about").value];
    const body = words.value.trim();
    const idempotencyKey = crypto.randomUUID();
    const threadId = this.#reply?.thread.id ?? this.board.threadAbout(about);
    say(byId("refusal"), "");
    try {
      if (threadId) {
        const reply = this.#reply ? { replyToId: this.#reply.id } : {};
        await ask(this.guest.token, ADD_COMMENT, { input: { threadId, body, idempotencyKey, ...reply } });
      } else {
        const input = { topicId: this.board.topic, subjectId: about, body, idempotencyKey };
        await ask(this.guest.token, OPEN_THREAD, { input });
      }
      words.value = "";
      this.#typed = 0;
      this.answer(null);
      this.#here();
    } catch (error) {
      say(byId("refusal"), error.message);
    }
  }

  async #here() {
    if (!this.guest || document.hidden) return;
    const typing = Date.now() - this.#typed < TYPING;
    const input = { topicId: this.board.topic, connectionId: this.#window, typing };
    // A heartbeat that is lost is made good by the next one.
    await ask(this.guest.token, HERE, { input }).catch(() => {});
  }

  #leave() {
    if (!this.guest) return;
    const input = { topicId: this.board.topic, connectionId: this.#window };
    ask(this.guest.token, LEAVE, { input }).catch(() => {});
  }
}
