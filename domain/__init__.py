"""The subject of Concordat: knows no GraphQL and no HTTP."""
