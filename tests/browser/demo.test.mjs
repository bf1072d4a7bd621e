/* The demo page signs in both browsers, in both languages, and says what to do after a failure. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { browsers } from '../lib/browsers.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { pinWindow, programs } from '../lib/sandbox.mjs';
import { readErrors } from '../../web/demo/errors.mjs';
import { languages, pageErrors, texts, unknownError } from '../../web/demo/texts.js';
import { Bench, skipBrowser } from './bench.mjs';

const root = new URL('../../', import.meta.url);
const hufu = join(programs, 'hufu');
const errors = existsSync(hufu)
    ? readErrors(execFileSync(hufu, ['errors', '--json'], { encoding: 'utf8' })) : {};

describe('the texts of the demo page', () => {
    const placeholders = (text) => (text.match(/\{\w+\}/g) ?? []).sort();

    it('exist in both languages, with the same gaps', () => {
        for (const [key, text] of Object.entries(texts)) {
            languages.forEach((language) => assert.ok(text[language], `${key} ${language}`));
            assert.deepEqual(placeholders(text['zh-TW']), placeholders(text.en), key);
        }
    });

    it('cover every text that the page asks for', async () => {
        const page = await readFile(new URL('web/demo/index.html', root), 'utf8');
        for (const [, key] of page.matchAll(/data-(?:text|label)="(\w+)"/g)) {
            assert.ok(key in texts, key);
        }
    });

    it('tell for every code what happened and the next step', { skip: skipWithout(hufu) }, () => {
        assert.ok(9039 in errors && 61006 in errors);
        for (const [code, failure] of Object.entries({ ...errors, ...pageErrors, unknownError })) {
            for (const language of languages) {
                assert.equal(failure[language].filter(Boolean).length, 2, `${code} ${language}`);
            }
        }
    });
});

/* Polls the page until `condition` holds in it. */
async function until(page, condition, argument) {
    for (let i = 0; i < 400; i++) {
        if (await page.evaluate(condition, argument)) {
            return;
        }
        await sleep(50);
    }
    assert.fail(`the page never came to ${condition} (${argument})`);
}

function untilStep(page, id, status) {
    return until(page, ({ id, status }) => (
        document.getElementById(id).dataset.state === status), { id, status });
}

function click(page, selector) {
    return page.evaluate((selector) => document.querySelector(selector).click(), selector);
}

function textOf(page, selector) {
    return page.evaluate((selector) => document.querySelector(selector).innerText, selector);
}

for (const browser of browsers) {
    describe(`the demo page in ${browser.name}`, { skip: skipBrowser(browser) }, () => {
        let bench;
        let page;

        before(async () => {
            const folder = fileURLToPath(new URL('web/demo', root));
            bench = await Bench.start(browser, { folder, errors });
            page = await bench.newPage(`/?ports=${bench.sandbox.port}`);
        });

        after(() => bench?.stop());

        it('finds hufu, the card and its holder, in Chinese', async () => {
            await untilStep(page, 'sign', 'ready');
            assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-TW');
            assert.match(await textOf(page, '#service'), /服務版本 \d+\.\d+/);
            assert.match(await textOf(page, '#holder'), /姓名\s+\S+\s+身分證字號末四碼\s+\d{4}/);
        });

        it('says after a cancelled PIN what happened, and can try again', async () => {
            await click(page, '#sign-button');
            await bench.display.waitWindow(pinWindow);
            await bench.display.key('Escape');
            await untilStep(page, 'sign', 'failed');
            const [text, remedy] = errors[5070]['zh-TW'];
            const failure = await textOf(page, '#sign .failure');
            ['5070', text, remedy].forEach((part) => assert.ok(failure.includes(part), failure));
        });

        it('changes its language in place', async () => {
            await click(page, '[data-language="en"]');
            assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
            const failure = await textOf(page, '#sign .failure');
            errors[5070].en.forEach((part) => assert.ok(failure.includes(part), failure));
            assert.doesNotMatch(await textOf(page, 'main'), /[請您簽]/);
        });

        it('signs what is written and shows the verified result', async () => {
            await page.evaluate(() => {
                const content = document.getElementById('content');
                content.value = '𠮷 & <b>\n"second" line';
                content.dispatchEvent(new Event('input'));
            });
            await click(page, '#sign .failure button');
            await bench.display.waitWindow(pinWindow);
            await bench.display.type(bench.sandbox.pin);
            await bench.display.key('Return');
            await untilStep(page, 'result', 'done');
            const result = await textOf(page, '#result');
            assert.ok(result.includes(texts.resultDone.en), result);
            assert.match(result, /CN=\S+/);
            assert.match(result, /RSA 2048, SHA-256/);
            assert.ok(result.includes('𠮷 & <b>'), result);
            assert.match(await page.evaluate(() => document.getElementById('download').href),
                /^blob:/);
        });

        it('says what to do where there is no hufu', async () => {
            const other = await bench.newPage('/?ports=9&lang=en');
            await untilStep(other, 'service', 'failed');
            const failure = await textOf(other, '#service .failure');
            ['61006', ...pageErrors[61006].en].forEach((part) => (
                assert.ok(failure.includes(part), failure)));
        });
    });
}
