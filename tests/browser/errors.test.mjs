/* The web page of codes, as it was built: it fits into every window, in the light and in the dark. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { launchChromium, launchFirefox } from '../lib/browsers.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { programs } from '../lib/sandbox.mjs';

const sources = new URL('../../web/errors/', import.meta.url);
const nowhere = { host: 'portal.invalid', port: 1 };

const launchers = [
    ['Chromium', launchChromium, '/usr/bin/chromium', 'playwright-core'],
    ['Firefox', launchFirefox, '/usr/bin/firefox-esr', 'puppeteer-core'],
];

for (const [name, launch, ...needs] of launchers) {
    describe(`the page of codes in ${name}`, { skip: skipWithout(...needs, join(programs, 'hufud')) }, () => {
        let home;
        let browser;
        let page;

        before(async () => {
            home = mkdtempSync(join(tmpdir(), 'hufu-page-'));
            browser = await launch({ folder: home, home, env: () => ({ ...process.env, HOME: home }) },
                home, nowhere);
            page = await browser.newPage();
        });

        after(async () => {
            await browser?.close();
            rmSync(home, { recursive: true, force: true });
        });

        /* In a frame, as browsers have windows of their own least width. Firefox has the frame's
         * colours from the frame, Chromium from the computer. */
        async function show(width, scheme) {
            await page.emulateMedia?.({ colorScheme: scheme });
            return showIn(width, scheme);
        }

        const showIn = (width, scheme) => page.evaluate(async ({ html, css, width, scheme }) => {
            const frame = document.createElement('iframe');
            frame.style = `width: ${width}px; height: 600px; border: 0; color-scheme: ${scheme}`;
            frame.srcdoc = html.replace('<link rel="stylesheet" href="errors.css">',
                `<style>${css}</style>`);
            const loaded = new Promise((resolve) => {
                frame.addEventListener('load', resolve);
            });
            document.body.replaceChildren(frame);
            await loaded;
            const { documentElement: root, body } = frame.contentDocument;
            const wide = [...root.querySelectorAll('h1, h2, h3, p, dt, dd, li')]
                .filter((element) => element.getBoundingClientRect().right > width)
                .map((element) => element.textContent);
            const { color } = frame.contentWindow.getComputedStyle(body);
            const { length } = root.querySelectorAll('section');
            return { wide, over: root.scrollWidth - width, color, length };
        }, {
            html: readFileSync(join(dirname(programs), 'web', 'errors', 'index.html'), 'utf8'),
            css: readFileSync(new URL('errors.css', sources), 'utf8'),
            width,
            scheme,
        });

        for (const width of [320, 600, 1600]) {
            it(`fits into ${width} pixels`, async () => {
                const { wide, over, length } = await show(width, 'light');
                assert.deepEqual(wide, []);
                assert.ok(over <= 0, `${over}`);
                assert.ok(length > 400, `${length}`);
            });
        }

        it('is dark where people want it dark', async () => {
            const [light, dark] = [await show(600, 'light'), await show(600, 'dark')];
            assert.notEqual(light.color, dark.color);
        });
    });
}
