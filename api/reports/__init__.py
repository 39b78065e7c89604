"""Reports of exercises outside of GraphQL: as files, by address, and checked offline."""
