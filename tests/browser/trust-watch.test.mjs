/* Browsers that are started for the first time after hufud, each with a home in which nothing of
 * theirs is: they open hufud's page without a warning, and nobody ran a command. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { skipDaemon, startDaemon, until } from '../lib/daemon.mjs';
import { endProcess } from '../lib/processes.mjs';

const answered = 405; /* hufud's to a page that is only looked at */

/* A Firefox with whatever profile it makes or finds by itself. */
async function startFirefox(t, home, args = []) {
    const { default: puppeteer } = await import('puppeteer-core');
    const child = spawn('/usr/bin/firefox-esr', ['--headless', '--remote-debugging-port=0', ...args], {
        env: { HOME: home, PATH: '/usr/bin:/bin' }, stdio: ['ignore', 'pipe', 'pipe'] });
    t.after(() => endProcess(child));
    let text = '';
    child.stdout.on('data', () => {});
    child.stderr.setEncoding('utf8').on('data', (part) => { text += part; });
    const [, address] = await until('Firefox', () => text.match(/listening on (ws:\S+)/), 60);
    const browser = await puppeteer.connect({
        browser: 'firefox', protocol: 'webDriverBiDi', browserWSEndpoint: `${address}/session`,
        acceptInsecureCerts: false });
    t.after(() => browser.close().catch(() => {}));
    return browser;
}

async function startChromium(t, home) {
    const { chromium } = await import('playwright-core');
    const context = await chromium.launchPersistentContext(join(home, 'chromium'), {
        executablePath: '/usr/bin/chromium', headless: true,
        args: ['--disable-background-networking', '--disable-gpu', '--disable-quic', '--no-first-run',
            '--password-store=basic', ...process.getuid() === 0 ? ['--no-sandbox'] : []],
        env: { HOME: home, PATH: '/usr/bin:/bin' },
    });
    t.after(() => context.close());
    return context;
}

async function visit(browser, port) {
    const page = await browser.newPage();
    const response = await page.goto(`https://localhost:${port}/`);
    return response.status();
}

/* A hufud of its own for each browser, in a home where nobody has been. */
function ownDaemon(settings = '') {
    const own = {};
    before(async () => {
        own.daemon = await startDaemon({ more: ['--no-daemon'] });
        writeFileSync(own.daemon.settingsFile,
            readFileSync(own.daemon.settingsFile, 'utf8') + settings);
        await own.daemon.startAndWait();
        own.home = own.daemon.sandbox.home;
        own.port = own.daemon.port;
    });
    after(() => own.daemon?.stop());
    return own;
}

const lines = (daemon, expected) => daemon.log.filter((line) => expected.test(line));

const firefox = skipDaemon('/usr/bin/firefox-esr', 'puppeteer-core');
const chromium = skipDaemon('/usr/bin/chromium', 'playwright-core');

describe('Firefox, started for the first time after hufud', { skip: firefox }, () => {
    const own = ownDaemon();

    test('opens at once a page that it was started with', async (t) => {
        await startFirefox(t, own.home, [`https://localhost:${own.port}/`]);
        await until('its request', () => lines(own.daemon, /status=405/).length > 0);
        assert.deepEqual(lines(own.daemon, /TLS refused/), []);
    });

    test('and with the next profile that a person makes', async (t) => {
        execFileSync('/usr/bin/firefox-esr', ['--headless', '-CreateProfile', 'second'],
            { env: { HOME: own.home, PATH: '/usr/bin:/bin' }, stdio: 'pipe' });
        const browser = await startFirefox(t, own.home, ['-P', 'second']);
        assert.equal(await visit(browser, own.port), answered);
    });
});

describe('Firefox without a watch', { skip: firefox }, () => {
    const own = ownDaemon('[trust]\nkeep = no\n');

    test('warns', async (t) => {
        await until('the first run', () => lines(own.daemon, /added to/).length > 0);
        const browser = await startFirefox(t, own.home);
        await assert.rejects(visit(browser, own.port), /SEC_ERROR_UNKNOWN_ISSUER|NS_ERROR|certificate/i);
        assert.notDeepEqual(lines(own.daemon, /TLS refused/), []);
    });
});

describe('Chromium, started for the first time after hufud', { skip: chromium }, () => {
    const own = ownDaemon();

    test('opens the page', async (t) => {
        const browser = await startChromium(t, own.home);
        assert.equal(await visit(browser, own.port), answered);
        assert.deepEqual(lines(own.daemon, /TLS refused/), []);
    });
});
