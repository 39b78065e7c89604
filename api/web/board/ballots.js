// The ballots as cards: made once, then only brought up to date, so that nothing jumps.

import { arrange, clipped, element, say } from "./dom.js";
import { VoteForm, inWords, named } from "./vote.js";

// The states in which a ballot waits to go on.
export const SUSPENDED = { DEFERRED: "Deferred", ROUND_CLOSED: "Between rounds" };
export const KINDS = {
  POSITIONS: "Positions",
  CONSENT: "Consent",
  RATING: "Rating 1 to 9",
  SENSE_CHECK: "Sense check",
  MULTIPLE_CHOICE: "Multiple choice",
  RANKING: "Ranking",
};
export const BADGES = {
  CONSENSUS: "Consensus",
  CONSENSUS_WITH_DISSENT: "Consensus with dissent",
  CONSENSUS_AGAINST: "Consensus against",
  NO_CONSENSUS: "No consensus",
  NOT_ENOUGH_VOTES: "Not enough votes",
  WITHHELD: "Sealed until it closes",
};
export const STANCES = {
  CONSENSUS: "agrees",
  CONSENSUS_AGAINST: "is against",
  NO_CONSENSUS: "differs",
  NOT_ENOUGH_VOTES: "too few",
};
// From in favour on the left to against on the right; what is not here is not in the bar.
const ORDER = {
  POSITIONS: ["YES", "NO_OBJECTION", "", "DISCUSS"],
  CONSENT: ["CONSENT", "CONCERN", "OBJECT"],
  SENSE_CHECK: ["AGREE", "DISAGREE"],
  RATING: ["9", "8", "7", "6", "5", "4", "3", "2", "1"],
  MULTIPLE_CHOICE: [],
  RANKING: [],
};

export const subjectOf = ({ subject }) =>
  subject?.heading ?? subject?.number ?? (subject?.text ? clipped(subject.text, 60) : "The whole draft");

const number = (ballot, name) =>
  ballot.rule.parameters.find((each) => each.name === name)?.number ?? null;

function threshold(ballot) {
  const whole = number(ballot, "threshold_denominator");
  return whole ? number(ballot, "threshold_numerator") / whole : number(ballot, "threshold_percent") / 100;
}

// Few votes are people, not percentages.
function share({ status, inFavour, of }) {
  return status === "NOT_ENOUGH_VOTES" ? `${inFavour} of ${of} ` : `${Math.round((100 * inFavour) / of)} % `;
}

function dissenters(ballot, name) {
  return ballot.consensus.byConstituency
    .filter((group) => ["NO_CONSENSUS", "CONSENSUS_AGAINST"].includes(group.status))
    .map((group) => name(group.constituency?.id));
}

class Bar {
  constructor(kind, mark, dissentMark) {
    this.kind = kind;
    this.segments = ORDER[kind].map((choice) =>
      element("span", { class: "segment", "data-choice": choice || "open" }),
    );
    this.whisker = element("span", { class: "whisker", hidden: true });
    const marks = [mark, dissentMark].filter(Boolean).map((place, index) => {
      const line = element("span", { class: index ? "mark faint" : "mark" });
      line.style.setProperty("--at", place);
      return line;
    });
    const track = element("span", { class: "track" }, ...this.segments);
    this.node = element("span", { class: "bar", role: "img" }, track, this.whisker, ...marks);
  }

  show(group, label) {
    const counts = new Map(group.counts.map((each) => [named(each), each.count]));
    const open = group.of - [...ORDER[this.kind]].reduce((sum, key) => sum + (counts.get(key) ?? 0), 0);
    ORDER[this.kind].forEach((choice, place) => {
      const count = choice ? (counts.get(choice) ?? 0) : Math.max(0, open);
      const segment = this.segments[place];
      segment.style.flexGrow = count;
      segment.title = choice ? `${inWords(choice)}: ${count}` : `No position yet: ${count}`;
    });
    this.node.dataset.enough = String(group.status !== "NOT_ENOUGH_VOTES");
    const shown = group.intervalLow !== null;
    this.whisker.hidden = !shown;
    if (shown) {
      this.whisker.style.setProperty("--low", group.intervalLow);
      this.whisker.style.setProperty("--high", group.intervalHigh);
    }
    const share = group.of ? Math.round((100 * group.inFavour) / group.of) : 0;
    const interval = shown
      ? `, 95 % interval ${Math.round(100 * group.intervalLow)} to ${Math.round(100 * group.intervalHigh)} %`
      : "";
    this.node.setAttribute(
      "aria-label",
      group.suppressed
        ? `${label}: too few people for figures`
        : `${label}: ${group.inFavour} of ${group.of} in favour, ${share} %${interval}; ` +
            `${group.voted} of ${group.eligible} voted`,
    );
  }
}

export class BallotCard {
  #rows = new Map();

  constructor(ballot, board) {
    this.board = board;
    this.kicker = element("p", { class: "kicker" });
    this.badge = element("p", { class: "badge" });
    this.question = element("h3", { class: "question" });
    this.share = element("strong", { class: "share" });
    this.turnout = element("span", { class: "turnout" });
    const [mark, dissent] = [threshold(ballot), number(ballot, "dissent_percent")];
    this.makeBar = () => new Bar(ballot.kind, mark, dissent && 1 - dissent / 100);
    this.bar = this.makeBar();
    this.bar.node.classList.add("overall");
    this.rows = element("ul", { class: "rows" });
    this.sealed = element("p", { class: "sealed", hidden: true });
    this.reasons = element("ul", { class: "reasons", tabIndex: 0, "aria-label": "What is missing" });
    this.vote = new VoteForm(ballot, (choice, input) => board.cast(ballot.id, choice, input));
    this.node = element(
      "article",
      { class: "card", "data-kind": ballot.kind, "data-ballot": ballot.id },
      element("header", {}, this.badge, this.kicker),
      this.question,
      element("p", { class: "figures" }, this.share, this.turnout),
      this.bar.node,
      this.rows,
      this.sealed,
      this.reasons,
      this.vote.node,
    );
  }

  show(ballot) {
    const { consensus } = ballot;
    say(this.kicker, [SUSPENDED[ballot.state], KINDS[ballot.kind], subjectOf(ballot)].filter(Boolean).join(" · "));
    say(this.question, ballot.question);
    this.smallest = ballot.smallestCount;
    this.#status(ballot);
    const overall = consensus?.overall;
    this.sealed.hidden = Boolean(overall);
    this.bar.node.hidden = this.rows.hidden = this.reasons.hidden = !overall;
    say(this.sealed, "Votes are counted and shown to nobody, moderators included, until it closes.");
    const { voted, eligible } = consensus?.turnout ?? {};
    say(this.turnout, consensus ? `${voted} of ${eligible} voted` : "");
    say(this.share, overall?.of ? share(overall) : "");
    if (!overall) return;
    this.bar.show(overall, "Everyone");
    arrange(this.rows, consensus.byConstituency.map((group) => this.#row(group)));
    arrange(
      this.reasons,
      consensus.reasons.map((reason, place) => {
        const node = this.reasons.children[place] ?? element("li");
        say(node, reason);
        return node;
      }),
    );
  }

  #status(ballot) {
    const status = ballot.consensus?.status ?? "WITHHELD";
    const names = status === "CONSENSUS_WITH_DISSENT" ? dissenters(ballot, this.board.constituency) : [];
    const words = BADGES[status] + (names.length ? ` [${names.join(", ")}]` : "");
    if (this.node.dataset.status && this.node.dataset.status !== status)
      this.board.announce(`${ballot.question} Now: ${words}.`);
    this.node.dataset.status = status;
    this.node.dataset.state = ballot.state;
    say(this.badge, words);
  }

  #row(group) {
    const id = group.constituency?.id ?? "";
    if (!this.#rows.has(id)) {
      const bar = this.makeBar();
      const fraction = element("span", { class: "fraction" });
      const stance = element("span", { class: "stance" });
      const dot = element("span", { class: "dot", "data-hue": this.board.hue(id) });
      const name = element("span", { class: "name" }, dot, this.board.constituency(id));
      this.#rows.set(id, { bar, fraction, stance, node: element("li", {}, name, bar.node, fraction, stance) });
    }
    const row = this.#rows.get(id);
    row.bar.show(group, this.board.constituency(id));
    row.node.dataset.status = group.status;
    say(row.fraction, group.suppressed ? `below ${this.smallest}` : `${group.inFavour}/${group.of}`);
    say(row.stance, STANCES[group.status] ?? "");
    return row.node;
  }

  // Offers the choices to a guest; see VoteForm.
  offer(mine, open) {
    this.vote.offer(mine, open);
  }
}
