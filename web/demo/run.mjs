/* Runs the demo against a hufu of its own, and leaves nothing behind:
 *
 *     node run.mjs                                 opens the page in a browser, for a person
 *     node run.mjs --headless [--screenshot FILE]  walks through the page by itself
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import {
    browsers, chromiumArguments, firefoxPreferences, prepareChromium, prepareFirefox,
} from '../../tests/lib/browsers.mjs';
import { endProcess } from '../../tests/lib/processes.mjs';
import { makeIdentity, portalHost, startPortal } from '../../tests/lib/portal.mjs';
import { skipWithout } from '../../tests/lib/programs.mjs';
import { pinWindow, startSandbox } from '../../tests/lib/sandbox.mjs';
import { displayPrograms, startDisplay } from '../../tests/lib/xvfb.mjs';
import { readErrors } from './errors.mjs';
import { texts } from './texts.js';
import { verifyCms } from './verify.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const chromium = '/usr/bin/chromium';
const firefox = '/usr/bin/firefox-esr';

const cleanups = [];
let ending = false;

/* Starts a thing, and knows its end before it is there: an interrupt may come in between. */
function keep(start, end) {
    if (ending) {
        throw new Error('interrupted');
    }
    const starting = start();
    cleanups.push(() => starting.then(end, () => {}));
    return starting;
}

/* What was started last ends first; one that cannot end does not keep the others. */
async function cleanUp() {
    ending = true;
    while (cleanups.length > 0) {
        await cleanups.pop()().catch((error) => fail(error.message));
    }
}

const interrupt = new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
        process.once(signal, () => reject(new Error(signal)));
    }
});

function bilingual(key) {
    return `${texts[key]['zh-TW']} ${texts[key].en}`;
}

function fail(...lines) {
    lines.forEach((line) => console.error(line));
    process.exitCode = 1;
}

/* What both ways need: hufu with a card, and the web site. */
async function start(options) {
    const sandbox = await keep(() => startSandbox({ cards: 'citizen', ...options }),
        (started) => started.stop());
    const identity = await makeIdentity(join(sandbox.folder, 'pages'), [portalHost]);
    const errors = readErrors(await sandbox.hufu('errors', '--json'));
    const portal = await keep(() => startPortal({
        folder: here,
        identity,
        ca: sandbox.hierarchy,
        errors,
    }), (started) => started.close());
    const url = `${portal.origin}/?ports=${sandbox.port}`;
    return { sandbox, portal, authority: identity.ca, url };
}

/* For a person */

/* A terminal's pinentry cannot be used by a service. */
function findPinentry() {
    return ['/usr/bin/pinentry-qt', '/usr/bin/pinentry', '/usr/bin/pinentry-gnome3']
        .filter((path) => existsSync(path))
        .find((path) => !/-(curses|tty)$/.test(realpathSync(path)));
}

async function chromiumCommand({ sandbox, portal, authority, url }) {
    const profile = await prepareChromium(sandbox, authority);
    return [chromium, ...chromiumArguments(portal), `--user-data-dir=${profile}`, url];
}

async function firefoxCommand({ sandbox, portal, authority, url }) {
    const profile = await prepareFirefox(sandbox, authority);
    const lines = Object.entries(firefoxPreferences(portal))
        .map((preference) => `user_pref(${JSON.stringify(preference).slice(1, -1)});\n`);
    await writeFile(join(profile, 'user.js'), lines);
    return [firefox, '--no-remote', '--profile', profile, url];
}

async function showToPerson() {
    const makeCommand = [[chromium, chromiumCommand], [firefox, firefoxCommand]]
        .find(([program]) => existsSync(program))?.[1];
    const pinentry = findPinentry();
    if (!makeCommand || !pinentry || !(process.env.DISPLAY || process.env.WAYLAND_DISPLAY)) {
        fail('展示需要桌面環境、瀏覽器與 pinentry；沒有桌面時請執行：./demo --headless',
            'The demo needs a desktop, a browser and pinentry. Without a desktop: ./demo --headless');
        return;
    }
    const demo = await start({ pinentry });
    const [program, ...args] = await makeCommand(demo);
    const env = { XAUTHORITY: join(homedir(), '.Xauthority'), ...demo.sandbox.env() };
    const browser = await keep(async () => spawn(program, args, { stdio: 'ignore', env }),
        endProcess);
    console.log(`
瀏覽器會開啟展示網頁。請按「${texts.signButton['zh-TW']}」，再於虎符的視窗輸入 PIN 碼：${demo.sandbox.pin}
關閉瀏覽器即結束，所有暫存資料都會清除。

The browser opens the demo page. Press "${texts.signButton.en}", then type this PIN in hufu's window: ${demo.sandbox.pin}
Close the browser to end; everything that the demo made is removed.
`);
    await once(browser, 'exit');
}

/* By itself */

/* Resolves with the texts a step shows once it is done; rejects with those of a failure. */
async function waitStep(page, id) {
    await page.waitForSelector(`#${id}[data-state="done"], .failure`);
    const failure = await page.$('.failure');
    if (failure) {
        const lines = await failure.$$eval('p', (nodes) => nodes.map((node) => node.innerText));
        throw new Error(lines.join(' '));
    }
    const lines = await page.$eval(`#${id}`, (step) => [
        ...step.querySelectorAll('.outcome:not(:empty), .facts > div'),
    ].map((line) => line.innerText.split(/\n+/).join(': ')));
    console.log(`✓ ${bilingual(`${id}Title`)}`);
    lines.forEach((line) => console.log(`    ${line}`));
}

async function typePin(display, pin) {
    await display.waitWindow(pinWindow);
    console.log(`✓ PIN → ${pinWindow}`);
    await display.type(pin);
    await display.key('Return');
}

async function judgeDownload(page, hierarchy) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
    const result = await verifyCms(await readFile(await download.path()), hierarchy);
    console.log(`✓ openssl cms -verify -purpose any\n    ${result.report}`);
    if (!result.verified) {
        throw new Error('openssl does not accept the signature');
    }
    console.log(`    ${result.signer}\n    ${result.content}`);
}

async function walk(screenshot) {
    const missing = skipWithout(...browsers[0].needs, ...displayPrograms);
    if (missing) {
        throw new Error(missing);
    }
    const display = await keep(startDisplay, (started) => started.stop());
    const demo = await start({ pinentry: '/usr/bin/pinentry-qt', display: display.name });
    const browser = await keep(() => browsers[0].open(demo.sandbox, demo),
        (started) => started.close());
    const page = await browser.newPage();
    await page.goto(demo.url);
    for (const id of ['service', 'card', 'holder']) {
        await waitStep(page, id);
    }
    await page.click('#sign-button');
    await typePin(display, demo.sandbox.pin);
    await waitStep(page, 'sign');
    await waitStep(page, 'result');
    await judgeDownload(page, demo.sandbox.hierarchy);
    if (screenshot) {
        await page.mouse.move(0, 0);
        await page.evaluate(() => scrollTo(0, 0));
        await page.screenshot({ path: screenshot, fullPage: true, animations: 'disabled' });
    }
}

async function main() {
    const { values } = parseArgs({
        options: { headless: { type: 'boolean' }, screenshot: { type: 'string' } },
    });
    const demo = values.headless ? walk(values.screenshot) : showToPerson();
    try {
        await Promise.race([demo, interrupt]);
    } catch (error) {
        fail(`✗ ${error.message}`);
    }
    await cleanUp();
    process.exit();
}

await main();
