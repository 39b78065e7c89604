// Moderates on the board in a real browser, as the facilitator, and prints what it saw.
import { openPage } from "./page.mjs";

const [url, executablePath] = process.argv.slice(2);
const { browser, page, troubles, until } = await openPage(executablePath);
const asked = [];
page.on("request", (request) => {
  if (request.postData()?.includes("query Grid")) asked.push(request.url());
});
const rows = () =>
  page.evaluate(() =>
    [...document.querySelectorAll("#grid tbody")].map((body) => ({
      ballot: body.dataset.ballot,
      state: body.dataset.state,
      cells: Object.fromEntries(
        [...body.querySelectorAll("[data-label]")].map((cell) => [cell.dataset.label, cell.textContent]),
      ),
    })),
  );
const text = (id) => page.locator(id).textContent();

// Takes a step by its dialogue, and waits until the table shows the state that follows.
async function take(row, name, fields, state) {
  await row.getByRole("button", { name, exact: true }).click();
  for (const [field, words] of Object.entries(fields)) await page.fill(`#step-${field}`, words);
  await page.click("#step-take");
  await until(([id, then]) => document.querySelector(`#grid [data-ballot="${id}"]`).dataset.state === then,
    [await row.getAttribute("data-ballot"), state]);
}

await page.goto(url);
await until(() => document.querySelectorAll("#open .card").length > 2);
const unasked = asked.length;
await page.selectOption("#guest", "facilitator");
await until(() => document.querySelectorAll("#grid tbody").length > 3);
const first = await rows();
const headings = await page.getByRole("columnheader").allTextContents();

// The clock runs, and the table follows the votes of the panel.
await until((was) => was.some(({ ballot, cells }) => {
  const cell = document.querySelector(`[data-ballot="${ballot}"] [data-label=Turnout]`);
  return cell && cell.textContent !== cells.Turnout;
}), first);
await until((was) => was.every(({ ballot, state, cells }) => {
  const cell = document.querySelector(`[data-ballot="${ballot}"] [data-label=Clock]`);
  return !/OPEN/.test(state) || !/:/.test(cells.Clock) || cell?.textContent !== cells.Clock;
}), first);

// What cannot be done says why; what is refused as well.
const row = (id) => page.locator(`#grid [data-ballot="${id}"]`);
const closed = await page.locator("#grid tbody").filter({ hasText: "Put version 1 forward" }).getAttribute("data-ballot");
const chosen = row(closed);
await chosen.getByRole("button", { name: "Close round" }).press("Enter");
const hindered = await chosen.locator(".refusal").textContent();
const extend = chosen.getByRole("button", { name: "Extend" });
const deadline = () => chosen.locator("time").getAttribute("datetime");
const before = await deadline();
await extend.focus();
await page.keyboard.press("Enter");
await page.keyboard.press("Escape");
await until(() => !document.getElementById("step").open);
const returned = await extend.evaluate((button) => button === document.activeElement);
await extend.click();
await page.click("#step-take");
await until(() => document.getElementById("step-refusal").textContent);
const unexplained = await text("#step-refusal");
await page.fill("#step-reason", "Two people are on leave.");
await page.fill("#step-closes", "2020-01-01T12:00");
await page.click("#step-take");
await until((was) => document.getElementById("step-refusal").textContent !== was, unexplained);
const earlier = await text("#step-refusal");
await page.fill("#step-closes", "2030-05-01T12:00");
await page.click("#step-take");
await until(() => !document.getElementById("step").open);
await until((was) => [...document.querySelectorAll("#grid time")].every(({ dateTime }) => dateTime !== was), before);
const extended = await deadline();
await take(chosen, "Close", {}, "CLOSED");
await until((id) => document.querySelector(`#closed [data-ballot="${id}"]`), closed);
await take(chosen, "Decide", { decision: "It goes to review.", reason: "All groups agree." }, "DECIDED");

// The other steps: a draft is opened, and a round follows on another in other words.
const draft = page.locator("#grid tbody[data-state=DRAFT]").last();
const opened = await draft.getAttribute("data-ballot");
await take(row(opened), "Open", {}, "OPEN");
const rated = page.locator("#grid tbody").filter({ hasText: "round 2 of 3" });
const again = await rated.getAttribute("data-ballot");
const next = row(again);
await take(next, "Close round", {}, "ROUND_CLOSED");
const waiting = await page.locator(`#open [data-ballot="${again}"] .kicker`).textContent();
await take(next, "Next round", { words: "Is it essential?", reason: "It was too long." }, "OPEN");
const reworded = { question: await next.locator(".question").textContent(), clock: await next.locator("[data-label=Clock]").textContent() };

// Narrow, it is still a table for those who do not see it.
await page.setViewportSize({ width: 360, height: 740 });
const width = await page.evaluate(() => document.documentElement.scrollWidth);
const narrow = await page.getByRole("table").getByRole("rowheader").count();
const narrowRows = (await rows()).length;

// Nobody asks for a table that is not shown.
await page.selectOption("#guest", "");
const [hidden, sequence] = [asked.length, await text("#sequence")];
await until((was) => Number(document.getElementById("sequence").textContent.slice(1)) > was + 3, Number(sequence.slice(1)));
const violations = await page.evaluate(() => window.violations);
console.log(JSON.stringify({
  first, headings, hindered, returned, unexplained, earlier, before, extended, closed,
  opened, waiting, reworded, width, narrow, narrowRows,
  asked: { unasked, shown: hidden, after: asked.length }, violations, troubles,
}));
await browser.close();
