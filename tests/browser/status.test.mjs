/* The page of `hufu open` in both browsers, as a person without a mouse uses it. What hufu's other
 * commands say is chosen here (tests/lib/open.mjs); hufud, card, PIN window and browser are real. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { browsers } from '../lib/browsers.mjs';
import { until as waitFor } from '../lib/daemon.mjs';
import {
    fine, openProgram, report, startOpen, taken, untrusted, withCard, withoutCard,
} from '../lib/open.mjs';
import { skipWithout } from '../lib/programs.mjs';
import { pinWindow, programs } from '../lib/sandbox.mjs';
import { steps } from '../../web/status/steps.js';
import { languages, pageErrors, questions, texts } from '../../web/status/texts.js';
import { summarise } from '../../web/status/summary.js';
import { verify } from '../../web/status/verify.js';
import { Bench, skipBrowser } from './bench.mjs';

globalThis.crypto ??= webcrypto; /* Node 18 */

const run = promisify(execFile);

const citizens = join(dirname(programs), 'citizens');

const page = (name) => new URL(`../../web/status/${name}`, import.meta.url);

describe('the texts of the status page', () => {
    const gaps = (text) => (text.match(/\{\w+\}/g) ?? []).sort();

    it('exist in both languages, with the same gaps', () => {
        const all = { ...texts, ...Object.fromEntries(questions.flatMap(({ id, question, answer }) => (
            [[`${id} question`, question], [`${id} answer`, answer]]))) };
        for (const [key, text] of Object.entries(all)) {
            languages.forEach((language) => assert.ok(text[language], `${key} ${language}`));
            assert.deepEqual(gaps(text['zh-TW']), gaps(text.en), key);
        }
        for (const [key, text] of Object.entries(pageErrors)) {
            languages.forEach((language) => assert.equal(text[language].length, 2, key));
        }
    });

    it('cover what the page asks for', () => {
        const html = readFileSync(page('index.html'), 'utf8');
        for (const [, key] of html.matchAll(/data-(?:text|label)="(\w+)"/g)) {
            assert.ok(key in texts, key);
        }
        for (const step of steps) {
            assert.ok(texts[`${step}Title`] && texts[`${step}Done`], step);
        }
    });

    it('answer each entry of the FAQ', () => {
        const asked = questions.map(({ id }) => id);
        for (const id of ['61905', '61006', '61008', 'install', 'firewall', 'user']) {
            assert.ok(asked.includes(id), id);
        }
    });
});

describe('the sentence on top', () => {
    const running = { ports: [56421] };
    const good = { doctor: report(...fine), ports: running, card: withCard };

    for (const [name, known, expected] of [
        ['nothing yet', {}, ['looking', 'looking', undefined]],
        ['all is well', good, ['ready', 'ready', 'test']],
        ['no card', { ...good, card: withoutCard }, ['attention', 'noCard', 'look']],
        ['no reader', { ...good, card: { service: 'running', readers: [] } }, ['attention', 'noReader', 'look']],
        ['a finding', { ...good, doctor: report(fine[0], taken) }, ['trouble', undefined, 'restart']],
        ['a lesser finding', { ...good, doctor: report(untrusted) }, ['attention', undefined, 'fix']],
        ['a finding nobody can mend', { ...good, doctor: report({ ...taken, fix: null }) }, ['trouble', undefined, 'look']],
        ['a change under way', { ...good, change: { state: 'running' } }, ['looking', 'changing', undefined]],
        ['no hufud', { ...good, ports: { ports: [] } }, ['trouble', 'notRunning', 'restart']],
        ['no doctor', { ...good, doctor: null }, ['attention', 'notExamined', 'test']],
        ['neither', { ...good, doctor: null, ports: { ports: [] } }, ['trouble', 'notRunning', 'restart']],
        ['the end', { ...good, ended: 'ended' }, ['ended', 'ended', undefined]],
    ]) {
        it(`says one thing: ${name}`, () => {
            const { mood, headline, button } = summarise(known);
            assert.deepEqual([mood, headline.key, button?.action], expected);
        });
    }
});

/* With keys of made-up citizens and openssl in the place of a card. */
describe('the verification of the test signature', { skip: skipWithout('openssl') }, () => {
    const content = Buffer.from('虎符 test');
    let folder;

    before(async () => {
        folder = await mkdtemp(join(tmpdir(), 'hufu-verify-'));
        await run(fileURLToPath(new URL('../../data/kit/citizens/make', import.meta.url)), [citizens]);
        await writeFile(join(folder, 'content'), content);
    });

    after(() => rm(folder, { recursive: true }));

    const certificateOf = (name) => readFile(join(citizens, name, 'sign.der'));

    async function sign(name, digest = 'sha256', ...more) {
        const file = (suffix) => join(citizens, name, `sign.${suffix}`);
        await run('openssl', ['cms', '-sign', '-binary', '-nodetach', '-md', digest, '-signer', file('pem'),
            '-inkey', file('key'), '-in', join(folder, 'content'), '-outform', 'DER', '-out', join(folder, 'der'), ...more]);
        return readFile(join(folder, 'der'));
    }

    const bytes = (buffer) => new Uint8Array(buffer);
    const judge = async (der, text, certificate) => verify(bytes(der), bytes(text), bytes(certificate));

    for (const [name, digest, expected] of [
        ['citizen', 'sha256', 'RSA, SHA-256'], ['citizen', 'sha512', 'RSA, SHA-512'],
        ['ec', 'sha256', 'EC, P-256, SHA-256'], ['ec', 'sha384', 'EC, P-256, SHA-384'],
    ]) {
        it(`knows a good one: ${expected}`, async () => {
            /* r and s of ECDSA have other lengths each time */
            for (let i = 0; i < (name === 'ec' ? 20 : 1); i++) {
                assert.equal(await judge(await sign(name, digest), content, await certificateOf(name)), expected);
            }
        });
    }

    it('misses other content, another certificate and a changed signature', async () => {
        for (const name of ['citizen', 'ec']) {
            const der = await sign(name);
            assert.equal(await judge(der, Buffer.from('虎符 tes!'), await certificateOf(name)), undefined);
            assert.equal(await judge(der, content, await certificateOf('second')), undefined);
            const changed = Buffer.from(der);
            changed[changed.length - 1] ^= 1;
            assert.equal(await judge(changed, content, await certificateOf(name)), undefined);
            const inside = Buffer.from(der);
            inside[inside.indexOf(content)] ^= 1; /* and the page asks for what is inside now */
            const now = inside.subarray(inside.indexOf(content.subarray(1)) - 1).subarray(0, content.length);
            assert.equal(await judge(inside, now, await certificateOf(name)), undefined);
        }
    });

    it('takes nothing that is no signature', async () => {
        const der = await sign('citizen');
        const certificate = await certificateOf('citizen');
        for (const bad of [Buffer.alloc(0), Buffer.from('x'), certificate, der.subarray(0, 100), der.subarray(1)]) {
            assert.equal(await judge(bad, content, certificate).catch(() => undefined), undefined);
        }
    });
});

/* Polls the page until `condition` holds in it. */
async function until(view, condition, argument) {
    for (let i = 0; i < 600; i++) {
        if (await view.evaluate(condition, argument)) {
            return;
        }
        await sleep(50);
    }
    const shown = await view.evaluate(() => document.querySelector('main')?.innerText);
    assert.fail(`the page never came to ${condition} (${argument}): ${shown}`);
}

const untilMood = (view, mood) => until(view, (wanted) => (
    document.getElementById('answer')?.dataset.mood === wanted), mood);

const textOf = (view, selector) => view.evaluate((wanted) => (
    document.querySelector(wanted).innerText), selector);

const focused = (view) => view.evaluate(() => {
    const { activeElement } = document;
    return activeElement.id || activeElement.dataset.language || activeElement.className;
});

/* Presses Tab until this element has the keyboard, which has to show. */
async function tabTo(view, wanted) {
    for (let i = 0; i < 60; i++) {
        if (await focused(view) === wanted) {
            assert.ok(await view.evaluate(() => (
                document.hasFocus() && getComputedStyle(document.activeElement).outlineStyle !== 'none')),
            `${wanted} shows no focus`);
            return;
        }
        await view.keyboard.press('Tab');
    }
    assert.fail(`the keyboard never came to ${wanted}`);
}

async function press(view, wanted) {
    await tabTo(view, wanted);
    await view.keyboard.press('Enter');
}

const missing = !existsSync(openProgram) && `missing: ${openProgram}`;

for (const browser of browsers) {
    describe(`the status page in ${browser.name}`, { skip: skipBrowser(browser) || missing }, () => {
        let bench;
        let open;
        let view;

        before(async () => {
            bench = await Bench.start(browser);
        });

        beforeEach(async () => {
            await open?.stop();
            open = await startOpen(bench.sandbox.home, { env: bench.sandbox.env() });
            await view?.close();
            view = await bench.browser.newPage();
            await view.goto(open.address);
        });

        after(async () => {
            await open?.stop();
            await bench?.stop();
        });

        it('cleans its address, and stays in when it is loaded anew', async () => {
            await untilMood(view, 'ready');
            assert.equal(await view.evaluate(() => location.href), `${open.origin}/`);
            assert.equal(await view.evaluate(() => document.cookie), ''); /* HttpOnly */
            await view.reload();
            await untilMood(view, 'ready');
        });

        it('is used up by the first browser that comes', async () => {
            await untilMood(view, 'ready');
            const again = await fetch(`${open.origin}/session`, {
                method: 'POST',
                headers: { 'Origin': open.origin, 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' },
                body: JSON.stringify({ token: open.token }),
            });
            assert.equal(again.status, 403);
        });

        it('shows findings and cards as they change', async () => {
            await untilMood(view, 'ready');
            open.says({ card: withoutCard });
            await until(view, () => document.querySelector('#readers [data-card="false"]') !== null);
            await untilMood(view, 'attention');
            open.says({ doctor: report(fine[0], taken, untrusted), card: withCard });
            await untilMood(view, 'trouble');
            assert.equal(await view.evaluate(() => document.querySelectorAll('#findings li').length), 2);
            assert.match(await textOf(view, '#announcement'), /python3/);
        });

        it('notices when hufud is gone, and looks why', async () => {
            await untilMood(view, 'ready');
            const before = open.calls.filter((call) => call === 'doctor --json').length;
            const ports = join(bench.sandbox.home, '.local/state/hufu/ports');
            const told = readFileSync(ports);
            writeFileSync(ports, '9\n'); /* where nobody listens */
            await untilMood(view, 'trouble');
            assert.equal(await textOf(view, '#headline'), texts.notRunning.en);
            await waitFor('another look', () => open.calls.filter((call) => call === 'doctor --json').length > before);
            writeFileSync(ports, told);
            await untilMood(view, 'ready');
        });

        it('restarts hufu by keyboard, after a question', async () => {
            await untilMood(view, 'ready');
            open.says({ doctor: report(fine[0], taken), after: report(...fine) });
            await view.reload();
            await untilMood(view, 'trouble');
            await press(view, 'primary');
            assert.equal(await focused(view), 'confirm-no');
            await view.keyboard.press('Escape');
            assert.equal(await focused(view), 'primary');
            assert.ok(!open.calls.includes('restart'));
            await view.keyboard.press('Enter');
            await press(view, 'confirm-yes');
            await untilMood(view, 'ready');
            assert.equal(open.calls.filter((call) => call === 'restart').length, 1);
        });

        it('has a finding mended by keyboard', async () => {
            await untilMood(view, 'ready');
            open.says({ doctor: report(taken, untrusted), after: report(...fine) });
            await view.reload();
            await untilMood(view, 'trouble');
            await press(view, 'check-trust-fix');
            assert.match(await textOf(view, '#confirm'), /databases of all your browsers/);
            await press(view, 'confirm-yes');
            await untilMood(view, 'ready');
            assert.ok(open.calls.includes('doctor --fix trust --yes --json'));
        });

        it('says when that did not succeed', async () => {
            await untilMood(view, 'ready');
            open.says({ doctor: report(taken) });
            await untilMood(view, 'trouble');
            open.fails();
            await press(view, 'primary');
            await press(view, 'confirm-yes');
            await until(view, () => !document.getElementById('notice').hidden);
            assert.equal(await textOf(view, '#notice'), texts.changeFailed.en);
        });

        it('speaks both languages, chosen by keyboard', async () => {
            await untilMood(view, 'ready');
            for (const [language, sentence, never] of [
                ['zh-TW', texts.ready['zh-TW'], /\b(the|and|is)\b/], ['en', texts.ready.en, /[的請您]/]]) {
                await press(view, language);
                assert.equal(await view.evaluate(() => document.documentElement.lang), language);
                assert.equal(await textOf(view, '#headline'), sentence);
                assert.doesNotMatch(await textOf(view, 'main'), never);
            }
        });

        it('signs by keyboard alone, in nine steps, with the real PIN window', async () => {
            await untilMood(view, 'ready');
            await press(view, 'primary');
            await bench.display.waitWindow(pinWindow);
            assert.match(await textOf(view, '#steps [data-status="running"]'), new RegExp(open.origin));
            await bench.display.type(bench.sandbox.pin);
            await bench.display.key('Return');
            await until(view, () => document.querySelectorAll('#steps [data-status="done"]').length === 9
                || document.querySelector('#steps .failure') !== null);
            const shown = await textOf(view, '#steps');
            assert.ok(await view.evaluate(() => document.querySelector('#steps .failure') === null), shown);
            assert.match(shown, /RSA, SHA-256/);
            const { events } = JSON.parse(await bench.sandbox.hufu('log', '--json', '--site', open.origin));
            assert.deepEqual(events.filter(({ use }) => use === 'sign').map(({ code }) => code), [0]);
        });

        it('says which step failed, and what to do', async () => {
            await untilMood(view, 'ready');
            await press(view, 'primary');
            await bench.display.waitWindow(pinWindow);
            await bench.display.key('Escape');
            await until(view, () => document.querySelector('#steps .failure') !== null);
            assert.equal(await view.evaluate(() => (
                [...document.querySelectorAll('#steps li')].findIndex((li) => li.dataset.status === 'failed'))), 6);
            assert.match(await textOf(view, '#steps .failure'), /5070/);
        });

        it('has landmarks, names and one heading on top', async () => {
            await untilMood(view, 'ready');
            const found = await view.evaluate(() => ({
                mains: document.querySelectorAll('main').length,
                heads: document.querySelectorAll('h1').length,
                nameless: [...document.querySelectorAll('main :is(button, a, section, [role="group"])')].filter((node) => (
                    !node.textContent.trim() && !node.getAttribute('aria-label')
                    && !node.getAttribute('aria-labelledby'))).map((node) => node.outerHTML),
                live: document.querySelector('[aria-live]') !== null,
            }));
            assert.deepEqual(found, { mains: 1, heads: 1, nameless: [], live: true });
        });

        it('leads to the guide for importing by hand', async () => {
            await untilMood(view, 'ready');
            const guide = await bench.browser.newPage();
            await guide.goto(await view.evaluate(() => document.getElementById('guide').href));
            assert.ok(await guide.evaluate(() => (
                document.images.length > 10 && [...document.images].every((image) => image.naturalWidth > 0))));
            await guide.close();
        });

        it('ends when it is closed', async () => {
            await untilMood(view, 'ready');
            assert.match(readFileSync(join(bench.sandbox.home, '.local/state/hufu/pages'), 'utf8'),
                new RegExp(`^${open.port} ${open.pid} `, 'm'));
            await view.close();
            view = undefined;
            assert.equal(await open.ended, 0);
            assert.doesNotMatch(readFileSync(join(bench.sandbox.home, '.local/state/hufu/pages'), 'utf8'),
                new RegExp(`^${open.port} `, 'm'));
        });

        it('says so when hufu open has ended', async () => {
            await untilMood(view, 'ready');
            open.signal('SIGINT');
            assert.equal(await open.ended, 0);
            await untilMood(view, 'ended');
            assert.match(await textOf(view, '#lead'), /hufu open/);
        });
    });
}
