// Starts GraphiQL on the address of its own page: queries and mutations by HTTP, subscriptions by
// WebSocket, both with the bearer token of the headers editor.
const url = new URL(location.pathname, location.href);
const socket = new URL(url);
socket.protocol = url.protocol === "https:" ? "wss:" : "ws:";

const WELCOME = `# Concordat. What is public needs no token; for the rest, put one into the headers below:
# { "authorization": "Bearer ..." }. The book on the left is the documentation.
query Exercises {
  engagements(last: 3) {
    nodes {
      id
      title
      state
      specification { title version state }
      constituencies { name stakeholderCount }
    }
  }
}

# A snapshot, then every event as it happens: paste an id from above.
subscription Follow($topic: ID!) {
  activity(topicId: $topic) {
    __typename
    ... on ActivitySnapshot { cursor sequence }
    ... on ActivityEvent { cursor sequence kind subject { __typename id } }
    ... on Reset { message }
  }
}
`;

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
    defaultQuery: WELCOME,
    fetcher: (params, options) => {
      headers = options?.headers ?? {};
      return fetcher(params, options);
    },
    defaultEditorToolsVisibility: "headers",
    shouldPersistHeaders: false,
  }),
);
