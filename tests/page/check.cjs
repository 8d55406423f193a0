// What a person does with the page of a plan, done by a browser.
const puppeteer = require("puppeteer-core");
const fs = require("fs");
const [browserPath, file, shots] = process.argv.slice(2);

let passed = 0;
let failed = 0;
const check = (name, holds, detail = "") => {
  if (holds) passed += 1;
  else { failed += 1; console.log(`FAILED ${name} ${detail}`); }
};

(async () => {
  const browser = await puppeteer.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
  const page = await browser.newPage();
  const requests = [];
  const errors = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
  await page.setViewport({ width: 1400, height: 1000 });
  await page.goto(`file://${file}`);

  check("only the page itself is loaded", requests.length === 1, requests.join(" "));
  check("the script runs under its policy", await page.$eval(".tools", (e) => !e.hidden), errors.join(" "));
  check("every object is there", (await page.$$("details.object")).length === 26);
  check("a lane for each host", (await page.$$(".lane")).length === 4);

  // By keyboard: the first box is reached, shows what waits for it, and leads to its object.
  let reached = false;
  for (let n = 0; n < 20 && !reached; n += 1) {
    await page.keyboard.press("Tab");
    reached = await page.evaluate(() => document.activeElement.classList.contains("box"));
  }
  check("a box is reached by keyboard", reached);
  check("what waits for it is lit", (await page.$$(".wait.lit")).length > 0);
  const target = await page.evaluate(() => document.activeElement.getAttribute("href").slice(1));
  await page.evaluate((id) => { document.getElementById(id).open = false; }, target);
  await page.keyboard.press("Enter");
  check("and leads to its object", (await page.evaluate(() => location.hash)) === `#${target}`);
  const open = page.waitForFunction((id) => document.getElementById(id).open, { timeout: 10000 }, target);
  check("which unfolds", await open.then(() => true, () => false));

  await page.type("#filter", '["infra2"]');
  const left = await page.$$eval("details.object", (all) => all.filter((one) => !one.hidden).length);
  check("the filter leaves those of one host", left === 8, String(left));
  check("and says so", /8 of 26/.test(await page.$eval("#shown", (e) => e.textContent)));
  await page.$eval("#filter", (e) => { e.value = ""; e.dispatchEvent(new Event("input")); });

  const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.evaluate(axe);
    const audit = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    const words = audit.violations.map((v) => `${v.id}: ${v.nodes[0].html}`).join("\n");
    check(`accessible in ${scheme}`, audit.violations.length === 0, words);
    await page.screenshot({ path: `${shots}/page-${scheme}.png` });
  }
  await page.setViewport({ width: 420, height: 900 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check("nothing is wider than a narrow window", overflow <= 0, String(overflow));
  await page.pdf({ path: `${shots}/page.pdf` });
  check("nothing failed in the page", errors.length === 0, errors.join(" "));
  await browser.close();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
})();
