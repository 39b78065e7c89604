// What every client here does, whoever wrote it: one query, then a subscription that goes on from
// the last cursor whenever it is interrupted, and a mutation for each line of standard input.
// Prints a line of JSON for each answer and each message.
import { createInterface } from "node:readline";
import WebSocket from "ws";
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";

const [url, token, topicId, subjectId, transport] = process.argv.slice(2);
const headers = { authorization: `Bearer ${token}` };

export { headers, transport, url };

globalThis.WebSocket ??= WebSocket; // a browser has its own, and so has Node 22

// Neither retries by itself: they would send the same cursor again.
export const overWs = () =>
  createWs({
    url: url.replace("http", "ws"),
    connectionParams: headers,
    retryAttempts: 0,
  });
export const overSse = () => createSse({ url, headers, retryAttempts: 0 });

const QUERY = `query ($topicId: ID!) { node(id: $topicId) { ... on Engagement { title } } }`;
const MUTATION = `
  mutation ($input: OpenThreadInput!) {
    openThread(input: $input) {
      __typename
      ... on Error { message }
    }
  }
`;
const SUBSCRIPTION = `
  subscription ($topicId: ID!, $after: String) {
    activity(topicId: $topicId, after: $after) {
      __typename
      ... on ActivitySnapshot { cursor sequence }
      ... on ActivityEvent { cursor sequence kind subject { id ... on Comment { body } } }
      ... on Reset { message }
    }
  }
`;

const print = (value) => console.log(JSON.stringify(value));
const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

// `query` and `mutate` take a document and variables and give the data; `subscribe` also takes what
// to do with the data of each message, and gives a promise of the end, whatever the reason.
export async function takePart({ query, mutate, subscribe }) {
  print({ queried: (await query(QUERY, { topicId })).node.title });
  mutateForEachLine(mutate);
  let after = null;
  for (;;) {
    await subscribe(SUBSCRIPTION, { topicId, after }, ({ activity }) => {
      after = activity.cursor ?? null;
      print(activity);
    });
    await pause();
  }
}

async function mutateForEachLine(mutate) {
  for await (const body of createInterface({ input: process.stdin })) {
    const { openThread } = await mutate(MUTATION, { input: { topicId, subjectId, body } });
    print({ mutated: openThread.__typename, message: openThread.message });
  }
}

// graphql-ws and graphql-sse have the same interface.
export function speak(client) {
  const subscribe = (query, variables, take) =>
    new Promise((resolve) =>
      client.subscribe(
        { query, variables },
        { next: ({ data, errors }) => (errors ? resolve(errors) : take(data)), error: resolve, complete: resolve },
      ),
    );
  const ask = async (query, variables) => {
    let found;
    await subscribe(query, variables, (data) => (found = data));
    return found;
  };
  return { query: ask, mutate: ask, subscribe };
}
