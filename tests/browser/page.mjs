// A page of a real browser that notes whatever goes wrong in it.
import { chromium } from "playwright-core";

export async function openPage(executablePath) {
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
      "--disable-background-networking", "--disable-component-update"],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const troubles = [];
  page.on("pageerror", (error) => troubles.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) troubles.push(message.text());
  });
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      window.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  // The pages' policy forbids what waitForFunction does, so this asks again and again.
  const until = async (what, given) => {
    for (const end = Date.now() + 30000; Date.now() < end; await page.waitForTimeout(50))
      if (await page.evaluate(what, given)) return;
    throw new Error(`In vain: ${what}`);
  };
  return { browser, page, troubles, until };
}
