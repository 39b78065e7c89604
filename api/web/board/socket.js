// A client of graphql-transport-ws whose streams survive everything: it reconnects with growing
// pauses and subscribes again, and a stream's own variables say where it goes on.

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 8000;
const SILENCE = 30000; // the server pings every 12 seconds, so this is a dead line

export class LiveSocket {
  #streams = [];
  #socket = null;
  #pause = FIRST_PAUSE;
  #timer = 0;
  #watchdog = 0;

  // `token` is asked anew for each connection; `onState` hears "waiting", then "connected".
  constructor({ url, token, onState }) {
    this.url = url;
    this.token = token;
    this.onState = onState;
    addEventListener("online", () => this.#hurry());
    addEventListener("visibilitychange", () => document.hidden || this.#hurry());
  }

  // Subscribes now and after each reconnection; `variables` is a function, `onData` gets the data.
  follow(query, variables, onData) {
    this.#streams.push({ query, variables, onData });
  }

  async start() {
    let token;
    try {
      token = await this.token();
    } catch {
      return this.#again();
    }
    const socket = (this.#socket = new WebSocket(this.url, "graphql-transport-ws"));
    const send = (message) => socket.send(JSON.stringify(message));
    socket.onopen = () =>
      send({ type: "connection_init", payload: { authorization: `Bearer ${token}` } });
    socket.onclose = () => this.#socket === socket && this.#again();
    socket.onmessage = ({ data }) => {
      this.#expectMore();
      const message = JSON.parse(data);
      const stream = this.#streams[Number(message.id)];
      if (message.type === "ping") send({ type: "pong" });
      else if (message.type === "connection_ack") this.#subscribe(send);
      else if (message.type === "next" && !message.payload.errors) {
        this.#pause = FIRST_PAUSE;
        stream.onData(message.payload.data);
      } else if (["next", "error", "complete"].includes(message.type)) {
        console.warn("The stream ended, and starts again.", message.payload);
        socket.close();
      }
    };
    this.#expectMore();
  }

  #subscribe(send) {
    this.onState("connected");
    this.#streams.forEach(({ query, variables }, place) =>
      send({ id: String(place), type: "subscribe", payload: { query, variables: variables() } }),
    );
  }

  #expectMore() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.#socket?.close();
      this.#again();
    }, SILENCE);
  }

  #again() {
    this.#socket = null;
    clearTimeout(this.#watchdog);
    clearTimeout(this.#timer);
    this.onState("waiting");
    // Spread, so that a crowd that was cut off together does not return together.
    this.#timer = setTimeout(() => this.start(), this.#pause * (0.5 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }

  #hurry() {
    if (this.#socket) return;
    clearTimeout(this.#timer);
    this.#pause = FIRST_PAUSE;
    this.start();
  }
}

// Asks by HTTP, as somebody; throws an Error with the sentence of a refusal.
export async function ask(token, query, variables) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors.map((each) => each.message).join(" "));
  const refused = Object.values(data).find((each) => each?.message && each.code);
  if (refused) throw new Error(refused.message);
  return data;
}
