// The moderator's board: what each clause has come to in each constituency, and the steps from
// there. The stream of the page is a visitor's, so this asks anew as the moderator when it stirs.

import { BADGES, KINDS, STANCES, SUSPENDED, subjectOf } from "./ballots.js";
import { GRID } from "./documents.js";
import { ago, arrange, byId, element, left, say } from "./dom.js";
import { Step, named } from "./step.js";
import { ask } from "./socket.js";
import { inWords } from "./vote.js";

const PART = "facilitator";
const PAUSE = 1000; // milliseconds between two questions to the API at least
const CONCLUDED = 4; // how many ballots that are over are shown
const SIGNS = {
  CONSENSUS: "●",
  CONSENSUS_WITH_DISSENT: "◐",
  CONSENSUS_AGAINST: "✕",
  NO_CONSENSUS: "○",
  NOT_ENOUGH_VOTES: "…",
  WITHHELD: "◌",
};
const STATES = {
  OPEN: "Open",
  ...SUSPENDED,
  SCHEDULED: "Scheduled",
  DRAFT: "Draft",
  CLOSED: "Closed",
  DECIDED: "Decided",
  DROPPED: "Dropped",
  CANCELLED: "Cancelled",
};
// Why there is no status at all.
const UNTOLD = {
  SCHEDULED: "Nobody can vote yet.",
  DRAFT: "Nobody can vote yet.",
  CANCELLED: "It was ended without an outcome.",
};
const ORDER = Object.keys(STATES);
const OVER = ["CLOSED", "DECIDED", "DROPPED", "CANCELLED"];

// Those that need attention first, and of those that are over the latest.
function chosen(ballots) {
  const over = ballots.filter(({ state }) => OVER.includes(state));
  over.sort((one, other) => ((one.closedAt ?? "") < (other.closedAt ?? "") ? 1 : -1));
  const living = ballots.filter(({ state }) => !OVER.includes(state));
  living.sort((one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state));
  return [...living, ...over.slice(0, CONCLUDED)];
}

// The roles are said, because a narrow page lays cells out as boxes, which would lose them.
const row = (...cells) => element("tr", { role: "row" }, ...cells);
const cell = (label, ...children) =>
  element("td", { role: "cell", "data-label": label }, ...children);

// The status of a group in a cell: sign, figures and word, over the share in favour.
class Tile {
  constructor(label) {
    this.sign = element("b", { class: "sign", "aria-hidden": "true" });
    this.figures = element("span", { class: "fraction" });
    this.words = element("span", { class: "words" });
    this.node = cell(label, element("span", { class: "tile" }, this.sign, this.figures, this.words));
  }

  show(status, figures, words, share = 0) {
    this.node.firstChild.dataset.status = status;
    this.node.firstChild.style.setProperty("--share", share);
    say(this.sign, SIGNS[status] ?? "");
    say(this.figures, figures);
    say(this.words, words);
  }

  // `consensus` is of the whole ballot, null before it is opened; `group` what it says of this one.
  group(consensus, group, status = group?.status, words = STANCES[status]) {
    if (!consensus) this.show("", "", "–");
    else if (!consensus.overall) this.show("WITHHELD", "", "sealed");
    else if (!group) this.show("", "", "no electors");
    else if (group.inFavour === null) this.show("WITHHELD", "", "suppressed");
    else this.show(status, `${group.inFavour} of ${group.of}`, words, group.inFavour / (group.of || 1));
  }
}

class Row {
  #tiles = new Map();
  #buttons = new Map();

  constructor({ id, question }, step) {
    this.step = step;
    this.kicker = element("span", { class: "kicker" });
    this.question = element("span", { class: "question" });
    this.state = element("span", { class: "state" });
    this.clock = element("time", { class: "clock" });
    this.round = element("span", { class: "words" });
    this.everyone = new Tile("Everyone");
    this.flip = element("span", { class: "flip" });
    this.everyone.node.append(this.flip);
    this.blocking = element("ul", { class: "blocking" });
    this.turnout = element("span", { class: "turnout" });
    this.distance = element("span", { class: "distance" });
    this.steps = element("span", { class: "steps", role: "group", "aria-label": `Steps: ${question}` });
    this.why = element("p", { class: "refusal", role: "status" });
    this.head = element(
      "th",
      { role: "rowheader", scope: "rowgroup", rowSpan: 2 },
      this.kicker,
      this.question,
    );
    this.before = [this.head, cell("Clock", this.state, this.clock, this.round), this.everyone.node];
    this.after = [cell("Blocking", this.blocking), cell("Turnout", this.turnout)];
    this.figures = row();
    this.foot = element(
      "td",
      { role: "cell", class: "foot" },
      element("span", { class: "unseen" }, "Distance to the threshold: "),
      this.distance,
      this.steps,
      this.why,
    );
    this.node = element(
      "tbody",
      { role: "rowgroup", "data-ballot": id },
      this.figures,
      row(this.foot),
    );
  }

  show(ballot, constituencies) {
    const { consensus } = ballot;
    this.ballot = ballot;
    if (this.node.dataset.state !== ballot.state) say(this.why, ""); // it hindered another step
    this.node.dataset.state = ballot.state;
    say(this.kicker, `${subjectOf(ballot)} · ${KINDS[ballot.kind]}`);
    say(this.question, ballot.question);
    say(this.state, STATES[ballot.state]);
    say(this.round, ballot.mostRounds > 1 ? `round ${ballot.round} of ${ballot.mostRounds}` : "");
    this.tick();
    const overall = consensus?.overall;
    this.everyone.group(consensus, overall, consensus?.status, BADGES[consensus?.status]);
    say(this.flip, turns(overall?.fewestToFlip));
    arrange(this.figures, [
      ...this.before,
      ...constituencies.map((each) => this.#tile(each, consensus)),
      ...this.after,
    ]);
    this.foot.colSpan = this.figures.children.length - 1;
    this.#blocking(consensus, constituencies);
    const { voted, eligible } = consensus?.turnout ?? {};
    say(this.turnout, consensus ? `${voted} of ${eligible}` : "–");
    this.turnout.style.setProperty("--share", consensus ? voted / (eligible || 1) : 0);
    this.turnout.dataset.told = String(Boolean(consensus));
    say(this.distance, consensus ? (consensus.reasons[0] ?? "Nothing is missing.") : UNTOLD[ballot.state]);
    arrange(this.steps, ballot.availableTransitions.map((option) => this.#button(option)));
  }

  // Brings the time that is left up to date.
  tick() {
    const { state, opensAt, closesAt, closedAt } = this.ballot;
    const over = OVER.includes(state);
    const opens = state === "SCHEDULED";
    const when = over ? closedAt : opens ? opensAt : closesAt;
    const rest = when && left(when);
    this.clock.dateTime = when ?? "";
    this.clock.title = when ? new Date(when).toLocaleString("en-GB") : "";
    if (over) say(this.clock, when ? ago(when) : "");
    else if (!when) say(this.clock, "no deadline");
    else say(this.clock, !rest ? "its time has come" : opens ? `opens in ${rest}` : `${rest} left`);
  }

  #tile({ id, name }, consensus) {
    if (!this.#tiles.has(id)) this.#tiles.set(id, new Tile(name));
    const tile = this.#tiles.get(id);
    tile.group(consensus, consensus?.byConstituency.find((group) => group.constituency?.id === id));
    return tile.node;
  }

  // What stands in the way: positions that block, with who takes them, and open objections.
  #blocking(consensus, constituencies) {
    const discuss = (group) => group?.counts.find(({ choice }) => choice === "DISCUSS")?.count ?? 0;
    const count = discuss(consensus?.overall);
    const whose = constituencies
      .filter(({ id }) => discuss(consensus?.byConstituency.find((group) => group.constituency?.id === id)))
      .map(({ name }) => name);
    const { openObjections = 0, openSafetyObjections = 0 } = consensus ?? {};
    const lines = [
      count && `${count} × ${inWords("DISCUSS")}: ${whose.join(", ")}`,
      openObjections && `${openObjections} open ${openObjections === 1 ? "objection" : "objections"}`,
      openSafetyObjections && `${openSafetyObjections} about safety`,
    ].filter(Boolean);
    const none = !consensus ? "–" : consensus.overall ? "none" : "sealed";
    this.blocking.dataset.any = String(lines.length > 0);
    this.blocking.replaceChildren(...(lines.length ? lines : [none]).map((words) => element("li", {}, words)));
  }

  // A step that cannot be taken now stays in reach, so that everybody can learn why.
  #button({ transition, allowed, reasons, missing }) {
    if (!this.#buttons.has(transition)) {
      const made = element("button", { type: "button", class: "act", value: transition }, named(transition));
      made.addEventListener("click", () => {
        const hindered = this.#buttons.get(transition).hindered;
        say(this.why, hindered);
        if (!hindered) this.step.ask(this.ballot, transition);
      });
      this.#buttons.set(transition, { made, hindered: "" });
    }
    const button = this.#buttons.get(transition);
    button.hindered = allowed ? "" : [...reasons, ...missing].join(" ");
    button.made.setAttribute("aria-disabled", String(!allowed));
    button.made.title = button.hindered;
    return button.made;
  }
}

const turns = (fewest) =>
  fewest == null ? "" : `${fewest} ${fewest === 1 ? "vote" : "votes"} would turn it`;

export class Grid {
  #rows = new Map();
  #facilitator = null;
  #stale = false;
  #asking = false;

  constructor(board) {
    this.board = board;
    this.section = byId("moderator");
    this.step = new Step(board, () => this.#facilitator.token, () => this.stir());
    byId("guest").addEventListener("change", ({ target }) => {
      this.section.hidden = target.value !== PART;
      this.stir();
    });
    addEventListener("visibilitychange", () => this.stir());
    setInterval(() => this.#shown && this.#rows.forEach((each) => each.tick()), 1000);
  }

  // Offers the facilitator as a part to play.
  offer(facilitator) {
    if (!this.#facilitator)
      byId("guest").append(element("option", { value: PART }, `${facilitator.name} (Facilitator)`));
    this.#facilitator = facilitator;
  }

  get #shown() {
    return !this.section.hidden && !document.hidden;
  }

  // Something may have changed: asks now, or once the pause after the last time is over.
  async stir() {
    this.#stale = true;
    if (this.#asking) return;
    this.#asking = true;
    while (this.#stale && this.#shown) {
      this.#stale = false;
      await this.#learn();
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    this.#asking = false;
  }

  async #learn() {
    try {
      const { node } = await ask(this.#facilitator.token, GRID, { topic: this.board.topic });
      this.#show(node);
      say(byId("grid-trouble"), "");
    } catch (error) {
      say(byId("grid-trouble"), `The table is not up to date: ${error.message}`);
    }
  }

  #show({ constituencies, ballots: { nodes } }) {
    const heads = ["Clause", "Clock", "Everyone", ...constituencies, "Blocking", "Turnout"];
    if (byId("grid-head").children.length !== heads.length)
      byId("grid-head").replaceChildren(...heads.map((each) => this.#heading(each)));
    const ballots = chosen(nodes);
    const open = ballots.filter(({ state }) => state === "OPEN").length;
    say(byId("moderator-count"), `${open} open of ${nodes.length}`);
    arrange(byId("grid"), [byId("grid-head").parentElement, ...ballots.map((each) => this.#row(each, constituencies))]);
  }

  #heading(each) {
    const made = element("th", { role: "columnheader", scope: "col" }, each.name ?? each);
    if (each.name) made.prepend(element("span", { class: "dot", "data-hue": String(each.position) }));
    return made;
  }

  #row(ballot, constituencies) {
    if (!this.#rows.has(ballot.id)) this.#rows.set(ballot.id, new Row(ballot, this.step));
    const made = this.#rows.get(ballot.id);
    made.show(ballot, constituencies);
    return made.node;
  }
}
