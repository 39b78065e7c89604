// Who is here: each constituency with its people, typing or with a raised hand.

import { arrange, byId, element, initials, say } from "./dom.js";

export class Presence {
  #entries = new Map();
  #avatars = new Map();
  #groups = new Map();

  constructor(board) {
    this.board = board;
  }

  take(message) {
    if (message.__typename === "PresenceSnapshot") {
      this.#entries.clear();
      for (const entry of message.entries) this.#entries.set(this.#key(entry), entry);
    } else if (message.move === "LEFT") this.#entries.delete(this.#key(message.entry));
    else this.#entries.set(this.#key(message.entry), message.entry);
    this.show();
  }

  #key = (entry) => `${entry.person?.id} ${entry.connectionId}`;

  show() {
    const people = new Map();
    for (const entry of this.#entries.values()) {
      const id = entry.person?.id;
      // One avatar a person, however many windows: busy in any of them is busy.
      const known = people.get(id);
      people.set(id, known ? { ...entry, typing: entry.typing || known.typing, handRaised: entry.handRaised || known.handRaised } : entry);
    }
    say(byId("here-count"), String(people.size));
    arrange(
      byId("groups"),
      this.board.constituencies.map((constituency) => {
        const group = this.#group(constituency);
        const members = [...people.values()]
          .filter(({ person }) => this.board.constituencyOf(person?.id) === constituency.id)
          .sort((one, other) => (one.person.name < other.person.name ? -1 : 1));
        say(group.count, `${members.length}/${this.board.sizeOf(constituency.id)}`);
        arrange(group.people, members.map((entry) => this.#avatar(entry, constituency.id)));
        return group.node;
      }),
    );
  }

  #group({ id, name }) {
    if (!this.#groups.has(id)) {
      const count = element("span", { class: "count" });
      const people = element("ul", { class: "people" });
      const dot = element("span", { class: "dot", "data-hue": this.board.hue(id) });
      const node = element("li", {}, element("p", { class: "group" }, dot, name, count), people);
      this.#groups.set(id, { node, count, people });
    }
    return this.#groups.get(id);
  }

  #avatar({ person, typing, handRaised }, constituency) {
    if (!this.#avatars.has(person.id)) {
      const words = element("span", { class: "unseen" });
      const node = element(
        "li",
        { class: "avatar", "data-hue": this.board.hue(constituency) },
        element("span", { "aria-hidden": "true" }, initials(person.name)),
        words,
      );
      this.#avatars.set(person.id, { node, words });
    }
    const { node, words } = this.#avatars.get(person.id);
    node.classList.toggle("typing", typing);
    node.classList.toggle("hand", handRaised);
    const what = [person.name, typing && "is typing", handRaised && "has a hand raised"].filter(Boolean).join(", ");
    node.title = what;
    say(words, what);
    return node;
  }
}
