// Apollo Client: queries and mutations over HTTP, subscriptions by its own link to graphql-ws, or by
// the link that the documentation of graphql-sse gives.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode, print } from "graphql";
import { Observable } from "rxjs";
import { headers, overSse, overWs, takePart, transport, url } from "./session.mjs";

class SseLink extends ApolloLink {
  client = overSse();

  request({ query, variables, operationName }) {
    return new Observable((sink) =>
      this.client.subscribe({ query: print(query), variables, operationName }, sink),
    );
  }
}

const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    transport === "ws" ? new GraphQLWsLink(overWs()) : new SseLink(),
    new HttpLink({ uri: url, headers }),
  ),
});

await takePart({
  query: async (query, variables) => (await client.query({ query: gql(query), variables })).data,
  mutate: async (mutation, variables) =>
    (await client.mutate({ mutation: gql(mutation), variables })).data,
  subscribe: (query, variables, take) =>
    new Promise((resolve) =>
      client.subscribe({ query: gql(query), variables }).subscribe({
        next: ({ data, error }) => (error ? resolve(error) : take(data)),
        error: resolve,
        complete: resolve,
      }),
    ),
});
