// The discussion: comments, and the reasons that came with votes, newest first.

import { ago, clipped, element, initials, say } from "./dom.js";
import { spoken } from "./vote.js";

const REACTIONS = { AGREE: "agree", DISAGREE: "disagree", THANKS: "thanks", QUESTION: "unsure", IDEA: "idea" };
const MOST = 80;

export class Feed {
  #items = new Map();

  constructor(node, board) {
    this.node = node;
    this.board = board;
    setInterval(() => this.#age(), 20000);
  }

  clear() {
    this.#items.clear();
    this.node.replaceChildren();
  }

  // Shows a comment as it is now; `fresh` says that it has just come.
  comment(comment, fresh) {
    const item = this.#item(`comment:${comment.id}`, comment.createdAt, comment.author, fresh);
    item.node.dataset.comment = comment.id;
    const { subject } = comment.thread;
    say(item.about, subject?.heading ?? (subject?.text && clipped(subject.text, 50)) ?? "");
    const reply = comment.replyTo;
    item.quote.hidden = !reply;
    if (reply) say(item.quote, `${reply.author.name}: ${clipped(reply.body ?? "hidden", 90)}`);
    say(item.body, comment.hiddenAt ? "Hidden by a moderator." : (comment.body ?? ""));
    item.node.classList.toggle("hidden-comment", Boolean(comment.hiddenAt));
    this.#reactions(item, comment);
  }

  // Shows the reason of a vote; a vote that gave none is for the bars alone.
  reason(vote, ballot, fresh) {
    if (!vote.rationale) return;
    const item = this.#item(`vote:${vote.id}:${vote.revision}`, vote.castAt, vote.voter, fresh);
    item.node.classList.add("reason");
    say(item.about, `${vote.revision > 1 ? "changed to" : "voted"} ${spoken(vote)}`);
    item.quote.hidden = false;
    say(item.quote, clipped(ballot.question, 90));
    say(item.body, vote.rationale);
  }

  #item(key, at, author, fresh) {
    if (this.#items.has(key)) return this.#items.get(key);
    const hue = this.board.hueOf(author.id);
    const time = element("time", { dateTime: at });
    say(time, ago(at));
    const item = {
      at,
      time,
      about: element("span", { class: "about" }),
      chips: element("span", { class: "chips" }),
      quote: element("blockquote", { hidden: true }),
      body: element("p", { class: "body" }),
      tools: element("div", { class: "tools" }),
    };
    const who = element(
      "p",
      { class: "who" },
      element("strong", {}, author.name ?? "Somebody"),
      element("span", { class: "from" }, this.board.partOf(author.id)),
      time,
    );
    const line = element("p", { class: "line" }, item.about, item.chips);
    const avatar = element("span", { class: "avatar", "data-hue": hue, "aria-hidden": "true" }, initials(author.name));
    item.node = element("li", {}, avatar, element("div", {}, who, line, item.quote, item.body, item.tools));
    item.node.classList.toggle("fresh", Boolean(fresh));
    this.#items.set(key, item);
    const later = [...this.node.children].find((node) => node.dataset.at <= at);
    item.node.dataset.at = at;
    this.node.insertBefore(item.node, later ?? null);
    if (this.node.children.length > MOST) this.#drop(this.node.lastElementChild);
    return item;
  }

  #drop(node) {
    node.remove();
    for (const [key, item] of this.#items) if (item.node === node) this.#items.delete(key);
  }

  #reactions(item, comment) {
    const counts = new Map();
    for (const { kind } of comment.reactions) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const chips = Object.keys(REACTIONS)
      .filter((kind) => counts.has(kind))
      .map((kind) => `${counts.get(kind)} ${REACTIONS[kind]}`);
    say(item.chips, chips.join(" · "));
    const mine = comment.reactions.some(({ kind, person }) => kind === "AGREE" && person.id === this.board.me);
    const tools = this.board.guest && !comment.hiddenAt
      ? [
          element("button", { type: "button", class: "act", "aria-pressed": String(mine), onclick: () => this.board.react(comment.id, !mine) }, "Agree"),
          element("button", { type: "button", class: "act", onclick: () => this.board.answer(comment) }, "Reply"),
        ]
      : [];
    item.tools.replaceChildren(...tools);
  }

  #age() {
    for (const { time, at } of this.#items.values()) say(time, ago(at));
  }
}
