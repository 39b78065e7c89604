// Asks by the page of GraphiQL, then follows a topic by the browser's own EventSource while the
// test kills the server. Prints "following" when it does, and in the end what it saw.
import { openPage } from "./page.mjs";

const [url, topicId, events, executablePath] = process.argv.slice(2);
const { browser, page, troubles, until } = await openPage(executablePath);

await page.goto(url);
// The menu of operations opens once the editor has read them, which takes its time on a busy machine.
for (let tries = 1; ; tries++) {
  await page.click(".graphiql-execute-button");
  try {
    await page.getByRole("menuitem", { name: "Exercises" }).click({ timeout: 2_000 });
    break;
  } catch (error) {
    if (tries === 15) throw error;
  }
}
await until(() => document.querySelector(".result-window")?.textContent.includes("stakeholderCount"));
const answer = await page.evaluate(() => document.querySelector(".result-window").textContent);

await page.evaluate(([url, topicId]) => {
  const query = `
    subscription ($topicId: ID!, $after: String) {
      activity(topicId: $topicId, after: $after) {
        __typename
        ... on ActivitySnapshot { cursor sequence }
        ... on ActivityEvent { cursor sequence }
      }
    }
  `;
  window.messages = [];
  window.opened = 0;
  const source = new EventSource(
    `${url}?${new URLSearchParams({ query, variables: JSON.stringify({ topicId }) })}`,
  );
  source.onopen = () => window.opened++;
  source.addEventListener("next", ({ data, lastEventId }) => {
    const { __typename, cursor, sequence } = JSON.parse(data).data.activity;
    window.messages.push({ type: __typename, sequence, named: cursor === lastEventId });
  });
}, [url, topicId]);
await until(() => window.messages.length);
console.log("following");
await until((events) => window.messages.length > events, Number(events));
const followed = await page.evaluate(() => {
  const { messages, opened, violations } = window;
  return { messages, opened, violations };
});
console.log(JSON.stringify({ answer, ...followed, troubles }));
await browser.close();
