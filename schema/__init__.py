"""The GraphQL types, inputs and resolvers: translate in, call the domain, translate out."""
