// Follows a topic from any program that speaks graphql-transport-ws: a snapshot, then every event
// once and in order, also when the server restarts in between.
//
//   npm install graphql-ws ws
//   node follow.mjs ws://127.0.0.1:8000/graphql TOPIC_ID [TOKEN]
import { createClient } from "graphql-ws";
import WebSocket from "ws"; // a browser has its own

const ACTIVITY = `
  subscription ($topicId: ID!, $after: String) {
    activity(topicId: $topicId, after: $after) {
      __typename
      ... on ActivitySnapshot { cursor sequence topic { ... on Engagement { title state } } }
      ... on ActivityEvent {
        cursor
        sequence
        kind
        actor { name }
        subject {
          __typename
          id
          ... on Comment { body }
          ... on Vote { choice rating ballot { question consensus { status reasons } } }
        }
      }
      ... on Reset { message }
    }
  }
`;

export async function* follow(url, topicId, token) {
  const client = createClient({
    url,
    webSocketImpl: WebSocket,
    connectionParams: token ? { authorization: `Bearer ${token}` } : {},
    retryAttempts: 0, // we retry ourselves, from the last cursor
  });
  let after = null;
  for (;;) {
    try {
      const messages = client.iterate({ query: ACTIVITY, variables: { topicId, after } });
      for await (const { data, errors } of messages) {
        if (errors) throw errors[0];
        after = data.activity.cursor ?? null; // a Reset has none: a snapshot follows
        yield data.activity;
      }
    } catch (error) {
      const refused = error?.extensions && error.extensions.code !== "UNAVAILABLE";
      if (refused || error?.code === 4403) throw error; // anything else is an interruption
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const [url, topicId, token] = process.argv.slice(2);
for await (const message of follow(url, topicId, token)) console.log(JSON.stringify(message));
