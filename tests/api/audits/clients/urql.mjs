// urql: queries and mutations by its fetchExchange, subscriptions by the same, which reads
// Server-Sent Events itself, or by graphql-ws or graphql-sse as their documentation says.
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { headers, overSse, overWs, takePart, transport, url } from "./session.mjs";

const forward = (client) =>
  subscriptionExchange({
    forwardSubscription: (request) => ({
      subscribe: (sink) => ({ unsubscribe: client.subscribe(request, sink) }),
    }),
  });
const exchanges = {
  ws: () => [forward(overWs()), fetchExchange],
  sse: () => [forward(overSse()), fetchExchange],
  fetch: () => [fetchExchange],
};
const client = new Client({
  url,
  exchanges: exchanges[transport](),
  fetchOptions: { headers },
  fetchSubscriptions: transport === "fetch",
});

await takePart({
  query: async (query, variables) => (await client.query(query, variables)).data,
  mutate: async (mutation, variables) => (await client.mutation(mutation, variables)).data,
  subscribe: (query, variables, take) =>
    new Promise((resolve) =>
      client.subscription(query, variables).subscribe(({ data, error, hasNext }) => {
        if (data) take(data);
        if (error || !hasNext) resolve(error);
      }),
    ),
});
