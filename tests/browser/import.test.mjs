/* The guide for importing by hand: what it tells a person to do is done here in the dialogs of both
 * browsers, in a home that hufu never touched, and pages that failed before then work. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { browsers, openChromiumWindow, openFirefoxWindow } from '../lib/browsers.mjs';
import { exceptInFirefox, importInChromium } from '../lib/dialogs.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { Bench, skipBrowser } from './bench.mjs';

const root = new URL('../../', import.meta.url);
const guide = fileURLToPath(new URL('web/import', root));

/* The home of the person whose browser it is; the sandbox's own is full of trust. */
function homeOf(sandbox) {
    const home = join(sandbox.folder, 'visitor');
    mkdirSync(home, { recursive: true });
    return home;
}

const byHand = {
    Chromium: {
        open: openChromiumWindow,
        follow: async ({ browser, display, sandbox }) => {
            const home = homeOf(sandbox);
            await sandbox.hufu('trust', 'export', home);
            return importInChromium(browser.page, display, join(home, 'hufu-localhost.pem'));
        },
    },
    Firefox: {
        open: openFirefoxWindow,
        follow: async ({ browser, sandbox }) => {
            const { host, sha256 } = await exceptInFirefox(browser.page,
                `https://localhost:${sandbox.port}`);
            assert.equal(host, `localhost:${sandbox.port}`);
            return sha256;
        },
    },
};

/* A browser of that home, which can be ended and started again. */
async function start(open, sandbox, site) {
    const options = { home: homeOf(sandbox), env: sandbox.env(), ...site };
    let browser = await open(options);
    return {
        get page() {
            return browser.page;
        },
        newPage: () => browser.newPage(),
        close: () => browser.close(),
        restart: async () => {
            await browser.close();
            browser = await open(options);
        },
    };
}

for (const { name, needs } of browsers) {
    const { open, follow } = byHand[name];
    describe(`the guide in ${name}`, { skip: skipBrowser({ needs }) }, () => {
        let bench;

        before(async () => {
            bench = await Bench.start({
                open: (sandbox, site) => start(open, sandbox, site),
            });
        });

        after(() => bench?.stop());

        async function visit() {
            const page = await bench.browser.newPage();
            try {
                return (await page.goto(`https://localhost:${bench.sandbox.port}/`)).status();
            } finally {
                await page.close();
            }
        }

        async function adapterCode() {
            const { page, code } = await bench.openAdapter('1.0.20.0423');
            await page.close();
            return code;
        }

        it('begins where hufu is not trusted', async () => {
            await assert.rejects(visit(), /ERR_CERT_AUTHORITY_INVALID|MOZILLA_PKIX|MODULE_SECURITY/);
            assert.notEqual(await adapterCode(), 0);
        });

        it('leads to the certificate that was exported', async () => {
            const { sha256 } = JSON.parse(
                await bench.sandbox.hufu('trust', 'export', '--json', '--dry-run'));
            assert.equal(await follow(bench), sha256);
        });

        it('ends where pages work, without a restart', async () => {
            assert.equal(await visit(), 405); /* hufud answers, and has no page for people */
            assert.equal(await adapterCode(), 0);
        });

        it('is done for good', async () => {
            await bench.browser.restart();
            assert.equal(await visit(), 405);
        });
    });
}

describe('the page of the guide', () => {
    const page = readFileSync(join(guide, 'index.html'), 'utf8');
    const articles = page.match(/<article lang="[^]*?<\/article>/g);
    const imagesOf = (text) => [...text.matchAll(
        /<img src="([^"]+)" width="(\d+)" height="(\d+)" alt="([^"]*)">/g)];

    it('has the same steps in both languages', () => {
        assert.deepEqual(articles.map((text) => text.match(/lang="([^"]+)"/)[1]), ['zh-TW', 'en']);
        const [chinese, english] = articles.map((text) => ({
            steps: [...text.matchAll(/<ol>([^]*?)<\/ol>/g)].map(([, list]) =>
                list.match(/<li>/g).length),
            headings: text.match(/<h\d>/g),
            pictures: imagesOf(text).map(([, path]) => path.split('/')[1]),
            typed: text.match(/(?<=<code>)(https|chrome|about):[^<]+/g),
        }));
        assert.deepEqual(chinese, english);
        assert.deepEqual(english.steps, [3, 6]);
        assert.equal(english.pictures.length, 9);
        const product = readFileSync(new URL('data/components.d/gpki.ini', root), 'utf8');
        const ports = product.match(/^ports = (.*)$/m)[1].split(' ');
        assert.deepEqual(english.typed.filter((address) => address.startsWith('https:')),
            ports.map((port) => `https://localhost:${port}`));
    });

    it('has all of its pictures, with their sizes and with words for those who see none', () => {
        const images = imagesOf(page);
        assert.equal(images.length, page.match(/<img/g).length);
        for (const [, path, width, height, words] of images) {
            const file = join(guide, path);
            const head = readFileSync(file).subarray(16, 24); /* of PNG's first chunk */
            assert.deepEqual([head.readUInt32BE(0), head.readUInt32BE(4)],
                [Number(width), Number(height)], path);
            assert.ok(statSync(file).size < 60 * 1024, path);
            assert.ok(words.length > 8, path);
        }
        const stored = ['en-US', 'zh-TW'].flatMap((language) =>
            readdirSync(join(guide, language)).map((name) => `${language}/${name}`));
        assert.deepEqual(images.map(([, path]) => path).sort(), stored.sort());
    });

    it('is at rest: no script, nothing from elsewhere, every tag closed', () => {
        assert.doesNotMatch(page, /<script|<style|style=|\son\w+=|(src|href)="(https?:)?\/\//);
        const open = [];
        for (const [, slash, tag] of page.matchAll(/<(\/?)([a-z]\w*)[^>]*>/g)) {
            if (slash) {
                assert.equal(open.pop(), tag);
            } else if (!['img', 'link', 'meta'].includes(tag)) {
                open.push(tag);
            }
        }
        assert.deepEqual(open, []);
    });

    it('fits a narrow screen, dark and light',
        { skip: skipWithout('/usr/bin/chromium', 'playwright-core') }, async (t) => {
            const { chromium } = await import('playwright-core');
            const browser = await chromium.launch({
                executablePath: '/usr/bin/chromium',
                args: process.getuid() === 0 ? ['--no-sandbox'] : [],
            });
            t.after(() => browser.close());
            const backgrounds = new Set();
            for (const colorScheme of ['dark', 'light']) {
                const tab = await browser.newPage({
                    viewport: { width: 320, height: 640 }, colorScheme,
                });
                await tab.goto(new URL('web/import/index.html', root).href);
                assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth), 320);
                assert.ok(await tab.evaluate(() =>
                    [...document.images].every((image) => image.naturalWidth > 0)));
                backgrounds.add((await tab.screenshot()).subarray(-400).toString('hex'));
                await tab.close();
            }
            assert.equal(backgrounds.size, 2, 'dark is not light');
        });
});
