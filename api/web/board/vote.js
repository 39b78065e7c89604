// The form by which a guest votes: one button for each choice or, where the ballot lists options,
// one that is put in or taken out, and a button that casts them.

import { element, say } from "./dom.js";

const WORDS = {
  YES: "Yes",
  NO_OBJECTION: "No objection",
  DISCUSS: "Discuss",
  ABSTAIN: "Abstain",
  RECUSE: "Recuse",
  AGREE: "Agree",
  DISAGREE: "Disagree",
  PASS: "Pass",
  UNABLE_TO_SCORE: "Unable to score",
  CONSENT: "Consent",
  CONCERN: "Consent, with a concern",
  OBJECT: "Object",
};
const ASKED = {
  MULTIPLE_CHOICE: "Every option that you approve, perhaps none",
  RANKING: "The options in the order of your preference, the best one first",
};

export const named = (each) => each.choice ?? String(each.rating);
export const inWords = (choice) => WORDS[choice] ?? choice;

const lists = (vote) => vote.choice === null && vote.rating === null;

// What somebody voted, as it is kept: the name of a choice, or the ordinals of options.
export const said = (vote) => (lists(vote) ? vote.options.map(({ ordinal }) => ordinal) : named(vote));

// The same in words.
export const spoken = (vote) =>
  lists(vote) ? vote.options.map(({ text }) => text).join(", ") || "no option" : inWords(named(vote));

function sent(vote) {
  if (Array.isArray(vote)) return { options: vote };
  return /^\d$/.test(vote) ? { rating: Number(vote) } : { choice: vote };
}

export class VoteForm {
  #chosen = []; // the ordinals that are in, in the order in which they were put in
  #kept = ""; // what was last known to be cast

  // `cast` is called with the input of a vote.
  constructor(ballot, cast) {
    Object.assign(this, { ranks: ballot.kind === "RANKING", lists: ballot.options.length > 0 });
    this.rationale = element("input", {
      class: "why",
      placeholder: "Why? (some choices need a reason)",
      "aria-label": "Why",
      maxLength: 500,
    });
    this.safety = element("input", { type: "checkbox" });
    const safety = element("label", { class: "safety" }, this.safety, " It is about safety");
    safety.hidden = ballot.kind !== "CONSENT";
    this.refusal = element("p", { class: "refusal", role: "alert" });
    this.buttons = this.lists
      ? ballot.options.map((option) => this.#option(option))
      : ballot.choices.map((option) => {
          const choice = named(option);
          return element("button", { type: "submit", value: choice, "aria-pressed": "false" }, inWords(choice));
        });
    this.cast = element("button", { type: "submit", class: "send", hidden: !this.lists }, "Cast");
    const label = ASKED[ballot.kind] ?? "Your vote";
    this.node = element(
      "form",
      { class: "vote", hidden: true },
      element("p", { class: "asked", hidden: !this.lists }, label),
      element("div", { class: "choices", role: "group", "aria-label": label }, ...this.buttons),
      this.rationale,
      safety,
      this.cast,
      this.refusal,
    );
    this.node.classList.toggle("lists", this.lists);
    this.node.addEventListener("submit", async (event) => {
      event.preventDefault();
      say(this.refusal, "");
      const choice = this.lists ? this.#ordinals() : event.submitter.value;
      const reason = { rationale: this.rationale.value };
      if (choice === "OBJECT") reason.safety = this.safety.checked;
      try {
        await cast(choice, { ...sent(choice), ...reason });
        this.rationale.value = "";
        this.safety.checked = false;
      } catch (error) {
        say(this.refusal, error.message);
      }
    });
  }

  // Offers the choices to a guest; `mine` is what the guest voted, null before, undefined for none.
  offer(mine, open) {
    this.node.hidden = mine === undefined || !open;
    const kept = JSON.stringify(mine ?? null);
    if (this.lists && kept !== this.#kept) this.#chosen = [...(mine ?? [])];
    this.#kept = kept;
    say(this.cast, mine ? "Cast again" : "Cast");
    if (this.lists) this.#mark();
    else for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.value === mine));
  }

  // Approval has no order; a ranking is the order in which options were put in.
  #ordinals() {
    return this.ranks ? this.#chosen : [...this.#chosen].sort((one, other) => one - other);
  }

  #option({ ordinal, text }) {
    const place = element("span", { class: "place" });
    const button = element("button", { type: "button", value: ordinal, "aria-pressed": "false" }, place, text);
    button.addEventListener("click", () => {
      const rest = this.#chosen.filter((each) => each !== ordinal);
      this.#chosen = rest.length === this.#chosen.length ? [...rest, ordinal] : rest;
      this.#mark();
    });
    return button;
  }

  #mark() {
    for (const button of this.buttons) {
      const place = this.#chosen.indexOf(Number(button.value)) + 1;
      button.setAttribute("aria-pressed", String(place > 0));
      say(button.firstChild, place ? (this.ranks ? `${place}. ` : "✓ ") : "");
    }
  }
}
