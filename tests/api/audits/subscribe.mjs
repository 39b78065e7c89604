// Subscribes with graphql-sse at the address given to the document given, and prints what it gets.
import { createClient } from "graphql-sse";

const [url, query] = process.argv.slice(2);
const results = [];
for await (const result of createClient({ url, retryAttempts: 0 }).iterate({ query })) {
  results.push(result);
}
console.log(JSON.stringify(results));
