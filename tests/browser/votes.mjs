// Votes as a guest in a real browser, by the keyboard alone, and prints what it saw.
import { openPage } from "./page.mjs";

const [url, executablePath] = process.argv.slice(2);
const { browser, page, troubles, until } = await openPage(executablePath);
const card = (question) => page.locator("#open .card").filter({ hasText: question });

await page.goto(url);
await until(() => document.querySelectorAll("#open .card").length > 5);
await page.selectOption("#guest", "0");
await until(() => document.querySelectorAll("#open form.lists:not([hidden])").length === 2);

// Puts options in, and takes one out again, as it is told; then casts.
async function choose(question, options) {
  const form = card(question).locator("form");
  for (const option of options) {
    await form.getByRole("button", { name: option }).focus();
    await page.keyboard.press("Space");
  }
  const chosen = await form.locator(".choices button").allTextContents();
  await form.getByRole("button", { name: /^Cast/ }).focus();
  await page.keyboard.press("Enter");
  await until((asked) => [...document.querySelectorAll("#open .card")].some((node) =>
    node.textContent.includes(asked) && node.querySelector(".send").textContent === "Cast again"), question);
  return chosen;
}

const approved = await choose("Which of these?", ["Theirs", "Ours", "Nobody's", "Nobody's"]);
const ranked = await choose("In which order?", ["Theirs", "Ours"]);
const kept = await card("In which order?").locator(".choices [aria-pressed=true]").count();
const consent = card("Can you live with it?").locator("form");
const object = consent.getByRole("button", { name: "Object" });
await object.press("Enter");
await until(() => [...document.querySelectorAll("#open .refusal")].some((node) => node.textContent));
const refused = await consent.locator(".refusal").textContent();
await consent.getByLabel("Why").fill("Nobody would notice a bleeding.");
await consent.getByLabel("It is about safety").press("Space");
await object.press("Enter");
await until(() => document.querySelector("#open [data-kind=CONSENT] [value=OBJECT][aria-pressed=true]"));

await page.setViewportSize({ width: 360, height: 740 });
const width = await page.evaluate(() => document.documentElement.scrollWidth);
const violations = await page.evaluate(() => window.violations);
console.log(JSON.stringify({ approved, ranked, kept, refused, width, violations, troubles }));
await browser.close();
