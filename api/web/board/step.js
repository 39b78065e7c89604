// The dialogue in which a moderator takes a step of a ballot. Whether it may be taken, and what it
// needs, the API says; this shows what it answers.

import { ADVANCE_BALLOT } from "./documents.js";
import { byId, say } from "./dom.js";
import { ask } from "./socket.js";

const NAMES = {
  SCHEDULE: "Schedule",
  OPEN: "Open",
  EXTEND: "Extend",
  DEFER: "Defer",
  RESUME: "Resume",
  CLOSE_ROUND: "Close round",
  NEXT_ROUND: "Next round",
  DROP: "Drop",
  CLOSE: "Close",
  DECIDE: "Decide",
  CANCEL: "Cancel",
};
// The fields that a step takes beside its reason: where they are, and how they are sent.
const FIELDS = {
  closesAt: { id: "step-closes", steps: ["EXTEND", "NEXT_ROUND"], sent: (local) => new Date(local).toISOString() },
  question: { id: "step-words", steps: ["NEXT_ROUND"], sent: (words) => words },
  decision: { id: "step-decision", steps: ["DECIDE"], sent: (words) => words },
};
const LATER = 30 * 60000; // an extension that is proposed, in milliseconds

export const named = (transition) => NAMES[transition] ?? transition.toLowerCase().replaceAll("_", " ");

// A moment as the field wants it: in the time zone of the reader, to the minute.
function local(time) {
  const moment = new Date(time);
  return new Date(moment - moment.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

export class Step {
  // `token` gives the moderator's; `taken` is called after a step.
  constructor(board, token, taken) {
    Object.assign(this, { board, token, taken });
    byId("step-cancel").addEventListener("click", () => byId("step").close());
    byId("step-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#take();
    });
  }

  // Asks for what a step needs, of the ballot as it is seen now.
  ask(ballot, transition) {
    Object.assign(this, { ballot, transition });
    byId("step-form").reset();
    for (const { id, steps } of Object.values(FIELDS))
      byId(id).closest("label").hidden = !steps.includes(transition);
    if (transition === "EXTEND") byId("step-closes").value = local(Date.parse(ballot.closesAt) + LATER);
    say(byId("step-title"), named(transition));
    say(byId("step-take"), named(transition));
    say(byId("step-question"), ballot.question);
    say(byId("step-refusal"), "");
    byId("step").showModal();
  }

  async #take() {
    const { ballot, transition } = this;
    const input = {
      ballotId: ballot.id,
      transition,
      reason: byId("step-reason").value,
      expectedRevision: ballot.revision,
      idempotencyKey: crypto.randomUUID(),
    };
    for (const [name, { id, steps, sent }] of Object.entries(FIELDS))
      if (steps.includes(transition) && byId(id).value) input[name] = sent(byId(id).value);
    byId("step-take").disabled = true;
    try {
      await ask(this.token(), ADVANCE_BALLOT, { input });
      byId("step").close();
      this.board.announce(`${named(transition)}: done. ${ballot.question}`);
      this.taken();
    } catch (error) {
      say(byId("step-refusal"), error.message);
    } finally {
      byId("step-take").disabled = false;
    }
  }
}
