// Watches the board in a real browser while the test restarts the server, and prints what it saw.
// It speaks to the test in lines: "watching", then waits for "down" and for "up", then the result.
import { createInterface } from "node:readline";
import { openPage } from "./page.mjs";

const [url, executablePath] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const heard = async (word) => {
  const { value } = await lines.next();
  if (value !== word) throw new Error(`expected ${word}, heard ${value}`);
};
const { browser, page, troubles, until } = await openPage(executablePath);

const shown = () =>
  page.evaluate(() => ({
    sequence: Number(document.getElementById("sequence").textContent.slice(1)),
    gaps: document.getElementById("gapless").dataset.gaps,
    turnouts: [...document.querySelectorAll(".turnout")].map((node) => node.textContent),
    bars: [...document.querySelectorAll("#open .bar.overall")].map((node) => node.ariaLabel),
    comments: [...document.querySelectorAll("[data-comment]")].map((node) => node.dataset.comment),
    here: Number(document.getElementById("here-count").textContent),
    connection: document.getElementById("connection").dataset.state,
    banner: !document.getElementById("banner").hidden,
    marker: window.marker,
    violations: window.violations,
  }));
await page.goto(url);
await until(() => document.querySelectorAll("#open .card").length > 2);
await page.evaluate(() => (window.marker = "the page was not loaded again"));
const first = await shown();
await until((was) => was !==
  [...document.querySelectorAll(".turnout")].map((node) => node.textContent).join("|"),
  first.turnouts.join("|"));
await until((was) => Number(document.getElementById("sequence").textContent.slice(1)) > was + 3, first.sequence);
const moved = await shown();

// A visitor takes part: what they write is text, whatever it looks like, and their vote counts.
const words = `<img src=x onerror="window.marker='run'"> <b>bold</b> & more`;
await page.selectOption("#guest", "0");
await page.fill("#words", words);
await page.click("#composer .send");
await until((text) => [...document.querySelectorAll("[data-comment] .body")].some((node) => node.textContent === text), words);
const vote = page.locator("#open .card[data-kind=SENSE_CHECK] .choices button", { hasText: /^Agree$/ }).first();
await vote.click();
await until(() => document.querySelector("#open .choices [aria-pressed=true]"));

console.log("watching");
await heard("down");
const before = troubles.splice(0);
await until(() => !document.getElementById("banner").hidden);
const down = await shown();
console.log("waiting");
await heard("up");
await until((was) => document.getElementById("connection").dataset.state === "connected" &&
  Number(document.getElementById("sequence").textContent.slice(1)) > was, down.sequence);
const after = await shown();

await page.setViewportSize({ width: 360, height: 740 });
const width = await page.evaluate(() => document.documentElement.scrollWidth);
console.log(JSON.stringify({ first, moved, down, after, width, seen: { before, after: troubles } }));
await browser.close();
lines.return?.();
process.stdin.destroy();
