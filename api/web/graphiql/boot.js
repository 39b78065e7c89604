// Starts GraphiQL on the address of its own page: queries and mutations by HTTP, subscriptions by
// WebSocket, both with the bearer token of the headers editor.
const url = new URL(location.pathname, location.href);
const socket = new URL(url);
socket.protocol = url.protocol === "https:" ? "wss:" : "ws:";

let headers = {};

const fetcher = GraphiQL.createFetcher({
  url: url.href,
  enableIncrementalDelivery: false,
  // The socket opens with the first subscription and closes after the last one, so each start
  // takes the token that the editor has then.
  wsClient: graphqlWs.createClient({
    url: socket.href,
    connectionParams: () => {
      const name = Object.keys(headers).find((key) => key.toLowerCase() === "authorization");
      return name ? { authorization: headers[name] } : {};
    },
  }),
});

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: (params, options) => {
      headers = options?.headers ?? {};
      return fetcher(params, options);
    },
    defaultEditorToolsVisibility: "headers",
    shouldPersistHeaders: false,
  }),
);
