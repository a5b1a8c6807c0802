// timeline_page.mjs CHROMIUM DIRECTORY ATTEMPTS [SCREENSHOTS]: looks at DIRECTORY/page.html as a
// user would, at 1280 x 800. Says what is wrong with it and exits with 1, or says that all is well.
import {createRequire} from 'node:module';
import path from 'node:path';
import {pathToFileURL} from 'node:url';

const {chromium} = createRequire(path.resolve('build/tools/package.json'))('playwright-core');
const [executablePath, directory, attempts, screenshots] = process.argv.slice(2);

const problems = [];
function check(condition, problem) {
  if (!condition) problems.push(problem);
}

// Runs in the page: returns every visible piece of text, and the errors of its position.
function layoutProblems() {
  const found = [];
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest('script, style, #tip')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width > 0) texts.push({text: node.data.trim(), box, parent});
    }
  }
  const overlap = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 &&
      a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const lanes = document.querySelector('svg.lanes').getBoundingClientRect();
  const error = document.querySelector('svg.error').getBoundingClientRect();
  texts.forEach(({text, box, parent}, i) => {
    if (overlap(box, lanes)) found.push(`"${text}" overlaps the lanes`);
    if (overlap(box, error)) found.push(`"${text}" overlaps the validation error`);
    if (box.left < 0 || box.right > innerWidth) found.push(`"${text}" leaves the page`);
    if (parent.scrollWidth > parent.clientWidth + 1 && parent.clientWidth > 0) {
      found.push(`"${text}" does not fit where it is`);
    }
    for (const other of texts.slice(i + 1)) {
      if (overlap(box, other.box)) found.push(`"${text}" overlaps "${other.text}"`);
    }
  });
  if (document.documentElement.scrollWidth > innerWidth) {
    found.push(`the page is ${document.documentElement.scrollWidth} pixels wide, of ${innerWidth}`);
  }
  if (texts.length < 20) found.push(`only ${texts.length} pieces of text`);
  if (document.querySelector('svg text')) found.push('there is text in an SVG');
  return found;
}

// Runs in the page: returns text that is too faint on its ground, by WCAG 2.1's contrast ratio of
// 4.5.
function contrastProblems() {
  const channels = (color) => color.match(/[\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).slice(0, 3).map((c) => {
      const share = c / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = new Set();
  for (const element of document.querySelectorAll('h1, p, li, b, small, i, span, button, .name')) {
    if (!element.textContent.trim()) continue;
    const [light, dark] =
        [luminance(getComputedStyle(element).color), luminance(ground(element))].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) found.add(`<${element.localName}> has a contrast of ${ratio.toFixed(1)}`);
  }
  return [...found];
}

async function visible(page) {
  const [from, , width] = (await page.locator('svg.lanes').getAttribute('viewBox')).split(' ').map(Number);
  const error = (await page.locator('svg.error').getAttribute('viewBox')).split(' ').map(Number);
  check(error[0] === from && error[2] === width, 'lanes and validation error show different times');
  return {from, width};
}

// Waits until the page has drawn the last change.
function drawn(page) {
  return page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

async function checkLook(page, name) {
  await drawn(page);
  for (const problem of await page.evaluate(layoutProblems)) problems.push(`${name}: ${problem}`);
  for (const problem of await page.evaluate(contrastProblems)) problems.push(`${name}: ${problem}`);
  if (screenshots) await page.screenshot({path: path.join(screenshots, `${name}.png`)});
}

async function checkContent(page) {
  const bars = await page.locator('svg.lanes g[data-tip]').count();
  check(bars === Number(attempts), `${bars} attempts are drawn, not ${attempts}`);
  check(await page.locator('.names .name').count() === 4, 'there are not four lanes');
  check(await page.locator('.rounds button').count() === 4, 'there are not four rounds');
  check(await page.locator('.error-dot').count() === 4, 'there are not four validation errors');
  for (const kind of ['computing', 'held', 'rejected']) {
    check(await page.locator(`svg .${kind}`).count() > 0, `nothing is ${kind}`);
    check(await page.locator(`.legend .${kind}`).count() === 1, `${kind} is not in the legend`);
  }
}

async function checkDetails(page) {
  const widest = page.locator('svg.lanes rect.computing');
  const boxes = await widest.evaluateAll((bars) => bars.map((bar) => {
    const {x, y, width, height} = bar.getBoundingClientRect();
    return {x, y, width, height};
  }));
  const box = boxes.sort((a, b) => b.width - a.width)[0];
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const text = await page.locator('#tip').innerText();
  check(await page.locator('#tip').isVisible(), 'pointing at a bar shows nothing');
  for (const part of ['Round', 'shard', 'node', 'result', 'offered', 'computing']) {
    check(text.includes(part), `the details do not say "${part}": ${text}`);
  }
  const tip = await page.locator('#tip').boundingBox();
  check(tip.x >= 0 && tip.x + tip.width <= 1280 && tip.y >= 0, 'the details leave the page');
  if (screenshots) await page.screenshot({path: path.join(screenshots, 'details.png')});
}

async function checkZoom(page) {
  const all = await visible(page);
  const box = await page.locator('svg.lanes').boundingBox();
  await page.mouse.move(box.x + box.width / 4, box.y + 20);
  await page.mouse.wheel(0, -500);
  await page.waitForFunction(
      (width) => Number(document.querySelector('svg.lanes').getAttribute('viewBox').split(' ')[2]) < width,
      all.width);
  const near = await visible(page);
  const fixed = (view) => view.from + view.width / 4;
  check(Math.abs(fixed(near) - fixed(all)) < all.width / 500, 'the wheel does not zoom to the pointer');
  await checkLook(page, 'zoomed');

  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 4 - 100, box.y + 20, {steps: 4});
  await page.mouse.up();
  const moved = await visible(page);
  check(Math.abs(moved.from - near.from - 100 / box.width * near.width) < near.width / 100,
        'dragging does not move what is shown with the pointer');

  await page.getByRole('button', {name: 'round 2'}).click();
  const round = await visible(page);
  check(round.width < all.width / 2, 'a click on a round does not zoom to it');
  await checkLook(page, 'round');
  await page.getByRole('button', {name: 'Zoom in'}).click();
  check((await visible(page)).width < round.width, 'the button does not zoom in');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('-');
  await page.getByRole('button', {name: 'Everything'}).click();
  const again = await visible(page);
  check(again.from === all.from && again.width === all.width, 'the button does not show everything');
}

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  const page = await browser.newPage({viewport: {width: 1280, height: 800}});
  const url = pathToFileURL(path.join(directory, 'page.html')).href;
  page.setDefaultTimeout(10_000);
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`script: ${error.stack}`));
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) {
      problems.push(`the page asks for ${request.url()}`);
    }
  });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({colorScheme});
    await page.goto(url);
    await checkLook(page, colorScheme);
  }
  await checkContent(page);
  await checkDetails(page);
  await checkZoom(page);
  await page.setViewportSize({width: 700, height: 800});
  await checkLook(page, 'narrow');
} catch (error) {
  problems.push(error.stack);
} finally {
  await browser.close();
}
for (const problem of new Set(problems)) console.error(`FAILED: ${problem}`);
if (problems.length > 0) process.exit(1);
console.log(`the page of ${attempts} attempts is as it should be`);
